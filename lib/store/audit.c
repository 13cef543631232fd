/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit log. Each line's hash covers its fields and the hash of the line
 * before, so that a line changed or taken out later breaks the chain at that
 * place, which the doctor finds. (Lines cut off the end are not found.)
 */
#include "store/state.h"

#include <string.h>

#include "base/hash.h"

enum { LAST, ADD, ALL };
static const char *const sql[] = {
	[LAST] = "SELECT hash FROM audit ORDER BY seq DESC LIMIT 1",
	[ADD] = "INSERT INTO audit (at, who, tenant, what, detail, hash)"
	    " VALUES (?, ?, ?, ?, ?, ?)",
	[ALL] = "SELECT seq, at, who, tenant, what, detail, hash FROM audit"
	    " ORDER BY seq",
};

struct line {
	int64_t at_ns, tenant;
	struct str who, what, detail;
};

static void
number_add(struct sha256_state *s, int64_t n)
{
	uint8_t b[8];
	int i;

	for (i = 0; i < 8; i++)
		b[i] = (uint8_t)((uint64_t)n >> (8 * i));
	sha256_add(s, b, sizeof(b));
}

static void
line_hash(const uint8_t before[SHA256_LEN], const struct line *l,
    uint8_t out[SHA256_LEN])
{
	struct sha256_state s;

	sha256_begin(&s);
	sha256_add(&s, before, SHA256_LEN);
	number_add(&s, l->at_ns);
	sha256_add_field(&s, l->who);
	number_add(&s, l->tenant);
	sha256_add_field(&s, l->what);
	sha256_add_field(&s, l->detail);
	sha256_end(&s, out);
}

static enum rc
line_put(struct store *st, const struct line *l)
{
	uint8_t before[SHA256_LEN] = { 0 }, hash[SHA256_LEN];
	struct query q = query_begin(st->control, sql[LAST]);
	enum rc rc;

	if (query_next(&q))
		query_bytes(&q, 0, before, sizeof(before));
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	line_hash(before, l, hash);
	q = query_begin(st->control, sql[ADD]);
	query_put_int(&q, l->at_ns);
	query_put_str(&q, l->who);
	query_put_int(&q, l->tenant);
	query_put_str(&q, l->what);
	query_put_str(&q, l->detail);
	query_put_blob(&q, hash, sizeof(hash));
	return query_run(&q);
}

enum rc
store_audit(struct store *st, int64_t now_ns, struct str who, int64_t tenant,
    struct str what, struct str detail)
{
	struct line l = { now_ns, tenant, who, what, detail };
	enum rc rc;

	if (db_writing(st->control))	/* part of a greater effect */
		return line_put(st, &l);
	rc = db_begin(st->control);
	if (rc != RC_OK)
		return rc;
	rc = line_put(st, &l);
	if (rc == RC_OK)
		return db_commit(st->control);
	db_rollback(st->control);
	return rc;
}

bool
audit_check(struct store *st, struct buf *lines)
{
	uint8_t before[SHA256_LEN] = { 0 }, hash[SHA256_LEN];
	struct query q = query_begin(st->control, sql[ALL]);
	bool sound = true;

	while (query_next(&q)) {
		struct line l = { query_int(&q, 1), query_int(&q, 3),
			query_str(&q, 2), query_str(&q, 4), query_str(&q, 5) };

		line_hash(before, &l, hash);
		query_bytes(&q, 6, before, sizeof(before));
		if (memcmp(before, hash, sizeof(hash)) == 0)
			continue;
		sound = false;
		buf_printf(lines, "control.db: audit line %lld or the one"
		    " before it was changed\n", (long long)query_int(&q, 0));
	}
	return query_end(&q, RC_OK) == RC_OK && sound;
}
