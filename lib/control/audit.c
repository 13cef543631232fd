/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log as it is read; how it is written and hashed is store/audit.c. */
#include "control/inner.h"

#include "base/hash.h"

enum { LIST, HEAD, COUNT_LINES, SEEN };
static const char *const sql[] = {
	[LIST] = "SELECT l.seq, l.at, l.tenant, coalesce(t.name, ''), l.who,"
	    " l.what, l.detail, l.hash FROM audit l"
	    " LEFT JOIN tenant t ON t.id = l.tenant"
	    " WHERE (?1 = -1 OR l.tenant = ?1) AND (?2 = '' OR l.who = ?2)"
	    " AND (?3 = '' OR l.what = ?3 OR substr(l.what, 1, length(?3) + 1)"
	    " = ?3 || '.') AND l.at >= ?4 AND l.at <= ?5"
	    " AND (?6 = 0 OR l.seq < ?6) ORDER BY l.seq DESC LIMIT ?7",
	[HEAD] = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1",
	[COUNT_LINES] = "SELECT count(*) FROM audit",
	[SEEN] = "SELECT hash FROM audit WHERE seq = ?",
};

static void
line_read(struct query *q, struct arena *a, struct audit_line *l)
{
	l->seq = query_int(q, 0);
	l->at_ns = query_int(q, 1);
	l->tenant = query_int(q, 2);
	l->tenant_name = str_dup(a, query_str(q, 3));
	l->who = str_dup(a, query_str(q, 4));
	l->what = str_dup(a, query_str(q, 5));
	l->detail = str_dup(a, query_str(q, 6));
	query_bytes(q, 7, l->hash, sizeof(l->hash));
}

enum rc
control_audit(struct store *st, struct arena *a, const struct audit_query *want,
    struct audit_line **lines, size_t *n)
{
	struct query q = query_begin(st->control, sql[LIST]);
	struct audit_line *list = NULL;
	size_t room = 0, many = 0;
	enum rc rc;

	query_put_int(&q, want->tenant);
	query_put_str(&q, want->who);
	query_put_str(&q, want->what);
	query_put_int(&q, want->since_ns);
	query_put_int(&q, want->until_ns);
	query_put_int(&q, want->before);
	query_put_int(&q, (int64_t)want->most);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		line_read(&q, a, &list[many++]);
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*lines = list;
	*n = many;
	return RC_OK;
}

static bool
head_read(struct store *st, struct audit_head *head)
{
	struct query q = query_begin(st->control, sql[HEAD]);

	if (query_next(&q)) {
		head->seq = query_int(&q, 0);
		query_bytes(&q, 1, head->hash, sizeof(head->hash));
	}
	if (query_end(&q, RC_OK) != RC_OK)
		return false;
	q = query_begin(st->control, sql[COUNT_LINES]);
	if (query_next(&q))
		head->lines = query_int(&q, 0);
	return query_end(&q, RC_FAIL) == RC_OK;
}

bool
control_audit_verify(struct store *st, struct buf *lines,
    struct audit_head *head)
{
	*head = (struct audit_head){ 0 };
	return audit_check(st, lines) && head_read(st, head);
}

enum rc
control_audit_seen(struct store *st, int64_t seq, const uint8_t hash[32],
    bool *seen)
{
	struct query q = query_begin(st->control, sql[SEEN]);
	uint8_t have[SHA256_LEN] = { 0 };
	bool there;
	enum rc rc;

	query_put_int(&q, seq);
	there = query_next(&q);
	if (there)
		query_bytes(&q, 0, have, sizeof(have));
	rc = query_end(&q, RC_OK);
	if (rc == RC_OK)
		*seen = there && hash_equal(have, hash, sizeof(have));
	return rc;
}
