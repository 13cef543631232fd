/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request body's type and encoding. Caps hold for what was received and,
 * separately, for what it unpacks to.
 */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include "http.h"

/* RC_MEDIA unless an API that takes JSON takes this type and encoding; says
 * so in rp. `any_type`: the handler looks at the type itself. */
MUST_CHECK enum rc body_check(const struct request *rq, bool any_type,
    struct reply *rp);

/* Set rq->body from the bytes received: as they are, or unpacked into
 * `unpacked`, whose maximum is the cap (RC_TOO_BIG beyond it, early).
 * RC_MALFORMED: not what Content-Encoding says. */
MUST_CHECK enum rc body_decode(struct request *rq, struct str received,
    struct buf *unpacked, struct reply *rp);

#endif
