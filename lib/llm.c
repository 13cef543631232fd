/* SPDX-License-Identifier: Apache-2.0 */
#include "llm.h"

#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "base/file.h"
#include "base/json.h"
#include "fetch.h"

enum { KEY_MAX = 4 << 10, BODY_MAX = 1 << 20, CONNECT_MS = 5000,
	TOKENS_MAX = 2000, URL_MAX = 512 };

const char *
llm_end_name(enum llm_end e)
{
	static const char *const names[LLM__MAX] = {
		[LLM_ANSWERED] = "answered", [LLM_TIMEOUT] = "timeout",
		[LLM_UNREACHED] = "unreached", [LLM_STATUS] = "status",
		[LLM_REFUSED] = "refused", [LLM_GARBAGE] = "garbage",
		[LLM_TOO_BIG] = "too-big",
		[LLM_MISCONFIGURED] = "misconfigured",
	};

	return e < LLM__MAX ? names[e] : "?";
}

static enum llm_end
ended(struct llm_answer *an, enum llm_end end, const char *why)
{
	an->end = end;
	snprintf(an->why, sizeof(an->why), "%s", why);
	return end;
}

static bool
is_messages(const struct llm *m)
{
	return str_ends_fold(str_of(m->url), "/messages");
}

/* ---- where ------------------------------------------------------------------ */

/* Host of an absolute URL without user, port and brackets; empty: none. */
static struct str
host_of(struct str url)
{
	size_t at = str_find(url, STR("://"), 0), i;
	struct str rest, host;

	if (at == (size_t)-1)
		return (struct str){ 0 };
	rest = str_sub(url, at + 3, url.len);
	for (i = 0; i < rest.len && strchr("/?#", rest.p[i]) == NULL; i++)
		;
	host = str_sub(rest, 0, i);
	if (host.len > 0 && host.p[0] == '[') {
		i = str_find(host, STR("]"), 0);
		return i == (size_t)-1 ? (struct str){ 0 } :
		    str_sub(host, 1, i - 1);
	}
	i = str_find(host, STR(":"), 0);
	return str_find(host, STR("@"), 0) != (size_t)-1 ? (struct str){ 0 } :
	    str_sub(host, 0, i == (size_t)-1 ? host.len : i);
}

/* By its address: 127.0.0.1.example is somebody else's. */
static bool
is_here(struct str host)
{
	struct addr a;

	return str_is_fold(host, "localhost") || (addr_parse(host, &a) &&
	    addr_in_list(&a, STR("127.0.0.0/8 ::1")));
}

/* A base URL is completed: "http://host:8080/v1". */
static struct str
url_of(struct arena *a, const struct llm *m)
{
	struct str url = str_of(m->url);

	return str_ends_fold(url, "/v1") ? str_printf(a,
	    "%.*s/chat/completions", STR_ARG(url)) : url;
}

/* ---- what is sent -------------------------------------------------------------- */

static void
put_message(struct jw *w, const char *role, struct str text)
{
	jw_object(w);
	jw_key_c(w, "role", role);
	jw_key_s(w, "content", text);
	jw_object_end(w);
}

static struct str
body_of(struct arena *a, const struct llm *m, struct str system,
    struct str user)
{
	struct str out;
	struct buf b;
	struct jw w;

	buf_init(&b, BODY_MAX);
	jw_init(&w, &b);
	jw_object(&w);
	jw_key_c(&w, "model", m->model);
	jw_key_i(&w, "max_tokens", TOKENS_MAX);
	jw_key_i(&w, "temperature", 0);
	jw_key_b(&w, "stream", false);
	if (is_messages(m))
		jw_key_s(&w, "system", system);
	jw_key(&w, "messages");
	jw_array(&w);
	if (!is_messages(m))
		put_message(&w, "system", system);
	put_message(&w, "user", user);
	jw_array_end(&w);
	jw_object_end(&w);
	out = buf_bad(&b) ? (struct str){ 0 } : str_dup(a, buf_str(&b));
	buf_release(&b);
	return out;
}

/* False: there should be a key and there is none. */
static bool
read_key(struct arena *a, const struct llm *m, struct str *key)
{
	struct buf b;
	bool ok;

	*key = (struct str){ 0 };
	if (m->key_file[0] == '\0')
		return true;
	buf_init(&b, KEY_MAX);
	ok = file_read(m->key_file, &b);
	*key = ok ? str_dup(a, str_trim(buf_str(&b))) : *key;
	buf_release(&b);
	return ok && key->len > 0;
}

static size_t
headers_of(struct arena *a, const struct llm *m, struct str key,
    struct fetch_header h[4])
{
	size_t n = 0;

	h[n++] = (struct fetch_header){ "Content-Type",
		STR("application/json") };
	if (is_messages(m))
		h[n++] = (struct fetch_header){ "anthropic-version",
			STR("2023-06-01") };
	if (key.len > 0 && is_messages(m))
		h[n++] = (struct fetch_header){ "x-api-key", key };
	else if (key.len > 0)
		h[n++] = (struct fetch_header){ "Authorization",
			str_printf(a, "Bearer %.*s", STR_ARG(key)) };
	return n;
}

/* ---- what comes back ------------------------------------------------------------ */

static struct str
said_in_messages(const struct json *v, bool *refused)
{
	const struct json *parts = json_get(v, "content");
	size_t i;

	*refused = str_is(json_str(json_get(v, "stop_reason")), "refusal");
	for (i = 0; i < json_len(parts); i++)
		if (str_is(json_str(json_get(json_item(parts, i), "type")),
		    "text"))
			return json_str(json_get(json_item(parts, i), "text"));
	return (struct str){ 0 };
}

static struct str
said_in_chat(const struct json *v, bool *refused)
{
	const struct json *choice = json_item(json_get(v, "choices"), 0);
	const struct json *message = json_get(choice, "message");

	*refused = json_str(json_get(message, "refusal")).len > 0 ||
	    str_is(json_str(json_get(choice, "finish_reason")),
	    "content_filter");
	return json_str(json_get(message, "content"));
}

static enum llm_end
take_answer(struct arena *a, const struct llm *m, struct str body,
    struct llm_answer *an)
{
	struct json_doc *doc;
	const struct json *v;
	struct json_span span;
	struct str rest = body;
	bool refused = false;

	if (json_scan(&rest, &span) != JSON_OK)
		return ended(an, LLM_GARBAGE, "the model's answer is not JSON");
	doc = json_doc_new();
	v = json_parse(doc, span.text);
	an->text = str_dup(a, is_messages(m) ? said_in_messages(v, &refused) :
	    said_in_chat(v, &refused));
	json_doc_free(doc);
	if (refused)
		return ended(an, LLM_REFUSED, "the model refused");
	if (an->text.len == 0)
		return ended(an, LLM_GARBAGE,
		    "the model's answer holds no text");
	an->end = LLM_ANSWERED;
	return LLM_ANSWERED;
}

static enum llm_end
take_end(const struct fetch_answer *got, struct llm_answer *an)
{
	switch (got->end) {
	case FETCH_LATE:
		return ended(an, LLM_TIMEOUT,
		    "the model did not answer in time");
	case FETCH_TOO_BIG:
		return ended(an, LLM_TOO_BIG, "the model's answer is too big");
	case FETCH_BROKEN:
		return ended(an, LLM_GARBAGE,
		    "the model's answer ended early or is no HTTP");
	default:
		return ended(an, LLM_UNREACHED, got->why);
	}
}

static enum llm_end
ask(struct arena *a, const struct llm *m, struct fetch_ask *q,
    struct llm_answer *an)
{
	struct fetch_answer got = { 0 };
	char why[64];
	bool done = fetch(a, q, &got) == FETCH_DONE;

	an->latency_ms = got.latency_ms;
	an->answered = got.body.len > 0;
	if (an->answered)
		sha256(got.body.p, got.body.len, an->answer_sha256);
	if (!done)
		return take_end(&got, an);
	if (got.status < 200 || got.status > 299) {
		snprintf(why, sizeof(why), "the model's server answered %d",
		    got.status);
		return ended(an, LLM_STATUS, why);
	}
	return take_answer(a, m, got.body, an);
}

enum llm_end
llm_ask(struct arena *a, const struct llm *m, struct str system,
    struct str user, struct llm_answer *an)
{
	struct fetch_header headers[4];
	struct fetch_ask q = { .method = "POST", .url = url_of(a, m),
		.headers = headers, .total_ms = m->timeout_ms,
		.connect_ms = m->timeout_ms < CONNECT_MS ? m->timeout_ms :
		CONNECT_MS, .answer_max = LLM_ANSWER_MAX };
	struct str key;

	memset(an, 0, sizeof(*an));
	q.body = body_of(a, m, system, user);
	if (q.body.len == 0)
		return ended(an, LLM_MISCONFIGURED, "the question is too big");
	sha256(q.body.p, q.body.len, an->prompt_sha256);
	q.rule.host = host_of(q.url);
	if (q.rule.host.len == 0 || q.url.len > URL_MAX)
		return ended(an, LLM_MISCONFIGURED, "[llm] url must be "
		    "http://HOST/... or https://HOST/..., without a password");
	if (!read_key(a, m, &key))
		return ended(an, LLM_MISCONFIGURED,
		    "[llm] key_file cannot be read or is empty");
	q.rule.https_only = key.len > 0 && !is_here(q.rule.host);
	q.n_headers = headers_of(a, m, key, headers);
	return ask(a, m, &q, an);
}
