/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which events retention must leave: whatever the kept things name. Those are
 * all versions of all chains, live or not (their members, their edges' ends),
 * the segments that chains are made of, and analysts' unlinks. The newest event
 * stays too, so that no number is ever given twice.
 */
#include "store/state.h"

#include "base/table.h"

enum { NAMED, BODIES };
static const char *const sql[] = {
	[NAMED] = "SELECT ev FROM label UNION SELECT ev FROM chain_member"
	    " UNION SELECT a FROM unlink UNION SELECT b FROM unlink"
	    " UNION SELECT first_seed FROM chain"
	    " UNION SELECT root FROM chain_version"
	    " UNION SELECT max(ev) FROM event",
	[BODIES] = "SELECT body FROM chain_version",
};

static void
edges_needed(struct table *keep, const struct edge *e, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		table_put(keep, (uint64_t)e[i].from, 1);
		table_put(keep, (uint64_t)e[i].to, 1);
	}
}

static enum rc
body_needed(struct arena *a, struct str packed, struct table *keep)
{
	struct chain c = { 0 };
	struct str body;
	size_t i;
	enum rc rc = body_unpack(a, packed, &body);

	if (rc != RC_OK)
		return rc;
	if (!chain_unpack(a, body, &c))
		return RC_FAIL;
	for (i = 0; i < c.n_members; i++)
		table_put(keep, (uint64_t)c.members[i].ev, 1);
	edges_needed(keep, c.edges, c.n_edges);
	edges_needed(keep, c.related, c.n_related);
	return RC_OK;
}

enum rc
graph_events_needed(struct graph *g, struct table *keep)
{
	struct query q = query_begin(g->db, sql[NAMED]);
	struct arena *a;
	enum rc rc = RC_OK;

	while (query_next(&q))
		table_put(keep, (uint64_t)query_int(&q, 0), 1);
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	a = arena_new();
	q = query_begin(g->db, sql[BODIES]);
	while (rc == RC_OK && query_next(&q)) {
		arena_reset(a);
		rc = body_needed(a, query_str(&q, 0), keep);
	}
	arena_free(a);
	if (rc != RC_OK) {
		(void)!query_end(&q, RC_OK);
		return rc;
	}
	return query_end(&q, RC_OK);
}
