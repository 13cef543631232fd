/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP addresses as 16 bytes (IPv4 as ::ffff:a.b.c.d) and blocks of them. No
 * allocation, no look-ups.
 */
#ifndef ADDR_H
#define ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

struct addr { uint8_t b[16]; };

/* "192.0.2.1", "2001:db8::1", "[2001:db8::1]"; an IPv6 zone is cut off. */
MUST_CHECK bool addr_parse(struct str text, struct addr *a);
bool addr_is_v4(const struct addr *a);
struct in_addr;
void addr_from_v4(const struct in_addr *v4, struct addr *a);
enum { ADDR_TEXT = 46 };
void addr_text(const struct addr *a, char out[ADDR_TEXT]);

/*
 * May a request that somebody else asked for go there? No to all that IANA's
 * special-purpose registries (RFC 6890) keep from the public internet: private,
 * loopback, link-local (where clouds keep their metadata), carrier-grade NAT,
 * multicast, documentation, reserved; to whatever wraps an IPv4 address (NAT64,
 * 6to4, Teredo), which could be one of those; and to Azure's wire server, which
 * is inside though its address looks public. IPv6 outside 2000::/3: no.
 */
bool addr_is_public(const struct addr *a);
/* Is it inside "192.0.2.0/24", "2001:db8::/32" or equal to a bare address? A
 * block that cannot be read holds nothing. */
bool addr_in_block(const struct addr *a, struct str block);
/* Inside any of a list parted by commas or blanks. */
bool addr_in_list(const struct addr *a, struct str list);

/* The name under which a client is counted: an IPv4 address whole, an IPv6
 * address by its /64, because one customer commonly has that many. */
enum { ADDR_NAME = 56 };
void addr_client_name(const struct addr *a, char out[ADDR_NAME]);

#endif
