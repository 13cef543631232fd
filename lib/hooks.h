/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Webhooks: who is told of what, in the form and with the signatures of
 * Standard Webhooks (https://www.standardwebhooks.com), and the one who sends.
 *
 * chain.threshold           a chain has reached the hook's least grade and
 *	score. Told once a chain, and again only when its grade has risen since.
 *	What history brought (backfill) is not told, and does not count as told:
 *	the first live change of such a chain is. Neither is a chain that is
 *	suppressed (suppress.h) when its change is read: its next change is
 *	told once it is not.
 * investigation.completed   as the change log has it, where what it says of
 *	confidence and score is not below the hook's least.
 * webhook.test              asked for by its owner.
 *
 * A delivery gets its webhook-id in the transaction that moves the hook's
 * place in the change log, before anything is sent; whoever sends it later,
 * however often, sends these bytes under this id.
 */
#ifndef HOOKS_H
#define HOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/conf.h"
#include "base/json.h"
#include "fetch.h"
#include "rc.h"
#include "store/hooks.h"

enum hook_event { HOOK_CHAIN_THRESHOLD = 1, HOOK_INVESTIGATION = 2 };
enum { HOOKS_A_TENANT = 20 };

/* "chain.threshold" -> its bit; 0: no such event. */
unsigned hook_event_of(struct str name);

/*
 * Set of *h what the JSON object v (NULL: nothing) says: url, events,
 * min_confidence, min_score, description, enabled; what it leaves out stays.
 * Text points into v. RC_INVALID: `w` says where and what; the URL must be one
 * that may be sent to as far as that can be said before DNS.
 */
struct hook_wrong { char pointer[32]; char detail[FETCH_WHY]; };
MUST_CHECK enum rc hook_read(struct hook *h, const struct json *v,
    const struct fetch_rule *rule, struct hook_wrong *w);

/* From now on: changes up to the present are nothing to it, and no failure is
 * remembered. */
MUST_CHECK enum rc hook_now(struct store *st, struct hook *h);

/* New random texts, in the arena. */
struct str hook_id_new(struct arena *a);
struct str hook_secret_new(struct arena *a);

/* webhook-signature of these bytes: "v1,..." by the hook's secret, and by the
 * old one as long as that is good, parted by a blank. RC_FAIL: a secret is no
 * base64. */
struct signing { struct str id, body; int64_t at_ns; };
MUST_CHECK enum rc hook_sign(struct arena *a, const struct hook *h,
    const struct signing *s, struct str *signature);

/* A waiting delivery of type webhook.test, in d. */
MUST_CHECK enum rc hook_test(struct store *st, struct arena *a,
    const struct hook *h, int64_t now_ns, struct delivery *d);

/* By hand: waits again, to be sent at once under its id. Also one that was
 * delivered: its receiver may have lost it. */
MUST_CHECK enum rc hook_redeliver(struct store *st, struct hook *h,
    int64_t now_ns, struct delivery *d);

/* What the API and the tool say of them; never a secret. */
void hook_put(struct jw *w, const struct hook *h, int64_t now_ns);
void hook_put_delivery(struct jw *w, const struct delivery *d);
/* Also what is sent, and to whom it was told. */
void hook_put_delivery_whole(struct jw *w, const struct delivery *d);
const char *delivery_state_name(enum delivery_state s);
enum delivery_state delivery_state_of(struct str name);	/* DELIVERY__MAX: none */

/* ---- the one who sends -------------------------------------------------- */

struct sender;

struct sender_want {		/* must outlive the sender */
	const char *data;		/* the store */
	struct fetch_rule rule;
	int64_t timeout_s;		/* of one attempt */
	int64_t give_up_s;		/* then it is a dead letter */
	int64_t kept_s;			/* how long ended ones are kept */
	const struct conf_spans *retries;	/* after which attempt how long */
	int64_t at_once;		/* attempts under way; one a hook */
};

/*
 * Starts the thread that sends, once no other process does: it waits for the
 * lock. Ends, with what is under way given a moment, when stop_fd polls
 * readable.
 */
MUST_CHECK enum rc sender_start(const struct sender_want *want, int stop_fd,
    struct sender **s);
/* Waits for that end. */
void sender_stop(struct sender *s);

#endif
