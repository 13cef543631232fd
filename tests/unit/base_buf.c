/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"

static void
over_the_maximum_is_bad_for_ever(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	buf_put_c(&b, "abc");
	buf_put_char(&b, 'd');
	buf_put_c(&b, "xyz");
	assert_true(buf_bad(&b));
	buf_put_char(&b, 'e');
	assert_true(str_is(buf_str(&b), "abcd"));
	buf_clear(&b);
	assert_false(buf_bad(&b));
	buf_put_c(&b, "12345");
	assert_false(buf_bad(&b));
	buf_put_char(&b, '6');
	assert_true(buf_bad(&b));
	assert_true(str_is(buf_str(&b), "12345"));
	buf_release(&b);
}

static void
printing_fits_to_the_last_byte(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 400);
	buf_printf(&b, "%*d", 400, 3);
	assert_false(buf_bad(&b));
	assert_int_equal(b.len, 400);
	buf_printf(&b, "%s", "");
	assert_false(buf_bad(&b));
	buf_printf(&b, "%d", 1);
	assert_true(buf_bad(&b));
	buf_release(&b);
}

static void
room_is_refused_not_overrun(void **state)
{
	struct buf b;
	char *p;

	(void)state;
	buf_init(&b, 1000);
	p = buf_room(&b, 1000);
	assert_non_null(p);
	memset(p, 'x', 1000);
	buf_wrote(&b, 999);
	assert_non_null(buf_room(&b, 1));
	assert_null(buf_room(&b, 2));
	assert_true(buf_bad(&b));
	buf_release(&b);
	buf_init(&b, SIZE_MAX);
	buf_put_char(&b, 'a');
	buf_put_c(&b, "b");
	assert_true(str_is(buf_str(&b), "ab"));
	buf_release(&b);
}

static void
numbers_come_back(void **state)
{
	static const uint64_t n[] = { 0, 1, 127, 128, 300, 1u << 21,
		UINT64_MAX / 2, UINT64_MAX };
	struct buf b;
	struct str s, cut;
	uint64_t got;
	size_t i;

	(void)state;
	buf_init(&b, 1000);
	for (i = 0; i < COUNT(n); i++)
		buf_put_varint(&b, n[i]);
	s = buf_str(&b);
	cut = str_sub(s, s.len - 10, 9);
	for (i = 0; i < COUNT(n); i++) {
		assert_true(str_take_varint(&s, &got));
		assert_true(got == n[i]);
	}
	assert_int_equal(s.len, 0);
	assert_false(str_take_varint(&s, &got));
	assert_false(str_take_varint(&cut, &got));
	s = STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
	assert_false(str_take_varint(&s, &got));
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_the_maximum_is_bad_for_ever),
		cmocka_unit_test(printing_fits_to_the_last_byte),
		cmocka_unit_test(room_is_refused_not_overrun),
		cmocka_unit_test(numbers_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
