/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The narrative. The analyst's has the whole course, host by host, in order of
 * time: every event of the chain is cited by some sentence. Where that would be
 * too many, steps that differ least are told in one sentence with their count,
 * first the same act on the same thing, then the same act of the same program,
 * then the same act; the narrative says so, and nothing is left out.
 */
#include "explain/inner.h"

#include <stdlib.h>
#include <string.h>

enum { SENTENCES_MAX = 400 };
enum fold { FOLD_SAME, FOLD_TARGET, FOLD_DOER, FOLD_ACT };

struct course {			/* a step and the group that it falls into */
	const struct step *e;
	size_t at, first;	/* first: least place of its group */
};

struct str
step_place(const struct step *e)
{
	return e->host.len > 0 ? e->host : e->source;
}

static technique
first_mark(const struct step *e)
{
	return e->n_marks > 0 ? e->marks[0].technique : 0;
}

/* Order by which equal steps come together, at a level of folding. */
static int
alike(const struct step *x, const struct step *y, enum fold level)
{
	int c = str_cmp(step_place(x), step_place(y));

	if (c == 0)
		c = (int)x->act - (int)y->act;
	if (c == 0)
		c = str_cmp(x->action, y->action);
	if (c == 0 && level < FOLD_ACT)
		c = str_cmp(step_process(x), step_process(y));
	if (c == 0 && level < FOLD_ACT)
		c = str_cmp(x->actor, y->actor);
	if (c == 0 && level < FOLD_DOER)
		c = x->outcome != y->outcome ?
		    (int)x->outcome - (int)y->outcome :
		    first_mark(x) < first_mark(y) ? -1 :
		    first_mark(x) > first_mark(y);
	if (c == 0 && level < FOLD_TARGET)
		c = str_cmp(x->target, y->target);
	return c;
}

static int
by_likeness(const void *a, const void *b, void *level)
{
	const struct course *x = a, *y = b;
	int c = alike(x->e, y->e, *(enum fold *)level);

	return c != 0 ? c : x->at < y->at ? -1 : x->at > y->at;
}

static int
by_first(const void *a, const void *b)
{
	const struct course *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* Sorts into groups; returns how many. */
static size_t
group(struct course *c, size_t n, enum fold level)
{
	size_t i, groups = 0;

	qsort_r(c, n, sizeof(*c), by_likeness, &level);
	for (i = 0; i < n; i++) {
		if (i == 0 || alike(c[i - 1].e, c[i].e, level) != 0) {
			c[i].first = c[i].at;
			groups++;
		} else {
			c[i].first = c[i - 1].first;
		}
	}
	qsort(c, n, sizeof(*c), by_first);
	return groups;
}

struct paragraph *
narrate_paragraph(struct findings *f, const char *topic)
{
	f->paragraph = arena_grow(f->a, f->paragraph, &f->paragraphs_room,
	    f->n_paragraphs + 1, sizeof(struct paragraph));
	f->paragraph[f->n_paragraphs] = (struct paragraph){ .topic = topic };
	return &f->paragraph[f->n_paragraphs++];
}

static struct paragraph *
paragraph_of(struct findings *f, struct str place)
{
	const char *topic = str_c(f->a, place);
	size_t i;

	for (i = 0; i < f->n_paragraphs; i++)
		if (strcmp(f->paragraph[i].topic, topic) == 0)
			return &f->paragraph[i];
	return narrate_paragraph(f, topic);
}

/* ---- sentences ------------------------------------------------------------- */

static void
put_cause(struct pen *p, size_t at)
{
	const struct tie *t = story_cause(p->s, at);

	if (t != NULL && t->family > 1) {
		pen_put(p, " (tied to what came before by likeness alone, %s)",
		    grade_name(t->grade));
		pen_cite_tie(p, t);
	}
}

/* An act that by its clock is before its process began is told as such. */
static void
put_clock(struct pen *p, size_t at)
{
	const struct story *s = p->s;
	size_t i;

	for (i = 0; i < s->n_ties; i++) {
		if (!(s->tie[i].flags & EDGE_CLOCK) || s->tie[i].from != at)
			continue;
		pen_put(p, " (by a clock that was set: the record bears an "
		    "earlier time than the start of its process, so its place "
		    "in the course is not known)");
		pen_cite_tie(p, &s->tie[i]);
		return;
	}
}

static void
put_times(struct pen *p, const struct course *c, size_t n)
{
	int64_t total = 0;
	size_t i;

	for (i = 0; i < n; i++)
		total += c[i].e->count;
	if (total > 1)
		pen_put(p, ", %lld times", (long long)total);
	if (n > 1) {
		pen_put(p, ", the last at ");
		pen_time(p, c[n - 1].e->time_ns);
	}
}

/* Steps folded beyond the thing: its first two stand for all. */
static void
put_others(struct pen *p, const struct course *c, size_t n)
{
	size_t i, k = 0;

	for (i = 1; i < n && k < 1; i++) {
		if (str_eq(c[i].e->target, c[0].e->target) ||
		    c[i].e->target.len == 0)
			continue;
		pen_put(p, " and others, among them ");
		pen_name(p, c[i].e->target);
		k++;
	}
}

static struct said
tell(struct findings *f, const struct course *c, size_t n)
{
	struct pen p;
	struct said out;
	size_t i;

	pen_take(&p, f->s);
	pen_put(&p, "At ");
	pen_time(&p, c[0].e->time_ns);
	pen_put(&p, ", ");
	pen_step(&p, c[0].e);
	put_others(&p, c, n);
	pen_marks(&p, c[0].e);
	put_times(&p, c, n);
	for (i = 0; i < n; i++)
		pen_cite(&p, c[i].at);
	put_cause(&p, c[0].at);
	put_clock(&p, c[0].at);
	pen_put(&p, ".");
	out = pen_end(&p);
	pen_lay(&p);
	return out;
}

static void
tell_folding(struct findings *f, size_t sentences)
{
	struct pen p;
	size_t i;

	if (sentences == f->s->n)
		return;
	pen_take(&p, f->s);
	pen_put(&p, "Events that are alike are told together with their count; "
	    "all %zu events of the chain are cited.", f->s->n);
	for (i = 0; i < f->s->n; i++)
		pen_cite(&p, i);
	saids_add(f->a, &f->paragraph[0].s, pen_end(&p));
	pen_lay(&p);
}

static void
tell_course(struct findings *f)
{
	struct story *s = f->s;
	struct course *c = arena_array(f->a, s->n + 1, sizeof(*c));
	enum fold level = FOLD_SAME;
	size_t i, k, groups;

	for (i = 0; i < s->n; i++)
		c[i] = (struct course){ &s->step[i], i, i };
	do
		groups = group(c, s->n, level);
	while (groups > SENTENCES_MAX && level++ < FOLD_ACT);
	tell_folding(f, groups);
	for (i = 0; i < s->n; i = k) {
		for (k = i + 1; k < s->n && c[k].first == c[i].first; k++)
			;
		saids_add(f->a, &paragraph_of(f, step_place(c[i].e))->s,
		    tell(f, c + i, k - i));
	}
}

/* ---- the parts that both audiences read ---------------------------------------- */

static void
tell_summary(struct findings *f)
{
	struct story *s = f->s;
	struct pen p;
	size_t i;

	pen_take(&p, s);
	pen_put(&p, "This chain of %zu events, graded %s, begins at ", s->n,
	    grade_name(s->grade));
	pen_time(&p, s->step[s->root].time_ns);
	if (s->step[s->root].host.len > 0) {
		pen_put(&p, " on ");
		pen_name(&p, s->step[s->root].host);
	}
	pen_put(&p, " with ");
	pen_short(&p, &s->step[s->root]);
	if (s->step[s->root].actor.len > 0 && step_who(&s->step[s->root],
	    KIND_USER, ROLE_USER) == NULL) {
		pen_put(&p, " by ");
		pen_name(&p, s->step[s->root].actor);
	}
	pen_put(&p, " and comes to %zu %s%s.", s->n_goals, s->has_impact ?
	    "recorded impact event" : "sign", s->n_goals == 1 ? "" : "s");
	pen_cite(&p, s->root);
	for (i = 0; i < s->n; i++)
		if (s->goal[i])
			pen_cite(&p, i);
	saids_add(f->a, &narrate_paragraph(f, "Summary")->s, pen_end(&p));
	if (f->audience == AUDIENCE_ANALYST)
		narrate_reach(f, &f->paragraph[f->n_paragraphs - 1].s);
	if (s->cut.len > 0) {
		pen_put(&p, "The chain was cut short (%.*s), so this is not all "
		    "of it.", STR_ARG(s->cut));
		pen_cite(&p, s->root);
		saids_add(f->a, &f->paragraph[f->n_paragraphs - 1].s,
		    pen_end(&p));
	}
	pen_lay(&p);
}

static void
tell_proof(struct findings *f)
{
	struct story *s = f->s;
	size_t n[GRADE_PROVABLE + 1] = { 0 }, i;
	struct pen p;

	for (i = 0; i < s->n_ties; i++)
		n[s->tie[i].grade]++;
	pen_take(&p, s);
	pen_put(&p, "Of its %zu links %zu are PROVABLE, %zu MIXED and %zu "
	    "INFERRED.", s->n_ties, n[GRADE_PROVABLE], n[GRADE_MIXED],
	    n[GRADE_INFERRED]);
	pen_cite(&p, s->root);
	for (i = 0; i < s->n_ties; i++)
		pen_cite_tie(&p, &s->tie[i]);
	saids_add(f->a, &narrate_paragraph(f, "How it is known")->s, pen_end(&p));
	pen_lay(&p);
}

void
narrate(struct findings *f)
{
	tell_summary(f);
	if (f->audience == AUDIENCE_ANALYST) {
		tell_course(f);
		tell_proof(f);
		return;
	}
	narrate_brief(f);
	tell_proof(f);
}
