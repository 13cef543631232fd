/* SPDX-License-Identifier: Apache-2.0 */
/* The dictionary of words that repeat. Words are never changed or dropped. */
#include "store/state.h"

#include "base/hash.h"

enum { WORD_FIND, WORD_ADD, WORD_TEXT };
static const char *const sql[] = {
	[WORD_FIND] = "SELECT id FROM word WHERE text = ?",
	[WORD_ADD] = "INSERT INTO word (text) VALUES (?)",
	[WORD_TEXT] = "SELECT text FROM word WHERE id = ?",
};

struct known_word {
	int64_t id;
	struct str text;
};

static void
remember(struct cache *c, uint64_t hash, int64_t id, struct str text)
{
	struct known_word *w = cache_add(c, hash, sizeof(*w));

	w->id = id;
	w->text = str_dup(c->mem, text);
}

static enum rc
find(struct graph *g, struct str word, uint64_t hash, int64_t *id)
{
	const struct known_word *w = cache_get(&g->words, hash);
	struct query q;
	enum rc rc;

	if (w != NULL && str_eq(w->text, word)) {
		*id = w->id;
		return RC_OK;
	}
	q = query_begin(g->db, sql[WORD_FIND]);
	query_put_str(&q, word);
	if (query_next(&q))
		*id = query_int(&q, 0);
	rc = query_end(&q, RC_ABSENT);
	if (rc == RC_OK)
		remember(&g->words, hash, *id, word);
	return rc;
}

enum rc
graph_word(struct graph *g, struct str word, int64_t *id)
{
	uint64_t hash = hash_table(word.p, word.len);
	struct query q;
	enum rc rc = find(g, word, hash, id);

	if (rc != RC_ABSENT)
		return rc;
	q = query_begin(g->db, sql[WORD_ADD]);
	query_put_str(&q, word);
	rc = query_run(&q);
	if (rc != RC_OK)
		return rc;
	*id = db_last_id(g->db);
	remember(&g->words, hash, *id, word);
	return RC_OK;
}

int64_t
graph_word_find(struct graph *g, struct str word)
{
	int64_t id = 0;

	return find(g, word, hash_table(word.p, word.len), &id) == RC_OK ?
	    id : 0;
}

struct str
graph_word_text(struct graph *g, struct arena *a, int64_t id)
{
	const struct known_word *w = cache_get(&g->texts, (uint64_t)id);
	struct str text = { 0 };
	struct query q;

	if (w != NULL)
		return str_dup(a, w->text);
	q = query_begin(g->db, sql[WORD_TEXT]);
	query_put_int(&q, id);
	if (query_next(&q)) {
		text = str_dup(a, query_str(&q, 0));
		remember(&g->texts, (uint64_t)id, id, text);
	}
	return query_end(&q, RC_OK) == RC_OK ? text : (struct str){ 0 };
}
