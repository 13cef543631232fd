/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rare, common, a flurry, or part of one sweep: read from the sums that ingest
 * keeps, as they stood in the hour of the alert. T is the hours of watching and
 * g the groups seen (triage_past.c), both faded.
 *
 *	bits = -log2((g + 1) / (T + 1))
 *
 * Slots of ten minutes stand for groups, so a flood counts once in each. The
 * one that is added to both (Laplace's rule) is what keeps everything from
 * looking rare on the first morning: after two hours of watching, nothing is
 * known to be rarer than once in three. Bits are whole, rounded towards
 * nothing, since one or two sightings hold no fractions, and so that equal
 * cases tie.
 *
 *	rarity here	g = groups at its place, less the doublings of the places
 *			where it fires in the same ten minutes: what is new at
 *			forty places at once is one act, and new once. Never
 *			below nothing: a wave through all machines loses what
 *			each gained by being new there, and no more
 *	rarity anywhere	if rare: g = slots that saw it at any place, since an act
 *			does not become usual by being wide. If common: g = rows
 *			at all places, since that is what an analyst is made to
 *			read; more than once an hour, not counting what comes in
 *			these very ten minutes, speaks against it
 *	burst		this hour's alerts against its mean
 *	neighbours	other detections that are rare (by the first measure at
 *			the place, by the second elsewhere)
 *
 * So scanning, which is new at every place it comes to, falls behind what is
 * done with its results, without knowing what a scan is.
 */
#include "explain/triage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { RARITY_MOST = 10, BURST_MOST = 6,
	RARE = 4,		/* bits from which a neighbour says something */
	COMMON_MOST = 4,	/* no more is said against one than that */
	SLOTS_BEFORE = 3 };	/* half an hour */

/* Rare detections at a place up to a slot, the rarest first. */
struct rare { int64_t detector; int bits; struct str name; };
struct rares { struct rare *at; size_t n; };

/* Around a place and slot: one more than shown, since the one that is asked
 * about may be among them. */
struct around {
	int64_t near[NEAR_MOST + 1], wide[NEAR_MOST + 1];
	size_t n_near, n_wide;
};

struct counters {
	struct graph *g;
	struct arena *a;
	struct pasts *pasts;
	enum rc trouble;
	struct table arounds, wides;	/* key -> place in the lists below */
	struct around **around;
	size_t n_around, around_room;
	struct rares *wide;
	size_t n_wide, wide_room;
};

struct counters *
counters_new(struct graph *g, struct arena *a)
{
	struct counters *c = arena_get(a, sizeof(*c));

	c->g = g;
	c->a = a;
	c->pasts = pasts_new(g, a);
	c->trouble = RC_OK;
	table_init(&c->arounds);
	table_init(&c->wides);
	return c;
}

void
counters_free(struct counters *c)
{
	pasts_free(c->pasts);
	table_release(&c->arounds);
	table_release(&c->wides);
}

/* ---- measures ---------------------------------------------------------- */

/* Whole bits, rounded towards nothing. */
static int
bits(double x, int least, int most)
{
	x = x < 0 ? ceil(x - 1e-9) : floor(x + 1e-9);
	return x < least ? least : x > most ? most : (int)x;
}

static double
surprise(double groups, double hours)
{
	return -log2((groups + 1) / (hours + 1));
}

/* Doublings of the places where it fires at once. */
static int
doublings(int64_t places)
{
	int n = 0;

	for (; places > 1; places /= 2)
		n++;
	return n;
}

static int
rarity_here(const struct past *p, double hours, int64_t places)
{
	int n = bits(surprise(p->groups, hours), 0, RARITY_MOST) -
	    doublings(places);

	return n > 0 ? n : 0;
}

static int
rarity_anywhere(const struct past *p, int slot, double hours)
{
	double rows = surprise(p->alerts - (double)p->n[slot], hours);

	return rows < 0 ? bits(rows, -COMMON_MOST, 0) :
	    bits(surprise(p->groups, hours), 0, RARITY_MOST);
}

/* One that was not stored counts as if it had been. `any`: of all places. */
static void
past_with(struct past *here, struct past *any, int slot)
{
	if (here->n[slot] > 0)
		return;
	here->n[slot] = 1;
	here->groups += 1;
	here->alerts += 1;
	any->groups += any->n[slot] == 0;
	any->alerts += 1;
	any->n[slot]++;
}

/* ---- beside it --------------------------------------------------------- */

struct window { int64_t first, last; };	/* slots since 1970, both included */

/* The most at once within the window, 0: none. */
static int64_t
within(const struct sighted *s, const struct window *w)
{
	int64_t slot = s->hour * HOUR_SLOTS, most = 0;
	int i;

	for (i = 0; i < HOUR_SLOTS; i++, slot++)
		if (slot >= w->first && slot <= w->last && s->n[i] > most)
			most = s->n[i];
	return most;
}

/* At how many places at once did it fire within the window? */
static int64_t
places_at_once(struct counters *c, int64_t detector, const struct window *w)
{
	struct sighted s = { .detector = detector };
	struct past p;
	int64_t most = 1, n;

	for (s.hour = w->first / HOUR_SLOTS - 1;
	    s.hour <= w->last / HOUR_SLOTS; s.hour++) {
		pasts_get(c->pasts, detector, 0, s.hour, &p);
		memcpy(s.n, p.n, sizeof(s.n));
		n = within(&s, w);
		most = n > most ? n : most;
	}
	return most;
}

static int
rarest_first(const void *x, const void *y)
{
	const struct rare *a = x, *b = y;

	return a->bits != b->bits ? b->bits - a->bits :
	    str_cmp(a->name, b->name);
}

static int
rarity_of(struct counters *c, int64_t detector, int64_t place, int64_t hour,
    const struct window *w)
{
	double hours = pasts_hours(c->pasts, detector, hour);
	struct past p;

	pasts_get(c->pasts, detector, place, hour, &p);
	return place == 0 ? bits(surprise(p.groups, hours), 0, RARITY_MOST) :
	    rarity_here(&p, hours, places_at_once(c, detector, w));
}

/* Detectors at the place (0: anywhere) in the window that are rare there. */
static struct rares
rares_at(struct counters *c, int64_t place, int64_t hour,
    const struct window *w)
{
	struct rares out = { 0 };
	struct sighted *s = NULL;
	int64_t last = 0;
	size_t n = 0, i;
	int rarity;

	if (c->trouble == RC_OK)
		c->trouble = graph_sightings_near(c->g, c->a, place, hour - 1,
		    hour, &s, &n);
	out.at = arena_array(c->a, n + 1, sizeof(*out.at));
	for (i = 0; i < n; i++) {
		if (within(&s[i], w) == 0 || s[i].detector == last)
			continue;
		last = s[i].detector;
		rarity = rarity_of(c, last, place, hour, w);
		if (rarity >= RARE)
			out.at[out.n++] = (struct rare){ last, rarity,
				graph_word_text(c->g, c->a, last) };
	}
	qsort(out.at, out.n, sizeof(*out.at), rarest_first);
	return out;
}

static const struct rares *
wide_of(struct counters *c, int64_t hour, const struct window *w)
{
	bool added;
	int64_t at = table_add(&c->wides, (uint64_t)w->last,
	    (int64_t)c->n_wide, &added);
	struct rares r;

	if (!added)
		return &c->wide[at];
	r = rares_at(c, 0, hour, w);
	c->wide = arena_grow(c->a, c->wide, &c->wide_room, c->n_wide + 1,
	    sizeof(*c->wide));
	c->wide[c->n_wide] = r;
	return &c->wide[c->n_wide++];
}

static bool
among(const struct rares *r, int64_t detector)
{
	size_t i;

	for (i = 0; i < r->n && r->at[i].detector != detector; i++)
		;
	return i < r->n;
}

static void
around_fill(struct counters *c, struct around *r, int64_t place, int64_t hour,
    const struct window *w)
{
	struct rares near = rares_at(c, place, hour, w);
	const struct rares *wide = wide_of(c, hour, w);
	size_t i;

	for (i = 0; i < near.n && i <= NEAR_MOST; i++)
		r->near[r->n_near++] = near.at[i].detector;
	for (i = 0; i < wide->n && r->n_wide <= NEAR_MOST; i++)
		if (!among(&near, wide->at[i].detector))
			r->wide[r->n_wide++] = wide->at[i].detector;
}

static const struct around *
around_of(struct counters *c, int64_t place, int64_t hour, int slot)
{
	int64_t last = hour * HOUR_SLOTS + slot, at;
	const int64_t pair[2] = { last, place };
	uint64_t key = hash_table(pair, sizeof(pair));
	struct window w = { last - SLOTS_BEFORE, last };
	struct around *r;

	if (table_get(&c->arounds, key, &at))
		return c->around[at];
	r = arena_get(c->a, sizeof(*r));
	around_fill(c, r, place, hour, &w);
	c->around = arena_grow(c->a, c->around, &c->around_room,
	    c->n_around + 1, sizeof(*c->around));
	table_put(&c->arounds, key, (int64_t)c->n_around);
	c->around[c->n_around++] = r;
	return r;
}

static size_t
others(const int64_t *list, size_t n, int64_t self, int64_t out[NEAR_MOST])
{
	size_t i, kept = 0;

	for (i = 0; i < n && kept < NEAR_MOST; i++)
		if (list[i] != self)
			out[kept++] = list[i];
	return kept;
}

/* ---- of one alert ------------------------------------------------------ */

enum rc
counters_look(struct counters *c, int64_t detector, int64_t place,
    int64_t t_ns, bool stored, struct counted *out)
{
	int64_t hour = sighted_hour(t_ns);
	int slot = sighted_slot(t_ns), i;
	const struct around *r = around_of(c, place, hour, slot);
	struct past here, any;

	pasts_get(c->pasts, detector, place, hour, &here);
	pasts_get(c->pasts, detector, 0, hour, &any);
	if (!stored)
		past_with(&here, &any, slot);
	memset(out, 0, sizeof(*out));
	out->hours = pasts_hours(c->pasts, detector, hour);
	out->places = any.n[slot];
	out->here = rarity_here(&here, out->hours, out->places);
	out->anywhere = rarity_anywhere(&any, slot, out->hours);
	for (i = 0; i < HOUR_SLOTS; i++)
		out->n += here.n[i];
	out->burst = bits(log2((double)(out->n + 1) /
	    (here.alerts / out->hours + 1)), 0, BURST_MOST);
	out->near = others(r->near, r->n_near, detector, out->near_which);
	out->wide = others(r->wide, r->n_wide, detector, out->wide_which);
	return c->trouble != RC_OK ? c->trouble : pasts_trouble(c->pasts);
}
