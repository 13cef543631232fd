/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What speaks against the story, and what was looked for and not found. Absence
 * from the record is no proof of absence, and each line says what was searched.
 */
#include "explain/inner.h"

#include <string.h>

#include "attack.h"

enum { DOUBTS_SHOWN = 30 };

static const char *
why_weak(const struct tie *t)
{
	if (t->family > 1)
		return "the same thing is named at both ends, which is no proof "
		    "of one cause";
	if (t->flags & EDGE_BLIND)
		return "it was recorded after the sensor had been tampered with";
	if (t->flags & EDGE_ASSERTED)
		return "it rests on what the sender asserts";
	if (t->flags & EDGE_ISSUER_CONFLICT)
		return "two calls are recorded to have issued this credential";
	if (t->flags & EDGE_BOOT_UNKNOWN)
		return "no start of the host is recorded, so the number may be "
		    "another session's";
	if (t->flags & EDGE_NO_LEASE)
		return "nothing recorded says whose the addresses were then";
	return "the identifier at its ends is not strong enough for proof";
}

static void
doubt_tie(struct findings *f, const struct tie *t)
{
	struct story *s = f->s;
	struct pen p;

	pen_take(&p, s);
	pen_put(&p, "The link by the rule %.*s from ", STR_ARG(t->rule_id));
	pen_short(&p, &s->step[t->from]);
	pen_put(&p, " at ");
	pen_time(&p, s->step[t->from].time_ns);
	pen_put(&p, " to ");
	pen_short(&p, &s->step[t->to]);
	pen_put(&p, " at ");
	pen_time(&p, s->step[t->to].time_ns);
	pen_put(&p, " is %s: %s.", grade_name(t->grade), why_weak(t));
	pen_cite(&p, t->from);
	pen_cite(&p, t->to);
	pen_cite_tie(&p, t);
	saids_add(f->a, &f->against, pen_end(&p));
	pen_lay(&p);
}

/* Links that others hang on come one by one, weakest first; the rest of a long
 * chain in one sentence that cites all. */
static void
doubt_rest(struct findings *f, size_t from)
{
	struct story *s = f->s;
	struct pen p;
	size_t i, n = 0;

	pen_take(&p, s);
	for (i = from; i < s->n_ties; i++)
		if (s->tie[i].grade != GRADE_PROVABLE) {
			pen_cite_tie(&p, &s->tie[i]);
			n++;
		}
	if (n > 0) {
		pen_put(&p, "Of the other links %zu %s not PROVABLE either.", n,
		    n == 1 ? "is" : "are");
		saids_add(f->a, &f->against, pen_end(&p));
	}
	pen_lay(&p);
}

static void
doubt_ties(struct findings *f)
{
	struct story *s = f->s;
	size_t i, shown = 0;

	for (i = 0; i < s->n_ties && shown < DOUBTS_SHOWN; i++)
		if (s->tie[i].grade != GRADE_PROVABLE) {
			doubt_tie(f, &s->tie[i]);
			shown++;
		}
	doubt_rest(f, i);
}

static void
doubt_note(struct findings *f, size_t step, const char *text)
{
	struct pen p;

	pen_take(&p, f->s);
	pen_put(&p, "At ");
	pen_time(&p, f->s->step[step].time_ns);
	pen_put(&p, ", ");
	pen_step(&p, &f->s->step[step]);
	pen_put(&p, ": %s.", text);
	pen_cite(&p, step);
	saids_add(f->a, &f->against, pen_end(&p));
	pen_lay(&p);
}

static void
doubt_steps(struct findings *f)
{
	const struct step *e;
	size_t i, refused = 0;

	for (i = 0; i < f->s->n; i++) {
		e = &f->s->step[i];
		if (e->act == ACT_LOG_CLEARED)
			doubt_note(f, i, "what came before may be missing from "
			    "the record");
		else if (e->act == ACT_TAMPER)
			doubt_note(f, i, "what was recorded afterwards may be "
			    "wrong");
		else if (e->role == MEMBER_CONTEXT)
			doubt_note(f, i, "this starts many things, so a person's "
			    "ordinary work may have begun the chain here");
		else if (e->outcome == OUTCOME_FAILURE && step_is_sign(e) &&
		    refused++ < 5)
			doubt_note(f, i, "it did not succeed");
	}
}

static void
doubt_none(struct findings *f)
{
	struct story *s = f->s;
	struct pen p;
	size_t i;

	pen_take(&p, s);
	pen_put(&p, "Nothing was found that speaks against this account; looked "
	    "for were links that are not PROVABLE, cleared logs, tampered "
	    "sensors, failed signs and programs that start many others, among "
	    "%zu events and %zu links.", s->n, s->n_ties);
	pen_cite(&p, s->root);
	for (i = 0; i < s->n; i++)
		if (s->goal[i])
			pen_cite(&p, i);
	saids_add(f->a, &f->against, pen_end(&p));
	pen_lay(&p);
}

void
find_against(struct findings *f)
{
	doubt_ties(f);
	doubt_steps(f);
	if (f->against.n == 0)
		doubt_none(f);
}

/* ---- not observed ------------------------------------------------------------ */

static struct str
sources_of(const struct story *s)
{
	struct str seen[16], out = { 0 };
	size_t i, k, n = 0;

	for (i = 0; i < s->n && n < COUNT(seen); i++) {
		for (k = 0; k < n && !str_eq(seen[k], s->step[i].source); k++)
			;
		if (k == n)
			seen[n++] = s->step[i].source;
	}
	for (k = 0; k < n; k++)
		out = str_printf(s->a, "%.*s%s%.*s", STR_ARG(out),
		    k > 0 ? ", " : "", STR_ARG(seen[k]));
	return out;
}

static void
unseen_add(struct findings *f, const char *what)
{
	struct story *s = f->s;
	struct unseen *u;
	struct pen p;
	char from[32], to[32];

	text_time(s->step[0].time_ns, from);
	text_time(s->step[s->n - 1].time_ns, to);
	pen_take(&p, s);
	pen_put(&p, "No event of the chain is marked with the tactic %s between ",
	    what);
	pen_time(&p, s->step[0].time_ns);
	pen_put(&p, " and ");
	pen_time(&p, s->step[s->n - 1].time_ns);
	pen_put(&p, "; that it is not recorded does not mean that it did not "
	    "happen.");
	pen_cite(&p, 0);
	pen_cite(&p, s->n - 1);
	f->unseen = arena_grow(f->a, f->unseen, &f->unseen_room,
	    f->n_unseen + 1, sizeof(*u));
	u = &f->unseen[f->n_unseen++];
	u->what = what;
	u->said = pen_end(&p);
	u->searched = str_printf(f->a, "%zu events and %zu links of this chain, "
	    "sources %.*s, %s to %s", s->n, s->n_ties,
	    STR_ARG(sources_of(s)), from, to);
	pen_lay(&p);
}

void
find_unseen(struct findings *f)
{
	static const enum tactic asked[] = { TACTIC_INITIAL_ACCESS,
		TACTIC_PERSISTENCE, TACTIC_CREDENTIAL_ACCESS,
		TACTIC_LATERAL_MOVEMENT, TACTIC_COMMAND_AND_CONTROL,
		TACTIC_COLLECTION, TACTIC_EXFILTRATION, TACTIC_IMPACT };
	struct story *s = f->s;
	uint32_t have = 0;
	size_t i, k;

	for (i = 0; i < s->n; i++)
		for (k = 0; k < s->step[i].n_marks; k++)
			have |= attack_tactics(s->step[i].marks[k].technique);
	for (i = 0; i < COUNT(asked); i++)
		if (!(have & 1U << asked[i]))
			unseen_add(f, tactic_name(asked[i]));
}
