/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who holds an artifact. Only "how many, up to 500" is ever asked, so beyond
 * that no more is written: an address that a million hosts talk to costs 500
 * rows. The count does not depend on which 500 came first.
 */
#include "store/state.h"

#include <assert.h>

#include "base/hash.h"

enum { CARRIERS_COUNTED = 500 };

enum { ADD, HOW_MANY };
static const char *const sql[] = {
	[ADD] = "INSERT INTO carrier (entity, kind, carrier) VALUES (?, ?, ?)"
	    " ON CONFLICT DO NOTHING",
	[HOW_MANY] = "SELECT count(*) FROM"
	    " (SELECT 1 FROM carrier WHERE entity = ? LIMIT ?)",
};

struct pair {
	int64_t entity, kind, carrier;
};

static bool
pair_is(const struct pair *a, const struct pair *b)
{
	return a != NULL && a->entity == b->entity && a->kind == b->kind &&
	    a->carrier == b->carrier;
}

static int
how_many(struct graph *g, int64_t entity, int most)
{
	struct query q = query_begin(g->db, sql[HOW_MANY]);
	int n;

	query_put_int(&q, entity);
	query_put_int(&q, most);
	n = query_next(&q) ? (int)query_int(&q, 0) : 0;
	return query_end(&q, RC_OK) == RC_OK ? n : 0;
}

/* The remembered count; under the write lock it is true. */
static int64_t *
count_of(struct graph *g, int64_t entity)
{
	int64_t *n = cache_get(&g->counts, (uint64_t)entity);

	if (n == NULL) {
		int64_t now = how_many(g, entity, CARRIERS_COUNTED);

		n = cache_add(&g->counts, (uint64_t)entity, sizeof(*n));
		*n = now;
	}
	return n;
}

void
carriers_none(struct graph *g, int64_t entity)
{
	*(int64_t *)cache_add(&g->counts, (uint64_t)entity,
	    sizeof(int64_t)) = 0;
}

int
carriers_of(struct graph *g, int64_t entity, int most)
{
	int64_t n;

	if (!db_writing(g->db))
		return how_many(g, entity, most);
	n = *count_of(g, entity);
	return n < most ? (int)n : most;
}

enum rc
graph_carrier(struct graph *g, int64_t entity, enum carrier kind,
    int64_t carrier, bool *added)
{
	struct pair p = { entity, kind, carrier };
	uint64_t hash = hash_table(&p, sizeof(p));
	struct query q;
	int64_t *n;
	enum rc rc;

	assert(db_writing(g->db));
	*added = false;
	if (pair_is(cache_get(&g->carriers, hash), &p))
		return RC_OK;
	n = count_of(g, entity);
	if (*n >= CARRIERS_COUNTED)
		return RC_OK;
	q = query_begin(g->db, sql[ADD]);
	query_put_int(&q, entity);
	query_put_int(&q, kind);
	query_put_int(&q, carrier);
	rc = query_run(&q);
	if (rc != RC_OK)
		return rc;
	*added = db_changes(g->db) != 0;
	*n += *added;
	*(struct pair *)cache_add(&g->carriers, hash, sizeof(p)) = p;
	return RC_OK;
}
