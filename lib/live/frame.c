/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records: version, type, request id (2), content length (2), padding length,
 * reserved; then content and padding. All numbers are big endian. Content is
 * padded to eight bytes, as the specification likes it.
 */
#include "live/frame.h"

#include <string.h>

#include "base/arena.h"

enum {
	VERSION = 1,
	END_REQUEST = 3,
	STDOUT = 6,
	HEADER = 8,
	CONTENT_MOST = 65528,	/* the greatest that needs no padding */
};

static size_t
padding_of(size_t len)
{
	return -len & 7;
}

static struct frame *
frame_new(uint16_t request, size_t len)
{
	struct frame *f = mem_get(sizeof(*f) + len);

	f->holders = 1;
	f->request = request;
	return f;
}

static void
record_put(struct frame *f, uint8_t type, const void *content, size_t len)
{
	uint8_t *at = (uint8_t *)f->bytes + f->len;

	at[0] = VERSION;
	at[1] = type;
	at[2] = (uint8_t)(f->request >> 8);
	at[3] = (uint8_t)f->request;
	at[4] = (uint8_t)(len >> 8);
	at[5] = (uint8_t)len;
	at[6] = (uint8_t)padding_of(len);
	if (len > 0)
		memcpy(at + HEADER, content, len);
	f->len += HEADER + len + padding_of(len);
}

struct frame *
frame_text(uint16_t request, struct str text)
{
	size_t records = text.len / CONTENT_MOST + 1;
	struct frame *f = frame_new(request, text.len + records * (HEADER + 7));
	size_t at, len;

	/* An empty record would mean the end of the output. */
	for (at = 0; at < text.len; at += len) {
		len = text.len - at < CONTENT_MOST ? text.len - at : CONTENT_MOST;
		record_put(f, STDOUT, text.p + at, len);
	}
	return f;
}

struct frame *
frame_end(uint16_t request)
{
	static const uint8_t complete[8];	/* exit status 0, complete */
	struct frame *f = frame_new(request, 2 * HEADER + sizeof(complete));

	record_put(f, STDOUT, NULL, 0);
	record_put(f, END_REQUEST, complete, sizeof(complete));
	return f;
}

struct frame *
frame_for(struct frame *f, uint16_t request)
{
	struct frame *copy;
	uint8_t *at, *end;

	if (f->request == request) {
		f->holders++;
		return f;
	}
	copy = frame_new(request, f->len);
	copy->len = f->len;
	memcpy(copy->bytes, f->bytes, f->len);
	at = (uint8_t *)copy->bytes;
	end = at + copy->len;
	while (at < end) {
		at[2] = (uint8_t)(request >> 8);
		at[3] = (uint8_t)request;
		at += HEADER + (at[4] << 8 | at[5]) + at[6];
	}
	return copy;
}

void
frame_drop(struct frame *f)
{
	if (f != NULL && --f->holders == 0)
		mem_free(f);
}
