/* SPDX-License-Identifier: Apache-2.0 */
/* Suppression rules as rows. */
#include "control/inner.h"

enum { LIST, GET, HOW_MANY, ADD, SET, REMOVE, COUNT_HITS };
#define ROW "SELECT no, tenant, id, name, reason, who, created, expires,"   \
    " enabled, hits, last_hit, counted, rule, technique, host, account,"    \
    " entity, source, event_type, action FROM suppression "
static const char *const sql[] = {
	[LIST] = ROW "WHERE tenant = ? ORDER BY no",
	[GET] = ROW "WHERE tenant = ? AND id = ?",
	[HOW_MANY] = "SELECT count(*) FROM suppression WHERE tenant = ?",
	[ADD] = "INSERT INTO suppression (tenant, id, name, reason, who,"
	    " created, expires, enabled, hits, last_hit, counted, rule,"
	    " technique, host, account, entity, source, event_type, action)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?,"
	    " ?)",
	[SET] = "UPDATE suppression SET name = ?, reason = ?, expires = ?,"
	    " enabled = ?, counted = ? WHERE no = ?",
	[REMOVE] = "DELETE FROM suppression WHERE no = ?",
	[COUNT_HITS] = "UPDATE suppression SET hits = hits + ?1,"
	    " last_hit = max(last_hit, ?2), counted = ?3"
	    " WHERE no = ?4 AND counted = ?5",
};
enum { COLUMN_MATCH = 12 };

static void
row_read(struct query *q, struct arena *a, struct suppression *s)
{
	int i;

	*s = (struct suppression){
		.no = query_int(q, 0), .tenant = query_int(q, 1),
		.id = str_dup(a, query_str(q, 2)),
		.name = str_dup(a, query_str(q, 3)),
		.reason = str_dup(a, query_str(q, 4)),
		.who = str_dup(a, query_str(q, 5)),
		.created_ns = query_int(q, 6), .expires_ns = query_int(q, 7),
		.enabled = query_int(q, 8) != 0, .hits = query_int(q, 9),
		.last_hit_ns = query_int(q, 10), .counted = query_int(q, 11),
	};
	for (i = 0; i < SUPPRESS__MAX; i++)
		s->match[i] = str_dup(a, query_str(q, COLUMN_MATCH + i));
}

enum rc
control_suppressions(struct store *st, struct arena *a, int64_t tenant,
    struct suppression **out, size_t *n)
{
	struct query q = query_begin(st->control, sql[LIST]);
	struct suppression *list = NULL;
	size_t room = 0, many = 0;
	enum rc rc;

	query_put_int(&q, tenant);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		row_read(&q, a, &list[many++]);
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*out = list;
	*n = many;
	return RC_OK;
}

enum rc
control_suppression_get(struct store *st, struct arena *a, int64_t tenant,
    struct str id, struct suppression *s)
{
	struct query q = query_begin(st->control, sql[GET]);
	struct suppression found;
	enum rc rc;

	query_put_int(&q, tenant);
	query_put_str(&q, id);
	if (query_next(&q))
		row_read(&q, a, &found);
	rc = query_end(&q, RC_ABSENT);
	if (rc == RC_OK)
		*s = found;
	return rc;
}

static enum rc
how_many(struct store *st, int64_t tenant, int64_t *n)
{
	struct query q = query_begin(st->control, sql[HOW_MANY]);

	query_put_int(&q, tenant);
	if (query_next(&q))
		*n = query_int(&q, 0);
	return query_end(&q, RC_FAIL);
}

enum rc
control_suppression_add(struct store *st, const struct suppression *s)
{
	struct query q;
	int64_t n = 0;
	enum rc rc = how_many(st, s->tenant, &n);
	int i;

	if (rc == RC_OK && n >= SUPPRESSIONS_MOST)
		rc = RC_TOO_MANY;
	if (rc != RC_OK)
		return rc;
	q = query_begin(st->control, sql[ADD]);
	query_put_int(&q, s->tenant);
	query_put_str(&q, s->id);
	query_put_str(&q, s->name);
	query_put_str(&q, s->reason);
	query_put_str(&q, s->who);
	query_put_int(&q, s->created_ns);
	query_put_int(&q, s->expires_ns);
	query_put_int(&q, s->enabled);
	query_put_int(&q, s->counted);
	for (i = 0; i < SUPPRESS__MAX; i++)
		query_put_str(&q, s->match[i].p != NULL ? s->match[i] :
		    STR(""));
	return query_run(&q);
}

enum rc
control_suppression_set(struct store *st, const struct suppression *s)
{
	struct query q = query_begin(st->control, sql[SET]);
	enum rc rc;

	query_put_str(&q, s->name);
	query_put_str(&q, s->reason);
	query_put_int(&q, s->expires_ns);
	query_put_int(&q, s->enabled);
	query_put_int(&q, s->counted);
	query_put_int(&q, s->no);
	rc = query_run(&q);
	return rc != RC_OK || db_changes(st->control) != 0 ? rc : RC_ABSENT;
}

enum rc
control_suppression_remove(struct store *st, const struct suppression *s)
{
	struct query q = query_begin(st->control, sql[REMOVE]);

	query_put_int(&q, s->no);
	return query_run(&q);
}

enum rc
control_suppression_count(struct store *st, const struct suppression *s,
    int64_t more, int64_t last_ns, int64_t upto)
{
	struct query q = query_begin(st->control, sql[COUNT_HITS]);

	query_put_int(&q, more);
	query_put_int(&q, last_ns);
	query_put_int(&q, upto);
	query_put_int(&q, s->no);
	query_put_int(&q, s->counted);
	return query_run(&q);
}
