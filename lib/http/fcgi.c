/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only file that knows libfcgi.
 *
 * libfcgi's own way to stop does not work with several acceptors: its SIGTERM
 * handler sets a flag that only the one interrupted thread gets to see. So the
 * signals are blocked everywhere, one thread takes them with sigwait, and an
 * eventfd that nobody ever reads wakes all acceptors, which wait in poll with
 * a listener that does not block. A request in flight is always finished.
 */
#include "http.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"

enum { LISTENER = 0, PATIENCE_S = 30, CHUNK = 64 << 10, DRAIN_S = 5 };

struct fcgi {
	FCGX_Request r;
	int64_t drain_until_ns;	/* 0: not told to stop yet */
};

static void
signals_all(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGHUP);
}

static void
stop_raise(int fd)
{
	uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) < 0)
		log_err("cannot tell the workers to stop errno=%d", errno);
}

static void *
signals_wait(void *arg)
{
	int fd = (int)(intptr_t)arg, sig;
	sigset_t set;

	signals_all(&set);
	for (;;) {
		if (sigwait(&set, &sig) == 0 && sig != SIGHUP)
			stop_raise(fd);
	}
	return NULL;
}

/* Who has started us, as TRACE_SPAWNED tells: the web server's process id,
 * "parent" for who cannot know it before, 0: nobody to follow. */
static pid_t
spawner(void)
{
	const char *said = getenv("TRACE_SPAWNED");
	int64_t pid;

	if (said != NULL && strcmp(said, "parent") == 0)
		return getppid();
	return said != NULL && str_i64(str_of(said), &pid) && pid > 0 &&
	    pid <= INT32_MAX ? (pid_t)pid : 0;
}

void
fcgi_follow_parent(void)
{
	if (spawner() != 0 && prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		log_warn("cannot follow the parent errno=%d", errno);
}

/* The web server's death must not leave us behind: nobody would ever stop or
 * respawn us. The kernel only tells of deaths after we asked; a server that
 * died before, between fork and here, is seen by who the parent is now. */
static void
parent_follow(int stop_fd)
{
	fcgi_follow_parent();
	if (spawner() == 0 || getppid() == spawner())
		return;
	log_warn("the web server that started this process is gone");
	stop_raise(stop_fd);
}

enum rc
fcgi_listen(int *stop_fd)
{
	pthread_t thread;
	sigset_t set;
	int fd, flags;

	signals_all(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* How long a finished request waits for the server's close. */
	setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "200", 0);
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	flags = fcntl(LISTENER, F_GETFL);
	if (fd < 0 || flags < 0
	    || fcntl(LISTENER, F_SETFL, flags | O_NONBLOCK) < 0
	    || FCGX_Init() != 0) {
		log_err("cannot listen on fd 0 errno=%d", errno);
		return RC_FAIL;
	}
	if (pthread_create(&thread, NULL, signals_wait, (void *)(intptr_t)fd)) {
		log_err("cannot start the signal thread");
		return RC_FAIL;
	}
	pthread_detach(thread);
	parent_follow(fd);
	*stop_fd = fd;
	return RC_OK;
}

struct fcgi *
fcgi_new(void)
{
	struct fcgi *c = mem_get(sizeof(*c));

	FCGX_InitRequest(&c->r, LISTENER, FCGI_FAIL_ACCEPT_ON_INTR);
	return c;
}

void
fcgi_free(struct fcgi *c)
{
	if (c == NULL)
		return;
	FCGX_Finish_r(&c->r);
	mem_free(c);
}

/* Connections that wait in the backlog when we are told to stop were handed to
 * us: nobody else would answer them. */
static bool
drain_go_on(struct fcgi *c, bool waiting)
{
	int64_t now_ns = clock_mono_ns();

	if (c->drain_until_ns == 0)
		c->drain_until_ns = now_ns + DRAIN_S * NS_PER_S;
	return waiting && now_ns < c->drain_until_ns;
}

/* False: stop. */
static bool
listener_wait(struct fcgi *c, int stop_fd)
{
	struct pollfd p[2] = {
		{ .fd = stop_fd, .events = POLLIN },
		{ .fd = LISTENER, .events = POLLIN },
	};

	for (;;) {
		if (poll(p, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			log_err("poll errno=%d", errno);
			return false;
		}
		if (p[0].revents != 0)
			return drain_go_on(c, (p[1].revents & POLLIN) != 0);
		/* A listener that is no more would spin. */
		if ((p[1].revents & POLLIN) == 0) {
			log_err("the listener is gone");
			return false;
		}
		return true;
	}
}

/* Failures that a later accept need not see again: lost races, clients that
 * went away, a request of a form that libfcgi refuses. */
static bool
accept_again(int rc)
{
	switch (-rc) {
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
		usleep(10000);	/* else all spin until one ends */
		return true;
	case EBADF:
	case EINVAL:
	case ENOTSOCK:
		return false;
	default:
		return true;
	}
}

bool
fcgi_accept(struct fcgi *c, int stop_fd)
{
	struct timeval limit = { .tv_sec = PATIENCE_S };
	int rc;

	while (listener_wait(c, stop_fd)) {
		rc = FCGX_Accept_r(&c->r);
		if (rc == 0) {
			setsockopt(c->r.ipcFd, SOL_SOCKET, SO_RCVTIMEO, &limit,
			    sizeof(limit));
			setsockopt(c->r.ipcFd, SOL_SOCKET, SO_SNDTIMEO, &limit,
			    sizeof(limit));
			return true;
		}
		if (!accept_again(rc)) {
			log_err("accept rc=%d", rc);
			return false;
		}
	}
	return false;
}

char *const *
fcgi_params(const struct fcgi *c)
{
	return c->r.envp;
}

enum rc
fcgi_body(struct fcgi *c, int64_t declared, struct buf *into)
{
	size_t start = into->len;
	size_t left;
	char *room;
	int n, step;

	if (declared > 0 && (uint64_t)declared > into->most - into->len)
		return RC_TOO_BIG;
	for (;;) {
		left = into->most - into->len;
		if (left == 0)
			break;
		step = left < CHUNK ? (int)left : CHUNK;
		room = buf_room(into, (size_t)step);
		n = FCGX_GetStr(room, step, c->r.in);
		if (n <= 0)
			break;
		buf_wrote(into, (size_t)n);
	}
	if (FCGX_GetError(c->r.in) != 0)
		return RC_MALFORMED;
	if (left == 0 && FCGX_GetChar(c->r.in) >= 0)
		return RC_TOO_BIG;
	if (declared > 0 && into->len - start < (uint64_t)declared)
		return RC_MALFORMED;
	return RC_OK;
}

bool
fcgi_write(struct fcgi *c, struct str bytes)
{
	size_t done = 0;
	size_t step;

	while (done < bytes.len) {
		step = bytes.len - done;
		if (step > CHUNK)
			step = CHUNK;
		if (FCGX_PutStr(bytes.p + done, (int)step, c->r.out) < 0)
			return false;
		done += step;
	}
	return true;
}

bool
fcgi_flush(struct fcgi *c)
{
	return FCGX_FFlush(c->r.out) == 0;
}

void
fcgi_finish(struct fcgi *c)
{
	FCGX_Finish_r(&c->r);
}

int
fcgi_detach(struct fcgi *c, uint16_t *request_id)
{
	int fd, flags;

	if (!fcgi_flush(c) || c->r.ipcFd < 0) {
		fcgi_finish(c);
		return -1;
	}
	fd = c->r.ipcFd;
	*request_id = (uint16_t)c->r.requestId;
	/* Free the streams (20 KB) without ending the request or the fd. */
	c->r.ipcFd = -1;
	FCGX_Free(&c->r, 0);
	FCGX_InitRequest(&c->r, LISTENER, FCGI_FAIL_ACCEPT_ON_INTR);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}
