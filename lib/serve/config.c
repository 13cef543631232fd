/* SPDX-License-Identifier: Apache-2.0 */
/* tra-ce.conf: every key, its default and what it is for. */
#include "serve.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/file.h"

enum { FILE_MOST = 1 << 20 };

#define AT(member) offsetof(struct config, member)

static const struct conf_row rows[] = {
	{ "store", "data", CONF_TEXT, AT(data), "/var/lib/tra-ce",
	    "data folder" },
	{ "store", "disk_min", CONF_SIZE, AT(disk_min), "256M",
	    "free bytes below which ingest answers 503" },
	{ "rules", "folder", CONF_TEXT, AT(rules),
	    "/usr/share/tra-ce/rules", "folder of Sigma rules" },
	{ "http", "docs", CONF_TEXT, AT(docs), "/docs/problems/",
	    "prefix of the URIs that problems have as their type" },
	{ "http", "openapi", CONF_TEXT, AT(openapi),
	    "/usr/share/tra-ce/openapi.json", "the file of GET /openapi.json" },
	{ "http", "proxies", CONF_TEXT, AT(proxies), "",
	    "addresses or blocks whose X-Forwarded-For is believed" },
	{ "http", "address_rate", CONF_COUNT, AT(address_rate), "100",
	    "requests a minute from one address without a valid key" },
	{ "http", "body_max", CONF_SIZE, AT(body_max), "32M",
	    "a request body as received" },
	{ "http", "unpacked_max", CONF_SIZE, AT(unpacked_max), "256M",
	    "a request body after unpacking" },
	{ "process", "confine", CONF_FLAG, AT(confine), "yes",
	    "responders give up the system calls that they do not need" },
	{ "process", "memory_max", CONF_SIZE, AT(memory_max), "8G",
	    "data that one responder may have in memory; 0: no limit" },
	{ "events", "records_max", CONF_COUNT, AT(records_max), "200000",
	    "records in one request" },
	{ "process", "cache", CONF_SIZE, AT(cache), "64M",
	    "what one responder may cache of its tenants' graphs; who takes in"
	    " events, as much again of what links them" },
	{ "events", "record_max", CONF_SIZE, AT(record_max), "1M",
	    "one record" },
	{ "events", "threads", CONF_COUNT, AT(threads), "8",
	    "requests that one events responder works on at once" },
	{ "events", "queue_max", CONF_COUNT, AT(queue_max), "64",
	    "requests waiting for the committer, beyond it 503" },
	{ "live", "streams_max", CONF_COUNT, AT(live_max), "2000",
	    "streams in all; one tenant may have half of them" },
	{ "live", "heartbeat", CONF_SPAN, AT(live_heartbeat_s), "15s",
	    "a comment line that often" },
	{ "live", "recycle", CONF_SPAN, AT(live_recycle_s), "0s",
	    "end a stream after that long; 0: never" },
	{ "live", "poll", CONF_FLAG, AT(live_poll), "no",
	    "a long poll in place of a stream, for servers that hold back" },
	{ "live", "pending_max", CONF_SIZE, AT(live_pending_max), "256K",
	    "what a slow reader may leave unread before it is dropped" },
	{ "panel", "session_idle", CONF_SPAN, AT(session_idle_s), "30m",
	    "an administrator's session ends when unused for that long" },
	{ "panel", "session_most", CONF_SPAN, AT(session_most_s), "12h",
	    "and at the latest after that" },
	{ "llm", "url", CONF_TEXT, AT(llm_url), "",
	    "chat completions or Messages (.../messages) of a language model"
	    " that words summaries; empty: none is asked" },
	{ "llm", "model", CONF_TEXT, AT(llm_model), "", "its name" },
	{ "llm", "key_file", CONF_TEXT, AT(llm_key_file), "",
	    "file that holds its key; empty: none is sent" },
	{ "llm", "timeout", CONF_SPAN, AT(llm_timeout_s), "20s",
	    "longest wait for it; then the built-in text stands alone" },
	{ "llm", "budget", CONF_COUNT, AT(llm_budget), "20",
	    "questions to it a minute from one tenant; 0: none" },
	{ "llm", "anonymise", CONF_FLAG, AT(llm_anonymise), "yes",
	    "names and addresses leave as pseudonyms" },
	{ "webhooks", "allow", CONF_TEXT, AT(webhook_allow), "",
	    "blocks of addresses that may be sent to though not public" },
	{ "webhooks", "ports", CONF_TEXT, AT(webhook_ports),
	    "80 443 8080 8443", "ports and ranges (8000-8999) to send to" },
	{ "webhooks", "https_only", CONF_FLAG, AT(webhook_https_only), "yes",
	    "no: http:// too, which anybody on the way can read" },
	{ "webhooks", "ca_file", CONF_TEXT, AT(webhook_ca), "",
	    "authorities in PEM in place of the system's" },
	{ "webhooks", "timeout", CONF_SPAN, AT(webhook_timeout_s), "15s",
	    "of one attempt" },
	{ "webhooks", "retries", CONF_SPANS, AT(webhook_retries),
	    "5s 30s 2m 5m 15m 30m 1h 2h 3h 4h 6h",
	    "how long after each attempt; the last again and again" },
	{ "webhooks", "give_up", CONF_SPAN, AT(webhook_give_up_s), "24h",
	    "then a delivery is a dead letter" },
	{ "webhooks", "kept", CONF_SPAN, AT(webhook_kept_s), "30d",
	    "ended deliveries, dead letters too, are forgotten" },
	{ "webhooks", "at_once", CONF_COUNT, AT(webhook_at_once), "128",
	    "attempts under way, one for each webhook" },
};

const struct conf_row *
config_rows(size_t *n)
{
	*n = COUNT(rows);
	return rows;
}

/* The first that is there: what the environment names must be. */
static bool
text_find(struct buf *text, char *why, size_t len)
{
	const char *named = getenv("TRACE_CONFIG");

	if (named != NULL && named[0] != '\0') {
		if (file_read(named, text))
			return true;
		snprintf(why, len, "cannot read %s: %s", named,
		    strerror(errno));
		return false;
	}
	if (!file_read("/etc/tra-ce/tra-ce.conf", text)
	    && !file_read("../etc/tra-ce.conf", text))
		buf_clear(text);
	return true;
}

static bool
path_set(char *to, size_t len, const char *from, char *why, size_t why_len)
{
	if (from == NULL || from[0] == '\0')
		return true;
	if (strlen(from) >= len) {
		snprintf(why, why_len, "a folder's name in the environment is"
		    " too long");
		return false;
	}
	snprintf(to, len, "%s", from);
	return true;
}

static bool
environment_wins(struct config *c, char *why, size_t len)
{
	const char *www = getenv("TRACE_WWW");
	const char *live = getenv("TRACE_LIVE");
	char path[sizeof(c->openapi)] = "";

	if (www != NULL && www[0] != '\0'
	    && snprintf(path, sizeof(path), "%s/openapi.json", www)
	        >= (int)sizeof(path)) {
		snprintf(why, len, "TRACE_WWW is too long");
		return false;
	}
	if (live != NULL)
		c->live_poll = strcmp(live, "poll") == 0;
	return path_set(c->openapi, sizeof(c->openapi), path, why, len)
	    && path_set(c->data, sizeof(c->data), getenv("TRACE_DATA"), why,
	        len)
	    && path_set(c->rules, sizeof(c->rules), getenv("TRACE_RULES"), why,
	        len);
}

/* Bounds beyond which a number cannot be meant. */
static bool
numbers_ok(const struct config *c, char *why, size_t len)
{
	const struct { const char *name; int64_t n, least, most; } want[] = {
		{ "threads", c->threads, 1, 256 },
		{ "queue_max", c->queue_max, 1, 1 << 20 },
		{ "body_max", c->body_max, 1 << 10, (int64_t)1 << 31 },
		{ "unpacked_max", c->unpacked_max, 1 << 10, (int64_t)1 << 33 },
		{ "record_max", c->record_max, 1 << 10, c->unpacked_max },
		{ "records_max", c->records_max, 1, 1 << 30 },
		{ "streams_max", c->live_max, 0, 1 << 20 },
		{ "heartbeat", c->live_heartbeat_s, 1, 3600 },
		{ "recycle", c->live_recycle_s, 0, 1 << 30 },
		{ "pending_max", c->live_pending_max, 4 << 10, 1 << 30 },
		{ "address_rate", c->address_rate, 0, 1000000000 },
		{ "session_idle", c->session_idle_s, 1, 86400 },
		{ "session_most", c->session_most_s, 1, 30 * 86400 },
		{ "disk_min", c->disk_min, 0, INT64_MAX },
		{ "timeout", c->llm_timeout_s, 1, 300 },
		{ "budget", c->llm_budget, 0, 100000 },
		{ "webhooks timeout", c->webhook_timeout_s, 1, 300 },
		{ "give_up", c->webhook_give_up_s, 0, 1 << 30 },
		{ "kept", c->webhook_kept_s, 60, 1 << 30 },
		{ "at_once", c->webhook_at_once, 1, 1000 },
		{ "memory_max", c->memory_max, 0, INT64_MAX },
		{ "cache", c->cache, 4 << 20, (int64_t)1 << 36 },
	};
	size_t i;

	for (i = 0; i < COUNT(want); i++) {
		if (want[i].n < want[i].least || want[i].n > want[i].most) {
			snprintf(why, len, "%s is out of its bounds",
			    want[i].name);
			return false;
		}
	}
	return true;
}

/* A program started from where it was built finds the rules in its tree when
 * none are installed: build/tra-ce and build/fcgi/x.fcgi. */
static void
rules_beside(struct config *c)
{
	static const char *const beside[] = { "../db/rules", "../../db/rules" };
	char exe[PATH_MAX], path[PATH_MAX + 32];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;
	size_t i;

	if (n <= 0 || access(c->rules, R_OK) == 0)
		return;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	*(slash != NULL ? slash : exe) = '\0';
	for (i = 0; i < COUNT(beside); i++) {
		if (snprintf(path, sizeof(path), "%s/%s", exe, beside[i]) >=
		    (int)sizeof(c->rules) || access(path, R_OK) != 0)
			continue;
		memcpy(c->rules, path, strlen(path) + 1);
		return;
	}
}

bool
config_read(struct config *c, char *why, size_t len)
{
	struct buf text;
	bool ok;

	*c = (struct config){ 0 };
	conf_standard(rows, COUNT(rows), c);
	buf_init(&text, FILE_MOST);
	ok = text_find(&text, why, len)
	    && conf_parse(rows, COUNT(rows), c, buf_str(&text), why, len);
	buf_release(&text);
	/* Also beside a bad file: it says which store is in trouble. */
	if (!environment_wins(c, why, len) || !ok)
		return false;
	rules_beside(c);
	return numbers_ok(c, why, len);
}
