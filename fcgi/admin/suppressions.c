/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET    /admin/suppressions          200 {"tenant","suppressions",
 *                                     "hits_complete"}; ?tenant=
 * POST   /admin/suppressions          201; 409 unless "confirm" where it covers
 *                                     a true positive or most of what is seen
 * POST   /admin/suppressions/preview  200 what it would hide, of the last days
 * GET    /admin/suppressions/{id}     200
 * PATCH  /admin/suppressions/{id}     200 name, reason, expires_in, enabled
 * DELETE /admin/suppressions/{id}     204
 *
 * What a rule covers is fixed when it is made: another match is another rule,
 * with a preview and a line in the audit log of its own. What rules mean stands
 * in suppress.h.
 */
#include "panel.h"

#include "suppress.h"

enum { DAY_S = 86400 };

/* A tenant's rules are its own, and so is the graph that they are asked of. */
struct desk {
	struct app *app;
	const struct request *rq;
	struct reply *rp;
	struct tenant t;
	struct graph *g;
	int64_t now_ns;
};

static enum rc
desk_open(struct desk *d, struct app *app, const struct request *rq,
    struct reply *rp)
{
	enum rc rc;

	*d = (struct desk){ .app = app, .rq = rq, .rp = rp,
		.now_ns = clock_now_ns() };
	rc = panel_tenant(app, rq, rp, &d->t);
	return rc == RC_OK ? store_graph(app->store, d->t.id, &d->g) : rc;
}

/* The rule of the path, its hits counted up to now. */
static enum rc
find(struct desk *d, struct suppression *s)
{
	bool all;
	enum rc rc = suppress_count(d->app->store, d->g, d->rq->mem, d->t.id,
	    &all);

	if (rc == RC_OK)
		rc = control_suppression_get(d->app->store, d->rq->mem,
		    d->t.id, d->rq->segment[2], s);
	if (rc == RC_ABSENT)
		return reply_problem(d->rp, rc, "there is no such suppression "
		    "rule");
	return rc;
}

static enum rc
answer(struct desk *d, const struct suppression *s)
{
	struct jw w = reply_json(d->rp);

	suppress_put_rule(&w, s, d->now_ns);
	return RC_OK;
}

/* ---- what is asked for ------------------------------------------------------- */

static enum rc
match_read(struct reply *rp, const struct json *v, struct suppression *s)
{
	const struct json *m = json_get(v, "match"), *one;
	enum suppress_field at;
	const char *fault;
	int i;

	if (json_type(m) != JSON_OBJECT)
		return reply_bad_field(rp, STR("/match"), "is required: an "
		    "object of patterns");
	for (i = 0; i < SUPPRESS__MAX; i++) {
		one = json_get(m, suppress_field_name((enum suppress_field)i));
		if (json_type(one) == JSON_NULL)
			continue;
		if (json_type(one) != JSON_STRING || json_str(one).len == 0)
			return reply_bad_field(rp, str_printf(rp->mem,
			    "/match/%s", suppress_field_name(
			    (enum suppress_field)i)), "must be a pattern");
		s->match[i] = str_dup(rp->mem, json_str(one));
	}
	fault = suppress_match_fault(s->match, &at);
	if (fault == NULL)
		return RC_OK;
	if (at == SUPPRESS__MAX)
		return reply_bad_field(rp, STR("/match"), "%s", fault);
	return reply_bad_field(rp, str_printf(rp->mem, "/match/%s",
	    suppress_field_name(at)), "%s", fault);
}

struct unknown { const char *found; struct arena *a; };

/* A condition that we do not know would be one that does not hold back. */
static void
note_unknown(void *ctx, struct str name, const struct json *v)
{
	struct unknown *u = ctx;
	int i;

	(void)v;
	for (i = 0; i < SUPPRESS__MAX; i++)
		if (str_is(name, suppress_field_name((enum suppress_field)i)))
			return;
	u->found = str_c(u->a, name);
}

static enum rc
match_known(struct reply *rp, const struct json *v)
{
	struct unknown u = { NULL, rp->mem };

	if (json_type(json_get(v, "match")) == JSON_OBJECT)
		json_each(json_get(v, "match"), note_unknown, &u);
	if (u.found == NULL)
		return RC_OK;
	return reply_bad_field(rp, STR("/match"), "knows no condition %.40s",
	    u.found);
}

static enum rc
text_read(struct reply *rp, const struct json *v, const char *name,
    size_t most, struct str *s)
{
	const char *fault;
	enum rc rc = RC_OK;

	if (json_type(json_get(v, name)) != JSON_NULL)
		rc = ask_text(rp, v, name, s);
	fault = rc == RC_OK ? suppress_text_fault(*s, most) : NULL;
	if (fault != NULL)
		return reply_bad_field(rp, str_printf(rp->mem, "/%s", name),
		    "%s", fault);
	*s = str_dup(rp->mem, *s);
	return rc;
}

static enum rc
bool_read(struct reply *rp, const struct json *v, const char *name, bool *yes)
{
	const struct json *m = json_get(v, name);

	if (json_type(m) == JSON_NULL)
		return RC_OK;
	if (json_type(m) != JSON_BOOL)
		return reply_bad_field(rp, str_printf(rp->mem, "/%s", name),
		    "must be true or false");
	*yes = json_bool(m);
	return RC_OK;
}

/* What may be changed; members that are not there leave *s as it was. */
static enum rc
terms_read(struct desk *d, const struct json *v, struct suppression *s)
{
	int64_t span_s = 0;
	enum rc rc = text_read(d->rp, v, "name", SUPPRESS_NAME_MOST, &s->name);

	if (rc == RC_OK)
		rc = text_read(d->rp, v, "reason", SUPPRESS_REASON_MOST,
		    &s->reason);
	if (rc == RC_OK)
		rc = panel_span(d->rp, v, "expires_in", 1, SUPPRESS_DAYS_MOST *
		    DAY_S, &span_s);
	if (rc == RC_OK && span_s > 0)
		s->expires_ns = d->now_ns + span_s * NS_PER_S;
	return rc == RC_OK ? bool_read(d->rp, v, "enabled", &s->enabled) : rc;
}

/* ---- the calls ------------------------------------------------------------------ */

enum rc
suppressions_get(struct app *app, const struct request *rq, struct reply *rp)
{
	struct suppression *s;
	struct desk d;
	struct jw w;
	size_t n, i;
	bool all;
	enum rc rc = desk_open(&d, app, rq, rp);

	if (rc == RC_OK)
		rc = suppress_count(app->store, d.g, rq->mem, d.t.id, &all);
	if (rc == RC_OK)
		rc = control_suppressions(app->store, rq->mem, d.t.id, &s, &n);
	if (rc != RC_OK)
		return rc;
	w = reply_json(rp);
	jw_object(&w);
	jw_key_s(&w, "tenant", d.t.name);
	jw_key(&w, "suppressions");
	jw_array(&w);
	for (i = 0; i < n; i++)
		suppress_put_rule(&w, &s[i], d.now_ns);
	jw_array_end(&w);
	jw_key_b(&w, "hits_complete", all);
	jw_object_end(&w);
	return RC_OK;
}

enum rc
suppression_get(struct app *app, const struct request *rq, struct reply *rp)
{
	struct suppression s;
	struct desk d;
	enum rc rc = desk_open(&d, app, rq, rp);

	if (rc == RC_OK)
		rc = find(&d, &s);
	return rc == RC_OK ? answer(&d, &s) : rc;
}

static enum rc
add(struct desk *d, const struct json *v)
{
	struct suppression s = { .tenant = d->t.id, .enabled = true,
		.expires_ns = d->now_ns + SUPPRESS_DAYS * DAY_S * NS_PER_S };
	const char *doubt;
	bool sure = false;
	enum rc rc = match_known(d->rp, v);

	if (rc == RC_OK)
		rc = match_read(d->rp, v, &s);
	if (rc == RC_OK)
		rc = terms_read(d, v, &s);
	if (rc == RC_OK)
		rc = bool_read(d->rp, v, "confirm", &sure);
	if (rc != RC_OK)
		return rc;
	rc = suppress_add(d->app->store, d->g, d->rq->mem, d->rq->who, &s,
	    sure, d->now_ns, &doubt);
	if (rc == RC_EXISTS && doubt != NULL)
		return reply_problem(d->rp, rc, "%s; send \"confirm\": true if "
		    "that is meant", doubt);
	if (rc == RC_TOO_MANY)
		return reply_problem(d->rp, RC_INVALID, "the tenant has %d "
		    "suppression rules; remove some first", SUPPRESSIONS_MOST);
	if (rc != RC_OK)
		return rc;
	panel_created(d->rq, d->rp, str_printf(d->rp->mem,
	    "/admin/suppressions/%.*s", STR_ARG(s.id)));
	return answer(d, &s);
}

static enum rc
change(struct desk *d, const struct json *v)
{
	struct suppression s;
	enum rc rc = find(d, &s);

	if (rc == RC_OK && json_type(json_get(v, "match")) != JSON_NULL)
		rc = reply_bad_field(d->rp, STR("/match"), "cannot be changed: "
		    "make another rule, which has its own preview");
	if (rc == RC_OK)
		rc = terms_read(d, v, &s);
	if (rc == RC_OK)
		rc = suppress_change(d->app->store, d->g, d->rq->mem,
		    d->rq->who, &s, d->now_ns);
	return rc == RC_OK ? answer(d, &s) : rc;
}

static enum rc
preview(struct desk *d, const struct json *v)
{
	struct suppression s = { .tenant = d->t.id, .enabled = true };
	int64_t days = SUPPRESS_DAYS;
	struct preview p;
	struct jw w;
	enum rc rc = match_known(d->rp, v);

	if (rc == RC_OK)
		rc = match_read(d->rp, v, &s);
	if (rc == RC_OK)
		rc = panel_int(d->rp, v, "days", 1, SUPPRESS_DAYS_MOST, &days);
	if (rc == RC_OK)
		rc = suppress_preview(d->app->store, d->g, d->rq->mem, &s,
		    d->now_ns - days * DAY_S * NS_PER_S, d->now_ns, &p);
	if (rc == RC_TOO_MANY)
		return reply_problem(d->rp, RC_INVALID, "the tenant has %d "
		    "suppression rules; remove some first", SUPPRESSIONS_MOST);
	if (rc != RC_OK)
		return rc;
	w = reply_json(d->rp);
	suppress_put_preview(&w, d->rq->mem, &p);
	return RC_OK;
}

static enum rc
with_body(struct app *app, const struct request *rq, struct reply *rp,
    enum rc (*f)(struct desk *d, const struct json *v))
{
	struct json_doc *doc;
	const struct json *v;
	struct desk d;
	enum rc rc = desk_open(&d, app, rq, rp);

	if (rc != RC_OK)
		return rc;
	doc = json_doc_new();
	rc = ask_body(rq, rp, doc, &v);
	if (rc == RC_OK)
		rc = f(&d, v);
	json_doc_free(doc);
	return rc;
}

enum rc
suppressions_post(struct app *app, const struct request *rq, struct reply *rp)
{
	return with_body(app, rq, rp, add);
}

enum rc
suppressions_preview(struct app *app, const struct request *rq,
    struct reply *rp)
{
	return with_body(app, rq, rp, preview);
}

enum rc
suppression_patch(struct app *app, const struct request *rq, struct reply *rp)
{
	return with_body(app, rq, rp, change);
}

enum rc
suppression_delete(struct app *app, const struct request *rq,
    struct reply *rp)
{
	struct suppression s;
	struct desk d;
	enum rc rc = desk_open(&d, app, rq, rp);

	if (rc == RC_OK)
		rc = find(&d, &s);
	rp->status = 204;
	return rc == RC_OK ? suppress_end(app->store, rq->who, &s, d.now_ns) :
	    rc;
}
