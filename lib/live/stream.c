/* SPDX-License-Identifier: Apache-2.0 */
#include "live/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attr.h"

enum { PARTS_MOST = 32, QUEUE_FIRST = 8, QUEUE_KEPT = 64 };

struct stream *
stream_new(int fd, uint16_t request, int64_t now_ns)
{
	struct stream *s = mem_get(sizeof(*s));

	s->fd = fd;
	s->request = request;
	s->moved_ns = now_ns;
	return s;
}

static struct frame *
queue_take(struct stream *s)
{
	struct frame *f = s->queue[s->first];

	s->first = (s->first + 1) % s->room;
	s->n--;
	return f;
}

static void
queue_grow(struct stream *s)
{
	size_t room = s->room == 0 ? QUEUE_FIRST : 2 * s->room;
	struct frame **queue = mem_get(room * sizeof(struct frame *));
	size_t i;

	for (i = 0; i < s->n; i++)
		queue[i] = s->queue[(s->first + i) % s->room];
	mem_free(s->queue);
	s->queue = queue;
	s->first = 0;
	s->room = room;
}

/* Idle streams are many: none keeps what only its worst moment needed. */
static void
queue_emptied(struct stream *s)
{
	s->first = 0;
	if (s->room <= QUEUE_KEPT)
		return;
	mem_free(s->queue);
	s->queue = NULL;
	s->room = 0;
}

void
stream_free(struct stream *s)
{
	while (s->n > 0)
		frame_drop(queue_take(s));
	mem_free(s->queue);
	close(s->fd);
	mem_free(s);
}

void
stream_put(struct stream *s, struct frame *f)
{
	if (s->broken)
		return;
	if (s->n == s->room)
		queue_grow(s);
	f = frame_for(f, s->request);
	s->queue[(s->first + s->n) % s->room] = f;
	s->n++;
	s->pending += f->len;
}

static size_t
parts_gather(const struct stream *s, struct iovec part[PARTS_MOST])
{
	size_t n = s->n < PARTS_MOST ? s->n : PARTS_MOST;
	size_t i;

	for (i = 0; i < n; i++) {
		struct frame *f = s->queue[(s->first + i) % s->room];
		size_t from = i == 0 ? s->offset : 0;

		part[i].iov_base = f->bytes + from;
		part[i].iov_len = f->len - from;
	}
	return n;
}

static void
wrote(struct stream *s, size_t len)
{
	s->pending -= len;
	s->offset += len;
	while (s->n > 0 && s->offset >= s->queue[s->first]->len) {
		s->offset -= s->queue[s->first]->len;
		frame_drop(queue_take(s));
	}
	if (s->n == 0)
		queue_emptied(s);
}

void
stream_flush(struct stream *s, int64_t now_ns)
{
	struct iovec part[PARTS_MOST];
	struct msghdr msg = { .msg_iov = part };
	ssize_t len;

	while (s->n > 0 && !s->broken) {
		msg.msg_iovlen = parts_gather(s, part);
		len = sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (len < 0) {
			s->broken = true;
			return;
		}
		s->moved_ns = now_ns;
		wrote(s, (size_t)len);
	}
	s->moved_ns = now_ns;
}

void
stream_drain(struct stream *s)
{
	char junk[512];
	ssize_t len;

	do {
		len = recv(s->fd, junk, sizeof(junk), MSG_DONTWAIT);
	} while (len > 0 || (len < 0 && errno == EINTR));
	if (len == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
		s->broken = true;
}

void
stream_end(struct stream *s, int64_t now_ns)
{
	struct frame *half = NULL, *end;

	if (s->broken)
		return;
	stream_flush(s, now_ns);
	if (s->n > 0 && s->offset > 0)
		half = queue_take(s);
	while (s->n > 0)
		frame_drop(queue_take(s));
	s->pending = 0;
	if (half != NULL) {
		stream_put(s, half);
		s->pending -= s->offset;
		frame_drop(half);
	} else {
		s->offset = 0;
	}
	end = frame_end(s->request);
	stream_put(s, end);
	frame_drop(end);
	stream_flush(s, now_ns);
	/* Unread bytes would turn our close into a reset. */
	stream_drain(s);
	s->broken = true;
}
