/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenTelemetry logs over HTTP as JSON: resourceLogs[] > scopeLogs[] >
 * logRecords[]. The record is the logRecord as it stood, or, when its body is
 * a string that holds a JSON object, that object: collectors that read files
 * carry other people's records so.
 *
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "norm/carry.h"

struct resource {
	struct str text;		/* as it stood */
	struct str service, host;
};

/* The string value of a key in a list of {"key","value":{"stringValue"}}. */
static struct str
attribute(struct carrying *c, const struct json *list, const char *key)
{
	const struct json *v;
	size_t i;

	for (i = 0; i < json_len(list); i++) {
		v = json_item(list, i);
		if (str_is(json_str(json_get(v, "key")), key))
			return carry_text(c, json_get(v, "value"),
			    "stringValue");
	}
	return (struct str){ "", 0 };
}

static struct str
first_of(struct str x, struct str y)
{
	return x.len > 0 ? x : y;
}

/* Nanoseconds, as a string or a number; "0" is not known. */
static bool
time_of(struct carrying *c, const struct json *v, int64_t *ns)
{
	static const char *const names[] = { "timeUnixNano",
		"observedTimeUnixNano" };
	uint64_t n;
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		if (str_u64(carry_text(c, v, names[i]), &n) && n > 0 &&
		    n <= INT64_MAX) {
			*ns = (int64_t)n;
			return true;
		}
	return false;
}

static struct str
metadata_of(struct carrying *c, const struct resource *r, struct str record)
{
	struct str out;
	struct buf b;

	buf_init(&b, r->text.len + record.len + 64);
	buf_put_c(&b, "{\"otlp\":{\"resource\":");
	buf_put_str(&b, r->text.len > 0 ? r->text : STR("{}"));
	if (record.len > 0) {		/* else it is the raw record itself */
		buf_put_c(&b, ",\"record\":");
		buf_put_str(&b, record);
	}
	buf_put_c(&b, "}}");
	out = str_dup(c->a, buf_str(&b));
	buf_release(&b);
	return out;
}

static void
one(struct carrying *c, const struct resource *r, struct str text,
    struct str prefix)
{
	struct carried x = { .whole = text, .record = text };
	const struct json *v, *list;
	struct str body;

	carry_next(c);
	if (!carry_sound(c, prefix, text))
		return;
	v = json_parse(c->doc, text);
	list = json_get(v, "attributes");
	body = carry_text(c, json_get(v, "body"), "stringValue");
	x.has_time = time_of(c, v, &x.time_ns);
	x.source = first_of(c->shape->source, first_of(r->service,
	    STR("otlp")));
	x.host = first_of(r->host, attribute(c, list, "host.name"));
	x.actor = first_of(attribute(c, list, "user.name"), r->service);
	x.type = STR("log");
	x.action = first_of(carry_text(c, v, "eventName"), first_of(attribute(
	    c, list, "event.name"), carry_text(c, v, "severityText")));
	x.target = str_trim(utf8_cut(body, 1024));
	if (norm_is_object(body)) {
		x.metadata = metadata_of(c, r, text);
		carry_give_text(c, prefix, &x, body);
		return;
	}
	x.metadata = metadata_of(c, r, STR(""));
	carry_give(c, prefix, &x);
}

static void
resource_read(struct carrying *c, struct str text, struct resource *r)
{
	const struct json *list;
	struct json_span span;
	struct str rest;

	*r = (struct resource){ .text = STR("") };
	if (json_member_span(text, "resource", &r->text))
		rest = r->text;
	if (r->text.len == 0 || r->text.p[0] != '{' ||
	    json_scan(&rest, &span) != JSON_OK) {
		r->text = STR("{}");
		return;
	}
	list = json_get(json_parse(c->doc, r->text), "attributes");
	r->service = str_dup(c->body, attribute(c, list, "service.name"));
	r->host = str_dup(c->body, attribute(c, list, "host.name"));
}

/* On the stack: a body may be made of nothing but places. */
enum { PLACE = 128 };

static struct str
place(char out[PLACE], struct str prefix, const char *name, size_t i)
{
	snprintf(out, PLACE, "%.*s/%s/%zu", STR_ARG(prefix), name, i);
	return str_of(out);
}

static void
scope(struct carrying *c, const struct resource *r, struct str text,
    struct str prefix)
{
	struct json_walk walk;
	struct str list, value;
	char at[PLACE];
	size_t i;

	if (!json_member_span(text, "logRecords", &list) || list.p[0] != '[')
		return;
	walk = json_into(list);
	for (i = 0; !c->enough && json_next_element(&walk, &value); i++)
		one(c, r, value, place(at, prefix, "logRecords", i));
}

static void
resource(struct carrying *c, struct str text, struct str prefix)
{
	struct json_walk walk;
	struct str list, value;
	char at[PLACE];
	struct resource r;
	size_t i;

	if (!json_member_span(text, "scopeLogs", &list) || list.p[0] != '[')
		return;
	resource_read(c, text, &r);
	walk = json_into(list);
	for (i = 0; !c->enough && json_next_element(&walk, &value); i++)
		if (value.p[0] == '{')
			scope(c, &r, value, place(at, prefix, "scopeLogs", i));
}

enum json_fault
carry_otlp(struct carrying *c, struct str body)
{
	struct json_span span;
	struct json_walk walk;
	struct str list, value;
	char at[PLACE];
	size_t i;
	enum json_fault fault = carry_whole(body, &span);

	if (fault != JSON_OK)
		return fault;
	if (span.first != '{')
		return JSON_SYNTAX;
	if (!json_member_span(span.text, "resourceLogs", &list) ||
	    list.p[0] != '[')
		return JSON_OK;		/* an empty request is a good one */
	walk = json_into(list);
	for (i = 0; !c->enough && json_next_element(&walk, &value); i++)
		if (value.p[0] == '{')
			resource(c, value, place(at, STR(""), "resourceLogs",
			    i));
	return JSON_OK;
}
