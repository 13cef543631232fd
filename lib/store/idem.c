/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers kept for retries, for a day. A row is written in the transaction of
 * the effect, so it lies in the same file.
 */
#include "store/state.h"

#include "base/clock.h"
#include "store/hooks.h"

enum { GET, PUT, PRUNE };
static const char *const sql[] = {
	[GET] = "SELECT body_sha256, status, content_type, body FROM idem"
	    " WHERE scope = ? AND key = ? AND at > ?",
	[PUT] = "INSERT INTO idem (scope, key, at, body_sha256, status,"
	    " content_type, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
	[PRUNE] = "DELETE FROM idem WHERE at <= ?",
};
static const int64_t kept_ns = 24 * 3600 * NS_PER_S;

static enum rc
idem_get(struct db *db, struct arena *a, const struct idem_name *name,
    int64_t now_ns, struct idem *i)
{
	struct query q = query_begin(db, sql[GET]);
	struct idem r = { 0 };
	enum rc rc;

	query_put_str(&q, name->scope);
	query_put_str(&q, name->key);
	query_put_int(&q, now_ns - kept_ns);
	if (query_next(&q)) {
		query_bytes(&q, 0, r.body_sha256, sizeof(r.body_sha256));
		r.status = (int)query_int(&q, 1);
		r.content_type = str_dup(a, query_str(&q, 2));
		r.body = str_dup(a, query_str(&q, 3));
	}
	rc = query_end(&q, RC_ABSENT);
	if (rc == RC_OK)
		*i = r;
	return rc;
}

static enum rc
idem_put(struct db *db, const struct idem_name *name, int64_t now_ns,
    const struct idem *i)
{
	struct query q = query_begin(db, sql[PRUNE]);
	enum rc rc;

	query_put_int(&q, now_ns - kept_ns);
	rc = query_run(&q);
	if (rc != RC_OK)
		return rc;
	q = query_begin(db, sql[PUT]);
	query_put_str(&q, name->scope);
	query_put_str(&q, name->key);
	query_put_int(&q, now_ns);
	query_put_blob(&q, i->body_sha256, sizeof(i->body_sha256));
	query_put_int(&q, i->status);
	query_put_str(&q, i->content_type);
	query_put_blob(&q, i->body.p, i->body.len);
	return query_run(&q);
}

enum rc
graph_idem_get(struct graph *g, struct arena *a, struct str scope,
    struct str key, int64_t now_ns, struct idem *i)
{
	return idem_get(g->db, a, &(struct idem_name){ scope, key }, now_ns, i);
}

enum rc
graph_idem_put(struct graph *g, struct str scope, struct str key,
    int64_t now_ns, const struct idem *i)
{
	return idem_put(g->db, &(struct idem_name){ scope, key }, now_ns, i);
}

enum rc
store_hooks_idem_get(struct store *st, struct arena *a,
    const struct idem_name *name, int64_t now_ns, struct idem *i)
{
	struct db *db;
	enum rc rc = hooks_db(st, &db);

	return rc == RC_OK ? idem_get(db, a, name, now_ns, i) : rc;
}

enum rc
store_hooks_idem_put(struct store *st, const struct idem_name *name,
    int64_t now_ns, const struct idem *i)
{
	struct db *db;
	enum rc rc = hooks_db(st, &db);

	return rc == RC_OK ? idem_put(db, name, now_ns, i) : rc;
}
