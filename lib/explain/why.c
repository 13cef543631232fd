/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The WHY stack: which control the first proven step passed, what saw it or
 * could have, what to fix, and whose it is.
 */
#include "explain/inner.h"

#include <string.h>

#include "attack.h"

/* The first marked step at or after a place, else the place. */
static size_t
first_marked(const struct story *s, size_t from)
{
	size_t i;

	for (i = from; i < s->n; i++)
		if (s->step[i].n_marks > 0 && s->step[i].marks[0].technique != 0)
			return i;
	return from;
}

/* The technique of this step that comes first in a story. */
static technique
earliest(const struct step *e)
{
	technique best = 0;
	uint32_t tactics = 0, now;
	size_t i;

	for (i = 0; i < e->n_marks; i++) {
		now = attack_tactics(e->marks[i].technique);
		if (now == 0)
			continue;
		if (best == 0 || (now & -now) < (tactics & -tactics)) {
			best = e->marks[i].technique;
			tactics = now;
		}
	}
	return best;
}

static void
say_failed(struct findings *f, struct pen *p)
{
	const struct story *s = f->s;
	size_t from = s->first_proven < s->n ? s->first_proven :
	    s->proven_from;
	size_t at = first_marked(s, from);
	technique t = earliest(&s->step[at]);
	struct attack_cure c;

	pen_cite(p, from);
	pen_put(p, "The first proven step is at ");
	pen_time(p, s->step[from].time_ns);
	pen_put(p, ": ");
	pen_step(p, &s->step[from]);
	pen_put(p, ". ");
	if (t == 0) {
		pen_put(p, "No event of the chain carries a technique, so which "
		    "control it passed is not known.");
		return;
	}
	pen_cite(p, at);
	pen_put(p, attack_cure(t, &c) ? "What was passed is %s: " :
	    "What was passed is the control over %s: ",
	    attack_cure(t, &c) ? c.control : "this technique");
	pen_technique(p, t);
	pen_put(p, " went through");
	if (at != from) {
		pen_put(p, " at ");
		pen_time(p, s->step[at].time_ns);
	}
	pen_put(p, ".");
}

static bool
word_in(const char *list, struct str word)
{
	struct str l = str_of(list), w;

	while (str_cut(&l, ' ', &w))
		if (str_eq(w, word))
			return true;
	return false;
}

static bool
connected(const struct story *s, const char *list)
{
	struct str l = s->sources, w;

	while (str_cut(&l, ' ', &w))
		if (word_in(list, w))
			return true;
	return false;
}

/* Sources that would show the technique, those not connected marked so. */
static void
put_sources(struct pen *p, technique t)
{
	struct attack_cure c;

	if (t == 0 || !attack_cure(t, &c) || c.sources[0] == '\0')
		return;
	pen_put(p, " Rules for ");
	pen_technique(p, t);
	pen_put(p, " read the sources %s%s.", c.sources,
	    connected(p->s, c.sources) ? "" : ", none of which is connected");
}

static void
say_caught(struct findings *f, struct pen *p)
{
	const struct story *s = f->s;
	size_t at = first_marked(s, 0), i, n = 0;
	const struct step *e = &s->step[at];

	for (i = 0; i < s->n; i++)
		if (s->step[i].n_marks > 0 || (s->step[i].flags & EVENT_ALERT)) {
			pen_cite(p, i);
			n++;
		}
	if (n == 0) {
		pen_cite(p, at);
		pen_put(p, "No rule marked any event of this chain.");
		return;
	}
	pen_put(p, "Detections marked %zu event%s of this chain, the first at ",
	    n, n == 1 ? "" : "s");
	pen_time(p, e->time_ns);
	if (e->n_marks > 0 && e->marks[0].rule.len > 0) {
		pen_put(p, " by the rule ");
		pen_name(p, e->marks[0].rule);
	} else if (e->n_marks > 0) {
		pen_put(p, " by the sender of the record");
	}
	if (at > s->root && e->time_ns > s->step[s->root].time_ns) {
		pen_cite(p, s->root);
		pen_put(p, "; the root at ");
		pen_time(p, s->step[s->root].time_ns);
		pen_put(p, " was before it and unmarked");
	}
	pen_put(p, ". That mark is where it should have been stopped.");
	put_sources(p, earliest(e));
}

/* ---- what to fix ----------------------------------------------------------- */

static void
put_fix(struct pen *p, size_t at, technique t, bool first)
{
	struct attack_cure c;
	struct str list, id;
	size_t n = 0;

	if (!attack_cure(t, &c))
		return;
	pen_cite(p, at);
	pen_put(p, first ? "First " : " Then ");
	list = str_of(c.mitigations);
	while (n < 3 && str_cut(&list, ' ', &id))
		pen_put(p, "%s%.*s (%s)", n++ > 0 ? ", " : "", STR_ARG(id),
		    attack_mitigation_name(id.p));
	pen_put(p, " against ");
	pen_technique(p, t);
	pen_put(p, ".");
}

/* Techniques in the order in which cutting them would have mattered: the
 * choke point's first, then by time. */
static void
say_fix(struct findings *f, struct pen *p)
{
	const struct story *s = f->s;
	technique done[6];
	size_t n = 0, i, k, at, first = s->n;
	technique t;

	if (f->n_counters > 0)
		first = f->counter[0].cut[0];
	for (i = 0; i <= s->n && n < COUNT(done); i++) {
		at = i == 0 ? first : i - 1;
		if (at >= s->n)
			continue;
		t = earliest(&s->step[at]);
		for (k = 0; k < n && done[k] != t; k++)
			;
		if (t == 0 || k < n)
			continue;
		put_fix(p, at, t, n == 0);
		done[n++] = t;
	}
	if (n > 0)
		return;
	pen_cite(p, s->root);
	pen_put(p, "No technique is marked in this chain, so no mitigation can "
	    "be mapped to it; begin with the root.");
}

/* ---- who owns it ------------------------------------------------------------ */

static void
put_owner(struct pen *p, enum kind kind, struct str name)
{
	struct owner o;

	pen_put(p, "The %s ", kind_name(kind));
	pen_name(p, name);
	if (owners_find(p->s->owners, kind, name, &o)) {
		pen_put(p, " belongs to ");
		pen_owner(p, o.owner);
		pen_put(p, " by the owners map's line ");
		pen_owner(p, str_printf(p->s->a, "%zu: %.*s", o.line,
		    STR_ARG(o.pattern)));
		pen_put(p, ". ");
	} else {
		pen_put(p, " is unowned: no line of the owners map matches. ");
	}
}

/* Hosts and accounts of the signs and the root, each once. */
static void
say_owner(struct findings *f, struct pen *p)
{
	const struct story *s = f->s;
	struct str named[8];
	const struct who *w;
	size_t i, k, m, n = 0;

	for (i = 0; i < s->n && n < COUNT(named); i++) {
		if (i != s->root && !step_is_sign(&s->step[i]))
			continue;
		for (k = 0; k < s->step[i].n_who && n < COUNT(named); k++) {
			w = &s->step[i].who[k];
			if ((w->kind != KIND_HOST && w->kind != KIND_USER &&
			    w->kind != KIND_RESOURCE) || w->name.len == 0 ||
			    w->flags & REF_COMMON)
				continue;
			for (m = 0; m < n && !str_eq_fold(named[m], w->name);
			    m++)
				;
			if (m < n)
				continue;
			pen_cite(p, i);
			put_owner(p, w->kind, w->name);
			named[n++] = w->name;
		}
	}
	if (n > 0)
		return;
	pen_cite(p, s->root);
	pen_put(p, "The events name no host or account: unowned.");
}

static struct said
told(struct findings *f, void (*say)(struct findings *, struct pen *))
{
	struct pen p;
	struct said out;

	pen_take(&p, f->s);
	say(f, &p);
	out = pen_end(&p);
	out.text = str_trim(out.text);
	pen_lay(&p);
	return out;
}

void
find_why(struct findings *f)
{
	f->failed = told(f, say_failed);
	f->caught = told(f, say_caught);
	f->fix = told(f, say_fix);
	f->owner = told(f, say_owner);
}
