/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions over the selections of a rule, by recursive descent:
 *
 *	or    = and { "or" and }
 *	and   = not { "and" not }
 *	not   = "not" not | "(" or ")" | count "of" which | selection
 *	count = "1" | "any" | "all"
 *	which = "them" | a name that may hold stars
 *
 * "them" is every selection whose name does not begin with _. A | begins an
 * aggregation, which needs many events: such rules are refused.
 */
#include "tag/rule.h"

enum { COND_DEPTH = 32 };

struct cond {
	struct compiler *c;
	const struct selections *all;
	struct str rest, word;		/* the current word; empty: the end */
	int depth;
};

static bool
blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

static void
cond_next(struct cond *d)
{
	struct str s = d->rest;
	size_t n = 0;

	while (s.len > 0 && blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (n < s.len && !blank(s.p[n]) && s.p[n] != '(' && s.p[n] != ')')
		n++;
	if (n == 0 && s.len > 0)
		n = 1;
	d->word = (struct str){ s.p, n };
	d->rest = (struct str){ s.p + n, s.len - n };
}

static bool
cond_take(struct cond *d, const char *word)
{
	if (!str_is_fold(d->word, word))
		return false;
	cond_next(d);
	return true;
}

static const struct test *cond_or(struct cond *d);

static const struct test *
cond_of(struct cond *d, enum test_kind kind)
{
	struct arena *a = d->c->arena;
	const struct test **kids = arena_array(a, d->all->n + 1, sizeof(*kids));
	struct glob g = glob_compile(a, d->word, 0);
	bool them = str_is_fold(d->word, "them");
	size_t n = 0;

	for (size_t i = 0; i < d->all->n; i++) {
		const struct selection *s = &d->all->items[i];

		if (them ? !str_starts(s->name, "_") : glob_match(&g, s->name))
			kids[n++] = s->test;
	}
	if (n == 0)
		return compiler_refuse(d->c, "no selection is called %.*s",
		    STR_ARG(d->word));
	cond_next(d);
	return test_group(a, kind, kids, n);
}

static const struct test *
cond_name(struct cond *d)
{
	for (size_t i = 0; i < d->all->n; i++) {
		if (!str_eq(d->all->items[i].name, d->word))
			continue;
		cond_next(d);
		return d->all->items[i].test;
	}
	return compiler_refuse(d->c, "no selection is called %.*s",
	    STR_ARG(d->word));
}

static const struct test *
cond_primary(struct cond *d)
{
	const struct test *t;
	struct str count;

	if (cond_take(d, "(")) {
		t = cond_or(d);
		if (t && !cond_take(d, ")"))
			return compiler_refuse(d->c, "a bracket is not closed");
		return t;
	}
	count = d->word;
	if (str_is(count, "1") || str_is_fold(count, "any") ||
	    str_is_fold(count, "all")) {
		cond_next(d);
		if (!cond_take(d, "of"))
			return compiler_refuse(d->c,
			    "the condition counts without \"of\"");
		return cond_of(d,
		    str_is_fold(count, "all") ? TEST_AND : TEST_OR);
	}
	return cond_name(d);
}

static const struct test *
cond_not(struct cond *d)
{
	const struct test **kids, *t;

	if (!cond_take(d, "not"))
		return cond_primary(d);
	if (++d->depth > COND_DEPTH)
		return compiler_refuse(d->c, "the condition is too deep");
	t = cond_not(d);
	d->depth--;
	if (!t)
		return NULL;
	kids = arena_array(d->c->arena, 1, sizeof(*kids));
	kids[0] = t;
	return test_group(d->c->arena, TEST_NOT, kids, 1);
}

static const struct test *
cond_series(struct cond *d, enum test_kind kind, const char *word,
    const struct test *(*part)(struct cond *))
{
	const struct test **kids = NULL;
	size_t n = 0, room = 0;

	do {
		kids = arena_grow(d->c->arena, kids, &room, n + 1,
		    sizeof(*kids));
		kids[n] = part(d);
		if (!kids[n++])
			return NULL;
	} while (cond_take(d, word));
	return test_group(d->c->arena, kind, kids, n);
}

static const struct test *
cond_and(struct cond *d)
{
	return cond_series(d, TEST_AND, "and", cond_not);
}

static const struct test *
cond_or(struct cond *d)
{
	const struct test *t;

	if (++d->depth > COND_DEPTH)
		return compiler_refuse(d->c, "the condition is too deep");
	t = cond_series(d, TEST_OR, "or", cond_and);
	d->depth--;
	return t;
}

const struct test *
cond_read(struct compiler *c, struct str text, const struct selections *all)
{
	struct cond d = { .c = c, .all = all, .rest = text };
	const struct test *t;

	if (str_find(text, STR("|"), 0) != (size_t)-1)
		return compiler_refuse(c,
		    "aggregation and near need many events");
	cond_next(&d);
	t = cond_or(&d);
	if (t && d.word.len > 0)
		return compiler_refuse(c, "the condition ends before %.*s",
		    STR_ARG(d.word));
	return t;
}
