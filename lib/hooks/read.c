/* SPDX-License-Identifier: Apache-2.0 */
/* What a body says of a webhook. */
#include "hooks.h"

#include <stdarg.h>
#include <stdio.h>

enum { DESCRIPTION_MOST = 256, SCORE_MOST = 100 };

PRINTF(3, 4)
static enum rc
wrong(struct hook_wrong *w, const char *pointer, const char *fmt, ...)
{
	va_list ap;

	snprintf(w->pointer, sizeof(w->pointer), "%s", pointer);
	va_start(ap, fmt);
	vsnprintf(w->detail, sizeof(w->detail), fmt, ap);
	va_end(ap);
	return RC_INVALID;
}

static enum rc
read_text(const struct json *v, const char *name, struct hook_wrong *w,
    struct str *out)
{
	const struct json *m = json_get(v, name);
	char pointer[32];

	if (json_type(m) == JSON_STRING)
		*out = json_str(m);
	if (json_type(m) == JSON_STRING || json_type(m) == JSON_NULL)
		return RC_OK;
	snprintf(pointer, sizeof(pointer), "/%s", name);
	return wrong(w, pointer, "must be a string");
}

static enum rc
read_url(struct hook *h, const struct json *v, const struct fetch_rule *rule,
    struct hook_wrong *w)
{
	enum rc rc = read_text(v, "url", w, &h->url);
	char why[FETCH_WHY] = "";

	if (rc != RC_OK)
		return rc;
	if (h->url.len == 0)
		return wrong(w, "/url", "is required");
	return fetch_may(rule, h->url, why) ? RC_OK : wrong(w, "/url", "%s",
	    why);
}

static enum rc
read_events(struct hook *h, const struct json *v, struct hook_wrong *w)
{
	const struct json *list = json_get(v, "events");
	char pointer[32];
	unsigned bit, bits = 0;

	if (json_type(list) == JSON_NULL && h->events != 0)
		return RC_OK;
	if (json_type(list) != JSON_ARRAY || json_len(list) == 0)
		return wrong(w, "/events", "must be an array of "
		    "chain.threshold and investigation.completed, one of "
		    "them at least");
	for (size_t i = 0; i < json_len(list); i++) {
		bit = hook_event_of(json_str(json_item(list, i)));
		if (bit == 0) {
			snprintf(pointer, sizeof(pointer), "/events/%zu", i);
			return wrong(w, pointer, "must be chain.threshold or "
			    "investigation.completed");
		}
		bits |= bit;
	}
	h->events = bits;
	return RC_OK;
}

static enum rc
read_grade(struct hook *h, const struct json *v, struct hook_wrong *w)
{
	struct str word = { 0 };
	enum rc rc = read_text(v, "min_confidence", w, &word);
	enum grade g = grade_of_name(word);

	if (rc != RC_OK)
		return rc;
	if (g != 0)
		h->min_grade = g;
	return g != 0 || json_type(json_get(v, "min_confidence")) == JSON_NULL
	    ? RC_OK : wrong(w, "/min_confidence",
	    "must be PROVABLE, MIXED or INFERRED");
}

static enum rc
read_score(struct hook *h, const struct json *v, struct hook_wrong *w)
{
	const struct json *m = json_get(v, "min_score");
	double x = json_double(m);

	if (json_type(m) == JSON_NULL)
		return RC_OK;
	if ((json_type(m) != JSON_INT && json_type(m) != JSON_DOUBLE)
	    || !(x >= 0 && x <= SCORE_MOST))
		return wrong(w, "/min_score", "must be a number from 0 to %d",
		    SCORE_MOST);
	h->min_score = x;
	return RC_OK;
}

static enum rc
read_rest(struct hook *h, const struct json *v, struct hook_wrong *w)
{
	const struct json *on = json_get(v, "enabled");
	enum rc rc = read_text(v, "description", w, &h->description);

	if (rc != RC_OK)
		return rc;
	if (h->description.len > DESCRIPTION_MOST)
		return wrong(w, "/description", "must be at most %d bytes",
		    DESCRIPTION_MOST);
	if (json_type(on) == JSON_NULL)
		return RC_OK;
	if (json_type(on) != JSON_BOOL)
		return wrong(w, "/enabled", "must be true or false");
	h->enabled = json_bool(on);
	h->why = STR("");
	return RC_OK;
}

enum rc
hook_read(struct hook *h, const struct json *v, const struct fetch_rule *rule,
    struct hook_wrong *w)
{
	enum rc rc = read_url(h, v, rule, w);

	if (rc == RC_OK)
		rc = read_events(h, v, w);
	if (rc == RC_OK)
		rc = read_grade(h, v, w);
	if (rc == RC_OK)
		rc = read_score(h, v, w);
	return rc == RC_OK ? read_rest(h, v, w) : rc;
}
