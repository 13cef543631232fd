/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What led to a seed: a best-first walk backward over edges of family 1.
 *
 * Strength of a path = (least confidence among its PROVABLE edges) x (product
 * of all others) x 0.98 a hop. Deterministic links fail together, when one
 * identity is wrong, so multiplying .99 fifty times would be false modesty;
 * guesses fail each for itself, so there the product is right; .98 only makes
 * the near stronger than the far and is never shown.
 *
 * The walk stops at hubs: a process that starts everything (services, explorer,
 * or anything with more than 64 children), somebody's desktop session, and a
 * session or key that many use explain nothing. The hub itself is kept as the way in ("context").
 *
 * It stops, too, at what is DAYS_MAX older than the seed: that is still shown,
 * and others may meet there, but what led to it is not asked (and that is told).
 *
 * Behind something that was written, sent or connected to, the walk goes on
 * (who wrote it?), but marks what it finds "upstream": what else that process
 * did is not part of the story.
 */
#include "cause/segment.h"

#include <math.h>
#include <string.h>

struct build *
build_new(const struct view *v, struct arena *a)
{
	struct build *b = arena_get(a, sizeof(*b));

	b->v = v;
	b->a = a;
	table_init(&b->at);
	return b;
}

void
build_free(struct build *b)
{
	table_release(&b->at);
}

const struct known *
build_in(struct build *b, int64_t ev)
{
	const struct node *n;
	struct known *k;
	int64_t at;
	bool added;

	at = table_add(&b->at, (uint64_t)ev, (int64_t)b->n_known, &added);
	if (!added)
		return b->known[at];
	b->known = arena_grow(b->a, b->known, &b->room, b->n_known + 1,
	    sizeof(struct known *));
	k = arena_get(b->a, sizeof(*k));
	n = b->v->node(b->v->ctx, ev);
	if (n != NULL)
		k->n = cause_in_edges(b->v, n, k->edge);
	b->known[b->n_known++] = k;
	return k;
}

bool
cause_is_seed(const struct node *n)
{
	size_t i;

	if ((n->flags & EVENT_ALERT) || n->severity >= 50)
		return true;
	for (i = 0; i < n->n_tags; i++)
		if (n->tags[i].level >= 3)
			return true;
	return false;
}

struct path
path_start(void)
{
	return (struct path){ 1, 1, 0 };
}

struct path
path_add(struct path p, const struct edge *e)
{
	if (e->grade != GRADE_PROVABLE)
		p.guessed *= e->conf;
	else if (e->conf < p.sure)
		p.sure = e->conf;
	p.hops++;
	return p;
}

double
path_strength(struct path p)
{
	double s = p.sure * p.guessed;
	int i;

	for (i = 0; i < p.hops; i++)	/* not pow(): the same on any machine */
		s *= HOP;
	return s;
}

static int
used(const struct build *b, int64_t entity, int role)
{
	int n = b->v->count(b->v->ctx, entity, role, HUB_USES + 1);

	if (n <= HUB_USES)
		n += b->v->count(b->v->ctx, entity, role | SLOT_MINOR,
		    HUB_USES + 1);
	return n;
}

bool
is_hub(struct build *b, const struct node *n, const struct edge *e)
{
	const struct ref *r = node_ref(n, e->via, e->from_role);

	if (r == NULL)
		return false;
	switch (e->rule) {
	case RULE_SPAWN:
	case RULE_ACT:
		return (r->flags & REF_HUB) != 0 ||
		    b->v->count(b->v->ctx, e->via, ROLE_PARENT,
		    HUB_CHILDREN + 1) > HUB_CHILDREN;
	case RULE_SESSION:
	case RULE_REMOTE:
		return !cause_is_seed(n) && ((n->flags & EVENT_INTERACTIVE) ||
		    used(b, e->via, ROLE_SESS) > HUB_USES);
	case RULE_ISSUE_USE:
		return !cause_is_seed(n) && used(b, e->via, ROLE_CRED) > HUB_USES;
	default:
		return false;
	}
}

static bool
is_upstream(enum rule r)
{
	return r == RULE_RUN_WRITTEN || r == RULE_READ_WRITTEN ||
	    r == RULE_MARKED || r == RULE_RUN_MARKED || r == RULE_PIPE || r == RULE_FLOW || r == RULE_LOGON_FLOW;
}

/* The heap of places to go from, strongest first, then earliest. */
struct place {
	int64_t ev;
	struct rank rank;
	struct path path;
	double strength;
	bool context, upstream;
	struct edge edge;
};

struct walk {
	struct build *b;
	struct place **heap;
	size_t n, room;
	struct table seen;
};

static bool
before(const struct place *a, const struct place *c)
{
	if (a->strength < c->strength || a->strength > c->strength)
		return a->strength > c->strength;
	return rank_cmp(&a->rank, &c->rank) < 0;
}

static void
heap_put(struct walk *w, struct place *p)
{
	size_t i = w->n, up;

	w->heap = arena_grow(w->b->a, w->heap, &w->room, w->n + 1,
	    sizeof(struct place *));
	for (w->n++; i > 0; i = up) {
		up = (i - 1) / 2;
		if (!before(p, w->heap[up]))
			break;
		w->heap[i] = w->heap[up];
	}
	w->heap[i] = p;
}

static struct place *
heap_take(struct walk *w)
{
	struct place *top = w->heap[0], *last = w->heap[--w->n];
	size_t i = 0, c;

	for (;;) {
		c = 2 * i + 1;
		if (c >= w->n)
			break;
		if (c + 1 < w->n && before(w->heap[c + 1], w->heap[c]))
			c++;
		if (!before(w->heap[c], last))
			break;
		w->heap[i] = w->heap[c];
		i = c;
	}
	w->heap[i] = last;
	return top;
}

/* Put every cause of a visited place on the heap. */
static void
spread(struct walk *w, const struct place *at)
{
	const struct known *k = build_in(w->b, at->ev);
	const struct node *n;
	struct place *p;
	size_t i;

	for (i = 0; i < k->n; i++) {
		p = arena_get(w->b->a, sizeof(*p));
		p->ev = k->edge[i].from;
		p->path = path_add(at->path, &k->edge[i]);
		p->strength = path_strength(p->path);
		n = w->b->v->node(w->b->v->ctx, p->ev);
		if (n == NULL || p->strength < REACH_FLOOR)
			continue;
		p->rank = n->rank;
		p->edge = k->edge[i];
		p->upstream = at->upstream || is_upstream(p->edge.rule);
		p->context = is_hub(w->b, n, &p->edge);
		heap_put(w, p);
	}
}

static void
visit(struct walk *w, const struct place *p, struct reach *out, size_t *room)
{
	out->at = arena_grow(w->b->a, out->at, room, out->n + 1,
	    sizeof(*out->at));
	out->at[out->n++] = (struct reached){ p->ev, p->rank, p->strength,
		p->context, p->upstream, p->edge };
}

/*
 * Seeds of one process are one story even where no edge can say so, because the
 * record of its creation bears a later time than theirs (clocks jump when a
 * machine is restored). Such a meeting place is no event: it stands under a
 * negative number (tie.c).
 */
static void
meet_in_processes(struct walk *w, const struct node *n, struct reach *out,
    size_t *room)
{
	struct place p = { .rank = n->rank, .strength = 1, .upstream = true };
	const struct ref *r;
	size_t i;

	for (i = 0; (r = meeting_process(w->b, n, &i)) != NULL;) {
		p.ev = meeting_place(w->b, n, r);
		visit(w, &p, out, room);
	}
}

void
cause_reach(struct build *b, int64_t seed, struct reach *out)
{
	const struct node *n = b->v->node(b->v->ctx, seed);
	struct walk w = { .b = b };
	struct place *p;
	enum { IN_STORY = 1, AS_CONTEXT };
	size_t room = 0;
	int64_t oldest, was;
	bool added;

	memset(out, 0, sizeof(*out));
	out->seed = seed;
	if (n == NULL)
		return;
	oldest = rank_time(&n->rank);
	oldest = oldest < INT64_MIN + DAYS_MAX * DAY_NS ? INT64_MIN :
	    oldest - DAYS_MAX * DAY_NS;
	table_init(&w.seen);
	p = arena_get(b->a, sizeof(*p));
	*p = (struct place){ .ev = seed, .rank = n->rank,
		.path = path_start(), .strength = 1 };
	heap_put(&w, p);
	while (w.n > 0 && out->n < POP_MAX) {
		p = heap_take(&w);
		was = table_add(&w.seen, (uint64_t)p->ev,
		    p->context ? AS_CONTEXT : IN_STORY, &added);
		if (!added && (was != AS_CONTEXT || !p->context))
			continue;
		visit(&w, p, out, &room);	/* a way in to several: to each */
		if (p->context)
			continue;
		if (rank_time(&p->rank) < oldest)
			out->older += (int64_t)build_in(b, p->ev)->n;
		else
			spread(&w, p);
	}
	out->frontier = (int64_t)w.n;
	meet_in_processes(&w, n, out, &room);
	table_release(&w.seen);
}

/* Union-find over the reaches, by events that two of them share. */
static size_t
find(size_t *up, size_t i)
{
	while (up[i] != i) {
		up[i] = up[up[i]];
		i = up[i];
	}
	return i;
}

size_t
cause_group(struct build *b, const struct reach *r, size_t n, size_t *group)
{
	size_t *up = arena_array(b->a, n, sizeof(*up)), i, k, x, y, groups = 0;
	struct table at;
	int64_t other;
	bool added;

	table_init(&at);
	for (i = 0; i < n; i++)
		up[i] = i;
	for (i = 0; i < n; i++) {
		for (k = 0; k < r[i].n; k++) {
			if (r[i].at[k].context ||
			    r[i].at[k].strength < MEET_STRENGTH)
				continue;
			other = table_add(&at, (uint64_t)r[i].at[k].ev,
			    (int64_t)i, &added);
			x = find(up, i);
			y = find(up, (size_t)other);
			if (x != y)
				up[x > y ? x : y] = x > y ? y : x;
		}
	}
	for (i = 0; i < n; i++)
		group[i] = find(up, i) == i ? groups++ : group[find(up, i)];
	table_release(&at);
	return groups;
}
