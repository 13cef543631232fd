/* SPDX-License-Identifier: Apache-2.0 */
/* What the thread and its callers share. */
#ifndef LIVE_HUB_H
#define LIVE_HUB_H

#include <pthread.h>

#include "base/table.h"
#include "live.h"

struct waiting {		/* a guest on its way in */
	struct live_guest guest;
	struct waiting *next;
};

struct live {
	struct live_limits limits;
	int stop_fd, wake_fd, epoll_fd;
	pthread_t thread;
	pthread_mutex_t lock;		/* over the rest */
	struct waiting *waiting;
	struct table streams_of;	/* tenant -> streams */
	int64_t streams;
};

/* The thread. */
void *hub_run(void *live);

#endif
