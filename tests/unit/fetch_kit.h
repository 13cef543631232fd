/* SPDX-License-Identifier: Apache-2.0 */
/* A real server on loopback that answers in one way, and a request to it. */
#ifndef FETCH_KIT_H
#define FETCH_KIT_H

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

#endif
