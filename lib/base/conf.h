/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration: lines "key = value" under "[section]", # comments. One table
 * of rows says all there is: it parses the file, prints the sample (`-T` of
 * the tool) and so keeps the packaged sample true. Read once at start.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

enum conf_kind {
	CONF_TEXT,	/* char[256] */
	CONF_SIZE,	/* int64_t, with K M G */
	CONF_COUNT,	/* int64_t */
	CONF_SPAN,	/* int64_t seconds, with s m h d */
	CONF_FLAG,	/* bool: yes no */
	CONF_SPANS,	/* struct conf_spans: spans with blanks between */
};

enum { CONF_SPANS_MAX = 24 };
struct conf_spans { int64_t s[CONF_SPANS_MAX]; size_t n; };	/* n > 0 */

struct conf_row {
	const char *section, *key;
	enum conf_kind kind;
	size_t offset;		/* into the caller's struct */
	const char *standard;	/* default, as the file would say it */
	const char *help;	/* one line */
};

/* Set every row's default. */
void conf_standard(const struct conf_row *rows, size_t n, void *into);
/* Parse text; on a fault (unknown key, bad value) write "line 12: ..." into
 * `why` (len bytes) and return false; rows before it stay set. */
MUST_CHECK bool conf_parse(const struct conf_row *rows, size_t n, void *into,
    struct str text, char *why, size_t len);
/* The sample file with every key, its default and its help. */
void conf_sample(const struct conf_row *rows, size_t n, struct buf *out);

#endif
