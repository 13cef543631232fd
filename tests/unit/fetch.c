/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to others: what is sent, and whom it may be sent to. */
#include "fetch_kit.h"

static void
a_post_arrives_whole(void **state)
{
	const struct fetch_header headers[] = {
		{ "Content-Type", STR("application/json") },
		{ "X-Secret", STR("abc") },
	};
	struct test t;

	(void)state;
	test_begin(&t, answer_ok);
	t.ask.method = "POST";
	t.ask.headers = headers;
	t.ask.n_headers = COUNT(headers);
	t.ask.body = STR("{\"a\":1}");
	ends(&t, FETCH_DONE);
	assert_int_equal(t.an.status, 200);
	assert_true(str_is(t.an.body, "hello"));
	assert_ptr_equal(strstr(t.s.seen, "POST /x HTTP/1.1\r\n"), t.s.seen);
	assert_non_null(strstr(t.s.seen, "\r\nX-Secret: abc\r\n"));
	assert_non_null(strstr(t.s.seen,
	    "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(t.s.seen, "\r\n\r\n{\"a\":1}"));
	assert_null(strstr(t.s.seen, "Expect:"));
	assert_null(strstr(t.s.seen, "Accept-Encoding:"));
	test_end(&t);
}

/* ---- whom --------------------------------------------------------------- */

static void
loopback_is_refused_in_every_spelling(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost",
		"2130706433", "0x7f000001", "127.1", "0177.0.0.1", "0",
		"[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.0.0.1.",
		/* digits in circles, which names of other scripts fold to */
		"\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1" };
	struct test t;

	(void)state;
	test_begin(&t, answer_ok);
	t.ask.rule.allow = STR("");
	for (size_t i = 0; i < COUNT(hosts); i++) {
		snprintf(t.url, sizeof(t.url), "http://%s:%d/", hosts[i],
		    t.s.port);
		t.ask.url = str_of(t.url);
		/* a spelling that the resolver does not know is as good */
		if (fetch(t.a, &t.ask, &t.an) != FETCH_REFUSED)
			assert_int_equal(t.an.end, FETCH_UNREACHED);
	}
	server_stop(&t.s);
	assert_int_equal(t.s.connections, 0);
	arena_free(t.a);
}

/* The machine's own name leads to one of its addresses, which are not public
 * where tests run; if it leads nowhere, nothing is reached either. */
static void
a_name_is_judged_by_the_address_it_leads_to(void **state)
{
	struct test t;
	char why[FETCH_WHY], name[64];

	(void)state;
	test_begin(&t, answer_ok);
	assert_int_equal(gethostname(name, sizeof(name)), 0);
	snprintf(t.url, sizeof(t.url), "http://%s:%d/", name, t.s.port);
	t.ask.url = str_of(t.url);
	t.ask.rule.allow = STR("10.9.9.9/32");
	assert_true(fetch_may(&t.ask.rule, t.ask.url, why));
	fetch(t.a, &t.ask, &t.an);
	assert_true(t.an.end == FETCH_REFUSED || t.an.end == FETCH_UNREACHED);
	assert_int_equal(t.s.connections, 0);
	snprintf(t.url, sizeof(t.url), "http://localhost:%d/", t.s.port);
	t.ask.url = str_of(t.url);
	t.ask.rule.allow = STR("10.0.0.0/8, 127.0.0.0/8");
	ends(&t, FETCH_DONE);
	test_end(&t);
}

static void
the_operators_own_host_may_be_anywhere_but_is_the_only_one(void **state)
{
	struct test t;

	(void)state;
	test_begin(&t, answer_ok);
	t.ask.rule = (struct fetch_rule){ .host = STR("127.0.0.1") };
	ends(&t, FETCH_DONE);
	t.ask.rule.host = STR("model.example");
	ends(&t, FETCH_REFUSED);
	assert_int_equal(t.s.connections, 1);
	test_end(&t);
}

static void
urls_are_refused_with_a_reason(void **state)
{
	static const struct { const char *url, *word; } bad[] = {
		{ "", "not a URL" },
		{ "hooks.example/x", "not a URL" },
		{ "ftp://hooks.example/x", "begin with" },
		{ "file:///etc/passwd", "not a URL" },
		{ "gopher://hooks.example/", "begin with" },
		{ "https://user:word@hooks.example/", "without user" },
		{ "https://", "not a URL" },
		{ "https://hooks.example:0/", "port 0" },
		{ "https://hooks.example:25/", "port 25" },
		{ "https://hooks.example:99999/", "not a URL" },
		{ "http://169.254.169.254/latest/", "169.254.169.254" },
		{ "http://[fd00:ec2::254]/", "not a public" },
		{ "http://0x0a.1/", "not a public" },
		{ "http://localhost/", "not a public" },
		{ "http://x.LOCALHOST:8080/", "not a public" },
		{ "https://a b/", "not a URL" },
		{ "https://a\r\nHost: b/", "not a URL" },
	};
	const struct fetch_rule rule = { .ports = STR("80 443 8000-8999") };
	char why[FETCH_WHY];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		why[0] = '\0';
		if (fetch_may(&rule, str_of(bad[i].url), why)
		    || strstr(why, bad[i].word) == NULL)
			fail_msg("%s: \"%s\"", bad[i].url, why);
	}
	assert_true(fetch_may(&rule, STR("https://hooks.example/a?b#c"), why));
	assert_true(fetch_may(&rule, STR("http://hooks.example:8443/"), why));
	assert_true(fetch_may(&rule, STR("https://[2606:4700::1]/"), why));
	assert_false(fetch_may(&(struct fetch_rule){ .https_only = true },
	    STR("http://hooks.example/"), why));
}

static void
a_header_cannot_be_smuggled_in(void **state)
{
	const struct fetch_header h = { "X-A", STR("b\r\nX-Evil: c") };
	struct test t;

	(void)state;
	test_begin(&t, answer_ok);
	t.ask.headers = &h;
	t.ask.n_headers = 1;
	ends(&t, FETCH_REFUSED);
	assert_int_equal(t.s.connections, 0);
	test_end(&t);
}

static void
the_environments_proxy_is_not_asked(void **state)
{
	struct test t;

	(void)state;
	test_begin(&t, answer_ok);
	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	setenv("ALL_PROXY", "socks5://127.0.0.1:1/", 1);
	ends(&t, FETCH_DONE);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	test_end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_post_arrives_whole),
		cmocka_unit_test(loopback_is_refused_in_every_spelling),
		cmocka_unit_test(
		    a_name_is_judged_by_the_address_it_leads_to),
		cmocka_unit_test(
		    the_operators_own_host_may_be_anywhere_but_is_the_only_one),
		cmocka_unit_test(urls_are_refused_with_a_reason),
		cmocka_unit_test(a_header_cannot_be_smuggled_in),
		cmocka_unit_test(the_environments_proxy_is_not_asked),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
