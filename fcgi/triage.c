/* SPDX-License-Identifier: Apache-2.0 */
/*
 * triage - which alert first, and why.
 *
 * POST /ai/triage  200 {"alerts","order","rows","learning","errors"}
 *                  400 no JSON
 *                  422 no alert is acceptable, or more than 10,000
 *
 * An alert names a stored event or chain, or is an event itself, which is
 * normalised and tagged like any other but not stored. One that cannot be read
 * is told under "errors" and harms no neighbour; an id that nobody knows is no
 * error, so that the answer tells nothing of what other tenants hold.
 */
#include "ask.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "confine.h"
#include "explain.h"
#include "norm.h"
#include "packs.h"
#include "serve.h"

#include <string.h>

struct refused { size_t index; struct str pointer, detail; };

struct reading {
	struct app *app;
	struct arena *a;
	struct json_doc *doc;
	const struct tagger *tagger;	/* the tenant's */
	struct triage_alert *alerts;
	size_t n, room;
	struct refused *refused;
	size_t n_refused, refused_room;
	size_t index;			/* of the element being read */
};

static void
refuse(struct reading *r, struct str field, const char *detail)
{
	r->refused = arena_grow(r->a, r->refused, &r->refused_room,
	    r->n_refused + 1, sizeof(*r->refused));
	r->refused[r->n_refused++] = (struct refused){ r->index,
		str_printf(r->a, "/alerts/%zu%.*s", r->index, STR_ARG(field)),
		str_dup(r->a, str_of(detail)) };
}

/* ---- an event that came with the request ------------------------------- */

struct inlined {
	struct reading *r;
	struct event *ev;	/* NULL: none was read */
	struct refusal why;
	size_t n;
};

/* What triage reads of it must outlive the tree. */
static struct event *
kept(struct arena *a, const struct event *ev)
{
	struct event *e = arena_get(a, sizeof(*e));
	struct str *const texts[] = { &e->source, &e->type, &e->actor,
		&e->action, &e->target, &e->host };
	size_t i;

	*e = *ev;
	for (i = 0; i < COUNT(texts); i++)
		*texts[i] = str_dup(a, *texts[i]);
	e->refs = arena_array(a, ev->n_refs + 1, sizeof(*e->refs));
	for (i = 0; i < ev->n_refs; i++) {
		e->refs[i] = ev->refs[i];
		e->refs[i].key = str_dup(a, ev->refs[i].key);
	}
	e->fields = e->record = NULL;
	return e;
}

static bool
one_record(void *ctx, size_t index, struct str prefix, const struct record *rec,
    const struct refusal *why)
{
	struct inlined *in = ctx;
	struct event ev;

	(void)index;
	(void)prefix;
	in->n++;
	if (why != NULL) {
		in->why = *why;
		return in->n < 2;
	}
	if (!norm_event(in->r->a, in->r->doc, rec, &ev, &in->why))
		return in->n < 2;
	tag_event(in->r->tagger, &ev);
	in->ev = kept(in->r->a, &ev);
	return in->n < 2;
}

static bool
read_inline(struct reading *r, struct str text, const struct event **ev)
{
	struct body_shape shape = {
		.record_max = (size_t)r->app->conf->record_max };
	struct inlined in = { .r = r };

	if (norm_split(r->a, text, &shape, one_record, &in) != JSON_OK ||
	    in.n != 1) {
		refuse(r, STR(""), "is not one event");
		return false;
	}
	if (in.ev == NULL) {
		refuse(r, str_of(in.why.field), in.why.detail);
		return false;
	}
	*ev = in.ev;
	return true;
}

/* ---- one alert --------------------------------------------------------- */

static bool
take_id(struct reading *r, const struct json *v, const char *name,
    struct str *out)
{
	const struct json *m = json_get(v, name);

	if (json_type(m) == JSON_NULL)
		return true;
	if (json_type(m) != JSON_STRING || json_str(m).len == 0) {
		refuse(r, str_printf(r->a, "/%s", name), "must be a string");
		return false;
	}
	*out = str_dup(r->a, json_str(m));
	return true;
}

/* A string, or a number as it is written. Left out, it is the id that the
 * alert has beside it, or its place in the list. */
static bool
take_alert_id(struct reading *r, const struct json *v, struct triage_alert *al)
{
	const struct json *m = json_get(v, "alert_id");

	if (json_type(m) == JSON_INT)
		al->alert_id = str_dup(r->a, json_scalar(r->a, m));
	else if (!take_id(r, v, "alert_id", &al->alert_id))
		return false;
	if (al->alert_id.len == 0)
		al->alert_id = al->event_id.len > 0 ? al->event_id :
		    al->chain_id;
	if (al->alert_id.len == 0)
		al->alert_id = str_printf(r->a, "%zu", r->index);
	return true;
}

static void
read_alert(struct reading *r, struct str text)
{
	struct triage_alert al = { 0 };
	struct json_span span;
	struct str rest = text;
	enum json_fault fault = json_scan(&rest, &span);
	const struct json *v;

	if (fault != JSON_OK) {
		refuse(r, STR(""), json_fault_text(fault));
		return;
	}
	if (span.first != '{') {
		refuse(r, STR(""), "must be an object");
		return;
	}
	v = json_parse(r->doc, span.text);
	if (!take_id(r, v, "event_id", &al.event_id) ||
	    !take_id(r, v, "chain_id", &al.chain_id) ||
	    !take_alert_id(r, v, &al))
		return;
	if (al.event_id.len == 0 && al.chain_id.len == 0 &&
	    !read_inline(r, span.text, &al.inlined))
		return;
	r->alerts = arena_grow(r->a, r->alerts, &r->room, r->n + 1,
	    sizeof(al));
	r->alerts[r->n++] = al;
}

/* ---- the body ---------------------------------------------------------- */

/* The text of "alerts". A value inside it that is faulty is its alert's
 * business; *fault says that there is one. */
static enum rc
find_list(const struct request *rq, struct reply *rp, struct str *list,
    enum json_fault *fault)
{
	struct str rest = str_trim(rq->body);
	struct json_span span;

	*list = (struct str){ 0 };
	*fault = JSON_OK;
	if (rest.len == 0)
		return reply_bad_field(rp, STR("/alerts"), "is required");
	*fault = json_scan(&rest, &span);
	if (*fault == JSON_OK && str_trim(rest).len > 0)
		*fault = JSON_SYNTAX;
	if (*fault == JSON_SYNTAX || *fault == JSON_CUT ||
	    str_trim(rest).len > 0)
		return reply_problem(rp, RC_MALFORMED, "the body %s",
		    json_fault_text(*fault));
	if (span.first != '{')
		return reply_bad_field(rp, STR(""),
		    "the body must be a JSON object");
	if (!json_member_span(span.text, "alerts", list))
		return reply_bad_field(rp, STR("/alerts"), "is required");
	if (list->p[0] != '[')
		return reply_bad_field(rp, STR("/alerts"), "must be an array");
	return RC_OK;
}

static enum rc
read_body(const struct request *rq, struct reply *rp, struct reading *r)
{
	struct json_walk walk;
	struct str list, value;
	enum json_fault fault;
	size_t i;
	enum rc rc = find_list(rq, rp, &list, &fault);

	if (rc != RC_OK)
		return rc;
	for (walk = json_into(list); json_next_element(&walk, &value);
	    r->index++) {
		if (r->index == TRIAGE_ALERTS_MAX)
			return reply_bad_field(rp, STR("/alerts"),
			    "must hold at most %d alerts", TRIAGE_ALERTS_MAX);
		read_alert(r, value);
	}
	if (r->index == 0)
		return reply_bad_field(rp, STR("/alerts"), "is empty");
	if (fault != JSON_OK && r->n_refused == 0)
		return reply_problem(rp, RC_MALFORMED, "the body %s",
		    json_fault_text(fault));
	if (r->n > 0)
		return RC_OK;
	for (i = 0; i < r->n_refused && i < PROBLEM_ERRORS_MAX; i++)
		(void)reply_bad_field(rp, r->refused[i].pointer, "%.*s",
		    STR_ARG(r->refused[i].detail));
	return reply_problem(rp, RC_INVALID, "none of %zu alerts is "
	    "acceptable", r->index);
}

static void
put_errors(struct jw *w, const struct reading *r)
{
	size_t i;

	jw_key(w, "errors");
	jw_array(w);
	for (i = 0; i < r->n_refused; i++) {
		jw_object(w);
		jw_key_i(w, "index", (int64_t)r->refused[i].index);
		jw_key_s(w, "pointer", r->refused[i].pointer);
		jw_key_s(w, "detail", r->refused[i].detail);
		jw_object_end(w);
	}
	jw_array_end(w);
}

/* Once a day, by who comes first. What cannot be kept now is learnt again by
 * the next request. */
static enum rc
learn(struct graph *g, const struct request *rq)
{
	struct str text;
	bool learnt, foreign;
	enum rc rc = triage_learn(g, rq->mem, clock_now_ns(), &learnt, &text);

	if (rc != RC_OK || !learnt)
		return rc;
	rc = graph_begin(g, &foreign);
	if (rc == RC_OK)
		rc = graph_set_text(g, TRIAGE_WEIGHTS, text);
	if (rc == RC_OK)
		rc = graph_commit(g);
	else
		graph_rollback(g);
	if (rc != RC_OK)
		log_warn("id=%s learnt weights are not kept", rq->id);
	return RC_OK;
}

static enum rc
answer(struct app *app, const struct request *rq, struct reply *rp,
    struct reading *r)
{
	size_t *order = arena_array(rq->mem, r->n + 1, sizeof(*order));
	struct suppress *s = NULL;
	struct graph *g;
	struct jw w;
	enum rc rc = store_graph(app->store, rq->tenant, &g);

	if (rc == RC_OK)
		rc = learn(g, rq);
	if (rc == RC_OK)
		rc = suppress_load(app->store, g, rq->mem, rq->tenant,
		    clock_now_ns(), &s);
	if (rc == RC_OK)
		rc = triage_alerts(g, rq->mem, s, r->alerts, r->n, order);
	if (rc != RC_OK)
		return rc;
	w = reply_json(rp);
	jw_object(&w);
	triage_put(&w, s, r->alerts, r->n, order);
	triage_put_learning(&w, g, rq->mem);
	put_errors(&w, r);
	jw_object_end(&w);
	return RC_OK;
}

static enum rc
post(struct app *app, const struct request *rq, struct reply *rp)
{
	struct reading r = { .app = app, .a = rq->mem };
	enum rc rc = packs_take(app->own, app->store, rq->tenant, &r.tagger);

	if (rc != RC_OK)
		return rc;
	r.doc = json_doc_new();
	rc = read_body(rq, rp, &r);
	json_doc_free(r.doc);
	if (rc == RC_OK)
		rc = answer(app, rq, rp, &r);
	packs_give(app->own, r.tagger);
	return rc;
}

static enum rc
start(struct app *app)
{
	struct packs *p = NULL;
	enum rc rc = packs_open(app->conf->rules, &p);

	if (rc == RC_OK)
		app->own = p;
	return rc;
}

static void
stop(struct app *app)
{
	packs_close(app->own);
}

static const struct route routes[] = {
	{ METHOD_POST, "/ai/triage", SCOPE_AI, ROUTE_CONSOLE | ROUTE_BIG,
	    post },
};

int
main(void)
{
	return serve_endpoint(&(struct endpoint){
		.name = "triage",
		.routes = routes,
		.n_routes = COUNT(routes),
		.start = start,
		.needs = CONFINE_JIT,	/* the rules' regular expressions */
		.stop = stop,
	});
}
