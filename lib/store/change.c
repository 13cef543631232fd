/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The change log, written in the transaction of what it tells of. It keeps its
 * last CHANGES_KEPT lines.
 */
#include "store/state.h"

enum { ADD, PRUNE, AFTER, OLDEST, NEWEST, SKIP };
static const char *const sql[] = {
	/* The first of all is numbered by the clock: a store made in the place
	 * of a lost one never gives out its numbers again. */
	[ADD] = "INSERT INTO change (seq, at, kind, chain, data) VALUES"
	    " (CASE WHEN EXISTS (SELECT 1 FROM sqlite_sequence WHERE"
	    " name = 'change') THEN NULL ELSE max(1, ?1 / 1000000) END,"
	    " ?1, ?2, ?3, ?4)",
	[PRUNE] = "DELETE FROM change WHERE seq <= ?",
	[AFTER] = "SELECT seq, kind, data FROM change WHERE seq > ?"
	    " ORDER BY seq LIMIT ?",
	[OLDEST] = "SELECT coalesce(min(seq), 0) FROM change",
	[NEWEST] = "SELECT coalesce(max(seq), 0) FROM change",
	[SKIP] = "UPDATE sqlite_sequence SET seq = max(seq, ?)"
	    " WHERE name = 'change'",
};
enum { CHANGES_KEPT = 100000, PRUNE_EACH = 1000 };

/* ---- the change log ---------------------------------------------------- */

static enum rc
prune(struct graph *g, int64_t upto)
{
	struct query q = query_begin(g->db, sql[PRUNE]);

	query_put_int(&q, upto);
	return query_run(&q);
}

enum rc
graph_change_add(struct graph *g, const char *kind, const uint8_t chain_id[16],
    struct str data, int64_t now_ns)
{
	struct query q = query_begin(g->db, sql[ADD]);
	int64_t seq;
	enum rc rc;

	query_put_int(&q, now_ns);
	query_put_str(&q, str_of(kind));
	if (chain_id != NULL)
		query_put_blob(&q, chain_id, 16);
	else
		query_put_null(&q);
	query_put_str(&q, data);
	rc = query_run(&q);
	if (rc != RC_OK)
		return rc;
	seq = db_last_id(g->db);
	if (seq % PRUNE_EACH == 0)
		rc = prune(g, seq - CHANGES_KEPT);
	return rc;
}

enum rc
graph_changes(struct graph *g, struct arena *a, int64_t after, size_t most,
    struct change **c, size_t *n)
{
	struct query q = query_begin(g->db, sql[AFTER]);
	struct change *list = NULL;
	size_t room = 0, many = 0;
	enum rc rc;

	query_put_int(&q, after);
	query_put_int(&q, (int64_t)most);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		list[many].seq = query_int(&q, 0);
		list[many].kind = str_dup(a, query_str(&q, 1));
		list[many++].data = str_dup(a, query_str(&q, 2));
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*c = list;
	*n = many;
	return RC_OK;
}

/* Where nothing was ever numbered the clock will number the first. */
enum rc
graph_change_skip(struct graph *g, int64_t seq)
{
	struct query q = query_begin(g->db, sql[SKIP]);

	query_put_int(&q, seq);
	return query_run(&q);
}

static enum rc
number(struct graph *g, const char *text, int64_t *n)
{
	struct query q = query_begin(g->db, text);

	if (query_next(&q))
		*n = query_int(&q, 0);
	return query_end(&q, RC_FAIL);
}

/* The newest line is never pruned, so the table alone can tell. Oldest first:
 * what is added between the two reads only makes the range longer. */
enum rc
graph_change_range(struct graph *g, int64_t *oldest, int64_t *newest)
{
	int64_t from = 0, to = 0;
	enum rc rc = number(g, sql[OLDEST], &from);

	if (rc == RC_OK)
		rc = number(g, sql[NEWEST], &to);
	if (rc != RC_OK)
		return rc;
	*oldest = from == 0 ? to : from;
	*newest = to;
	return RC_OK;
}
