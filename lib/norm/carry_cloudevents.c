/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CloudEvents 1.0 in JSON, structured (one object) and batched (a list). The
 * record is `data`; without it, the envelope itself. An event is named by its
 * source and id, as the standard says.
 *
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "norm/carry.h"

static struct str
metadata_of(struct carrying *c, struct str envelope)
{
	struct json_walk walk = json_into(envelope);
	struct str name, value, out;
	struct buf b;
	bool plain, first = true;

	buf_init(&b, envelope.len + 64);
	buf_put_c(&b, "{\"cloudevents\":{");
	while (json_next_member(&walk, &name, &plain, &value)) {
		if (str_is(name, "data"))
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

/* The attributes that every event must have. */
static const char *
lacking(const struct json *v)
{
	static const char *const must[] = { "id", "source", "type" };
	size_t i;

	if (!str_starts(json_str(json_get(v, "specversion")), "1."))
		return "/specversion";
	for (i = 0; i < COUNT(must); i++)
		if (json_str(json_get(v, must[i])).len == 0)
			return i == 0 ? "/id" : i == 1 ? "/source" : "/type";
	return NULL;
}

static void
one(struct carrying *c, struct str text, struct str prefix)
{
	struct carried x = { .whole = text, .record = text };
	const struct json *v;
	const char *missing;
	struct str time, value;

	carry_next(c);
	if (!carry_sound(c, prefix, text))
		return;
	v = json_parse(c->doc, text);
	missing = lacking(v);
	time = json_str(json_get(v, "time"));
	if (missing != NULL) {
		carry_refuse(c, prefix, missing, missing[1] == 's' &&
		    missing[2] == 'p' ? "must be 1.0" : "is required");
		return;
	}
	if (time.len > 0 && !clock_parse(time, false, &x.time_ns)) {
		carry_refuse(c, prefix, "/time", "must be an RFC 3339 time");
		return;
	}
	x.has_time = time.len > 0;
	x.actor = carry_text(c, v, "source");
	x.source = c->shape->source.len > 0 ? c->shape->source : x.actor;
	x.type = x.action = carry_text(c, v, "type");
	x.target = carry_text(c, v, "subject");
	x.id = norm_join(c->a, x.actor, STR("#"), carry_text(c, v, "id"));
	x.metadata = metadata_of(c, text);
	if (json_member_span(text, "data", &value) &&
	    !str_is(value, "null"))
		x.record = value;
	carry_give(c, prefix, &x);
}

enum json_fault
carry_cloudevents(struct carrying *c, struct str body)
{
	struct json_span span;
	struct json_walk walk;
	struct str value;
	char prefix[32];
	size_t i;
	enum json_fault fault = carry_whole(body, &span);

	if (fault != JSON_OK)
		return fault;
	if (span.first == '{') {
		one(c, span.text, STR(""));
		return JSON_OK;
	}
	if (span.first != '[')
		return JSON_SYNTAX;
	walk = json_into(span.text);
	for (i = 0; !c->enough && json_next_element(&walk, &value); i++) {
		snprintf(prefix, sizeof(prefix), "/%zu", i);
		one(c, value, str_of(prefix));
	}
	return JSON_OK;
}
