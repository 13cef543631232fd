/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper, which patches nothing but rebuilds what a new event can have
 * changed, against the from-scratch builder, over random sets of events taken
 * in in any order and in batches of any size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "ingest.h"

enum { CACHE_TINY = 8 << 10, CACHE = 64 << 20 };

struct bench {
	char data[64];
	struct store *st;
	struct tenant t;
	struct arena *a;
	struct ingest *in;
	struct graph *g;
};

static void
bench_open(struct bench *b, size_t cache)
{
	memset(b, 0, sizeof(*b));
	hash_init();
	snprintf(b->data, sizeof(b->data), "/tmp/tra-ce-keeper-XXXXXX");
	assert_non_null(mkdtemp(b->data));
	b->a = arena_new();
	assert_int_equal(store_open(b->data, true, &b->st), RC_OK);
	assert_int_equal(store_tenant_add(b->st, b->a, STR("t"),
	    STR("standard"), 0, &b->t), RC_OK);
	store_cache(b->st, cache);
	b->in = ingest_new(b->st);
	assert_int_equal(store_graph(b->st, b->t.id, &b->g), RC_OK);
}

static void
bench_close(struct bench *b)
{
	char *const argv[] = { "rm", "-rf", b->data, NULL };

	ingest_free(b->in);
	store_close(b->st);
	arena_free(b->a);
	if (fork() == 0)
		execvp("rm", argv);
}

static void
take_in(struct bench *b, struct str body)
{
	struct body_shape shape = { .ndjson = true, .may_assert = true,
		.record_max = 1 << 20 };
	struct json_doc *doc = json_doc_new();
	struct arena *a = arena_new();
	struct ingest_batch batch = { 0 }, *one = &batch;
	size_t i;

	assert_int_equal(ingest_read(a, doc, NULL, body, &shape, &batch),
	    JSON_OK);
	assert_int_equal(ingest_commit(b->in, b->t.id, &one, 1,
	    clock_now_ns()), RC_OK);
	for (i = 0; i < batch.n; i++)
		if (batch.items[i].refused)
			fail_msg("%.*s: %.*s in %.*s",
			    STR_ARG(batch.items[i].field),
			    STR_ARG(batch.items[i].detail), STR_ARG(body));
	json_doc_free(doc);
	arena_free(a);
}

/* ---- random stories --------------------------------------------------------- */

static uint64_t seed;

static unsigned
dice(unsigned n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(seed >> 33) % n;
}

/* One event of a small world: few processes, files, sessions, keys and users,
 * so that they meet often. */
static struct str
random_event(struct arena *a, unsigned n)
{
	static const char *const shapes[][4] = {
		{ "process\",\"id\":\"p", "new", "process\",\"id\":\"p",
		    "parent" },
		{ "process\",\"id\":\"p", "subject", "file\",\"id\":\"f",
		    "written" },
		{ "process\",\"id\":\"p", "subject", "file\",\"id\":\"f",
		    "executed" },
		{ "session\",\"id\":\"s", "new", "user\",\"id\":\"u",
		    "user" },
		{ "session\",\"id\":\"s", "session", "process\",\"id\":\"p",
		    "new" },
		{ "token\",\"id\":\"k", "new", "session\",\"id\":\"s",
		    "session" },
		{ "token\",\"id\":\"k", "credential", "domain\",\"id\":\"d",
		    "artifact" },
	};
	const char *const *x = shapes[dice(COUNT(shapes))];
	unsigned sign = dice(8);

	return str_printf(a, "{\"id\":\"e%u\",\"event_type\":\"x\",\"source\":"
	    "\"src%u\",\"timestamp\":%u,\"actor\":\"u%u\",\"action\":\"a\","
	    "\"host\":\"h%u\",\"entities\":[{\"kind\":\"%s%u.test\",\"role\":"
	    "\"%s\"},{\"kind\":\"%s%u.test\",\"role\":\"%s\"}]%s}\n", n,
	    dice(3), 1772800000 + dice(4000), dice(9), dice(3), x[0], dice(14),
	    x[1], x[2], dice(14), x[3],
	    sign == 0 ? ",\"mitre_techniques\":[\"T1003.001\"]" :
	    sign == 1 ? ",\"labels\":[\"alert\"]" : "");
}

/* A sign that names an account and a domain, on one of many hosts or on
 * none: segments that only what they share can link. Some accounts are soon
 * carried by so many that they link nobody any more. */
static struct str
random_sign(struct arena *a, unsigned n)
{
	struct str host = { 0 };
	unsigned user = dice(6);

	if (dice(3) == 0)
		host = str_printf(a, "\"host\":\"h%u\",",
		    user < 2 ? dice(90) : dice(3));
	return str_printf(a, "{\"id\":\"e%u\",\"event_type\":\"alert\","
	    "\"source\":\"src%u\",\"timestamp\":%u,\"actor\":\"u%u\","
	    "\"action\":\"a\",%.*s\"entities\":[{\"kind\":\"domain\",\"id\":"
	    "\"d%u.test\",\"role\":\"artifact\"}],\"labels\":[\"alert\"]}\n",
	    n, dice(3), 1772800000 + dice(4000), user, STR_ARG(host), dice(40));
}

/* ---- comparing ---------------------------------------------------------------- */

struct seeds { struct bench *b; int64_t *ev; size_t n, room; };

static bool
note_seed(void *ctx, const struct event_row *row)
{
	struct seeds *s = ctx;
	const struct view *v = graph_view(s->b->g);

	if (cause_is_seed(v->node(v->ctx, row->ev))) {
		s->ev = arena_grow(s->b->a, s->ev, &s->room, s->n + 1,
		    sizeof(*s->ev));
		s->ev[s->n++] = row->ev;
	}
	return true;
}

struct stored { struct bench *b; const struct chains *want; size_t n; };

static bool
compare(void *ctx, const struct chain_row *head)
{
	struct stored *s = ctx;
	const struct chain *want;
	struct chain_row row;
	struct buf body;

	assert_true(s->n < s->want->n);
	want = &s->want->c[s->n++];
	assert_memory_equal(head->id, want->id, 16);
	assert_int_equal(graph_chain_get(s->b->g, s->b->a, head->id, &row),
	    RC_OK);
	buf_init(&body, 1 << 24);
	chain_pack(want, &body);
	assert_int_equal(row.grade, want->grade);
	assert_int_equal(row.body.len, body.len);
	assert_memory_equal(row.body.p, body.p, body.len);
	buf_release(&body);
	return true;
}

static size_t
compare_all(struct bench *b)
{
	struct event_query q = { 0 };
	struct seeds s = { .b = b };
	struct chains want;
	struct stored st = { b, &want, 0 };
	struct rank last;
	bool done;

	graph_view_reset(b->g);
	assert_int_equal(graph_events(b->g, &q, note_seed, &s, &last, &done),
	    RC_OK);
	cause_scratch(graph_view(b->g), b->a, s.ev, s.n, &want);
	assert_int_equal(graph_chains(b->g, b->a, NULL, NULL, compare, &st),
	    RC_OK);
	assert_int_equal(st.n, want.n);
	return want.n;
}

/* Also with caches that are emptied all the time. */
static void
incremental_is_from_scratch(void **state)
{
	struct bench b;
	struct str body, line;
	unsigned round, n, batch;
	size_t chains = 0;

	(void)state;
	for (round = 1; round <= 12; round++) {
		seed = round * 7919;
		bench_open(&b, round % 2 ? CACHE : CACHE_TINY);
		for (n = 0; n < 160;) {
			body = (struct str){ 0 };
			for (batch = 1 + dice(20); batch > 0; batch--, n++) {
				line = random_event(b.a, n);
				body = str_printf(b.a, "%.*s%.*s",
				    STR_ARG(body), STR_ARG(line));
			}
			take_in(&b, body);
			if (dice(4) == 0)
				chains += compare_all(&b);
		}
		chains += compare_all(&b);
		bench_close(&b);
	}
	assert_true(chains > 20);	/* the sets were not empty of stories */
}

/* A busy world, in which hundreds of signs hang together, so that answers are
 * remembered from batch to batch; and in which one record in twenty comes under
 * an id that is taken, so that what was remembered turns false. */
static void
what_is_remembered_of_big_segments_is_true(void **state)
{
	struct bench b;
	struct str body, line;
	unsigned round, n, batch, id;
	size_t chains = 0;

	(void)state;
	for (round = 1; round <= 3; round++) {
		seed = round * 15485863;
		bench_open(&b, CACHE);
		for (n = 0; n < 1500;) {
			body = (struct str){ 0 };
			for (batch = 1 + dice(150); batch > 0; batch--, n++) {
				id = dice(20) == 0 ? dice(n + 1) : n;
				line = random_event(b.a, id);
				body = str_printf(b.a, "%.*s%.*s",
				    STR_ARG(body), STR_ARG(line));
			}
			take_in(&b, body);
			chains += compare_all(&b);
		}
		bench_close(&b);
	}
	assert_true(chains > 20);
}

/* Signs come late and early, singly and in batches, with accounts that grow
 * popular on the way, and some under an id that is taken. */
static void
links_over_what_is_shared_are_from_scratch(void **state)
{
	struct bench b;
	struct str body, line;
	unsigned round, n, batch, id;
	size_t chains = 0;

	(void)state;
	for (round = 1; round <= 3; round++) {
		seed = round * 32452843;
		bench_open(&b, round % 2 ? CACHE : CACHE_TINY);
		for (n = 0; n < 500;) {
			body = (struct str){ 0 };
			for (batch = 1 + dice(60); batch > 0; batch--, n++) {
				id = dice(20) == 0 ? dice(n + 1) : n;
				line = random_sign(b.a, id);
				body = str_printf(b.a, "%.*s%.*s",
				    STR_ARG(body), STR_ARG(line));
			}
			take_in(&b, body);
			chains += compare_all(&b);
		}
		bench_close(&b);
	}
	assert_true(chains > 20);
}

static void
edges_run_forward_and_are_few(void **state)
{
	struct edge e[EDGES_IN_MAX];
	struct bench b;
	const struct view *v;
	const struct node *n, *from;
	unsigned i;
	size_t k, count;

	(void)state;
	seed = 4711;
	bench_open(&b, CACHE);
	for (i = 0; i < 300; i++)
		take_in(&b, random_event(b.a, i));
	v = graph_view(b.g);
	for (i = 1; i <= 300; i++) {
		n = v->node(v->ctx, i);
		assert_non_null(n);
		count = cause_in_edges(v, n, e);
		assert_true(count <= EDGES_IN_MAX);
		for (k = 0; k < count; k++) {
			from = v->node(v->ctx, e[k].from);
			assert_true(rank_cmp(&from->rank, &n->rank) < 0);
			assert_int_equal(rule_row(e[k].rule)->family, 1);
		}
	}
	bench_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(incremental_is_from_scratch),
		cmocka_unit_test(what_is_remembered_of_big_segments_is_true),
		cmocka_unit_test(links_over_what_is_shared_are_from_scratch),
		cmocka_unit_test(edges_run_forward_and_are_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
