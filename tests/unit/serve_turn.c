/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request through key, limit, scope, body, idempotency and answer, over a
 * real store in a temporary folder; only the web server is missing.
 */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/hash.h"
#include "key.h"
#include "serve/inner.h"
#include "http/request.h"

struct world {
	char folder[64], key[KEY_TEXT], key_id[KEY_ID_TEXT];
	struct arena *mem;
	struct config conf;
	struct app app;
	struct tenant tenant;
	struct buf received, unpacked, out;
	const char *body;	/* what the client sends */
	int handled;
};

/* ---- what the routes do ------------------------------------------------ */

static enum rc
count(struct app *app, const struct request *rq, struct reply *rp)
{
	struct world *w = app->own;
	struct jw j = reply_json(rp);

	jw_object(&j);
	jw_key_i(&j, "handled", ++w->handled);
	jw_key_i(&j, "bytes", (int64_t)rq->body.len);
	jw_object_end(&j);
	return RC_OK;
}

static enum rc
refuse(struct app *app, const struct request *rq, struct reply *rp)
{
	struct world *w = app->own;

	(void)rq;
	w->handled++;
	return reply_bad_field(rp, STR("/limit"), "must be a number");
}

/* Writes first, then says what its body asks for. */
static enum rc
write_then(struct app *app, const struct request *rq, struct reply *rp)
{
	struct world *w = app->own;
	struct graph *g;

	w->handled++;
	if (store_graph(app->store, rq->tenant, &g) != RC_OK
	    || graph_set_number(g, "test", graph_number(g, "test") + 1)
	        != RC_OK)
		return RC_FAIL;
	if (str_is(rq->body, "\"invalid\""))
		return reply_problem(rp, RC_INVALID, "as asked");
	if (str_is(rq->body, "\"absent\""))
		return reply_problem(rp, RC_ABSENT, "as asked");
	rp->status = 201;
	buf_put_c(&rp->body, "{\"made\":true}");
	return RC_OK;
}

static enum rc
secret(struct app *app, const struct request *rq, struct reply *rp)
{
	struct jw j = reply_json(rp);

	(void)app;
	(void)rq;
	jw_object(&j);
	jw_key_c(&j, "secret", "hush");
	jw_object_end(&j);
	rp->secret = true;
	rp->replay = STR("{\"id\":\"k1\",\"secret_already_shown\":true}");
	return RC_OK;
}

static const struct route routes[] = {
	{ METHOD_GET, "/thing", SCOPE_READ, 0, count },
	{ METHOD_POST, "/thing", SCOPE_INGEST, 0, count },
	{ METHOD_POST, "/refuse", SCOPE_INGEST, 0, refuse },
	{ METHOD_POST, "/write", SCOPE_INGEST, ROUTE_WRITES, write_then },
	{ METHOD_POST, "/secret", SCOPE_INGEST, 0, secret },
	{ METHOD_GET, "/admin", SCOPE_ADMIN, 0, count },
	{ METHOD_GET, "/open", 0, ROUTE_OPEN | ROUTE_FREE, count },
	{ METHOD_GET, "/free", 0, ROUTE_FREE, count },
};
static const struct endpoint ep = { .name = "test", .routes = routes,
	.n_routes = COUNT(routes) };

/* ---- the world ---------------------------------------------------------- */

static void
key_add(struct world *w, struct key_row row, char text[KEY_TEXT])
{
	char id[KEY_ID_TEXT];

	key_make(text, id);
	key_hash(str_of(text), row.hash);
	row.key_id = str_of(id);
	row.tenant = w->tenant.id;
	row.name = STR("test");
	row.created_ns = clock_now_ns();
	assert_int_equal(store_key_add(w->app.store, &row), RC_OK);
	memcpy(w->key_id, id, sizeof(id));
}

static int
setup(void **state)
{
	struct world *w = mem_get(sizeof(*w));

	hash_init();
	snprintf(w->folder, sizeof(w->folder), "/tmp/tra-ce-serve-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	w->mem = arena_new();
	setenv("TRACE_CONFIG", "/dev/null", 1);
	setenv("TRACE_DATA", w->folder, 1);
	assert_true(config_read(&w->conf, w->key, sizeof(w->key)));
	w->app = (struct app){ .conf = &w->conf, .own = w };
	assert_int_equal(store_open(w->folder, true, &w->app.store), RC_OK);
	assert_int_equal(store_tenant_add(w->app.store, w->mem, STR("t"),
	    STR("standard"), 5, &w->tenant), RC_OK);
	key_add(w, (struct key_row){ .scopes = SCOPE_READ | SCOPE_INGEST },
	    w->key);
	buf_init(&w->received, 1 << 10);
	buf_init(&w->unpacked, 1 << 12);
	buf_init(&w->out, 1 << 20);
	*state = w;
	return 0;
}

static int
entry_remove(const char *path, const struct stat *st, int kind,
    struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static int
teardown(void **state)
{
	struct world *w = *state;
	store_close(w->app.store);
	arena_free(w->mem);
	buf_release(&w->received);
	buf_release(&w->unpacked);
	buf_release(&w->out);
	nftw(w->folder, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
	mem_free(w);
	return 0;
}

static enum rc
body_read(void *ctx, int64_t declared, struct buf *into)
{
	struct world *w = ctx;

	(void)declared;
	if (w->body == NULL)
		return RC_OK;
	if (strlen(w->body) > into->most)
		return RC_TOO_BIG;
	buf_put_c(into, w->body);
	return RC_OK;
}

/* One request; the answer's text is in w->out. */
static int
ask(struct world *w, const char *method, const char *path, const char *key,
    const char *header, const char *body)
{
	const struct body_source src = { body_read, w, &w->received,
		&w->unpacked };
	char *envp[8];
	struct request rq;
	struct reply rp;
	struct str rest;
	size_t n = 0;
	enum rc rc;
	int status;

	envp[n++] = (char *)str_c(w->mem,
	    str_printf(w->mem, "REQUEST_METHOD=%s", method));
	envp[n++] = (char *)str_c(w->mem,
	    str_printf(w->mem, "REQUEST_URI=/api/v1%s", path));
	envp[n++] = (char *)"REMOTE_ADDR=192.0.2.1";
	envp[n++] = (char *)"CONTENT_TYPE=application/json";
	if (key != NULL)
		envp[n++] = (char *)str_c(w->mem,
		    str_printf(w->mem, "HTTP_X_API_KEY=%s", key));
	if (header != NULL)
		envp[n++] = (char *)header;
	envp[n] = NULL;
	w->body = body;
	request_read(&rq, w->mem, envp);
	reply_init(&rp, w->mem);
	buf_clear(&w->received);
	buf_clear(&w->unpacked);
	buf_clear(&w->out);
	rc = turn_take(&w->app, &ep, &rq, &rp, &src);
	serve_finish(&w->app, &rq, &rp, rc, &w->out);
	buf_put_char(&w->out, '\0');
	reply_release(&rp);
	rest = str_of(w->out.p + strlen("Status: "));
	status = (int)strtol(rest.p, NULL, 10);
	return status;
}

static bool
says(struct world *w, const char *text)
{
	return strstr(w->out.p, text) != NULL;
}

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

/* ---- promises ------------------------------------------------------------ */

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
		T(bodies_are_capped_and_typed),
		T(a_repeated_post_gets_the_first_answer),
		T(a_repeated_refusal_is_told_again_with_its_own_request_id),
		T(an_effect_and_its_answer_are_kept_together),
		T(a_refused_write_leaves_nothing),
		T(a_secret_is_shown_once),
		T(keys_of_idempotency_are_bounded),
		T(without_a_store_it_is_503_and_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
