/* SPDX-License-Identifier: Apache-2.0 */
/* Entities by name and by key, and what has proof where (coverage). */
#include "read/inner.h"

#include <stdio.h>

enum { FOUND_MAX = 64, EVENTS_SHOWN = 20 };

enum rc
entities_of_text(struct reader *r, struct str text, int64_t **ids, size_t *n)
{
	struct entity one, *e;
	size_t i;
	enum rc rc;

	*n = 0;
	if (str_starts(text, "ent_")) {
		rc = graph_entity_by_ref(r->g, r->a, text, &one);
		if (rc == RC_OK) {
			*ids = arena_array(r->a, 1, sizeof(**ids));
			(*ids)[(*n)++] = one.id;
			return RC_OK;
		}
		if (rc != RC_ABSENT)
			return rc;
	}
	rc = graph_entities_named(r->g, r->a, text, false, FOUND_MAX, &e, n);
	if (rc != RC_OK)
		return rc;
	*ids = arena_array(r->a, *n + 1, sizeof(**ids));
	for (i = 0; i < *n; i++)
		(*ids)[i] = e[i].id;
	return RC_OK;
}

static void
put_entity(struct jw *w, const struct entity *e)
{
	jw_key_c(w, "kind", kind_name(e->kind));
	jw_key_c(w, "key", e->ref);
	jw_key_s(w, "name", e->name);
}

enum rc
read_entities(struct reader *r, struct jw *w, struct str q, size_t limit)
{
	struct entity *e;
	size_t n, i;
	enum rc rc = graph_entities_named(r->g, r->a, q, true, limit, &e, &n);

	jw_array(w);
	for (i = 0; rc == RC_OK && i < n; i++) {
		jw_object(w);
		put_entity(w, &e[i]);
		jw_object_end(w);
	}
	jw_array_end(w);
	return rc;
}

struct recent { struct reader *r; struct jw *w; int n; };

static bool
put_recent(void *ctx, const struct event_row *row)
{
	struct recent *x = ctx;
	const struct told *t = told_get(x->r, row->ev);

	if (t != NULL) {
		jw_object(x->w);
		put_event(x->r, x->w, t);
		jw_object_end(x->w);
	}
	return ++x->n < EVENTS_SHOWN;
}

static enum rc
put_events(struct reader *r, struct jw *w, const struct entity *e)
{
	struct event_query q = { .scan_max = 5000 };
	struct recent x = { r, w, 0 };
	struct rank last;
	bool done;
	enum rc rc;

	if (e->kind == KIND_HOST) {
		q.host = e->id;
	} else {
		q.entity = &e->id;
		q.n_entity = 1;
	}
	jw_key(w, "events");
	jw_array(w);
	rc = graph_events(r->g, &q, put_recent, &x, &last, &done);
	jw_array_end(w);
	return rc;
}

static enum rc
put_chains(struct reader *r, struct jw *w, const struct entity *e)
{
	char text[CHAIN_ID_TEXT];
	uint8_t (*ids)[16];
	size_t n, i;
	enum rc rc = graph_chains_of_entity(r->g, r->a, e->id, &ids, &n);

	jw_key(w, "chains");
	jw_array(w);
	for (i = 0; rc == RC_OK && i < n; i++) {
		chain_id_text(ids[i], text);
		jw_c(w, text);
	}
	jw_array_end(w);
	return rc;
}

static void
put_origin(struct reader *r, struct jw *w, const struct entity *e)
{
	const struct view *v = graph_view(r->g);
	const struct told *t = NULL;
	struct post p;

	if (v->first_after(v->ctx, e->id, ROLE_NEW, NULL, &p))
		t = told_get(r, p.ev);
	jw_key(w, "origin");
	jw_c(w, t != NULL ? t->id : NULL);
	jw_key_i(w, "carriers", v->carriers(v->ctx, e->id, DF_MAX));
}

enum rc
read_entity(struct reader *r, struct jw *w, struct str kind, struct str key)
{
	struct entity e;
	enum rc rc = graph_entity_by_ref(r->g, r->a, key, &e);

	if (rc != RC_OK)
		return rc;
	if (kind_of_name(kind) != e.kind)
		return RC_ABSENT;
	jw_object(w);
	put_entity(w, &e);
	put_origin(r, w, &e);
	rc = put_events(r, w, &e);
	if (rc == RC_OK)
		rc = put_chains(r, w, &e);
	jw_object_end(w);
	return rc;
}

/* ---- coverage ------------------------------------------------------------------ */

static double
share(int64_t part, int64_t of)
{
	return of > 0 ? (double)part / (double)of : 0;
}

static void
put_coverage(struct reader *r, struct jw *w, const struct coverage *c)
{
	struct str source = graph_word_text(r->g, r->a, c->source);
	struct entity host = { 0 };

	jw_object(w);
	if (c->host != 0 &&
	    graph_entity_get(r->g, r->a, c->host, &host) != RC_OK)
		host.name = (struct str){ 0 };
	put_text(w, "host", host.name);
	jw_key_s(w, "source", source);
	jw_key_i(w, "events", c->events);
	jw_key_n(w, "strong_process_share", share(c->strong_process, c->events));
	jw_key_n(w, "weak_process_share", share(c->weak_process, c->events));
	jw_key_n(w, "strong_session_share", share(c->strong_session, c->events));
	jw_key_n(w, "strong_token_share", share(c->strong_token, c->events));
	jw_key(w, "first_seen");
	jw_time(w, c->first_ns);
	jw_key(w, "last_seen");
	jw_time(w, c->last_ns);
	jw_key_i(w, "lag_ms", c->lag_ms);
	put_coverage_to_prove(w, r->a, r->g, c, source);
	jw_object_end(w);
}

enum rc
read_coverage(struct reader *r, struct jw *w)
{
	struct coverage *c;
	size_t n, i;
	enum rc rc = graph_coverage(r->g, r->a, &c, &n);

	jw_array(w);
	for (i = 0; rc == RC_OK && i < n; i++)
		put_coverage(r, w, &c[i]);
	jw_array_end(w);
	return rc;
}
