/* SPDX-License-Identifier: Apache-2.0 */
/* Steps 4 and 5 of the keeper: links between segments, and chains. */
#include "ingest/keep.h"

#include <stdlib.h>
#include <string.h>

void
chain_touch(struct update *u, struct kchain *c)
{
	if (c == NULL || c->touched)
		return;
	c->touched = true;
	u->chains = arena_grow(u->a, u->chains, &u->chains_room,
	    u->n_chains + 1, sizeof(struct kchain *));
	u->chains[u->n_chains++] = c;
}

void
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

/* Those who name this, if they can still be linked by it; NULL if too many
 * carry it (which stays so) or nobody else names it. */
static struct holders *
sharers(struct update *u, const struct seg_art *art)
{
	const struct view *v = u->v;
	struct holders *h = holders_of(&u->k->arts, art->entity);

	if (h == NULL || h->popular || h->segs < 2)
		return NULL;
	if (cause_may_link(art->kind, v->carriers(v->ctx, art->entity, DF_MAX)))
		return h;
	/* Whoever was linked by it is affected, by its last carrier. */
	holders_give_up(h);
	return NULL;
}

void
affect_linked_by(struct update *u, int64_t entity)
{
	struct holders *h = holders_of(&u->k->arts, entity);
	struct kseg *s;
	size_t i, k;

	for (i = 0; h != NULL && i < h->n; i++) {
		for (k = 0; k < h->lanes[i].n; k++) {
			s = h->lanes[i].at[k].seg;
			if (s->link.seg != 0 && s->link.edge.via == entity)
				affect(u, s);
		}
	}
}

/* Who follows names the same thing, later. */
void
affect_followers(struct update *u, const struct kseg *s)
{
	const struct lane *l, *end;
	struct holders *h;
	size_t i, k;

	for (i = 0; i < s->n_arts; i++) {
		h = holders_of(&u->k->arts, s->arts[i].entity);
		if (h == NULL || h->popular)
			continue;
		for (l = h->lanes, end = l + h->n; l < end; l++)
			for (k = lane_after(l, &s->arts[i].rank); k < l->n; k++)
				if (l->at[k].seg->link.seg == s->seg)
					affect(u, l->at[k].seg);
	}
}

static bool
same_link(const struct seg_link *a, const struct seg_link *b)
{
	const struct edge *x = &a->edge, *y = &b->edge;

	return a->seg == b->seg && x->rule == y->rule && x->from == y->from &&
	    x->to == y->to && x->via == y->via && x->grade == y->grade &&
	    memcmp(&x->conf, &y->conf, sizeof(x->conf)) == 0;
}

static void
take_link(struct kseg *s, const struct seg_link *link)
{
	s->unsaved = s->unsaved || !same_link(&s->link, link);
	s->link = *link;
}

/* The best of one lane is the latest before: the rest is soon hopeless. */
static void
try_lane(struct update *u, const struct kseg *s, const struct seg_art *x,
    const struct lane *l, struct candidate *best)
{
	size_t k = lane_before(l, &x->rank);
	const struct held *y;

	while (k-- > 0) {
		y = &l->at[k];
		if (y->seg != s && rank_cmp(&y->seg->first, &s->first) < 0 &&
		    cause_link_over(u->b, x, y->art, y->seg->seg,
		    &y->seg->first, best) == LINK_HOPELESS)
			break;
	}
}

/* Step 4: a segment's best link towards any that began earlier. */
static void
choose_link(struct update *u, struct kseg *s)
{
	struct candidate best = { .link.seg = 0 };
	struct holders *h;
	size_t i, k;

	for (i = 0; i < s->n_arts; i++) {
		h = sharers(u, &s->arts[i]);
		for (k = 0; h != NULL && k < h->n; k++)
			if (!lane_is_of(&h->lanes[k], &s->arts[i]))
				try_lane(u, s, &s->arts[i], &h->lanes[k],
				    &best);
	}
	take_link(s, &best.link);
}

static struct candidate
link_now(struct update *u, const struct kseg *s)
{
	const struct kseg *up = kseg_get(u->k, s->link.seg);
	const struct node *n = u->v->node(u->v->ctx, s->link.edge.from);
	struct candidate c = { .link = s->link };

	if (up != NULL)
		c.first = up->first;
	if (n != NULL)
		c.from = n->rank;
	return c;
}

static void
offer_over(struct update *u, const struct kseg *made, const struct seg_art *y,
    const struct held *x)
{
	struct kseg *s = x->seg;
	struct candidate best;

	if (s->affected || rank_cmp(&made->first, &s->first) >= 0)
		return;
	best = link_now(u, s);
	if (cause_link_over(u->b, x->art, y, made->seg, &made->first, &best) !=
	    LINK_TAKEN)
		return;
	take_link(s, &best.link);
	chain_touch(u, s->chain);
	u->offered = arena_grow(u->a, u->offered, &u->offered_room,
	    u->n_offered + 1, sizeof(struct kseg *));
	u->offered[u->n_offered++] = s;
}

/* A segment that was made may be a better one to link to than what a later one
 * has. */
static void
offer_link(struct update *u, const struct kseg *made)
{
	const struct seg_art *y;
	const struct lane *l;
	struct holders *h;
	size_t i, j, k;

	for (i = 0; i < made->n_arts; i++) {
		y = &made->arts[i];
		h = sharers(u, y);
		for (j = 0; h != NULL && j < h->n; j++) {
			l = &h->lanes[j];
			if (lane_is_of(l, y))
				continue;
			for (k = lane_after(l, &y->rank); k < l->n; k++)
				offer_over(u, made, y, &l->at[k]);
		}
	}
}

/* Write the link into the segment's row, beside the rest of its body. */
static void
store_link(struct update *u, struct kseg *s)
{
	struct segment_row row;
	struct seg_link old;
	struct segment body;
	struct buf out;

	if (s->gone || u->rc != RC_OK || !s->unsaved)
		return;
	u->rc = graph_segment_get(u->g, u->a, s->seg, &row);
	if (u->rc == RC_OK && !segment_unpack(u->a, row.body, &body, &old))
		u->rc = RC_FAIL;
	if (u->rc != RC_OK)
		return;
	buf_init(&out, 64 << 20);
	segment_pack(&body, &s->link, &out);
	row.body = buf_str(&out);
	u->rc = graph_segment_put(u->g, &row);
	buf_release(&out);
	s->unsaved = false;
}

void
choose_links(struct update *u)
{
	size_t i;

	for (i = 0; i < u->n_made; i++)
		affect(u, u->made[i]);
	for (i = 0; i < u->n_affected; i++)
		if (!u->affected[i]->gone)
			choose_link(u, u->affected[i]);
	for (i = 0; i < u->n_made; i++)
		offer_link(u, u->made[i]);
	for (i = 0; i < u->n_affected; i++) {
		u->affected[i]->affected = false;
		store_link(u, u->affected[i]);
	}
	for (i = 0; i < u->n_offered; i++)
		store_link(u, u->offered[i]);
}

/* ---- chains ---------------------------------------------------------------- */

static int
by_first(const void *a, const void *b)
{
	const struct kseg *x = *(struct kseg *const *)a;
	const struct kseg *y = *(struct kseg *const *)b;

	return rank_cmp(&x->first, &y->first);
}

static void
touch_target(struct update *u, const struct kseg *s)
{
	struct kseg *up = s->gone || !link_joins(&s->link) ? NULL :
	    kseg_get(u->k, s->link.seg);

	if (up != NULL)
		chain_touch(u, up->chain);
}

/* All segments of the touched chains, and of those that links lead into which
 * were chosen just now: all others lead to one of the same chain. */
static struct kseg **
gather(struct update *u, size_t *n)
{
	struct kseg **all;
	size_t room = 0, i, k;

	for (i = 0; i < u->n_affected; i++)
		touch_target(u, u->affected[i]);
	for (i = 0; i < u->n_offered; i++)
		touch_target(u, u->offered[i]);
	*n = 0;
	for (i = 0; i < u->n_chains; i++)
		room += u->chains[i]->n;
	all = arena_array(u->a, u->n_made + room + 1, sizeof(struct kseg *));
	for (i = 0; i < u->n_made; i++)
		all[(*n)++] = u->made[i];
	for (i = 0; i < u->n_chains; i++)
		for (k = 0; k < u->chains[i]->n; k++)
			if (!u->chains[i]->segs[k]->gone)
				all[(*n)++] = u->chains[i]->segs[k];
	return all;
}

static bool
load_segment(struct update *u, const struct kseg *s, struct segment *body)
{
	struct segment_row row;
	struct seg_link link;

	u->rc = graph_segment_get(u->g, u->a, s->seg, &row);
	if (u->rc == RC_OK && !segment_unpack(u->a, row.body, body, &link))
		u->rc = RC_FAIL;
	return u->rc == RC_OK;
}

/* One tree of segments becomes a chain; NULL: it is none. */
static struct chain *
make_chain(struct update *u, struct tree *t, struct kseg *const *s)
{
	struct segment *bodies = arena_array(u->a, t->n, sizeof(*bodies));
	struct chain *c = arena_get(u->a, sizeof(*c));
	size_t i;

	for (i = 0; i < t->n; i++) {
		if (!load_segment(u, s[i], &bodies[i]))
			return NULL;
		t->segs[i] = &bodies[i];
	}
	return cause_chain(u->b, t, c) ? c : NULL;
}

struct outcome_list { struct chain **c; size_t n, room; };

/* A tree while it grows. */
struct growing {
	struct kchain *chain;
	struct tree tree;
	struct kseg *in[CHAIN_SEGMENTS_MAX];
};

static bool
is_in(const struct growing *w, const struct kseg *s)
{
	size_t i;

	for (i = 0; i < w->tree.n; i++)
		if (w->in[i] == s)
			return true;
	return false;
}

/* Segments stand in the order of their first seeds, so that the one to which a
 * link leads has its place already; of[i] is the tree of segment i. */
static struct growing **
grow_trees(struct update *u, struct kseg **all, size_t n, size_t *n_trees)
{
	struct growing **of = arena_array(u->a, n + 1, sizeof(*of));
	struct growing **trees = arena_array(u->a, n + 1, sizeof(*trees));
	struct table place;
	struct growing *w;
	struct kseg *up;
	int64_t at;
	size_t i;

	table_init(&place);
	*n_trees = 0;
	for (i = 0; i < n; i++) {
		table_put(&place, (uint64_t)all[i]->seg, (int64_t)i);
		up = link_joins(&all[i]->link) ?
		    kseg_get(u->k, all[i]->link.seg) : NULL;
		if (up != NULL && table_get(&place, (uint64_t)up->seg, &at)) {
			w = of[at];
		} else {
			w = arena_get(u->a, sizeof(*w));
			w->chain = mem_get(sizeof(*w->chain));
			trees[(*n_trees)++] = w;
		}
		of[i] = w;
		kchain_add(w->chain, all[i]);
		if (tree_add(&w->tree, NULL, &all[i]->link, is_in(w, up),
		    all[i]->shown))
			w->in[w->tree.n - 1] = all[i];
	}
	table_release(&place);
	return trees;
}

static void
make_tree(struct update *u, struct growing *w, struct outcome_list *out)
{
	struct chain *c = make_chain(u, &w->tree, w->in);

	if (c == NULL)
		return;
	memcpy(w->chain->id, c->id, 16);
	w->chain->live = true;
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
		u->f->arrived ? &u->oldest : NULL, u->f->history, u->f->anew };
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

void
make_chains(struct update *u)
{
	struct outcome_list l = { 0 };
	struct growing **trees;
	struct kseg **all;
	size_t n, n_trees, i;

	all = gather(u, &n);
	if (n > 0)
		qsort(all, n, sizeof(struct kseg *), by_first);
	for (i = 0; i < n; i++)
		all[i]->chain = NULL;
	trees = grow_trees(u, all, n, &n_trees);
	for (i = 0; i < n_trees && u->rc == RC_OK; i++)
		make_tree(u, trees[i], &l);
	if (u->rc == RC_OK)
		tell_all(u, &l);
	for (i = 0; i < u->n_dropped; i++)
		u->dropped[i]->chain = NULL;
	for (i = 0; i < u->n_chains; i++)
		kchain_free(u->chains[i]);
}
