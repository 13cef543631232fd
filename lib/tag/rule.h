/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compiled Sigma rule: a tree of tests over fields, and what to say when it
 * holds. Built by rule_read from one YAML document; read-only afterwards.
 *
 *	rule.c	the document: id, tags, level, logsource, selections
 *	item.c	one "field|modifiers: values" -> a test
 *	cond.c	"sel and not 1 of filter*" -> a tree of tests
 *	test.c	judging an event
 */
#ifndef TAG_RULE_H
#define TAG_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "event.h"
#include "tag/field.h"
#include "tag/glob.h"
#include "tag/regex.h"
#include "tag/yaml.h"

struct cidr { uint8_t addr[16]; int family, bits; };

enum match_kind {
	MATCH_NULL,		/* the field is not there */
	MATCH_EXISTS,		/* it is (or is not) there */
	MATCH_GLOB, MATCH_REGEX, MATCH_CIDR,
	MATCH_FIELD,		/* equals another field */
	MATCH_LT, MATCH_LTE, MATCH_GT, MATCH_GTE
};

struct match {
	enum match_kind kind;
	bool cased;
	bool wanted;		/* MATCH_EXISTS */
	union {
		struct glob glob;
		struct regex *regex;
		struct cidr cidr;
		uint32_t slot;
		double number;
	} u;
};

enum test_kind { TEST_AND, TEST_OR, TEST_NOT, TEST_FIELD, TEST_KEYWORD };

struct test {
	enum test_kind kind;
	bool all;		/* each of the matches, not one of them */
	uint32_t slot;
	uint32_t cost;		/* a guess, for what to try first */
	struct match *matches;
	const struct test **kids;
	size_t n;		/* matches or kids */
};

enum { RULE_TECHNIQUES = 16 };

struct rule {
	const char *id, *title, *file;
	int level;
	technique techniques[RULE_TECHNIQUES];
	size_t n_techniques;
	const char *product, *category, *service;	/* NULL: any */
	const struct test *test;
	struct str bytes;	/* the file's */
};

/* What compiling needs; `why` is the first reason against the rule. */
struct compiler {
	struct arena *arena;
	struct field_list *fields;
	struct regex **regexes;		/* for the tagger to free */
	size_t n_regexes, regex_room;
	size_t regex_most;		/* 0: as many as there are */
	const char *why;
	const char *id;			/* of the rule at hand; "": none yet */
	size_t line;			/* that is being read; 0: unknown */
};

/* NULL: c->why says why the rule cannot be had. `file` stands in for an id. */
struct rule *rule_read(struct compiler *c, const char *file, struct str text);

/* One entry of a selection; key is "Field|mod|mod", or "|mod" or "" for
 * keywords. NULL: c->why. */
const struct test *item_read(struct compiler *c, struct str key,
    const struct node *values);

struct selection { struct str name; const struct test *test; };
struct selections { struct selection *items; size_t n; };
const struct test *cond_read(struct compiler *c, struct str text,
    const struct selections *all);

/* A node over n kids (cheapest first); one kid alone is returned itself. */
const struct test *test_group(struct arena *a, enum test_kind kind,
    const struct test **kids, size_t n);
bool test_holds(const struct test *t, struct sight *s);

/* Reasons are kept, first one wins; always returns NULL. */
void *compiler_refuse(struct compiler *c, const char *fmt, ...) PRINTF(2, 3);

#endif
