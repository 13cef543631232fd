/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is everything sound? The files' own structure, and what must hold between
 * tables: the count of events, postings that lead to an event, raw records
 * whose digest is the one kept. The last two are looked at in samples spread
 * evenly, since a store may hold a billion of them.
 */
#include "store/state.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"

enum { CHECK, COUNT_EVENTS, LAST_EVENT, SAMPLE, LOST_POSTING };
static const char *const sql[] = {
	[CHECK] = "PRAGMA quick_check(20)",
	/* In one statement: ingest may go on beside us. */
	[COUNT_EVENTS] = "SELECT count(*), coalesce((SELECT number FROM meta"
	    " WHERE name = 'events'), 0) FROM event",
	[LAST_EVENT] = "SELECT coalesce(max(ev), 0) FROM event",
	[SAMPLE] = "SELECT ev FROM event WHERE ev >= ? ORDER BY ev LIMIT 1",
	[LOST_POSTING] = "SELECT count(*) FROM (SELECT ev FROM posting LIMIT ?)"
	    " p LEFT JOIN event e ON e.ev = p.ev WHERE e.ev IS NULL",
};
enum { SAMPLES = 1000, POSTINGS_MOST = 100000 };

static bool
file_check(struct db *db, const char *name, struct buf *lines)
{
	struct query q = query_begin(db, sql[CHECK]);
	bool sound = true;

	while (query_next(&q)) {
		struct str line = query_str(&q, 0);

		if (str_is(line, "ok"))
			continue;
		sound = false;
		buf_printf(lines, "%s: %.*s\n", name, STR_ARG(line));
	}
	if (query_end(&q, RC_FAIL) == RC_OK)
		return sound;
	buf_printf(lines, "%s: cannot be read\n", name);
	return false;
}

static int64_t
number(struct graph *g, const char *text)
{
	struct query q = query_begin(g->db, text);
	int64_t n = query_next(&q) ? query_int(&q, 0) : -1;

	return query_end(&q, RC_FAIL) == RC_OK ? n : -1;
}

static enum rc
events_count(struct graph *g, int64_t *have, int64_t *told)
{
	struct query q = query_begin(g->db, sql[COUNT_EVENTS]);

	if (query_next(&q)) {
		*have = query_int(&q, 0);
		*told = query_int(&q, 1);
	}
	return query_end(&q, RC_FAIL);
}

enum rc
graph_events_lost(struct graph *g, int64_t *lost)
{
	int64_t have, told;
	enum rc rc = events_count(g, &have, &told);

	if (rc == RC_OK)
		*lost = told > have ? told - have : 0;
	return rc;
}

static bool
count_check(struct graph *g, struct buf *lines)
{
	int64_t have = -1, told = 0;

	if (events_count(g, &have, &told) == RC_OK && have == told)
		return true;
	buf_printf(lines, "tenant %lld: %lld events, but %lld were counted\n",
	    (long long)g->tenant, (long long)have, (long long)told);
	return false;
}

static bool
postings_check(struct graph *g, struct buf *lines)
{
	struct query q = query_begin(g->db, sql[LOST_POSTING]);
	int64_t lost = -1;

	query_put_int(&q, POSTINGS_MOST);
	if (query_next(&q))
		lost = query_int(&q, 0);
	if (query_end(&q, RC_FAIL) == RC_OK && lost == 0)
		return true;
	buf_printf(lines, "tenant %lld: %lld postings lead to no event\n",
	    (long long)g->tenant, (long long)lost);
	return false;
}

static bool
raw_check(struct graph *g, struct arena *a, int64_t ev)
{
	uint8_t digest[SHA256_LEN];
	struct event_row row;
	struct str raw;

	if (graph_event_get(g, a, ev, &row) != RC_OK ||
	    graph_event_raw(g, a, ev, &raw) != RC_OK)
		return false;
	sha256(raw.p, raw.len, digest);
	return memcmp(digest, row.raw_sha256, sizeof(digest)) == 0;
}

static int64_t
event_from(struct graph *g, int64_t ev)
{
	struct query q = query_begin(g->db, sql[SAMPLE]);
	int64_t found = 0;

	query_put_int(&q, ev);
	if (query_next(&q))
		found = query_int(&q, 0);
	return query_end(&q, RC_OK) == RC_OK ? found : 0;
}

static bool
raws_check(struct graph *g, struct buf *lines)
{
	struct arena *a = arena_new();
	int64_t last = number(g, sql[LAST_EVENT]);
	int64_t step = last / SAMPLES + 1, ev = event_from(g, 1);
	bool sound = last >= 0;

	for (; ev != 0; ev = event_from(g, ev + step)) {
		arena_reset(a);
		if (raw_check(g, a, ev))
			continue;
		sound = false;
		buf_printf(lines, "tenant %lld: event %lld is damaged\n",
		    (long long)g->tenant, (long long)ev);
	}
	arena_free(a);
	return sound;
}

static const char *
unopened(enum rc rc)
{
	return rc == RC_BUSY ? "not looked at: locked, or the disk is full" :
	    "cannot be opened";
}

static bool
graph_check(struct store *st, int64_t tenant, struct buf *lines)
{
	struct graph *g;
	char name[64];
	bool sound;
	enum rc rc;

	rc = store_graph(st, tenant, &g);
	if (rc != RC_OK) {
		buf_printf(lines, "tenant %lld: graph.db %s\n",
		    (long long)tenant, unopened(rc));
		return false;
	}
	snprintf(name, sizeof(name), "tenant %lld", (long long)tenant);
	sound = file_check(g->db, name, lines);
	sound = count_check(g, lines) && sound;
	sound = postings_check(g, lines) && sound;
	return raws_check(g, lines) && sound;
}

static bool
hooks_check(struct store *st, struct buf *lines)
{
	struct db *db;
	enum rc rc = hooks_db(st, &db);

	if (rc == RC_OK)
		return file_check(db, "hooks.db", lines);
	buf_printf(lines, "hooks.db: %s\n", unopened(rc));
	return false;
}

enum rc
store_doctor(struct store *st, struct buf *lines)
{
	struct arena *a = arena_new();
	struct tenant *t = NULL;
	size_t n = 0, i;
	bool sound = file_check(st->control, "control.db", lines);

	sound = file_check(st->limits, "limits.db", lines) && sound;
	sound = hooks_check(st, lines) && sound;
	sound = audit_check(st, lines) && sound;
	if (store_tenants(st, a, &t, &n) != RC_OK)
		sound = false;
	for (i = 0; i < n; i++)
		sound = graph_check(st, t[i].id, lines) && sound;
	arena_free(a);
	return sound ? RC_OK : RC_FAIL;
}
