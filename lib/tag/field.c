/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name is tried, in this order, in the event's own fields and at the top of
 * the record: as it is (a key may hold dots), cut at its dots through nested
 * objects, then under its aliases. On the way, an array stands for each of its
 * elements: a rule matches if any of them does.
 */
#include "tag/field.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tag/alias.h"

enum { STEPS_MAX = 16, TREE_MAX = 64 };

static const char *const *
steps_of(struct arena *a, struct str name, size_t *n)
{
	const char **steps = arena_array(a, STEPS_MAX, sizeof(*steps));
	struct str head;

	*n = 0;
	while (*n < STEPS_MAX && str_cut(&name, '.', &head))
		steps[(*n)++] = str_c(a, head);
	return steps;
}

/* A blank before each inner capital letter, as Defender names its fields. */
static const char *
spaced_name(struct arena *a, struct str name)
{
	char *out = arena_get(a, 2 * name.len + 1), *end = out;

	for (size_t i = 0; i < name.len; i++) {
		if (i > 0 && name.p[i] >= 'A' && name.p[i] <= 'Z' &&
		    name.p[i - 1] >= 'a' && name.p[i - 1] <= 'z')
			*end++ = ' ';
		*end++ = name.p[i];
	}
	return out;
}

uint32_t
field_slot(struct field_list *l, struct str name)
{
	struct field *f;

	for (size_t i = 0; i < l->n; i++)
		if (str_is(name, l->items[i].name))
			return (uint32_t)i;
	l->items = arena_grow(l->arena, l->items, &l->room, l->n + 1,
	    sizeof(*l->items));
	f = &l->items[l->n];
	*f = (struct field){ .name = str_c(l->arena, name),
		.alias = alias_of(name) };
	f->spaced = spaced_name(l->arena, name);
	f->steps = steps_of(l->arena, name, &f->n_steps);
	return (uint32_t)l->n++;
}

/* ---- a sight's memory ------------------------------------------------- */

static struct arena *
more(struct sight *s)
{
	if (!s->more)
		s->more = arena_new();
	return s->more;
}

static char *
sight_get(struct sight *s, size_t len)
{
	char *p;

	if (len > SIGHT_ROOM - s->used)
		return arena_get(more(s), len);
	p = s->room + s->used;
	s->used += len;
	return p;
}

static struct str
lower(struct sight *s, struct str t)
{
	size_t i = 0;
	char *p;

	while (i < t.len && (t.p[i] < 'A' || t.p[i] > 'Z'))
		i++;
	if (i == t.len)
		return t;
	p = sight_get(s, t.len);
	for (i = 0; i < t.len; i++)
		p[i] = (char)(t.p[i] >= 'A' && t.p[i] <= 'Z' ?
		    t.p[i] + ('a' - 'A') : t.p[i]);
	return (struct str){ p, t.len };
}

static struct str
scalar_text(struct sight *s, const struct json *v)
{
	char number[24], *p;
	int len;

	switch (json_type(v)) {
	case JSON_STRING:
		return json_str(v);
	case JSON_BOOL:
		return json_bool(v) ? STR("true") : STR("false");
	case JSON_INT:
		len = snprintf(number, sizeof(number), "%" PRId64, json_int(v));
		p = sight_get(s, (size_t)len);
		memcpy(p, number, (size_t)len);
		return (struct str){ p, (size_t)len };
	default:
		return json_scalar(more(s), v);
	}
}

/* ---- collecting values ------------------------------------------------ */

/* Texts found so far; the first needs no memory. */
struct harvest {
	struct sight *sight;
	struct value *into;
	struct text *texts;
	size_t room;
	int depth;
};

static void
harvest_add(struct harvest *h, struct str t)
{
	struct value *v = h->into;
	struct text x = { t, lower(h->sight, t) };

	if (v->n == 0) {
		v->one = x;
		v->texts = &v->one;
		v->n = 1;
		return;
	}
	h->texts = arena_grow(more(h->sight), h->texts, &h->room, v->n + 1,
	    sizeof(*h->texts));
	if (v->n == 1)
		h->texts[0] = v->one;
	h->texts[v->n++] = x;
	v->texts = h->texts;
}

/* Event/System JSON wraps values that had attributes: {"#text": 4688}. */
static const struct json *
unwrapped(const struct json *v)
{
	const struct json *inner;

	if (json_type(v) != JSON_OBJECT)
		return v;
	inner = json_get(v, "#text");
	return inner ? inner : v;
}

static void
harvest_leaf(struct harvest *h, const struct json *v)
{
	v = unwrapped(v);
	switch (json_type(v)) {
	case JSON_NULL:
		return;
	case JSON_ARRAY:
		h->into->present = true;
		if (++h->depth < TREE_MAX)
			for (size_t i = 0; i < json_len(v); i++)
				harvest_leaf(h, json_item(v, i));
		h->depth--;
		return;
	case JSON_OBJECT:
		h->into->present = true;
		v = json_get(v, "Name");	/* Provider's attributes */
		if (v && json_type(v) == JSON_STRING)
			harvest_add(h, json_str(v));
		return;
	default:
		h->into->present = true;
		harvest_add(h, scalar_text(h->sight, v));
	}
}

static void
harvest_walk(struct harvest *h, const struct json *v, const char *const *steps,
    size_t n)
{
	if (n == 0) {
		harvest_leaf(h, v);
	} else if (json_type(v) == JSON_OBJECT) {
		v = json_get(v, steps[0]);
		if (v)
			harvest_walk(h, v, steps + 1, n - 1);
	} else if (json_type(v) == JSON_ARRAY && ++h->depth < TREE_MAX) {
		for (size_t i = 0; i < json_len(v); i++)
			harvest_walk(h, json_item(v, i), steps, n);
		h->depth--;
	}
}

static bool
look_in(struct harvest *h, const struct json *top, const struct field *f)
{
	const struct json *v = top ? json_get(top, f->name) : NULL;

	if (v)
		harvest_leaf(h, v);
	else if (top && f->n_steps > 1)
		harvest_walk(h, top, f->steps, f->n_steps);
	return h->into->present;
}

static bool
look_aliases(struct harvest *h, const struct json *top,
    const struct field_alias *alias)
{
	for (size_t i = 0; top && i < ALIAS_WAYS; i++) {
		const char *const *way = alias->ways[i];
		size_t n = 0;

		while (n < ALIAS_STEPS && way[n])
			n++;
		if (n > 0)
			harvest_walk(h, top, way, n);
		if (h->into->present)
			return true;
	}
	return false;
}

static void
look(struct sight *s, const struct field *f, struct value *v)
{
	struct harvest h = { .sight = s, .into = v };
	const struct json *fields = s->ev->fields, *record = s->ev->record;
	const char *service = s->ev->service;

	*v = (struct value){ 0 };
	if (fields && service && strcmp(service, "windefend") == 0 &&
	    json_get(fields, f->spaced)) {
		harvest_leaf(&h, json_get(fields, f->spaced));
		return;
	}
	if (record == fields)
		record = NULL;
	if (look_in(&h, fields, f) || look_in(&h, record, f) || !f->alias)
		return;
	if (!look_aliases(&h, fields, f->alias))
		look_aliases(&h, record, f->alias);
}

/* ---- every string, for keywords --------------------------------------- */

static void harvest_tree(struct harvest *h, const struct json *v);

static void
harvest_member(void *ctx, struct str name, const struct json *v)
{
	(void)name;
	harvest_tree(ctx, v);
}

static void
harvest_tree(struct harvest *h, const struct json *v)
{
	enum json_type type = json_type(v);

	if (type == JSON_STRING || type == JSON_INT) {
		harvest_add(h, scalar_text(h->sight, v));
		return;
	}
	if (++h->depth < TREE_MAX) {
		if (type == JSON_OBJECT)
			json_each(v, harvest_member, h);
		for (size_t i = 0; type == JSON_ARRAY && i < json_len(v); i++)
			harvest_tree(h, json_item(v, i));
	}
	h->depth--;
}

/* ---- sights ------------------------------------------------------------ */

void
sight_begin(struct sight *s, const struct field_list *l,
    const struct event *ev)
{
	s->ev = ev;
	s->fields = l;
	s->all_known = false;
	s->more = NULL;
	s->used = 0;
	if (l->n <= SIGHT_SLOTS) {
		s->known = s->known_room;
		s->values = s->value_room;
		memset(s->known, 0, l->n * sizeof(*s->known));
	} else {
		s->known = arena_array(more(s), l->n, sizeof(*s->known));
		s->values = arena_array(s->more, l->n, sizeof(*s->values));
	}
}

void
sight_end(struct sight *s)
{
	if (s->more)
		arena_free(s->more);
}

const struct value *
sight_value(struct sight *s, uint32_t slot)
{
	if (!s->known[slot]) {
		s->known[slot] = true;
		look(s, &s->fields->items[slot], &s->values[slot]);
	}
	return &s->values[slot];
}

const struct value *
sight_strings(struct sight *s)
{
	if (!s->all_known) {
		struct harvest h = { .sight = s, .into = &s->all };

		s->all_known = true;
		s->all = (struct value){ 0 };
		harvest_tree(&h, s->ev->record ? s->ev->record : s->ev->fields);
	}
	return &s->all;
}
