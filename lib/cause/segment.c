/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A segment: the seeds that recorded mechanism ties together, what led to them
 * and what came of it.
 *
 *	backward (reach.c)            forward (here)
 *	root o<--o<--o seed           o-->o-->o-->o
 *	      hub |                       children, files run, sessions opened
 *
 * Forward, labels flow in the order of events along the same edges, from the
 * seeds and from what led to them (but not from what is upstream or a hub), and
 * fade: an event is labelled when its strongest labelled cause gives it at
 * least LABEL_FLOOR. Since every edge runs forward in the order, taking events
 * from a heap by rank settles each once, with all its causes settled before.
 *
 * Shown are seeds, the way to them, and acts that mean something; image loads
 * and registry reads are left to the counts. Caps are applied in the order of
 * events and told.
 */
#include "cause/segment.h"

#include <stdlib.h>
#include <string.h>

static int
by_rank(const void *a, const void *b)
{
	return rank_cmp(&((const struct item *)a)->rank,
	    &((const struct item *)b)->rank);
}

static uint8_t
role_of(const struct node *n, const struct item *it)
{
	if (n->flags & EVENT_IMPACT)
		return MEMBER_IMPACT;
	return it->seed ? MEMBER_SEED : MEMBER_STEP;
}

static void
reindex(struct flow *f)
{
	size_t i;

	qsort(f->items, f->n, sizeof(*f->items), by_rank);
	table_clear(&f->at);
	for (i = 0; i < f->n; i++)
		table_put(&f->at, (uint64_t)f->items[i].ev, (int64_t)i);
}

static void
put_members(struct flow *f, size_t shown, struct segment *out)
{
	const struct known *k;
	struct seg_member *m;
	int64_t at;
	size_t i, c;

	out->members = arena_array(f->b->a, shown + 1, sizeof(*out->members));
	for (i = 0; i < f->n; i++) {
		if (!f->items[i].shown)
			continue;
		m = &out->members[out->n_members++];
		m->ev = f->items[i].ev;
		m->rank = f->items[i].rank;
		m->strength = (float)f->items[i].strength;
		m->count = f->items[i].count;
		m->role = role_of(f->b->v->node(f->b->v->ctx, m->ev),
		    &f->items[i]);
		k = build_in(f->b, m->ev);
		for (c = 0; c < k->n; c++) {
			if (table_get(&f->at, (uint64_t)k->edge[c].from, &at) &&
			    f->items[at].shown) {
				m->edge = k->edge[c];
				break;
			}
		}
	}
}

/* Who put the mark on a file is recorded; to which write it belongs is not. So
 * where its process is shown, that explains it. */
static void
explain_marks(struct build *b, int64_t context, struct segment *out)
{
	const struct known *k;
	size_t i, c;

	for (i = 0; i < out->n_members; i++) {
		if (out->members[i].edge.rule != RULE_MARKED)
			continue;
		k = build_in(b, out->members[i].ev);
		for (c = 0; c < k->n; c++)
			if (k->edge[c].from == context &&
			    k->edge[c].grade == GRADE_PROVABLE)
				out->members[i].edge = k->edge[c];
	}
}

/* The hub through which the first of the segment came, as context. */
static void
put_context(struct build *b, const struct reach *r, size_t n,
    struct segment *out)
{
	const struct reached *best = NULL, *c;
	struct seg_member *m, *root = NULL;
	size_t i, k;

	for (i = 0; i < out->n_members && root == NULL; i++)
		if (out->members[i].edge.rule == RULE_NONE)
			root = &out->members[i];
	for (i = 0; i < n && root != NULL; i++) {
		for (k = 0; k < r[i].n; k++) {
			c = &r[i].at[k];
			if (c->context && c->edge.to == root->ev &&
			    (best == NULL || c->strength > best->strength))
				best = c;
		}
	}
	if (best == NULL)
		return;
	for (i = 0; i < out->n_members; i++)
		if (out->members[i].ev == best->ev)
			return;
	root->edge = best->edge;
	explain_marks(b, best->ev, out);
	for (i = out->n_members; i > 0 &&
	    rank_cmp(&out->members[i - 1].rank, &best->rank) > 0; i--)
		out->members[i] = out->members[i - 1];
	m = &out->members[i];
	*m = (struct seg_member){ .ev = best->ev, .rank = best->rank,
		.role = MEMBER_CONTEXT, .strength = (float)best->strength,
		.count = 1 };
	out->n_members++;
}

static bool
is_art(const struct ref *r)
{
	if (r->flags & REF_COMMON)
		return false;
	if (r->role == ROLE_USER)
		return r->kind == KIND_USER;
	if (r->role != ROLE_ART)
		return false;
	switch (r->kind) {
	case KIND_HASH: case KIND_DOMAIN: case KIND_IP: case KIND_URL:
	case KIND_TLS: case KIND_CERTIFICATE: case KIND_DEVICE:
		return true;
	default:
		return false;
	}
}

static int64_t
principal_of(const struct node *n)
{
	size_t i;

	for (i = 0; i < n->n_refs; i++)
		if (n->refs[i].role == ROLE_USER)
			return n->refs[i].entity;
	return 0;
}

static int
by_entity(const void *a, const void *b)
{
	const struct seg_art *x = a, *y = b;

	if (x->entity != y->entity)
		return x->entity < y->entity ? -1 : 1;
	return rank_cmp(&x->rank, &y->rank);
}

/* Keep of each artifact the first and the last event that names it. */
static void
put_arts(struct flow *f, struct segment *out)
{
	struct seg_art *arts = NULL;
	const struct node *n;
	size_t room = 0, count = 0, i, k, kept = 0;

	for (i = 0; i < out->n_members; i++) {
		if (out->members[i].role == MEMBER_CONTEXT)
			continue;
		n = f->b->v->node(f->b->v->ctx, out->members[i].ev);
		for (k = 0; k < n->n_refs; k++) {
			if (!is_art(&n->refs[k]))
				continue;
			arts = arena_grow(f->b->a, arts, &room, count + 1,
			    sizeof(*arts));
			arts[count++] = (struct seg_art){ n->refs[k].entity,
				n->refs[k].kind, n->ev, n->rank, n->host,
				n->source, principal_of(n) };
		}
	}
	if (count > 0)
		qsort(arts, count, sizeof(*arts), by_entity);
	for (i = 0; i < count; i++)
		if (i == 0 || i + 1 == count ||
		    arts[i].entity != arts[i - 1].entity ||
		    arts[i].entity != arts[i + 1].entity)
			arts[kept++] = arts[i];
	out->arts = arts;
	out->n_arts = kept;
}

static void
put_seeds(struct flow *f, size_t n, struct segment *out)
{
	size_t i;

	out->seeds = arena_array(f->b->a, n, sizeof(*out->seeds));
	for (i = 0; i < f->n; i++)
		if (f->items[i].seed)
			out->seeds[out->n_seeds++] = f->items[i].ev;
	for (i = 0; i < f->n; i++) {
		if (f->items[i].seed) {
			out->first = f->items[i].rank;
			break;
		}
	}
}

static void
put_labels(struct flow *f, struct segment *out)
{
	size_t i;

	out->labels = arena_array(f->b->a, f->n, sizeof(*out->labels));
	for (i = 0; i < f->n; i++)
		if (f->items[i].backward || f->items[i].seed)
			out->labels[out->n_labels++] = (struct labelled){
				f->items[i].ev, f->items[i].strength };
}

/* Take in what the seeds were reached from. */
static void
take_reach(struct flow *f, const struct reach *r, struct table *upstream)
{
	const struct reached *c;
	int64_t only;
	bool added;
	size_t i, k;

	for (i = 0; i < r->n; i++) {
		c = &r->at[i];
		if (c->context)
			continue;
		k = flow_item(f, c->ev, &c->rank, &added);
		if (c->strength > f->items[k].strength)
			f->items[k].strength = c->strength;
		f->items[k].backward = true;
		if (c->ev == r->seed)
			f->items[k].seed = true;
		if (!table_get(upstream, (uint64_t)c->ev, &only))
			only = 1;
		table_put(upstream, (uint64_t)c->ev, only && c->upstream);
	}
}

/* From the last sign on labels flow for so many days. */
static int64_t
days_after_last_seed(const struct flow *f)
{
	int64_t last = INT64_MIN;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->items[i].seed)
			last = rank_time(&f->items[i].rank);
	return last > INT64_MAX - DAYS_MAX * DAY_NS ? INT64_MAX :
	    last + DAYS_MAX * DAY_NS;
}

/* What was cut, and by which cap: of several, the one that shows less of what
 * was found before those that looked no further. */
static void
put_cut(const struct flow *f, const struct reach *r, size_t n,
    struct segment *out)
{
	int64_t frontier = 0;
	const struct reach *days = NULL, *search = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		frontier += r[i].frontier + r[i].older;
		if (days == NULL && r[i].older > 0)
			days = &r[i];
		if (search == NULL && r[i].frontier > 0)
			search = &r[i];
	}
	out->cut = (struct truncation){ .frontier_edges = frontier,
		.events_not_explored = f->left_out };
	if (f->cap != NULL) {
		out->cut.why = f->cap;
		out->cut.where = f->cut_at;
	} else if (days != NULL || search != NULL) {
		out->cut.why = search != NULL ? "search" : "days";
		out->cut.where = search != NULL ? search->seed : days->seed;
	}
}

void
cause_segment(struct build *b, const struct reach *r, size_t n,
    struct segment *out)
{
	struct flow f = { .b = b };
	struct table upstream;
	int64_t only;
	size_t i, shown = 0, backward;

	memset(out, 0, sizeof(*out));
	table_init(&f.at);
	table_init(&f.victims);
	table_init(&upstream);
	for (i = 0; i < n; i++)
		take_reach(&f, &r[i], &upstream);
	reindex(&f);
	f.until_ns = days_after_last_seed(&f);
	put_labels(&f, out);
	backward = f.n;
	for (i = 0; i < backward; i++)
		if (table_get(&upstream, (uint64_t)f.items[i].ev, &only) &&
		    !only)
			flow_push(&f, i);
	flow_spread(&f);
	flow_clocks(&f);
	reindex(&f);
	put_seeds(&f, n, out);
	flow_choose(&f, &shown);
	put_members(&f, shown, out);
	flow_extras(&f, out);
	put_context(b, r, n, out);
	put_arts(&f, out);
	put_cut(&f, r, n, out);
	table_release(&f.at);
	table_release(&f.victims);
	table_release(&upstream);
}
