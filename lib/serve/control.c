/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handlers that change control.db: the effect, its audit lines and the answer
 * kept for a retry are one transaction. Answers are kept by who asked, so that
 * two administrators may choose the same Idempotency-Key.
 */
#include "serve/inner.h"

#include "base/clock.h"
#include "control.h"

static enum rc
answer_put(struct app *app, const struct request *rq, struct reply *rp,
    enum rc rc)
{
	struct idem row;

	if (!serve_idem_row(app, rq, rp, rc, &row))
		return RC_OK;
	return control_answer_put(app->store, rq->who, serve_idem_scope(rq),
	    rq->idempotency_key, clock_now_ns(), &row);
}

/* Inside the transaction; *done: there is nothing to commit. */
static enum rc
handle_in(struct app *app, const struct request *rq, struct reply *rp,
    const struct route *route, bool keyed, bool *done)
{
	struct idem kept;
	enum rc rc, put;

	*done = true;
	if (keyed) {
		rc = control_answer_get(app->store, rq->mem, rq->who,
		    serve_idem_scope(rq), rq->idempotency_key, clock_now_ns(),
		    &kept);
		if (rc != RC_ABSENT)
			return rc == RC_OK ? serve_idem_replay(rq, rp, &kept)
					   : rc;
	}
	rc = route->handle(app, rq, rp);
	if (rc != RC_OK && (rc != RC_INVALID || !keyed))
		return rc;
	if (rc == RC_INVALID) {	/* changes nothing, but is remembered */
		control_rollback(app->store);
		put = control_begin(app->store);
		if (put != RC_OK)
			return put;
	}
	*done = false;
	put = keyed ? answer_put(app, rq, rp, rc) : RC_OK;
	if (put == RC_OK)
		return rc;
	*done = true;
	return put;
}

enum rc
control_handle(struct app *app, const struct request *rq, struct reply *rp,
    const struct route *route)
{
	bool keyed = rq->method == METHOD_POST && rq->idempotency_key.len > 0;
	enum rc rc, put;
	bool done;

	rc = control_begin(app->store);
	if (rc != RC_OK)
		return rc;
	rc = handle_in(app, rq, rp, route, keyed, &done);
	if (done) {
		control_rollback(app->store);
		return rc;
	}
	put = control_commit(app->store);
	return put == RC_OK ? rc : put;
}
