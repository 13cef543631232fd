/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events whose fields came as text within the record: Log Analytics and syslog
 * relays hand the event's XML (or its EventData as JSON) over in one string.
 *
 * This is no XML parser. It looks for elements that hold text only, which is
 * all an event's fields are: <Data Name="X">text</Data> and, in <System> and
 * <UserData>, <Name>text</Name>; of attributes it knows SystemTime, ProcessID
 * and Name. Nesting, namespaces and order do not matter. What it cannot read
 * is no field.
 */
#include "norm/windows.h"

#include <string.h>

#include "base/arena.h"

enum { PAIRS_MAX = 96 };

struct pairs {
	struct arena *a;
	struct win_pair *p;
	size_t n;
};

static void
pair_add(struct pairs *ps, struct str name, struct str text)
{
	if (ps->n == PAIRS_MAX || name.len == 0)
		return;
	ps->p[ps->n].name = name;
	ps->p[ps->n].text = text;
	ps->n++;
}

static size_t
entity(struct str s, char *out)
{
	static const struct { const char *name; char c; } known[] = {
		{ "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' },
		{ "&quot;", '"' }, { "&apos;", '\'' }, { "&#13;", '\r' },
		{ "&#10;", '\n' }, { "&#9;", '\t' }, { "&#34;", '"' },
		{ "&#39;", '\'' }, { "&#xd;", '\r' }, { "&#xa;", '\n' },
	};
	size_t i;

	for (i = 0; i < COUNT(known); i++)
		if (str_starts(s, known[i].name)) {
			*out = known[i].c;
			return strlen(known[i].name);
		}
	return 0;
}

struct str
win_unescape(struct arena *a, struct str text)
{
	size_t i = 0, n = 0, used;
	char *out;

	if (text.len == 0 || memchr(text.p, '&', text.len) == NULL)
		return text;
	out = arena_get(a, text.len + 1);
	while (i < text.len) {
		used = 0;
		if (text.p[i] == '&')
			used = entity(str_sub(text, i, 8), &out[n]);
		if (used == 0)
			out[n] = text.p[i];
		n++;
		i += used > 0 ? used : 1;
	}
	return (struct str){ out, n };
}

/* The value of attribute `name` within a tag's text, or empty. */
static struct str
attribute(struct str tag, const char *name)
{
	struct str key = str_of(name), rest;
	size_t at = 0, end;
	char quote[2] = "";

	for (;;) {
		at = str_find(tag, key, at);
		if (at == (size_t)-1)
			return STR("");
		rest = str_sub(tag, at + key.len, tag.len);
		if (rest.len > 2 && rest.p[0] == '=' &&
		    (rest.p[1] == '"' || rest.p[1] == '\'') && at > 0 &&
		    (tag.p[at - 1] == ' ' || tag.p[at - 1] == '\n'))
			break;
		at += key.len;
	}
	quote[0] = rest.p[1];
	end = str_find(rest, str_of(quote), 2);
	return end == (size_t)-1 ? STR("") : str_sub(rest, 2, end - 2);
}

/* What a tag says by itself: name of the field that its text would be. */
static struct str
tag_name(struct pairs *ps, struct str tag)
{
	struct str name = tag, value;
	size_t n = 0;

	while (n < tag.len && tag.p[n] != ' ' && tag.p[n] != '\n' &&
	    tag.p[n] != '/')
		n++;
	name.len = n;
	if (str_is(name, "Data"))
		return win_unescape(ps->a, attribute(tag, "Name"));
	value = attribute(tag, "SystemTime");
	if (value.len > 0)
		pair_add(ps, STR("SystemTime"), value);
	if (str_is(name, "Execution"))
		pair_add(ps, STR("ExecutionProcessID"),
		    attribute(tag, "ProcessID"));
	if (str_is(name, "Provider"))
		pair_add(ps, STR("SourceName"), attribute(tag, "Name"));
	return name;
}

size_t
win_xml(struct arena *a, struct str text, struct win_pair **pairs)
{
	struct pairs ps = { .a = a };
	struct str tag, name;
	size_t at = 0, open, close, next;

	ps.p = arena_array(a, PAIRS_MAX, sizeof(*ps.p));
	for (;;) {
		open = str_find(text, STR("<"), at);
		if (open == (size_t)-1)
			break;
		close = str_find(text, STR(">"), open);
		if (close == (size_t)-1)
			break;
		tag = str_sub(text, open + 1, close - open - 1);
		at = close + 1;
		if (tag.len == 0 || tag.p[0] == '/' || tag.p[0] == '?')
			continue;
		name = tag_name(&ps, tag);
		next = str_find(text, STR("<"), at);
		if (next == (size_t)-1)
			break;
		if (tag.p[tag.len - 1] != '/' && next + 1 < text.len &&
		    text.p[next + 1] == '/')
			pair_add(&ps, name, win_unescape(a,
			    str_sub(text, at, next - at)));
	}
	*pairs = ps.p;
	return ps.n;
}

/* \uXXXX as UTF-8; half of a surrogate pair becomes U+FFFD (such a text is
 * only shown, never compared). */
static size_t
utf8_of(struct str hex, char *out)
{
	uint64_t c;

	if (hex.len < 4 || !str_hex_u64(hex, &c) ||
	    (c >= 0xd800 && c <= 0xdfff) || c == 0)
		c = 0xfffd;
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | c >> 12);
	out[1] = (char)(0x80 | (c >> 6 & 0x3f));
	out[2] = (char)(0x80 | (c & 0x3f));
	return 3;
}

/* A JSON string's text without quotes and escapes. Never longer than it was:
 * six characters of \uXXXX become three bytes at most. */
static struct str
unquote(struct arena *a, struct str v)
{
	static const char plain[] = "b\bf\fn\nr\rt\t";
	const char *pair;
	size_t i, n = 0;
	char *out;

	if (v.len < 2 || v.p[0] != '"')
		return v;
	v = str_sub(v, 1, v.len - 2);
	if (v.len == 0 || memchr(v.p, '\\', v.len) == NULL)
		return v;
	out = arena_get(a, v.len + 1);
	for (i = 0; i < v.len; i++) {
		if (v.p[i] != '\\' || i + 1 == v.len) {
			out[n++] = v.p[i];
			continue;
		}
		i++;
		if (v.p[i] == 'u') {
			n += utf8_of(str_sub(v, i + 1, 4), &out[n]);
			i += 4;
			continue;
		}
		pair = strchr(plain, v.p[i]);
		out[n++] = pair && (pair - plain) % 2 == 0 ? pair[1] : v.p[i];
	}
	return (struct str){ out, n };
}

size_t
win_json_text(struct arena *a, struct str text, struct win_pair **pairs)
{
	struct pairs ps = { .a = a };
	struct str rest = text, name, value;
	struct json_walk walk;
	struct json_span span;
	bool plain;

	*pairs = NULL;
	if (json_scan(&rest, &span) != JSON_OK || span.first != '{')
		return 0;
	ps.p = arena_array(a, PAIRS_MAX, sizeof(*ps.p));
	walk = json_into(span.text);
	while (json_next_member(&walk, &name, &plain, &value)) {
		if (!plain || value.len == 0 || value.p[0] == '{' ||
		    value.p[0] == '[' || str_is(value, "null"))
			continue;
		pair_add(&ps, name, unquote(a, value));
	}
	*pairs = ps.p;
	return ps.n;
}
