/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One open stream: its connection and what waits to be written to it. Writes
 * never block; what does not fit now is kept, by reference, in order.
 */
#ifndef LIVE_STREAM_H
#define LIVE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "live/frame.h"

struct feed;
struct ticket;

struct stream {
	int fd;
	uint16_t request;
	bool broken;		/* the peer is gone: to be closed */
	/* waiting: queue[first .. first + n) of a ring */
	struct frame **queue;
	size_t first, n, room;
	size_t offset;		/* of queue[first], sent already */
	size_t pending;		/* bytes waiting */
	int64_t moved_ns;	/* when the peer last took something, or had
				   everything */
	/* the feed's */
	struct feed *feed;
	struct ticket *ticket;
	struct stream *prev, *next;
	int64_t sent;		/* the last change queued */
	int64_t had;		/* that of its beginning */
	bool current;		/* is pushed to; else it reads the log itself */
	int64_t beat_ns, end_ns;	/* next heartbeat; recycling, 0: never */
};

/* A stream on fd, which becomes its own. */
struct stream *stream_new(int fd, uint16_t request, int64_t now_ns);
/* Closes the connection. */
void stream_free(struct stream *s);

/* Queue a frame (held once more, as long as it waits). */
void stream_put(struct stream *s, struct frame *f);
/* Write as much as the connection takes now. */
void stream_flush(struct stream *s, int64_t now_ns);
/* Throw away what the peer sends; sees its end. */
void stream_drain(struct stream *s);
/* The last words: whatever record is half sent, then the end of the request,
 * as far as it fits now. Nothing may be put afterwards. */
void stream_end(struct stream *s, int64_t now_ns);

#endif
