/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CGI parameters -> struct request; the pieces are shown for their tests.
 * Nothing here trusts a length or a form: what is wrong ends in rq->fault.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "http.h"

/* Value of one parameter; the empty string if absent. */
struct str request_env(char *const *envp, const char *name);

/* Undo percent-encoding; `plus`: a + is a blank. False: broken escape. */
MUST_CHECK bool uri_decode(struct arena *mem, struct str text, bool plus,
    struct str *out);
/* Base, path and segments of rq->uri; false: broken escape. */
MUST_CHECK bool uri_split(struct request *rq);
/* Query parameters; false: broken escape, bad UTF-8 or too many. */
MUST_CHECK bool uri_query(struct request *rq);

#endif
