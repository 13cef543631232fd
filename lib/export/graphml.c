/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GraphML, as Gephi, yEd and networkx read it: every member of events and
 * links as a typed attribute. XML 1.0 has no way to write most control
 * characters, so all text is shown text.
 *
 * http://graphml.graphdrawing.org/primer/graphml-primer.html
 */
#include "export/inner.h"

#include <string.h>

#include "base/clock.h"

static const struct attribute {
	const char *id, *of, *name, *type;
} attributes[] = {
	{ "chain", "graph", "chain_id", "string" },
	{ "title", "graph", "title", "string" },
	{ "version", "graph", "version", "long" },
	{ "grade", "graph", "confidence", "string" },
	{ "score", "graph", "score", "double" },
	{ "n_time", "node", "timestamp", "string" },
	{ "n_source", "node", "source", "string" },
	{ "n_type", "node", "event_type", "string" },
	{ "n_actor", "node", "actor", "string" },
	{ "n_action", "node", "action", "string" },
	{ "n_target", "node", "target", "string" },
	{ "n_host", "node", "host", "string" },
	{ "n_techniques", "node", "techniques", "string" },
	{ "n_role", "node", "role", "string" },
	{ "n_count", "node", "count", "long" },
	{ "n_sha256", "node", "raw_sha256", "string" },
	{ "e_rule", "edge", "rule", "string" },
	{ "e_heuristic", "edge", "heuristic", "string" },
	{ "e_grade", "edge", "grade", "string" },
	{ "e_confidence", "edge", "confidence", "double" },
	{ "e_because", "edge", "because", "string" },
	{ "e_evidence", "edge", "evidence", "string" },
};

static void
put_data(struct subject *s, const char *key, struct str text)
{
	if (text.len == 0)
		return;
	buf_printf(s->out, "<data key=\"%s\">", key);
	put_xml(s->out, shown(s->a, text, 0));
	buf_put_c(s->out, "</data>");
}

static void
put_number(struct subject *s, const char *key, double x)
{
	struct jw w;

	buf_printf(s->out, "<data key=\"%s\">", key);
	jw_init(&w, s->out);		/* its shortest text, in any locale */
	jw_num(&w, x);
	buf_put_c(s->out, "</data>");
}

static void
put_node(struct subject *s, const struct point *p)
{
	char time[CLOCK_TEXT], text[TECHNIQUE_TEXT];
	struct str techniques = { 0 };
	size_t i;

	for (i = 0; i < p->n_techniques; i++)
		techniques = str_printf(s->a, "%.*s%s%s", STR_ARG(techniques),
		    i > 0 ? " " : "", technique_text(p->techniques[i], text));
	clock_format(p->time_ns, time);
	buf_put_c(s->out, "<node id=\"");
	put_xml(s->out, p->id);
	buf_put_c(s->out, "\">");
	put_data(s, "n_time", str_of(time));
	put_data(s, "n_source", p->source);
	put_data(s, "n_type", p->type);
	put_data(s, "n_actor", p->actor);
	put_data(s, "n_action", p->action);
	put_data(s, "n_target", p->target);
	put_data(s, "n_host", p->host);
	put_data(s, "n_techniques", techniques);
	put_data(s, "n_role", p->role);
	put_number(s, "n_count", (double)p->count);
	put_data(s, "n_sha256", p->sha256);
	buf_put_c(s->out, "</node>\n");
}

static struct str
evidence_text(struct subject *s, const struct link *l)
{
	struct str out;
	struct buf b;
	struct jw w;

	buf_init(&b, 8 << 20);
	jw_init(&w, &b);
	jw_object(&w);
	stix_evidence(&w, l->evidence);
	jw_object_end(&w);
	out = str_dup(s->a, buf_str(&b));
	buf_release(&b);
	return out;
}

static void
put_edge(struct subject *s, const struct link *l, size_t number)
{
	buf_printf(s->out, "<edge id=\"e%zu\" source=\"", number);
	put_xml(s->out, s->point[l->from].id);
	buf_put_c(s->out, "\" target=\"");
	put_xml(s->out, s->point[l->to].id);
	buf_put_c(s->out, "\">");
	put_data(s, "e_rule", l->rule);
	put_data(s, "e_heuristic", l->heuristic);
	put_data(s, "e_grade", l->grade);
	put_number(s, "e_confidence", l->confidence);
	put_data(s, "e_because", l->because);
	put_data(s, "e_evidence", evidence_text(s, l));
	buf_put_c(s->out, "</edge>\n");
}

void
write_graphml(struct subject *s)
{
	const struct attribute *a;
	size_t i;

	buf_put_c(s->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n");
	for (i = 0; i < COUNT(attributes); i++) {
		a = &attributes[i];
		buf_printf(s->out, "<key id=\"%s\" for=\"%s\" attr.name=\"%s\""
		    " attr.type=\"%s\"/>\n", a->id, a->of, a->name, a->type);
	}
	buf_put_c(s->out, "<graph id=\"");
	put_xml(s->out, s->id);
	buf_put_c(s->out, "\" edgedefault=\"directed\">\n");
	put_data(s, "chain", s->id);
	put_data(s, "title", s->title);
	put_number(s, "version", (double)s->version);
	put_data(s, "grade", s->grade);
	put_number(s, "score", s->score);
	buf_put_char(s->out, '\n');
	for (i = 0; i < s->n_points; i++)
		put_node(s, &s->point[i]);
	for (i = 0; i < s->n_links; i++)
		put_edge(s, &s->link[i], i);
	buf_put_c(s->out, "</graph>\n</graphml>\n");
}
