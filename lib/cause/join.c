/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links between segments over what is alike in them.
 *
 * How alike: conf = base(kind) x idf, idf = 1 - ln(1+df)/ln(501), df = distinct
 * hosts, sources and principals seen with it; under idf .35 it is popular and
 * links nothing. The constant keeps a link the same in a small and in a large
 * tenant.
 */
#include "cause/inner.h"

#include <math.h>

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

static double
idf_of(int df)
{
	return rounded(1 - log(1 + df) / log(501));
}

bool
cause_may_link(int kind, int carriers)
{
	double idf = idf_of(carriers);

	return idf >= IDF_FLOOR && rounded(base_of(kind) * idf) >= LINK_SAID;
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

/* Deterministic: the surer, then the later, then the first to take it up. Two
 * segments may both show the event it comes from: then the earlier of them. */
static bool
is_better(struct build *b, const struct edge *a, const struct rank *first,
    const struct candidate *than)
{
	const struct edge *e = &than->link.edge;
	const struct node *x = b->v->node(b->v->ctx, a->from), *y;
	int c;

	if (e->rule == RULE_NONE)
		return true;
	if (a->conf < e->conf || a->conf > e->conf)
		return a->conf > e->conf;
	c = rank_cmp(&x->rank, &than->from);
	if (c != 0)
		return c > 0;
	x = b->v->node(b->v->ctx, a->to);
	y = b->v->node(b->v->ctx, e->to);
	c = rank_cmp(&x->rank, &y->rank);
	if (c != 0)
		return c < 0;
	if (place_of(b, a) != place_of(b, e))
		return place_of(b, a) < place_of(b, e);
	return rank_cmp(first, &than->first) < 0;
}

/* How alike two segments are by sharing this. */
static double
conf_of(struct build *b, const struct seg_art *a, double *idf)
{
	int df = b->v->carriers(b->v->ctx, a->entity, DF_MAX);

	if (!b->idf_known[df]) {	/* logarithms are dear */
		b->idf[df] = idf_of(df);
		b->idf_known[df] = true;
	}
	*idf = b->idf[df];
	return *idf < IDF_FLOOR ? 0 : rounded(base_of(a->kind) * *idf);
}

/* The link over one shared artifact, of this worth. */
static bool
link_over(struct build *b, const struct seg_art *to, const struct seg_art *from,
    double conf, struct edge *e)
{
	const struct node *x, *y;
	const struct ref *rx, *ry;

	if (to->ev == from->ev || rank_cmp(&from->rank, &to->rank) >= 0 ||
	    !elsewhere(to, from))
		return false;
	x = b->v->node(b->v->ctx, to->ev);
	y = b->v->node(b->v->ctx, from->ev);
	if (x == NULL || y == NULL ||
	    b->v->cut(b->v->ctx, to->ev, from->ev))
		return false;
	rx = node_ref(x, to->entity, ROLE_NONE);
	ry = node_ref(y, to->entity, ROLE_NONE);
	*e = (struct edge){ .from = from->ev, .to = to->ev,
		.rule = to->kind == KIND_USER ? RULE_ACCOUNT : RULE_ARTIFACT,
		.grade = GRADE_INFERRED, .via = to->entity, .conf = conf,
		.from_role = ry ? ry->role : 0, .to_role = rx ? rx->role : 0 };
	return true;
}

/* What is less alike, or no more alike and earlier, need not be looked at. */
static bool
is_hopeless(double conf, const struct seg_art *from,
    const struct candidate *best)
{
	const struct edge *e = &best->link.edge;

	if (conf < LINK_SAID)
		return true;
	if (e->rule == RULE_NONE || conf > e->conf)
		return false;
	return conf < e->conf || rank_cmp(&from->rank, &best->from) < 0;
}

enum link_try
cause_link_over(struct build *b, const struct seg_art *to,
    const struct seg_art *from, int64_t seg, const struct rank *first,
    struct candidate *best)
{
	double idf, conf = conf_of(b, to, &idf);
	struct edge e;

	if (is_hopeless(conf, from, best))
		return LINK_HOPELESS;
	if (!link_over(b, to, from, conf, &e) || !is_better(b, &e, first, best))
		return LINK_PASSED;
	if (idf >= IDF_STRONG && (to->kind == KIND_HASH ||
	    to->kind == KIND_CERTIFICATE || to->kind == KIND_DEVICE))
		e.grade = GRADE_MIXED;
	*best = (struct candidate){ { seg, e }, from->rank, *first };
	return LINK_TAKEN;
}

bool
cause_link(struct build *b, const struct segment *to, const struct segment *from,
    struct candidate *best)
{
	const struct seg_art *x = to->arts, *x_end = x + to->n_arts, *y;
	const struct seg_art *from_end = from->arts + from->n_arts;
	const struct seg_art *same = from->arts;	/* first of x's entity */
	bool found = false;

	if (rank_cmp(&from->first, &to->first) >= 0)
		return false;
	for (; x < x_end; x++) {
		while (same < from_end && same->entity < x->entity)
			same++;
		for (y = same; y < from_end && y->entity == x->entity; y++)
			found |= cause_link_over(b, x, y, from->seg,
			    &from->first, best) == LINK_TAKEN;
	}
	return found;
}

bool
tree_add(struct tree *t, const struct segment *s, const struct seg_link *link,
    bool hangs, size_t shown)
{
	bool room = t->n < CHAIN_SEGMENTS_MAX && (hangs || t->n == 0);

	if ((t->n == 0 || (hangs && !room)) && link->edge.rule != RULE_NONE &&
	    t->n_related < RELATED_MAX)
		t->related[t->n_related++] = link->edge;
	if (!room) {
		t->left_links += hangs;
		t->left_events += (int64_t)shown;
		return false;
	}
	t->segs[t->n] = s;
	t->links[t->n] = t->n == 0 ? (struct seg_link){ 0 } : *link;
	t->n++;
	return true;
}
