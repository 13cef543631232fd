/* SPDX-License-Identifier: Apache-2.0 */
/* CGI parameters -> struct request. */
#include "http/request.h"

#include <string.h>

#include "base/hash.h"

enum { REQUEST_ID_MOST = 128, REQUEST_ID_RANDOM = 22 };

static const char *const names[] = {
	[METHOD_GET] = "GET",
	[METHOD_HEAD] = "HEAD",
	[METHOD_POST] = "POST",
	[METHOD_PUT] = "PUT",
	[METHOD_PATCH] = "PATCH",
	[METHOD_DELETE] = "DELETE",
	[METHOD_OPTIONS] = "OPTIONS",
	[METHOD_OTHER] = "OTHER",
};

const char *
method_name(enum method m)
{
	return names[m];
}

static enum method
method_of(struct str text)
{
	enum method m;

	for (m = METHOD_GET; m < METHOD_OTHER; m++) {
		if (str_is(text, names[m]))
			return m;
	}
	return METHOD_OTHER;
}

static const char *
env_next(char *const **envp, const char *name, size_t len)
{
	const char *at;

	while (**envp != NULL) {
		at = *(*envp)++;
		if (strncmp(at, name, len) == 0 && at[len] == '=')
			return at + len + 1;
	}
	return NULL;
}

struct str
request_env(char *const *envp, const char *name)
{
	return str_of(env_next(&envp, name, strlen(name)));
}

/* A variable that comes twice is two headers of which one is spelt with an
 * underscore, past a proxy's back: neither is believed. */
static struct str
env_once(char *const *envp, const char *name)
{
	size_t len = strlen(name);
	const char *first = env_next(&envp, name, len);

	if (first == NULL || env_next(&envp, name, len) != NULL)
		return (struct str){ "", 0 };
	return str_of(first);
}

static bool
id_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
	    || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

/* The client's own id if it is harmless in logs and headers, else a new one. */
static void
id_choose(struct request *rq, struct str given)
{
	size_t i;

	for (i = 0; i < given.len && id_char(given.p[i]); i++)
		;
	if (given.len > 0 && given.len <= REQUEST_ID_MOST && i == given.len) {
		memcpy(rq->id, given.p, given.len);
		rq->id[given.len] = '\0';
		return;
	}
	memcpy(rq->id, "req_", 4);
	random_base62(rq->id + 4, REQUEST_ID_RANDOM);
	rq->id[4 + REQUEST_ID_RANDOM] = '\0';
}

/* X-API-Key, or what stands behind "Bearer" in any case; senders to Splunk say
 * "Splunk" there. */
static struct str
key_find(char *const *envp)
{
	struct str key = str_trim(request_env(envp, "HTTP_X_API_KEY"));
	struct str auth = str_trim(request_env(envp, "HTTP_AUTHORIZATION"));
	struct str scheme;

	if (key.len > 0)
		return key;
	if (!str_cut(&auth, ' ', &scheme) || (!str_is_fold(scheme, "bearer") &&
	    !str_is_fold(scheme, "splunk")))
		return (struct str){ "", 0 };
	return str_trim(auth);
}

static struct str
media_type(struct arena *mem, struct str header)
{
	struct str type;

	if (!str_cut(&header, ';', &type))
		return (struct str){ "", 0 };
	return str_lower(mem, str_trim(type));
}

static int64_t
length_of(struct str text)
{
	int64_t n;

	if (!str_i64(text, &n) || n < 0)
		return -1;
	return n;
}

static void
fault_set(struct request *rq, const char *why)
{
	rq->fault = RC_MALFORMED;
	rq->fault_why = why;
}

void
request_read(struct request *rq, struct arena *mem, char *const *envp)
{
	*rq = (struct request){ .mem = mem };
	id_choose(rq, request_env(envp, "HTTP_X_REQUEST_ID"));
	rq->method = method_of(request_env(envp, "REQUEST_METHOD"));
	rq->uri = request_env(envp, "REQUEST_URI");
	rq->api_key = key_find(envp);
	rq->remote_addr = request_env(envp, "REMOTE_ADDR");
	rq->forwarded_for = env_once(envp, "HTTP_X_FORWARDED_FOR");
	rq->content_type = media_type(mem, request_env(envp, "CONTENT_TYPE"));
	rq->content_encoding = str_lower(mem,
	    str_trim(request_env(envp, "HTTP_CONTENT_ENCODING")));
	rq->content_length = length_of(request_env(envp, "CONTENT_LENGTH"));
	rq->idempotency_key =
	    str_trim(request_env(envp, "HTTP_IDEMPOTENCY_KEY"));
	rq->last_event_id = str_trim(request_env(envp, "HTTP_LAST_EVENT_ID"));
	rq->accept = request_env(envp, "HTTP_ACCEPT");
	rq->cookies = request_env(envp, "HTTP_COOKIE");
	rq->fetch_site = request_env(envp, "HTTP_SEC_FETCH_SITE");
	rq->forwarded_proto = env_once(envp, "HTTP_X_FORWARDED_PROTO");
	rq->from_panel = request_env(envp, "HTTP_X_TRACE_PANEL").len > 0;
	rq->of_tenant = request_env(envp, "HTTP_X_TRACE_TENANT");
	rq->tls = str_is_fold(request_env(envp, "HTTPS"), "on")
	    || str_is(request_env(envp, "REQUEST_SCHEME"), "https");
	if (!uri_split(rq))
		fault_set(rq, "the path holds a broken percent-encoding");
	else if (!uri_query(rq))
		fault_set(rq, "the query is not UTF-8 with whole"
		    " percent-encodings, or has over 32 parameters");
}

struct str
request_param(const struct request *rq, const char *name)
{
	size_t i;

	for (i = 0; i < rq->n_query; i++) {
		if (str_is(rq->query[i].name, name))
			return rq->query[i].value;
	}
	return (struct str){ "", 0 };
}

bool
request_has_param(const struct request *rq, const char *name)
{
	size_t i;

	for (i = 0; i < rq->n_query; i++) {
		if (str_is(rq->query[i].name, name))
			return true;
	}
	return false;
}

struct str
request_cookie(const struct request *rq, const char *name)
{
	struct str rest = rq->cookies, pair, key;

	while (str_cut(&rest, ';', &pair)) {
		pair = str_trim(pair);
		if (str_cut(&pair, '=', &key) && str_is(key, name))
			return str_trim(pair);
	}
	return (struct str){ "", 0 };
}
