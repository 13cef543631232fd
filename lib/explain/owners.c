/* SPDX-License-Identifier: Apache-2.0 */
/* The owners map; its form is in explain.h. */
#include "explain/inner.h"

static const char blanks[] = " \t\r";

static bool
blank(char c)
{
	return c == blanks[0] || c == blanks[1] || c == blanks[2];
}

struct line { enum kind kind; struct str pattern, owner; };

/* KIND,PATTERN,OWNER */
static const char *
csv(struct str text, struct line *l)
{
	struct str kind, pattern;

	if (!str_cut(&text, ',', &kind) || !str_cut(&text, ',', &pattern))
		return "takes KIND,PATTERN,OWNER";
	l->kind = kind_of_name(str_trim(kind));
	if (l->kind == KIND_NONE && !str_is(str_trim(kind), "*"))
		return "has no such kind of entity";
	l->pattern = str_trim(pattern);
	l->owner = str_trim(text);
	return NULL;
}

/* [KIND:]PATTERN OWNER */
static const char *
plain(struct str text, struct line *l)
{
	size_t i = 0, colon;

	while (i < text.len && !blank(text.p[i]))
		i++;
	l->pattern = str_sub(text, 0, i);
	l->owner = str_trim(str_sub(text, i, text.len));
	l->kind = KIND_NONE;
	colon = str_find(l->pattern, STR(":"), 0);
	if (colon != (size_t)-1)
		l->kind = kind_of_name(str_sub(l->pattern, 0, colon));
	if (l->kind != KIND_NONE)
		l->pattern = str_sub(l->pattern, colon + 1, l->pattern.len);
	return NULL;
}

/* NULL and l->owner empty: nothing on this line. */
static const char *
read_line(struct str text, struct line *l)
{
	const char *why;
	size_t i = 0;

	*l = (struct line){ 0 };
	text = str_trim(text);
	if (text.len == 0 || text.p[0] == '#')
		return NULL;
	if (!utf8_ok(text))
		return "is not UTF-8";
	/* A comma before any blank makes it CSV. */
	while (i < text.len && !blank(text.p[i]) && text.p[i] != ',')
		i++;
	why = i < text.len && text.p[i] == ',' ? csv(text, l) : plain(text, l);
	if (why == NULL && (l->pattern.len == 0 || l->owner.len == 0))
		why = "takes a pattern and an owner";
	return why;
}

bool
owners_sound(struct str map, size_t *line, const char **why)
{
	struct str text;
	struct line l;

	*line = 0;
	while (str_cut(&map, '\n', &text)) {
		++*line;
		*why = read_line(text, &l);
		if (*why != NULL)
			return false;
	}
	return true;
}

size_t
owners_lines(struct str map)
{
	struct str text;
	struct line l;
	size_t n = 0;

	while (str_cut(&map, '\n', &text))
		n += read_line(text, &l) == NULL && l.owner.len > 0;
	return n;
}

bool
owners_find(struct str map, enum kind kind, struct str name, struct owner *o)
{
	struct str text;
	struct line l;
	size_t line = 0;
	bool hit = false;

	while (str_cut(&map, '\n', &text)) {
		line++;
		if (read_line(text, &l) != NULL || l.owner.len == 0 ||
		    (l.kind != KIND_NONE && l.kind != kind) ||
		    !str_like(l.pattern, name))
			continue;
		*o = (struct owner){ l.owner, l.pattern, line };
		hit = true;
	}
	return hit;
}
