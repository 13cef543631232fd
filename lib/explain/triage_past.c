/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was seen before, and for how long there was anybody to see it. Both fade:
 * what is H = 14 days old counts half.
 *
 *	groups and alerts	decay runs along a pair's hours once: after the
 *				hour h(i) the sum is S(i) = S(i-1) x
 *				2^(-(h(i) - h(i-1))/H) + n(i), and any later
 *				hour is one more factor away
 *	hours of watching	the hours since the source's first record in
 *				which the tenant sent anything, faded alike
 *
 * Why not simply the hours since the first event: a sensor that was connected
 * yesterday has said nothing rare yet, however long other logs were kept, and
 * one record with a clock of years ago must not make everything else look rare.
 * A detection of our own rules has no source in its name; for it every hour
 * counts. Beyond eight half-lives nothing is looked up: it weighs less than 1/256.
 */
#include "explain/triage.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/hash.h"

enum { HALF_LIFE_H = 14 * 24, REACH_H = 8 * HALF_LIFE_H, BLOCK_H = 168 };

struct series {			/* one detector at one place, by hour */
	struct sighted *at;
	double *groups, *alerts;	/* faded sums up to and with at[i] */
	size_t n;
};

struct pasts {
	struct graph *g;
	struct arena *a;
	enum rc trouble;
	struct table pairs;		/* detector and place -> series */
	struct table blocks;		/* hours / BLOCK_H -> watched */
	struct table sources, firsts;	/* detector -> word; word -> hour */
	struct table spans;		/* source and hour -> hours */
	struct series **series;
	size_t n_series, series_room;
	bool **watched;
	size_t n_watched, watched_room;
	double *hours;
	size_t n_hours, hours_room;
};

struct pasts *
pasts_new(struct graph *g, struct arena *a)
{
	struct pasts *p = arena_get(a, sizeof(*p));

	p->g = g;
	p->a = a;
	p->trouble = RC_OK;
	table_init(&p->pairs);
	table_init(&p->blocks);
	table_init(&p->sources);
	table_init(&p->firsts);
	table_init(&p->spans);
	return p;
}

void
pasts_free(struct pasts *p)
{
	table_release(&p->pairs);
	table_release(&p->blocks);
	table_release(&p->sources);
	table_release(&p->firsts);
	table_release(&p->spans);
}

enum rc
pasts_trouble(const struct pasts *p)
{
	return p->trouble;
}

static double
fade(int64_t hours)
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
series_sum(struct pasts *p, struct series *s)
{
	double less;
	size_t i;
	int k;

	s->groups = arena_array(p->a, s->n + 1, sizeof(double));
	s->alerts = arena_array(p->a, s->n + 1, sizeof(double));
	for (i = 0; i < s->n; i++) {
		for (k = 0; k < HOUR_SLOTS; k++) {
			s->groups[i] += s->at[i].n[k] > 0;
			s->alerts[i] += (double)s->at[i].n[k];
		}
		if (i == 0)
			continue;
		less = fade(s->at[i].hour - s->at[i - 1].hour);
		s->groups[i] += s->groups[i - 1] * less;
		s->alerts[i] += s->alerts[i - 1] * less;
	}
}

static const struct series *
series_of(struct pasts *p, int64_t detector, int64_t place)
{
	uint64_t key = key_of(detector, place);
	struct series *s;
	int64_t at;

	if (table_get(&p->pairs, key, &at))
		return p->series[at];
	s = arena_get(p->a, sizeof(*s));
	if (p->trouble == RC_OK)
		p->trouble = graph_sightings(p->g, p->a, detector, place,
		    INT64_MAX, &s->at, &s->n);
	series_sum(p, s);
	p->series = arena_grow(p->a, p->series, &p->series_room,
	    p->n_series + 1, sizeof(*p->series));
	table_put(&p->pairs, key, (int64_t)p->n_series);
	p->series[p->n_series++] = s;
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

void
pasts_get(struct pasts *p, int64_t detector, int64_t place, int64_t hour,
    struct past *out)
{
	const struct series *s = series_of(p, detector, place);
	ptrdiff_t i = upto(s, hour);
	double less;

	memset(out, 0, sizeof(*out));
	if (i < 0)
		return;
	less = fade(hour - s->at[i].hour);
	out->groups = s->groups[i] * less;
	out->alerts = s->alerts[i] * less;
	if (s->at[i].hour == hour)
		memcpy(out->n, s->at[i].n, sizeof(out->n));
}

/* ---- how long it was watched ------------------------------------------- */

static int64_t
floor_div(int64_t x, int64_t y)
{
	return x / y - (x % y < 0);
}

static const bool *
block_of(struct pasts *p, int64_t block)
{
	bool *w, added;
	int64_t at = table_add(&p->blocks, (uint64_t)block,
	    (int64_t)p->n_watched, &added);

	if (!added)
		return p->watched[at];
	w = arena_array(p->a, BLOCK_H, sizeof(*w));
	if (p->trouble == RC_OK)
		p->trouble = graph_hours_watched(p->g, block * BLOCK_H,
		    BLOCK_H, w);
	p->watched = arena_grow(p->a, p->watched, &p->watched_room,
	    p->n_watched + 1, sizeof(*p->watched));
	p->watched[p->n_watched++] = w;
	return w;
}

/* The word before the colon, as sighting.c puts it there; 0: a rule of ours,
 * or nothing that is stored. */
static int64_t
source_of(struct pasts *p, int64_t detector)
{
	struct str text;
	size_t colon;
	int64_t source;

	if (table_get(&p->sources, (uint64_t)detector, &source))
		return source;
	text = graph_word_text(p->g, p->a, detector);
	colon = str_find(text, STR(": "), 0);
	source = colon == (size_t)-1 ? 0 :
	    graph_word_find(p->g, str_sub(text, 0, colon));
	table_put(&p->sources, (uint64_t)detector, source);
	return source;
}

static int64_t
first_of(struct pasts *p, int64_t source)
{
	int64_t hour = INT64_MIN;
	enum rc rc;

	if (source == 0 || table_get(&p->firsts, (uint64_t)source, &hour))
		return hour;
	rc = graph_source_first(p->g, source, &hour);
	if (rc != RC_OK && rc != RC_ABSENT && p->trouble == RC_OK)
		p->trouble = rc;
	table_put(&p->firsts, (uint64_t)source, hour);
	return hour;
}

/* Summed in one direction, so that it is the same number whoever asks. */
static double
hours_watched(struct pasts *p, int64_t first, int64_t hour)
{
	const double less = fade(1);
	const bool *w = NULL;
	double sum = 0;
	int64_t h;

	if (first < hour - REACH_H)
		first = hour - REACH_H;
	for (h = first; h <= hour; h++) {
		if (w == NULL || h % BLOCK_H == 0)
			w = block_of(p, floor_div(h, BLOCK_H));
		sum = sum * less + w[h - floor_div(h, BLOCK_H) * BLOCK_H];
	}
	return sum < 1 ? 1 : sum;	/* its own hour is one, stored or not */
}

double
pasts_hours(struct pasts *p, int64_t detector, int64_t hour)
{
	int64_t source = source_of(p, detector);
	bool added;
	int64_t at = table_add(&p->spans, key_of(source, hour),
	    (int64_t)p->n_hours, &added);

	if (!added)
		return p->hours[at];
	p->hours = arena_grow(p->a, p->hours, &p->hours_room, p->n_hours + 1,
	    sizeof(*p->hours));
	p->hours[p->n_hours++] = hours_watched(p, first_of(p, source), hour);
	return p->hours[at];
}
