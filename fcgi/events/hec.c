/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splunk's HTTP Event Collector, for senders that speak nothing else. Keys are
 * ours: "Authorization: Splunk KEY".
 *
 * POST /services/collector, .../event   200 {"text":"Success","code":0,"ackId"}
 *		400 with code 5 no data, 6 no such data, 12 and 13 an event is
 *		missing or blank, "invalid-event-number": the first such; the
 *		others of the request were kept, and sending them again
 *		changes nothing
 *		401 code 2   403 code 4   429 and 503 code 9
 * POST .../raw		lines; ?sourcetype= ?source= ?host=
 * POST .../ack		200 {"acks":{"0":true}}
 * GET  .../health	200 code 17   503 code 18; no key
 *
 * 200 means on disk, so an ackId is acknowledged as soon as it is known.
 */
#include "events.h"

#include <stdio.h>

#include "base/clock.h"

enum { ACKS_MOST = 10000 };

static enum rc
wrong(struct reply *rp, int code, const char *text, const char *detail)
{
	rp->more = str_printf(rp->mem, "\"text\":\"%s\",\"code\":%d", text,
	    code);
	return reply_problem(rp, RC_MALFORMED, "%s", detail);
}

/* The first that was refused speaks; `kept` says that the others are here. */
static enum rc
some_refused(const struct ingest_batch *b, struct reply *rp)
{
	const struct ingest_item *it = b->items;
	bool no_event;
	int code = 6;

	while (!it->refused)
		it++;
	no_event = str_is(it->field, "/event");
	if (no_event)
		code = str_is(it->detail, "is required") ? 12 : 13;
	rp->more = str_printf(rp->mem, "\"text\":\"%s\",\"code\":%d,"
	    "\"invalid-event-number\":%zu,\"kept\":%zu", code == 12 ?
	    "Event field is required" : code == 13 ?
	    "Event field cannot be blank" : "Invalid data format", code,
	    it->index, b->accepted + b->duplicates);
	return reply_problem(rp, RC_MALFORMED, "event %zu: %.*s %.*s",
	    it->index, STR_ARG(it->field), STR_ARG(it->detail));
}

static enum rc
take(struct app *app, const struct request *rq, struct reply *rp,
    struct body_shape *shape)
{
	struct ingest_batch b = { 0 };
	size_t i, refused = 0;
	struct jw w;
	enum rc rc;

	if (str_trim(rq->body).len == 0)
		return wrong(rp, 5, "No data", "the body is empty");
	rc = intake_read(app, rq, rp, shape, &b);
	if (rc != RC_OK)
		return rc;
	for (i = 0; i < b.n; i++)
		refused += b.items[i].refused;
	if (refused < b.n)
		rc = intake_commit(app, rq, rp, &b);
	if (rc != RC_OK)
		return rc;
	if (refused > 0)
		return some_refused(&b, rp);
	w = reply_json(rp);
	jw_object(&w);
	jw_key_c(&w, "text", "Success");
	jw_key_i(&w, "code", 0);
	jw_key_i(&w, "ackId", clock_now_ns() / 1000);
	jw_object_end(&w);
	return RC_OK;
}

enum rc
hec_post(struct app *app, const struct request *rq, struct reply *rp)
{
	struct body_shape shape = { .envelope = ENVELOPE_HEC };

	return take(app, rq, rp, &shape);
}

enum rc
hec_raw(struct app *app, const struct request *rq, struct reply *rp)
{
	struct body_shape shape = { .envelope = ENVELOPE_LINES,
		.host = request_param(rq, "host"),
		.source = request_param(rq, "sourcetype") };

	if (shape.source.len == 0)
		shape.source = request_param(rq, "source");
	return take(app, rq, rp, &shape);
}

enum rc
hec_ack(struct app *app, const struct request *rq, struct reply *rp)
{
	struct json_doc *doc = json_doc_new();
	struct json_span span;
	struct str rest = rq->body;
	const struct json *acks = NULL;
	char name[32];
	struct jw w;
	size_t i;

	(void)app;
	if (json_scan(&rest, &span) == JSON_OK)
		acks = json_get(json_parse(doc, rq->body), "acks");
	if (json_type(acks) != JSON_ARRAY || json_len(acks) > ACKS_MOST) {
		json_doc_free(doc);
		return wrong(rp, 6, "Invalid data format",
		    "send {\"acks\":[0,1,2]}");
	}
	w = reply_json(rp);
	jw_object(&w);
	jw_key(&w, "acks");
	jw_object(&w);
	for (i = 0; i < json_len(acks); i++) {
		snprintf(name, sizeof(name), "%lld",
		    (long long)json_int(json_item(acks, i)));
		jw_key_b(&w, name, true);
	}
	jw_object_end(&w);
	jw_object_end(&w);
	json_doc_free(doc);
	return RC_OK;
}

enum rc
hec_health(struct app *app, const struct request *rq, struct reply *rp)
{
	struct events *own = app->own;
	struct jw w;

	(void)rq;
	if (app->trouble != NULL || own == NULL ||
	    committer_waiting(own->committer) >= (size_t)app->conf->queue_max ||
	    store_disk_free(app->store) < app->conf->disk_min) {
		rp->more = STR("\"text\":\"HEC is unhealthy, queues are full"
		    "\",\"code\":18");
		return reply_problem(rp, RC_BUSY, "events cannot be taken now");
	}
	w = reply_json(rp);
	jw_object(&w);
	jw_key_c(&w, "text", "HEC is healthy");
	jw_key_i(&w, "code", 17);
	jw_object_end(&w);
	return RC_OK;
}
