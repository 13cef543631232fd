/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chains: segments joined by inference.
 *
 * Only recorded mechanism merges (segment.c). What is merely alike (the same
 * file hash, address, account) proposes one link from a segment to one that
 * began earlier, its best, and a chain is the tree that these links make:
 *
 *	segment A  o-o-o
 *	             ^ .41 same account (INFERRED, removable)
 *	segment B     \-o-o-o
 *
 * So taking a link away gives back exactly the chains there were without it,
 * and a popular artifact cannot weld an estate together. Links go only between
 * events that segments show: an account that is used ten thousand times a day
 * for its work does not come between the two uses that matter, and costs
 * nothing.
 *
 * How alike: conf = base(kind) x idf, idf = 1 - ln(1+df)/ln(501), df = distinct
 * hosts, sources and principals seen with it; under idf .35 it is popular and
 * links nothing. The constant keeps a link the same in a small and in a large
 * tenant.
 */
#include "cause/inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attack.h"

#define IDF_FLOOR 0.35
#define IDF_STRONG 0.80

static double
base_of(int kind)
{
	switch (kind) {
	case KIND_HASH: return .85;
	case KIND_DEVICE: return .70;
	case KIND_CERTIFICATE: case KIND_TLS: return .60;
	case KIND_DOMAIN: case KIND_URL: return .55;
	case KIND_USER: return .50;
	case KIND_IP: return .45;
	default: return 0;
	}
}

/* Four decimals: log() may differ in the last bit between machines. */
static double
rounded(double x)
{
	return floor(x * 10000 + .5) / 10000;
}

static double
idf_of(int df)
{
	return rounded(1 - log(1 + df) / log(501));
}

bool
cause_may_join(int kind, int carriers)
{
	double idf = idf_of(carriers);

	return idf >= IDF_FLOOR && rounded(base_of(kind) * idf) >= LINK_JOINS;
}

static bool
elsewhere(const struct seg_art *a, const struct seg_art *b)
{
	return a->host != b->host || a->source != b->source ||
	    a->principal != b->principal;
}

/* Place of the artifact among the event's refs: decides ties the same way on
 * any machine, which its number would not. */
static size_t
place_of(struct build *b, const struct edge *e)
{
	const struct node *n = b->v->node(b->v->ctx, e->to);
	size_t i;

	for (i = 0; n != NULL && i < n->n_refs; i++)
		if (n->refs[i].entity == e->via)
			return i;
	return EVENT_REFS_MAX;
}

bool
cause_link_better(struct build *b, const struct edge *a, const struct edge *than)
{
	const struct node *x, *y;
	int c;

	if (than->rule == RULE_NONE)
		return true;
	if (a->conf < than->conf || a->conf > than->conf)
		return a->conf > than->conf;
	x = b->v->node(b->v->ctx, a->from);
	y = b->v->node(b->v->ctx, than->from);
	c = rank_cmp(&x->rank, &y->rank);
	if (c != 0)
		return c > 0;
	x = b->v->node(b->v->ctx, a->to);
	y = b->v->node(b->v->ctx, than->to);
	c = rank_cmp(&x->rank, &y->rank);
	if (c != 0)
		return c < 0;
	return place_of(b, a) < place_of(b, than);
}

/* The link over one shared artifact, from the last of it before. */
static bool
link_over(struct build *b, const struct seg_art *to, const struct seg_art *from,
    struct edge *e)
{
	const struct node *x = b->v->node(b->v->ctx, to->ev);
	const struct node *y = b->v->node(b->v->ctx, from->ev);
	const struct ref *rx, *ry;
	double idf;

	if (to->ev == from->ev || rank_cmp(&from->rank, &to->rank) >= 0 ||
	    !elsewhere(to, from) || x == NULL || y == NULL ||
	    b->v->cut(b->v->ctx, to->ev, from->ev))
		return false;
	idf = idf_of(b->v->carriers(b->v->ctx, to->entity, DF_MAX));
	if (idf < IDF_FLOOR)
		return false;
	rx = node_ref(x, to->entity, ROLE_NONE);
	ry = node_ref(y, to->entity, ROLE_NONE);
	*e = (struct edge){ .from = from->ev, .to = to->ev,
		.rule = to->kind == KIND_USER ? RULE_ACCOUNT : RULE_ARTIFACT,
		.grade = GRADE_INFERRED, .via = to->entity,
		.conf = rounded(base_of(to->kind) * idf),
		.from_role = ry ? ry->role : 0, .to_role = rx ? rx->role : 0 };
	if (idf >= IDF_STRONG && (to->kind == KIND_HASH ||
	    to->kind == KIND_CERTIFICATE || to->kind == KIND_DEVICE))
		e->grade = GRADE_MIXED;
	return e->conf >= LINK_SAID;
}

bool
cause_link(struct build *b, const struct segment *to, const struct segment *from,
    struct edge *best)
{
	const struct seg_art *x = to->arts, *x_end = x + to->n_arts, *y;
	const struct seg_art *from_end = from->arts + from->n_arts;
	const struct seg_art *same = from->arts;	/* first of x's entity */
	struct edge e;

	best->rule = RULE_NONE;
	if (rank_cmp(&from->first, &to->first) >= 0)
		return false;
	for (; x < x_end; x++) {
		while (same < from_end && same->entity < x->entity)
			same++;
		for (y = same; y < from_end && y->entity == x->entity; y++)
			if (link_over(b, x, y, &e) &&
			    cause_link_better(b, &e, best))
				*best = e;
	}
	return best->rule != RULE_NONE;
}

/* ---- one chain from its segments ---------------------------------------- */

struct making {
	struct build *b;
	const struct segment *const *segs;
	const struct seg_link *links;
	size_t n;
	struct table at;		/* event -> place in members */
	struct edge *in;		/* explaining edge of each member */
	struct edge *also;		/* in another segment that shows it too */
	size_t n_also;
	size_t *seg_of;
	struct chain *c;
};

struct pair { struct rank rank; size_t seg, member; };

static int
by_pair(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int c = rank_cmp(&x->rank, &y->rank);

	return c != 0 ? c : x->seg < y->seg ? -1 : x->seg > y->seg;
}

static int
weight_of(int role)
{
	static const int weights[] = { [MEMBER_CONTEXT] = 0, [MEMBER_STEP] = 1,
		[MEMBER_ROOT] = 1, [MEMBER_SEED] = 2, [MEMBER_IMPACT] = 3 };

	return weights[role];
}

/* Two segments may show one event (too weakly reached to be one): it stands in
 * the chain once, as the most that it is in any, with its edges in both. */
static void
put_member(struct making *m, const struct seg_member *s, size_t seg)
{
	struct member *old;
	int64_t at;
	bool added;

	at = table_add(&m->at, (uint64_t)s->ev, (int64_t)m->c->n_members,
	    &added);
	if (added) {
		m->in[at] = s->edge;
		m->seg_of[at] = seg;
		m->c->members[m->c->n_members++] = (struct member){ s->ev,
			s->role, s->strength, s->count };
		return;
	}
	old = &m->c->members[at];
	if (weight_of(s->role) > weight_of(old->role))
		old->role = s->role;
	if (s->strength > old->strength)
		old->strength = s->strength;
	if (s->count > old->count)
		old->count = s->count;
	if (s->edge.rule != RULE_NONE && s->edge.from != m->in[at].from)
		m->also[m->n_also++] = s->edge;
}

static void
collect(struct making *m)
{
	struct pair *all;
	size_t i, k, count = 0, total = 0;

	for (i = 0; i < m->n; i++)
		total += m->segs[i]->n_members;
	all = arena_array(m->b->a, total, sizeof(*all));
	for (i = 0; i < m->n; i++)
		for (k = 0; k < m->segs[i]->n_members; k++)
			all[count++] = (struct pair){
				m->segs[i]->members[k].rank, i, k };
	qsort(all, count, sizeof(*all), by_pair);
	m->c->members = arena_array(m->b->a, total, sizeof(struct member));
	m->in = arena_array(m->b->a, total, sizeof(*m->in));
	m->also = arena_array(m->b->a, total, sizeof(*m->also));
	m->seg_of = arena_array(m->b->a, total, sizeof(*m->seg_of));
	for (i = 0; i < count; i++)
		put_member(m, &m->segs[all[i].seg]->members[all[i].member],
		    all[i].seg);
}

static size_t
place(const struct making *m, int64_t ev)
{
	int64_t at;

	return table_get(&m->at, (uint64_t)ev, &at) ? (size_t)at : SIZE_MAX;
}

/* Where the way back from a member ends, over explaining edges and then over
 * its segment's link; its strength, and whether all of it was PROVABLE. */
static size_t
way_back(const struct making *m, size_t at, double *strength, bool *proven)
{
	struct path p = path_start();
	const struct edge *e;
	size_t next, hops = 0;

	*proven = true;
	while (hops++ < m->c->n_members + m->n) {
		e = &m->in[at];
		if (e->rule == RULE_NONE ||
		    m->c->members[place(m, e->from)].role == MEMBER_CONTEXT) {
			e = &m->links[m->seg_of[at]].edge;
			if (e->rule == RULE_NONE || place(m, e->from) == SIZE_MAX)
				break;
		}
		next = place(m, e->from);
		if (e->grade != GRADE_PROVABLE)
			*proven = false;
		p = path_add(p, e);
		at = next;
	}
	*strength = path_strength(p);
	return at;
}

static double
severity_of(const struct node *n)
{
	static const double worth[] = { 0, 1, 4, 12, 30, 60 };
	double best = n->flags & EVENT_ALERT ? 12 : 0;
	size_t i;

	if (n->severity > best)
		best = n->severity * .6;
	for (i = 0; i < n->n_tags; i++)
		if (n->tags[i].level <= 5 && worth[n->tags[i].level] > best)
			best = worth[n->tags[i].level];
	return best;
}

/* Root: the source that explains most of the seeds' severity. */
static size_t
find_root(struct making *m)
{
	double *weight = arena_array(m->b->a, m->c->n_members, sizeof(*weight));
	double s;
	size_t i, src, best = 0;
	bool proven;

	for (i = 0; i < m->c->n_members; i++) {
		if (m->c->members[i].role != MEMBER_SEED &&
		    m->c->members[i].role != MEMBER_IMPACT)
			continue;
		src = way_back(m, i, &s, &proven);
		weight[src] += s * severity_of(m->b->v->node(m->b->v->ctx,
		    m->c->members[i].ev));
	}
	while (best < m->c->n_members &&
	    m->c->members[best].role == MEMBER_CONTEXT)
		best++;
	for (i = best; i < m->c->n_members; i++)
		if (weight[i] > weight[best])
			best = i;
	return best;
}

static void
count_proven(struct making *m, size_t root)
{
	double s;
	bool proven;
	size_t i;

	for (i = 0; i < m->c->n_members; i++) {
		if (!cause_is_seed(m->b->v->node(m->b->v->ctx,
		    m->c->members[i].ev)) ||
		    m->c->members[i].role == MEMBER_CONTEXT)
			continue;
		m->c->seeds++;
		if (way_back(m, i, &s, &proven) == root && proven)
			m->c->seeds_proven++;
	}
}

static void
put_edges(struct making *m)
{
	struct chain *c = m->c;
	size_t i, k, extras = m->n_also;

	for (i = 0; i < m->n; i++)
		extras += m->segs[i]->n_extras;
	c->edges = arena_array(m->b->a, c->n_members + m->n + extras,
	    sizeof(*c->edges));
	for (i = 0; i < c->n_members; i++)
		if (m->in[i].rule != RULE_NONE)
			c->edges[c->n_edges++] = m->in[i];
	for (i = 0; i < m->n_also; i++)
		c->edges[c->n_edges++] = m->also[i];
	for (i = 0; i < m->n; i++)
		for (k = 0; k < m->segs[i]->n_extras; k++)
			c->edges[c->n_edges++] = m->segs[i]->extras[k];
	for (i = 0; i < m->n; i++)
		if (m->links[i].edge.rule != RULE_NONE &&
		    place(m, m->links[i].edge.from) != SIZE_MAX &&
		    place(m, m->links[i].edge.to) != SIZE_MAX)
			c->edges[c->n_edges++] = m->links[i].edge;
}

/* The grade speaks of the links: all proven, one segment, one beginning,
 * nothing cut; or none better than inference; or in between. */
static void
put_grade(struct making *m)
{
	struct chain *c = m->c;
	size_t i, proven = 0, mixed = 0, roots = 0;

	for (i = 0; i < c->n_edges; i++) {
		proven += c->edges[i].grade == GRADE_PROVABLE;
		mixed += c->edges[i].grade == GRADE_MIXED;
	}
	for (i = 0; i < c->n_members; i++)
		roots += m->in[i].rule == RULE_NONE;
	c->provable_share = c->n_edges == 0 ? 0 :
	    rounded((double)proven / (double)c->n_edges);
	if (m->n == 1 && roots == 1 && proven == c->n_edges && c->n_edges > 0 &&
	    c->cut.why == NULL)
		c->grade = GRADE_PROVABLE;
	else
		c->grade = proven + mixed > 0 ? GRADE_MIXED : GRADE_INFERRED;
}

static int
by_number(const void *a, const void *b)
{
	technique x = *(const technique *)a, y = *(const technique *)b;

	return x < y ? -1 : x > y;
}

static void
put_techniques(struct making *m)
{
	struct chain *c = m->c;
	const struct node *n;
	size_t room = 0, count = 0, i, k;

	for (i = 0; i < c->n_members; i++) {
		if (c->members[i].role == MEMBER_CONTEXT)
			continue;
		n = m->b->v->node(m->b->v->ctx, c->members[i].ev);
		for (k = 0; k < n->n_tags; k++) {
			if (n->tags[k].technique == 0)
				continue;
			c->techniques = arena_grow(m->b->a, c->techniques,
			    &room, count + 1, sizeof(technique));
			c->techniques[count++] = n->tags[k].technique;
			c->tactics |= attack_tactics(n->tags[k].technique);
		}
	}
	if (count > 0)
		qsort(c->techniques, count, sizeof(technique), by_number);
	for (i = 0; i < count; i++)
		if (c->n_techniques == 0 || c->techniques[i] !=
		    c->techniques[c->n_techniques - 1])
			c->techniques[c->n_techniques++] = c->techniques[i];
}

static void
put_related(struct making *m)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->segs[i]->cut.why != NULL && m->c->cut.why == NULL)
			m->c->cut = m->segs[i]->cut;
}

bool
cause_chain(struct build *b, const struct segment *const *segs,
    const struct seg_link *links, size_t n, struct chain *out)
{
	struct making m = { .b = b, .segs = segs, .links = links, .n = n,
		.c = out };
	const struct node *seed;
	size_t root;

	memset(out, 0, sizeof(*out));
	table_init(&m.at);
	collect(&m);
	put_related(&m);
	put_edges(&m);
	put_grade(&m);
	put_techniques(&m);
	root = find_root(&m);
	count_proven(&m, root);
	if (out->members[root].role != MEMBER_IMPACT)
		out->members[root].role = MEMBER_ROOT;
	out->root = out->members[root].ev;
	out->first_seed = segs[0]->seeds[0];
	seed = b->v->node(b->v->ctx, out->first_seed);
	chain_id_of(seed->id, out->id);
	out->first_ns = rank_time(&b->v->node(b->v->ctx,
	    out->members[0].ev)->rank);
	out->last_ns = rank_time(&b->v->node(b->v->ctx,
	    out->members[out->n_members - 1].ev)->rank);
	table_release(&m.at);
	return chain_score(b, out);
}
