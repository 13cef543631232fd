/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold of the engine whatever it is told: over generated sets of
 * events, that order, repeats, batches, neighbours and the calendar change
 * nothing; on small ones made for it, what is promised of unlinking, of former
 * ids, of caps and of late evidence.
 */
#include "story_kit.h"

#define BEGIN_S 1772800000

struct set { struct line *l; size_t n; };

/* ---- generated sets ------------------------------------------------------ */

struct shape { const char *a, *a_role, *b, *b_role; };
static const struct shape shapes[] = {
	{ "process", "new", "process", "parent" },
	{ "process", "subject", "file", "written" },
	{ "process", "subject", "file", "executed" },
	{ "process", "subject", "file", "read" },
	{ "session", "new", "user", "user" },
	{ "session", "session", "process", "new" },
	{ "token", "new", "session", "session" },
	{ "token", "credential", "domain", "artifact" },
	{ "pipe", "new", "process", "subject" },
	{ "pipe", "used", "process", "subject" },
};

struct made {			/* how a set is made */
	char letter;		/* before every name in it: sets share nothing */
	uint64_t seed;
	int64_t later_s;	/* the whole of it is so much later */
	bool signs;
};

static struct str
thing(struct arena *a, const struct made *m, const char *kind, unsigned n,
    const char *role)
{
	return str_printf(a, "{\"kind\":\"%s\",\"id\":\"%c%u%s\",\"role\":"
	    "\"%s\"}", kind, m->letter, n,
	    strcmp(kind, "domain") == 0 ? ".test" : "", role);
}

static struct line
made_event(struct arena *a, const struct made *m, uint64_t *state, unsigned n)
{
	const struct shape *x = &shapes[dice(state, 10)];
	struct str first = thing(a, m, x->a, dice(state, 12), x->a_role);
	struct str second = thing(a, m, x->b, dice(state, 12), x->b_role);
	unsigned source = dice(state, 3), host = dice(state, 3);
	unsigned user = dice(state, 9), sign = dice(state, 7);
	int64_t at = BEGIN_S + m->later_s + dice(state, 4000);
	struct line l;

	l.label = str_printf(a, "%c%u", m->letter, n);
	l.text = str_printf(a, "{\"id\":\"%.*s\",\"event_type\":\"x\","
	    "\"source\":\"%csrc%u\",\"timestamp\":%lld,\"actor\":\"%cu%u\","
	    "\"action\":\"a\",\"host\":\"%ch%u\",\"entities\":[%.*s,%.*s]%s}",
	    STR_ARG(l.label), m->letter, source, (long long)at, m->letter, user,
	    m->letter, host, STR_ARG(first), STR_ARG(second), !m->signs ? "" :
	    sign == 0 ? ",\"mitre_techniques\":[\"T1003.001\"]" :
	    sign == 1 ? ",\"labels\":[\"alert\"]" : "");
	return l;
}

static struct set
made_set(struct arena *a, const struct made *m, unsigned n)
{
	struct set s = { arena_array(a, n, sizeof(struct line)), n };
	uint64_t state = m->seed;
	unsigned i;

	for (i = 0; i < n; i++)
		s.l[i] = made_event(a, m, &state, i);
	return s;
}

static struct set
joined(struct arena *a, const struct set *x, const struct set *y)
{
	struct set s = { arena_array(a, x->n + y->n, sizeof(struct line)),
		x->n + y->n };

	memcpy(s.l, x->l, x->n * sizeof(struct line));
	memcpy(s.l + x->n, y->l, y->n * sizeof(struct line));
	return s;
}

static void
same(struct str a, struct str b)
{
	if (!str_eq(a, b))
		fail_msg("told\n%.*s\nand\n%.*s", STR_ARG(a), STR_ARG(b));
}

/* Tell a set in a world of its own; the text outlives it in `a`. */
static struct str
told(struct arena *a, const struct set *s, size_t batch, int64_t zero_ns,
    bool chains)
{
	struct world w;
	struct str text;

	world_open(&w, NULL, true);
	w.zero_ns = zero_ns;
	world_take(&w, s->l, s->n, batch);
	text = str_dup(a, world_tell_of(&w, 0, true, chains));
	world_close(&w);
	return text;
}

static void
order_repeats_and_batches_change_nothing(void **state)
{
	struct arena *a = arena_new();
	struct made m = { .letter = 'a', .signs = true };
	struct set s, twice;
	struct str first;
	unsigned i;

	(void)state;
	for (i = 1; i <= 4; i++) {
		m.seed = i * 104729;
		s = made_set(a, &m, 130);
		twice = joined(a, &s, &s);
		first = told(a, &s, s.n, 0, true);
		assert_true(str_find(first, STR(" root "), 0) != (size_t)-1);
		same(told(a, &s, 7, 0, true), first);
		shuffle(s.l, s.n, i * 31);
		same(told(a, &s, 1, 0, true), first);
		same(told(a, &s, s.n, 0, true), first);
		shuffle(twice.l, twice.n, i * 37);
		same(told(a, &twice, 11, 0, true), first);
	}
	arena_free(a);
}

static void
what_others_do_changes_no_chain(void **state)
{
	struct arena *a = arena_new();
	struct made mine = { .letter = 'a', .seed = 5, .signs = true };
	struct made other = { .letter = 'b', .seed = 6 };
	struct set s = made_set(a, &mine, 130), x, both;
	struct str alone = told(a, &s, s.n, 0, true);
	struct world w;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		other.signs = i == 1;
		x = made_set(a, &other, 200);
		both = joined(a, &s, &x);
		shuffle(both.l, both.n, 17);
		world_open(&w, NULL, true);
		world_take(&w, both.l, both.n, 23);
		same(world_tell_of(&w, 'a', true, true), alone);
		world_close(&w);
	}
	arena_free(a);
}

static void
tenants_side_by_side_are_tenants_apart(void **state)
{
	struct arena *a = arena_new();
	/* The same letter: what they name has the same names. */
	struct made mx = { .letter = 'a', .seed = 8, .signs = true };
	struct made my = { .letter = 'a', .seed = 9, .signs = true };
	struct set x = made_set(a, &mx, 120), y = made_set(a, &my, 120);
	struct str x_alone = told(a, &x, 9, 0, true);
	struct str y_alone = told(a, &y, 9, 0, true);
	struct world w, v;
	size_t i;

	(void)state;
	assert_false(str_eq(x_alone, y_alone));
	world_open(&w, NULL, true);
	v = w;
	assert_int_equal(store_tenant_add(w.st, w.a, STR("other"),
	    STR("standard"), 0, &v.t), RC_OK);
	assert_int_equal(store_graph(w.st, v.t.id, &v.g), RC_OK);
	for (i = 0; i < 120; i += 10) {
		world_take(&w, x.l + i, 10, 10);
		world_take(&v, y.l + i, 10, 10);
	}
	same(world_tell(&w), x_alone);
	same(world_tell(&v), y_alone);
	world_close(&w);
	arena_free(a);
}

static void
another_day_is_the_same_story(void **state)
{
	struct arena *a = arena_new();
	struct made m = { .letter = 'a', .seed = 10, .signs = true };
	struct set s = made_set(a, &m, 130), later;

	(void)state;
	m.later_s = 37 * 86400 + 12345;
	later = made_set(a, &m, 130);
	same(told(a, &later, 13, m.later_s * 1000000000, true),
	    told(a, &s, 13, 0, true));
	arena_free(a);
}

static void
a_sign_changes_no_edge(void **state)
{
	struct arena *a = arena_new();
	struct made m = { .letter = 'a', .seed = 11, .signs = true };
	struct set s = made_set(a, &m, 200), plain;

	(void)state;
	m.signs = false;
	plain = made_set(a, &m, 200);
	same(told(a, &s, 50, 0, false), told(a, &plain, 50, 0, false));
	arena_free(a);
}

/* ---- grades, segments ------------------------------------------------------ */

static int64_t
segment_of(struct world *w, int64_t ev)
{
	double strength;
	int64_t seg = 0;
	bool seed;

	return graph_label_get(w->g, ev, &seg, &seed, &strength) == RC_OK ?
	    seg : 0;
}

/* The smallest number that recorded mechanism inside the chain ties it to. */
static size_t
part_of(const struct chain *c, size_t *up, int64_t ev)
{
	size_t i;

	for (i = 0; i < c->n_members; i++)
		if (c->members[i].ev == ev)
			break;
	assert_true(i < c->n_members);
	while (up[i] != i)
		i = up[i];
	return i;
}

/* Returns how many links of likeness were seen. */
static size_t
check_chain(struct world *w, const struct chain *c)
{
	size_t *up = arena_array(w->a, c->n_members, sizeof(*up));
	size_t i, links = 0, x, y;
	const struct edge *e;

	for (i = 0; i < c->n_members; i++)
		up[i] = i;
	for (i = 0; i < c->n_edges; i++) {
		e = &c->edges[i];
		x = part_of(c, up, e->from);
		y = part_of(c, up, e->to);
		if (rule_row(e->rule)->family == 1) {
			up[x > y ? x : y] = x > y ? y : x;
			continue;
		}
		links++;
		assert_true(e->grade < GRADE_PROVABLE);
		assert_true(e->conf <= .90);
		assert_true(c->grade < GRADE_PROVABLE);
	}
	for (i = 0; i < c->n_edges; i++) {
		e = &c->edges[i];
		x = part_of(c, up, e->from);
		y = part_of(c, up, e->to);
		if (rule_row(e->rule)->family != 1 &&
		    segment_of(w, e->from) != 0 && segment_of(w, e->to) != 0)
			assert_int_not_equal(segment_of(w, e->from),
			    segment_of(w, e->to));
	}
	return links;
}

static void
likeness_neither_proves_nor_merges(void **state)
{
	struct arena *a = arena_new();
	struct made m = { .letter = 'a', .signs = true };
	struct live_chains l;
	struct world w;
	struct set s;
	size_t i, links = 0;
	unsigned k;

	(void)state;
	for (k = 1; k <= 5; k++) {
		m.seed = k * 15485863;
		s = made_set(a, &m, 150);
		world_open(&w, NULL, true);
		world_take(&w, s.l, s.n, 50);
		l = world_chains(&w);
		for (i = 0; i < l.n; i++)
			links += check_chain(&w, &l.c[i]);
		world_close(&w);
	}
	assert_true(links > 0);		/* there was something to cross */
	arena_free(a);
}

static void
a_parent_is_what_the_system_reported(void **state)
{
	(void)state;
	/* A creator may choose another parent: the sentence claims no more. */
	assert_non_null(strstr(rule_row(RULE_SPAWN)->because,
	    "the operating system reported this parent"));
}

/* ---- stories made for one promise ------------------------------------------- */

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

/* ---- caps ------------------------------------------------------------------- */

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
		s.l[i] = event(a, str_printf(a, "k%u", i).p, (int)(n - i),
		    str_printf(a, APP "%s" OF("%.*s"), i == 0 ? ALERT : "",
		    STR_ARG(list)).p);
	}
	s.l[n] = event(a, "first", -10, APP ALERT OF(KEY("first", "new")));
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_repeats_and_batches_change_nothing),
		cmocka_unit_test(what_others_do_changes_no_chain),
		cmocka_unit_test(tenants_side_by_side_are_tenants_apart),
		cmocka_unit_test(another_day_is_the_same_story),
		cmocka_unit_test(a_sign_changes_no_edge),
		cmocka_unit_test(likeness_neither_proves_nor_merges),
		cmocka_unit_test(a_parent_is_what_the_system_reported),
		cmocka_unit_test(
		    an_unlinked_likeness_gives_back_the_chains_there_were),
		cmocka_unit_test(an_unlinked_mechanism_splits_the_segment),
		cmocka_unit_test(
		    a_former_id_leads_to_the_chain_that_holds_its_seed),
		cmocka_unit_test(late_evidence_gives_a_version_with_that_reason),
		cmocka_unit_test(a_chain_is_cut_if_and_only_if_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
