/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to POSTs under /admin, kept in the transaction of their effect. */
#include "control/inner.h"

#include "base/clock.h"

enum { GET, PUT, OLD };
static const char *const sql[] = {
	[GET] = "SELECT body_sha256, status, content_type, body FROM answer"
	    " WHERE who = ? AND scope = ? AND key = ? AND at > ?",
	[PUT] = "INSERT INTO answer (who, scope, key, at, body_sha256, status,"
	    " content_type, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	[OLD] = "DELETE FROM answer WHERE at <= ?",
};
static const int64_t kept_ns = 24 * 3600 * NS_PER_S;

enum rc
control_answer_get(struct store *st, struct arena *a, struct str who,
    struct str scope, struct str key, int64_t now_ns, struct idem *i)
{
	struct query q = query_begin(st->control, sql[GET]);
	struct idem r = { 0 };
	enum rc rc;

	query_put_str(&q, who);
	query_put_str(&q, scope);
	query_put_str(&q, key);
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

enum rc
control_answer_put(struct store *st, struct str who, struct str scope,
    struct str key, int64_t now_ns, const struct idem *i)
{
	struct query q = query_begin(st->control, sql[OLD]);
	enum rc rc;

	query_put_int(&q, now_ns - kept_ns);
	rc = query_run(&q);
	if (rc != RC_OK)
		return rc;
	q = query_begin(st->control, sql[PUT]);
	query_put_str(&q, who);
	query_put_str(&q, scope);
	query_put_str(&q, key);
	query_put_int(&q, now_ns);
	query_put_blob(&q, i->body_sha256, sizeof(i->body_sha256));
	query_put_int(&q, i->status);
	query_put_str(&q, i->content_type);
	query_put_blob(&q, i->body.p, i->body.len);
	return query_run(&q);
}
