/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts with wildcards, as Sigma writes them: * is any run, ? any one
 * character, \* \? \\ the characters themselves, any other \ a backslash.
 *
 * Compiled once; then matched against whole texts. Whether case counts is the
 * caller's business: lower both sides, or neither.
 */
#ifndef TAG_GLOB_H
#define TAG_GLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

enum {
	GLOB_STAR = 256,	/* tokens beside the bytes 0-255 */
	GLOB_ANY,
	GLOB_DASH,		/* - / or one of three longer dashes */
};

struct glob {
	enum glob_shape {
		GLOB_EQUALS, GLOB_STARTS, GLOB_ENDS, GLOB_CONTAINS,
		GLOB_TOKENS,	/* none of the simple ones */
	} shape;
	struct str text;	/* for the simple shapes */
	const uint16_t *tokens;
	size_t n;
};

enum {
	GLOB_OPEN_START = 1,	/* a * before it */
	GLOB_OPEN_END = 2,	/* a * behind it */
	GLOB_LOWER = 4,		/* ASCII letters of the pattern become small */
	GLOB_PLAIN = 8,		/* wildcards and \ mean themselves */
	GLOB_DASHES = 16,	/* a - or / that begins a word is GLOB_DASH */
};
struct glob glob_compile(struct arena *a, struct str pattern, unsigned how);
bool glob_match(const struct glob *g, struct str text);

#endif
