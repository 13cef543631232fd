/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that sends. It sleeps until an answer comes, a delivery is due or
 * TURN_MS are over, and then, in this order:
 *
 *   look    have hooks been changed? Read them again.
 *   tell    each tenant's change log from where its hooks stand: what is to be
 *           told becomes deliveries, in one transaction with the new places.
 *   start   one delivery a hook, while there is room. Never two at once to one
 *           receiver: so they arrive in order as long as they arrive at first.
 *   land    answers: what they mean goes into the store in one transaction.
 *
 * Whatever dies in between loses nothing: a place in the log moves only with
 * what was told before it, and a delivery waits until its answer is stored.
 * Then it may be sent twice, under the same id, which is what receivers tell
 * repetitions by.
 */
#include "hooks/sender.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "base/log.h"

enum {
	TURN_MS = 100,
	TENANTS_OPEN = 256,
	CACHE_BYTES = 16 << 20,
	FAR_MS = 1000,			/* without the lock, or without a store */
	STOP_MS = 3000,			/* for what is under way at the end */
};

static bool
told_to_stop(const struct sender *s, int timeout_ms)
{
	struct pollfd p = { s->stop_fd, POLLIN, 0 };

	return poll(&p, 1, timeout_ms) > 0;
}

/* Be the one, with a store: false when told to stop first. */
static bool
take_office(struct sender *s)
{
	enum rc rc;

	for (;;) {
		rc = s->st != NULL ? RC_OK :
		    store_open(s->want->data, false, &s->st);
		if (rc == RC_OK)
			rc = store_hooks_send(s->st);
		if (rc == RC_OK) {
			store_keep_open(s->st, TENANTS_OPEN);
			store_cache(s->st, CACHE_BYTES);
			return true;
		}
		if (told_to_stop(s, FAR_MS))
			return false;
	}
}

/* What is under way has a moment to end; the rest is the next one's. */
static void
leave_office(struct sender *s)
{
	int64_t end_ns = clock_mono_ns() + STOP_MS * NS_PER_MS;

	while (fetches_room(s->fetches) < (size_t)s->want->at_once
	    && clock_mono_ns() < end_ns) {
		fetches_wait(s->fetches, -1, TURN_MS);
		flights_land(s);
	}
	s->sweep_ns = 0;
	receivers_sweep(s);
}

static void
release(struct sender *s)
{
	fetches_free(s->fetches);
	flights_drop(s);
	receivers_free(s);
	store_close(s->st);
	arena_free(s->mem);
	json_doc_free(s->doc);
}

static void *
run(void *arg)
{
	struct sender *s = arg;
	bool more = false;

	s->fetches = fetches_new((size_t)s->want->at_once);
	s->mem = arena_new();
	s->doc = json_doc_new();
	if (take_office(s)) {
		log_info("sends webhooks");
		while (!told_to_stop(s, 0)) {
			receivers_look(s);
			more = changes_tell(s);
			flights_start(s);
			fetches_wait(s->fetches, s->stop_fd,
			    more ? 0 : TURN_MS);
			flights_land(s);
			receivers_sweep(s);
		}
		leave_office(s);
	}
	release(s);
	return NULL;
}

enum rc
sender_start(const struct sender_want *want, int stop_fd, struct sender **out)
{
	struct sender *s = mem_get(sizeof(*s));

	s->want = want;
	s->stop_fd = stop_fd;
	if (pthread_create(&s->thread, NULL, run, s) != 0) {
		log_err("cannot start the thread that sends webhooks "
		    "errno=%d", errno);
		mem_free(s);
		return RC_FAIL;
	}
	*out = s;
	return RC_OK;
}

void
sender_stop(struct sender *s)
{
	pthread_join(s->thread, NULL);
	mem_free(s);
}
