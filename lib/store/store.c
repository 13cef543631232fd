/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the store and, through a small LRU, its tenants' graphs. */
#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "store/hooks.h"
#include "store/schema.h"
#include "store/state.h"

enum { CONTROL_KIB = 1024, CACHE_STANDARD = 64 << 20, PATH_LEN = 4096 };

/*
 * What the caches may hold, of struct store's `cache` bytes: one graph half of
 * it in pages and an eighth in names; all the others together what is left.
 * More pages are of no use while taking in (measured: a million events are
 * taken in as fast with 32 MiB as with 128), since the system caches the file.
 */
static size_t pages_of(const struct store *st) { return st->cache / 2; }
static size_t others_of(const struct store *st) { return st->cache / 8 * 3; }
size_t store_names(const struct store *st) { return st->cache / 8; }

/* The tool run as root must leave nothing behind that the responders cannot
 * open: it becomes the owner of DATA first. */
enum rc
store_owner(const char *data)
{
	struct stat s;

	if (geteuid() != 0 || stat(data, &s) != 0 || s.st_uid == 0)
		return RC_OK;
	if (setgroups(0, NULL) == 0 && setegid(s.st_gid) == 0 &&
	    seteuid(s.st_uid) == 0)
		return RC_OK;
	log_err("cannot become the owner of %s: %s", data, strerror(errno));
	return RC_FAIL;
}

static enum rc
folder_make(const char *path)
{
	if (file_folder(path, FOLDER_MODE))
		return RC_OK;
	log_err("cannot make %s: %s", path, strerror(errno));
	return errno == ENOSPC || errno == EDQUOT ? RC_BUSY : RC_FAIL;
}

static enum rc
control_open(struct store *st, bool create)
{
	const struct schema *schema = &schemas[SCHEMA_CONTROL];
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s/control.db", st->data);
	return db_open(&(struct db_want){ .path = path, .create = create,
	    .durable = true, .steps = schema->steps, .n_steps = schema->n,
	    .cache_kib = CONTROL_KIB }, &st->control);
}

enum rc
store_open(const char *data, bool create, struct store **out)
{
	struct store *st;
	enum rc rc = store_owner(data);

	if (rc == RC_OK && strlen(data) > PATH_LEN / 2)
		rc = RC_FAIL;
	if (rc == RC_OK && create)
		rc = folder_make(data);
	if (rc != RC_OK)
		return rc;
	st = mem_get(sizeof(*st));
	st->data = mem_copy(data, strlen(data));
	st->sending = -1;
	st->cache = CACHE_STANDARD;
	store_keep_open(st, GRAPHS_OPEN_MAX);
	rc = control_open(st, create);
	if (rc == RC_OK)
		rc = limits_open(st);
	if (rc == RC_OK)
		*out = st;
	else
		store_close(st);
	return rc;
}

void
store_close(struct store *st)
{
	size_t i;

	if (st == NULL)
		return;
	for (i = 0; i < st->graphs_most; i++)
		graph_close(st->graph[i]);
	mem_free(st->graph);
	db_close(st->control);
	db_close(st->limits);
	db_close(st->hooks);
	if (st->sending >= 0)
		close(st->sending);
	mem_free(st->data);
	mem_free(st);
}

void
store_keep_open(struct store *st, size_t most)
{
	size_t was = st->graphs_most;

	if (most <= was)
		return;
	st->graph = mem_resize(st->graph, most * sizeof(struct graph *));
	memset(st->graph + was, 0, (most - was) * sizeof(struct graph *));
	st->graphs_most = most;
}

void
store_cache(struct store *st, size_t bytes)
{
	st->cache = bytes;
}

size_t
store_cache_most(const struct store *st)
{
	return st->cache;
}

int64_t
store_disk_free(struct store *st)
{
	struct statvfs v;

	if (statvfs(st->data, &v) != 0)
		return 0;
	return (int64_t)v.f_bavail * (int64_t)v.f_frsize;
}

/* ---- graphs ------------------------------------------------------------ */

enum rc
graph_file_open(struct store *st, const char *folder, struct db **db)
{
	const struct schema *schema = &schemas[SCHEMA_GRAPH];
	char path[PATH_LEN];
	enum rc rc;

	snprintf(path, sizeof(path), "%s/tenants/%s", st->data, folder);
	rc = folder_make(path);
	if (rc != RC_OK)
		return rc;
	snprintf(path, sizeof(path), "%s/tenants/%s/graph.db", st->data,
	    folder);
	return db_open(&(struct db_want){ .path = path, .create = true,
	    .durable = true, .steps = schema->steps, .n_steps = schema->n,
	    .cache_kib = (int)(pages_of(st) >> 10) }, db);
}

/* Asked again after opening: between the two a rebuild may have put another
 * file in the place of this one. */
static enum rc
current_open(struct store *st, int64_t tenant, char folder[FOLDER_TEXT],
    struct db **db)
{
	char now[FOLDER_TEXT];
	enum rc rc = tenant_folder(st, tenant, folder);

	while (rc == RC_OK) {
		rc = graph_file_open(st, folder, db);
		if (rc != RC_OK)
			return rc;
		rc = tenant_folder(st, tenant, now);
		if (rc == RC_OK && strcmp(now, folder) == 0)
			return RC_OK;
		db_close(*db);
		memcpy(folder, now, sizeof(now));
	}
	return rc;
}

enum rc
graph_follow(struct graph *g, bool *moved)
{
	char folder[FOLDER_TEXT];
	struct db *db;
	enum rc rc;

	*moved = false;
	if (g->st == NULL)
		return RC_OK;
	rc = tenant_folder(g->st, g->tenant, folder);
	if (rc != RC_OK || strcmp(folder, g->folder) == 0)
		return rc;
	rc = current_open(g->st, g->tenant, folder, &db);
	if (rc != RC_OK)
		return rc;
	db_close(g->db);
	g->db = db;
	memcpy(g->folder, folder, sizeof(folder));
	g->version = -1;
	g->unlinks = -1;
	raws_forget(&g->raws);
	graph_forget(g);
	*moved = true;
	return RC_OK;
}

/* What a graph has cached is counted when another one is turned to. */
static void
count_cached(struct store *st, struct graph *g, size_t now)
{
	st->cached += now - g->cached;
	g->cached = now;
}

/* A free place or that of the graph used longest ago; never one in the middle
 * of a transaction. */
static struct graph **
place_free(struct store *st)
{
	struct graph **oldest = NULL;
	size_t i;

	for (i = 0; i < st->graphs_most; i++) {
		struct graph **at = &st->graph[i];

		if (*at == NULL)
			return at;
		if (db_writing((*at)->db))
			continue;
		if (oldest == NULL || (*at)->used < (*oldest)->used)
			oldest = at;
	}
	assert(oldest != NULL);
	count_cached(st, *oldest, 0);
	if (st->last == *oldest)
		st->last = NULL;
	graph_close(*oldest);
	*oldest = NULL;
	return oldest;
}

static struct graph *
longest_unused(struct store *st, const struct graph *but)
{
	struct graph *oldest = NULL, *g;
	size_t i;

	for (i = 0; i < st->graphs_most; i++) {
		g = st->graph[i];
		if (g != NULL && g != but && g->cached > 0 &&
		    !db_writing(g->db) &&
		    (oldest == NULL || g->used < oldest->used))
			oldest = g;
	}
	return oldest;
}

/* Turning to g: those used longest ago give back what they have cached, until
 * all but g keep to their share. */
static void
turn_to(struct store *st, struct graph *g)
{
	struct graph *other;

	if (st->last == g)
		return;
	if (st->last != NULL)
		count_cached(st, st->last, graph_cached(st->last));
	st->last = g;
	while (st->cached - g->cached > others_of(st) &&
	    (other = longest_unused(st, g)) != NULL) {
		graph_shed(other);
		count_cached(st, other, 0);	/* a few pages stay */
	}
}

/* A tenant that cannot be asked about keeps the file it has: reading goes on,
 * and who writes asks again under the lock. */
static void
keep_up(struct graph *g)
{
	bool moved;

	if (!db_writing(g->db))
		(void)graph_follow(g, &moved);
}

enum rc
store_graph(struct store *st, int64_t tenant, struct graph **g)
{
	char folder[FOLDER_TEXT];
	struct db *db;
	struct graph **at;
	enum rc rc;
	size_t i;

	for (i = 0; i < st->graphs_most; i++) {
		if (st->graph[i] == NULL || st->graph[i]->tenant != tenant)
			continue;
		*g = st->graph[i];
		(*g)->used = ++st->tick;
		turn_to(st, *g);
		keep_up(*g);
		return RC_OK;
	}
	rc = current_open(st, tenant, folder, &db);
	if (rc != RC_OK)
		return rc;
	at = place_free(st);
	*at = graph_open(db, tenant, store_names(st));
	(*at)->st = st;
	memcpy((*at)->folder, folder, sizeof(folder));
	(*at)->used = ++st->tick;
	*g = *at;
	turn_to(st, *g);
	return RC_OK;
}
