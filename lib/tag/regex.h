/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions of rules (PCRE2), compiled once and safe to match from
 * many threads. Work per match is limited: an expression that runs into the
 * limit does not match. Only regex.c knows PCRE2.
 */
#ifndef TAG_REGEX_H
#define TAG_REGEX_H

#include <stdbool.h>

#include "base/str.h"

struct regex;

enum { REGEX_FOLD = 1, REGEX_LINES = 2, REGEX_DOT_ALL = 4 };

/* NULL if it does not compile. */
struct regex *regex_new(struct str pattern, unsigned flags);
void regex_free(struct regex *r);
/* Somewhere in the text, as Sigma's `re` means it. */
bool regex_match(const struct regex *r, struct str text);

#endif
