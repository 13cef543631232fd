/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An investigation's JSON as a page to read, in Markdown or HTML. Both come
 * from the answer alone, so one that was stored reads as it did on the first
 * day. Each sentence ends in the numbers of what it cites; the numbers stand
 * for the list at the page's end.
 */
#include "explain/inner.h"

#include <string.h>

#include "base/hash.h"
#include "base/shown.h"
#include "base/table.h"

enum { ANSWER_MAX = 64 << 20 };

struct writing {
	struct buf *b;
	struct arena *a;
	bool html;
	struct table known;		/* place of a cite's text in the list */
	struct str *list;
	size_t n, room;
};

static const char style[] = "body{font:15px/1.5 system-ui,sans-serif;max-width:"
    "60rem;margin:2rem auto;padding:0 1rem}p,li{overflow-wrap:anywhere}"
    "sup a{text-decoration:none}";

/* ---- words ---------------------------------------------------------------- */

static void
put_html(struct buf *b, struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		switch (s.p[i]) {
		case '<': buf_put_c(b, "&lt;"); break;
		case '>': buf_put_c(b, "&gt;"); break;
		case '&': buf_put_c(b, "&amp;"); break;
		case '"': buf_put_c(b, "&#34;"); break;
		case '\'': buf_put_c(b, "&#39;"); break;
		default: buf_put_char(b, s.p[i]);
		}
}

static void
text(struct writing *w, struct str s)
{
	if (w->html)
		put_html(w->b, shown(w->a, s, 0));
	else
		explain_markdown_text(w->b, s);
}

static struct str
member(const struct json *v, const char *name)
{
	return json_str(json_get(v, name));
}

static void
heading(struct writing *w, const char *fixed, struct str title)
{
	buf_put_c(w->b, w->html ? "<h2>" : "\n## ");
	text(w, fixed != NULL ? str_of(fixed) : title);
	buf_put_c(w->b, w->html ? "</h2>\n" : "\n\n");
}

/* A paragraph of our own. */
static void
note(struct writing *w, const char *words)
{
	buf_put_c(w->b, w->html ? "<p>" : "");
	buf_put_c(w->b, words);
	buf_put_c(w->b, w->html ? "</p>\n" : "\n");
}

/* FNV-1a: its numbers decide nothing but where to look. */
static uint64_t
number_of(struct str s)
{
	uint64_t h = 1469598103934665603ULL;
	size_t i;

	for (i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.p[i]) * 1099511628211ULL;
	return h;
}

static size_t
place_of(struct writing *w, struct str cite)
{
	uint64_t h = number_of(cite);
	int64_t at;
	bool added;

	for (;;) {
		at = table_add(&w->known, h, (int64_t)w->n, &added);
		if (!added && str_eq(w->list[at], cite))
			return (size_t)at;
		if (added)
			break;
		h++;
	}
	w->list = arena_grow(w->a, w->list, &w->room, w->n + 1,
	    sizeof(struct str));
	w->list[w->n++] = cite;
	return (size_t)at;
}

static void
cites(struct writing *w, const struct json *v)
{
	const struct json *list = json_get(v, "cites");
	size_t i, n, number;

	n = json_len(list);
	buf_put_c(w->b, w->html ? "<sup>" : " \\[");
	for (i = 0; i < n; i++) {
		number = place_of(w, json_str(json_item(list, i))) + 1;
		buf_put_c(w->b, i == 0 ? "" : w->html ? " " : ", ");
		buf_printf(w->b, w->html ? "<a href=\"#c%zu\">%zu</a>" : "%zu",
		    number, number);
	}
	buf_put_c(w->b, w->html ? "</sup>" : "\\]");
}

static void
items(struct writing *w, bool begin)
{
	if (w->html)
		buf_put_c(w->b, begin ? "<ul>\n" : "</ul>\n");
}

/* "* Head: sentence [1, 2]"; `also` may add more in the same item. */
static void
item(struct writing *w, const char *head, const struct json *v,
    const char *name, struct str also)
{
	buf_put_c(w->b, w->html ? "<li>" : "* ");
	buf_put_c(w->b, head);
	text(w, member(v, name));
	cites(w, v);
	if (also.len > 0) {
		buf_put_c(w->b, w->html ? "<br>" : "\n  ");
		text(w, also);
	}
	buf_put_c(w->b, w->html ? "</li>\n" : "\n");
}

static void
each_item(struct writing *w, const struct json *list, const char *name)
{
	size_t i, n = json_len(list);

	if (n == 0)
		return;
	items(w, true);
	for (i = 0; i < n; i++)
		item(w, "", json_item(list, i), name, (struct str){ 0 });
	items(w, false);
}

/* ---- parts ------------------------------------------------------------------ */

static void
narrative(struct writing *w, const struct json *v)
{
	const struct json *list = json_get(v, "narrative"), *p;
	size_t i, n = json_len(list);

	for (i = 0; i < n; i++) {
		p = json_item(list, i);
		heading(w, NULL, member(p, "topic"));
		if (str_is(member(p, "by"), "model"))
			note(w, "Worded by a language model; each sentence was "
			    "held against what it cites.");
		each_item(w, json_get(p, "sentences"), "text");
	}
}

static void
root(struct writing *w, const struct json *v)
{
	const struct json *r = json_get(v, "root_cause");
	const struct json *rivals = json_get(r, "rivals");

	heading(w, "Root cause", (struct str){ 0 });
	buf_put_c(w->b, w->html ? "<p>" : "");
	text(w, member(r, "explanation"));
	cites(w, r);
	buf_put_c(w->b, w->html ? "</p>\n" : "\n\n");
	note(w, json_len(rivals) > 0 ? "Rivals:\n" :
	    "No other beginning explains a fifth of the signs.");
	each_item(w, rivals, "text");
}

static void
action(struct writing *w, const struct json *v, const struct json *counters)
{
	const struct json *d = json_get(v, "counterfactual");

	buf_printf(w->b, w->html ? "<li><b>" : "%lld. **",
	    (long long)json_int(json_get(v, "priority")));
	text(w, member(v, "action"));
	buf_put_c(w->b, ": ");
	text(w, member(v, "target"));
	buf_put_c(w->b, w->html ? "</b> " : "** ");
	text(w, member(v, "rationale"));
	cites(w, v);
	if (json_type(d) == JSON_INT && json_int(d) >= 0) {
		buf_put_c(w->b, w->html ? "<br>" : "\n   ");
		text(w, member(json_item(counters, (size_t)json_int(d)),
		    "statement"));
	}
	buf_put_c(w->b, w->html ? "</li>\n" : "\n");
}

static void
actions(struct writing *w, const struct json *v)
{
	const struct json *list = json_get(v, "recommended_actions");
	size_t i, n = json_len(list);

	heading(w, "Recommended actions", (struct str){ 0 });
	buf_put_c(w->b, w->html ? "<ol>\n" : "");
	for (i = 0; i < n; i++)
		action(w, json_item(list, i), json_get(v, "counterfactuals"));
	buf_put_c(w->b, w->html ? "</ol>\n" : "");
}

static void
why(struct writing *w, const struct json *v)
{
	static const char *const rows[][2] = {
		{ "What failed: ", "what_failed" },
		{ "What should have caught it: ", "what_should_have_caught_it" },
		{ "What to fix: ", "what_to_fix" },
		{ "Who owns it: ", "who_owns_it" },
	};
	size_t i;

	heading(w, "Why", (struct str){ 0 });
	items(w, true);
	for (i = 0; i < COUNT(rows); i++)
		item(w, rows[i][0], json_at(v, "why", rows[i][1], NULL),
		    "text", (struct str){ 0 });
	items(w, false);
}

static void
doubt(struct writing *w, const struct json *v)
{
	const struct json *list = json_get(v, "not_observed"), *u;
	size_t i, n = json_len(list);

	heading(w, "Counterfactuals", (struct str){ 0 });
	each_item(w, json_get(v, "counterfactuals"), "statement");
	if (json_len(json_get(v, "counterfactuals")) == 0)
		note(w, "No single event cuts anything off.");
	heading(w, "Evidence against", (struct str){ 0 });
	each_item(w, json_get(v, "evidence_against"), "text");
	heading(w, "Not observed", (struct str){ 0 });
	items(w, true);
	for (i = 0; i < n; i++) {
		u = json_item(list, i);
		item(w, "", u, "text", str_printf(w->a, "Searched: %.*s",
		    STR_ARG(member(u, "searched"))));
	}
	items(w, false);
	if (n == 0)
		note(w, "Every tactic that was looked for is marked.");
}

static void
next(struct writing *w, const struct json *v)
{
	const struct json *list = json_get(v, "next_techniques"), *r;
	size_t i, n = json_len(list);

	heading(w, "What may come next", (struct str){ 0 });
	items(w, true);
	for (i = 0; i < n; i++) {
		r = json_item(list, i);
		buf_put_c(w->b, w->html ? "<li>" : "* ");
		text(w, member(r, "technique"));
		buf_put_char(w->b, ' ');
		text(w, member(r, "name"));
		buf_printf(w->b, ": %.0f %% (base rate %.0f %%), %s%s",
		    100 * json_double(json_get(r, "probability")),
		    100 * json_double(json_get(r, "base_rate")),
		    json_bool(json_get(r, "visible_here")) ? "visible here" :
		    "not visible here", w->html ? "</li>\n" : "\n");
	}
	items(w, false);
	if (n == 0)
		note(w, "No technique is marked, so nothing is said.");
}

static void
cited(struct writing *w)
{
	size_t i;

	heading(w, "Cites", (struct str){ 0 });
	buf_put_c(w->b, w->html ? "<ol>\n" : "");
	for (i = 0; i < w->n; i++) {
		buf_printf(w->b, w->html ? "<li id=\"c%zu\">" : "%zu. ", i + 1);
		text(w, w->list[i]);
		buf_put_c(w->b, w->html ? "</li>\n" : "\n");
	}
	buf_put_c(w->b, w->html ? "</ol>\n" : "");
}

static void
head(struct writing *w, struct str title)
{
	uint8_t digest[SHA256_LEN];

	if (w->html) {
		sha256(style, strlen(style), digest);
		buf_put_c(w->b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
		    "<meta charset=\"utf-8\">\n<meta http-equiv=\""
		    "Content-Security-Policy\" content=\"default-src 'none'; "
		    "style-src 'sha256-");
		buf_put_str(w->b, base64_text(w->a, digest, sizeof(digest)));
		buf_put_c(w->b, "'; base-uri 'none'; form-action 'none'\">\n"
		    "<title>");
		text(w, title);
		buf_printf(w->b, "</title>\n<style>%s</style>\n</head>\n<body>"
		    "\n", style);
	}
	buf_put_c(w->b, w->html ? "<h1>" : "# ");
	text(w, title);
	buf_put_c(w->b, w->html ? "</h1>\n" : "\n");
}

void
explain_page(struct buf *b, struct arena *a, const struct json *v,
    enum page form)
{
	struct writing w = { .b = b, .a = a, .html = form == PAGE_HTML };
	struct str id = member(v, "chain_id");

	table_init(&w.known);
	head(&w, id.len > 0 ? str_printf(a, "Investigation of %.*s",
	    STR_ARG(id)) : STR("Investigation of a chain given by the caller"));
	narrative(&w, v);
	root(&w, v);
	actions(&w, v);
	why(&w, v);
	doubt(&w, v);
	next(&w, v);
	cited(&w);
	buf_put_c(b, w.html ? "</body>\n</html>\n" : "");
	table_release(&w.known);
}

void
explain_markdown(struct buf *b, const struct findings *f)
{
	struct json_doc *doc = json_doc_new();
	struct buf answer;
	struct jw w;

	buf_init(&answer, ANSWER_MAX);
	jw_init(&w, &answer);
	explain_json(&w, f, 0);
	if (buf_bad(&answer))
		b->bad = true;
	else
		explain_page(b, f->a, json_parse(doc, buf_str(&answer)),
		    PAGE_MARKDOWN);
	buf_release(&answer);
	json_doc_free(doc);
}
