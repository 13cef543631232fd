/* SPDX-License-Identifier: Apache-2.0 */
#include "store_kit.h"

static int64_t
add(struct kit *k, struct event_row *row, const char *raw)
{
	OK(graph_event_add(k->g, row, str_of(raw)));
	return row->ev;
}

static void
what_was_added_comes_back_whole(void **state)
{
	struct kit *k = *state;
	struct node_tag tag = { 1059001, 4 };
	struct ref refs[2];
	struct event_row row, got;
	struct str raw;
	int64_t ev, rule;

	kit_begin(k);
	row = kit_row(k, 1, -5, STR("{\"a\":1}"));
	refs[0] = (struct ref){ kit_entity(k, KIND_PROCESS, "h|p"),
		KIND_PROCESS, ROLE_NEW, REF_WEAK | REF_SAID };
	refs[1] = (struct ref){ kit_entity(k, KIND_HOST, "h"), KIND_HOST,
		ROLE_HOST, 0 };
	row.refs = refs;
	row.n_refs = 2;
	row.tags = &tag;
	row.n_tags = 1;
	OK(graph_word(k->g, STR("rule-7"), &rule));
	row.tag_rule[0] = rule;
	row.host = refs[1].entity;
	row.flags = EVENT_ALERT | EVENT_TWICE;
	row.act = ACT_PROCESS_CREATE;
	row.outcome = OUTCOME_SUCCESS;
	row.severity = 55;
	row.extra = STR("{\"tenant\":\"x\"}");
	row.columns = STR("#fields\tts\tuid");
	ev = add(k, &row, "{\"a\":1}");
	/* Before and after the commit alike. */
	OK(graph_event_raw(k->g, k->a, ev, &raw));
	assert_true(str_is(raw, "{\"a\":1}"));
	OK(graph_commit(k->g));
	OK(graph_event_raw(k->g, k->a, ev, &raw));
	assert_true(str_is(raw, "{\"a\":1}"));
	OK(graph_event_get(k->g, k->a, ev, &got));
	assert_memory_equal(got.id, row.id, 16);
	assert_memory_equal(got.rank.b, row.rank.b, RANK_LEN);
	assert_memory_equal(got.raw_sha256, row.raw_sha256, 32);
	assert_int_equal(got.host, row.host);
	assert_int_equal(got.source, row.source);
	assert_int_equal(got.type, row.type);
	assert_int_equal(got.flags, row.flags);
	assert_int_equal(got.act, row.act);
	assert_int_equal(got.outcome, row.outcome);
	assert_int_equal(got.severity, 55);
	assert_int_equal(got.ingested_ns, 7);
	assert_int_equal(got.n_refs, 2);
	assert_int_equal(got.refs[0].entity, refs[0].entity);
	assert_int_equal(got.refs[0].kind, KIND_PROCESS);
	assert_int_equal(got.refs[0].role, ROLE_NEW);
	assert_int_equal(got.refs[0].flags, REF_WEAK | REF_SAID);
	assert_int_equal(got.refs[1].entity, refs[1].entity);
	assert_int_equal(got.n_tags, 1);
	assert_int_equal(got.tags[0].technique, 1059001);
	assert_int_equal(got.tags[0].level, 4);
	assert_int_equal(got.tag_rule[0], rule);
	assert_true(str_eq(got.extra, row.extra));
	assert_true(str_eq(got.columns, row.columns));
	assert_int_equal(graph_event_get(k->g, k->a, ev + 1, &got), RC_ABSENT);
}

static void
a_rollback_leaves_nothing(void **state)
{
	struct kit *k = *state;
	struct event_row row;
	int64_t ev, word, again, entity;
	bool added;

	kit_begin(k);
	row = kit_row(k, 1, 1, STR("x"));
	add(k, &row, "x");
	OK(graph_word(k->g, STR("fleeting"), &word));
	entity = kit_entity(k, KIND_USER, "gone");
	assert_int_equal(graph_number(k->g, "events"), 1);
	graph_rollback(k->g);
	assert_int_equal(graph_number(k->g, "events"), 0);
	assert_int_equal(graph_event_find(k->g, row.id, &ev), RC_ABSENT);
	assert_int_equal(graph_word_find(k->g, STR("fleeting")), 0);
	/* The number was free again: a cache must not say otherwise. */
	kit_begin(k);
	OK(graph_entity(k->g, KIND_USER, STR("other"), STR(""), &again,
	    &added));
	assert_true(added);
	assert_int_equal(again, entity);
	OK(graph_entity(k->g, KIND_USER, STR("gone"), STR(""), &again,
	    &added));
	assert_true(added);
	row = kit_row(k, 2, 1, STR("y"));
	add(k, &row, "y");
	OK(graph_commit(k->g));
	OK(graph_event_raw(k->g, k->a, row.ev, &row.extra));
	assert_true(str_is(row.extra, "y"));
}

static void
an_id_is_taken_once(void **state)
{
	struct kit *k = *state;
	struct event_row row, other;
	struct str raw;

	kit_begin(k);
	row = kit_row(k, 1, 1, STR("first"));
	add(k, &row, "first");
	other = kit_row(k, 1, 1, STR("second"));
	assert_int_equal(graph_event_add(k->g, &other, STR("second")),
	    RC_EXISTS);
	/* The refused one spoils neither the block nor the transaction. */
	other = kit_row(k, 2, 1, STR("third"));
	add(k, &other, "third");
	OK(graph_commit(k->g));
	OK(graph_event_raw(k->g, k->a, other.ev, &raw));
	assert_true(str_is(raw, "third"));
	assert_int_equal(graph_number(k->g, "events"), 2);
}

static void
raw_records_of_all_sizes_come_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 100, 65535, 65536, 65537, 3,
		1 << 20, 5 };
	struct kit *k = *state;
	int64_t ev[COUNT(sizes)];
	struct str raw;
	char *big = malloc(1 << 20);
	size_t i;

	for (i = 0; i < 1 << 20; i++)
		big[i] = (char)(i * i >> 7);
	kit_begin(k);
	for (i = 0; i < COUNT(sizes); i++) {
		struct str r = { big + i, sizes[i] - (sizes[i] > 9 ? i : 0) };
		struct event_row row = kit_row(k, (uint32_t)i, 1, r);

		OK(graph_event_add(k->g, &row, r));
		ev[i] = row.ev;
		OK(graph_event_raw(k->g, k->a, ev[0], &raw));
		assert_int_equal(raw.len, 0);
	}
	OK(graph_commit(k->g));
	for (i = 0; i < COUNT(sizes); i++) {
		OK(graph_event_raw(k->g, k->a, ev[i], &raw));
		assert_int_equal(raw.len, sizes[i] - (sizes[i] > 9 ? i : 0));
		assert_memory_equal(raw.p, big + i, raw.len);
	}
	free(big);
}

/* ---- variants ---------------------------------------------------------- */

struct told {
	const char *raw;
	const char *actor;
	int64_t t_ns;
};

static int64_t
tell(struct kit *k, const struct told *told)
{
	struct event_row row = kit_row(k, 9, told->t_ns, str_of(told->raw));
	struct ref ref = { kit_entity(k, KIND_USER, told->actor), KIND_USER,
		ROLE_USER, 0 };
	int64_t ev;
	bool speaks;

	row.refs = &ref;
	row.n_refs = 1;
	if (graph_event_find(k->g, row.id, &ev) == RC_ABSENT)
		return add(k, &row, told->raw);
	OK(graph_event_variant(k->g, ev, &row, str_of(told->raw), &speaks));
	return ev;
}

static void
the_smallest_digest_speaks_whoever_came_first(void **state)
{
	static const struct told all[3] = { { "one", "ann", 10 },
		{ "two", "bob", 20 }, { "three", "cid", 30 } };
	static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 },
		{ 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	struct kit *k = *state;
	char first[32] = "";
	size_t o, i;

	for (o = 0; o < COUNT(orders); o++) {
		const struct view *v = graph_view(k->g);
		struct event_row row;
		struct post p;
		struct str raw;
		int64_t ev = 0;
		int posts = 0;

		kit_begin(k);
		for (i = 0; i < 3; i++)
			ev = tell(k, &all[orders[o][i]]);
		tell(k, &all[orders[o][0]]);	/* and once more */
		OK(graph_event_raw(k->g, k->a, ev, &raw));
		OK(graph_event_get(k->g, k->a, ev, &row));
		assert_true(row.flags & EVENT_CONFLICT);
		assert_true(v->node(v->ctx, ev)->flags & EVENT_CONFLICT);
		if (o == 0)
			snprintf(first, sizeof(first), "%.*s", STR_ARG(raw));
		assert_true(str_is(raw, first));
		for (i = 0; i < 3; i++) {
			int64_t who = kit_entity(k, KIND_USER, all[i].actor);
			bool speaks = str_is(raw, all[i].raw);

			assert_int_equal(v->first_after(v->ctx, who, ROLE_USER,
			    NULL, &p), speaks);
			posts += v->count(v->ctx, who, ROLE_USER, 9);
			if (speaks)
				assert_memory_equal(p.rank.b, row.rank.b,
				    RANK_LEN);
		}
		assert_int_equal(posts, 1);
		assert_int_equal(graph_number(k->g, "events"), 1);
		graph_rollback(k->g);
	}
}

/* ---- the view ---------------------------------------------------------- */

static int
by_rank(const void *a, const void *b)
{
	return memcmp(((const struct post *)a)->rank.b,
	    ((const struct post *)b)->rank.b, RANK_LEN);
}

struct walked {
	const struct post *want;
	size_t n, most;
};

static bool
walk_check(void *arg, const struct post *p)
{
	struct walked *w = arg;

	assert_int_equal(p->ev, w->want[w->n].ev);
	return ++w->n < w->most;
}

static void
postings_are_in_order_whatever_order_they_came_in(void **state)
{
	enum { N = 60 };
	struct kit *k = *state;
	const struct view *v = graph_view(k->g);
	struct post all[N], p;
	struct walked w = { all, 0, N };
	uint32_t seed = 7;
	int64_t who;
	int i;

	kit_begin(k);
	who = kit_entity(k, KIND_PROCESS, "p");
	for (i = 0; i < N; i++) {
		struct ref ref = { who, KIND_PROCESS, ROLE_SUBJ, 0 };
		struct event_row row;

		seed = seed * 1664525 + 1013904223;
		row = kit_row(k, (uint32_t)i, (int32_t)seed, STR("r"));
		row.refs = &ref;
		row.n_refs = 1;
		add(k, &row, "r");
		all[i] = (struct post){ row.ev, row.rank };
	}
	qsort(all, N, sizeof(all[0]), by_rank);
	for (i = 0; i < N; i++) {
		const struct rank *r = &all[i].rank;

		assert_int_equal(v->first_after(v->ctx, who, ROLE_SUBJ, r, &p),
		    i + 1 < N);
		assert_true(i + 1 == N || p.ev == all[i + 1].ev);
		assert_int_equal(v->last_before(v->ctx, who, ROLE_SUBJ, r, &p),
		    i > 0);
		assert_true(i == 0 || p.ev == all[i - 1].ev);
		assert_memory_equal(v->node(v->ctx, all[i].ev)->rank.b, r->b,
		    RANK_LEN);
	}
	assert_true(v->first_after(v->ctx, who, ROLE_SUBJ, NULL, &p));
	assert_int_equal(p.ev, all[0].ev);
	assert_true(v->last_before(v->ctx, who, ROLE_SUBJ, NULL, &p));
	assert_int_equal(p.ev, all[N - 1].ev);
	v->walk(v->ctx, who, ROLE_SUBJ, NULL, walk_check, &w);
	assert_int_equal(w.n, N);
	w = (struct walked){ all + 11, 0, 5 };
	v->walk(v->ctx, who, ROLE_SUBJ, &all[10].rank, walk_check, &w);
	assert_int_equal(w.n, 5);
	assert_int_equal(v->count(v->ctx, who, ROLE_SUBJ, 1000), N);
	assert_int_equal(v->count(v->ctx, who, ROLE_SUBJ, 10), 10);
	assert_int_equal(v->count(v->ctx, who, ROLE_NEW, 10), 0);
	assert_int_equal(v->count(v->ctx, who + 1, ROLE_SUBJ, 10), 0);
	assert_null(v->node(v->ctx, 123456));
	graph_rollback(k->g);
}

struct nest {
	const struct view *v;
	int64_t who;
	int outer, inner;
};

static bool
walk_inner(void *arg, const struct post *p)
{
	(void)p;
	((struct nest *)arg)->inner++;
	return true;
}

static bool
walk_outer(void *arg, const struct post *p)
{
	struct nest *n = arg;

	(void)p;
	n->outer++;
	n->v->walk(n->v->ctx, n->who, ROLE_SUBJ, NULL, walk_inner, n);
	return true;
}

static void
a_walk_may_walk_the_same_again(void **state)
{
	struct kit *k = *state;
	struct nest n = { .v = graph_view(k->g) };
	int i;

	kit_begin(k);
	n.who = kit_entity(k, KIND_PROCESS, "p");
	for (i = 0; i < 10; i++) {
		struct ref ref = { n.who, KIND_PROCESS, ROLE_SUBJ, 0 };
		struct event_row row = kit_row(k, (uint32_t)i, i, STR("r"));

		row.refs = &ref;
		row.n_refs = 1;
		add(k, &row, "r");
	}
	OK(graph_commit(k->g));
	n.v->walk(n.v->ctx, n.who, ROLE_SUBJ, NULL, walk_outer, &n);
	assert_int_equal(n.outer, 10);
	assert_int_equal(n.inner, 100);
	OK(graph_view_trouble(k->g));
}

static void
minor_events_have_slots_of_their_own_unless_tagged(void **state)
{
	static const struct {
		unsigned flags;
		int tags, role, slot;
	} cases[] = {
		{ EVENT_MINOR, 0, ROLE_SUBJ, ROLE_SUBJ | SLOT_MINOR },
		{ EVENT_MINOR, 1, ROLE_SUBJ, ROLE_SUBJ },
		{ 0, 0, ROLE_SUBJ, ROLE_SUBJ },
		{ EVENT_MINOR, 0, ROLE_SESS, ROLE_SESS | SLOT_MINOR },
		{ EVENT_MINOR, 0, ROLE_CRED, ROLE_CRED | SLOT_MINOR },
		{ EVENT_MINOR, 0, ROLE_TARGET, ROLE_TARGET | SLOT_MINOR },
		{ EVENT_MINOR, 0, ROLE_NEW, ROLE_NEW },
		{ EVENT_MINOR, 0, ROLE_EXEC, ROLE_EXEC },
		{ 0, 0, ROLE_HOST, -1 },
	};
	struct kit *k = *state;
	const struct view *v = graph_view(k->g);
	struct node_tag tag = { 1003001, 3 };
	size_t i;
	int slot;

	kit_begin(k);
	for (i = 0; i < COUNT(cases); i++) {
		char name[8] = { 'e', (char)('0' + i) };
		struct ref ref = { kit_entity(k, KIND_PROCESS, name),
			KIND_PROCESS, (uint8_t)cases[i].role, 0 };
		struct event_row row = kit_row(k, (uint32_t)i, 5, STR("r"));

		row.flags = cases[i].flags;
		row.refs = &ref;
		row.n_refs = 1;
		row.tags = &tag;
		row.n_tags = (size_t)cases[i].tags;
		add(k, &row, "r");
		for (slot = 0; slot < 2 * SLOT_MINOR; slot++)
			assert_int_equal(v->count(v->ctx, ref.entity, slot, 9),
			    slot == cases[i].slot);
	}
	graph_rollback(k->g);
}

static void
an_event_with_many_refs_has_all_its_postings(void **state)
{
	struct kit *k = *state;
	const struct view *v = graph_view(k->g);
	struct ref refs[EVENT_REFS_MAX];
	struct event_row row;
	int n, i;

	kit_begin(k);
	for (n = 0; n <= EVENT_REFS_MAX; n++) {
		row = kit_row(k, (uint32_t)n, 5, STR("r"));
		for (i = 0; i < n; i++) {
			char name[16];

			snprintf(name, sizeof(name), "%d-%d", n, i);
			refs[i] = (struct ref){ kit_entity(k, KIND_FILE, name),
				KIND_FILE, ROLE_READ, 0 };
		}
		row.refs = refs;
		row.n_refs = (size_t)n;
		add(k, &row, "r");
		for (i = 0; i < n; i++)
			assert_int_equal(v->count(v->ctx, refs[i].entity,
			    ROLE_READ, 9), 1);
	}
	/* Twice the same part in one event is one posting. */
	refs[1] = refs[0];
	row = kit_row(k, 1000, 6, STR("r"));
	row.refs = refs;
	row.n_refs = 2;
	add(k, &row, "r");
	assert_int_equal(v->count(v->ctx, refs[0].entity, ROLE_READ, 9), 2);
	graph_rollback(k->g);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_added_comes_back_whole),
		TEST(a_rollback_leaves_nothing),
		TEST(an_id_is_taken_once),
		TEST(raw_records_of_all_sizes_come_back),
		TEST(the_smallest_digest_speaks_whoever_came_first),
		TEST(postings_are_in_order_whatever_order_they_came_in),
		TEST(a_walk_may_walk_the_same_again),
		TEST(minor_events_have_slots_of_their_own_unless_tagged),
		TEST(an_event_with_many_refs_has_all_its_postings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
