/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fan-out of the change log: one thread that holds every open stream,
 * reads each tenant's log once and sends what is new to all who listen.
 *
 * Nobody waits for a slow reader: one that leaves too much unread is no longer
 * sent to but reads the log at its own speed, and one that takes nothing at
 * all for a while is ended; it resumes by the id it saw last. A stream whose
 * key is revoked or expires ends within a second.
 *
 * live_reserve, live_release and live_join may be called from any thread.
 */
#ifndef LIVE_H
#define LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/str.h"
#include "rc.h"
#include "store.h"

struct live;

struct live_limits {
	const char *data;		/* the store; must outlive the thread */
	int64_t streams_max;		/* in all; one tenant may have half */
	int64_t pending_max;		/* bytes kept for one slow reader */
	int64_t heartbeat_s;		/* a comment line that often */
	int64_t recycle_s;		/* end a stream after that long; 0: never */
	/* A long poll, for servers that hold back what is written to them: a
	 * stream ends with its first messages, or after recycle_s. */
	bool poll;
	int64_t session_idle_s, session_most_s;
};

/* Starts the thread. It ends every stream, and itself, once stop_fd polls
 * readable. */
MUST_CHECK enum rc live_start(const struct live_limits *limits, int stop_fd,
    struct live **live);
/* Waits for that end and gives everything back. */
void live_stop(struct live *live);

/* A place for one more stream of this tenant; RC_BUSY: all are taken. Ends in
 * live_join or live_release. */
MUST_CHECK enum rc live_reserve(struct live *live, int64_t tenant);
void live_release(struct live *live, int64_t tenant);

/* What a stream stands on; it ends within a second of that. */
struct live_pass {
	char key_id[16];	/* "": a session */
	uint8_t session[32];	/* its hash, see session_good */
};
struct live_guest {
	int fd;			/* of the connection, non-blocking; now live's */
	uint16_t request;	/* its FastCGI request id */
	int64_t tenant;
	struct live_pass pass;
	int64_t after;		/* the last change the client has */
	bool told;		/* its head held a message: of a gap */
};
/* The head has been sent; everything after `after` follows. */
void live_join(struct live *live, const struct live_guest *guest);

/*
 * Where a client that saw `last` (-1: an id that never was) goes on, when the
 * log holds oldest..newest: exactly after it, or, where that is no longer there
 * or never was, in the present, told by `gap`. Where nothing was ever told
 * (0, 0), nothing was missed.
 */
struct live_point {
	int64_t after;
	bool gap;
};
struct live_point live_resume(int64_t last, int64_t oldest, int64_t newest);

/* The texts of the stream: one message, the gap message. */
void live_message_text(struct buf *out, const struct change *c);
void live_gap_text(struct buf *out, int64_t oldest, int64_t newest);

#endif
