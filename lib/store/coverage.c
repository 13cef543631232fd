/* SPDX-License-Identifier: Apache-2.0 */
/* What each host's sources told, as sums: they do not depend on the order. A row
 * may be left without events: its records speak for none any more. */
#include "store/state.h"

enum { ADD, LIST };
static const char *const sql[] = {
	[ADD] = "INSERT INTO coverage (host, source, events, strong_process,"
	    " strong_session, strong_token, weak_process, first, last, lag_ms)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	    " ON CONFLICT (host, source) DO UPDATE SET"
	    " events = events + excluded.events,"
	    " strong_process = strong_process + excluded.strong_process,"
	    " strong_session = strong_session + excluded.strong_session,"
	    " strong_token = strong_token + excluded.strong_token,"
	    " weak_process = weak_process + excluded.weak_process,"
	    " first = min(first, excluded.first),"
	    " last = max(last, excluded.last),"
	    " lag_ms = max(lag_ms, excluded.lag_ms)",
	[LIST] = "SELECT host, source, events, strong_process, strong_session,"
	    " strong_token, weak_process, first, last, lag_ms FROM coverage"
	    " WHERE events > 0 ORDER BY host, source",
};

enum rc
graph_coverage_add(struct graph *g, const struct coverage *delta)
{
	struct query q = query_begin(g->db, sql[ADD]);

	query_put_int(&q, delta->host);
	query_put_int(&q, delta->source);
	query_put_int(&q, delta->events);
	query_put_int(&q, delta->strong_process);
	query_put_int(&q, delta->strong_session);
	query_put_int(&q, delta->strong_token);
	query_put_int(&q, delta->weak_process);
	query_put_int(&q, delta->first_ns);
	query_put_int(&q, delta->last_ns);
	query_put_int(&q, delta->lag_ms);
	return query_run(&q);
}

static void
coverage_read(struct query *q, struct coverage *c)
{
	c->host = query_int(q, 0);
	c->source = query_int(q, 1);
	c->events = query_int(q, 2);
	c->strong_process = query_int(q, 3);
	c->strong_session = query_int(q, 4);
	c->strong_token = query_int(q, 5);
	c->weak_process = query_int(q, 6);
	c->first_ns = query_int(q, 7);
	c->last_ns = query_int(q, 8);
	c->lag_ms = query_int(q, 9);
}

enum rc
graph_coverage(struct graph *g, struct arena *a, struct coverage **c,
    size_t *n)
{
	struct query q = query_begin(g->db, sql[LIST]);
	struct coverage *list = NULL;
	size_t room = 0, many = 0;
	enum rc rc;

	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		coverage_read(&q, &list[many++]);
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*c = list;
	*n = many;
	return RC_OK;
}
