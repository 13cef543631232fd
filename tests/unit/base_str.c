/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"

static void
finding_folds_ascii_only(void **state)
{
	struct str s = STR("C:\\Windows\\SYSTEM32\\cmd.exe");

	(void)state;
	assert_int_equal(str_find(s, STR("system32"), 0), (size_t)-1);
	assert_int_equal(str_find_fold(s, STR("system32"), 0), 11);
	assert_int_equal(str_find_fold(s, STR("system32"), 12), (size_t)-1);
	assert_int_equal(str_find_fold(s, STR("CMD.EXE"), 0), s.len - 7);
	assert_int_equal(str_find(s, STR(""), s.len), s.len);
	assert_int_equal(str_find(s, STR("x"), s.len + 1), (size_t)-1);
	assert_int_equal(str_find_fold(STR("a"), STR("abc"), 0), (size_t)-1);
	assert_true(str_eq_fold(STR("aZ[@"), STR("Az[@")));
	assert_false(str_eq_fold(STR("["), STR("{")));
	assert_false(str_eq_fold(STR("\xc3\x84"), STR("\xc3\xa4")));
	assert_true(str_ends_fold(s, ".EXE"));
	assert_false(str_ends_fold(STR("exe"), ".exe"));
}

static void
cutting_gives_each_piece_once(void **state)
{
	struct str s = STR("a,,b,"), head;

	(void)state;
	assert_true(str_cut(&s, ',', &head) && str_is(head, "a"));
	assert_true(str_cut(&s, ',', &head) && str_is(head, ""));
	assert_true(str_cut(&s, ',', &head) && str_is(head, "b"));
	assert_false(str_cut(&s, ',', &head));
	assert_true(str_is(str_trim(STR(" \t x y\r\n")), "x y"));
	assert_true(str_is(str_trim(STR("  ")), ""));
	assert_true(str_is(str_sub(STR("abc"), 1, 99), "bc"));
	assert_true(str_is(str_sub(STR("abc"), 7, 1), ""));
}

static void
numbers_are_whole_or_refused(void **state)
{
	uint64_t u = 5;
	int64_t i = 5;

	(void)state;
	assert_true(str_u64(STR("18446744073709551615"), &u));
	assert_true(u == UINT64_MAX);
	assert_false(str_u64(STR("18446744073709551616"), &u));
	assert_false(str_u64(STR(""), &u));
	assert_false(str_u64(STR("+1"), &u));
	assert_false(str_u64(STR("1 "), &u));
	assert_true(str_i64(STR("-9223372036854775808"), &i));
	assert_true(i == INT64_MIN);
	assert_true(str_i64(STR("9223372036854775807"), &i));
	assert_true(i == INT64_MAX);
	assert_false(str_i64(STR("9223372036854775808"), &i));
	assert_false(str_i64(STR("-9223372036854775809"), &i));
	assert_false(str_i64(STR("-"), &i));
	assert_false(str_i64(STR("--1"), &i));
	assert_true(str_hex_u64(STR("0x3E7"), &u) && u == 0x3e7);
	assert_true(str_hex_u64(STR("ffffffffffffffff"), &u));
	assert_true(u == UINT64_MAX);
	assert_false(str_hex_u64(STR("10000000000000000"), &u));
	assert_false(str_hex_u64(STR("0x"), &u));
	assert_false(str_hex_u64(STR("g"), &u));
	assert_false(str_hex_u64(STR("/"), &u));
	assert_false(str_hex_u64(STR("@"), &u));
}

static void
utf8_is_strict(void **state)
{
	static const char *const good[] = { "", "abcdefghijk",
		"12345678\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
		"\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80", "\xc0\x80", "\xc1\xbf",
		"\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3",
		"\xe2\x82", "\xf0\x9f\x98", "abcdefgh\xff", "\xc3(",
		"\xe2\x82(" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		assert_true(utf8_ok(str_of(good[i])));
	for (i = 0; i < COUNT(bad); i++)
		assert_false(utf8_ok(str_of(bad[i])));
}

static void
a_cut_parts_no_character(void **state)
{
	const struct str s = STR("a\xc3\xa4\xe2\x82\xac\xf0\x9f\xa6\x8a");
	static const size_t want[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10 };

	(void)state;
	for (size_t i = 0; i < COUNT(want); i++) {
		assert_int_equal(utf8_cut(s, i).len, want[i]);
		assert_true(utf8_ok(utf8_cut(s, i)));
	}
	assert_int_equal(utf8_cut(str_of(NULL), 5).len, 0);
}

static void
printing_and_copying_keep_the_bytes(void **state)
{
	struct arena *a = arena_new();
	struct str s = str_printf(a, "%300d|%s", 7, "x");

	(void)state;
	assert_int_equal(s.len, 302);
	assert_string_equal(s.p + 299, "7|x");
	assert_string_equal(str_printf(a, "%d", 7).p, "7");
	assert_string_equal(str_lower(a, STR("AbZ\xc3\x84")).p, "abz\xc3\x84");
	assert_string_equal(str_c(a, (struct str){ "abc", 2 }), "ab");
	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_true(str_cmp(STR("b"), STR("ab")) > 0);
	assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
	assert_int_equal(str_cmp(str_of(NULL), STR("")), 0);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finding_folds_ascii_only),
		cmocka_unit_test(cutting_gives_each_piece_once),
		cmocka_unit_test(numbers_are_whole_or_refused),
		cmocka_unit_test(utf8_is_strict),
		cmocka_unit_test(a_cut_parts_no_character),
		cmocka_unit_test(printing_and_copying_keep_the_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
