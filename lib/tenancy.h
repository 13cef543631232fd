/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of tenants and keys, the same for the tool and for /admin: names,
 * plans, addresses, and how a key is issued, replaced and ended. Every effect
 * has its line in the audit log, in the same transaction if one is open.
 */
#ifndef TENANCY_H
#define TENANCY_H

#include <stdbool.h>
#include <stdint.h>

#include "key.h"
#include "rc.h"
#include "store.h"

enum { TENANT_NAME_MOST = 64, KEY_NAME_MOST = 128, RETENTION_DAYS_MOST = 3660,
	KEYS_MOST = 1000 };
#define TENANT_RATE_MOST INT64_C(1000000000)		/* requests a minute */
#define KEY_EXPIRES_S (90 * 86400LL)
#define KEY_EXPIRES_MOST_S (100 * 366 * 86400LL)
#define KEY_OVERLAP_S (24 * 3600LL)
#define KEY_OVERLAP_MOST_S (366 * 86400LL)

/* 1 to 64 of A-Z a-z 0-9 . _ -: it stands in paths and commands. */
MUST_CHECK bool tenant_name_ok(struct str name);
/* Requests a minute of "standard" or "enterprise"; false: no such plan. */
MUST_CHECK bool plan_rate(struct str plan, int64_t *rate);
/* Change *t: a plan that is named brings its rate, unless another is named beside
 * it. Empty, -1 and 0 leave things as they are. */
MUST_CHECK enum rc tenant_change(struct store *st, struct arena *a,
    struct str who, struct tenant *t, struct str plan, int64_t rate,
    int64_t retention_days);
/* 1 to 128 bytes of UTF-8 without control characters. */
MUST_CHECK bool key_name_ok(struct str name);
/* "10.0.0.0/8, 2001:db8::1": each an address, a prefix may follow. */
MUST_CHECK bool addresses_ok(struct str list);

struct key_wish {
	int64_t tenant;
	struct str name, addresses;
	uint32_t scopes;
	int64_t expires_s;	/* from now */
};
struct made_key {
	char text[KEY_TEXT], id[KEY_ID_TEXT];
	int64_t created_ns, expires_ns;
};

/* Make and store a key. `who` is for the audit log. RC_TOO_MANY: the tenant
 * has KEYS_MOST keys that are neither ended nor revoked. */
MUST_CHECK enum rc key_issue(struct store *st, struct arena *a, struct str who,
    const struct key_wish *w, struct made_key *k);
/* A successor with the same rights, good for as long as a new key; the old one
 * lives on for `overlap_s`. RC_EXISTS: it is revoked or has a successor. */
MUST_CHECK enum rc key_replace(struct store *st, struct arena *a,
    struct str who, const struct key_row *old, int64_t overlap_s,
    struct made_key *k);
MUST_CHECK enum rc key_end(struct store *st, struct str who,
    const struct key_row *k);
/* "active", "rotated" (has a successor, still good), "expired", "revoked". */
const char *key_state(const struct key_row *k, int64_t now_ns);

#endif
