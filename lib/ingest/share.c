/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which segments name an artifact.
 *
 * A segment links to the latest earlier one that names the same thing and saw
 * it elsewhere: on another host, by another source or of another principal. So
 * those who name a thing stand in lanes, one for each (host, source,
 * principal), in order of rank. Whoever looks for a link takes every lane but
 * its own, begins where its own rank would stand and stops at the first that
 * will do:
 *
 *	lane h1 okta     e3 ---- e9 ------------- e40
 *	lane h2 sysmon        e7 ---- e12 -- e31
 *	                                  ^ looking from e33: e31, not all seven
 *
 * A thing that very many carry links nobody, and carriers only grow: then its
 * lanes are given up for good.
 */
#include "ingest/keep.h"

#include <string.h>

/* The first entry of the lane that is not before this rank. */
static size_t
lane_place(const struct lane *l, const struct rank *r)
{
	size_t low = 0, high = l->n, mid;

	/* What comes is mostly the latest. */
	if (high > 0 && rank_cmp(&l->at[high - 1].art->rank, r) < 0)
		return high;
	while (low < high) {
		mid = low + (high - low) / 2;
		if (rank_cmp(&l->at[mid].art->rank, r) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t
lane_before(const struct lane *l, const struct rank *r)
{
	return lane_place(l, r);
}

size_t
lane_after(const struct lane *l, const struct rank *r)
{
	size_t i = lane_place(l, r);

	while (i < l->n && rank_cmp(&l->at[i].art->rank, r) == 0)
		i++;
	return i;
}

bool
lane_is_of(const struct lane *l, const struct seg_art *art)
{
	return l->host == art->host && l->source == art->source &&
	    l->principal == art->principal;
}

static struct lane *
lane_of(struct holders *h, const struct seg_art *art, bool make)
{
	struct lane *l;
	size_t i;

	for (i = 0; i < h->n; i++)
		if (lane_is_of(&h->lanes[i], art))
			return &h->lanes[i];
	if (!make)
		return NULL;
	if (h->n == h->room) {
		h->room = h->room == 0 ? 1 : h->room * 2;
		h->lanes = mem_resize(h->lanes, h->room * sizeof(*h->lanes));
	}
	l = &h->lanes[h->n++];
	*l = (struct lane){ art->host, art->source, art->principal, NULL, 0, 0 };
	return l;
}

static void
lanes_free(struct holders *h)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		mem_free(h->lanes[i].at);
	mem_free(h->lanes);
	h->lanes = NULL;
	h->n = h->room = h->segs = 0;
}

struct holders *
holders_of(struct shared *s, int64_t entity)
{
	int64_t at;

	return table_get(&s->at, (uint64_t)entity, &at) ? &s->all[at] : NULL;
}

void
holders_give_up(struct holders *h)
{
	lanes_free(h);
	h->popular = true;
}

static struct holders *
holders_make(struct shared *s, int64_t entity)
{
	bool added;
	int64_t at = table_add(&s->at, (uint64_t)entity, (int64_t)s->n, &added);

	if (!added)
		return &s->all[at];
	if (s->n == s->room) {
		s->room = s->room == 0 ? 64 : s->room * 2;
		s->all = mem_resize(s->all, s->room * sizeof(*s->all));
	}
	s->all[s->n] = (struct holders){ .entity = entity };
	return &s->all[s->n++];
}

/* Nobody names it any more: the last of the list takes its place. */
static void
holders_drop(struct shared *s, struct holders *h)
{
	size_t at = (size_t)(h - s->all);

	lanes_free(h);
	table_drop(&s->at, (uint64_t)h->entity);
	*h = s->all[--s->n];
	if (at < s->n)
		table_put(&s->at, (uint64_t)h->entity, (int64_t)at);
}

static void
lane_add(struct lane *l, struct kseg *seg, const struct seg_art *art)
{
	size_t at = lane_place(l, &art->rank);

	if (l->n == l->room) {
		l->room = l->room == 0 ? 1 : l->room * 2;
		l->at = mem_resize(l->at, l->room * sizeof(*l->at));
	}
	memmove(l->at + at + 1, l->at + at, (l->n - at) * sizeof(*l->at));
	l->at[at] = (struct held){ seg, art };
	l->n++;
}

static void
lane_drop(struct lane *l, const struct seg_art *art)
{
	size_t at = lane_place(l, &art->rank);

	while (at < l->n && l->at[at].art != art)
		at++;
	if (at == l->n)
		return;
	l->n--;
	memmove(l->at + at, l->at + at + 1, (l->n - at) * sizeof(*l->at));
}

/* Its artifacts are in order of entity: each counts the segment once. */
void
shared_add(struct shared *s, struct kseg *seg)
{
	const struct seg_art *art = seg->arts;
	struct holders *h;
	size_t i;

	for (i = 0; i < seg->n_arts; i++) {
		h = holders_make(s, art[i].entity);
		if (h->popular)
			continue;
		h->segs += i == 0 || art[i].entity != art[i - 1].entity;
		lane_add(lane_of(h, &art[i], true), seg, &art[i]);
	}
}

void
shared_drop(struct shared *s, const struct kseg *seg)
{
	const struct seg_art *art = seg->arts;
	struct holders *h;
	struct lane *l;
	size_t i;

	for (i = 0; i < seg->n_arts; i++) {
		h = holders_of(s, art[i].entity);
		if (h == NULL || h->popular)
			continue;
		l = lane_of(h, &art[i], false);
		if (l != NULL)
			lane_drop(l, &art[i]);
		if (i + 1 < seg->n_arts && art[i + 1].entity == art[i].entity)
			continue;
		if (--h->segs == 0)
			holders_drop(s, h);
	}
}

void
shared_release(struct shared *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		lanes_free(&s->all[i]);
	mem_free(s->all);
	table_release(&s->at);
	memset(s, 0, sizeof(*s));
}
