/* SPDX-License-Identifier: Apache-2.0 */
/* What the sender's thread holds, and its steps in their order. */
#ifndef HOOKS_SENDER_H
#define HOOKS_SENDER_H

#include <pthread.h>

#include "hooks/inner.h"

#define SWEEP_NS (60 * NS_PER_S)

/* A hook as the sender sees it. */
struct receiver {
	struct hook h;			/* texts in s->rows */
	bool flying;
	int64_t due_ns;			/* look for a delivery then */
	int64_t kept_at;		/* position as it is in the store */
	bool seen;			/* in the last reading */
	struct receiver *next;
};

/* An attempt under way. */
struct flight {
	struct receiver *to;
	struct delivery d;
	struct arena *a;
	struct flight *next, **at;
};

struct sender {
	const struct sender_want *want;
	int stop_fd;
	pthread_t thread;
	struct store *st;
	struct fetches *fetches;
	struct arena *rows, *mem;
	struct json_doc *doc;
	struct receiver *receivers;
	struct flight *flights;
	int64_t *tenants;		/* with a hook, in s->rows */
	size_t n_tenants;
	int64_t version, sweep_ns;
};

/* receivers.c: are they what they were? */
void receivers_look(struct sender *s);
/* Housekeeping of each, once in SWEEP_NS. */
void receivers_sweep(struct sender *s);
void receivers_free(struct sender *s);

/* changes.c: what the change logs say that is to be told. True: there may be
 * more. */
bool changes_tell(struct sender *s);

/* flight.c: one attempt a receiver; answers; what has not ended is dropped. */
void flights_start(struct sender *s);
void flights_land(struct sender *s);
void flights_drop(struct sender *s);

#endif
