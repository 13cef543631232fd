/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET    /admin/session  200 who is signed in, or null; no key needed
 * POST   /admin/session  200 signed in, the cookie is set; 401, 429; no key
 * PATCH  /admin/session  204 a new password; all sessions end
 * DELETE /admin/session  204 signed out; no key needed
 * POST   /admin/claim    201 the account that a one-time token stands for; 404
 *
 * All that change something are taken from the panel's own pages only
 * (X-TRACE-Panel), the sign-in too: nobody is signed in as somebody else.
 */
#include "panel.h"

#include "session.h"

enum { SIGN_IN_RATE = 20 };	/* tries a minute of one client address */

static void
cookie_set(const struct request *rq, struct reply *rp, const char *token,
    int64_t most_s)
{
	reply_header(rp, "Set-Cookie", str_printf(rp->mem, "%s=%s; Path=/;"
	    " Max-Age=%lld; HttpOnly; SameSite=Strict%s",
	    rq->tls ? SESSION_COOKIE_TLS : SESSION_COOKIE, token,
	    (long long)most_s, rq->tls ? "; Secure" : ""));
}

static struct session_span
span_of(const struct app *app)
{
	return (struct session_span){ app->conf->session_idle_s,
		app->conf->session_most_s };
}

static void
session_json(struct reply *rp, const struct app *app, const struct session *s,
    bool first_visit)
{
	struct session_span span = span_of(app);
	struct jw w = reply_json(rp);

	jw_object(&w);
	jw_key(&w, "administrator");
	if (s == NULL) {
		jw_null(&w);
	} else {
		jw_object(&w);
		jw_key_s(&w, "name", s->name);
		jw_key_c(&w, "role", s->tenant == 0 ? "operator" : "admin");
		jw_key(&w, "tenant");
		if (s->tenant == 0)
			jw_null(&w);
		else
			jw_str(&w, s->tenant_name);
		jw_object_end(&w);
	}
	panel_time(&w, "ends_at", s == NULL ? 0
	    : s->created_ns + span.most_s * NS_PER_S);
	jw_key_i(&w, "idle_s", span.idle_s);
	jw_key_b(&w, "first_visit", first_visit);
	jw_object_end(&w);
}

/* The open routes look for themselves whose cookie came along. */
static enum rc
find(struct app *app, const struct request *rq, struct session *s)
{
	return session_check(app->store, rq->mem, serve_session_cookie(rq),
	    span_of(app), clock_now_ns(), s);
}

enum rc
session_get(struct app *app, const struct request *rq, struct reply *rp)
{
	struct administrator *all;
	struct session s;
	size_t n = 0;
	enum rc rc;

	if (app->store == NULL)
		return reply_problem(rp, RC_BUSY, "%s", app->trouble != NULL
		    ? app->trouble : "the store is not open");
	rc = find(app, rq, &s);
	if (rc == RC_OK) {
		session_json(rp, app, &s, false);
		return RC_OK;
	}
	if (rc != RC_UNAUTHORISED)
		return rc;
	rc = control_administrators(app->store, rq->mem, CONTROL_ALL, &all,
	    &n);
	if (rc == RC_OK)
		session_json(rp, app, NULL, n == 0);
	return rc;
}

/* ---- sign-in ------------------------------------------------------------------ */

static enum rc
wait_told(struct reply *rp, int64_t wait_s)
{
	reply_header(rp, "Retry-After",
	    str_printf(rp->mem, "%lld", (long long)wait_s));
	return reply_problem(rp, RC_TOO_MANY, "too many tries from this"
	    " address; try again in %lld s", (long long)wait_s);
}

/* Hashing passwords is dear: strangers get few tries. */
static enum rc
try_allowed(struct app *app, const struct request *rq, struct reply *rp,
    const struct addr *from)
{
	char client[ADDR_NAME] = "unknown";
	struct bucket b;
	enum rc rc;

	if (from != NULL)
		addr_client_name(from, client);
	rc = store_bucket(app->store, str_printf(rq->mem, "l:%s", client),
	    SIGN_IN_RATE, 1, clock_now_ns(), &b);
	if (rc == RC_OK && !b.taken)
		return wait_told(rp, b.retry_s);
	return rc;
}

/* Members of the body, copied out of the tree; NULL ends the names. */
static enum rc
texts_read(const struct request *rq, struct reply *rp, const char *const *name,
    struct str *out)
{
	struct json_doc *doc = json_doc_new();
	const struct json *v;
	enum rc rc = ask_body(rq, rp, doc, &v);
	size_t i;

	for (i = 0; rc == RC_OK && name[i] != NULL; i++) {
		out[i] = (struct str){ "", 0 };
		rc = ask_text(rp, v, name[i], &out[i]);
		if (rc == RC_OK && out[i].len == 0)
			rc = reply_bad_field(rp, str_printf(rp->mem, "/%s",
			    name[i]), "is needed");
		if (rc == RC_OK)
			out[i] = str_dup(rp->mem, out[i]);
	}
	json_doc_free(doc);
	return rc;
}

/* What stands before every call of a stranger that tries a secret. */
static enum rc
stranger(struct app *app, const struct request *rq, struct reply *rp,
    const char *const *names, struct str *out, struct addr *from,
    const struct addr **known)
{
	enum rc rc;

	if (app->store == NULL)
		return reply_problem(rp, RC_BUSY, "the store is not open");
	rc = serve_from_panel(rq, rp);
	if (rc == RC_OK)
		rc = texts_read(rq, rp, names, out);
	*known = addr_parse(rq->remote_addr, from) ? from : NULL;
	return rc == RC_OK ? try_allowed(app, rq, rp, *known) : rc;
}

enum rc
session_post(struct app *app, const struct request *rq, struct reply *rp)
{
	static const char *const names[] = { "name", "password", NULL };
	struct session_span span = span_of(app);
	int64_t now_ns = clock_now_ns(), wait_s;
	char token[SESSION_TEXT];
	const struct addr *from;
	struct addr room;
	struct session s;
	struct str in[2];
	enum rc rc = stranger(app, rq, rp, names, in, &room, &from);

	if (rc != RC_OK)
		return rc;
	rc = control_sessions_prune(app->store,
	    now_ns - span.idle_s * NS_PER_S, now_ns - span.most_s * NS_PER_S);
	if (rc == RC_OK)
		rc = session_sign_in(app->store, rq->mem, in[0], in[1], from,
		    now_ns, token, &s, &wait_s);
	if (rc == RC_TOO_MANY)
		return wait_told(rp, wait_s);
	if (rc == RC_UNAUTHORISED)
		return reply_problem(rp, rc, "name or password is wrong");
	if (rc == RC_OK)
		rc = store_audit(app->store, now_ns, str_printf(rq->mem,
		    "admin:%.*s", STR_ARG(s.name)), s.tenant,
		    STR("session.begin"), rq->remote_addr);
	if (rc != RC_OK)
		return rc;
	cookie_set(rq, rp, token, span.most_s);
	session_json(rp, app, &s, false);
	return RC_OK;
}

enum rc
claim_post(struct app *app, const struct request *rq, struct reply *rp)
{
	static const char *const names[] = { "token", "name", "password",
		NULL };
	const struct addr *from;
	struct addr room;
	struct str in[3];
	const char *fault;
	struct jw w;
	enum rc rc = stranger(app, rq, rp, names, in, &room, &from);

	if (rc != RC_OK)
		return rc;
	if (!administrator_name_ok(in[1]))
		return reply_bad_field(rp, STR("/name"), "must be 1 to %d bytes"
		    " without control characters", NAME_MOST);
	fault = password_fault(in[1], in[2]);
	if (fault != NULL)
		return reply_bad_field(rp, STR("/password"), "%s", fault);
	rc = invitation_redeem(app->store, rq->mem, in[0], in[1], in[2],
	    clock_now_ns());
	if (rc == RC_ABSENT)
		return reply_problem(rp, rc, "the token is unknown, used, older"
		    " than a day, or for another name");
	if (rc == RC_EXISTS)
		return reply_problem(rp, rc, "the name is taken");
	if (rc != RC_OK)
		return rc;
	rp->status = 201;
	w = reply_json(rp);
	jw_object(&w);
	jw_key_s(&w, "name", in[1]);
	jw_object_end(&w);
	return RC_OK;
}

/* ---- the one who is signed in ------------------------------------------------- */

enum rc
session_patch(struct app *app, const struct request *rq, struct reply *rp)
{
	static const char *const names[] = { "password", "new_password",
		NULL };
	int64_t now_ns = clock_now_ns(), wait_s;
	const struct addr *from;
	struct addr room;
	struct session s;
	struct str in[2];
	const char *fault;
	enum rc rc = stranger(app, rq, rp, names, in, &room, &from);

	if (rc == RC_OK)
		rc = find(app, rq, &s);
	if (rc == RC_UNAUTHORISED)
		return reply_problem(rp, rc, "sign in first");
	if (rc != RC_OK)
		return rc;
	fault = password_fault(s.name, in[1]);
	if (fault != NULL)
		return reply_bad_field(rp, STR("/new_password"), "%s", fault);
	rc = session_confirm(app->store, rq->mem, &s, in[0], from, now_ns,
	    &wait_s);
	if (rc == RC_TOO_MANY)
		return wait_told(rp, wait_s);
	if (rc == RC_UNAUTHORISED)
		return reply_bad_field(rp, STR("/password"), "is wrong");
	if (rc == RC_OK)
		rc = session_password(app->store, rq->mem, &s, in[1], now_ns);
	rp->status = 204;
	return rc;
}

enum rc
session_delete(struct app *app, const struct request *rq, struct reply *rp)
{
	struct session s;
	enum rc rc;

	if (app->store == NULL)
		return RC_BUSY;
	rc = serve_from_panel(rq, rp);
	if (rc != RC_OK)
		return rc;
	rp->status = 204;
	cookie_set(rq, rp, "", 0);
	rc = find(app, rq, &s);
	if (rc != RC_OK)
		return rc == RC_UNAUTHORISED ? RC_OK : rc;
	rc = session_end(app->store, serve_session_cookie(rq));
	return rc == RC_OK ? store_audit(app->store, clock_now_ns(),
	    str_printf(rq->mem, "admin:%.*s", STR_ARG(s.name)), s.tenant,
	    STR("session.end"), STR("")) : rc;
}
