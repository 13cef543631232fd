/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper: segments and chains brought up to date after each transaction.
 *
 * Both are functions of the set of events, so nothing is ever patched: what a
 * new event can have changed is thrown away and built again.
 *
 *  1. Dirty segments: those that had read a posting list in which a new event
 *     stands (watch.c).
 *  2. Their seeds and the new ones are walked back again. Where a walk meets
 *     the label of a segment that was clean, that one is dirty too.
 *  3. The walks are grouped, each group is built as a segment.
 *  4. Segments that share an artifact with one that came or went choose their
 *     link anew; the chains they belong to, before and after, are made again.
 *  5. tell.c compares with what is stored and writes versions and changes.
 *
 * In memory stands, per segment: what it read, its artifacts, its link, its
 * chain. All of that is in the segment's row too, and is read from there after
 * a start or when another process has written.
 */
#include "ingest/keep.h"

#include <string.h>

enum {
	MEMO_SEEDS = 128,	/* walked in one update: the memo pays */
	MEMO_IDLE = 1000,	/* updates without such: its memory is given back */
};

static void
seed_add(struct update *u, int64_t ev)
{
	bool added;

	table_add(&u->in_seeds, (uint64_t)ev, 1, &added);
	if (!added)
		return;
	u->seeds = arena_grow(u->a, u->seeds, &u->seeds_room, u->n_seeds + 1,
	    sizeof(*u->seeds));
	u->seeds[u->n_seeds++] = ev;
}

/* Is it a seed still? Another record may speak for the event now. */
static bool
is_seed(struct update *u, int64_t ev)
{
	const struct view *v = graph_view(u->g);
	const struct node *n = v->node(v->ctx, ev);

	return n != NULL && cause_is_seed(n);
}

/* Throw a segment away; its seeds are walked back again. */
static void
make_dirty(struct update *u, struct kseg *s)
{
	struct segment_row row;
	struct seg_link link;
	struct segment body;
	size_t i;

	if (s->gone || u->rc != RC_OK)
		return;
	u->rc = graph_segment_get(u->g, u->a, s->seg, &row);
	if (u->rc != RC_OK || !segment_unpack(u->a, row.body, &body, &link)) {
		u->rc = u->rc == RC_OK ? RC_FAIL : u->rc;
		return;
	}
	for (i = 0; i < body.n_seeds; i++)
		if (is_seed(u, body.seeds[i]))
			seed_add(u, body.seeds[i]);
	chain_touch(u, s->chain);
	affect_followers(u, s);
	kseg_drop(u->k, s);
	u->dropped = arena_grow(u->a, u->dropped, &u->dropped_room,
	    u->n_dropped + 1, sizeof(struct kseg *));
	u->dropped[u->n_dropped++] = s;
	u->rc = graph_labels_drop(u->g, s->seg);
	if (u->rc == RC_OK)
		u->rc = graph_segment_drop(u->g, s->seg);
}

/* A posting came into a list or left it: whoever has read it is dirty. */
static void
list_changed(struct update *u, uint64_t dep)
{
	struct bag *b;

	if (!memo_is_empty(&u->k->memo))
		memo_list_changed(&u->k->memo, dep);
	while (u->rc == RC_OK && (b = bag_of(&u->k->deps, dep)) != NULL)
		make_dirty(u, b->seg[b->n - 1]);
}

/* Step 1: whom do the new events concern? */
static void
find_dirty(struct update *u)
{
	const struct view *v = graph_view(u->g);
	const struct node *n;
	int64_t seg;
	double strength;
	bool seed;
	size_t i, k;

	for (i = 0; i < u->f->n_left; i++)
		list_changed(u, u->f->left[i]);
	for (i = 0; i < u->f->n_carried; i++)
		affect_linked_by(u, u->f->carried[i]);
	for (i = 0; i < u->f->n && u->rc == RC_OK; i++) {
		n = v->node(v->ctx, u->f->events[i]);
		if (n == NULL)
			continue;
		if (rank_cmp(&n->rank, &u->oldest) < 0)
			u->oldest = n->rank;
		if (!memo_is_empty(&u->k->memo))
			memo_record_changed(&u->k->memo, n->ev);
		for (k = 0; k < n->n_refs; k++)
			list_changed(u, dep_of(&n->refs[k], n->flags,
			    n->n_tags));
		if (graph_label_get(u->g, n->ev, &seg, &seed, &strength) ==
		    RC_OK && kseg_get(u->k, seg) != NULL)
			make_dirty(u, kseg_get(u->k, seg));
		if (cause_is_seed(n))
			seed_add(u, n->ev);
	}
}

/* The clean segments in which this walk ends are dirty too. A seed's own label
 * need not be asked for: its segment is dirty already. */
static void
meet(struct update *u, const struct reach *r, struct table *asked)
{
	struct kseg *met;
	int64_t seg, any;
	double strength;
	bool seed, added;
	size_t i;

	for (i = 0; i < r->n && u->rc == RC_OK; i++) {
		if (r->at[i].context || r->at[i].strength < MEET_STRENGTH ||
		    table_get(&u->in_seeds, (uint64_t)r->at[i].ev, &any))
			continue;
		table_add(asked, (uint64_t)r->at[i].ev, 1, &added);
		if (!added || graph_label_get(u->g, r->at[i].ev, &seg, &seed,
		    &strength) != RC_OK)
			continue;
		met = kseg_get(u->k, seg);
		if (met != NULL)
			make_dirty(u, met);
	}
}

/* Step 2: walk back from every seed; clean segments that are met join. */
static struct reach *
walk_back(struct update *u, struct build *b, size_t *n)
{
	struct reach *r = NULL;
	struct table asked;
	size_t room = 0;

	table_init(&asked);
	for (*n = 0; *n < u->n_seeds && u->rc == RC_OK; ++*n) {
		r = arena_grow(u->a, r, &room, *n + 1, sizeof(*r));
		cause_reach(b, u->seeds[*n], &r[*n]);
		meet(u, &r[*n], &asked);
	}
	table_release(&asked);
	return r;
}

static void
store_deps(struct buf *out, const struct watch *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		buf_put_varint(out, w->keys[i]);
}

/* Put a segment that was built: row, labels, memory. Only labels at which
 * another may meet it are kept: an event has one such segment, while what is
 * weaker may be of several. */
static void
put_segment(struct update *u, const struct segment *s, const struct watch *w)
{
	struct segment_row row = { 0 };
	struct seg_link none = { 0 };
	struct buf body, deps;
	struct kseg *x;
	bool seed;
	size_t i, k;

	buf_init(&body, 64 << 20);
	buf_init(&deps, 64 << 20);
	segment_pack(s, &none, &body);
	store_deps(&deps, w);
	row.body = buf_str(&body);
	row.deps = buf_str(&deps);
	u->rc = buf_bad(&body) || buf_bad(&deps) ? RC_FAIL :
	    graph_segment_put(u->g, &row);
	for (i = k = 0; i < s->n_labels && u->rc == RC_OK; i++) {
		seed = k < s->n_seeds && s->labels[i].ev == s->seeds[k];
		k += seed;
		if (!seed && s->labels[i].strength < MEET_STRENGTH)
			continue;
		u->rc = graph_label_put(u->g, s->labels[i].ev, row.seg, seed,
		    s->labels[i].strength);
	}
	buf_release(&body);
	buf_release(&deps);
	if (u->rc != RC_OK)
		return;
	x = kseg_add(u->k, row.seg, s, w->keys, w->n);
	u->made = arena_grow(u->a, u->made, &u->made_room, u->n_made + 1,
	    sizeof(struct kseg *));
	u->made[u->n_made++] = x;
}

/* Step 3, for one group of seeds: with a watch of its own, so that the segment
 * depends on what it read itself and on nothing its neighbours did. */
static void
build_group(struct update *u, const struct reach *all, const size_t *group,
    size_t n, size_t which)
{
	struct reach *mine;
	struct watch w;
	struct build *b;
	struct segment s;
	size_t i, k;

	/* room for its own only: n for each group would be n times n in all */
	for (i = k = 0; i < n; i++)
		k += group[i] == which;
	mine = arena_array(u->a, k, sizeof(*mine));
	watch_init(&w, u->v);
	b = build_new(&w.view, u->a);
	for (i = k = 0; i < n; i++)
		if (group[i] == which)
			cause_reach(b, all[i].seed, &mine[k++]);
	cause_segment(b, mine, k, &s);
	if (s.n_seeds > 0)
		put_segment(u, &s, &w);
	build_free(b);
	watch_release(&w);
}

static void
build_segments(struct update *u)
{
	struct build *b = build_new(u->v, u->a);
	struct reach *all;
	size_t *group, n, i, groups;

	all = walk_back(u, b, &n);
	if (u->rc == RC_OK && n > 0) {
		group = arena_array(u->a, n, sizeof(*group));
		groups = cause_group(b, all, n, group);
		for (i = 0; i < groups && u->rc == RC_OK; i++)
			build_group(u, all, group, n, i);
	}
	build_free(b);
}

/* Free what was dropped; the last of the list takes its place. */
static void
sweep(struct update *u)
{
	struct keeper *k = u->k;
	size_t i;
	int64_t at;

	for (i = 0; i < u->n_dropped; i++) {
		if (!table_get(&k->segs, (uint64_t)u->dropped[i]->seg, &at))
			continue;
		k->all[at] = k->all[--k->n];
		table_put(&k->segs, (uint64_t)k->all[at]->seg, at);
		table_drop(&k->segs, (uint64_t)u->dropped[i]->seg);
		k->bytes -= kseg_bytes(u->dropped[i]);
		mem_free(u->dropped[i]);
	}
}

/* Remembering costs memory and, for a few seeds, more than it saves. */
static void
choose_view(struct update *u)
{
	struct keeper *k = u->k;
	bool big = u->n_seeds >= MEMO_SEEDS;

	k->idle = big ? 0 : k->idle + 1;
	if (k->idle >= MEMO_IDLE && !memo_is_empty(&k->memo))
		memo_forget(&k->memo);
	k->memo.inner = graph_view(u->g);
	u->v = big ? &k->memo.view : k->memo.inner;
}

enum rc
keeper_update(struct keeper *k, struct graph *g, const struct fresh *f,
    int64_t now_ns)
{
	struct update u = { .k = k, .g = g, .f = f, .now_ns = now_ns,
		.rc = RC_OK };

	memset(u.oldest.b, 0xff, RANK_LEN);
	graph_view_reset(g);
	if (!k->loaded)
		u.rc = keeper_load(k, g);
	if (u.rc != RC_OK) {
		keeper_forget(k);
		return u.rc;
	}
	u.a = arena_new();
	u.v = graph_view(g);
	find_dirty(&u);
	choose_view(&u);
	u.b = build_new(u.v, u.a);
	if (u.rc == RC_OK && u.n_seeds > 0)
		build_segments(&u);
	if (u.rc == RC_OK)
		choose_links(&u);
	if (u.rc == RC_OK && (u.n_made > 0 || u.n_chains > 0))
		make_chains(&u);
	if (u.rc == RC_OK)
		sweep(&u);
	else
		keeper_forget(k);
	build_free(u.b);
	table_release(&u.in_seeds);
	arena_free(u.a);
	graph_view_reset(g);
	if (memo_is_full(&k->memo))
		memo_forget(&k->memo);
	return u.rc;
}
