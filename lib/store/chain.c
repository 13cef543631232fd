/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chains as they are written: a row for every chain there ever was, a row for
 * each of its versions, and who is in it now. Putting a version touches only
 * the members that came or went, since a chain of thousands grows by few.
 */
#include "store/state.h"

#include <stdlib.h>
#include <string.h>

enum { FIND, ADD, UPDATE, RETIRE, VERSION_ADD, VERSION_COPY, BODY, MEMBERS,
	MEMBER_ADD, MEMBER_DROP, ENTITIES, ENTITY_ADD, ENTITY_DROP, STATUS,
	ASSIGNEE, TICKET, DISPOSITION, NOTE_ADD };
static const char *const sql[] = {
	[FIND] = "SELECT chain, version FROM chain WHERE id = ?",
	[ADD] = "INSERT INTO chain (id, first_seed, version, score, live,"
	    " status, assignee, ticket, disposition)"
	    " VALUES (?, ?, 1, ?, 1, '', '', '', '')",
	[UPDATE] = "UPDATE chain SET first_seed = ?, version = ?, score = ?,"
	    " live = 1 WHERE chain = ?",
	[RETIRE] = "UPDATE chain SET version = ?, live = 0 WHERE chain = ?",
	[VERSION_ADD] = "INSERT INTO chain_version (chain, version, at, change,"
	    " diff, grade, score, provable_share, seeds, seeds_proven, root,"
	    " first, last, tactics, title, techniques, body)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[VERSION_COPY] = "INSERT INTO chain_version (chain, version, at,"
	    " change, diff, grade, score, provable_share, seeds, seeds_proven,"
	    " root, first, last, tactics, title, techniques, body)"
	    " SELECT chain, version + 1, ?, ?, ?, grade, score,"
	    " provable_share, seeds, seeds_proven, root, first, last, tactics,"
	    " title, techniques, body FROM chain_version"
	    " WHERE chain = ? AND version = ?",
	[BODY] = "UPDATE chain_version SET body = ? WHERE chain = ?"
	    " AND version = ?",
	[MEMBERS] = "SELECT ev FROM chain_member WHERE chain = ? ORDER BY ev",
	[MEMBER_ADD] = "INSERT INTO chain_member (chain, ev) VALUES (?, ?)",
	[MEMBER_DROP] = "DELETE FROM chain_member WHERE chain = ? AND ev = ?",
	[ENTITIES] = "SELECT entity FROM chain_entity WHERE chain = ?"
	    " ORDER BY entity",
	[ENTITY_ADD] = "INSERT INTO chain_entity (chain, entity)"
	    " VALUES (?, ?)",
	[ENTITY_DROP] = "DELETE FROM chain_entity WHERE chain = ?"
	    " AND entity = ?",
	[STATUS] = "UPDATE chain SET status = ? WHERE chain = ?",
	[ASSIGNEE] = "UPDATE chain SET assignee = ? WHERE chain = ?",
	[TICKET] = "UPDATE chain SET ticket = ? WHERE chain = ?",
	[DISPOSITION] = "UPDATE chain SET disposition = ? WHERE chain = ?",
	[NOTE_ADD] = "INSERT INTO chain_note (chain, at, who, what, text)"
	    " VALUES (?, ?, ?, ?, ?)",
};
enum { BODY_MOST = 256 << 20 };

static enum rc
find(struct graph *g, const uint8_t id[16], int64_t *chain, int64_t *version)
{
	struct query q = query_begin(g->db, sql[FIND]);

	query_put_blob(&q, id, 16);
	if (query_next(&q)) {
		*chain = query_int(&q, 0);
		*version = query_int(&q, 1);
	}
	return query_end(&q, RC_ABSENT);
}

/* ---- who is in it ------------------------------------------------------ */

static enum rc
pair_run(struct graph *g, const char *text, int64_t chain, int64_t what)
{
	struct query q = query_begin(g->db, text);

	query_put_int(&q, chain);
	query_put_int(&q, what);
	return query_run(&q);
}

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* A sorted copy without repeats. */
static int64_t *
sorted(struct arena *a, const int64_t *list, size_t *n)
{
	int64_t *copy = arena_array(a, *n, sizeof(*copy));
	size_t i, kept = 0;

	if (*n == 0)
		return copy;
	memcpy(copy, list, *n * sizeof(*copy));
	qsort(copy, *n, sizeof(*copy), by_number);
	for (i = 0; i < *n; i++)
		if (kept == 0 || copy[kept - 1] != copy[i])
			copy[kept++] = copy[i];
	*n = kept;
	return copy;
}

static enum rc
read_list(struct graph *g, struct arena *a, const char *text, int64_t chain,
    int64_t **list, size_t *n)
{
	struct query q = query_begin(g->db, text);
	size_t room = 0;

	query_put_int(&q, chain);
	while (query_next(&q)) {
		*list = arena_grow(a, *list, &room, *n + 1, sizeof(**list));
		(*list)[(*n)++] = query_int(&q, 0);
	}
	return query_end(&q, RC_OK);
}

/* What stands in the table becomes `list`; texts are [list, add, drop]. */
static enum rc
list_replace(struct graph *g, int64_t chain, const char *const text[3],
    const int64_t *list, size_t n)
{
	struct arena *a = arena_new();
	int64_t *old = NULL, *now = sorted(a, list, &n);
	size_t n_old = 0, i = 0, j = 0;
	enum rc rc = read_list(g, a, text[0], chain, &old, &n_old);

	while (rc == RC_OK && (i < n_old || j < n)) {
		if (j == n || (i < n_old && old[i] < now[j]))
			rc = pair_run(g, text[2], chain, old[i++]);
		else if (i == n_old || now[j] < old[i])
			rc = pair_run(g, text[1], chain, now[j++]);
		else
			i++, j++;
	}
	arena_free(a);
	return rc;
}

static enum rc
lists_replace(struct graph *g, int64_t chain, const int64_t *members,
    size_t n_members, const int64_t *entities, size_t n_entities)
{
	const char *const of_members[3] = { sql[MEMBERS], sql[MEMBER_ADD],
		sql[MEMBER_DROP] };
	const char *const of_entities[3] = { sql[ENTITIES], sql[ENTITY_ADD],
		sql[ENTITY_DROP] };
	enum rc rc = list_replace(g, chain, of_members, members, n_members);

	return rc == RC_OK ? list_replace(g, chain, of_entities, entities,
	    n_entities) : rc;
}

/* ---- versions ---------------------------------------------------------- */

static enum rc
row_put(struct graph *g, const struct chain_row *row, int64_t *chain,
    int64_t *version)
{
	struct query q;
	enum rc rc = find(g, row->id, chain, version);

	if (rc == RC_ABSENT) {
		q = query_begin(g->db, sql[ADD]);
		query_put_blob(&q, row->id, sizeof(row->id));
		query_put_int(&q, row->first_seed);
		query_put_num(&q, row->score);
		rc = query_run(&q);
		*chain = db_last_id(g->db);
		*version = 1;
		return rc;
	}
	if (rc != RC_OK)
		return rc;
	++*version;
	q = query_begin(g->db, sql[UPDATE]);
	query_put_int(&q, row->first_seed);
	query_put_int(&q, *version);
	query_put_num(&q, row->score);
	query_put_int(&q, *chain);
	return query_run(&q);
}

struct version_key {
	int64_t chain, version, now_ns;
	struct str change, diff;
};

static enum rc
version_put(struct graph *g, const struct version_key *k,
    const struct chain_row *row)
{
	struct query q = query_begin(g->db, sql[VERSION_ADD]);
	struct buf packed;
	enum rc rc;

	buf_init(&packed, BODY_MOST);
	body_pack(row->body, &packed);
	query_put_int(&q, k->chain);
	query_put_int(&q, k->version);
	query_put_int(&q, k->now_ns);
	query_put_str(&q, k->change);
	query_put_str(&q, k->diff);
	query_put_int(&q, row->grade);
	query_put_num(&q, row->score);
	query_put_num(&q, row->provable_share);
	query_put_int(&q, row->seeds);
	query_put_int(&q, row->seeds_proven);
	query_put_int(&q, row->root);
	query_put_int(&q, row->first_ns);
	query_put_int(&q, row->last_ns);
	query_put_int(&q, row->tactics);
	query_put_str(&q, row->title);
	query_put_str(&q, row->techniques);
	query_put_blob(&q, packed.p, packed.len);
	rc = query_run(&q);
	if (buf_bad(&packed))
		rc = RC_TOO_BIG;
	buf_release(&packed);
	return rc;
}

enum rc
graph_chain_put(struct graph *g, struct chain_row *row,
    const int64_t *members, size_t n_members, const int64_t *entities,
    size_t n_entities, struct str change, struct str diff, int64_t now_ns)
{
	struct version_key k = { .now_ns = now_ns, .change = change,
		.diff = diff };
	enum rc rc = row_put(g, row, &k.chain, &k.version);

	if (rc == RC_OK)
		rc = version_put(g, &k, row);
	if (rc == RC_OK)
		rc = lists_replace(g, k.chain, members, n_members, entities,
		    n_entities);
	if (rc != RC_OK)
		return rc;
	row->version = k.version;
	row->updated_ns = now_ns;
	row->live = true;
	return RC_OK;
}

enum rc
graph_chain_relist(struct graph *g, const uint8_t id[16],
    const int64_t *members, size_t n_members, const int64_t *entities,
    size_t n_entities)
{
	int64_t chain = 0, version = 0;
	enum rc rc = find(g, id, &chain, &version);

	return rc == RC_OK ? lists_replace(g, chain, members, n_members,
	    entities, n_entities) : rc;
}

enum rc
graph_chain_retire(struct graph *g, const uint8_t id[16], struct str change,
    struct str diff, int64_t now_ns)
{
	int64_t chain = 0, version = 0;
	struct query q;
	enum rc rc = find(g, id, &chain, &version);

	if (rc != RC_OK)
		return rc;
	q = query_begin(g->db, sql[VERSION_COPY]);
	query_put_int(&q, now_ns);
	query_put_str(&q, change);
	query_put_str(&q, diff);
	query_put_int(&q, chain);
	query_put_int(&q, version);
	rc = query_run(&q);
	if (rc == RC_OK)
		rc = pair_run(g, sql[RETIRE], version + 1, chain);
	return rc == RC_OK ? lists_replace(g, chain, NULL, 0, NULL, 0) : rc;
}

/* ---- analysts' words --------------------------------------------------- */

static const struct {
	const char *what;
	int text;		/* -1: kept as a note alone */
} words[] = {
	{ "status", STATUS },
	{ "assignee", ASSIGNEE },
	{ "ticket", TICKET },
	{ "disposition", DISPOSITION },
	{ "note", -1 },
};

static enum rc
word_set(struct graph *g, int64_t chain, struct str what, struct str text)
{
	struct query q;
	size_t i = 0;

	while (i < COUNT(words) && !str_is(what, words[i].what))
		i++;
	if (i == COUNT(words))
		return RC_INVALID;
	if (words[i].text < 0)
		return RC_OK;
	q = query_begin(g->db, sql[words[i].text]);
	query_put_str(&q, text);
	query_put_int(&q, chain);
	return query_run(&q);
}

enum rc
graph_chain_say(struct graph *g, const uint8_t id[16], struct str who,
    struct str what, struct str text, int64_t now_ns)
{
	int64_t chain = 0, version = 0;
	struct query q;
	enum rc rc = find(g, id, &chain, &version);

	if (rc == RC_OK)
		rc = word_set(g, chain, what, text);
	if (rc != RC_OK)
		return rc;
	q = query_begin(g->db, sql[NOTE_ADD]);
	query_put_int(&q, chain);
	query_put_int(&q, now_ns);
	query_put_str(&q, who);
	query_put_str(&q, what);
	query_put_str(&q, text);
	return query_run(&q);
}

enum rc
graph_chain_body(struct graph *g, const uint8_t id[16], struct str body)
{
	int64_t chain = 0, version = 0;
	enum rc rc = find(g, id, &chain, &version);
	struct buf packed;
	struct query q;

	if (rc != RC_OK)
		return rc;
	buf_init(&packed, BODY_MOST);
	body_pack(body, &packed);
	q = query_begin(g->db, sql[BODY]);
	query_put_blob(&q, packed.p, packed.len);
	query_put_int(&q, chain);
	query_put_int(&q, version);
	rc = query_run(&q);
	if (buf_bad(&packed))
		rc = RC_TOO_BIG;
	buf_release(&packed);
	return rc;
}
