/* SPDX-License-Identifier: Apache-2.0 */
/* Idempotency-Key, over a real store. */
#include "serve_world.h"

static void
a_repeated_post_gets_the_first_answer(void **state)
{
	struct world *w = *state;
	const char *k = "HTTP_IDEMPOTENCY_KEY=k1";

	assert_int_equal(ask(w, "POST", "/thing", w->key, k, "[1]"), 200);
	assert_false(says(w, "Idempotency-Replayed"));
	assert_int_equal(ask(w, "POST", "/thing", w->key, k, "[1]"), 200);
	assert_true(says(w, "Idempotency-Replayed: true\r\n"));
	assert_true(says(w, "{\"handled\":1,\"bytes\":3}"));
	assert_int_equal(w->handled, 1);
	assert_int_equal(ask(w, "POST", "/thing", w->key, k, "[2]"), 422);
	assert_int_equal(w->handled, 1);
}

static void
a_repeated_refusal_is_told_again_with_its_own_request_id(void **state)
{
	struct world *w = *state;
	const char *k = "HTTP_IDEMPOTENCY_KEY=k2";
	char first[32];

	assert_int_equal(ask(w, "POST", "/refuse", w->key, k, "[1]"), 422);
	memcpy(first, strstr(w->out.p, "\"req_"), sizeof(first));
	first[28] = '\0';
	assert_int_equal(ask(w, "POST", "/refuse", w->key, k, "[1]"), 422);
	assert_int_equal(w->handled, 1);
	assert_true(says(w, "Idempotency-Replayed: true\r\n"));
	assert_true(says(w, "{\"pointer\":\"/limit\","
	    "\"detail\":\"must be a number\"}"));
	assert_false(says(w, first));
}

static int64_t
written(struct world *w)
{
	struct graph *g;

	assert_int_equal(store_graph(w->app.store, w->tenant.id, &g), RC_OK);
	return graph_number(g, "test");
}

static void
an_effect_and_its_answer_are_kept_together(void **state)
{
	struct world *w = *state;
	const char *k = "HTTP_IDEMPOTENCY_KEY=k3";

	assert_int_equal(ask(w, "POST", "/write", w->key, k, "1"), 201);
	assert_int_equal(ask(w, "POST", "/write", w->key, k, "1"), 201);
	assert_true(says(w, "{\"made\":true}"));
	assert_int_equal(w->handled, 1);
	assert_int_equal(written(w), 1);
}

static void
a_refused_write_leaves_nothing(void **state)
{
	struct world *w = *state;

	assert_int_equal(ask(w, "POST", "/write", w->key,
	    "HTTP_IDEMPOTENCY_KEY=k4", "\"invalid\""), 422);
	assert_int_equal(ask(w, "POST", "/write", w->key,
	    "HTTP_IDEMPOTENCY_KEY=k4", "\"invalid\""), 422);
	assert_int_equal(w->handled, 1);
	/* 404 is not kept: the thing may exist next time. */
	assert_int_equal(ask(w, "POST", "/write", w->key,
	    "HTTP_IDEMPOTENCY_KEY=k5", "\"absent\""), 404);
	assert_int_equal(ask(w, "POST", "/write", w->key,
	    "HTTP_IDEMPOTENCY_KEY=k5", "\"absent\""), 404);
	assert_int_equal(w->handled, 3);
	assert_int_equal(written(w), 0);
}

static void
a_secret_is_shown_once(void **state)
{
	struct world *w = *state;
	const char *k = "HTTP_IDEMPOTENCY_KEY=k6";

	assert_int_equal(ask(w, "POST", "/secret", w->key, k, "1"), 200);
	assert_true(says(w, "hush"));
	assert_int_equal(ask(w, "POST", "/secret", w->key, k, "1"), 200);
	assert_false(says(w, "hush"));
	assert_true(says(w, "\"secret_already_shown\":true"));
}

static void
keys_of_idempotency_are_bounded(void **state)
{
	struct world *w = *state;
	char header[300] = "HTTP_IDEMPOTENCY_KEY=";
	size_t head = strlen(header);

	memset(header + head, 'k', 255);
	assert_int_equal(ask(w, "POST", "/thing", w->key, header, "1"), 200);
	header[head + 255] = 'k';
	assert_int_equal(ask(w, "POST", "/thing", w->key, header, "1"), 422);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_repeated_post_gets_the_first_answer),
		T(a_repeated_refusal_is_told_again_with_its_own_request_id),
		T(an_effect_and_its_answer_are_kept_together),
		T(a_refused_write_leaves_nothing),
		T(a_secret_is_shown_once),
		T(keys_of_idempotency_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
