/* SPDX-License-Identifier: Apache-2.0 */
/* The doors of the thread: places, guests, start and stop. */
#include "live.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "live/hub.h"

static bool
watch(struct live *l, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };

	/* Streams are told by their address, these two by none. */
	ev.data.ptr = NULL;
	return epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0;
}

/* Who came when the thread was gone already. */
static void
turn_away(struct live *l)
{
	struct waiting *w;

	while (l->waiting != NULL) {
		w = l->waiting;
		l->waiting = w->next;
		close(w->guest.fd);
		mem_free(w);
	}
}

static void
live_free(struct live *l)
{
	turn_away(l);
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	table_release(&l->streams_of);
	pthread_mutex_destroy(&l->lock);
	mem_free(l);
}

enum rc
live_start(const struct live_limits *limits, int stop_fd, struct live **live)
{
	struct live *l = mem_get(sizeof(*l));

	l->limits = *limits;
	l->stop_fd = stop_fd;
	table_init(&l->streams_of);
	pthread_mutex_init(&l->lock, NULL);
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->epoll_fd < 0 || l->wake_fd < 0 || !watch(l, l->wake_fd)
	    || !watch(l, stop_fd)
	    || pthread_create(&l->thread, NULL, hub_run, l) != 0) {
		log_err("cannot start the live thread errno=%d", errno);
		live_free(l);
		return RC_FAIL;
	}
	*live = l;
	return RC_OK;
}

void
live_stop(struct live *l)
{
	pthread_join(l->thread, NULL);
	live_free(l);
}

enum rc
live_reserve(struct live *l, int64_t tenant)
{
	int64_t most = l->limits.streams_max;
	int64_t own = 0;
	enum rc rc = RC_BUSY;

	pthread_mutex_lock(&l->lock);
	(void)table_get(&l->streams_of, (uint64_t)tenant, &own);
	/* Half, but never none: with one place one tenant may have it. */
	if (l->streams < most && own < (most + 1) / 2) {
		l->streams++;
		table_put(&l->streams_of, (uint64_t)tenant, own + 1);
		rc = RC_OK;
	}
	pthread_mutex_unlock(&l->lock);
	return rc;
}

void
live_release(struct live *l, int64_t tenant)
{
	int64_t own = 0;

	pthread_mutex_lock(&l->lock);
	(void)table_get(&l->streams_of, (uint64_t)tenant, &own);
	table_put(&l->streams_of, (uint64_t)tenant, own - 1);
	l->streams--;
	pthread_mutex_unlock(&l->lock);
}

void
live_join(struct live *l, const struct live_guest *guest)
{
	struct waiting *w = mem_get(sizeof(*w));
	uint64_t one = 1;

	w->guest = *guest;
	pthread_mutex_lock(&l->lock);
	w->next = l->waiting;
	l->waiting = w;
	pthread_mutex_unlock(&l->lock);
	if (write(l->wake_fd, &one, sizeof(one)) < 0)
		log_err("cannot wake the live thread errno=%d", errno);
}
