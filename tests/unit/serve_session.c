/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions in the way of a request: whose cookie counts, from which page, and
 * that an effect on control.db, its audit line and the kept answer are one. */
#include "serve_world.h"

#include "control.h"
#include "session.h"

/* "HTTP_COOKIE=NAME=TOKEN" of an operator's session, and more lines. (How one
 * comes to a session is session.c's to try; passwords cost time.) */
static const char *
signed_in(struct world *w, const char *cookie, const char *more)
{
	struct administrator who;
	struct store *st = w->app.store;
	char token[SESSION_TEXT] = "";
	uint8_t hash[SHA256_LEN];

	(void)!control_administrator_add(st, STR("kim"), 0, STR("none"), 1);
	assert_int_equal(control_administrator_named(st, w->mem, STR("kim"),
	    &who), RC_OK);
	random_base62(token, SESSION_TEXT - 1);
	sha256(token, SESSION_TEXT - 1, hash);
	assert_int_equal(control_session_add(st, hash, who.id,
	    clock_now_ns()), RC_OK);
	return str_c(w->mem, str_printf(w->mem,
	    "HTTP_COOKIE=other=1; %s=%s; last=\n%s", cookie, token, more));
}

static void
a_session_counts_where_the_route_takes_one_and_nowhere_else(void **state)
{
	struct world *w = *state;
	const char *h = signed_in(w, "tra_ce_session", "");

	assert_int_equal(ask(w, "GET", "/desk", NULL, h, NULL), 200);
	assert_true(says(w, "X-RateLimit-Limit: 600\r\n"));
	assert_int_equal(ask(w, "GET", "/thing", NULL, h, NULL), 401);
	assert_int_equal(ask(w, "GET", "/admin", NULL, h, NULL), 401);
	assert_int_equal(ask(w, "GET", "/free", NULL, h, NULL), 401);
	/* A key that is sent as well is what counts. */
	assert_int_equal(ask(w, "GET", "/desk", w->key, h, NULL), 403);
	assert_int_equal(ask(w, "GET", "/desk", "tra_bad", h, NULL), 401);
}

static void
what_changes_something_must_come_from_the_panels_own_pages(void **state)
{
	struct world *w = *state;

	assert_int_equal(ask(w, "POST", "/desk", NULL,
	    signed_in(w, "tra_ce_session", ""), "1"), 403);
	assert_int_equal(ask(w, "POST", "/desk", NULL,
	    signed_in(w, "tra_ce_session", "HTTP_X_TRACE_PANEL=1\n"
	    "HTTP_SEC_FETCH_SITE=same-site"), "1"), 403);
	assert_int_equal(ask(w, "GET", "/desk", NULL,
	    signed_in(w, "tra_ce_session",
	    "HTTP_SEC_FETCH_SITE=cross-site"), NULL), 401);
	assert_int_equal(w->handled, 0);
	assert_int_equal(ask(w, "POST", "/desk", NULL,
	    signed_in(w, "tra_ce_session", "HTTP_X_TRACE_PANEL=1\n"
	    "HTTP_SEC_FETCH_SITE=same-origin"), "1"), 201);
}

static void
over_tls_only_the_cookie_that_is_bound_to_it_counts(void **state)
{
	struct world *w = *state;
	const char *bound = "__Host-tra_ce_session", *plain = "tra_ce_session";

	assert_int_equal(ask(w, "GET", "/desk", NULL,
	    signed_in(w, bound, "HTTPS=on"), NULL), 200);
	assert_int_equal(ask(w, "GET", "/desk", NULL,
	    signed_in(w, plain, "HTTPS=on"), NULL), 401);
	assert_int_equal(ask(w, "GET", "/desk", NULL,
	    signed_in(w, bound, ""), NULL), 401);
	/* A proxy's word for it counts from our own proxies alone. */
	assert_int_equal(ask(w, "GET", "/desk", NULL, signed_in(w, bound,
	    "HTTP_X_FORWARDED_FOR=198.51.100.7\n"
	    "HTTP_X_FORWARDED_PROTO=https"), NULL), 401);
	snprintf(w->conf.proxies, sizeof(w->conf.proxies), "192.0.2.0/24");
	assert_int_equal(ask(w, "GET", "/desk", NULL, signed_in(w, bound,
	    "HTTP_X_FORWARDED_FOR=198.51.100.7\n"
	    "HTTP_X_FORWARDED_PROTO=https"), NULL), 200);
}

static size_t
audited_as(struct world *w, const char *what)
{
	struct audit_query q = { .tenant = CONTROL_ALL, .most = 100,
		.what = str_of(what), .until_ns = INT64_MAX };
	struct audit_line *l;
	size_t n;

	assert_int_equal(control_audit(w->app.store, w->mem, &q, &l, &n),
	    RC_OK);
	return n;
}

static size_t
audited(struct world *w)
{
	return audited_as(w, "test");
}

static void
in_a_tenant_an_operator_reads_and_judges_and_does_no_more(void **state)
{
	struct world *w = *state;
	const char *named = signed_in(w, "tra_ce_session",
	    "HTTP_X_TRACE_PANEL=1\nHTTP_X_TRACE_TENANT=t");

	assert_int_equal(ask(w, "GET", "/room", NULL, named, NULL), 200);
	assert_int_equal(ask(w, "POST", "/room", NULL, named, "1"), 201);
	assert_int_equal(w->handled, 2);
	assert_int_equal(ask(w, "PUT", "/room", NULL, named, "1"), 403);
	assert_int_equal(audited_as(w, "tenant.open"), 1);
	/* Which tenant must be said, and it must be there. */
	assert_int_equal(ask(w, "GET", "/room", NULL, signed_in(w,
	    "tra_ce_session", "HTTP_X_TRACE_PANEL=1"), NULL), 422);
	assert_int_equal(ask(w, "GET", "/room", NULL, signed_in(w,
	    "tra_ce_session", "HTTP_X_TRACE_PANEL=1\n"
	    "HTTP_X_TRACE_TENANT=nowhere"), NULL), 404);
	/* Reading too is for our own pages. */
	assert_int_equal(ask(w, "GET", "/room", NULL, signed_in(w,
	    "tra_ce_session", "HTTP_X_TRACE_TENANT=t"), NULL), 403);
	assert_int_equal(w->handled, 2);
	/* A key is its own tenant's, whatever that header says. */
	key_add(w, (struct key_row){ .scopes = SCOPE_READ }, w->key);
	assert_int_equal(ask(w, "GET", "/room", w->key,
	    "HTTP_X_TRACE_TENANT=nowhere", NULL), 200);
}

static void
effect_audit_line_and_kept_answer_are_one(void **state)
{
	static const char more[] = "HTTP_X_TRACE_PANEL=1\n"
	    "HTTP_IDEMPOTENCY_KEY=once";
	struct world *w = *state;
	const char *h = signed_in(w, "tra_ce_session", more);

	assert_int_equal(ask(w, "POST", "/desk", NULL, h, "1"), 201);
	assert_int_equal(ask(w, "POST", "/desk", NULL, h, "1"), 201);
	assert_true(says(w, "Idempotency-Replayed: true"));
	assert_true(says(w, "{\"made\":1}"));
	assert_int_equal(ask(w, "POST", "/desk", NULL, h, "2"), 422);
	assert_int_equal(audited(w), 1);
	/* What is refused leaves no line, but its answer is kept. */
	h = signed_in(w, "tra_ce_session", "HTTP_X_TRACE_PANEL=1\n"
	    "HTTP_IDEMPOTENCY_KEY=no");
	assert_int_equal(ask(w, "POST", "/desk", NULL, h, "\"invalid\""), 422);
	assert_int_equal(w->handled, 2);
	assert_int_equal(ask(w, "POST", "/desk", NULL, h, "\"invalid\""), 422);
	assert_int_equal(w->handled, 2);
	assert_int_equal(audited(w), 1);
	/* The same key of somebody else is another one. */
	key_add(w, (struct key_row){ .scopes = SCOPE_ADMIN }, w->key);
	assert_int_equal(ask(w, "POST", "/desk", w->key,
	    "HTTP_IDEMPOTENCY_KEY=once", "1"), 201);
	assert_false(says(w, "Idempotency-Replayed"));
	assert_int_equal(audited(w), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_session_counts_where_the_route_takes_one_and_nowhere_else),
		TEST(what_changes_something_must_come_from_the_panels_own_pages),
		TEST(over_tls_only_the_cookie_that_is_bound_to_it_counts),
		TEST(in_a_tenant_an_operator_reads_and_judges_and_does_no_more),
		TEST(effect_audit_line_and_kept_answer_are_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
