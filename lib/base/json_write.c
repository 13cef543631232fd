/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

void
jw_init(struct jw *w, struct buf *b)
{
	*w = (struct jw){ .b = b };
}

/* Before each value; what comes after it needs a comma. */
static void
before(struct jw *w)
{
	if (w->comma)
		buf_put_char(w->b, ',');
	w->comma = true;
}

static void
begin(struct jw *w, char c)
{
	before(w);
	buf_put_char(w->b, c);
	w->comma = false;
	w->depth++;
}

static void
finish(struct jw *w, char c)
{
	assert(w->depth > 0);
	buf_put_char(w->b, c);
	w->comma = true;
	w->depth--;
}

void
jw_object(struct jw *w)
{
	begin(w, '{');
}

void
jw_object_end(struct jw *w)
{
	finish(w, '}');
}

void
jw_array(struct jw *w)
{
	begin(w, '[');
}

void
jw_array_end(struct jw *w)
{
	finish(w, ']');
}

/* U+2028 and U+2029 end a line in some readers. */
static bool
ends_line(const char *p, size_t len)
{
	return len == 3 && memcmp(p, "\xe2\x80", 2) == 0 &&
	    ((unsigned char)p[2] & 0xfe) == 0xa8;
}

/* What is not copied as it is: quote, backslash, control, U+2028/9, and bytes
 * that are no UTF-8. Returns how many bytes of text it stands for. */
static size_t
escaped(struct buf *b, struct str s)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	unsigned char c = (unsigned char)*s.p;
	const char *hit;
	size_t len;

	if (c >= 0x80) {
		len = utf8_step(s.p, s.len);
		if (len == 0)
			buf_put_c(b, "\xef\xbf\xbd");
		else if (ends_line(s.p, len))
			buf_printf(b, "\\u202%c", s.p[2] & 1 ? '9' : '8');
		else
			buf_put(b, s.p, len);
		return len == 0 ? 1 : len;
	}
	hit = memchr(from, c, sizeof(from) - 1);
	if (hit != NULL) {
		buf_put_char(b, '\\');
		buf_put_char(b, to[hit - from]);
	} else {
		buf_printf(b, "\\u%04x", c);
	}
	return 1;
}

static void
quoted(struct buf *b, struct str s)
{
	size_t n;

	buf_put_char(b, '"');
	while (s.len > 0) {
		for (n = 0; n < s.len; n++) {
			unsigned char c = (unsigned char)s.p[n];

			if (c < 0x20 || c == '"' || c == '\\' || c >= 0x7f)
				break;
		}
		buf_put(b, s.p, n);
		s = str_sub(s, n, s.len);
		if (s.len > 0)
			s = str_sub(s, escaped(b, s), s.len);
	}
	buf_put_char(b, '"');
}

void
jw_key_str(struct jw *w, struct str name)
{
	before(w);
	quoted(w->b, name);
	buf_put_char(w->b, ':');
	w->comma = false;
}

void
jw_key(struct jw *w, const char *name)
{
	jw_key_str(w, str_of(name));
}

void
jw_str(struct jw *w, struct str s)
{
	before(w);
	quoted(w->b, s);
}

void
jw_null(struct jw *w)
{
	jw_raw(w, STR("null"));
}

void
jw_c(struct jw *w, const char *cstr)
{
	if (cstr == NULL)
		jw_null(w);
	else
		jw_str(w, str_of(cstr));
}

void
jw_int(struct jw *w, int64_t n)
{
	before(w);
	buf_printf(w->b, "%lld", (long long)n);
}

void
jw_num(struct jw *w, double x)
{
	char text[64];
	int len;

	/* JSON has no name for these */
	if (!isfinite(x)) {
		jw_null(w);
		return;
	}
	if (fabs(x) >= 1e15) {
		before(w);
		buf_printf(w->b, "%.17g", x);
		return;
	}
	len = snprintf(text, sizeof(text), "%.6f", x);
	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	text[len] = '\0';
	jw_raw(w, str_of(strcmp(text, "-0") == 0 ? "0" : text));
}

void
jw_bool(struct jw *w, bool b)
{
	jw_raw(w, str_of(b ? "true" : "false"));
}

void
jw_time(struct jw *w, int64_t ns)
{
	char text[CLOCK_TEXT];
	size_t len = clock_format(ns, text);

	jw_str(w, (struct str){ text, len });
}

void
jw_raw(struct jw *w, struct str json)
{
	before(w);
	buf_put_str(w->b, json);
}

void
jw_key_s(struct jw *w, const char *name, struct str s)
{
	jw_key(w, name);
	jw_str(w, s);
}

void
jw_key_c(struct jw *w, const char *name, const char *cstr)
{
	jw_key(w, name);
	jw_c(w, cstr);
}

void
jw_key_i(struct jw *w, const char *name, int64_t n)
{
	jw_key(w, name);
	jw_int(w, n);
}

void
jw_key_n(struct jw *w, const char *name, double x)
{
	jw_key(w, name);
	jw_num(w, x);
}

void
jw_key_b(struct jw *w, const char *name, bool b)
{
	jw_key(w, name);
	jw_bool(w, b);
}
