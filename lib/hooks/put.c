/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks and deliveries as the API and the tool tell them. */
#include "hooks.h"

#include "cause.h"

const char *
delivery_state_name(enum delivery_state s)
{
	static const char *const names[] = {
		[DELIVERY_WAITING] = "waiting",
		[DELIVERY_DONE] = "delivered",
		[DELIVERY_DEAD] = "dead",
	};

	return s < DELIVERY__MAX ? names[s] : "";
}

enum delivery_state
delivery_state_of(struct str name)
{
	int s = 0;

	while (s < DELIVERY__MAX
	    && !str_is(name, delivery_state_name((enum delivery_state)s)))
		s++;
	return (enum delivery_state)s;
}

static void
put_time(struct jw *w, const char *name, int64_t ns)
{
	jw_key(w, name);
	if (ns > 0)
		jw_time(w, ns);
	else
		jw_null(w);
}

static void
put_text(struct jw *w, const char *name, struct str text)
{
	jw_key(w, name);
	if (text.len > 0)
		jw_str(w, text);
	else
		jw_null(w);
}

void
hook_put(struct jw *w, const struct hook *h, int64_t now_ns)
{
	jw_key_s(w, "webhook_id", h->id);
	jw_key_s(w, "url", h->url);
	jw_key_s(w, "description", h->description);
	jw_key(w, "events");
	jw_array(w);
	if ((h->events & HOOK_CHAIN_THRESHOLD) != 0)
		jw_c(w, "chain.threshold");
	if ((h->events & HOOK_INVESTIGATION) != 0)
		jw_c(w, "investigation.completed");
	jw_array_end(w);
	jw_key_c(w, "min_confidence", grade_name(h->min_grade));
	jw_key_n(w, "min_score", h->min_score);
	jw_key_b(w, "enabled", h->enabled);
	put_text(w, "disabled_because", h->why);
	put_time(w, "created_at", h->created_ns);
	put_time(w, "old_secret_until",
	    h->old_until_ns > now_ns ? h->old_until_ns : 0);
	jw_key_i(w, "failures_in_a_row", h->failures);
	put_time(w, "last_success_at", h->success_ns);
}

static void
put_members(struct jw *w, const struct delivery *d)
{
	jw_key_s(w, "delivery_id", d->id);
	jw_key_s(w, "type", d->type);
	jw_key_c(w, "status", delivery_state_name(d->state));
	put_time(w, "created_at", d->created_ns);
	jw_key_i(w, "attempts", d->attempts);
	put_time(w, "next_attempt_at", d->state == DELIVERY_WAITING ?
	    d->next_ns : 0);
	put_time(w, "last_attempt_at", d->last_ns);
	jw_key(w, "last_status");
	if (d->status > 0)
		jw_int(w, d->status);
	else
		jw_null(w);
	put_text(w, "last_error", d->error);
	jw_key(w, "latency_ms");
	if (d->last_ns > 0)
		jw_int(w, d->latency_ms);
	else
		jw_null(w);
}

void
hook_put_delivery(struct jw *w, const struct delivery *d)
{
	jw_object(w);
	put_members(w, d);
	jw_object_end(w);
}

void
hook_put_delivery_whole(struct jw *w, const struct delivery *d)
{
	jw_object(w);
	put_members(w, d);
	jw_key_s(w, "body", d->body);
	jw_object_end(w);
}
