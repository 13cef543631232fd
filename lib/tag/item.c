/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry of a selection, "Field|modifier|modifier: value or list", becomes
 * a test of that field. Modifiers either change the value (wide, base64 ...),
 * say how it is compared (contains, re, cidr, lt ...), or join the values
 * (all). https://sigmahq.io/sigma-specification/ names them.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "tag/encode.h"
#include "tag/rule.h"

enum {
	MOD_CONTAINS = 1 << 0, MOD_STARTS = 1 << 1, MOD_ENDS = 1 << 2,
	MOD_ALL = 1 << 3, MOD_CASED = 1 << 4, MOD_WINDASH = 1 << 5,
	MOD_WIDE = 1 << 6, MOD_WIDE_BIG = 1 << 7, MOD_BASE64 = 1 << 8,
	MOD_OFFSET = 1 << 9, MOD_RE = 1 << 10, MOD_FOLD = 1 << 11,
	MOD_LINES = 1 << 12, MOD_DOT_ALL = 1 << 13, MOD_CIDR = 1 << 14,
	MOD_EXISTS = 1 << 15, MOD_FIELD = 1 << 16, MOD_LT = 1 << 17,
	MOD_LTE = 1 << 18, MOD_GT = 1 << 19, MOD_GTE = 1 << 20,
	MOD_NEQ = 1 << 21,

	MOD_NUMBER = MOD_LT | MOD_LTE | MOD_GT | MOD_GTE,
	MOD_PARTS = MOD_CONTAINS | MOD_STARTS | MOD_ENDS,
	MOD_CODED = MOD_WIDE | MOD_WIDE_BIG | MOD_BASE64 | MOD_OFFSET,
	MOD_OPS = MOD_RE | MOD_CIDR | MOD_EXISTS | MOD_FIELD | MOD_NUMBER,
	MOD_RE_FLAGS = MOD_FOLD | MOD_LINES | MOD_DOT_ALL,
};

static const struct { const char *name; unsigned bit; } modifiers[] = {
	{ "contains", MOD_CONTAINS }, { "startswith", MOD_STARTS },
	{ "endswith", MOD_ENDS }, { "all", MOD_ALL }, { "cased", MOD_CASED },
	{ "windash", MOD_WINDASH }, { "wide", MOD_WIDE },
	{ "utf16", MOD_WIDE }, { "utf16le", MOD_WIDE },
	{ "utf16be", MOD_WIDE_BIG }, { "base64", MOD_BASE64 },
	{ "base64offset", MOD_OFFSET }, { "re", MOD_RE }, { "i", MOD_FOLD },
	{ "m", MOD_LINES }, { "s", MOD_DOT_ALL }, { "cidr", MOD_CIDR },
	{ "exists", MOD_EXISTS }, { "fieldref", MOD_FIELD }, { "lt", MOD_LT },
	{ "lte", MOD_LTE }, { "gt", MOD_GT }, { "gte", MOD_GTE },
	{ "neq", MOD_NEQ },
};

static unsigned
modifier_bit(struct str word)
{
	for (size_t i = 0; i < COUNT(modifiers); i++)
		if (str_is(word, modifiers[i].name))
			return modifiers[i].bit;
	return 0;
}

/* The words behind the field's name. False: refused. */
static bool
modifiers_read(struct compiler *c, struct str rest, unsigned *mods)
{
	struct str word;
	unsigned op;

	*mods = 0;
	while (str_cut(&rest, '|', &word)) {
		unsigned bit = modifier_bit(word);

		if (bit == 0) {
			compiler_refuse(c, "modifier %.*s is not known",
			    STR_ARG(word));
			return false;
		}
		*mods |= bit;
	}
	op = *mods & MOD_OPS;
	if ((op & (op - 1)) || (op && (*mods & (MOD_CODED | MOD_WINDASH))) ||
	    ((op & ~(unsigned)MOD_FIELD) && (*mods & MOD_PARTS)) ||
	    ((op & MOD_FIELD) && (*mods & MOD_PARTS)) ||
	    ((*mods & MOD_RE_FLAGS) && !(*mods & MOD_RE))) {
		compiler_refuse(c, "modifiers do not go together");
		return false;
	}
	return true;
}

/* ---- one value -> one match ------------------------------------------- */

static unsigned
glob_how(unsigned mods, bool keyword)
{
	return (mods & (MOD_CONTAINS | MOD_ENDS) || keyword ?
	    GLOB_OPEN_START : 0) |
	    (mods & (MOD_CONTAINS | MOD_STARTS) || keyword ?
	    GLOB_OPEN_END : 0) |
	    (mods & (MOD_CASED | MOD_CODED) ? 0 : GLOB_LOWER) |
	    (mods & MOD_CODED ? GLOB_PLAIN : 0) |
	    (mods & MOD_WINDASH ? GLOB_DASHES : 0);
}

static bool
regex_read(struct compiler *c, struct str text, unsigned mods,
    struct match *m)
{
	m->kind = MATCH_REGEX;
	if (c->regex_most > 0 && c->n_regexes == c->regex_most)
		return compiler_refuse(c, "has a regular expression beyond the "
		    "%zu that one may have", c->regex_most);
	m->u.regex = regex_new(text, (mods & MOD_FOLD ? REGEX_FOLD : 0) |
	    (mods & MOD_LINES ? REGEX_LINES : 0) |
	    (mods & MOD_DOT_ALL ? REGEX_DOT_ALL : 0));
	if (!m->u.regex)
		return compiler_refuse(c, "a regular expression is wrong");
	c->regexes = arena_grow(c->arena, c->regexes, &c->regex_room,
	    c->n_regexes + 1, sizeof(*c->regexes));
	c->regexes[c->n_regexes++] = m->u.regex;
	return true;
}

static bool
cidr_read(struct compiler *c, struct str text, struct match *m)
{
	struct str addr;
	uint64_t bits;
	int most;

	m->kind = MATCH_CIDR;
	m->u.cidr.family = memchr(text.p, ':', text.len) ? AF_INET6 : AF_INET;
	most = m->u.cidr.family == AF_INET ? 32 : 128;
	bits = (uint64_t)most;
	if (!str_cut(&text, '/', &addr) ||
	    (text.len > 0 && !str_u64(text, &bits)) || bits > (uint64_t)most ||
	    inet_pton(m->u.cidr.family, str_c(c->arena, addr),
	    m->u.cidr.addr) != 1)
		return compiler_refuse(c, "a network is wrong");
	m->u.cidr.bits = (int)bits;
	return true;
}

static bool
number_read(struct compiler *c, struct str text, unsigned mods,
    struct match *m)
{
	const char *word = str_c(c->arena, text);
	char *end;

	m->kind = mods & MOD_LT ? MATCH_LT : mods & MOD_LTE ? MATCH_LTE :
	    mods & MOD_GT ? MATCH_GT : MATCH_GTE;
	m->u.number = strtod(word, &end);
	if (end == word || *end != '\0')
		return compiler_refuse(c, "a number is wrong");
	return true;
}

static bool
match_read(struct compiler *c, const struct node *v, unsigned mods,
    bool keyword, struct match *m)
{
	m->cased = mods & (MOD_CASED | MOD_CODED);
	if (v->kind != NODE_SCALAR || (keyword && yaml_null(v)))
		return compiler_refuse(c, "a value is no text");
	if (mods & MOD_EXISTS) {
		m->kind = MATCH_EXISTS;
		m->wanted = str_is_fold(v->text, "true") ||
		    str_is_fold(v->text, "yes");
		return true;
	}
	if (yaml_null(v)) {
		m->kind = MATCH_NULL;
		return true;
	}
	if (mods & MOD_RE)
		return regex_read(c, v->text, mods, m);
	if (mods & MOD_CIDR)
		return cidr_read(c, v->text, m);
	if (mods & MOD_NUMBER)
		return number_read(c, v->text, mods, m);
	if (mods & MOD_FIELD) {
		m->kind = MATCH_FIELD;
		m->u.slot = field_slot(c->fields, v->text);
		return true;
	}
	m->kind = MATCH_GLOB;
	m->u.glob = glob_compile(c->arena, v->text, glob_how(mods, keyword));
	return true;
}

/* ---- coded values ------------------------------------------------------ */

/* A value in another writing: one match, or three for base64offset. */
static size_t
coded_read(struct compiler *c, const struct node *v, unsigned mods,
    struct match *out)
{
	struct str text = v->text, coded;
	size_t n = 0;

	if (v->kind != NODE_SCALAR || text.len == 0)
		return 0;
	if (mods & (MOD_WIDE | MOD_WIDE_BIG))
		text = encode_wide(c->arena, text, mods & MOD_WIDE_BIG);
	for (size_t at = 0; at < (mods & MOD_OFFSET ? 3 : 1); at++) {
		coded = mods & MOD_OFFSET ?
		    encode_base64_at(c->arena, text, at) :
		    mods & MOD_BASE64 ?
		    base64_text(c->arena, text.p, text.len) : text;
		if (coded.len == 0)
			continue;
		out[n].kind = MATCH_GLOB;
		out[n].cased = true;
		out[n++].u.glob = glob_compile(c->arena, coded,
		    glob_how(mods, false));
	}
	return n;
}

/* ---- the test ---------------------------------------------------------- */

static uint32_t
match_cost(const struct match *m)
{
	if (m->kind == MATCH_GLOB)
		return m->u.glob.shape == GLOB_CONTAINS ? 4 :
		    m->u.glob.shape == GLOB_TOKENS ? 20 : 1;
	return m->kind == MATCH_REGEX ? 60 : m->kind == MATCH_CIDR ? 10 : 1;
}

static struct test *
leaf_new(struct compiler *c, struct str name, size_t most)
{
	struct test *t = arena_get(c->arena, sizeof(*t));

	t->kind = name.len > 0 ? TEST_FIELD : TEST_KEYWORD;
	if (name.len > 0)
		t->slot = field_slot(c->fields, name);
	t->matches = arena_array(c->arena, most, sizeof(*t->matches));
	return t;
}

static const struct test *
leaf_close(struct test *t)
{
	for (size_t i = 0; i < t->n; i++)
		t->cost += match_cost(&t->matches[i]);
	if (t->kind == TEST_KEYWORD)
		t->cost = t->cost * 10 + 1000;
	return t;
}

/* A test of its own for each value, because one value is several matches. */
static const struct test *
coded_test(struct compiler *c, struct str name, unsigned mods,
    const struct node *v, size_t n)
{
	const struct test **kids = arena_array(c->arena, n, sizeof(*kids));

	for (size_t i = 0; i < n; i++, v = v->next) {
		struct test *t = leaf_new(c, name, 3);

		t->n = coded_read(c, v, mods, t->matches);
		if (t->n == 0)
			return compiler_refuse(c, "a value cannot be coded");
		kids[i] = leaf_close(t);
	}
	return test_group(c->arena, mods & MOD_ALL ? TEST_AND : TEST_OR, kids,
	    n);
}

static const struct test *
negated(struct compiler *c, const struct test *t)
{
	const struct test **kids = arena_array(c->arena, 1, sizeof(*kids));

	kids[0] = t;
	return test_group(c->arena, TEST_NOT, kids, 1);
}

const struct test *
item_read(struct compiler *c, struct str key, const struct node *values)
{
	const struct node *v = values;
	const struct test *done;
	struct str name = { 0 };
	struct test *t;
	unsigned mods;
	size_t n = 1;

	c->line = values->line;
	str_cut(&key, '|', &name);
	if (!modifiers_read(c, key, &mods))
		return NULL;
	if (values->kind == NODE_LIST) {
		v = values->first;
		n = values->n;
	}
	if (n == 0)
		return compiler_refuse(c, "a field has no value");
	if (mods & MOD_CODED) {
		done = coded_test(c, name, mods, v, n);
	} else {
		t = leaf_new(c, name, n);
		t->all = mods & MOD_ALL;
		for (t->n = 0; t->n < n; t->n++, v = v->next)
			if (!match_read(c, v, mods, name.len == 0,
			    &t->matches[t->n]))
				return NULL;
		done = leaf_close(t);
	}
	return done && (mods & MOD_NEQ) ? negated(c, done) : done;
}
