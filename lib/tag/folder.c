/* SPDX-License-Identifier: Apache-2.0 */
#include "tag/folder.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/str.h"
#include "tag.h"

enum { FOLDER_DEPTH = 16, FOLDER_FILES = 50000 };

static bool
rule_name(const char *name)
{
	struct str s = str_of(name);

	return str_ends_fold(s, ".yml") || str_ends_fold(s, ".yaml");
}

static bool visit(struct arena *a, const char *folder, struct paths *p,
    int depth);

static bool
visit_entry(struct arena *a, const char *path, const char *name,
    struct paths *p, int depth)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return true;	/* gone since */
	if (S_ISDIR(st.st_mode))
		return visit(a, path, p, depth + 1);
	if (!rule_name(name) || p->n == FOLDER_FILES)
		return true;
	p->items = arena_grow(a, p->items, &p->room, p->n + 1,
	    sizeof(*p->items));
	p->items[p->n++] = path;
	return true;
}

static bool
visit(struct arena *a, const char *folder, struct paths *p, int depth)
{
	const struct dirent *e;
	bool good = true;
	DIR *d;

	if (depth > FOLDER_DEPTH)
		return true;
	d = opendir(folder);
	if (!d)
		return false;
	for (e = readdir(d); e && good; e = readdir(d))
		if (e->d_name[0] != '.')
			good = visit_entry(a, str_printf(a, "%s/%s", folder,
			    e->d_name).p, e->d_name, p, depth);
	closedir(d);
	return good;
}

static int
path_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool
folder_rules(struct arena *a, const char *folder, struct paths *p)
{
	if (!visit(a, folder, p, 0))
		return false;
	if (p->n > 0)
		qsort(p->items, p->n, sizeof(*p->items), path_order);
	return true;
}

/* ---- their texts ---------------------------------------------------------- */

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

enum rc
tag_files(struct arena *a, const char *path, size_t most, size_t len,
    struct tag_source **out, size_t *n)
{
	struct paths paths = { 0 };
	struct tag_source *list;
	bool folder = is_folder(path);
	enum rc rc = RC_OK;

	if (!folder) {
		paths.items = arena_array(a, 1, sizeof(*paths.items));
		paths.items[paths.n++] = path;
	} else if (!folder_rules(a, path, &paths)) {
		return RC_FAIL;
	}
	if (paths.n > most)
		return RC_TOO_BIG;
	list = arena_array(a, paths.n + 1, sizeof(*list));
	for (size_t i = 0; i < paths.n && rc == RC_OK; i++) {
		struct buf b;

		buf_init(&b, len);
		rc = file_read(paths.items[i], &b) ? RC_OK : RC_FAIL;
		if (buf_bad(&b))
			rc = RC_TOO_BIG;
		list[i] = (struct tag_source){ folder ? paths.items[i] +
			strlen(path) + 1 : last_part(path),
			str_dup(a, buf_str(&b)) };
		buf_release(&b);
	}
	if (rc != RC_OK)
		return rc;
	*out = list;
	*n = paths.n;
	return RC_OK;
}
