/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meta - what needs no tenant's data, and every path that nobody else has.
 *
 * GET /health        200 or 503 if events cannot be taken; no key, free
 * GET /rate_limit    200, the caller's bucket; any key, free
 * GET /openapi.json  200, the contract; no key, free
 * GET /metrics       200, Prometheus text: the server for scope operator, the
 *                    own tenant for scope admin (lib/metrics.h)
 * anything else      404
 *
 * Standing last in the web server's list, it gives unknown paths the same
 * problem, headers and cost as any other error.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "ingest.h"
#include "metrics.h"
#include "serve.h"

enum {
	DOCUMENT_MOST = 4 << 20,
	QUEUE_STALE_S = 10,
	LAG_EVERY_S = 10,	/* asking all tenants is not for every probe */
	LAG_TENANTS_MOST = 256,
};

struct meta {
	struct metrics *metrics;
	int64_t lag_next_ns, lag_ms;
	bool rebuild;		/* due for some tenant */
};

/* What the events responder last wrote of its queue: "WAITING EPOCH_S". -1:
 * not known (it never wrote, or not lately; an idle one need not). */
static int64_t
queue_waiting(const struct config *conf)
{
	char path[sizeof(conf->data) + 16];
	struct buf text;
	struct str rest, word;
	int64_t waiting = -1, at_s = 0;
	bool ok;

	snprintf(path, sizeof(path), "%s/run/queue", conf->data);
	buf_init(&text, 256);
	ok = file_read(path, &text);
	rest = str_trim(buf_str(&text));
	ok = ok && str_cut(&rest, ' ', &word) && str_i64(word, &waiting)
	    && str_i64(rest, &at_s);
	buf_release(&text);
	if (!ok || clock_now_ns() / NS_PER_S - at_s > QUEUE_STALE_S)
		return -1;
	return waiting;
}

static int64_t
tenant_lag(struct store *st, struct arena *mem, int64_t tenant)
{
	struct coverage *c;
	struct graph *g;
	int64_t worst = 0;
	size_t i, n;

	if (store_graph(st, tenant, &g) != RC_OK
	    || graph_coverage(g, mem, &c, &n) != RC_OK)
		return 0;
	for (i = 0; i < n; i++) {
		if (c[i].lag_ms > worst)
			worst = c[i].lag_ms;
	}
	return worst;
}

/* By what its store says; the rules themselves are not ours to load. */
static bool
tenant_rebuild(struct store *st, int64_t tenant)
{
	struct graph *g;
	bool due = false;

	return store_graph(st, tenant, &g) == RC_OK &&
	    ingest_rebuild_due(g, NULL, &due) == RC_OK && due;
}

/* The longest time between an event's own time and its arrival. */
static int64_t
lag_worst(struct app *app, struct arena *mem)
{
	struct meta *m = app->own;
	int64_t now_ns = clock_mono_ns();
	struct tenant *t;
	int64_t lag;
	size_t i, n;

	if (now_ns < m->lag_next_ns)
		return m->lag_ms;
	m->lag_next_ns = now_ns + LAG_EVERY_S * NS_PER_S;
	if (store_tenants(app->store, mem, &t, &n) != RC_OK)
		return m->lag_ms;
	m->lag_ms = 0;
	m->rebuild = false;
	for (i = 0; i < n && i < LAG_TENANTS_MOST; i++) {
		lag = tenant_lag(app->store, mem, t[i].id);
		if (lag > m->lag_ms)
			m->lag_ms = lag;
		m->rebuild = m->rebuild ||
		    tenant_rebuild(app->store, t[i].id);
	}
	return m->lag_ms;
}

struct state {
	bool store_ok, disk_ok, queue_ok, rebuild;
	int64_t tenants, free_bytes, waiting, lag_ms;
};

static void
state_read(struct app *app, struct arena *mem, struct state *s)
{
	struct statvfs disk;
	struct tenant *t;
	size_t n;

	s->store_ok = app->store != NULL && app->trouble == NULL
	    && store_tenants(app->store, mem, &t, &n) == RC_OK;
	s->tenants = s->store_ok ? (int64_t)n : 0;
	s->free_bytes = -1;
	if (app->store != NULL)
		s->free_bytes = store_disk_free(app->store);
	else if (statvfs(app->conf->data, &disk) == 0)
		s->free_bytes = (int64_t)(disk.f_bavail * disk.f_frsize);
	s->disk_ok = s->free_bytes >= app->conf->disk_min;
	s->waiting = queue_waiting(app->conf);
	s->queue_ok = s->waiting < app->conf->queue_max;
	s->lag_ms = s->store_ok ? lag_worst(app, mem) : 0;
	s->rebuild = s->store_ok && ((const struct meta *)app->own)->rebuild;
}

static void
number_or_null(struct jw *w, const char *name, int64_t n)
{
	jw_key(w, name);
	if (n < 0)
		jw_null(w);
	else
		jw_int(w, n);
}

static void
state_write(struct jw *w, const struct app *app, const struct state *s)
{
	jw_key(w, "store");
	jw_object(w);
	jw_key_b(w, "ok", s->store_ok);
	jw_key_i(w, "tenants", s->tenants);
	jw_key_b(w, "rebuild_needed", s->rebuild);
	if (app->trouble != NULL)
		jw_key_c(w, "detail", app->trouble);
	jw_object_end(w);
	jw_key(w, "disk");
	jw_object(w);
	number_or_null(w, "free_bytes", s->free_bytes);
	jw_key_b(w, "ok", s->disk_ok);
	jw_object_end(w);
	jw_key(w, "queue");
	jw_object(w);
	number_or_null(w, "waiting", s->waiting);
	jw_key_i(w, "most", app->conf->queue_max);
	jw_object_end(w);
	jw_key(w, "lag_ms");
	jw_object(w);
	jw_key_i(w, "worst", s->lag_ms);
	jw_object_end(w);
}

/* In trouble the answer is a problem with the same members behind it, because
 * probes look at the status and people at the body. */
static void
problem_write(struct jw *w, const struct app *app, const struct request *rq,
    struct reply *rp, const struct state *s)
{
	rp->status = rc_status(RC_BUSY);
	rp->content_type = "application/problem+json";
	reply_header(rp, "Retry-After", STR("2"));
	jw_key_s(w, "type", str_printf(rp->mem, "%s%s", app->conf->docs,
	    rc_slug(RC_BUSY)));
	jw_key_c(w, "title", rc_title(RC_BUSY));
	/* The member `status` is RFC 9457's here. */
	jw_key_i(w, "status", rc_status(RC_BUSY));
	jw_key_c(w, "detail", !s->store_ok ? "the store cannot take events"
	    : !s->disk_ok ? "the disk is nearly full" : "the queue is full");
	jw_key_c(w, "request_id", rq->id);
}

static enum rc
health(struct app *app, const struct request *rq, struct reply *rp)
{
	struct state s;
	struct jw w;

	state_read(app, rq->mem, &s);
	w = reply_json(rp);
	jw_object(&w);
	if (s.store_ok && s.disk_ok && s.queue_ok)
		jw_key_c(&w, "status", "ok");
	else
		problem_write(&w, app, rq, rp, &s);
	jw_key_c(&w, "version", serve_version());
	state_write(&w, app, &s);
	jw_object_end(&w);
	return RC_OK;
}

/* The bucket as the headers of this same answer tell it. */
static enum rc
rate_limit(struct app *app, const struct request *rq, struct reply *rp)
{
	static const struct { const char *header, *member; } row[] = {
		{ "X-RateLimit-Limit", "limit" },
		{ "X-RateLimit-Remaining", "remaining" },
		{ "X-RateLimit-Reset", "reset" },
	};
	struct jw w = reply_json(rp);
	int64_t n;
	size_t i;

	(void)app;
	(void)rq;
	jw_object(&w);
	for (i = 0; i < COUNT(row); i++) {
		if (str_i64(reply_header_value(rp, row[i].header), &n))
			jw_key_i(&w, row[i].member, n);
	}
	jw_key_i(&w, "window_s", 60);
	jw_object_end(&w);
	return RC_OK;
}

static enum rc
openapi(struct app *app, const struct request *rq, struct reply *rp)
{
	struct buf text;
	bool ok;

	(void)rq;
	buf_init(&text, DOCUMENT_MOST);
	ok = file_read(app->conf->openapi, &text);
	if (ok) {
		rp->content_type = "application/json";
		buf_put_str(&rp->body, buf_str(&text));
	} else {
		log_err("cannot read %s", app->conf->openapi);
	}
	buf_release(&text);
	return ok ? RC_OK : reply_problem(rp, RC_BUSY,
	    "the document is not installed");
}

static enum rc
metrics(struct app *app, const struct request *rq, struct reply *rp)
{
	const struct config *conf = app->conf;
	struct metrics *m = ((struct meta *)app->own)->metrics;
	bool all = (rq->scopes & SCOPE_OPERATOR) != 0;

	rp->content_type = "text/plain; version=0.0.4; charset=utf-8";
	if (!all)
		return metrics_tenant(m, app->store, rq->mem, rq->tenant,
		    &rp->body);
	return metrics_server(m, app->store, rq->mem,
	    &(struct metrics_server){ .version = serve_version(),
	    .disk_free = store_disk_free(app->store),
	    .disk_min = conf->disk_min, .waiting = queue_waiting(conf),
	    .queue_max = conf->queue_max }, &rp->body);
}

static enum rc
start(struct app *app)
{
	struct meta *m = mem_get(sizeof(struct meta));

	m->metrics = metrics_new();
	app->own = m;
	return RC_OK;
}

static void
stop(struct app *app)
{
	metrics_free(((struct meta *)app->own)->metrics);
	mem_free(app->own);
}

static const struct route routes[] = {
	{ METHOD_GET, "/health", 0, ROUTE_OPEN | ROUTE_FREE, health },
	{ METHOD_GET, "/openapi.json", 0, ROUTE_OPEN | ROUTE_FREE, openapi },
	{ METHOD_GET, "/rate_limit", 0, ROUTE_FREE, rate_limit },
	{ METHOD_GET, "/metrics", SCOPE_ADMIN | SCOPE_OPERATOR, ROUTE_SESSION,
	    metrics },
};

int
main(void)
{
	return serve_endpoint(&(struct endpoint){
		.name = "meta",
		.routes = routes,
		.n_routes = COUNT(routes),
		.no_store = true,
		.start = start,
		.stop = stop,
	});
}
