/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes <-> struct request, struct reply. Handlers see only these two, so each
 * is tested without FastCGI and without a socket.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "rc.h"

enum method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_PATCH,
	METHOD_DELETE, METHOD_OPTIONS, METHOD_OTHER };
const char *method_name(enum method m);

enum { SEGMENTS_MAX = 6, PARAMS_MAX = 32 };

struct param { struct str name, value; };

struct request {
	struct arena *mem;
	enum method method;
	struct str uri;			/* REQUEST_URI as it came */
	struct str base;		/* "/api/v1" or "/v1" */
	struct str path;		/* behind the base, decoded: "/events/evt_x" */
	struct str segment[SEGMENTS_MAX];	/* decoded parts of the path */
	size_t segments;
	struct param query[PARAMS_MAX];	/* decoded, in order */
	size_t n_query;
	struct str query_text;		/* raw, behind '?' */
	struct str api_key;		/* X-API-Key or Bearer; empty: none */
	struct str remote_addr;		/* of the client, see proxies in conf */
	struct str forwarded_for;	/* X-Forwarded-For; believed by nobody yet */
	struct str content_type;	/* media type, lower case, no parameters */
	struct str content_encoding;	/* lower case */
	struct str idempotency_key, last_event_id, accept;
	char id[129];			/* the request id, NUL-terminated */
	struct str body;		/* unpacked */
	bool has_body;			/* any byte was sent */
	int64_t content_length;		/* as declared; -1: not */
	enum rc fault;			/* RC_OK, or the request line is wrong ... */
	const char *fault_why;		/* ... because of this */
	/* who asks; set by serve */
	int64_t tenant;			/* 0: nobody */
	uint32_t scopes;
	struct str key_id;
};

struct str request_param(const struct request *rq, const char *name);
bool request_has_param(const struct request *rq, const char *name);

struct header { const char *name; struct str value; };
enum { HEADERS_MAX = 16, PROBLEM_ERRORS_MAX = 100 };

struct reply {
	struct arena *mem;
	int status;			/* 0 until set; RC_OK then means 200 */
	const char *content_type;	/* default application/json */
	struct buf body;
	struct header header[HEADERS_MAX];
	size_t n_headers;
	/* problem details, collected by reply_problem / reply_bad_field */
	struct str detail;
	struct { struct str pointer, detail; } error[PROBLEM_ERRORS_MAX];
	size_t n_errors;
	bool secret;			/* body holds a secret: not stored for replay */
	struct str replay;		/* with `secret`: the JSON kept for replay in
					   its stead ("secret_already_shown": true) */
};

/* An empty reply whose body is allocated as it grows; pair with release. */
void reply_init(struct reply *rp, struct arena *mem);
void reply_release(struct reply *rp);
/* Set a header (a second value replaces the first). `name` must outlive the
 * reply; control bytes in the value are dropped. */
void reply_header(struct reply *rp, const char *name, struct str value);
bool reply_has_header(const struct reply *rp, const char *name);
struct str reply_header_value(const struct reply *rp, const char *name);
/* Say what is wrong; returns rc, so that handlers can `return`. */
enum rc reply_problem(struct reply *rp, enum rc rc, const char *fmt, ...)
    PRINTF(3, 4);
/* RC_INVALID with a pointer. */
enum rc reply_bad_field(struct reply *rp, struct str pointer, const char *fmt,
    ...) PRINTF(3, 4);
/* Begin the JSON body: returns a writer on rp->body. */
struct jw reply_json(struct reply *rp);

#endif
