/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often each detection was seen, where and when. An alert costs three
 * small rows: what it counted as, the sum of its place and, with the first of
 * its slot there, the sum of all places. Hours and slots of ten minutes are
 * fixed, so sums commute, and an alert can be taken away again when another
 * record comes to speak for its event: any order of arrival leaves the same
 * table.
 */
#include "store/counts.h"
#include "store/state.h"

#include <string.h>

enum { ALERT_ADD, ALERT_GET, ALERT_DROP, ADD, CLEAR, OF_PAIR, NEAR, NEXT,
	SOURCE_FIRST, VERDICTS, JUDGED };
#define SLOTS "s0, s1, s2, s3, s4, s5"
static const char *const sql[] = {
	[ALERT_ADD] = "INSERT INTO alert (ev, detector, place)"
	    " VALUES (?, ?, ?)",
	[ALERT_GET] = "SELECT detector, place FROM alert WHERE ev = ?",
	[ALERT_DROP] = "DELETE FROM alert WHERE ev = ?",
	[ADD] = "INSERT INTO sighting (detector, place, hour, " SLOTS ")"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
	    " ON CONFLICT (detector, place, hour) DO UPDATE SET"
	    " s0 = s0 + excluded.s0, s1 = s1 + excluded.s1,"
	    " s2 = s2 + excluded.s2, s3 = s3 + excluded.s3,"
	    " s4 = s4 + excluded.s4, s5 = s5 + excluded.s5"
	    " RETURNING " SLOTS,
	[CLEAR] = "DELETE FROM sighting WHERE detector = ? AND place = ?"
	    " AND hour = ? AND s0 + s1 + s2 + s3 + s4 + s5 = 0",
	[OF_PAIR] = "SELECT detector, hour, " SLOTS " FROM sighting"
	    " WHERE detector = ? AND place = ? AND hour <= ? ORDER BY hour",
	[NEAR] = "SELECT detector, hour, " SLOTS " FROM sighting"
	    " WHERE place = ? AND hour BETWEEN ? AND ?"
	    " ORDER BY detector, hour",
	[NEXT] = "SELECT rank FROM event WHERE rank >= ? ORDER BY rank LIMIT 1",
	[SOURCE_FIRST] = "SELECT min(first) FROM coverage WHERE source = ?"
	    " HAVING count(*) > 0",
	[VERDICTS] = "SELECT DISTINCT c.chain, a.detector, c.disposition"
	    " FROM chain AS c JOIN chain_member AS m ON m.chain = c.chain"
	    " JOIN label AS l ON l.ev = m.ev AND l.seed = 1"
	    " JOIN alert AS a ON a.ev = m.ev"
	    " WHERE c.disposition <> '' ORDER BY c.chain, a.detector",
	[JUDGED] = "SELECT id, chain, disposition = 'true_positive' FROM chain"
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

/* One bucket. */
struct bucket_of { int64_t detector, place, hour; int slot; };

/* One more there, or one less; *now is what it holds then. */
static enum rc
change(struct graph *g, const struct bucket_of *b, int by, int64_t *now)
{
	struct query q = query_begin(g->db, sql[ADD]);
	int i;

	query_put_int(&q, b->detector);
	query_put_int(&q, b->place);
	query_put_int(&q, b->hour);
	for (i = 0; i < HOUR_SLOTS; i++)
		query_put_int(&q, i == b->slot ? by : 0);
	if (query_next(&q))
		*now = query_int(&q, b->slot);
	return query_end(&q, RC_FAIL);
}

static enum rc
clear(struct graph *g, const struct bucket_of *b)
{
	struct query q = query_begin(g->db, sql[CLEAR]);

	query_put_int(&q, b->detector);
	query_put_int(&q, b->place);
	query_put_int(&q, b->hour);
	return query_run(&q);
}

/* The sum of all places changes with the first and the last of a slot. */
static enum rc
count(struct graph *g, int64_t detector, int64_t place, int64_t t_ns, int by)
{
	struct bucket_of b = { detector, place, sighted_hour(t_ns),
		sighted_slot(t_ns) };
	int64_t now = 0;
	enum rc rc = change(g, &b, by, &now);

	if (rc == RC_OK && by < 0)
		rc = clear(g, &b);
	if (rc != RC_OK || now != (by > 0))
		return rc;
	b.place = 0;
	rc = change(g, &b, by, &now);
	return rc == RC_OK && by < 0 ? clear(g, &b) : rc;
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
	return rc == RC_OK ? count(g, detector, place, t_ns, 1) : rc;
}

enum rc
graph_alert_drop(struct graph *g, int64_t ev, int64_t t_ns)
{
	int64_t detector, place;
	struct query q;
	enum rc rc = graph_alert_get(g, ev, &detector, &place);

	if (rc != RC_OK)
		return rc == RC_ABSENT ? RC_OK : rc;
	q = query_begin(g->db, sql[ALERT_DROP]);
	query_put_int(&q, ev);
	rc = query_run(&q);
	return rc == RC_OK ? count(g, detector, place, t_ns, -1) : rc;
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

static enum rc
sightings_end(struct query *q, struct arena *a, struct sighted **s, size_t *n)
{
	struct sighted *list = NULL, *x;
	size_t room = 0, many = 0;
	int i;
	enum rc rc;

	while (query_next(q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		x = &list[many++];
		x->detector = query_int(q, 0);
		x->hour = query_int(q, 1);
		for (i = 0; i < HOUR_SLOTS; i++)
			x->n[i] = query_int(q, 2 + i);
	}
	rc = query_end(q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*s = list;
	*n = many;
	return RC_OK;
}

enum rc
graph_sightings(struct graph *g, struct arena *a, int64_t detector,
    int64_t place, int64_t until, struct sighted **s, size_t *n)
{
	struct query q = query_begin(g->db, sql[OF_PAIR]);

	query_put_int(&q, detector);
	query_put_int(&q, place);
	query_put_int(&q, until);
	return sightings_end(&q, a, s, n);
}

enum rc
graph_sightings_near(struct graph *g, struct arena *a, int64_t place,
    int64_t since, int64_t until, struct sighted **s, size_t *n)
{
	struct query q = query_begin(g->db, sql[NEAR]);

	query_put_int(&q, place);
	query_put_int(&q, since);
	query_put_int(&q, until);
	return sightings_end(&q, a, s, n);
}

/* ---- how long it was watched --------------------------------------------- */

/* The time of the first event that is not before it. */
static enum rc
next_time(struct graph *g, int64_t t_ns, int64_t *next_ns)
{
	struct query q = query_begin(g->db, sql[NEXT]);
	struct rank r = rank_at(t_ns, 0), found;

	query_put_blob(&q, r.b, RANK_LEN);
	if (query_next(&q)) {
		query_bytes(&q, 0, found.b, RANK_LEN);
		*next_ns = rank_time(&found);
	}
	return query_end(&q, RC_ABSENT);
}

/* From one hour that holds any to the next: an hour's million events cost no
 * more than one. */
enum rc
graph_hours_watched(struct graph *g, int64_t since, size_t n, bool watched[])
{
	int64_t hour = since, t = 0;
	enum rc rc;

	memset(watched, 0, n * sizeof(*watched));
	while (hour - since < (int64_t)n && hour <= INT64_MAX / NS_PER_HOUR) {
		rc = next_time(g, hour * NS_PER_HOUR, &t);
		if (rc != RC_OK)
			return rc == RC_ABSENT ? RC_OK : rc;
		hour = sighted_hour(t);
		if (hour - since >= (int64_t)n)
			break;
		watched[hour - since] = true;
		hour++;
	}
	return RC_OK;
}

enum rc
graph_source_first(struct graph *g, int64_t source, int64_t *hour)
{
	struct query q = query_begin(g->db, sql[SOURCE_FIRST]);

	query_put_int(&q, source);
	if (query_next(&q))
		*hour = sighted_hour(query_int(&q, 0));
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
		list[many].chain = query_int(&q, 1);
		list[many++].right = query_int(&q, 2) != 0;
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*j = list;
	*n = many;
	return RC_OK;
}
