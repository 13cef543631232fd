/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attempt, and what comes of it.
 *
 *   2xx            delivered: the whole head is the receipt, whatever becomes
 *                  of the body (of which nothing is kept: a webhook must be no
 *                  way to read what stands inside)
 *   410            the receiver wants no more: the hook is switched off
 *   all else       again, later and later (retries in tra-ce.conf, a quarter
 *                  more or less at random; not before Retry-After), and a dead
 *                  letter when give_up_s are over
 *
 * A receiver that fails FAILURES_BEAR times in a row, whatever the delivery,
 * is left alone as a whole for a while, at most PAUSE_MOST_S; once it takes
 * something again, all that waits for it is due at once.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/hash.h"
#include "hooks/inner.h"

enum {
	ANSWER_MOST = 4096,	/* read and thrown away */
	CONNECT_MOST_MS = 5000,
	FAILURES_BEAR = 3,
	PAUSE_MOST_S = 300,
	RETRY_AFTER_MOST_S = 3600,
	HEADERS = 4,
};

enum rc
attempt_ask(struct arena *a, const struct sender_want *want,
    const struct hook *h, const struct delivery *d, int64_t now_ns,
    struct fetch_ask *ask)
{
	struct fetch_header *headers = arena_array(a, HEADERS,
	    sizeof(*headers));
	struct str signature;
	enum rc rc = hook_sign(a, h, &(struct signing){ d->id, d->body,
	    now_ns }, &signature);

	if (rc != RC_OK)
		return rc;
	headers[0] = (struct fetch_header){ "Content-Type",
		STR("application/json") };
	headers[1] = (struct fetch_header){ "webhook-id", d->id };
	headers[2] = (struct fetch_header){ "webhook-timestamp",
		str_printf(a, "%lld", (long long)(now_ns / NS_PER_S)) };
	headers[3] = (struct fetch_header){ "webhook-signature", signature };
	*ask = (struct fetch_ask){
		.method = "POST",
		.url = h->url,
		.headers = headers,
		.n_headers = HEADERS,
		.body = d->body,
		.connect_ms = want->timeout_s * 1000 < CONNECT_MOST_MS
		    ? want->timeout_s * 1000 : CONNECT_MOST_MS,
		.total_ms = want->timeout_s * 1000,
		.answer_max = ANSWER_MOST,
		.rule = want->rule,
	};
	return RC_OK;
}

/* What the schedule says after so many failures, a quarter more or less. */
static int64_t
delay_ns(const struct conf_spans *retries, int failures)
{
	size_t i = failures > 1 ? (size_t)failures - 1 : 0;
	int64_t s = retries->s[i < retries->n ? i : retries->n - 1];
	int64_t whole_ns = s * NS_PER_S;

	if (whole_ns < 2)
		return whole_ns;
	return whole_ns - whole_ns / 4
	    + (int64_t)(random_u64() % (uint64_t)(whole_ns / 2));
}

static void
say_why(struct str *error, const struct fetch_answer *an, struct arena *a)
{
	if (an->status == 0)
		*error = str_dup(a, str_of(an->why));
	else
		*error = str_printf(a, "answered %d%s%s", an->status,
		    an->why[0] != '\0' ? ": " : "", an->why);
}

static void
fail(const struct attempt *t, struct hook *h, struct delivery *d)
{
	int64_t give_up_ns = d->begun_ns + t->want->give_up_s * NS_PER_S;
	int64_t asked_s = t->an->retry_after_s < RETRY_AFTER_MOST_S
	    ? t->an->retry_after_s : RETRY_AFTER_MOST_S;
	int64_t wait_ns = delay_ns(t->want->retries, d->attempts);
	int64_t pause_ns;

	say_why(&d->error, t->an, t->a);
	if (wait_ns < asked_s * NS_PER_S)
		wait_ns = asked_s * NS_PER_S;
	d->next_ns = t->now_ns + wait_ns;
	if (t->now_ns >= give_up_ns)
		d->state = DELIVERY_DEAD;
	else if (d->next_ns > give_up_ns)
		d->next_ns = give_up_ns;
	h->failures++;
	if (h->failures < FAILURES_BEAR)
		return;
	pause_ns = delay_ns(t->want->retries, h->failures - FAILURES_BEAR + 1);
	if (pause_ns > PAUSE_MOST_S * NS_PER_S)
		pause_ns = PAUSE_MOST_S * NS_PER_S;
	h->retry_ns = t->now_ns + pause_ns;
}

enum attempt_end
attempt_went(const struct attempt *t, struct hook *h, struct delivery *d)
{
	bool was_down = h->failures >= FAILURES_BEAR;
	int status = t->an->status;

	if (d->attempts == 0)	/* its time begins: we may have been down */
		d->begun_ns = t->now_ns;
	d->attempts++;
	d->last_ns = t->now_ns;
	d->status = status;
	d->latency_ms = t->an->latency_ms;
	if (status >= 200 && status < 300) {
		d->state = DELIVERY_DONE;
		d->error = STR("");
		h->failures = 0;
		h->retry_ns = 0;
		h->success_ns = t->now_ns;
		return was_down ? ATTEMPT_BACK : ATTEMPT_OVER;
	}
	fail(t, h, d);
	if (status != 410)
		return ATTEMPT_OVER;
	d->state = DELIVERY_DEAD;
	return ATTEMPT_GONE;
}
