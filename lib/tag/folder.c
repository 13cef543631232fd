/* SPDX-License-Identifier: Apache-2.0 */
#include "tag/folder.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"

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
