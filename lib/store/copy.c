/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a rebuild asks of two graphs: the events of the one in their order, and
 * everything that is no function of them copied into the other.
 *
 * Numbers of events are the same in both files; those of entities may not be,
 * where a normaliser has changed. A chain's body names events, and entities as
 * `via` of its edges: those are found again by kind and key.
 */
#include "store/state.h"

#include <string.h>

#include "base/hash.h"

enum { EVENT_NEXT, VARIANT_NEXT, MARKED, VARIANTS, VARIANT_PUT, EMPTY, HELD, COUNTS,
	BODIES, BODY_SET };
static const char *const sql[] = {
	[EVENT_NEXT] = "SELECT ev FROM event WHERE ev > ? ORDER BY ev LIMIT 1",
	[VARIANT_NEXT] = "SELECT ev FROM variant WHERE ev > ? ORDER BY ev"
	    " LIMIT 1",
	[MARKED] = "SELECT ev FROM event WHERE tags IS NOT NULL"
	    " OR severity >= 0 OR flags & ? <> 0 ORDER BY ev",
	[VARIANTS] = "SELECT ev, sha256, block, start, size FROM variant"
	    " ORDER BY ev, sha256",
	[VARIANT_PUT] = "INSERT OR IGNORE INTO variant (ev, sha256, block,"
	    " start, size) VALUES (?, ?, ?, ?, ?)",
	[EMPTY] = "SELECT c.id, c.first_seed FROM chain c WHERE c.live = 1 AND"
	    " NOT EXISTS (SELECT 1 FROM chain_member m WHERE"
	    " m.chain = c.chain) ORDER BY c.id",
	[HELD] = "SELECT 1 FROM event WHERE ev = ?",
	[COUNTS] = "SELECT (SELECT count(*) FROM event),"
	    " (SELECT count(*) FROM variant), (SELECT count(*) FROM unlink),"
	    " (SELECT count(*) FROM chain),"
	    " (SELECT count(*) FROM chain_version),"
	    " (SELECT count(*) FROM chain_note),"
	    " (SELECT coalesce(max(seq), 0) FROM change)",
	[BODIES] = "SELECT chain, version, body FROM chain_version",
	[BODY_SET] = "UPDATE chain_version SET body = ? WHERE chain = ?"
	    " AND version = ?",
};

/* Tables that are copied as they are, column by column: `i` integer, `r` real,
 * `t` text, `b` blob, `B` blob or NULL. */
static const struct copied {
	const char *read, *write, *columns;
} copied[] = {
	{ "SELECT a, b, who, at FROM unlink",
	    "INSERT INTO unlink (a, b, who, at) VALUES (?, ?, ?, ?)", "iiti" },
	{ "SELECT chain, id, first_seed, version, score, live, status,"
	    " assignee, ticket, disposition FROM chain",
	    "INSERT INTO chain (chain, id, first_seed, version, score, live,"
	    " status, assignee, ticket, disposition)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "ibiiritttt" },
	{ "SELECT chain, version, at, change, diff, grade, score,"
	    " provable_share, seeds, seeds_proven, root, first, last, tactics,"
	    " title, techniques, body FROM chain_version",
	    "INSERT INTO chain_version (chain, version, at, change, diff,"
	    " grade, score, provable_share, seeds, seeds_proven, root, first,"
	    " last, tactics, title, techniques, body)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    "iiittirriiiiiittb" },
	{ "SELECT seq, chain, at, who, what, text FROM chain_note",
	    "INSERT INTO chain_note (seq, chain, at, who, what, text)"
	    " VALUES (?, ?, ?, ?, ?, ?)", "iiittt" },
	{ "SELECT seq, id, chain, version, at, who, audience, grade, score,"
	    " title, model, fallback, size, body FROM investigation",
	    "INSERT INTO investigation (seq, id, chain, version, at, who,"
	    " audience, grade, score, title, model, fallback, size, body)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    "ibbiittirtttib" },
	{ "SELECT seq, at, kind, chain, data FROM change",
	    "INSERT INTO change (seq, at, kind, chain, data)"
	    " VALUES (?, ?, ?, ?, ?)", "iitBt" },
	{ "SELECT scope, key, at, body_sha256, status, content_type, body"
	    " FROM idem", "INSERT INTO idem (scope, key, at, body_sha256,"
	    " status, content_type, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
	    "ttibitb" },
	{ "SELECT name, number, text FROM meta WHERE name NOT IN"
	    " ('events', 'ruleset', 'ruleset_other')",
	    "INSERT OR IGNORE INTO meta (name, number, text)"
	    " VALUES (?, ?, ?)", "tit" },
};

/* ---- events ------------------------------------------------------------- */

static enum rc
next(struct graph *g, const char *text, int64_t after, int64_t *ev)
{
	struct query q = query_begin(g->db, text);

	query_put_int(&q, after);
	if (query_next(&q))
		*ev = query_int(&q, 0);
	return query_end(&q, RC_ABSENT);
}

enum rc
graph_event_next(struct graph *g, int64_t after, int64_t *ev)
{
	return next(g, sql[EVENT_NEXT], after, ev);
}

enum rc
graph_variant_next(struct graph *g, int64_t after, int64_t *ev)
{
	return next(g, sql[VARIANT_NEXT], after, ev);
}

enum rc
graph_events_marked(struct graph *g, struct arena *a, int64_t **ev, size_t *n)
{
	struct query q = query_begin(g->db, sql[MARKED]);
	int64_t *list = NULL;
	size_t room = 0;

	*n = 0;
	query_put_int(&q, EVENT_ALERT);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, *n + 1, sizeof(*list));
		list[(*n)++] = query_int(&q, 0);
	}
	*ev = list;
	return query_end(&q, RC_OK);
}

/* ---- copying ------------------------------------------------------------ */

static void
column_copy(struct query *to, const struct query *from, int col, char kind)
{
	struct str s;

	switch (kind) {
	case 'i':
		query_put_int(to, query_int(from, col));
		return;
	case 'r':
		query_put_num(to, query_num(from, col));
		return;
	case 't':
		query_put_str(to, query_str(from, col));
		return;
	default:
		s = query_str(from, col);
		if (kind == 'B' && s.p == NULL)
			query_put_null(to);
		else
			query_put_blob(to, s.p, s.len);
	}
}

static enum rc
table_copy(struct graph *to, struct graph *from, const struct copied *t)
{
	struct query q = query_begin(from->db, t->read);
	enum rc rc = RC_OK;
	int col;

	while (rc == RC_OK && query_next(&q)) {
		struct query put = query_begin(to->db, t->write);

		for (col = 0; t->columns[col] != '\0'; col++)
			column_copy(&put, &q, col, t->columns[col]);
		rc = query_run(&put);
	}
	if (rc != RC_OK) {
		(void)!query_end(&q, RC_OK);
		return rc;
	}
	return query_end(&q, RC_OK);
}

static enum rc
variant_put(struct graph *to, int64_t ev, const uint8_t digest[SHA256_LEN],
    struct str raw)
{
	struct place at;
	struct query q;
	enum rc rc = raws_put(to, raw, &at);

	if (rc != RC_OK)
		return rc;
	q = query_begin(to->db, sql[VARIANT_PUT]);
	query_put_int(&q, ev);
	query_put_blob(&q, digest, SHA256_LEN);
	query_put_int(&q, at.block);
	query_put_int(&q, at.start);
	query_put_int(&q, at.size);
	rc = query_run(&q);
	if (rc != RC_OK || db_changes(to->db) == 0)
		raws_undo(to, &at);
	return rc;
}

static bool
is_held(struct graph *g, int64_t ev)
{
	struct query q = query_begin(g->db, sql[HELD]);

	query_put_int(&q, ev);
	(void)query_next(&q);
	return query_end(&q, RC_ABSENT) == RC_OK;
}

static enum rc
variants_copy(struct graph *to, struct graph *from, struct arena *a,
    int64_t *left)
{
	struct query q = query_begin(from->db, sql[VARIANTS]);
	uint8_t digest[SHA256_LEN];
	struct place at;
	struct str raw;
	enum rc rc = RC_OK;

	while (rc == RC_OK && query_next(&q)) {
		arena_reset(a);
		if (!is_held(to, query_int(&q, 0))) {
			++*left;
			continue;
		}
		query_bytes(&q, 1, digest, sizeof(digest));
		at = (struct place){ query_int(&q, 2), query_int(&q, 3),
			query_int(&q, 4) };
		rc = raws_get(from, a, &at, &raw);
		if (rc == RC_OK)
			rc = variant_put(to, query_int(&q, 0), digest, raw);
	}
	if (rc != RC_OK) {
		(void)!query_end(&q, RC_OK);
		return rc;
	}
	return query_end(&q, RC_OK);
}

/* ---- entities in chains' bodies ------------------------------------------ */

static enum rc
via_again(struct graph *to, struct graph *from, struct arena *a,
    struct edge *edges, size_t n, bool *changed)
{
	struct entity e;
	int64_t id;
	size_t i;
	bool added;
	enum rc rc = RC_OK;

	for (i = 0; i < n && rc == RC_OK; i++) {
		if (edges[i].via == 0)
			continue;
		rc = graph_entity_get(from, a, edges[i].via, &e);
		if (rc == RC_OK)
			rc = graph_entity(to, e.kind, e.key, e.name, &id,
			    &added);
		if (rc != RC_OK || id == edges[i].via)
			continue;
		edges[i].via = id;
		*changed = true;
	}
	return rc;
}

static enum rc
body_set(struct graph *to, int64_t chain, int64_t version,
    const struct chain *c)
{
	struct buf body, packed;
	struct query q;
	enum rc rc;

	buf_init(&body, 256 << 20);
	buf_init(&packed, 256 << 20);
	chain_pack(c, &body);
	body_pack(buf_str(&body), &packed);
	q = query_begin(to->db, sql[BODY_SET]);
	query_put_blob(&q, packed.p, packed.len);
	query_put_int(&q, chain);
	query_put_int(&q, version);
	rc = query_run(&q);
	if (buf_bad(&body) || buf_bad(&packed))
		rc = RC_TOO_BIG;
	buf_release(&body);
	buf_release(&packed);
	return rc;
}

static enum rc
body_again(struct graph *to, struct graph *from, struct arena *a,
    const struct query *q)
{
	struct chain c = { 0 };
	bool changed = false;
	struct str body;
	enum rc rc = body_unpack(a, query_str(q, 2), &body);

	if (rc != RC_OK)
		return rc;
	if (!chain_unpack(a, body, &c))
		return RC_FAIL;
	rc = via_again(to, from, a, c.edges, c.n_edges, &changed);
	if (rc == RC_OK)
		rc = via_again(to, from, a, c.related, c.n_related, &changed);
	if (rc == RC_OK && changed)
		rc = body_set(to, query_int(q, 0), query_int(q, 1), &c);
	return rc;
}

static enum rc
bodies_again(struct graph *to, struct graph *from, struct arena *a)
{
	struct query q = query_begin(from->db, sql[BODIES]);
	enum rc rc = RC_OK;

	while (rc == RC_OK && query_next(&q)) {
		arena_reset(a);
		rc = body_again(to, from, a, &q);
	}
	if (rc != RC_OK) {
		(void)!query_end(&q, RC_OK);
		return rc;
	}
	return query_end(&q, RC_OK);
}

enum rc
graph_copy(struct graph *to, struct graph *from, int64_t *left)
{
	struct arena *a = arena_new();
	enum rc rc;
	size_t i;

	*left = 0;
	rc = variants_copy(to, from, a, left);

	for (i = 0; i < COUNT(copied) && rc == RC_OK; i++)
		rc = table_copy(to, from, &copied[i]);
	if (rc == RC_OK)
		rc = bodies_again(to, from, a);
	arena_free(a);
	to->unlinks = -1;
	return rc;
}

/* ---- afterwards ---------------------------------------------------------- */

enum rc
graph_chains_empty(struct graph *g, struct arena *a, struct chain_row **rows,
    size_t *n)
{
	struct query q = query_begin(g->db, sql[EMPTY]);
	struct chain_row *list = NULL;
	size_t room = 0;

	*n = 0;
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, *n + 1, sizeof(*list));
		memset(&list[*n], 0, sizeof(*list));
		query_bytes(&q, 0, list[*n].id, sizeof(list[*n].id));
		list[(*n)++].first_seed = query_int(&q, 1);
	}
	*rows = list;
	return query_end(&q, RC_OK);
}

enum rc
graph_counts(struct graph *g, int64_t out[GRAPH_COUNTS])
{
	struct query q = query_begin(g->db, sql[COUNTS]);
	int i;

	memset(out, 0, GRAPH_COUNTS * sizeof(*out));
	if (query_next(&q))
		for (i = 0; i < GRAPH_COUNTS; i++)
			out[i] = query_int(&q, i);
	return query_end(&q, RC_FAIL);
}
