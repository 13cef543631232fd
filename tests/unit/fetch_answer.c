/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to others: answers that are no good, one way at a time. */
#include "fetch_kit.h"

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
answer_head_by_drops(struct server *s, int fd)
{
	(void)s;
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Slow: ");
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
	test_begin(&t, answer_head_by_drops);
	t.ask.total_ms = 400;
	ends(&t, FETCH_LATE);
	assert_int_equal(t.an.status, 0);	/* no status without its head */
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
		cmocka_unit_test(a_redirect_is_told_and_not_followed),
		cmocka_unit_test(an_endless_body_is_cut),
		cmocka_unit_test(an_endless_head_is_cut),
		cmocka_unit_test(a_slow_or_silent_answer_ends_in_time),
		cmocka_unit_test(
		    what_is_no_whole_answer_is_not_taken_for_one),
		cmocka_unit_test(where_nobody_listens_nobody_is_reached),
		cmocka_unit_test(the_wish_to_be_asked_later_is_heard),
		cmocka_unit_test(
		    one_that_hangs_does_not_hold_up_the_others),
		cmocka_unit_test(what_is_under_way_can_be_dropped),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
