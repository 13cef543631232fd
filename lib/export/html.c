/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report: one HTML file without scripts and without anything to fetch, to
 * read on a screen, print or send. First what happened and what to do, then
 * why, then everything that it rests on. A policy inside the page forbids
 * whatever is not its own style sheet, so that even a mistake of ours in
 * escaping would run nothing.
 */
#include "export/inner.h"
#include "export/html.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "explain.h"

enum { TITLE_SHOWN = 300, VALUE_SHOWN = 2000 };

const char *
html_grade(struct str grade)
{
	if (str_is(grade, "PROVABLE"))
		return "proven";
	return str_is(grade, "MIXED") ? "mixed" : "inferred";
}

const char *
html_role(struct str role)
{
	static const char *const known[] = { "root", "step", "seed", "impact",
		"context" };
	size_t i;

	for (i = 0; i < COUNT(known); i++)
		if (str_is(role, known[i]))
			return known[i];
	return "step";
}

static void
put_badge(struct subject *s, struct str grade)
{
	buf_printf(s->out, "<span class=\"badge %s\">", html_grade(grade));
	html_text(s, grade, 0);
	buf_put_c(s->out, "</span>");
}

/* ---- head ----------------------------------------------------------------------- */

static void
put_head(struct subject *s)
{
	uint8_t digest[SHA256_LEN];

	sha256(html_style, strlen(html_style), digest);
	buf_put_c(s->out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta http-equiv=\""
	    "Content-Security-Policy\" content=\"default-src 'none'; "
	    "style-src 'sha256-");
	buf_put_str(s->out, base64_text(s->a, digest, sizeof(digest)));
	buf_put_c(s->out, "'; base-uri 'none'; form-action 'none'\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, "
	    "initial-scale=1\">\n<meta name=\"referrer\" content=\""
	    "no-referrer\">\n<title>");
	html_text(s, s->title, TITLE_SHOWN);
	buf_put_c(s->out, "</title>\n<style>");
	buf_put_c(s->out, html_style);
	buf_put_c(s->out, "</style>\n</head>\n<body>\n");
}

static void
put_fact(struct subject *s, const char *name, struct str value,
    struct str more)
{
	buf_printf(s->out, "<div><dt>%s</dt><dd>", name);
	html_text(s, value, 0);
	if (more.len > 0) {
		buf_put_c(s->out, "<small>");
		html_text(s, more, 0);
		buf_put_c(s->out, "</small>");
	}
	buf_put_c(s->out, "</dd></div>\n");
}

static struct str
stamp_of(struct subject *s, int64_t ns)
{
	struct buf b;
	struct str out;

	buf_init(&b, 64);
	put_time_text(&b, ns);
	out = str_dup(s->a, buf_str(&b));
	buf_release(&b);
	return out;
}

static void
put_facts(struct subject *s)
{
	const struct json *c = s->chain;
	struct str *hosts, status = json_str(json_get(c, "status"));
	size_t n = subject_hosts(s, &hosts);

	buf_put_c(s->out, "<dl class=\"facts\">\n");
	put_fact(s, "Score", json_scalar(s->a, json_get(c, "score")),
	    STR("of 100"));
	put_fact(s, "Links proven", str_printf(s->a, "%zu of %zu",
	    subject_proven(s), s->n_links), STR("both ends recorded under one "
	    "identifier"));
	put_fact(s, "Signs tied to the root", json_str(json_get(c,
	    "seeds_proven_to_root")), STR("by proven links alone"));
	put_fact(s, "Reach", str_printf(s->a, "%zu host%s", n,
	    n == 1 ? "" : "s"), str_printf(s->a, "%zu events",
	    s->n_points));
	put_fact(s, "First event", stamp_of(s, s->first_ns),
	    str_printf(s->a, "last: %.*s", STR_ARG(stamp_of(s, s->last_ns))));
	put_fact(s, "Status", status, json_str(json_get(c, "disposition")));
	buf_put_c(s->out, "</dl>\n");
}

static void
put_top(struct subject *s)
{
	const struct json *cut = json_get(s->chain, "truncated");

	buf_put_c(s->out, "<header>\n<p class=\"kind\">Incident report</p>\n"
	    "<h1><bdi>");
	html_text(s, s->title, TITLE_SHOWN);
	buf_put_c(s->out, "</bdi></h1>\n<p>");
	put_badge(s, s->grade);
	buf_put_c(s->out, " &#160; <code>");
	html_text(s, s->id, 0);
	buf_printf(s->out, "</code>, version %lld</p>\n",
	    (long long)s->version);
	put_facts(s);
	if (json_type(cut) == JSON_OBJECT) {
		buf_put_c(s->out, "<p>Not all of it is here: it was cut short "
		    "by ");
		html_text(s, json_str(json_get(cut, "why")), 0);
		buf_put_c(s->out, ".</p>\n");
	}
	buf_put_c(s->out, "</header>\n");
}

/* ---- what it rests on -------------------------------------------------------------- */

static void
put_row(struct subject *s, const struct point *p, size_t number)
{
	char text[TECHNIQUE_TEXT];
	const char *name;
	size_t i;

	buf_printf(s->out, "<tr id=\"e%zu\"><td class=\"n\">%zu</td>"
	    "<td>", number, number);
	put_time_text(s->out, p->time_ns);
	buf_put_c(s->out, "</td><td><bdi>");
	html_text(s, p->host, TITLE_SHOWN);
	buf_put_c(s->out, "</bdi></td><td><b>");
	html_text(s, p->action, TITLE_SHOWN);
	buf_put_c(s->out, "</b> by <bdi>");
	html_text(s, p->actor, TITLE_SHOWN);
	buf_put_c(s->out, "</bdi>");
	if (p->count > 1)
		buf_printf(s->out, ", %lld times", (long long)p->count);
	if (p->target.len > 0) {
		buf_put_c(s->out, "<br><code><bdi>");
		html_text(s, p->target, VALUE_SHOWN);
		buf_put_c(s->out, "</bdi></code>");
	}
	buf_put_c(s->out, "</td><td>");
	for (i = 0; i < p->n_techniques; i++) {
		name = attack_technique_name(p->techniques[i]);
		buf_printf(s->out, "%s%s %s", i > 0 ? "<br>" : "",
		    technique_text(p->techniques[i], text),
		    name != NULL ? name : "");
	}
	buf_printf(s->out, "</td><td>%s</td></tr>\n", html_role(p->role));
}

static void
put_timeline(struct subject *s)
{
	size_t i;

	buf_put_c(s->out, "<h2>Timeline</h2>\n<table><thead><tr>"
	    "<th class=\"w1\"></th><th class=\"w3\">Time</th><th class=\"w3\">"
	    "Host</th><th>What</th><th class=\"w2\">ATT&amp;CK</th>"
	    "<th class=\"w5\">Part</th></tr></thead>\n<tbody>\n");
	for (i = 0; i < s->n_points; i++)
		put_row(s, &s->point[i], i + 1);
	buf_put_c(s->out, "</tbody></table>\n");
}

static void
put_proof(struct subject *s, const struct json *v)
{
	static const char *const names[] = { "event_id", "field", "value",
		"raw_sha256" };
	size_t i;

	buf_put_c(s->out, "<tr>");
	for (i = 0; i < COUNT(names); i++) {
		buf_put_c(s->out, "<td><code><bdi>");
		html_text(s, json_str(json_get(v, names[i])), VALUE_SHOWN);
		buf_put_c(s->out, "</bdi></code></td>");
	}
	buf_put_c(s->out, "</tr>\n");
}

/* The log that would prove a link. */
static void
put_lack(struct subject *s, const struct json *x)
{
	struct str setting = json_str(json_get(x, "setting"));

	buf_put_c(s->out, "<p>Would prove it: <b>");
	html_text(s, json_str(json_get(x, "record")), 0);
	buf_put_c(s->out, "</b>; missing: ");
	html_text(s, json_str(json_get(x, "missing")), 0);
	if (setting.len > 0) {
		buf_put_c(s->out, "; setting: ");
		html_text(s, setting, 0);
	}
	buf_put_c(s->out, "</p>\n");
}

static void
put_link(struct subject *s, const struct link *l)
{
	size_t i, n = json_len(l->evidence);

	buf_printf(s->out, "<div class=\"link %s\"><p><a href=\"#e%zu\">%zu"
	    "</a> \xe2\x86\x92 <a href=\"#e%zu\">%zu</a> &#160; ",
	    html_grade(l->grade), l->from + 1, l->from + 1, l->to + 1,
	    l->to + 1);
	put_badge(s, l->grade);
	buf_put_c(s->out, " rule <b>");
	html_text(s, l->rule, 0);
	buf_put_c(s->out, "</b>: ");
	html_text(s, l->because, VALUE_SHOWN);
	buf_put_c(s->out, "</p>\n");
	for (i = 0; i < json_len(l->to_prove); i++)
		put_lack(s, json_item(l->to_prove, i));
	if (n > 0)
		buf_put_c(s->out, "<table><thead><tr><th class=\"w2\">Event"
		    "</th><th class=\"w2\">Field</th><th>Value</th><th "
		    "class=\"w4\">SHA-256 of the record</th></tr></thead>"
		    "<tbody>\n");
	for (i = 0; i < n; i++)
		put_proof(s, json_item(l->evidence, i));
	buf_put_c(s->out, n > 0 ? "</tbody></table></div>\n" : "</div>\n");
}

static void
put_links(struct subject *s)
{
	size_t i;

	buf_put_c(s->out, "<h2>Every link and what proves it</h2>\n<p>"
	    "PROVABLE: the source itself recorded both ends under one strong "
	    "identifier. MIXED: a recorded identifier and an assumption. "
	    "INFERRED: alike, not proven. Field and value stand in the record "
	    "with that digest, where anybody can look them up again.</p>\n");
	for (i = 0; i < s->n_links; i++)
		put_link(s, &s->link[i]);
}

static void
put_foot(struct subject *s)
{
	buf_put_c(s->out, "<footer><p>Made by TRA-CE of chain <code>");
	html_text(s, s->id, 0);
	buf_printf(s->out, "</code>, version %lld of ",
	    (long long)s->version);
	put_time_text(s->out, s->at_ns);
	buf_put_c(s->out, ". Ruleset <code>");
	html_text(s, json_str(json_get(s->chain, "ruleset")), 0);
	buf_printf(s->out, "</code>, ATT&amp;CK %s. Characters that cannot be "
	    "seen, or that turn the direction of text, are shown by their "
	    "number.</p></footer>\n</body>\n</html>\n", attack_version());
}

/* ---- the whole ------------------------------------------------------------------------ */

struct named { struct str id; size_t at; };

static int
by_id(const void *a, const void *b)
{
	return str_cmp(((const struct named *)a)->id,
	    ((const struct named *)b)->id);
}

static void
words_sort(struct words *w)
{
	struct subject *s = w->s;
	struct named *all = arena_array(s->a, s->n_points + 1, sizeof(*all));
	size_t i;

	for (i = 0; i < s->n_points; i++)
		all[i] = (struct named){ s->point[i].id, i };
	qsort(all, s->n_points, sizeof(*all), by_id);
	w->ids = arena_array(s->a, s->n_points + 1, sizeof(struct str));
	w->at = arena_array(s->a, s->n_points + 1, sizeof(size_t));
	for (i = 0; i < s->n_points; i++) {
		w->ids[i] = all[i].id;
		w->at[i] = all[i].at;
	}
}

static void
put_picture(struct subject *s)
{
	buf_put_c(s->out, "<h2>The chain</h2>\n");
	html_picture(s);
}

void
write_html(struct subject *s)
{
	struct json_doc *doc = json_doc_new();
	struct words w = { .s = s };
	struct buf text;
	struct jw j;

	buf_init(&text, 256 << 20);
	jw_init(&j, &text);
	if (s->findings != NULL) {
		explain_json(&j, s->findings, 0);
		w.found = json_parse(doc, buf_str(&text));
		words_sort(&w);
	}
	put_head(s);
	put_top(s);
	if (w.found != NULL)
		html_short(&w);
	put_picture(s);
	if (w.found != NULL) {
		html_actions(&w);
		html_reasons(&w);
		html_doubts(&w);
	}
	put_timeline(s);
	put_links(s);
	put_foot(s);
	buf_release(&text);
	json_doc_free(doc);
}
