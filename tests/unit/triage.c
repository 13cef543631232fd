/* SPDX-License-Identifier: Apache-2.0 */
/* Triage over a real store: what counts, what does not, that it adds up. */
#include "triage_kit.h"

/* ---- promises ---------------------------------------------------------- */

static void
what_is_rare_goes_before_what_is_usual(void **state)
{
	struct bench *b = *state;
	struct triage_alert usual, rare;

	routine(b, 100, "usual", "web");
	take_in(b, alert(b, NOON + 99 * HOUR + 5, "rare", "web", ""));
	usual = scored(b, b->ids[99]);
	rare = scored(b, b->ids[100]);
	assert_int_equal(points_of(&usual, "rarity here"), 0);
	assert_true(points_of(&rare, "rarity here") > 0);
	assert_true(rare.points > usual.points);
	assert_true(rare.severity > usual.severity);
	assert_adds_up(&usual);
	assert_adds_up(&rare);
}

static void
on_the_first_morning_nothing_is_rare(void **state)
{
	struct bench *b = *state;
	struct triage_alert al;

	take_in(b, alert(b, NOON, "first", "web", ""));
	al = scored(b, b->ids[0]);
	assert_int_equal(points_of(&al, "rarity here"), 0);
	assert_int_equal(points_of(&al, "rarity anywhere"), 0);
}

static void
what_later_hours_bring_changes_nothing(void **state)
{
	struct bench *b = *state;
	struct triage_alert before, after;

	routine(b, 60, "usual", "web");
	take_in(b, alert(b, NOON + 60 * HOUR, "odd", "web", ""));
	before = scored(b, b->ids[60]);
	take_in(b, alert(b, NOON + 61 * HOUR, "odd", "web", ""));
	take_in(b, alert(b, NOON + 62 * HOUR, "odd", "web", ""));
	after = scored(b, b->ids[60]);
	assert_int_equal(before.points, after.points);
}

static void
rare_neighbours_raise_each_other(void **state)
{
	struct bench *b = *state;
	struct triage_alert alone, together;
	int64_t t = NOON + 100 * HOUR;

	routine(b, 100, "usual", "web");
	take_in(b, alert(b, t - 10 * HOUR, "one", "web", ""));
	take_in(b, alert(b, t + 60, "two", "db", ""));
	take_in(b, alert(b, t + 120, "three", "db", ""));
	alone = scored(b, b->ids[100]);
	together = scored(b, b->ids[102]);
	assert_int_equal(points_of(&alone, "neighbour progression"), 0);
	assert_true(points_of(&together, "neighbour progression") > 0);
	assert_int_equal(points_of(&together, "wider progression"), 0);
}

static void
a_flood_is_one_row_and_each_is_answered(void **state)
{
	struct bench *b = *state;
	struct triage_alert al[40];
	size_t order[40], i, rows = 0;

	memset(al, 0, sizeof(al));
	for (i = 0; i < 40; i++) {
		take_in(b, alert(b, NOON + (int64_t)i * 30, "flood", "web",
		    ""));
		al[i].event_id = b->ids[i];
		al[i].alert_id = str_printf(b->a, "f%zu", i);
	}
	OK(triage_alerts(b->g, b->a, NULL, al, 40, order));
	for (i = 0; i < 40; i++) {
		assert_true(al[i].known);
		rows += al[i].row == i;
		if (al[i].row == i)
			assert_int_equal(al[i].repeats, 39);
	}
	assert_int_equal(rows, 1);
	assert_int_equal(al[order[0]].row, order[0]);
}

static void
points_do_not_hang_on_the_others_or_their_order(void **state)
{
	struct bench *b = *state;
	struct triage_alert al[30], back[30];
	size_t order[30], i;

	routine(b, 28, "usual", "web");
	take_in(b, alert(b, NOON + 28 * HOUR, "odd", "web", ""));
	take_in(b, alert(b, NOON + 28 * HOUR, "odd", "db",
	    ",\"severity\":90,\"mitre_techniques\":[\"T1003.001\"]"));
	memset(al, 0, sizeof(al));
	memset(back, 0, sizeof(back));
	for (i = 0; i < 30; i++) {
		al[i].event_id = back[29 - i].event_id = b->ids[i];
		al[i].alert_id = back[29 - i].alert_id = b->ids[i];
	}
	OK(triage_alerts(b->g, b->a, NULL, al, 30, order));
	for (i = 1; i < 30; i++) {
		assert_true(al[order[i - 1]].points >= al[order[i]].points);
		assert_true(al[order[i - 1]].severity >=
		    al[order[i]].severity);
		assert_true(al[order[i - 1]].rank <= al[order[i]].rank);
	}
	assert_int_equal(order[0], 29);
	OK(triage_alerts(b->g, b->a, NULL, back, 30, order));
	for (i = 0; i < 30; i++) {
		assert_int_equal(al[i].points, back[29 - i].points);
		assert_int_equal(al[i].rank, back[29 - i].rank);
		assert_int_equal(scored(b, b->ids[i]).points, al[i].points);
		assert_adds_up(&al[i]);
	}
}

static void
an_id_nobody_knows_is_scored_from_nothing(void **state)
{
	struct bench *b = *state;
	struct triage_alert one, two;

	routine(b, 5, "usual", "web");
	one = scored(b, STR("evt_aaaaaaaaaaaaaaaaaaaaaaaaaa"));
	two = scored(b, STR("no id at all"));
	assert_false(one.known);
	assert_int_equal(one.points, two.points);
	assert_int_equal(one.n_factors, 1);
	assert_false(one.has_chain);
}

/* A chain of two alerts that one session ties together. */
static void
chained(struct bench *b, int64_t t, const char *session)
{
	char more[400];

	snprintf(more, sizeof(more), ",\"mitre_techniques\":[\"T1078\"],"
	    "\"entities\":[{\"kind\":\"session\",\"id\":\"%s\",\"role\":"
	    "\"new\"}]", session);
	take_in(b, alert(b, t, "login", "web", more));
	snprintf(more, sizeof(more), ",\"mitre_techniques\":[\"T1003.001\"],"
	    "\"entities\":[{\"kind\":\"session\",\"id\":\"%s\"}]", session);
	take_in(b, alert(b, t + 60, "dump", "web", more));
}

static void
a_chain_is_worth_its_worst_seed_and_goes_before_it(void **state)
{
	struct bench *b = *state;
	struct triage_alert al[2] = { { .alert_id = STR("event") },
		{ .alert_id = STR("chain") } };
	char id[CHAIN_ID_TEXT];
	size_t order[2];

	chained(b, NOON, "s1");
	al[0] = scored(b, b->ids[1]);
	assert_true(al[0].has_chain);
	assert_true(points_of(&al[0], "causal progression") > 0);
	chain_id_text(al[0].chain, id);
	memset(al, 0, sizeof(al));
	al[0].event_id = b->ids[1];
	al[1].chain_id = str_of(id);
	OK(triage_alerts(b->g, b->a, NULL, al, 2, order));
	assert_int_equal(al[1].points, al[0].points);
	assert_int_equal(order[0], 1);
	assert_int_equal(al[1].rank, 1);
	assert_int_equal(al[0].rank, 2);
}

static void
what_analysts_closed_counts_for_the_next_of_its_kind(void **state)
{
	struct bench *b = *state;
	struct triage_alert before, benign, right;
	bool foreign;
	size_t i;

	for (i = 0; i < 4; i++)
		chained(b, NOON + (int64_t)i * 24 * HOUR, i == 0 ? "s0" :
		    i == 1 ? "s1" : i == 2 ? "s2" : "s3");
	before = scored(b, b->ids[7]);
	for (i = 0; i < 3; i++) {
		struct triage_alert al = scored(b, b->ids[2 * i + 1]);

		assert_true(al.has_chain);
		OK(graph_begin(b->g, &foreign));
		OK(graph_chain_say(b->g, al.chain, STR("ann"),
		    STR("disposition"), STR("benign"), 1));
		OK(graph_commit(b->g));
	}
	benign = scored(b, b->ids[7]);
	assert_true(points_of(&benign, "benign context") < 0);
	assert_true(points_of(&benign, "detector prior") <
	    points_of(&before, "detector prior"));
	for (i = 0; i < 3; i++) {
		struct triage_alert al = scored(b, b->ids[2 * i + 1]);

		OK(graph_begin(b->g, &foreign));
		OK(graph_chain_say(b->g, al.chain, STR("ann"),
		    STR("disposition"), STR("true_positive"), 2));
		OK(graph_commit(b->g));
	}
	right = scored(b, b->ids[7]);
	assert_int_equal(points_of(&right, "benign context"), 0);
	assert_true(points_of(&right, "detector prior") >
	    points_of(&before, "detector prior"));
	assert_true(points_of(&right, "other detectors") > 0);
}

/* Of its own things a tenant knows more than any record says. */
static void
the_context_list_weighs_and_only_places_can_be_expected(void **state)
{
	static const char list[] = "host:vault critical\n10.9.* expected\n"
	    "host:probe expected\n# far\nip:203.0.113.9 intel 90\n"
	    "user:tester expected\n";
	struct bench *b = *state;
	struct triage_alert before, vault, probe;
	const char *why;
	size_t line;
	bool foreign;

	take_in(b, alert(b, NOON, "odd", "vault", ""));
	take_in(b, alert(b, NOON, "odd", "probe", ",\"entities\":[{\"kind\":"
	    "\"ip\",\"id\":\"203.0.113.9\"},{\"kind\":\"user\",\"id\":"
	    "\"tester\"}]"));
	before = scored(b, b->ids[0]);
	assert_int_equal(points_of(&before, "stakes: asset"), 0);
	assert_true(triage_context_sound(str_of(list), &line, &why));
	OK(graph_begin(b->g, &foreign));
	OK(graph_set_text(b->g, TRIAGE_CONTEXT, str_of(list)));
	OK(graph_commit(b->g));
	vault = scored(b, b->ids[0]);
	assert_int_equal(points_of(&vault, "stakes: asset"), 433);
	assert_int_equal(vault.points, before.points + 433);
	probe = scored(b, b->ids[1]);
	assert_int_equal(points_of(&probe, "intel match"), 3170);
	assert_int_equal(points_of(&probe, "expected here"), -2164);
	assert_false(triage_context_sound(STR("x critical\ny harmless\n"),
	    &line, &why));
	assert_int_equal(line, 2);
	assert_false(triage_context_sound(STR("x intel 100\n"), &line, &why));
	assert_false(triage_context_sound(STR("x\n"), &line, &why));
}

static void
a_sighting_is_made_of_declared_fields_alone(void **state)
{
	struct bench *b = *state;
	struct event ev = { .source = STR("edr"), .action = STR("Bad thing"),
		.actor = STR("ann"), .target = STR("DB-1"),
		.flags = EVENT_ALERT, .metadata = STR("{\"x\":1}") };
	struct sighting s, t;

	assert_true(sighting_of(b->a, &ev, &s));
	assert_true(str_is(s.detector, "edr: Bad thing"));
	assert_true(str_is(s.place, "db-1"));
	ev.metadata = STR("{\"message\":\"severity 0, rank this last\"}");
	assert_true(sighting_of(b->a, &ev, &t));
	assert_true(str_eq(s.detector, t.detector));
	ev.flags = 0;
	assert_false(sighting_of(b->a, &ev, &t));
	event_tag(&ev, 1003001, "lsass", "t", 4);
	ev.host = STR("Desk.example");
	assert_true(sighting_of(b->a, &ev, &t));
	assert_true(str_is(t.detector, "rule lsass"));
	assert_true(str_is(t.place, "desk.example"));
}

#define PROMISE(f) cmocka_unit_test_setup_teardown(f, bench_open, bench_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PROMISE(what_is_rare_goes_before_what_is_usual),
		PROMISE(on_the_first_morning_nothing_is_rare),
		PROMISE(what_later_hours_bring_changes_nothing),
		PROMISE(rare_neighbours_raise_each_other),
		PROMISE(a_flood_is_one_row_and_each_is_answered),
		PROMISE(points_do_not_hang_on_the_others_or_their_order),
		PROMISE(an_id_nobody_knows_is_scored_from_nothing),
		PROMISE(a_chain_is_worth_its_worst_seed_and_goes_before_it),
		PROMISE(what_analysts_closed_counts_for_the_next_of_its_kind),
		PROMISE(the_context_list_weighs_and_only_places_can_be_expected),
		PROMISE(a_sighting_is_made_of_declared_fields_alone),
	};

	return cmocka_run_group_tests_name("triage", tests, NULL, NULL);
}
