/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP requests to others, each with a cap on everything: time, size of head
 * and body, and whom it may speak to. The only file pair that knows libcurl.
 *
 * Whom: every address is looked at when the socket to it is opened, that is
 * after DNS and on the very address that is then connected to, so a name that
 * resolves differently the second time gains nothing. Addresses that are not
 * public (addr_is_public) are refused unless the rule allows them.
 *
 * A redirect is an answer like any other: it is never followed, because what
 * was asked (headers with secrets, a signed body) is meant for one place.
 *
 * Only http and https; TLS 1.2 or later, verified against the system's
 * authorities; no proxy and no .netrc of the environment, no cookies, no
 * unpacking, no connection used twice. SIGPIPE must be ignored by the process.
 */
#ifndef FETCH_H
#define FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/str.h"

enum { FETCH_HEAD_MAX = 64 << 10, FETCH_URL_MAX = 2048, FETCH_WHY = 256 };

/* Whom a request may speak to. */
struct fetch_rule {
	struct str host;	/* if given: this host alone, at any address; for
				   a URL that the operator wrote himself */
	struct str allow;	/* blocks that need not be public:
				   "10.1.0.0/16, fd00::/8" */
	struct str ports;	/* "80 443 8000-8999"; empty: any */
	bool https_only;
	const char *ca_file;	/* authorities in PEM; NULL: the system's */
};

struct fetch_header { const char *name; struct str value; };

struct fetch_ask {
	const char *method;		/* "GET", "POST" ... */
	struct str url;
	const struct fetch_header *headers;	/* without control bytes */
	size_t n_headers;
	struct str body;
	int64_t connect_ms, total_ms;	/* both > 0 */
	size_t answer_max;		/* bytes of the answer's body */
	struct fetch_rule rule;
};

enum fetch_end {
	FETCH_DONE,		/* a whole answer: see status */
	FETCH_REFUSED,		/* the rule forbids the URL or every address */
	FETCH_UNREACHED,	/* no such name, nobody listens */
	FETCH_UNTRUSTED,	/* TLS failed, or the certificate is not good */
	FETCH_LATE,		/* not connected or not answered in time */
	FETCH_TOO_BIG,		/* body over answer_max, or head over its cap */
	FETCH_BROKEN,		/* ended early, or is no HTTP */
};

struct fetch_answer {
	enum fetch_end end;
	int status;		/* as soon as the whole head came, else 0 */
	struct str body;	/* what came of it, at most answer_max bytes */
	char why[FETCH_WHY];	/* the reason in words if not FETCH_DONE, or if it
				   is a redirect; else empty */
	int64_t latency_ms;
	int64_t retry_after_s;	/* what the answer asks for; 0: nothing */
};

/* Would the rule let this URL be asked, as far as can be said without DNS?
 * False: `why` says what is wrong with it. */
MUST_CHECK bool fetch_may(const struct fetch_rule *rule, struct str url,
    char why[FETCH_WHY]);

/* One request, waited for (never longer than total_ms). The body lives in
 * `a`. Returns an->end. */
enum fetch_end fetch(struct arena *a, const struct fetch_ask *ask,
    struct fetch_answer *an);

/*
 * Many at once, on one thread, none waiting for another: also names are looked
 * up in the background.
 */
struct fetches;
struct fetches *fetches_new(size_t most);
void fetches_free(struct fetches *f);		/* drops what is under way */
size_t fetches_room(const struct fetches *f);	/* how many more may start */
/* Begin; texts are copied. Ends in exactly one fetches_next with this `ctx`,
 * also if it is refused at once. There must be room. */
void fetches_start(struct fetches *f, const struct fetch_ask *ask, void *ctx);
/* Wait until something moved, wake_fd is readable, or the time is over. */
void fetches_wait(struct fetches *f, int wake_fd, int timeout_ms);
/* One that has ended; false: none has. */
MUST_CHECK bool fetches_next(struct fetches *f, struct arena *a,
    struct fetch_answer *an, void **ctx);

#endif
