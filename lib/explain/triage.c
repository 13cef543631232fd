/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Triage: which alert first, and why.
 *
 *	alert -> facts -> factors that add up -> points -> rank
 *	         |        what analysts said of its detector and its like
 *	         |        how rare it is at its place and anywhere, bursts
 *	         |        other rare detections beside it
 *	         |        its chain: progression, proof, stakes
 *
 * An alert is scored as of its own time and by itself: neither the order of a
 * request nor its other alerts change its points. A chain is worth its worst
 * seed. A missed attack costs more than a false alarm, so wherever two are
 * equal the worse one goes first: the better proven chain, the higher chain
 * score, a chain before an event, what is stored before what is only told.
 * Alerts that are equal in all of that share a rank, and the next one has the
 * next number, so that no rank hangs on how many equals were sent; among them
 * the ids decide the order, so that the same call has the same answer.
 *
 * Repeats (same detection, same place, at most ten minutes apart) fold into
 * one row for the reader, which the best ranked of them stands for; each is
 * answered all the same. Nothing is ever closed here.
 */
#include "explain/triage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { GAP_S = 600 };

struct triage {
	struct graph *g;
	struct arena *a;
	struct plots *plots;
	struct context *context;
	struct suppress *suppress;	/* NULL: nothing is, or none is asked */
	struct table covered;	/* hash of a chain's id -> is it, whole? */
	struct weighing w;
	struct table known;	/* event -> place in done */
	struct done { struct facts f; struct weighed r; } **done;
	size_t n_done, done_room;
};

/* ---- scoring ----------------------------------------------------------- */

/* Once a chain, however many of its alerts are asked about. */
static enum rc
chain_covered(struct triage *t, const struct plot *s, int64_t *yes)
{
	uint64_t key = hash_table(s->id, sizeof(s->id));
	struct suppressed d = { 0 };
	struct chain_row row;
	enum rc rc;

	*yes = 0;
	if (table_get(&t->covered, key, yes))
		return RC_OK;
	rc = graph_chain_get(t->g, t->a, s->id, &row);
	if (rc == RC_OK)
		rc = suppress_chain(t->suppress, &row, &d);
	*yes = d.yes;
	if (rc == RC_OK)
		table_put(&t->covered, key, *yes);
	return rc;
}

/* An alert that is covered, but belongs to a story that is not, is as
 * interesting as that story. */
static enum rc
suppressed_of(struct triage *t, int64_t ev, struct facts *f)
{
	int64_t yes;
	enum rc rc = suppress_event(t->suppress, ev, &f->suppressed);

	if (rc != RC_OK || !f->suppressed.yes || f->plot == NULL)
		return rc;
	rc = chain_covered(t, f->plot, &yes);
	f->suppressed.yes = yes != 0;
	return rc;
}

static enum rc
event_done(struct triage *t, int64_t ev, struct done **out)
{
	struct done *d;
	int64_t at;
	enum rc rc;

	if (table_get(&t->known, (uint64_t)ev, &at)) {
		*out = t->done[at];
		return RC_OK;
	}
	d = arena_get(t->a, sizeof(*d));
	rc = facts_of_event(t->g, t->a, t->plots, t->context, ev, &d->f);
	if (rc == RC_OK)
		rc = suppressed_of(t, ev, &d->f);
	if (rc == RC_OK)
		rc = triage_weigh(&t->w, &d->f, &d->r);
	if (rc != RC_OK)
		return rc;
	t->done = arena_grow(t->a, t->done, &t->done_room, t->n_done + 1,
	    sizeof(*t->done));
	table_put(&t->known, (uint64_t)ev, (int64_t)t->n_done);
	t->done[t->n_done++] = d;
	*out = d;
	return RC_OK;
}

static enum rc
of_event_id(struct triage *t, struct str id, struct done **out)
{
	uint8_t bytes[16];
	int64_t ev;
	enum rc rc;

	if (!event_id_parse(id, bytes))
		return RC_ABSENT;
	rc = graph_event_find(t->g, bytes, &ev);
	return rc == RC_OK ? event_done(t, ev, out) : rc;
}

static enum rc
of_chain_id(struct triage *t, struct str id, struct done **out)
{
	const struct plot *s;
	struct done *d = NULL, *best = NULL;
	uint8_t bytes[16];
	enum rc rc;
	size_t i;

	if (!chain_id_parse(id, bytes))
		return RC_ABSENT;
	rc = plots_get(t->plots, bytes, &s);
	for (i = 0; rc == RC_OK && i < s->n_spokesmen; i++) {
		rc = event_done(t, s->spokesmen[i], &d);
		if (rc == RC_OK && (best == NULL ||
		    d->r.points > best->r.points))
			best = d;
	}
	if (rc != RC_OK)
		return rc;
	*out = best;
	return best != NULL ? RC_OK : RC_ABSENT;
}

static enum rc
of_nothing_stored(struct triage *t, const struct event *inlined,
    struct done **out)
{
	struct done *d = arena_get(t->a, sizeof(*d));
	enum rc rc = RC_OK;

	d->f.stated = -1;
	if (inlined != NULL) {
		facts_of_inline(t->g, t->a, t->context, inlined, &d->f);
		rc = suppress_inline(t->suppress, inlined, &d->f.suppressed);
	}
	if (rc == RC_OK)
		rc = triage_weigh(&t->w, &d->f, &d->r);
	if (rc == RC_OK)
		*out = d;
	return rc;
}

/* A probability only where scores have turned out to mean one. */
static double
probability(const struct weights *w, int64_t points)
{
	double logit = (double)points / 1000 * M_LN2;

	return w->calibrated ? 1 / (1 + exp(-(w->a * logit + w->b))) : -1;
}

static void
answer(const struct weights *w, struct triage_alert *al, const struct done *d)
{
	int64_t opinion = d->r.points - (d->f.suppressed.yes ?
	    SUPPRESSED_POINTS : 0);

	al->points = d->r.points;
	al->probability = d->f.known ? probability(w, opinion) : -1;
	al->severity = triage_severity(d->r.points);
	al->factors = (struct triage_factor *)(uintptr_t)d->r.factors;
	al->n_factors = d->r.n;
	al->action = d->r.action;
	al->suppressed = d->f.suppressed;
	al->known = d->f.known;
	al->from = !d->f.known ? TRIAGE_OF_NOTHING : al->event_id.len == 0 &&
	    al->chain_id.len > 0 ?
	    TRIAGE_OF_CHAIN : d->f.stored ? TRIAGE_OF_EVENT : TRIAGE_OF_INLINE;
	al->t_ns = d->f.t_ns;
	al->detector = d->f.detector;
	al->place = d->f.place;
	al->has_chain = d->f.plot != NULL;
	if (!al->has_chain)
		return;
	memcpy(al->chain, d->f.plot->id, 16);
	al->grade = d->f.plot->grade;
	al->chain_score = d->f.plot->score;
}

static enum rc
score(struct triage *t, struct triage_alert *al)
{
	struct done *d = NULL;
	enum rc rc = RC_ABSENT;

	if (al->event_id.len > 0)
		rc = of_event_id(t, al->event_id, &d);
	else if (al->chain_id.len > 0)
		rc = of_chain_id(t, al->chain_id, &d);
	if (rc == RC_ABSENT)
		rc = of_nothing_stored(t, al->inlined, &d);
	if (rc == RC_OK)
		answer(t->w.weights, al, d);
	return rc;
}

/* ---- ranking and folding ----------------------------------------------- */

struct place_in { const struct triage_alert *alerts; size_t i; };

/* 0: they share a rank. */
static int
worse(const struct triage_alert *a, const struct triage_alert *b)
{
	if (a->suppressed.yes != b->suppressed.yes)
		return b->suppressed.yes ? -1 : 1;
	if (a->points != b->points)
		return a->points > b->points ? -1 : 1;
	if (a->grade != b->grade)
		return a->grade > b->grade ? -1 : 1;
	if (a->chain_score < b->chain_score || a->chain_score > b->chain_score)
		return a->chain_score > b->chain_score ? -1 : 1;
	return (int)a->from - (int)b->from;
}

static int
worse_first(const void *x, const void *y)
{
	const struct place_in *p = x, *q = y;
	const struct triage_alert *a = &p->alerts[p->i], *b = &q->alerts[q->i];
	int c = worse(a, b);

	if (c != 0)
		return c;
	c = str_cmp(a->alert_id, b->alert_id);
	return c != 0 ? c : (p->i > q->i) - (p->i < q->i);
}

static int
by_kind_and_time(const void *x, const void *y)
{
	const struct place_in *p = x, *q = y;
	const struct triage_alert *a = &p->alerts[p->i], *b = &q->alerts[q->i];

	if (a->detector != b->detector)
		return a->detector < b->detector ? -1 : 1;
	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	if (a->t_ns != b->t_ns)
		return a->t_ns < b->t_ns ? -1 : 1;
	return (p->i > q->i) - (p->i < q->i);
}

static bool
repeats(const struct triage_alert *a, const struct triage_alert *next)
{
	return a->detector != 0 && a->detector == next->detector &&
	    a->place == next->place &&
	    next->t_ns - a->t_ns <= GAP_S * INT64_C(1000000000);
}

/* One run of repeats: the first in the order stands for all. */
static void
fold_run(struct triage_alert *alerts, const struct place_in *p, size_t n)
{
	size_t i, best = p[0].i;

	for (i = 1; i < n; i++)
		if (worse_first(&p[i], &(struct place_in){ alerts, best }) < 0)
			best = p[i].i;
	for (i = 0; i < n; i++)
		alerts[p[i].i].row = best;
	alerts[best].repeats = n - 1;
}

static void
rank_and_fold(struct arena *a, struct triage_alert *alerts, size_t n,
    size_t *order)
{
	struct place_in *p = arena_array(a, n + 1, sizeof(*p));
	size_t i, from = 0, rank = 0;

	for (i = 0; i < n; i++)
		p[i] = (struct place_in){ alerts, i };
	qsort(p, n, sizeof(*p), worse_first);
	for (i = 0; i < n; i++) {
		order[i] = p[i].i;
		if (i == 0 || worse(&alerts[order[i - 1]],
		    &alerts[order[i]]) != 0)
			rank++;
		alerts[order[i]].rank = rank;
	}
	qsort(p, n, sizeof(*p), by_kind_and_time);
	for (i = 1; i <= n; i++) {
		if (i < n && repeats(&alerts[p[i - 1].i], &alerts[p[i].i]))
			continue;
		fold_run(alerts, p + from, i - from);
		from = i;
	}
}

enum rc
triage_alerts(struct graph *g, struct arena *a, struct suppress *s,
    struct triage_alert *alerts, size_t n, size_t *order)
{
	struct triage t = { .g = g, .a = a, .suppress = s, .w.g = g, .w.a = a,
		.w.suppress = s };
	struct weights weights;
	enum rc rc = graph_look(g), looked;
	size_t i;

	if (rc != RC_OK)
		return rc;
	graph_view_reset(g);
	table_init(&t.known);
	table_init(&t.covered);
	t.plots = plots_new(g, a);
	t.context = context_new(g, a);
	t.w.counters = counters_new(g, a);
	t.w.verdicts = verdicts_new(g, a, &rc);
	weights_get(g, a, &weights);
	t.w.weights = &weights;
	for (i = 0; i < n && rc == RC_OK; i++)
		rc = score(&t, &alerts[i]);
	if (rc == RC_OK)
		rc = graph_view_trouble(g);
	if (rc == RC_OK && n > 0)
		rank_and_fold(a, alerts, n, order);
	plots_free(t.plots);
	context_free(t.context);
	counters_free(t.w.counters);
	verdicts_free(t.w.verdicts);
	table_release(&t.known);
	table_release(&t.covered);
	graph_view_reset(g);
	looked = graph_look_end(g);
	return rc != RC_OK ? rc : looked;
}
