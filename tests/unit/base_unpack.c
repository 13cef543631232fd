/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/unpack.h"

enum { BIG = 3 << 20 };

/* One gzip member of s, appended to b. */
static void
pack_gzip(struct str s, struct buf *b)
{
	z_stream z = { 0 };
	char *to = buf_room(b, s.len + 1000);

	assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8,
	    Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)s.p;
	z.avail_in = (uInt)s.len;
	z.next_out = (Bytef *)to;
	z.avail_out = (uInt)s.len + 1000;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_wrote(b, z.total_out);
	deflateEnd(&z);
}

static void
pack_frame(struct str s, struct buf *b)
{
	pack_zstd(s, 3, b);
}

static const struct kind {
	void (*pack)(struct str s, struct buf *b);
	enum unpack (*unpack)(struct str in, struct buf *out);
} kinds[] = {
	{ pack_gzip, unpack_gzip },
	{ pack_frame, unpack_zstd },
};

/* Some of it compresses, some does not. */
static struct str
sample(char *p)
{
	uint32_t x = 1;
	size_t i;

	for (i = 0; i < BIG; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = i % 4096 < 2048 ? 'a' : (char)(x >> 24);
	}
	return (struct str){ p, BIG };
}

static void
what_was_packed_comes_back(void **state)
{
	struct str s = sample(mem_get(BIG));
	struct buf in, out;
	size_t k;

	(void)state;
	for (k = 0; k < COUNT(kinds); k++) {
		buf_init(&in, 8 << 20);
		buf_init(&out, BIG + 9);
		kinds[k].pack(STR("first"), &in);
		kinds[k].pack(STR(""), &in);
		kinds[k].pack(s, &in);
		kinds[k].pack(STR("last"), &in);
		assert_false(buf_bad(&in));
		/* the maximum is exactly what comes out */
		assert_int_equal(kinds[k].unpack(buf_str(&in), &out),
		    UNPACK_OK);
		assert_int_equal(out.len, BIG + 9);
		assert_memory_equal(out.p, "first", 5);
		assert_memory_equal(out.p + 5, s.p, BIG);
		assert_memory_equal(out.p + 5 + BIG, "last", 4);
		buf_release(&in);
		buf_release(&out);
	}
	mem_free((void *)(uintptr_t)s.p);
}

static void
a_bomb_stops_at_the_maximum(void **state)
{
	char *zeros = mem_get(BIG);
	struct buf in, out;
	size_t k, most;

	(void)state;
	for (k = 0; k < COUNT(kinds); k++) {
		buf_init(&in, 8 << 20);
		kinds[k].pack((struct str){ zeros, BIG }, &in);
		for (most = BIG - 1; most > 0; most /= 40) {
			buf_init(&out, most);
			assert_int_equal(kinds[k].unpack(buf_str(&in), &out),
			    UNPACK_TOO_BIG);
			assert_true(out.len <= most);
			buf_release(&out);
		}
		buf_release(&in);
	}
	mem_free(zeros);
}

static void
what_is_cut_or_changed_is_broken(void **state)
{
	static const char text[] = "the quick brown fox jumps over the dog";
	struct buf in, out;
	enum unpack got;
	size_t k, i;

	(void)state;
	for (k = 0; k < COUNT(kinds); k++) {
		buf_init(&in, 1 << 20);
		buf_init(&out, 1 << 20);
		kinds[k].pack(STR(text), &in);
		for (i = 0; i < in.len; i++) {
			buf_clear(&out);
			assert_int_equal(kinds[k].unpack(str_sub(buf_str(&in),
			    0, i), &out), UNPACK_BROKEN);
		}
		buf_put_c(&in, "rest");
		assert_int_equal(kinds[k].unpack(buf_str(&in), &out),
		    UNPACK_BROKEN);
		in.len -= 4;
		for (i = 0; i < in.len * 8; i++) {
			buf_clear(&out);
			in.p[i / 8] ^= (char)(1 << i % 8);
			/* unused header bits may change without harm */
			got = kinds[k].unpack(buf_str(&in), &out);
			assert_true(got == UNPACK_BROKEN || k == 1 ||
			    str_is(buf_str(&out), text));
			in.p[i / 8] ^= (char)(1 << i % 8);
		}
		buf_release(&in);
		buf_release(&out);
	}
}

static void
one_is_not_taken_for_the_other(void **state)
{
	struct buf in, out;

	(void)state;
	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	pack_zstd(STR("x"), 1, &in);
	assert_int_equal(unpack_gzip(buf_str(&in), &out), UNPACK_BROKEN);
	buf_clear(&in);
	pack_gzip(STR("x"), &in);
	assert_int_equal(unpack_zstd(buf_str(&in), &out), UNPACK_BROKEN);
	assert_int_equal(unpack_gzip(STR("{\"events\":[]}"), &out),
	    UNPACK_BROKEN);
	assert_int_equal(unpack_zstd(STR("{\"events\":[]}"), &out),
	    UNPACK_BROKEN);
	buf_release(&in);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_packed_comes_back),
		cmocka_unit_test(a_bomb_stops_at_the_maximum),
		cmocka_unit_test(what_is_cut_or_changed_is_broken),
		cmocka_unit_test(one_is_not_taken_for_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
