/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be delivered, and how that went. */
#include "store/hooks.h"
#include "store/state.h"

enum { ADD, GET, LIST, DUE, DUE_WHEN, SET, NOW, SWEEP_DEAD, SWEEP_MANY,
	SWEEP_OLD };
#define COLUMNS "delivery, hook, id, coalesce(change, 0), type, created," \
    " begun, state, attempts, next, last, status, error, latency_ms"
static const char *const sql[] = {
	[ADD] = "INSERT INTO delivery (id, hook, change, type, body, created,"
	    " begun, state, attempts, next, last, status, error, latency_ms)"
	    " VALUES (?, ?, nullif(?, 0), ?, ?, ?, ?, 0, 0, ?, 0, 0, '', 0)",
	[GET] = "SELECT " COLUMNS ", body FROM delivery WHERE id = ?"
	    " AND hook = ?",
	[LIST] = "SELECT " COLUMNS " FROM delivery WHERE hook = ?1"
	    " AND delivery < ?2 AND (?3 = 3 OR state = ?3)"
	    " ORDER BY delivery DESC LIMIT ?4",
	[DUE] = "SELECT " COLUMNS ", body FROM delivery WHERE hook = ?"
	    " AND state = 0 AND next <= ? ORDER BY attempts, delivery LIMIT 1",
	[DUE_WHEN] = "SELECT min(next) FROM delivery WHERE hook = ?"
	    " AND state = 0",
	[SET] = "UPDATE delivery SET begun = ?, state = ?, attempts = ?,"
	    " next = ?, last = ?, status = ?, error = ?, latency_ms = ?"
	    " WHERE delivery = ?",
	[NOW] = "UPDATE delivery SET next = min(next, ?) WHERE hook = ?"
	    " AND state = 0",
	[SWEEP_DEAD] = "UPDATE delivery SET state = 2 WHERE hook = ?"
	    " AND state = 0 AND begun < ?",
	[SWEEP_MANY] = "UPDATE delivery SET state = 2, error = 'too many are"
	    " waiting' WHERE hook = ?1 AND state = 0 AND delivery <= (SELECT"
	    " delivery FROM delivery WHERE hook = ?1 AND state = 0"
	    " ORDER BY delivery DESC LIMIT 1 OFFSET ?2)",
	[SWEEP_OLD] = "DELETE FROM delivery WHERE hook = ?1 AND state <> 0"
	    " AND (created < ?2 OR delivery <= (SELECT delivery FROM delivery"
	    " WHERE hook = ?1 AND state <> 0 ORDER BY delivery DESC LIMIT 1"
	    " OFFSET ?3))",
};
enum { BODY = 14 };
_Static_assert(DELIVERY__MAX == 3, "LIST says \"of any state\" with it");

static void
delivery_read(struct query *q, struct arena *a, struct delivery *d)
{
	d->no = query_int(q, 0);
	d->hook = query_int(q, 1);
	d->id = str_dup(a, query_str(q, 2));
	d->change = query_int(q, 3);
	d->type = str_dup(a, query_str(q, 4));
	d->created_ns = query_int(q, 5);
	d->begun_ns = query_int(q, 6);
	d->state = (enum delivery_state)query_int(q, 7);
	d->attempts = (int)query_int(q, 8);
	d->next_ns = query_int(q, 9);
	d->last_ns = query_int(q, 10);
	d->status = (int)query_int(q, 11);
	d->error = str_dup(a, query_str(q, 12));
	d->latency_ms = query_int(q, 13);
}

enum rc
store_delivery_add(struct store *st, struct delivery *d)
{
	struct db *db;
	struct query q;
	enum rc rc = hooks_db(st, &db);

	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[ADD]);
	query_put_str(&q, d->id);
	query_put_int(&q, d->hook);
	query_put_int(&q, d->change);
	query_put_str(&q, d->type);
	query_put_str(&q, d->body);
	query_put_int(&q, d->created_ns);
	query_put_int(&q, d->begun_ns);
	query_put_int(&q, d->next_ns);
	rc = query_run(&q);
	if (rc == RC_OK)
		d->no = db_last_id(db);
	return rc;
}

/* The row that q finds, with its body. */
static enum rc
one(struct query *q, struct arena *a, struct delivery *d)
{
	struct delivery r = { 0 };
	enum rc rc;

	if (query_next(q)) {
		delivery_read(q, a, &r);
		r.body = str_dup(a, query_str(q, BODY));
	}
	rc = query_end(q, RC_ABSENT);
	if (rc == RC_OK)
		*d = r;
	return rc;
}

enum rc
store_delivery_get(struct store *st, struct arena *a, int64_t hook,
    struct str id, struct delivery *d)
{
	struct db *db;
	struct query q;
	enum rc rc = hooks_db(st, &db);

	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[GET]);
	query_put_str(&q, id);
	query_put_int(&q, hook);
	return one(&q, a, d);
}

enum rc
store_deliveries(struct store *st, struct arena *a,
    const struct delivery_query *want, struct delivery **d, size_t *n)
{
	struct delivery *list = NULL;
	size_t room = 0, many = 0;
	struct db *db;
	struct query q;
	enum rc rc = hooks_db(st, &db);

	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[LIST]);
	query_put_int(&q, want->hook);
	query_put_int(&q, want->before > 0 ? want->before : INT64_MAX);
	query_put_int(&q, want->state);
	query_put_int(&q, (int64_t)want->most);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		delivery_read(&q, a, &list[many++]);
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*d = list;
	*n = many;
	return RC_OK;
}

/* When the next of this hook is due. min() of no row is a row of NULL: 0. */
static enum rc
due_when(struct db *db, int64_t hook, int64_t *due_ns)
{
	struct query q = query_begin(db, sql[DUE_WHEN]);
	int64_t at = 0;
	enum rc rc;

	query_put_int(&q, hook);
	if (query_next(&q))
		at = query_int(&q, 0);
	rc = query_end(&q, RC_FAIL);
	if (rc == RC_OK)
		*due_ns = at > 0 ? at : INT64_MAX;
	return rc;
}

enum rc
store_delivery_due(struct store *st, struct arena *a, int64_t hook,
    int64_t now_ns, struct delivery *d, int64_t *due_ns)
{
	struct db *db;
	struct query q;
	enum rc rc = hooks_db(st, &db);

	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[DUE]);
	query_put_int(&q, hook);
	query_put_int(&q, now_ns);
	rc = one(&q, a, d);
	if (rc != RC_ABSENT)
		return rc;
	rc = due_when(db, hook, due_ns);
	return rc == RC_OK ? RC_ABSENT : rc;
}

enum rc
store_delivery_set(struct store *st, const struct delivery *d)
{
	struct db *db;
	struct query q;
	enum rc rc = hooks_db(st, &db);

	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[SET]);
	query_put_int(&q, d->begun_ns);
	query_put_int(&q, d->state);
	query_put_int(&q, d->attempts);
	query_put_int(&q, d->next_ns);
	query_put_int(&q, d->last_ns);
	query_put_int(&q, d->status);
	query_put_str(&q, d->error);
	query_put_int(&q, d->latency_ms);
	query_put_int(&q, d->no);
	return query_run(&q);
}

enum rc
store_deliveries_now(struct store *st, int64_t hook, int64_t now_ns)
{
	struct db *db;
	struct query q;
	enum rc rc = hooks_db(st, &db);

	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[NOW]);
	query_put_int(&q, now_ns);
	query_put_int(&q, hook);
	return query_run(&q);
}

static enum rc
sweep_step(struct db *db, const char *text, int64_t hook, int64_t limit)
{
	struct query q = query_begin(db, text);

	query_put_int(&q, hook);
	query_put_int(&q, limit);
	return query_run(&q);
}

enum rc
store_deliveries_sweep(struct store *st, int64_t hook,
    const struct delivery_sweep *s)
{
	struct db *db;
	struct query q;
	enum rc rc = hooks_db(st, &db);

	if (rc == RC_OK)
		rc = sweep_step(db, sql[SWEEP_DEAD], hook, s->begun_ns);
	if (rc == RC_OK)
		rc = sweep_step(db, sql[SWEEP_MANY], hook, (int64_t)s->most);
	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[SWEEP_OLD]);
	query_put_int(&q, hook);
	query_put_int(&q, s->created_ns);
	query_put_int(&q, (int64_t)s->most);
	return query_run(&q);
}
