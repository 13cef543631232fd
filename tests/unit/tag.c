/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules written here, on small events, hold the loader to what Sigma says.
 * The pack itself is judged in tag_rules.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "tag.h"

/* ---- a folder for rules ------------------------------------------------- */

struct desk {
	char folder[64];
	size_t files;
	struct tagger *tagger;
	struct json_doc *doc;
};

static void
desk_begin(struct desk *d)
{
	*d = (struct desk){ .folder = "/tmp/tag.XXXXXX",
		.doc = json_doc_new() };
	assert_non_null(mkdtemp(d->folder));
}

static void
desk_path(const struct desk *d, size_t i, char path[96])
{
	snprintf(path, 96, "%s/%02zu.yml", d->folder, i);
}

static void
desk_rule(struct desk *d, const char *text)
{
	char path[96];

	desk_path(d, d->files++, path);
	assert_true(file_write(path, text, strlen(text), 0600));
}

static void
desk_open(struct desk *d)
{
	assert_int_equal(tagger_open(d->folder, &d->tagger), RC_OK);
}

static void
desk_end(struct desk *d)
{
	char path[96];

	tagger_close(d->tagger);
	json_doc_free(d->doc);
	for (size_t i = 0; i < d->files; i++) {
		desk_path(d, i, path);
		unlink(path);
	}
	rmdir(d->folder);
}

/* Tags of a flat record of product p, category c, service s. */
static struct event
tagged(struct desk *d, const char *json)
{
	struct event ev = { .product = "p", .category = "c", .service = "s" };

	ev.record = ev.fields = json_parse(d->doc, str_of(json));
	assert_non_null(ev.record);
	tag_event(d->tagger, &ev);
	return ev;
}

#define HEAD "title: T\nid: 11111111-0000-4000-8000-000000000001\n" \
	"level: high\ntags:\n  - attack.t1059.001\n" \
	"logsource: {product: p}\n"

/* Does a rule of this detection match this record? It must load. */
static bool
matches(const char *detection, const char *json)
{
	struct desk d;
	struct event ev;
	char text[4096];

	desk_begin(&d);
	snprintf(text, sizeof(text), HEAD "detection:\n%s", detection);
	desk_rule(&d, text);
	desk_open(&d);
	if (tagger_refused(d.tagger) > 0)
		fail_msg("refused: %s", tagger_refusal(d.tagger, 0).reason);
	ev = tagged(&d, json);
	desk_end(&d);
	return ev.n_tags > 0;
}

/* One selection of one item, written "Field|mods: value". */
static bool
item(const char *line, const char *json)
{
	char text[2048];

	snprintf(text, sizeof(text), "  s:\n    %s\n  condition: s\n", line);
	return matches(text, json);
}

/* Why a rule of this detection is refused; static storage. */
static const char *
refused(const char *text)
{
	static char why[160];
	struct desk d;

	desk_begin(&d);
	desk_rule(&d, text);
	desk_open(&d);
	assert_int_equal(tagger_loaded(d.tagger), 0);
	assert_int_equal(tagger_refused(d.tagger), 1);
	assert_string_equal(tagger_refusal(d.tagger, 0).file, "00.yml");
	assert_string_equal(tagger_refusal(d.tagger, 0).id, strstr(text, "id: ")
	    ? "11111111-0000-4000-8000-000000000001" : "");
	snprintf(why, sizeof(why), "%s", tagger_refusal(d.tagger, 0).reason);
	desk_end(&d);
	return why;
}

/* ---- what Sigma says ---------------------------------------------------- */

static void
text_matches_whole_and_without_case(void **state)
{
	(void)state;
	assert_true(item("A: Value", "{\"A\":\"vALUE\"}"));
	assert_false(item("A: Value", "{\"A\":\"value2\"}"));
	assert_false(item("A: Value", "{\"B\":\"value\"}"));
	assert_true(item("A|cased: Value", "{\"A\":\"Value\"}"));
	assert_false(item("A|cased: Value", "{\"A\":\"value\"}"));
	assert_true(item("A: 4688", "{\"A\":4688}"));
	assert_true(item("A: 4688", "{\"A\":\"4688\"}"));
	assert_false(item("A: 4688", "{\"A\":46880}"));
	assert_true(item("A: true", "{\"A\":true}"));
	assert_false(item("A: x", "{\"A\":{\"A\":\"x\"}}"));
}

static void
wildcards_and_their_escapes(void **state)
{
	(void)state;
	assert_true(item("A: 'a*c'", "{\"A\":\"abbbc\"}"));
	assert_false(item("A: 'a*c'", "{\"A\":\"abbbcd\"}"));
	assert_true(item("A: 'a?c*e'", "{\"A\":\"abcdde\"}"));
	assert_true(item("A: 'a?c'", "{\"A\":\"a\xc3\xa4" "c\"}"));
	assert_false(item("A: 'a?c'", "{\"A\":\"ac\"}"));
	assert_true(item("A: 'a\\*c'", "{\"A\":\"a*c\"}"));
	assert_false(item("A: 'a\\*c'", "{\"A\":\"abc\"}"));
	assert_true(item("A: 'c:\\win\\\\*'", "{\"A\":\"C:\\\\win\\\\x\"}"));
	assert_true(item("A: '\\\\\\\\srv\\a'", "{\"A\":\"\\\\\\\\srv\\\\a\"}"));
	assert_true(item("A: '*'", "{\"A\":\"\"}"));
	assert_false(item("A: '*'", "{\"B\":\"\"}"));
}

static void
modifiers_compare_parts(void **state)
{
	(void)state;
	assert_true(item("A|contains: 'bc'", "{\"A\":\"aBCd\"}"));
	assert_true(item("A|startswith: 'ab'", "{\"A\":\"aBCd\"}"));
	assert_false(item("A|startswith: 'bc'", "{\"A\":\"aBCd\"}"));
	assert_true(item("A|endswith: '\\cmd.exe'", "{\"A\":\"C:\\\\CMD.exe\"}"));
	assert_false(item("A|endswith: '\\cmd.exe'", "{\"A\":\"cmd.exe\"}"));
	assert_true(item("A|contains: [x, bc]", "{\"A\":\"abcd\"}"));
	assert_false(item("A|contains|all: [x, bc]", "{\"A\":\"abcd\"}"));
	assert_true(item("A|contains|all: [d, bc]", "{\"A\":\"abcd\"}"));
	assert_true(item("A|neq: x", "{\"A\":\"y\"}"));
	assert_false(item("A|neq: x", "{\"A\":\"X\"}"));
}

static void
regular_expressions_keep_case_unless_told(void **state)
{
	(void)state;
	assert_true(item("A|re: 'b+c'", "{\"A\":\"abbc\"}"));
	assert_false(item("A|re: 'B+c'", "{\"A\":\"abbc\"}"));
	assert_true(item("A|re|i: 'B+c'", "{\"A\":\"abbc\"}"));
	assert_false(item("A|re: 'a.c'", "{\"A\":\"a\\nc\"}"));
	assert_true(item("A|re|s: 'a.c'", "{\"A\":\"a\\nc\"}"));
	assert_true(item("A|re|m: '^c'", "{\"A\":\"a\\nc\"}"));
	/* Costs more than the limit allows: no match, and soon. */
	assert_false(item("A|re: '^(a+)+$'",
	    "{\"A\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"}"));
}

static void
numbers_networks_and_presence(void **state)
{
	(void)state;
	assert_true(item("A|gt: 5", "{\"A\":6}"));
	assert_false(item("A|gt: 5", "{\"A\":5}"));
	assert_true(item("A|gte: 5", "{\"A\":\"5\"}"));
	assert_true(item("A|lt: 0.5", "{\"A\":0.25}"));
	assert_false(item("A|lte: 5", "{\"A\":\"five\"}"));
	assert_true(item("A|cidr: 10.1.0.0/16", "{\"A\":\"10.1.255.1\"}"));
	assert_false(item("A|cidr: 10.1.0.0/16", "{\"A\":\"10.2.0.1\"}"));
	assert_true(item("A|cidr: 10.1.0.0/16", "{\"A\":\"::ffff:10.1.2.3\"}"));
	assert_true(item("A|cidr: 'fe80::/10'", "{\"A\":\"febf::1\"}"));
	assert_false(item("A|cidr: 'fe80::/10'", "{\"A\":\"fec0::1\"}"));
	assert_true(item("A|exists: true", "{\"A\":{}}"));
	assert_true(item("A|exists: false", "{\"A\":null}"));
	assert_false(item("A|exists: false", "{\"A\":\"\"}"));
	assert_true(item("A: null", "{\"B\":1}"));
	assert_false(item("A: null", "{\"A\":\"\"}"));
	assert_true(item("A: ''", "{\"A\":\"\"}"));
	assert_true(item("A|fieldref: B", "{\"A\":\"x\",\"B\":\"X\"}"));
	assert_false(item("A|fieldref: B", "{\"A\":\"x\",\"B\":\"y\"}"));
}

static void
values_in_other_writings(void **state)
{
	(void)state;
	/* "iex" inside longer texts, at each of the three offsets */
	assert_true(item("A|base64offset|contains: iexiex",
	    "{\"A\":\"aWV4aWV4\"}"));
	assert_true(item("A|base64offset|contains: iexiex",
	    "{\"A\":\"eGlleGlleHg=\"}"));
	assert_true(item("A|base64offset|contains: iexiex",
	    "{\"A\":\"eHhpZXhpZXh4\"}"));
	assert_false(item("A|base64offset|contains: iexiex",
	    "{\"A\":\"eHhpZXhpZYh4\"}"));
	assert_true(item("A|wide|base64offset|contains: ab",
	    "{\"A\":\"YQBiAA==\"}"));
	assert_true(item("A|contains|windash: ' -enc '",
	    "{\"A\":\"p /enc x\"}"));
	assert_true(item("A|contains|windash: ' -enc '",
	    "{\"A\":\"p \xe2\x80\x93" "enc x\"}"));
	assert_false(item("A|contains|windash: ' -enc '",
	    "{\"A\":\"p +enc x\"}"));
}

static void
names_lead_through_objects_and_arrays(void **state)
{
	(void)state;
	assert_true(item("a.b.c: x", "{\"a\":{\"b\":{\"c\":\"x\"}}}"));
	assert_true(item("a.b: x", "{\"a.b\":\"x\"}"));
	assert_true(item("a.b: x", "{\"a\":[{\"b\":\"y\"},{\"b\":\"x\"}]}"));
	assert_true(item("a: x", "{\"a\":[\"y\",\"x\"]}"));
	assert_true(item("a|all: [x, y]", "{\"a\":[\"y\",\"x\"]}"));
	assert_false(item("a|all: [x, z]", "{\"a\":[\"y\",\"x\"]}"));
	assert_true(item("Image|endswith: '\\a.exe'",
	    "{\"NewProcessName\":\"C:\\\\a.exe\"}"));
	assert_true(item("EventID: 7",
	    "{\"Event\":{\"System\":{\"EventID\":{\"#text\":7}}}}"));
	assert_true(item("EventID: 7", "{\"winlog\":{\"event_id\":7}}"));
	assert_false(item("ThreatName: x", "{\"Threat Name\":\"x\"}"));
}

static void
lists_are_alternatives_and_maps_belong_together(void **state)
{
	static const char maps[] = "  s:\n    - A: x\n      B: y\n    - C: z\n"
	    "  condition: s\n";
	static const char words[] = "  s: [Alpha, 'be*ta']\n  condition: s\n";
	static const char all[] = "  s:\n    '|all': [one, two]\n"
	    "  condition: s\n";

	(void)state;
	assert_true(matches(maps, "{\"A\":\"x\",\"B\":\"y\"}"));
	assert_false(matches(maps, "{\"A\":\"x\"}"));
	assert_true(matches(maps, "{\"C\":\"z\"}"));
	assert_true(matches(words, "{\"a\":{\"b\":[\"xalphax\"]}}"));
	assert_true(matches(words, "{\"a\":\"bexta\"}"));
	assert_false(matches(words, "{\"alpha\":\"gamma\"}"));
	assert_true(matches(all, "{\"a\":\"one\",\"b\":\"two\"}"));
	assert_false(matches(all, "{\"a\":\"one\"}"));
}

/* Selections a1 a2 b hold when the record has their letter. */
static bool
condition(const char *c, const char *json)
{
	char text[512];

	snprintf(text, sizeof(text), "  a1: {A: '1'}\n  a2: {B: '1'}\n"
	    "  b: {C: '1'}\n  _d: {D: '1'}\n  condition: %s\n", c);
	return matches(text, json);
}

static void
conditions_bind_as_written(void **state)
{
	static const char a[] = "{\"A\":1}", ab[] = "{\"A\":1,\"B\":1}",
	    c[] = "{\"C\":1}", d[] = "{\"D\":1}", abc[] =
	    "{\"A\":1,\"B\":1,\"C\":1}";

	(void)state;
	assert_true(condition("a1 or a2 and b", a));
	assert_false(condition("(a1 or a2) and b", a));
	assert_true(condition("a1 and not b", a));
	assert_true(condition("not not a1", a));
	assert_false(condition("not a1 or b", a));
	assert_true(condition("1 of a*", a));
	assert_false(condition("all of a*", a));
	assert_true(condition("all of a* and not b", ab));
	assert_true(condition("any of them", c));
	assert_false(condition("1 of them", d));
	assert_true(condition("all of them", abc));
	assert_true(condition("1 of _*", d));
	assert_true(condition("[a2, b]", c));
	assert_false(condition("[a2, b]", a));
}

static void
a_rule_it_cannot_do_is_refused_with_a_reason(void **state)
{
#define BAD(detection) refused(HEAD "detection:\n" detection)
	(void)state;
	assert_non_null(strstr(BAD("  s: {A: x}\n  condition: s | count() > 5\n"),
	    "many events"));
	assert_non_null(strstr(BAD("  s: {A|expand: x}\n  condition: s\n"),
	    "expand"));
	assert_non_null(strstr(BAD("  s: {A: x}\n  condition: t\n"), "t"));
	assert_non_null(strstr(BAD("  s: {A: x}\n  condition: (s\n"),
	    "bracket"));
	assert_non_null(strstr(BAD("  s: {A: x}\n  condition: s s\n"), "ends"));
	assert_non_null(strstr(BAD("  s: {A: x}\n  condition: 1 of x*\n"),
	    "x*"));
	assert_non_null(strstr(BAD("  s: {A|re: '('}\n  condition: s\n"),
	    "regular"));
	assert_non_null(strstr(BAD("  s: {A|cidr: 10.0.0.0/33}\n"
	    "  condition: s\n"), "network"));
	assert_non_null(strstr(BAD("  s: {A: []}\n  condition: s\n"),
	    "no value"));
	assert_non_null(strstr(BAD("  s: {A: {B: x}}\n  condition: s\n"),
	    "text"));
	assert_non_null(strstr(BAD("  s: {A|re|contains: x}\n  condition: s\n"),
	    "together"));
	assert_non_null(strstr(BAD("  s: {A: x}\n"), "condition"));
	assert_non_null(strstr(BAD("  s: {A: x}\n  timeframe: 5m\n"
	    "  condition: s\n"), "timeframe"));
	assert_non_null(strstr(refused("title: T\ncorrelation: {type: x}\n"),
	    "correlation"));
	assert_non_null(strstr(refused("title: T\nlogsource: {}\ndetection:\n"
	    "  s: {A: x}\n  condition: s\n"), "logsource"));
	assert_non_null(strstr(refused("a: [1, 2\n"), "YAML"));
	assert_non_null(strstr(refused("a: &x 1\nb: *x\n"), "anchors"));
	assert_non_null(strstr(refused("a: 1\n---\nb: 1\n"), "documents"));
	assert_non_null(strstr(refused("[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]"),
	    "deep"));
	assert_non_null(strstr(refused("a: \xff\n"), "UTF-8"));
	assert_non_null(strstr(refused(""), "empty"));
#undef BAD
}

static void
a_deep_condition_is_refused(void **state)
{
	char nots[401] = "", text[1024];

	(void)state;
	for (size_t i = 0; i < 100; i++)
		memcpy(nots + 4 * i, "not ", 4);
	snprintf(text, sizeof(text), HEAD
	    "detection: {s: {A: x}, condition: \"%ss\"}\n", nots);
	assert_non_null(strstr(refused(text), "deep"));
}

static void
rules_speak_in_the_order_of_their_ids(void **state)
{
	static const char form[] = "title: T%d\nid: id-%d\nlevel: %s\n"
	    "%slogsource: {%s}\ndetection: {s: {A: x}, condition: s}\n";
	struct desk d;
	struct event ev;
	char text[512];

	(void)state;
	desk_begin(&d);
	snprintf(text, sizeof(text), form, 3, 3, "low", "", "product: p");
	desk_rule(&d, text);
	snprintf(text, sizeof(text), form, 1, 1, "critical",
	    "tags: [attack.t1685, attack.T1059.001, attack.execution]\n",
	    "service: s");
	desk_rule(&d, text);
	snprintf(text, sizeof(text), form, 2, 2, "informational", "",
	    "category: other");
	desk_rule(&d, text);
	snprintf(text, sizeof(text), form, 9, 1, "low", "", "product: p");
	desk_rule(&d, text);
	desk_open(&d);
	assert_int_equal(tagger_loaded(d.tagger), 3);
	assert_int_equal(tagger_refused(d.tagger), 1);
	ev = tagged(&d, "{\"A\":\"x\"}");
	assert_int_equal(ev.n_tags, 3);
	assert_string_equal(ev.tags[0].rule, "id-1");
	assert_int_equal(ev.tags[0].technique, 1562001);
	assert_int_equal(ev.tags[0].level, 5);
	assert_string_equal(ev.tags[0].title, "T1");
	assert_int_equal(ev.tags[1].technique, 1059001);
	assert_string_equal(ev.tags[2].rule, "id-3");
	assert_int_equal(ev.tags[2].technique, 0);
	desk_end(&d);
}

static void
the_fingerprint_follows_the_rules(void **state)
{
	uint8_t one[32], two[32], again[32];
	struct desk d;

	(void)state;
	desk_begin(&d);
	desk_rule(&d, HEAD "detection: {s: {A: x}, condition: s}\n");
	desk_open(&d);
	tagger_fingerprint(d.tagger, one);
	tagger_close(d.tagger);
	desk_open(&d);
	tagger_fingerprint(d.tagger, again);
	tagger_close(d.tagger);
	desk_rule(&d, "id: other\nlogsource: {product: p}\n"
	    "detection: {s: {A: x}, condition: s}\n");
	desk_open(&d);
	tagger_fingerprint(d.tagger, two);
	assert_memory_equal(one, again, 32);
	assert_memory_not_equal(one, two, 32);
	desk_end(&d);
}

static void
padding_hides_nothing(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	buf_put_c(&b, "{\"A\":\"");
	for (int i = 0; i < 200000; i++)
		buf_put_char(&b, 'P');
	buf_put_c(&b, "Needle\"}");
	buf_put_char(&b, '\0');
	assert_true(item("A|contains: needle", b.p));
	buf_release(&b);
}

static void
a_folder_that_is_not_there_fails(void **state)
{
	struct tagger *t = NULL;

	(void)state;
	assert_int_equal(tagger_open("/nonexistent/rules", &t), RC_FAIL);
	assert_null(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_matches_whole_and_without_case),
		cmocka_unit_test(wildcards_and_their_escapes),
		cmocka_unit_test(modifiers_compare_parts),
		cmocka_unit_test(regular_expressions_keep_case_unless_told),
		cmocka_unit_test(numbers_networks_and_presence),
		cmocka_unit_test(values_in_other_writings),
		cmocka_unit_test(names_lead_through_objects_and_arrays),
		cmocka_unit_test(lists_are_alternatives_and_maps_belong_together),
		cmocka_unit_test(conditions_bind_as_written),
		cmocka_unit_test(a_rule_it_cannot_do_is_refused_with_a_reason),
		cmocka_unit_test(a_deep_condition_is_refused),
		cmocka_unit_test(rules_speak_in_the_order_of_their_ids),
		cmocka_unit_test(the_fingerprint_follows_the_rules),
		cmocka_unit_test(padding_hides_nothing),
		cmocka_unit_test(a_folder_that_is_not_there_fails),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
