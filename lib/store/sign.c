/* SPDX-License-Identifier: Apache-2.0 */
/* Seeds as the labels have them: one row an event, marked if it is one. */
#include "store/sign.h"

#include "store/state.h"

enum { AFTER, BEFORE, OF_CHAIN, LAST };
static const char *const sql[] = {
	[AFTER] = "SELECT ev FROM label WHERE seed = 1 AND ev > ?"
	    " ORDER BY ev LIMIT ?",
	[BEFORE] = "SELECT ev FROM label WHERE seed = 1 AND ev < ?"
	    " ORDER BY ev DESC LIMIT ?",
	/* A seed is of one segment alone, so those shown tell which segments
	 * the chain is made of. */
	[OF_CHAIN] = "SELECT l.ev FROM label l WHERE l.seed = 1 AND l.seg IN"
	    " (SELECT s.seg FROM chain c JOIN chain_member m"
	    " ON m.chain = c.chain JOIN label s ON s.ev = m.ev"
	    " WHERE c.id = ? AND s.seed = 1)",
	[LAST] = "SELECT coalesce(max(ev), 0) FROM event",
};

static enum rc
list(struct query *q, struct arena *a, int64_t **signs, size_t *n)
{
	int64_t *evs = NULL;
	size_t room = 0, many = 0;
	enum rc rc;

	while (query_next(q)) {
		evs = arena_grow(a, evs, &room, many + 1, sizeof(*evs));
		evs[many++] = query_int(q, 0);
	}
	rc = query_end(q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*signs = evs;
	*n = many;
	return RC_OK;
}

static enum rc
from(struct graph *g, struct arena *a, const char *text, int64_t ev,
    size_t most, int64_t **signs, size_t *n)
{
	struct query q = query_begin(g->db, text);

	query_put_int(&q, ev);
	query_put_int(&q, (int64_t)most);
	return list(&q, a, signs, n);
}

enum rc
graph_signs_after(struct graph *g, struct arena *a, int64_t ev, size_t most,
    int64_t **signs, size_t *n)
{
	return from(g, a, sql[AFTER], ev, most, signs, n);
}

enum rc
graph_signs_before(struct graph *g, struct arena *a, int64_t ev, size_t most,
    int64_t **signs, size_t *n)
{
	return from(g, a, sql[BEFORE], ev, most, signs, n);
}

enum rc
graph_chain_signs(struct graph *g, struct arena *a, const uint8_t id[16],
    int64_t **signs, size_t *n)
{
	struct query q = query_begin(g->db, sql[OF_CHAIN]);

	query_put_blob(&q, id, 16);
	return list(&q, a, signs, n);
}

enum rc
graph_event_last(struct graph *g, int64_t *ev)
{
	struct query q = query_begin(g->db, sql[LAST]);

	if (query_next(&q))
		*ev = query_int(&q, 0);
	return query_end(&q, RC_FAIL);
}
