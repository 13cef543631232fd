/* SPDX-License-Identifier: Apache-2.0 */
/* Chains as they are read. */
#include "store/state.h"

#include <string.h>

enum { GET, GET_VERSION, HISTORY, OF_EVENT, OF_ENTITY, SEED, BEST, NEXT_BEST,
	NOTES, BY_GRADE };
#define JOINED "SELECT c.id, c.first_seed, v.version, v.grade, v.score,"    \
    " v.provable_share, v.seeds, v.seeds_proven, v.root, v.first, v.last,"  \
    " v.tactics, v.title, v.techniques, c.status, c.assignee, c.ticket,"    \
    " c.disposition, v.at, c.live, "
#define FROM " FROM chain c JOIN chain_version v ON v.chain = c.chain "
static const char *const sql[] = {
	[GET] = JOINED "v.body" FROM
	    "AND v.version = c.version WHERE c.id = ?",
	[GET_VERSION] = JOINED "v.body" FROM
	    "WHERE c.id = ? AND v.version = ?",
	[HISTORY] = "SELECT v.version, v.at, v.change, v.diff, v.grade,"
	    " v.score" FROM "WHERE c.id = ? ORDER BY v.version",
	[OF_EVENT] = "SELECT c.id FROM chain_member m JOIN chain c"
	    " ON c.chain = m.chain WHERE m.ev = ? AND c.live = 1"
	    " ORDER BY c.score DESC, c.id LIMIT 1",
	[OF_ENTITY] = "SELECT c.id FROM chain_entity e JOIN chain c"
	    " ON c.chain = e.chain WHERE e.entity = ? AND c.live = 1"
	    " ORDER BY c.id",
	[SEED] = "SELECT first_seed FROM chain WHERE id = ?",
	[BEST] = JOINED "x''" FROM "AND v.version = c.version"
	    " WHERE c.live = 1 ORDER BY c.score DESC, c.id",
	/* Mixed directions, so no row value comparison; the first bound is
	 * what makes the index search. */
	[NEXT_BEST] = JOINED "x''" FROM "AND v.version = c.version"
	    " WHERE c.live = 1 AND c.score <= ?1 AND"
	    " (c.score < ?1 OR c.id > ?2) ORDER BY c.score DESC, c.id",
	[NOTES] = "SELECT n.at, n.who, n.what, n.text FROM chain c"
	    " JOIN chain_note n ON n.chain = c.chain WHERE c.id = ?"
	    " ORDER BY n.seq",
	[BY_GRADE] = "SELECT v.grade, count(*)" FROM
	    "AND v.version = c.version WHERE c.live = 1 GROUP BY v.grade",
};
enum { BODY_COLUMN = 20 };

static void
chain_read(struct query *q, struct arena *a, struct chain_row *row)
{
	memset(row, 0, sizeof(*row));
	query_bytes(q, 0, row->id, sizeof(row->id));
	row->first_seed = query_int(q, 1);
	row->version = query_int(q, 2);
	row->grade = (enum grade)query_int(q, 3);
	row->score = query_num(q, 4);
	row->provable_share = query_num(q, 5);
	row->seeds = (int)query_int(q, 6);
	row->seeds_proven = (int)query_int(q, 7);
	row->root = query_int(q, 8);
	row->first_ns = query_int(q, 9);
	row->last_ns = query_int(q, 10);
	row->tactics = (uint32_t)query_int(q, 11);
	row->title = str_dup(a, query_str(q, 12));
	row->techniques = str_dup(a, query_str(q, 13));
	row->status = str_dup(a, query_str(q, 14));
	row->assignee = str_dup(a, query_str(q, 15));
	row->ticket = str_dup(a, query_str(q, 16));
	row->disposition = str_dup(a, query_str(q, 17));
	row->updated_ns = query_int(q, 18);
	row->live = query_int(q, 19) != 0;
}

/* The one row with its body. */
static enum rc
chain_one(struct query *q, struct arena *a, struct chain_row *row)
{
	enum rc rc, unpacked = RC_OK;
	struct chain_row r;

	if (query_next(q)) {
		chain_read(q, a, &r);
		unpacked = body_unpack(a, query_str(q, BODY_COLUMN), &r.body);
	}
	rc = query_end(q, RC_ABSENT);
	if (rc == RC_OK)
		rc = unpacked;
	if (rc == RC_OK)
		*row = r;
	return rc;
}

enum rc
graph_chain_get(struct graph *g, struct arena *a, const uint8_t id[16],
    struct chain_row *row)
{
	struct query q = query_begin(g->db, sql[GET]);

	query_put_blob(&q, id, 16);
	return chain_one(&q, a, row);
}

enum rc
graph_chain_version(struct graph *g, struct arena *a, const uint8_t id[16],
    int64_t version, struct chain_row *row)
{
	struct query q = query_begin(g->db, sql[GET_VERSION]);

	query_put_blob(&q, id, 16);
	query_put_int(&q, version);
	return chain_one(&q, a, row);
}

enum rc
graph_chain_history(struct graph *g, struct arena *a, const uint8_t id[16],
    struct chain_change **c, size_t *n)
{
	struct query q = query_begin(g->db, sql[HISTORY]);
	struct chain_change *list = NULL, *at;
	size_t room = 0, many = 0;
	enum rc rc;

	query_put_blob(&q, id, 16);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		at = &list[many++];
		at->version = query_int(&q, 0);
		at->at_ns = query_int(&q, 1);
		at->change = str_dup(a, query_str(&q, 2));
		at->diff = str_dup(a, query_str(&q, 3));
		at->grade = (enum grade)query_int(&q, 4);
		at->score = query_num(&q, 5);
	}
	rc = query_end(&q, RC_ABSENT);
	if (rc != RC_OK)
		return rc;
	*c = list;
	*n = many;
	return RC_OK;
}

enum rc
graph_chain_of_event(struct graph *g, int64_t ev, uint8_t id[16])
{
	struct query q = query_begin(g->db, sql[OF_EVENT]);

	query_put_int(&q, ev);
	if (query_next(&q))
		query_bytes(&q, 0, id, 16);
	return query_end(&q, RC_ABSENT);
}

enum rc
graph_chains_of_entity(struct graph *g, struct arena *a, int64_t entity,
    uint8_t (**ids)[16], size_t *n)
{
	struct query q = query_begin(g->db, sql[OF_ENTITY]);
	uint8_t (*list)[16] = NULL;
	size_t room = 0, many = 0;
	enum rc rc;

	query_put_int(&q, entity);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		query_bytes(&q, 0, list[many++], sizeof(*list));
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*ids = list;
	*n = many;
	return RC_OK;
}

enum rc
graph_chain_seed(struct graph *g, const uint8_t id[16], int64_t *seed)
{
	struct query q = query_begin(g->db, sql[SEED]);

	query_put_blob(&q, id, 16);
	if (query_next(&q))
		*seed = query_int(&q, 0);
	return query_end(&q, RC_ABSENT);
}

enum rc
graph_chains(struct graph *g, struct arena *a, const double *after_score,
    const uint8_t *after_id,
    bool (*f)(void *ctx, const struct chain_row *row), void *ctx)
{
	bool after = after_score != NULL && after_id != NULL;
	struct query q = query_begin(g->db, sql[after ? NEXT_BEST : BEST]);
	struct chain_row row;
	bool on = true;

	if (after) {
		query_put_num(&q, *after_score);
		query_put_blob(&q, after_id, 16);
	}
	while (on && query_next(&q)) {
		chain_read(&q, a, &row);
		on = q.rc == RC_OK && f(ctx, &row);
	}
	return query_end(&q, RC_OK);
}

enum rc
graph_chain_notes(struct graph *g, struct arena *a, const uint8_t id[16],
    struct chain_note **notes, size_t *n)
{
	struct query q = query_begin(g->db, sql[NOTES]);
	struct chain_note *list = NULL, *at;
	size_t room = 0, many = 0;
	enum rc rc;

	query_put_blob(&q, id, 16);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		at = &list[many++];
		at->at_ns = query_int(&q, 0);
		at->who = str_dup(a, query_str(&q, 1));
		at->what = str_dup(a, query_str(&q, 2));
		at->text = str_dup(a, query_str(&q, 3));
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*notes = list;
	*n = many;
	return RC_OK;
}

enum rc
graph_chains_by_grade(struct graph *g, int64_t by_grade[GRADE_PROVABLE + 1])
{
	struct query q = query_begin(g->db, sql[BY_GRADE]);
	int64_t grade;

	memset(by_grade, 0, (GRADE_PROVABLE + 1) * sizeof(*by_grade));
	while (query_next(&q)) {
		grade = query_int(&q, 0);
		if (grade > 0 && grade <= GRADE_PROVABLE)
			by_grade[grade] = query_int(&q, 1);
	}
	return query_end(&q, RC_OK);
}
