/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One tenant's graph: its transactions and its small facts.
 *
 * Caches over the dictionaries live as long as nobody else writes: the number
 * that PRAGMA data_version gives changes whenever another connection has
 * committed, and it is read under the write lock, so nothing can slip between.
 */
#include "store/state.h"

#include <assert.h>
#include <unistd.h>

enum { META_GET, META_NUMBER, META_TEXT, META_ADD, DATA_VERSION };
static const char *const sql[] = {
	[META_GET] = "SELECT number, text FROM meta WHERE name = ?",
	[META_NUMBER] = "INSERT INTO meta (name, number) VALUES (?, ?)"
	    " ON CONFLICT (name) DO UPDATE SET number = excluded.number",
	[META_TEXT] = "INSERT INTO meta (name, text) VALUES (?, ?)"
	    " ON CONFLICT (name) DO UPDATE SET text = excluded.text",
	[META_ADD] = "INSERT INTO meta (name, number) VALUES (?, ?)"
	    " ON CONFLICT (name) DO UPDATE SET"
	    " number = number + excluded.number",
	[DATA_VERSION] = "PRAGMA data_version",
};

enum { REFS_MOST = 1 << 20 };

struct graph *
graph_open(struct db *db, int64_t tenant, size_t names)
{
	struct graph *g = mem_get(sizeof(*g));

	g->db = db;
	g->tenant = tenant;
	g->lock = -1;
	g->version = -1;
	g->unlinks = -1;
	cache_init(&g->words, names / 16);
	cache_init(&g->texts, names / 16);
	cache_init(&g->entities, names / 2);
	cache_init(&g->carriers, names * 3 / 16);
	cache_init(&g->counts, names * 3 / 16);
	cache_init(&g->nodes, SIZE_MAX);
	raws_init(&g->raws);
	buf_init(&g->refs, REFS_MOST);
	buf_init(&g->tags, REFS_MOST);
	view_init(g);
	return g;
}

void
graph_close(struct graph *g)
{
	if (g == NULL)
		return;
	db_close(g->db);
	cache_release(&g->words);
	cache_release(&g->texts);
	cache_release(&g->entities);
	cache_release(&g->carriers);
	cache_release(&g->counts);
	cache_release(&g->nodes);
	raws_release(&g->raws);
	buf_release(&g->refs);
	buf_release(&g->tags);
	if (g->lock >= 0)
		close(g->lock);
	mem_free(g);
}

void
graph_forget(struct graph *g)
{
	cache_clear(&g->words);
	cache_clear(&g->texts);
	cache_clear(&g->entities);
	cache_clear(&g->carriers);
	cache_clear(&g->counts);
	graph_view_reset(g);
}

size_t
graph_cached(const struct graph *g)
{
	return db_cached(g->db) + cache_bytes(&g->words) +
	    cache_bytes(&g->texts) + cache_bytes(&g->entities) +
	    cache_bytes(&g->carriers) + cache_bytes(&g->counts);
}

void
graph_shed(struct graph *g)
{
	size_t i;

	graph_forget(g);
	for (i = 0; i < BLOCKS_CACHED; i++) {
		buf_release(&g->raws.cached[i].data);
		g->raws.cached[i].block = 0;
	}
	db_shed(g->db);
}

int64_t
graph_data_version(struct graph *g)
{
	struct query q = query_begin(g->db, sql[DATA_VERSION]);
	int64_t version = query_next(&q) ? query_int(&q, 0) : 0;

	return query_end(&q, RC_FAIL) == RC_OK ? version : 0;
}

enum rc
graph_look(struct graph *g)
{
	assert(!db_writing(g->db));
	return db_exec(g->db, "BEGIN");
}

enum rc
graph_look_end(struct graph *g)
{
	return db_exec(g->db, "COMMIT");
}

enum rc
graph_begin(struct graph *g, bool *foreign)
{
	int64_t version;
	bool moved = true;
	enum rc rc = RC_OK;

	/* Under the lock, since a rebuild takes it before it puts another file
	 * in this one's place: what we write must not go to the old one. */
	while (rc == RC_OK && moved) {
		rc = db_begin(g->db);
		if (rc == RC_OK)
			rc = graph_follow(g, &moved);
	}
	if (rc != RC_OK) {
		db_rollback(g->db);
		return rc;
	}
	version = graph_data_version(g);
	*foreign = version == 0 || version != g->version;
	g->version = version;
	if (*foreign)
		graph_forget(g);
	return RC_OK;
}

static enum rc
events_count(struct graph *g)
{
	struct query q;

	if (g->events_added == 0)
		return RC_OK;
	q = query_begin(g->db, sql[META_ADD]);
	query_put_str(&q, STR("events"));
	query_put_int(&q, g->events_added);
	return query_run(&q);
}

enum rc
graph_commit(struct graph *g)
{
	enum rc rc = raws_flush(g);

	if (rc == RC_OK)
		rc = events_count(g);
	if (rc == RC_OK)
		rc = db_commit(g->db);
	if (rc != RC_OK)
		graph_rollback(g);
	g->events_added = 0;
	return rc;
}

void
graph_rollback(struct graph *g)
{
	db_rollback(g->db);
	g->events_added = 0;
	raws_forget(&g->raws);
	graph_forget(g);
}

void
graph_checkpoint(struct graph *g)
{
	db_checkpoint(g->db);
}

int64_t
graph_number(struct graph *g, const char *name)
{
	struct query q = query_begin(g->db, sql[META_GET]);
	struct str key = str_of(name);
	int64_t n;

	query_put_str(&q, key);
	n = query_next(&q) ? query_int(&q, 0) : 0;
	if (query_end(&q, RC_OK) != RC_OK)
		n = 0;
	return str_is(key, "events") ? n + g->events_added : n;
}

enum rc
graph_set_number(struct graph *g, const char *name, int64_t n)
{
	struct query q = query_begin(g->db, sql[META_NUMBER]);

	query_put_str(&q, str_of(name));
	query_put_int(&q, n);
	if (str_is(str_of(name), "events"))
		g->events_added = 0;
	return query_run(&q);
}

struct str
graph_text(struct graph *g, struct arena *a, const char *name)
{
	struct query q = query_begin(g->db, sql[META_GET]);
	struct str text = { 0 };

	query_put_str(&q, str_of(name));
	if (query_next(&q))
		text = str_dup(a, query_str(&q, 1));
	return query_end(&q, RC_OK) == RC_OK ? text : (struct str){ 0 };
}

enum rc
graph_set_text(struct graph *g, const char *name, struct str text)
{
	struct query q = query_begin(g->db, sql[META_TEXT]);

	query_put_str(&q, str_of(name));
	query_put_str(&q, text);
	return query_run(&q);
}
