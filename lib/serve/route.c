/* SPDX-License-Identifier: Apache-2.0 */
/* Path and method -> route. */
#include "serve/inner.h"

#include <string.h>

static bool
segment_match(struct str pattern, struct str segment)
{
	if (pattern.len > 1 && pattern.p[0] == '{')
		return segment.len > 0;
	return str_eq(pattern, segment);
}

static bool
pattern_match(const char *pattern, const struct request *rq)
{
	struct str rest = str_of(pattern);
	struct str part;
	size_t i = 0;

	if (rq->segments > SEGMENTS_MAX)
		return false;
	if (rest.len > 0)
		rest = str_sub(rest, 1, rest.len);	/* the first slash */
	while (str_cut(&rest, '/', &part)) {
		if (i == rq->segments || !segment_match(part, rq->segment[i]))
			return false;
		i++;
	}
	return i == rq->segments;
}

static void
allow_add(struct match *m, const char *name)
{
	if (m->allow[0] != '\0')
		strncat(m->allow, ", ", ALLOW_TEXT - strlen(m->allow) - 1);
	strncat(m->allow, name, ALLOW_TEXT - strlen(m->allow) - 1);
}

static void
allow_list(struct match *m, unsigned methods)
{
	enum method i;

	if ((methods & 1u << METHOD_GET) != 0)
		methods |= 1u << METHOD_HEAD;
	methods |= 1u << METHOD_OPTIONS;
	for (i = METHOD_GET; i < METHOD_OTHER; i++) {
		if ((methods & 1u << i) != 0)
			allow_add(m, method_name(i));
	}
}

/* As OpenAPI has it: a path that is written out stands before one with a {part}
 * that would fit too, and has the methods that it names, no others. */
static bool
written_out(const struct endpoint *ep, const struct request *rq)
{
	size_t i;

	for (i = 0; i < ep->n_routes; i++) {
		const char *pattern = ep->routes[i].pattern;

		if (strchr(pattern, '{') == NULL && pattern_match(pattern, rq))
			return true;
	}
	return false;
}

void
route_find(const struct endpoint *ep, const struct request *rq,
    struct match *m)
{
	enum method want = rq->method == METHOD_HEAD ? METHOD_GET : rq->method;
	bool literal = written_out(ep, rq);
	unsigned methods = 0;
	size_t i;

	*m = (struct match){ .open = true };
	for (i = 0; i < ep->n_routes; i++) {
		const struct route *r = &ep->routes[i];

		if ((literal && strchr(r->pattern, '{') != NULL)
		    || !pattern_match(r->pattern, rq))
			continue;
		m->path_known = true;
		methods |= 1u << r->method;
		if ((r->flags & ROUTE_OPEN) == 0)
			m->open = false;
		if (r->method == want && m->route == NULL)
			m->route = r;
	}
	if (m->path_known)
		allow_list(m, methods);
}
