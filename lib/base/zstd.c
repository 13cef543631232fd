/* SPDX-License-Identifier: Apache-2.0 */
#include <zstd.h>

#include "base/unpack.h"

/*
 * A frame asks for as much memory as its window is long, before a byte of it
 * was checked. 2^27 is what the zstd tool takes without --long, too.
 */
enum { PIECE = 256 * 1024, WINDOW_LOG_MAX = 27 };

/* One step into out; once out is full, into one spare byte, to see whether the
 * frame says any more. `left` is 0 at the end of a frame. */
static bool
step(ZSTD_DCtx *z, ZSTD_inBuffer *in, struct buf *out, size_t *left,
    bool *too_big)
{
	char spare;
	size_t room = out->most - out->len;
	ZSTD_outBuffer to = { &spare, 1, 0 };

	if (room > PIECE)
		room = PIECE;
	if (room > 0)
		to = (ZSTD_outBuffer){ buf_room(out, room), room, 0 };
	*left = ZSTD_decompressStream(z, &to, in);
	if (room > 0)
		buf_wrote(out, to.pos);
	else
		*too_big = to.pos > 0;
	return !ZSTD_isError(*left);
}

static enum unpack
frames(ZSTD_DCtx *z, struct str text, struct buf *out)
{
	ZSTD_inBuffer in = { text.p, text.len, 0 };
	bool too_big = false;
	size_t left, was_in, was_out;

	for (;;) {
		was_in = in.pos;
		was_out = out->len;
		if (!step(z, &in, out, &left, &too_big))
			return UNPACK_BROKEN;
		if (too_big)
			return UNPACK_TOO_BIG;
		if (left == 0 && in.pos == in.size)
			return UNPACK_OK;
		/* No progress: cut short. */
		if (in.pos == was_in && out->len == was_out &&
		    in.pos == in.size)
			return UNPACK_BROKEN;
	}
}

enum unpack
unpack_zstd(struct str in, struct buf *out)
{
	ZSTD_DCtx *z;
	enum unpack rc = UNPACK_BROKEN;

	if (in.len == 0 || out->bad)
		return UNPACK_BROKEN;
	z = ZSTD_createDCtx();
	if (z == NULL)
		return UNPACK_BROKEN;
	if (!ZSTD_isError(ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax,
		WINDOW_LOG_MAX)))
		rc = frames(z, in, out);
	ZSTD_freeDCtx(z);
	return rc;
}

void
pack_zstd(struct str in, int level, struct buf *out)
{
	size_t most = ZSTD_compressBound(in.len), len;
	char *to;

	/* The bound is for what does not compress: most of it does. */
	if (most > out->most - out->len)
		most = out->most - out->len;
	to = buf_room(out, most);
	if (to == NULL)
		return;
	len = ZSTD_compress(to, most, in.p, in.len, level);
	if (ZSTD_isError(len))
		out->bad = true;
	else
		buf_wrote(out, len);
}
