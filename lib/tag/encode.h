/* SPDX-License-Identifier: Apache-2.0 */
/* The forms in which rules look for a text: wide characters and base64. */
#ifndef TAG_ENCODE_H
#define TAG_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

/* UTF-16 of UTF-8 text: little or big endian. */
struct str encode_wide(struct arena *a, struct str text, bool big);
/*
 * What base64 of any text that holds `text` must hold, when it begins
 * `offset` (0, 1, 2) bytes behind a multiple of three: the digits that depend
 * on neighbours are cut off at both ends.
 */
struct str encode_base64_at(struct arena *a, struct str text, size_t offset);

#endif
