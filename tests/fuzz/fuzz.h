/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzzers share. Each is one file with one reader of foreign bytes:
 * libFuzzer calls it with inputs of its own making (make fuzz), replay.c with
 * those that are kept (make check-san). A promise that does not hold aborts.
 *
 * An input may begin with a line of words that say how the rest is read.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define HOLDS(truth) do { \
	if (!(truth)) { \
		fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, \
		    __LINE__, #truth); \
		abort(); \
	} \
} while (0)

/* A copy that ends where its bytes end, so that one more is found out. */
static inline struct str
input_of(struct arena *a, const uint8_t *p, size_t len)
{
	char *copy = arena_get(a, len);

	if (len > 0)
		memcpy(copy, p, len);
	return (struct str){ copy, len };
}

/* The first line; *rest is left with what is behind it. */
static inline struct str
first_line(struct str *rest)
{
	struct str line = { 0 };

	(void)!str_cut(rest, '\n', &line);
	return line;
}

static inline bool
is_json(struct str text)
{
	struct json_span v;

	return json_scan(&text, &v) == JSON_OK && str_trim(text).len == 0;
}

#endif
