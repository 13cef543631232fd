/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sentences without a deed: of a link, whose ends are told by names or by what
 * happened there ("from the connection to the logon"), and lists of what is
 * part of the chain, of which each name must be of something that is cited.
 */
#include "explain/guard.h"

#include <stdlib.h>
#include <string.h>

static int
by_place(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

/* "the logon", or a name of it. */
static bool
end_called(const struct guard *g, const struct step *e, struct str name)
{
	struct word w;

	return hold_any(e, name) || (guard_word(str_lower(g->s->a, name), &w) &&
	    w.class == WORD_DEED && !(w.deed->how & (DEED_ANY | DEED_SEEN |
	    DEED_MARK | DEED_BEGIN | DEED_END)) && guard_deed(w.deed, e));
}

/* "the link from the service to ...": a kind without a name. */
static bool
kinds_right(const struct guard *g, const struct tie *t)
{
	const struct step *a = &g->s->step[t->from], *b = &g->s->step[t->to];
	size_t i;
	int kind;

	for (i = 0; i < g->n; i++) {
		if (g->t[i].kind != TOKEN_WORD ||
		    g->t[i].word.class != WORD_KIND ||
		    g->t[i].word.n == KIND_ANY || (i + 1 < g->n &&
		    g->t[i + 1].kind == TOKEN_NAME))
			continue;
		kind = g->t[i].word.n == KIND_PROGRAM ? KIND_PROCESS :
		    g->t[i].word.n;
		if (!hold_who(a, kind, false) && !hold_who(b, kind, false) &&
		    !hold_noun(a, g->t[i].text) && !hold_noun(b, g->t[i].text))
			return false;
	}
	return true;
}

static bool
link_holds(const struct guard *g, const struct clause *c,
    const struct tie *t)
{
	const struct step *a = &g->s->step[t->from], *b = &g->s->step[t->to];
	struct str x = c->name[0].name, y;
	bool turned;

	if (!kinds_right(g, t))
		return false;
	if (c->n_names == 0)
		return true;
	if (c->n_names == 1)
		return end_called(g, a, x) || end_called(g, b, x);
	y = c->name[1].name;
	turned = end_called(g, b, x) && end_called(g, a, y);
	if (c->name[0].part == PART_FROM || c->name[1].part == PART_TO ||
	    c->n_names > 2)
		turned = false;
	return c->n_names == 2 && (turned ||
	    (end_called(g, a, x) && end_called(g, b, y)));
}

enum guard_fault
guard_link(struct guard *g, struct clause *c)
{
	size_t i, n = 0;

	c->held = arena_array(g->s->a, 2 * g->n_ties + 1, sizeof(size_t));
	for (i = 0; i < g->n_ties; i++)
		if (link_holds(g, c, g->ties[i])) {
			g->ties[n++] = g->ties[i];
			c->held[c->n_held++] = g->ties[i]->from;
			c->held[c->n_held++] = g->ties[i]->to;
		}
	g->n_ties = n;
	qsort(c->held, c->n_held, sizeof(size_t), by_place);
	return n > 0 ? GUARD_OK : GUARD_NAME;
}

enum guard_fault
guard_list(struct guard *g, struct clause *c)
{
	size_t i, k;
	bool any;

	c->held = arena_array(g->s->a, g->n_cited + 1, sizeof(size_t));
	for (i = 0; i < c->n_names; i++) {
		any = false;
		for (k = 0; k < g->n_cited; k++)
			any |= hold_any(&g->s->step[g->cited[k]],
			    c->name[i].name);
		if (!any)
			return GUARD_NAME;
	}
	for (k = 0; k < g->n_cited; k++)
		c->held[c->n_held++] = g->cited[k];
	return GUARD_OK;
}
