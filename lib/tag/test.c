/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging one event by a tree of tests. Groups try their cheapest kid first,
 * which changes no verdict: tests have no effect beside it.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "tag/rule.h"

static int
kid_order(const void *a, const void *b)
{
	const struct test *x = *(const struct test *const *)a;
	const struct test *y = *(const struct test *const *)b;

	return (x->cost > y->cost) - (x->cost < y->cost);
}

const struct test *
test_group(struct arena *a, enum test_kind kind, const struct test **kids,
    size_t n)
{
	struct test *t;

	if (n == 1 && kind != TEST_NOT)
		return kids[0];
	t = arena_get(a, sizeof(*t));
	*t = (struct test){ .kind = kind, .kids = kids, .n = n };
	for (size_t i = 0; i < n; i++)
		t->cost += kids[i]->cost;
	qsort(kids, n, sizeof(*kids), kid_order);
	return t;
}

/* Does the address in the text lie in the network? */
static bool
cidr_holds(const struct cidr *c, struct str text)
{
	uint8_t addr[16];
	char word[INET6_ADDRSTRLEN];
	int whole = c->bits / 8, rest = c->bits % 8;

	if (text.len == 0 || text.len >= sizeof(word))
		return false;
	memcpy(word, text.p, text.len);
	word[text.len] = '\0';
	if (c->family == AF_INET && strncasecmp(word, "::ffff:", 7) == 0 &&
	    strchr(word, '.'))
		memmove(word, word + 7, text.len - 6);
	if (inet_pton(c->family, word, addr) != 1 ||
	    memcmp(addr, c->addr, (size_t)whole) != 0)
		return false;
	return rest == 0 || (addr[whole] ^ c->addr[whole]) >> (8 - rest) == 0;
}

static bool
number_holds(enum match_kind kind, double limit, struct str text)
{
	char word[40], *end;
	double x;

	if (text.len == 0 || text.len >= sizeof(word))
		return false;
	memcpy(word, text.p, text.len);
	word[text.len] = '\0';
	x = strtod(word, &end);
	if (*end != '\0')
		return false;
	switch (kind) {
	case MATCH_LT:
		return x < limit;
	case MATCH_LTE:
		return x <= limit;
	case MATCH_GT:
		return x > limit;
	default:
		return x >= limit;
	}
}

static bool
same_text(struct sight *s, uint32_t slot, const struct text *t, bool cased)
{
	const struct value *v = sight_value(s, slot);

	for (size_t i = 0; i < v->n; i++)
		if (cased ? str_eq(v->texts[i].as_is, t->as_is) :
		    str_eq(v->texts[i].low, t->low))
			return true;
	return false;
}

static bool
text_matches(const struct match *m, struct sight *s, const struct text *t)
{
	switch (m->kind) {
	case MATCH_GLOB:
		return glob_match(&m->u.glob, m->cased ? t->as_is : t->low);
	case MATCH_REGEX:
		return regex_match(m->u.regex, t->as_is);
	case MATCH_CIDR:
		return cidr_holds(&m->u.cidr, t->as_is);
	case MATCH_FIELD:
		return same_text(s, m->u.slot, t, m->cased);
	case MATCH_LT:
	case MATCH_LTE:
	case MATCH_GT:
	case MATCH_GTE:
		return number_holds(m->kind, m->u.number, t->as_is);
	case MATCH_NULL:
	case MATCH_EXISTS:
		break;
	}
	return false;
}

static bool
match_holds(const struct match *m, struct sight *s, const struct value *v)
{
	if (m->kind == MATCH_NULL)
		return !v->present;
	if (m->kind == MATCH_EXISTS)
		return v->present == m->wanted;
	for (size_t i = 0; i < v->n; i++)
		if (text_matches(m, s, &v->texts[i]))
			return true;
	return false;
}

static bool
leaf_holds(const struct test *t, struct sight *s)
{
	const struct value *v = t->kind == TEST_KEYWORD ?
	    sight_strings(s) : sight_value(s, t->slot);

	for (size_t i = 0; i < t->n; i++)
		if (match_holds(&t->matches[i], s, v) != t->all)
			return !t->all;
	return t->all;
}

bool
test_holds(const struct test *t, struct sight *s)
{
	switch (t->kind) {
	case TEST_AND:
		for (size_t i = 0; i < t->n; i++)
			if (!test_holds(t->kids[i], s))
				return false;
		return true;
	case TEST_OR:
		for (size_t i = 0; i < t->n; i++)
			if (test_holds(t->kids[i], s))
				return true;
		return false;
	case TEST_NOT:
		return !test_holds(t->kids[0], s);
	case TEST_FIELD:
	case TEST_KEYWORD:
		break;
	}
	return leaf_holds(t, s);
}
