/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the events responder share. */
#ifndef EVENTS_H
#define EVENTS_H

#include "ingest.h"
#include "packs.h"
#include "serve.h"

struct events {			/* app->own */
	struct committer *committer;
	struct packs *packs;
};

/* Read the body into b. RC_MALFORMED: it is none of that shape. */
MUST_CHECK enum rc intake_read(struct app *app, const struct request *rq,
    struct reply *rp, struct body_shape *shape, struct ingest_batch *b);
/* On disk on RC_OK; b tells of each record. Else nothing was stored, and said
 * so. */
MUST_CHECK enum rc intake_commit(struct app *app, const struct request *rq,
    struct reply *rp, struct ingest_batch *b);

handler hec_post, hec_raw, hec_ack, hec_health, otlp_post;

#endif
