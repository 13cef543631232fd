/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph - edges, entities, coverage.
 *
 * GET /causal/edges                  200 NDJSON, one edge a line
 * GET /causal/entities?q=            200 {"entities"}   422 no q
 * GET /causal/entities/{kind}/{key}  200   404
 * GET /coverage                      200 {"coverage"}
 */
#include "ask.h"
#include "read.h"
#include "serve.h"

struct turn {
	const struct request *rq;
	struct reply *rp;
	struct reader r;
};

typedef enum rc step(struct turn *t);

static enum rc
take_turn(struct app *app, const struct request *rq, struct reply *rp,
    step *handle)
{
	struct turn t = { .rq = rq, .rp = rp };
	struct json_doc *doc;
	struct graph *g;
	enum rc rc = store_graph(app->store, rq->tenant, &g);

	if (rc != RC_OK)
		return rc;
	doc = json_doc_new();
	reader_init(&t.r, g, rq->mem, doc);
	rc = handle(&t);
	reader_release(&t.r);
	json_doc_free(doc);
	return rc;
}

static enum rc
edges_step(struct turn *t)
{
	struct edge_filter f = { .entity = request_param(t->rq, "entity"),
		.source = request_param(t->rq, "source") };
	enum rc rc;

	rc = ask_count(t->rq, t->rp, "limit", 1, 10000000, &f.limit);
	if (rc == RC_OK)
		rc = ask_time(t->rq, t->rp, "since", &f.has_since, &f.since_ns);
	if (rc == RC_OK)
		rc = ask_time(t->rq, t->rp, "until", &f.has_until, &f.until_ns);
	if (rc == RC_OK)
		rc = ask_grade(t->rq, t->rp, "min_confidence", &f.grade);
	if (rc != RC_OK)
		return rc;
	t->rp->content_type = "application/x-ndjson";
	rc = read_edges(&t->r, &t->rp->body, &f);
	if (rc == RC_OK && buf_bad(&t->rp->body))
		return reply_problem(t->rp, RC_TOO_BIG, "too many edges for "
		    "one answer: narrow them by since, until or entity");
	return rc;
}

static enum rc
entities_step(struct turn *t)
{
	struct str q = request_param(t->rq, "q");
	size_t limit = 100;
	struct jw w;
	enum rc rc = ask_count(t->rq, t->rp, "limit", 1, 1000, &limit);

	if (rc == RC_OK && q.len == 0)
		rc = reply_bad_field(t->rp, STR("/q"), "say what the name "
		    "begins with");
	if (rc != RC_OK)
		return rc;
	w = reply_json(t->rp);
	jw_object(&w);
	jw_key(&w, "entities");
	rc = read_entities(&t->r, &w, q, limit);
	jw_object_end(&w);
	return rc;
}

static enum rc
entity_step(struct turn *t)
{
	struct jw w = reply_json(t->rp);
	enum rc rc = read_entity(&t->r, &w, t->rq->segment[2],
	    t->rq->segment[3]);

	return rc == RC_ABSENT ? reply_problem(t->rp, rc, "no such entity") :
	    rc;
}

static enum rc
coverage_step(struct turn *t)
{
	struct jw w = reply_json(t->rp);
	enum rc rc;

	jw_object(&w);
	jw_key_i(&w, "events", graph_number(t->r.g, "events"));
	jw_key(&w, "coverage");
	rc = read_coverage(&t->r, &w);
	jw_object_end(&w);
	return rc;
}

static enum rc
edges(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, edges_step);
}

static enum rc
entities(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, entities_step);
}

static enum rc
entity(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, entity_step);
}

static enum rc
coverage(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, coverage_step);
}

static const struct route routes[] = {
	{ METHOD_GET, "/causal/edges", SCOPE_READ, ROUTE_CONSOLE, edges },
	{ METHOD_GET, "/causal/entities", SCOPE_READ, ROUTE_CONSOLE, entities },
	{ METHOD_GET, "/causal/entities/{kind}/{key}", SCOPE_READ,
	    ROUTE_CONSOLE, entity },
	{ METHOD_GET, "/coverage", SCOPE_READ, ROUTE_CONSOLE, coverage },
};

int
main(void)
{
	return serve_endpoint(&(struct endpoint){
		.name = "graph",
		.routes = routes,
		.n_routes = COUNT(routes),
	});
}
