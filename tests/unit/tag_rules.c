/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every rule of db/rules/NAME.yml is held to tests/tag/NAME.json: records it
 * must match and records near them that it must leave alone, read by the real
 * normalisers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/hash.h"
#include "norm.h"
#include "tag.h"
#include "tag/folder.h"
#include "tag/yaml.h"

enum { FILE_BYTES = 1 << 20 };

struct bench {
	struct arena *arena;
	struct json_doc *doc;
	struct tagger *tagger;
	const char *file;	/* the rule's, for messages */
	size_t wrong;
};

static bool
says(const struct event *ev, const char *id)
{
	for (size_t i = 0; i < ev->n_tags; i++)
		if (ev->tags[i].rule && strcmp(ev->tags[i].rule, id) == 0)
			return true;
	return false;
}

static void
judge(struct bench *b, struct str source, struct str text, const char *id,
    bool wanted)
{
	struct record rec = { .text = text, .source = source };
	struct refusal why = { 0 };
	struct event ev = { 0 };

	if (!norm_event(b->arena, b->doc, &rec, &ev, &why))
		fail_msg("%s: %s %s: %.*s", b->file, why.field, why.detail,
		    STR_ARG(text));
	ev.n_tags = 0;
	tag_event(b->tagger, &ev);
	if (says(&ev, id) == wanted)
		return;
	b->wrong++;
	print_error("%s must%s match %.*s\n", b->file, wanted ? "" : " not",
	    STR_ARG(text));
}

static size_t
judge_all(struct bench *b, struct str fixture, const char *member,
    const char *id, bool wanted)
{
	struct str list, text, source;
	struct json_walk w;
	size_t n = 0;

	assert_true(json_member_span(fixture, member, &list));
	assert_true(json_member_span(fixture, "source", &source));
	source = str_sub(source, 1, source.len - 2);
	for (w = json_into(list); json_next_element(&w, &text); n++)
		judge(b, source, text, id, wanted);
	return n;
}

/* tests/tag/NAME.json for db/rules/NAME.yml. */
static void
judge_rule(struct bench *b, const char *path)
{
	const char *name = strrchr(path, '/') + 1, *why, *id;
	struct str fixture, stem = str_sub(str_of(name), 0, strlen(name) - 4);
	const struct node *doc;
	struct json_span span;
	struct buf rule, json;
	size_t line;

	buf_init(&rule, FILE_BYTES);
	buf_init(&json, FILE_BYTES);
	assert_true(file_read(path, &rule));
	doc = yaml_read(b->arena, buf_str(&rule), &why, &line);
	assert_non_null(doc);
	b->file = name;
	id = str_c(b->arena, yaml_text(doc, "id"));
	if (!file_read(str_printf(b->arena, "tests/tag/%.*s.json",
	    STR_ARG(stem)).p, &json))
		fail_msg("%s has no fixture", name);
	fixture = buf_str(&json);
	assert_int_equal(json_scan(&fixture, &span), JSON_OK);
	assert_true(judge_all(b, span.text, "match", id, true) > 0);
	assert_true(judge_all(b, span.text, "no_match", id, false) > 0);
	buf_release(&rule);
	buf_release(&json);
}

static void
every_rule_matches_what_it_is_for_and_nothing_near(void **state)
{
	struct bench b = { arena_new(), json_doc_new(), NULL, "", 0 };
	struct paths paths = { 0 };

	(void)state;
	assert_int_equal(tagger_open("db/rules", &b.tagger), RC_OK);
	assert_true(folder_rules(b.arena, "db/rules", &paths));
	for (size_t i = 0; i < tagger_refused(b.tagger); i++)
		fail_msg("%s %s", tagger_refusal(b.tagger, i).file,
		    tagger_refusal(b.tagger, i).reason);
	assert_int_equal(tagger_loaded(b.tagger), paths.n);
	assert_true(paths.n >= 40);
	for (size_t i = 0; i < paths.n; i++)
		judge_rule(&b, paths.items[i]);
	assert_int_equal(b.wrong, 0);
	tagger_close(b.tagger);
	json_doc_free(b.doc);
	arena_free(b.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_rule_matches_what_it_is_for_and_nothing_near),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
