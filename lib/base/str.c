/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

/* ASCII only, whatever the locale: identifiers are folded, not prose. */
static inline unsigned char
fold(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 'A' && u <= 'Z' ? u | 0x20 : u;
}

struct str
str_of(const char *cstr)
{
	if (cstr == NULL)
		return (struct str){ "", 0 };
	return (struct str){ cstr, strlen(cstr) };
}

bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
str_is(struct str s, const char *cstr)
{
	return str_eq(s, str_of(cstr));
}

static bool
same_fold(const char *a, const char *b, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (fold(a[i]) != fold(b[i]))
			return false;
	return true;
}

bool
str_eq_fold(struct str a, struct str b)
{
	return a.len == b.len && same_fold(a.p, b.p, a.len);
}

bool
str_is_fold(struct str s, const char *cstr)
{
	return str_eq_fold(s, str_of(cstr));
}

int
str_cmp(struct str a, struct str b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int c = len == 0 ? 0 : memcmp(a.p, b.p, len);

	if (c != 0)
		return c;
	return (a.len > b.len) - (a.len < b.len);
}

bool
str_starts(struct str s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && (len == 0 || memcmp(s.p, prefix, len) == 0);
}

bool
str_ends_fold(struct str s, const char *suffix)
{
	size_t len = strlen(suffix);

	return s.len >= len && same_fold(s.p + s.len - len, suffix, len);
}

size_t
str_find(struct str s, struct str needle, size_t from)
{
	const char *hit;

	if (from > s.len || needle.len > s.len - from)
		return (size_t)-1;
	if (needle.len == 0)
		return from;
	hit = memmem(s.p + from, s.len - from, needle.p, needle.len);
	return hit == NULL ? (size_t)-1 : (size_t)(hit - s.p);
}

/* Most places fail at the first byte, so only that one is in the loop. */
size_t
str_find_fold(struct str s, struct str needle, size_t from)
{
	size_t last, i;
	unsigned char first;

	if (from > s.len || needle.len > s.len - from)
		return (size_t)-1;
	if (needle.len == 0)
		return from;
	first = fold(needle.p[0]);
	last = s.len - needle.len;
	for (i = from; i <= last; i++) {
		if (fold(s.p[i]) == first &&
		    same_fold(s.p + i + 1, needle.p + 1, needle.len - 1))
			return i;
	}
	return (size_t)-1;
}

/* One star is remembered, the last: giving it one byte more is all the going
 * back there is. */
bool
str_like(struct str p, struct str s)
{
	size_t i = 0, k = 0, star = SIZE_MAX, from = 0;

	while (k < s.len) {
		if (i < p.len && p.p[i] == '*') {
			star = i++;
			from = k;
		} else if (i < p.len && (p.p[i] == '?' ||
		    fold(p.p[i]) == fold(s.p[k]))) {
			i++;
			k++;
		} else if (star != SIZE_MAX) {
			i = star + 1;
			k = ++from;
		} else {
			return false;
		}
	}
	while (i < p.len && p.p[i] == '*')
		i++;
	return i == p.len;
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str
str_trim(struct str s)
{
	while (s.len > 0 && is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

struct str
str_sub(struct str s, size_t from, size_t len)
{
	if (s.len == 0)
		return s;
	if (from > s.len)
		from = s.len;
	if (len > s.len - from)
		len = s.len - from;
	return (struct str){ s.p + from, len };
}

bool
str_cut(struct str *s, char sep, struct str *head)
{
	const char *hit;

	if (s->len == 0)
		return false;
	hit = memchr(s->p, sep, s->len);
	if (hit == NULL) {
		*head = *s;
		*s = (struct str){ s->p + s->len, 0 };
		return true;
	}
	*head = (struct str){ s->p, (size_t)(hit - s->p) };
	s->len -= head->len + 1;
	s->p = hit + 1;
	return true;
}

struct str
str_dup(struct arena *a, struct str s)
{
	return (struct str){ arena_copy(a, s.p, s.len), s.len };
}

struct str
str_lower(struct arena *a, struct str s)
{
	char *p = arena_copy(a, s.p, s.len);
	size_t i;

	for (i = 0; i < s.len; i++)
		p[i] = (char)fold(p[i]);
	return (struct str){ p, s.len };
}

struct str
str_printf(struct arena *a, const char *fmt, ...)
{
	char here[256], *p;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(here, sizeof(here), fmt, ap);
	va_end(ap);
	if (len < 0)
		return str_of(NULL);
	if ((size_t)len < sizeof(here))
		return str_dup(a, (struct str){ here, (size_t)len });
	p = arena_get(a, (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return (struct str){ p, (size_t)len };
}

const char *
str_c(struct arena *a, struct str s)
{
	return arena_copy(a, s.p, s.len);
}

bool
str_u64(struct str s, uint64_t *n)
{
	uint64_t sum = 0;
	size_t i;

	if (s.len == 0)
		return false;
	for (i = 0; i < s.len; i++) {
		unsigned digit = (unsigned char)s.p[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, digit, &sum))
			return false;
	}
	*n = sum;
	return true;
}

bool
str_i64(struct str s, int64_t *n)
{
	bool minus = s.len > 0 && s.p[0] == '-';
	uint64_t size;

	if (!str_u64(minus ? str_sub(s, 1, s.len) : s, &size) ||
	    size > (uint64_t)INT64_MAX + minus)
		return false;
	*n = minus ? (int64_t)(0 - size) : (int64_t)size;
	return true;
}

bool
str_hex_u64(struct str s, uint64_t *n)
{
	uint64_t sum = 0;
	size_t i;

	if (s.len > 2 && s.p[0] == '0' && fold(s.p[1]) == 'x')
		s = str_sub(s, 2, s.len);
	if (s.len == 0)
		return false;
	for (i = 0; i < s.len; i++) {
		unsigned c = fold(s.p[i]);
		unsigned digit = c - '0' <= 9 ? c - '0' :
		    c - 'a' <= 5 ? c - 'a' + 10 : 16;

		if (digit > 15 || sum >> 60 != 0)
			return false;
		sum = sum << 4 | digit;
	}
	*n = sum;
	return true;
}

/*
 * Table 3-7 of the Unicode standard: the first byte fixes the length and the
 * range of the second byte; all later ones are 80..BF.
 */
size_t
utf8_step(const char *p, size_t len)
{
	const unsigned char *u = (const unsigned char *)p;
	unsigned low = 0x80, high = 0xbf;
	size_t n, i;

	if (len == 0)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (u[0] < 0xc2 || u[0] > 0xf4)
		return 0;
	n = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	if (n > len)
		return 0;
	if (u[0] == 0xe0)
		low = 0xa0;
	else if (u[0] == 0xed)
		high = 0x9f;
	else if (u[0] == 0xf0)
		low = 0x90;
	else if (u[0] == 0xf4)
		high = 0x8f;
	if (u[1] < low || u[1] > high)
		return 0;
	for (i = 2; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool
utf8_ok(struct str s)
{
	size_t at = 0, n;
	uint64_t eight;

	while (at < s.len) {
		while (s.len - at >= 8) {
			memcpy(&eight, s.p + at, 8);
			if ((eight & 0x8080808080808080ULL) != 0)
				break;
			at += 8;
		}
		if (at == s.len)
			break;
		n = utf8_step(s.p + at, s.len - at);
		if (n == 0)
			return false;
		at += n;
	}
	return true;
}

struct str
utf8_cut(struct str s, size_t most)
{
	size_t len = s.len < most ? s.len : most;

	/* back to where the character begins that would be parted */
	while (len < s.len && len > 0
	    && ((unsigned char)s.p[len] & 0xc0) == 0x80)
		len--;
	return str_sub(s, 0, len);
}
