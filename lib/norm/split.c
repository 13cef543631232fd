/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A body becomes records.
 *
 * Three layers, each of which may be missing:
 *
 *	lines		NDJSON by media type, or Zeek's TSV (it begins with #)
 *	our list	{"events":[..]}, [..]
 *	envelopes	{"Records":[..]} {"value":[..]} {"Events":[..]}
 *	of vendors	{"detail-type":..,"detail":{..}}
 *			{"CloudTrailEvent":".."}
 *
 * Nothing is parsed here: the scanner finds where values begin and end, so a
 * record keeps its bytes. The whole body is scanned once; only when that found
 * a fault inside a value (depth, UTF-8, NUL) or a member named twice is each
 * record scanned again, to know which one it was.
 *
 * Vendors' envelopes are opened only under a source of ours or "auto". An
 * object whose list stands beside other objects or lists is no envelope but a
 * record that has a list.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "norm/carry.h"
#include "norm/norm_source.h"

struct split {
	struct arena *a;
	const struct body_shape *shape;
	norm_each *each;
	void *ctx;
	size_t index;
	bool vendor;		/* vendors' envelopes are opened */
	bool check;		/* scan each record again */
	bool enough;		/* the caller wants no more */
	struct json_doc *doc;	/* to undo escapes; made when needed */
	struct str path, names, columns;	/* of Zeek's TSV */
	const char *fault;	/* of those */
};

/* ---- giving records out ----------------------------------------------- */

static void
give_refusal(struct split *s, struct str prefix, const char *detail)
{
	struct refusal why = { .field = "" };

	snprintf(why.detail, sizeof(why.detail), "%s", detail);
	s->enough = !s->each(s->ctx, s->index++, prefix, NULL, &why);
}

static struct record
record_of(const struct split *s, struct str text)
{
	return (struct record){ .text = text, .source = s->shape->source,
	    .may_assert = s->shape->may_assert };
}

static void
give(struct split *s, struct str prefix, struct str text, bool check)
{
	struct record rec = record_of(s, text);
	struct json_span v;
	enum json_fault fault;

	if (text.len > s->shape->record_max) {
		give_refusal(s, prefix, "is larger than one record may be");
		return;
	}
	if (check) {
		struct str rest = text;

		fault = json_scan(&rest, &v);
		if (fault == JSON_OK && str_trim(rest).len)
			fault = JSON_SYNTAX;
		if (fault != JSON_OK) {
			give_refusal(s, prefix, json_fault_text(fault));
			return;
		}
		rec.twice = v.twice;
	}
	s->enough = !s->each(s->ctx, s->index++, prefix, &rec, NULL);
}

/* ---- envelopes -------------------------------------------------------- */

/* The members of an object that tell whether it is an envelope. */
struct wrapping {
	struct str list, detail, string;
	const char *list_name;
	bool has_type;		/* "detail-type" */
	int heavy;		/* members that are objects or lists */
};

static const char *
list_member(struct str name, bool vendor)
{
	static const char *const vendors[] = { "Records", "value", "Events" };

	if (str_is(name, "events"))
		return "events";
	for (size_t i = 0; vendor && i < COUNT(vendors); i++)
		if (str_is(name, vendors[i]))
			return vendors[i];
	return NULL;
}

static void
look_member(struct split *s, struct wrapping *w, struct str name,
    struct str value)
{
	char first = value.len ? value.p[0] : '\0';

	if (first == '[' && list_member(name, s->vendor)) {
		w->list = value;
		w->list_name = list_member(name, s->vendor);
	}
	w->heavy += first == '[' || first == '{';
	if (!s->vendor)
		return;
	if (str_is(name, "detail") && first == '{')
		w->detail = value;
	else if (str_is(name, "detail-type"))
		w->has_type = true;
	else if (str_is(name, "CloudTrailEvent") && first == '"')
		w->string = value;
}

static struct wrapping
look(struct split *s, struct str text)
{
	struct wrapping w = { .list_name = NULL };
	struct json_walk walk = json_into(text);
	struct str name, value;
	bool plain;

	while (json_next_member(&walk, &name, &plain, &value))
		look_member(s, &w, name, value);
	/* Our own envelope is one by its name alone. */
	if (s->vendor && w.heavy > 1)
		w.list.len = 0;
	return w;
}

/* A record as text in a string: what it says becomes the record. */
static void
give_string(struct split *s, struct str prefix, struct str text)
{
	struct str inner;

	if (!s->doc)
		s->doc = json_doc_new();
	inner = str_dup(s->a, json_str(json_parse(s->doc, text)));
	give(s, norm_join(s->a, prefix, STR("/CloudTrailEvent"), STR("")),
	    inner, true);
}

enum { NESTING = 3 };		/* envelopes within envelopes */

static void place(struct split *s, struct str prefix, struct str text,
    int depth);

static void
each_element(struct split *s, struct str prefix, struct str list, int depth)
{
	struct json_walk walk = json_into(list);
	struct str value;

	for (size_t i = 0; !s->enough && json_next_element(&walk, &value);
	    i++) {
		char n[24];

		snprintf(n, sizeof(n), "/%zu", i);
		place(s, norm_join(s->a, prefix, str_of(n), STR("")), value,
		    depth);
	}
}

/* One value where a record may stand. */
static void
place(struct split *s, struct str prefix, struct str text, int depth)
{
	struct wrapping w;

	if (!text.len || text.p[0] != '{') {
		give_refusal(s, prefix, "is not an object");
		return;
	}
	if (!s->vendor || depth >= NESTING) {
		give(s, prefix, text, s->check);
		return;
	}
	w = look(s, text);
	if (w.list.len) {
		struct str name = str_of(w.list_name);

		each_element(s, norm_join(s->a, prefix, STR("/"), name), w.list,
		    depth + 1);
	} else if (w.string.len) {
		give_string(s, prefix, w.string);
	} else if (w.has_type && w.detail.len) {
		give(s, norm_join(s->a, prefix, STR("/detail"), STR("")),
		    w.detail, s->check);
	} else {
		give(s, prefix, text, s->check);
	}
}

/* The value that is a body, or an NDJSON line. */
static void
top(struct split *s, const struct json_span *v)
{
	struct wrapping w;

	if (v->first == '[') {
		each_element(s, STR(""), v->text, 0);
		return;
	}
	if (v->first == '{' && !s->vendor) {
		w = look(s, v->text);
		if (w.list.len) {
			each_element(s, STR("/events"), w.list, 1);
			return;
		}
	}
	place(s, STR(""), v->text, 0);
}

/* ---- lines ------------------------------------------------------------ */

/* One line that holds one JSON value. Its bytes are the record, blanks and
 * all, unless it is an envelope. */
static void
json_line(struct split *s, struct str line)
{
	struct str rest = line;
	struct json_span v;
	enum json_fault fault = json_scan(&rest, &v);

	if (fault == JSON_OK && str_trim(rest).len)
		fault = JSON_SYNTAX;
	if (fault != JSON_OK) {
		give_refusal(s, STR(""), json_fault_text(fault));
		return;
	}
	s->check = v.twice;
	if (v.first == '{' && s->vendor) {
		struct wrapping w = look(s, v.text);

		if (w.list.len || w.string.len ||
		    (w.has_type && w.detail.len)) {
			place(s, STR(""), v.text, 0);
			return;
		}
	}
	if (v.first != '{') {
		give_refusal(s, STR(""), "is not an object");
		return;
	}
	give(s, STR(""), line, s->check);
}

enum { COLUMNS_MOST = 16 << 10 };

/* "#fields<TAB>ts<TAB>uid..." and "#path<TAB>conn": the columns of what
 * follows, as struct record wants them. */
static void
tsv_head(struct split *s, struct str line)
{
	struct str word;

	if (!str_cut(&line, '\t', &word))
		return;
	if (str_is(word, "#path"))
		s->path = line;
	else if (str_is(word, "#fields"))
		s->names = line;
	else
		return;
	s->columns = (struct str){ 0 };
}

/* The columns are joined when a line asks for them: a body may be made of
 * nothing but heads. Each event keeps its own copy, so they have a bound. */
static void
tsv_columns(struct split *s)
{
	const struct str names = s->names, path = s->path;

	if (s->columns.len || !names.len)
		return;
	s->fault = NULL;
	if (names.len + path.len > COLUMNS_MOST)
		s->fault = "has columns of too long names before it";
	else if (memchr(names.p, '\0', names.len)
	    || (path.len && memchr(path.p, '\0', path.len)))
		s->fault = "has columns before it that hold a NUL";
	else if (!utf8_ok(names) || !utf8_ok(path))
		s->fault = "has columns before it that are not UTF-8";
	else
		s->columns = norm_join(s->a, path, STR("\t"), names);
}

static void
tsv_line(struct split *s, struct str line)
{
	struct record rec = record_of(s, line);

	tsv_columns(s);
	rec.columns = s->columns;
	if (line.len > s->shape->record_max)
		give_refusal(s, STR(""), "is larger than one record may be");
	else if (!s->columns.len)
		give_refusal(s, STR(""), s->fault != NULL ? s->fault :
		    "has no #fields line before it");
	else if (memchr(line.p, '\0', line.len))
		give_refusal(s, STR(""), json_fault_text(JSON_NUL));
	else if (!utf8_ok(line))
		give_refusal(s, STR(""), json_fault_text(JSON_UTF8));
	else
		s->enough = !s->each(s->ctx, s->index++, STR(""), &rec, NULL);
}

static void
each_line(struct split *s, struct str body)
{
	struct str line;
	bool tsv = false;

	while (!s->enough && str_cut(&body, '\n', &line)) {
		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		if (!str_trim(line).len)
			continue;
		if (line.p[0] == '#' && s->vendor) {
			tsv = true;
			tsv_head(s, line);
		} else if (tsv && line.p[0] != '{') {
			tsv_line(s, line);
		} else {
			json_line(s, line);
		}
	}
}

/* ---- the body --------------------------------------------------------- */

static enum json_fault
whole(struct split *s, struct str body)
{
	struct json_span v;
	enum json_fault fault = json_scan(&body, &v);

	if (fault == JSON_SYNTAX || fault == JSON_CUT)
		return fault;
	if (str_trim(body).len)
		return JSON_SYNTAX;
	if (v.first != '{' && v.first != '[')
		return JSON_SYNTAX;
	/* A fault inside: the records say which of them it was. */
	s->check = fault != JSON_OK || v.twice;
	top(s, &v);
	return JSON_OK;
}

enum json_fault
norm_split(struct arena *a, struct str body, const struct body_shape *shape,
    norm_each *each, void *ctx)
{
	struct split s = { .a = a, .shape = shape, .each = each, .ctx = ctx,
	    .vendor = norm_known(shape->source) };
	enum json_fault fault = JSON_OK;

	if (shape->envelope != ENVELOPE_NONE)
		return carry_split(a, body, shape, each, ctx);
	if (str_starts(body, "\xef\xbb\xbf"))	/* a byte order mark */
		body = str_sub(body, 3, body.len);
	if (shape->ndjson || (s.vendor && str_starts(body, "#")))
		each_line(&s, body);
	else
		fault = whole(&s, body);
	if (s.doc)
		json_doc_free(s.doc);
	return fault;
}
