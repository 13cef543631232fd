/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of events. One index drives (entity, technique or time); what it cannot
 * answer is looked up in the events themselves. Full text (q) is a search in
 * the kept bytes, newest first: no word index slows ingest for it. A page that
 * has looked at SCAN_MAX events ends there and says where to go on.
 */
#include "read/inner.h"

#include <string.h>

#include "base/hash.h"

enum { SCAN_MAX = 200000, TEXT_SCAN_MAX = 50000 };

void
rank_text(const struct rank *r, char out[2 * RANK_LEN + 1])
{
	hex_text(r->b, RANK_LEN, out);
}

bool
rank_parse(struct str text, struct rank *r)
{
	uint64_t n;
	size_t i;

	if (text.len != 2 * RANK_LEN)
		return false;
	for (i = 0; i < RANK_LEN; i++) {
		if (!str_hex_u64(str_sub(text, 2 * i, 2), &n))
			return false;
		r->b[i] = (uint8_t)n;
	}
	return true;
}

struct page {
	struct reader *r;
	const struct event_filter *f;
	int64_t *ev;
	struct rank *rank;
	size_t n, room, rank_room;
	size_t texts;		/* looked at for q */
	bool full;
	enum rc rc;
};

static bool
has_grade(struct reader *r, int64_t ev, enum grade g)
{
	const struct view *v = graph_view(r->g);
	const struct node *n = v->node(v->ctx, ev);
	struct edge e[EDGES_IN_MAX];
	size_t i, count = n == NULL ? 0 : cause_in_edges(v, n, e);

	for (i = 0; i < count; i++)
		if (e[i].grade == g)
			return true;
	return false;
}

static bool
is_local_scan(const struct page *p)
{
	return p->f->actor.len > 0 || p->f->q.len > 0 || p->f->grade != 0;
}

/* The filters that no index answers. */
static bool
passes(struct page *p, const struct event_row *row)
{
	const struct told *t;
	struct str raw;

	if (p->f->grade != 0 && !has_grade(p->r, row->ev, p->f->grade))
		return false;
	if (p->f->q.len > 0) {
		p->texts++;
		if (graph_event_raw(p->r->g, p->r->a, row->ev, &raw) != RC_OK ||
		    str_find_fold(raw, p->f->q, 0) == (size_t)-1)
			return false;
	}
	if (p->f->actor.len == 0)
		return true;
	t = told_get(p->r, row->ev);
	return t != NULL && str_eq(t->e.actor, p->f->actor);
}

static bool
take(void *ctx, const struct event_row *row)
{
	struct page *p = ctx;

	if (is_local_scan(p) && !passes(p, row))
		return p->texts < TEXT_SCAN_MAX;
	p->ev = arena_grow(p->r->a, p->ev, &p->room, p->n + 1,
	    sizeof(*p->ev));
	p->rank = arena_grow(p->r->a, p->rank, &p->rank_room, p->n + 1,
	    sizeof(*p->rank));
	p->ev[p->n] = row->ev;
	p->rank[p->n++] = row->rank;
	p->full = p->n > p->f->limit;
	return !p->full;
}

/* Words of the filter as numbers; false: no event can have that word. */
static bool
word(struct reader *r, struct str text, int64_t *n)
{
	if (text.len == 0)
		return true;
	*n = graph_word_find(r->g, text);
	return *n != 0;
}

/* Hosts are a column, all else is found by postings. */
static enum rc
by_entity(struct reader *r, struct str text, struct event_query *q, bool *none)
{
	struct entity e;
	int64_t *ids;
	size_t n, i, kept = 0;
	enum rc rc = entities_of_text(r, text, &ids, &n);

	for (i = 0; i < n && rc == RC_OK; i++) {
		rc = graph_entity_get(r->g, r->a, ids[i], &e);
		if (rc == RC_OK && e.kind == KIND_HOST && q->host == 0)
			q->host = e.id;
		else
			ids[kept++] = ids[i];
	}
	if (kept > 0) {
		q->host = 0;
		q->entity = ids;
		q->n_entity = kept;
	}
	*none = n == 0;
	return rc;
}

/* Every source that ever told anything, once. */
static enum rc
sources(struct reader *r, int64_t **out, size_t *n)
{
	struct coverage *c;
	size_t rows, i, j;
	enum rc rc = graph_coverage(r->g, r->a, &c, &rows);

	*n = 0;
	if (rc != RC_OK)
		return rc;
	*out = arena_array(r->a, rows + 1, sizeof(**out));
	for (i = 0; i < rows; i++) {
		for (j = 0; j < *n && (*out)[j] != c[i].source; j++)
			;
		if (j == *n)
			(*out)[(*n)++] = c[i].source;
	}
	return RC_OK;
}

/* An event's id follows from its source and native id, so one look a source
 * finds all that bear it; no index of native ids is kept. */
static enum rc
by_native_id(struct reader *r, struct str id, struct page *p)
{
	struct str salt = graph_text(r->g, r->a, "id_salt");
	struct event ev = { .native_id = id };
	struct event_row row;
	uint8_t own[16];
	int64_t *source, found;
	size_t n, i;
	enum rc rc = sources(r, &source, &n);

	for (i = 0; i < n && rc == RC_OK && !p->full; i++) {
		ev.source = graph_word_text(r->g, r->a, source[i]);
		event_id(&ev);
		event_id_of_tenant(salt, ev.id, own);
		rc = graph_event_find(r->g, own, &found);
		if (rc == RC_OK)
			rc = graph_event_get(r->g, r->a, found, &row);
		if (rc == RC_OK)
			(void)take(p, &row);
		else if (rc == RC_ABSENT)
			rc = RC_OK;
	}
	return rc;
}

static enum rc
ask(struct reader *r, const struct event_filter *f, struct page *p,
    struct rank *last, bool *done)
{
	struct event_query q = { .technique = f->technique,
		.has_since = f->has_since, .has_until = f->has_until,
		.since_ns = f->since_ns, .until_ns = f->until_ns,
		.cursor = f->has_cursor ? &f->cursor : NULL,
		.scan_max = SCAN_MAX };
	bool none = false;
	enum rc rc = RC_OK;

	*done = true;
	if (f->native_id.len > 0)
		return by_native_id(r, f->native_id, p);
	if (!word(r, f->source, &q.source) || !word(r, f->type, &q.type))
		return RC_OK;
	if (f->entity.len > 0)
		rc = by_entity(r, f->entity, &q, &none);
	else if (f->actor.len > 0)
		rc = by_entity(r, f->actor, &q, &none);
	if (f->entity.len == 0 && none) {	/* an actor that is no entity */
		q.entity = NULL;
		q.n_entity = 0;
		none = false;
	}
	if (rc != RC_OK || none)
		return rc;
	return graph_events(r->g, &q, take, p, last, done);
}

enum rc
read_events(struct reader *r, struct jw *w, const struct event_filter *f,
    struct rank *next, bool *more)
{
	struct page p = { .r = r, .f = f };
	const struct told *t;
	struct rank last;
	bool done;
	enum rc rc;
	size_t i;

	rc = ask(r, f, &p, &last, &done);
	if (p.full)
		p.n--;
	jw_array(w);
	for (i = 0; i < p.n && rc == RC_OK; i++) {
		t = told_get(r, p.ev[i]);
		if (t == NULL)
			continue;
		jw_object(w);
		put_event(r, w, t);
		jw_object_end(w);
	}
	jw_array_end(w);
	*more = rc == RC_OK && (p.full || !done);
	if (*more)
		*next = p.full && p.n > 0 ? p.rank[p.n - 1] : last;
	return rc;
}
