/* SPDX-License-Identifier: Apache-2.0 */
/* Walking members and elements of text that the scanner has passed. Bounds are
 * minded all the same: on text that it has not, the walk just ends. */
#include <string.h>

#include "base/json.h"
#include "base/json_name.h"

static void
skip(struct str *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

/* Blanks, and the commas and colons between values. */
static void
skip_between(struct str *s)
{
	while (s->len > 0 && (*s->p == ' ' || *s->p == ',' || *s->p == ':' ||
	    *s->p == '\n' || *s->p == '\r' || *s->p == '\t'))
		skip(s, 1);
}

/* Is the quote at `p` a part of the string, by an odd number of backslashes
 * before it? No run of them reaches back over `from`. */
static bool
escaped(const char *from, const char *p)
{
	const char *q = p;

	while (q > from && q[-1] == '\\')
		q--;
	return (p - q) % 2 != 0;
}

/* Length of the string at the start of s, quotes included. From quote to quote:
 * texts of kilobytes full of \r\n hold few of them. */
static size_t
string_len(struct str s, bool *plain)
{
	const char *from = s.p + 1, *end = s.p + s.len, *p = from;

	while ((p = memchr(p, '"', (size_t)(end - p))) != NULL &&
	    escaped(from, p))
		p++;
	if (p == NULL)
		p = end;
	*plain = memchr(from, '\\', (size_t)(p - from)) == NULL;
	return (size_t)(p - s.p) + (p < end);
}

static size_t
container_len(struct str s)
{
	size_t i = 0, depth = 0;
	bool plain;

	while (i < s.len) {
		switch (s.p[i]) {
		case '"':
			i += string_len((struct str){ s.p + i, s.len - i },
			    &plain);
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (--depth == 0)
				return i + 1;
			break;
		default:
			break;
		}
		i++;
	}
	return s.len;
}

static size_t
value_len(struct str s)
{
	size_t i;
	bool plain;

	if (s.p[0] == '"')
		return string_len(s, &plain);
	if (s.p[0] == '{' || s.p[0] == '[')
		return container_len(s);
	for (i = 0; i < s.len; i++)
		if (memchr(" ,]}\n\r\t", s.p[i], 7) != NULL)
			break;
	return i;
}

struct json_walk
json_into(struct str text)
{
	if (text.len < 2 || (text.p[0] != '{' && text.p[0] != '['))
		return (struct json_walk){ { text.p, 0 } };
	return (struct json_walk){ { text.p + 1, text.len - 2 } };
}

bool
json_next_element(struct json_walk *w, struct str *value)
{
	size_t len;

	skip_between(&w->rest);
	if (w->rest.len == 0)
		return false;
	len = value_len(w->rest);
	if (len == 0)
		return false;
	*value = (struct str){ w->rest.p, len };
	skip(&w->rest, len);
	return true;
}

bool
json_next_member(struct json_walk *w, struct str *name, bool *name_plain,
    struct str *value)
{
	size_t len;

	skip_between(&w->rest);
	if (w->rest.len < 2 || *w->rest.p != '"')
		return false;
	len = string_len(w->rest, name_plain);
	*name = (struct str){ w->rest.p + 1, len - 2 };
	skip(&w->rest, len);
	return json_next_element(w, value);
}

bool
json_member_span(struct str text, const char *name, struct str *value)
{
	struct json_walk w;
	struct str wanted = str_of(name), n, v;
	bool plain, found = false;

	if (text.len == 0 || text.p[0] != '{')
		return false;
	w = json_into(text);
	while (json_next_member(&w, &n, &plain, &v)) {
		if (plain ? str_eq(n, wanted) :
		    json_name_eq(n, false, wanted, true)) {
			*value = v;
			found = true;
		}
	}
	return found;
}
