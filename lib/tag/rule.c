/* SPDX-License-Identifier: Apache-2.0 */
#include "tag/rule.h"

#include <stdarg.h>
#include <stdio.h>

#include "attack.h"

void *
compiler_refuse(struct compiler *c, const char *fmt, ...)
{
	char why[160];
	va_list ap;
	int len;

	if (c->why)
		return NULL;
	va_start(ap, fmt);
	len = vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (len < 0)
		len = 0;
	if ((size_t)len >= sizeof(why))
		len = sizeof(why) - 1;
	c->why = arena_copy(c->arena, why, (size_t)len);
	return NULL;
}

/* ---- selections -------------------------------------------------------- */

static const struct test *
map_read(struct compiler *c, const struct node *map)
{
	const struct test **kids = arena_array(c->arena, map->n + 1,
	    sizeof(*kids));
	size_t n = 0;

	for (const struct node *v = map->first; v; v = v->next) {
		kids[n] = item_read(c, v->key, v);
		if (!kids[n++])
			return NULL;
	}
	if (n == 0)
		return compiler_refuse(c, "a selection is empty");
	return test_group(c->arena, TEST_AND, kids, n);
}

/* Maps are alternatives; so are texts, which are keywords. */
static const struct test *
list_read(struct compiler *c, const struct node *list)
{
	const struct test **kids = arena_array(c->arena, list->n + 1,
	    sizeof(*kids));
	size_t n = 0;

	for (const struct node *v = list->first; v; v = v->next) {
		kids[n] = v->kind == NODE_MAP ? map_read(c, v) :
		    item_read(c, STR(""), v);
		if (!kids[n++])
			return NULL;
	}
	if (n == 0)
		return compiler_refuse(c, "a selection is empty");
	return test_group(c->arena, TEST_OR, kids, n);
}

static const struct test *
selection_read(struct compiler *c, const struct node *v)
{
	switch (v->kind) {
	case NODE_MAP:
		return map_read(c, v);
	case NODE_LIST:
		return list_read(c, v);
	case NODE_SCALAR:
		break;
	}
	return item_read(c, STR(""), v);
}

/* A list of conditions: any of them. */
static const struct test *
condition_read(struct compiler *c, const struct node *v,
    const struct selections *all)
{
	const struct test **kids;
	size_t n = 0;

	if (v->kind == NODE_SCALAR)
		return cond_read(c, v->text, all);
	kids = arena_array(c->arena, v->n + 1, sizeof(*kids));
	for (v = v->first; v; v = v->next) {
		if (v->kind != NODE_SCALAR)
			return compiler_refuse(c, "a condition is no text");
		kids[n] = cond_read(c, v->text, all);
		if (!kids[n++])
			return NULL;
	}
	if (n == 0)
		return compiler_refuse(c, "has no condition");
	return test_group(c->arena, TEST_OR, kids, n);
}

static const struct test *
detection_read(struct compiler *c, const struct node *d)
{
	const struct node *condition = yaml_get(d, "condition");
	struct selections all = { 0 };

	if (!condition)
		return compiler_refuse(c, "has no condition");
	c->line = d->line;
	if (yaml_get(d, "timeframe"))
		return compiler_refuse(c, "a timeframe needs many events");
	all.items = arena_array(c->arena, d->n, sizeof(*all.items));
	for (const struct node *v = d->first; v; v = v->next) {
		if (v == condition)
			continue;
		c->line = v->line;
		all.items[all.n].name = v->key;
		all.items[all.n].test = selection_read(c, v);
		if (!all.items[all.n++].test)
			return NULL;
	}
	c->line = condition->line;
	return condition_read(c, condition, &all);
}

/* ---- the head ----------------------------------------------------------- */

static int
level_read(struct str word)
{
	static const char *const levels[] = { "informational", "low", "medium",
		"high", "critical" };

	for (size_t i = 0; i < COUNT(levels); i++)
		if (str_is_fold(word, levels[i]))
			return (int)i + 1;
	return 2;	/* nothing said: not enough to begin a story with */
}

static void
tags_read(struct rule *r, const struct node *tags)
{
	const struct node *v = tags && tags->kind == NODE_LIST ?
	    tags->first : NULL;

	for (; v && r->n_techniques < RULE_TECHNIQUES; v = v->next) {
		technique t = 0;
		bool twice = false;

		if (v->kind == NODE_SCALAR && v->text.len > 7 &&
		    str_eq_fold(str_sub(v->text, 0, 7), STR("attack.")))
			t = technique_parse(str_sub(v->text, 7, SIZE_MAX));
		t = attack_current(t);
		for (size_t i = 0; i < r->n_techniques; i++)
			twice = twice || r->techniques[i] == t;
		if (t != 0 && !twice)
			r->techniques[r->n_techniques++] = t;
	}
}

static const char *
word_or_null(struct arena *a, struct str s)
{
	return s.len > 0 ? str_c(a, str_lower(a, s)) : NULL;
}

static bool
source_read(struct compiler *c, struct rule *r, const struct node *doc)
{
	const struct node *source = yaml_get(doc, "logsource");

	r->product = word_or_null(c->arena, yaml_text(source, "product"));
	r->category = word_or_null(c->arena, yaml_text(source, "category"));
	r->service = word_or_null(c->arena, yaml_text(source, "service"));
	if (!r->product && !r->category && !r->service)
		return compiler_refuse(c, "has no logsource");
	return true;
}

struct rule *
rule_read(struct compiler *c, const char *file, struct str text)
{
	const struct node *doc, *detection;
	const char *why;
	size_t line;
	struct rule *r = arena_get(c->arena, sizeof(*r));

	doc = yaml_read(c->arena, text, &why, &line);
	c->line = line;
	if (!doc)
		return compiler_refuse(c, "%s", why);
	r->id = word_or_null(c->arena, yaml_text(doc, "id"));
	if (r->id)
		c->id = r->id;
	else
		r->id = file;
	if (yaml_get(doc, "correlation") || yaml_get(doc, "action"))
		return compiler_refuse(c,
		    "correlations and collections are not supported");
	detection = yaml_get(doc, "detection");
	if (!detection || detection->kind != NODE_MAP)
		return compiler_refuse(c, "has no detection");
	r->file = file;
	r->bytes = text;
	r->title = str_c(c->arena, yaml_text(doc, "title"));
	r->level = level_read(yaml_text(doc, "level"));
	tags_read(r, yaml_get(doc, "tags"));
	if (!source_read(c, r, doc))
		return NULL;
	r->test = detection_read(c, detection);
	return r->test ? r : NULL;
}
