/* SPDX-License-Identifier: Apache-2.0 */
/* Forward: labels flow in the order of events (essay in segment.c). */
#include "cause/segment.h"

size_t
flow_item(struct flow *f, int64_t ev, const struct rank *r, bool *added)
{
	int64_t at = table_add(&f->at, (uint64_t)ev, (int64_t)f->n, added);

	if (!*added)
		return (size_t)at;
	f->items = arena_grow(f->b->a, f->items, &f->room, f->n + 1,
	    sizeof(*f->items));
	f->items[f->n] = (struct item){ .ev = ev, .rank = *r, .count = 1 };
	return f->n++;
}

static bool
earlier(const struct flow *f, size_t a, size_t b)
{
	return rank_cmp(&f->items[a].rank, &f->items[b].rank) < 0;
}

void
flow_push(struct flow *f, size_t item)
{
	size_t i = f->n_heap, up;

	f->heap = arena_grow(f->b->a, f->heap, &f->heap_room, i + 1,
	    sizeof(*f->heap));
	for (f->n_heap++; i > 0; i = up) {
		up = (i - 1) / 2;
		if (!earlier(f, item, f->heap[up]))
			break;
		f->heap[i] = f->heap[up];
	}
	f->heap[i] = item;
}

static size_t
pop(struct flow *f)
{
	size_t top = f->heap[0], last = f->heap[--f->n_heap], i = 0, c;

	for (;;) {
		c = 2 * i + 1;
		if (c >= f->n_heap)
			break;
		if (c + 1 < f->n_heap && earlier(f, f->heap[c + 1], f->heap[c]))
			c++;
		if (!earlier(f, f->heap[c], last))
			break;
		f->heap[i] = f->heap[c];
		i = c;
	}
	f->heap[i] = last;
	return top;
}

static bool
offer(void *arg, const struct post *p)
{
	struct flow *f = arg;
	bool added;
	size_t i;

	if (f->n >= LABELS_MAX || rank_time(&p->rank) > f->until_ns) {
		flow_cut(f, f->n >= LABELS_MAX ? "members" : "days", p->ev);
		return false;
	}
	i = flow_item(f, p->ev, &p->rank, &added);
	if (added)
		flow_push(f, i);
	return true;
}

static void
offer_all(struct flow *f, int64_t entity, int slot)
{
	f->b->v->walk(f->b->v->ctx, entity, slot, f->after, offer, f);
}

static void
offer_one(struct flow *f, int64_t entity, int slot)
{
	struct post p;

	if (f->b->v->first_after(f->b->v->ctx, entity, slot, f->after, &p))
		offer(f, &p);
}

/* Does this event stand for the creation of the process, which was not
 * recorded? Then it is the first that names it. */
static bool
stands_for_creation(struct flow *f, const struct node *n, const struct ref *r)
{
	static const int slots[] = { ROLE_SUBJ, ROLE_SUBJ | SLOT_MINOR,
		ROLE_PARENT };
	const struct view *v = f->b->v;
	struct post p;
	size_t i;

	if (r->kind != KIND_PROCESS || (r->flags & (REF_WEAK | REF_HUB)) ||
	    v->first_after(v->ctx, r->entity, ROLE_NEW, NULL, &p))
		return false;
	for (i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
		if (v->first_after(v->ctx, r->entity, slots[i], NULL, &p) &&
		    rank_cmp(&p.rank, &n->rank) < 0)
			return false;
	return true;
}

/* Who may have this event as a cause: the users of what it made or wrote. */
static void
offer_users(struct flow *f, const struct node *n, const struct ref *r)
{
	if (r->role == ROLE_NEW) {
		offer_all(f, r->entity, ROLE_SUBJ);
		offer_all(f, r->entity, ROLE_PARENT);
		offer_all(f, r->entity, ROLE_SESS);
		offer_all(f, r->entity, ROLE_CRED);
		offer_all(f, r->entity, ROLE_USE);
		if (r->kind == KIND_USER && !(r->flags & REF_WEAK))
			offer_all(f, r->entity, ROLE_USER);
	} else if (r->role == ROLE_WRITE || r->role == ROLE_ARM ||
	    r->role == ROLE_ORIGIN) {
		offer_all(f, r->entity, ROLE_EXEC);
		if (r->role == ROLE_WRITE)
			offer_all(f, r->entity, ROLE_ORIGIN);
	} else if (r->role == ROLE_TARGET && r->kind == KIND_PROCESS &&
	    n->act == ACT_REMOTE_THREAD) {
		offer_all(f, r->entity, ROLE_SUBJ);
		offer_all(f, r->entity, ROLE_PARENT);
	} else if (r->role == ROLE_FLOW || r->role == ROLE_ENDPOINT) {
		offer_one(f, r->entity, r->role);
	} else if ((r->role == ROLE_SUBJ || r->role == ROLE_PARENT) &&
	    stands_for_creation(f, n, r)) {
		offer_all(f, r->entity, ROLE_SUBJ);
		offer_all(f, r->entity, ROLE_PARENT);
	}
}

/* The strength an event gets from its labelled causes. */
static double
label(struct flow *f, const struct item *it)
{
	const struct known *k = build_in(f->b, it->ev);
	const struct node *from;
	double best = 0, s;
	int64_t at;
	size_t i;

	for (i = 0; i < k->n; i++) {
		if (!table_get(&f->at, (uint64_t)k->edge[i].from, &at) ||
		    f->items[at].strength <= 0)
			continue;
		from = f->b->v->node(f->b->v->ctx, k->edge[i].from);
		if (from == NULL || (k->edge[i].rule <= RULE_ACT &&
		    is_hub(f->b, from, &k->edge[i])))
			continue;
		s = f->items[at].strength * k->edge[i].conf * HOP;
		if (s > best)
			best = s;
	}
	return best;
}

void
flow_spread(struct flow *f)
{
	const struct node *n;
	size_t at, i;

	while (f->n_heap > 0) {
		at = pop(f);
		n = f->b->v->node(f->b->v->ctx, f->items[at].ev);
		if (n == NULL)
			continue;
		if (f->items[at].strength <= 0) {
			f->items[at].strength = label(f, &f->items[at]);
			if (f->items[at].strength < LABEL_FLOOR) {
				f->items[at].strength = 0;
				continue;
			}
		}
		f->items[at].spread = true;
		f->after = &n->rank;	/* nodes stay while the view does */
		for (i = 0; i < n->n_refs; i++)
			offer_users(f, n, &n->refs[i]);
	}
}

/*
 * Clocks that were set. No process acts before it began; where a record says
 * so, under the key that names this one process for ever, a clock was wrong, and
 * only what came first is in doubt, not who did it:
 *
 *	P connects	P connects		P is created	P writes
 *	--o-----------------o------ 6 days -------o----------------o---->
 *
 * No label flows that way, so those acts are taken in by themselves, are worth
 * what an uncertain link is worth, and nothing flows on from them.
 */
struct before {
	struct flow *f;
	const struct rank *creation;
	struct post *found;
	size_t n, room;
};

static bool
find_before(void *arg, const struct post *p)
{
	struct before *c = arg;

	if (rank_cmp(&p->rank, c->creation) >= 0 || c->n == LABELS_MAX)
		return false;
	c->found = arena_grow(c->f->b->a, c->found, &c->room, c->n + 1,
	    sizeof(*c->found));
	c->found[c->n++] = *p;
	return true;
}

static void
take_before(struct flow *f, int64_t creation, const struct post *p,
    double strength)
{
	const struct view *v = f->b->v;
	const struct node *n = v->node(v->ctx, p->ev);
	struct item *it;
	size_t at;
	bool added;

	if (n == NULL || !says_something(n) || cause_is_seed(n) ||
	    v->cut(v->ctx, creation, p->ev))
		return;
	if (f->n >= LABELS_MAX) {
		flow_cut(f, "members", p->ev);
		return;
	}
	at = flow_item(f, p->ev, &p->rank, &added);	/* moves the items */
	it = &f->items[at];
	if (it->strength > 0 && it->begun == 0)
		return;		/* it is here for another reason */
	it->begun = creation;
	if (strength > it->strength)
		it->strength = strength;
}

/* The strong key of a process that begins in this event, of which not too many
 * others are children. */
static int64_t
begins(struct build *b, const struct node *n)
{
	size_t i;

	for (i = 0; i < n->n_refs; i++)
		if (n->refs[i].kind == KIND_PROCESS &&
		    n->refs[i].role == ROLE_NEW &&
		    !(n->refs[i].flags & (REF_WEAK | REF_HUB)) &&
		    b->v->count(b->v->ctx, n->refs[i].entity, ROLE_PARENT,
		    HUB_CHILDREN + 1) <= HUB_CHILDREN)
			return n->refs[i].entity;
	return 0;
}

/* The acts of the process that begins in this item, if some are before it. */
static void
take_all_before(struct flow *f, size_t item, double strength)
{
	const struct view *v = f->b->v;
	const struct node *n = v->node(v->ctx, f->items[item].ev);
	int64_t process = n != NULL ? begins(f->b, n) : 0;
	struct before c = { .f = f, .creation = n != NULL ? &n->rank : NULL };
	struct post p;
	size_t i;

	if (process == 0 || !v->first_after(v->ctx, process, ROLE_NEW, NULL,
	    &p) || p.ev != n->ev || !v->first_after(v->ctx, process, ROLE_SUBJ,
	    NULL, &p) || rank_cmp(&p.rank, &n->rank) >= 0)
		return;
	v->walk(v->ctx, process, ROLE_SUBJ, NULL, find_before, &c);
	for (i = 0; i < c.n; i++)
		take_before(f, n->ev, &c.found[i], strength);
}

void
flow_clocks(struct flow *f)
{
	double strength;
	size_t i, n = f->n;

	for (i = 0; i < n; i++) {
		strength = f->items[i].strength * rule_row(RULE_ACT)->weak *
		    HOP;
		if (f->items[i].spread && strength >= LABEL_FLOOR)
			take_all_before(f, i, strength);
	}
}
