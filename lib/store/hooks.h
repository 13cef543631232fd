/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Webhooks and what is to be delivered to them: hooks.db, one file for all
 * tenants. It is apart from control.db because deliveries are many small
 * durable writes, which keys must not wait for, and apart from graph.db because
 * another's write there would cost ingest its caches.
 *
 * The file is opened, and made, by the first call that needs it. Rules as in
 * store.h. Verbs that change something stand alone or inside
 * store_hooks_begin .. store_hooks_commit.
 */
#ifndef STORE_HOOKS_H
#define STORE_HOOKS_H

#include "store.h"

enum { HOOK_ID_TEXT = 30, DELIVERY_ID_TEXT = 31 };	/* with their NUL */

struct hook {
	int64_t no;			/* row */
	struct str id;			/* "wh_" and 26 characters */
	int64_t tenant;
	struct str url, description;
	unsigned events;		/* bits, hooks.h */
	enum grade min_grade;
	double min_score;
	struct str secret;		/* "whsec_" and base64 */
	struct str old_secret;		/* signs too until old_until_ns */
	int64_t old_until_ns;
	bool enabled;
	struct str why;			/* it is not enabled; empty: its owner */
	int64_t created_ns;
	int64_t position;		/* the last change that was looked at */
	int failures;			/* attempts without success, in a row */
	int64_t retry_ns;		/* nothing is sent before */
	int64_t success_ns;		/* the last; 0: never */
};

MUST_CHECK enum rc store_hooks_begin(struct store *st);
MUST_CHECK enum rc store_hooks_commit(struct store *st);
void store_hooks_rollback(struct store *st);
/* Move the WAL into the file, now and then, by the one who writes most. */
void store_hooks_checkpoint(struct store *st);
/* Changes whenever another connection has written. 0: cannot be told. */
int64_t store_hooks_version(struct store *st);
/* Be the one who sends, until this store is closed or the process dies: the
 * kernel gives the lock back. RC_BUSY: another one is. */
MUST_CHECK enum rc store_hooks_send(struct store *st);

/* Keep so many tenants' files open at once (8 if nobody asks): for who looks at
 * many again and again. */
void store_keep_open(struct store *st, size_t most);

/* h->no is set. */
MUST_CHECK enum rc store_hook_add(struct store *st, struct hook *h);
MUST_CHECK enum rc store_hook_get(struct store *st, struct arena *a,
    int64_t tenant, struct str id, struct hook *h);
/* Of one tenant, or of all (0), oldest first. */
MUST_CHECK enum rc store_hooks(struct store *st, struct arena *a,
    int64_t tenant, struct hook **h, size_t *n);
/* What its owner decides: all up to old_until_ns, enabled, why. `anew`: also
 * position, failures and retry_ns. */
MUST_CHECK enum rc store_hook_set(struct store *st, const struct hook *h,
    bool anew);
/* How sending goes: failures, retry_ns, success_ns. */
MUST_CHECK enum rc store_hook_went(struct store *st, const struct hook *h);
/* Changes up to this one were looked at; never goes back. */
MUST_CHECK enum rc store_hook_at(struct store *st, int64_t no,
    int64_t position);
/* It stops, because: */
MUST_CHECK enum rc store_hook_stop(struct store *st, int64_t no,
    struct str why);
/* With its deliveries and all that it was told. */
MUST_CHECK enum rc store_hook_drop(struct store *st, int64_t no);

/* The best grade at which a hook was told of a chain; 0: it was not. */
MUST_CHECK enum rc store_told_get(struct store *st, int64_t hook,
    struct str chain, enum grade *g);
MUST_CHECK enum rc store_told_put(struct store *st, int64_t hook,
    struct str chain, enum grade g);

enum delivery_state { DELIVERY_WAITING, DELIVERY_DONE, DELIVERY_DEAD,
	DELIVERY__MAX };

struct delivery {
	int64_t no;			/* row; greater: later */
	int64_t hook;			/* row */
	struct str id;			/* webhook-id: "msg_" and 26 characters */
	int64_t change;			/* told by it; 0: by no change */
	struct str type, body;		/* the bytes that are signed and sent */
	int64_t created_ns;
	int64_t begun_ns;		/* since when it is tried */
	enum delivery_state state;
	int attempts;
	int64_t next_ns;		/* waiting: not before */
	int64_t last_ns;		/* of the last attempt; 0: none */
	int status;			/* of its answer; 0: none came */
	struct str error;		/* in words; empty: none */
	int64_t latency_ms;
};

/* RC_EXISTS: the hook was told of that change before; nothing was added. */
MUST_CHECK enum rc store_delivery_add(struct store *st, struct delivery *d);
MUST_CHECK enum rc store_delivery_get(struct store *st, struct arena *a,
    int64_t hook, struct str id, struct delivery *d);
/* Newest first, those before `before` (0: all), of one state or of all
 * (DELIVERY__MAX), without their bodies. */
struct delivery_query {
	int64_t hook, before;
	enum delivery_state state;
	size_t most;
};
MUST_CHECK enum rc store_deliveries(struct store *st, struct arena *a,
    const struct delivery_query *q, struct delivery **d, size_t *n);
/*
 * The one to send next: of those that are due, with fewest attempts, then the
 * oldest, so that one that its receiver cannot take holds up no other.
 * RC_ABSENT: none is due; *due_ns is when one will be, INT64_MAX: none waits.
 */
MUST_CHECK enum rc store_delivery_due(struct store *st, struct arena *a,
    int64_t hook, int64_t now_ns, struct delivery *d, int64_t *due_ns);
/* state, begun_ns, attempts, next_ns and how the last attempt went. */
MUST_CHECK enum rc store_delivery_set(struct store *st,
    const struct delivery *d);
/* All that wait for this hook are due now. */
MUST_CHECK enum rc store_deliveries_now(struct store *st, int64_t hook,
    int64_t now_ns);
/* Housekeeping of one hook: those begun before `begun_ns` and those beyond the
 * newest `most` that wait become dead letters; those that ended and were made
 * before `created_ns`, or are beyond the newest `most`, are forgotten. */
struct delivery_sweep {
	int64_t begun_ns, created_ns;
	size_t most;
};
MUST_CHECK enum rc store_deliveries_sweep(struct store *st, int64_t hook,
    const struct delivery_sweep *s);

/* As graph_idem_get and graph_idem_put, for requests whose effect is here. The
 * scope begins with who asks: the file is everybody's. */
struct idem_name { struct str scope, key; };
MUST_CHECK enum rc store_hooks_idem_get(struct store *st, struct arena *a,
    const struct idem_name *name, int64_t now_ns, struct idem *i);
MUST_CHECK enum rc store_hooks_idem_put(struct store *st,
    const struct idem_name *name, int64_t now_ns, const struct idem *i);

#endif
