/* SPDX-License-Identifier: Apache-2.0 */
/* Packs of rules and what is switched off, as rows. Every verb that changes
 * any of it makes the tenant's version grow, in the same transaction. */
#include "control/inner.h"

enum { VERSION, CHANGED, OFF, OFF_ADD, OFF_END, LIST, GET, FILES, ADD, SET,
	FILES_END, FILE_ADD, REMOVE };
#define ROW "SELECT p.no, p.tenant, p.name, p.who, p.enabled, p.created,"   \
    " p.updated, (SELECT count(*) FROM pack_file f WHERE f.pack = p.no),"   \
    " (SELECT coalesce(sum(length(CAST(f.text AS BLOB))), 0)"               \
    " FROM pack_file f WHERE f.pack = p.no) FROM pack p "
static const char *const sql[] = {
	[VERSION] = "SELECT version FROM rule_choice WHERE tenant = ?",
	[CHANGED] = "INSERT INTO rule_choice (tenant, version) VALUES (?, 1)"
	    " ON CONFLICT (tenant) DO UPDATE SET version = version + 1",
	[OFF] = "SELECT pack, id FROM rule_off WHERE tenant = ?"
	    " ORDER BY pack, id",
	[OFF_ADD] = "INSERT OR IGNORE INTO rule_off (tenant, pack, id, who, at)"
	    " VALUES (?, ?, ?, ?, ?)",
	[OFF_END] = "DELETE FROM rule_off WHERE tenant = ? AND pack = ?"
	    " AND id = ?",
	[LIST] = ROW "WHERE p.tenant = ? ORDER BY p.name",
	[GET] = ROW "WHERE p.tenant = ? AND p.name = ?",
	[FILES] = "SELECT file, text FROM pack_file WHERE pack = ?"
	    " ORDER BY file",
	[ADD] = "INSERT INTO pack (tenant, name, who, enabled, created, updated)"
	    " VALUES (?, ?, ?, ?, ?, ?)",
	[SET] = "UPDATE pack SET enabled = ?, updated = ? WHERE no = ?",
	[FILES_END] = "DELETE FROM pack_file WHERE pack = ?",
	[FILE_ADD] = "INSERT INTO pack_file (pack, file, text)"
	    " VALUES (?, ?, ?)",
	[REMOVE] = "DELETE FROM pack WHERE no = ?",
};

enum rc
control_rules_version(struct store *st, int64_t tenant, int64_t *version)
{
	struct query q = query_begin(st->control, sql[VERSION]);
	int64_t found = 0;
	enum rc rc;

	query_put_int(&q, tenant);
	if (query_next(&q))
		found = query_int(&q, 0);
	rc = query_end(&q, RC_OK);
	if (rc == RC_OK)
		*version = found;
	return rc;
}

static enum rc
changed(struct store *st, int64_t tenant)
{
	struct query q = query_begin(st->control, sql[CHANGED]);

	query_put_int(&q, tenant);
	return query_run(&q);
}

enum rc
control_rules_off(struct store *st, struct arena *a, int64_t tenant,
    struct rule_off **off, size_t *n)
{
	struct query q = query_begin(st->control, sql[OFF]);
	struct rule_off *list = NULL;
	size_t room = 0, many = 0;
	enum rc rc;

	query_put_int(&q, tenant);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		list[many++] = (struct rule_off){ query_int(&q, 0) != 0,
			str_dup(a, query_str(&q, 1)) };
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*off = list;
	*n = many;
	return RC_OK;
}

enum rc
control_rule_set(struct store *st, int64_t tenant,
    const struct rule_off *which, bool off, struct str who, int64_t now_ns)
{
	struct query q = query_begin(st->control,
	    sql[off ? OFF_ADD : OFF_END]);
	enum rc rc;

	query_put_int(&q, tenant);
	query_put_int(&q, which->pack);
	query_put_str(&q, which->id);
	if (off) {
		query_put_str(&q, who);
		query_put_int(&q, now_ns);
	}
	rc = query_run(&q);
	return rc == RC_OK ? changed(st, tenant) : rc;
}

/* ---- packs -------------------------------------------------------------------- */

static void
row_read(struct query *q, struct arena *a, struct pack_row *p)
{
	*p = (struct pack_row){
		.no = query_int(q, 0), .tenant = query_int(q, 1),
		.name = str_dup(a, query_str(q, 2)),
		.who = str_dup(a, query_str(q, 3)),
		.enabled = query_int(q, 4) != 0,
		.created_ns = query_int(q, 5), .updated_ns = query_int(q, 6),
		.files = query_int(q, 7), .bytes = query_int(q, 8),
	};
}

enum rc
control_packs(struct store *st, struct arena *a, int64_t tenant,
    struct pack_row **p, size_t *n)
{
	struct query q = query_begin(st->control, sql[LIST]);
	struct pack_row *list = NULL;
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
	*p = list;
	*n = many;
	return RC_OK;
}

enum rc
control_pack_get(struct store *st, struct arena *a, int64_t tenant,
    struct str name, struct pack_row *p)
{
	struct query q = query_begin(st->control, sql[GET]);
	struct pack_row found;
	enum rc rc;

	query_put_int(&q, tenant);
	query_put_str(&q, name);
	if (query_next(&q))
		row_read(&q, a, &found);
	rc = query_end(&q, RC_ABSENT);
	if (rc == RC_OK)
		*p = found;
	return rc;
}

enum rc
control_pack_files(struct store *st, struct arena *a,
    const struct pack_row *p, struct pack_file **f, size_t *n)
{
	struct query q = query_begin(st->control, sql[FILES]);
	struct pack_file *list = NULL;
	size_t room = 0, many = 0;
	enum rc rc;

	query_put_int(&q, p->no);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		list[many].file = str_dup(a, query_str(&q, 0));
		list[many++].text = str_dup(a, query_str(&q, 1));
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*f = list;
	*n = many;
	return RC_OK;
}

enum rc
control_pack_add(struct store *st, struct pack_row *p)
{
	struct query q = query_begin(st->control, sql[ADD]);
	enum rc rc;

	query_put_int(&q, p->tenant);
	query_put_str(&q, p->name);
	query_put_str(&q, p->who);
	query_put_int(&q, p->enabled);
	query_put_int(&q, p->created_ns);
	query_put_int(&q, p->updated_ns);
	rc = query_run(&q);
	if (rc != RC_OK)
		return rc;
	p->no = db_last_id(st->control);
	return changed(st, p->tenant);
}

enum rc
control_pack_set(struct store *st, const struct pack_row *p)
{
	struct query q = query_begin(st->control, sql[SET]);
	enum rc rc;

	query_put_int(&q, p->enabled);
	query_put_int(&q, p->updated_ns);
	query_put_int(&q, p->no);
	rc = query_run(&q);
	return rc == RC_OK ? changed(st, p->tenant) : rc;
}

static enum rc
by_number(struct store *st, const char *text, int64_t no)
{
	struct query q = query_begin(st->control, text);

	query_put_int(&q, no);
	return query_run(&q);
}

enum rc
control_pack_fill(struct store *st, const struct pack_row *p,
    const struct pack_file *f, size_t n)
{
	enum rc rc = by_number(st, sql[FILES_END], p->no);
	struct query q;
	size_t i;

	for (i = 0; i < n && rc == RC_OK; i++) {
		q = query_begin(st->control, sql[FILE_ADD]);
		query_put_int(&q, p->no);
		query_put_str(&q, f[i].file);
		query_put_str(&q, f[i].text);
		rc = query_run(&q);
	}
	return rc == RC_OK ? changed(st, p->tenant) : rc;
}

enum rc
control_pack_remove(struct store *st, const struct pack_row *p)
{
	enum rc rc = by_number(st, sql[FILES_END], p->no);

	if (rc == RC_OK)
		rc = by_number(st, sql[REMOVE], p->no);
	return rc == RC_OK ? changed(st, p->tenant) : rc;
}
