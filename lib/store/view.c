/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The view that cause reads through. Nodes are kept until graph_view_reset:
 * linking asks for the same few over and over.
 */
#include "store/state.h"

#include <string.h>

#include "base/log.h"

enum { NODE, FIRST_AFTER, LAST_BEFORE, WALK, HOW_MANY, UNLINKS, CUT,
	UNLINK_ADD };
static const char *const sql[] = {
	[NODE] = "SELECT " EVENT_LIGHT ", refs, tags FROM event WHERE ev = ?",
	[FIRST_AFTER] = "SELECT rank, ev FROM posting WHERE part = ?"
	    " AND rank > ? ORDER BY rank, ev LIMIT 1",
	[LAST_BEFORE] = "SELECT rank, ev FROM posting WHERE part = ?"
	    " AND rank < ? ORDER BY rank DESC, ev DESC LIMIT 1",
	[WALK] = "SELECT rank, ev FROM posting WHERE part = ?"
	    " AND rank > ? ORDER BY rank, ev",
	[HOW_MANY] = "SELECT count(*) FROM (SELECT 1 FROM posting"
	    " WHERE part = ? LIMIT ?)",
	[UNLINKS] = "SELECT count(*) FROM unlink",
	[CUT] = "SELECT 1 FROM unlink WHERE a = ? AND b = ?",
	[UNLINK_ADD] = "INSERT INTO unlink (a, b, who, at)"
	    " VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
};

/* Bounds below and above every rank, for "any". */
static const uint8_t beyond[RANK_LEN + 1] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

/* The view's calls cannot say that reading failed; they answer "nothing" and
 * it is remembered here for graph_view_trouble. */
static bool
end(struct graph *g, struct query *q)
{
	enum rc rc = query_end(q, RC_ABSENT);

	if (rc != RC_OK && rc != RC_ABSENT)
		g->trouble = rc;
	return rc == RC_OK;
}

/* ---- nodes ------------------------------------------------------------- */

struct kept_node {
	struct node node;
	bool stale;
};

static bool
node_read(struct query *q, struct arena *a, struct node *n)
{
	struct event_row row = { 0 };

	event_light(q, &row);
	n->ev = row.ev;
	n->rank = row.rank;
	memcpy(n->id, row.id, sizeof(n->id));
	n->act = row.act;
	n->outcome = row.outcome;
	n->flags = row.flags;
	n->severity = row.severity;
	n->source = row.source;
	n->type = row.type;
	n->action = row.action;
	n->host = row.host;
	if (!refs_unpack(a, query_str(q, EVENT_LIGHT_N), &n->refs,
	    &n->n_refs) || !tags_unpack(a, query_str(q, EVENT_LIGHT_N + 1),
	    &row))
		return false;
	n->tags = row.tags;
	n->n_tags = row.n_tags;
	return true;
}

static const struct node *
view_node(void *ctx, int64_t ev)
{
	struct graph *g = ctx;
	struct kept_node *kept = cache_get(&g->nodes, (uint64_t)ev);
	struct query q;
	bool whole = true;

	if (kept != NULL && !kept->stale)
		return &kept->node;
	q = query_begin(g->db, sql[NODE]);
	query_put_int(&q, ev);
	kept = NULL;
	if (query_next(&q)) {
		kept = cache_add(&g->nodes, (uint64_t)ev, sizeof(*kept));
		kept->stale = true;
		whole = node_read(&q, g->nodes.mem, &kept->node);
	}
	if (!end(g, &q))
		return NULL;
	if (!whole) {
		g->trouble = RC_FAIL;
		log_err("event %lld is damaged, tenant=%lld", (long long)ev,
		    (long long)g->tenant);
		return NULL;
	}
	kept->stale = false;
	return &kept->node;
}

void
view_drop(struct graph *g, int64_t ev)
{
	struct kept_node *kept = cache_get(&g->nodes, (uint64_t)ev);

	if (kept != NULL)
		kept->stale = true;
}

/* ---- postings ---------------------------------------------------------- */

static void
post_read(struct query *q, struct post *out)
{
	struct post p;

	query_bytes(q, 0, p.rank.b, RANK_LEN);
	p.ev = query_int(q, 1);
	*out = p;
}

static struct query
posting_begin(struct graph *g, const char *text, int64_t entity, int slot)
{
	struct query q = query_begin(g->db, text);

	query_put_int(&q, part_of(entity, slot));
	return q;
}

static bool
posting_one(struct graph *g, struct query *q, struct post *out)
{
	struct post p = { 0 };

	if (query_next(q))
		post_read(q, &p);
	if (!end(g, q))
		return false;
	*out = p;
	return true;
}

static bool
view_first_after(void *ctx, int64_t entity, int slot, const struct rank *r,
    struct post *out)
{
	struct query q = posting_begin(ctx, sql[FIRST_AFTER], entity, slot);

	query_put_blob(&q, r != NULL ? r->b : NULL, r != NULL ? RANK_LEN : 0);
	return posting_one(ctx, &q, out);
}

static bool
view_last_before(void *ctx, int64_t entity, int slot, const struct rank *r,
    struct post *out)
{
	struct query q = posting_begin(ctx, sql[LAST_BEFORE], entity, slot);

	query_put_blob(&q, r != NULL ? r->b : beyond,
	    r != NULL ? RANK_LEN : sizeof(beyond));
	return posting_one(ctx, &q, out);
}

static void
view_walk(void *ctx, int64_t entity, int slot, const struct rank *r,
    bool (*f)(void *arg, const struct post *p), void *arg)
{
	struct query q = posting_begin(ctx, sql[WALK], entity, slot);
	struct post p = { 0 };
	bool on = true;

	query_put_blob(&q, r != NULL ? r->b : NULL, r != NULL ? RANK_LEN : 0);
	while (on && query_next(&q)) {
		post_read(&q, &p);
		on = q.rc == RC_OK && f(arg, &p);
	}
	(void)end(ctx, &q);
}

static int
view_count(void *ctx, int64_t entity, int slot, int most)
{
	struct query q = posting_begin(ctx, sql[HOW_MANY], entity, slot);
	int n;

	query_put_int(&q, most);
	n = query_next(&q) ? (int)query_int(&q, 0) : 0;
	return end(ctx, &q) ? n : 0;
}

static int
view_carriers(void *ctx, int64_t entity, int most)
{
	return carriers_of(ctx, entity, most);
}

/* ---- unlinks ----------------------------------------------------------- */

static bool
any_unlinks(struct graph *g)
{
	struct query q;

	if (g->unlinks >= 0)
		return g->unlinks > 0;
	q = query_begin(g->db, sql[UNLINKS]);
	if (query_next(&q))
		g->unlinks = query_int(&q, 0);
	if (!end(g, &q))
		g->unlinks = -1;
	return g->unlinks != 0;
}

static bool
view_cut(void *ctx, int64_t a, int64_t b)
{
	struct graph *g = ctx;
	struct query q;

	if (!any_unlinks(g))
		return false;
	q = query_begin(g->db, sql[CUT]);
	query_put_int(&q, a < b ? a : b);
	query_put_int(&q, a < b ? b : a);
	(void)query_next(&q);
	return end(g, &q);
}

enum rc
graph_unlink_add(struct graph *g, int64_t a, int64_t b, struct str who,
    int64_t now_ns)
{
	struct query q = query_begin(g->db, sql[UNLINK_ADD]);

	g->unlinks = -1;
	query_put_int(&q, a < b ? a : b);
	query_put_int(&q, a < b ? b : a);
	query_put_str(&q, who);
	query_put_int(&q, now_ns);
	return query_run(&q);
}

/* ---- the view ---------------------------------------------------------- */

void
view_init(struct graph *g)
{
	g->view = (struct view){
		.ctx = g,
		.node = view_node,
		.first_after = view_first_after,
		.last_before = view_last_before,
		.walk = view_walk,
		.count = view_count,
		.carriers = view_carriers,
		.cut = view_cut,
	};
}

const struct view *
graph_view(struct graph *g)
{
	return &g->view;
}

void
graph_view_reset(struct graph *g)
{
	cache_clear(&g->nodes);
	g->unlinks = -1;
	g->trouble = RC_OK;
}

enum rc
graph_view_trouble(struct graph *g)
{
	return g->trouble;
}
