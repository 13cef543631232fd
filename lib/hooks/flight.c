/* SPDX-License-Identifier: Apache-2.0 */
/* Attempts: one at a time for each receiver, so that deliveries arrive in order
 * as long as they arrive at first, and nobody has two of ours open. */
#include "hooks/sender.h"

#include "base/clock.h"
#include "base/log.h"

static struct flight *
flight_new(struct sender *s)
{
	struct flight *f = mem_get(sizeof(*f));

	f->a = arena_new();
	f->at = &s->flights;
	f->next = s->flights;
	if (f->next != NULL)
		f->next->at = &f->next;
	s->flights = f;
	return f;
}

static void
flight_free(struct flight *f)
{
	*f->at = f->next;
	if (f->next != NULL)
		f->next->at = f->at;
	arena_free(f->a);
	mem_free(f);
}

static void
launch(struct sender *s, struct receiver *p, struct flight *f, int64_t now_ns)
{
	struct fetch_ask ask;

	if (attempt_ask(f->a, s->want, &p->h, &f->d, now_ns, &ask) != RC_OK) {
		log_err("webhook=%.*s cannot be signed for: its secret is "
		    "damaged", STR_ARG(p->h.id));
		p->due_ns = now_ns + SWEEP_NS;
		flight_free(f);
		return;
	}
	f->to = p;
	p->flying = true;
	fetches_start(s->fetches, &ask, f);
}

static void
start_one(struct sender *s, struct receiver *p, int64_t now_ns)
{
	struct flight *f;
	enum rc rc;

	if (p->flying || !p->h.enabled || p->due_ns > now_ns)
		return;
	if (p->h.retry_ns > now_ns) {
		p->due_ns = p->h.retry_ns;
		return;
	}
	f = flight_new(s);
	rc = store_delivery_due(s->st, f->a, p->h.no, now_ns, &f->d,
	    &p->due_ns);
	if (rc == RC_OK)
		launch(s, p, f, now_ns);
	else
		flight_free(f);
}

void
flights_start(struct sender *s)
{
	int64_t now_ns = clock_now_ns();

	for (struct receiver *p = s->receivers; p != NULL; p = p->next)
		if (fetches_room(s->fetches) > 0)
			start_one(s, p, now_ns);
}

void
flights_drop(struct sender *s)
{
	while (s->flights != NULL)
		flight_free(s->flights);
}

/* ---- land ------------------------------------------------------------------ */

static enum rc
land_store(struct sender *s, const struct flight *f, const struct hook *h,
    enum attempt_end end)
{
	enum rc rc = store_delivery_set(s->st, &f->d);

	if (rc == RC_OK)
		rc = store_hook_went(s->st, h);
	if (rc == RC_OK && end == ATTEMPT_BACK)
		rc = store_deliveries_now(s->st, h->no, f->d.last_ns);
	if (rc == RC_OK && end == ATTEMPT_GONE)
		rc = store_hook_stop(s->st, h->no,
		    STR("the receiver answered 410 Gone"));
	return rc;
}

static void
land_one(struct sender *s, struct flight *f, const struct fetch_answer *an)
{
	struct attempt t = { .want = s->want, .an = an, .a = f->a,
		.now_ns = clock_now_ns() };
	struct receiver *p = f->to;
	struct hook h = p->h;
	enum attempt_end end = attempt_went(&t, &h, &f->d);

	p->flying = false;
	p->due_ns = 0;
	if (f->d.state != DELIVERY_DONE)
		log_info("webhook=%.*s delivery=%.*s attempt=%d %s",
		    STR_ARG(p->h.id), STR_ARG(f->d.id), f->d.attempts,
		    f->d.state == DELIVERY_DEAD ? "is a dead letter"
		    : "will be tried again");
	if (land_store(s, f, &h, end) != RC_OK) {
		/* as if it had not been sent: again, under the same id */
		p->due_ns = t.now_ns + NS_PER_S;
		return;
	}
	p->h.failures = h.failures;
	p->h.retry_ns = h.retry_ns;
	p->h.success_ns = h.success_ns;
	p->h.enabled = p->h.enabled && end != ATTEMPT_GONE;
}

void
flights_land(struct sender *s)
{
	struct arena *a = arena_new();
	struct fetch_answer an;
	bool open = false;
	void *ctx;

	while (fetches_next(s->fetches, a, &an, &ctx)) {
		if (!open)
			open = store_hooks_begin(s->st) == RC_OK;
		land_one(s, ctx, &an);
		flight_free(ctx);
	}
	if (open && store_hooks_commit(s->st) != RC_OK)
		log_warn("what became of deliveries could not be stored; "
		    "they are sent again");
	arena_free(a);
}
