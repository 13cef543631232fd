/* SPDX-License-Identifier: Apache-2.0 */
/* Key, limit, scope, body and answer, over a real store. */
#include "serve_world.h"

static void
five_headers(struct world *w)
{
	static const char *const name[] = { "X-RateLimit-Limit: ",
		"X-RateLimit-Remaining: ", "X-RateLimit-Reset: ",
		"RateLimit-Policy: \"default\";q=", "RateLimit: \"default\";r=",
		"X-Request-Id: ", "Content-Length: " };
	size_t i;

	for (i = 0; i < COUNT(name); i++)
		assert_true(says(w, name[i]));
}

static void
a_good_key_gets_its_answer(void **state)
{
	struct world *w = *state;

	assert_int_equal(ask(w, "GET", "/thing", w->key, NULL, NULL), 200);
	assert_true(says(w, "{\"handled\":1,\"bytes\":0}"));
	assert_true(says(w, "X-RateLimit-Remaining: 4\r\n"));
	assert_true(says(w, "\"default\";q=5;w=60"));
	five_headers(w);
}

static void
without_a_key_it_is_401_on_the_address_bucket(void **state)
{
	struct world *w = *state;

	assert_int_equal(ask(w, "GET", "/thing", NULL, NULL, NULL), 401);
	assert_true(says(w, "WWW-Authenticate: Bearer"));
	assert_true(says(w, "X-RateLimit-Limit: 100\r\n"));
	assert_true(says(w, "application/problem+json"));
	five_headers(w);
	assert_int_equal(ask(w, "DELETE", "/thing", NULL, NULL, NULL), 401);
	assert_int_equal(w->handled, 0);
}

static void
bad_keys_are_all_refused_alike(void **state)
{
	struct world *w = *state;
	char key[KEY_TEXT];

	memcpy(key, w->key, sizeof(key));
	key[KEY_TEXT - 2] = key[KEY_TEXT - 2] == 'a' ? 'b' : 'a';
	assert_int_equal(ask(w, "GET", "/thing", key, NULL, NULL), 401);
	assert_int_equal(ask(w, "GET", "/thing", "'; DROP", NULL, NULL), 401);
	key_make(key, w->key_id);
	assert_int_equal(ask(w, "GET", "/thing", key, NULL, NULL), 401);
}

static void
expired_and_revoked_keys_are_401(void **state)
{
	struct world *w = *state;
	char key[KEY_TEXT];

	key_add(w, (struct key_row){ .scopes = SCOPE_READ,
	    .expires_ns = clock_now_ns() - 1 }, key);
	assert_int_equal(ask(w, "GET", "/thing", key, NULL, NULL), 401);
	key_add(w, (struct key_row){ .scopes = SCOPE_READ }, key);
	assert_int_equal(ask(w, "GET", "/thing", key, NULL, NULL), 200);
	assert_int_equal(store_key_revoke(w->app.store, str_of(w->key_id),
	    clock_now_ns()), RC_OK);
	assert_int_equal(ask(w, "GET", "/thing", key, NULL, NULL), 401);
}

static void
a_key_works_only_from_its_addresses(void **state)
{
	struct world *w = *state;
	char key[KEY_TEXT];

	key_add(w, (struct key_row){ .scopes = SCOPE_READ,
	    .addresses = STR("198.51.100.0/24") }, key);
	assert_int_equal(ask(w, "GET", "/thing", key, NULL, NULL), 403);
	key_add(w, (struct key_row){ .scopes = SCOPE_READ,
	    .addresses = STR("198.51.100.0/24,192.0.2.0/28") }, key);
	assert_int_equal(ask(w, "GET", "/thing", key, NULL, NULL), 200);
}

static void
a_missing_scope_is_403(void **state)
{
	struct world *w = *state;

	assert_int_equal(ask(w, "GET", "/admin", w->key, NULL, NULL), 403);
	assert_true(says(w, "scope admin"));
	assert_int_equal(w->handled, 0);
}

static void
over_the_rate_it_is_429_and_free_routes_go_on(void **state)
{
	struct world *w = *state;
	int i;

	for (i = 0; i < 5; i++)
		assert_int_equal(ask(w, "GET", "/thing", w->key, NULL, NULL),
		    200);
	assert_int_equal(ask(w, "GET", "/thing", w->key, NULL, NULL), 429);
	assert_true(says(w, "Retry-After: "));
	assert_true(says(w, "X-RateLimit-Remaining: 0\r\n"));
	assert_int_equal(ask(w, "GET", "/free", w->key, NULL, NULL), 200);
	assert_int_equal(ask(w, "GET", "/open", NULL, NULL, NULL), 200);
	assert_int_equal(ask(w, "GET", "/free", NULL, NULL, NULL), 401);
}

static void
unknown_paths_and_methods_are_problems_that_cost(void **state)
{
	struct world *w = *state;

	assert_int_equal(ask(w, "GET", "/none", w->key, NULL, NULL), 404);
	assert_true(says(w, "X-RateLimit-Remaining: 4\r\n"));
	assert_true(says(w, "\"request_id\":\"req_"));
	assert_int_equal(ask(w, "PUT", "/thing", w->key, NULL, NULL), 405);
	assert_true(says(w, "Allow: GET, HEAD, POST, OPTIONS\r\n"));
	assert_true(says(w, "X-RateLimit-Remaining: 3\r\n"));
}

static void
options_and_head_have_no_body(void **state)
{
	struct world *w = *state;

	assert_int_equal(ask(w, "OPTIONS", "/thing", NULL, NULL, NULL), 204);
	assert_true(says(w, "Allow: GET, HEAD, POST, OPTIONS\r\n"));
	assert_int_equal(ask(w, "HEAD", "/thing", w->key, NULL, NULL), 200);
	assert_true(says(w, "Content-Length: 23\r\n"));
	assert_false(says(w, "handled"));
}

/* Who has no key gets room for a name and a password, a person for what people
 * write; events alone may be big. */
static void
a_body_may_be_as_big_as_its_path_needs(void **state)
{
	static const struct { const char *path; size_t good, over; } want[] = {
		{ "/door", 16 << 10, (16 << 10) + 1 },
		{ "/thing", 2 << 20, (2 << 20) + 1 },
		{ "/crate", 3 << 20, (4 << 20) + 1 },
	};
	struct world *w = *state;
	char *body = arena_get(w->mem, (4 << 20) + 2);
	size_t i;

	w->conf.body_max = w->conf.unpacked_max = 4 << 20;
	for (i = 0; i < COUNT(want); i++) {
		const char *key = i == 0 ? NULL : w->key;

		memset(body, ' ', want[i].over);
		body[want[i].over] = '\0';
		assert_int_equal(ask(w, "POST", want[i].path, key, NULL, body),
		    413);
		body[want[i].good] = '\0';
		assert_int_equal(ask(w, "POST", want[i].path, key, NULL, body),
		    200);
	}
}

static void
bodies_are_capped_and_typed(void **state)
{
	struct world *w = *state;
	char big[1100];

	memset(big, ' ', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(ask(w, "POST", "/thing", w->key, NULL, big), 413);
	assert_int_equal(ask(w, "POST", "/thing", w->key,
	    "HTTP_CONTENT_ENCODING=compress", "{}"), 415);
	assert_int_equal(ask(w, "POST", "/thing", w->key,
	    "HTTP_CONTENT_ENCODING=gzip", "{}"), 400);
	assert_int_equal(ask(w, "POST", "/thing", w->key, NULL, NULL), 200);
	assert_int_equal(w->handled, 1);
}

static void
without_a_store_it_is_503_and_says_why(void **state)
{
	struct world *w = *state;
	struct store *st = w->app.store;

	w->app.store = NULL;
	w->app.trouble = "line 3: no such key";
	assert_int_equal(ask(w, "GET", "/thing", w->key, NULL, NULL), 503);
	assert_true(says(w, "Retry-After: "));
	assert_true(says(w, "line 3: no such key"));
	five_headers(w);
	assert_int_equal(ask(w, "GET", "/open", NULL, NULL, NULL), 200);
	w->app.store = st;
	w->app.trouble = NULL;
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_good_key_gets_its_answer),
		T(without_a_key_it_is_401_on_the_address_bucket),
		T(bad_keys_are_all_refused_alike),
		T(expired_and_revoked_keys_are_401),
		T(a_key_works_only_from_its_addresses),
		T(a_missing_scope_is_403),
		T(over_the_rate_it_is_429_and_free_routes_go_on),
		T(unknown_paths_and_methods_are_problems_that_cost),
		T(options_and_head_have_no_body),
		T(a_body_may_be_as_big_as_its_path_needs),
		T(bodies_are_capped_and_typed),
		T(without_a_store_it_is_503_and_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
