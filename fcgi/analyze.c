/* SPDX-License-Identifier: Apache-2.0 */
/*
 * analyze - the chains of the tenant, best score first.
 *
 * POST /causal/analyze  200 {"chains","analyzed_events","next_cursor"}
 *                       400 no JSON   422 a member is wrong
 *
 * Every event is linked in the transaction that takes it in, so there is
 * nothing left to compute here: an event that was answered with 200 is in.
 */
#include "ask.h"
#include "base/clock.h"
#include "read.h"
#include "serve.h"

struct ask {
	const struct json *v;
	struct reply *rp;
	struct reader *r;
	struct chain_filter f;
};

static enum rc
time_of(struct ask *a, const char *name, bool *has, int64_t *ns)
{
	const struct json *m = json_get(a->v, name);
	struct str text = json_scalar(a->rp->mem, m);

	if (json_type(m) == JSON_NULL)
		return RC_OK;
	if (!clock_parse(text, true, ns) && !clock_parse_epoch(text, ns))
		return reply_bad_field(a->rp, str_printf(a->rp->mem, "/%s",
		    name), "must be an RFC 3339 time or epoch seconds");
	*has = true;
	return RC_OK;
}

static enum rc
numbers(struct ask *a)
{
	const struct json *limit = json_get(a->v, "limit");
	const struct json *score = json_get(a->v, "min_score");

	if (json_type(limit) != JSON_NULL) {
		if (json_type(limit) != JSON_INT || json_int(limit) < 1 ||
		    json_int(limit) > 1000)
			return reply_bad_field(a->rp, STR("/limit"),
			    "must be a whole number from 1 to 1000");
		a->f.limit = (size_t)json_int(limit);
	}
	if (json_type(score) == JSON_NULL)
		return RC_OK;
	if (json_type(score) != JSON_INT && json_type(score) != JSON_DOUBLE)
		return reply_bad_field(a->rp, STR("/min_score"),
		    "must be a number");
	a->f.min_score = json_double(score);
	return RC_OK;
}

static enum rc
words(struct ask *a)
{
	struct str grade = { 0 }, cursor = { 0 };
	enum rc rc = ask_text(a->rp, a->v, "min_confidence", &grade);

	if (rc == RC_OK)
		rc = ask_text(a->rp, a->v, "entity", &a->f.entity);
	if (rc == RC_OK)
		rc = ask_text(a->rp, a->v, "cursor", &cursor);
	if (rc != RC_OK)
		return rc;
	a->f.grade = grade.len > 0 ? grade_of_name(grade) : 0;
	if (grade.len > 0 && a->f.grade == 0)
		return reply_bad_field(a->rp, STR("/min_confidence"),
		    "must be PROVABLE, MIXED or INFERRED");
	if (cursor.len == 0)
		return RC_OK;
	a->f.has_cursor = ask_cursor_parse(cursor, &a->f.after_score,
	    a->f.after_id);
	return a->f.has_cursor ? RC_OK : reply_bad_field(a->rp,
	    STR("/cursor"), "is not a cursor of this list");
}

static enum rc
event_ids(struct ask *a)
{
	const struct json *list = json_get(a->v, "event_ids");
	size_t i, n = json_len(list);
	enum rc rc;

	if (json_type(list) == JSON_NULL)
		return RC_OK;
	if (json_type(list) != JSON_ARRAY)
		return reply_bad_field(a->rp, STR("/event_ids"),
		    "must be an array of event ids");
	a->f.has_events = true;
	a->f.events = arena_array(a->rp->mem, n + 1, sizeof(int64_t));
	for (i = 0; i < n; i++) {
		if (json_type(json_item(list, i)) != JSON_STRING)
			return reply_bad_field(a->rp, str_printf(a->rp->mem,
			    "/event_ids/%zu", i), "must be a string");
		rc = read_event_find(a->r, json_str(json_item(list, i)),
		    &a->f.events[a->f.n_events]);
		if (rc == RC_OK)
			a->f.n_events++;
		else if (rc != RC_ABSENT)
			return rc;
	}
	return RC_OK;
}

static enum rc
includes(struct ask *a)
{
	const struct json *list = json_get(a->v, "include");
	size_t i;

	if (json_type(list) != JSON_NULL && json_type(list) != JSON_ARRAY)
		return reply_bad_field(a->rp, STR("/include"),
		    "must be an array");
	for (i = 0; i < json_len(list); i++) {
		if (str_is(json_str(json_item(list, i)), "raw"))
			a->f.include |= INCLUDE_RAW;
		else if (str_is(json_str(json_item(list, i)), "folded"))
			a->f.include |= INCLUDE_FOLDED;
		else
			return reply_bad_field(a->rp, str_printf(a->rp->mem,
			    "/include/%zu", i), "must be raw or folded");
	}
	return RC_OK;
}

static enum rc
filter_of(struct ask *a)
{
	enum rc rc = words(a);

	a->f.limit = a->f.limit ? a->f.limit : 100;
	if (rc == RC_OK)
		rc = numbers(a);
	if (rc == RC_OK)
		rc = time_of(a, "since", &a->f.has_since, &a->f.since_ns);
	if (rc == RC_OK)
		rc = time_of(a, "until", &a->f.has_until, &a->f.until_ns);
	if (rc == RC_OK)
		rc = event_ids(a);
	return rc == RC_OK ? includes(a) : rc;
}

static enum rc
answer(struct ask *a)
{
	uint8_t last_id[16];
	double last_score = 0;
	struct jw w;
	bool more = false;
	enum rc rc;

	w = reply_json(a->rp);
	jw_object(&w);
	jw_key(&w, "chains");
	rc = read_chains(a->r, &w, &a->f, &more, &last_score, last_id);
	jw_key_i(&w, "analyzed_events", graph_number(a->r->g, "events"));
	jw_key(&w, "next_cursor");
	if (more)
		jw_str(&w, ask_cursor_text(a->rp->mem, last_score, last_id));
	else
		jw_null(&w);
	jw_object_end(&w);
	return rc;
}

static enum rc
post(struct app *app, const struct request *rq, struct reply *rp)
{
	struct ask a = { .rp = rp };
	struct json_doc *body = json_doc_new(), *doc = json_doc_new();
	struct reader r;
	struct graph *g;
	enum rc rc;

	rc = store_graph(app->store, rq->tenant, &g);
	if (rc == RC_OK)
		rc = ask_body(rq, rp, body, &a.v);
	if (rc == RC_OK) {
		reader_init(&r, g, rq->mem, doc);
		a.r = &r;
		rc = suppress_load(app->store, g, rq->mem, rq->tenant,
		    clock_now_ns(), &r.suppress);
		if (rc == RC_OK)
			rc = filter_of(&a);
		if (rc == RC_OK)
			rc = answer(&a);
		reader_release(&r);
	}
	json_doc_free(body);
	json_doc_free(doc);
	return rc;
}

static const struct route routes[] = {
	{ METHOD_POST, "/causal/analyze", SCOPE_ANALYZE, ROUTE_CONSOLE | ROUTE_BIG,
	    post },
};

int
main(void)
{
	return serve_endpoint(&(struct endpoint){
		.name = "analyze",
		.routes = routes,
		.n_routes = COUNT(routes),
	});
}
