/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>
#include <zlib.h>

#include "base/hash.h"
#include "base/unpack.h"

enum { PIECE = 256 * 1024 };

/* zlib counts in unsigned int: input is handed over in pieces. */
static void
feed(z_stream *z, struct str *in)
{
	size_t len = in->len < INT_MAX ? in->len : INT_MAX;

	if (z->avail_in > 0 || len == 0)
		return;
	z->next_in = (Bytef *)(uintptr_t)in->p;
	z->avail_in = (uInt)len;
	in->p += len;
	in->len -= len;
}

/* One call of inflate into out; once out is full, into one spare byte, to see
 * whether the stream says any more. */
static int
inflate_piece(z_stream *z, struct buf *out, bool *too_big)
{
	Bytef spare;
	size_t room = out->most - out->len;
	int rc;

	if (room > PIECE)
		room = PIECE;
	z->next_out = room > 0 ? (Bytef *)buf_room(out, room) : &spare;
	z->avail_out = room > 0 ? (uInt)room : 1;
	rc = inflate(z, Z_NO_FLUSH);
	if (room > 0)
		buf_wrote(out, room - z->avail_out);
	else
		*too_big = z->avail_out == 0;
	return rc;
}

static enum unpack
inflate_all(z_stream *z, struct str in, struct buf *out)
{
	bool too_big = false;
	int rc;

	for (;;) {
		feed(z, &in);
		rc = inflate_piece(z, out, &too_big);
		if (too_big)
			return UNPACK_TOO_BIG;
		if (rc == Z_STREAM_END) {
			if (z->avail_in == 0 && in.len == 0)
				return UNPACK_OK;
			if (inflateReset(z) != Z_OK)
				return UNPACK_BROKEN;
			continue;
		}
		/* No progress possible: the stream is cut short. */
		if (rc == Z_BUF_ERROR && z->avail_in == 0 && in.len == 0)
			return UNPACK_BROKEN;
		if (rc != Z_OK && rc != Z_BUF_ERROR)
			return UNPACK_BROKEN;
	}
}

enum unpack
unpack_gzip(struct str in, struct buf *out)
{
	z_stream z;
	enum unpack rc;

	if (in.len == 0 || out->bad)
		return UNPACK_BROKEN;
	memset(&z, 0, sizeof(z));
	/* 16: a gzip header and nothing else */
	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return UNPACK_BROKEN;
	rc = inflate_all(&z, in, out);
	inflateEnd(&z);
	return rc;
}

uint32_t
crc32_of(const void *p, size_t len)
{
	return (uint32_t)crc32_z(0, p, len);
}
