/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request asks for: parameters of the query and members of a JSON body,
 * read into numbers, times and grades. A wrong one is RC_INVALID with a
 * pointer at it; one that is not there leaves *out as it was.
 */
#ifndef ASK_H
#define ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/json.h"
#include "event.h"
#include "cause.h"
#include "http.h"

/* Parameters of the query; the pointer is "/" + name. */
MUST_CHECK enum rc ask_time(const struct request *rq, struct reply *rp,
    const char *name, bool *has, int64_t *ns);
MUST_CHECK enum rc ask_count(const struct request *rq, struct reply *rp,
    const char *name, size_t least, size_t most, size_t *n);
MUST_CHECK enum rc ask_number(const struct request *rq, struct reply *rp,
    const char *name, double *x);
MUST_CHECK enum rc ask_grade(const struct request *rq, struct reply *rp,
    const char *name, enum grade *g);
MUST_CHECK enum rc ask_technique(const struct request *rq, struct reply *rp,
    const char *name, technique *t);

/* The request's body as a JSON object in `doc`; *v is NULL for an empty one.
 * RC_MALFORMED, RC_INVALID or, over VALUES_MOST values, RC_TOO_BIG otherwise. */
enum { VALUES_MOST = 2000000 };
MUST_CHECK enum rc ask_body(const struct request *rq, struct reply *rp,
    struct json_doc *doc, const struct json **v);
/* A member of it that must be a string. */
MUST_CHECK enum rc ask_text(struct reply *rp, const struct json *v,
    const char *name, struct str *s);

/* Where a list of chains goes on: score and id. */
struct str ask_cursor_text(struct arena *a, double score,
    const uint8_t id[16]);
MUST_CHECK bool ask_cursor_parse(struct str text, double *score,
    uint8_t id[16]);

#endif
