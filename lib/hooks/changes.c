/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tenants' change logs, read from where their hooks stand. A place that
 * moved over changes that nobody is told of is stored later (the sweep): to
 * read them again does no harm.
 */
#include "hooks/sender.h"

#include "base/clock.h"
#include "base/log.h"

enum { CHANGES_MOST = 64 };

static bool
reads(const struct receiver *p, int64_t tenant)
{
	return p->h.enabled && p->h.tenant == tenant;
}

static int64_t
position_least(const struct sender *s, int64_t tenant)
{
	int64_t least = INT64_MAX;

	for (const struct receiver *p = s->receivers; p != NULL; p = p->next)
		if (reads(p, tenant) && p->h.position < least)
			least = p->h.position;
	return least;
}

/* One hook's share of these changes; its place is stored if it was told. */
static enum rc
tell_receiver(struct telling *t, struct receiver *p, const struct change *c, size_t n)
{
	size_t before = t->told;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < n && rc == RC_OK; i++)
		if (c[i].seq > p->h.position)
			rc = tell_change(t, &p->h, &c[i]);
	if (rc == RC_OK && t->told > before)
		rc = store_hook_at(t->st, p->h.no, c[n - 1].seq);
	return rc;
}

/* Told and committed: what is in memory follows. */
static void
receivers_move(struct sender *s, int64_t tenant, int64_t seq)
{
	for (struct receiver *p = s->receivers; p != NULL; p = p->next) {
		if (!reads(p, tenant) || p->h.position >= seq)
			continue;
		p->h.position = seq;
		p->due_ns = 0;
	}
}

/* Nothing is told on behalf of what its owner has changed meanwhile. */
static enum rc
tell_changes(struct sender *s, struct graph *g, int64_t tenant,
    const struct change *c, size_t n)
{
	struct telling t = { .st = s->st, .g = g, .a = s->mem, .doc = s->doc,
		.now_ns = clock_now_ns() };
	enum rc rc = store_hooks_begin(s->st);

	if (rc != RC_OK)
		return rc;
	if (store_hooks_version(s->st) != s->version)
		rc = RC_BUSY;
	for (struct receiver *p = s->receivers; p != NULL && rc == RC_OK; p = p->next)
		if (reads(p, tenant))
			rc = tell_receiver(&t, p, c, n);
	if (rc == RC_OK && t.told > 0)
		rc = store_hooks_commit(s->st);
	else
		store_hooks_rollback(s->st);
	if (rc == RC_OK)
		receivers_move(s, tenant, c[n - 1].seq);
	return rc;
}

/* True: there may be more. */
static bool
tell_tenant(struct sender *s, int64_t tenant)
{
	int64_t after = position_least(s, tenant);
	struct change *c;
	struct graph *g;
	size_t n = 0;

	arena_reset(s->mem);
	if (after == INT64_MAX || store_graph(s->st, tenant, &g) != RC_OK
	    || graph_changes(g, s->mem, after, CHANGES_MOST, &c, &n) != RC_OK
	    || n == 0)
		return false;
	if (after > 0 && c[0].seq > after + 1)
		log_warn("webhooks of tenant=%lld miss changes %lld to %lld: "
		    "the log no longer has them", (long long)tenant,
		    (long long)after + 1, (long long)c[0].seq - 1);
	return tell_changes(s, g, tenant, c, n) == RC_OK && n == CHANGES_MOST;
}

bool
changes_tell(struct sender *s)
{
	bool more = false;

	for (size_t i = 0; i < s->n_tenants; i++)
		more = tell_tenant(s, s->tenants[i]) || more;
	return more;
}
