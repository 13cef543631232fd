/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An investigation that was answered, turned back into what it was made from:
 * its timeline and links are a story, its sentences are findings. The machine
 * check then reads it as if it had just been said.
 */
#include "explain/inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct named { struct str id; size_t at; };

struct rereading {
	struct arena *a;
	struct story *s;
	struct findings *f;
	struct named *by_id;
};

static int
by_id(const void *a, const void *b)
{
	return str_cmp(((const struct named *)a)->id,
	    ((const struct named *)b)->id);
}

static size_t
place_of(const struct rereading *r, struct str id)
{
	struct named key = { id, 0 }, *hit = bsearch(&key, r->by_id, r->s->n,
	    sizeof(key), by_id);

	return hit != NULL ? hit->at : SIZE_MAX;
}

static struct str
text(const struct json *v, const char *name)
{
	return json_str(json_get(v, name));
}

/* ---- the story ------------------------------------------------------------- */

static bool
take_moment(struct rereading *r, const struct json *v, size_t i)
{
	struct step *e = &r->s->step[i];
	const struct json *marks = json_get(v, "techniques");
	const struct json *names = json_get(v, "names");
	size_t k;

	e->id = text(v, "event_id");
	e->source = text(v, "source");
	e->actor = text(v, "actor");
	e->action = text(v, "action");
	e->target = text(v, "target");
	e->host = text(v, "host");
	e->count = (int32_t)json_int(json_get(v, "count"));
	e->role = str_is(text(v, "role"), "context") ? MEMBER_CONTEXT :
	    MEMBER_STEP;
	e->marks = arena_array(r->a, json_len(marks) + 1, sizeof(*e->marks));
	for (k = 0; k < json_len(marks); k++)
		e->marks[e->n_marks++].technique =
		    technique_parse(json_str(json_item(marks, k)));
	e->who = arena_array(r->a, json_len(names) + 1, sizeof(*e->who));
	for (k = 0; k < json_len(names); k++)
		e->who[e->n_who++].name = json_str(json_item(names, k));
	r->s->begins[i] = json_bool(json_get(v, "begins"));
	r->s->goal[i] = json_bool(json_get(v, "goal"));
	r->s->n_goals += r->s->goal[i];
	r->by_id[i] = (struct named){ e->id, i };
	return e->id.len > 0 && clock_parse(text(v, "timestamp"), false,
	    &e->time_ns);
}

static bool
take_timeline(struct rereading *r, const struct json *list)
{
	size_t i, n = json_len(list);

	if (n == 0 || n > EXPLAIN_NODES_MAX)
		return false;
	r->s->step = arena_array(r->a, n + 1, sizeof(struct step));
	r->s->begins = arena_array(r->a, n + 1, sizeof(bool));
	r->s->goal = arena_array(r->a, n + 1, sizeof(bool));
	r->by_id = arena_array(r->a, n + 1, sizeof(struct named));
	for (i = 0; i < n; i++)
		if (!take_moment(r, json_item(list, i), i))
			return false;
	r->s->n = n;
	qsort(r->by_id, n, sizeof(struct named), by_id);
	for (i = 1; i < n; i++)
		if (str_eq(r->by_id[i].id, r->by_id[i - 1].id))
			return false;
	return true;
}

static int
by_end(const void *a, const void *b)
{
	const struct tie *x = a, *y = b;

	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

static bool
take_links(struct rereading *r, const struct json *list)
{
	size_t i, n = json_len(list);
	const struct json *v;
	struct tie *t;

	if (n > EXPLAIN_EDGES_MAX)
		return false;
	r->s->tie = arena_array(r->a, n + 1, sizeof(struct tie));
	for (i = 0; i < n; i++) {
		v = json_item(list, i);
		t = &r->s->tie[r->s->n_ties++];
		t->from = place_of(r, text(v, "from"));
		t->to = place_of(r, text(v, "to"));
		t->grade = grade_of_name(text(v, "grade"));
		t->rule_id = text(v, "rule");
		t->flags = json_bool(json_get(v, "order_uncertain")) ?
		    EDGE_CLOCK : 0;
		if (t->from == SIZE_MAX || t->to == SIZE_MAX ||
		    t->from >= t->to)
			return false;
	}
	if (n > 0)
		qsort(r->s->tie, n, sizeof(struct tie), by_end);
	return true;
}

/* ---- the sentences ----------------------------------------------------------- */

static struct said
said_of(struct rereading *r, const struct json *v, const char *name)
{
	const struct json *cites = json_get(v, "cites");
	struct said s = { .text = text(v, name) };
	size_t i;

	s.cites = arena_array(r->a, json_len(cites) + 1, sizeof(struct str));
	for (i = 0; i < json_len(cites); i++)
		s.cites[s.n_cites++] = json_str(json_item(cites, i));
	return s;
}

static void
take_list(struct rereading *r, const struct json *list, const char *name,
    struct saids *to)
{
	size_t i;

	for (i = 0; i < json_len(list); i++)
		saids_add(r->a, to, said_of(r, json_item(list, i), name));
}

/* Of a model's sentence its names alone, “a” “b”: its numbers were counted by
 * the guard, which knows more of an event than is told here. */
static struct str
names_of(struct rereading *r, struct str s)
{
	size_t from = 0, open, close;
	struct str out;
	struct buf b;

	buf_init(&b, s.len + 16);
	for (;;) {
		open = str_find(s, STR("\xe2\x80\x9c"), from);
		close = open == (size_t)-1 ? open :
		    str_find(s, STR("\xe2\x80\x9d"), open);
		if (close == (size_t)-1)
			break;
		buf_put_str(&b, str_sub(s, open, close + 3 - open));
		from = close + 3;
	}
	out = str_dup(r->a, buf_str(&b));
	buf_release(&b);
	return out;
}

static void
take_narrative(struct rereading *r, const struct json *list)
{
	const struct json *v;
	struct saids *to;
	size_t i, k;

	for (i = 0; i < json_len(list); i++) {
		v = json_item(list, i);
		to = &narrate_paragraph(r->f, str_c(r->a,
		    text(v, "topic")))->s;
		take_list(r, json_get(v, "sentences"), "text", to);
		for (k = 0; str_is(text(v, "by"), "model") && k < to->n; k++)
			to->v[k].text = names_of(r, to->v[k].text);
	}
}

static void
take_root(struct rereading *r, const struct json *v)
{
	const struct json *list = json_get(v, "rivals");
	struct findings *f = r->f;
	size_t i;

	f->root_said = said_of(r, v, "explanation");
	f->rival = arena_array(r->a, json_len(list) + 1, sizeof(*f->rival));
	for (i = 0; i < json_len(list); i++)
		f->rival[f->n_rivals++].said = said_of(r, json_item(list, i),
		    "text");
}

static void
take_deeds(struct rereading *r, const struct json *list)
{
	struct findings *f = r->f;
	size_t i;

	f->deed = arena_array(r->a, json_len(list) + 1, sizeof(*f->deed));
	for (i = 0; i < json_len(list); i++)
		f->deed[f->n_deeds++].rationale = said_of(r,
		    json_item(list, i), "rationale");
}

static bool
take_counter(struct rereading *r, const struct json *v, struct counter *c)
{
	const struct json *cut = json_get(v, "cut");
	size_t i;

	c->said = said_of(r, v, "statement");
	c->n_lost = (size_t)json_int(json_get(v, "lost"));
	c->cut = arena_array(r->a, json_len(cut) + 1, sizeof(size_t));
	for (i = 0; i < json_len(cut); i++) {
		c->cut[c->n_cut] = place_of(r, json_str(json_item(cut, i)));
		if (c->cut[c->n_cut++] == SIZE_MAX)
			return false;
	}
	return true;
}

static bool
take_counters(struct rereading *r, const struct json *list)
{
	struct findings *f = r->f;
	size_t i;

	f->counter = arena_array(r->a, json_len(list) + 1,
	    sizeof(*f->counter));
	for (i = 0; i < json_len(list); i++)
		if (!take_counter(r, json_item(list, i),
		    &f->counter[f->n_counters++]))
			return false;
	return true;
}

static void
take_rest(struct rereading *r, const struct json *v)
{
	const struct json *unseen = json_get(v, "not_observed");
	struct findings *f = r->f;
	size_t i;

	f->failed = said_of(r, json_at(v, "why", "what_failed", NULL), "text");
	f->caught = said_of(r, json_at(v, "why", "what_should_have_caught_it",
	    NULL), "text");
	f->fix = said_of(r, json_at(v, "why", "what_to_fix", NULL), "text");
	f->owner = said_of(r, json_at(v, "why", "who_owns_it", NULL), "text");
	take_list(r, json_get(v, "evidence_against"), "text", &f->against);
	f->unseen = arena_array(r->a, json_len(unseen) + 1,
	    sizeof(*f->unseen));
	for (i = 0; i < json_len(unseen); i++)
		f->unseen[f->n_unseen++].said = said_of(r,
		    json_item(unseen, i), "text");
}

size_t
explain_check_answer(struct arena *a, const struct json *v,
    struct buf *faults, size_t *sentences, size_t *cites)
{
	struct rereading r = { .a = a, .s = arena_get(a, sizeof(*r.s)),
		.f = arena_get(a, sizeof(*r.f)) };

	r.s->a = r.f->a = a;
	r.f->s = r.s;
	if (!take_timeline(&r, json_get(v, "timeline")) ||
	    !take_links(&r, json_get(v, "links")) ||
	    !take_counters(&r, json_get(v, "counterfactuals")))
		return (size_t)-1;
	take_narrative(&r, json_get(v, "narrative"));
	take_root(&r, json_get(v, "root_cause"));
	take_deeds(&r, json_get(v, "recommended_actions"));
	take_rest(&r, v);
	explain_size(r.f, sentences, cites);
	return explain_check(r.f, faults);
}
