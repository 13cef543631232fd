/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process: configuration, store, worker threads, the loop.
 *
 * A responder that exits at start takes the whole web server down with it, so
 * nothing here ends the process: a bad configuration, a missing store or a
 * failing start is told in every answer (503) until it is mended.
 */
#include "serve.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "confine.h"
#include "serve/inner.h"

enum {
	HEAD_MOST = 64 << 10,
	WORKERS_SHARE = 4,	/* of the cache: one part for all threads */
	BUFFER_KEPT = 1 << 20,	/* greater ones are given back */
};

struct shop {			/* what all workers share */
	const struct endpoint *ep;
	struct config conf;
	char why[SERVE_WHY];
	struct app first;	/* as serve_begin left it */
	int stop_fd;
	pthread_mutex_t lock;	/* over the rest */
	bool started;
	void *own;
	int64_t start_next_ns;
};

struct worker {
	struct shop *shop;
	struct app app;
	struct fcgi *conn;
	struct arena *mem;
	struct buf received, unpacked, head;
	int64_t open_next_ns;
	pthread_t thread;
};

const char *
serve_version(void)
{
	return "0.1.0";
}

void
serve_begin(const char *name, struct config *conf, char why[SERVE_WHY],
    struct app *app)
{
	const char *log = getenv("TRACE_LOG");

	log_open(name, LOG_LEVEL_INFO,
	    log != NULL && strcmp(log, "stderr") == 0);
	hash_init();
	*app = (struct app){ .conf = conf };
	mem_lean();
	if (!config_read(conf, why, SERVE_WHY)) {
		log_err("configuration: %s", why);
		app->trouble = why;
		app->misconfigured = true;
	}
}

void
serve_confine(const char *name, const struct config *conf, unsigned needs)
{
	if (conf->confine)
		(void)confine(name, needs, (size_t)conf->memory_max);
	else
		log_warn("not confined: the configuration says so");
}

enum rc
serve_store(struct app *app)
{
	enum rc rc = store_open(app->conf->data, false, &app->store);

	if (rc == RC_OK) {
		store_cache(app->store, (size_t)app->conf->cache);
		app->trouble = NULL;
		fcgi_follow_parent();	/* the user may be another */
		return RC_OK;
	}
	app->store = NULL;
	if (rc == RC_ABSENT)
		app->trouble = "there is no store in the data folder"
		    " yet; add a tenant with the tool";
	else if (rc == RC_BUSY)
		app->trouble = "the store is locked";
	else
		app->trouble = "the store cannot be opened; the log tells why";
	log_warn("data=%s %s", app->conf->data, app->trouble);
	return rc;
}

/* The responder's own start, by whichever worker is first. */
static void
shop_start(struct shop *shop, struct app *app)
{
	int64_t now_ns = clock_mono_ns();
	bool failed = false;

	pthread_mutex_lock(&shop->lock);
	if (!shop->started && now_ns >= shop->start_next_ns) {
		shop->start_next_ns = now_ns + NS_PER_S;
		if (shop->ep->start == NULL || shop->ep->start(app) == RC_OK) {
			shop->started = true;
			shop->own = app->own;
		}
	}
	app->own = shop->own;
	failed = !shop->started;
	pthread_mutex_unlock(&shop->lock);
	app->trouble = failed
	    ? "the service could not start; the log tells why" : NULL;
}

/* Before each request: mend what can be mended, at most once a second. */
static void
worker_ready(struct worker *w)
{
	int64_t now_ns = clock_mono_ns();

	if (w->app.misconfigured)
		return;
	if (w->app.store == NULL && now_ns >= w->open_next_ns) {
		w->open_next_ns = now_ns + NS_PER_S;
		if (serve_store(&w->app) == RC_OK && w->shop->ep->threaded)
			store_cache(w->app.store, (size_t)(w->shop->conf.cache /
			    w->shop->conf.threads / WORKERS_SHARE));
	}
	if (w->app.store != NULL || w->shop->ep->no_store) {
		const char *trouble = w->app.trouble;

		shop_start(w->shop, &w->app);
		if (w->app.store == NULL && w->app.trouble == NULL)
			w->app.trouble = trouble;
	}
}

static enum rc
worker_body(void *ctx, int64_t declared, struct buf *into)
{
	struct worker *w = ctx;

	return fcgi_body(w->conn, declared, into);
}

static void
buffer_reset(struct buf *b, int64_t most)
{
	if (b->room > BUFFER_KEPT) {
		buf_release(b);
		buf_init(b, (size_t)most);
	} else {
		buf_clear(b);
	}
}

static void
worker_log(const struct worker *w, const struct request *rq, int status,
    size_t bytes, int64_t from_ns)
{
	log_info("id=%s method=%s path=%.*s status=%d tenant=%lld key=%.*s"
		 " in=%zu out=%zu us=%lld", rq->id, method_name(rq->method),
	    STR_ARG(rq->path), status, (long long)rq->tenant,
	    STR_ARG(rq->key_id), w->received.len, bytes,
	    (long long)((clock_mono_ns() - from_ns) / 1000));
}

static void
worker_turn(struct worker *w)
{
	const struct body_source source = {
		worker_body, w, &w->received, &w->unpacked,
	};
	int64_t from_ns = clock_mono_ns();
	struct request rq;
	struct reply rp;
	struct str body;
	enum rc rc;
	int status;

	request_read(&rq, w->mem, fcgi_params(w->conn));
	reply_init(&rp, w->mem);
	worker_ready(w);
	rc = turn_take(&w->app, w->shop->ep, &rq, &rp, &source);
	status = answer_head(&w->app, &rq, &rp, rc, &w->head, &body);
	if (fcgi_write(w->conn, buf_str(&w->head)))
		(void)fcgi_write(w->conn, body);
	fcgi_finish(w->conn);	/* may tear what rq points to */
	rq.uri = rq.remote_addr = (struct str){ "", 0 };
	worker_log(w, &rq, status, body.len, from_ns);
	reply_release(&rp);
	arena_reset(w->mem);
	buffer_reset(&w->received, w->app.conf->body_max);
	buffer_reset(&w->unpacked, w->app.conf->unpacked_max);
	buf_clear(&w->head);
}

static void *
worker_run(void *arg)
{
	struct worker *w = arg;

	while (fcgi_accept(w->conn, w->shop->stop_fd))
		worker_turn(w);
	return NULL;
}

static void
worker_init(struct worker *w, struct shop *shop)
{
	w->shop = shop;
	w->app = shop->first;
	w->conn = fcgi_new();
	w->mem = arena_new();
	buf_init(&w->received, (size_t)shop->conf.body_max);
	buf_init(&w->unpacked, (size_t)shop->conf.unpacked_max);
	buf_init(&w->head, HEAD_MOST);
}

static void
worker_release(struct worker *w)
{
	fcgi_free(w->conn);
	arena_free(w->mem);
	buf_release(&w->received);
	buf_release(&w->unpacked);
	buf_release(&w->head);
	if (w->app.store != NULL)
		store_close(w->app.store);
}

/* Worker 0 is the calling thread. Fewer threads than asked for still serve. */
static void
workers_run(struct worker *w, size_t n)
{
	size_t up;

	for (up = 1; up < n; up++) {
		if (pthread_create(&w[up].thread, NULL, worker_run, &w[up])) {
			log_warn("only %zu of %zu threads", up, n);
			break;
		}
	}
	worker_run(&w[0]);
	while (--up > 0)
		pthread_join(w[up].thread, NULL);
}

static void
shop_stop(struct shop *shop, struct app *app)
{
	if (!shop->started || shop->ep->stop == NULL)
		return;
	app->own = shop->own;
	shop->ep->stop(app);
}

int
serve_endpoint(const struct endpoint *ep)
{
	struct shop shop = { .ep = ep };
	void *beside = NULL;
	struct worker *w;
	size_t n, i;

	serve_begin(ep->name, &shop.conf, shop.why, &shop.first);
	serve_confine(ep->name, &shop.conf, ep->needs);
	if (fcgi_listen(&shop.stop_fd) != RC_OK)
		return EXIT_FAILURE;
	if (ep->begin != NULL && !shop.first.misconfigured)
		beside = ep->begin(&shop.conf, shop.stop_fd);
	pthread_mutex_init(&shop.lock, NULL);
	n = ep->threaded ? (size_t)shop.conf.threads : 1;
	if (n < 1 || n > 256)	/* the configuration is wrong */
		n = 1;
	w = mem_get(n * sizeof(*w));
	for (i = 0; i < n; i++)
		worker_init(&w[i], &shop);
	log_info("up version=%s threads=%zu data=%s", serve_version(), n,
	    shop.conf.data);
	workers_run(w, n);
	if (beside != NULL)
		ep->end(beside);
	shop_stop(&shop, &w[0].app);
	for (i = 0; i < n; i++)
		worker_release(&w[i]);
	mem_free(w);
	pthread_mutex_destroy(&shop.lock);
	log_info("down");
	return EXIT_SUCCESS;
}
