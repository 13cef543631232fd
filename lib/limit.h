/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rate limits: which bucket a request draws on, and the headers that tell its
 * state. The counting is the store's and exact over all processes.
 */
#ifndef LIMIT_H
#define LIMIT_H

#include "addr.h"
#include "http.h"
#include "store.h"

/* What an unlimited tenant's headers say. */
enum { LIMIT_NONE = 2147483647 };

struct limit_who {
	int64_t tenant;		/* 0: see the next */
	int64_t administrator;	/* 0: nobody, by address */
	int64_t rate;		/* requests a minute; 0: unlimited */
	const struct addr *from;	/* NULL: unknown, one bucket for all */
};

/* Draw `cost` (0 or 1). On RC_OK *b is the state and b->taken the verdict. */
MUST_CHECK enum rc limit_draw(struct store *st, const struct limit_who *who,
    int cost, int64_t now_ns, struct bucket *b);
/* A full bucket of that rate, for answers that no bucket stands behind. */
void limit_full(int64_t rate, int64_t now_ns, struct bucket *b);
/* X-RateLimit-Limit, -Remaining, -Reset, RateLimit-Policy, RateLimit. */
void limit_headers(struct reply *rp, const struct bucket *b);

#endif
