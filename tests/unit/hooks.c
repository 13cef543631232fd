/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks: what is told, what an answer means, how it is signed. */
#include "store_kit.h"

#include "base/clock.h"
#include "hooks/inner.h"

static const struct conf_spans retries = { { 10, 100, 1000 }, 3 };
static const struct sender_want want = { .timeout_s = 15, .give_up_s = 86400,
	.kept_s = 86400, .retries = &retries, .at_once = 4 };

static struct hook
add_hook(struct kit *k, enum grade min_grade, double min_score)
{
	struct hook h = { .id = hook_id_new(k->a), .tenant = k->t.id,
		.url = STR("https://hooks.example/"), .enabled = true,
		.description = STR(""), .why = STR(""),
		.events = HOOK_CHAIN_THRESHOLD | HOOK_INVESTIGATION,
		.min_grade = min_grade, .min_score = min_score,
		.secret = hook_secret_new(k->a) };

	OK(store_hook_add(k->st, &h));
	return h;
}

/* ---- telling --------------------------------------------------------------- */

/* What a line of the log adds: 1 if it is told, else 0. */
static size_t
told(struct kit *k, const struct hook *h, const struct change *c)
{
	struct telling t = { .st = k->st, .g = k->g, .a = k->a,
		.doc = json_doc_new(), .now_ns = 5 };

	OK(tell_change(&t, h, c));
	json_doc_free(t.doc);
	return t.told;
}

static struct change
line(struct kit *k, int64_t seq, const char *kind, const char *grade,
    double score)
{
	return (struct change){ .seq = seq, .kind = str_of(kind),
		.data = str_printf(k->a, "{\"chain_id\":\"ch-a\",\"version\":1,"
		    "\"confidence\":\"%s\",\"score\":%g,\"summary\":\"x\"}",
		    grade, score) };
}

static void
a_chain_is_told_once_and_again_when_its_grade_rises(void **state)
{
	static const struct {
		const char *kind, *grade;
		double score;
		size_t told;
	} story[] = {
		{ "history.chain.created", "PROVABLE", 99, 0 },
		{ "chain.created", "INFERRED", 99, 0 },	/* grade too low */
		{ "chain.updated", "MIXED", 49, 0 },	/* score too low */
		{ "chain.updated", "MIXED", 50, 1 },
		{ "chain.updated", "MIXED", 90, 0 },	/* no better proven */
		{ "chain.updated", "INFERRED", 90, 0 },
		{ "chain.updated", "MIXED", 90, 0 },	/* told before */
		{ "chain.retired", "PROVABLE", 90, 0 },
		{ "chain.created", "PROVABLE", 90, 1 },
		{ "chain.updated", "PROVABLE", 95, 0 },
	};
	struct kit *k = *state;
	struct hook h = add_hook(k, GRADE_MIXED, 50);
	struct hook other = add_hook(k, GRADE_MIXED, 0);

	for (size_t i = 0; i < COUNT(story); i++) {
		struct change c = line(k, (int64_t)i + 1, story[i].kind,
		    story[i].grade, story[i].score);

		if (told(k, &h, &c) != story[i].told)
			fail_msg("line %zu", i + 1);
	}
	/* What one hook was told is nothing to another. */
	struct change c = line(k, 11, "chain.updated", "PROVABLE", 95);
	assert_int_equal(told(k, &other, &c), 1);
}

static void
the_same_change_read_again_is_not_told_again(void **state)
{
	struct kit *k = *state;
	struct hook h = add_hook(k, GRADE_INFERRED, 0);
	struct change c = line(k, 7, "investigation.completed", "MIXED", 5);
	struct delivery_query q = { .hook = h.no, .state = DELIVERY__MAX,
		.most = 10 };
	struct delivery *d;
	size_t n;

	assert_int_equal(told(k, &h, &c), 1);
	assert_int_equal(told(k, &h, &c), 0);
	OK(store_deliveries(k->st, k->a, &q, &d, &n));
	assert_int_equal(n, 1);
	assert_int_equal(d[0].change, 7);
}

static void
an_investigation_is_told_unless_it_says_less_than_the_minimum(void **state)
{
	struct kit *k = *state;
	struct hook h = add_hook(k, GRADE_MIXED, 50);
	struct change c = { .seq = 1, .kind = STR("investigation.completed"),
		.data = STR("{\"chain_id\":\"ch-a\"}") };
	struct delivery_query q = { .hook = h.no, .state = DELIVERY__MAX,
		.most = 10 };
	struct delivery *d, whole;
	size_t n;

	assert_int_equal(told(k, &h, &c), 1);
	c = line(k, 2, "investigation.completed", "INFERRED", 90);
	assert_int_equal(told(k, &h, &c), 0);
	c = line(k, 3, "investigation.completed", "MIXED", 10);
	assert_int_equal(told(k, &h, &c), 0);
	c = (struct change){ .seq = 4, .kind = STR("investigation.completed"),
		.data = STR("not json") };
	assert_int_equal(told(k, &h, &c), 0);
	OK(store_deliveries(k->st, k->a, &q, &d, &n));
	assert_int_equal(n, 1);
	OK(store_delivery_get(k->st, k->a, h.no, d[0].id, &whole));
	assert_true(str_is(whole.body, "{\"type\":\"investigation.completed\","
	    "\"timestamp\":\"1970-01-01T00:00:00.000000005Z\","
	    "\"data\":{\"chain_id\":\"ch-a\"}}"));
}

/* ---- attempts --------------------------------------------------------------- */

struct try {
	struct hook h;
	struct delivery d;
	struct fetch_answer an;
	int64_t now_s;
};

static enum attempt_end
went(struct kit *k, struct try *t, int status)
{
	struct attempt at = { .want = &want, .an = &t->an, .a = k->a,
		.now_ns = t->now_s * NS_PER_S };

	t->an.status = status;
	return attempt_went(&at, &t->h, &t->d);
}

static void
waits_between(const struct try *t, int64_t least_s, int64_t most_s)
{
	assert_int_equal(t->d.state, DELIVERY_WAITING);
	assert_in_range(t->d.next_ns - t->now_s * NS_PER_S,
	    least_s * NS_PER_S, most_s * NS_PER_S);
}

static void
pauses_grow_as_the_schedule_says_a_quarter_more_or_less(void **state)
{
	struct kit *k = *state;

	for (int round = 0; round < 200; round++) {
		struct try t = { .now_s = 1000 };

		went(k, &t, 500);
		waits_between(&t, 7, 13);
		assert_int_equal(t.h.retry_ns, 0);
		went(k, &t, 0);
		waits_between(&t, 75, 125);
		went(k, &t, 302);
		waits_between(&t, 750, 1250);
		/* thrice in a row: the receiver as a whole is left alone */
		assert_in_range(t.h.retry_ns - t.now_s * NS_PER_S,
		    7 * NS_PER_S, 13 * NS_PER_S);
		went(k, &t, 404);
		waits_between(&t, 750, 1250);
		went(k, &t, 404);
		assert_in_range(t.h.retry_ns - t.now_s * NS_PER_S,
		    300 * NS_PER_S, 300 * NS_PER_S);
		assert_int_equal(t.d.attempts, 5);
		assert_int_equal(t.h.failures, 5);
		assert_int_equal(went(k, &t, 204), ATTEMPT_BACK);
		assert_int_equal(t.d.state, DELIVERY_DONE);
		assert_int_equal(t.h.failures, 0);
		assert_int_equal(t.h.retry_ns, 0);
	}
}

static void
retry_after_is_heard_and_has_an_end(void **state)
{
	struct kit *k = *state;
	struct try t = { .now_s = 1000, .an = { .retry_after_s = 60 } };

	went(k, &t, 429);
	waits_between(&t, 60, 60);
	t.an.retry_after_s = 1000000000;
	went(k, &t, 503);
	waits_between(&t, 3600, 3600);
}

static void
the_day_counts_from_the_first_attempt_and_ends_with_one(void **state)
{
	struct kit *k = *state;
	struct try t = { .now_s = 1000000, .d = { .begun_ns = 1 } };

	went(k, &t, 500);	/* the machine had been off for long */
	waits_between(&t, 7, 13);
	t.now_s += 86400 - 5;
	t.d.attempts = 9;
	went(k, &t, 500);
	waits_between(&t, 5, 5);
	t.now_s += 5;
	went(k, &t, 500);
	assert_int_equal(t.d.state, DELIVERY_DEAD);
	assert_true(str_is(t.d.error, "answered 500"));
}

static void
gone_is_gone(void **state)
{
	struct kit *k = *state;
	struct try t = { .now_s = 1000 };

	assert_int_equal(went(k, &t, 410), ATTEMPT_GONE);
	assert_int_equal(t.d.state, DELIVERY_DEAD);
}

/* ---- the queue ---------------------------------------------------------------- */

static struct delivery
add_test(struct kit *k, const struct hook *h, int64_t now_ns)
{
	struct delivery d;

	OK(hook_test(k->st, k->a, h, now_ns, &d));
	return d;
}

static void
the_next_is_the_least_tried_then_the_oldest(void **state)
{
	struct kit *k = *state;
	struct hook h = add_hook(k, GRADE_MIXED, 0);
	struct delivery one = add_test(k, &h, 10), two = add_test(k, &h, 20);
	struct delivery d;
	int64_t due_ns = 0;

	assert_int_equal(store_delivery_due(k->st, k->a, h.no, 5, &d, &due_ns),
	    RC_ABSENT);
	assert_int_equal(due_ns, 10);
	OK(store_delivery_due(k->st, k->a, h.no, 30, &d, &due_ns));
	assert_true(str_eq(d.id, one.id));
	assert_true(str_eq(d.body, one.body));
	d.attempts = 1;
	d.error = STR("");
	OK(store_delivery_set(k->st, &d));
	OK(store_delivery_due(k->st, k->a, h.no, 30, &d, &due_ns));
	assert_true(str_eq(d.id, two.id));
	d.state = DELIVERY_DONE;
	OK(store_delivery_set(k->st, &d));
	OK(store_delivery_due(k->st, k->a, h.no, 30, &d, &due_ns));
	d.next_ns = 1000;
	OK(store_delivery_set(k->st, &d));
	assert_int_equal(store_delivery_due(k->st, k->a, h.no, 30, &d,
	    &due_ns), RC_ABSENT);
	assert_int_equal(due_ns, 1000);
	OK(store_deliveries_now(k->st, h.no, 30));
	OK(store_delivery_due(k->st, k->a, h.no, 30, &d, &due_ns));
	assert_true(str_eq(d.id, one.id));
}

static size_t
in_state(struct kit *k, const struct hook *h, enum delivery_state s)
{
	struct delivery_query q = { .hook = h->no, .state = s, .most = 1000 };
	struct delivery *d;
	size_t n;

	OK(store_deliveries(k->st, k->a, &q, &d, &n));
	return n;
}

static void
the_sweep_buries_the_too_many_and_forgets_the_old(void **state)
{
	struct kit *k = *state;
	struct hook h = add_hook(k, GRADE_MIXED, 0);
	struct hook other = add_hook(k, GRADE_MIXED, 0);
	struct delivery_sweep s = { .begun_ns = 0, .created_ns = 0, .most = 3 };

	for (int i = 1; i <= 5; i++)
		(void)add_test(k, &h, i);
	(void)add_test(k, &other, 1);
	OK(store_deliveries_sweep(k->st, h.no, &s));
	assert_int_equal(in_state(k, &h, DELIVERY_WAITING), 3);
	assert_int_equal(in_state(k, &h, DELIVERY_DEAD), 2);
	s.begun_ns = 5;		/* the hook is off: what waits too long dies */
	OK(store_deliveries_sweep(k->st, h.no, &s));
	assert_int_equal(in_state(k, &h, DELIVERY_WAITING), 1);
	assert_int_equal(in_state(k, &h, DELIVERY_DEAD), 3);
	s.created_ns = 4;
	OK(store_deliveries_sweep(k->st, h.no, &s));
	assert_int_equal(in_state(k, &h, DELIVERY_DEAD), 1);
	assert_int_equal(in_state(k, &other, DELIVERY_WAITING), 1);
	OK(store_hook_drop(k->st, h.no));
	assert_int_equal(in_state(k, &h, DELIVERY__MAX), 0);
	assert_int_equal(in_state(k, &other, DELIVERY__MAX), 1);
}

static void
one_alone_may_send(void **state)
{
	struct kit *k = *state;
	struct store *second;

	OK(store_open(k->data, false, &second));
	OK(store_hooks_send(k->st));
	OK(store_hooks_send(k->st));
	assert_int_equal(store_hooks_send(second), RC_BUSY);
	store_close(k->st);
	OK(store_hooks_send(second));
	k->st = second;
}

static void
a_place_in_the_log_never_goes_back(void **state)
{
	struct kit *k = *state;
	struct hook h = add_hook(k, GRADE_MIXED, 0), got;

	OK(store_hook_at(k->st, h.no, 50));
	OK(store_hook_at(k->st, h.no, 40));
	OK(store_hook_get(k->st, k->a, k->t.id, h.id, &got));
	assert_int_equal(got.position, 50);
	assert_int_equal(store_hook_get(k->st, k->a, k->t.id + 1, h.id, &got),
	    RC_ABSENT);
}

/* ---- signatures ----------------------------------------------------------------- */

static void
the_old_secret_signs_until_its_time_is_over(void **state)
{
	struct kit *k = *state;
	struct hook h = { .secret = STR("whsec_MDEyMzQ1Njc4OWFiY2RlZg=="),
		.old_secret = STR("whsec_ZmVkY2JhOTg3NjU0MzIxMA=="),
		.old_until_ns = 200 * NS_PER_S };
	struct signing s = { STR("msg_a"), STR("{}"), 100 * NS_PER_S };
	struct str one = { 0 }, two = { 0 };

	OK(hook_sign(k->a, &h, &s, &two));
	/* printf 'msg_a.100.{}' |
	 * openssl dgst -sha256 -hmac 0123456789abcdef -binary | base64 */
	assert_true(str_starts(two,
	    "v1,QjyYLsTiea5XQgiSXWjPY0EHqJWPxzPuD6UZ43IcwTY= v1,"));
	s.at_ns = 200 * NS_PER_S;
	OK(hook_sign(k->a, &h, &s, &one));
	assert_int_equal(one.len, 3 + 44);
	assert_int_equal(two.len, 2 * one.len + 1);
	assert_int_equal(two.p[one.len], ' ');
	h.secret = STR("whsec_no base64");
	assert_int_equal(hook_sign(k->a, &h, &s, &one), RC_FAIL);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_chain_is_told_once_and_again_when_its_grade_rises),
		TEST(the_same_change_read_again_is_not_told_again),
		TEST(an_investigation_is_told_unless_it_says_less_than_the_minimum),
		TEST(pauses_grow_as_the_schedule_says_a_quarter_more_or_less),
		TEST(retry_after_is_heard_and_has_an_end),
		TEST(the_day_counts_from_the_first_attempt_and_ends_with_one),
		TEST(gone_is_gone),
		TEST(the_next_is_the_least_tried_then_the_oldest),
		TEST(the_sweep_buries_the_too_many_and_forgets_the_old),
		TEST(one_alone_may_send),
		TEST(a_place_in_the_log_never_goes_back),
		TEST(the_old_secret_signs_until_its_time_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
