/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting a backup back.
 *
 * All of it is copied into DATA/restoring and made sound there; only then are
 * names changed. control.db goes away first and comes last, so that whenever
 * this is cut short DATA holds the old store, the new one, or plainly none,
 * and doing it again ends it.
 */
#include "backup/inner.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "store/state.h"

enum { STAGING_FDS = 16, LIST_MOST = 64 << 20, FILES_MOST = 1000000 };

static const char staging[] = "restoring";

/* ---- what the backup says it is ------------------------------------------------- */

static enum rc
wrong(struct buf *lines, const char *name, const char *what)
{
	buf_printf(lines, "%s: %s\n", name, what);
	return RC_INVALID;
}

static enum rc
list_take(const struct json *v, struct parts *parts, struct backup *b,
    struct buf *lines)
{
	const struct json *files = json_get(v, "files"), *f;
	struct str sha256;
	struct part p;
	size_t i;

	if (json_int(json_get(v, "backup")) != 1 ||
	    !clock_parse(json_str(json_get(v, "made_at")), false, &b->made_ns)
	    || json_len(files) == 0 || json_len(files) > FILES_MOST)
		return wrong(lines, BACKUP_LIST, "is not of this program");
	for (i = 0; i < json_len(files); i++) {
		f = json_item(files, i);
		sha256 = json_str(json_get(f, "sha256"));
		p = (struct part){ .name = str_dup(parts->a,
		    json_str(json_get(f, "name"))),
		    .bytes = json_int(json_get(f, "bytes")) };
		if (!part_name_ok(p.name) || sha256.len != SHA256_HEX - 1)
			return wrong(lines, BACKUP_LIST,
			    "names a file that no backup has");
		memcpy(p.sha256, sha256.p, sha256.len);
		parts->v = arena_grow(parts->a, parts->v, &parts->room,
		    parts->n + 1, sizeof(p));
		parts->v[parts->n++] = p;
	}
	return RC_OK;
}

static enum rc
list_read(const char *from, struct parts *parts, struct backup *b,
    struct buf *lines)
{
	struct json_doc *doc = json_doc_new();
	char path[BACKUP_PATH];
	struct json_span span;
	struct buf text;
	struct str rest;
	enum rc rc = RC_OK;

	path_join(path, from, BACKUP_LIST);
	buf_init(&text, LIST_MOST);
	if (!file_read(path, &text)) {
		rc = errno == ENOENT || errno == ENOTDIR ? RC_ABSENT : RC_FAIL;
		if (rc == RC_FAIL)
			log_err("cannot read %s as the data folder's owner: %s",
			    path, strerror(errno));
	}
	rest = buf_str(&text);
	if (rc == RC_OK && json_scan(&rest, &span) != JSON_OK)
		rc = wrong(lines, BACKUP_LIST, "is no JSON");
	if (rc == RC_OK)
		rc = list_take(json_parse(doc, span.text), parts, b,
		    lines);
	buf_release(&text);
	json_doc_free(doc);
	return rc;
}

/* Read, and with `to` copied on the way, what must be this part. */
static enum rc
part_take(const char *from, const char *to, const struct part *want,
    struct buf *lines)
{
	char path[BACKUP_PATH], copy[BACKUP_PATH];
	struct part is = { 0 };
	int why;

	path_join(path, from, want->name.p);
	if (to != NULL)
		path_join(copy, to, want->name.p);
	if (!part_read(path, to != NULL ? copy : NULL, &is)) {
		why = errno;
		buf_printf(lines, "%s: %s\n", want->name.p, strerror(why));
		return why == ENOSPC || why == EDQUOT ? RC_FAIL : RC_INVALID;
	}
	if (is.bytes != want->bytes || strcmp(is.sha256, want->sha256) != 0)
		return wrong(lines, want->name.p,
		    "is not the file that was written");
	return RC_OK;
}

static enum rc
parts_take(const char *from, const char *to, const struct parts *parts,
    struct buf *lines)
{
	char path[BACKUP_PATH];
	enum rc rc = RC_OK, one;
	size_t i;

	for (i = 0; i < parts->n; i++) {
		if (to != NULL && str_starts(parts->v[i].name, "tenants/")) {
			path_join(path, to, parts->v[i].name.p);
			*strrchr(path, '/') = '\0';
			if (!file_folder(path, FOLDER_MODE))
				return RC_FAIL;
		}
		one = part_take(from, to, &parts->v[i], lines);
		rc = one != RC_OK ? one : rc;
	}
	return rc;
}

/* ---- what is there ------------------------------------------------------------------ */

/* Leaving WAL mode needs a file that nobody else has open; whoever opens it
 * next turns it back. */
static enum rc
store_alone(const char *data)
{
	static const char leave[] = "PRAGMA journal_mode = DELETE";
	struct store *st;
	enum rc rc = store_open(data, false, &st);

	if (rc != RC_OK)
		return rc;
	rc = db_exec(st->control, leave);
	store_close(st);
	return rc;
}

static bool
is_there(const char *data, const char *name)
{
	char path[BACKUP_PATH];

	path_join(path, data, name);
	return access(path, F_OK) == 0;
}

static bool
move(const char *from, const char *to, const char *name)
{
	char old[BACKUP_PATH], new[BACKUP_PATH];

	path_join(old, from, name);
	path_join(new, to, name);
	if (rename(old, new) == 0 || errno == ENOENT)
		return true;
	log_err("cannot move %s to %s: %s", old, new, strerror(errno));
	return false;
}

/* In this order: without control.db there is no store. */
static bool
old_away(const char *data, const char *kept)
{
	static const char *const names[] = { "control.db", "control.db-wal",
		"control.db-shm", "control.db-open", "hooks.db", "hooks.db-wal",
		"hooks.db-shm", "hooks.db-open", "limits.db",
		"limits.db-wal", "limits.db-shm", "limits.db-open",
		"tenants" };
	size_t i;

	if (!file_folder(kept, FOLDER_MODE))
		return false;
	for (i = 0; i < COUNT(names); i++)
		if (!move(data, kept, names[i]))
			return false;
	return folder_sync(kept) && folder_sync(data);
}

static bool
new_in(const char *data, const char *from)
{
	return move(from, data, "tenants") && move(from, data, "hooks.db") &&
	    folder_sync(data) &&
	    move(from, data, "control.db") && folder_sync(data) &&
	    rmdir(from) == 0;
}

static void
kept_name(const char *data, int64_t now_ns, char kept[BACKUP_PATH])
{
	char time[CLOCK_TEXT], name[64];

	clock_format(now_ns, time);
	snprintf(name, sizeof(name), "replaced-%.4s%.2s%.2sT%.2s%.2s%.2sZ",
	    time, time + 5, time + 8, time + 11, time + 14, time + 17);
	path_join(kept, data, name);
}

static int
entry_drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

/* What a restore that was cut short has left is a copy and nothing else, maybe
 * of another backup, maybe with a WAL that still held something: all of it
 * goes. */
static enum rc
staging_new(const char *data, char to[BACKUP_PATH])
{
	path_join(to, data, staging);
	if ((nftw(to, entry_drop, STAGING_FDS, FTW_DEPTH | FTW_PHYS) == 0 ||
	    errno == ENOENT) && file_folder(to, FOLDER_MODE))
		return RC_OK;
	log_err("cannot begin %s anew: %s", to, strerror(errno));
	return RC_FAIL;
}

static enum rc
look(const char *data, bool overwrite)
{
	if (!is_there(data, "control.db"))
		return file_folder(data, FOLDER_MODE) ? RC_OK : RC_FAIL;
	return overwrite ? store_alone(data) : RC_EXISTS;
}

enum rc
backup_restore(const char *from, const char *data, bool overwrite,
    int64_t now_ns, struct backup *b, struct buf *lines,
    char kept[BACKUP_PATH])
{
	struct parts parts = { .a = arena_new() };
	char to[BACKUP_PATH];
	size_t i;
	enum rc rc;

	*b = (struct backup){ 0 };
	kept[0] = '\0';
	rc = store_owner(data);
	if (rc == RC_OK)
		rc = list_read(from, &parts, b, lines);
	if (rc == RC_OK)
		rc = parts_take(from, NULL, &parts, lines);
	if (rc == RC_OK)
		rc = look(data, overwrite);
	if (rc == RC_OK)
		rc = staging_new(data, to);
	if (rc == RC_OK)
		rc = parts_take(from, to, &parts, lines);
	if (rc == RC_OK)
		rc = copy_settle(to, now_ns / NS_PER_MS, &b->tenants, lines);
	if (rc == RC_OK && (is_there(data, "control.db") ||
	    is_there(data, "tenants"))) {
		kept_name(data, now_ns, kept);
		rc = old_away(data, kept) ? RC_OK : RC_FAIL;
	}
	if (rc == RC_OK && !new_in(data, to))
		rc = RC_FAIL;
	for (i = 0; i < parts.n; i++)
		b->bytes += parts.v[i].bytes;
	b->files = (int64_t)parts.n;
	arena_free(parts.a);
	return rc;
}
