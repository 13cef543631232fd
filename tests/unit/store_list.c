/* SPDX-License-Identifier: Apache-2.0 */
/* Listing held against sorting and filtering everything, the plain way. */
#include "store_kit.h"

enum { EVENTS = 300, HOSTS = 4, USERS = 6 };

struct item {
	struct event_row row;
	int64_t t_ns, user[2];
	technique technique;
};

struct set {
	struct kit *k;
	struct item items[EVENTS];
	int64_t host[HOSTS], user[USERS], source[2], type[3];
	uint32_t seed;
};

static uint32_t
chance(struct set *s, uint32_t n)
{
	s->seed = s->seed * 1664525 + 1013904223;
	return (s->seed >> 8) % n;
}

static void
item_add(struct set *s, int i)
{
	static const int roles[] = { ROLE_SUBJ, ROLE_USER, ROLE_TARGET };
	struct item *it = &s->items[i];
	struct ref refs[3];
	struct node_tag tag = { 0, 3 };
	int r;

	it->t_ns = (int64_t)chance(s, 50) * 1000 - 20000;
	it->row = kit_row(s->k, (uint32_t)i + 1, it->t_ns, STR("raw"));
	it->row.source = s->source[chance(s, 2)];
	it->row.type = s->type[chance(s, 3)];
	it->row.host = chance(s, 5) == 0 ? 0 : s->host[chance(s, HOSTS)];
	refs[0] = (struct ref){ it->row.host, KIND_HOST, ROLE_HOST, 0 };
	for (r = 0; r < 2; r++) {
		it->user[r] = s->user[chance(s, USERS)];
		refs[r + 1] = (struct ref){ it->user[r], KIND_USER,
			(uint8_t)roles[chance(s, 3)], 0 };
	}
	it->row.flags = chance(s, 2) == 0 ? EVENT_MINOR : 0;
	it->row.refs = refs;
	it->row.n_refs = 3;
	if (chance(s, 6) == 0) {
		it->technique = 1059001 + (technique)chance(s, 2);
		tag.technique = it->technique;
		it->row.tags = &tag;
		it->row.n_tags = 1;
	}
	OK(graph_event_add(s->k->g, &it->row, STR("raw")));
}

static struct set *
set_make(struct kit *k)
{
	struct set *s = arena_get(k->a, sizeof(*s));
	char name[16];
	int i;

	s->k = k;
	s->seed = 11;
	kit_begin(k);
	for (i = 0; i < HOSTS; i++) {
		snprintf(name, sizeof(name), "h%d", i);
		s->host[i] = kit_entity(k, KIND_HOST, name);
	}
	for (i = 0; i < USERS; i++) {
		snprintf(name, sizeof(name), "u%d", i);
		s->user[i] = kit_entity(k, KIND_USER, name);
	}
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "w%d", i);
		OK(graph_word(k->g, str_of(name), &s->type[i]));
		s->source[i & 1] = s->type[i];
	}
	for (i = 0; i < EVENTS; i++)
		item_add(s, i);
	OK(graph_commit(k->g));
	return s;
}

/* ---- the plain way ----------------------------------------------------- */

static bool
names_one(const struct item *it, const struct event_query *q)
{
	size_t i;

	for (i = 0; i < q->n_entity; i++)
		if (it->user[0] == q->entity[i] || it->user[1] ==
		    q->entity[i] || it->row.host == q->entity[i])
			return true;
	return q->n_entity == 0;
}

static bool
fits(const struct item *it, const struct event_query *q)
{
	return names_one(it, q) &&
	    (q->technique == 0 || it->technique == q->technique) &&
	    (q->source == 0 || it->row.source == q->source) &&
	    (q->type == 0 || it->row.type == q->type) &&
	    (q->host == 0 || it->row.host == q->host) &&
	    (!q->has_since || it->t_ns >= q->since_ns) &&
	    (!q->has_until || it->t_ns <= q->until_ns);
}

static int
by_rank(const void *a, const void *b)
{
	const struct item *const *x = a, *const *y = b;

	return memcmp((*x)->row.rank.b, (*y)->row.rank.b, RANK_LEN);
}

static size_t
plain(struct set *s, const struct event_query *q, int64_t want[EVENTS])
{
	struct item *list[EVENTS];
	size_t n = 0, i;

	for (i = 0; i < EVENTS; i++)
		if (fits(&s->items[i], q))
			list[n++] = &s->items[i];
	qsort(list, n, sizeof(list[0]), by_rank);
	for (i = 0; i < n; i++)
		want[i] = list[q->oldest_first ? i : n - 1 - i]->row.ev;
	return n;
}

/* ---- page by page ------------------------------------------------------ */

struct page {
	int64_t *ev;
	size_t n, most;
};

static bool
take(void *ctx, const struct event_row *row)
{
	struct page *p = ctx;

	p->ev[p->n++] = row->ev;
	return p->n % p->most != 0;
}

static void
check(struct set *s, struct event_query *q, size_t most)
{
	int64_t want[EVENTS], got[EVENTS + 1];
	size_t n = plain(s, q, want), pages = 0;
	struct page p = { got, 0, most };
	struct rank last;
	bool done = false;

	q->cursor = NULL;
	while (!done && ++pages < 2 * EVENTS) {
		OK(graph_events(s->k->g, q, take, &p, &last, &done));
		assert_true(p.n <= n);
		q->cursor = &last;
	}
	assert_true(done);
	assert_int_equal(p.n, n);
	assert_memory_equal(got, want, n * sizeof(want[0]));
}

static void
every_question_is_answered_page_by_page(void **state)
{
	struct set *s = set_make(*state);
	int64_t who[3];
	int round;

	for (round = 0; round < 600; round++) {
		struct event_query q = { .entity = who };
		size_t i;

		if (chance(s, 2) == 0)
			q.n_entity = chance(s, 4);
		for (i = 0; i < q.n_entity; i++)
			who[i] = chance(s, 4) == 0 ?
			    s->host[chance(s, HOSTS)] :
			    s->user[chance(s, USERS)];
		if (chance(s, 4) == 0)
			q.technique = 1059001 + (technique)chance(s, 3);
		if (chance(s, 4) == 0)
			q.source = s->source[chance(s, 2)];
		if (chance(s, 4) == 0)
			q.type = s->type[chance(s, 3)];
		if (chance(s, 4) == 0)
			q.host = s->host[chance(s, HOSTS)];
		q.has_since = chance(s, 3) == 0;
		q.since_ns = (int64_t)chance(s, 50) * 1000 - 20000;
		q.has_until = chance(s, 3) == 0;
		q.until_ns = (int64_t)chance(s, 50) * 1000 - 20000;
		q.oldest_first = chance(s, 2) == 0;
		q.scan_max = chance(s, 3) == 0 ? 1 + chance(s, 40) : 0;
		check(s, &q, 1 + chance(s, 50));
	}
}

struct looks { int n; };

static bool
count_looks(void *ctx, const struct event_row *row)
{
	(void)row;
	((struct looks *)ctx)->n++;
	return true;
}

static void
a_rare_filter_costs_no_more_than_was_allowed(void **state)
{
	struct set *s = set_make(*state);
	struct event_query q = { .type = 999999, .scan_max = 10 };
	struct looks l = { 0 };
	struct rank last, before;
	bool done;

	OK(graph_events(s->k->g, &q, count_looks, &l, &last, &done));
	assert_int_equal(l.n, 0);
	assert_false(done);
	before = last;
	q.cursor = &before;
	OK(graph_events(s->k->g, &q, count_looks, &l, &last, &done));
	assert_true(memcmp(last.b, before.b, RANK_LEN) < 0);
}

static void
nothing_in_the_store_is_the_end_at_once(void **state)
{
	struct kit *k = *state;
	struct event_query q = { 0 };
	struct looks l = { 0 };
	struct rank last;
	bool done = false;

	OK(graph_events(k->g, &q, count_looks, &l, &last, &done));
	assert_true(done);
	assert_int_equal(l.n, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_question_is_answered_page_by_page),
		TEST(a_rare_filter_costs_no_more_than_was_allowed),
		TEST(nothing_in_the_store_is_the_end_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
