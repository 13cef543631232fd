/* SPDX-License-Identifier: Apache-2.0 */
/* Investigations as they were answered: what was said of which version of a
 * chain can be read again word for word, however the chain goes on. */
#include "store/state.h"

#include <string.h>

#include "base/unpack.h"

enum { PACK_LEVEL = 3 };

enum { ADD, GET, LIST, LIST_CHAIN };
#define COLUMNS "seq, id, chain, version, at, who, audience, grade, score,"   \
    " title, model, fallback"
static const char *const sql[] = {
	[ADD] = "INSERT INTO investigation (id, chain, version, at, who,"
	    " audience, grade, score, title, model, fallback, size, body)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[GET] = "SELECT " COLUMNS ", size, body FROM investigation"
	    " WHERE id = ?",
	[LIST] = "SELECT " COLUMNS " FROM investigation WHERE seq < ?"
	    " ORDER BY seq DESC LIMIT ?",
	[LIST_CHAIN] = "SELECT " COLUMNS " FROM investigation"
	    " WHERE chain = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
};

enum rc
graph_investigation_add(struct graph *g, const struct investigation *t)
{
	struct query q;
	struct buf b;
	enum rc rc;

	buf_init(&b, INVESTIGATION_MAX);
	pack_zstd(t->body, PACK_LEVEL, &b);
	if (buf_bad(&b)) {
		buf_release(&b);
		return RC_TOO_BIG;
	}
	q = query_begin(g->db, sql[ADD]);
	query_put_blob(&q, t->id, sizeof(t->id));
	query_put_blob(&q, t->chain, sizeof(t->chain));
	query_put_int(&q, t->version);
	query_put_int(&q, t->at_ns);
	query_put_str(&q, t->who);
	query_put_str(&q, t->audience);
	query_put_int(&q, (int64_t)t->grade);
	query_put_num(&q, t->score);
	query_put_str(&q, t->title);
	query_put_str(&q, t->model);
	query_put_str(&q, t->fallback);
	query_put_int(&q, (int64_t)t->body.len);
	query_put_blob(&q, b.p, b.len);
	rc = query_run(&q);
	buf_release(&b);
	return rc;
}

static void
row_read(struct arena *a, struct query *q, struct investigation *t)
{
	t->seq = query_int(q, 0);
	query_bytes(q, 1, t->id, sizeof(t->id));
	query_bytes(q, 2, t->chain, sizeof(t->chain));
	t->version = query_int(q, 3);
	t->at_ns = query_int(q, 4);
	t->who = str_dup(a, query_str(q, 5));
	t->audience = str_dup(a, query_str(q, 6));
	t->grade = (enum grade)query_int(q, 7);
	t->score = query_num(q, 8);
	t->title = str_dup(a, query_str(q, 9));
	t->model = str_dup(a, query_str(q, 10));
	t->fallback = str_dup(a, query_str(q, 11));
}

/* The size is ours, but the file may be anybody's: it only bounds. */
static bool
body_read(struct arena *a, struct query *q, struct investigation *t)
{
	int64_t size = query_int(q, 12);
	struct buf b;
	bool ok = size >= 0 && size <= INVESTIGATION_MAX;

	buf_init(&b, ok ? (size_t)size : 0);
	ok = ok && unpack_zstd(query_str(q, 13), &b) == UNPACK_OK;
	if (ok)
		t->body = str_dup(a, buf_str(&b));
	buf_release(&b);
	return ok;
}

enum rc
graph_investigation_get(struct graph *g, struct arena *a, const uint8_t id[16],
    struct investigation *t)
{
	struct query q = query_begin(g->db, sql[GET]);
	struct investigation row = { 0 };
	bool ok = true;
	enum rc rc;

	query_put_blob(&q, id, 16);
	if (query_next(&q)) {
		row_read(a, &q, &row);
		ok = body_read(a, &q, &row);
	}
	rc = query_end(&q, RC_ABSENT);
	if (rc != RC_OK)
		return rc;
	*t = row;
	return ok ? RC_OK : RC_FAIL;
}

enum rc
graph_investigation_list(struct graph *g, struct arena *a, const uint8_t *chain,
    int64_t before, size_t most, struct investigation **t, size_t *n)
{
	struct query q = query_begin(g->db, sql[chain != NULL ? LIST_CHAIN :
	    LIST]);
	struct investigation *list = NULL;
	size_t room = 0, many = 0;
	enum rc rc;

	if (chain != NULL)
		query_put_blob(&q, chain, 16);
	query_put_int(&q, before > 0 ? before : INT64_MAX);
	query_put_int(&q, (int64_t)most);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		list[many] = (struct investigation){ 0 };
		row_read(a, &q, &list[many++]);
	}
	rc = query_end(&q, RC_OK);
	*t = list;
	*n = many;
	return rc;
}
