/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"

static void
values_read_as_what_they_are(void **state)
{
	struct arena *a = arena_new();
	struct json_doc *d = json_doc_new();
	const struct json *v = json_parse(d, STR("{\"s\":\"x\\u00e4\",\"i\":-7,"
	    "\"d\":2.50,\"t\":true,\"n\":null,\"a\":[1,\"b\"],"
	    "\"o\":{\"p\":{\"q\":\"deep\"}},\"big\":18446744073709551615}"));

	(void)state;
	assert_int_equal(json_type(v), JSON_OBJECT);
	assert_true(str_is(json_str(json_get(v, "s")), "x\xc3\xa4"));
	assert_int_equal(json_int(json_get(v, "i")), -7);
	assert_true(json_double(json_get(v, "d")) == 2.5);
	assert_true(json_bool(json_get(v, "t")));
	assert_false(json_bool(json_get(v, "i")));
	assert_int_equal(json_type(json_get(v, "n")), JSON_NULL);
	assert_int_equal(json_len(json_get(v, "a")), 2);
	assert_int_equal(json_len(v), 0);
	assert_true(str_is(json_str(json_item(json_get(v, "a"), 1)), "b"));
	assert_null(json_item(json_get(v, "a"), 2));
	assert_true(str_is(json_str(json_at(v, "o", "p", "q", NULL)), "deep"));
	assert_null(json_at(v, "o", "x", "q", NULL));
	assert_null(json_get(json_get(v, "s"), "s"));
	assert_true(str_is(json_scalar(a, json_get(v, "d")), "2.50"));
	assert_true(str_is(json_scalar(a, json_get(v, "i")), "-7"));
	assert_true(str_is(json_scalar(a, json_get(v, "t")), "true"));
	assert_true(str_is(json_scalar(a, json_get(v, "n")), ""));
	assert_true(str_is(json_scalar(a, json_get(v, "a")), ""));
	assert_true(str_is(json_scalar(a, json_get(v, "big")),
	    "18446744073709551615"));
	assert_null(json_parse(d, STR("null")));
	assert_int_equal(json_int(json_parse(d, STR("12"))), 12);
	assert_true(str_is(json_str(json_parse(d, STR("\"x\""))), "x"));
	json_doc_free(d);
	arena_free(a);
}

static void
depth_64_parses(void **state)
{
	struct json_doc *d = json_doc_new();
	char text[2 * JSON_DEPTH + 1];
	const struct json *v;
	int depth = 0;

	(void)state;
	memset(text, '[', JSON_DEPTH);
	text[JSON_DEPTH] = '1';
	memset(text + JSON_DEPTH + 1, ']', JSON_DEPTH);
	v = json_parse(d, (struct str){ text, sizeof(text) });
	for (; json_type(v) == JSON_ARRAY; v = json_item(v, 0))
		depth++;
	assert_int_equal(depth, JSON_DEPTH);
	assert_int_equal(json_int(v), 1);
	json_doc_free(d);
}

static void
a_kept_tree_outlives_its_doc(void **state)
{
	struct json_doc *d = json_doc_new();
	struct json *v = json_keep(d, STR("[\"kept\"]"));

	(void)state;
	assert_non_null(json_parse(d, STR("{}")));
	json_doc_free(d);
	assert_true(str_is(json_str(json_item(v, 0)), "kept"));
	json_put(v);
}

static void
add_name(void *ctx, struct str name, const struct json *v)
{
	buf_printf(ctx, "%.*s=%lld ", STR_ARG(name), (long long)json_int(v));
}

static void
members_come_in_the_order_of_the_text(void **state)
{
	struct json_doc *d = json_doc_new();
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	json_each(json_parse(d, STR("{\"z\":1,\"a\":2,\"m\":3}")), add_name,
	    &b);
	assert_true(str_is(buf_str(&b), "z=1 a=2 m=3 "));
	json_each(json_parse(d, STR("[1]")), add_name, &b);
	assert_int_equal(b.len, 12);
	buf_release(&b);
	json_doc_free(d);
}

/* The examples of RFC 6901, section 5. */
static void
pointers_follow_rfc_6901(void **state)
{
	struct json_doc *d = json_doc_new();
	const struct json *v = json_parse(d, STR("{\"foo\":[\"bar\",\"baz\"],"
	    "\"\":10,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\":5,"
	    "\"k\\\"l\":6,\" \":7,\"m~n\":8,\"~1\":9}"));

	(void)state;
	assert_ptr_equal(json_pointer(v, STR("")), v);
	assert_true(str_is(json_str(json_pointer(v, STR("/foo/0"))), "bar"));
	assert_int_equal(json_int(json_pointer(v, STR("/"))), 10);
	assert_int_equal(json_int(json_pointer(v, STR("/a~1b"))), 1);
	assert_int_equal(json_int(json_pointer(v, STR("/c%d"))), 2);
	assert_int_equal(json_int(json_pointer(v, STR("/e^f"))), 3);
	assert_int_equal(json_int(json_pointer(v, STR("/g|h"))), 4);
	assert_int_equal(json_int(json_pointer(v, STR("/i\\j"))), 5);
	assert_int_equal(json_int(json_pointer(v, STR("/k\"l"))), 6);
	assert_int_equal(json_int(json_pointer(v, STR("/ "))), 7);
	assert_int_equal(json_int(json_pointer(v, STR("/m~0n"))), 8);
	assert_int_equal(json_int(json_pointer(v, STR("/~01"))), 9);
	assert_null(json_pointer(v, STR("foo")));
	assert_null(json_pointer(v, STR("/fo")));
	assert_null(json_pointer(v, STR("/foo/2")));
	assert_null(json_pointer(v, STR("/foo/00")));
	assert_null(json_pointer(v, STR("/foo/-")));
	assert_null(json_pointer(v, STR("/foo/0/x")));
	assert_null(json_pointer(v, STR("/foo/")));
	json_doc_free(d);
}

static void
commas_stand_between_values_only(void **state)
{
	struct buf b;
	struct jw w;

	(void)state;
	buf_init(&b, 1000);
	jw_init(&w, &b);
	jw_object(&w);
	jw_key_s(&w, "s", STR("x"));
	jw_key(&w, "a");
	jw_array(&w);
	jw_int(&w, INT64_MIN);
	jw_array(&w);
	jw_array_end(&w);
	jw_object(&w);
	jw_object_end(&w);
	jw_bool(&w, false);
	jw_array_end(&w);
	jw_key_c(&w, "n", NULL);
	jw_key_i(&w, "i", 5);
	jw_key_b(&w, "b", true);
	jw_key(&w, "t");
	jw_time(&w, 0);
	jw_key(&w, "r");
	jw_raw(&w, STR("{\"k\":1.50}"));
	jw_object_end(&w);
	assert_true(str_is(buf_str(&b), "{\"s\":\"x\",\"a\":"
	    "[-9223372036854775808,[],{},false],\"n\":null,\"i\":5,\"b\":true,"
	    "\"t\":\"1970-01-01T00:00:00.000Z\",\"r\":{\"k\":1.50}}"));
	buf_release(&b);
}

static void
numbers_are_short_and_always_json(void **state)
{
	static const struct { double x; const char *text; } rows[] = {
		{ 0.5, "0.5" }, { 3, "3" }, { -0.0, "0" }, { 1e-9, "0" },
		{ -1e-9, "0" }, { 100, "100" }, { 0.123456789, "0.123457" },
		{ 1e20, "1e+20" }, { NAN, "null" }, { INFINITY, "null" },
		{ -2.75, "-2.75" },
	};
	struct buf b;
	struct jw w;
	size_t i;

	(void)state;
	buf_init(&b, 100);
	for (i = 0; i < COUNT(rows); i++) {
		buf_clear(&b);
		jw_init(&w, &b);
		jw_num(&w, rows[i].x);
		assert_true(str_is(buf_str(&b), rows[i].text));
	}
	buf_release(&b);
}

/* Every byte, wherever it stands: what is written scans, and reads back. */
static void
any_bytes_become_one_line_of_json(void **state)
{
	struct json_doc *d = json_doc_new();
	struct json_span v;
	struct buf b;
	struct jw w;
	struct str s;
	int c;

	(void)state;
	buf_init(&b, 1000);
	for (c = 1; c < 256; c++) {
		char text[3] = { 'a', (char)c, 'z' };
		struct str in = { text, 3 };

		buf_clear(&b);
		jw_init(&w, &b);
		jw_str(&w, in);
		s = buf_str(&b);
		assert_null(memchr(s.p, '\n', s.len));
		assert_int_equal(json_scan(&s, &v), JSON_OK);
		s = json_str(json_parse(d, v.text));
		if (c < 0x80)
			assert_true(str_eq(s, in));
		else
			assert_true(str_is(s, "a\xef\xbf\xbdz"));
	}
	buf_clear(&b);
	jw_init(&w, &b);
	jw_str(&w, STR("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xa7\xf0\x9f\x98\x80"));
	assert_true(str_is(buf_str(&b), "\"\\u2028\\u2029\xe2\x80\xa7"
	    "\xf0\x9f\x98\x80\""));
	buf_release(&b);
	json_doc_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_read_as_what_they_are),
		cmocka_unit_test(depth_64_parses),
		cmocka_unit_test(a_kept_tree_outlives_its_doc),
		cmocka_unit_test(members_come_in_the_order_of_the_text),
		cmocka_unit_test(pointers_follow_rfc_6901),
		cmocka_unit_test(commas_stand_between_values_only),
		cmocka_unit_test(numbers_are_short_and_always_json),
		cmocka_unit_test(any_bytes_become_one_line_of_json),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
