/* SPDX-License-Identifier: Apache-2.0 */
/*
 * REQUEST_URI -> base, path, segments, query.
 *
 * Routing looks at REQUEST_URI alone: SCRIPT_NAME and PATH_INFO differ between
 * web servers and some decode %2F before we see it. The path is cut into
 * segments first and each segment is decoded afterwards, so an encoded slash
 * stays inside its segment and can never reach another route.
 */
#include "http/request.h"

#include <string.h>

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
uri_decode(struct arena *mem, struct str text, bool plus, struct str *out)
{
	char *to = arena_get(mem, text.len + 1);
	size_t n = 0;
	size_t i;
	int hi, lo;

	for (i = 0; i < text.len; i++) {
		if (text.p[i] == '+' && plus) {
			to[n++] = ' ';
			continue;
		}
		if (text.p[i] != '%') {
			to[n++] = text.p[i];
			continue;
		}
		if (text.len - i < 3)
			return false;
		hi = hex_digit(text.p[i + 1]);
		lo = hex_digit(text.p[i + 2]);
		if (hi < 0 || lo < 0)
			return false;
		to[n++] = (char)(hi << 4 | lo);
		i += 2;
	}
	*out = (struct str){ to, n };
	return true;
}

/* "http://host/path" may stand for "/path" (RFC 9112, 3.2.2). */
static struct str
origin_form(struct str uri)
{
	size_t at;

	if (uri.len == 0 || uri.p[0] == '/')
		return uri;
	at = str_find(uri, STR("://"), 0);
	if (at == (size_t)-1)
		return uri;
	at = str_find(uri, STR("/"), at + 3);
	if (at == (size_t)-1)
		return STR("/");
	return str_sub(uri, at, uri.len);
}

static bool
base_is(struct str path, struct str base)
{
	return path.len >= base.len
	    && memcmp(path.p, base.p, base.len) == 0
	    && (path.len == base.len || path.p[base.len] == '/');
}

/* Take the base off the path. Under a folder of a shared host the base comes
 * after that folder. */
static bool
base_take(struct request *rq, struct str *path)
{
	static const struct str bases[] = {
		{ "/api/v1", 7 },
		{ "/v1", 3 },
	};
	size_t i, at;

	if (base_is(*path, STR(SPLUNK_BASE))) {	/* that path is theirs */
		rq->base = (struct str){ "", 0 };
		return true;
	}
	for (i = 0; i < COUNT(bases); i++) {
		if (base_is(*path, bases[i])) {
			rq->base = bases[i];
			*path = str_sub(*path, bases[i].len, path->len);
			return true;
		}
	}
	at = str_find(*path, STR("/api/v1/"), 0);
	if (at == (size_t)-1)
		return false;
	rq->base = bases[0];
	*path = str_sub(*path, at + bases[0].len, path->len);
	return true;
}

static bool
segments_split(struct request *rq, struct str path)
{
	struct str part, decoded;
	char *to = arena_get(rq->mem, path.len + 1);
	size_t n = 0;
	size_t end;

	rq->segments = 0;
	while (path.len > 0) {	/* path begins with '/' */
		path = str_sub(path, 1, path.len);
		end = str_find(path, STR("/"), 0);
		part = str_sub(path, 0, end == (size_t)-1 ? path.len : end);
		path = str_sub(path, part.len, path.len);
		if (!uri_decode(rq->mem, part, false, &decoded))
			return false;
		if (rq->segments < SEGMENTS_MAX)
			rq->segment[rq->segments] = decoded;
		rq->segments++;	/* beyond the maximum no route matches */
		to[n++] = '/';
		memcpy(to + n, decoded.p, decoded.len);
		n += decoded.len;
	}
	rq->path = (struct str){ to, n };
	return true;
}

bool
uri_split(struct request *rq)
{
	struct str path = origin_form(rq->uri);
	size_t at = str_find(path, STR("?"), 0);

	if (at != (size_t)-1) {
		rq->query_text = str_sub(path, at + 1, path.len);
		path = str_sub(path, 0, at);
	}
	rq->path = str_dup(rq->mem, path);	/* outlives the parameters */
	if (!base_take(rq, &path)) {
		rq->base = (struct str){ "", 0 };
		return true;	/* no base, no segments: 404 */
	}
	return segments_split(rq, path);
}

bool
uri_query(struct request *rq)
{
	struct str rest = rq->query_text;
	struct str pair, name;
	struct param *p;

	while (str_cut(&rest, '&', &pair)) {
		if (pair.len == 0)
			continue;
		if (rq->n_query == PARAMS_MAX)
			return false;
		p = &rq->query[rq->n_query];
		if (!str_cut(&pair, '=', &name))
			name = (struct str){ "", 0 };
		if (!uri_decode(rq->mem, name, true, &p->name)
		    || !uri_decode(rq->mem, pair, true, &p->value)
		    || !utf8_ok(p->name) || !utf8_ok(p->value))
			return false;
		rq->n_query++;
	}
	return true;
}
