/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is promised of a chain's life, each on a story made for it: an unlinking
 * gives back what there was, a former id leads to where its seed went, late
 * evidence is called so.
 */
#include "story_kit.h"

#define BEGIN_S 1772800000

static void
same(struct str a, struct str b)
{
	if (!str_eq(a, b))
		fail_msg("told\n%.*s\nand\n%.*s", STR_ARG(a), STR_ARG(b));
}

static struct line
event(struct arena *a, const char *label, int second, const char *rest)
{
	return (struct line){ str_printf(a, "{\"id\":\"%s\",\"event_type\":"
	    "\"config\",\"action\":\"change\",\"timestamp\":%d,%s}", label,
	    BEGIN_S + second, rest), str_of(label) };
}

#define ALERT "\"labels\":[\"alert\"],"
#define APP "\"source\":\"app\",\"actor\":\"10.0.0.1\","
#define BASE "\"source\":\"base\",\"actor\":\"10.0.0.1\","
#define KEY(id, role) "{\"kind\":\"token\",\"id\":\"" id "\",\"role\":\"" role \
	"\"}"
#define PROCESS(id, role) "{\"kind\":\"process\",\"id\":\"" id \
	"\",\"role\":\"" role "\"}"
#define ANN "{\"kind\":\"user\",\"id\":\"ann\",\"issuer\":\"dir\"," \
	"\"role\":\"user\"}"
#define OF(list) "\"entities\":[" list "]"

static void
relink(struct world *w, const char *from, const char *to)
{
	int64_t ev[2] = { world_event(w, from), world_event(w, to) };
	bool foreign;

	assert_int_equal(graph_begin(w->g, &foreign), RC_OK);
	assert_int_equal(graph_unlink_add(w->g, ev[0], ev[1], STR("me"),
	    w->now_ns), RC_OK);
	assert_int_equal(ingest_relink(w->in, w->g, w->t.id, ev, 2, w->now_ns++,
	    "unlinked"), RC_OK);
	assert_int_equal(graph_commit(w->g), RC_OK);
}

static void
an_unlinked_likeness_gives_back_the_chains_there_were(void **state)
{
	struct world w;
	struct line l[6];
	struct str a_alone, b_alone, both;

	(void)state;
	world_open(&w, NULL, true);
	l[0] = event(w.a, "a1", 0, APP ALERT OF(ANN "," KEY("k", "new")));
	l[1] = event(w.a, "a2", 10, APP ALERT OF(KEY("k", "credential")));
	l[2] = event(w.a, "b1", 60, BASE ALERT OF(ANN "," KEY("m", "new")));
	l[3] = event(w.a, "b2", 70, BASE ALERT OF(KEY("m", "credential")));
	world_take(&w, l, 2, 2);
	a_alone = world_tell_of(&w, 'a', false, true);
	world_take(&w, l + 2, 2, 2);
	both = world_tell_of(&w, 0, false, true);
	assert_true(str_find(both, STR("a1 b1 account INFERRED"), 0) !=
	    (size_t)-1);
	assert_int_equal(world_chains(&w).n, 1);
	relink(&w, "a1", "b1");
	assert_int_equal(world_chains(&w).n, 2);
	same(world_tell_of(&w, 'a', false, true), a_alone);
	b_alone = world_tell_of(&w, 'b', false, true);
	assert_true(str_starts(b_alone, "PROVABLE root b1 proven 2/2"));
	/* It stays so when more comes, also of what would link again. */
	l[4] = event(w.a, "a3", 80, APP OF(KEY("k", "credential")));
	world_take(&w, l + 4, 1, 1);
	assert_int_equal(world_chains(&w).n, 2);
	world_close(&w);
}

static void
an_unlinked_mechanism_splits_the_segment(void **state)
{
	struct world w;
	struct line l[3];

	(void)state;
	world_open(&w, NULL, true);
	l[0] = event(w.a, "a1", 0, APP ALERT OF(KEY("k", "new")));
	l[1] = event(w.a, "a2", 10, APP ALERT OF(KEY("k", "credential") ","
	    KEY("m", "new")));
	l[2] = event(w.a, "a3", 20, APP ALERT OF(KEY("m", "credential")));
	world_take(&w, l, 3, 3);
	assert_int_equal(world_chains(&w).n, 1);
	assert_int_equal(world_chains(&w).c[0].n_members, 3);
	relink(&w, "a1", "a2");
	assert_int_equal(world_chains(&w).n, 1);
	assert_true(str_starts(world_tell_of(&w, 0, false, true),
	    "PROVABLE root a2 proven 2/2"));
	assert_true(str_find(world_tell_of(&w, 0, true, false),
	    STR("a1 a2"), 0) == (size_t)-1);
	world_close(&w);
}

static void
an_unlinked_act_does_not_come_back_through_its_process(void **state)
{
	struct world w;
	struct line l[3];

	(void)state;
	world_open(&w, NULL, true);
	l[0] = event(w.a, "a1", 0, APP ALERT OF(PROCESS("p", "new")));
	l[1] = event(w.a, "a2", 10, APP ALERT OF(PROCESS("p", "subject")));
	l[2] = event(w.a, "a3", 20, APP ALERT "\"outcome\":\"failure\","
	    OF(PROCESS("p", "subject")));
	world_take(&w, l, 3, 3);
	assert_int_equal(world_chains(&w).n, 1);
	assert_int_equal(world_chains(&w).c[0].n_members, 3);
	relink(&w, "a1", "a3");
	assert_int_equal(world_chains(&w).c[0].n_members, 2);
	assert_true(str_find(world_tell_of(&w, 0, true, false),
	    STR("a1 a3"), 0) == (size_t)-1);
	assert_true(str_find(world_tell_of(&w, 0, true, false),
	    STR("a2 a3"), 0) == (size_t)-1);
	world_close(&w);
}

/* a1..a3 bear an earlier time than the creation, a4 a later one. */
static void
an_unlinked_tie_by_the_clock_splits_the_segment(void **state)
{
	struct world w;
	struct line l[6];

	(void)state;
	world_open(&w, NULL, true);
	l[0] = event(w.a, "a1", 0, APP ALERT OF(PROCESS("p", "subject")));
	l[1] = event(w.a, "a2", 10, APP ALERT "\"mitre_techniques\":[\"T1057\"],"
	    OF(PROCESS("p", "subject")));
	l[2] = event(w.a, "a3", 20, APP ALERT OF(PROCESS("p", "subject")));
	l[3] = event(w.a, "c", 30, APP OF(PROCESS("p", "new")));
	l[4] = event(w.a, "a4", 40, APP ALERT "\"mitre_techniques\":[\"T1082\"],"
	    OF(PROCESS("p", "subject")));
	l[5] = event(w.a, "m", 15, APP ALERT "\"mitre_techniques\":[\"T1083\"],"
	    OF(PROCESS("p", "subject")));
	world_take(&w, l, 5, 5);
	assert_int_equal(world_chains(&w).n, 1);
	assert_int_equal(world_chains(&w).c[0].n_members, 5);
	relink(&w, "a2", "a3");
	assert_int_equal(world_chains(&w).n, 2);
	assert_int_equal(world_chains(&w).c[0].n_members +
	    world_chains(&w).c[1].n_members, 5);
	assert_true(str_find(world_tell_of(&w, 0, false, true),
	    STR("a1 a2 act"), 0) != (size_t)-1 ||
	    str_find(world_tell_of(&w, 1, false, true),
	    STR("a1 a2 act"), 0) != (size_t)-1);
	/* What comes between them later is tied to both. */
	world_take(&w, l + 5, 1, 1);
	assert_int_equal(world_chains(&w).n, 1);
	assert_int_equal(world_chains(&w).c[0].n_members, 6);
	relink(&w, "a2", "m");
	assert_int_equal(world_chains(&w).n, 2);
	assert_int_equal(world_chains(&w).c[0].n_members +
	    world_chains(&w).c[1].n_members, 6);
	world_close(&w);
}

static void
a_former_id_leads_to_the_chain_that_holds_its_seed(void **state)
{
	struct world w;
	struct line l[3];
	struct chain_row row;
	uint8_t former[16], now[16];
	int64_t seed;

	(void)state;
	world_open(&w, NULL, true);
	l[0] = event(w.a, "a1", 0, APP ALERT OF(KEY("k", "new")));
	l[1] = event(w.a, "a2", 10, APP ALERT OF(KEY("k", "credential") ","
	    KEY("m", "new")));
	l[2] = event(w.a, "a3", 20, APP ALERT OF(KEY("m", "credential")));
	world_take(&w, l + 1, 2, 2);
	assert_int_equal(world_chains(&w).n, 1);
	memcpy(former, world_chains(&w).row[0].id, 16);
	world_take(&w, l, 1, 1);	/* an earlier seed names it anew */
	assert_int_equal(world_chains(&w).n, 1);
	memcpy(now, world_chains(&w).row[0].id, 16);
	assert_memory_not_equal(former, now, 16);
	assert_int_equal(graph_chain_seed(w.g, former, &seed), RC_OK);
	assert_int_equal(seed, world_event(&w, "a2"));
	assert_int_equal(graph_chain_get(w.g, w.a, former, &row), RC_OK);
	assert_false(row.live);
	assert_int_equal(graph_chain_of_event(w.g, seed, former), RC_OK);
	assert_memory_equal(former, now, 16);
	world_close(&w);
}

static struct str
last_change(struct world *w, int64_t *version)
{
	struct live_chains l = world_chains(w);
	struct chain_change *c;
	size_t n;

	assert_int_equal(l.n, 1);
	assert_int_equal(graph_chain_history(w->g, w->a, l.row[0].id, &c, &n),
	    RC_OK);
	assert_true(n > 0);
	*version = l.row[0].version;
	return c[n - 1].version > c[0].version ? c[n - 1].change : c[0].change;
}

static void
late_evidence_gives_a_version_with_that_reason(void **state)
{
	struct world w;
	struct line l[5];
	int64_t version;

	(void)state;
	world_open(&w, NULL, true);
	l[0] = event(w.a, "a0", 0, APP OF(KEY("j", "new")));
	l[1] = event(w.a, "a1", 10, APP ALERT OF(KEY("j", "credential") ","
	    KEY("k", "new")));
	l[2] = event(w.a, "a2", 20, APP ALERT OF(KEY("k", "credential")));
	l[3] = event(w.a, "a3", 30, APP "\"mitre_techniques\":[\"T1098\"],"
	    OF(KEY("k", "credential")));
	l[4] = event(w.a, "z", 5, APP OF(KEY("other", "new")));
	world_take(&w, l + 1, 2, 2);
	assert_true(str_is(last_change(&w, &version), "created"));
	assert_int_equal(version, 1);
	world_take(&w, l + 3, 1, 1);
	assert_true(str_is(last_change(&w, &version), "new evidence"));
	assert_int_equal(version, 2);
	world_take(&w, l, 1, 1);
	assert_true(str_is(last_change(&w, &version), "late evidence"));
	assert_int_equal(version, 3);
	world_take(&w, l, 1, 1);	/* the same again is nothing new */
	world_take(&w, l + 4, 1, 1);	/* nor is what concerns no chain */
	assert_true(str_is(last_change(&w, &version), "late evidence"));
	assert_int_equal(version, 3);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_unlinked_likeness_gives_back_the_chains_there_were),
		cmocka_unit_test(an_unlinked_mechanism_splits_the_segment),
		cmocka_unit_test(
		    an_unlinked_act_does_not_come_back_through_its_process),
		cmocka_unit_test(
		    an_unlinked_tie_by_the_clock_splits_the_segment),
		cmocka_unit_test(
		    a_former_id_leads_to_the_chain_that_holds_its_seed),
		cmocka_unit_test(late_evidence_gives_a_version_with_that_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
