/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a tenant says of its own things, for triage: which are critical, what is
 * expected to set off detections (a scanner, an administrator's tool host),
 * and what outside knowledge says of an address, a name or a digest and how
 * often it is right. A list of lines in the form of the owners map, brought in
 * by the tool, never from events; so nothing that is logged can put itself on
 * it. Names are looked up once a request.
 */
#include "explain/triage.h"

#include <math.h>

struct context {
	struct graph *g;
	struct arena *a;
	struct str map;
	struct table by_entity, by_place;	/* -> place in v */
	struct standing *v;
	size_t n, room;
};

struct context *
context_new(struct graph *g, struct arena *a)
{
	struct context *c = arena_get(a, sizeof(*c));

	c->g = g;
	c->a = a;
	c->map = graph_text(g, a, TRIAGE_CONTEXT);
	table_init(&c->by_entity);
	table_init(&c->by_place);
	return c;
}

void
context_free(struct context *c)
{
	table_release(&c->by_entity);
	table_release(&c->by_place);
}

/* "critical", "expected", "intel 80" (per cent right). */
static bool
word_take(struct str word, struct str name, struct standing *s)
{
	uint64_t percent;

	if (str_is(word, "critical")) {
		s->critical = name;
	} else if (str_is(word, "expected")) {
		s->expected = name;
	} else if (str_starts(word, "intel ") && str_u64(str_trim(str_sub(word,
	    6, word.len)), &percent) && percent >= 1 && percent <= 99) {
		s->intel = name;
		s->percent = (int)percent;
	} else {
		return false;
	}
	return true;
}

bool
triage_context_sound(struct str map, size_t *line, const char **why)
{
	struct standing s;
	struct str one, pattern;

	if (!owners_sound(map, line, why))
		return false;
	for (*line = 1; str_cut(&map, '\n', &one); ++*line) {
		one = str_trim(one);
		if (one.len == 0 || one.p[0] == '#')
			continue;
		if (str_cut(&one, ' ', &pattern) && word_take(str_trim(one),
		    pattern, &s))
			continue;
		*why = "must say critical, expected or intel 1-99 behind its "
		    "pattern and a blank";
		return false;
	}
	return true;
}

static void
merge(struct standing *to, const struct standing *s)
{
	if (s->critical.len > 0)
		to->critical = s->critical;
	if (s->expected.len > 0)
		to->expected = s->expected;
	if (s->percent > to->percent) {
		to->percent = s->percent;
		to->intel = s->intel;
	}
}

void
context_of_name(const struct context *c, enum kind kind, struct str name,
    struct standing *to)
{
	struct standing s = { 0 };
	struct owner o;

	if (c->map.len == 0 || name.len == 0 ||
	    !owners_find(c->map, kind, name, &o))
		return;
	(void)word_take(o.owner, name, &s);
	/* Only of a place can a detection be expected: names of users and
	 * addresses are in the hands of who does it. */
	if (kind != KIND_HOST)
		s.expected = (struct str){ 0 };
	merge(to, &s);
}

static bool
may_stand(enum kind k)
{
	return k == KIND_HOST || k == KIND_USER || k == KIND_IP ||
	    k == KIND_DOMAIN || k == KIND_URL || k == KIND_HASH;
}

/* A new one of the cache, at *at. */
static struct standing *
remember(struct context *c)
{
	c->v = arena_grow(c->a, c->v, &c->room, c->n + 1, sizeof(*c->v));
	c->v[c->n] = (struct standing){ 0 };
	return &c->v[c->n++];
}

enum rc
context_of_event(struct context *c, const struct node *n, int64_t place,
    struct standing *to)
{
	struct entity e;
	int64_t at;
	bool added;
	enum rc rc;
	size_t i;

	if (c->map.len == 0)
		return RC_OK;
	at = table_add(&c->by_place, (uint64_t)place, (int64_t)c->n, &added);
	if (added)
		context_of_name(c, KIND_HOST, graph_word_text(c->g, c->a,
		    place), remember(c));
	merge(to, &c->v[at]);
	for (i = 0; i < n->n_refs; i++) {
		if (!may_stand((enum kind)n->refs[i].kind))
			continue;
		at = table_add(&c->by_entity, (uint64_t)n->refs[i].entity,
		    (int64_t)c->n, &added);
		if (added) {
			rc = graph_entity_get(c->g, c->a, n->refs[i].entity,
			    &e);
			if (rc != RC_OK)
				return rc;
			context_of_name(c, (enum kind)n->refs[i].kind,
			    e.name.len > 0 ? e.name : e.key, remember(c));
		}
		merge(to, &c->v[at]);
	}
	return RC_OK;
}
