/* SPDX-License-Identifier: Apache-2.0 */
/* Finding chains: by id (any they ever had), by filters, best score first. */
#include "read/inner.h"

#include <string.h>

enum rc
read_chain_find(struct reader *r, struct str id, struct chain_row *row)
{
	uint8_t bytes[16];
	int64_t seed;
	enum rc rc;

	if (!chain_id_parse(id, bytes))
		return RC_ABSENT;
	rc = graph_chain_get(r->g, r->a, bytes, row);
	if (rc != RC_ABSENT && (rc != RC_OK || row->live))
		return rc;
	rc = graph_chain_seed(r->g, bytes, &seed);
	if (rc == RC_OK)
		rc = graph_chain_of_event(r->g, seed, bytes);
	if (rc == RC_OK)
		rc = graph_chain_get(r->g, r->a, bytes, row);
	return rc;
}

/* ---- filters ------------------------------------------------------------------ */

struct id_set { uint8_t (*id)[16]; size_t n, room; bool any; };

struct listing {
	struct reader *r;
	const struct chain_filter *f;
	struct id_set by_entity, by_host, by_event;
	struct chain_row *rows;
	size_t n, room;
	bool more;
	enum rc rc;
};

static void
id_add(struct reader *r, struct id_set *s, const uint8_t id[16])
{
	s->id = arena_grow(r->a, s->id, &s->room, s->n + 1, 16);
	memcpy(s->id[s->n++], id, 16);
}

static bool
id_in(const struct id_set *s, const uint8_t id[16])
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (memcmp(s->id[i], id, 16) == 0)
			return true;
	return !s->any;
}

static enum rc
ids_of_text(struct reader *r, struct str text, struct id_set *s)
{
	int64_t *entities;
	uint8_t (*ids)[16];
	size_t n, k, i, j;
	enum rc rc;

	s->any = true;
	rc = entities_of_text(r, text, &entities, &n);
	for (i = 0; i < n && rc == RC_OK; i++) {
		rc = graph_chains_of_entity(r->g, r->a, entities[i], &ids, &k);
		for (j = 0; rc == RC_OK && j < k; j++)
			id_add(r, s, ids[j]);
	}
	return rc;
}

static enum rc
ids_of_events(struct reader *r, const struct chain_filter *f, struct id_set *s)
{
	uint8_t id[16];
	enum rc rc;
	size_t i;

	s->any = true;
	for (i = 0; i < f->n_events; i++) {
		rc = graph_chain_of_event(r->g, f->events[i], id);
		if (rc == RC_OK)
			id_add(r, s, id);
		else if (rc != RC_ABSENT)
			return rc;
	}
	return RC_OK;
}

static bool
has_technique(struct str list, technique t)
{
	char text[TECHNIQUE_TEXT];
	struct str word;

	technique_text(t, text);
	while (str_cut(&list, ' ', &word))
		if (str_is(word, text))
			return true;
	return false;
}

static bool
passes(const struct listing *l, const struct chain_row *row)
{
	const struct chain_filter *f = l->f;

	if (f->grade != 0 && row->grade < f->grade)
		return false;
	if (row->score < f->min_score)
		return false;
	if (f->has_since && row->last_ns < f->since_ns)
		return false;
	if (f->has_until && row->first_ns > f->until_ns)
		return false;
	if (f->technique != 0 && !has_technique(row->techniques, f->technique))
		return false;
	if (f->status.len > 0 && !str_eq(f->status, row->status.len ?
	    row->status : STR("open")))
		return false;
	if (f->assignee.len > 0 && !str_eq(f->assignee, row->assignee))
		return false;
	return id_in(&l->by_entity, row->id) && id_in(&l->by_host, row->id) &&
	    id_in(&l->by_event, row->id);
}

/* Asked last: it is the dearest. */
static bool
is_wanted(struct listing *l, const struct chain_row *row)
{
	struct suppressed d;

	if (l->f->suppressed == SUPPRESSED_ANY)
		return true;
	l->rc = suppress_chain(l->r->suppress, row, &d);
	return d.yes == (l->f->suppressed == SUPPRESSED_ONLY);
}

static bool
take_row(void *ctx, const struct chain_row *row)
{
	struct listing *l = ctx;

	if (!passes(l, row) || !is_wanted(l, row))
		return l->rc == RC_OK;
	if (l->n == l->f->limit) {
		l->more = true;
		return false;
	}
	l->rows = arena_grow(l->r->a, l->rows, &l->room, l->n + 1,
	    sizeof(*l->rows));
	l->rows[l->n++] = *row;
	return true;
}

static enum rc
resolve(struct listing *l)
{
	enum rc rc = RC_OK;

	if (l->f->entity.len > 0)
		rc = ids_of_text(l->r, l->f->entity, &l->by_entity);
	if (rc == RC_OK && l->f->host.len > 0)
		rc = ids_of_text(l->r, l->f->host, &l->by_host);
	if (rc == RC_OK && l->f->has_events)
		rc = ids_of_events(l->r, l->f, &l->by_event);
	return rc;
}

enum rc
read_chains(struct reader *r, struct jw *w, const struct chain_filter *f,
    bool *more, double *last_score, uint8_t last_id[16])
{
	struct listing l = { .r = r, .f = f };
	struct chain_row row;
	enum rc rc;
	size_t i;

	rc = resolve(&l);
	if (rc == RC_OK)
		rc = graph_chains(r->g, r->a, f->has_cursor ? &f->after_score :
		    NULL, f->has_cursor ? f->after_id : NULL, take_row, &l);
	if (rc == RC_OK)
		rc = l.rc;
	jw_array(w);
	for (i = 0; i < l.n && rc == RC_OK; i++) {
		rc = graph_chain_get(r->g, r->a, l.rows[i].id, &row);
		if (rc == RC_OK)
			rc = f->brief ? read_chain_brief(r, w, &row) :
			    read_chain(r, w, &row, (struct str){ 0 },
			    f->include);
	}
	jw_array_end(w);
	*more = l.more;
	if (l.n > 0) {
		*last_score = l.rows[l.n - 1].score;
		memcpy(last_id, l.rows[l.n - 1].id, 16);
	}
	return rc;
}
