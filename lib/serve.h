/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop all endpoints share: accept, route, key, rate limit, body,
 * idempotency, handler, rc -> status, headers, one log line. A responder is a
 * table of routes and a call of serve_endpoint.
 *
 * Every answer carries X-Request-Id and the five rate-limit headers; every
 * error is an RFC 9457 problem; Content-Length is always sent. A bad
 * configuration or store never ends the process: it answers 503 and names it.
 */
#ifndef SERVE_H
#define SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "http.h"
#include "rc.h"
#include "store.h"

enum scope {
	SCOPE_INGEST = 1, SCOPE_READ = 2, SCOPE_ANALYZE = 4, SCOPE_AI = 8,
	SCOPE_ADMIN = 16, SCOPE_ASSERT = 32, SCOPE_OPERATOR = 64,
};
/* What a session may do in a tenant, whoever's it is. */
#define SESSION_SCOPES (SCOPE_READ | SCOPE_ANALYZE | SCOPE_AI)
/* "ingest read" or "ingest,read" -> bits; false: an unknown word. */
MUST_CHECK bool scopes_parse(struct str text, uint32_t *scopes);
struct str scopes_text(struct arena *a, uint32_t scopes);

struct config {			/* tra-ce.conf; rows in serve/config.c */
	char data[256];		/* data folder; env TRACE_DATA wins */
	char rules[256];	/* folder of Sigma rules; env TRACE_RULES wins */
	char docs[256];		/* prefix of problem `type` URIs */
	char openapi[256];	/* path of openapi.json; env TRACE_WWW/.. wins */
	char proxies[256];	/* addresses whose X-Forwarded-For is believed */
	int64_t body_max, unpacked_max, record_max, records_max;
	int64_t threads;	/* acceptors of a threaded responder */
	int64_t queue_max;	/* requests waiting for the committer */
	int64_t live_max, live_heartbeat_s, live_recycle_s, live_pending_max;
	bool live_poll;		/* env TRACE_LIVE (poll, stream) wins */
	int64_t address_rate;	/* requests a minute without a key */
	int64_t session_idle_s, session_most_s;
	int64_t disk_min;	/* free bytes below which ingest answers 503 */
	char llm_url[256], llm_model[256], llm_key_file[256];
	int64_t llm_timeout_s;
	int64_t llm_budget;	/* questions a minute and tenant */
	bool llm_anonymise;
	/* webhooks: whom they may reach, and how hard it is tried */
	char webhook_allow[256], webhook_ports[256], webhook_ca[256];
	bool webhook_https_only;
	int64_t webhook_timeout_s, webhook_give_up_s, webhook_kept_s,
	    webhook_at_once;
	struct conf_spans webhook_retries;
	bool confine;		/* see confine.h */
	int64_t memory_max;	/* bytes of data that a responder may have */
	int64_t cache;		/* bytes that it may cache of graphs */
};
/* Reads $TRACE_CONFIG, /etc/tra-ce/tra-ce.conf or ../etc/tra-ce.conf; what is
 * missing has its default. False: `why` says which line. */
MUST_CHECK bool config_read(struct config *c, char *why, size_t len);

enum { OPENED_MAX = 32 };
struct app {			/* one per worker thread */
	const struct config *conf;
	struct store *store;	/* NULL: could not be opened, see trouble */
	const char *trouble;	/* why every answer is 503; NULL: none */
	bool misconfigured;	/* trouble is the configuration's: for ever */
	void *own;		/* the responder's, shared by its threads */
	struct opened {		/* by an operator, and written to the audit log */
		int64_t administrator, tenant, hour;
	} opened[OPENED_MAX];
	size_t n_opened;
};

typedef enum rc handler(struct app *app, const struct request *rq,
    struct reply *rp);

enum {
	ROUTE_OPEN = 1,		/* no key needed (one given is looked at) */
	ROUTE_FREE = 2,		/* costs nothing */
	ROUTE_WRITES = 4,	/* serve opens the tenant's write transaction before
				   the handler and commits it after, together with
				   the idempotency row */
	ROUTE_IDEMPOTENT_SELF = 8,	/* the handler keeps its own idempotency row */
	ROUTE_NO_JSON = 16,	/* body may be NDJSON or text: type check by handler */
	ROUTE_SESSION = 32,	/* also by an administrator's session: rq->tenant is
				   then that administrator's, 0 for an operator */
	ROUTE_CONSOLE = 256,	/* also by a session, as SESSION_SCOPES, in the
				   tenant it looks at: rq->tenant is that one */
	ROUTE_CONTROL = 64,	/* as ROUTE_WRITES, with control.db's transaction */
	ROUTE_HOOKS = 128,	/* as ROUTE_WRITES, with hooks.db's transaction */
	ROUTE_BIG = 512,	/* the body may be as big as the configuration lets
				   it; else it is what a person writes */
};

struct route {
	enum method method;
	const char *pattern;	/* "/events/{id}": a {part} matches one segment */
	uint32_t scope;		/* one of these bits is enough; 0: any valid key */
	unsigned flags;
	handler *handle;
};

struct endpoint {
	const char *name;	/* in the log; the binary's name */
	const struct route *routes;
	size_t n_routes;
	bool threaded;		/* conf->threads workers instead of one */
	bool no_store;		/* meta: answers even without a store */
	unsigned needs;		/* of confine.h: beyond files and threads */
	/* Once, with an open store (no_store: at once), before the first
	 * handler; what it puts in app->own all threads get. While it fails,
	 * answers are 503 and it is tried again, at most once a second. */
	enum rc (*start)(struct app *app);
	/* Once, after the last request; only if start went well. */
	void (*stop)(struct app *app);
	/* What the process does besides answering, from its start on, until
	 * stop_fd polls readable; not with a bad configuration. `end` waits for
	 * it and gets what `begin` gave (NULL: nothing was begun). */
	void *(*begin)(const struct config *conf, int stop_fd);
	void (*end)(void *beside);
};

/* Runs until SIGTERM; returns the exit status for main. */
int serve_endpoint(const struct endpoint *ep);

/*
 * The steps before a handler, for responders with a loop of their own (live):
 * key, scope, rate limit. On RC_OK *rq knows tenant and scopes. In all cases
 * the rate-limit headers are in rp.
 */
enum rc serve_admit(struct app *app, struct request *rq, struct reply *rp,
    const struct route *route);
/* Whole answer from rc and rp, problem body included; writes the header block
 * (Status: ...) and body into out. head: leave the body out. */
void serve_finish(struct app *app, struct request *rq, struct reply *rp,
    enum rc rc, struct buf *out);

/*
 * What every responder does first, also one with a loop of its own: log,
 * randomness, configuration into *conf, which *app then points to. Cannot
 * fail: a bad configuration is app->trouble (text in `why`, which must live as
 * long as app).
 */
enum { SERVE_WHY = 256 };
void serve_begin(const char *name, struct config *conf, char why[SERVE_WHY],
    struct app *app);
/* Give up what the responder does not need (confine.h), unless the
 * configuration says no. After serve_begin, before any thread. */
void serve_confine(const char *name, const struct config *conf,
    unsigned needs);
/* Open the store of conf->data into app->store; else app->trouble says why. */
enum rc serve_store(struct app *app);

/* An administrator's session lies in this cookie; the prefix makes browsers
 * hold it to TLS and this host (RFC 6265bis, 4.1.3). */
#define SESSION_COOKIE "tra_ce_session"
#define SESSION_COOKIE_TLS "__Host-" SESSION_COOKIE
struct str serve_session_cookie(const struct request *rq);
/* RC_DENIED, and said so, unless a page of this host asked: a request that
 * changes something comes with X-TRACE-Panel, which no form and no other
 * site's script can send, and browsers say themselves where it is from. */
MUST_CHECK enum rc serve_from_panel(const struct request *rq,
    struct reply *rp);

/* The table behind tra-ce.conf, for those who print the sample file. */
const struct conf_row *config_rows(size_t *n);

const char *serve_version(void);	/* "0.1.0" */

/*
 * Idempotency, for handlers of ROUTE_IDEMPOTENT_SELF: under which name and
 * digest the request's key is kept, whether and how this answer is to be kept,
 * and the kept answer given again. serve_idem_replay answers 422 if the digest
 * is another's. Give it the rc that it returns.
 */
struct str serve_idem_scope(const struct request *rq);
void serve_idem_digest(const struct request *rq, uint8_t out[32]);
MUST_CHECK bool serve_idem_row(struct app *app, const struct request *rq,
    struct reply *rp, enum rc rc, struct idem *row);
MUST_CHECK enum rc serve_idem_replay(const struct request *rq,
    struct reply *rp, const struct idem *kept);

#endif
