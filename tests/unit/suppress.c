/* SPDX-License-Identifier: Apache-2.0 */
/* What suppression rules cover, and what they never do. */
#include "store_kit.h"

#include "suppress.h"

static const int64_t now_ns = 1000 * INT64_C(1000000000);

struct wish { const char *match[SUPPRESS__MAX]; };

static void
rule(struct kit *k, const char *name, struct wish w)
{
	struct suppression s = { .tenant = k->t.id, .id = str_of(name),
		.name = str_of(name), .reason = STR("r"), .who = STR("w"),
		.created_ns = 1, .expires_ns = now_ns + 1, .enabled = true };
	int i;

	for (i = 0; i < SUPPRESS__MAX; i++)
		s.match[i] = str_of(w.match[i]);
	OK(control_suppression_add(k->st, &s));
}

static struct suppress *
loaded(struct kit *k)
{
	struct suppress *s;

	OK(suppress_load(k->st, k->g, k->a, k->t.id, now_ns, &s));
	return s;
}

static bool
hides(struct kit *k, const struct event *ev)
{
	struct suppressed d;

	OK(suppress_inline(loaded(k), ev, &d));
	return d.yes;
}

/* A scanner's look at a share, found by a rule of level medium. */
static struct event
seen(struct kit *k)
{
	struct event ev = { .source = STR("windows"), .type = STR("5145"),
		.action = STR("share access"), .host = STR("FILES-3"),
		.severity = -1 };

	event_ref(k->a, &ev, KIND_USER, ROLE_USER, STR("sid:s-1-5-21-9"),
	    STR("YARD\\scanner"));
	event_ref(k->a, &ev, KIND_IP, ROLE_ART, STR("192.0.2.9"),
	    STR("192.0.2.9"));
	event_tag(&ev, 1135000, "win_share", "Share", 3);
	return ev;
}

static void
all_conditions_must_hold(void **state)
{
	static const struct { struct wish w; bool yes; } cases[] = {
		{ { { [SUPPRESS_RULE] = "win_share" } }, true },
		{ { { [SUPPRESS_RULE] = "WIN_SHAR?" } }, true },
		{ { { [SUPPRESS_RULE] = "win_share*x" } }, false },
		{ { { [SUPPRESS_HOST] = "files-*" } }, true },
		{ { { [SUPPRESS_HOST] = "files" } }, false },
		{ { { [SUPPRESS_ACCOUNT] = "yard\\scan*" } }, true },
		{ { { [SUPPRESS_ACCOUNT] = "sid:s-1-5-21-9" } }, true },
		{ { { [SUPPRESS_ACCOUNT] = "192.0.2.9" } }, false },
		{ { { [SUPPRESS_ENTITY] = "192.0.2.*" } }, true },
		{ { { [SUPPRESS_ENTITY] = "ip:192.0.2.*" } }, true },
		{ { { [SUPPRESS_ENTITY] = "user:192.0.2.*" } }, false },
		{ { { [SUPPRESS_ENTITY] = "sid:s-1-5-*" } }, true },
		{ { { [SUPPRESS_TECHNIQUE] = "T1135" } }, true },
		{ { { [SUPPRESS_TECHNIQUE] = "T1135.*" } }, false },
		{ { { [SUPPRESS_ACTION] = "share*" } }, true },
		{ { { [SUPPRESS_HOST] = "files-3", [SUPPRESS_RULE] =
		    "win_share", [SUPPRESS_SOURCE] = "windows",
		    [SUPPRESS_EVENT_TYPE] = "5145" } }, true },
		{ { { [SUPPRESS_HOST] = "files-3", [SUPPRESS_RULE] =
		    "win_share", [SUPPRESS_SOURCE] = "zeek" } }, false },
	};
	struct kit *k = *state;
	struct event ev = seen(k);
	struct suppression s = { .tenant = k->t.id };
	size_t i;

	assert_null(loaded(k));
	for (i = 0; i < COUNT(cases); i++) {
		rule(k, "one", cases[i].w);
		assert_int_equal(hides(k, &ev), cases[i].yes);
		OK(control_suppression_get(k->st, k->a, k->t.id, STR("one"),
		    &s));
		OK(control_suppression_remove(k->st, &s));
	}
}

static void
each_detection_must_be_covered(void **state)
{
	struct kit *k = *state;
	struct event ev = seen(k);

	rule(k, "a", (struct wish){ { [SUPPRESS_RULE] = "win_share" } });
	assert_true(hides(k, &ev));
	event_tag(&ev, 1083000, "win_share_low", "Listing", 2);
	assert_true(hides(k, &ev));	/* no sign of its own */
	event_tag(&ev, 1003001, "win_dump", "Dump", 5);
	assert_false(hides(k, &ev));
	rule(k, "b", (struct wish){ { [SUPPRESS_TECHNIQUE] = "T1003.001" } });
	assert_true(hides(k, &ev));
	ev.flags |= EVENT_ALERT;	/* the source says so itself, too */
	assert_false(hides(k, &ev));
	rule(k, "c", (struct wish){ { [SUPPRESS_RULE] =
	    "windows: share access" } });
	assert_true(hides(k, &ev));
}

static void
one_technique_of_a_rule_is_not_the_other(void **state)
{
	struct kit *k = *state;
	struct event ev = seen(k);

	event_tag(&ev, 1021002, "win_share", "Share", 3);
	rule(k, "a", (struct wish){ { [SUPPRESS_TECHNIQUE] = "T1135" } });
	assert_false(hides(k, &ev));
	rule(k, "b", (struct wish){ { [SUPPRESS_TECHNIQUE] = "T1021.*" } });
	assert_true(hides(k, &ev));
}

static void
what_is_off_or_over_or_anothers_hides_nothing(void **state)
{
	struct kit *k = *state;
	struct event ev = seen(k);
	struct suppression s;
	struct suppress *rules;

	rule(k, "a", (struct wish){ { [SUPPRESS_HOST] = "files-3" } });
	OK(suppress_load(k->st, k->g, k->a, k->t.id + 1, now_ns, &rules));
	assert_null(rules);
	OK(suppress_load(k->st, k->g, k->a, k->t.id, now_ns + 1, &rules));
	assert_null(rules);
	OK(control_suppression_get(k->st, k->a, k->t.id, STR("a"), &s));
	assert_string_equal(suppress_state(&s, now_ns), "active");
	assert_string_equal(suppress_state(&s, now_ns + 1), "expired");
	s.enabled = false;
	OK(control_suppression_set(k->st, &s));
	assert_string_equal(suppress_state(&s, now_ns), "disabled");
	assert_false(hides(k, &ev));
	assert_int_equal(control_suppression_get(k->st, k->a, k->t.id + 1,
	    STR("a"), &s), RC_ABSENT);
}

/* An alert at FILES-3 that is stored, the only sign of segment 1. */
static int64_t
stored(struct kit *k, uint32_t no, const char *host)
{
	struct event_row row = kit_row(k, no, 5, STR("{}"));

	row.host = kit_entity(k, KIND_HOST, host);
	row.flags = EVENT_ALERT;
	OK(graph_event_add(k->g, &row, STR("{}")));
	OK(graph_label_put(k->g, row.ev, 1, true, 1));
	return row.ev;
}

static struct chain_row
chain_of(struct kit *k, const int64_t *members, size_t n, const char *cut)
{
	struct chain_row row = { .first_seed = members[0], .root = members[0],
		.grade = GRADE_MIXED, .title = STR("t"),
		.techniques = STR("") };
	struct chain c = { .cut.why = cut };
	struct buf b;

	buf_init(&b, 1 << 16);
	chain_pack(&c, &b);
	row.body = str_dup(k->a, buf_str(&b));
	buf_release(&b);
	OK(graph_chain_put(k->g, &row, members, n, members, 0,
	    STR("created"), STR("{}"), 1));
	OK(graph_chain_get(k->g, k->a, row.id, &row));
	return row;
}

static bool
hides_chain(struct kit *k, const struct chain_row *row)
{
	struct suppressed d;

	OK(suppress_chain(loaded(k), row, &d));
	return d.yes;
}

static void
a_chain_is_hidden_only_if_each_sign_is_seen_folded_ones_too(void **state)
{
	struct kit *k = *state;
	struct chain_row row;
	int64_t ev[2];

	rule(k, "a", (struct wish){ { [SUPPRESS_HOST] = "files-3" } });
	kit_begin(k);
	ev[0] = stored(k, 1, "files-3");
	row = chain_of(k, ev, 1, NULL);
	assert_true(hides_chain(k, &row));
	ev[1] = stored(k, 2, "payroll");	/* of its segment, not shown */
	assert_false(hides_chain(k, &row));
	rule(k, "b", (struct wish){ { [SUPPRESS_HOST] = "payroll" } });
	assert_true(hides_chain(k, &row));
	row.disposition = STR("true_positive");
	assert_false(hides_chain(k, &row));
	row.disposition = STR("benign");
	row.live = false;
	assert_false(hides_chain(k, &row));
	graph_rollback(k->g);
}

static void
a_chain_that_is_cut_short_is_never_hidden(void **state)
{
	struct kit *k = *state;
	struct chain_row row;
	int64_t ev;

	rule(k, "a", (struct wish){ { [SUPPRESS_HOST] = "files-3" } });
	kit_begin(k);
	ev = stored(k, 1, "files-3");
	row = chain_of(k, &ev, 1, "members");
	assert_false(hides_chain(k, &row));
	graph_rollback(k->g);
}

static void
patterns_take_no_more_time_than_both_lengths(void **state)
{
	char text[20000], pattern[400];
	struct kit *k = *state;
	struct event ev = seen(k);
	size_t i;

	memset(text, 'a', sizeof(text));
	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[sizeof(pattern) - 1] = 'b';
	ev.host = (struct str){ text, sizeof(text) };
	assert_false(str_like((struct str){ pattern, sizeof(pattern) },
	    ev.host));
	assert_true(str_like(STR(""), STR("")));
	assert_true(str_like(STR("***"), STR("")));
	assert_false(str_like(STR("?"), STR("")));
	assert_false(str_like(STR(""), STR("a")));
	assert_true(str_like(STR("a*b*c"), STR("abcbc")));
	assert_false(str_like(STR("a*b*c"), STR("abcb")));
}

int
main(void)
{
#define EACH(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		EACH(all_conditions_must_hold),
		EACH(each_detection_must_be_covered),
		EACH(one_technique_of_a_rule_is_not_the_other),
		EACH(what_is_off_or_over_or_anothers_hides_nothing),
		EACH(a_chain_is_hidden_only_if_each_sign_is_seen_folded_ones_too),
		EACH(a_chain_that_is_cut_short_is_never_hidden),
		EACH(patterns_take_no_more_time_than_both_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
