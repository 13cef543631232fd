/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entities: interned by (kind, key), found again by a digest of the two, which
 * is also the reference that answers show.
 *
 * Sources name one entity differently ("svchost.exe" here, a path there), and
 * what is shown must not depend on who came first: of all names given, the
 * smallest in byte order stands. A name equal to the key counts as none.
 */
#include "store/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { FIND, ADD, RENAME, GET, BY_REF, EQUAL, BEGINS };
#define COLUMNS "SELECT id, kind, key, coalesce(name, key) FROM entity "
#define SHOWN "WHERE coalesce(name, key) COLLATE NOCASE "
static const char *const sql[] = {
	[FIND] = "SELECT id, name FROM entity WHERE ref = ?",
	[ADD] = "INSERT INTO entity (kind, ref, key, name)"
	    " VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
	[RENAME] = "UPDATE entity SET name = ? WHERE id = ?",
	[GET] = COLUMNS "WHERE id = ?",
	[BY_REF] = COLUMNS "WHERE ref = ?",
	[EQUAL] = COLUMNS SHOWN "= ? ORDER BY id LIMIT ?",
	[BEGINS] = COLUMNS SHOWN "BETWEEN ? AND ? ORDER BY id LIMIT ?",
};

struct known_entity {
	int64_t id;
	enum kind kind;
	struct str key, name;		/* name empty: none but the key */
};

static void
ref_of(enum kind kind, struct str key, uint8_t ref[ID_LEN])
{
	uint8_t digest[SHA256_LEN], tag = (uint8_t)kind;
	struct sha256_state s;

	sha256_begin(&s);
	sha256_add(&s, &tag, 1);
	sha256_add_field(&s, key);
	sha256_end(&s, digest);
	memcpy(ref, digest, ID_LEN);
}

void
entity_ref_text(enum kind kind, struct str key, char out[31])
{
	uint8_t ref[ID_LEN];

	ref_of(kind, key, ref);
	memcpy(out, "ent_", 4);
	base32_text(ref, out + 4);
}

/* ---- interning --------------------------------------------------------- */

static uint64_t
hash_of(enum kind kind, struct str key)
{
	return hash_table(key.p, key.len) ^
	    (uint64_t)kind * 0x9e3779b97f4a7c15u;
}

static struct known_entity *
remember(struct graph *g, const struct known_entity *e)
{
	struct cache *c = &g->entities;
	struct known_entity *k = cache_add(c, hash_of(e->kind, e->key),
	    sizeof(*k));

	*k = *e;
	k->key = str_dup(c->mem, e->key);
	k->name = str_dup(c->mem, e->name);
	return k;
}

static enum rc
find(struct graph *g, struct known_entity *e, const uint8_t ref[ID_LEN],
    struct known_entity **known)
{
	struct query q = query_begin(g->db, sql[FIND]);

	query_put_blob(&q, ref, ID_LEN);
	if (query_next(&q)) {
		e->id = query_int(&q, 0);
		e->name = query_str(&q, 1);
		*known = remember(g, e);
	}
	return query_end(&q, RC_FAIL);
}

/* Who is not in the cache is new more often than not: so insert, and look only
 * if it was there. */
static enum rc
add(struct graph *g, struct known_entity *e, struct known_entity **known,
    bool *added)
{
	uint8_t ref[ID_LEN];
	struct query q = query_begin(g->db, sql[ADD]);
	enum rc rc;

	ref_of(e->kind, e->key, ref);
	query_put_int(&q, e->kind);
	query_put_blob(&q, ref, sizeof(ref));
	query_put_str(&q, e->key);
	if (e->name.len != 0)
		query_put_str(&q, e->name);
	else
		query_put_null(&q);
	rc = query_run(&q);
	if (rc != RC_OK)
		return rc;
	*added = db_changes(g->db) != 0;
	if (!*added)
		return find(g, e, ref, known);
	e->id = db_last_id(g->db);
	*known = remember(g, e);
	carriers_none(g, e->id);
	return RC_OK;
}

static enum rc
rename_if_smaller(struct graph *g, struct known_entity *known, struct str name)
{
	struct query q;

	if (name.len == 0 ||
	    (known->name.len != 0 && str_cmp(name, known->name) >= 0))
		return RC_OK;
	known->name = str_dup(g->entities.mem, name);
	q = query_begin(g->db, sql[RENAME]);
	query_put_str(&q, name);
	query_put_int(&q, known->id);
	return query_run(&q);
}

enum rc
graph_entity(struct graph *g, enum kind kind, struct str key, struct str name,
    int64_t *id, bool *added)
{
	struct known_entity e = { .kind = kind, .key = key }, *known;
	bool is_new = false;
	enum rc rc = RC_OK;

	assert(db_writing(g->db));
	if (!str_eq(key, name))
		e.name = name;
	known = cache_get(&g->entities, hash_of(kind, key));
	name = e.name;
	if (known == NULL || known->kind != kind || !str_eq(known->key, key))
		rc = add(g, &e, &known, &is_new);
	if (rc == RC_OK && !is_new)
		rc = rename_if_smaller(g, known, name);
	if (rc != RC_OK)
		return rc;
	*id = known->id;
	*added = is_new;
	return RC_OK;
}

/* ---- looking up -------------------------------------------------------- */

static void
entity_read(struct query *q, struct arena *a, struct entity *e)
{
	e->id = query_int(q, 0);
	e->kind = (enum kind)query_int(q, 1);
	e->key = str_dup(a, query_str(q, 2));
	e->name = str_dup(a, query_str(q, 3));
	entity_ref_text(e->kind, e->key, e->ref);
}

enum rc
graph_entity_get(struct graph *g, struct arena *a, int64_t id, struct entity *e)
{
	struct query q = query_begin(g->db, sql[GET]);

	query_put_int(&q, id);
	if (query_next(&q))
		entity_read(&q, a, e);
	return query_end(&q, RC_ABSENT);
}

enum rc
graph_entity_by_ref(struct graph *g, struct arena *a, struct str ref,
    struct entity *e)
{
	uint8_t bytes[ID_LEN];
	struct query q;

	if (!str_starts(ref, "ent_") ||
	    !base32_parse(str_sub(ref, 4, ref.len), bytes))
		return RC_ABSENT;
	q = query_begin(g->db, sql[BY_REF]);
	query_put_blob(&q, bytes, sizeof(bytes));
	if (query_next(&q))
		entity_read(&q, a, e);
	return query_end(&q, RC_ABSENT);
}

struct found {
	struct entity *e;
	size_t n, room;
};

static struct entity *
found_add(struct found *f, struct arena *a)
{
	f->e = arena_grow(a, f->e, &f->room, f->n + 1, sizeof(*f->e));
	return &f->e[f->n++];
}

/* By what is shown, which is the one thing that is indexed. */
static enum rc
find_shown(struct graph *g, struct arena *a, struct str text, bool prefix,
    size_t most, struct found *f)
{
	struct query q = query_begin(g->db, sql[prefix ? BEGINS : EQUAL]);
	/* The last character there is: nothing that begins so is greater. */
	struct str end = str_printf(a, "%.*s\xf4\x8f\xbf\xbf", STR_ARG(text));

	query_put_str(&q, text);
	if (prefix)
		query_put_str(&q, end);
	query_put_int(&q, (int64_t)most);
	while (query_next(&q))
		entity_read(&q, a, found_add(f, a));
	return query_end(&q, RC_OK);
}

/* By key: try every kind. Keys are lower case where case means nothing. */
static enum rc
find_keyed(struct graph *g, struct arena *a, struct str key, struct found *f)
{
	uint8_t ref[ID_LEN];
	enum rc rc = RC_OK;
	int kind;

	for (kind = KIND_NONE + 1; kind < KIND__MAX && rc == RC_OK; kind++) {
		struct query q = query_begin(g->db, sql[BY_REF]);

		ref_of((enum kind)kind, key, ref);
		query_put_blob(&q, ref, sizeof(ref));
		if (query_next(&q))
			entity_read(&q, a, found_add(f, a));
		rc = query_end(&q, RC_OK);
	}
	return rc;
}

static int
by_id(const void *a, const void *b)
{
	int64_t x = ((const struct entity *)a)->id;
	int64_t y = ((const struct entity *)b)->id;

	return (x > y) - (x < y);
}

static void
sort_out(struct found *f)
{
	size_t i, kept = 0;

	if (f->n == 0)
		return;
	qsort(f->e, f->n, sizeof(*f->e), by_id);
	for (i = 0; i < f->n; i++)
		if (kept == 0 || f->e[kept - 1].id != f->e[i].id)
			f->e[kept++] = f->e[i];
	f->n = kept;
}

enum rc
graph_entities_named(struct graph *g, struct arena *a, struct str text,
    bool prefix, size_t most, struct entity **e, size_t *n)
{
	struct found f = { 0 };
	struct str low = str_lower(a, text);
	enum rc rc = find_shown(g, a, text, prefix, most, &f);

	if (rc == RC_OK)
		rc = find_keyed(g, a, text, &f);
	if (rc == RC_OK && !str_eq(low, text))
		rc = find_keyed(g, a, low, &f);
	if (rc != RC_OK)
		return rc;
	sort_out(&f);
	*e = f.e;
	*n = f.n < most ? f.n : most;
	return RC_OK;
}
