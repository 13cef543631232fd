/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every edge as NDJSON. Family 1 is computed from the postings, event by event
 * in their order; the links between segments, and what ties acts of a process
 * that seem older than its creation, stand in the chains' bodies. Told events
 * are dropped now and then, so memory stays bounded.
 */
#include "read/inner.h"

enum { TOLD_MAX = 4000 };

struct stream {
	struct reader *r;
	struct reader own;		/* told events, dropped when many */
	struct buf *out;
	const struct edge_filter *f;
	size_t n;
	enum rc rc;
};

static void
forget(struct stream *s)
{
	arena_reset(s->own.a);
	table_clear(&s->own.known);
	s->own.told = NULL;
	s->own.n = s->own.room = 0;
}

static bool
put_line(struct stream *s, const struct edge *e)
{
	struct jw w;

	if (s->f->grade != 0 && e->grade < s->f->grade)
		return true;
	jw_init(&w, s->out);
	s->rc = read_edge(&s->own, &w, e);
	buf_put_char(s->out, '\n');
	s->n++;
	return s->rc == RC_OK && !buf_bad(s->out) &&
	    (s->f->limit == 0 || s->n < s->f->limit);
}

static bool
edges_of_event(void *ctx, const struct event_row *row)
{
	struct stream *s = ctx;
	const struct view *v = graph_view(s->r->g);
	const struct node *n = v->node(v->ctx, row->ev);
	struct edge e[EDGES_IN_MAX];
	size_t i, count;

	if (n == NULL)
		return true;
	if (s->own.n > TOLD_MAX) {
		forget(s);
		graph_view_reset(s->r->g);
		n = v->node(v->ctx, row->ev);
	}
	count = cause_in_edges(v, n, e);
	for (i = 0; i < count; i++)
		if (!put_line(s, &e[i]))
			return false;
	return true;
}

static bool
links_of_chain(void *ctx, const struct chain_row *head)
{
	struct stream *s = ctx;
	struct chain_row row;
	struct chain c = { 0 };
	size_t i;

	s->rc = graph_chain_get(s->r->g, s->r->a, head->id, &row);
	if (s->rc != RC_OK || !chain_unpack(s->r->a, row.body, &c))
		return s->rc == RC_OK;
	for (i = 0; i < c.n_edges; i++)
		if ((rule_row(c.edges[i].rule)->family > 1 ||
		    (c.edges[i].flags & EDGE_CLOCK)) &&
		    !put_line(s, &c.edges[i]))
			return false;
	return true;
}

enum rc
read_edges(struct reader *r, struct buf *out, const struct edge_filter *f)
{
	struct event_query q = { .has_since = f->has_since,
		.has_until = f->has_until, .since_ns = f->since_ns,
		.until_ns = f->until_ns, .oldest_first = true };
	struct stream s = { .r = r, .out = out, .f = f, .rc = RC_OK };
	struct arena *own = arena_new();
	struct rank last;
	int64_t *ids = NULL;
	size_t n = 0;
	bool done;
	enum rc rc = RC_OK;

	reader_init(&s.own, r->g, own, r->doc);
	if (f->entity.len > 0) {
		rc = entities_of_text(r, f->entity, &ids, &n);
		q.entity = ids;
		q.n_entity = n;
	}
	if (f->source.len > 0)
		q.source = graph_word_find(r->g, f->source);
	if (rc == RC_OK && (f->entity.len == 0 || n > 0) &&
	    (f->source.len == 0 || q.source != 0))
		rc = graph_events(r->g, &q, edges_of_event, &s, &last, &done);
	if (rc == RC_OK && s.rc == RC_OK && f->entity.len == 0 &&
	    (f->limit == 0 || s.n < f->limit))
		rc = graph_chains(r->g, r->a, NULL, NULL, links_of_chain, &s);
	reader_release(&s.own);
	arena_free(own);
	return rc != RC_OK ? rc : s.rc;
}
