/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A graph made anew beside the one in use, and put in its place.
 *
 * The new file grows in a folder of its own, and one statement in control.db
 * makes that folder the tenant's: there is no moment at which a crash leaves
 * half of it, and no file is renamed while its write-ahead log stands beside
 * it. Writers are kept out by the old file's write lock; they look for the
 * folder once they have it (graph_begin).
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

enum { CHECKPOINT, FOLDER_USED };
static const char *const sql[] = {
	[CHECKPOINT] = "PRAGMA wal_checkpoint(TRUNCATE)",
	[FOLDER_USED] = "SELECT 1 FROM tenant WHERE folder = ?",
};

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

static enum rc
lock_name_other(int lock, const char *other)
{
	ssize_t len = (ssize_t)strlen(other);

	errno = ENOSPC;		/* a write that is cut short sets none */
	if (ftruncate(lock, 0) == 0 &&
	    pwrite(lock, other, (size_t)len, 0) == len && fsync(lock) == 0)
		return RC_OK;
	log_err("cannot write rebuild.lock: %s", strerror(errno));
	return errno == ENOSPC || errno == EDQUOT ? RC_BUSY : RC_FAIL;
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
	rc = lock_name_other(lock, name);
	if (rc == RC_OK)
		rc = graph_file_open(st, name, &db);
	if (rc != RC_OK)
		return rc;
	g = graph_open(db, tenant, store_names(st));
	g->lock = lock;
	snprintf(g->folder, sizeof(g->folder), "%s", name);
	own = lock_take(st, name);
	rc = own < 0 ? RC_FAIL : lock_name_other(own, folder);
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
