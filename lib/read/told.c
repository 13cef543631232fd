/* SPDX-License-Identifier: Apache-2.0 */
/* Events read again and kept for the length of one answer. */
#include "read/inner.h"

#include <string.h>

#include "again.h"
#include "base/hash.h"

void
reader_init(struct reader *r, struct graph *g, struct arena *a,
    struct json_doc *doc)
{
	memset(r, 0, sizeof(*r));
	r->g = g;
	r->a = a;
	r->doc = doc;
	table_init(&r->known);
}

void
reader_release(struct reader *r)
{
	table_release(&r->known);
	graph_view_reset(r->g);
}

const struct told *
told_get(struct reader *r, int64_t ev)
{
	struct told *t;
	int64_t at;

	if (table_get(&r->known, (uint64_t)ev, &at))
		return r->told[at];
	t = arena_get(r->a, sizeof(*t));
	t->ev = ev;
	if (event_again(r->g, r->a, r->doc, ev, &t->e, &t->row) != RC_OK)
		return NULL;
	event_id_text(t->row.id, t->id);
	hex_text(t->row.raw_sha256, 32, t->sha256);
	r->told = arena_grow(r->a, r->told, &r->room, r->n + 1,
	    sizeof(struct told *));
	table_put(&r->known, (uint64_t)ev, (int64_t)r->n);
	r->told[r->n++] = t;
	return t;
}

const struct entref *
told_ref(const struct told *t, int64_t entity, int role)
{
	size_t i;

	/* Refs are stored in the order in which the normaliser gives them. */
	for (i = 0; i < t->row.n_refs && i < t->e.n_refs; i++)
		if (t->row.refs[i].entity == entity &&
		    t->row.refs[i].role == role)
			return &t->e.refs[i];
	return NULL;
}

void
put_text(struct jw *w, const char *key, struct str s)
{
	jw_key(w, key);
	if (s.len == 0)
		jw_null(w);
	else
		jw_str(w, s);
}

void
put_techniques(struct jw *w, const char *key, const struct event *e)
{
	char text[TECHNIQUE_TEXT];
	size_t i, k;

	jw_key(w, key);
	jw_array(w);
	for (i = 0; i < e->n_tags; i++) {
		for (k = 0; k < i; k++)
			if (e->tags[k].technique == e->tags[i].technique)
				break;
		if (k == i && e->tags[i].technique != 0)
			jw_c(w, technique_text(e->tags[i].technique, text));
	}
	jw_array_end(w);
}
