/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FastCGI connections: accept, parameters, body in, answer out. fcgi.c is the
 * only file that knows libfcgi.
 *
 * Every wait is bounded: an idle worker sleeps in poll until a connection or
 * the stop signal comes, and reads and writes give up after 30 s. A struct
 * fcgi belongs to one thread at a time.
 */
#ifndef HTTP_FCGI_H
#define HTTP_FCGI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"
#include "rc.h"

struct fcgi;

/*
 * Once per process, before any other thread starts: blocks TERM, INT, USR1 and
 * HUP in this thread (and so in all later ones), ignores PIPE, makes listener
 * fd 0 non-blocking, and starts the thread that waits for TERM, INT and USR1.
 * *stop_fd then polls readable for ever once one has come. With TRACE_SPAWNED=1
 * in the environment the process is asked to stop when its parent dies.
 */
MUST_CHECK enum rc fcgi_listen(int *stop_fd);

/* Ask again for that: the kernel forgets it when a process changes its user. */
void fcgi_follow_parent(void);

struct fcgi *fcgi_new(void);
void fcgi_free(struct fcgi *c);

/* Waits for a request. False: the process was told to stop, and nothing waits
 * in the backlog any more (or 5 s have passed). Losing a race for a connection
 * to another thread or process just waits on. */
MUST_CHECK bool fcgi_accept(struct fcgi *c, int stop_fd);

/* "NAME=value" strings, NULL at the end; valid until fcgi_finish or detach. */
char *const *fcgi_params(const struct fcgi *c);

/* Append the whole body to `into`, whose maximum is the cap. RC_TOO_BIG: over
 * it (the rest is not read). RC_MALFORMED: it ended before `declared` bytes
 * (-1: none declared), or did not arrive in time. */
MUST_CHECK enum rc fcgi_body(struct fcgi *c, int64_t declared, struct buf *into);

/* Write to the client; false: it is gone. Goes out at fcgi_finish or flush. */
bool fcgi_write(struct fcgi *c, struct str bytes);
bool fcgi_flush(struct fcgi *c);
void fcgi_finish(struct fcgi *c);

/*
 * For streams: everything written so far is flushed, then the connection's fd
 * (now non-blocking, the caller's to close) is handed out and the struct is
 * free for the next accept. What follows on the fd must be FastCGI records of
 * *request_id. Returns -1 if the client is gone (finished then).
 */
int fcgi_detach(struct fcgi *c, uint16_t *request_id);

#endif
