/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenTelemetry logs over HTTP, in JSON.
 *
 * POST /logs  200 {"partialSuccess":{}}, with "rejectedLogRecords" and
 *		"errorMessage" when some were refused
 *		400 no JSON, or nothing of it acceptable   415 protobuf
 *		429, 503 with Retry-After: to be sent again
 *
 * Under the base /v1 this is the path that exporters use by themselves.
 */
#include "events.h"

static const struct ingest_item *
first_refused(const struct ingest_batch *b, size_t *n)
{
	const struct ingest_item *first = NULL;
	size_t i;

	*n = 0;
	for (i = 0; i < b->n; i++) {
		if (!b->items[i].refused)
			continue;
		if (++*n == 1)
			first = &b->items[i];
	}
	return first;
}

static void
answer(struct reply *rp, const struct ingest_item *bad, size_t refused)
{
	struct jw w = reply_json(rp);

	jw_object(&w);
	jw_key(&w, "partialSuccess");
	jw_object(&w);
	if (refused > 0) {		/* 64-bit numbers are strings there */
		jw_key_s(&w, "rejectedLogRecords", str_printf(rp->mem, "%zu",
		    refused));
		jw_key_s(&w, "errorMessage", str_printf(rp->mem,
		    "%.*s%.*s %.*s", STR_ARG(bad->prefix),
		    STR_ARG(bad->field), STR_ARG(bad->detail)));
	}
	jw_object_end(&w);
	jw_object_end(&w);
}

enum rc
otlp_post(struct app *app, const struct request *rq, struct reply *rp)
{
	struct body_shape shape = { .envelope = ENVELOPE_OTLP,
		.source = request_param(rq, "source") };
	struct ingest_batch b = { 0 };
	const struct ingest_item *bad;
	size_t refused;
	enum rc rc;

	if (rq->content_type.len > 0 &&
	    !str_is(rq->content_type, "application/json"))
		return reply_problem(rp, RC_MEDIA, "send OTLP as JSON "
		    "(encoding: json), not %.*s", STR_ARG(rq->content_type));
	rc = intake_read(app, rq, rp, &shape, &b);
	if (rc != RC_OK)
		return rc;
	bad = first_refused(&b, &refused);
	if (refused > 0 && refused == b.n)
		return reply_problem(rp, RC_MALFORMED, "%.*s%.*s %.*s",
		    STR_ARG(bad->prefix), STR_ARG(bad->field),
		    STR_ARG(bad->detail));
	if (b.n > 0)
		rc = intake_commit(app, rq, rp, &b);
	if (rc == RC_OK)
		answer(rp, bad, refused);
	return rc;
}
