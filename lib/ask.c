/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"

static struct str
pointer_to(struct arena *a, const char *name)
{
	return str_printf(a, "/%s", name);
}

enum rc
ask_time(const struct request *rq, struct reply *rp, const char *name,
    bool *has, int64_t *ns)
{
	struct str s = request_param(rq, name);

	if (!request_has_param(rq, name))
		return RC_OK;
	if (!clock_parse(s, true, ns) && !clock_parse_epoch(s, ns))
		return reply_bad_field(rp, pointer_to(rq->mem, name),
		    "must be an RFC 3339 time or epoch seconds");
	*has = true;
	return RC_OK;
}

enum rc
ask_count(const struct request *rq, struct reply *rp, const char *name,
    size_t least, size_t most, size_t *n)
{
	uint64_t u;

	if (!request_has_param(rq, name))
		return RC_OK;
	if (!str_u64(request_param(rq, name), &u) || u < least || u > most)
		return reply_bad_field(rp, pointer_to(rq->mem, name),
		    "must be a whole number from %zu to %zu", least, most);
	*n = (size_t)u;
	return RC_OK;
}

enum rc
ask_number(const struct request *rq, struct reply *rp, const char *name,
    double *x)
{
	const char *text, *end;
	char *stop;

	if (!request_has_param(rq, name))
		return RC_OK;
	text = str_c(rq->mem, request_param(rq, name));
	end = text + strlen(text);
	*x = strtod(text, &stop);
	if (stop != end || end == text || *x != *x)
		return reply_bad_field(rp, pointer_to(rq->mem, name),
		    "must be a number");
	return RC_OK;
}

enum rc
ask_grade(const struct request *rq, struct reply *rp, const char *name,
    enum grade *g)
{
	enum grade found;

	if (!request_has_param(rq, name))
		return RC_OK;
	found = grade_of_name(request_param(rq, name));
	if (found == 0)
		return reply_bad_field(rp, pointer_to(rq->mem, name),
		    "must be PROVABLE, MIXED or INFERRED");
	*g = found;
	return RC_OK;
}

enum rc
ask_technique(const struct request *rq, struct reply *rp, const char *name,
    technique *t)
{
	if (!request_has_param(rq, name))
		return RC_OK;
	*t = technique_parse(request_param(rq, name));
	if (*t == 0)
		return reply_bad_field(rp, pointer_to(rq->mem, name),
		    "must be an ATT&CK technique like T1059.001");
	return RC_OK;
}

enum rc
ask_body(const struct request *rq, struct reply *rp, struct json_doc *doc,
    const struct json **v)
{
	struct str rest = str_trim(rq->body);
	struct json_span span;
	enum json_fault fault;

	*v = NULL;
	if (rest.len == 0)
		return RC_OK;
	fault = json_scan(&rest, &span);
	if (fault == JSON_OK && str_trim(rest).len > 0)
		fault = JSON_SYNTAX;
	if (fault != JSON_OK)
		return reply_problem(rp, RC_MALFORMED, "the body %s",
		    json_fault_text(fault));
	/* {} are two bytes here and half a kilobyte in a tree */
	if (span.values > VALUES_MOST)
		return reply_problem(rp, RC_TOO_BIG, "the body holds more than "
		    "%d values", VALUES_MOST);
	*v = json_parse(doc, span.text);
	if (json_type(*v) != JSON_OBJECT)
		return reply_bad_field(rp, STR(""),
		    "the body must be a JSON object");
	return RC_OK;
}

enum rc
ask_text(struct reply *rp, const struct json *v, const char *name,
    struct str *s)
{
	const struct json *m = json_get(v, name);

	if (json_type(m) == JSON_NULL)
		return RC_OK;
	if (json_type(m) != JSON_STRING)
		return reply_bad_field(rp, pointer_to(rp->mem, name),
		    "must be a string");
	*s = json_str(m);
	return RC_OK;
}

struct str
ask_cursor_text(struct arena *a, double score, const uint8_t id[16])
{
	char hex[33];
	uint64_t bits;

	memcpy(&bits, &score, 8);
	hex_text(id, 16, hex);
	return str_printf(a, "%016llx%s", (unsigned long long)bits, hex);
}

bool
ask_cursor_parse(struct str text, double *score, uint8_t id[16])
{
	uint64_t bits, n;
	size_t i;

	if (text.len != 48 || !str_hex_u64(str_sub(text, 0, 16), &bits))
		return false;
	memcpy(score, &bits, 8);
	for (i = 0; i < 16; i++) {
		if (!str_hex_u64(str_sub(text, 16 + 2 * i, 2), &n))
			return false;
		id[i] = (uint8_t)n;
	}
	return *score == *score;
}
