/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live - what happens to the tenant's chains, as Server-Sent Events.
 *
 * GET /causal/live (read)   200 text/event-stream, for as long as both ends
 *     like. Last-Event-ID, or ?since= (a change id), resumes exactly after
 *     that change; without either the stream begins in the present.
 *     422 since is no change id   503 all streams are taken, or no store
 *     With [live] poll = yes it ends with its first messages or after 20 s:
 *     a long poll, for servers that hold back what is written to them.
 * HEAD the same head. Errors as everywhere.
 *
 * This thread accepts, admits and sends the head; then the connection goes to
 * the thread of lib/live, which holds all of them. So it has a loop of its own
 * in place of serve_endpoint.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "live.h"
#include "serve.h"

/* A long poll is held for less than mod_fcgid's 40 s without a byte. */
enum { HEAD_MOST = 1 << 20, RETRY_MS = 3000, POLL_RETRY_MS = 500, POLL_S = 20 };

struct desk {
	struct app app;
	struct config conf;
	char why[SERVE_WHY];
	struct live *live;
	struct fcgi *conn;
	struct arena *mem;
	struct buf out;
	int64_t open_next_ns;
};

/* The store may come later than we do: ask at most once a second. */
static void
store_ready(struct desk *d)
{
	int64_t now_ns = clock_mono_ns();

	if (d->app.misconfigured || d->app.store != NULL
	    || now_ns < d->open_next_ns)
		return;
	d->open_next_ns = now_ns + NS_PER_S;
	(void)serve_store(&d->app);
}

static enum rc
admit(struct desk *d, struct request *rq, struct reply *rp)
{
	struct route route = { METHOD_GET, "/causal/live", SCOPE_READ,
	    ROUTE_CONSOLE, NULL };
	bool known = str_is(rq->path, route.pattern);
	bool get = rq->method == METHOD_GET || rq->method == METHOD_HEAD;
	enum rc rc;

	/* What has no route needs the same key, whatever its scopes. */
	if (!known || !get || rq->fault != RC_OK)
		route.scope = 0;
	if (rq->method == METHOD_OPTIONS || rq->fault != RC_OK)
		route.flags = ROUTE_OPEN;
	rc = serve_admit(&d->app, rq, rp, &route);
	if (rc != RC_OK)
		return rc;
	if (rq->fault != RC_OK)
		return reply_problem(rp, rq->fault, "%s", rq->fault_why);
	if (!known)
		return RC_ABSENT;
	if (get)
		return RC_OK;
	reply_header(rp, "Allow", STR("GET, HEAD, OPTIONS"));
	if (rq->method == METHOD_OPTIONS) {
		rp->status = 204;
		return RC_OK;
	}
	return reply_problem(rp, RC_METHOD,
	    "this path takes GET, HEAD, OPTIONS");
}

/*
 * Where the client wants to go on. The header comes first: a browser that
 * reconnects sends it to the same address, with the old ?since= in it. A
 * header that is no id of ours is told as a gap, for a client can do nothing
 * about it.
 */
static enum rc
wish(const struct request *rq, struct reply *rp, bool *given, int64_t *last)
{
	struct str since = request_param(rq, "since");

	*last = -1;
	*given = rq->last_event_id.len > 0 || request_has_param(rq, "since");
	if (rq->last_event_id.len > 0) {
		if (!str_i64(rq->last_event_id, last))
			*last = -1;
		return RC_OK;
	}
	if (*given && (!str_i64(since, last) || *last < 0))
		return reply_bad_field(rp, STR("/since"),
		    "is the id of a change, a whole number from 0");
	return RC_OK;
}

/* The first bytes of the stream: it lives, when to come back, what is lost. */
static enum rc
opening(struct desk *d, const struct request *rq, struct reply *rp,
    struct live_guest *guest)
{
	struct live_point at;
	struct graph *g;
	int64_t last, oldest, newest;
	bool given;
	enum rc rc = wish(rq, rp, &given, &last);

	if (rc == RC_OK)
		rc = store_graph(d->app.store, rq->tenant, &g);
	if (rc == RC_OK)
		rc = graph_change_range(g, &oldest, &newest);
	if (rc != RC_OK)
		return rc;
	at = live_resume(given ? last : newest, oldest, newest);
	guest->after = at.after;
	guest->told = at.gap;
	buf_printf(&rp->body, ":ok\nretry: %d\n",
	    d->conf.live_poll ? POLL_RETRY_MS : RETRY_MS);
	/* Who comes again must know from where, even after nothing. */
	if (d->conf.live_poll)
		buf_printf(&rp->body, "id: %lld\n", (long long)at.after);
	buf_put_c(&rp->body, "\n");
	if (at.gap)
		live_gap_text(&rp->body, oldest, newest);
	return RC_OK;
}

static void
head_write(const struct request *rq, const struct reply *rp, struct buf *out)
{
	size_t i;

	buf_printf(out, "Status: 200 OK\r\nX-Request-Id: %s\r\n", rq->id);
	for (i = 0; i < rp->n_headers; i++)
		buf_printf(out, "%s: %.*s\r\n", rp->header[i].name,
		    STR_ARG(rp->header[i].value));
	buf_put_c(out, "Content-Type: text/event-stream\r\n"
	    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
	    "X-Accel-Buffering: no\r\n\r\n");
}

/* Head and opening out, the connection over to the thread. */
static void
hand_over(struct desk *d, const struct request *rq, const struct reply *rp,
    struct live_guest *guest)
{
	snprintf(guest->pass.key_id, sizeof(guest->pass.key_id), "%.*s",
	    STR_ARG(rq->key_id));
	memcpy(guest->pass.session, rq->session, sizeof(rq->session));
	log_info("id=%s method=GET path=/causal/live status=200 tenant=%lld"
	    " key=%s after=%lld", rq->id, (long long)rq->tenant,
	    guest->pass.key_id,
	    (long long)guest->after);
	head_write(rq, rp, &d->out);
	buf_put_str(&d->out, buf_str(&rp->body));
	guest->fd = -1;
	if (fcgi_write(d->conn, buf_str(&d->out)))
		guest->fd = fcgi_detach(d->conn, &guest->request);
	else
		fcgi_finish(d->conn);
	if (guest->fd < 0)
		live_release(d->live, guest->tenant);
	else
		live_join(d->live, guest);
}

/* Whatever is not a stream: errors, HEAD, OPTIONS. */
static void
answer(struct desk *d, struct request *rq, struct reply *rp, enum rc rc)
{
	if (rc == RC_OK && rq->method == METHOD_HEAD)
		head_write(rq, rp, &d->out);
	else
		serve_finish(&d->app, rq, rp, rc, &d->out);
	log_info("id=%s method=%s path=%.*s status=%d tenant=%lld key=%.*s",
	    rq->id, method_name(rq->method), STR_ARG(rq->path),
	    rp->status != 0 ? rp->status : rc_status(rc),
	    (long long)rq->tenant, STR_ARG(rq->key_id));
	(void)fcgi_write(d->conn, buf_str(&d->out));
	fcgi_finish(d->conn);
}

static void
take(struct desk *d)
{
	struct request rq;
	struct reply rp;
	struct live_guest guest = { .fd = -1 };
	enum rc rc;

	request_read(&rq, d->mem, fcgi_params(d->conn));
	reply_init(&rp, d->mem);
	store_ready(d);
	rc = admit(d, &rq, &rp);
	if (rc == RC_OK && rq.method != METHOD_OPTIONS)
		rc = opening(d, &rq, &rp, &guest);
	if (rc == RC_OK && rq.method == METHOD_GET) {
		rc = live_reserve(d->live, rq.tenant);
		if (rc == RC_OK) {
			guest.tenant = rq.tenant;
			hand_over(d, &rq, &rp, &guest);
		} else {
			reply_header(&rp, "Retry-After", STR("10"));
			rc = reply_problem(&rp, rc,
			    "all live streams are taken");
			answer(d, &rq, &rp, rc);
		}
	} else {
		answer(d, &rq, &rp, rc);
	}
	reply_release(&rp);
	buf_clear(&d->out);
	arena_reset(d->mem);
}

static void
serve_until_stop(struct desk *d, int stop_fd)
{
	d->conn = fcgi_new();
	d->mem = arena_new();
	buf_init(&d->out, HEAD_MOST);
	log_info("up version=%s data=%s", serve_version(), d->conf.data);
	while (fcgi_accept(d->conn, stop_fd))
		take(d);
	live_stop(d->live);
	fcgi_free(d->conn);
	arena_free(d->mem);
	buf_release(&d->out);
	if (d->app.store != NULL)
		store_close(d->app.store);
	log_info("down");
}

int
main(void)
{
	struct desk d = { 0 };
	struct live_limits limits;
	int stop_fd;

	serve_begin("live", &d.conf, d.why, &d.app);
	serve_confine("live", &d.conf, 0);
	limits = (struct live_limits){
		.data = d.conf.data,
		.streams_max = d.conf.live_max,
		.pending_max = d.conf.live_pending_max,
		.heartbeat_s = d.conf.live_heartbeat_s,
		.recycle_s = d.conf.live_poll ? POLL_S : d.conf.live_recycle_s,
		.poll = d.conf.live_poll,
		.session_idle_s = d.conf.session_idle_s,
		.session_most_s = d.conf.session_most_s,
	};
	if (fcgi_listen(&stop_fd) != RC_OK
	    || live_start(&limits, stop_fd, &d.live) != RC_OK)
		return EXIT_FAILURE;
	serve_until_stop(&d, stop_fd);
	return EXIT_SUCCESS;
}
