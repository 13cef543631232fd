/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A graph made anew beside the one in use, and put in its place.
 *
 * Everything but raw records and analysts' words is derived, so a rebuild
 * reads the former into an empty file, copies the latter, and derives the
 * rest. The new file grows in a folder of its own, and one statement in
 * control.db makes that folder the tenant's: there is no moment at which a
 * crash leaves half of it, and no file is renamed while its write-ahead log
 * stands beside it. Writers are kept out by the old file's write lock; they
 * look for the folder once they have it (graph_begin).
 *
 * Numbers of events are the same in both files; those of entities may not be,
 * where a normaliser has changed. A chain's body names events, and entities as
 * `via` of its edges: those are found again by kind and key.
 *
 * The file rebuild.lock in the tenant's folder is locked while a rebuild runs
 * and names the other folder, so that what a killed rebuild left behind is
 * found and removed by the next one.
 */
#include "store/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"

enum { EVENT_NEXT, VARIANT_NEXT, MARKED, VARIANTS, VARIANT_PUT, EMPTY, COUNTS,
	BODIES, BODY_SET, CHECKPOINT, FOLDER_USED };
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
	[COUNTS] = "SELECT (SELECT count(*) FROM event),"
	    " (SELECT count(*) FROM variant), (SELECT count(*) FROM unlink),"
	    " (SELECT count(*) FROM chain),"
	    " (SELECT count(*) FROM chain_version),"
	    " (SELECT count(*) FROM chain_note),"
	    " (SELECT coalesce(max(seq), 0) FROM change)",
	[BODIES] = "SELECT chain, version, body FROM chain_version",
	[BODY_SET] = "UPDATE chain_version SET body = ? WHERE chain = ?"
	    " AND version = ?",
	[CHECKPOINT] = "PRAGMA wal_checkpoint(TRUNCATE)",
	[FOLDER_USED] = "SELECT 1 FROM tenant WHERE folder = ?",
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

/* ---- folders ------------------------------------------------------------ */

static const char lock_name[] = "rebuild.lock";

static void
path_of(const struct store *st, const char *folder, const char *file,
    char path[], size_t len)
{
	snprintf(path, len, "%s/tenants/%s/%s", st->data, folder, file);
}

/* Only what we know to be ours; a folder with anything else in it stays. */
static void
folder_remove(const struct store *st, const char *folder)
{
	static const char *const files[] = { "graph.db", "graph.db-wal",
		"graph.db-shm", "graph.db-journal", "graph.db-open", lock_name,
		"" };
	char path[4096];
	size_t i;

	for (i = 0; i < COUNT(files); i++) {
		path_of(st, folder, files[i], path, sizeof(path));
		if (files[i][0] != '\0' ? unlink(path) != 0 && errno != ENOENT :
		    rmdir(path) != 0 && errno != ENOENT)
			log_warn("cannot remove %s: %s", path, strerror(errno));
	}
}

/* The lock of a folder, -1 if another has it. */
static int
lock_take(const struct store *st, const char *folder)
{
	char path[4096];
	int fd;

	path_of(st, folder, lock_name, path, sizeof(path));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool
is_folder_name(const char *name)
{
	uint8_t id[ID_LEN];

	return base32_parse(str_of(name), id);
}

static bool
is_used(struct store *st, const char *folder)
{
	struct query q = query_begin(st->control, sql[FOLDER_USED]);

	query_put_str(&q, str_of(folder));
	(void)query_next(&q);
	return query_end(&q, RC_ABSENT) != RC_ABSENT;
}

/* What an earlier rebuild has named there and nobody uses any more. */
static void
leftover_remove(struct store *st, int lock)
{
	char other[FOLDER_TEXT] = "";
	ssize_t n = pread(lock, other, sizeof(other) - 1, 0);

	if (n > 0 && is_folder_name(other) && !is_used(st, other))
		folder_remove(st, other);
}

static bool
lock_name_other(int lock, const char *other)
{
	size_t len = strlen(other);

	return ftruncate(lock, 0) == 0 &&
	    pwrite(lock, other, len, 0) == (ssize_t)len && fsync(lock) == 0;
}

static enum rc
fresh_open(struct store *st, int64_t tenant, const char *folder, int lock,
    struct graph **out)
{
	char name[ID_TEXT];
	uint8_t random[ID_LEN];
	struct graph *g;
	struct db *db;
	int own;
	enum rc rc;

	random_bytes(random, sizeof(random));
	base32_text(random, name);
	if (!lock_name_other(lock, name))
		return RC_FAIL;
	rc = graph_file_open(st, name, &db);
	if (rc != RC_OK)
		return rc;
	g = graph_open(db, tenant);
	g->lock = lock;
	snprintf(g->folder, sizeof(g->folder), "%s", name);
	own = lock_take(st, name);
	if (own < 0 || !lock_name_other(own, folder))
		rc = RC_FAIL;
	if (own >= 0)
		close(own);
	*out = g;
	return rc;
}

enum rc
store_graph_anew(struct store *st, int64_t tenant, struct graph **fresh)
{
	char folder[FOLDER_TEXT], now[FOLDER_TEXT];
	struct graph *g = NULL;
	int lock;
	enum rc rc = tenant_folder(st, tenant, folder);

	if (rc != RC_OK)
		return rc;
	lock = lock_take(st, folder);
	if (lock < 0)
		return RC_BUSY;
	rc = tenant_folder(st, tenant, now);
	if (rc == RC_OK && strcmp(now, folder) != 0)
		rc = RC_BUSY;		/* one has ended just now */
	if (rc == RC_OK) {
		leftover_remove(st, lock);
		rc = fresh_open(st, tenant, folder, lock, &g);
	}
	if (rc == RC_OK) {
		*fresh = g;
		return RC_OK;
	}
	if (g != NULL)
		store_graph_discard(st, g);
	else
		close(lock);
	return rc;
}

void
store_graph_discard(struct store *st, struct graph *fresh)
{
	char folder[FOLDER_TEXT];

	memcpy(folder, fresh->folder, sizeof(folder));
	graph_close(fresh);
	folder_remove(st, folder);
}

/* That the file is there must not be forgotten before control.db names it. */
static bool
folder_sync(const struct store *st, const char *folder)
{
	char path[4096];
	int fd;
	bool ok;

	path_of(st, folder, "", path, sizeof(path));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	if (!ok)
		log_err("cannot sync %s: %s", path, strerror(errno));
	return ok;
}

/* Everything into the file itself, and that onto the disk. */
static enum rc
settle(const struct store *st, struct graph *g)
{
	struct query q = query_begin(g->db, sql[CHECKPOINT]);
	int64_t busy = 1;
	enum rc rc;

	if (query_next(&q))
		busy = query_int(&q, 0);
	rc = query_end(&q, RC_FAIL);
	if (rc == RC_OK && busy != 0)
		rc = RC_BUSY;
	if (rc == RC_OK && (!folder_sync(st, g->folder) ||
	    !folder_sync(st, ".")))
		rc = RC_FAIL;
	return rc;
}

enum rc
store_graph_replace(struct store *st, struct graph *old, struct graph *fresh)
{
	char was[FOLDER_TEXT];
	bool moved;
	int lock = fresh->lock;
	enum rc rc = settle(st, fresh);

	if (rc == RC_OK)
		rc = tenant_folder_set(st, old->tenant, fresh->folder);
	if (rc != RC_OK)
		return rc;
	memcpy(was, old->folder, sizeof(was));
	fresh->lock = -1;
	graph_close(fresh);
	graph_rollback(old);
	(void)graph_follow(old, &moved);	/* else the next who asks */
	folder_remove(st, was);
	close(lock);
	return RC_OK;
}

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

static enum rc
variants_copy(struct graph *to, struct graph *from, struct arena *a)
{
	struct query q = query_begin(from->db, sql[VARIANTS]);
	uint8_t digest[SHA256_LEN];
	struct place at;
	struct str raw;
	enum rc rc = RC_OK;

	while (rc == RC_OK && query_next(&q)) {
		arena_reset(a);
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
graph_copy(struct graph *to, struct graph *from)
{
	struct arena *a = arena_new();
	enum rc rc = variants_copy(to, from, a);
	size_t i;

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
