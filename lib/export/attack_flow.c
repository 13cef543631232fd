/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MITRE Attack Flow 2.x: every event an attack-action, every link an effect of
 * its cause, every host an attack-asset. Where the flow has no word (grade,
 * rule, evidence of a link), the action it leads to carries our extension, and
 * its description says it for people.
 *
 * https://center-for-threat-informed-defense.github.io/attack-flow/
 */
#include "export/inner.h"

#include <string.h>

#define FLOW_EXTENSION "extension-definition--fb9c968a-745b-4ade-9b25-c324172197f4"
#define FLOW_MAKER "identity--d673f8cb-c168-42da-8ed4-0cb26725f86c"
#define FLOW_SITE "https://center-for-threat-informed-defense.github.io/attack-flow"
enum { NAME_SHOWN = 120 };

struct flow {
	struct subject *s;
	struct jw w;
	struct str *hosts;
	size_t n_hosts;
};

/* As the project publishes it: whoever reads flows knows it by its id. */
static void
put_definition(struct jw *w)
{
	static const char at[] = "2022-08-02T19:34:35.143Z";

	jw_object(w);
	jw_key_c(w, "type", "extension-definition");
	jw_key_c(w, "spec_version", "2.1");
	jw_key_c(w, "id", FLOW_EXTENSION);
	jw_key_c(w, "created", at);
	jw_key_c(w, "modified", at);
	jw_key_c(w, "created_by_ref", FLOW_MAKER);
	jw_key_c(w, "name", "Attack Flow");
	jw_key_c(w, "description",
	    "Extends STIX 2.1 with features to create Attack Flows.");
	jw_key_c(w, "schema",
	    FLOW_SITE "/stix/attack-flow-schema-2.0.0.json");
	jw_key_c(w, "version", "2.0.0");
	jw_key(w, "extension_types");
	jw_array(w);
	jw_c(w, "new-sdo");
	jw_array_end(w);
	jw_object_end(w);
	jw_object(w);
	jw_key_c(w, "type", "identity");
	jw_key_c(w, "spec_version", "2.1");
	jw_key_c(w, "id", FLOW_MAKER);
	jw_key_c(w, "created", at);
	jw_key_c(w, "modified", at);
	jw_key_c(w, "name", "MITRE Center for Threat-Informed Defense");
	jw_key_c(w, "identity_class", "organization");
	jw_object_end(w);
}

static void
extensions(struct jw *w)
{
	jw_key(w, "extensions");
	jw_object(w);
	jw_key(w, FLOW_EXTENSION);
	jw_object(w);
	jw_key_c(w, "extension_type", "new-sdo");
	jw_object_end(w);
}

static void
action_id(const struct flow *f, size_t at, char id[STIX_ID])
{
	stix_id(id, "attack-action", str_printf(f->s->a, "%.*s %.*s",
	    STR_ARG(f->s->id), STR_ARG(f->s->point[at].id)));
}

static void
asset_id(const struct flow *f, struct str host, char id[STIX_ID])
{
	stix_id(id, "attack-asset", str_printf(f->s->a, "%.*s %.*s",
	    STR_ARG(f->s->id), STR_ARG(host)));
}

/* Nothing leads to it. */
static bool
begins(const struct subject *s, size_t at)
{
	size_t i;

	for (i = 0; i < s->n_links; i++)
		if (s->link[i].to == at)
			return false;
	return true;
}

/* ---- actions -------------------------------------------------------------------- */

static void
put_effects(struct flow *f, size_t at)
{
	const struct subject *s = f->s;
	char id[STIX_ID];
	size_t i, last = SIZE_MAX;

	for (i = 0; i < s->n_links; i++) {
		if (s->link[i].from != at || s->link[i].to == last)
			continue;
		if (last == SIZE_MAX) {
			jw_key(&f->w, "effect_refs");
			jw_array(&f->w);
		}
		last = s->link[i].to;
		action_id(f, last, id);
		jw_c(&f->w, id);
	}
	if (last != SIZE_MAX)
		jw_array_end(&f->w);
}

static void
put_causes(struct flow *f, size_t at)
{
	const struct subject *s = f->s;
	struct jw *w = &f->w;
	char id[STIX_ID];
	size_t i;

	if (begins(s, at))
		return;
	jw_key(w, "causes");
	jw_array(w);
	for (i = 0; i < s->n_links; i++) {
		if (s->link[i].to != at)
			continue;
		action_id(f, s->link[i].from, id);
		jw_object(w);
		jw_key_c(w, "action_ref", id);
		jw_key_s(w, "rule", s->link[i].rule);
		jw_key_s(w, "heuristic", s->link[i].heuristic);
		jw_key_s(w, "grade", s->link[i].grade);
		jw_key_n(w, "confidence", s->link[i].confidence);
		stix_evidence(w, s->link[i].evidence);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static struct str
description_of(struct flow *f, size_t at)
{
	const struct subject *s = f->s;
	const struct point *p = &s->point[at];
	struct str out = point_words(s->a, p);
	size_t i;

	if (p->host.len > 0)
		out = str_printf(s->a, "%.*s on %.*s", STR_ARG(out),
		    STR_ARG(p->host));
	for (i = 0; i < s->n_links; i++)
		if (s->link[i].to == at)
			out = str_printf(s->a, "%.*s\n%.*s (%.*s): %.*s",
			    STR_ARG(out), STR_ARG(s->link[i].grade),
			    STR_ARG(s->link[i].rule),
			    STR_ARG(s->link[i].because));
	return out;
}

static void
put_technique(struct flow *f, const struct point *p)
{
	enum tactic tactic = point_tactic(p);
	char text[TECHNIQUE_TEXT], id[STIX_ID];
	const char *name;

	if (p->n_techniques == 0) {
		jw_key_s(&f->w, "name", shown(f->s->a, p->action,
		    NAME_SHOWN));
		return;
	}
	name = attack_technique_name(p->techniques[0]);
	technique_text(p->techniques[0], text);
	jw_key_c(&f->w, "name", name != NULL ? name : text);
	jw_key_c(&f->w, "technique_id", text);
	stix_technique_id(id, p->techniques[0]);
	jw_key_c(&f->w, "technique_ref", id);
	if (tactic != TACTIC__MAX)
		jw_key_c(&f->w, "tactic_id", tactic_id(tactic));
}

static void
put_action(struct flow *f, size_t at)
{
	const struct point *p = &f->s->point[at];
	struct jw *w = &f->w;
	char id[STIX_ID];

	action_id(f, at, id);
	stix_begin(w, f->s, "attack-action", id);
	put_technique(f, p);
	jw_key_s(w, "description", description_of(f, at));
	jw_key(w, "execution_start");
	jw_time(w, p->time_ns);
	if (p->host.len > 0) {
		asset_id(f, p->host, id);
		jw_key(w, "asset_refs");
		jw_array(w);
		jw_c(w, id);
		jw_array_end(w);
	}
	put_effects(f, at);
	extensions(w);
	jw_key(w, stix_extension_id());
	jw_object(w);
	jw_key_c(w, "extension_type", "property-extension");
	stix_text(w, "event_id", p->id);
	stix_text(w, "role", p->role);
	stix_text(w, "raw_sha256", p->sha256);
	put_causes(f, at);
	jw_object_end(w);
	jw_object_end(w);
	jw_object_end(w);
}

/* ---- the flow -------------------------------------------------------------------- */

static void
put_flow(struct flow *f)
{
	struct subject *s = f->s;
	struct jw *w = &f->w;
	char id[STIX_ID];
	size_t i;

	stix_id(id, "attack-flow", s->id);
	stix_begin(w, s, "attack-flow", id);
	jw_key_c(w, "created_by_ref", stix_maker_id());
	jw_key_s(w, "name", s->title);
	jw_key_s(w, "description", str_printf(s->a, "Causal chain %.*s, "
	    "version %lld, %.*s: %.*s.", STR_ARG(s->id),
	    (long long)s->version, STR_ARG(s->grade),
	    STR_ARG(subject_counts(s))));
	jw_key_c(w, "scope", "incident");
	jw_key(w, "start_refs");
	jw_array(w);
	for (i = 0; i < s->n_points; i++) {
		if (!begins(s, i))
			continue;
		action_id(f, i, id);
		jw_c(w, id);
	}
	jw_array_end(w);
	extensions(w);
	jw_object_end(w);
	jw_object_end(w);
}

static void
put_assets(struct flow *f)
{
	char id[STIX_ID];
	size_t i;

	for (i = 0; i < f->n_hosts; i++) {
		asset_id(f, f->hosts[i], id);
		stix_begin(&f->w, f->s, "attack-asset", id);
		jw_key_s(&f->w, "name", f->hosts[i]);
		extensions(&f->w);
		jw_object_end(&f->w);
		jw_object_end(&f->w);
	}
}

void
write_attack_flow(struct subject *s)
{
	struct flow f = { .s = s };
	size_t i;

	f.n_hosts = subject_hosts(s, &f.hosts);
	jw_init(&f.w, s->out);
	stix_bundle(&f.w, s, "attack-flow");
	put_definition(&f.w);
	stix_maker(&f.w);
	put_flow(&f);
	for (i = 0; i < s->n_points; i++)
		put_action(&f, i);
	put_assets(&f);
	for (i = 0; i < s->n_techniques; i++)
		stix_technique(&f.w, s->techniques[i]);
	stix_bundle_end(&f.w);
}
