/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants and keys: control.db. */
#include "store/state.h"

#include <string.h>

#include "base/clock.h"
#include "base/hash.h"

enum { TENANT_ADD, TENANT_NAMED, TENANT_GET, TENANTS, KEY_ADD, KEY_GET, KEYS,
	KEY_REVOKE, KEY_ROTATED, FOLDER_GET, FOLDER_SET };
#define TENANT "SELECT id, name, folder, plan, rate, retention_days,"       \
    " created FROM tenant "
#define KEY "SELECT k.id, k.tenant, k.name, k.scopes, k.hash, k.created,"   \
    " k.expires, k.revoked, k.addresses, k.successor, t.rate, t.name"       \
    " FROM api_key k JOIN tenant t ON t.id = k.tenant "
static const char *const sql[] = {
	[TENANT_ADD] = "INSERT INTO tenant (name, folder, plan, rate,"
	    " retention_days, created) VALUES (?, ?, ?, ?, ?, ?)",
	[TENANT_NAMED] = TENANT "WHERE name = ?",
	[TENANT_GET] = TENANT "WHERE id = ?",
	[TENANTS] = TENANT "ORDER BY id",
	[FOLDER_GET] = "SELECT folder FROM tenant WHERE id = ?",
	[FOLDER_SET] = "UPDATE tenant SET folder = ? WHERE id = ?",
	[KEY_ADD] = "INSERT INTO api_key (id, tenant, name, scopes, hash,"
	    " created, expires, revoked, addresses, successor)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[KEY_GET] = KEY "WHERE k.id = ?",
	[KEYS] = KEY "WHERE k.tenant = ? ORDER BY k.created, k.id",
	[KEY_REVOKE] = "UPDATE api_key SET revoked ="
	    " CASE revoked WHEN 0 THEN ? ELSE revoked END WHERE id = ?",
	[KEY_ROTATED] = "UPDATE api_key SET successor = ?1, expires ="
	    " CASE WHEN expires = 0 THEN ?2 ELSE min(expires, ?2) END"
	    " WHERE id = ?3",
};
enum { RETENTION_DAYS = 90 };

/* ---- tenants ----------------------------------------------------------- */

static void
tenant_read(struct query *q, struct arena *a, struct tenant *t)
{
	t->id = query_int(q, 0);
	t->name = str_dup(a, query_str(q, 1));
	t->folder = str_dup(a, query_str(q, 2));
	t->plan = str_dup(a, query_str(q, 3));
	t->rate = query_int(q, 4);
	t->retention_days = query_int(q, 5);
	t->created_ns = query_int(q, 6);
}

enum rc
store_tenant_add(struct store *st, struct arena *a, struct str name,
    struct str plan, int64_t rate, struct tenant *t)
{
	struct query q = query_begin(st->control, sql[TENANT_ADD]);
	uint8_t random[ID_LEN];
	char folder[ID_TEXT];
	enum rc rc;

	random_bytes(random, sizeof(random));
	base32_text(random, folder);
	query_put_str(&q, name);
	query_put_str(&q, str_of(folder));
	query_put_str(&q, plan);
	query_put_int(&q, rate);
	query_put_int(&q, RETENTION_DAYS);
	query_put_int(&q, clock_now_ns());
	rc = query_run(&q);
	return rc == RC_OK ? store_tenant_get(st, a, db_last_id(st->control),
	    t) : rc;
}

static enum rc
tenant_one(struct query *q, struct arena *a, struct tenant *t)
{
	struct tenant r;
	enum rc rc;

	if (query_next(q))
		tenant_read(q, a, &r);
	rc = query_end(q, RC_ABSENT);
	if (rc == RC_OK)
		*t = r;
	return rc;
}

enum rc
store_tenant_named(struct store *st, struct arena *a, struct str name,
    struct tenant *t)
{
	struct query q = query_begin(st->control, sql[TENANT_NAMED]);

	query_put_str(&q, name);
	return tenant_one(&q, a, t);
}

enum rc
store_tenant_get(struct store *st, struct arena *a, int64_t id,
    struct tenant *t)
{
	struct query q = query_begin(st->control, sql[TENANT_GET]);

	query_put_int(&q, id);
	return tenant_one(&q, a, t);
}

enum rc
store_tenants(struct store *st, struct arena *a, struct tenant **t, size_t *n)
{
	struct query q = query_begin(st->control, sql[TENANTS]);
	struct tenant *list = NULL;
	size_t room = 0, many = 0;
	enum rc rc;

	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		tenant_read(&q, a, &list[many++]);
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*t = list;
	*n = many;
	return RC_OK;
}

enum rc
tenant_folder(struct store *st, int64_t tenant, char out[FOLDER_TEXT])
{
	struct query q = query_begin(st->control, sql[FOLDER_GET]);
	enum rc rc;

	query_put_int(&q, tenant);
	if (query_next(&q)) {
		struct str s = query_str(&q, 0);

		if (s.len < FOLDER_TEXT) {
			memcpy(out, s.p, s.len);
			out[s.len] = '\0';
		} else {
			q.rc = RC_FAIL;
		}
	}
	rc = query_end(&q, RC_ABSENT);
	return rc;
}

enum rc
tenant_folder_set(struct store *st, int64_t tenant, const char *folder)
{
	struct query q = query_begin(st->control, sql[FOLDER_SET]);

	query_put_str(&q, str_of(folder));
	query_put_int(&q, tenant);
	return query_run(&q);
}

/* ---- keys -------------------------------------------------------------- */

enum rc
store_key_add(struct store *st, const struct key_row *k)
{
	struct query q = query_begin(st->control, sql[KEY_ADD]);

	query_put_str(&q, k->key_id);
	query_put_int(&q, k->tenant);
	query_put_str(&q, k->name);
	query_put_int(&q, k->scopes);
	query_put_blob(&q, k->hash, sizeof(k->hash));
	query_put_int(&q, k->created_ns);
	query_put_int(&q, k->expires_ns);
	query_put_int(&q, k->revoked_ns);
	query_put_str(&q, k->addresses);
	query_put_str(&q, k->successor);
	return query_run(&q);
}

static void
key_read(struct query *q, struct arena *a, struct key_row *k)
{
	memset(k, 0, sizeof(*k));
	k->key_id = str_dup(a, query_str(q, 0));
	k->tenant = query_int(q, 1);
	k->name = str_dup(a, query_str(q, 2));
	k->scopes = (uint32_t)query_int(q, 3);
	query_bytes(q, 4, k->hash, sizeof(k->hash));
	k->created_ns = query_int(q, 5);
	k->expires_ns = query_int(q, 6);
	k->revoked_ns = query_int(q, 7);
	k->addresses = str_dup(a, query_str(q, 8));
	k->successor = str_dup(a, query_str(q, 9));
	k->rate = query_int(q, 10);
	k->tenant_name = str_dup(a, query_str(q, 11));
}

enum rc
store_key_get(struct store *st, struct arena *a, struct str key_id,
    struct key_row *k)
{
	struct query q = query_begin(st->control, sql[KEY_GET]);
	struct key_row r;
	enum rc rc;

	query_put_str(&q, key_id);
	if (query_next(&q))
		key_read(&q, a, &r);
	rc = query_end(&q, RC_ABSENT);
	if (rc != RC_OK)
		return rc;
	r.last_used_ns = limits_key_used(st, key_id);
	*k = r;
	return RC_OK;
}

enum rc
store_keys(struct store *st, struct arena *a, int64_t tenant,
    struct key_row **k, size_t *n)
{
	struct query q = query_begin(st->control, sql[KEYS]);
	struct key_row *list = NULL;
	size_t room = 0, many = 0, i;
	enum rc rc;

	query_put_int(&q, tenant);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		key_read(&q, a, &list[many++]);
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	for (i = 0; i < many; i++)
		list[i].last_used_ns = limits_key_used(st, list[i].key_id);
	*k = list;
	*n = many;
	return RC_OK;
}

/* An update by key id: no row changed means there is no such key. */
static enum rc
key_changed(struct store *st, struct query *q)
{
	enum rc rc = query_run(q);

	if (rc != RC_OK)
		return rc;
	return db_changes(st->control) != 0 ? RC_OK : RC_ABSENT;
}

enum rc
store_key_revoke(struct store *st, struct str key_id, int64_t now_ns)
{
	struct query q = query_begin(st->control, sql[KEY_REVOKE]);

	query_put_int(&q, now_ns);
	query_put_str(&q, key_id);
	return key_changed(st, &q);
}

enum rc
store_key_rotated(struct store *st, struct str key_id, struct str successor,
    int64_t expires_ns)
{
	struct query q = query_begin(st->control, sql[KEY_ROTATED]);

	query_put_str(&q, successor);
	query_put_int(&q, expires_ns);
	query_put_str(&q, key_id);
	return key_changed(st, &q);
}
