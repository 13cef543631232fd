/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sentences. Text that comes from records stands between “ and ”, on one line,
 * without such quotes of its own and clipped with …, so that a reader and the
 * machine check both see where foreign words begin and end; names from the
 * owners map stand between ‘ and ’.
 */
#include "explain/inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "attack.h"
#include "base/clock.h"

enum { SENTENCE_MAX = 1 << 20 };

void
pen_take(struct pen *p, const struct story *s)
{
	memset(p, 0, sizeof(*p));
	p->s = s;
	buf_init(&p->b, SENTENCE_MAX);
}

void
pen_lay(struct pen *p)
{
	buf_release(&p->b);
}

void
pen_put(struct pen *p, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_put_c(&p->b, text);
}

/* Bytes of the character at p if it is one of our quotes, else 0. */
static size_t
quote_at(const char *p, size_t len)
{
	return len >= 3 && memcmp(p, "\xe2\x80", 2) == 0 &&
	    (unsigned char)p[2] >= 0x98 && (unsigned char)p[2] <= 0x9d ? 3 : 0;
}

struct str
text_plain(struct arena *a, struct str s, size_t most, bool *whole)
{
	char *out = arena_get(a, s.len + 4);
	size_t i = 0, n = 0, step;

	s = str_trim(s);
	while (i < s.len && n < most) {
		step = utf8_step(s.p + i, s.len - i);
		if (step == 0 || (step == 1 && ((unsigned char)s.p[i] < ' ' ||
		    s.p[i] == 0x7f))) {
			out[n++] = ' ';
			i++;
		} else if (quote_at(s.p + i, s.len - i)) {
			out[n++] = (unsigned char)s.p[i + 2] <= 0x9b ? '\'' :
			    '"';
			i += 3;
		} else {
			memcpy(out + n, s.p + i, step);
			n += step;
			i += step;
		}
	}
	*whole = i >= s.len;
	return (struct str){ out, n };
}

void
pen_name(struct pen *p, struct str name)
{
	bool whole;
	struct str plain = text_plain(p->s->a, name, NAME_SHOWN, &whole);

	buf_put_c(&p->b, "\xe2\x80\x9c");
	buf_put_str(&p->b, plain);
	buf_put_c(&p->b, whole ? "\xe2\x80\x9d" :
	    "\xe2\x80\xa6\xe2\x80\x9d");
}

void
pen_owner(struct pen *p, struct str text)
{
	bool whole;
	struct str plain = text_plain(p->s->a, text, NAME_SHOWN, &whole);

	buf_put_c(&p->b, "\xe2\x80\x98");
	buf_put_str(&p->b, plain);
	buf_put_c(&p->b, "\xe2\x80\x99");
}

/* Whole seconds: the timeline has the rest. */
void
text_time(int64_t ns, char out[32])
{
	char t[CLOCK_TEXT];

	clock_format(ns, t);
	snprintf(out, 32, "%.10s %.8s UTC", t, t + 11);
}

void
text_span(int64_t ns, char out[48])
{
	long long s = ns / NS_PER_S;

	if (s >= 86400)
		snprintf(out, 48, "%lld d %lld h", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		snprintf(out, 48, "%lld h %lld min", s / 3600, s % 3600 / 60);
	else if (s >= 60)
		snprintf(out, 48, "%lld min %lld s", s / 60, s % 60);
	else
		snprintf(out, 48, "%lld s", s);
}

void
pen_time(struct pen *p, int64_t ns)
{
	char t[32];

	text_time(ns, t);
	buf_put_c(&p->b, t);
}

void
pen_span(struct pen *p, int64_t ns)
{
	char t[48];

	text_span(ns, t);
	buf_put_c(&p->b, t);
}

void
pen_technique(struct pen *p, technique t)
{
	char text[TECHNIQUE_TEXT];
	const char *name = attack_technique_name(t);

	buf_put_c(&p->b, technique_text(t, text));
	if (name != NULL)
		pen_put(p, " (%s)", name);
}

static void
cite(struct pen *p, struct str id)
{
	struct said *s = &p->now;
	size_t i;

	/* Looking back a little is enough: repeats come close together. */
	for (i = s->n_cites; i > 0 && i + 64 > s->n_cites; i--)
		if (str_eq(s->cites[i - 1], id))
			return;
	s->cites = arena_grow(p->s->a, s->cites, &s->room, s->n_cites + 1,
	    sizeof(struct str));
	s->cites[s->n_cites++] = id;
}

void
pen_cite(struct pen *p, size_t step)
{
	cite(p, p->s->step[step].id);
}

void
pen_cite_tie(struct pen *p, const struct tie *t)
{
	cite(p, str_printf(p->s->a, "%.*s->%.*s",
	    STR_ARG(p->s->step[t->from].id), STR_ARG(p->s->step[t->to].id)));
}

struct said
pen_end(struct pen *p)
{
	struct said out = p->now;

	out.text = str_dup(p->s->a, buf_str(&p->b));
	buf_clear(&p->b);
	memset(&p->now, 0, sizeof(p->now));
	return out;
}

void
saids_add(struct arena *a, struct saids *l, struct said s)
{
	l->v = arena_grow(a, l->v, &l->room, l->n + 1, sizeof(s));
	l->v[l->n++] = s;
}

struct str
base_name(struct str path)
{
	size_t i = path.len;

	while (i > 0 && path.p[i - 1] != '\\' && path.p[i - 1] != '/')
		i--;
	return i < path.len ? str_sub(path, i, path.len) : path;
}
