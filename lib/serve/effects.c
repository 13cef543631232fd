/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three files that a request can change: each one's transaction, and the
 * answers it keeps. In a tenant's graph they are the tenant's; in the files
 * that all share they are kept by who asked, so that two may choose the same
 * Idempotency-Key.
 */
#include "serve/inner.h"

#include "base/clock.h"
#include "control.h"
#include "store/hooks.h"

/* ---- graph.db -------------------------------------------------------------- */

static enum rc
graph_of(struct app *app, const struct request *rq, struct graph **g)
{
	return store_graph(app->store, rq->tenant, g);
}

static enum rc
in_graph_begin(struct app *app, const struct request *rq)
{
	struct graph *g;
	bool foreign;
	enum rc rc = graph_of(app, rq, &g);

	return rc == RC_OK ? graph_begin(g, &foreign) : rc;
}

static enum rc
in_graph_commit(struct app *app, const struct request *rq)
{
	struct graph *g;
	enum rc rc = graph_of(app, rq, &g);

	return rc == RC_OK ? graph_commit(g) : rc;
}

static void
in_graph_rollback(struct app *app, const struct request *rq)
{
	struct graph *g;

	if (graph_of(app, rq, &g) == RC_OK)
		graph_rollback(g);
}

static enum rc
in_graph_get(struct app *app, const struct request *rq, struct idem *kept)
{
	struct graph *g;
	enum rc rc = graph_of(app, rq, &g);

	return rc == RC_OK ? graph_idem_get(g, rq->mem, serve_idem_scope(rq),
	    rq->idempotency_key, clock_now_ns(), kept) : rc;
}

static enum rc
in_graph_put(struct app *app, const struct request *rq, const struct idem *row)
{
	struct graph *g;
	enum rc rc = graph_of(app, rq, &g);

	return rc == RC_OK ? graph_idem_put(g, serve_idem_scope(rq),
	    rq->idempotency_key, clock_now_ns(), row) : rc;
}

const struct effects effects_graph = { in_graph_begin, in_graph_commit,
	in_graph_rollback, in_graph_get, in_graph_put };

/* ---- control.db ------------------------------------------------------------ */

static enum rc
in_control_begin(struct app *app, const struct request *rq)
{
	(void)rq;
	return control_begin(app->store);
}

static enum rc
in_control_commit(struct app *app, const struct request *rq)
{
	(void)rq;
	return control_commit(app->store);
}

static void
in_control_rollback(struct app *app, const struct request *rq)
{
	(void)rq;
	control_rollback(app->store);
}

static enum rc
in_control_get(struct app *app, const struct request *rq, struct idem *kept)
{
	return control_answer_get(app->store, rq->mem, rq->who,
	    serve_idem_scope(rq), rq->idempotency_key, clock_now_ns(), kept);
}

static enum rc
in_control_put(struct app *app, const struct request *rq,
    const struct idem *row)
{
	return control_answer_put(app->store, rq->who, serve_idem_scope(rq),
	    rq->idempotency_key, clock_now_ns(), row);
}

const struct effects effects_control = { in_control_begin, in_control_commit,
	in_control_rollback, in_control_get, in_control_put };

/* ---- hooks.db -------------------------------------------------------------- */

static enum rc
in_hooks_begin(struct app *app, const struct request *rq)
{
	(void)rq;
	return store_hooks_begin(app->store);
}

static enum rc
in_hooks_commit(struct app *app, const struct request *rq)
{
	(void)rq;
	return store_hooks_commit(app->store);
}

static void
in_hooks_rollback(struct app *app, const struct request *rq)
{
	(void)rq;
	store_hooks_rollback(app->store);
}

static struct idem_name
name_in_hooks(const struct request *rq)
{
	return (struct idem_name){ .key = rq->idempotency_key,
		.scope = str_printf(rq->mem, "%.*s %.*s", STR_ARG(rq->who),
		    STR_ARG(serve_idem_scope(rq))) };
}

static enum rc
in_hooks_get(struct app *app, const struct request *rq, struct idem *kept)
{
	struct idem_name name = name_in_hooks(rq);

	return store_hooks_idem_get(app->store, rq->mem, &name,
	    clock_now_ns(), kept);
}

static enum rc
in_hooks_put(struct app *app, const struct request *rq, const struct idem *row)
{
	struct idem_name name = name_in_hooks(rq);

	return store_hooks_idem_put(app->store, &name, clock_now_ns(), row);
}

const struct effects effects_hooks = { in_hooks_begin, in_hooks_commit,
	in_hooks_rollback, in_hooks_get, in_hooks_put };
