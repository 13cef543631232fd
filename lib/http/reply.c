/* SPDX-License-Identifier: Apache-2.0 */
/* What handlers say: headers, problems, JSON. */
#include "http.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "base/log.h"

/* More than the greatest answer (a whole graph of edges); a handler that goes
 * beyond it gets a 500 instead of all memory. */
#define ANSWER_MOST ((size_t)1 << 30)

void
reply_init(struct reply *rp, struct arena *mem)
{
	*rp = (struct reply){ .mem = mem };
	buf_init(&rp->body, ANSWER_MOST);
}

void
reply_release(struct reply *rp)
{
	buf_release(&rp->body);
}

/* A line end in a value would let data write headers of its own. */
static struct str
value_clean(struct arena *mem, struct str value)
{
	char *to = arena_get(mem, value.len + 1);
	size_t n = 0;
	size_t i;

	for (i = 0; i < value.len; i++) {
		if ((unsigned char)value.p[i] >= ' ' && value.p[i] != 0x7f)
			to[n++] = value.p[i];
	}
	return (struct str){ to, n };
}

static const struct header *
header_find(const struct reply *rp, const char *name)
{
	size_t i;

	for (i = 0; i < rp->n_headers; i++) {
		if (strcasecmp(rp->header[i].name, name) == 0)
			return &rp->header[i];
	}
	return NULL;
}

bool
reply_has_header(const struct reply *rp, const char *name)
{
	return header_find(rp, name) != NULL;
}

struct str
reply_header_value(const struct reply *rp, const char *name)
{
	const struct header *h = header_find(rp, name);

	return h != NULL ? h->value : (struct str){ "", 0 };
}

void
reply_header(struct reply *rp, const char *name, struct str value)
{
	const struct header *old = header_find(rp, name);
	size_t at = old != NULL ? (size_t)(old - rp->header) : rp->n_headers;

	if (at == HEADERS_MAX) {
		log_err("no room for one more header name=%s", name);
		return;
	}
	if (at == rp->n_headers)
		rp->n_headers++;
	rp->header[at].name = name;
	rp->header[at].value = value_clean(rp->mem, value);
}

static struct str PRINTF(2, 0)
text_format(struct arena *mem, const char *fmt, va_list ap)
{
	char text[1024];
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof(text))
		n = sizeof(text) - 1;
	return str_dup(mem, (struct str){ text, (size_t)n });
}

enum rc
reply_problem(struct reply *rp, enum rc rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	rp->detail = text_format(rp->mem, fmt, ap);
	va_end(ap);
	return rc;
}

enum rc
reply_bad_field(struct reply *rp, struct str pointer, const char *fmt, ...)
{
	va_list ap;

	if (rp->n_errors == PROBLEM_ERRORS_MAX)
		return RC_INVALID;
	va_start(ap, fmt);
	rp->error[rp->n_errors].detail = text_format(rp->mem, fmt, ap);
	va_end(ap);
	rp->error[rp->n_errors].pointer = str_dup(rp->mem, pointer);
	rp->n_errors++;
	return RC_INVALID;
}

struct jw
reply_json(struct reply *rp)
{
	struct jw w;

	rp->content_type = "application/json";
	buf_clear(&rp->body);
	jw_init(&w, &rp->body);
	return w;
}
