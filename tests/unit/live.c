/* SPDX-License-Identifier: Apache-2.0 */
/* The live stream's parts: records, texts, resuming, a slow reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "live.h"
#include "live/frame.h"
#include "live/stream.h"

enum { READ_MOST = 8 << 20 };

/* ---- reading records back, straight from the specification -------------- */

struct wire {
	struct buf text;	/* of FCGI_STDOUT */
	bool closed;		/* an empty FCGI_STDOUT came */
	bool ended;		/* FCGI_END_REQUEST came */
};

/* Whole records only; returns how many bytes they took. */
static size_t
records_read(const uint8_t *p, size_t len, unsigned request, struct wire *w)
{
	size_t at = 0, content, whole;

	while (len - at >= 8) {
		content = (size_t)p[at + 4] << 8 | p[at + 5];
		whole = 8 + content + p[at + 6];
		if (len - at < whole)
			break;
		assert_int_equal(p[at], 1);
		assert_int_equal(p[at + 2] << 8 | p[at + 3], request);
		assert_int_equal(whole % 8, 0);
		assert_false(w->ended);
		if (p[at + 1] == 6) {
			assert_false(w->closed);
			buf_put(&w->text, p + at + 8, content);
			w->closed = content == 0;
		} else {
			assert_int_equal(p[at + 1], 3);
			assert_int_equal(content, 8);
			assert_int_equal(p[at + 12], 0);
			w->ended = true;
		}
		at += whole;
	}
	return at;
}

static void
text_returns_whole(size_t len, unsigned request)
{
	struct wire w = { .closed = false };
	char *text = mem_get(len + 1);
	struct frame *f;
	size_t i;

	for (i = 0; i < len; i++)
		text[i] = (char)('a' + i % 23);
	buf_init(&w.text, READ_MOST);
	f = frame_text((uint16_t)request, (struct str){ text, len });
	assert_int_equal(records_read((uint8_t *)f->bytes, f->len, request, &w),
	    f->len);
	assert_int_equal(w.text.len, len);
	assert_memory_equal(w.text.p, text, len);
	assert_false(w.closed);
	frame_drop(f);
	buf_release(&w.text);
	mem_free(text);
}

static void
text_of_any_length_comes_back_from_its_records(void **state)
{
	static const size_t len[] = { 1, 7, 8, 9, 65527, 65528, 65529, 65536,
		2 * 65528, 2 * 65528 + 1, 300000 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(len); i++)
		text_returns_whole(len[i], 1);
	text_returns_whole(1000, 0xfe01);
}

static void
no_text_is_no_record_for_an_empty_one_ends_the_output(void **state)
{
	struct frame *f = frame_text(1, STR(""));

	(void)state;
	assert_int_equal(f->len, 0);
	frame_drop(f);
}

static void
the_end_closes_the_output_and_the_request(void **state)
{
	struct wire w = { .closed = false };
	struct frame *f = frame_end(7);

	(void)state;
	buf_init(&w.text, READ_MOST);
	assert_int_equal(f->len, 24);
	assert_int_equal(records_read((uint8_t *)f->bytes, f->len, 7, &w), 24);
	assert_true(w.closed && w.ended);
	frame_drop(f);
	buf_release(&w.text);
}

static void
a_frame_is_shared_unless_the_request_differs(void **state)
{
	struct wire w = { .closed = false };
	char text[70000];
	struct frame *f, *same, *other;

	(void)state;
	memset(text, 'x', sizeof(text));
	buf_init(&w.text, READ_MOST);
	f = frame_text(1, (struct str){ text, sizeof(text) });
	same = frame_for(f, 1);
	other = frame_for(f, 300);
	assert_ptr_equal(same, f);
	assert_ptr_not_equal(other, f);
	frame_drop(f);
	records_read((uint8_t *)other->bytes, other->len, 300, &w);
	assert_int_equal(w.text.len, sizeof(text));
	assert_int_equal(same->request, 1);
	frame_drop(same);
	frame_drop(other);
	buf_release(&w.text);
}

/* ---- texts -------------------------------------------------------------- */

static void
message_is(struct change c, const char *want)
{
	struct buf b;

	buf_init(&b, 4096);
	live_message_text(&b, &c);
	assert_int_equal(b.len, strlen(want));
	assert_memory_equal(b.p, want, b.len);
	buf_release(&b);
}

static void
a_message_is_id_event_and_one_line_of_data(void **state)
{
	(void)state;
	message_is((struct change){ 42, STR("chain.created"), STR("{\"a\":1}") },
	    "id: 42\nevent: chain.created\ndata: {\"a\":1}\n\n");
	message_is((struct change){ INT64_MAX, STR("x"), STR("{\n\n\"a\":\r1}") },
	    "id: 9223372036854775807\nevent: x\ndata: {  \"a\": 1}\n\n");
}

static void
a_gap_names_what_is_kept_and_goes_on_at_the_newest(void **state)
{
	static const char want[] = "id: 90\nevent: gap\n"
	    "data: {\"oldest\":12,\"newest\":90}\n\n";
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	live_gap_text(&b, 12, 90);
	assert_int_equal(b.len, sizeof(want) - 1);
	assert_memory_equal(b.p, want, b.len);
	buf_release(&b);
}

/* ---- resuming ----------------------------------------------------------- */

static void
resume_is(int64_t last, int64_t oldest, int64_t newest, int64_t after, bool gap)
{
	struct live_point p = live_resume(last, oldest, newest);

	assert_int_equal(p.after, after);
	assert_int_equal(p.gap, gap);
}

static void
what_is_kept_is_resumed_exactly(void **state)
{
	(void)state;
	resume_is(5, 1, 9, 5, false);
	resume_is(9, 1, 9, 9, false);
	resume_is(0, 1, 9, 0, false);
	resume_is(11, 12, 90, 11, false);	/* missed nothing */
	resume_is(0, 0, 0, 0, false);
}

static void
what_is_gone_or_never_was_is_a_gap_then_the_present(void **state)
{
	(void)state;
	resume_is(10, 12, 90, 90, true);
	resume_is(91, 12, 90, 90, true);
	resume_is(1, 0, 0, 0, false);	/* nothing was ever told */
	resume_is(-1, 1, 9, 9, true);
	resume_is(INT64_MAX, 1, 9, 9, true);
}

/* ---- streams ------------------------------------------------------------ */

static int
pair(struct stream **s)
{
	int fd[2];
	int small = 4096;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	*s = stream_new(fd[0], 1, 0);
	return fd[1];
}

static void
put_text(struct stream *s, const char *text, size_t len)
{
	struct frame *f = frame_text(1, (struct str){ text, len });

	stream_put(s, f);
	frame_drop(f);
}

/* Read what is there, a little at a time, writing on in between. */
static void
read_all(struct stream *s, int fd, struct wire *w)
{
	struct buf raw;
	size_t done = 0;
	char some[1000];
	ssize_t n;

	buf_init(&raw, READ_MOST);
	for (;;) {
		n = recv(fd, some, sizeof(some), MSG_DONTWAIT);
		if (n <= 0)
			break;
		buf_put(&raw, some, (size_t)n);
		done += records_read((uint8_t *)raw.p + done, raw.len - done, 1,
		    w);
		if (!s->broken)
			stream_flush(s, 1);
	}
	assert_int_equal(done, raw.len);	/* no half record at the end */
	buf_release(&raw);
}

static void
what_a_slow_reader_leaves_waits_in_order(void **state)
{
	struct wire w = { .closed = false };
	struct buf want;
	struct stream *s;
	char line[3000];
	int fd = pair(&s), i;

	(void)state;
	buf_init(&want, READ_MOST);
	buf_init(&w.text, READ_MOST);
	for (i = 0; i < 200; i++) {
		memset(line, 'A' + i % 26, sizeof(line));
		put_text(s, line, 100 + (size_t)i * 14);
		buf_put(&want, line, 100 + (size_t)i * 14);
		stream_flush(s, 1);
	}
	assert_true(s->pending > 0 && !s->broken);
	read_all(s, fd, &w);
	assert_int_equal(s->pending, 0);
	assert_int_equal(w.text.len, want.len);
	assert_memory_equal(w.text.p, want.p, want.len);
	stream_free(s);
	close(fd);
	buf_release(&want);
	buf_release(&w.text);
}

static void
an_end_in_the_middle_of_a_record_finishes_it_first(void **state)
{
	struct frame *f, *end = frame_end(1);
	struct stream *s;
	char text[60000], some[3000];
	size_t got = 0;
	ssize_t n;
	int fd = pair(&s);

	(void)state;
	memset(text, 'q', sizeof(text));
	f = frame_text(1, (struct str){ text, sizeof(text) });
	stream_put(s, f);
	put_text(s, "never", 5);
	stream_flush(s, 1);
	assert_true(s->offset > 0 && s->offset < f->len);
	stream_end(s, 1);
	assert_true(s->broken);
	/* Still to go: the rest of the begun record and the end, no more. */
	assert_int_equal(s->n, 2);
	assert_int_equal(s->pending, f->len - s->offset + end->len);
	assert_memory_equal(s->queue[(s->first + 1) % s->room]->bytes,
	    end->bytes, end->len);
	for (;;) {
		n = recv(fd, some, sizeof(some), MSG_DONTWAIT);
		if (n <= 0)
			break;
		assert_memory_equal(some, f->bytes + got, (size_t)n);
		got += (size_t)n;
	}
	assert_int_equal(got, s->offset);
	stream_free(s);
	close(fd);
	frame_drop(f);
	frame_drop(end);
}

static void
an_idle_stream_ends_with_the_whole_end(void **state)
{
	struct wire w = { .closed = false };
	struct stream *s;
	int fd = pair(&s);

	(void)state;
	buf_init(&w.text, READ_MOST);
	put_text(s, ":\n\n", 3);
	stream_flush(s, 1);
	stream_end(s, 1);
	read_all(s, fd, &w);
	assert_int_equal(w.text.len, 3);
	assert_true(w.closed && w.ended);
	stream_free(s);
	close(fd);
	buf_release(&w.text);
}

static void
a_peer_that_left_breaks_the_stream(void **state)
{
	struct stream *s;
	int fd = pair(&s);

	(void)state;
	assert_int_equal(write(fd, "abc", 3), 3);
	stream_drain(s);
	assert_false(s->broken);
	close(fd);
	stream_drain(s);
	assert_true(s->broken);
	put_text(s, "x", 1);
	assert_int_equal(s->n, 0);
	stream_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_of_any_length_comes_back_from_its_records),
		cmocka_unit_test(
		    no_text_is_no_record_for_an_empty_one_ends_the_output),
		cmocka_unit_test(the_end_closes_the_output_and_the_request),
		cmocka_unit_test(a_frame_is_shared_unless_the_request_differs),
		cmocka_unit_test(a_message_is_id_event_and_one_line_of_data),
		cmocka_unit_test(
		    a_gap_names_what_is_kept_and_goes_on_at_the_newest),
		cmocka_unit_test(what_is_kept_is_resumed_exactly),
		cmocka_unit_test(
		    what_is_gone_or_never_was_is_a_gap_then_the_present),
		cmocka_unit_test(what_a_slow_reader_leaves_waits_in_order),
		cmocka_unit_test(
		    an_end_in_the_middle_of_a_record_finishes_it_first),
		cmocka_unit_test(an_idle_stream_ends_with_the_whole_end),
		cmocka_unit_test(a_peer_that_left_breaks_the_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
