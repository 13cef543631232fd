/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An alert with its detections. Those count that can begin a story (cause.h,
 * cause_is_seed): a rule of level medium or above, and what the source itself
 * raised. Of an event without any, all that it has; of one that has none, the
 * event itself, which only a rule without rule and technique can cover.
 */
#include "suppress/inner.h"

#include <string.h>

enum { SEED_LEVEL = 3, SEED_SEVERITY = 50 };

struct tagged { struct str rule; technique technique; int level; };

static void
unit_add(struct sign *s, struct str rule, technique t)
{
	if (s->n_units < COUNT(s->units))
		s->units[s->n_units++] = (struct unit){ rule, t };
}

/* The source's own: under the name that it gives to it. */
static void
units_own(struct sign *s, struct str own, const struct tagged *t, size_t n,
    bool raised, int level)
{
	size_t i, had = s->n_units;

	for (i = 0; i < n; i++)
		if (t[i].rule.len == 0 && (raised || t[i].level >= level))
			unit_add(s, own, t[i].technique);
	if (raised && s->n_units == had)
		unit_add(s, own, 0);
}

static void
units_of(struct sign *s, struct arena *a, const struct tagged *t, size_t n,
    bool raised)
{
	struct str own = str_printf(a, "%.*s: %.*s", STR_ARG(s->source),
	    STR_ARG(s->action));
	int level = SEED_LEVEL;
	size_t i;

	for (;; level = 0) {
		units_own(s, own, t, n, raised, level);
		for (i = 0; i < n; i++)
			if (t[i].rule.len > 0 && t[i].level >= level)
				unit_add(s, t[i].rule, t[i].technique);
		if (s->n_units > 0 || level == 0)
			break;
	}
	if (s->n_units == 0)
		unit_add(s, STR(""), 0);
}

static bool
is_raised(unsigned flags, int severity)
{
	return (flags & EVENT_ALERT) != 0 || severity >= SEED_SEVERITY;
}

/* ---- of what is stored ------------------------------------------------------ */

static enum rc
things_of(struct suppress *s, const struct event_row *row, struct sign *out)
{
	struct entity e;
	enum rc rc = RC_OK;
	size_t i;

	if (row->host != 0)
		rc = graph_entity_get(s->g, s->a, row->host, &e);
	if (rc == RC_OK && row->host != 0) {
		out->host = e.name.len > 0 ? e.name : e.key;
		out->host_key = e.key;
	}
	if (rc != RC_OK || !s->asks_things)
		return rc;
	out->things = arena_array(s->a, row->n_refs + 1,
	    sizeof(*out->things));
	for (i = 0; i < row->n_refs && rc == RC_OK; i++) {
		rc = graph_entity_get(s->g, s->a, row->refs[i].entity, &e);
		if (rc == RC_OK)
			out->things[out->n_things++] = (struct thing){
				e.kind, e.name, e.key };
	}
	return rc;
}

enum rc
sign_of_event(struct suppress *s, int64_t ev, struct sign *out)
{
	struct event_row row = { 0 };
	struct tagged *t;
	enum rc rc = graph_event_get(s->g, s->a, ev, &row);
	size_t i;

	if (rc != RC_OK)
		return rc;
	memset(out, 0, sizeof(*out));
	out->source = graph_word_text(s->g, s->a, row.source);
	out->type = graph_word_text(s->g, s->a, row.type);
	out->action = graph_word_text(s->g, s->a, row.action);
	out->t_ns = rank_time(&row.rank);
	out->ingested_ns = row.ingested_ns;
	memcpy(out->id, row.id, 16);
	t = arena_array(s->a, row.n_tags + 1, sizeof(*t));
	for (i = 0; i < row.n_tags; i++)
		t[i] = (struct tagged){ graph_word_text(s->g, s->a,
		    row.tag_rule[i]), row.tags[i].technique,
		    row.tags[i].level };
	units_of(out, s->a, t, row.n_tags, is_raised(row.flags,
	    row.severity));
	return things_of(s, &row, out);
}

/* ---- of one that came with a request ---------------------------------------- */

void
sign_of_inline(struct arena *a, const struct event *ev, struct sign *out)
{
	struct tagged t[EVENT_TECHNIQUES_MAX];
	size_t i;

	memset(out, 0, sizeof(*out));
	out->source = ev->source;
	out->type = ev->type;
	out->action = ev->action;
	out->host = ev->host;
	out->t_ns = ev->time_ns;
	for (i = 0; i < ev->n_tags; i++)
		t[i] = (struct tagged){ str_of(ev->tags[i].rule),
		    ev->tags[i].technique, ev->tags[i].level };
	units_of(out, a, t, ev->n_tags, is_raised(ev->flags, ev->severity));
	out->things = arena_array(a, ev->n_refs + 1, sizeof(*out->things));
	for (i = 0; i < ev->n_refs; i++)
		out->things[out->n_things++] = (struct thing){
			ev->refs[i].kind, ev->refs[i].name, ev->refs[i].key };
}
