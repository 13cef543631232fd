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
