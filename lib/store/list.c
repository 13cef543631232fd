/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listing events in order of rank, page by page, at a cost that does not
 * depend on the page: every index used here is in that order already, and a
 * page starts with one search for the cursor.
 *
 *	time		event by rank, read straight
 *	technique	one run of event_tag
 *	host		one run of event by (host, rank)
 *	entity		one run of posting for each slot it has events in,
 *			and, as it may be a host, one run as above
 *
 * Several runs are merged: the best of their heads is taken, and dropped where
 * it repeats (an event may play several parts). What is left of the question
 * is checked on each row; scan_max bounds how many rows that may cost.
 */
#include "store/state.h"

#include <string.h>

enum { BATCH = 32 };

enum { TIME_DOWN, TIME_UP, HOST_DOWN, HOST_UP, TAG_DOWN, TAG_UP, POST_DOWN,
	POST_UP, ROW, NEXT_PART };
#define DOWN(table, key) "SELECT rank, ev FROM " table " WHERE " key        \
    " AND (rank, ev) < (?2, ?3) ORDER BY rank DESC, ev DESC LIMIT ?4"
#define UP(table, key) "SELECT rank, ev FROM " table " WHERE " key          \
    " AND (rank, ev) > (?2, ?3) ORDER BY rank, ev LIMIT ?4"
#define BY_HOST "host = ?1 AND host <> 0"
#define BY_TAG "technique = ?1"
#define BY_PART "part = ?1"
static const char *const sql[] = {
	[TIME_DOWN] = "SELECT " EVENT_LIGHT ", tags FROM event"
	    " WHERE rank < ? ORDER BY rank DESC",
	[TIME_UP] = "SELECT " EVENT_LIGHT ", tags FROM event"
	    " WHERE rank > ? ORDER BY rank",
	[HOST_DOWN] = DOWN("event", BY_HOST),
	[HOST_UP] = UP("event", BY_HOST),
	[TAG_DOWN] = DOWN("event_tag", BY_TAG),
	[TAG_UP] = UP("event_tag", BY_TAG),
	[POST_DOWN] = DOWN("posting", BY_PART),
	[POST_UP] = UP("posting", BY_PART),
	[ROW] = "SELECT " EVENT_LIGHT ", tags FROM event WHERE ev = ?",
	[NEXT_PART] = ("SELECT part FROM posting WHERE part > ? AND part < ?"
	    " ORDER BY part LIMIT 1"),
};

struct run {
	const char *text;
	int64_t key;		/* host, technique or part */
	struct post at[BATCH];
	size_t n, next;
	bool last;		/* no batch after this one */
};

struct listing {
	struct graph *g;
	struct arena *a, *row_mem;
	const struct event_query *q;
	struct run *runs;
	size_t n_runs, room;
	struct rank from, to;	/* exclusive start, inclusive end */
	size_t looked;
	struct rank last;
	bool on;		/* f wants more, scan_max not reached */
	bool (*f)(void *ctx, const struct event_row *row);
	void *ctx;
};

/* ---- bounds ------------------------------------------------------------ */

static int
cmp(const struct rank *a, const struct rank *b)
{
	return memcmp(a->b, b->b, RANK_LEN);
}

/* Where to begin: behind the cursor, and not before the times asked for. No
 * real rank is all 0 or all 0xff behind its time, so "exclusive" costs none. */
static void
bounds_set(struct listing *l)
{
	const struct event_query *q = l->q;
	struct rank since = rank_at(q->has_since ? q->since_ns : INT64_MIN, 0);
	struct rank until = rank_at(q->has_until ? q->until_ns : INT64_MAX,
	    0xff);

	l->from = q->oldest_first ? since : until;
	l->to = q->oldest_first ? until : since;
	if (q->cursor != NULL && (cmp(q->cursor, &l->from) < 0) !=
	    q->oldest_first)
		l->from = *q->cursor;
	l->last = q->cursor != NULL ? *q->cursor : l->from;
}

static bool
in_bounds(const struct listing *l, const struct rank *r)
{
	return l->q->oldest_first ? cmp(r, &l->to) <= 0 : cmp(r, &l->to) >= 0;
}

/* ---- rows -------------------------------------------------------------- */

static bool
tagged(struct arena *a, struct str tags, technique t)
{
	struct event_row row = { 0 };
	size_t i;

	arena_reset(a);
	if (!tags_unpack(a, tags, &row))
		return false;
	for (i = 0; i < row.n_tags; i++)
		if (row.tags[i].technique == t)
			return true;
	return false;
}

static bool
wanted(const struct listing *l, const struct event_row *row, struct str tags)
{
	const struct event_query *q = l->q;

	return (q->source == 0 || row->source == q->source) &&
	    (q->type == 0 || row->type == q->type) &&
	    (q->host == 0 || row->host == q->host) &&
	    (q->technique == 0 || tagged(l->row_mem, tags, q->technique));
}

/* The row that the query stands on; whether to go on. */
static bool
look(struct listing *l, struct query *q)
{
	struct event_row row = { 0 };

	event_light(q, &row);
	if (q->rc != RC_OK || !in_bounds(l, &row.rank))
		return false;
	l->looked++;
	l->last = row.rank;
	l->on = l->q->scan_max == 0 || l->looked < l->q->scan_max;
	if (wanted(l, &row, query_str(q, EVENT_LIGHT_N)) &&
	    !l->f(l->ctx, &row))
		l->on = false;
	return l->on;
}

/* ---- by time ----------------------------------------------------------- */

static enum rc
by_time(struct listing *l)
{
	struct query q = query_begin(l->g->db,
	    sql[l->q->oldest_first ? TIME_UP : TIME_DOWN]);
	bool more = true;

	query_put_blob(&q, l->from.b, RANK_LEN);
	while (more && query_next(&q))
		more = look(l, &q);
	return query_end(&q, RC_OK);
}

/* ---- merged runs ------------------------------------------------------- */

/* The next batch of a run, behind the last one. */
static enum rc
run_fill(struct listing *l, struct run *r)
{
	bool up = l->q->oldest_first;
	struct post from = { up ? INT64_MAX : INT64_MIN, l->from };
	struct query q = query_begin(l->g->db, r->text);

	if (r->n != 0)
		from = r->at[r->n - 1];
	r->n = r->next = 0;
	query_put_int(&q, r->key);
	query_put_blob(&q, from.rank.b, RANK_LEN);
	query_put_int(&q, from.ev);
	query_put_int(&q, BATCH);
	while (r->n < BATCH && query_next(&q)) {
		query_bytes(&q, 0, r->at[r->n].rank.b, RANK_LEN);
		r->at[r->n++].ev = query_int(&q, 1);
	}
	r->last = r->n < BATCH;
	return query_end(&q, RC_OK);
}

static enum rc
run_add(struct listing *l, int text, int64_t key)
{
	struct run *r;

	l->runs = arena_grow(l->a, l->runs, &l->room, l->n_runs + 1,
	    sizeof(*r));
	r = &l->runs[l->n_runs++];
	memset(r, 0, sizeof(*r));
	r->text = sql[text + (l->q->oldest_first ? 1 : 0)];
	r->key = key;
	return run_fill(l, r);
}

/* The entity's next part that has postings, or 0. */
static enum rc
part_after(struct listing *l, int64_t part, int64_t *next)
{
	int64_t end = part_of(part / SLOTS + 1, 0);
	struct query q = query_begin(l->g->db, sql[NEXT_PART]);

	query_put_int(&q, part);
	query_put_int(&q, end);
	*next = query_next(&q) ? query_int(&q, 0) : 0;
	return query_end(&q, RC_OK);
}

static enum rc
runs_of_entity(struct listing *l, int64_t entity)
{
	int64_t part = part_of(entity, 0);
	enum rc rc = run_add(l, HOST_DOWN, entity);

	while (rc == RC_OK) {
		rc = part_after(l, part, &part);
		if (rc != RC_OK || part == 0)
			break;
		rc = run_add(l, POST_DOWN, part);
	}
	return rc;
}

static enum rc
runs_open(struct listing *l)
{
	const struct event_query *q = l->q;
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; i < q->n_entity && rc == RC_OK; i++)
		rc = runs_of_entity(l, q->entity[i]);
	if (q->n_entity != 0)
		return rc;
	if (q->technique != 0)
		return run_add(l, TAG_DOWN, q->technique);
	return run_add(l, HOST_DOWN, q->host);
}

/* Is a's head to come before b's? */
static bool
before(const struct listing *l, const struct post *a, const struct post *b)
{
	int order = cmp(&a->rank, &b->rank);

	if (order == 0)
		order = (a->ev > b->ev) - (a->ev < b->ev);
	return l->q->oldest_first ? order < 0 : order > 0;
}

/* Take the best of all heads; false when all runs have ended. */
static enum rc
merge_next(struct listing *l, struct post *out, bool *any)
{
	struct run *best = NULL;
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; i < l->n_runs; i++) {
		struct run *r = &l->runs[i];

		if (r->next == r->n && !r->last)
			rc = run_fill(l, r);
		if (rc != RC_OK)
			return rc;
		if (r->next < r->n && (best == NULL || before(l,
		    &r->at[r->next], &best->at[best->next])))
			best = r;
	}
	*any = best != NULL;
	if (*any)
		*out = best->at[best->next++];
	return RC_OK;
}

static enum rc
look_at(struct listing *l, int64_t ev, bool *more)
{
	struct query q = query_begin(l->g->db, sql[ROW]);

	query_put_int(&q, ev);
	*more = query_next(&q) && look(l, &q);
	return query_end(&q, RC_OK);
}

static enum rc
by_runs(struct listing *l)
{
	struct post p = { 0 };
	int64_t seen = 0;
	bool more = true;
	enum rc rc = runs_open(l);

	while (rc == RC_OK && more) {
		rc = merge_next(l, &p, &more);
		if (rc != RC_OK || !more || p.ev == seen)
			continue;
		seen = p.ev;
		rc = look_at(l, p.ev, &more);
	}
	return rc;
}

enum rc
graph_events(struct graph *g, const struct event_query *q,
    bool (*f)(void *ctx, const struct event_row *row), void *ctx,
    struct rank *last, bool *done)
{
	struct listing l = { .g = g, .q = q, .f = f, .ctx = ctx, .on = true };
	enum rc rc;

	l.a = arena_new();
	l.row_mem = arena_new();
	bounds_set(&l);
	if (q->n_entity == 0 && q->technique == 0 && q->host == 0)
		rc = by_time(&l);
	else
		rc = by_runs(&l);
	arena_free(l.a);
	arena_free(l.row_mem);
	if (rc != RC_OK)
		return rc;
	*last = l.last;
	*done = l.on;
	return RC_OK;
}
