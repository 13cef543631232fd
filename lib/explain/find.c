/* SPDX-License-Identifier: Apache-2.0 */
/* All that is found out about a story, in the order in which parts need each
 * other. */
#include "explain/inner.h"

struct findings *
explain_find(struct story *s, enum audience who)
{
	struct findings *f = arena_get(s->a, sizeof(*f));

	f->a = s->a;
	f->s = s;
	f->audience = who;
	find_root(f);
	find_counters(f);
	find_deeds(f);
	find_why(f);
	find_against(f);
	find_unseen(f);
	find_next(f);
	narrate(f);
	return f;
}

static void
each_of(const struct saids *l, const char *where,
    void (*fn)(void *ctx, const char *where, const struct said *s), void *ctx)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		fn(ctx, where, &l->v[i]);
}

void
findings_each(const struct findings *f,
    void (*fn)(void *ctx, const char *where, const struct said *s), void *ctx)
{
	size_t i;

	for (i = 0; i < f->n_paragraphs; i++)
		each_of(&f->paragraph[i].s, "narrative", fn, ctx);
	fn(ctx, "root_cause", &f->root_said);
	for (i = 0; i < f->n_rivals; i++)
		fn(ctx, "root_cause/rivals", &f->rival[i].said);
	for (i = 0; i < f->n_deeds; i++)
		fn(ctx, "recommended_actions", &f->deed[i].rationale);
	fn(ctx, "why/what_failed", &f->failed);
	fn(ctx, "why/what_should_have_caught_it", &f->caught);
	fn(ctx, "why/what_to_fix", &f->fix);
	fn(ctx, "why/who_owns_it", &f->owner);
	each_of(&f->against, "evidence_against", fn, ctx);
	for (i = 0; i < f->n_unseen; i++)
		fn(ctx, "not_observed", &f->unseen[i].said);
	for (i = 0; i < f->n_counters; i++)
		fn(ctx, "counterfactuals", &f->counter[i].said);
}

struct sizes { size_t sentences, cites; };

static void
add_size(void *ctx, const char *where, const struct said *s)
{
	struct sizes *z = ctx;

	(void)where;
	z->sentences++;
	z->cites += s->n_cites;
}

void
explain_size(const struct findings *f, size_t *sentences, size_t *cites)
{
	struct sizes z = { 0 };

	findings_each(f, add_size, &z);
	*sentences = z.sentences;
	*cites = z.cites;
}
