/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events - take in records, list them, show one.
 *
 * POST /events       200 {"accepted","duplicates","rejected","event_ids",
 *                    "errors"}: on disk   400 no JSON   413 too big
 *                    415 other media type   422 nothing acceptable
 *                    503 queue or disk full, store busy
 *                    ?backfill=1: history, live is not told of it
 * POST /services/collector ..., /logs: other people's senders, each with its
 *                    contract in its file under fcgi/events/
 * GET  /events       200 {"events","next_cursor"}   422 bad filter
 * GET  /events/{id}  200   404
 *
 * Several threads parse, normalise and tag; one committer writes.
 */
#include "events/events.h"

#include "ask.h"
#include "base/clock.h"
#include "confine.h"
#include "control.h"
#include "read.h"

#include <string.h>

/* The answer to keep for a replay, made inside the transaction. */
static void
render(struct ingest_batch *b, struct arena *a, struct idem *out)
{
	struct buf body;

	buf_init(&body, 64 << 20);
	ingest_answer(b, &body);
	out->status = 200;
	out->content_type = STR("application/json");
	out->body = str_dup(a, buf_str(&body));
	buf_release(&body);
}

static enum rc
is_batch(const struct request *rq, struct reply *rp, struct body_shape *shape)
{
	static const char *const json[] = { "", "application/json", "text/json",
		"text/plain" };
	static const char *const cloudevents[] = {
		"application/cloudevents+json",
		"application/cloudevents-batch+json" };
	static const char *const lines[] = { "application/x-ndjson",
		"application/ndjson", "application/jsonl",
		"text/tab-separated-values" };
	size_t i;

	for (i = 0; i < COUNT(lines); i++) {
		if (str_is(rq->content_type, lines[i])) {
			shape->ndjson = true;
			return RC_OK;
		}
	}
	for (i = 0; i < COUNT(cloudevents); i++) {
		if (str_is(rq->content_type, cloudevents[i])) {
			shape->envelope = ENVELOPE_CLOUDEVENTS;
			return RC_OK;
		}
	}
	for (i = 0; i < COUNT(json); i++)
		if (str_is(rq->content_type, json[i]))
			return RC_OK;
	return reply_problem(rp, RC_MEDIA, "send application/json or "
	    "application/x-ndjson, not %.*s", STR_ARG(rq->content_type));
}

/* 422: each refused record's reason, none was kept. */
static enum rc
nothing_kept(const struct ingest_batch *b, struct reply *rp)
{
	struct str pointer;
	size_t i;

	for (i = 0; i < b->n; i++) {
		if (rp->n_errors == PROBLEM_ERRORS_MAX)
			break;
		pointer = str_printf(rp->mem, "%.*s%.*s",
		    STR_ARG(b->items[i].prefix), STR_ARG(b->items[i].field));
		(void)reply_bad_field(rp, pointer, "%.*s",
		    STR_ARG(b->items[i].detail));
	}
	return reply_problem(rp, RC_INVALID, "none of %zu records is "
	    "acceptable", b->n);
}

static bool
any_kept(const struct ingest_batch *b)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (!b->items[i].refused)
			return true;
	return b->n == 0;
}

/* The request's retry key, if it has one, goes along with the effect. */
static void
idem_of(const struct request *rq, struct ingest_batch *b)
{
	if (rq->idempotency_key.len == 0)
		return;
	b->idem_scope = serve_idem_scope(rq);
	b->idem_key = rq->idempotency_key;
	serve_idem_digest(rq, b->idem_sha256);
	b->render = render;
}

enum rc
intake_read(struct app *app, const struct request *rq, struct reply *rp,
    struct body_shape *shape, struct ingest_batch *b)
{
	struct events *own = app->own;
	const struct tagger *tagger;
	struct json_doc *doc;
	enum json_fault fault;
	enum rc rc = packs_take(own->packs, app->store, rq->tenant, &tagger);

	if (rc != RC_OK)
		return rc;
	shape->may_assert = (rq->scopes & SCOPE_ASSERT) != 0;
	shape->record_max = (size_t)app->conf->record_max;
	shape->records_max = (size_t)app->conf->records_max;
	shape->now_ns = clock_now_ns();
	doc = json_doc_new();
	fault = ingest_read(rq->mem, doc, tagger, rq->body, shape, b);
	json_doc_free(doc);
	packs_give(own->packs, tagger);
	if (fault == JSON_OK && b->over)
		return reply_problem(rp, RC_TOO_BIG, "more than %lld records "
		    "in one request, or records that each repeat much: send "
		    "fewer at once", (long long)app->conf->records_max);
	if (fault != JSON_OK)
		return reply_problem(rp, RC_MALFORMED, "the body %s",
		    json_fault_text(fault));
	return RC_OK;
}

enum rc
intake_commit(struct app *app, const struct request *rq, struct reply *rp,
    struct ingest_batch *b)
{
	struct events *own = app->own;
	enum rc rc;

	if (store_disk_free(app->store) < app->conf->disk_min)
		return reply_problem(rp, RC_BUSY, "the disk is nearly full: "
		    "nothing was stored");
	rc = committer_put(own->committer, rq->tenant, b);
	if (rc != RC_OK)
		return reply_problem(rp, rc, rc == RC_BUSY ? "the store is "
		    "busy: nothing was stored, send it again" : "the store "
		    "failed: nothing was stored");
	if (b->rc == RC_OK && !b->replayed && b->accepted > 0)
		control_usage_add(app->store, rq->tenant, clock_now_ns(),
		    &(struct usage){ .events = (int64_t)b->accepted,
		    .bytes = (int64_t)rq->body.len });
	return RC_OK;
}

static enum rc
backfill_of(const struct request *rq, struct reply *rp, bool *yes)
{
	struct str s = request_param(rq, "backfill");

	*yes = str_is(s, "1");
	if (*yes || str_is(s, "0") || !request_has_param(rq, "backfill"))
		return RC_OK;
	return reply_bad_field(rp, STR("/backfill"), "must be 1 or 0");
}

static enum rc
post(struct app *app, const struct request *rq, struct reply *rp)
{
	struct ingest_batch b = { 0 };
	struct body_shape shape = { .source = request_param(rq, "source") };
	enum rc rc = is_batch(rq, rp, &shape);

	if (rc == RC_OK)
		rc = backfill_of(rq, rp, &b.backfill);
	if (rc == RC_OK)
		rc = intake_read(app, rq, rp, &shape, &b);
	if (rc != RC_OK)
		return rc;
	if (!any_kept(&b))
		return nothing_kept(&b, rp);
	idem_of(rq, &b);
	rc = intake_commit(app, rq, rp, &b);
	if (rc != RC_OK)
		return rc;
	if (b.rc != RC_OK)
		return reply_problem(rp, RC_INVALID, "this Idempotency-Key "
		    "was used for another body");
	if (b.replayed)
		return serve_idem_replay(rq, rp, &b.answer);
	ingest_answer(&b, &rp->body);
	return RC_OK;
}

/* ?native_id= names events and is no filter among others. */
static enum rc
native_id_of(const struct request *rq, struct reply *rp, struct str *id)
{
	static const char *const others[] = { "source", "event_type", "actor",
		"entity", "technique", "grade", "since", "until", "q",
		"cursor" };
	size_t i;

	*id = request_param(rq, "native_id");
	if (!request_has_param(rq, "native_id"))
		return RC_OK;
	if (id->len == 0)
		return reply_bad_field(rp, STR("/native_id"),
		    "must not be empty");
	for (i = 0; i < COUNT(others); i++)
		if (request_has_param(rq, others[i]))
			return reply_bad_field(rp, STR("/native_id"),
			    "stands alone: leave the other filters out");
	return RC_OK;
}

static enum rc
filter_of(const struct request *rq, struct reply *rp, struct event_filter *f)
{
	enum rc rc = native_id_of(rq, rp, &f->native_id);

	if (rc != RC_OK)
		return rc;
	f->source = request_param(rq, "source");
	f->type = request_param(rq, "event_type");
	f->actor = request_param(rq, "actor");
	f->entity = request_param(rq, "entity");
	f->q = request_param(rq, "q");
	f->limit = 100;
	rc = ask_count(rq, rp, "limit", 1, 1000, &f->limit);
	if (rc == RC_OK)
		rc = ask_time(rq, rp, "since", &f->has_since, &f->since_ns);
	if (rc == RC_OK)
		rc = ask_time(rq, rp, "until", &f->has_until, &f->until_ns);
	if (rc == RC_OK)
		rc = ask_grade(rq, rp, "grade", &f->grade);
	if (rc == RC_OK)
		rc = ask_technique(rq, rp, "technique", &f->technique);
	if (rc != RC_OK || !request_has_param(rq, "cursor"))
		return rc;
	f->has_cursor = rank_parse(request_param(rq, "cursor"), &f->cursor);
	return f->has_cursor ? RC_OK : reply_bad_field(rp, STR("/cursor"),
	    "is not a cursor of this list");
}

/* The same request with the cursor of the next page. */
static void
link_next(const struct request *rq, struct reply *rp, const char *cursor)
{
	struct str rest = rq->query_text, part, kept = { 0 };

	while (str_cut(&rest, '&', &part))
		if (part.len > 0 && !str_starts(part, "cursor="))
			kept = str_printf(rq->mem, "%.*s%.*s&", STR_ARG(kept),
			    STR_ARG(part));
	reply_header(rp, "Link", str_printf(rq->mem,
	    "<%.*s/events?%.*scursor=%s>; rel=\"next\"", STR_ARG(rq->base),
	    STR_ARG(kept), cursor));
}

static enum rc
list(struct app *app, const struct request *rq, struct reply *rp)
{
	char cursor[2 * RANK_LEN + 1];
	struct event_filter f = { 0 };
	struct json_doc *doc;
	struct reader r;
	struct graph *g;
	struct rank next;
	struct jw w;
	bool more;
	enum rc rc;

	rc = filter_of(rq, rp, &f);
	if (rc == RC_OK)
		rc = store_graph(app->store, rq->tenant, &g);
	if (rc != RC_OK)
		return rc;
	doc = json_doc_new();
	reader_init(&r, g, rq->mem, doc);
	w = reply_json(rp);
	jw_object(&w);
	jw_key(&w, "events");
	rc = read_events(&r, &w, &f, &next, &more);
	jw_key(&w, "next_cursor");
	if (rc == RC_OK && more) {
		rank_text(&next, cursor);
		jw_c(&w, cursor);
		link_next(rq, rp, cursor);
	} else {
		jw_null(&w);
	}
	jw_object_end(&w);
	reader_release(&r);
	json_doc_free(doc);
	return rc;
}

static enum rc
show(struct app *app, const struct request *rq, struct reply *rp)
{
	struct json_doc *doc;
	struct reader r;
	struct graph *g;
	struct jw w;
	int64_t ev;
	enum rc rc;

	rc = store_graph(app->store, rq->tenant, &g);
	if (rc != RC_OK)
		return rc;
	doc = json_doc_new();
	reader_init(&r, g, rq->mem, doc);
	rc = read_event_find(&r, rq->segment[1], &ev);
	if (rc == RC_ABSENT) {
		rc = reply_problem(rp, RC_ABSENT, "no such event");
	} else if (rc == RC_OK) {
		w = reply_json(rp);
		rc = read_event_whole(&r, &w, ev);
	}
	reader_release(&r);
	json_doc_free(doc);
	return rc;
}

static enum rc
start(struct app *app)
{
	struct events *own = mem_get(sizeof(*own));
	enum rc rc = packs_open(app->conf->rules, &own->packs);

	if (rc == RC_OK)
		rc = committer_start(app->conf->data,
		    (size_t)app->conf->queue_max, (size_t)app->conf->cache,
		    &own->committer);
	if (rc != RC_OK) {
		packs_close(own->packs);
		mem_free(own);
		return rc;
	}
	app->own = own;
	return RC_OK;
}

static void
stop(struct app *app)
{
	struct events *own = app->own;

	committer_stop(own->committer);
	packs_close(own->packs);
	mem_free(own);
}

#define CARRIED (ROUTE_NO_JSON | ROUTE_BIG)
static const struct route routes[] = {
	{ METHOD_POST, "/events", SCOPE_INGEST,
	    ROUTE_IDEMPOTENT_SELF | ROUTE_NO_JSON | ROUTE_BIG, post },
	{ METHOD_POST, "/logs", SCOPE_INGEST, CARRIED, otlp_post },
	{ METHOD_POST, SPLUNK_BASE, SCOPE_INGEST, CARRIED, hec_post },
	{ METHOD_POST, SPLUNK_BASE "/event", SCOPE_INGEST, CARRIED,
	    hec_post },
	{ METHOD_POST, SPLUNK_BASE "/event/1.0", SCOPE_INGEST, CARRIED,
	    hec_post },
	{ METHOD_POST, SPLUNK_BASE "/raw", SCOPE_INGEST, CARRIED,
	    hec_raw },
	{ METHOD_POST, SPLUNK_BASE "/raw/1.0", SCOPE_INGEST, CARRIED,
	    hec_raw },
	{ METHOD_POST, SPLUNK_BASE "/ack", SCOPE_INGEST, ROUTE_NO_JSON,
	    hec_ack },
	{ METHOD_GET, SPLUNK_BASE "/health", 0, ROUTE_OPEN | ROUTE_FREE,
	    hec_health },
	{ METHOD_GET, SPLUNK_BASE "/health/1.0", 0, ROUTE_OPEN | ROUTE_FREE,
	    hec_health },
	{ METHOD_GET, "/events", SCOPE_READ, ROUTE_CONSOLE, list },
	{ METHOD_GET, "/events/{id}", SCOPE_READ, ROUTE_CONSOLE, show },
};

int
main(void)
{
	return serve_endpoint(&(struct endpoint){
		.name = "events",
		.routes = routes,
		.n_routes = COUNT(routes),
		.threaded = true,
		.needs = CONFINE_JIT,	/* the rules' regular expressions */
		.start = start,
		.stop = stop,
	});
}
