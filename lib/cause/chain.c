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
 * A link too weak to join, and one to a segment for which there was no room, is
 * told beside the chain ("possibly related") and counts for nothing in it.
 * Caps are applied in the order of events, and what they cut is told.
 */
#include "cause/inner.h"

#include <stdlib.h>
#include <string.h>

#include "attack.h"

struct making {
	struct build *b;
	const struct segment *const *segs;
	const struct seg_link *links;
	size_t n;
	struct hosts hosts;
	int64_t left_out;		/* members for which there was no room */
	const char *cap;		/* which cap was the first to cut */
	int64_t cut_at;
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

static size_t
place(const struct making *m, int64_t ev)
{
	int64_t at;

	return table_get(&m->at, (uint64_t)ev, &at) ? (size_t)at : SIZE_MAX;
}

/* Is there room for one more member? */
static bool
has_room(struct making *m, const struct seg_member *s)
{
	const struct node *n = m->b->v->node(m->b->v->ctx, s->ev);
	const char *cap = NULL;

	if (m->c->n_members >= MEMBERS_MAX)
		cap = "members";
	else if (n != NULL && !hosts_take(&m->hosts, n->host))
		cap = "hosts";
	if (cap == NULL)
		return true;
	if (m->cap == NULL) {
		m->cap = cap;
		m->cut_at = s->ev;
	}
	m->left_out++;
	return false;
}

/* Two segments may show one event (too weakly reached to be one): it stands in
 * the chain once, as the most that it is in any, with its edges in both. */
static void
put_member(struct making *m, const struct seg_member *s, size_t seg)
{
	struct edge edge = s->edge;
	size_t at = place(m, s->ev);
	struct member *old;

	if (edge.rule != RULE_NONE && place(m, edge.from) == SIZE_MAX)
		edge = (struct edge){ 0 };	/* its cause was cut */
	if (at == SIZE_MAX) {
		if (!has_room(m, s))
			return;
		at = m->c->n_members++;
		table_put(&m->at, (uint64_t)s->ev, (int64_t)at);
		m->in[at] = edge;
		m->seg_of[at] = seg;
		m->c->members[at] = (struct member){ s->ev, s->role,
			s->strength, s->count };
		return;
	}
	old = &m->c->members[at];
	if (weight_of(s->role) > weight_of(old->role))
		old->role = s->role;
	if (s->strength > old->strength)
		old->strength = s->strength;
	if (s->count > old->count)
		old->count = s->count;
	if (edge.rule != RULE_NONE && edge.from != m->in[at].from)
		m->also[m->n_also++] = edge;
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
put_edge(struct making *m, const struct edge *e)
{
	if (e->rule != RULE_NONE && place(m, e->from) != SIZE_MAX &&
	    place(m, e->to) != SIZE_MAX)
		m->c->edges[m->c->n_edges++] = *e;
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
		put_edge(m, &m->in[i]);
	for (i = 0; i < m->n_also; i++)
		put_edge(m, &m->also[i]);
	for (i = 0; i < m->n; i++)
		for (k = 0; k < m->segs[i]->n_extras; k++)
			put_edge(m, &m->segs[i]->extras[k]);
	for (i = 0; i < m->n; i++)
		put_edge(m, &m->links[i].edge);
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
cut(struct chain *c, const struct truncation *t)
{
	if (t->why == NULL)
		return;
	if (c->cut.why == NULL) {
		c->cut = *t;
		return;
	}
	c->cut.frontier_edges += t->frontier_edges;
	c->cut.events_not_explored += t->events_not_explored;
}

/* What its segments did not look at, what it has no room for itself, and the
 * segments it has no room for; the first cap that cut gives the reason. */
static void
put_cut(struct making *m, const struct tree *t)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		cut(m->c, &m->segs[i]->cut);
	cut(m->c, &(struct truncation){ .why = m->cap, .where = m->cut_at,
		.events_not_explored = m->left_out });
	if (t->left_links > 0)
		cut(m->c, &(struct truncation){ .why = "segments",
			.where = m->segs[0]->seeds[0],
			.frontier_edges = t->left_links,
			.events_not_explored = t->left_events });
}

static void
put_related(struct making *m, const struct tree *t)
{
	m->c->n_related = t->n_related;
	m->c->related = arena_array(m->b->a, t->n_related + 1,
	    sizeof(*m->c->related));
	memcpy(m->c->related, t->related, t->n_related * sizeof(*t->related));
}

bool
cause_chain(struct build *b, const struct tree *t, struct chain *out)
{
	struct making m = { .b = b, .segs = t->segs, .links = t->links,
		.n = t->n, .c = out };
	const struct node *seed;
	size_t root;

	memset(out, 0, sizeof(*out));
	table_init(&m.at);
	collect(&m);
	put_cut(&m, t);
	put_related(&m, t);
	put_edges(&m);
	put_grade(&m);
	put_techniques(&m);
	root = find_root(&m);
	count_proven(&m, root);
	if (out->members[root].role != MEMBER_IMPACT)
		out->members[root].role = MEMBER_ROOT;
	out->root = out->members[root].ev;
	out->first_seed = t->segs[0]->seeds[0];
	seed = b->v->node(b->v->ctx, out->first_seed);
	chain_id_of(seed->id, out->id);
	out->first_ns = rank_time(&b->v->node(b->v->ctx,
	    out->members[0].ev)->rank);
	out->last_ns = rank_time(&b->v->node(b->v->ctx,
	    out->members[out->n_members - 1].ev)->rank);
	table_release(&m.at);
	return chain_score(b, out);
}
