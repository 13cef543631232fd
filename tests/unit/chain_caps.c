/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a chain does not show, each cap on a story made for it: it is cut if and
 * only if it says so, it says where, and what is beside it is told as such.
 */
#include "story_kit.h"

#define BEGIN_S 1772800000
#define DAY_S 86400

struct set { struct line *l; size_t n; };

static struct line
event(struct arena *a, struct str label, int64_t second, const char *rest)
{
	return (struct line){ str_printf(a, "{\"id\":\"%.*s\",\"event_type\":"
	    "\"config\",\"action\":\"change\",\"timestamp\":%lld,%s}",
	    STR_ARG(label), (long long)(BEGIN_S + second), rest), label };
}

#define ALERT "\"labels\":[\"alert\"],"
#define APP "\"source\":\"app\",\"actor\":\"10.0.0.1\","
#define KEY(id, role) "{\"kind\":\"token\",\"id\":\"" id "\",\"role\":\"" role \
	"\"}"
#define ANN "{\"kind\":\"user\",\"id\":\"ann\",\"issuer\":\"dir\"," \
	"\"role\":\"user\"}"
#define HASH "{\"kind\":\"hash\",\"id\":\"" \
	"5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8\"," \
	"\"role\":\"artifact\"}"
#define OF(list) "\"entities\":[" list "]"

/* Keys bought with seven keys each, from one first key: event i of n uses what
 * events 7i+1 to 7i+7 made, and those without such use the first key. */
static struct set
key_tree(struct arena *a, unsigned n)
{
	struct set s = { arena_array(a, n + 1, sizeof(struct line)), n + 1 };
	struct str list;
	unsigned i, k;

	for (i = 0; i < n; i++) {
		list = str_printf(a, KEY("k%u", "new"), i);
		for (k = 7 * i + 1; k <= 7 * i + 7 && k < n; k++)
			list = str_printf(a, "%.*s," KEY("k%u", "credential"),
			    STR_ARG(list), k);
		if (7 * i + 1 >= n)
			list = str_printf(a, "%.*s," KEY("first", "credential"),
			    STR_ARG(list));
		s.l[i] = event(a, str_printf(a, "k%u", i), (int)(n - i),
		    str_printf(a, APP "%s" OF("%.*s"), i == 0 ? ALERT : "",
		    STR_ARG(list)).p);
	}
	s.l[n] = event(a, STR("first"), -10, APP ALERT OF(KEY("first", "new")));
	return s;
}

static void
a_chain_is_cut_if_and_only_if_it_says_so(void **state)
{
	static const unsigned sizes[] = { 50, 400, 700 };
	struct live_chains l;
	struct world w;
	struct set s;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		world_open(&w, NULL, true);
		s = key_tree(w.a, sizes[i]);
		world_take(&w, s.l, s.n, s.n);
		l = world_chains(&w);
		assert_int_equal(l.n, 1);
		if (sizes[i] < 500) {
			assert_null(l.c[0].cut.why);
			assert_int_equal(l.row[0].grade, GRADE_PROVABLE);
		} else {
			assert_string_equal(l.c[0].cut.why, "search");
			assert_true(l.c[0].cut.frontier_edges > 0);
			assert_int_equal(l.row[0].grade, GRADE_MIXED);
		}
		world_close(&w);
	}
}

static void
another_key(struct world *w, const char *name, int64_t second, const char *rest)
{
	struct line l = event(w->a, str_of(name), second, rest);

	world_take(w, &l, 1, 1);
}

static bool
has_member(struct world *w, const struct chain *c, const char *label)
{
	int64_t ev = world_event(w, label);
	size_t i;

	for (i = 0; i < c->n_members; i++)
		if (c->members[i].ev == ev)
			return true;
	return false;
}

static void
a_key_used_on_a_hundred_hosts_shows_sixty_four(void **state)
{
	static const int hosts[] = { 64, 65, 100 };
	struct live_chains l;
	struct world w;
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < 3; i++) {
		world_open(&w, NULL, true);
		another_key(&w, "k", 0, APP ALERT OF(KEY("k", "new")));
		for (k = 1; k <= hosts[i]; k++)
			another_key(&w, str_printf(w.a, "u%d", k).p, k,
			    str_printf(w.a, APP ALERT "\"host\":\"h%d\","
			    "\"target\":\"t\"," OF(KEY("k", "credential")
			    "," KEY("made%d", "new")), k, k).p);
		l = world_chains(&w);
		assert_int_equal(l.n, 1);
		assert_int_equal(l.c[0].n_members, 65);
		if (hosts[i] == 64) {
			assert_null(l.c[0].cut.why);
		} else {
			assert_string_equal(l.c[0].cut.why, "hosts");
			assert_int_equal(l.c[0].cut.where,
			    world_event(&w, "u65"));
			assert_int_equal(l.c[0].cut.events_not_explored,
			    hosts[i] - 64);
		}
		world_close(&w);
	}
}

static void
thirty_days_from_a_sign_nothing_is_followed_further(void **state)
{
	struct live_chains l;
	struct world w;

	(void)state;
	world_open(&w, NULL, true);
	another_key(&w, "o", -50 * DAY_S, APP OF(KEY("j", "new")));
	another_key(&w, "k", -45 * DAY_S, APP OF(KEY("j", "credential") ","
	    KEY("k", "new")));
	another_key(&w, "a", 0, APP ALERT OF(KEY("k", "credential")));
	another_key(&w, "b", 5 * DAY_S, APP ALERT "\"host\":\"h\","
	    OF(KEY("k", "credential") "," KEY("m", "new")));
	l = world_chains(&w);
	assert_int_equal(l.n, 1);
	/* Both meet in the key, though it is old; what led to it is left. */
	assert_true(has_member(&w, &l.c[0], "k"));
	assert_false(has_member(&w, &l.c[0], "o"));
	assert_string_equal(l.c[0].cut.why, "days");
	assert_int_equal(l.c[0].cut.where, world_event(&w, "a"));
	assert_int_equal(l.c[0].cut.frontier_edges, 2);
	assert_int_equal(l.row[0].grade, GRADE_MIXED);
	world_close(&w);

	world_open(&w, NULL, true);
	another_key(&w, "k", -10 * DAY_S, APP OF(KEY("k", "new")));
	another_key(&w, "a", 0, APP ALERT OF(KEY("k", "credential")));
	another_key(&w, "in", 30 * DAY_S, APP "\"event_type\":\"file\","
	    OF(KEY("k", "credential") "," KEY("n", "new")));
	l = world_chains(&w);
	assert_null(l.c[0].cut.why);
	another_key(&w, "out", 30 * DAY_S + 1, APP
	    OF(KEY("k", "credential") "," KEY("p", "new")));
	l = world_chains(&w);
	assert_string_equal(l.c[0].cut.why, "days");
	assert_int_equal(l.c[0].cut.where, world_event(&w, "out"));
	assert_int_equal(l.c[0].cut.events_not_explored, 1);
	world_close(&w);
}

/* Two stories on two sources that share an account, as do so many others. */
static void
weaker_likeness(struct world *w, int others)
{
	int i;

	another_key(w, "a1", 0, APP ALERT OF(ANN "," KEY("k", "new")));
	another_key(w, "a2", 10, APP ALERT "\"host\":\"h\","
	    OF(KEY("k", "credential")));
	another_key(w, "b1", 60, "\"source\":\"base\",\"actor\":\"10.0.0.1\","
	    ALERT OF(ANN "," KEY("m", "new")));
	another_key(w, "b2", 70, "\"source\":\"base\",\"actor\":\"10.0.0.1\","
	    ALERT "\"host\":\"h\"," OF(KEY("m", "credential")));
	for (i = 0; i < others; i++)
		another_key(w, str_printf(w->a, "z%d", i).p, 100 + i,
		    str_printf(w->a, "\"source\":\"s%d\",\"actor\":"
		    "\"10.0.0.1\"," OF(ANN), i).p);
}

static void
a_weaker_likeness_is_told_beside_the_chain(void **state)
{
	struct live_chains l;
	struct world w;
	int64_t version;
	size_t b;

	(void)state;
	world_open(&w, NULL, true);
	weaker_likeness(&w, 10);
	l = world_chains(&w);
	assert_int_equal(l.n, 2);
	b = has_member(&w, &l.c[0], "b1") ? 0 : 1;
	assert_int_equal(l.c[1 - b].n_related, 0);
	assert_int_equal(l.c[b].n_related, 1);
	assert_int_equal(l.c[b].related[0].from, world_event(&w, "a1"));
	assert_int_equal(l.c[b].related[0].to, world_event(&w, "b1"));
	assert_int_equal(l.c[b].related[0].grade, GRADE_INFERRED);
	assert_true(l.c[b].related[0].conf >= LINK_SAID &&
	    l.c[b].related[0].conf < LINK_JOINS);
	assert_false(has_member(&w, &l.c[b], "a1"));
	assert_int_equal(l.row[b].grade, GRADE_PROVABLE);
	assert_null(l.c[b].cut.why);
	version = l.row[b].version;
	/* The account grows common: nothing is said, and that is no news. */
	weaker_likeness(&w, 60);
	l = world_chains(&w);
	assert_int_equal(l.n, 2);
	b = has_member(&w, &l.c[0], "b1") ? 0 : 1;
	assert_int_equal(l.c[b].n_related, 0);
	assert_int_equal(l.row[b].version, version);
	world_close(&w);
}

static void
what_finds_no_room_in_a_chain_is_told(void **state)
{
	static const int many[] = { 32, 33, 40 };
	struct live_chains l;
	struct world w;
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < 3; i++) {
		world_open(&w, NULL, true);
		for (k = 0; k < many[i]; k++)
			another_key(&w, str_printf(w.a, "s%d", k).p, k,
			    str_printf(w.a, "\"source\":\"%s\",\"actor\":"
			    "\"10.0.0.1\"," ALERT OF(HASH), k % 2 ? "app" :
			    "base").p);
		l = world_chains(&w);
		assert_int_equal(l.n, 1);
		assert_int_equal(l.c[0].n_members, 32);
		if (many[i] == 32) {
			assert_null(l.c[0].cut.why);
			assert_int_equal(l.c[0].n_related, 0);
		} else {
			assert_string_equal(l.c[0].cut.why, "segments");
			assert_true(l.c[0].cut.frontier_edges > 0);
			assert_int_equal(l.c[0].cut.frontier_edges,
			    l.c[0].n_related);
			assert_int_equal(l.c[0].cut.events_not_explored,
			    many[i] - 32);
			assert_false(has_member(&w, &l.c[0], "s32"));
		}
		world_close(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_is_cut_if_and_only_if_it_says_so),
		cmocka_unit_test(a_key_used_on_a_hundred_hosts_shows_sixty_four),
		cmocka_unit_test(
		    thirty_days_from_a_sign_nothing_is_followed_further),
		cmocka_unit_test(a_weaker_likeness_is_told_beside_the_chain),
		cmocka_unit_test(what_finds_no_room_in_a_chain_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
