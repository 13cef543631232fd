/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCSF Incident Finding (class 2005), one object. The chain itself is its
 * finding's attack_graph: events as nodes, links as edges, with rule, grade,
 * confidence and evidence as each edge's data.
 *
 * https://schema.ocsf.io/1.8.0/classes/incident_finding
 */
#include "export/inner.h"

#include <string.h>

#include "base/clock.h"
#include "explain.h"

#define OCSF_VERSION "1.8.0"
enum { CLASS = 2005, NAME_SHOWN = 200 };

struct enumerated { int id; const char *name; };

static void
put_enumerated(struct jw *w, const char *id, const char *name,
    struct enumerated e)
{
	jw_key_i(w, id, e.id);
	jw_key_c(w, name, e.name);
}

static void
put_ms(struct jw *w, const char *key, int64_t ns)
{
	jw_key_i(w, key, ns / NS_PER_MS);
}

static struct str
text_of(const struct subject *s, const char *name)
{
	return json_str(json_get(s->chain, name));
}

/* By the words that triage has for the same scale. */
static struct enumerated
severity_of(double score)
{
	static const struct { const char *label; struct enumerated e; } row[] = {
		{ "critical", { 5, "Critical" } }, { "high", { 4, "High" } },
		{ "medium", { 3, "Medium" } }, { "low", { 2, "Low" } },
	};
	size_t i;

	for (i = 0; i < COUNT(row); i++)
		if (strcmp(row[i].label, triage_label((int)score)) == 0)
			return row[i].e;
	return (struct enumerated){ 1, "Informational" };
}

static struct enumerated
status_of(struct str status)
{
	if (str_is(status, "in_progress"))
		return (struct enumerated){ 2, "In Progress" };
	if (str_is(status, "contained"))
		return (struct enumerated){ 99, "contained" };
	if (str_is(status, "closed"))
		return (struct enumerated){ 5, "Closed" };
	return (struct enumerated){ 1, "New" };
}

static struct enumerated
activity_of(const struct subject *s)
{
	if (str_is(text_of(s, "status"), "closed"))
		return (struct enumerated){ 3, "Close" };
	return s->version > 1 ? (struct enumerated){ 2, "Update" } :
	    (struct enumerated){ 1, "Create" };
}

static struct enumerated
confidence_of(struct str grade)
{
	if (str_is(grade, "PROVABLE"))
		return (struct enumerated){ 3, "High" };
	return str_is(grade, "MIXED") ? (struct enumerated){ 2, "Medium" } :
	    (struct enumerated){ 1, "Low" };
}

static struct enumerated
verdict_of(struct str disposition)
{
	if (str_is(disposition, "true_positive"))
		return (struct enumerated){ 2, "True Positive" };
	if (str_is(disposition, "false_positive"))
		return (struct enumerated){ 1, "False Positive" };
	if (str_is(disposition, "benign"))
		return (struct enumerated){ 5, "Benign" };
	return (struct enumerated){ 0, "Unknown" };
}

/* ---- techniques ---------------------------------------------------------------- */

static void
put_technique(struct jw *w, const char *key, technique t)
{
	char text[TECHNIQUE_TEXT];
	const char *name = attack_technique_name(t);

	jw_key(w, key);
	jw_object(w);
	technique_text(t, text);
	jw_key_c(w, "uid", text);
	jw_key_c(w, "name", name != NULL ? name : text);
	jw_object_end(w);
}

static void
put_attack(struct jw *w, technique t)
{
	uint32_t bits = attack_tactics(t);
	int i;

	jw_object(w);
	jw_key_c(w, "version", attack_version());
	put_technique(w, "technique", t - t % 1000);
	if (t % 1000 != 0)
		put_technique(w, "sub_technique", t);
	jw_key(w, "tactics");
	jw_array(w);
	for (i = 0; i < TACTIC__MAX; i++) {
		if (!(bits & 1U << i))
			continue;
		jw_object(w);
		jw_key_c(w, "uid", tactic_id((enum tactic)i));
		jw_key_c(w, "name", tactic_name((enum tactic)i));
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object_end(w);
}

static void
put_attacks(struct jw *w, const technique *t, size_t n)
{
	size_t i;

	if (n == 0)
		return;
	jw_key(w, "attacks");
	jw_array(w);
	for (i = 0; i < n; i++)
		put_attack(w, t[i]);
	jw_array_end(w);
}

/* ---- the chain as a graph -------------------------------------------------------- */

static void
put_node(struct jw *w, struct subject *s, const struct point *p)
{
	jw_object(w);
	jw_key_s(w, "uid", p->id);
	jw_key_s(w, "name", shown(s->a, point_words(s->a, p),
	    NAME_SHOWN));
	jw_key_s(w, "type", p->type);
	jw_key(w, "data");
	jw_object(w);
	jw_key(w, "timestamp");
	jw_time(w, p->time_ns);
	jw_key_s(w, "source", p->source);
	jw_key_s(w, "actor", p->actor);
	jw_key_s(w, "action", p->action);
	jw_key_s(w, "target", p->target);
	jw_key_s(w, "host", p->host);
	jw_key_s(w, "role", p->role);
	jw_key_i(w, "count", p->count);
	jw_key_s(w, "raw_sha256", p->sha256);
	jw_object_end(w);
	jw_object_end(w);
}

static void
put_edge(struct jw *w, const struct subject *s, const struct link *l)
{
	const struct str from = s->point[l->from].id, to = s->point[l->to].id;

	jw_object(w);
	jw_key_s(w, "uid", str_printf(s->a, "%.*s->%.*s#%.*s", STR_ARG(from),
	    STR_ARG(to), STR_ARG(l->rule)));
	jw_key_s(w, "name", l->rule);
	jw_key_c(w, "relation", "caused");
	jw_key_s(w, "source", from);
	jw_key_s(w, "target", to);
	jw_key_b(w, "is_directed", true);
	jw_key(w, "data");
	jw_object(w);
	jw_key_s(w, "heuristic", l->heuristic);
	jw_key_s(w, "grade", l->grade);
	jw_key_n(w, "confidence", l->confidence);
	jw_key_s(w, "because", l->because);
	stix_evidence(w, l->evidence);
	jw_object_end(w);
	jw_object_end(w);
}

static void
put_graph(struct jw *w, struct subject *s)
{
	size_t i;

	jw_key(w, "attack_graph");
	jw_object(w);
	jw_key_s(w, "uid", s->id);
	jw_key_c(w, "type", "causal chain");
	jw_key_b(w, "is_directed", true);
	jw_key(w, "nodes");
	jw_array(w);
	for (i = 0; i < s->n_points; i++)
		put_node(w, s, &s->point[i]);
	jw_array_end(w);
	jw_key(w, "edges");
	jw_array(w);
	for (i = 0; i < s->n_links; i++)
		put_edge(w, s, &s->link[i]);
	jw_array_end(w);
	jw_object_end(w);
}

/* ---- the finding -------------------------------------------------------------------- */

static void
put_events(struct jw *w, struct subject *s)
{
	const struct point *p;
	size_t i;

	jw_key_i(w, "related_events_count", (int64_t)s->n_points);
	jw_key(w, "related_events");
	jw_array(w);
	for (i = 0; i < s->n_points; i++) {
		p = &s->point[i];
		jw_object(w);
		jw_key_s(w, "uid", p->id);
		jw_key_s(w, "type", p->type);
		jw_key_s(w, "title", shown(s->a, point_words(s->a, p),
		    NAME_SHOWN));
		put_ms(w, "first_seen_time", p->time_ns);
		put_ms(w, "last_seen_time", p->time_ns);
		jw_key_i(w, "count", p->count);
		put_attacks(w, p->techniques, p->n_techniques);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void
put_finding(struct jw *w, struct subject *s)
{
	jw_key(w, "finding_info_list");
	jw_array(w);
	jw_object(w);
	jw_key_s(w, "uid", s->id);
	jw_key_s(w, "title", s->title);
	put_ms(w, "created_time", s->born_ns);
	put_ms(w, "modified_time", s->at_ns);
	put_ms(w, "first_seen_time", s->first_ns);
	put_ms(w, "last_seen_time", s->last_ns);
	jw_key(w, "analytic");
	jw_object(w);
	jw_key_c(w, "name", "TRA-CE causal analysis");
	jw_key_s(w, "uid", text_of(s, "ruleset"));
	put_enumerated(w, "type_id", "type", (struct enumerated){ 1,
	    "Rule" });
	jw_object_end(w);
	put_attacks(w, s->techniques, s->n_techniques);
	put_events(w, s);
	put_graph(w, s);
	jw_object_end(w);
	jw_array_end(w);
}

static void
put_observables(struct jw *w, const struct subject *s)
{
	static const struct { const char *kind; struct enumerated type; }
	row[] = {
		{ "host", { 1, "Hostname" } },
		{ "ip", { 2, "IP Address" } },
		{ "user", { 4, "User Name" } },
		{ "url", { 6, "URL String" } },
		{ "domain", { 1, "Hostname" } },
		{ "file", { 45, "File Path" } },
		{ "process", { 9, "Process Name" } },
		{ "useragent", { 16, "HTTP User-Agent" } },
	};
	const struct json *list = json_get(s->chain, "entities"), *v;
	size_t i, k;

	jw_key(w, "observables");
	jw_array(w);
	for (i = 0; i < json_len(list); i++) {
		v = json_item(list, i);
		for (k = 0; k < COUNT(row); k++) {
			if (!str_is(json_str(json_get(v, "kind")),
			    row[k].kind))
				continue;
			jw_object(w);
			put_enumerated(w, "type_id", "type", row[k].type);
			jw_key_s(w, "value", json_str(json_get(v, "name")));
			jw_object_end(w);
		}
	}
	jw_array_end(w);
}

/* The class wants to know who has it; nobody is a group too. */
static void
put_assignee(struct jw *w, const struct subject *s)
{
	struct str who = text_of(s, "assignee"), ticket = text_of(s, "ticket");

	jw_key(w, who.len > 0 ? "assignee" : "assignee_group");
	jw_object(w);
	jw_key_s(w, "name", who.len > 0 ? who : STR("unassigned"));
	jw_object_end(w);
	if (ticket.len == 0)
		return;
	jw_key(w, "tickets");
	jw_array(w);
	jw_object(w);
	jw_key_s(w, "uid", ticket);
	jw_object_end(w);
	jw_array_end(w);
}

static void
put_metadata(struct jw *w, const struct subject *s)
{
	jw_key(w, "metadata");
	jw_object(w);
	jw_key_c(w, "version", OCSF_VERSION);
	jw_key_s(w, "uid", str_printf(s->a, "%.*s.%lld", STR_ARG(s->id),
	    (long long)s->version));
	jw_key(w, "product");
	jw_object(w);
	jw_key_c(w, "name", "TRA-CE");
	jw_key_c(w, "vendor_name", "TRA-CE");
	jw_object_end(w);
	jw_key(w, "profiles");
	jw_array(w);
	jw_c(w, "incident");
	jw_array_end(w);
	jw_object_end(w);
}

static void
put_class(struct jw *w, const struct subject *s)
{
	struct enumerated activity = activity_of(s);

	put_enumerated(w, "category_uid", "category_name",
	    (struct enumerated){ 2, "Findings" });
	put_enumerated(w, "class_uid", "class_name",
	    (struct enumerated){ CLASS, "Incident Finding" });
	put_enumerated(w, "activity_id", "activity_name", activity);
	jw_key_i(w, "type_uid", CLASS * 100 + activity.id);
	jw_key_s(w, "type_name", str_printf(s->a, "Incident Finding: %s",
	    activity.name));
}

void
write_ocsf(struct subject *s)
{
	struct jw w;

	jw_init(&w, s->out);
	jw_object(&w);
	put_class(&w, s);
	put_metadata(&w, s);
	put_ms(&w, "time", s->born_ns);
	put_ms(&w, "start_time", s->first_ns);
	put_ms(&w, "end_time", s->last_ns);
	put_enumerated(&w, "severity_id", "severity", severity_of(s->score));
	put_enumerated(&w, "status_id", "status",
	    status_of(text_of(s, "status")));
	put_enumerated(&w, "confidence_id", "confidence",
	    confidence_of(s->grade));
	put_enumerated(&w, "verdict_id", "verdict",
	    verdict_of(text_of(s, "disposition")));
	jw_key_s(&w, "message", s->title);
	jw_key_s(&w, "desc", str_printf(s->a, "Causal chain: %.*s.",
	    STR_ARG(subject_counts(s))));
	put_assignee(&w, s);
	put_attacks(&w, s->techniques, s->n_techniques);
	put_finding(&w, s);
	put_observables(&w, s);
	jw_object_end(&w);
}
