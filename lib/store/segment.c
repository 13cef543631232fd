/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine keeps between commits: segments and labels. Bodies
 * and dependencies are its own business. A segment's `updated` is one more
 * than any other's, so who remembers the greatest can ask for what changed.
 */
#include "store/state.h"

enum { ADD, REPLACE, GET, DROP, LATEST, LIST, LABEL_PUT, LABEL_GET, LABELS_DROP };
static const char *const sql[] = {
	[ADD] = "INSERT INTO segment (body, deps, updated) VALUES (?, ?, ?)",
	[REPLACE] = "UPDATE segment SET body = ?, deps = ?, updated = ?"
	    " WHERE seg = ?",
	[GET] = "SELECT body, deps, updated FROM segment WHERE seg = ?",
	[DROP] = "DELETE FROM segment WHERE seg = ?",
	[LATEST] = "SELECT max(updated) FROM segment",
	[LIST] = "SELECT seg, deps, updated FROM segment WHERE updated > ?"
	    " ORDER BY +seg",
	[LABEL_PUT] = "INSERT INTO label (ev, seg, seed, strength)"
	    " VALUES (?, ?, ?, ?) ON CONFLICT (ev) DO UPDATE SET"
	    " seg = excluded.seg, seed = excluded.seed,"
	    " strength = excluded.strength",
	[LABEL_GET] = "SELECT seg, seed, strength FROM label WHERE ev = ?",
	[LABELS_DROP] = "DELETE FROM label WHERE seg = ?",
};
enum { BODY_MOST = 256 << 20 };

/* ---- segments ---------------------------------------------------------- */

static enum rc
next_update(struct graph *g, int64_t *updated)
{
	struct query q = query_begin(g->db, sql[LATEST]);

	if (query_next(&q))
		*updated = query_int(&q, 0) + 1;
	return query_end(&q, RC_FAIL);
}

enum rc
graph_segment_put(struct graph *g, struct segment_row *s)
{
	struct buf packed;
	struct query q;
	int64_t updated = 0;
	enum rc rc = next_update(g, &updated);

	if (rc != RC_OK)
		return rc;
	buf_init(&packed, BODY_MOST);
	body_pack(s->body, &packed);
	q = query_begin(g->db, sql[s->seg == 0 ? ADD : REPLACE]);
	query_put_blob(&q, packed.p, packed.len);
	query_put_blob(&q, s->deps.p, s->deps.len);
	query_put_int(&q, updated);
	if (s->seg != 0)
		query_put_int(&q, s->seg);
	rc = query_run(&q);
	if (buf_bad(&packed))
		rc = RC_TOO_BIG;
	buf_release(&packed);
	if (rc == RC_OK && s->seg != 0 && db_changes(g->db) == 0)
		return RC_ABSENT;
	if (rc != RC_OK)
		return rc;
	if (s->seg == 0)
		s->seg = db_last_id(g->db);
	s->updated = updated;
	return RC_OK;
}

enum rc
graph_segment_get(struct graph *g, struct arena *a, int64_t seg,
    struct segment_row *s)
{
	struct query q = query_begin(g->db, sql[GET]);
	struct segment_row r = { .seg = seg };
	enum rc rc, unpacked = RC_OK;

	query_put_int(&q, seg);
	if (query_next(&q)) {
		unpacked = body_unpack(a, query_str(&q, 0), &r.body);
		r.deps = str_dup(a, query_str(&q, 1));
		r.updated = query_int(&q, 2);
	}
	rc = query_end(&q, RC_ABSENT);
	if (rc == RC_OK)
		rc = unpacked;
	if (rc == RC_OK)
		*s = r;
	return rc;
}

static enum rc
drop_by_seg(struct graph *g, const char *text, int64_t seg)
{
	struct query q = query_begin(g->db, text);

	query_put_int(&q, seg);
	return query_run(&q);
}

enum rc
graph_segment_drop(struct graph *g, int64_t seg)
{
	return drop_by_seg(g, sql[DROP], seg);
}

enum rc
graph_segments(struct graph *g, int64_t updated_after,
    bool (*f)(void *ctx, int64_t seg, struct str deps, int64_t updated),
    void *ctx)
{
	struct query q = query_begin(g->db, sql[LIST]);
	bool on = true;

	query_put_int(&q, updated_after);
	while (on && query_next(&q))
		on = f(ctx, query_int(&q, 0), query_str(&q, 1),
		    query_int(&q, 2));
	return query_end(&q, RC_OK);
}

/* ---- labels ------------------------------------------------------------ */

enum rc
graph_label_put(struct graph *g, int64_t ev, int64_t seg, bool seed,
    double strength)
{
	struct query q = query_begin(g->db, sql[LABEL_PUT]);

	query_put_int(&q, ev);
	query_put_int(&q, seg);
	query_put_int(&q, seed);
	query_put_num(&q, strength);
	return query_run(&q);
}

enum rc
graph_label_get(struct graph *g, int64_t ev, int64_t *seg, bool *seed,
    double *strength)
{
	struct query q = query_begin(g->db, sql[LABEL_GET]);

	query_put_int(&q, ev);
	if (query_next(&q)) {
		*seg = query_int(&q, 0);
		*seed = query_int(&q, 1) != 0;
		*strength = query_num(&q, 2);
	}
	return query_end(&q, RC_ABSENT);
}

enum rc
graph_labels_drop(struct graph *g, int64_t seg)
{
	return drop_by_seg(g, sql[LABELS_DROP], seg);
}
