/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Group commit: many requests wait, one thread takes all that wait, sorts them
 * by tenant and commits each tenant's in one transaction, so a hundred small
 * posts cost one fsync. Nobody is answered before the commit.
 */
#include "ingest.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

enum { GROUP_MAX = 256, IDLE_MS = 200 };

struct waiting {
	int64_t tenant;
	struct ingest_batch *batch;
	struct waiting *next;
	enum rc rc;
	bool done;
};

struct committer {
	struct store *st;
	struct ingest *in;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct waiting *first, **last;
	size_t n, most;
	bool stopping;
	int64_t touched[GROUP_MAX];	/* tenants whose WAL waits for idleness */
	size_t n_touched;
};

/* Take what waits for the tenant of the first in line. */
static size_t
take_group(struct committer *c, struct waiting *group[GROUP_MAX])
{
	struct waiting **at = &c->first, *w;
	int64_t tenant;
	size_t n = 0;

	if (c->first == NULL)
		return 0;
	tenant = c->first->tenant;
	while (*at != NULL && n < GROUP_MAX) {
		w = *at;
		if (w->tenant != tenant) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		group[n++] = w;
	}
	for (c->last = &c->first; *c->last != NULL; c->last = &(*c->last)->next)
		;
	c->n -= n;
	return n;
}

static void
remember(struct committer *c, int64_t tenant)
{
	size_t i;

	for (i = 0; i < c->n_touched; i++)
		if (c->touched[i] == tenant)
			return;
	if (c->n_touched < GROUP_MAX)
		c->touched[c->n_touched++] = tenant;
}

static void
commit_group(struct committer *c, struct waiting **group, size_t n)
{
	struct ingest_batch *batches[GROUP_MAX];
	enum rc rc;
	size_t i;

	for (i = 0; i < n; i++)
		batches[i] = group[i]->batch;
	rc = ingest_commit(c->in, group[0]->tenant, batches, n, clock_now_ns());
	remember(c, group[0]->tenant);
	pthread_mutex_lock(&c->lock);
	for (i = 0; i < n; i++) {
		group[i]->rc = rc;
		group[i]->done = true;
	}
	pthread_cond_broadcast(&c->done);
	pthread_mutex_unlock(&c->lock);
}

/* Nobody waits: move the write-ahead logs into their files. */
static void
tidy(struct committer *c)
{
	struct graph *g;
	size_t i;

	for (i = 0; i < c->n_touched; i++)
		if (store_graph(c->st, c->touched[i], &g) == RC_OK)
			graph_checkpoint(g);
	c->n_touched = 0;
}

/* With the lock held: wait for work; false when idle for a while. */
static bool
wait_for_work(struct committer *c)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += IDLE_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	while (c->first == NULL && !c->stopping && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&c->work, &c->lock, &until);
	return c->first != NULL;
}

static void *
run(void *arg)
{
	struct waiting *group[GROUP_MAX];
	struct committer *c = arg;
	bool more;
	size_t n;

	pthread_mutex_lock(&c->lock);
	for (;;) {
		more = wait_for_work(c);
		if (!more && c->stopping)
			break;
		n = take_group(c, group);
		pthread_mutex_unlock(&c->lock);
		if (n > 0)
			commit_group(c, group, n);
		else
			tidy(c);
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

enum rc
committer_start(const char *data, size_t most, struct committer **out)
{
	struct committer *c = mem_get(sizeof(*c));
	enum rc rc = store_open(data, false, &c->st);

	if (rc != RC_OK) {
		mem_free(c);
		return rc;
	}
	c->in = ingest_new(c->st);
	c->most = most;
	c->last = &c->first;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->work, NULL);
	pthread_cond_init(&c->done, NULL);
	if (pthread_create(&c->thread, NULL, run, c) != 0) {
		log_err("committer thread: %s", strerror(errno));
		ingest_free(c->in);
		store_close(c->st);
		mem_free(c);
		return RC_FAIL;
	}
	*out = c;
	return RC_OK;
}

void
committer_stop(struct committer *c)
{
	pthread_mutex_lock(&c->lock);
	c->stopping = true;
	pthread_cond_signal(&c->work);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	tidy(c);
	ingest_free(c->in);
	store_close(c->st);
	pthread_cond_destroy(&c->work);
	pthread_cond_destroy(&c->done);
	pthread_mutex_destroy(&c->lock);
	mem_free(c);
}

enum rc
committer_put(struct committer *c, int64_t tenant, struct ingest_batch *b)
{
	struct waiting w = { .tenant = tenant, .batch = b };

	pthread_mutex_lock(&c->lock);
	if (c->n >= c->most || c->stopping) {
		pthread_mutex_unlock(&c->lock);
		return RC_BUSY;
	}
	*c->last = &w;
	c->last = &w.next;
	c->n++;
	pthread_cond_signal(&c->work);
	while (!w.done)
		pthread_cond_wait(&c->done, &c->lock);
	pthread_mutex_unlock(&c->lock);
	return w.rc;
}

size_t
committer_waiting(struct committer *c)
{
	size_t n;

	pthread_mutex_lock(&c->lock);
	n = c->n;
	pthread_mutex_unlock(&c->lock);
	return n;
}
