/* SPDX-License-Identifier: Apache-2.0 */
/* hooks.db: webhooks, what each was told, and who may send. */
#include "store/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "store/schema.h"
#include "store/state.h"

enum { ADD, GET, OF_TENANT, OF_ALL, SET, ANEW, WENT, AT, STOP, DROP,
	DROP_DELIVERIES, DROP_TOLD, TOLD_GET, TOLD_PUT, VERSION };
#define HOOK "SELECT hook, id, tenant, url, description, events, min_grade," \
    " min_score, secret, old_secret, old_until, enabled, why, created,"     \
    " position, failures, retry, success FROM hook "
static const char *const sql[] = {
	[ADD] = "INSERT INTO hook (id, tenant, url, description, events,"
	    " min_grade, min_score, secret, old_secret, old_until, enabled,"
	    " why, created, position, failures, retry, success) VALUES"
	    " (?, ?, ?, ?, ?, ?, ?, ?, '', 0, ?, ?, ?, ?, 0, 0, 0)",
	[GET] = HOOK "WHERE id = ? AND tenant = ?",
	[OF_TENANT] = HOOK "WHERE tenant = ? ORDER BY hook",
	[OF_ALL] = HOOK "ORDER BY hook",
	[SET] = "UPDATE hook SET url = ?, description = ?, events = ?,"
	    " min_grade = ?, min_score = ?, secret = ?, old_secret = ?,"
	    " old_until = ?, enabled = ?, why = ? WHERE hook = ?",
	[ANEW] = "UPDATE hook SET position = ?, failures = ?, retry = ?"
	    " WHERE hook = ?",
	[WENT] = "UPDATE hook SET failures = ?, retry = ?, success = ?"
	    " WHERE hook = ?",
	[AT] = "UPDATE hook SET position = max(position, ?) WHERE hook = ?",
	[STOP] = "UPDATE hook SET enabled = 0, why = ? WHERE hook = ?",
	[DROP] = "DELETE FROM hook WHERE hook = ?",
	[DROP_DELIVERIES] = "DELETE FROM delivery WHERE hook = ?",
	[DROP_TOLD] = "DELETE FROM told WHERE hook = ?",
	[TOLD_GET] = "SELECT grade FROM told WHERE hook = ? AND chain = ?",
	[TOLD_PUT] = "INSERT INTO told (hook, chain, grade) VALUES (?, ?, ?)"
	    " ON CONFLICT (hook, chain) DO UPDATE SET"
	    " grade = max(grade, excluded.grade)",
	[VERSION] = "PRAGMA data_version",
};
enum { HOOKS_KIB = 4096, PATH_LEN = 4096 };

enum rc
hooks_db(struct store *st, struct db **db)
{
	const struct schema *schema = &schemas[SCHEMA_HOOKS];
	char path[PATH_LEN];
	enum rc rc = RC_OK;

	snprintf(path, sizeof(path), "%s/hooks.db", st->data);
	if (st->hooks == NULL)
		rc = db_open(&(struct db_want){ .path = path, .create = true,
		    .durable = true, .steps = schema->steps, .n_steps = schema->n,
		    .cache_kib = HOOKS_KIB }, &st->hooks);
	if (rc == RC_OK)
		*db = st->hooks;
	return rc;
}

enum rc
store_hooks_begin(struct store *st)
{
	struct db *db;
	enum rc rc = hooks_db(st, &db);

	return rc == RC_OK ? db_begin(db) : rc;
}

enum rc
store_hooks_commit(struct store *st)
{
	return db_commit(st->hooks);
}

void
store_hooks_rollback(struct store *st)
{
	if (st->hooks != NULL)
		db_rollback(st->hooks);
}

void
store_hooks_checkpoint(struct store *st)
{
	if (st->hooks != NULL)
		db_checkpoint(st->hooks);
}

int64_t
store_hooks_version(struct store *st)
{
	struct db *db;
	struct query q;
	int64_t version;

	if (hooks_db(st, &db) != RC_OK)
		return 0;
	q = query_begin(db, sql[VERSION]);
	version = query_next(&q) ? query_int(&q, 0) : 0;
	return query_end(&q, RC_FAIL) == RC_OK ? version : 0;
}

enum rc
store_hooks_send(struct store *st)
{
	char path[PATH_LEN];
	int fd;

	if (st->sending >= 0)
		return RC_OK;
	snprintf(path, sizeof(path), "%s/hooks.db-send", st->data);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
		st->sending = fd;
		return RC_OK;
	}
	if (fd >= 0 && errno == EWOULDBLOCK) {
		close(fd);
		return RC_BUSY;
	}
	log_err("cannot lock %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return RC_FAIL;
}

/* ---- rows ---------------------------------------------------------------- */

static void
hook_read(struct query *q, struct arena *a, struct hook *h)
{
	h->no = query_int(q, 0);
	h->id = str_dup(a, query_str(q, 1));
	h->tenant = query_int(q, 2);
	h->url = str_dup(a, query_str(q, 3));
	h->description = str_dup(a, query_str(q, 4));
	h->events = (unsigned)query_int(q, 5);
	h->min_grade = (enum grade)query_int(q, 6);
	h->min_score = query_num(q, 7);
	h->secret = str_dup(a, query_str(q, 8));
	h->old_secret = str_dup(a, query_str(q, 9));
	h->old_until_ns = query_int(q, 10);
	h->enabled = query_int(q, 11) != 0;
	h->why = str_dup(a, query_str(q, 12));
	h->created_ns = query_int(q, 13);
	h->position = query_int(q, 14);
	h->failures = (int)query_int(q, 15);
	h->retry_ns = query_int(q, 16);
	h->success_ns = query_int(q, 17);
}

enum rc
store_hook_add(struct store *st, struct hook *h)
{
	struct db *db;
	struct query q;
	enum rc rc = hooks_db(st, &db);

	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[ADD]);
	query_put_str(&q, h->id);
	query_put_int(&q, h->tenant);
	query_put_str(&q, h->url);
	query_put_str(&q, h->description);
	query_put_int(&q, h->events);
	query_put_int(&q, h->min_grade);
	query_put_num(&q, h->min_score);
	query_put_str(&q, h->secret);
	query_put_int(&q, h->enabled);
	query_put_str(&q, h->why);
	query_put_int(&q, h->created_ns);
	query_put_int(&q, h->position);
	rc = query_run(&q);
	if (rc == RC_OK)
		h->no = db_last_id(db);
	return rc;
}

enum rc
store_hook_get(struct store *st, struct arena *a, int64_t tenant,
    struct str id, struct hook *h)
{
	struct hook r = { 0 };
	struct db *db;
	struct query q;
	enum rc rc = hooks_db(st, &db);

	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[GET]);
	query_put_str(&q, id);
	query_put_int(&q, tenant);
	if (query_next(&q))
		hook_read(&q, a, &r);
	rc = query_end(&q, RC_ABSENT);
	if (rc == RC_OK)
		*h = r;
	return rc;
}

enum rc
store_hooks(struct store *st, struct arena *a, int64_t tenant,
    struct hook **h, size_t *n)
{
	struct hook *list = NULL;
	size_t room = 0, many = 0;
	struct db *db;
	struct query q;
	enum rc rc = hooks_db(st, &db);

	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[tenant != 0 ? OF_TENANT : OF_ALL]);
	if (tenant != 0)
		query_put_int(&q, tenant);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		hook_read(&q, a, &list[many++]);
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*h = list;
	*n = many;
	return RC_OK;
}

static enum rc
anew_put(struct db *db, const struct hook *h)
{
	struct query q = query_begin(db, sql[ANEW]);

	query_put_int(&q, h->position);
	query_put_int(&q, h->failures);
	query_put_int(&q, h->retry_ns);
	query_put_int(&q, h->no);
	return query_run(&q);
}

enum rc
store_hook_set(struct store *st, const struct hook *h, bool anew)
{
	struct db *db;
	struct query q;
	enum rc rc = hooks_db(st, &db);

	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[SET]);
	query_put_str(&q, h->url);
	query_put_str(&q, h->description);
	query_put_int(&q, h->events);
	query_put_int(&q, h->min_grade);
	query_put_num(&q, h->min_score);
	query_put_str(&q, h->secret);
	query_put_str(&q, h->old_secret);
	query_put_int(&q, h->old_until_ns);
	query_put_int(&q, h->enabled);
	query_put_str(&q, h->why);
	query_put_int(&q, h->no);
	rc = query_run(&q);
	return rc == RC_OK && anew ? anew_put(db, h) : rc;
}

enum rc
store_hook_went(struct store *st, const struct hook *h)
{
	struct db *db;
	struct query q;
	enum rc rc = hooks_db(st, &db);

	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[WENT]);
	query_put_int(&q, h->failures);
	query_put_int(&q, h->retry_ns);
	query_put_int(&q, h->success_ns);
	query_put_int(&q, h->no);
	return query_run(&q);
}

enum rc
store_hook_at(struct store *st, int64_t no, int64_t position)
{
	struct db *db;
	struct query q;
	enum rc rc = hooks_db(st, &db);

	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[AT]);
	query_put_int(&q, position);
	query_put_int(&q, no);
	return query_run(&q);
}

enum rc
store_hook_stop(struct store *st, int64_t no, struct str why)
{
	struct db *db;
	struct query q;
	enum rc rc = hooks_db(st, &db);

	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[STOP]);
	query_put_str(&q, why);
	query_put_int(&q, no);
	return query_run(&q);
}

static enum rc
drop_from(struct db *db, const char *text, int64_t no)
{
	struct query q = query_begin(db, text);

	query_put_int(&q, no);
	return query_run(&q);
}

enum rc
store_hook_drop(struct store *st, int64_t no)
{
	struct db *db;
	enum rc rc = hooks_db(st, &db);

	if (rc == RC_OK)
		rc = drop_from(db, sql[DROP_DELIVERIES], no);
	if (rc == RC_OK)
		rc = drop_from(db, sql[DROP_TOLD], no);
	if (rc == RC_OK)
		rc = drop_from(db, sql[DROP], no);
	return rc;
}

/* ---- what it was told ----------------------------------------------------- */

enum rc
store_told_get(struct store *st, int64_t hook, struct str chain,
    enum grade *g)
{
	struct db *db;
	struct query q;
	enum grade found = 0;
	enum rc rc = hooks_db(st, &db);

	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[TOLD_GET]);
	query_put_int(&q, hook);
	query_put_str(&q, chain);
	if (query_next(&q))
		found = (enum grade)query_int(&q, 0);
	rc = query_end(&q, RC_OK);
	if (rc == RC_OK)
		*g = found;
	return rc;
}

enum rc
store_told_put(struct store *st, int64_t hook, struct str chain, enum grade g)
{
	struct db *db;
	struct query q;
	enum rc rc = hooks_db(st, &db);

	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[TOLD_PUT]);
	query_put_int(&q, hook);
	query_put_str(&q, chain);
	query_put_int(&q, g);
	return query_run(&q);
}
