/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splunk's HTTP Event Collector: JSON objects one behind the other (or in one
 * list), {"event":..,"time":..,"host":..,"source":..,"sourcetype":..,
 * "index":..,"fields":{..}}; and plain lines.
 *
 * https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "norm/carry.h"

/* All that is said beside the event and its time, as it stood. */
static struct str
metadata_of(struct carrying *c, struct str envelope)
{
	struct json_walk walk = json_into(envelope);
	struct str name, value, out;
	struct buf b;
	bool plain, first = true;

	buf_init(&b, envelope.len + 64);
	buf_put_c(&b, "{\"hec\":{");
	while (json_next_member(&walk, &name, &plain, &value)) {
		if (str_is(name, "event") || str_is(name, "time"))
			continue;
		buf_put_c(&b, first ? "\"" : ",\"");
		first = false;
		buf_put_str(&b, name);
		buf_put_c(&b, "\":");
		buf_put_str(&b, value);
	}
	buf_put_c(&b, "}}");
	out = str_dup(c->a, buf_str(&b));
	buf_release(&b);
	return out;
}

/* False: `time` is there and is none. */
static bool
time_of(struct carrying *c, const struct json *v, struct carried *x)
{
	struct str text = carry_text(c, v, "time");

	if (text.len == 0)
		return json_type(json_get(v, "time")) == JSON_NULL ||
		    json_type(json_get(v, "time")) == JSON_STRING;
	x->has_time = clock_parse_epoch(text, &x->time_ns) ||
	    clock_parse(text, true, &x->time_ns);
	return x->has_time;
}

static void
one(struct carrying *c, struct str text, struct str prefix)
{
	struct carried x = { .whole = text };
	const struct json *v;

	carry_next(c);
	if (!carry_sound(c, prefix, text))
		return;
	if (!json_member_span(text, "event", &x.record)) {
		carry_refuse(c, prefix, "/event", "is required");
		return;
	}
	if (str_is(x.record, "\"\"") || str_is(x.record, "null")) {
		carry_refuse(c, prefix, "/event", "must not be blank");
		return;
	}
	v = json_parse(c->doc, text);
	if (!time_of(c, v, &x)) {
		carry_refuse(c, prefix, "/time", "must be epoch seconds");
		return;
	}
	x.source = c->shape->source.len > 0 ? c->shape->source :
	    carry_text(c, v, "sourcetype");
	if (x.source.len == 0)
		x.source = STR("hec");
	x.host = carry_text(c, v, "host");
	x.metadata = metadata_of(c, text);
	carry_give(c, prefix, &x);
}

static void
list(struct carrying *c, struct str text)
{
	struct json_walk walk = json_into(text);
	struct str value;
	char prefix[32];
	size_t i;

	for (i = 0; !c->enough && json_next_element(&walk, &value); i++) {
		snprintf(prefix, sizeof(prefix), "/%zu", i);
		one(c, value, str_of(prefix));
	}
}

enum json_fault
carry_hec(struct carrying *c, struct str body)
{
	struct json_span v;
	enum json_fault fault;
	struct str rest = body;

	/* First all of it: half a body is none. */
	while (str_trim(rest).len > 0) {
		fault = json_scan(&rest, &v);
		if (fault == JSON_SYNTAX || fault == JSON_CUT)
			return fault;
	}
	while (!c->enough && str_trim(body).len > 0) {
		(void)json_scan(&body, &v);
		if (v.first == '[')
			list(c, v.text);
		else
			one(c, v.text, STR(""));
	}
	return JSON_OK;
}

void
carry_lines(struct carrying *c, struct str body)
{
	struct str line;
	struct carried x;

	while (!c->enough && str_cut(&body, '\n', &line)) {
		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		if (str_trim(line).len == 0)
			continue;
		x = (struct carried){ .whole = line, .host = c->shape->host,
			.source = c->shape->source.len > 0 ?
			    c->shape->source : STR("hec") };
		carry_next(c);
		carry_give_text(c, STR(""), &x, line);
	}
}
