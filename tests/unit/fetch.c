/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to others, against a real server on loopback that answers badly in
 * one way at a time.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "fetch.h"

enum { SEEN_MAX = 64 << 10, ANSWER_MAX = 4096 };

/* Serves one connection after another in a thread of its own. */
struct server {
	int fd, port;
	pthread_t thread;
	void (*answer)(struct server *s, int fd);
	char seen[SEEN_MAX];		/* the last request's bytes */
	size_t n_seen;
	int connections;
};

static void
say(int fd, const char *text)
{
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* A request is over with the blank line and as many bytes as it declares. */
static bool
request_whole(const struct server *s)
{
	const char *end = memmem(s->seen, s->n_seen, "\r\n\r\n", 4);
	const char *length = memmem(s->seen, s->n_seen, "Content-Length: ", 16);
	size_t body = length ? (size_t)strtoul(length + 16, NULL, 10) : 0;

	return end != NULL
	    && s->n_seen >= (size_t)(end - s->seen) + 4 + body;
}

static void *
serve(void *ctx)
{
	struct server *s = ctx;
	ssize_t n;
	int fd;

	for (;;) {
		fd = accept(s->fd, NULL, NULL);
		if (fd < 0)
			return NULL;
		s->connections++;
		s->n_seen = 0;
		while (!request_whole(s)) {
			n = recv(fd, s->seen + s->n_seen,
			    sizeof(s->seen) - 1 - s->n_seen, 0);
			if (n <= 0)
				break;
			s->n_seen += (size_t)n;
		}
		s->seen[s->n_seen] = '\0';
		s->answer(s, fd);
		close(fd);
	}
}

static void
server_start(struct server *s, void (*answer)(struct server *, int))
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);

	memset(s, 0, sizeof(*s));
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->answer = answer;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(listen(s->fd, 16), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&sa, &len), 0);
	s->port = ntohs(sa.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void
server_stop(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
}

static void
answer_ok(struct server *s, int fd)
{
	(void)s;
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
}

/* ---- asking ------------------------------------------------------------- */

struct test {
	struct arena *a;
	struct server s;
	struct fetch_answer an;
	struct fetch_ask ask;
	char url[128];
};

static void
test_begin(struct test *t, void (*answer)(struct server *, int))
{
	memset(t, 0, sizeof(*t));
	t->a = arena_new();
	server_start(&t->s, answer);
	snprintf(t->url, sizeof(t->url), "http://127.0.0.1:%d/x", t->s.port);
	t->ask = (struct fetch_ask){
		.method = "GET",
		.url = str_of(t->url),
		.connect_ms = 2000,
		.total_ms = 5000,
		.answer_max = ANSWER_MAX,
		.rule = { .allow = STR("127.0.0.0/8") },
	};
}

static void
test_end(struct test *t)
{
	server_stop(&t->s);
	arena_free(t->a);
}

static void
ends(struct test *t, enum fetch_end end)
{
	enum fetch_end got = fetch(t->a, &t->ask, &t->an);

	if (got != end)
		fail_msg("ended with %d, not %d: %s", got, end, t->an.why);
	assert_int_equal(t->an.why[0] == '\0',
	    end == FETCH_DONE && t->an.status / 100 != 3);
}

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
		"[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.0.0.1." };
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

static void
a_name_is_judged_by_the_address_it_leads_to(void **state)
{
	struct test t;
	char why[FETCH_WHY];

	(void)state;
	test_begin(&t, answer_ok);
	snprintf(t.url, sizeof(t.url), "http://localhost:%d/", t.s.port);
	t.ask.url = str_of(t.url);
	t.ask.rule.allow = STR("10.0.0.0/8");
	assert_true(fetch_may(&t.ask.rule, t.ask.url, why));
	ends(&t, FETCH_REFUSED);
	assert_int_equal(t.s.connections, 0);
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

/* ---- answers that are no good -------------------------------------------- */

static void
answer_redirect(struct server *s, int fd)
{
	char text[128];

	snprintf(text, sizeof(text), "HTTP/1.1 307 Over there\r\nLocation: "
	    "http://127.0.0.1:%d/private\r\nContent-Length: 0\r\n\r\n",
	    s->port);
	say(fd, text);
}

static void
a_redirect_is_told_and_not_followed(void **state)
{
	struct test t;

	(void)state;
	test_begin(&t, answer_redirect);
	ends(&t, FETCH_DONE);
	assert_int_equal(t.an.status, 307);
	assert_non_null(strstr(t.an.why, "/private"));
	server_stop(&t.s);
	assert_int_equal(t.s.connections, 1);
	arena_free(t.a);
}

/* Until the other side has had enough (or 4 s: then the test fails anyhow). */
static void
flood(int fd, const char *line)
{
	int64_t end = clock_mono_ns() + 4 * NS_PER_S;

	while (send(fd, line, strlen(line), MSG_NOSIGNAL) > 0
	    && clock_mono_ns() < end)
		;
}

static void
answer_endless_body(struct server *s, int fd)
{
	(void)s;
	say(fd, "HTTP/1.1 200 OK\r\n\r\n");
	flood(fd, "data: more and more\n");
}

static void
an_endless_body_is_cut(void **state)
{
	struct test t;

	(void)state;
	test_begin(&t, answer_endless_body);
	ends(&t, FETCH_TOO_BIG);
	assert_int_equal(t.an.status, 200);
	assert_int_equal(t.an.body.len, ANSWER_MAX);
	assert_true(t.an.latency_ms < 3000);
	test_end(&t);
}

static void
answer_endless_head(struct server *s, int fd)
{
	(void)s;
	say(fd, "HTTP/1.1 200 OK\r\n");
	flood(fd, "X-More: and more and more and more and more\r\n");
}

static void
answer_endless_continue(struct server *s, int fd)
{
	(void)s;
	flood(fd, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void
answer_long_line(struct server *s, int fd)
{
	(void)s;
	say(fd, "HTTP/1.1 200 OK\r\nX-Long: ");
	flood(fd, "and more and more and more");
}

static void
an_endless_head_is_cut(void **state)
{
	void (*const answers[])(struct server *, int) = { answer_endless_head,
		answer_endless_continue, answer_long_line };
	struct test t;

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		test_begin(&t, answers[i]);
		fetch(t.a, &t.ask, &t.an);
		assert_true(t.an.end == FETCH_TOO_BIG
		    || t.an.end == FETCH_BROKEN);
		assert_true(t.an.latency_ms < 3000);
		test_end(&t);
	}
}

static void
answer_drop_by_drop(struct server *s, int fd)
{
	(void)s;
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
	for (int i = 0; i < 40; i++) {
		if (send(fd, ".", 1, MSG_NOSIGNAL) <= 0)
			return;
		usleep(50000);
	}
}

static void
answer_silence(struct server *s, int fd)
{
	char c;

	(void)s;
	(void)!recv(fd, &c, 1, 0);	/* until the other side hangs up */
}

static void
a_slow_or_silent_answer_ends_in_time(void **state)
{
	struct test t;

	(void)state;
	test_begin(&t, answer_drop_by_drop);
	t.ask.total_ms = 400;
	ends(&t, FETCH_LATE);
	assert_int_equal(t.an.status, 200);
	assert_in_range(t.an.latency_ms, 350, 1500);
	test_end(&t);
	test_begin(&t, answer_silence);
	t.ask.total_ms = 400;
	ends(&t, FETCH_LATE);
	assert_int_equal(t.an.status, 0);
	test_end(&t);
}

static void
answer_nonsense(struct server *s, int fd)
{
	(void)s;
	say(fd, "220 mail.example ESMTP\r\n");
}

static void
answer_cut(struct server *s, int fd)
{
	(void)s;
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc");
}

static void
what_is_no_whole_answer_is_not_taken_for_one(void **state)
{
	struct test t;

	(void)state;
	test_begin(&t, answer_nonsense);
	ends(&t, FETCH_BROKEN);
	test_end(&t);
	test_begin(&t, answer_cut);
	ends(&t, FETCH_BROKEN);
	test_end(&t);
	test_begin(&t, answer_ok);	/* no TLS there */
	snprintf(t.url, sizeof(t.url), "https://127.0.0.1:%d/", t.s.port);
	t.ask.total_ms = 1000;
	fetch(t.a, &t.ask, &t.an);
	assert_true(t.an.end == FETCH_UNTRUSTED || t.an.end == FETCH_LATE);
	test_end(&t);
}

static void
where_nobody_listens_nobody_is_reached(void **state)
{
	struct test t;

	(void)state;
	test_begin(&t, answer_ok);
	server_stop(&t.s);
	ends(&t, FETCH_UNREACHED);
	arena_free(t.a);
}

static void
answer_later(struct server *s, int fd)
{
	(void)s;
	say(fd, "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0"
	    "\r\n\r\n");
}

static void
the_wish_to_be_asked_later_is_heard(void **state)
{
	struct test t;

	(void)state;
	test_begin(&t, answer_later);
	ends(&t, FETCH_DONE);
	assert_int_equal(t.an.status, 503);
	assert_int_equal(t.an.retry_after_s, 7);
	test_end(&t);
}

/* ---- many at once --------------------------------------------------------- */

static void
one_that_hangs_does_not_hold_up_the_others(void **state)
{
	struct test silent, good, shut;
	struct fetches *f = fetches_new(3);
	struct fetch_answer an;
	struct arena *a = arena_new();
	void *ctx, *order[3];
	size_t n = 0;

	(void)state;
	test_begin(&silent, answer_silence);
	test_begin(&good, answer_ok);
	test_begin(&shut, answer_ok);
	silent.ask.total_ms = 700;
	shut.ask.rule.allow = STR("");
	fetches_start(f, &silent.ask, &silent);
	fetches_start(f, &good.ask, &good);
	fetches_start(f, &shut.ask, &shut);
	assert_int_equal(fetches_room(f), 0);
	for (int i = 0; i < 100 && n < 3; i++) {
		fetches_wait(f, -1, 100);
		while (fetches_next(f, a, &an, &ctx)) {
			((struct test *)ctx)->an = an;
			assert_true(n < 3);
			order[n++] = ctx;
		}
	}
	assert_int_equal(n, 3);
	assert_int_equal(fetches_room(f), 3);
	assert_ptr_equal(order[2], &silent);
	assert_int_equal(silent.an.end, FETCH_LATE);
	assert_int_equal(shut.an.end, FETCH_REFUSED);
	assert_true(str_is(good.an.body, "hello"));
	assert_true(good.an.latency_ms < 500);
	fetches_free(f);
	test_end(&silent);
	test_end(&good);
	test_end(&shut);
	arena_free(a);
}

static void
what_is_under_way_can_be_dropped(void **state)
{
	struct fetches *f = fetches_new(1);
	struct test t;

	(void)state;
	test_begin(&t, answer_silence);
	fetches_start(f, &t.ask, &t);
	fetches_wait(f, -1, 50);
	fetches_free(f);
	test_end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_post_arrives_whole),
		cmocka_unit_test(loopback_is_refused_in_every_spelling),
		cmocka_unit_test(a_name_is_judged_by_the_address_it_leads_to),
		cmocka_unit_test(
		    the_operators_own_host_may_be_anywhere_but_is_the_only_one),
		cmocka_unit_test(urls_are_refused_with_a_reason),
		cmocka_unit_test(a_header_cannot_be_smuggled_in),
		cmocka_unit_test(the_environments_proxy_is_not_asked),
		cmocka_unit_test(a_redirect_is_told_and_not_followed),
		cmocka_unit_test(an_endless_body_is_cut),
		cmocka_unit_test(an_endless_head_is_cut),
		cmocka_unit_test(a_slow_or_silent_answer_ends_in_time),
		cmocka_unit_test(what_is_no_whole_answer_is_not_taken_for_one),
		cmocka_unit_test(where_nobody_listens_nobody_is_reached),
		cmocka_unit_test(the_wish_to_be_asked_later_is_heard),
		cmocka_unit_test(one_that_hangs_does_not_hold_up_the_others),
		cmocka_unit_test(what_is_under_way_can_be_dropped),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
