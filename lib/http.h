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

/* Splunk's HTTP Event Collector has a path of its own, without our base. */
#define SPLUNK_BASE "/services/collector"

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
	struct str cookies;		/* the header as it came; see request_cookie */
	struct str fetch_site;		/* Sec-Fetch-Site: where the page was from */
	struct str forwarded_proto;	/* X-Forwarded-Proto; believed by nobody yet */
	bool from_panel;		/* X-TRACE-Panel: a script of ours sent it */
	struct str of_tenant;		/* X-TRACE-Tenant: where a session looks */
	bool tls;			/* the client came over TLS */
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
	struct str who;			/* for the audit log: "key:…", "admin:…" */
	struct str author;		/* on what is kept: a key's id, "admin:…" */
	int64_t administrator;		/* 0: no session, a key or nobody */
	uint8_t session[32];		/* whose cookie; see session_good */
};

struct str request_param(const struct request *rq, const char *name);
bool request_has_param(const struct request *rq, const char *name);
/* The (first) cookie of that name; empty: none. */
struct str request_cookie(const struct request *rq, const char *name);

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
	struct str more;		/* further members of the problem, as JSON:
					   "name":value,... */
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

/* ---- the request's bytes (responders with a loop of their own) --------- */

/*
 * Fill *rq (all but body and who asks) from "NAME=value" strings. Text points
 * into envp or `mem`. Always leaves a request that can be answered: rq->id is
 * set, and rq->fault tells RC_MALFORMED for a bad request line.
 */
void request_read(struct request *rq, struct arena *mem, char *const *envp);

/* RC_MEDIA unless an API that takes JSON takes this type and encoding; says
 * so in rp. `any_type`: the handler looks at the type itself. */
MUST_CHECK enum rc body_check(const struct request *rq, bool any_type,
    struct reply *rp);

/* Set rq->body from the bytes received: as they are, or unpacked into
 * `unpacked`, whose maximum is the cap (RC_TOO_BIG beyond it, early).
 * RC_MALFORMED: not what Content-Encoding says. */
MUST_CHECK enum rc body_decode(struct request *rq, struct str received,
    struct buf *unpacked, struct reply *rp);

/*
 * ---- FastCGI connections ------------------------------------------------
 *
 * Accept, parameters, body in, answer out. Every wait is bounded: an idle
 * worker sleeps in poll until a connection or the stop signal comes, and reads
 * and writes give up after 30 s. A struct fcgi belongs to one thread at a time.
 */
struct fcgi;

/*
 * Once per process, before any other thread starts: blocks TERM, INT, USR1 and
 * HUP in this thread (and so in all later ones), ignores PIPE, makes listener
 * fd 0 non-blocking, and starts the thread that waits for TERM, INT and USR1.
 * *stop_fd then polls readable for ever once one has come. With TRACE_SPAWNED
 * in the environment, the process id of the web server that starts us, the
 * process is asked to stop when that dies or is dead already; "parent" is
 * whoever that is by now (mod_fcgid tells no number).
 */
MUST_CHECK enum rc fcgi_listen(int *stop_fd);

/* Ask again for that: the kernel forgets it when a process changes its user. */
void fcgi_follow_parent(void);

struct fcgi *fcgi_new(void);
void fcgi_free(struct fcgi *c);

/* Waits for a request. False: the process was told to stop, and nothing waits
 * in the backlog any more (or 5 s have passed). Losing a race for a connection
 * to another thread or process just waits on. */
MUST_CHECK bool fcgi_accept(struct fcgi *c, int stop_fd);

/* "NAME=value" strings, NULL at the end; valid until fcgi_finish or detach. */
char *const *fcgi_params(const struct fcgi *c);

/* Append the whole body to `into`, whose maximum is the cap. RC_TOO_BIG: over
 * it (the rest is not read). RC_MALFORMED: it ended before `declared` bytes
 * (-1: none declared), or did not arrive in time. */
MUST_CHECK enum rc fcgi_body(struct fcgi *c, int64_t declared, struct buf *into);

/* Write to the client; false: it is gone. Goes out at fcgi_finish or flush. */
bool fcgi_write(struct fcgi *c, struct str bytes);
bool fcgi_flush(struct fcgi *c);
void fcgi_finish(struct fcgi *c);

/*
 * For streams: everything written so far is flushed, then the connection's fd
 * (now non-blocking, the caller's to close) is handed out and the struct is
 * free for the next accept. What follows on the fd must be FastCGI records of
 * *request_id. Returns -1 if the client is gone (finished then).
 */
int fcgi_detach(struct fcgi *c, uint16_t *request_id);

#endif
