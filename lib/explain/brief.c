/* SPDX-License-Identifier: Apache-2.0 */
/* The narrative for who decides: how far it went, what was done, what to do
 * first. */
#include "explain/inner.h"

#include "attack.h"

void
narrate_reach(struct findings *f, struct saids *to)
{
	struct story *s = f->s;
	struct str seen[12];
	size_t i, k, n = 0, more = 0;
	struct pen p;

	pen_take(&p, s);
	pen_put(&p, "It touched ");
	for (i = 0; i < s->n; i++) {
		if (s->step[i].role == MEMBER_CONTEXT)
			continue;
		for (k = 0; k < n && !str_eq(seen[k], step_place(&s->step[i]));
		    k++)
			;
		if (k < n)
			continue;
		pen_cite(&p, i);
		if (n == COUNT(seen)) {
			more++;
			continue;
		}
		seen[n] = step_place(&s->step[i]);
		pen_put(&p, n++ > 0 ? ", " : "");
		pen_name(&p, step_place(&s->step[i]));
	}
	pen_put(&p, more > 0 ? " and others that are cited here." : ".");
	saids_add(f->a, to, pen_end(&p));
	pen_lay(&p);
}

/* One sentence a tactic: what of it was marked, and when first. */
static void
tell_tactic(struct findings *f, struct paragraph *to, int tactic)
{
	struct story *s = f->s;
	size_t i, k, n = 0;
	struct pen p;

	pen_take(&p, s);
	for (i = 0; i < s->n; i++) {
		for (k = 0; k < s->step[i].n_marks; k++)
			if (attack_tactics(s->step[i].marks[k].technique) &
			    1U << tactic)
				break;
		if (k == s->step[i].n_marks)
			continue;
		if (n++ == 0) {
			pen_put(&p, "The tactic %s was marked first at ",
			    tactic_name((enum tactic)tactic));
			pen_time(&p, s->step[i].time_ns);
			pen_put(&p, " with ");
			pen_technique(&p, s->step[i].marks[k].technique);
		}
		pen_cite(&p, i);
	}
	if (n > 0) {
		pen_put(&p, ", on %zu event%s in all.", n, n == 1 ? "" : "s");
		saids_add(f->a, &to->s, pen_end(&p));
	}
	pen_lay(&p);
}

static void
tell_response(struct findings *f)
{
	struct paragraph *to = narrate_paragraph(f, "First response");
	size_t i, k;
	struct pen p;

	for (i = 0; i < f->n_deeds && i < 3; i++) {
		pen_take(&p, f->s);
		pen_put(&p, "To do first: %s ", f->deed[i].action);
		pen_owner(&p, f->deed[i].target);
		pen_put(&p, ".");
		for (k = 0; k < f->deed[i].n_steps; k++)
			pen_cite(&p, f->deed[i].steps[k]);
		saids_add(f->a, &to->s, pen_end(&p));
		pen_lay(&p);
	}
}

static void
tell_tactics(struct findings *f)
{
	struct paragraph *to = narrate_paragraph(f, "What was done");
	int t;

	for (t = 0; t < TACTIC__MAX; t++)
		tell_tactic(f, to, t);
	if (to->s.n == 0)
		saids_add(f->a, &to->s, f->root_said);
}

void
narrate_brief(struct findings *f)
{
	narrate_reach(f, &narrate_paragraph(f, "Reach")->s);
	tell_tactics(f);
	tell_response(f);
}
