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
#include "ingest/inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct kchain;

struct kseg {
	int64_t seg;
	struct segment s;	/* arts and first only; memory of its own */
	struct seg_link link;
	uint64_t *deps;
	size_t n_deps;
	struct kchain *chain;	/* NULL: alone and no chain */
	bool affected, gone;
};

struct kchain {			/* a tree of segments */
	uint8_t id[16];
	bool live;		/* stored as a chain */
	struct kseg **segs;
	size_t n, room;
	bool touched;
};

/* Lists of segments by a 64-bit key (a dependency, an artifact). */
struct bag { struct kseg **seg; size_t n, room; bool popular; };
struct index {
	struct table at;
	struct bag *bags;
	size_t n, room;
};

struct keeper {
	bool loaded;
	struct table segs;	/* number -> place in all */
	struct kseg **all;
	size_t n, room;
	struct index deps, arts;
	struct json_doc *doc;
};

/* ---- indexes ------------------------------------------------------------ */

static struct bag *
bag_of(struct index *x, uint64_t key, bool make)
{
	int64_t at;
	bool added;

	if (!make)
		return table_get(&x->at, key, &at) ? &x->bags[at] : NULL;
	at = table_add(&x->at, key, (int64_t)x->n, &added);
	if (added) {
		if (x->n == x->room) {
			x->room = x->room == 0 ? 64 : x->room * 2;
			x->bags = mem_resize(x->bags,
			    x->room * sizeof(*x->bags));
		}
		x->bags[x->n++] = (struct bag){ 0 };
	}
	return &x->bags[at];
}

static void
bag_add(struct bag *b, struct kseg *s)
{
	if (b->n > 0 && b->seg[b->n - 1] == s)
		return;
	if (b->n == b->room) {
		b->room = b->room == 0 ? 4 : b->room * 2;
		b->seg = mem_resize(b->seg, b->room * sizeof(struct kseg *));
	}
	b->seg[b->n++] = s;
}

static void
bag_drop(struct bag *b, const struct kseg *s)
{
	size_t i, k;

	if (b == NULL)
		return;
	for (i = k = 0; i < b->n; i++)
		if (b->seg[i] != s)
			b->seg[k++] = b->seg[i];
	b->n = k;
}

static void
index_release(struct index *x)
{
	size_t i;

	for (i = 0; i < x->n; i++)
		mem_free(x->bags[i].seg);
	mem_free(x->bags);
	table_release(&x->at);
	memset(x, 0, sizeof(*x));
}

/* ---- segments in memory -------------------------------------------------- */

static struct kseg *
kseg_get(struct keeper *k, int64_t seg)
{
	int64_t at;

	return table_get(&k->segs, (uint64_t)seg, &at) && at >= 0 ?
	    k->all[at] : NULL;
}

static struct kseg *
kseg_add(struct keeper *k, int64_t seg, const struct segment *s,
    const uint64_t *deps, size_t n_deps)
{
	struct kseg *x = mem_get(sizeof(*x));
	size_t i;

	x->seg = seg;
	x->s.seg = seg;
	x->s.first = s->first;
	x->s.n_arts = s->n_arts;
	x->s.arts = (struct seg_art *)mem_copy(s->arts,
	    s->n_arts * sizeof(*s->arts));
	x->deps = (uint64_t *)mem_copy(deps, n_deps * sizeof(*deps));
	x->n_deps = n_deps;
	if (k->n == k->room) {
		k->room = k->room == 0 ? 64 : k->room * 2;
		k->all = mem_resize(k->all, k->room * sizeof(struct kseg *));
	}
	table_put(&k->segs, (uint64_t)seg, (int64_t)k->n);
	k->all[k->n++] = x;
	for (i = 0; i < n_deps; i++)
		bag_add(bag_of(&k->deps, deps[i], true), x);
	for (i = 0; i < s->n_arts; i++)
		bag_add(bag_of(&k->arts, (uint64_t)s->arts[i].entity, true), x);
	return x;
}

static void
kseg_free(struct kseg *x)
{
	mem_free(x->s.arts);
	mem_free(x->deps);
	mem_free(x);
}

static void
kchain_free(struct kchain *c)
{
	mem_free(c->segs);
	mem_free(c);
}

static void
kchain_add(struct kchain *c, struct kseg *s)
{
	if (c->n == c->room) {
		c->room = c->room == 0 ? 4 : c->room * 2;
		c->segs = mem_resize(c->segs, c->room * sizeof(struct kseg *));
	}
	c->segs[c->n++] = s;
	s->chain = c;
}

/* Take a segment out of every index; it is freed at the end of the update. */
static void
kseg_drop(struct keeper *k, struct kseg *x)
{
	size_t i;

	for (i = 0; i < x->n_deps; i++)
		bag_drop(bag_of(&k->deps, x->deps[i], false), x);
	for (i = 0; i < x->s.n_arts; i++)
		bag_drop(bag_of(&k->arts, (uint64_t)x->s.arts[i].entity,
		    false), x);
	x->gone = true;
}

struct keeper *
keeper_new(void)
{
	struct keeper *k = mem_get(sizeof(*k));

	k->doc = json_doc_new();
	return k;
}

void
keeper_forget(struct keeper *k)
{
	struct kchain *c;
	size_t i, j;

	for (i = 0; i < k->n; i++) {
		c = k->all[i]->chain;
		for (j = 0; c != NULL && j < c->n; j++)
			c->segs[j]->chain = NULL;
		if (c != NULL)
			kchain_free(c);
	}
	for (i = 0; i < k->n; i++)
		kseg_free(k->all[i]);
	mem_free(k->all);
	k->all = NULL;
	k->n = k->room = 0;
	table_release(&k->segs);
	index_release(&k->deps);
	index_release(&k->arts);
	k->loaded = false;
}

void
keeper_free(struct keeper *k)
{
	keeper_forget(k);
	json_doc_free(k->doc);
	mem_free(k);
}

/* ---- reading it back ----------------------------------------------------- */

struct loading {
	struct keeper *k;
	struct graph *g;
	struct arena *a;
	enum rc rc;
};

static size_t
unpack_deps(struct arena *a, struct str text, uint64_t **out)
{
	uint64_t *d = NULL, n;
	size_t room = 0, count = 0;

	while (text.len > 0 && str_take_varint(&text, &n)) {
		d = arena_grow(a, d, &room, count + 1, sizeof(*d));
		d[count++] = n;
	}
	*out = d;
	return count;
}

static bool
load_one(void *ctx, int64_t seg, struct str deps, int64_t updated)
{
	struct loading *l = ctx;
	struct segment_row row;
	struct seg_link link;
	struct segment s;
	struct kseg *x;
	uint64_t *d;
	size_t n;

	(void)updated;
	n = unpack_deps(l->a, deps, &d);
	l->rc = graph_segment_get(l->g, l->a, seg, &row);
	if (l->rc != RC_OK)
		return false;
	if (!segment_unpack(l->a, row.body, &s, &link)) {
		log_err("segment %lld is damaged: run tra-ce rebuild",
		    (long long)seg);
		l->rc = RC_FAIL;
		return false;
	}
	x = kseg_add(l->k, seg, &s, d, n);
	x->link = link;
	return true;
}

static struct kseg *
top_of(struct keeper *k, struct kseg *s)
{
	struct kseg *up;

	while (s->link.seg != 0 &&
	    (up = kseg_get(k, s->link.seg)) != NULL && !up->gone)
		s = up;
	return s;
}

/* Segments that are linked share a chain; a lone one has it made when the
 * first transaction touches it. */
static enum rc
load_chains(struct keeper *k, struct graph *g)
{
	struct kseg *s, *top;
	struct segment_row row;
	struct seg_link link;
	struct segment body;
	struct chain_row c;
	struct arena *a = arena_new();
	const struct node *n;
	enum rc rc;
	size_t i;

	for (i = 0; i < k->n; i++) {
		s = k->all[i];
		top = top_of(k, s);
		if (top->chain == NULL)
			kchain_add(mem_get(sizeof(struct kchain)), top);
		if (s != top)
			kchain_add(top->chain, s);
		if (s != top)
			continue;
		arena_reset(a);
		rc = graph_segment_get(g, a, s->seg, &row);
		if (rc != RC_OK || !segment_unpack(a, row.body, &body, &link) ||
		    body.n_seeds == 0)
			continue;
		n = graph_view(g)->node(graph_view(g)->ctx, body.seeds[0]);
		if (n == NULL)
			continue;
		chain_id_of(n->id, s->chain->id);
		rc = graph_chain_get(g, a, s->chain->id, &c);
		s->chain->live = rc == RC_OK && c.live;
	}
	arena_free(a);
	return RC_OK;
}

static enum rc
load(struct keeper *k, struct graph *g)
{
	struct loading l = { k, g, arena_new(), RC_OK };
	enum rc rc;

	table_init(&k->segs);
	rc = graph_segments(g, -1, load_one, &l);
	if (rc == RC_OK)
		rc = l.rc;
	if (rc == RC_OK)
		rc = load_chains(k, g);
	arena_free(l.a);
	k->loaded = rc == RC_OK;
	return rc;
}

/* ---- the update ----------------------------------------------------------- */

struct update {
	struct keeper *k;
	struct graph *g;
	struct arena *a;
	const struct fresh *f;
	int64_t now_ns;
	enum rc rc;
	struct build *b;		/* over the plain view, for links */
	int64_t *seeds;			/* to be walked back */
	size_t n_seeds, seeds_room;
	struct table in_seeds;
	struct kseg **dropped;
	size_t n_dropped, dropped_room;
	struct kseg **made;
	size_t n_made, made_room;
	struct kseg **affected;
	size_t n_affected, affected_room;
	struct kchain **chains;		/* touched, to be made again */
	size_t n_chains, chains_room;
	struct rank oldest;		/* of the fresh events */
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

static void
chain_touch(struct update *u, struct kchain *c)
{
	if (c == NULL || c->touched)
		return;
	c->touched = true;
	u->chains = arena_grow(u->a, u->chains, &u->chains_room,
	    u->n_chains + 1, sizeof(struct kchain *));
	u->chains[u->n_chains++] = c;
}

static void
affect(struct update *u, struct kseg *s)
{
	if (s->affected || s->gone)
		return;
	s->affected = true;
	u->affected = arena_grow(u->a, u->affected, &u->affected_room,
	    u->n_affected + 1, sizeof(struct kseg *));
	u->affected[u->n_affected++] = s;
	chain_touch(u, s->chain);
}

/* Segments by an artifact that can still join them; NULL if it is too popular
 * (which it stays) or nobody else has it. */
static struct bag *
sharers(struct update *u, const struct seg_art *art)
{
	const struct view *v = graph_view(u->g);
	struct bag *b = bag_of(&u->k->arts, (uint64_t)art->entity, false);

	if (b == NULL || b->popular || b->n < 2)
		return NULL;
	b->popular = !cause_may_join(art->kind,
	    v->carriers(v->ctx, art->entity, DF_MAX));
	return b->popular ? NULL : b;
}

/* Everything that shares an artifact with this segment chooses again. */
static void
affect_sharers(struct update *u, const struct kseg *s)
{
	struct bag *b;
	size_t i, k;

	for (i = 0; i < s->s.n_arts; i++) {
		b = sharers(u, &s->s.arts[i]);
		if (b == NULL)
			continue;
		for (k = 0; k < b->n; k++)
			affect(u, b->seg[k]);
	}
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
		seed_add(u, body.seeds[i]);
	chain_touch(u, s->chain);
	affect_sharers(u, s);
	kseg_drop(u->k, s);
	u->dropped = arena_grow(u->a, u->dropped, &u->dropped_room,
	    u->n_dropped + 1, sizeof(struct kseg *));
	u->dropped[u->n_dropped++] = s;
	u->rc = graph_labels_drop(u->g, s->seg);
	if (u->rc == RC_OK)
		u->rc = graph_segment_drop(u->g, s->seg);
}

static void
make_dirty_all(struct update *u, struct bag *b)
{
	while (b != NULL && b->n > 0 && u->rc == RC_OK)
		make_dirty(u, b->seg[b->n - 1]);
}

static int
slot_of(const struct node *n, const struct ref *r)
{
	bool minor = (n->flags & EVENT_MINOR) && n->n_tags == 0;

	switch (r->role) {
	case ROLE_SUBJ:
	case ROLE_SESS:
	case ROLE_CRED:
	case ROLE_TARGET:
		return r->role | (minor ? SLOT_MINOR : 0);
	default:
		return r->role;
	}
}

/* Step 1: whom do the new events concern? */
static void
find_dirty(struct update *u)
{
	const struct view *v = graph_view(u->g);
	const struct node *n;
	struct bag *b;
	int64_t seg;
	double strength;
	bool seed;
	size_t i, k;

	for (i = 0; i < u->f->n_carried; i++) {
		b = bag_of(&u->k->arts, (uint64_t)u->f->carried[i], false);
		for (k = 0; b != NULL && !b->popular && b->n >= 2 &&
		    k < b->n; k++)
			affect(u, b->seg[k]);
	}
	for (i = 0; i < u->f->n && u->rc == RC_OK; i++) {
		n = v->node(v->ctx, u->f->events[i]);
		if (n == NULL)
			continue;
		if (rank_cmp(&n->rank, &u->oldest) < 0)
			u->oldest = n->rank;
		for (k = 0; k < n->n_refs; k++)
			make_dirty_all(u, bag_of(&u->k->deps, dep_key(
			    n->refs[k].entity, slot_of(n, &n->refs[k])),
			    false));
		if (graph_label_get(u->g, n->ev, &seg, &seed, &strength) ==
		    RC_OK && kseg_get(u->k, seg) != NULL)
			make_dirty(u, kseg_get(u->k, seg));
		if (cause_is_seed(n))
			seed_add(u, n->ev);
	}
}

/* Step 2: walk back from every seed; clean segments that are met join. */
static struct reach *
walk_back(struct update *u, struct build *b, size_t *n)
{
	struct reach *r = NULL;
	struct kseg *met;
	size_t room = 0, i;
	int64_t seg;
	double strength;
	bool seed;

	for (*n = 0; *n < u->n_seeds && u->rc == RC_OK; ++*n) {
		r = arena_grow(u->a, r, &room, *n + 1, sizeof(*r));
		cause_reach(b, u->seeds[*n], &r[*n]);
		for (i = 0; i < r[*n].n; i++) {
			if (r[*n].at[i].context ||
			    r[*n].at[i].strength < MEET_STRENGTH ||
			    graph_label_get(u->g, r[*n].at[i].ev, &seg, &seed,
			    &strength) != RC_OK || strength < MEET_STRENGTH)
				continue;
			met = kseg_get(u->k, seg);
			if (met != NULL)
				make_dirty(u, met);
		}
	}
	return r;
}

static void
store_deps(struct buf *out, const struct watch *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		buf_put_varint(out, w->keys[i]);
}

/* Put a segment that was built: row, labels, memory. */
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
	struct reach *mine = arena_array(u->a, n, sizeof(*mine));
	struct watch w;
	struct build *b;
	struct segment s;
	size_t i, k;

	watch_init(&w, graph_view(u->g));
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
	struct build *b = build_new(graph_view(u->g), u->a);
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

/* Step 4: a segment's best link towards any that began earlier. */
static void
choose_link(struct update *u, struct kseg *s)
{
	struct seg_link best = { 0 };
	struct edge e;
	struct bag *b;
	size_t i, k;

	for (i = 0; i < s->s.n_arts; i++) {
		b = i > 0 && s->s.arts[i].entity == s->s.arts[i - 1].entity ?
		    NULL : sharers(u, &s->s.arts[i]);
		for (k = 0; b != NULL && k < b->n; k++) {
			if (b->seg[k] == s || b->seg[k]->seg == best.seg ||
			    !cause_link(u->b, &s->s, &b->seg[k]->s, &e) ||
			    e.conf < LINK_JOINS ||
			    !cause_link_better(u->b, &e, &best.edge))
				continue;
			best.edge = e;
			best.seg = b->seg[k]->seg;
		}
	}
	s->link = best;
}

/* Write the link into the segment's row, beside the rest of its body. */
static void
store_link(struct update *u, struct kseg *s)
{
	struct segment_row row;
	struct seg_link old;
	struct segment body;
	struct buf out;

	u->rc = graph_segment_get(u->g, u->a, s->seg, &row);
	if (u->rc != RC_OK || !segment_unpack(u->a, row.body, &body, &old))
		return;
	if (old.seg == s->link.seg && memcmp(&old.edge, &s->link.edge,
	    sizeof(old.edge)) == 0)
		return;
	buf_init(&out, 64 << 20);
	segment_pack(&body, &s->link, &out);
	row.body = buf_str(&out);
	u->rc = graph_segment_put(u->g, &row);
	buf_release(&out);
}

static void
choose_links(struct update *u)
{
	size_t i;

	for (i = 0; i < u->n_made; i++) {
		affect(u, u->made[i]);
		affect_sharers(u, u->made[i]);
	}
	for (i = 0; i < u->n_dropped; i++)
		affect_sharers(u, u->dropped[i]);
	for (i = 0; i < u->n_affected; i++)
		if (!u->affected[i]->gone)
			choose_link(u, u->affected[i]);
	for (i = 0; i < u->n_affected && u->rc == RC_OK; i++) {
		u->affected[i]->affected = false;
		if (!u->affected[i]->gone)
			store_link(u, u->affected[i]);
	}
}

/* ---- chains ---------------------------------------------------------------- */

static int
by_first(const void *a, const void *b)
{
	const struct kseg *x = *(struct kseg *const *)a;
	const struct kseg *y = *(struct kseg *const *)b;

	return rank_cmp(&x->s.first, &y->s.first);
}

/* All segments of the touched chains, and of those their links lead into. */
static struct kseg **
gather(struct update *u, size_t *n)
{
	struct kseg **all = NULL, *s, *up;
	size_t room = 0, i, k;

	*n = 0;
	for (i = 0; i < u->n_made; i++) {
		all = arena_grow(u->a, all, &room, *n + 1, sizeof(struct kseg *));
		all[(*n)++] = u->made[i];
		up = top_of(u->k, u->made[i]);
		chain_touch(u, up->chain);
	}
	for (i = 0; i < u->n_chains; i++) {
		for (k = 0; k < u->chains[i]->n; k++) {
			s = u->chains[i]->segs[k];
			if (s->gone)
				continue;
			all = arena_grow(u->a, all, &room, *n + 1,
			    sizeof(struct kseg *));
			all[(*n)++] = s;
			up = top_of(u->k, s);
			chain_touch(u, up->chain);
		}
	}
	return all;
}

static bool
load_segments(struct update *u, struct kseg *const *s, size_t n,
    struct segment *bodies)
{
	struct segment_row row;
	struct seg_link link;
	size_t i;

	for (i = 0; i < n && u->rc == RC_OK; i++) {
		u->rc = graph_segment_get(u->g, u->a, s[i]->seg, &row);
		if (u->rc == RC_OK && !segment_unpack(u->a, row.body,
		    &bodies[i], &link))
			u->rc = RC_FAIL;
	}
	return u->rc == RC_OK;
}

/* One tree of segments, in order, becomes a chain; NULL: it is none. */
static struct chain *
make_chain(struct update *u, struct kseg *const *s, size_t n)
{
	const struct segment *segs[CHAIN_SEGMENTS_MAX];
	struct seg_link links[CHAIN_SEGMENTS_MAX];
	struct segment *bodies = arena_array(u->a, n, sizeof(*bodies));
	struct chain *c = arena_get(u->a, sizeof(*c));
	size_t i;

	if (!load_segments(u, s, n, bodies))
		return NULL;
	for (i = 0; i < n; i++) {
		segs[i] = &bodies[i];
		links[i] = s[i]->link;
	}
	return cause_chain(u->b, segs, links, n, c) ? c : NULL;
}

struct outcome_list { struct chain **c; size_t n, room; };

static void
make_tree(struct update *u, struct kseg **all, size_t n, struct kseg *top,
    struct outcome_list *out)
{
	struct kseg *in[CHAIN_SEGMENTS_MAX], *up;
	struct kchain *kc = mem_get(sizeof(*kc));
	struct chain *c;
	size_t i, k, count = 0;

	for (i = 0; i < n; i++) {
		if (top_of(u->k, all[i]) != top)
			continue;
		kchain_add(kc, all[i]);
		up = all[i]->link.seg ? kseg_get(u->k, all[i]->link.seg) : NULL;
		for (k = 0; up != NULL && k < count && in[k] != up; k++)
			;
		if (count < CHAIN_SEGMENTS_MAX && (all[i] == top || k < count))
			in[count++] = all[i];
	}
	c = make_chain(u, in, count);
	if (c == NULL)
		return;
	memcpy(kc->id, c->id, 16);
	kc->live = true;
	out->c = arena_grow(u->a, out->c, &out->room, out->n + 1,
	    sizeof(struct chain *));
	out->c[out->n++] = c;
}

static const struct chain *
chain_with(const struct outcome_list *l, int64_t ev)
{
	size_t i, k;

	for (i = 0; i < l->n; i++)
		for (k = 0; k < l->c[i]->n_members; k++)
			if (l->c[i]->members[k].ev == ev)
				return l->c[i];
	return NULL;
}

static bool
still_there(const struct outcome_list *l, const uint8_t id[16])
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (memcmp(l->c[i]->id, id, 16) == 0)
			return true;
	return false;
}

static void
tell_all(struct update *u, const struct outcome_list *l)
{
	struct teller t = { u->g, u->a, u->b, u->k->doc, u->now_ns, u->f->why,
		u->f->n > 0 ? &u->oldest : NULL };
	int64_t seed;
	size_t i;

	for (i = 0; i < l->n && u->rc == RC_OK; i++)
		u->rc = tell_chain(&t, l->c[i]);
	for (i = 0; i < u->n_chains && u->rc == RC_OK; i++) {
		if (!u->chains[i]->live || still_there(l, u->chains[i]->id))
			continue;
		if (graph_chain_seed(u->g, u->chains[i]->id, &seed) != RC_OK)
			seed = 0;
		u->rc = tell_gone(&t, u->chains[i]->id, chain_with(l, seed));
	}
}

static void
make_chains(struct update *u)
{
	struct outcome_list l = { 0 };
	struct kseg **all, *top;
	struct table done;
	size_t n, i;
	bool added;

	all = gather(u, &n);
	if (n > 0)
		qsort(all, n, sizeof(struct kseg *), by_first);
	for (i = 0; i < n; i++)
		all[i]->chain = NULL;
	table_init(&done);
	for (i = 0; i < n && u->rc == RC_OK; i++) {
		top = top_of(u->k, all[i]);
		table_add(&done, (uint64_t)top->seg, 1, &added);
		if (added)
			make_tree(u, all, n, top, &l);
	}
	table_release(&done);
	if (u->rc == RC_OK)
		tell_all(u, &l);
	for (i = 0; i < u->n_dropped; i++)
		u->dropped[i]->chain = NULL;
	for (i = 0; i < u->n_chains; i++)
		kchain_free(u->chains[i]);
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
		table_put(&k->segs, (uint64_t)u->dropped[i]->seg, -1);
		kseg_free(u->dropped[i]);
	}
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
		u.rc = load(k, g);
	if (u.rc != RC_OK) {
		keeper_forget(k);
		return u.rc;
	}
	u.a = arena_new();
	u.b = build_new(graph_view(g), u.a);
	find_dirty(&u);
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
	return u.rc;
}
