/* SPDX-License-Identifier: Apache-2.0 */
#include "addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { BITS = 128, BITS_BEFORE_V4 = 96 };

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

bool
addr_is_v4(const struct addr *a)
{
	return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

void
addr_from_v4(const struct in_addr *v4, struct addr *a)
{
	memcpy(a->b, mapped, sizeof(mapped));
	memcpy(a->b + sizeof(mapped), v4, 4);
}

void
addr_text(const struct addr *a, char out[ADDR_TEXT])
{
	if (addr_is_v4(a))
		inet_ntop(AF_INET, a->b + sizeof(mapped), out, ADDR_TEXT);
	else
		inet_ntop(AF_INET6, a->b, out, ADDR_TEXT);
}

static bool
text_copy(struct str text, char out[INET6_ADDRSTRLEN])
{
	size_t zone;

	if (text.len >= 2 && text.p[0] == '[' && text.p[text.len - 1] == ']')
		text = str_sub(text, 1, text.len - 2);
	zone = str_find(text, STR("%"), 0);
	if (zone != (size_t)-1)
		text = str_sub(text, 0, zone);
	if (text.len == 0 || text.len >= INET6_ADDRSTRLEN
	    || memchr(text.p, '\0', text.len) != NULL)
		return false;
	memcpy(out, text.p, text.len);
	out[text.len] = '\0';
	return true;
}

bool
addr_parse(struct str text, struct addr *a)
{
	char copy[INET6_ADDRSTRLEN];
	struct in_addr v4;
	struct in6_addr v6;

	if (!text_copy(str_trim(text), copy))
		return false;
	if (inet_pton(AF_INET, copy, &v4) == 1) {
		addr_from_v4(&v4, a);
		return true;
	}
	if (inet_pton(AF_INET6, copy, &v6) != 1)
		return false;
	memcpy(a->b, &v6, sizeof(a->b));
	return true;
}

static bool
bits_equal(const struct addr *x, const struct addr *y, size_t bits)
{
	size_t whole = bits / 8;
	uint8_t mask = (uint8_t)(0xff << (8 - bits % 8));

	if (memcmp(x->b, y->b, whole) != 0)
		return false;
	return bits % 8 == 0 || ((x->b[whole] ^ y->b[whole]) & mask) == 0;
}

bool
addr_in_block(const struct addr *a, struct str block)
{
	struct str rest = str_trim(block);
	struct str head;
	struct addr net;
	uint64_t bits;
	bool slash = str_find(rest, STR("/"), 0) != (size_t)-1;

	if (!str_cut(&rest, '/', &head) || !addr_parse(head, &net))
		return false;
	if (!slash)
		return bits_equal(a, &net, BITS);
	if (!str_u64(rest, &bits))
		return false;
	/* A prefix written for IPv4 counts from behind ::ffff:. */
	if (addr_is_v4(&net) && str_find(head, STR(":"), 0) == (size_t)-1) {
		if (bits > BITS - BITS_BEFORE_V4)
			return false;
		bits += BITS_BEFORE_V4;
	}
	return bits <= BITS && bits_equal(a, &net, bits);
}

bool
addr_in_list(const struct addr *a, struct str list)
{
	size_t at = 0;
	size_t from;

	while (at < list.len) {
		from = at;
		while (at < list.len && list.p[at] != ',' && list.p[at] != ' ')
			at++;
		if (at > from
		    && addr_in_block(a, str_sub(list, from, at - from)))
			return true;
		at++;
	}
	return false;
}

bool
addr_is_public(const struct addr *a)
{
	static const char inner[] =
	    "0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,"
	    "172.16.0.0/12,192.0.0.0/24,192.0.2.0/24,192.88.99.0/24,"
	    "192.168.0.0/16,198.18.0.0/15,198.51.100.0/24,203.0.113.0/24,"
	    "224.0.0.0/3,168.63.129.16,"
	    "2001::/23,2001:db8::/32,2002::/16,3fff::/20";

	return (addr_is_v4(a) || addr_in_block(a, STR("2000::/3")))
	    && !addr_in_list(a, STR(inner));
}

void
addr_client_name(const struct addr *a, char out[ADDR_NAME])
{
	char text[INET6_ADDRSTRLEN];
	struct addr net = *a;

	if (addr_is_v4(a)) {
		inet_ntop(AF_INET, a->b + sizeof(mapped), text, sizeof(text));
		snprintf(out, ADDR_NAME, "%s", text);
		return;
	}
	memset(net.b + 8, 0, 8);
	inet_ntop(AF_INET6, net.b, text, sizeof(text));
	snprintf(out, ADDR_NAME, "%s/64", text);
}
