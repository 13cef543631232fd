/* SPDX-License-Identifier: Apache-2.0 */
#include "panel.h"

static enum rc
no_tenant(struct reply *rp)
{
	return reply_problem(rp, RC_ABSENT, "there is no such tenant");
}

enum rc
panel_tenant_named(struct app *app, const struct request *rq, struct reply *rp,
    struct str name, struct tenant *t)
{
	enum rc rc = store_tenant_named(app->store, rq->mem, name, t);

	if (rc == RC_ABSENT)
		return no_tenant(rp);
	if (rc == RC_OK && !is_operator(rq) && t->id != rq->tenant)
		return no_tenant(rp);
	return rc;
}

enum rc
panel_tenant(struct app *app, const struct request *rq, struct reply *rp,
    struct tenant *t)
{
	if (request_has_param(rq, "tenant"))
		return panel_tenant_named(app, rq, rp,
		    request_param(rq, "tenant"), t);
	if (rq->tenant == 0)
		return reply_bad_field(rp, STR("/tenant"),
		    "say which tenant: ?tenant=NAME");
	return store_tenant_get(app->store, rq->mem, rq->tenant, t);
}

enum rc
panel_audit(struct app *app, const struct request *rq, int64_t tenant,
    const char *what, struct str detail)
{
	return store_audit(app->store, clock_now_ns(), rq->who, tenant,
	    str_of(what), detail);
}

static struct str
pointer_to(struct reply *rp, const char *name)
{
	return str_printf(rp->mem, "/%s", name);
}

enum rc
panel_int(struct reply *rp, const struct json *v, const char *name,
    int64_t least, int64_t most, int64_t *n)
{
	const struct json *m = json_get(v, name);

	if (json_type(m) == JSON_NULL)
		return RC_OK;
	if (json_type(m) != JSON_INT || json_int(m) < least
	    || json_int(m) > most)
		return reply_bad_field(rp, pointer_to(rp, name),
		    "must be a whole number from %lld to %lld",
		    (long long)least, (long long)most);
	*n = json_int(m);
	return RC_OK;
}

enum rc
panel_span(struct reply *rp, const struct json *v, const char *name,
    int64_t least_s, int64_t most_s, int64_t *span_s)
{
	const struct json *m = json_get(v, name);
	struct str text = json_scalar(rp->mem, m);
	int64_t n;

	if (json_type(m) == JSON_NULL)
		return RC_OK;
	if (!clock_parse_span(text, &n) || n < least_s || n > most_s)
		return reply_bad_field(rp, pointer_to(rp, name),
		    "must be a span like 90d, 24h, 30m or seconds, at least"
		    " %lld s and at most %lld d", (long long)least_s,
		    (long long)(most_s / 86400));
	*span_s = n;
	return RC_OK;
}

void
panel_time(struct jw *w, const char *name, int64_t ns)
{
	jw_key(w, name);
	if (ns == 0)
		jw_null(w);
	else
		jw_time(w, ns);
}

void
panel_created(const struct request *rq, struct reply *rp, struct str place)
{
	rp->status = 201;
	reply_header(rp, "Location", str_printf(rp->mem, "%.*s%.*s",
	    STR_ARG(rq->base), STR_ARG(place)));
}
