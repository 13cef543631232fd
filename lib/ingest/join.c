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

/* Segments by an artifact that can still link them; NULL if it is too popular
 * (which it stays) or nobody else has it. */
static struct bag *
sharers(struct update *u, const struct seg_art *art)
{
	const struct view *v = u->v;
	struct bag *b = bag_of(&u->k->arts, (uint64_t)art->entity, false);

	if (b == NULL || b->popular || b->n < 2)
		return NULL;
	b->popular = !cause_may_link(art->kind,
	    v->carriers(v->ctx, art->entity, DF_MAX));
	return b->popular ? NULL : b;
}

/* Everything that shares an artifact with this segment chooses again. */
void
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

void
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

static bool
is_among(struct kseg *const *in, size_t n, const struct kseg *s)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (in[i] == s)
			return true;
	return false;
}

/* Segments stand in the order of their first seeds, so that the one a link
 * leads to has been seen to before. */
static void
make_tree(struct update *u, struct kseg **all, size_t n, struct kseg *top,
    struct outcome_list *out)
{
	struct kseg *in[CHAIN_SEGMENTS_MAX];
	struct kchain *kc = mem_get(sizeof(*kc));
	struct tree t = { .n = 0 };
	struct chain *c;
	size_t i;

	for (i = 0; i < n; i++) {
		if (top_of(u->k, all[i]) != top)
			continue;
		kchain_add(kc, all[i]);
		if (tree_add(&t, NULL, &all[i]->link, is_among(in, t.n,
		    kseg_get(u->k, all[i]->link.seg)), all[i]->shown))
			in[t.n - 1] = all[i];
	}
	c = make_chain(u, &t, in);
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
