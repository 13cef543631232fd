/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies are made by VACUUM INTO: one read transaction, so writers go on and
 * the copy is one moment; it reads every row, so a damaged file is noticed
 * instead of being copied; and what was free in the original is not copied.
 */
#include "backup/inner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "store/state.h"

enum { COPY, SETTLE };
static const char *const sql[] = {
	[COPY] = "VACUUM INTO ?",
	[SETTLE] = "PRAGMA wal_checkpoint(TRUNCATE)",
};

/* ---- the copy ---------------------------------------------------------------- */

/* The engine would make the file for all to read; an empty one it takes. */
static enum rc
file_copy(struct db *db, const char *to)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	struct query q;

	if (fd < 0) {
		log_err("cannot make %s: %s", to, strerror(errno));
		return RC_FAIL;
	}
	close(fd);
	q = query_begin(db, sql[COPY]);
	query_put_str(&q, str_of(to));
	return query_run(&q);
}

/* RC_OK: not there, or nothing in it. RC_EXISTS: something. */
static enum rc
is_empty(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	bool empty = true;

	if (d == NULL && errno == ENOENT)
		return RC_OK;
	if (d == NULL) {
		log_err("cannot look into %s as the data folder's owner: %s",
		    folder, strerror(errno));
		return RC_FAIL;
	}
	for (e = readdir(d); e != NULL; e = readdir(d))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			empty = false;
	closedir(d);
	return empty ? RC_OK : RC_EXISTS;
}

static enum rc
folder_new(const char *path)
{
	if (file_folder(path, FOLDER_MODE))
		return RC_OK;
	log_err("cannot make %s as the data folder's owner: %s", path,
	    strerror(errno));
	return RC_FAIL;
}

static void
part_add(struct parts *parts, const char *name)
{
	parts->v = arena_grow(parts->a, parts->v, &parts->room, parts->n + 1,
	    sizeof(struct part));
	parts->v[parts->n++] = (struct part){
		.name = str_dup(parts->a, str_of(name)) };
}

/* The tenant's file today, under the folder's name that the copy has for it:
 * a rebuild may have moved it since. */
static enum rc
tenant_copy(struct store *st, const char *to, const struct tenant *t,
    struct parts *parts)
{
	char name[128], path[BACKUP_PATH];
	struct graph *g;
	enum rc rc;

	snprintf(name, sizeof(name), "tenants/%.*s", STR_ARG(t->folder));
	path_join(path, to, name);
	rc = folder_new(path);
	if (rc == RC_OK)
		rc = store_graph(st, t->id, &g);
	if (rc != RC_OK)
		return rc;
	snprintf(name, sizeof(name), "tenants/%.*s/graph.db",
	    STR_ARG(t->folder));
	path_join(path, to, name);
	part_add(parts, name);
	return file_copy(g->db, path);
}

/* The tenants that the copied control.db knows. */
static enum rc
tenants_copy(struct store *st, const char *to, struct parts *parts)
{
	struct store *copy;
	struct tenant *t;
	size_t i, n;
	enum rc rc = store_open(to, false, &copy);

	if (rc != RC_OK)
		return rc;
	rc = store_tenants(copy, parts->a, &t, &n);
	for (i = 0; rc == RC_OK && i < n; i++)
		rc = tenant_copy(st, to, &t[i], parts);
	store_close(copy);
	return rc;
}

/* ---- looking it over ------------------------------------------------------------ */

static enum rc
settle(struct db *db)
{
	struct query q = query_begin(db, sql[SETTLE]);

	return query_run(&q);
}

static enum rc
graphs_settle(struct store *copy, struct arena *a, int64_t change_least,
    int64_t *tenants)
{
	struct tenant *t;
	struct db *hooks;
	struct graph *g;
	size_t i, n;
	enum rc rc = store_tenants(copy, a, &t, &n);

	for (i = 0; rc == RC_OK && i < n; i++) {
		rc = store_graph(copy, t[i].id, &g);
		if (rc == RC_OK && change_least > 0)
			rc = graph_change_skip(g, change_least);
		if (rc == RC_OK)
			rc = settle(g->db);
		if (rc == RC_OK && !copy_tidy(copy->data, str_printf(a,
		    "tenants/%.*s/graph.db", STR_ARG(t[i].folder))))
			rc = RC_FAIL;
	}
	if (rc == RC_OK)
		*tenants = (int64_t)n;
	if (rc == RC_OK)
		rc = hooks_db(copy, &hooks);
	if (rc == RC_OK)
		rc = settle(hooks);
	return rc == RC_OK ? settle(copy->control) : rc;
}

enum rc
copy_settle(const char *folder, int64_t change_least, int64_t *tenants,
    struct buf *lines)
{
	struct arena *a = arena_new();
	char path[BACKUP_PATH];
	struct store *copy;
	enum rc rc = store_open(folder, false, &copy);

	if (rc == RC_OK) {
		if (store_doctor(copy, lines) != RC_OK)
			rc = RC_INVALID;
		if (rc == RC_OK)
			rc = graphs_settle(copy, a, change_least, tenants);
		store_close(copy);
	}
	if (rc == RC_OK) {
		path_join(path, folder, "limits.db");
		if (!copy_tidy(folder, STR("control.db")) ||
		    !copy_tidy(folder, STR("hooks.db")) || (unlink(path) != 0 && errno != ENOENT))
			rc = RC_FAIL;
	}
	if (rc == RC_OK) {		/* what may be lost may have a WAL */
		path_join(path, folder, "limits.db-wal");
		unlink(path);
		if (!copy_tidy(folder, STR("limits.db")))
			rc = RC_FAIL;
	}
	arena_free(a);
	return rc;
}

/* ---- what it is ------------------------------------------------------------------ */

static bool
disk_force(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

static enum rc
parts_measure(const char *to, struct parts *parts, struct backup *b)
{
	char path[BACKUP_PATH];
	struct part *p;
	size_t i;

	for (i = 0; i < parts->n; i++) {
		p = &parts->v[i];
		path_join(path, to, p->name.p);
		if (!part_read(path, NULL, p) || !disk_force(path)) {
			log_err("cannot read %s again: %s", path,
			    strerror(errno));
			return RC_FAIL;
		}
		*strrchr(path, '/') = '\0';
		if (!folder_sync(path))
			return RC_FAIL;
		b->files++;
		b->bytes += p->bytes;
	}
	path_join(path, to, "tenants");
	return b->tenants == 0 || folder_sync(path) ? RC_OK : RC_FAIL;
}

static enum rc
list_write(const char *to, const struct parts *parts, const char *version,
    const struct backup *b)
{
	char path[BACKUP_PATH];
	struct buf text;
	struct jw w;
	size_t i;
	bool ok;

	buf_init(&text, 64 << 20);
	jw_init(&w, &text);
	jw_object(&w);
	jw_key_i(&w, "backup", 1);
	jw_key_c(&w, "version", version);
	jw_key(&w, "made_at");
	jw_time(&w, b->made_ns);
	jw_key_i(&w, "tenants", b->tenants);
	jw_key(&w, "files");
	jw_array(&w);
	for (i = 0; i < parts->n; i++) {
		jw_object(&w);
		jw_key_s(&w, "name", parts->v[i].name);
		jw_key_i(&w, "bytes", parts->v[i].bytes);
		jw_key_c(&w, "sha256", parts->v[i].sha256);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
	buf_put_char(&text, '\n');
	path_join(path, to, BACKUP_LIST);
	ok = !buf_bad(&text) && file_write(path, text.p, text.len, 0640);
	if (!ok)
		log_err("cannot write %s: %s", path, strerror(errno));
	buf_release(&text);
	return ok ? RC_OK : RC_FAIL;
}

/* What has been made so far, so that the same folder does again. */
static void
copy_drop(const char *to, const struct parts *parts)
{
	char path[BACKUP_PATH];
	size_t i;

	for (i = 0; i < parts->n; i++) {
		path_join(path, to, parts->v[i].name.p);
		(void)unlink(path);
		(void)!copy_tidy(to, parts->v[i].name);
		*strrchr(path, '/') = '\0';
		if (strcmp(path, to) != 0)
			(void)rmdir(path);
	}
	(void)!copy_tidy(to, STR("limits.db"));
	path_join(path, to, "limits.db");
	(void)unlink(path);
	path_join(path, to, "tenants");
	(void)rmdir(path);
	(void)rmdir(to);
}

enum rc
backup_make(struct store *st, const char *to, const char *version,
    int64_t now_ns, struct backup *b, struct buf *lines)
{
	struct parts parts = { .a = arena_new() };
	char path[BACKUP_PATH];
	struct db *hooks;
	enum rc rc = is_empty(to);
	bool ours = rc == RC_OK;

	*b = (struct backup){ .made_ns = now_ns };
	if (rc == RC_OK)
		rc = folder_new(to);
	part_add(&parts, "control.db");
	part_add(&parts, "hooks.db");
	path_join(path, to, "control.db");
	if (rc == RC_OK)
		rc = file_copy(st->control, path);
	path_join(path, to, "hooks.db");
	if (rc == RC_OK)
		rc = hooks_db(st, &hooks);
	if (rc == RC_OK)
		rc = file_copy(hooks, path);
	if (rc == RC_OK)
		rc = tenants_copy(st, to, &parts);
	if (rc == RC_OK)
		rc = copy_settle(to, 0, &b->tenants, lines);
	if (rc == RC_OK)
		rc = parts_measure(to, &parts, b);
	if (rc == RC_OK)
		rc = list_write(to, &parts, version, b);
	if (ours && (rc == RC_BUSY || rc == RC_FAIL))
		copy_drop(to, &parts);
	arena_free(parts.a);
	return rc;
}
