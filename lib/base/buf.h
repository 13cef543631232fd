/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer, born with a maximum. Going over the maximum makes it
 * bad once and for ever: later calls do nothing, and buf_bad tells at the end,
 * so a long sequence of puts is checked once. Memory is the buffer's own;
 * buf_release gives it back.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

struct buf {
	char *p;
	size_t len, room, most;
	bool bad;
};

void buf_init(struct buf *b, size_t most);
void buf_release(struct buf *b);
void buf_clear(struct buf *b);		/* empty and good again, memory kept */
bool buf_bad(const struct buf *b);
struct str buf_str(const struct buf *b);

void buf_put(struct buf *b, const void *p, size_t len);
void buf_put_str(struct buf *b, struct str s);
void buf_put_c(struct buf *b, const char *cstr);
void buf_put_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);

/* Room for len more bytes to be written straight to the returned place, then
 * reported with buf_wrote; NULL (and bad) if over the maximum. */
char *buf_room(struct buf *b, size_t len);
void buf_wrote(struct buf *b, size_t len);

/* Unsigned LEB128 numbers and length-prefixed bytes, for compact rows. */
void buf_put_varint(struct buf *b, uint64_t n);
/* Reading them back from *s, which moves on; false when s is cut short. */
MUST_CHECK bool str_take_varint(struct str *s, uint64_t *n);

#endif
