/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counterfactuals: a step is taken out of the graph and reachability computed
 * anew; only then is anything said, and only of the recorded graph ("has no
 * other recorded path", never "would have been prevented": what was not
 * recorded, or what an attacker would have tried next, nobody here knows).
 */
#include "explain/inner.h"

#include <string.h>

#include "base/clock.h"

enum { RESIDUAL_MAX = 10, COUNTERS_MAX = 64 };

bool *
counter_gone(const struct story *s, const struct counter *c)
{
	bool *gone = arena_array(s->a, s->n + 1, sizeof(bool));
	size_t i;

	for (i = 0; i < c->n_cut; i++)
		gone[c->cut[i]] = true;
	return gone;
}

static void
put_cut(struct pen *p, const struct counter *c)
{
	const struct story *s = p->s;
	size_t i;

	pen_put(p, "Without ");
	for (i = 0; i < c->n_cut; i++) {
		if (i > 0)
			pen_put(p, i + 1 == c->n_cut ? " and " : ", ");
		pen_short(p, &s->step[c->cut[i]]);
		pen_put(p, " at ");
		pen_time(p, s->step[c->cut[i]].time_ns);
		pen_cite(p, c->cut[i]);
	}
}

/* After its first part, the earliest of what would be out of reach. */
static void
put_earliest(struct pen *p, const struct counter *c)
{
	const struct story *s = p->s;
	size_t i;
	int64_t from = s->step[c->cut[c->n_cut - 1]].time_ns;

	for (i = 0; i < s->n && !c->lost[i]; i++)
		;
	if (i < s->n && s->step[i].time_ns >= from + NS_PER_S) {
		pen_put(p, "; the earliest of them came ");
		pen_span(p, s->step[i].time_ns - from);
		pen_put(p, " later");
	}
}

static void
say(struct findings *f, struct counter *c)
{
	struct story *s = f->s;
	struct pen p;
	size_t i;

	pen_take(&p, s);
	put_cut(&p, c);
	pen_put(&p, ", %zu of %zu recorded %s %s no other recorded path from "
	    "where the chain begins (on proven links alone: %zu)", c->n_lost,
	    s->n_goals, s->has_impact ? "impact events" : "signs",
	    c->n_lost == 1 ? "has" : "have", c->n_lost_proven);
	put_earliest(&p, c);
	pen_put(&p, ".");
	for (i = 0; i < s->n; i++)
		if (c->lost[i])
			pen_cite(&p, i);
	c->said = pen_end(&p);
	pen_lay(&p);
}

/* Goals that stay within reach, each with a beginning it still hangs on. */
static void
find_residual(struct story *s, struct counter *c, const bool *gone)
{
	size_t *from = arena_array(s->a, s->n + 1, sizeof(size_t));
	size_t i, e = 0, shown = 0;

	c->residual = arena_array(s->a, RESIDUAL_MAX, sizeof(*c->residual));
	for (i = 0; i < s->n; i++) {
		from[i] = s->begins[i] ? i : SIZE_MAX;
		for (; e < s->graph.n_arcs && s->graph.arcs[e].to == i; e++)
			if (from[i] == SIZE_MAX)
				from[i] = from[s->graph.arcs[e].from];
		if (gone[i])
			from[i] = SIZE_MAX;
		if (!s->goal[i] || from[i] == SIZE_MAX)
			continue;
		c->n_residual++;
		if (shown < RESIDUAL_MAX) {
			c->residual[shown][0] = from[i];
			c->residual[shown++][1] = i;
		}
	}
}

static bool
same_cut(const struct counter *c, const size_t *cut, size_t n)
{
	return c->n_cut == n && memcmp(c->cut, cut, n * sizeof(*cut)) == 0;
}

size_t
find_counter(struct findings *f, const size_t *cut, size_t n)
{
	struct story *s = f->s;
	struct counter c = { .n_cut = n };
	bool *gone;
	size_t i;

	for (i = 0; i < f->n_counters; i++)
		if (same_cut(&f->counter[i], cut, n))
			return i;
	if (n == 0 || f->n_counters == COUNTERS_MAX)
		return SIZE_MAX;
	c.cut = arena_array(s->a, n, sizeof(size_t));
	memcpy(c.cut, cut, n * sizeof(size_t));
	gone = counter_gone(s, &c);
	c.lost = arena_array(s->a, s->n + 1, sizeof(bool));
	c.n_lost = choke_lost(&s->graph, s->a, gone, false, c.lost);
	if (c.n_lost == 0)
		return SIZE_MAX;
	c.n_lost_proven = choke_lost(&s->proven, s->a, gone, true, NULL);
	find_residual(s, &c, gone);
	say(f, &c);
	f->counter = arena_grow(s->a, f->counter, &f->counters_room,
	    f->n_counters + 1, sizeof(c));
	f->counter[f->n_counters] = c;
	return f->n_counters++;
}

/* ---- where to look ---------------------------------------------------------- */

/* How easily each step is interrupted: by the best of its effects, and a step
 * that was marked could be stopped because it was seen. */
static int *
eases(const struct story *s)
{
	int *ease = arena_array(s->a, s->n + 1, sizeof(int));
	const struct tie *t;
	size_t i;

	for (i = 0; i < s->n_ties; i++) {
		t = &s->tie[i];
		if (tie_ease(t) * 2 > ease[t->from])
			ease[t->from] = tie_ease(t) * 2;
	}
	for (i = 0; i < s->n; i++)
		if (s->step[i].n_marks > 0)
			ease[i] += ease[i] / 2;
	return ease;
}

/* The choke point: dominated goals times how easily it is interrupted; of
 * equals the later, which is the nearer to what it came to. */
static size_t
best_choke(struct findings *f)
{
	struct story *s = f->s;
	size_t *last = arena_array(s->a, s->n + 1, sizeof(size_t));
	double *under = arena_array(s->a, s->n + 1, sizeof(double));
	int *ease = eases(s);
	size_t v, best = SIZE_MAX;
	double worth, most = 0;

	choke_dominators(&s->graph, last);
	for (v = s->n; v-- > 0;) {
		if (last[v] == SIZE_MAX || last[v] >= s->n)
			continue;
		under[last[v]] += under[v] + (s->goal[v] ?
		    step_severity(&s->step[v]) : 0);
	}
	for (v = 0; v < s->n; v++) {
		worth = under[v] * ease[v];
		if (worth > 0 && worth >= most) {
			most = worth;
			best = v;
		}
	}
	return best;
}

void
find_counters(struct findings *f)
{
	struct story *s = f->s;
	size_t choke = best_choke(f), *cut, n, at = SIZE_MAX;

	if (choke != SIZE_MAX)
		at = find_counter(f, &choke, 1);
	if (at != SIZE_MAX && f->counter[at].n_lost * 5 >= s->n_goals * 4)
		return;
	n = choke_cut(&s->graph, s->a, &cut);
	if (n > 1 && n <= 8)
		(void)find_counter(f, cut, n);
}
