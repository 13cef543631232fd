/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events: a row, its raw record, and postings: (entity, slot, rank, event) for
 * every part an entity plays, so that "the latest write of x before e" is one
 * step in one index, whatever order the events came in. The host is a column
 * with an index of its own and has no postings.
 *
 * Another record under an id that is taken does not replace it by coming
 * first or last: of all records under one id, the smallest digest speaks.
 */
#include "store/state.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"

enum { FIND, ADD, REPLACE, CONFLICT, GET, PLACE, UNPOST, TAG, UNTAG,
	VARIANT_FIND, VARIANT_ADD };
static const char *const sql[] = {
	[FIND] = "SELECT ev FROM event WHERE id = ?",
	[ADD] = "INSERT INTO event (id, rank, host, source, type, action,"
	    " act, outcome, flags, severity, block, start, size, sha256, refs, tags,"
	    " extra, columns, ingested, ev) VALUES"
	    " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
	    " nullif(?, 0))",
	[REPLACE] = "UPDATE event SET id = ?, rank = ?, host = ?, source = ?,"
	    " type = ?, action = ?, act = ?, outcome = ?, flags = ?, severity = ?,"
	    " block = ?, start = ?, size = ?, sha256 = ?, refs = ?, tags = ?,"
	    " extra = ?, columns = ? WHERE ev = ?",
	[CONFLICT] = "UPDATE event SET flags = flags | ? WHERE ev = ?",
	[GET] = "SELECT " EVENT_LIGHT ", refs, tags, extra, columns"
	    " FROM event WHERE ev = ?",
	[PLACE] = "SELECT block, start, size FROM event WHERE ev = ?",
	[UNPOST] = "DELETE FROM posting WHERE part = ? AND rank = ?"
	    " AND ev = ?",
	[TAG] = "INSERT INTO event_tag (technique, rank, ev) VALUES (?, ?, ?)"
	    " ON CONFLICT DO NOTHING",
	[UNTAG] = "DELETE FROM event_tag WHERE technique = ? AND rank = ?"
	    " AND ev = ?",
	[VARIANT_FIND] = "SELECT 1 FROM variant WHERE ev = ? AND sha256 = ?",
	[VARIANT_ADD] = "INSERT INTO variant (ev, sha256, block, start, size)"
	    " VALUES (?, ?, ?, ?, ?)",
};

/* The postings of one event go in by one statement: starting a statement
 * costs as much as the row. "OR IGNORE" rather than "ON CONFLICT DO NOTHING",
 * or SQLite would keep a copy of every page it touches, in case NOT NULL makes
 * it stop half-way. ?1 is the rank, ?2 the event. */
enum { POSTS_MOST = 8 };
#define POSTS(rows) "INSERT OR IGNORE INTO posting (part, rank, ev) VALUES " \
    rows
#define ROW(n) "(?" n ", ?1, ?2)"
#define ROWS_2 ROW("3") ", " ROW("4")
#define ROWS_4 ROWS_2 ", " ROW("5") ", " ROW("6")
#define ROWS_6 ROWS_4 ", " ROW("7") ", " ROW("8")
static const char *const sql_posts[POSTS_MOST + 1] = {
	[1] = POSTS(ROW("3")),
	[2] = POSTS(ROWS_2),
	[3] = POSTS(ROWS_2 ", " ROW("5")),
	[4] = POSTS(ROWS_4),
	[5] = POSTS(ROWS_4 ", " ROW("7")),
	[6] = POSTS(ROWS_6),
	[7] = POSTS(ROWS_6 ", " ROW("9")),
	[8] = POSTS(ROWS_6 ", " ROW("9") ", " ROW("10")),
};

enum rc
graph_event_find(struct graph *g, const uint8_t id[16], int64_t *ev)
{
	struct query q = query_begin(g->db, sql[FIND]);

	query_put_blob(&q, id, 16);
	if (query_next(&q))
		*ev = query_int(&q, 0);
	return query_end(&q, RC_ABSENT);
}

/* ---- adding ------------------------------------------------------------ */

static enum rc
posts_put(struct graph *g, const struct event_row *row, const int64_t *part,
    size_t n)
{
	struct query q;
	size_t i;

	if (n == 0)
		return RC_OK;
	q = query_begin(g->db, sql_posts[n]);
	query_put_blob(&q, row->rank.b, RANK_LEN);
	query_put_int(&q, row->ev);
	for (i = 0; i < n; i++)
		query_put_int(&q, part[i]);
	return query_run(&q);
}

static enum rc
posts_drop(struct graph *g, const struct event_row *row, const int64_t *part,
    size_t n)
{
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; i < n && rc == RC_OK; i++) {
		struct query q = query_begin(g->db, sql[UNPOST]);

		query_put_int(&q, part[i]);
		query_put_blob(&q, row->rank.b, RANK_LEN);
		query_put_int(&q, row->ev);
		rc = query_run(&q);
	}
	return rc;
}

/* One posting for each ref, put or taken away, a handful at a time. */
static enum rc
postings(struct graph *g, const struct event_row *row,
    enum rc (*apply)(struct graph *, const struct event_row *,
    const int64_t *, size_t))
{
	int64_t part[POSTS_MOST];
	size_t i, n = 0;
	enum rc rc = RC_OK;

	for (i = 0; i < row->n_refs && rc == RC_OK; i++) {
		int slot = ref_slot(&row->refs[i], row->flags, row->n_tags);

		if (slot < 0)
			continue;
		part[n++] = part_of(row->refs[i].entity, slot);
		if (n < POSTS_MOST)
			continue;
		rc = apply(g, row, part, n);
		n = 0;
	}
	return rc == RC_OK ? apply(g, row, part, n) : rc;
}

static enum rc
tags(struct graph *g, const struct event_row *row, const char *text)
{
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; i < row->n_tags && rc == RC_OK; i++) {
		struct query q;

		if (row->tags[i].technique == 0)
			continue;
		q = query_begin(g->db, text);
		query_put_int(&q, row->tags[i].technique);
		query_put_blob(&q, row->rank.b, RANK_LEN);
		query_put_int(&q, row->ev);
		rc = query_run(&q);
	}
	return rc;
}

static enum rc
indexes_add(struct graph *g, const struct event_row *row)
{
	enum rc rc = postings(g, row, posts_put);

	return rc == RC_OK ? tags(g, row, sql[TAG]) : rc;
}

static enum rc
indexes_drop(struct graph *g, const struct event_row *row)
{
	enum rc rc = postings(g, row, posts_drop);

	return rc == RC_OK ? tags(g, row, sql[UNTAG]) : rc;
}

static void
put_record(struct query *q, const struct event_row *row,
    const struct place *at)
{
	query_put_int(q, at->block);
	query_put_int(q, at->start);
	query_put_int(q, at->size);
	query_put_blob(q, row->raw_sha256, sizeof(row->raw_sha256));
}

/* Parameters 1 to 18 of ADD and REPLACE; `last` is the 19th. */
static enum rc
row_write(struct graph *g, const char *text, const struct event_row *row,
    const struct place *at, int64_t last)
{
	struct query q;
	int64_t columns = 0;
	enum rc rc;

	if (row->columns.len != 0) {
		rc = graph_word(g, row->columns, &columns);
		if (rc != RC_OK)
			return rc;
	}
	refs_pack(&g->refs, row->refs, row->n_refs);
	q = query_begin(g->db, text);
	query_put_blob(&q, row->id, sizeof(row->id));
	query_put_blob(&q, row->rank.b, RANK_LEN);
	query_put_int(&q, row->host);
	query_put_int(&q, row->source);
	query_put_int(&q, row->type);
	query_put_int(&q, row->action);
	query_put_int(&q, row->act);
	query_put_int(&q, row->outcome);
	query_put_int(&q, row->flags);
	query_put_int(&q, row->severity);
	put_record(&q, row, at);
	query_put_blob(&q, g->refs.p, g->refs.len);
	if (row->n_tags != 0) {
		tags_pack(&g->tags, row);
		query_put_blob(&q, g->tags.p, g->tags.len);
	} else {
		query_put_null(&q);
	}
	if (row->extra.len != 0)
		query_put_str(&q, row->extra);
	else
		query_put_null(&q);
	query_put_int(&q, columns);
	query_put_int(&q, last);
	if (text == sql[ADD])
		query_put_int(&q, row->ev);
	return query_run(&q);
}

enum rc
graph_event_add(struct graph *g, struct event_row *row, struct str raw)
{
	struct place at;
	enum rc rc;

	assert(row->n_tags <= EVENT_TECHNIQUES_MAX);
	rc = raws_put(g, raw, &at);
	if (rc != RC_OK)
		return rc;
	rc = row_write(g, sql[ADD], row, &at, row->ingested_ns);
	if (rc != RC_OK) {
		raws_undo(g, &at);
		return rc;
	}
	row->ev = db_last_id(g->db);
	g->events_added++;
	return indexes_add(g, row);
}

/* ---- reading ----------------------------------------------------------- */

/* Also the number of the word that holds the columns. */
static enum rc
event_read(struct graph *g, struct arena *a, int64_t ev, struct event_row *row,
    int64_t *columns)
{
	struct query q = query_begin(g->db, sql[GET]);
	bool whole = true;
	enum rc rc;

	query_put_int(&q, ev);
	memset(row, 0, sizeof(*row));
	if (query_next(&q)) {
		event_light(&q, row);
		whole = refs_unpack(a, query_str(&q, EVENT_LIGHT_N),
		    &row->refs, &row->n_refs) &&
		    tags_unpack(a, query_str(&q, EVENT_LIGHT_N + 1), row);
		row->extra = str_dup(a, query_str(&q, EVENT_LIGHT_N + 2));
		*columns = query_int(&q, EVENT_LIGHT_N + 3);
	}
	rc = query_end(&q, RC_ABSENT);
	if (whole)
		return rc;
	log_err("event %lld is damaged, tenant=%lld", (long long)ev,
	    (long long)g->tenant);
	return RC_FAIL;
}

enum rc
graph_event_get(struct graph *g, struct arena *a, int64_t ev,
    struct event_row *row)
{
	struct event_row r;
	int64_t columns = 0;
	enum rc rc = event_read(g, a, ev, &r, &columns);

	if (rc != RC_OK)
		return rc;
	if (columns != 0)
		r.columns = graph_word_text(g, a, columns);
	*row = r;
	return RC_OK;
}

static enum rc
place_get(struct graph *g, int64_t ev, struct place *at)
{
	struct query q = query_begin(g->db, sql[PLACE]);

	query_put_int(&q, ev);
	if (query_next(&q)) {
		at->block = query_int(&q, 0);
		at->start = query_int(&q, 1);
		at->size = query_int(&q, 2);
	}
	return query_end(&q, RC_ABSENT);
}

enum rc
graph_event_raw(struct graph *g, struct arena *a, int64_t ev, struct str *raw)
{
	struct place at;
	enum rc rc = place_get(g, ev, &at);

	return rc == RC_OK ? raws_get(g, a, &at, raw) : rc;
}

/* ---- variants ---------------------------------------------------------- */

static enum rc
variant_known(struct graph *g, int64_t ev, const struct event_row *row)
{
	struct query q = query_begin(g->db, sql[VARIANT_FIND]);

	query_put_int(&q, ev);
	query_put_blob(&q, row->raw_sha256, sizeof(row->raw_sha256));
	(void)query_next(&q);
	return query_end(&q, RC_ABSENT);
}

static enum rc
variant_add(struct graph *g, const struct event_row *row,
    const struct place *at)
{
	struct query q = query_begin(g->db, sql[VARIANT_ADD]);

	query_put_int(&q, row->ev);
	query_put_blob(&q, row->raw_sha256, sizeof(row->raw_sha256));
	query_put_int(&q, at->block);
	query_put_int(&q, at->start);
	query_put_int(&q, at->size);
	return query_run(&q);
}

static enum rc
conflict_mark(struct graph *g, int64_t ev)
{
	struct query q = query_begin(g->db, sql[CONFLICT]);

	query_put_int(&q, EVENT_CONFLICT);
	query_put_int(&q, ev);
	return query_run(&q);
}

/* `row` speaks from now on; `old` becomes one of the variants. */
static enum rc
speaker_change(struct graph *g, const struct event_row *old,
    struct event_row *row, const struct place *at)
{
	struct place old_at;
	enum rc rc = place_get(g, old->ev, &old_at);

	if (rc == RC_OK)
		rc = variant_add(g, old, &old_at);
	if (rc == RC_OK)
		rc = indexes_drop(g, old);
	if (rc == RC_OK)
		rc = row_write(g, sql[REPLACE], row, at, old->ev);
	return rc == RC_OK ? indexes_add(g, row) : rc;
}

static enum rc
variant_take(struct graph *g, const struct event_row *old,
    struct event_row *row, struct str raw, bool *speaks)
{
	int order = memcmp(row->raw_sha256, old->raw_sha256,
	    sizeof(row->raw_sha256));
	struct place at;
	enum rc rc;

	*speaks = false;
	if (order == 0)
		return RC_OK;
	rc = variant_known(g, old->ev, row);
	if (rc != RC_ABSENT)
		return rc;
	row->ev = old->ev;
	row->flags |= EVENT_CONFLICT;
	row->ingested_ns = old->ingested_ns;
	rc = raws_put(g, raw, &at);
	if (rc != RC_OK)
		return rc;
	view_drop(g, old->ev);
	*speaks = order < 0;
	if (*speaks)
		return speaker_change(g, old, row, &at);
	rc = variant_add(g, row, &at);
	return rc == RC_OK ? conflict_mark(g, old->ev) : rc;
}

enum rc
graph_event_variant(struct graph *g, int64_t ev, struct event_row *row,
    struct str raw, bool *speaks)
{
	struct arena *a = arena_new();
	struct event_row old;
	int64_t columns;
	enum rc rc = event_read(g, a, ev, &old, &columns);

	if (rc == RC_OK)
		rc = variant_take(g, &old, row, raw, speaks);
	arena_free(a);
	return rc;
}
