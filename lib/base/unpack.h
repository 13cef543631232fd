/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressed bodies in, compressed rows out: gzip (RFC 1952, several members
 * may follow one another) and zstd (RFC 8878, several frames likewise).
 * gzip.c is the only file with zlib.h, zstd.c the only one with zstd.h.
 */
#ifndef BASE_UNPACK_H
#define BASE_UNPACK_H

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

enum unpack { UNPACK_OK, UNPACK_BROKEN, UNPACK_TOO_BIG };

/* Append to out; TOO_BIG once out's maximum is reached (early, whatever the
 * stream claims), BROKEN for anything that is not whole and right. */
MUST_CHECK enum unpack unpack_gzip(struct str in, struct buf *out);
MUST_CHECK enum unpack unpack_zstd(struct str in, struct buf *out);

/* One zstd frame at `level`, appended to out, with its content size inside. */
void pack_zstd(struct str in, int level, struct buf *out);

#endif
