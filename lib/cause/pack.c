/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chains and segments as stored bytes: LEB128 numbers, doubles as their eight
 * bytes (little endian). Read back with every length checked.
 */
#include "cause.h"

#include <string.h>

static void
put_double(struct buf *b, double x)
{
	uint64_t n;
	uint8_t p[8];
	int i;

	memcpy(&n, &x, 8);
	for (i = 0; i < 8; i++)
		p[i] = (uint8_t)(n >> (8 * i));
	buf_put(b, p, 8);
}

static void
put_text(struct buf *b, const char *s)
{
	size_t len = s ? strlen(s) : 0;

	buf_put_varint(b, len);
	buf_put(b, s, len);
}

struct in {
	struct arena *a;
	struct str s;
	bool bad;
};

static uint64_t
get(struct in *in)
{
	uint64_t n = 0;

	if (!in->bad && !str_take_varint(&in->s, &n))
		in->bad = true;
	return in->bad ? 0 : n;
}

static const char *
get_bytes(struct in *in, size_t len)
{
	const char *p = in->s.p;

	if (in->bad || in->s.len < len) {
		in->bad = true;
		return NULL;
	}
	in->s.p += len;
	in->s.len -= len;
	return p;
}

static double
get_double(struct in *in)
{
	const uint8_t *p = (const uint8_t *)get_bytes(in, 8);
	uint64_t n = 0;
	double x;
	int i;

	if (p == NULL)
		return 0;
	for (i = 0; i < 8; i++)
		n |= (uint64_t)p[i] << (8 * i);
	memcpy(&x, &n, 8);
	return x;
}

static char *
get_text(struct in *in)
{
	size_t len = (size_t)get(in);
	const char *p = get_bytes(in, len);

	return p == NULL || len == 0 ? NULL : arena_copy(in->a, p, len);
}

/* A count whose items take at least `least` bytes each. */
static size_t
get_count(struct in *in, size_t least)
{
	uint64_t n = get(in);

	if (n > in->s.len / least + 1)
		in->bad = true;
	return in->bad ? 0 : (size_t)n;
}

static void
put_edge(struct buf *b, const struct edge *e)
{
	buf_put_varint(b, (uint64_t)e->rule);
	if (e->rule == RULE_NONE)
		return;
	buf_put_varint(b, (uint64_t)e->from);
	buf_put_varint(b, (uint64_t)e->to);
	buf_put_varint(b, (uint64_t)e->grade);
	put_double(b, e->conf);
	buf_put_varint(b, (uint64_t)e->via);
	buf_put_varint(b, e->from_role);
	buf_put_varint(b, e->to_role);
	buf_put_varint(b, e->flags);
}

static void
get_edge(struct in *in, struct edge *e)
{
	memset(e, 0, sizeof(*e));
	e->rule = (enum rule)get(in);
	if (e->rule == RULE_NONE)
		return;
	e->from = (int64_t)get(in);
	e->to = (int64_t)get(in);
	e->grade = (enum grade)get(in);
	e->conf = get_double(in);
	e->via = (int64_t)get(in);
	e->from_role = (uint8_t)get(in);
	e->to_role = (uint8_t)get(in);
	e->flags = (unsigned)get(in);
	if (e->rule >= RULE__MAX || e->grade > GRADE_PROVABLE)
		in->bad = true;
}

/* One of a list, where none stands for nothing. */
static void
get_listed_edge(struct in *in, struct edge *e)
{
	get_edge(in, e);
	if (e->rule == RULE_NONE)
		in->bad = true;
}

static uint8_t
get_role(struct in *in)
{
	uint64_t n = get(in);

	if (n > MEMBER_CONTEXT)
		in->bad = true;
	return (uint8_t)n;
}

static int32_t
get_repeats(struct in *in)
{
	uint64_t n = get(in);

	if (n > INT32_MAX)
		in->bad = true;
	return in->bad ? 0 : (int32_t)n;
}

static void
put_cut(struct buf *b, const struct truncation *t)
{
	put_text(b, t->why);
	buf_put_varint(b, (uint64_t)t->where);
	buf_put_varint(b, (uint64_t)t->frontier_edges);
	buf_put_varint(b, (uint64_t)t->events_not_explored);
}

static void
get_cut(struct in *in, struct truncation *t)
{
	t->why = get_text(in);
	t->where = (int64_t)get(in);
	t->frontier_edges = (int64_t)get(in);
	t->events_not_explored = (int64_t)get(in);
}

void
chain_pack(const struct chain *c, struct buf *b)
{
	size_t i;

	buf_put_varint(b, 1);
	buf_put_varint(b, c->n_members);
	for (i = 0; i < c->n_members; i++) {
		buf_put_varint(b, (uint64_t)c->members[i].ev);
		buf_put_varint(b, c->members[i].role);
		buf_put_varint(b, (uint64_t)c->members[i].count);
		put_double(b, (double)c->members[i].strength);
	}
	buf_put_varint(b, c->n_edges);
	for (i = 0; i < c->n_edges; i++)
		put_edge(b, &c->edges[i]);
	buf_put_varint(b, c->n_related);
	for (i = 0; i < c->n_related; i++)
		put_edge(b, &c->related[i]);
	buf_put_varint(b, c->n_factors);
	for (i = 0; i < c->n_factors; i++) {
		put_text(b, c->factors[i].name);
		put_double(b, c->factors[i].points);
		put_text(b, c->factors[i].because);
	}
	put_cut(b, &c->cut);
}

static void
get_factors(struct in *in, struct chain *c)
{
	struct factor *f;
	const char *text;
	size_t i, n = get_count(in, 10);

	for (i = 0; i < n; i++) {
		if (c->n_factors == FACTORS_MAX) {
			in->bad = true;
			return;
		}
		f = &c->factors[c->n_factors++];
		f->name = get_text(in);
		f->points = get_double(in);
		text = get_text(in);
		if (text != NULL && strlen(text) < sizeof(f->because))
			memcpy(f->because, text, strlen(text) + 1);
	}
}

bool
chain_unpack(struct arena *a, struct str body, struct chain *c)
{
	struct in in = { a, body, false };
	size_t i;

	memset(c, 0, sizeof(*c));
	if (get(&in) != 1)
		return false;
	c->n_members = get_count(&in, 11);
	c->members = arena_array(a, c->n_members + 1, sizeof(*c->members));
	for (i = 0; i < c->n_members; i++) {
		c->members[i].ev = (int64_t)get(&in);
		c->members[i].role = get_role(&in);
		c->members[i].count = get_repeats(&in);
		c->members[i].strength = (float)get_double(&in);
	}
	c->n_edges = get_count(&in, 15);
	c->edges = arena_array(a, c->n_edges + 1, sizeof(*c->edges));
	for (i = 0; i < c->n_edges; i++)
		get_listed_edge(&in, &c->edges[i]);
	c->n_related = get_count(&in, 15);
	c->related = arena_array(a, c->n_related + 1, sizeof(*c->related));
	for (i = 0; i < c->n_related; i++)
		get_listed_edge(&in, &c->related[i]);
	get_factors(&in, c);
	get_cut(&in, &c->cut);
	return !in.bad;
}

static void
put_rank(struct buf *b, const struct rank *r)
{
	buf_put(b, r->b, RANK_LEN);
}

static void
get_rank(struct in *in, struct rank *r)
{
	const char *p = get_bytes(in, RANK_LEN);

	if (p != NULL)
		memcpy(r->b, p, RANK_LEN);
}

static void
put_seg_member(struct buf *b, const struct seg_member *m)
{
	buf_put_varint(b, (uint64_t)m->ev);
	put_rank(b, &m->rank);
	buf_put_varint(b, m->role);
	buf_put_varint(b, (uint64_t)m->count);
	put_double(b, (double)m->strength);
	put_edge(b, &m->edge);
}

static void
get_seg_member(struct in *in, struct seg_member *m)
{
	m->ev = (int64_t)get(in);
	get_rank(in, &m->rank);
	m->role = get_role(in);
	m->count = get_repeats(in);
	m->strength = (float)get_double(in);
	get_edge(in, &m->edge);
}

static void
put_art(struct buf *b, const struct seg_art *t)
{
	buf_put_varint(b, (uint64_t)t->entity);
	buf_put_varint(b, t->kind);
	buf_put_varint(b, (uint64_t)t->ev);
	put_rank(b, &t->rank);
	buf_put_varint(b, (uint64_t)t->host);
	buf_put_varint(b, (uint64_t)t->source);
	buf_put_varint(b, (uint64_t)t->principal);
}

static void
get_art(struct in *in, struct seg_art *t)
{
	t->entity = (int64_t)get(in);
	t->kind = (uint8_t)get(in);
	t->ev = (int64_t)get(in);
	get_rank(in, &t->rank);
	t->host = (int64_t)get(in);
	t->source = (int64_t)get(in);
	t->principal = (int64_t)get(in);
}

void
segment_pack(const struct segment *s, const struct seg_link *link, struct buf *b)
{
	size_t i;

	buf_put_varint(b, 1);
	buf_put_varint(b, (uint64_t)link->seg);
	put_edge(b, &link->edge);
	put_rank(b, &s->first);
	put_cut(b, &s->cut);
	buf_put_varint(b, s->n_seeds);
	for (i = 0; i < s->n_seeds; i++)
		buf_put_varint(b, (uint64_t)s->seeds[i]);
	buf_put_varint(b, s->n_arts);
	for (i = 0; i < s->n_arts; i++)
		put_art(b, &s->arts[i]);
	buf_put_varint(b, s->n_members);
	for (i = 0; i < s->n_members; i++)
		put_seg_member(b, &s->members[i]);
	buf_put_varint(b, s->n_extras);
	for (i = 0; i < s->n_extras; i++)
		put_edge(b, &s->extras[i]);
}

bool
segment_unpack(struct arena *a, struct str body, struct segment *s,
    struct seg_link *link)
{
	struct in in = { a, body, false };
	size_t i;

	memset(s, 0, sizeof(*s));
	if (get(&in) != 1)
		return false;
	link->seg = (int64_t)get(&in);
	get_edge(&in, &link->edge);
	get_rank(&in, &s->first);
	get_cut(&in, &s->cut);
	s->n_seeds = get_count(&in, 1);
	s->seeds = arena_array(a, s->n_seeds + 1, sizeof(*s->seeds));
	for (i = 0; i < s->n_seeds; i++)
		s->seeds[i] = (int64_t)get(&in);
	s->n_arts = get_count(&in, 28);
	s->arts = arena_array(a, s->n_arts + 1, sizeof(*s->arts));
	for (i = 0; i < s->n_arts; i++)
		get_art(&in, &s->arts[i]);
	s->n_members = get_count(&in, 34);
	s->members = arena_array(a, s->n_members + 1, sizeof(*s->members));
	for (i = 0; i < s->n_members; i++)
		get_seg_member(&in, &s->members[i]);
	s->n_extras = get_count(&in, 15);
	s->extras = arena_array(a, s->n_extras + 1, sizeof(*s->extras));
	for (i = 0; i < s->n_extras; i++)
		get_listed_edge(&in, &s->extras[i]);
	return !in.bad;
}
