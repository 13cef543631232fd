/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links of a segment beside those that explain each member best (segment.c):
 * what ties in a member that would stand beside the others. Essay on the parts
 * of a segment in tie.c.
 */
#include "cause/segment.h"

/* "Done by one process", from the earlier of two seeds. */
static struct edge
process_edge(struct build *b, int64_t from, int64_t to, const struct ref *r)
{
	const struct node *n = b->v->node(b->v->ctx, from);

	return (struct edge){ .from = from, .to = to, .rule = RULE_ACT,
		.grade = GRADE_MIXED, .conf = rule_row(RULE_ACT)->weak,
		.via = r->entity, .to_role = r->role,
		.from_role = (uint8_t)role_in_process(b, n, r->entity),
		.flags = EDGE_CLOCK };
}

/* Seeds of one process that no way joins: its creation bears a later time. */
static void
tie_processes(struct flow *f, size_t *up, struct segment *out)
{
	const struct node *n;
	const struct ref *r;
	struct table last;
	int64_t at, ev;
	size_t i, k;

	table_init(&last);
	for (i = 0; i < out->n_members; i++) {
		ev = out->members[i].ev;
		n = f->b->v->node(f->b->v->ctx, ev);
		if (!table_get(&f->at, (uint64_t)ev, &at) ||
		    !f->items[at].seed)
			continue;
		for (k = 0; (r = meeting_process(f->b, n, &k)) != NULL;) {
			if (table_get(&last, (uint64_t)r->entity, &at) &&
			    !f->b->v->cut(f->b->v->ctx, ev,
			    out->members[at].ev) && tie(up, i, (size_t)at))
				out->extras[out->n_extras++] = process_edge(
				    f->b, out->members[at].ev, ev, r);
			table_put(&last, (uint64_t)r->entity, (int64_t)i);
		}
	}
	table_release(&last);
}

/* What bears an earlier time than the creation of its process is tied to it. */
static void
tie_clocks(struct flow *f, size_t *up, const struct table *place,
    struct segment *out)
{
	const struct node *n;
	const struct ref *r;
	int64_t at, begun;
	size_t i, k;

	for (i = 0; i < out->n_members; i++) {
		if (!table_get(&f->at, (uint64_t)out->members[i].ev, &at) ||
		    f->items[at].begun == 0 || !table_get(place,
		    (uint64_t)f->items[at].begun, &begun))
			continue;
		n = f->b->v->node(f->b->v->ctx, f->items[at].begun);
		for (k = 0; (r = meeting_process(f->b, n, &k)) != NULL;)
			if (r->role == ROLE_NEW && tie(up, i, (size_t)begun))
				out->extras[out->n_extras++] = process_edge(
				    f->b, out->members[i].ev, n->ev, r);
	}
}

/* What is shown without a tie to the rest by explaining edges (another sensor's
 * record of a connection, the process that made the pipe) keeps the edge for
 * which it is here: no part of a segment stands beside the others. */
void
flow_extras(struct flow *f, struct segment *out)
{
	size_t *up = arena_array(f->b->a, out->n_members + 1, sizeof(*up));
	const struct known *k;
	struct table place;
	int64_t at;
	size_t i, c;

	table_init(&place);
	for (i = 0; i < out->n_members; i++) {
		up[i] = i;
		table_put(&place, (uint64_t)out->members[i].ev, (int64_t)i);
	}
	for (i = 0; i < out->n_members; i++)
		if (out->members[i].edge.rule != RULE_NONE &&
		    table_get(&place, (uint64_t)out->members[i].edge.from, &at))
			tie(up, i, (size_t)at);
	out->extras = arena_array(f->b->a, out->n_members + 1,
	    sizeof(*out->extras));
	for (i = 0; i < out->n_members; i++) {
		k = build_in(f->b, out->members[i].ev);
		for (c = 0; c < k->n; c++)
			if (table_get(&place, (uint64_t)k->edge[c].from, &at) &&
			    tie(up, i, (size_t)at))
				out->extras[out->n_extras++] = k->edge[c];
	}
	tie_processes(f, up, out);
	tie_clocks(f, up, &place, out);
	table_release(&place);
}
