/* SPDX-License-Identifier: Apache-2.0 */
/* The sender's parts, shown to each other and to their tests. */
#ifndef HOOKS_INNER_H
#define HOOKS_INNER_H

#include "hooks.h"

/*
 * tell.c: what a change means to a hook. Inside store_hooks_begin.
 */
struct telling {
	struct store *st;
	struct graph *g;		/* the tenant's, for the chain's facts */
	struct arena *a;
	struct json_doc *doc;
	int64_t now_ns;
	size_t told;			/* deliveries added */
};
/* Adds the hook's delivery if it is to be told. Nothing is told twice: of the
 * same change RC_EXISTS is met and passed over. */
MUST_CHECK enum rc tell_change(struct telling *t, const struct hook *h,
    const struct change *c);

/* A new delivery of type, change, body and created_ns, due now; its id and row
 * are set. RC_EXISTS: that change was told before. */
MUST_CHECK enum rc delivery_add(struct store *st, struct arena *a,
    const struct hook *h, struct delivery *d);

/*
 * attempt.c: one delivery's request, and what its answer means.
 */
MUST_CHECK enum rc attempt_ask(struct arena *a, const struct sender_want *want,
    const struct hook *h, const struct delivery *d, int64_t now_ns,
    struct fetch_ask *ask);
enum attempt_end {
	ATTEMPT_OVER,
	ATTEMPT_BACK,		/* the receiver takes again what it did not */
	ATTEMPT_GONE,		/* it wants no more, ever */
};
struct attempt {
	const struct sender_want *want;
	const struct fetch_answer *an;
	struct arena *a;		/* for d->error */
	int64_t now_ns;
};
/* Moves *d, and the hook's failures, retry_ns and success_ns, on. */
enum attempt_end attempt_went(const struct attempt *t, struct hook *h,
    struct delivery *d);

struct str delivery_id_new(struct arena *a);

#endif
