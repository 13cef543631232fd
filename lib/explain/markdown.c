/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings as Markdown. Text of records is hostile: every character that means
 * something to Markdown or HTML is escaped, so it can be no heading, no link,
 * no picture and no markup. Cites follow as numbers of a list at the end.
 */
#include "explain/inner.h"

#include <string.h>

#include "attack.h"
#include "base/shown.h"
#include "base/table.h"

struct page {
	struct buf *b;
	const struct findings *f;
	struct table known;		/* place of a cite's text in the list */
	struct str *list;
	size_t n, room;
};

/* Many readers make links of bare http://, and of www. as well. */
static bool
is_link(struct str s, size_t i)
{
	return (s.p[i] == ':' && i + 1 < s.len && s.p[i + 1] == '/') ||
	    (s.p[i] == '.' && i > 0 && (s.p[i - 1] | 32) == 'w');
}

static void
put_safe(struct buf *b, struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '<' || s.p[i] == '>') {
			buf_put_c(b, s.p[i] == '<' ? "&lt;" : "&gt;");
			continue;
		}
		if (strchr("\\`*_{}[]#+|~!&$@", s.p[i]) != NULL ||
		    is_link(s, i))
			buf_put_char(b, '\\');
		buf_put_char(b, s.p[i]);
	}
}

void
explain_markdown_text(struct buf *b, struct str s)
{
	char word[SHOWN_STEP];
	size_t at = 0, step;

	while (at < s.len) {		/* up to the next that is not shown */
		step = shown_step(s.p + at, s.len - at, word);
		at += step;
		if (word[0] == '\0')
			continue;
		put_safe(b, str_sub(s, 0, at - step));
		put_safe(b, str_of(word));
		s = str_sub(s, at, s.len);
		at = 0;
	}
	put_safe(b, s);
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
place_of(struct page *g, struct str cite)
{
	uint64_t h = number_of(cite);
	int64_t at;
	bool added;

	for (;;) {
		at = table_add(&g->known, h, (int64_t)g->n, &added);
		if (!added && str_eq(g->list[at], cite))
			return (size_t)at;
		if (added)
			break;
		h++;
	}
	g->list = arena_grow(g->f->a, g->list, &g->room, g->n + 1,
	    sizeof(struct str));
	g->list[g->n++] = cite;
	return (size_t)at;
}

static void
put_said(struct page *g, const struct said *s)
{
	size_t i;

	explain_markdown_text(g->b, s->text);
	buf_put_c(g->b, " \\[");
	for (i = 0; i < s->n_cites; i++)
		buf_printf(g->b, "%s%zu", i > 0 ? ", " : "",
		    place_of(g, s->cites[i]) + 1);
	buf_put_c(g->b, "\\]\n");
}

static void
put_item(struct page *g, const char *head, const struct said *s)
{
	buf_printf(g->b, "* %s", head);
	put_said(g, s);
}

static void
put_narrative(struct page *g)
{
	const struct findings *f = g->f;
	size_t i, k;

	for (i = 0; i < f->n_paragraphs; i++) {
		buf_put_c(g->b, "\n## ");
		explain_markdown_text(g->b, str_of(f->paragraph[i].topic));
		buf_put_c(g->b, "\n\n");
		for (k = 0; k < f->paragraph[i].s.n; k++)
			put_item(g, "", &f->paragraph[i].s.v[k]);
	}
}

static void
put_root(struct page *g)
{
	size_t i;

	buf_put_c(g->b, "\n## Root cause\n\n");
	put_said(g, &g->f->root_said);
	buf_put_c(g->b, g->f->n_rivals > 0 ? "\nRivals:\n\n" :
	    "\nNo other beginning explains a fifth of the signs.\n");
	for (i = 0; i < g->f->n_rivals; i++)
		put_item(g, "", &g->f->rival[i].said);
}

static void
put_deeds(struct page *g)
{
	const struct findings *f = g->f;
	size_t i;

	buf_put_c(g->b, "\n## Recommended actions\n\n");
	for (i = 0; i < f->n_deeds; i++) {
		buf_printf(g->b, "%zu. **%s: ", i + 1, f->deed[i].action);
		explain_markdown_text(g->b, f->deed[i].target);
		buf_put_c(g->b, "** ");
		put_said(g, &f->deed[i].rationale);
		if (f->deed[i].counter != SIZE_MAX) {
			buf_put_c(g->b, "   ");
			explain_markdown_text(g->b, f->counter[f->deed[i].counter].said.text);
			buf_put_char(g->b, '\n');
		}
	}
}

static void
put_why(struct page *g)
{
	buf_put_c(g->b, "\n## Why\n\n");
	put_item(g, "What failed: ", &g->f->failed);
	put_item(g, "What should have caught it: ", &g->f->caught);
	put_item(g, "What to fix: ", &g->f->fix);
	put_item(g, "Who owns it: ", &g->f->owner);
}

static void
put_doubt(struct page *g)
{
	const struct findings *f = g->f;
	size_t i;

	buf_put_c(g->b, "\n## Counterfactuals\n\n");
	for (i = 0; i < f->n_counters; i++)
		put_item(g, "", &f->counter[i].said);
	if (f->n_counters == 0)
		buf_put_c(g->b, "No single event cuts anything off.\n");
	buf_put_c(g->b, "\n## Evidence against\n\n");
	for (i = 0; i < f->against.n; i++)
		put_item(g, "", &f->against.v[i]);
	buf_put_c(g->b, "\n## Not observed\n\n");
	for (i = 0; i < f->n_unseen; i++) {
		put_item(g, "", &f->unseen[i].said);
		buf_put_c(g->b, "  Searched: ");
		explain_markdown_text(g->b, f->unseen[i].searched);
		buf_put_char(g->b, '\n');
	}
	if (f->n_unseen == 0)
		buf_put_c(g->b, "Every tactic that was looked for is marked.\n");
}

static void
put_next(struct page *g)
{
	const struct next_row *r;
	char text[TECHNIQUE_TEXT];
	size_t i;

	buf_put_c(g->b, "\n## What may come next\n\n");
	for (i = 0; i < g->f->n_next; i++) {
		r = &g->f->next[i];
		buf_printf(g->b, "* %s %s: %.0f %% (base rate %.0f %%), %s\n",
		    technique_text(r->technique, text),
		    attack_technique_name(r->technique), 100 * r->probability,
		    100 * r->base, r->seen ? "visible here" :
		    "not visible here");
	}
	if (g->f->n_next == 0)
		buf_put_c(g->b, "No technique is marked, so nothing is said.\n");
}

void
explain_markdown(struct buf *b, const struct findings *f)
{
	struct page g = { .b = b, .f = f };
	const struct story *s = f->s;
	size_t i;

	table_init(&g.known);
	buf_printf(b, "# Investigation of %s\n", s->given ?
	    "a chain given by the caller" : s->chain_id.p);
	put_narrative(&g);
	put_root(&g);
	put_deeds(&g);
	put_why(&g);
	put_doubt(&g);
	put_next(&g);
	buf_put_c(b, "\n## Cites\n\n");
	for (i = 0; i < g.n; i++) {
		buf_printf(b, "%zu. ", i + 1);
		explain_markdown_text(b, g.list[i]);
		buf_put_char(b, '\n');
	}
	table_release(&g.known);
}
