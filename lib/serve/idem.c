/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Idempotency-Key: the same key with the same request gets the first answer
 * again and changes nothing.
 *
 * The row that remembers the answer is written in the transaction of the
 * effect, so there is no moment at which a crash leaves one without the other.
 * Writers of one tenant come one after another, so of two requests at once the
 * second finds the first one's row. Requests without an effect of their own
 * put the row afterwards, and if another was faster, give that one's answer.
 */
#include "serve/inner.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"

#define PROBLEM "application/problem+json"

enum { KEY_MOST = 255 };

static bool
is_keyed(const struct request *rq)
{
	return rq->method == METHOD_POST
	    && (rq->tenant != 0 || rq->administrator != 0)
	    && rq->idempotency_key.len > 0;
}

struct str
serve_idem_scope(const struct request *rq)
{
	return str_printf(rq->mem, "%s %.*s", method_name(rq->method),
	    STR_ARG(rq->path));
}

void
serve_idem_digest(const struct request *rq, uint8_t out[32])
{
	struct sha256_state s;

	sha256_begin(&s);
	sha256_add_field(&s, rq->query_text);
	sha256_add_field(&s, rq->body);
	sha256_end(&s, out);
}

void
reply_restart(struct reply *rp)
{
	rp->status = 0;
	rp->content_type = NULL;
	rp->detail = (struct str){ "", 0 };
	rp->n_errors = 0;
	buf_clear(&rp->body);
}

bool
serve_idem_row(struct app *app, const struct request *rq, struct reply *rp,
    enum rc rc, struct idem *row)
{
	if (rc != RC_OK && rc != RC_INVALID)
		return false;
	if (rc == RC_INVALID) {
		buf_clear(&rp->body);
		answer_problem(app->conf, rq, rp, rc, &rp->body);
	}
	if (buf_bad(&rp->body))
		return false;
	serve_idem_digest(rq, row->body_sha256);
	row->status = rc == RC_OK && rp->status != 0 ? rp->status
						     : rc_status(rc);
	row->content_type = str_of(rc == RC_INVALID ? PROBLEM
	    : rp->content_type != NULL ? rp->content_type
				       : "application/json");
	row->body = buf_str(&rp->body);
	if (rp->secret)
		row->body = rp->replay.len > 0
		    ? rp->replay : STR("{\"secret_already_shown\":true}");
	return true;
}

/* A kept problem is taken apart, because request_id is each request's own. */
static void
problem_again(struct reply *rp, struct str body)
{
	struct json_doc *doc = json_doc_new();
	const struct json *p = json_parse(doc, body);
	const struct json *errors = json_get(p, "errors");
	size_t i;

	rp->detail = str_dup(rp->mem, json_str(json_get(p, "detail")));
	for (i = 0; i < json_len(errors); i++) {
		const struct json *e = json_item(errors, i);

		(void)reply_bad_field(rp, json_str(json_get(e, "pointer")),
		    "%.*s", STR_ARG(json_str(json_get(e, "detail"))));
	}
	json_doc_free(doc);
}

enum rc
serve_idem_replay(const struct request *rq, struct reply *rp,
    const struct idem *kept)
{
	uint8_t digest[SHA256_LEN];

	reply_restart(rp);
	serve_idem_digest(rq, digest);
	if (!hash_equal(digest, kept->body_sha256, sizeof(digest)))
		return reply_problem(rp, RC_INVALID, "this Idempotency-Key was"
		    " used for another request");
	reply_header(rp, "Idempotency-Replayed", STR("true"));
	if (str_is(kept->content_type, PROBLEM)) {
		problem_again(rp, kept->body);
		return RC_INVALID;
	}
	rp->status = kept->status;
	rp->content_type = str_c(rp->mem, kept->content_type);
	buf_put_str(&rp->body, kept->body);
	return RC_OK;
}

static enum rc
key_check_text(const struct request *rq, struct reply *rp)
{
	size_t i;

	for (i = 0; i < rq->idempotency_key.len; i++) {
		char c = rq->idempotency_key.p[i];

		if (c < ' ' || c > '~')
			return reply_problem(rp, RC_INVALID, "Idempotency-Key"
			    " must be printable ASCII");
	}
	if (rq->idempotency_key.len > KEY_MOST)
		return reply_problem(rp, RC_INVALID,
		    "Idempotency-Key is longer than %d characters", KEY_MOST);
	return RC_OK;
}

static enum rc
row_put(struct app *app, const struct effects *e, const struct request *rq,
    struct reply *rp, enum rc rc)
{
	struct idem row;

	if (!serve_idem_row(app, rq, rp, rc, &row))
		return RC_OK;
	return e->put(app, rq, &row);
}

/* What a refusal leaves, or what is to be committed, ends here. */
static enum rc
handle_end(struct app *app, const struct effects *e, const struct request *rq,
    struct reply *rp, enum rc rc)
{
	bool keyed = is_keyed(rq);
	enum rc put;

	if (rc != RC_OK)	/* a refusal changes nothing ... */
		e->rollback(app, rq);
	if (rc != RC_OK && (rc != RC_INVALID || !keyed))
		return rc;
	if (rc == RC_INVALID) {	/* ... but is remembered */
		put = e->begin(app, rq);
		if (put != RC_OK)
			return put;
	}
	put = keyed ? row_put(app, e, rq, rp, rc) : RC_OK;
	if (put != RC_OK) {
		e->rollback(app, rq);
		return put;
	}
	put = e->commit(app, rq);
	return put == RC_OK ? rc : put;
}

static enum rc
handle_writes(struct app *app, const struct effects *e,
    const struct request *rq, struct reply *rp, const struct route *route)
{
	struct idem kept;
	enum rc rc = e->begin(app, rq);

	if (rc != RC_OK)
		return rc;
	if (is_keyed(rq)) {
		rc = e->get(app, rq, &kept);
		if (rc != RC_ABSENT) {
			e->rollback(app, rq);
			return rc == RC_OK ? serve_idem_replay(rq, rp, &kept)
					   : rc;
		}
	}
	return handle_end(app, e, rq, rp, route->handle(app, rq, rp));
}

/* The answer is given whether or not it could be kept: it is true either way,
 * and a repetition of a request without effect does no harm. */
static enum rc
keep_after(struct app *app, const struct request *rq, struct reply *rp,
    enum rc rc)
{
	struct idem kept;
	enum rc got;

	if (effects_graph.begin(app, rq) != RC_OK) {
		log_warn("id=%s answer is not kept for replay", rq->id);
		return rc;
	}
	got = effects_graph.get(app, rq, &kept);
	if (got == RC_OK) {
		effects_graph.rollback(app, rq);
		return serve_idem_replay(rq, rp, &kept);
	}
	if (got != RC_ABSENT || row_put(app, &effects_graph, rq, rp, rc) != RC_OK) {
		effects_graph.rollback(app, rq);
		log_warn("id=%s answer is not kept for replay", rq->id);
		return rc;
	}
	if (effects_graph.commit(app, rq) != RC_OK)
		log_warn("id=%s answer is not kept for replay", rq->id);
	return rc;
}

static enum rc
handle_keyed(struct app *app, const struct request *rq, struct reply *rp,
    const struct route *route)
{
	struct idem kept;
	enum rc rc = effects_graph.get(app, rq, &kept);

	if (rc == RC_OK)
		return serve_idem_replay(rq, rp, &kept);
	if (rc != RC_ABSENT)
		return rc;
	rc = route->handle(app, rq, rp);
	if (rc != RC_OK && rc != RC_INVALID)
		return rc;
	return keep_after(app, rq, rp, rc);
}

enum rc
idem_handle(struct app *app, const struct request *rq, struct reply *rp,
    const struct route *route)
{
	bool keyed = is_keyed(rq);
	enum rc rc;

	if (keyed) {
		rc = key_check_text(rq, rp);
		if (rc != RC_OK)
			return rc;
	}
	if ((route->flags & ROUTE_CONTROL) != 0)
		return handle_writes(app, &effects_control, rq, rp, route);
	if ((route->flags & ROUTE_HOOKS) != 0)
		return handle_writes(app, &effects_hooks, rq, rp, route);
	if ((route->flags & ROUTE_WRITES) != 0)
		return handle_writes(app, &effects_graph, rq, rp, route);
	if (keyed && (route->flags & ROUTE_IDEMPOTENT_SELF) == 0)
		return handle_keyed(app, rq, rp, route);
	return route->handle(app, rq, rp);
}
