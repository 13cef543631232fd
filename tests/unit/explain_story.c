/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What explanations promise, on chains given as objects: every sentence holds,
 * the check sees what does not, the worked example of a stolen session comes
 * out as it should, long chains stay whole, hostile text stays text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "explain/inner.h"

struct kit {
	struct arena *a;
	struct json_doc *doc;
	struct story *s;
	struct str pointer;
	const char *detail;
};

static int
setup(void **state)
{
	struct kit *k = calloc(1, sizeof(*k));

	hash_init();
	k->a = arena_new();
	k->doc = json_doc_new();
	*state = k;
	return 0;
}

static int
teardown(void **state)
{
	struct kit *k = *state;

	json_doc_free(k->doc);
	arena_free(k->a);
	free(k);
	return 0;
}

static enum rc
give(struct kit *k, struct str text)
{
	const struct json *v = json_parse(k->doc, text);

	return explain_given(k->a, v, &k->s, &k->pointer, &k->detail);
}

static const struct findings *
found(struct kit *k, struct str text, enum audience who)
{
	assert_int_equal(give(k, text), RC_OK);
	explain_surroundings(k->s, STR("okta cloudtrail"),
	    STR("host:WS-* desk team\nuser,*@harbour.example,identity team"));
	return explain_find(k->s, who);
}

static size_t
faults_of(const struct findings *f)
{
	struct buf b;
	size_t n;

	buf_init(&b, 1 << 20);
	n = explain_check(f, &b);
	if (n > 0)
		print_message("%.*s", STR_ARG(buf_str(&b)));
	buf_release(&b);
	return n;
}

static struct str
json_of(struct kit *k, const struct findings *f)
{
	struct buf b;
	struct str out;
	struct jw w;

	buf_init(&b, 64 << 20);
	jw_init(&w, &b);
	explain_json(&w, f, 1);
	assert_false(buf_bad(&b));
	out = str_dup(k->a, buf_str(&b));
	buf_release(&b);
	return out;
}

#define NODE(id, min, actor, action, target, role, more) "{\"event_id\":\"" \
	id "\",\"timestamp\":\"2026-03-06T10:" min "Z\",\"source\":\"cloud\"," \
	"\"event_type\":\"t\",\"actor\":\"" actor "\",\"action\":\"" action \
	"\",\"target\":\"" target "\",\"role\":\"" role "\"" more "}"
#define EDGE(from, to, rule, grade, conf) "{\"from\":\"" from "\",\"to\":\"" \
	to "\",\"rule\":\"" rule "\",\"grade\":\"" grade \
	"\",\"confidence\":" conf "}"

/* engine.md's worked example, as far as it is shown. */
static const char stolen[] = "{\"confidence\":\"MIXED\",\"score\":61.5,"
    "\"nodes\":["
    NODE("e1", "00:00", "ann", "sign-in", "portal", "root",
    ",\"techniques\":[\"T1078\"]") ","
    NODE("e2", "02:10", "ann", "inbox rule", "mail", "seed",
    ",\"techniques\":[\"T1564\"]") ","
    NODE("e3", "05:00", "ann", "AssumeRole", "ops", "step", "") ","
    NODE("e4", "06:20", "ops", "CreateAccessKey", "AKIA2", "seed",
    ",\"techniques\":[\"T1098.001\"]") ","
    NODE("e6", "31:00", "AKIA2", "GetObject", "bucket", "impact",
    ",\"techniques\":[\"T1530\"],\"count\":4000")
    "],\"edges\":["
    EDGE("e1", "e2", "session", "PROVABLE", "0.98") ","
    EDGE("e1", "e3", "account", "INFERRED", "0.41") ","
    EDGE("e3", "e4", "issue-use", "PROVABLE", "0.99") ","
    EDGE("e4", "e6", "issue-use", "PROVABLE", "0.99")
    "],\"root_cause\":\"e1\"}";

static bool
says(struct str whole, const char *part)
{
	return str_find(whole, str_of(part), 0) != (size_t)-1;
}

static void
the_worked_example_comes_out_as_it_should(void **state)
{
	struct kit *k = *state;
	const struct findings *f = found(k, str_of(stolen), AUDIENCE_ANALYST);
	struct str said = f->counter[0].said.text;

	assert_int_equal(faults_of(f), 0);
	assert_true(str_is(k->s->step[k->s->root].id, "e1"));
	assert_true(str_is(k->s->step[k->s->proven_from].id, "e3"));
	assert_int_equal(f->counter[0].n_cut, 1);
	assert_true(str_is(k->s->step[f->counter[0].cut[0]].id, "e4"));
	assert_true(says(said, "CreateAccessKey"));
	assert_true(says(said, "1 of 1 recorded impact events has no other "
	    "recorded path"));
	assert_true(says(said, "on proven links alone: 1"));
	assert_true(says(said, "24 min 40 s later"));
	assert_int_equal(f->counter[0].n_residual, 0);
	assert_true(says(json_of(k, f), "4000 times"));
}

static void
an_inferred_link_is_always_evidence_against(void **state)
{
	struct kit *k = *state;
	const struct findings *f = found(k, str_of(stolen), AUDIENCE_ANALYST);

	assert_int_equal(f->against.n, 1);
	assert_true(says(f->against.v[0].text, "is INFERRED"));
	assert_int_equal(f->against.v[0].n_cites, 3);
	assert_true(str_is(f->against.v[0].cites[2], "e1->e3"));
	assert_true(f->n_unseen > 0);
}

static void
both_audiences_cite_in_every_sentence_and_same_in_same_out(void **state)
{
	struct kit *k = *state;
	const struct findings *f;
	struct str one;
	int who;

	for (who = AUDIENCE_ANALYST; who <= AUDIENCE_EXECUTIVE; who++) {
		f = found(k, str_of(stolen), (enum audience)who);
		assert_int_equal(faults_of(f), 0);
		one = json_of(k, f);
		assert_true(str_eq(one, json_of(k, found(k, str_of(stolen),
		    (enum audience)who))));
		assert_true(f->n_deeds > 0 && f->n_paragraphs > 1);
	}
}

static size_t
faults_after(const struct findings *f, struct said *s, struct str text)
{
	struct str was = s->text;
	struct buf b;
	size_t n;

	buf_init(&b, 1 << 20);
	s->text = text;
	n = explain_check(f, &b);
	s->text = was;
	buf_release(&b);
	return n;
}

static void
the_check_sees_what_does_not_follow(void **state)
{
	static const char *const lies[] = {
		"At 2026-03-06 10:06:20 UTC it was so.",	/* another's time */
		("\xe2\x80\x9c" "bob\xe2\x80\x9d did it."),
		"\xe2\x80\x9cinbox rule\xe2\x80\x9d came first.",
		"It is marked as T1486 (Data Encrypted for Impact).",
		"It happened 77 times.",
	};
	struct kit *k = *state;
	const struct findings *f = found(k, str_of(stolen), AUDIENCE_ANALYST);
	struct said only_first = { STR("x"), &k->s->step[0].id, 1, 1 };
	struct str nobody = STR("e9");
	size_t i;

	f->paragraph[0].s.v[0] = only_first;
	assert_int_equal(faults_of(f), 0);
	for (i = 0; i < COUNT(lies); i++)
		assert_int_equal(faults_after(f, &f->paragraph[0].s.v[0],
		    str_of(lies[i])), 1);
	assert_int_equal(faults_after(f, &f->paragraph[0].s.v[0],
	    STR("\xe2\x80\x9c" "ann\xe2\x80\x9d did \xe2\x80\x9csign-in"
	    "\xe2\x80\x9d at 2026-03-06 10:00:00 UTC, T1078.")), 0);
	f->paragraph[0].s.v[0].cites = &nobody;
	assert_int_equal(faults_after(f, &f->paragraph[0].s.v[0], STR("x")), 1);
	f->paragraph[0].s.v[0].n_cites = 0;
	assert_int_equal(faults_after(f, &f->paragraph[0].s.v[0], STR("x")), 1);
}

static void
a_wrong_counterfactual_is_seen(void **state)
{
	struct kit *k = *state;
	const struct findings *f = found(k, str_of(stolen), AUDIENCE_ANALYST);

	f->counter[0].cut[0] = 1;	/* nothing hangs on the inbox rule */
	assert_true(faults_after(f, &f->counter[0].said,
	    f->counter[0].said.text) > 0);
}

static struct str
many(struct kit *k, size_t n, bool alike)
{
	struct buf b;
	struct str out;
	size_t i;

	buf_init(&b, 64 << 20);
	buf_put_c(&b, "{\"nodes\":[");
	for (i = 0; i < n; i++)
		buf_printf(&b, "%s{\"event_id\":\"n%zu\",\"timestamp\":\"2026-"
		    "03-06T%02zu:%02zu:%02zuZ\",\"source\":\"s\",\"actor\":"
		    "\"a%zu\",\"action\":\"act%zu\",\"target\":\"t%zu\","
		    "\"host\":\"h%zu\",\"role\":\"%s\"}", i > 0 ? "," : "", i,
		    i / 3600, i / 60 % 60, i % 60, alike ? 0 : i % 700,
		    i % 3, alike ? i % 5 : i, i % 2,
		    i % 10 == 9 ? "seed" : "step");
	buf_put_c(&b, "],\"edges\":[");
	for (i = 1; i < n; i++)
		buf_printf(&b, "%s" EDGE("n%zu", "n%zu", "act", "PROVABLE",
		    "0.99"), i > 1 ? "," : "", i / 2, i);
	buf_put_c(&b, "]}");
	out = str_dup(k->a, buf_str(&b));
	buf_release(&b);
	return out;
}

struct seen { struct story *s; bool *cited; };

static void
note(void *ctx, const char *where, const struct said *said)
{
	struct seen *n = ctx;
	size_t i;

	/* The sentence about folding cites all; it does not count. */
	if (strcmp(where, "narrative") != 0 || said->n_cites == n->s->n)
		return;
	for (i = 0; i < said->n_cites; i++)
		if (said->cites[i].p[0] == 'n' &&
		    str_find(said->cites[i], STR("->"), 0) == (size_t)-1)
			n->cited[strtol(said->cites[i].p + 1, NULL, 10)] = true;
}

static void
a_chain_of_five_thousand_is_told_whole(void **state)
{
	struct kit *k = *state;
	const struct findings *f;
	struct seen n;
	size_t i, sentences, cites;
	int alike;

	for (alike = 0; alike < 2; alike++) {
		f = found(k, many(k, EXPLAIN_NODES_MAX, alike),
		    AUDIENCE_ANALYST);
		n = (struct seen){ k->s, arena_array(k->a, k->s->n, 1) };
		findings_each(f, note, &n);
		for (i = 0; i < k->s->n; i++)
			assert_true(n.cited[i]);
		explain_size(f, &sentences, &cites);
		assert_true(sentences < 700);
		assert_true(says(f->paragraph[0].s.v[2].text,
		    "told together with their count"));
		assert_int_equal(faults_of(f), 0);
	}
}

static void
hostile_text_stays_between_its_quotes(void **state)
{
	static const char hostile[] = "{\"nodes\":["
	    NODE("e1", "00:00", "a\xe2\x80\x9d. Ignore all \xe2\x80\x9c",
	    "\\n# Heading\\n<script>", "[x](http://evil.example) **b** 77",
	    "seed", "") ","
	    NODE("e2", "00:01", "", "", "", "seed", "") "],\"edges\":["
	    EDGE("e1", "e2", "nonsense", "PROVABLE", "9e99") "]}";
	struct kit *k = *state;
	const struct findings *f = found(k, str_of(hostile), AUDIENCE_ANALYST);
	struct buf b;
	struct str page;

	assert_int_equal(faults_of(f), 0);
	buf_init(&b, 1 << 20);
	explain_markdown(&b, f);
	page = buf_str(&b);
	assert_false(says(page, "\n# Heading"));
	assert_false(says(page, "<script>"));
	assert_false(says(page, "[x]"));
	assert_false(says(page, " http://"));
	assert_false(says(page, "\xe2\x80\x9d. Ignore"));
	buf_release(&b);
}

static void
a_wrong_chain_is_refused_with_a_pointer(void **state)
{
	static const struct { const char *text, *pointer; } wrong[] = {
		{ "[]", "/chain" }, { "{}", "/chain/nodes" },
		{ "{\"nodes\":[]}", "/chain/nodes" },
		{ "{\"nodes\":[5]}", "/chain/nodes/0/event_id" },
		{ "{\"nodes\":[{\"event_id\":\"a\"}]}",
		    "/chain/nodes/0/timestamp" },
		{ "{\"nodes\":[" NODE("a", "00:00", "", "", "", "", "") ","
		    NODE("a", "00:00", "", "", "", "", "") "]}",
		    "/chain/nodes/1/event_id" },
		{ "{\"nodes\":[" NODE("a", "00:00", "", "", "", "", "") ","
		    NODE("b", "00:00", "", "", "", "", "") "],\"edges\":["
		    EDGE("b", "a", "act", "MIXED", "1") "]}",
		    "/chain/edges/0" },
		{ "{\"nodes\":[" NODE("a", "00:00", "", "", "", "", "")
		    "],\"edges\":[" EDGE("a", "x", "act", "MIXED", "1") "]}",
		    "/chain/edges/0" },
	};
	struct kit *k = *state;
	size_t i;

	for (i = 0; i < COUNT(wrong); i++) {
		assert_int_equal(give(k, str_of(wrong[i].text)), RC_INVALID);
		if (i == 5)	/* which of two equals is said is no promise */
			continue;
		assert_true(str_is(k->pointer, wrong[i].pointer));
	}
}

static void
of_several_owners_the_last_line_counts(void **state)
{
	static const char map[] = "# who\nhost:WS-* desk team\n"
	    "WS-42* lab\nuser,*@a.example,people\n*,vault?,safe team\n";
	struct owner o;
	const char *why;
	size_t line;

	(void)state;
	assert_true(owners_sound(str_of(map), &line, &why));
	assert_int_equal(owners_lines(str_of(map)), 4);
	assert_true(owners_find(str_of(map), KIND_HOST, STR("ws-7.x"), &o));
	assert_true(str_is(o.owner, "desk team") && o.line == 2);
	assert_true(owners_find(str_of(map), KIND_HOST, STR("WS-42b"), &o));
	assert_true(str_is(o.owner, "lab") && o.line == 3);
	assert_true(owners_find(str_of(map), KIND_USER, STR("K@A.example"),
	    &o));
	assert_false(owners_find(str_of(map), KIND_HOST, STR("k@a.example"),
	    &o));
	assert_true(owners_find(str_of(map), KIND_RESOURCE, STR("vault9"), &o));
	assert_false(owners_find(str_of(map), KIND_RESOURCE, STR("vault"), &o));
	assert_false(owners_sound(STR("a b\nlonely\n"), &line, &why));
	assert_int_equal(line, 2);
	assert_false(owners_sound(STR("planet,x,y\n"), &line, &why));
}

#define PROMISE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PROMISE(the_worked_example_comes_out_as_it_should),
		PROMISE(an_inferred_link_is_always_evidence_against),
		PROMISE(both_audiences_cite_in_every_sentence_and_same_in_same_out),
		PROMISE(the_check_sees_what_does_not_follow),
		PROMISE(a_wrong_counterfactual_is_seen),
		PROMISE(a_chain_of_five_thousand_is_told_whole),
		PROMISE(hostile_text_stays_between_its_quotes),
		PROMISE(a_wrong_chain_is_refused_with_a_pointer),
		PROMISE(of_several_owners_the_last_line_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
