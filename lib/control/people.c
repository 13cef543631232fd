/* SPDX-License-Identifier: Apache-2.0 */
/* Administrators, the invitations that make them, and their sessions. */
#include "control/inner.h"

enum { NAMED, LIST, ADD, PASSWORD, REMOVE, INVITE, INVITED, INVITED_END,
	INVITED_OLD, SESSION_ADD, SESSION_GET, SESSION_SEEN, SESSION_END,
	SESSIONS_OF, SESSIONS_OLD };
#define WHO "SELECT p.id, p.name, p.tenant, coalesce(t.name, ''),"          \
    " p.password, p.created FROM administrator p"                           \
    " LEFT JOIN tenant t ON t.id = p.tenant "
static const char *const sql[] = {
	[NAMED] = WHO "WHERE p.name = ?",
	[LIST] = WHO "WHERE ?1 = -1 OR p.tenant = ?1 ORDER BY p.name",
	[ADD] = "INSERT INTO administrator (name, tenant, password, created)"
	    " VALUES (?, ?, ?, ?)",
	[PASSWORD] = "UPDATE administrator SET password = ? WHERE id = ?",
	[REMOVE] = "DELETE FROM administrator WHERE id = ?",
	[INVITE] = "INSERT INTO invitation (hash, name, tenant, expires)"
	    " VALUES (?, ?, ?, ?)",
	[INVITED] = "SELECT name, tenant, expires FROM invitation"
	    " WHERE hash = ? AND expires > ?",
	[INVITED_END] = "DELETE FROM invitation WHERE hash = ?",
	[INVITED_OLD] = "DELETE FROM invitation WHERE expires <= ?",
	[SESSION_ADD] = "INSERT INTO session (hash, administrator, created,"
	    " seen) VALUES (?1, ?2, ?3, ?3)",
	[SESSION_GET] = "SELECT s.administrator, p.tenant, p.name,"
	    " coalesce(t.name, ''), s.created, s.seen FROM session s"
	    " JOIN administrator p ON p.id = s.administrator"
	    " LEFT JOIN tenant t ON t.id = p.tenant WHERE s.hash = ?",
	[SESSION_SEEN] = "UPDATE session SET seen = max(seen, ?)"
	    " WHERE hash = ?",
	[SESSION_END] = "DELETE FROM session WHERE hash = ?",
	[SESSIONS_OF] = "DELETE FROM session WHERE administrator = ?",
	[SESSIONS_OLD] = "DELETE FROM session WHERE seen < ? OR created < ?",
};
enum { HASH_LEN = 32 };

static void
administrator_read(struct query *q, struct arena *a, struct administrator *who)
{
	who->id = query_int(q, 0);
	who->name = str_dup(a, query_str(q, 1));
	who->tenant = query_int(q, 2);
	who->tenant_name = str_dup(a, query_str(q, 3));
	who->password = str_dup(a, query_str(q, 4));
	who->created_ns = query_int(q, 5);
}

enum rc
control_administrator_named(struct store *st, struct arena *a, struct str name,
    struct administrator *who)
{
	struct query q = query_begin(st->control, sql[NAMED]);
	struct administrator found;
	enum rc rc;

	query_put_str(&q, name);
	if (query_next(&q))
		administrator_read(&q, a, &found);
	rc = query_end(&q, RC_ABSENT);
	if (rc == RC_OK)
		*who = found;
	return rc;
}

enum rc
control_administrators(struct store *st, struct arena *a, int64_t tenant,
    struct administrator **who, size_t *n)
{
	struct query q = query_begin(st->control, sql[LIST]);
	struct administrator *list = NULL;
	size_t room = 0, many = 0;
	enum rc rc;

	query_put_int(&q, tenant);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		administrator_read(&q, a, &list[many++]);
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*who = list;
	*n = many;
	return RC_OK;
}

enum rc
control_administrator_add(struct store *st, struct str name, int64_t tenant,
    struct str password, int64_t now_ns)
{
	struct query q = query_begin(st->control, sql[ADD]);

	query_put_str(&q, name);
	query_put_int(&q, tenant);
	query_put_str(&q, password);
	query_put_int(&q, now_ns);
	return query_run(&q);
}

static enum rc
sessions_end(struct store *st, int64_t id)
{
	struct query q = query_begin(st->control, sql[SESSIONS_OF]);

	query_put_int(&q, id);
	return query_run(&q);
}

enum rc
control_administrator_password(struct store *st, int64_t id,
    struct str password)
{
	struct query q = query_begin(st->control, sql[PASSWORD]);
	enum rc rc;

	query_put_str(&q, password);
	query_put_int(&q, id);
	rc = query_run(&q);
	return rc == RC_OK ? sessions_end(st, id) : rc;
}

enum rc
control_administrator_remove(struct store *st, int64_t id)
{
	enum rc rc = sessions_end(st, id);
	struct query q;

	if (rc != RC_OK)
		return rc;
	q = query_begin(st->control, sql[REMOVE]);
	query_put_int(&q, id);
	rc = query_run(&q);
	if (rc != RC_OK)
		return rc;
	return db_changes(st->control) != 0 ? RC_OK : RC_ABSENT;
}

/* ---- invitations -------------------------------------------------------- */

enum rc
control_invite(struct store *st, const uint8_t hash[32],
    const struct invitation *i)
{
	struct query q = query_begin(st->control, sql[INVITE]);

	query_put_blob(&q, hash, HASH_LEN);
	query_put_str(&q, i->name);
	query_put_int(&q, i->tenant);
	query_put_int(&q, i->expires_ns);
	return query_run(&q);
}

enum rc
control_invitation_get(struct store *st, struct arena *a,
    const uint8_t hash[32], int64_t now_ns, struct invitation *i)
{
	struct query q = query_begin(st->control, sql[INVITED]);
	struct invitation found = { 0 };
	enum rc rc;

	query_put_blob(&q, hash, HASH_LEN);
	query_put_int(&q, now_ns);
	if (query_next(&q)) {
		found.name = str_dup(a, query_str(&q, 0));
		found.tenant = query_int(&q, 1);
		found.expires_ns = query_int(&q, 2);
	}
	rc = query_end(&q, RC_ABSENT);
	if (rc == RC_OK)
		*i = found;
	return rc;
}

static enum rc
run_at(struct store *st, const char *text, int64_t ns)
{
	struct query q = query_begin(st->control, text);

	query_put_int(&q, ns);
	return query_run(&q);
}

static enum rc
run_hash(struct store *st, const char *text, const uint8_t hash[32])
{
	struct query q = query_begin(st->control, text);

	query_put_blob(&q, hash, HASH_LEN);
	return query_run(&q);
}

enum rc
control_invitation_take(struct store *st, struct arena *a,
    const uint8_t hash[32], int64_t now_ns, struct invitation *i)
{
	enum rc rc = run_at(st, sql[INVITED_OLD], now_ns);

	if (rc == RC_OK)
		rc = control_invitation_get(st, a, hash, now_ns, i);
	if (rc == RC_OK)
		rc = run_hash(st, sql[INVITED_END], hash);
	return rc;
}

/* ---- sessions ------------------------------------------------------------ */

enum rc
control_session_add(struct store *st, const uint8_t hash[32],
    int64_t administrator, int64_t now_ns)
{
	struct query q = query_begin(st->control, sql[SESSION_ADD]);

	query_put_blob(&q, hash, HASH_LEN);
	query_put_int(&q, administrator);
	query_put_int(&q, now_ns);
	return query_run(&q);
}

enum rc
control_session_get(struct store *st, struct arena *a, const uint8_t hash[32],
    struct session_row *s)
{
	struct query q = query_begin(st->control, sql[SESSION_GET]);
	struct session_row found = { 0 };
	enum rc rc;

	query_put_blob(&q, hash, HASH_LEN);
	if (query_next(&q)) {
		found.administrator = query_int(&q, 0);
		found.tenant = query_int(&q, 1);
		found.name = str_dup(a, query_str(&q, 2));
		found.tenant_name = str_dup(a, query_str(&q, 3));
		found.created_ns = query_int(&q, 4);
		found.seen_ns = query_int(&q, 5);
	}
	rc = query_end(&q, RC_ABSENT);
	if (rc == RC_OK)
		*s = found;
	return rc;
}

enum rc
control_session_seen(struct store *st, const uint8_t hash[32], int64_t now_ns)
{
	struct query q = query_begin(st->control, sql[SESSION_SEEN]);

	query_put_int(&q, now_ns);
	query_put_blob(&q, hash, HASH_LEN);
	return query_run(&q);
}

enum rc
control_session_end(struct store *st, const uint8_t hash[32])
{
	return run_hash(st, sql[SESSION_END], hash);
}

enum rc
control_sessions_prune(struct store *st, int64_t seen_before_ns,
    int64_t created_before_ns)
{
	struct query q = query_begin(st->control, sql[SESSIONS_OLD]);

	query_put_int(&q, seen_before_ns);
	query_put_int(&q, created_before_ns);
	return query_run(&q);
}
