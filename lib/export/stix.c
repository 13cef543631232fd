/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STIX 2.1: a bundle that any threat intelligence platform takes.
 *
 *	grouping		the chain; holds all that follows
 *	observed-data		an event; its observables and the received
 *				record itself, as a file by its SHA-256
 *	relationship		a link, related-to, `confidence` in per cent
 *	attack-pattern		a technique
 *	sighting		of a technique, in the events that show it
 *
 * Grades, rules and evidence are in our extension of grouping, observed-data
 * and relationship.
 */
#include "export/inner.h"

#include <string.h>

#include "base/clock.h"

struct stix {
	struct subject *s;
	struct jw w;
	struct stix_seen seen;
	struct str *refs;		/* what the grouping holds */
	size_t n_refs, room;
};

static void
hold(struct stix *x, const char *id)
{
	struct subject *s = x->s;

	x->refs = arena_grow(s->a, x->refs, &x->room, x->n_refs + 1,
	    sizeof(struct str));
	x->refs[x->n_refs++] = str_dup(s->a, str_of(id));
}

static void
extension(struct jw *w)
{
	jw_key(w, "extensions");
	jw_object(w);
	jw_key(w, stix_extension_id());
	jw_object(w);
	jw_key_c(w, "extension_type", "property-extension");
}

static void
extension_end(struct jw *w)
{
	jw_object_end(w);
	jw_object_end(w);
}

static void
point_id(const struct stix *x, const struct point *p, char id[STIX_ID])
{
	stix_id(id, "observed-data", str_printf(x->s->a, "%.*s %.*s",
	    STR_ARG(x->s->id), STR_ARG(p->id)));
}

static void
put_refs(struct jw *w, const char *key, const struct str *refs, size_t n)
{
	size_t i;

	jw_key(w, key);
	jw_array(w);
	for (i = 0; i < n; i++)
		jw_str(w, refs[i]);
	jw_array_end(w);
}

/* ---- events ------------------------------------------------------------------ */

static size_t
put_observables(struct stix *x, const struct point *p, struct str *refs)
{
	char id[STIX_ID];
	size_t i, k, n = 0;

	stix_record(&x->w, p, id);
	refs[n++] = str_dup(x->s->a, str_of(id));
	for (i = 0; i < json_len(p->entities); i++) {
		if (!stix_observable(&x->w, &x->seen,
		    json_item(p->entities, i), id))
			continue;
		for (k = 0; k < n && !str_is(refs[k], id); k++)
			;
		if (k == n)
			refs[n++] = str_dup(x->s->a, str_of(id));
	}
	return n;
}

static void
put_point(struct stix *x, const struct point *p)
{
	struct jw *w = &x->w;
	struct str *refs = arena_array(x->s->a, json_len(p->entities) + 1,
	    sizeof(struct str));
	size_t n = put_observables(x, p, refs);
	char id[STIX_ID];

	point_id(x, p, id);
	hold(x, id);
	stix_begin(w, x->s, "observed-data", id);
	jw_key_c(w, "created_by_ref", stix_maker_id());
	jw_key(w, "first_observed");
	jw_time(w, p->time_ns);
	jw_key(w, "last_observed");
	jw_time(w, p->time_ns);
	jw_key_i(w, "number_observed", p->count);
	put_refs(w, "object_refs", refs, n);
	extension(w);
	stix_text(w, "event_id", p->id);
	stix_text(w, "source", p->source);
	stix_text(w, "event_type", p->type);
	stix_text(w, "actor", p->actor);
	stix_text(w, "action", p->action);
	stix_text(w, "target", p->target);
	stix_text(w, "host", p->host);
	stix_text(w, "role", p->role);
	jw_key_i(w, "count", p->count);
	stix_text(w, "raw_sha256", p->sha256);
	stix_entities(w, p->entities);
	extension_end(w);
	jw_object_end(w);
}

/* ---- links --------------------------------------------------------------------- */

static void
put_link(struct stix *x, const struct link *l)
{
	struct jw *w = &x->w;
	const struct point *from = &x->s->point[l->from];
	const struct point *to = &x->s->point[l->to];
	char id[STIX_ID], end[STIX_ID];

	stix_id(id, "relationship", str_printf(x->s->a, "%.*s %.*s %.*s %.*s",
	    STR_ARG(x->s->id), STR_ARG(from->id), STR_ARG(to->id),
	    STR_ARG(l->rule)));
	hold(x, id);
	stix_begin(w, x->s, "relationship", id);
	jw_key_c(w, "created_by_ref", stix_maker_id());
	jw_key_c(w, "relationship_type", "related-to");
	stix_text(w, "description", l->because);
	point_id(x, from, end);
	jw_key_c(w, "source_ref", end);
	point_id(x, to, end);
	jw_key_c(w, "target_ref", end);
	jw_key_i(w, "confidence", (int64_t)(100 * l->confidence + 0.5));
	extension(w);
	jw_key_s(w, "rule", l->rule);
	jw_key_s(w, "heuristic", l->heuristic);
	jw_key_s(w, "grade", l->grade);
	jw_key_n(w, "confidence", l->confidence);
	stix_evidence(w, l->evidence);
	extension_end(w);
	jw_object_end(w);
}

/* ---- techniques ------------------------------------------------------------------ */

static bool
shows(const struct point *p, technique t)
{
	size_t i;

	for (i = 0; i < p->n_techniques; i++)
		if (p->techniques[i] == t)
			return true;
	return false;
}

static void
put_sighting(struct stix *x, technique t, const char *pattern)
{
	const struct subject *s = x->s;
	struct str *refs = arena_array(s->a, s->n_points + 1,
	    sizeof(struct str));
	int64_t first = 0, last = 0, count = 0;
	char id[STIX_ID];
	size_t i, n = 0;

	for (i = 0; i < s->n_points; i++) {
		if (!shows(&s->point[i], t))
			continue;
		point_id(x, &s->point[i], id);
		refs[n++] = str_dup(s->a, str_of(id));
		first = n == 1 ? s->point[i].time_ns : first;
		last = s->point[i].time_ns;
		count += s->point[i].count;
	}
	if (n == 0)
		return;
	stix_id(id, "sighting", str_printf(s->a, "%.*s %s", STR_ARG(s->id),
	    pattern));
	hold(x, id);
	stix_begin(&x->w, s, "sighting", id);
	jw_key_c(&x->w, "created_by_ref", stix_maker_id());
	jw_key(&x->w, "first_seen");
	jw_time(&x->w, first);
	jw_key(&x->w, "last_seen");
	jw_time(&x->w, last);
	jw_key_i(&x->w, "count", count > 999999999 ? 999999999 : count);
	jw_key_c(&x->w, "sighting_of_ref", pattern);
	put_refs(&x->w, "observed_data_refs", refs, n);
	jw_object_end(&x->w);
}

static void
put_techniques(struct stix *x)
{
	char id[STIX_ID];
	size_t i;

	for (i = 0; i < x->s->n_techniques; i++) {
		stix_technique_id(id, x->s->techniques[i]);
		hold(x, id);
		stix_technique(&x->w, x->s->techniques[i]);
		put_sighting(x, x->s->techniques[i], id);
	}
}

/* ---- the chain --------------------------------------------------------------------- */

static void
put_grouping(struct stix *x)
{
	struct subject *s = x->s;
	struct jw *w = &x->w;
	char id[STIX_ID];

	stix_id(id, "grouping", s->id);
	stix_begin(w, s, "grouping", id);
	jw_key_c(w, "created_by_ref", stix_maker_id());
	jw_key_s(w, "name", s->title);
	jw_key_s(w, "description", str_printf(s->a, "Causal chain %.*s, "
	    "version %lld: %.*s.", STR_ARG(s->id), (long long)s->version,
	    STR_ARG(subject_counts(s))));
	jw_key_c(w, "context", "suspicious-activity");
	put_refs(w, "object_refs", x->refs, x->n_refs);
	extension(w);
	jw_key_s(w, "chain_id", s->id);
	jw_key_i(w, "version", s->version);
	jw_key_s(w, "grade", s->grade);
	jw_key_n(w, "score", s->score);
	extension_end(w);
	jw_object_end(w);
}

void
write_stix(struct subject *s)
{
	struct stix x = { .s = s };
	size_t i;

	x.seen.a = s->a;
	table_init(&x.seen.ids);
	jw_init(&x.w, s->out);
	stix_bundle(&x.w, s, "stix");
	stix_maker(&x.w);
	for (i = 0; i < s->n_points; i++)
		put_point(&x, &s->point[i]);
	for (i = 0; i < s->n_links; i++)
		put_link(&x, &s->link[i]);
	put_techniques(&x);
	put_grouping(&x);
	stix_bundle_end(&x.w);
	table_release(&x.seen.ids);
}
