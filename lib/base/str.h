/* SPDX-License-Identifier: Apache-2.0 */
/*
 * struct str: a length and a pointer to bytes that somebody else owns (an
 * arena, a literal, a request body). Not NUL-terminated unless a function says
 * so. Text from outside is UTF-8 once utf8_ok has said so.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct arena;

struct str {
	const char *p;
	size_t len;
};

#define STR(lit) ((struct str){ (lit), sizeof(lit) - 1 })
/* For printf: "%.*s", STR_ARG(s) */
#define STR_ARG(s) (int)(s).len, (s).p ? (s).p : ""

struct str str_of(const char *cstr);		/* NULL gives the empty one */
bool str_is(struct str s, const char *cstr);	/* equal bytes */
bool str_eq(struct str a, struct str b);
bool str_eq_fold(struct str a, struct str b);	/* ASCII case ignored */
bool str_is_fold(struct str s, const char *cstr);
int str_cmp(struct str a, struct str b);	/* memcmp order, then length */
bool str_starts(struct str s, const char *prefix);
bool str_ends_fold(struct str s, const char *suffix);
/* First place of needle at or after `from`, or (size_t)-1. */
size_t str_find(struct str s, struct str needle, size_t from);
size_t str_find_fold(struct str s, struct str needle, size_t from);
/* Is s what the pattern says: * is any text, ? any one byte, all else itself,
 * ASCII case ignored. No pattern takes more than n x m steps. */
bool str_like(struct str pattern, struct str s);
struct str str_trim(struct str s);		/* ASCII white space off both ends */
struct str str_sub(struct str s, size_t from, size_t len);	/* clamped */
/* Split off what stands before the first `sep`; the rest (behind it) stays in
 * *s. False when *s was already empty and nothing is left to give. */
bool str_cut(struct str *s, char sep, struct str *head);

struct str str_dup(struct arena *a, struct str s);	/* NUL behind it */
struct str str_lower(struct arena *a, struct str s);	/* ASCII only */
struct str str_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);
const char *str_c(struct arena *a, struct str s);	/* as C string */

/* Whole of s as a number; false on anything else (sign, blanks, overflow). */
MUST_CHECK bool str_u64(struct str s, uint64_t *n);
MUST_CHECK bool str_i64(struct str s, int64_t *n);	/* a leading - may stand */
MUST_CHECK bool str_hex_u64(struct str s, uint64_t *n);	/* 0x may stand before */

/* Strict UTF-8 (RFC 3629: no surrogates, nothing over-long, <= U+10FFFF). */
bool utf8_ok(struct str s);
/* At most `most` bytes of UTF-8, never a part of a character. */
struct str utf8_cut(struct str s, size_t most);
/* Length of the character that stands at p, 1 to 4; 0 if none rightly does. */
size_t utf8_step(const char *p, size_t len);

#endif
