/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET    /admin/administrators         200; operators see all, others their
 *                                      own tenant's
 * POST   /admin/administrators         201 a one-time token, shown once: for a
 *                                      new administrator ("tenant"; operators
 *                                      may leave it out for an operator), or
 *                                      with "name" for that one's new password
 * DELETE /admin/administrators/{name}  204; 409 for the last operator
 */
#include "panel.h"

#include "session.h"

static enum rc
list(struct app *app, const struct request *rq, struct administrator **p,
    size_t *n)
{
	return control_administrators(app->store, rq->mem,
	    is_operator(rq) ? CONTROL_ALL : rq->tenant, p, n);
}

enum rc
administrators_get(struct app *app, const struct request *rq,
    struct reply *rp)
{
	struct administrator *p;
	struct jw w;
	size_t n, i;
	enum rc rc = list(app, rq, &p, &n);

	if (rc != RC_OK)
		return rc;
	w = reply_json(rp);
	jw_object(&w);
	jw_key(&w, "administrators");
	jw_array(&w);
	for (i = 0; i < n; i++) {
		jw_object(&w);
		jw_key_s(&w, "name", p[i].name);
		jw_key_c(&w, "role", p[i].tenant == 0 ? "operator" : "admin");
		jw_key(&w, "tenant");
		if (p[i].tenant == 0)
			jw_null(&w);
		else
			jw_str(&w, p[i].tenant_name);
		panel_time(&w, "created_at", p[i].created_ns);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
	return RC_OK;
}

/* One whom the asker may touch: all for an operator, else of the own tenant. */
static enum rc
find(struct app *app, const struct request *rq, struct reply *rp,
    struct str name, struct administrator *who)
{
	enum rc rc = control_administrator_named(app->store, rq->mem, name,
	    who);

	if (rc == RC_OK && !is_operator(rq) && who->tenant != rq->tenant)
		rc = RC_ABSENT;
	if (rc == RC_ABSENT)
		return reply_problem(rp, rc, "there is no such administrator");
	return rc;
}

static enum rc
body_read(const struct request *rq, struct reply *rp, struct str *tenant,
    struct str *name)
{
	struct json_doc *doc = json_doc_new();
	const struct json *v;
	enum rc rc = ask_body(rq, rp, doc, &v);

	if (rc == RC_OK)
		rc = ask_text(rp, v, "tenant", tenant);
	if (rc == RC_OK)
		rc = ask_text(rp, v, "name", name);
	*tenant = str_dup(rp->mem, *tenant);
	*name = str_dup(rp->mem, *name);
	json_doc_free(doc);
	return rc;
}

/* Whom the token is for. */
static enum rc
whom(struct app *app, const struct request *rq, struct reply *rp,
    struct str tenant, struct str name, int64_t *of)
{
	struct administrator who;
	struct tenant t;
	enum rc rc;

	*of = is_operator(rq) ? 0 : rq->tenant;
	if (tenant.len > 0) {
		rc = panel_tenant_named(app, rq, rp, tenant, &t);
		if (rc != RC_OK)
			return rc;
		*of = t.id;
	}
	if (name.len == 0)
		return RC_OK;
	rc = find(app, rq, rp, name, &who);
	if (rc == RC_OK)
		*of = who.tenant;
	return rc;
}

static void
token_json(struct jw *w, const char *token, int64_t now_ns)
{
	jw_object(w);
	if (token != NULL)
		jw_key_c(w, "token", token);
	else
		jw_key_b(w, "secret_already_shown", true);
	panel_time(w, "expires_at", now_ns + INVITATION_S * NS_PER_S);
	jw_object_end(w);
}

enum rc
administrators_post(struct app *app, const struct request *rq,
    struct reply *rp)
{
	struct str tenant = { "", 0 }, name = { "", 0 };
	int64_t now_ns = clock_now_ns(), of;
	char token[SESSION_TEXT];
	struct buf b;
	struct jw w;
	enum rc rc = body_read(rq, rp, &tenant, &name);

	if (rc == RC_OK)
		rc = whom(app, rq, rp, tenant, name, &of);
	if (rc == RC_OK)
		rc = invitation_make(app->store, name, of, now_ns, token);
	if (rc == RC_OK)
		rc = panel_audit(app, rq, of, "administrator.invite",
		    name.len > 0 ? name : of == 0 ? STR("an operator")
		    : STR("an administrator of the tenant"));
	if (rc != RC_OK)
		return rc;
	w = reply_json(rp);
	token_json(&w, token, now_ns);
	buf_init(&b, 4096);
	jw_init(&w, &b);
	token_json(&w, NULL, now_ns);
	rp->status = 201;
	rp->secret = true;
	rp->replay = str_dup(rp->mem, buf_str(&b));
	buf_release(&b);
	return RC_OK;
}

static enum rc
is_last_operator(struct app *app, const struct request *rq, bool *yes)
{
	struct administrator *p;
	size_t n;
	enum rc rc = control_administrators(app->store, rq->mem, 0, &p, &n);

	*yes = rc == RC_OK && n == 1;
	return rc;
}

enum rc
administrator_delete(struct app *app, const struct request *rq,
    struct reply *rp)
{
	struct administrator who;
	bool last = false;
	enum rc rc = find(app, rq, rp, rq->segment[2], &who);

	if (rc == RC_OK && who.tenant == 0)
		rc = is_last_operator(app, rq, &last);
	if (rc != RC_OK)
		return rc;
	if (last)
		return reply_problem(rp, RC_EXISTS, "this is the last operator;"
		    " invite another one first");
	rc = control_administrator_remove(app->store, who.id);
	if (rc == RC_OK)
		rc = panel_audit(app, rq, who.tenant, "administrator.remove",
		    who.name);
	rp->status = 204;
	return rc;
}
