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
#include <string.h>

#include "base/hash.h"

enum { FIND, ADD, RENAME, GET, BY_REF, EQUAL, BEGINS };
#define COLUMNS "SELECT id, kind, key, coalesce(name, key) FROM entity "
#define BOTH(cond) COLUMNS "WHERE id IN (" \
    "SELECT id FROM entity WHERE key COLLATE NOCASE " cond " UNION " \
    "SELECT id FROM entity WHERE name IS NOT NULL AND" \
    " name COLLATE NOCASE " cond ") ORDER BY id LIMIT ?3"
static const char *const sql[] = {
	[FIND] = "SELECT id, name FROM entity WHERE ref = ?",
	[ADD] = "INSERT INTO entity (kind, ref, key, name)"
	    " VALUES (?, ?, ?, ?)",
	[RENAME] = "UPDATE entity SET name = ? WHERE id = ?",
	[GET] = COLUMNS "WHERE id = ?",
	[BY_REF] = COLUMNS "WHERE ref = ?",
	[EQUAL] = BOTH("= ?1 AND ?2 = ?2"),
	/* ?2 is ?1 with the last character there is behind it. */
	[BEGINS] = BOTH("BETWEEN ?1 AND ?2"),
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
find(struct graph *g, struct known_entity *e, struct known_entity **known)
{
	uint8_t ref[ID_LEN];
	struct query q = query_begin(g->db, sql[FIND]);

	ref_of(e->kind, e->key, ref);
	query_put_blob(&q, ref, sizeof(ref));
	if (query_next(&q)) {
		e->id = query_int(&q, 0);
		e->name = query_str(&q, 1);
		*known = remember(g, e);
	}
	return query_end(&q, RC_ABSENT);
}

static enum rc
add(struct graph *g, struct known_entity *e)
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
	if (rc == RC_OK) {
		e->id = db_last_id(g->db);
		remember(g, e);
	}
	return rc;
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
	enum rc rc = RC_OK;

	assert(db_writing(g->db));
	if (str_eq(key, name))
		name.len = 0;
	known = cache_get(&g->entities, hash_of(kind, key));
	if (known == NULL || known->kind != kind || !str_eq(known->key, key))
		rc = find(g, &e, &known);
	if (rc == RC_OK) {
		*added = false;
		*id = known->id;
		return rename_if_smaller(g, known, name);
	}
	if (rc != RC_ABSENT)
		return rc;
	e.name = name;
	rc = add(g, &e);
	if (rc != RC_OK)
		return rc;
	*id = e.id;
	*added = true;
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

enum rc
graph_entities_named(struct graph *g, struct arena *a, struct str text,
    bool prefix, size_t most, struct entity **e, size_t *n)
{
	struct query q = query_begin(g->db, sql[prefix ? BEGINS : EQUAL]);
	struct str end = str_printf(a, "%.*s\xf4\x8f\xbf\xbf", STR_ARG(text));
	struct entity *list = NULL;
	size_t room = 0, many = 0;
	enum rc rc;

	query_put_str(&q, text);
	query_put_str(&q, end);
	query_put_int(&q, (int64_t)most);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		entity_read(&q, a, &list[many++]);
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*e = list;
	*n = many;
	return RC_OK;
}
