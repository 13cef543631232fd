/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine found, as sections of the report. Each sentence ends in the
 * numbers of the events it rests on. */
#include "export/inner.h"
#include "export/html.h"

#include <stdlib.h>
#include <string.h>

enum { CITES_SHOWN = 8 };

void
html_text(struct subject *s, struct str text, size_t most)
{
	put_xml(s->out, shown(s->a, text, most));
}

static struct str
text_of(const struct json *v, const char *name)
{
	return json_str(json_get(v, name));
}

/* ---- cites: "evt_a" or "evt_a->evt_b" ------------------------------------------ */

static size_t
number_of(const struct words *w, struct str id)
{
	size_t low = 0, high = w->s->n_points, mid;
	int c;

	while (low < high) {
		mid = low + (high - low) / 2;
		c = str_cmp(w->ids[mid], id);
		if (c == 0)
			return w->at[mid] + 1;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return 0;
}

static void
put_number(struct words *w, struct str id)
{
	size_t n = number_of(w, id);

	if (n > 0)
		buf_printf(w->s->out, "<a href=\"#e%zu\">%zu</a>", n, n);
}

static void
put_cites(struct words *w, const struct json *cites)
{
	struct buf *b = w->s->out;
	size_t i, arrow, n = json_len(cites);
	struct str cite;

	if (n == 0)
		return;
	buf_put_c(b, " <span class=\"cites\">[");
	for (i = 0; i < n && i < CITES_SHOWN; i++) {
		cite = json_str(json_item(cites, i));
		arrow = str_find(cite, STR("->"), 0);
		buf_put_c(b, i > 0 ? ", " : "");
		put_number(w, arrow == (size_t)-1 ? cite :
		    str_sub(cite, 0, arrow));
		if (arrow == (size_t)-1)
			continue;
		buf_put_c(b, "\xe2\x86\x92");
		put_number(w, str_sub(cite, arrow + 2, cite.len));
	}
	if (n > CITES_SHOWN)
		buf_printf(b, " and %zu more", n - CITES_SHOWN);
	buf_put_c(b, "]</span>");
}

static void
put_said(struct words *w, const char *tag, const struct json *v,
    const char *member)
{
	buf_printf(w->s->out, "<%s>", tag);
	html_text(w->s, text_of(v, member), 0);
	put_cites(w, json_get(v, "cites"));
	buf_printf(w->s->out, "</%s>\n", tag);
}

static void
put_list(struct words *w, const char *title, const struct json *list,
    const char *member)
{
	size_t i;

	if (json_len(list) == 0)
		return;
	buf_printf(w->s->out, "<h3>%s</h3>\n<ul>\n", title);
	for (i = 0; i < json_len(list); i++)
		put_said(w, "li", json_item(list, i), member);
	buf_put_c(w->s->out, "</ul>\n");
}

/* ---- sections --------------------------------------------------------------------- */

/* First what to do has a section of its own. */
void
html_short(struct words *w)
{
	const struct json *all = json_get(w->found, "narrative"), *v;
	struct str topic;
	size_t i, k;

	buf_put_c(w->s->out, "<h2>In short</h2>\n");
	for (i = 0; i < json_len(all); i++) {
		v = json_item(all, i);
		topic = text_of(v, "topic");
		if (str_is(topic, "First response"))
			continue;
		if (i > 0) {
			buf_put_c(w->s->out, "<h3>");
			html_text(w->s, topic, 0);
			buf_put_c(w->s->out, "</h3>\n");
		}
		v = json_get(v, "sentences");
		buf_put_c(w->s->out, json_len(v) > 1 ? "<ul>\n" : "");
		for (k = 0; k < json_len(v); k++)
			put_said(w, json_len(v) > 1 ? "li" : "p",
			    json_item(v, k), "text");
		buf_put_c(w->s->out, json_len(v) > 1 ? "</ul>\n" : "");
	}
}

static void
put_action(struct words *w, const struct json *v, size_t number)
{
	const struct json *counter = json_get(v, "counterfactual");
	struct buf *b = w->s->out;

	buf_printf(b, "<tr><td class=\"n\">%zu</td><td><span class=\"do\">",
	    number);
	html_text(w->s, text_of(v, "action"), 0);
	buf_put_c(b, "</span><br><bdi>");
	html_text(w->s, text_of(v, "target"), 0);
	buf_put_c(b, "</bdi></td><td>");
	html_text(w->s, text_of(v, "rationale"), 0);
	put_cites(w, json_get(v, "cites"));
	buf_put_c(b, "</td><td>");
	if (json_type(counter) == JSON_INT) {
		v = json_item(json_get(w->found, "counterfactuals"),
		    (size_t)json_int(counter));
		buf_printf(b, "%lld of %lld signs",
		    (long long)json_int(json_get(v, "lost")),
		    (long long)json_int(json_get(v, "of")));
	}
	buf_put_c(b, "</td></tr>\n");
}

void
html_actions(struct words *w)
{
	const struct json *all = json_get(w->found, "recommended_actions");
	size_t i;

	buf_put_c(w->s->out, "<h2>What to do, in this order</h2>\n<table>"
	    "<thead><tr><th class=\"w1\"></th><th class=\"w4\">Action</th>"
	    "<th>Because</th><th class=\"w3\">Would have cut off</th></tr>"
	    "</thead>\n<tbody>\n");
	for (i = 0; i < json_len(all); i++)
		put_action(w, json_item(all, i), i + 1);
	buf_put_c(w->s->out, "</tbody></table>\n");
}

void
html_reasons(struct words *w)
{
	static const struct { const char *member, *title; } row[] = {
		{ "what_failed", "What failed" },
		{ "what_should_have_caught_it", "What should have caught it" },
		{ "what_to_fix", "What to fix" },
		{ "who_owns_it", "Who owns it" },
	};
	const struct json *root = json_get(w->found, "root_cause");
	const struct json *why = json_get(w->found, "why");
	size_t i;

	buf_put_c(w->s->out, "<h2>Root cause, and why it was possible</h2>\n");
	put_said(w, "p", root, "explanation");
	put_list(w, "Other beginnings that were weighed",
	    json_get(root, "rivals"), "text");
	for (i = 0; i < COUNT(row); i++) {
		buf_printf(w->s->out, "<h3>%s</h3>\n", row[i].title);
		put_said(w, "p", json_get(why, row[i].member), "text");
	}
}

void
html_doubts(struct words *w)
{
	buf_put_c(w->s->out, "<h2>What is not certain</h2>\n");
	put_list(w, "Evidence against",
	    json_get(w->found, "evidence_against"), "text");
	put_list(w, "Looked for and not recorded",
	    json_get(w->found, "not_observed"), "text");
}
