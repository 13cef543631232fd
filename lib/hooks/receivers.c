/* SPDX-License-Identifier: Apache-2.0 */
/* The hooks as the sender knows them. */
#include "hooks/sender.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/table.h"

enum { WAITING_MOST = 10000 };	/* and as many ended, a hook */

static struct receiver *
receiver_of(struct sender *s, int64_t no)
{
	struct receiver *p;

	for (p = s->receivers; p != NULL; p = p->next)
		if (p->h.no == no)
			return p;
	p = mem_get(sizeof(*p));
	p->next = s->receivers;
	s->receivers = p;
	return p;
}

/*
 * A place beyond the log's end: the graph is an older one than hooks.db, as
 * after a restore. It would tell nobody anything until the log is past there.
 */
static void
place_check(struct sender *s, struct receiver *p)
{
	struct graph *g;
	int64_t oldest, newest;

	if (store_graph(s->st, p->h.tenant, &g) != RC_OK
	    || graph_change_range(g, &oldest, &newest) != RC_OK
	    || p->h.position <= newest)
		return;
	log_warn("webhook=%.*s stood at change %lld, the log ends at %lld: it "
	    "goes on from there", STR_ARG(p->h.id), (long long)p->h.position,
	    (long long)newest);
	p->h.position = newest;
	if (store_hook_set(s->st, &p->h, true) != RC_OK)
		log_warn("webhook=%.*s its place could not be stored",
		    STR_ARG(p->h.id));
}

static void
receiver_take(struct sender *s, const struct hook *row)
{
	struct receiver *p = receiver_of(s, row->no);
	bool known = p->h.no != 0;
	bool stayed = known && p->h.enabled && row->enabled
	    && p->h.position > row->position;
	int64_t position = stayed ? p->h.position : row->position;

	p->h = *row;
	p->h.position = position;
	p->kept_at = row->position;
	p->due_ns = 0;
	p->seen = true;
	if (!known)
		place_check(s, p);
}

/* Those that are gone from the store go, unless an answer is awaited. */
static void
receivers_prune(struct sender *s)
{
	struct receiver **at = &s->receivers;
	struct receiver *p;

	while (*at != NULL) {
		p = *at;
		if (p->seen || p->flying) {
			p->h.enabled = p->h.enabled && p->seen;
			at = &p->next;
			continue;
		}
		*at = p->next;
		mem_free(p);
	}
}

/* Each tenant that has a hook, once. */
static void
tenants_list(struct sender *s, struct arena *a, const struct hook *rows,
    size_t n)
{
	struct table seen;
	bool added;

	s->tenants = arena_array(a, n + 1, sizeof(*s->tenants));
	s->n_tenants = 0;
	table_init(&seen);
	for (size_t i = 0; i < n; i++) {
		table_add(&seen, (uint64_t)rows[i].tenant, 1, &added);
		if (added)
			s->tenants[s->n_tenants++] = rows[i].tenant;
	}
	table_release(&seen);
}

void
receivers_look(struct sender *s)
{
	int64_t version = store_hooks_version(s->st);
	struct arena *fresh;
	struct hook *rows;
	size_t n = 0;

	if (version != 0 && version == s->version)
		return;
	fresh = arena_new();
	if (store_hooks(s->st, fresh, 0, &rows, &n) != RC_OK) {
		arena_free(fresh);
		return;
	}
	for (struct receiver *p = s->receivers; p != NULL; p = p->next) {
		p->seen = false;
		if (p->flying)		/* its texts lie in what goes now */
			p->h.url = p->h.secret = p->h.old_secret = p->h.id =
			    (struct str){ "", 0 };
	}
	for (size_t i = 0; i < n; i++)
		receiver_take(s, &rows[i]);
	receivers_prune(s);
	tenants_list(s, fresh, rows, n);
	if (s->rows != NULL)
		arena_free(s->rows);
	s->rows = fresh;
	s->version = version;
}

static enum rc
sweep_receiver(struct sender *s, struct receiver *p, int64_t now_ns)
{
	const struct delivery_sweep limits = {
		/* nobody tries those of a hook that is off */
		.begun_ns = p->h.enabled ? 0 :
		    now_ns - s->want->give_up_s * NS_PER_S,
		.created_ns = now_ns - s->want->kept_s * NS_PER_S,
		.most = WAITING_MOST,
	};
	enum rc rc = store_deliveries_sweep(s->st, p->h.no, &limits);

	if (rc == RC_OK && p->h.position > p->kept_at)
		rc = store_hook_at(s->st, p->h.no, p->h.position);
	if (rc == RC_OK)
		p->kept_at = p->h.position;
	return rc;
}

void
receivers_sweep(struct sender *s)
{
	int64_t now_ns = clock_mono_ns();
	enum rc rc;

	if (now_ns < s->sweep_ns)
		return;
	s->sweep_ns = now_ns + SWEEP_NS;
	rc = store_hooks_begin(s->st);
	for (struct receiver *p = s->receivers; p != NULL && rc == RC_OK; p = p->next)
		rc = sweep_receiver(s, p, clock_now_ns());
	if (rc == RC_OK)
		rc = store_hooks_commit(s->st);
	if (rc != RC_OK)
		store_hooks_rollback(s->st);
	store_hooks_checkpoint(s->st);
}

void
receivers_free(struct sender *s)
{
	struct receiver *p;

	while (s->receivers != NULL) {
		p = s->receivers;
		s->receivers = p->next;
		mem_free(p);
	}
	if (s->rows != NULL)
		arena_free(s->rows);
}
