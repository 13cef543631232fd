/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of serve, shown to each other and to their tests. In order of a
 * request: route_find, serve_admit, the body, idem_handle (which calls the
 * handler), answer_head.
 */
#ifndef SERVE_INNER_H
#define SERVE_INNER_H

#include "serve.h"

enum { ALLOW_TEXT = 64 };

struct match {
	const struct route *route;	/* NULL: none for this method */
	bool path_known;
	bool open;			/* all routes of the path are */
	char allow[ALLOW_TEXT];		/* "GET, HEAD, OPTIONS" */
};

/* HEAD finds the route of GET. */
void route_find(const struct endpoint *ep, const struct request *rq,
    struct match *m);

/* Where the body's bytes come from; see fcgi_body. */
struct body_source {
	enum rc (*read)(void *ctx, int64_t declared, struct buf *into);
	void *ctx;
	struct buf *received, *unpacked;
};

/* All steps up to the answer: what rp holds belongs to the rc returned. */
enum rc turn_take(struct app *app, const struct endpoint *ep,
    struct request *rq, struct reply *rp, const struct body_source *body);

/* The handler, inside its transaction and behind its Idempotency-Key. */
enum rc idem_handle(struct app *app, const struct request *rq,
    struct reply *rp, const struct route *route);

/*
 * The file that an effect lies in, and with it the answer that is kept for a
 * retry (effects.c). get: RC_OK, *kept is what was answered before; RC_ABSENT:
 * go on. put: RC_EXISTS, another was faster.
 */
struct effects {
	enum rc (*begin)(struct app *app, const struct request *rq);
	enum rc (*commit)(struct app *app, const struct request *rq);
	void (*rollback)(struct app *app, const struct request *rq);
	enum rc (*get)(struct app *app, const struct request *rq,
	    struct idem *kept);
	enum rc (*put)(struct app *app, const struct request *rq,
	    const struct idem *row);
};
extern const struct effects effects_graph, effects_control, effects_hooks;

/* Under SPLUNK_BASE: the status its senders know for this, and what they read
 * beside our problem ("text" and "code"); elsewhere ours, and nothing. */
int splunk_status(const struct request *rq, enum rc rc);
struct str splunk_members(struct arena *a, const struct request *rq,
    enum rc rc);

/* Forget an answer that was begun; rate-limit headers stay. */
void reply_restart(struct reply *rp);

/* The header block into `head`; the body is *body (empty: send none). */
int answer_head(struct app *app, struct request *rq, struct reply *rp,
    enum rc rc, struct buf *head, struct str *body);
/* The problem document for rc, into `b`. */
void answer_problem(const struct config *conf, const struct request *rq,
    const struct reply *rp, enum rc rc, struct buf *b);

/* Set rq->remote_addr to the client's address: X-Forwarded-For as far as
 * `proxies` are believed. */
void client_find(struct request *rq, struct str proxies);

#endif
