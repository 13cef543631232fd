/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text from outside as people may look at it. A name may hold whatever its
 * maker liked: line ends that make two lines of one, U+202E that lets
 * exe.fdp read as pdf.exe, blanks of no width. Shown, it stays on one line and
 * in one direction, and what cannot be seen is said by its number. This is no
 * escaping: a format's own marks are left to who writes that format.
 */
#ifndef BASE_SHOWN_H
#define BASE_SHOWN_H

#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

/* The bytes of the character at p (len is at least 1). If it cannot be shown
 * as it is, `out` says what stands for it, the picture of a control character
 * or "<U+202E>"; else `out` is empty. */
enum { SHOWN_STEP = 16 };
size_t shown_step(const char *p, size_t len, char out[SHOWN_STEP]);

/* At most `most` bytes, with ... behind when cut (0: whole). */
struct str shown(struct arena *a, struct str s, size_t most);

#endif
