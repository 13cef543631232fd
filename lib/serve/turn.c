/* SPDX-License-Identifier: Apache-2.0 */
/* One request's way to its handler. */
#include "serve/inner.h"

static bool
takes_body(enum method m)
{
	return m == METHOD_POST || m == METHOD_PUT || m == METHOD_PATCH
	    || m == METHOD_DELETE;
}

/* What a body may be, received and unpacked. Whoever needs no key gets room for
 * a name and a password: a gzip of a few bytes would else be 256 MB of JSON. */
enum { BODY_STRANGER = 16 << 10, BODY_PERSON = 2 << 20 };

static size_t
bound(const struct route *route, int64_t most)
{
	int64_t own = (route->flags & ROUTE_OPEN) != 0 ? BODY_STRANGER :
	    BODY_PERSON;

	return (size_t)((route->flags & ROUTE_BIG) != 0 || most < own ? most :
	    own);
}

static enum rc
body_take(struct app *app, struct request *rq, struct reply *rp,
    const struct route *route, const struct body_source *src)
{
	enum rc rc;

	if (!takes_body(rq->method))
		return RC_OK;
	src->received->most = bound(route, app->conf->body_max);
	src->unpacked->most = bound(route, app->conf->unpacked_max);
	rq->has_body = rq->content_length > 0;
	rc = body_check(rq, (route->flags & ROUTE_NO_JSON) != 0, rp);
	if (rc != RC_OK)	/* before a byte of it is read */
		return rc;
	rc = src->read(src->ctx, rq->content_length, src->received);
	if (rc == RC_TOO_BIG)
		return reply_problem(rp, rc, "the body is bigger than %zu"
		    " bytes", src->received->most);
	if (rc != RC_OK)
		return reply_problem(rp, rc, "the body did not arrive whole");
	rq->has_body = src->received->len > 0;
	rc = body_check(rq, (route->flags & ROUTE_NO_JSON) != 0, rp);
	if (rc != RC_OK)
		return rc;
	return body_decode(rq, buf_str(src->received), src->unpacked, rp);
}

/* No route to take: why not, told in the order of how much is wrong. */
static enum rc
no_route(const struct request *rq, struct reply *rp, const struct match *m)
{
	if (!m->path_known)
		return RC_ABSENT;
	reply_header(rp, "Allow", str_dup(rp->mem, str_of(m->allow)));
	if (rq->method == METHOD_OPTIONS) {
		rp->status = 204;
		return RC_OK;
	}
	return reply_problem(rp, RC_METHOD, "this path takes %s", m->allow);
}

enum rc
turn_take(struct app *app, const struct endpoint *ep, struct request *rq,
    struct reply *rp, const struct body_source *body)
{
	/* What has no route costs as much and needs the same key as what has
	 * one, but a path that does not exist hides nothing. */
	struct route none = { .flags = 0 };
	const struct route *route;
	struct match m;
	enum rc rc;

	route_find(ep, rq, &m);
	route = m.route != NULL ? m.route : &none;
	if (m.open || rq->method == METHOD_OPTIONS || rq->fault != RC_OK)
		none.flags = ROUTE_OPEN;
	rc = serve_admit(app, rq, rp, rq->fault != RC_OK ? &none : route);
	if (rc != RC_OK)
		return rc;
	if (rq->fault != RC_OK)
		return reply_problem(rp, rq->fault, "%s", rq->fault_why);
	if (m.route == NULL)
		return no_route(rq, rp, &m);
	rc = body_take(app, rq, rp, route, body);
	if (rc != RC_OK)
		return rc;
	return idem_handle(app, rq, rp, route);
}
