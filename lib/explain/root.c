/* SPDX-License-Identifier: Apache-2.0 */
/* The root cause, its rivals, and how far proof goes back. */
#include "explain/inner.h"

#include <stdlib.h>

enum { RIVALS_MAX = 5 };

static void
rival_add(struct findings *f, size_t i)
{
	struct story *s = f->s;
	struct pen p;

	pen_take(&p, s);
	pen_put(&p, "The chain also begins at ");
	pen_time(&p, s->step[i].time_ns);
	pen_put(&p, " with ");
	pen_short(&p, &s->step[i]);
	pen_put(&p, ", from which recorded links lead to a part of the signs.");
	pen_cite(&p, i);
	f->rival[f->n_rivals++] = (struct rival){ i, s->total > 0 ?
		s->weight[i] / s->total : 0, pen_end(&p) };
	pen_lay(&p);
}

static int
by_share(const void *a, const void *b)
{
	const struct rival *x = a, *y = b;

	if (x->share < y->share || x->share > y->share)
		return x->share > y->share ? -1 : 1;
	return x->step < y->step ? -1 : x->step > y->step;
}

/* Every other beginning that explains a fifth or more. */
static void
find_rivals(struct findings *f)
{
	struct story *s = f->s;
	size_t i;

	f->rival = arena_array(s->a, s->n + 1, sizeof(struct rival));
	for (i = 0; i < s->n; i++)
		if (i != s->root && s->begins[i] &&
		    s->weight[i] >= .2 * s->total)
			rival_add(f, i);
	if (f->n_rivals > 0)
		qsort(f->rival, f->n_rivals, sizeof(struct rival), by_share);
	if (f->n_rivals > RIVALS_MAX)
		f->n_rivals = RIVALS_MAX;
}

/* Which signs hang on the root by recorded links. */
static size_t
cite_reached(struct findings *f, struct pen *p)
{
	struct story *s = f->s;
	bool *begins = arena_array(s->a, s->n + 1, sizeof(bool));
	bool *reached = arena_array(s->a, s->n + 1, sizeof(bool));
	struct cut_graph g = s->graph;
	size_t i, n = 0;

	begins[s->root] = true;
	g.begins = begins;
	choke_reach(&g, NULL, false, reached);
	for (i = 0; i < s->n; i++)
		if (i != s->root && reached[i] && step_is_sign(&s->step[i])) {
			pen_cite(p, i);
			n++;
		}
	return n;
}

static void
say_root(struct findings *f, struct pen *p)
{
	struct story *s = f->s;
	const struct step *e = &s->step[s->root];
	size_t n;

	pen_cite(p, s->root);
	pen_put(p, "At ");
	pen_time(p, e->time_ns);
	if (e->host.len > 0) {
		pen_put(p, " on ");
		pen_name(p, e->host);
	}
	pen_put(p, ", ");
	pen_step(p, e);
	pen_marks(p, e);
	n = cite_reached(f, p);
	if (n > 0)
		pen_put(p, "; recorded links lead from there to %zu sign%s, "
		    "more of their weight than from any other beginning", n,
		    n == 1 ? "" : "s");
	else
		pen_put(p, "; no recorded link leads from there to a later "
		    "sign, it is itself the gravest beginning");
	pen_put(p, ".");
}

void
find_root(struct findings *f)
{
	struct story *s = f->s;
	struct pen p;

	pen_take(&p, s);
	say_root(f, &p);
	f->root_said = pen_end(&p);
	pen_lay(&p);
	find_rivals(f);
}
