/* SPDX-License-Identifier: Apache-2.0 */
#include "rawset.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"
#include "cli.h"
#include "event.h"

enum { TEXT_MAX = 1 << 30 };

void
rawset_init(struct rawset *s, struct arena *a)
{
	*s = (struct rawset){ .a = a };
}

static void
put(struct rawset *s, struct raw_row row)
{
	s->row = arena_grow(s->a, s->row, &s->room, s->n + 1, sizeof(row));
	s->row[s->n++] = row;
	s->sorted = false;
}

/* Columns may stand as one text or as the list of their names. */
static struct str
columns(struct rawset *s, const struct json *v)
{
	return str_dup(s->a, json_str(json_get(v, "columns")));
}

void
rawset_salt(struct rawset *s, struct str salt)
{
	if (salt.len == 0 || s->salts == SALTS_MAX)
		return;
	for (size_t i = 0; i < s->salts; i++)
		if (str_eq(s->salt[i], salt))
			return;
	s->salt[s->salts++] = str_dup(s->a, salt);
}

bool
rawset_add(struct rawset *s, const struct json *v)
{
	const struct json *raw = json_get(v, "raw");
	const struct json *coded = json_get(v, "raw_base64");
	struct raw_row row = { 0 };

	rawset_salt(s, json_str(json_get(v, "id_salt")));
	row.event_id = json_str(json_get(v, "event_id"));
	if (row.event_id.len == 0)
		return true;
	if (json_type(raw) == JSON_STRING)
		row.raw = str_dup(s->a, json_str(raw));
	else if (json_type(coded) != JSON_STRING)
		return true;
	else if (!base64_parse(s->a, json_str(coded), &row.raw))
		return false;
	row.event_id = str_dup(s->a, row.event_id);
	row.source = str_dup(s->a, json_str(json_get(v, "source")));
	row.outer = str_dup(s->a, json_str(json_get(v, "outer")));
	row.columns = columns(s, v);
	put(s, row);
	return true;
}

static bool
each_value(const char *name, struct json_doc *doc, struct str text,
    json_value *f, void *ctx)
{
	struct json_walk w;
	struct str item;
	const struct json *v;

	if (text.p[0] == '[') {
		w = json_into(text);
		while (json_next_element(&w, &item)) {
			v = json_parse(doc, item);
			if (v != NULL && !f(ctx, v))
				return false;
		}
		return true;
	}
	v = json_parse(doc, text);
	if (v == NULL) {
		cli_failed("%s holds a value that cannot be read", name);
		return false;
	}
	return f(ctx, v);
}

bool
json_values(const char *name, struct str text, json_value *f, void *ctx)
{
	struct json_doc *doc = json_doc_new();
	struct json_span span;
	enum json_fault fault;
	const char *begin = text.p;
	bool good = true;

	text = str_trim(text);
	while (good && text.len > 0) {
		fault = json_scan(&text, &span);
		if (fault != JSON_OK) {
			cli_failed("%s, byte %zu: %s", name,
			    (size_t)(text.p - begin) + span.at,
			    json_fault_text(fault));
			good = false;
			break;
		}
		good = each_value(name, doc, span.text, f, ctx);
		text = str_trim(text);
	}
	json_doc_free(doc);
	return good;
}

static bool
add_value(void *ctx, const struct json *v)
{
	struct rawset *s = ctx;
	const struct json *nodes = json_get(v, "nodes");
	bool good = rawset_add(s, v);

	for (size_t i = 0; i < json_len(nodes); i++)
		good = good && rawset_add(s, json_item(nodes, i));
	if (!good)
		cli_failed("a raw_base64 is no base64");
	return good;
}

/* "…/evt_<26>.json" holds the record of that event itself. */
static struct str
id_in_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct str name = str_of(slash ? slash + 1 : path);
	uint8_t id[ID_LEN];

	name = str_sub(name, 0, EVENT_ID_TEXT - 1);
	return event_id_parse(name, id) ? name : (struct str){ 0 };
}

static bool
load_file(struct rawset *s, const char *path)
{
	struct str id = id_in_name(path);
	struct buf b;
	bool good;

	buf_init(&b, TEXT_MAX);
	if (!file_read(path, &b)) {
		cli_failed("cannot read %s: %s", path, strerror(errno));
		good = false;
	} else if (id.len > 0) {
		put(s, (struct raw_row){ .event_id = str_dup(s->a, id),
			.raw = str_dup(s->a, buf_str(&b)) });
		good = true;
	} else {
		good = json_values(path, buf_str(&b), add_value, s);
	}
	buf_release(&b);
	return good;
}

static bool
load_folder(struct rawset *s, const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, NULL, alphasort), i;
	bool good = n >= 0;

	if (n < 0)
		cli_failed("cannot read %s: %s", path, strerror(errno));
	for (i = 0; i < n; i++) {
		if (good && names[i]->d_name[0] != '.')
			good = load_file(s, str_c(s->a, str_printf(s->a,
			    "%s/%s", path, names[i]->d_name)));
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return good;
}

bool
rawset_load(struct rawset *s, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		cli_failed("cannot read %s: %s", path, strerror(errno));
		return false;
	}
	return S_ISDIR(st.st_mode) ? load_folder(s, path) : load_file(s, path);
}

static int
by_id(const void *a, const void *b)
{
	const struct raw_row *x = a, *y = b;

	return str_cmp(x->event_id, y->event_id);
}

const struct raw_row *
rawset_find(struct rawset *s, struct str event_id)
{
	struct raw_row key = { .event_id = event_id };

	if (s->n == 0)
		return NULL;
	if (!s->sorted)
		qsort(s->row, s->n, sizeof(*s->row), by_id);
	s->sorted = true;
	return bsearch(&key, s->row, s->n, sizeof(*s->row), by_id);
}
