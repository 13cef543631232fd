/* SPDX-License-Identifier: Apache-2.0 */
/* Analysts may be wrong, hasty or of two minds: what they close teaches triage,
 * and buries nothing that they have not looked at. */
#include "triage_kit.h"

enum { QUEUE = 600, WORTH_DOUBLING = 1000 };

/* A chain of its own: the same detection twice in one session. */
static struct str
twice(struct bench *b, int64_t t, const char *action, int n)
{
	char host[16], more[120];
	struct str one;

	snprintf(host, sizeof(host), "h%d", n % 40);
	snprintf(more, sizeof(more), ",\"entities\":[{\"kind\":\"session\","
	    "\"id\":\"%s%d\",\"role\":\"new\"}]", action, n);
	one = alert(b, t, action, host, more);
	snprintf(more, sizeof(more), ",\"entities\":[{\"kind\":\"session\","
	    "\"id\":\"%s%d\"}]", action, n);
	return str_printf(b->a, "%.*s%.*s", STR_ARG(one), STR_ARG(alert(b,
	    t + 60, action, host, more)));
}

/* An attack in one session: three signs, in this order of tactics. */
static size_t
attack(struct bench *b, int64_t t, const char *first)
{
	static const char more[] = ",\"mitre_techniques\":[\"%s\"],"
	    "\"entities\":[{\"kind\":\"session\",\"id\":\"s%lld\"%s}]";
	static const char *const signs[][2] = { { NULL, "T1078" },
		{ "shell", "T1059.001" }, { "dump", "T1003.001" } };
	char text[300];
	size_t i;

	for (i = 0; i < COUNT(signs); i++) {
		snprintf(text, sizeof(text), more, signs[i][1], (long long)t,
		    i == 0 ? ",\"role\":\"new\"" : "");
		take_in(b, alert(b, t + (int64_t)i * 60, i == 0 ? first :
		    signs[i][0], "vault", text));
	}
	return b->n - COUNT(signs);
}

static void
close_chain(struct bench *b, size_t which, const char *as)
{
	struct triage_alert al = scored(b, b->ids[which]);
	bool foreign;

	assert_true(al.has_chain);
	OK(graph_begin(b->g, &foreign));
	OK(graph_chain_say(b->g, al.chain, STR("ann"), STR("disposition"),
	    str_of(as), 1));
	OK(graph_commit(b->g));
}

/* What a request does first, so many days on. */
static bool
learn(struct bench *b, int days)
{
	struct str text;
	bool learnt, foreign;

	OK(triage_learn(b->g, b->a, clock_now_ns() +
	    days * 25 * NS_PER_HOUR, &learnt, &text));
	if (!learnt)
		return false;
	OK(graph_begin(b->g, &foreign));
	OK(graph_set_text(b->g, TRIAGE_WEIGHTS, text));
	OK(graph_commit(b->g));
	return true;
}

/* So many chains of one detection; chain i begins with event first + 2 i. */
static size_t
queue(struct bench *b, const char *action, int n)
{
	struct str body = { 0 };
	size_t first = b->n;
	int i;

	for (i = 0; i < n; i++)
		body = str_printf(b->a, "%.*s%.*s", STR_ARG(body), STR_ARG(
		    twice(b, NOON + (int64_t)i * HOUR / 4, action, i)));
	take_in(b, body);
	return first;
}

/* What others have closed before: 60 chains of 30 detections, half of them
 * attacks. */
static void
closed_before(struct bench *b)
{
	char action[24];
	size_t first;
	int i;

	queue(b, "usual", 40);	/* their account is too common to link by */
	for (i = 0; i < 30; i++) {
		snprintf(action, sizeof(action), "find %d", i);
		first = queue(b, action, 2);
		close_chain(b, first, i % 2 ? "benign" : "true_positive");
		close_chain(b, first + 2, i % 3 ? "true_positive" : "benign");
	}
	assert_true(learn(b, 0));
}

/* One analyst clears a queue: 600 chains of one detection are closed as false.
 * The attack that nobody has looked at loses less than one doubling of its odds
 * (it lost four when each of the 600 was an example). */
static void
a_cleared_queue_buries_no_other_attack(void **state)
{
	struct bench *b = *state;
	struct triage_alert before, after, noise;
	size_t first, at, i;

	closed_before(b);
	first = queue(b, "noisy", QUEUE);
	at = attack(b, NOON + 200 * HOUR, "login");
	before = scored(b, b->ids[at + 2]);
	for (i = 0; i < QUEUE; i++)
		close_chain(b, first + 2 * i, "false_positive");
	assert_true(learn(b, 1));
	after = scored(b, b->ids[at + 2]);
	noise = scored(b, b->ids[first + 2 * (QUEUE - 1)]);
	assert_true(before.points - after.points < WORTH_DOUBLING);
	assert_true(after.severity >= 70);
	assert_true(after.points > noise.points + 5 * WORTH_DOUBLING);
	assert_true(after.probability < 0);
}

/* Nor the attack in which that very detection is a sign: what else is known of
 * it outweighs the record. */
static void
a_cleared_queue_does_not_bury_the_attack_that_it_is_a_sign_of(void **state)
{
	struct bench *b = *state;
	struct triage_alert sign, noise, other;
	size_t first, at, i;

	closed_before(b);
	first = queue(b, "noisy", QUEUE);
	at = attack(b, NOON + 200 * HOUR, "noisy");
	for (i = 0; i < QUEUE; i++)
		close_chain(b, first + 2 * i, "false_positive");
	assert_true(learn(b, 1));
	sign = scored(b, b->ids[at]);
	other = scored(b, b->ids[at + 2]);
	noise = scored(b, b->ids[first + 2 * (QUEUE - 1)]);
	assert_true(sign.points > noise.points + 3 * WORTH_DOUBLING);
	assert_true(other.points > sign.points);
	assert_true(other.severity >= 50);
}

static void
one_disposition_moves_less_than_one_doubling(void **state)
{
	static const char *const as[] = { "false_positive", "benign",
		"true_positive" };
	struct bench *b = *state;
	int64_t before, after;
	size_t i, first = queue(b, "odd", 12);

	for (i = 0; i < COUNT(as); i++) {
		before = scored(b, b->ids[first + 22]).points;
		close_chain(b, first, as[i]);
		assert_false(learn(b, 1));
		after = scored(b, b->ids[first + 22]).points;
		assert_true(llabs(after - before) < 2 * WORTH_DOUBLING);
		if (i == 0)
			assert_true(before > after &&
			    before - after < WORTH_DOUBLING);
	}
}

/* As often right as wrong: no better than half, and better than unknown. */
static void
two_minds_about_one_detection_leave_it_in_the_middle(void **state)
{
	struct bench *b = *state;
	struct triage_alert unknown, halved;
	size_t first = queue(b, "doubtful", 121), i;

	unknown = scored(b, b->ids[first + 240]);
	for (i = 0; i < 120; i++)
		close_chain(b, first + 2 * i, i % 2 ? "false_positive" :
		    "true_positive");
	assert_true(learn(b, 1));
	halved = scored(b, b->ids[first + 240]);
	assert_true(points_of(&halved, "detector prior") <= 0);
	assert_true(points_of(&halved, "detector prior") >
	    points_of(&unknown, "detector prior"));
	assert_int_equal(points_of(&halved, "benign context"), 0);
	assert_true(halved.probability < 0);	/* 50 examples of one kind */
}

/* The last word on a chain counts, and counts once. */
static void
a_chain_that_is_closed_again_counts_once(void **state)
{
	struct bench *b = *state;
	struct triage_alert one, two;
	size_t first = queue(b, "odd", 3);
	int i;

	close_chain(b, first, "false_positive");
	one = scored(b, b->ids[first + 4]);
	for (i = 0; i < 50; i++)
		close_chain(b, first, i % 2 ? "false_positive" :
		    "true_positive");
	two = scored(b, b->ids[first + 4]);
	assert_int_equal(one.points, two.points);
}

#define PROMISE(f) cmocka_unit_test_setup_teardown(f, bench_open, bench_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PROMISE(a_cleared_queue_buries_no_other_attack),
		PROMISE(a_cleared_queue_does_not_bury_the_attack_that_it_is_a_sign_of),
		PROMISE(one_disposition_moves_less_than_one_doubling),
		PROMISE(two_minds_about_one_detection_leave_it_in_the_middle),
		PROMISE(a_chain_that_is_closed_again_counts_once),
	};

	return cmocka_run_group_tests_name("triage_verdict", tests, NULL, NULL);
}
