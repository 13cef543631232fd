/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No part of a segment stands beside the others.
 *
 * A segment is one because its seeds were reached from common causes. Folding
 * may hide just the event in which they meet:
 *
 *	seed a <-- o <-- (folded) --> o --> seed b
 *
 * Then what is shown would fall into parts, and an analyst would ask why they
 * stand in one story. So after choosing, the parts are joined again by the
 * fewest hidden events: from everything shown a wave runs out over the labelled
 * ones; where two waves meet, the events on the way are a bridge; the shortest
 * bridges that join all parts are shown (Mehlhorn's spanning tree of waves:
 * at most twice the least there could be, in O(E log E)).
 *
 * Seeds of one process, which meet in no event because the record of its
 * creation bears a later time than theirs (clocks jump when a machine is
 * restored), are tied by an edge of their own: MIXED, and it says so.
 */
#include "cause/segment.h"

#include <stdlib.h>
#include <string.h>

struct arc { size_t a, b; };		/* places of items, a's event earlier */

struct bridge { size_t arc, length; };

struct parts {
	struct flow *f;
	struct arc *arcs;
	size_t n, room;
	size_t *up;			/* union-find over items */
	size_t *first, *next;		/* arcs of an item: 2 x arc + end */
	size_t *owner, *back, *far;	/* the wave that came, whence, how far */
};

bool
tie(size_t *up, size_t a, size_t b)
{
	while (up[a] != a)
		a = up[a] = up[up[a]];
	while (up[b] != b)
		b = up[b] = up[up[b]];
	if (a == b)
		return false;
	up[a > b ? a : b] = a > b ? b : a;
	return true;
}

/* Did an analyst say that this event is not of the process that began there? */
static bool
cut_off(struct build *b, const struct node *n, int64_t process)
{
	struct post creation;

	return b->v->first_after(b->v->ctx, process, ROLE_NEW, NULL,
	    &creation) && b->v->cut(b->v->ctx, creation.ev, n->ev);
}

const struct ref *
meeting_process(struct build *b, const struct node *n, size_t *i)
{
	const struct ref *r;

	while (*i < n->n_refs) {
		r = &n->refs[(*i)++];
		if (r->kind == KIND_PROCESS && (r->role == ROLE_SUBJ ||
		    r->role == ROLE_PARENT || r->role == ROLE_NEW) &&
		    !(r->flags & (REF_WEAK | REF_HUB)) &&
		    b->v->count(b->v->ctx, r->entity, ROLE_PARENT,
		    HUB_CHILDREN + 1) <= HUB_CHILDREN &&
		    !cut_off(b, n, r->entity))
			return r;
	}
	return NULL;
}

int
role_in_process(struct build *b, const struct node *n, int64_t process)
{
	const struct ref *r;
	size_t i;

	for (i = 0; (r = meeting_process(b, n, &i)) != NULL;)
		if (r->entity == process)
			return r->role;
	return ROLE_NONE;
}

/*
 * Meeting places. Seeds of one process meet in it, unless an analyst parted two
 * that follow each other in it: what is on one side meets elsewhere than what
 * is on the other.
 *
 *	a ---- b --X-- c ---- d		X unlinked
 *	place P        place P from c on
 *
 * That can only be where acts bear an earlier time than the creation; all
 * others are joined by edges to it, and an edge is unlinked by itself.
 */
struct acts { struct build *b; struct post *v; size_t n, room; };

static bool
act_add(void *arg, const struct post *p)
{
	struct acts *a = arg;

	a->v = arena_grow(a->b->a, a->v, &a->room, a->n + 1, sizeof(*a->v));
	a->v[a->n++] = *p;
	return a->n < SEEDS_MAX;
}

static int
act_order(const void *a, const void *b)
{
	return rank_cmp(&((const struct post *)a)->rank,
	    &((const struct post *)b)->rank);
}

/* Signs among the acts of the process up to this event, in order. */
static void
signs_until(struct build *b, int64_t process, const struct node *until,
    struct acts *out)
{
	static const int slots[] = { ROLE_NEW, ROLE_SUBJ, ROLE_PARENT };
	const struct node *n;
	size_t i, kept = 0;

	for (i = 0; i < COUNT(slots); i++)
		b->v->walk(b->v->ctx, process, slots[i], NULL, act_add, out);
	if (out->n > 0)
		qsort(out->v, out->n, sizeof(*out->v), act_order);
	for (i = 0; i < out->n; i++) {
		if (rank_cmp(&out->v[i].rank, &until->rank) > 0)
			break;
		n = b->v->node(b->v->ctx, out->v[i].ev);
		if (n != NULL && cause_is_seed(n) &&
		    role_in_process(b, n, process) != ROLE_NONE &&
		    (kept == 0 || out->v[kept - 1].ev != n->ev))
			out->v[kept++] = out->v[i];
	}
	out->n = kept;
}

static bool
acts_before_creation(struct build *b, int64_t process)
{
	struct post creation, p;

	return b->v->first_after(b->v->ctx, process, ROLE_NEW, NULL,
	    &creation) && ((b->v->first_after(b->v->ctx, process, ROLE_SUBJ,
	    NULL, &p) && rank_cmp(&p.rank, &creation.rank) < 0) ||
	    (b->v->first_after(b->v->ctx, process, ROLE_PARENT, NULL, &p) &&
	    rank_cmp(&p.rank, &creation.rank) < 0));
}

int64_t
meeting_place(struct build *b, const struct node *n, const struct ref *r)
{
	struct acts acts = { .b = b };
	const struct node *first;
	size_t i, k;

	if (!acts_before_creation(b, r->entity))
		return -r->entity;
	signs_until(b, r->entity, n, &acts);
	for (i = acts.n; i-- > 1;) {
		if (!b->v->cut(b->v->ctx, acts.v[i - 1].ev, acts.v[i].ev))
			continue;
		first = b->v->node(b->v->ctx, acts.v[i].ev);
		for (k = 0; k < first->n_refs; k++)
			if (first->refs[k].entity == r->entity)
				break;
		/* beyond all processes: the event, and which one in it */
		return -((1LL << 60) + first->ev * EVENT_REFS_MAX + (int64_t)k);
	}
	return -r->entity;
}

static void
arc_add(struct parts *p, size_t a, size_t b)
{
	p->arcs = arena_grow(p->f->b->a, p->arcs, &p->room, p->n + 1,
	    sizeof(*p->arcs));
	p->arcs[p->n++] = (struct arc){ a, b };
}

static void
arcs_of_edges(struct parts *p)
{
	const struct flow *f = p->f;
	const struct known *k;
	int64_t at;
	size_t i, c;

	for (i = 0; i < f->n; i++) {
		if (f->items[i].strength <= 0 || f->items[i].ev <= 0)
			continue;
		k = build_in(f->b, f->items[i].ev);
		for (c = 0; c < k->n; c++)
			if (table_get(&f->at, (uint64_t)k->edge[c].from, &at) &&
			    f->items[at].strength > 0)
				arc_add(p, (size_t)at, i);
	}
}

/* Between each seed and the one before it that names the same process. */
static void
arcs_of_processes(struct parts *p)
{
	const struct flow *f = p->f;
	const struct node *n;
	const struct ref *r;
	struct table last;
	int64_t at;
	size_t i, k;

	table_init(&last);
	for (i = 0; i < f->n; i++) {
		if (!f->items[i].seed)
			continue;
		n = f->b->v->node(f->b->v->ctx, f->items[i].ev);
		for (k = 0; n != NULL &&
		    (r = meeting_process(f->b, n, &k)) != NULL;) {
			if (table_get(&last, (uint64_t)r->entity, &at) &&
			    (size_t)at != i && !f->b->v->cut(f->b->v->ctx,
			    f->items[at].ev, f->items[i].ev))
				arc_add(p, (size_t)at, i);
			table_put(&last, (uint64_t)r->entity, (int64_t)i);
		}
	}
	table_release(&last);
}

/* Join what is shown and linked; how many parts are left? */
static size_t
count_parts(struct parts *p)
{
	const struct flow *f = p->f;
	size_t i, n = 0;

	for (i = 0; i < f->n; i++) {
		p->up[i] = i;
		n += f->items[i].shown;
	}
	for (i = 0; i < p->n; i++)
		if (f->items[p->arcs[i].a].shown &&
		    f->items[p->arcs[i].b].shown &&
		    tie(p->up, p->arcs[i].a, p->arcs[i].b))
			n--;
	return n;
}

/* Waves from everything shown, step by step, over hidden items. */
static void
run_waves(struct parts *p)
{
	const struct flow *f = p->f;
	size_t *queue = arena_array(f->b->a, f->n, sizeof(*queue));
	size_t head = 0, tail = 0, i, e, to;

	for (i = 0; i < f->n; i++) {
		p->first[i] = p->owner[i] = SIZE_MAX;
		if (f->items[i].shown) {
			p->owner[i] = p->back[i] = i;
			p->far[i] = 0;
			queue[tail++] = i;
		}
	}
	for (i = 2 * p->n; i-- > 0;) {
		to = i % 2 ? p->arcs[i / 2].b : p->arcs[i / 2].a;
		p->next[i] = p->first[to];
		p->first[to] = i;
	}
	while (head < tail) {
		i = queue[head++];
		for (e = p->first[i]; e != SIZE_MAX; e = p->next[e]) {
			to = e % 2 ? p->arcs[e / 2].a : p->arcs[e / 2].b;
			if (p->owner[to] != SIZE_MAX)
				continue;
			p->owner[to] = p->owner[i];
			p->back[to] = i;
			p->far[to] = p->far[i] + 1;
			queue[tail++] = to;
		}
	}
}

static int
by_length(const void *a, const void *b)
{
	const struct bridge *x = a, *y = b;

	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	return x->arc < y->arc ? -1 : x->arc > y->arc;
}

static void
show_way(struct parts *p, size_t i, size_t *shown)
{
	for (; !p->f->items[i].shown; i = p->back[i])
		flow_show(p->f, i, shown);
}

static void
build_bridges(struct parts *p, size_t *shown)
{
	struct bridge *all = arena_array(p->f->b->a, p->n, sizeof(*all));
	const struct arc *c;
	size_t i, n = 0;

	for (i = 0; i < p->n; i++) {
		c = &p->arcs[i];
		if (p->owner[c->a] != SIZE_MAX && p->owner[c->b] != SIZE_MAX &&
		    p->owner[c->a] != p->owner[c->b])
			all[n++] = (struct bridge){ i, p->far[c->a] +
				p->far[c->b] };
	}
	qsort(all, n, sizeof(*all), by_length);
	for (i = 0; i < n; i++) {
		c = &p->arcs[all[i].arc];
		if (!tie(p->up, p->owner[c->a], p->owner[c->b]))
			continue;
		show_way(p, c->a, shown);
		show_way(p, c->b, shown);
	}
}

static void
join(struct parts *p, size_t *shown)
{
	struct arena *a = p->f->b->a;
	size_t n = p->f->n;

	if (p->n == 0 || count_parts(p) < 2)
		return;
	p->first = arena_array(a, n, sizeof(size_t));
	p->owner = arena_array(a, n, sizeof(size_t));
	p->back = arena_array(a, n, sizeof(size_t));
	p->far = arena_array(a, n, sizeof(size_t));
	p->next = arena_array(a, 2 * p->n, sizeof(size_t));
	run_waves(p);
	build_bridges(p, shown);
}

/* Over edges first: that two concern one process says less than a way. */
void
flow_join(struct flow *f, size_t *shown)
{
	struct parts p = { .f = f };

	if (f->n == 0)
		return;
	p.up = arena_array(f->b->a, f->n, sizeof(size_t));
	arcs_of_edges(&p);
	join(&p, shown);
	if (count_parts(&p) < 2)
		return;
	arcs_of_processes(&p);
	join(&p, shown);
}
