/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET   /admin/tenants         200 {"tenants"}, operators
 * POST  /admin/tenants         201, operators; 409 if the name is taken
 * GET   /admin/tenants/{name}  200; a tenant's own administrator sees its own
 * PATCH /admin/tenants/{name}  200, operators: plan, rate, retention_days
 */
#include "panel.h"

#include "tenancy.h"

/* What a body may say of a tenant. */
struct wish {
	struct str name, plan;
	int64_t rate, retention_days;	/* -1: not said */
};

static void
tenant_members(struct jw *w, struct app *app, const struct tenant *t)
{
	jw_key_s(w, "name", t->name);
	jw_key_s(w, "plan", t->plan);
	jw_key_i(w, "rate", t->rate);
	jw_key_i(w, "retention_days", t->retention_days);
	panel_time(w, "created_at", t->created_ns);
	jw_key_i(w, "storage_bytes", control_tenant_bytes(app->store, t));
}

static enum rc
tenant_answer(struct app *app, struct reply *rp, const struct tenant *t)
{
	struct jw w = reply_json(rp);

	jw_object(&w);
	tenant_members(&w, app, t);
	jw_object_end(&w);
	return RC_OK;
}

static enum rc
wish_read(struct reply *rp, const struct json *v, struct wish *w)
{
	enum rc rc = ask_text(rp, v, "name", &w->name);
	int64_t n;

	w->rate = w->retention_days = -1;
	if (rc == RC_OK)
		rc = ask_text(rp, v, "plan", &w->plan);
	if (rc == RC_OK && w->plan.len > 0 && !plan_rate(w->plan, &n))
		rc = reply_bad_field(rp, STR("/plan"),
		    "must be standard or enterprise");
	if (rc == RC_OK)
		rc = panel_int(rp, v, "rate", 0, TENANT_RATE_MOST, &w->rate);
	if (rc == RC_OK)
		rc = panel_int(rp, v, "retention_days", 1, RETENTION_DAYS_MOST,
		    &w->retention_days);
	w->name = str_dup(rp->mem, w->name);
	w->plan = str_dup(rp->mem, w->plan);
	return rc;
}

static enum rc
body_read(const struct request *rq, struct reply *rp, struct wish *w)
{
	struct json_doc *doc = json_doc_new();
	const struct json *v;
	enum rc rc = ask_body(rq, rp, doc, &v);

	*w = (struct wish){ 0 };
	if (rc == RC_OK)
		rc = wish_read(rp, v, w);
	json_doc_free(doc);
	return rc;
}

static enum rc
set(struct app *app, const struct request *rq, const struct wish *w,
    struct tenant *t)
{
	return tenant_change(app->store, rq->mem, rq->who, t, w->plan, w->rate,
	    w->retention_days);
}

enum rc
tenants_get(struct app *app, const struct request *rq, struct reply *rp)
{
	struct tenant *t;
	struct jw w;
	size_t n, i;
	enum rc rc = store_tenants(app->store, rq->mem, &t, &n);

	if (rc != RC_OK)
		return rc;
	w = reply_json(rp);
	jw_object(&w);
	jw_key(&w, "tenants");
	jw_array(&w);
	for (i = 0; i < n; i++) {
		jw_object(&w);
		tenant_members(&w, app, &t[i]);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
	return RC_OK;
}

enum rc
tenants_post(struct app *app, const struct request *rq, struct reply *rp)
{
	struct str plan = STR("standard");
	int64_t rate = 0;
	struct tenant t;
	struct wish w;
	enum rc rc = body_read(rq, rp, &w);

	if (rc != RC_OK)
		return rc;
	if (!tenant_name_ok(w.name))
		return reply_bad_field(rp, STR("/name"),
		    "must be 1 to %d of A-Z a-z 0-9 . _ -", TENANT_NAME_MOST);
	if (w.plan.len > 0)
		plan = w.plan;
	if (!plan_rate(plan, &rate))
		return RC_FAIL;
	rc = store_tenant_add(app->store, rq->mem, w.name, plan, rate, &t);
	if (rc == RC_EXISTS)
		return reply_problem(rp, rc, "there is a tenant of that name");
	if (rc == RC_OK)
		rc = panel_audit(app, rq, t.id, "tenant.add", t.name);
	if (rc == RC_OK && (w.rate >= 0 || w.retention_days > 0))
		rc = set(app, rq, &w, &t);
	if (rc != RC_OK)
		return rc;
	panel_created(rq, rp, str_printf(rp->mem, "/admin/tenants/%.*s",
	    STR_ARG(t.name)));
	return tenant_answer(app, rp, &t);
}

enum rc
tenant_get(struct app *app, const struct request *rq, struct reply *rp)
{
	struct tenant t;
	enum rc rc = panel_tenant_named(app, rq, rp, rq->segment[2], &t);

	return rc == RC_OK ? tenant_answer(app, rp, &t) : rc;
}

enum rc
tenant_patch(struct app *app, const struct request *rq, struct reply *rp)
{
	struct tenant t;
	struct wish w;
	enum rc rc = panel_tenant_named(app, rq, rp, rq->segment[2], &t);

	if (rc == RC_OK)
		rc = body_read(rq, rp, &w);
	if (rc == RC_OK && w.name.len > 0 && !str_eq(w.name, t.name))
		rc = reply_bad_field(rp, STR("/name"),
		    "a tenant keeps its name");
	if (rc == RC_OK)
		rc = set(app, rq, &w, &t);
	return rc == RC_OK ? tenant_answer(app, rp, &t) : rc;
}
