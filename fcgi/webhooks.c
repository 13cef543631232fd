/* SPDX-License-Identifier: Apache-2.0 */
/*
 * webhooks - who is told when something happens, and how telling went.
 *
 * GET    /webhooks                              200 {"webhooks"}
 * POST   /webhooks                              201 with its secret, this once
 * GET    /webhooks/{id}                         200
 * PATCH  /webhooks/{id}                         200
 * DELETE /webhooks/{id}                         204
 * POST   /webhooks/{id}/rotate                  200 with the new secret
 * POST   /webhooks/{id}/test                    200 the delivery
 * GET    /webhooks/{id}/deliveries              200 newest first; ?status=
 * GET    /webhooks/{id}/deliveries/{delivery}   200 with what is sent
 * POST   /webhooks/{id}/deliveries/{delivery}/redeliver   200, same id again
 *
 * All of scope admin, or by an administrator's session; for the asker's own
 * tenant, ?tenant=NAME for operators. 422 a URL that may not be sent
 * to, or more than HOOKS_A_TENANT webhooks.
 *
 * Beside answering, this process sends (lib/hooks.h).
 */
#include "ask.h"
#include "base/clock.h"
#include "confine.h"
#include "hooks.h"
#include "serve.h"

enum { OVERLAP_S = 86400, OVERLAP_MOST_S = 7 * OVERLAP_S };

struct turn {
	struct app *app;
	const struct request *rq;
	struct reply *rp;
	struct json_doc *doc;
	const struct json *v;		/* the body; NULL: empty */
	int64_t tenant;			/* whose webhooks */
	struct hook h;			/* of /webhooks/{id} */
	struct delivery d;		/* of .../deliveries/{delivery} */
	int64_t now_ns;
	const char *did;		/* for the audit log; NULL: nothing */
};

typedef enum rc step(struct turn *t);

/* ---- what a body says -------------------------------------------------------- */

static struct fetch_rule
rule_of(const struct config *c)
{
	return (struct fetch_rule){
		.allow = str_of(c->webhook_allow),
		.ports = str_of(c->webhook_ports),
		.https_only = c->webhook_https_only,
		.ca_file = c->webhook_ca[0] != '\0' ? c->webhook_ca : NULL,
	};
}

static enum rc
read_hook(struct turn *t)
{
	struct fetch_rule rule = rule_of(t->app->conf);
	struct hook_wrong w;
	enum rc rc = hook_read(&t->h, t->v, &rule, &w);

	return rc == RC_INVALID ? reply_bad_field(t->rp, str_of(w.pointer),
	    "%s", w.detail) : rc;
}

/* ---- answers ------------------------------------------------------------------- */

static void
put_hook(struct turn *t, const char *last, struct str secret)
{
	struct jw w = reply_json(t->rp);

	jw_object(&w);
	hook_put(&w, &t->h, t->now_ns);
	if (last != NULL && secret.len > 0)
		jw_key_s(&w, last, secret);
	else if (last != NULL)
		jw_key_b(&w, last, true);
	jw_object_end(&w);
}

static enum rc
show(struct turn *t)
{
	put_hook(t, NULL, STR(""));
	return RC_OK;
}

/* With the secret; a replay gets the same without it. */
static enum rc
show_secret(struct turn *t)
{
	put_hook(t, "secret_already_shown", STR(""));
	t->rp->secret = true;
	t->rp->replay = str_dup(t->rp->mem, buf_str(&t->rp->body));
	buf_clear(&t->rp->body);
	put_hook(t, "secret", t->h.secret);
	return RC_OK;
}

static enum rc
show_delivery(struct turn *t)
{
	struct jw w = reply_json(t->rp);

	hook_put_delivery_whole(&w, &t->d);
	return RC_OK;
}

/* ---- webhooks -------------------------------------------------------------------- */

static enum rc
list_step(struct turn *t)
{
	struct hook *all = NULL;
	size_t n = 0;
	struct jw w;
	enum rc rc = store_hooks(t->app->store, t->rq->mem, t->tenant, &all,
	    &n);

	if (rc != RC_OK)
		return rc;
	w = reply_json(t->rp);
	jw_object(&w);
	jw_key(&w, "webhooks");
	jw_array(&w);
	for (size_t i = 0; i < n; i++) {
		jw_object(&w);
		hook_put(&w, &all[i], t->now_ns);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
	return RC_OK;
}

static enum rc
add_step(struct turn *t)
{
	struct hook *all;
	size_t n = 0;
	enum rc rc;

	t->h = (struct hook){ .tenant = t->tenant, .enabled = true,
		.min_grade = GRADE_INFERRED, .created_ns = t->now_ns };
	rc = read_hook(t);
	if (rc == RC_OK)
		rc = store_hooks(t->app->store, t->rq->mem, t->tenant, &all,
		    &n);
	if (rc == RC_OK && n >= HOOKS_A_TENANT)
		rc = reply_problem(t->rp, RC_INVALID, "a tenant has at most "
		    "%d webhooks", HOOKS_A_TENANT);
	if (rc == RC_OK)
		rc = hook_now(t->app->store, &t->h);
	if (rc != RC_OK)
		return rc;
	t->h.id = hook_id_new(t->rq->mem);
	t->h.secret = hook_secret_new(t->rq->mem);
	rc = store_hook_add(t->app->store, &t->h);
	if (rc != RC_OK)
		return rc;
	t->did = "webhook.add";
	t->rp->status = 201;
	reply_header(t->rp, "Location", str_printf(t->rp->mem,
	    "%.*s/webhooks/%.*s", STR_ARG(t->rq->base), STR_ARG(t->h.id)));
	return show_secret(t);
}

static enum rc
change_step(struct turn *t)
{
	bool was_on = t->h.enabled, anew;
	enum rc rc = read_hook(t);

	if (rc != RC_OK)
		return rc;
	anew = t->h.enabled && !was_on;
	if (anew)
		rc = hook_now(t->app->store, &t->h);
	if (rc == RC_OK)
		rc = store_hook_set(t->app->store, &t->h, anew);
	t->did = "webhook.change";
	return rc == RC_OK ? show(t) : rc;
}

static enum rc
drop_step(struct turn *t)
{
	t->did = "webhook.delete";
	t->rp->status = 204;
	return store_hook_drop(t->app->store, t->h.no);
}

static enum rc
rotate_step(struct turn *t)
{
	struct str text = { 0 };
	int64_t span_s = OVERLAP_S;
	enum rc rc = ask_text(t->rp, t->v, "overlap", &text);

	if (rc != RC_OK)
		return rc;
	if (text.len > 0 && (!clock_parse_span(text, &span_s) || span_s < 0
	    || span_s > OVERLAP_MOST_S))
		return reply_bad_field(t->rp, STR("/overlap"),
		    "must be a time up to 7d: 24h, 30m, 0s");
	t->h.old_secret = t->h.secret;
	t->h.old_until_ns = t->now_ns + span_s * NS_PER_S;
	t->h.secret = hook_secret_new(t->rq->mem);
	rc = store_hook_set(t->app->store, &t->h, false);
	t->did = "webhook.rotate";
	return rc == RC_OK ? show_secret(t) : rc;
}

/* ---- deliveries ------------------------------------------------------------------ */

static enum rc
test_step(struct turn *t)
{
	enum rc rc;

	if (!t->h.enabled)
		return reply_problem(t->rp, RC_INVALID,
		    "the webhook is switched off");
	rc = hook_test(t->app->store, t->rq->mem, &t->h, t->now_ns, &t->d);
	return rc == RC_OK ? show_delivery(t) : rc;
}

static enum rc
query_of(struct turn *t, struct delivery_query *q)
{
	struct str word = request_param(t->rq, "status");
	struct str cursor = request_param(t->rq, "cursor");

	*q = (struct delivery_query){ .hook = t->h.no, .most = 100,
		.state = delivery_state_of(word) };
	if (word.len > 0 && q->state == DELIVERY__MAX)
		return reply_bad_field(t->rp, STR("/status"),
		    "must be waiting, delivered or dead");
	if (cursor.len > 0 && (!str_i64(cursor, &q->before) || q->before <= 0))
		return reply_bad_field(t->rp, STR("/cursor"),
		    "is not a cursor of this list");
	return ask_count(t->rq, t->rp, "limit", 1, 1000, &q->most);
}

static enum rc
deliveries_step(struct turn *t)
{
	struct delivery_query q;
	struct delivery *all = NULL;
	size_t n = 0, shown;
	struct jw w;
	enum rc rc = query_of(t, &q);

	if (rc != RC_OK)
		return rc;
	shown = q.most++;	/* one more tells whether there is more */
	rc = store_deliveries(t->app->store, t->rq->mem, &q, &all, &n);
	if (rc != RC_OK)
		return rc;
	w = reply_json(t->rp);
	jw_object(&w);
	jw_key(&w, "deliveries");
	jw_array(&w);
	for (size_t i = 0; i < n && i < shown; i++)
		hook_put_delivery(&w, &all[i]);
	jw_array_end(&w);
	jw_key(&w, "next_cursor");
	if (n > shown)
		jw_str(&w, str_printf(t->rq->mem, "%lld",
		    (long long)all[shown - 1].no));
	else
		jw_null(&w);
	jw_object_end(&w);
	return RC_OK;
}

static enum rc
redeliver_step(struct turn *t)
{
	enum rc rc = hook_redeliver(t->app->store, &t->h, t->now_ns, &t->d);

	t->did = "webhook.redeliver";
	return rc == RC_OK ? show_delivery(t) : rc;
}

/* ---- every turn ------------------------------------------------------------------- */

/* ?tenant=NAME, else the asker's own. Another's is absent, unless an operator
 * asks; an operator's session has none of its own and must name one. */
static enum rc
tenant_find(struct turn *t)
{
	const struct request *rq = t->rq;
	struct tenant found = { .id = rq->tenant };
	enum rc rc = RC_OK;

	if (request_has_param(rq, "tenant"))
		rc = store_tenant_named(t->app->store, rq->mem,
		    request_param(rq, "tenant"), &found);
	else if (rq->tenant == 0)
		return reply_bad_field(t->rp, STR("/tenant"),
		    "say which tenant: ?tenant=NAME");
	if (rc == RC_ABSENT || (found.id != rq->tenant
	    && (rq->scopes & SCOPE_OPERATOR) == 0))
		return reply_problem(t->rp, RC_ABSENT, "no such tenant");
	t->tenant = found.id;
	return rc;
}

/* What the path names, and the body. */
static enum rc
prepare(struct turn *t)
{
	const struct request *rq = t->rq;
	enum rc rc = tenant_find(t);

	if (rc != RC_OK)
		return rc;
	if (rq->segments > 1)
		rc = store_hook_get(t->app->store, rq->mem, t->tenant,
		    rq->segment[1], &t->h);
	if (rc == RC_ABSENT)
		return reply_problem(t->rp, rc, "no such webhook");
	if (rc == RC_OK && rq->segments > 3) {
		rc = store_delivery_get(t->app->store, rq->mem, t->h.no,
		    rq->segment[3], &t->d);
		if (rc == RC_ABSENT)
			return reply_problem(t->rp, rc, "no such delivery");
	}
	return rc == RC_OK ? ask_body(rq, t->rp, t->doc, &t->v) : rc;
}

static enum rc
take_turn(struct app *app, const struct request *rq, struct reply *rp,
    step *handle)
{
	struct turn t = { .app = app, .rq = rq, .rp = rp };
	enum rc rc;

	t.now_ns = clock_now_ns();
	t.doc = json_doc_new();
	rc = prepare(&t);
	if (rc == RC_OK)
		rc = handle(&t);
	json_doc_free(t.doc);
	if (rc == RC_OK && t.did != NULL)
		rc = store_audit(app->store, t.now_ns, rq->who, t.tenant,
		    str_of(t.did), t.h.id);
	return rc;
}

static enum rc
list(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, list_step);
}

static enum rc
add(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, add_step);
}

static enum rc
get(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, show);
}

static enum rc
change(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, change_step);
}

static enum rc
drop(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, drop_step);
}

static enum rc
rotate(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, rotate_step);
}

static enum rc
test(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, test_step);
}

static enum rc
deliveries(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, deliveries_step);
}

static enum rc
delivery(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, show_delivery);
}

static enum rc
redeliver(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, redeliver_step);
}

#define EITHER (SCOPE_ADMIN | SCOPE_OPERATOR)
#define CHANGES (ROUTE_SESSION | ROUTE_HOOKS)
#define DELIVERIES "/webhooks/{id}/deliveries"
static const struct route routes[] = {
	{ METHOD_GET, "/webhooks", EITHER, ROUTE_SESSION, list },
	{ METHOD_POST, "/webhooks", EITHER, CHANGES, add },
	{ METHOD_GET, "/webhooks/{id}", EITHER, ROUTE_SESSION, get },
	{ METHOD_PATCH, "/webhooks/{id}", EITHER, CHANGES, change },
	{ METHOD_DELETE, "/webhooks/{id}", EITHER, CHANGES, drop },
	{ METHOD_POST, "/webhooks/{id}/rotate", EITHER, CHANGES, rotate },
	{ METHOD_POST, "/webhooks/{id}/test", EITHER, CHANGES, test },
	{ METHOD_GET, DELIVERIES, EITHER, ROUTE_SESSION, deliveries },
	{ METHOD_GET, DELIVERIES "/{delivery}", EITHER, ROUTE_SESSION, delivery },
	{ METHOD_POST, DELIVERIES "/{delivery}/redeliver", EITHER, CHANGES,
	    redeliver },
};

/* ---- sending ------------------------------------------------------------------------ */

static struct sender_want want;		/* read by the sender's thread */

static void *
begin(const struct config *conf, int stop_fd)
{
	struct sender *s;

	want = (struct sender_want){
		.data = conf->data,
		.rule = rule_of(conf),
		.timeout_s = conf->webhook_timeout_s,
		.give_up_s = conf->webhook_give_up_s,
		.kept_s = conf->webhook_kept_s,
		.retries = &conf->webhook_retries,
		.at_once = conf->webhook_at_once,
	};
	return sender_start(&want, stop_fd, &s) == RC_OK ? s : NULL;
}

static void
end(void *beside)
{
	sender_stop(beside);
}

int
main(void)
{
	return serve_endpoint(&(struct endpoint){
		.name = "webhooks",
		.routes = routes,
		.n_routes = COUNT(routes),
		.begin = begin,
		.end = end,
		.needs = CONFINE_NETWORK,
	});
}
