/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key, rate limit, scope: in this order, so that a refusal tells the bucket it
 * drew on, and guessing keys is as slow as the guesser's address allows.
 */
#include "serve/inner.h"

#include "auth.h"
#include "base/clock.h"
#include "base/log.h"
#include "limit.h"

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

static enum rc
draw(struct app *app, const struct request *rq, struct reply *rp,
    const struct key_row *k, const struct addr *from, int cost,
    int64_t now_ns)
{
	struct limit_who who = { .from = from };
	struct bucket b;
	enum rc rc;

	who.tenant = k != NULL ? k->tenant : 0;
	who.rate = k != NULL ? k->rate : app->conf->address_rate;
	rc = limit_draw(app->store, &who, cost, now_ns, &b);
	if (rc != RC_OK) {
		limit_full(who.rate, now_ns, &b);
		limit_headers(rp, &b);
		return reply_problem(rp, rc, "requests cannot be counted now");
	}
	limit_headers(rp, &b);
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
	return reply_problem(rp, RC_DENIED, "the key lacks scope %.*s",
	    STR_ARG(scopes_text(rp->mem, route->scope)));
}

/* The key's answer once its request is counted. */
static enum rc
verdict(struct app *app, struct request *rq, struct reply *rp,
    const struct route *route, enum rc key_rc, const struct key_row *k)
{
	bool open = (route->flags & ROUTE_OPEN) != 0;

	if (key_rc == RC_OK) {
		rq->tenant = k->tenant;
		rq->scopes = k->scopes;
		rq->key_id = k->key_id;
	}
	if (app->trouble != NULL && !open)
		return reply_problem(rp, RC_BUSY, "%s", app->trouble);
	if (open)
		return RC_OK;
	if (key_rc == RC_DENIED)
		return reply_problem(rp, RC_DENIED,
		    "the key may not be used from this address");
	if (key_rc != RC_OK)
		return unauthorised(rq, rp);
	return scope_check(rq, rp, route);
}

enum rc
serve_admit(struct app *app, struct request *rq, struct reply *rp,
    const struct route *route)
{
	int64_t now_ns = clock_now_ns();
	struct key_row k = { 0 };
	struct addr from;
	bool from_known, free_of_charge;
	enum rc key_rc = RC_UNAUTHORISED;
	enum rc rc;

	client_find(rq, str_of(app->conf->proxies));
	if (app->store == NULL)
		return admit_without_store(app, rp, route, now_ns);
	from_known = addr_parse(rq->remote_addr, &from);
	if (rq->api_key.len > 0)
		key_rc = auth_key(app->store, rq->mem, rq->api_key,
		    from_known ? &from : NULL, now_ns, &k);
	if (key_rc == RC_BUSY || key_rc == RC_FAIL) {
		(void)admit_without_store(app, rp, route, now_ns);
		return reply_problem(rp, key_rc, "keys cannot be read now");
	}
	/* A guess at a key is never free, whatever it asks for. */
	free_of_charge = (route->flags & ROUTE_FREE) != 0
	    && (key_rc == RC_OK || (route->flags & ROUTE_OPEN) != 0);
	rc = draw(app, rq, rp, key_rc == RC_OK ? &k : NULL,
	    from_known ? &from : NULL, free_of_charge ? 0 : 1, now_ns);
	if (rc != RC_OK)
		return rc;
	if (key_rc == RC_OK)
		store_key_used(app->store, k.key_id, now_ns);
	return verdict(app, rq, rp, route, key_rc, &k);
}
