/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Graphviz: left to right in time, hosts as clusters, the grade by the line's
 * form as well as its colour. Ids are event ids; every text stands between
 * quotes, and labels are plain, never HTML.
 *
 * https://graphviz.org/doc/info/lang.html
 */
#include "export/inner.h"

#include <string.h>

enum { LABEL_SHOWN = 60, TIP_SHOWN = 400 };

/* In a quoted string only the quote means something to the language, but the
 * backslash does to labels ("\n", "\N"), so it is doubled. */
static void
put_quoted(struct buf *b, struct str s)
{
	size_t i;

	buf_put_char(b, '"');
	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_put_char(b, '\\');
		buf_put_char(b, s.p[i]);
	}
	buf_put_char(b, '"');
}

/* A label's lines, each shown and clipped by itself. */
static void
put_lines(struct subject *s, const struct str *line, size_t n, size_t most)
{
	struct str text;
	size_t i, k;
	bool first = true;

	buf_put_char(s->out, '"');
	for (i = 0; i < n; i++) {
		if (line[i].len == 0)
			continue;
		buf_put_c(s->out, first ? "" : "\\n");
		first = false;
		text = shown(s->a, line[i], most);
		for (k = 0; k < text.len; k++) {
			if (strchr("\"\\", text.p[k]) != NULL)
				buf_put_char(s->out, '\\');
			/* an & would begin an entity */
			buf_put_c(s->out, text.p[k] == '&' ? "&amp;" : "");
			if (text.p[k] != '&')
				buf_put_char(s->out, text.p[k]);
		}
	}
	buf_put_char(s->out, '"');
}

static struct str
techniques_text(struct subject *s, const struct point *p)
{
	char text[TECHNIQUE_TEXT];
	struct str out = { 0 };
	size_t i;

	for (i = 0; i < p->n_techniques; i++)
		out = str_printf(s->a, "%.*s%s%s", STR_ARG(out),
		    i > 0 ? " " : "", technique_text(p->techniques[i], text));
	return out;
}

static const char *
look_of(struct str role)
{
	if (str_is(role, "root"))
		return "penwidth=2.5, fillcolor=\"#ffe3c2\"";
	if (str_is(role, "seed"))
		return "fillcolor=\"#fbd5cf\"";
	if (str_is(role, "impact"))
		return "shape=octagon, fillcolor=\"#f3b4aa\"";
	if (str_is(role, "context"))
		return "style=\"rounded,filled,dashed\", "
		    "fillcolor=\"#f4f4f4\"";
	return "fillcolor=\"#eef3f8\"";
}

static void
put_node(struct subject *s, const struct point *p)
{
	struct buf time;
	struct str line[4], tip[1];

	buf_init(&time, 64);
	put_time_text(&time, p->time_ns);
	line[0] = str_dup(s->a, buf_str(&time));
	buf_release(&time);
	line[1] = p->action;
	line[2] = p->target.len > 0 ? p->target : p->actor;
	line[3] = techniques_text(s, p);
	tip[0] = point_words(s->a, p);
	buf_put_c(s->out, "\t\t");
	put_quoted(s->out, p->id);
	buf_put_c(s->out, " [label=");
	put_lines(s, line, 4, LABEL_SHOWN);
	buf_put_c(s->out, ", tooltip=");
	put_lines(s, tip, 1, TIP_SHOWN);
	buf_printf(s->out, ", %s];\n", look_of(p->role));
}

/* Events without a host stand outside all clusters. */
static void
put_host(struct subject *s, struct str host, size_t number)
{
	size_t i;

	buf_printf(s->out, "\tsubgraph cluster_%zu {\n\t\tlabel=", number);
	put_lines(s, &host, 1, LABEL_SHOWN);
	buf_put_c(s->out, ";\n");
	for (i = 0; i < s->n_points; i++)
		if (str_eq(s->point[i].host, host))
			put_node(s, &s->point[i]);
	buf_put_c(s->out, "\t}\n");
}

static const char *
line_of(struct str grade)
{
	if (str_is(grade, "PROVABLE"))
		return "style=solid, penwidth=2, color=\"#1f6f43\"";
	if (str_is(grade, "MIXED"))
		return "style=dashed, color=\"#9a6a00\"";
	return "style=dotted, color=\"#8a8f98\"";
}

static void
put_link(struct subject *s, const struct link *l)
{
	struct str label = str_printf(s->a, "%.*s %.*s", STR_ARG(l->rule),
	    STR_ARG(l->grade));

	buf_put_char(s->out, '\t');
	put_quoted(s->out, s->point[l->from].id);
	buf_put_c(s->out, " -> ");
	put_quoted(s->out, s->point[l->to].id);
	buf_put_c(s->out, " [label=");
	put_lines(s, &label, 1, LABEL_SHOWN);
	buf_put_c(s->out, ", tooltip=");
	put_lines(s, &l->because, 1, TIP_SHOWN);
	buf_printf(s->out, ", %s];\n", line_of(l->grade));
}

void
write_dot(struct subject *s)
{
	struct str *hosts, label[2];
	size_t i, n = subject_hosts(s, &hosts);

	label[0] = s->title;
	label[1] = str_printf(s->a, "%.*s, version %lld, %.*s",
	    STR_ARG(s->id), (long long)s->version, STR_ARG(s->grade));
	buf_put_c(s->out, "digraph ");
	put_quoted(s->out, s->id);
	buf_put_c(s->out, " {\n\trankdir=LR;\n\tlabelloc=t;\n\tlabel=");
	put_lines(s, label, 2, TIP_SHOWN);
	buf_put_c(s->out, ";\n\tnode [shape=box, style=\"rounded,filled\", "
	    "fontname=\"sans-serif\", fontsize=10];\n"
	    "\tedge [fontname=\"sans-serif\", fontsize=8];\n");
	for (i = 0; i < n; i++)
		put_host(s, hosts[i], i);
	for (i = 0; i < s->n_points; i++)
		if (s->point[i].host.len == 0)
			put_node(s, &s->point[i]);
	for (i = 0; i < s->n_links; i++)
		put_link(s, &s->link[i]);
	buf_put_c(s->out, "}\n");
}
