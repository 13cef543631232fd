/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to do: each action names its object as the records write it (this key,
 * that process on that host), answers certain steps, and says what hangs on
 * them. Contain first (credentials, sessions, processes, hosts), then remove
 * what was left behind, then block and reset; within that, what cuts off most
 * comes first.
 */
#include "explain/inner.h"

#include <stdlib.h>
#include <string.h>

#include "attack.h"

enum { DEEDS_SHOWN = 12 };	/* of one kind; the rest are told together */

enum urgency { NOW_REVOKE, NOW_SESSION, NOW_KILL, NOW_ISOLATE, THEN_REMOVE,
	THEN_UNDO, THEN_BLOCK, THEN_RESET, LAST_LOOK };

static technique
gravest(const struct step *e)
{
	technique best = 0;
	int level = -1;
	size_t i;

	for (i = 0; i < e->n_marks; i++)
		if (e->marks[i].technique != 0 && e->marks[i].level > level) {
			level = e->marks[i].level;
			best = e->marks[i].technique;
		}
	return best;
}

static struct deed *
same_deed(struct findings *f, const char *action, struct str target)
{
	size_t i;

	for (i = 0; i < f->n_deeds; i++)
		if (strcmp(f->deed[i].action, action) == 0 &&
		    str_eq_fold(f->deed[i].target, target))
			return &f->deed[i];
	return NULL;
}

static void
answer(struct findings *f, struct deed *d, size_t step)
{
	technique t = gravest(&f->s->step[step]);

	/* A record may name one account in two parts. */
	if (d->n_steps > 0 && d->steps[d->n_steps - 1] == step)
		return;
	d->steps = arena_grow(f->a, d->steps, &d->room, d->n_steps + 1,
	    sizeof(size_t));
	d->steps[d->n_steps++] = step;
	if (d->technique == 0)
		d->technique = t;
}

static void
deed_add(struct findings *f, int urgency, const char *action,
    struct str target, size_t step)
{
	struct deed *d;
	bool whole;

	target = text_plain(f->a, target, 400, &whole);
	if (target.len == 0)
		return;
	d = same_deed(f, action, target);
	if (d == NULL) {
		f->deed = arena_grow(f->a, f->deed, &f->deeds_room,
		    f->n_deeds + 1, sizeof(*d));
		d = &f->deed[f->n_deeds++];
		*d = (struct deed){ .action = action, .target = target,
			.anchor = step, .urgency = urgency,
			.counter = SIZE_MAX };
	}
	answer(f, d, step);
}

static struct str
on_host(struct findings *f, struct str what, const struct step *e)
{
	if (e->host.len == 0 || what.len == 0)
		return what;
	return str_printf(f->a, "%.*s on %.*s", STR_ARG(what),
	    STR_ARG(e->host));
}

/* Did a program that this step wrote run later in the chain? */
static bool
ran_later(const struct story *s, size_t at)
{
	size_t i;

	for (i = 0; i < s->n_ties; i++)
		if (s->tie[i].from == at && (s->tie[i].rule == RULE_RUN_WRITTEN ||
		    s->tie[i].rule == RULE_MADE_ACTS))
			return true;
	return false;
}

/* Does this step tell where a program came from that ran as a suspect? */
static bool
tells_origin(const struct story *s, size_t at)
{
	const struct who *file = step_who(&s->step[at], KIND_FILE, ROLE_ORIGIN);
	const struct who *run;
	size_t i;

	for (i = at + 1; file != NULL && i < s->n; i++) {
		run = step_who(&s->step[i], KIND_FILE, ROLE_EXEC);
		if (s->suspect[i] && run != NULL &&
		    str_eq(s->step[i].host, s->step[at].host) &&
		    str_eq_fold(run->name, file->name))
			return true;
	}
	return false;
}

static bool
is_person(const struct who *w)
{
	return w->kind == KIND_USER && w->name.len > 0 &&
	    !(w->flags & REF_COMMON) && !str_ends_fold(w->name, "$");
}

/* Does the command line of the process that wrote it name the file? */
static bool
was_ordered(const struct story *s, size_t at, const struct who *file)
{
	const struct tie *t = s->cause[at];

	return t != NULL && t->rule == RULE_ACT && s->suspect[t->from] &&
	    str_find_fold(s->step[t->from].target, base_name(file->name), 0) !=
	    (size_t)-1;
}

/* Was this process started by one that is ended with all it started? */
static bool
under_suspect(const struct story *s, size_t at)
{
	const struct tie *t = s->cause[at];

	return t != NULL && t->rule == RULE_SPAWN && s->suspect[t->from] &&
	    s->step[t->from].act == ACT_PROCESS_CREATE;
}

/* Does it run what this chain had written to disk? */
static bool
was_brought(const struct story *s, size_t at)
{
	const struct who *program = step_who(&s->step[at], KIND_FILE,
	    ROLE_EXEC), *file;
	size_t i;

	for (i = 0; program != NULL && i < at; i++) {
		file = step_who(&s->step[i], KIND_FILE, ROLE_WRITE);
		if (file != NULL && str_eq_fold(file->name, program->name) &&
		    str_eq(s->step[i].host, s->step[at].host))
			return true;
	}
	return false;
}

/* ---- per step ------------------------------------------------------------- */

static void
made_things(struct findings *f, size_t i, const struct who *w)
{
	const struct step *e = &f->s->step[i];

	switch (w->kind) {
	case KIND_TOKEN:
		deed_add(f, NOW_REVOKE, "revoke the access key", w->name, i);
		break;
	case KIND_SESSION:
		deed_add(f, NOW_SESSION, "end the session",
		    on_host(f, w->name, e), i);
		break;
	case KIND_SERVICE:
		deed_add(f, THEN_REMOVE, "remove the service",
		    on_host(f, w->name, e), i);
		break;
	case KIND_TASK:
		deed_add(f, THEN_REMOVE, "remove the scheduled task",
		    on_host(f, w->name, e), i);
		break;
	case KIND_SUBSCRIPTION:
		deed_add(f, THEN_REMOVE, "remove the WMI subscription",
		    on_host(f, w->name, e), i);
		break;
	case KIND_USER:
		deed_add(f, THEN_REMOVE, "disable the new account", w->name, i);
		break;
	case KIND_PROCESS:
		if (f->s->suspect[i] && (!under_suspect(f->s, i) ||
		    was_brought(f->s, i)))
			deed_add(f, NOW_KILL, "end the process and all it "
			    "started", on_host(f, w->name, e), i);
		break;
	default:
		break;
	}
}

static void
other_things(struct findings *f, size_t i, const struct who *w)
{
	const struct step *e = &f->s->step[i];
	bool suspect = f->s->suspect[i];

	if (w->role == ROLE_WRITE && w->kind == KIND_FILE &&
	    (e->n_marks > 0 || ran_later(f->s, i) || was_ordered(f->s, i, w)))
		deed_add(f, THEN_REMOVE, "secure and remove the file",
		    on_host(f, w->name, e), i);
	else if (w->role == ROLE_WRITE && w->kind == KIND_FILE && suspect)
		deed_add(f, LAST_LOOK, "examine the other files written by",
		    on_host(f, step_process(e), e), i);
	else if (w->role == ROLE_WRITE && w->kind == KIND_REGISTRY &&
	    e->n_marks > 0)
		deed_add(f, THEN_REMOVE, "remove the registry value",
		    on_host(f, w->name, e), i);
	else if (w->role == ROLE_CRED && w->kind == KIND_TOKEN && e->n_marks > 0)
		deed_add(f, NOW_REVOKE, "revoke the access key", w->name, i);
	else if (w->role == ROLE_ART && !(w->flags & REF_COMMON) &&
	    (suspect || tells_origin(f->s, i)) &&
	    (w->kind == KIND_DOMAIN || w->kind == KIND_IP ||
	    w->kind == KIND_URL))
		deed_add(f, THEN_BLOCK, w->kind == KIND_IP ?
		    "block the address" : w->kind == KIND_URL ?
		    "block the URL" : "block the domain", w->name, i);
}

static void
answer_step(struct findings *f, size_t i)
{
	const struct step *e = &f->s->step[i];
	const struct who *w;
	size_t k;

	for (k = 0; k < e->n_who; k++) {
		w = &e->who[k];
		if (w->role == ROLE_NEW)
			made_things(f, i, w);
		else
			other_things(f, i, w);
		if (is_person(w) && w->role == ROLE_USER && step_is_sign(e))
			deed_add(f, THEN_RESET, "reset the credentials",
			    w->name, i);
	}
	if (e->host.len > 0 && step_is_sign(e))
		deed_add(f, NOW_ISOLATE, "isolate the host", e->host, i);
	if (e->act == ACT_ACCOUNT_CHANGE && e->n_marks > 0)
		deed_add(f, THEN_UNDO, "undo the change", e->target.len > 0 ?
		    str_printf(f->a, "%.*s of %.*s", STR_ARG(e->action),
		    STR_ARG(e->target)) : e->action, i);
}

/* Own-form and given chains name no parts: look at what was marked. */
static void
look_at_signs(struct findings *f)
{
	struct story *s = f->s;
	size_t i;

	for (i = 0; i < s->n && f->n_deeds == 0; i++)
		if (s->goal[i])
			deed_add(f, LAST_LOOK, "contain and examine",
			    s->step[i].target.len > 0 ? s->step[i].target :
			    s->step[i].actor, i);
}

/* ---- order, words ---------------------------------------------------------- */

static void
say(struct findings *f, struct deed *d)
{
	struct story *s = f->s;
	const struct step *e = &s->step[d->anchor];
	struct pen p;
	size_t i;

	pen_take(&p, s);
	if (d->n_steps > 1) {
		pen_put(&p, "%zu recorded events of this chain concern it, "
		    "first at ", d->n_steps);
		pen_time(&p, e->time_ns);
		pen_put(&p, " ");
		pen_short(&p, e);
	} else {
		pen_put(&p, "At ");
		pen_time(&p, e->time_ns);
		pen_put(&p, ", ");
		pen_step(&p, e);
	}
	pen_marks(&p, e);
	pen_put(&p, ".");
	for (i = 0; i < d->n_steps; i++)
		pen_cite(&p, d->steps[i]);
	d->rationale = pen_end(&p);
	pen_lay(&p);
}

static void
back_up(struct findings *f, struct deed *d)
{
	struct attack_cure c;
	technique t = d->technique;

	d->counter = find_counter(f, &d->anchor, 1);
	if (t == 0)
		t = d->technique = gravest(&f->s->step[d->anchor]);
	d->mitigation = t != 0 && attack_cure(t, &c) ? c.mitigations : NULL;
}

struct sorting { struct deed d; size_t lost; };

static int
by_worth(const void *a, const void *b)
{
	const struct sorting *x = a, *y = b;

	if (x->d.urgency != y->d.urgency)
		return x->d.urgency - y->d.urgency;
	if (x->lost != y->lost)
		return x->lost > y->lost ? -1 : 1;
	if (x->d.anchor != y->d.anchor)
		return x->d.anchor < y->d.anchor ? -1 : 1;
	return str_cmp(x->d.target, y->d.target);
}

/* What is beyond the shown ones of a kind goes into one row of that kind. */
static void
fold_into(struct findings *f, struct deed *rest, const struct deed *d)
{
	size_t i;

	rest->target = str_printf(f->a, "%.*s; %.*s", STR_ARG(rest->target),
	    STR_ARG(d->target));
	for (i = 0; i < d->n_steps; i++)
		answer(f, rest, d->steps[i]);
}

static void
put_in_order(struct findings *f)
{
	struct sorting *all = arena_array(f->a, f->n_deeds + 1, sizeof(*all));
	size_t i, kept = 0, same = 0, n = f->n_deeds;

	for (i = 0; i < n; i++) {
		all[i].d = f->deed[i];
		all[i].lost = f->deed[i].counter == SIZE_MAX ? 0 :
		    f->counter[f->deed[i].counter].n_lost;
	}
	if (n > 0)
		qsort(all, n, sizeof(*all), by_worth);
	for (i = 0; i < n; i++) {
		same = kept > 0 && f->deed[kept - 1].action == all[i].d.action ?
		    same + 1 : 0;
		if (same >= DEEDS_SHOWN)
			fold_into(f, &f->deed[kept - 1], &all[i].d);
		else
			f->deed[kept++] = all[i].d;
	}
	f->n_deeds = kept;
}

void
find_deeds(struct findings *f)
{
	size_t i;

	for (i = 0; i < f->s->n; i++)
		if (f->s->step[i].role != MEMBER_CONTEXT)
			answer_step(f, i);
	look_at_signs(f);
	for (i = 0; i < f->n_deeds; i++)
		back_up(f, &f->deed[i]);
	put_in_order(f);
	for (i = 0; i < f->n_deeds; i++)
		say(f, &f->deed[i]);
}
