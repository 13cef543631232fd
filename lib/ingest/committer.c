/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Group commit: many requests wait, one thread takes all that wait, sorts them
 * by tenant and commits each tenant's in one transaction, so a hundred small
 * posts cost one fsync. Nobody is answered before the commit. History
 * (backfill) and what is to be told live never share a transaction.
 */
#include "ingest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

enum { GROUP_MAX = 256, IDLE_MS = 200 };
enum { FILE_MODE = 0640, FOLDER_MODE = 0750, QUEUE_TEXT = 48 };

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
	int queue_fd;			/* DATA/run/queue, or -1 */
	pthread_mutex_t telling;	/* over the two below */
	int64_t told_ns;
	size_t told;
};

/* Written over in place and never synced: it is of no use after a crash. */
static void
tell_open(struct committer *c, const char *data)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/run", data);

	c->queue_fd = -1;
	if (n > 0 && (size_t)n < sizeof(path) && file_folder(path, FOLDER_MODE)
	    && snprintf(path, sizeof(path), "%s/run/queue", data) > 0)
		c->queue_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC,
		    FILE_MODE);
	if (c->queue_fd < 0)
		log_warn("cannot write %s: %s", path, strerror(errno));
}

/* How many wait, for /health. Whoever comes first in a second writes it, since
 * a committer that is stuck cannot. */
static void
tell(struct committer *c, size_t waiting, bool idle)
{
	char text[QUEUE_TEXT];
	int64_t now_ns = clock_mono_ns();
	int len;

	if (c->queue_fd < 0 || pthread_mutex_trylock(&c->telling) != 0)
		return;
	if (now_ns - c->told_ns >= NS_PER_S && !(idle && c->told == 0)) {
		memset(text, '\n', sizeof(text));
		len = snprintf(text, sizeof(text), "%zu %lld", waiting,
		    (long long)(clock_now_ns() / NS_PER_S));
		text[len] = '\n';
		if (pwrite(c->queue_fd, text, sizeof(text), 0) < 0)
			log_warn("cannot write run/queue: %s", strerror(errno));
		c->told_ns = now_ns;
		c->told = waiting;
	}
	pthread_mutex_unlock(&c->telling);
}

/* Take what waits for the tenant of the first in line. */
static size_t
take_group(struct committer *c, struct waiting *group[GROUP_MAX])
{
	struct waiting **at = &c->first, *w;
	int64_t tenant;
	bool backfill;
	size_t n = 0;

	if (c->first == NULL)
		return 0;
	tenant = c->first->tenant;
	backfill = c->first->batch->backfill;
	while (*at != NULL && n < GROUP_MAX) {
		w = *at;
		if (w->tenant != tenant || w->batch->backfill != backfill) {
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

/* Nobody waits: move the write-ahead logs into their files, and let go of what
 * the largest transactions needed. */
static void
tidy(struct committer *c)
{
	struct graph *g;
	size_t i;

	for (i = 0; i < c->n_touched; i++)
		if (store_graph(c->st, c->touched[i], &g) == RC_OK)
			graph_checkpoint(g);
	if (c->n_touched > 0)
		mem_trim();
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
		if (n == 0)
			tell(c, 0, true);
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

enum rc
committer_start(const char *data, size_t most, size_t cache,
    struct committer **out)
{
	struct committer *c = mem_get(sizeof(*c));
	enum rc rc = store_open(data, false, &c->st);

	if (rc != RC_OK) {
		mem_free(c);
		return rc;
	}
	store_cache(c->st, cache);
	c->in = ingest_new(c->st);
	tell_open(c, data);
	pthread_mutex_init(&c->telling, NULL);
	c->most = most;
	c->last = &c->first;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->work, NULL);
	pthread_cond_init(&c->done, NULL);
	if (pthread_create(&c->thread, NULL, run, c) != 0) {
		log_err("committer thread: %s", strerror(errno));
		ingest_free(c->in);
		store_close(c->st);
		if (c->queue_fd >= 0)
			close(c->queue_fd);
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
	if (c->queue_fd >= 0)
		close(c->queue_fd);
	pthread_cond_destroy(&c->work);
	pthread_cond_destroy(&c->done);
	pthread_mutex_destroy(&c->lock);
	pthread_mutex_destroy(&c->telling);
	mem_free(c);
}

enum rc
committer_put(struct committer *c, int64_t tenant, struct ingest_batch *b)
{
	struct waiting w = { .tenant = tenant, .batch = b };
	size_t n;

	pthread_mutex_lock(&c->lock);
	n = c->n;
	if (n >= c->most || c->stopping) {
		pthread_mutex_unlock(&c->lock);
		tell(c, n, false);
		return RC_BUSY;
	}
	*c->last = &w;
	c->last = &w.next;
	c->n = ++n;
	pthread_cond_signal(&c->work);
	pthread_mutex_unlock(&c->lock);
	tell(c, n, false);
	pthread_mutex_lock(&c->lock);
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
