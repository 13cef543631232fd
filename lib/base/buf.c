/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

void
buf_init(struct buf *b, size_t most)
{
	*b = (struct buf){ .most = most };
}

void
buf_release(struct buf *b)
{
	mem_free(b->p);
	*b = (struct buf){ .most = b->most };
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->bad = false;
}

bool
buf_bad(const struct buf *b)
{
	return b->bad;
}

struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->p != NULL ? b->p : "", b->len };
}

char *
buf_room(struct buf *b, size_t len)
{
	size_t room = b->room;

	if (b->bad || len > b->most - b->len) {
		b->bad = true;
		return NULL;
	}
	if (len <= room - b->len && b->p != NULL)
		return b->p + b->len;
	room = room < 128 ? 256 : room > b->most / 2 ? b->most : room * 2;
	if (room < b->len + len)
		room = b->len + len;
	b->p = mem_resize(b->p, room);
	b->room = room;
	return b->p + b->len;
}

void
buf_wrote(struct buf *b, size_t len)
{
	b->len += len;
}

void
buf_put(struct buf *b, const void *p, size_t len)
{
	char *to = buf_room(b, len);

	if (to == NULL || len == 0)
		return;
	memcpy(to, p, len);
	b->len += len;
}

void
buf_put_str(struct buf *b, struct str s)
{
	buf_put(b, s.p, s.len);
}

void
buf_put_c(struct buf *b, const char *cstr)
{
	buf_put(b, cstr, strlen(cstr));
}

void
buf_put_char(struct buf *b, char c)
{
	if (b->len < b->room && b->len < b->most && !b->bad)
		b->p[b->len++] = c;
	else
		buf_put(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	char here[256], *to;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(here, sizeof(here), fmt, ap);
	va_end(ap);
	if (len < 0) {
		b->bad = true;
		return;
	}
	if ((size_t)len < sizeof(here)) {
		buf_put(b, here, (size_t)len);
		return;
	}
	if ((size_t)len > b->most - b->len || b->bad) {
		b->bad = true;
		return;
	}
	/* vsnprintf writes a NUL behind, for which a full buf has no room */
	to = mem_get((size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(to, (size_t)len + 1, fmt, ap);
	va_end(ap);
	buf_put(b, to, (size_t)len);
	mem_free(to);
}

void
buf_put_varint(struct buf *b, uint64_t n)
{
	char bytes[10];
	size_t len = 0;

	for (; n >= 0x80; n >>= 7)
		bytes[len++] = (char)(n | 0x80);
	bytes[len++] = (char)n;
	buf_put(b, bytes, len);
}

bool
str_take_varint(struct str *s, uint64_t *n)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < s->len && i < 10; i++) {
		uint64_t bits = (unsigned char)s->p[i];

		if (i == 9 && bits > 1)
			return false;
		sum |= (bits & 0x7f) << (7 * i);
		if (bits < 0x80) {
			s->p += i + 1;
			s->len -= i + 1;
			*n = sum;
			return true;
		}
	}
	return false;
}
