/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One tenant's log and the streams that follow it. A current stream is handed
 * what the feed reads, as frames shared with all others; one that is not
 * (it resumes, or fell behind) reads the log by itself until it is.
 */
#ifndef LIVE_FEED_H
#define LIVE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "live.h"
#include "live/stream.h"
#include "session.h"
#include "store.h"

struct ticket {			/* a key or session that holds streams open */
	struct live_pass pass;
	size_t holders;
	bool dead;		/* revoked, ended, expired or gone */
	struct ticket *next;
};

struct feed {
	int64_t tenant;
	struct store *store;
	int64_t seq;		/* the last change read */
	struct stream *streams;
	struct ticket *tickets;
	struct feed *prev, *next;
};

struct desk {			/* what the reading takes, used again and again */
	struct arena *mem;
	struct buf text;
	size_t pending_max;
	int64_t now_ns;
};
void desk_init(struct desk *d, size_t pending_max);
void desk_release(struct desk *d);

/* A feed that begins at the newest change (at `after` if that cannot be read
 * now). Its store must outlive it. */
struct feed *feed_new(int64_t tenant, struct store *store, int64_t after);
void feed_free(struct feed *f);		/* without streams */

void feed_add(struct feed *f, struct stream *s, const struct live_pass *pass,
    int64_t after);
void feed_remove(struct feed *f, struct stream *s);

/* Read what is new and hand it to every current stream. */
void feed_poll(struct feed *f, struct desk *d);
/* Let a stream that is not current read on. */
void feed_catch_up(struct feed *f, struct stream *s, struct desk *d);
/* Ask the store about every key and session; the dead ones are marked. */
void feed_check_passes(struct feed *f, struct desk *d,
    struct session_span span, int64_t wall_ns);

#endif
