/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl, told to do little. One trap: when a request is dropped whose name
 * look-up hangs, libcurl waits for the look-up's end, which would hold up
 * everybody else (CURLOPT_QUICK_EXIT lets go of it).
 */
#include "fetch.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "addr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "fetch/rule.h"

struct job {
	CURL *easy;
	struct curl_slist *headers;
	struct arena *mem;		/* copies of what was asked */
	struct fetch_ask ask;
	struct buf body;
	size_t head;			/* bytes of head so far */
	bool head_whole;
	bool refused, too_big;		/* we stopped it, because: */
	char stop[FETCH_WHY];
	char trouble[CURL_ERROR_SIZE];
	int64_t begun_ns;
	struct fetch_answer an;
	void *ctx;
	bool over;			/* ended, not yet given out */
	struct job *next;
};

struct fetches {
	CURLM *multi;
	size_t most, n;
	struct job *jobs;
};

static void
curl_begin(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void
curl_once(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, curl_begin);
}

/* ---- whom -------------------------------------------------------------- */

static struct str
url_part(struct arena *a, CURLU *u, CURLUPart part, unsigned flags)
{
	struct str s = { 0 };
	char *text = NULL;

	if (curl_url_get(u, part, &text, flags) == CURLUE_OK)
		s = str_dup(a, str_of(text));
	curl_free(text);
	return s;
}

static bool
place_of(struct arena *a, struct str url, struct place *p)
{
	CURLU *u;
	bool good = url.len > 0 && url.len <= FETCH_URL_MAX
	    && memchr(url.p, '\0', url.len) == NULL;

	if (!good)
		return false;
	u = curl_url();
	if (u == NULL)
		return false;
	good = curl_url_set(u, CURLUPART_URL, str_c(a, url),
	    CURLU_DISALLOW_USER) == CURLUE_OK;
	if (good) {
		p->scheme = url_part(a, u, CURLUPART_SCHEME, 0);
		p->host = url_part(a, u, CURLUPART_HOST, 0);
		good = p->host.len > 0 && str_u64(url_part(a, u,
		    CURLUPART_PORT, CURLU_DEFAULT_PORT), &p->port);
	}
	curl_url_cleanup(u);
	return good;
}

bool
fetch_may(const struct fetch_rule *rule, struct str url, char why[FETCH_WHY])
{
	struct arena *a = arena_new();
	struct place p;
	bool good = place_of(a, url, &p);

	if (!good)
		snprintf(why, FETCH_WHY, "not a URL of the form "
		    "https://host[:port]/path, without user and password, of "
		    "at most %d bytes", FETCH_URL_MAX);
	good = good && rule_place(rule, &p, why);
	arena_free(a);
	return good;
}

/* ---- what libcurl calls ------------------------------------------------- */

static bool
addr_of(const struct curl_sockaddr *sa, struct addr *a)
{
	const struct sockaddr_in *v4 = (const void *)&sa->addr;
	const struct sockaddr_in6 *v6 = (const void *)&sa->addr;

	if (sa->family == AF_INET)
		addr_from_v4(&v4->sin_addr, a);
	else if (sa->family == AF_INET6)
		memcpy(a->b, &v6->sin6_addr, sizeof(a->b));
	else
		return false;
	return true;
}

/* The address is here what connect() will be given: nothing comes between. */
static curl_socket_t
on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *sa)
{
	struct job *j = ctx;
	struct addr a;
	char text[ADDR_TEXT];

	if (purpose != CURLSOCKTYPE_IPCXN || !addr_of(sa, &a))
		return CURL_SOCKET_BAD;
	if (!rule_address(&j->ask.rule, &a)) {
		addr_text(&a, text);
		snprintf(j->stop, FETCH_WHY, "the name leads to %s, which is "
		    "not a public address", text);
		j->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(sa->family, sa->socktype | SOCK_CLOEXEC, sa->protocol);
}

static size_t
on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct job *j = ctx;
	size_t len = size * n;
	size_t left = j->ask.answer_max - j->body.len;

	buf_put(&j->body, p, len < left ? len : left);
	if (len <= left)
		return len;
	j->too_big = true;
	snprintf(j->stop, FETCH_WHY, "the answer is over %zu bytes",
	    j->ask.answer_max);
	return 0;
}

static size_t
on_head(char *p, size_t size, size_t n, void *ctx)
{
	struct job *j = ctx;

	/* Several heads may come: of a 100 Continue, of the answer. */
	j->head_whole = p[0] == '\r' || p[0] == '\n';
	j->head += size * n;
	if (j->head <= FETCH_HEAD_MAX)
		return size * n;
	j->too_big = true;
	snprintf(j->stop, FETCH_WHY, "the answer's head is over %d bytes",
	    FETCH_HEAD_MAX);
	return 0;
}

/* ---- one request -------------------------------------------------------- */

static void
job_end(struct job *j, enum fetch_end end, const char *why)
{
	j->an.end = end;
	snprintf(j->an.why, sizeof(j->an.why), "%s", why);
}

static bool
job_headers(struct job *j)
{
	const struct fetch_header *h = j->ask.headers;

	/* no 100-continue: its second of waiting buys nothing here */
	j->headers = curl_slist_append(NULL, "Expect:");
	for (size_t i = 0; i < j->ask.n_headers; i++) {
		if (!rule_header_clean(h[i].value))
			return false;
		j->headers = curl_slist_append(j->headers, str_printf(j->mem,
		    "%s: %.*s", h[i].name, STR_ARG(h[i].value)).p);
	}
	return true;
}

static void
job_limits(struct job *j)
{
	CURL *e = j->easy;

	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	/* another rule's connection must not carry this request */
	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (j->ask.rule.ca_file != NULL)
		curl_easy_setopt(e, CURLOPT_CAINFO, j->ask.rule.ca_file);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)j->ask.connect_ms);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)j->ask.total_ms);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, j);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, j);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_head);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, j);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, j->trouble);
	curl_easy_setopt(e, CURLOPT_PRIVATE, j);
}

static void
job_request(struct job *j)
{
	CURL *e = j->easy;
	bool get = strcmp(j->ask.method, "GET") == 0;

	curl_easy_setopt(e, CURLOPT_URL, j->ask.url.p);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "TRA-CE");
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, j->headers);
	if (strcmp(j->ask.method, "HEAD") == 0) {
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
		return;
	}
	if (!get || j->ask.body.len > 0) {
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)j->ask.body.len);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS,
		    j->ask.body.len > 0 ? j->ask.body.p : "");
	}
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, j->ask.method);
}

static int64_t
job_ms(const struct job *j)
{
	return (clock_mono_ns() - j->begun_ns) / NS_PER_MS;
}

static struct job *
job_new(const struct fetch_ask *ask, void *ctx)
{
	struct job *j = mem_get(sizeof(*j));

	curl_once();
	j->mem = arena_new();
	j->ask = *ask;
	j->ask.url = str_dup(j->mem, ask->url);
	j->ask.body = str_dup(j->mem, ask->body);
	j->ask.rule.host = str_dup(j->mem, ask->rule.host);
	j->ask.rule.allow = str_dup(j->mem, ask->rule.allow);
	j->ask.rule.ports = str_dup(j->mem, ask->rule.ports);
	j->ctx = ctx;
	j->begun_ns = clock_mono_ns();
	buf_init(&j->body, ask->answer_max + 1);
	j->easy = curl_easy_init();
	return j;
}

/* False: it ended before it began, j->an says why. */
static bool
job_begin(struct job *j)
{
	if (j->easy == NULL) {
		job_end(j, FETCH_BROKEN, "libcurl gives no handle");
		return false;
	}
	if (!job_headers(j)) {
		job_end(j, FETCH_REFUSED, "a header holds control bytes");
		return false;
	}
	if (!fetch_may(&j->ask.rule, j->ask.url, j->an.why)) {
		j->an.end = FETCH_REFUSED;
		return false;
	}
	job_limits(j);
	job_request(j);
	return true;
}

static void
job_free(struct job *j)
{
	if (j->easy != NULL)
		curl_easy_cleanup(j->easy);
	curl_slist_free_all(j->headers);
	buf_release(&j->body);
	arena_free(j->mem);
	mem_free(j);
}

/* ---- how it ended ------------------------------------------------------- */

static enum fetch_end
end_of(const struct job *j, CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return FETCH_DONE;
	case CURLE_OPERATION_TIMEDOUT:
		return FETCH_LATE;
	case CURLE_COULDNT_CONNECT:
		return j->refused ? FETCH_REFUSED : FETCH_UNREACHED;
	case CURLE_URL_MALFORMAT:	/* a name that cannot be encoded */
		return FETCH_REFUSED;
	case CURLE_COULDNT_RESOLVE_HOST:
		return FETCH_UNREACHED;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
		return FETCH_UNTRUSTED;
	default:
		return j->too_big ? FETCH_TOO_BIG : FETCH_BROKEN;
	}
}

static const char *
reason_of(const struct job *j, CURLcode code)
{
	if (code == CURLE_OK)
		return "";
	if (j->stop[0] != '\0')
		return j->stop;
	return j->trouble[0] != '\0' ? j->trouble : curl_easy_strerror(code);
}

static void
job_over(struct job *j, CURLcode code)
{
	curl_off_t wait = 0;
	long status = 0;
	char *to = NULL;

	curl_easy_getinfo(j->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(j->easy, CURLINFO_RETRY_AFTER, &wait);
	curl_easy_getinfo(j->easy, CURLINFO_REDIRECT_URL, &to);
	j->an.status = j->head_whole ? (int)status : 0;
	j->an.retry_after_s = wait > 0 ? (int64_t)wait : 0;
	job_end(j, end_of(j, code), reason_of(j, code));
	if (code == CURLE_OK && to != NULL)
		snprintf(j->an.why, FETCH_WHY, "redirects to %s, and redirects "
		    "are not followed", to);
}

/* Hand the answer out and end the job. */
static void
job_give(struct job *j, struct arena *a, struct fetch_answer *an)
{
	j->an.latency_ms = job_ms(j);
	j->an.body = str_dup(a, buf_str(&j->body));
	*an = j->an;
	job_free(j);
}

enum fetch_end
fetch(struct arena *a, const struct fetch_ask *ask, struct fetch_answer *an)
{
	struct job *j = job_new(ask, NULL);

	if (job_begin(j))
		job_over(j, curl_easy_perform(j->easy));
	job_give(j, a, an);
	return an->end;
}

/* ---- many --------------------------------------------------------------- */

struct fetches *
fetches_new(size_t most)
{
	struct fetches *f = mem_get(sizeof(*f));

	curl_once();
	f->multi = curl_multi_init();
	f->most = most;
	return f;
}

void
fetches_free(struct fetches *f)
{
	struct job *j;

	while (f->jobs != NULL) {
		j = f->jobs;
		f->jobs = j->next;
		if (!j->over)
			curl_multi_remove_handle(f->multi, j->easy);
		job_free(j);
	}
	curl_multi_cleanup(f->multi);
	mem_free(f);
}

size_t
fetches_room(const struct fetches *f)
{
	return f->most - f->n;
}

void
fetches_start(struct fetches *f, const struct fetch_ask *ask, void *ctx)
{
	struct job *j = job_new(ask, ctx);

	f->n++;
	j->next = f->jobs;
	f->jobs = j;
	j->over = !job_begin(j);
	if (j->over || curl_multi_add_handle(f->multi, j->easy) == CURLM_OK)
		return;
	job_end(j, FETCH_BROKEN, "libcurl takes no more requests");
	j->over = true;
}

static void
fetches_collect(struct fetches *f)
{
	CURLMsg *m;
	CURLcode code;
	struct job *j = NULL;
	int left;

	for (;;) {
		m = curl_multi_info_read(f->multi, &left);
		if (m == NULL)
			return;
		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &j);
		code = m->data.result;	/* m dies with the next call */
		curl_multi_remove_handle(f->multi, j->easy);
		job_over(j, code);
		j->over = true;
	}
}

void
fetches_wait(struct fetches *f, int wake_fd, int timeout_ms)
{
	struct curl_waitfd wake = { wake_fd, CURL_WAIT_POLLIN, 0 };
	int running;

	for (const struct job *j = f->jobs; j != NULL; j = j->next)
		if (j->over)
			timeout_ms = 0;
	curl_multi_perform(f->multi, &running);
	curl_multi_poll(f->multi, &wake, wake_fd >= 0, timeout_ms, NULL);
	curl_multi_perform(f->multi, &running);
	fetches_collect(f);
}

bool
fetches_next(struct fetches *f, struct arena *a, struct fetch_answer *an,
    void **ctx)
{
	struct job **at = &f->jobs;
	struct job *j;

	while (*at != NULL && !(*at)->over)
		at = &(*at)->next;
	if (*at == NULL)
		return false;
	j = *at;
	*at = j->next;
	f->n--;
	*ctx = j->ctx;
	job_give(j, a, an);
	return true;
}
