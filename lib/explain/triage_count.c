/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rare, frequent, or part of a flurry: read from the sums that ingest keeps,
 * as they stood in the hour of the alert.
 *
 *	hours of experience  T = sum over hours watched of 2^(-age/14 days)
 *	groups seen          g = sum over hours of slots x 2^(-age/14 days)
 *	rarity               = -log2((g + 1) / (T + 1)), whole bits, 0 to 10
 *
 * Slots of ten minutes stand for groups, so a flood counts once in each. The
 * one that is added to both (Laplace's rule) is what keeps everything from
 * looking rare on the first morning: after two hours of watching, nothing is
 * known to be rarer than once in three. Bits are whole and rounded down since
 * one or two sightings hold no fractions, and so that equal cases tie.
 *
 * Decay runs along a pair's hours once: after the hour h(i), the decayed sum
 * is S(i) = S(i-1) x 2^(-(h(i) - h(i-1))/H) + g(i), and any later hour is one
 * more factor away.
 */
#include "explain/triage.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/hash.h"

enum { HALF_LIFE_H = 14 * 24, RARITY_MOST = 10, BURST_MOST = 6,
	RARE = 4,		/* bits from which a neighbour says something */
	SLOTS_BEFORE = 3 };	/* half an hour */

struct series {			/* one detector at one place, by hour */
	struct sighted *at;
	double *groups, *alerts;	/* decayed sums up to and with at[i] */
	size_t n;
};

/* The rare types around a place and slot: one more than shown, since the one
 * that is asked about may be among them. */
struct around {
	int64_t near[NEAR_MOST + 1], wide[NEAR_MOST + 1];
	size_t n_near, n_wide;
};

struct counters {
	struct graph *g;
	struct arena *a;
	int64_t first_hour;
	bool empty;		/* no event was ever stored */
	enum rc trouble;
	struct table pairs, arounds;	/* key -> place in the lists below */
	struct series **series;
	size_t n_series, series_room;
	struct around **around;
	size_t n_around, around_room;
};

struct counters *
counters_new(struct graph *g, struct arena *a)
{
	struct counters *c = arena_get(a, sizeof(*c));

	c->g = g;
	c->a = a;
	table_init(&c->pairs);
	table_init(&c->arounds);
	c->trouble = graph_first_hour(g, &c->first_hour);
	c->empty = c->trouble == RC_ABSENT;
	if (c->empty)
		c->trouble = RC_OK;
	return c;
}

void
counters_free(struct counters *c)
{
	table_release(&c->pairs);
	table_release(&c->arounds);
}

static double
decay(int64_t hours)
{
	return exp2(-(double)hours / HALF_LIFE_H);
}

static uint64_t
key_of(int64_t x, int64_t y)
{
	const int64_t pair[2] = { x, y };

	return hash_table(pair, sizeof(pair));
}

/* ---- one pair's past --------------------------------------------------- */

static void
series_sum(struct counters *c, struct series *s)
{
	double fade;
	size_t i;

	s->groups = arena_array(c->a, s->n + 1, sizeof(double));
	s->alerts = arena_array(c->a, s->n + 1, sizeof(double));
	for (i = 0; i < s->n; i++) {
		s->groups[i] = __builtin_popcount(s->at[i].slots);
		s->alerts[i] = (double)s->at[i].n;
		if (i == 0)
			continue;
		fade = decay(s->at[i].hour - s->at[i - 1].hour);
		s->groups[i] += s->groups[i - 1] * fade;
		s->alerts[i] += s->alerts[i - 1] * fade;
	}
}

static const struct series *
series_of(struct counters *c, int64_t detector, int64_t place)
{
	uint64_t key = key_of(detector, place);
	struct series *s;
	int64_t at;

	if (table_get(&c->pairs, key, &at))
		return c->series[at];
	s = arena_get(c->a, sizeof(*s));
	if (c->trouble == RC_OK)
		c->trouble = graph_sightings(c->g, c->a, detector, place,
		    INT64_MAX, &s->at, &s->n);
	series_sum(c, s);
	c->series = arena_grow(c->a, c->series, &c->series_room,
	    c->n_series + 1, sizeof(*c->series));
	table_put(&c->pairs, key, (int64_t)c->n_series);
	c->series[c->n_series++] = s;
	return s;
}

/* Place of the last entry that is not after the hour, or -1. */
static ptrdiff_t
upto(const struct series *s, int64_t hour)
{
	size_t low = 0, high = s->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (s->at[mid].hour <= hour)
			low = mid + 1;
		else
			high = mid;
	}
	return (ptrdiff_t)low - 1;
}

static double
experience(const struct counters *c, int64_t hour)
{
	double r = exp2(-1.0 / HALF_LIFE_H);

	if (c->empty || hour < c->first_hour)
		return 1;
	return (1 - pow(r, (double)(hour - c->first_hour + 1))) / (1 - r);
}

struct past {
	double groups, alerts;	/* decayed */
	int64_t n;		/* in the hour itself */
	unsigned slots;
};

static struct past
past_of(const struct series *s, int64_t hour)
{
	ptrdiff_t i = upto(s, hour);
	struct past p = { 0 };
	double fade;

	if (i < 0)
		return p;
	fade = decay(hour - s->at[i].hour);
	p.groups = s->groups[i] * fade;
	p.alerts = s->alerts[i] * fade;
	if (s->at[i].hour == hour) {
		p.n = s->at[i].n;
		p.slots = s->at[i].slots;
	}
	return p;
}

/* One that was not stored counts as if it had been. */
static void
past_with(struct past *p, int slot)
{
	if (p->slots & 1U << slot)
		return;
	p->slots |= 1U << slot;
	p->groups += 1;
	p->alerts += 1;
	p->n++;
}

/* Whole bits between 0 and most. */
static int
bits(double x, int most)
{
	x = floor(x + 1e-9);
	return x < 0 ? 0 : x > most ? most : (int)x;
}

static int
rarity(const struct counters *c, const struct past *p, int64_t hour)
{
	return bits(-log2((p->groups + 1) / (experience(c, hour) + 1)),
	    RARITY_MOST);
}

/* ---- beside it --------------------------------------------------------- */

struct window { int64_t first, last; };	/* slots since 1970, both included */

static bool
within(const struct sighted *s, const struct window *w)
{
	int i;

	for (i = 0; i < HOUR_SLOTS; i++)
		if ((s->slots & 1U << i) &&
		    s->hour * HOUR_SLOTS + i >= w->first &&
		    s->hour * HOUR_SLOTS + i <= w->last)
			return true;
	return false;
}

/* Detectors at the place in the window that are rare there, in order of their
 * numbers. */
static size_t
rare_at(struct counters *c, int64_t place, int64_t hour,
    const struct window *w, int64_t **out)
{
	struct sighted *s = NULL;
	struct past p;
	size_t n = 0, i, kept = 0;

	if (c->trouble == RC_OK)
		c->trouble = graph_sightings_near(c->g, c->a, place, hour - 1,
		    hour, &s, &n);
	*out = arena_array(c->a, n + 1, sizeof(**out));
	for (i = 0; i < n; i++) {
		if (!within(&s[i], w) ||
		    (kept > 0 && (*out)[kept - 1] == s[i].detector))
			continue;
		p = past_of(series_of(c, s[i].detector, place), hour);
		if (rarity(c, &p, hour) >= RARE)
			(*out)[kept++] = s[i].detector;
	}
	return kept;
}

static bool
among(const int64_t *list, size_t n, int64_t x)
{
	size_t low = 0, high = n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (list[mid] == x)
			return true;
		if (list[mid] < x)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

static void
around_fill(struct counters *c, struct around *r, int64_t place, int64_t hour,
    const struct window *w)
{
	int64_t *near, *wide;
	size_t n_near = rare_at(c, place, hour, w, &near);
	size_t n_wide = rare_at(c, 0, hour, w, &wide), i;

	for (i = 0; i < n_near && i <= NEAR_MOST; i++)
		r->near[r->n_near++] = near[i];
	for (i = 0; i < n_wide && r->n_wide <= NEAR_MOST; i++)
		if (!among(near, n_near, wide[i]))
			r->wide[r->n_wide++] = wide[i];
}

static const struct around *
around_of(struct counters *c, int64_t place, int64_t hour, int slot)
{
	int64_t last = hour * HOUR_SLOTS + slot, at;
	uint64_t key = key_of(last, place);
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

enum rc
counters_look(struct counters *c, int64_t detector, int64_t place,
    int64_t t_ns, bool stored, struct counted *out)
{
	int64_t hour = sighted_hour(t_ns);
	int slot = sighted_slot(t_ns);
	struct past here = past_of(series_of(c, detector, place), hour);
	struct past any = past_of(series_of(c, detector, 0), hour);
	const struct around *r = around_of(c, place, hour, slot);

	if (!stored) {
		past_with(&here, slot);
		past_with(&any, slot);
	}
	memset(out, 0, sizeof(*out));
	out->hours = experience(c, hour);
	out->here = rarity(c, &here, hour);
	out->anywhere = rarity(c, &any, hour);
	out->n = here.n;
	out->burst = bits(log2((double)(here.n + 1) /
	    (here.alerts / out->hours + 1)), BURST_MOST);
	out->near = others(r->near, r->n_near, detector, out->near_which);
	out->wide = others(r->wide, r->n_wide, detector, out->wide_which);
	return c->trouble;
}
