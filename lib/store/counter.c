/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often each detection was seen, where and when. An alert costs three
 * small rows: what it counted as, the sum of its place and the sum of all
 * places. Hours and ten-minute slots are fixed, so sums and bits commute: any
 * order of arrival leaves the same table.
 */
#include "store/state.h"

#include <string.h>

enum { ALERT_ADD, ALERT_GET, ADD, OF_PAIR, NEAR, FIRST, VERDICTS, JUDGED };
static const char *const sql[] = {
	[ALERT_ADD] = "INSERT INTO alert (ev, detector, place)"
	    " VALUES (?, ?, ?)",
	[ALERT_GET] = "SELECT detector, place FROM alert WHERE ev = ?",
	[ADD] = "INSERT INTO sighting (detector, place, hour, n, slots)"
	    " VALUES (?, ?, ?, 1, ?) ON CONFLICT (detector, place, hour)"
	    " DO UPDATE SET n = n + 1, slots = slots | excluded.slots",
	[OF_PAIR] = "SELECT hour, n, slots FROM sighting WHERE detector = ?"
	    " AND place = ? AND hour <= ? ORDER BY hour",
	[NEAR] = "SELECT detector, hour, slots FROM sighting"
	    " WHERE place = ? AND hour BETWEEN ? AND ?"
	    " ORDER BY detector, hour",
	[FIRST] = "SELECT rank FROM event ORDER BY rank LIMIT 1",
	[VERDICTS] = "SELECT DISTINCT c.chain, a.detector, c.disposition"
	    " FROM chain AS c JOIN chain_member AS m ON m.chain = c.chain"
	    " JOIN label AS l ON l.ev = m.ev AND l.seed = 1"
	    " JOIN alert AS a ON a.ev = m.ev"
	    " WHERE c.disposition <> '' ORDER BY c.chain, a.detector",
	[JUDGED] = "SELECT id, disposition = 'true_positive' FROM chain"
	    " WHERE disposition <> '' ORDER BY chain DESC LIMIT ?",
};

int64_t
sighted_hour(int64_t t_ns)
{
	int64_t h = t_ns / NS_PER_HOUR;

	return t_ns % NS_PER_HOUR < 0 ? h - 1 : h;
}

int
sighted_slot(int64_t t_ns)
{
	int64_t rest = t_ns - sighted_hour(t_ns) * NS_PER_HOUR;

	return (int)(rest / (NS_PER_HOUR / HOUR_SLOTS));
}

static enum rc
add(struct graph *g, int64_t detector, int64_t place, int64_t t_ns)
{
	struct query q = query_begin(g->db, sql[ADD]);

	query_put_int(&q, detector);
	query_put_int(&q, place);
	query_put_int(&q, sighted_hour(t_ns));
	query_put_int(&q, 1 << sighted_slot(t_ns));
	return query_run(&q);
}

enum rc
graph_alert_add(struct graph *g, int64_t ev, int64_t detector, int64_t place,
    int64_t t_ns)
{
	struct query q = query_begin(g->db, sql[ALERT_ADD]);
	enum rc rc;

	query_put_int(&q, ev);
	query_put_int(&q, detector);
	query_put_int(&q, place);
	rc = query_run(&q);
	if (rc == RC_OK)
		rc = add(g, detector, place, t_ns);
	return rc == RC_OK ? add(g, detector, 0, t_ns) : rc;
}

enum rc
graph_alert_get(struct graph *g, int64_t ev, int64_t *detector, int64_t *place)
{
	struct query q = query_begin(g->db, sql[ALERT_GET]);

	query_put_int(&q, ev);
	if (query_next(&q)) {
		*detector = query_int(&q, 0);
		*place = query_int(&q, 1);
	}
	return query_end(&q, RC_ABSENT);
}

enum rc
graph_sightings(struct graph *g, struct arena *a, int64_t detector,
    int64_t place, int64_t until, struct sighted **s, size_t *n)
{
	struct query q = query_begin(g->db, sql[OF_PAIR]);
	struct sighted *list = NULL;
	size_t room = 0, many = 0;
	enum rc rc;

	query_put_int(&q, detector);
	query_put_int(&q, place);
	query_put_int(&q, until);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		list[many++] = (struct sighted){ detector, query_int(&q, 0),
			query_int(&q, 1), (unsigned)query_int(&q, 2) };
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*s = list;
	*n = many;
	return RC_OK;
}

enum rc
graph_sightings_near(struct graph *g, struct arena *a, int64_t place,
    int64_t since, int64_t until, struct sighted **s, size_t *n)
{
	struct query q = query_begin(g->db, sql[NEAR]);
	struct sighted *list = NULL;
	size_t room = 0, many = 0;
	enum rc rc;

	query_put_int(&q, place);
	query_put_int(&q, since);
	query_put_int(&q, until);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		list[many++] = (struct sighted){ query_int(&q, 0),
			query_int(&q, 1), 0, (unsigned)query_int(&q, 2) };
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*s = list;
	*n = many;
	return RC_OK;
}

enum rc
graph_first_hour(struct graph *g, int64_t *hour)
{
	struct query q = query_begin(g->db, sql[FIRST]);
	struct rank r;
	struct str b;

	if (query_next(&q)) {
		b = query_str(&q, 0);
		if (b.len == RANK_LEN) {
			memcpy(r.b, b.p, RANK_LEN);
			*hour = sighted_hour(rank_time(&r));
		}
	}
	return query_end(&q, RC_ABSENT);
}

enum rc
graph_verdicts(struct graph *g, struct arena *a, struct verdict **v, size_t *n)
{
	struct query q = query_begin(g->db, sql[VERDICTS]);
	struct verdict *list = NULL;
	size_t room = 0, many = 0;
	enum rc rc;

	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		list[many++] = (struct verdict){ query_int(&q, 0),
			query_int(&q, 1), str_dup(a, query_str(&q, 2)) };
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*v = list;
	*n = many;
	return RC_OK;
}

enum rc
graph_judged(struct graph *g, struct arena *a, size_t most, struct judged **j,
    size_t *n)
{
	struct query q = query_begin(g->db, sql[JUDGED]);
	struct judged *list = NULL;
	size_t room = 0, many = 0;
	enum rc rc;

	query_put_int(&q, (int64_t)most);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		query_bytes(&q, 0, list[many].id, 16);
		list[many++].right = query_int(&q, 1) != 0;
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*j = list;
	*n = many;
	return RC_OK;
}
