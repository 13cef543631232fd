/* SPDX-License-Identifier: Apache-2.0 */
#include "store_kit.h"

static struct chain_row
chain(uint8_t no, double score, const char *body)
{
	struct chain_row r = { .first_seed = no * 10, .grade = GRADE_MIXED,
		.score = score, .provable_share = .5, .seeds = 4,
		.seeds_proven = 2, .root = 3, .first_ns = -1, .last_ns = 9,
		.tactics = 0x80000001u, .title = STR("a title"),
		.techniques = STR("T1003.001"), .body = str_of(body) };

	memset(r.id, no, sizeof(r.id));
	return r;
}

static void
put(struct kit *k, struct chain_row *r, const int64_t *members, size_t n,
    int64_t now_ns)
{
	int64_t entity = r->id[0];

	OK(graph_chain_put(k->g, r, members, n, &entity, 1, STR("change"),
	    STR("{}"), now_ns));
}

static void
versions_follow_one_another_and_stay(void **state)
{
	static const int64_t first[] = { 5, 1, 3, 3 }, second[] = { 3, 7 };
	struct kit *k = *state;
	struct chain_row r = chain(1, 50, "body one"), got;
	struct chain_change *c;
	char big[2000];
	uint8_t id[16];
	size_t n;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	kit_begin(k);
	put(k, &r, first, 4, 100);
	assert_int_equal(r.version, 1);
	r = chain(1, 60, big);
	r.grade = GRADE_PROVABLE;
	put(k, &r, second, 2, 200);
	assert_int_equal(r.version, 2);
	OK(graph_commit(k->g));
	OK(graph_chain_get(k->g, k->a, r.id, &got));
	assert_int_equal(got.version, 2);
	assert_int_equal(got.grade, GRADE_PROVABLE);
	assert_true(got.score == 60 && got.provable_share == .5);
	assert_true(str_is(got.body, big));
	assert_true(str_is(got.title, "a title"));
	assert_true(str_is(got.techniques, "T1003.001"));
	assert_int_equal(got.seeds, 4);
	assert_int_equal(got.seeds_proven, 2);
	assert_int_equal(got.root, 3);
	assert_int_equal(got.first_ns, -1);
	assert_int_equal(got.last_ns, 9);
	assert_int_equal(got.tactics, 0x80000001u);
	assert_int_equal(got.updated_ns, 200);
	assert_true(got.live);
	OK(graph_chain_version(k->g, k->a, r.id, 1, &got));
	assert_true(str_is(got.body, "body one"));
	assert_true(got.score == 50);
	assert_int_equal(got.grade, GRADE_MIXED);
	assert_int_equal(graph_chain_version(k->g, k->a, r.id, 3, &got),
	    RC_ABSENT);
	OK(graph_chain_history(k->g, k->a, r.id, &c, &n));
	assert_int_equal(n, 2);
	assert_int_equal(c[1].version, 2);
	assert_int_equal(c[1].at_ns, 200);
	assert_true(str_is(c[0].change, "change"));
	/* 5 and 1 went, 7 came, 3 stayed. */
	assert_int_equal(graph_chain_of_event(k->g, 5, id), RC_ABSENT);
	assert_int_equal(graph_chain_of_event(k->g, 1, id), RC_ABSENT);
	OK(graph_chain_of_event(k->g, 3, id));
	OK(graph_chain_of_event(k->g, 7, id));
	assert_memory_equal(id, r.id, 16);
}

static void
a_retired_chain_is_found_by_its_id_alone(void **state)
{
	static const int64_t members[] = { 1, 2 };
	struct kit *k = *state;
	struct chain_row r = chain(1, 50, "body"), got;
	uint8_t id[16], (*ids)[16];
	int64_t seed;
	size_t n;

	kit_begin(k);
	put(k, &r, members, 2, 100);
	OK(graph_chains_of_entity(k->g, k->a, 1, &ids, &n));
	assert_int_equal(n, 1);
	assert_memory_equal(ids[0], r.id, 16);
	OK(graph_chain_retire(k->g, r.id, STR("merged"), STR("{}"), 200));
	OK(graph_chain_get(k->g, k->a, r.id, &got));
	assert_false(got.live);
	assert_int_equal(got.version, 2);
	assert_true(str_is(got.body, "body"));
	assert_int_equal(graph_chain_of_event(k->g, 1, id), RC_ABSENT);
	OK(graph_chains_of_entity(k->g, k->a, 1, &ids, &n));
	assert_int_equal(n, 0);
	OK(graph_chain_seed(k->g, r.id, &seed));
	assert_int_equal(seed, 10);
	memset(id, 99, sizeof(id));
	assert_int_equal(graph_chain_seed(k->g, id, &seed), RC_ABSENT);
	assert_int_equal(graph_chain_retire(k->g, id, STR(""), STR(""), 1),
	    RC_ABSENT);
	/* It may come back, its history unbroken. */
	put(k, &r, members, 2, 300);
	assert_int_equal(r.version, 3);
	OK(graph_chain_of_event(k->g, 2, id));
	OK(graph_commit(k->g));
}

struct seen { uint8_t no[64]; size_t n, most; struct chain_row last; };

static bool
see(void *ctx, const struct chain_row *row)
{
	struct seen *s = ctx;

	s->no[s->n++] = row->id[0];
	s->last = *row;
	return s->n % s->most != 0;
}

static void
the_best_come_first_page_by_page(void **state)
{
	static const double scores[] = { 10, 81.4, 0, 81.4, 10, 99.25, 3 };
	static const uint8_t want[] = { 6, 2, 4, 1, 5, 7 };
	struct kit *k = *state;
	struct seen all = { .most = 64 }, pages = { .most = 2 };
	int64_t member;
	uint8_t i;

	kit_begin(k);
	for (i = 0; i < COUNT(scores); i++) {
		struct chain_row r = chain((uint8_t)(i + 1), scores[i], "b");

		member = i;
		put(k, &r, &member, 1, 5);
		if (i == 2)
			OK(graph_chain_retire(k->g, r.id, STR(""), STR(""),
			    6));
	}
	OK(graph_commit(k->g));
	OK(graph_chains(k->g, k->a, NULL, NULL, see, &all));
	assert_int_equal(all.n, sizeof(want));
	assert_memory_equal(all.no, want, sizeof(want));
	OK(graph_chains(k->g, k->a, NULL, NULL, see, &pages));
	while (pages.n < sizeof(want)) {
		size_t before = pages.n;
		double score = pages.last.score;

		OK(graph_chains(k->g, k->a, &score, pages.last.id, see,
		    &pages));
		assert_true(pages.n > before);
	}
	assert_memory_equal(pages.no, want, sizeof(want));
}

static void
analysts_words_are_kept_over_versions(void **state)
{
	struct kit *k = *state;
	struct chain_row r = chain(1, 50, "body"), got;
	struct chain_note *notes;
	uint8_t none[16] = { 0 };
	size_t n;

	kit_begin(k);
	put(k, &r, NULL, 0, 100);
	OK(graph_chain_say(k->g, r.id, STR("ann"), STR("status"),
	    STR("open"), 1));
	OK(graph_chain_say(k->g, r.id, STR("bob"), STR("note"),
	    STR("hm"), 2));
	OK(graph_chain_say(k->g, r.id, STR("bob"), STR("assignee"),
	    STR("cid"), 3));
	OK(graph_chain_say(k->g, r.id, STR("bob"), STR("ticket"),
	    STR("T-1"), 3));
	OK(graph_chain_say(k->g, r.id, STR("bob"), STR("disposition"),
	    STR("benign"), 3));
	assert_int_equal(graph_chain_say(k->g, r.id, STR("x"), STR("score"),
	    STR("1"), 4), RC_INVALID);
	assert_int_equal(graph_chain_say(k->g, none, STR("x"), STR("note"),
	    STR("1"), 4), RC_ABSENT);
	put(k, &r, NULL, 0, 200);
	OK(graph_commit(k->g));
	OK(graph_chain_get(k->g, k->a, r.id, &got));
	assert_true(str_is(got.status, "open"));
	assert_true(str_is(got.assignee, "cid"));
	assert_true(str_is(got.ticket, "T-1"));
	assert_true(str_is(got.disposition, "benign"));
	OK(graph_chain_notes(k->g, k->a, r.id, &notes, &n));
	assert_int_equal(n, 5);
	assert_true(str_is(notes[1].who, "bob"));
	assert_true(str_is(notes[1].what, "note"));
	assert_true(str_is(notes[1].text, "hm"));
	assert_int_equal(notes[1].at_ns, 2);
}

/* ---- segments ---------------------------------------------------------- */

struct segs { int64_t seg[16]; size_t n; };

static bool
seg_see(void *ctx, int64_t seg, struct str deps, int64_t updated)
{
	struct segs *s = ctx;

	assert_true(deps.len == 2 && updated > 0);
	s->seg[s->n++] = seg;
	return true;
}

static void
segments_are_kept_and_their_changes_told(void **state)
{
	struct kit *k = *state;
	struct segment_row a = { .body = STR("aa"), .deps = STR("d1") };
	struct segment_row b = { .body = STR("bb"), .deps = STR("d2") };
	struct segment_row got, gone = { .seg = 77 };
	struct segs all = { 0 }, late = { 0 };
	int64_t then, seg;
	double strength;
	bool seed;

	kit_begin(k);
	OK(graph_segment_put(k->g, &a));
	OK(graph_segment_put(k->g, &b));
	assert_true(a.seg != 0 && b.seg > a.seg && b.updated > a.updated);
	then = b.updated;
	a.body = STR("longer");
	OK(graph_segment_put(k->g, &a));
	OK(graph_segment_get(k->g, k->a, a.seg, &got));
	assert_true(str_is(got.body, "longer"));
	assert_true(str_is(got.deps, "d1"));
	assert_int_equal(got.updated, a.updated);
	assert_int_equal(graph_segment_put(k->g, &gone), RC_ABSENT);
	OK(graph_segments(k->g, 0, seg_see, &all));
	assert_int_equal(all.n, 2);
	assert_int_equal(all.seg[0], a.seg);
	OK(graph_segments(k->g, then, seg_see, &late));
	assert_int_equal(late.n, 1);
	assert_int_equal(late.seg[0], a.seg);

	OK(graph_label_put(k->g, 5, a.seg, false, .25));
	OK(graph_label_put(k->g, 5, b.seg, true, 1));
	OK(graph_label_get(k->g, 5, &seg, &seed, &strength));
	assert_true(seg == b.seg && seed && strength == 1);
	OK(graph_labels_drop(k->g, b.seg));
	assert_int_equal(graph_label_get(k->g, 5, &seg, &seed, &strength),
	    RC_ABSENT);
	OK(graph_segment_drop(k->g, b.seg));
	assert_int_equal(graph_segment_get(k->g, k->a, b.seg, &got),
	    RC_ABSENT);
	/* The highest number was dropped and is not given again. */
	a.seg = 0;
	OK(graph_segment_put(k->g, &a));
	assert_true(a.seg > b.seg);
	OK(graph_commit(k->g));
}

/* ---- change log, answers, coverage ------------------------------------- */

static void
changes_are_numbered_once_and_read_in_order(void **state)
{
	struct kit *k = *state;
	uint8_t id[16] = { 1 };
	struct change *c;
	int64_t oldest, newest;
	size_t n;

	OK(graph_change_range(k->g, &oldest, &newest));
	assert_true(oldest == 0 && newest == 0);
	kit_begin(k);
	OK(graph_change_add(k->g, "chain.created", id, STR("{\"a\":1}"), 1));
	OK(graph_change_add(k->g, "chain.updated", id, STR("{\"a\":2}"), 2));
	OK(graph_change_add(k->g, "chain.retired", NULL, STR("{}"), 3));
	OK(graph_commit(k->g));
	OK(graph_changes(k->g, k->a, 0, 2, &c, &n));
	assert_int_equal(n, 2);
	assert_true(str_is(c[0].kind, "chain.created"));
	assert_true(str_is(c[1].data, "{\"a\":2}"));
	OK(graph_changes(k->g, k->a, c[1].seq, 100, &c, &n));
	assert_int_equal(n, 1);
	OK(graph_change_range(k->g, &oldest, &newest));
	assert_true(oldest == 1 && newest == 3);
	kit_begin(k);
	OK(graph_change_add(k->g, "gap", NULL, STR("{}"), 4));
	graph_rollback(k->g);
	OK(graph_change_range(k->g, &oldest, &newest));
	assert_int_equal(newest, 3);
}

static void
a_store_made_anew_gives_no_number_of_a_lost_one(void **state)
{
	static const int64_t now_ns = 1773187200123456789;
	struct kit *k = *state;
	int64_t oldest, newest;

	kit_begin(k);
	OK(graph_change_add(k->g, "chain.created", NULL, STR("{}"), now_ns));
	OK(graph_change_add(k->g, "chain.updated", NULL, STR("{}"), 7));
	OK(graph_commit(k->g));
	OK(graph_change_range(k->g, &oldest, &newest));
	assert_int_equal(oldest, now_ns / 1000000);
	assert_int_equal(newest, oldest + 1);
}

static void
an_answer_is_kept_for_a_day(void **state)
{
	static const int64_t day_ns = 86400 * 1000000000LL;
	struct kit *k = *state;
	struct idem i = { .status = 200, .content_type = STR("text/x"),
		.body = STR("answer") }, got;
	struct str scope = STR("POST /events"), key = STR("k1");

	memset(i.body_sha256, 7, sizeof(i.body_sha256));
	assert_int_equal(graph_idem_get(k->g, k->a, scope, key, day_ns, &got),
	    RC_ABSENT);
	OK(graph_idem_put(k->g, scope, key, day_ns, &i));
	OK(graph_idem_get(k->g, k->a, scope, key, 2 * day_ns - 1, &got));
	assert_int_equal(got.status, 200);
	assert_memory_equal(got.body_sha256, i.body_sha256, 32);
	assert_true(str_is(got.body, "answer"));
	assert_true(str_is(got.content_type, "text/x"));
	assert_int_equal(graph_idem_put(k->g, scope, key, day_ns + 1, &i),
	    RC_EXISTS);
	assert_int_equal(graph_idem_get(k->g, k->a, STR("POST /x"), key,
	    day_ns, &got), RC_ABSENT);
	assert_int_equal(graph_idem_get(k->g, k->a, scope, key, 2 * day_ns,
	    &got), RC_ABSENT);
	OK(graph_idem_put(k->g, scope, key, 2 * day_ns, &i));
}

static void
coverage_adds_up(void **state)
{
	struct kit *k = *state;
	struct coverage d = { .host = 1, .source = 2, .events = 10,
		.strong_process = 5, .first_ns = 100, .last_ns = 200,
		.lag_ms = 7 }, *c;
	size_t n;

	OK(graph_coverage_add(k->g, &d));
	d.first_ns = 50;
	d.last_ns = 150;
	d.lag_ms = 3;
	OK(graph_coverage_add(k->g, &d));
	d.host = 0;
	OK(graph_coverage_add(k->g, &d));
	OK(graph_coverage(k->g, k->a, &c, &n));
	assert_int_equal(n, 2);
	assert_int_equal(c[1].events, 20);
	assert_int_equal(c[1].strong_process, 10);
	assert_int_equal(c[1].first_ns, 50);
	assert_int_equal(c[1].last_ns, 200);
	assert_int_equal(c[1].lag_ms, 7);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(versions_follow_one_another_and_stay),
		TEST(a_retired_chain_is_found_by_its_id_alone),
		TEST(the_best_come_first_page_by_page),
		TEST(analysts_words_are_kept_over_versions),
		TEST(segments_are_kept_and_their_changes_told),
		TEST(changes_are_numbered_once_and_read_in_order),
		TEST(a_store_made_anew_gives_no_number_of_a_lost_one),
		TEST(an_answer_is_kept_for_a_day),
		TEST(coverage_adds_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
