/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key or session, rate limit, scope: in this order, so that a refusal tells the bucket it
 * drew on, and guessing keys is as slow as the guesser's address allows.
 */
#include "serve/inner.h"

#include <string.h>

#include "auth.h"
#include "base/clock.h"
#include "base/log.h"
#include "control.h"
#include "limit.h"
#include "session.h"

enum { SESSION_RATE = 600 };	/* requests a minute of one administrator */

/* Who asks: a key, a session, or nobody. */
struct asker {
	enum rc rc;		/* RC_OK: one of the two */
	struct key_row key;
	struct session session;	/* administrator 0: it is the key */
	uint8_t hash[32];	/* the session's */
};

void
client_find(struct request *rq, struct str proxies)
{
	struct str list = rq->forwarded_for;
	struct addr at, next;
	size_t comma;

	if (!addr_parse(rq->remote_addr, &at))
		return;
	/* From the nearest hop outwards, as long as the hop is ours. */
	while (list.len > 0 && addr_in_list(&at, proxies)) {
		for (comma = list.len; comma > 0; comma--) {
			if (list.p[comma - 1] == ',')
				break;
		}
		if (!addr_parse(str_sub(list, comma, list.len), &next))
			return;
		at = next;
		if (rq->forwarded_proto.len > 0)
			rq->tls = str_is_fold(rq->forwarded_proto, "https");
		rq->remote_addr = str_trim(str_sub(list, comma, list.len));
		list = str_sub(list, 0, comma > 0 ? comma - 1 : 0);
	}
}

static enum rc
unauthorised(const struct request *rq, struct reply *rp)
{
	const char *how = rq->api_key.len == 0
	    ? "Bearer realm=\"tra-ce\""
	    : "Bearer realm=\"tra-ce\", error=\"invalid_token\"";

	reply_header(rp, "WWW-Authenticate", str_of(how));
	if (rq->api_key.len == 0 && serve_session_cookie(rq).len > 0)
		return reply_problem(rp, RC_UNAUTHORISED,
		    "the session has ended, or is not for this path");
	if (rq->api_key.len == 0)
		return reply_problem(rp, RC_UNAUTHORISED, "send a key as"
		    " X-API-Key: KEY or Authorization: Bearer KEY");
	return reply_problem(rp, RC_UNAUTHORISED,
	    "the key is unknown, expired or revoked");
}

static enum rc
too_many(struct reply *rp, const struct bucket *b)
{
	int64_t wait = b->retry_s > 0 ? b->retry_s : 1;

	reply_header(rp, "Retry-After",
	    str_printf(rp->mem, "%lld", (long long)wait));
	return reply_problem(rp, RC_TOO_MANY, "%lld requests a minute are"
	    " allowed; try again in %lld s", (long long)b->limit,
	    (long long)wait);
}

/* Without a store nothing is counted; the headers still say how it would. */
static enum rc
admit_without_store(struct app *app, struct reply *rp,
    const struct route *route, int64_t now_ns)
{
	struct bucket b;

	limit_full(app->conf->address_rate, now_ns, &b);
	limit_headers(rp, &b);
	if ((route->flags & ROUTE_OPEN) != 0)
		return RC_OK;
	return reply_problem(rp, RC_BUSY, "%s",
	    app->trouble != NULL ? app->trouble : "the store is not open");
}

/* Requests of a tenant's keys are its use; who is over the rate too. */
static void
count_use(struct app *app, const struct limit_who *who, bool taken,
    int64_t now_ns)
{
	struct usage more = { .requests = taken, .refused = !taken };

	if (who->tenant != 0)
		control_usage_add(app->store, who->tenant, now_ns, &more);
}

static enum rc
draw(struct app *app, const struct request *rq, struct reply *rp,
    const struct asker *k, const struct addr *from, int cost, int64_t now_ns)
{
	struct limit_who who = { .from = from,
		.rate = app->conf->address_rate };
	struct bucket b;
	enum rc rc;

	if (k->rc == RC_OK && k->session.administrator != 0) {
		who.administrator = k->session.administrator;
		who.rate = SESSION_RATE;
	} else if (k->rc == RC_OK) {
		who.tenant = k->key.tenant;
		who.rate = k->key.rate;
	}
	rc = limit_draw(app->store, &who, cost, now_ns, &b);
	if (rc != RC_OK) {
		limit_full(who.rate, now_ns, &b);
		limit_headers(rp, &b);
		return reply_problem(rp, rc, "requests cannot be counted now");
	}
	limit_headers(rp, &b);
	if (cost != 0)
		count_use(app, &who, b.taken, now_ns);
	if (cost == 0 || b.taken)
		return RC_OK;
	log_debug("id=%s over its rate", rq->id);
	return too_many(rp, &b);
}

static enum rc
scope_check(const struct request *rq, struct reply *rp,
    const struct route *route)
{
	if (route->scope == 0 || (rq->scopes & route->scope) != 0)
		return RC_OK;
	return reply_problem(rp, RC_DENIED, "%s lacks scope %.*s",
	    rq->administrator != 0 ? "your account" : "the key",
	    STR_ARG(scopes_text(rp->mem, route->scope)));
}

/* ---- sessions ------------------------------------------------------------ */

struct str
serve_session_cookie(const struct request *rq)
{
	return request_cookie(rq,
	    rq->tls ? SESSION_COOKIE_TLS : SESSION_COOKIE);
}

enum rc
serve_from_panel(const struct request *rq, struct reply *rp)
{
	if (rq->from_panel && (rq->fetch_site.len == 0
	    || str_is(rq->fetch_site, "same-origin")))
		return RC_OK;
	return reply_problem(rp, RC_DENIED, "this is taken from the panel's"
	    " own pages only, or with a key: send X-TRACE-Panel: 1");
}

/* Reading is safe from elsewhere in itself, but no page of another site has
 * any business with a session: SameSite=Strict says so to the browser, this to
 * the one that does not listen. */
static bool
may_read(const struct request *rq)
{
	return !str_is(rq->fetch_site, "cross-site");
}

static void
session_find(struct app *app, const struct request *rq, int64_t now_ns,
    struct asker *k)
{
	const struct session_span span = { app->conf->session_idle_s,
		app->conf->session_most_s };
	struct str token = serve_session_cookie(rq);

	if (token.len == 0 || !may_read(rq))
		return;
	session_hash(token, k->hash);
	k->rc = session_check(app->store, rq->mem, token, span, now_ns,
	    &k->session);
}

static void
asker_find(struct app *app, const struct request *rq,
    const struct route *route, const struct addr *from, int64_t now_ns,
    struct asker *k)
{
	*k = (struct asker){ .rc = RC_UNAUTHORISED };
	if (rq->api_key.len > 0)
		k->rc = auth_key(app->store, rq->mem, rq->api_key, from, now_ns,
		    &k->key);
	else if ((route->flags & (ROUTE_SESSION | ROUTE_CONSOLE)) != 0)
		session_find(app, rq, now_ns, k);
}

static void
asker_tell(struct request *rq, const struct asker *k)
{
	const struct session *s = &k->session;

	if (s->administrator == 0) {
		rq->tenant = k->key.tenant;
		rq->scopes = k->key.scopes;
		rq->key_id = rq->author = k->key.key_id;
		rq->who = str_printf(rq->mem, "key:%.*s", STR_ARG(rq->key_id));
		return;
	}
	rq->administrator = s->administrator;
	rq->tenant = s->tenant;
	rq->scopes = SCOPE_ADMIN | (s->tenant == 0 ? SCOPE_OPERATOR : 0);
	rq->who = rq->author = str_printf(rq->mem, "admin:%.*s",
	    STR_ARG(s->name));
	memcpy(rq->session, k->hash, sizeof(rq->session));
}

/* ---- a session in a tenant ------------------------------------------------- */

/*
 * That an operator looks into a tenant stands in the audit log, as the making
 * of a key would: once an hour and process, and once a minute of all processes
 * together, for a page asks several at once.
 */
static enum rc
opening_told(struct app *app, const struct request *rq, int64_t now_ns)
{
	struct opened now = { rq->administrator, rq->tenant,
		now_ns / NS_PER_HOUR };
	struct bucket b;
	size_t i;
	enum rc rc;

	for (i = 0; i < app->n_opened && i < OPENED_MAX; i++)
		if (app->opened[i].administrator == now.administrator &&
		    app->opened[i].tenant == now.tenant &&
		    app->opened[i].hour == now.hour)
			return RC_OK;
	rc = store_bucket(app->store, str_printf(rq->mem, "o:%lld:%lld",
	    (long long)now.administrator, (long long)now.tenant), 1, 1,
	    now_ns, &b);
	if (rc == RC_OK && b.taken)
		rc = store_audit(app->store, now_ns, rq->who, rq->tenant,
		    STR("tenant.open"), rq->remote_addr);
	if (rc == RC_OK)
		app->opened[app->n_opened++ % OPENED_MAX] = now;
	return rc;
}

/*
 * What a tenant's console asks, by a session: only from our own pages, reading
 * too, for these answers are the tenant's evidence. An administrator of a
 * tenant has that one, an operator says which; there the session may do what an
 * analyst's key may, and nothing of administration.
 */
static enum rc
console_enter(struct app *app, struct request *rq, struct reply *rp,
    const struct session *s, int64_t now_ns)
{
	struct tenant t;
	enum rc rc = serve_from_panel(rq, rp);

	if (rc != RC_OK)
		return rc;
	rq->scopes = SESSION_SCOPES;
	if (s->tenant != 0) {
		if (rq->of_tenant.len > 0 &&
		    !str_eq(rq->of_tenant, s->tenant_name))
			return reply_problem(rp, RC_ABSENT,
			    "there is no such tenant");
		return RC_OK;
	}
	if (rq->of_tenant.len == 0)
		return reply_problem(rp, RC_INVALID, "your account is of all"
		    " tenants: say which by X-TRACE-Tenant: NAME");
	rc = store_tenant_named(app->store, rq->mem, rq->of_tenant, &t);
	if (rc == RC_ABSENT)
		return reply_problem(rp, rc, "there is no such tenant");
	if (rc != RC_OK)
		return rc;
	rq->tenant = t.id;
	return opening_told(app, rq, now_ns);
}

static bool
changes(const struct request *rq)
{
	return rq->method != METHOD_GET && rq->method != METHOD_HEAD
	    && rq->method != METHOD_OPTIONS;
}

/* ---- the answer once the request is counted -------------------------------- */

static enum rc
verdict(struct app *app, struct request *rq, struct reply *rp,
    const struct route *route, const struct asker *k, int64_t now_ns)
{
	bool open = (route->flags & ROUTE_OPEN) != 0;
	enum rc rc;

	if (k->rc == RC_OK)
		asker_tell(rq, k);
	if (app->trouble != NULL && !open)
		return reply_problem(rp, RC_BUSY, "%s", app->trouble);
	if (open)
		return RC_OK;
	if (k->rc == RC_DENIED)
		return reply_problem(rp, RC_DENIED,
		    "the key may not be used from this address");
	if (k->rc != RC_OK)
		return unauthorised(rq, rp);
	if (rq->administrator != 0 && (route->flags & ROUTE_CONSOLE) != 0) {
		rc = console_enter(app, rq, rp, &k->session, now_ns);
		if (rc != RC_OK)
			return rc;
	} else if (rq->administrator != 0 && changes(rq)) {
		rc = serve_from_panel(rq, rp);
		if (rc != RC_OK)
			return rc;
	}
	return scope_check(rq, rp, route);
}

enum rc
serve_admit(struct app *app, struct request *rq, struct reply *rp,
    const struct route *route)
{
	int64_t now_ns = clock_now_ns();
	struct asker k;
	struct addr from;
	bool from_known, free_of_charge;
	enum rc rc;

	client_find(rq, str_of(app->conf->proxies));
	if (app->store == NULL)
		return admit_without_store(app, rp, route, now_ns);
	from_known = addr_parse(rq->remote_addr, &from);
	asker_find(app, rq, route, from_known ? &from : NULL, now_ns, &k);
	if (k.rc == RC_BUSY || k.rc == RC_FAIL) {
		(void)admit_without_store(app, rp, route, now_ns);
		return reply_problem(rp, k.rc, "keys cannot be read now");
	}
	/* A guess at a key is never free, whatever it asks for. */
	free_of_charge = (route->flags & ROUTE_FREE) != 0
	    && (k.rc == RC_OK || (route->flags & ROUTE_OPEN) != 0);
	rc = draw(app, rq, rp, &k, from_known ? &from : NULL,
	    free_of_charge ? 0 : 1, now_ns);
	if (rc != RC_OK)
		return rc;
	if (k.rc == RC_OK && k.session.administrator == 0)
		store_key_used(app->store, k.key.key_id, now_ns);
	return verdict(app, rq, rp, route, &k, now_ns);
}
