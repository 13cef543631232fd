/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"

static enum json_fault
fault_of(struct str s)
{
	struct json_span v;

	return json_scan(&s, &v);
}

static void
expect(enum json_fault want, const char *const *texts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		enum json_fault got = fault_of(str_of(texts[i]));

		if (got != want)
			fail_msg("%s: %d, not %d", texts[i], got, want);
	}
}

static void
the_grammar_is_rfc_8259(void **state)
{
	static const char *const good[] = { "0", "-0", "10.5e-3", "1E9",
		"true", "false", "null", "\"\"", "[]", "{}", " [ ] ",
		"{\"a\":{},\"b\":[[],{}]}", "[1, 2 ,\t3\r\n]",
		"\"\\u00e4\\n\\/\\ud83d\\ude00\"", "\"\x7f\xc3\xa4\"",
		"{ \"a\" : [ { \"b\" : null } ] , \"c\" : \"}\" }" };
	static const char *const bad[] = { "]", "[1,]", "{,}",
		"{\"a\":1,}", "{\"a\" 1}", "{a:1}", "[1 2]", "[1}", "{\"a\":1]",
		"-x", "1.x", ".5", "+1", "trux", "nulL", "\"\\x\"", "'a'",
		"\"\\u00g0\"", "\"\\u0x10\"", "\"\n\"", "\"tab\tin text\"",
		"NaN", "//", "[1.]", "[1e]", "{\"a\"::1}", "[,1]",
		"\xef\xbb\xbf{}", "{1:2}", "[\"a\":1]" };
	static const char *const cut[] = { "", "  ", "{", "[", "[1", "[1,",
		"{\"a", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "\"",
		"\"\\", "\"\\u12", "tru", "-", "1.", "1e+", "[[]" };

	(void)state;
	expect(JSON_OK, good, COUNT(good));
	expect(JSON_SYNTAX, bad, COUNT(bad));
	expect(JSON_CUT, cut, COUNT(cut));
	assert_int_equal(fault_of((struct str){ "[1\0]", 4 }), JSON_SYNTAX);
}

static void
a_bad_text_is_walked_to_its_end(void **state)
{
	static const struct {
		struct str text;
		enum json_fault fault;
		size_t at;
	} rows[] = {
		{ STR("[\"\\u0000\"]"), JSON_NUL, 2 },
		{ STR("[\"a\0" "b\"]"), JSON_NUL, 3 },
		{ STR("[\"a\\ud800\"]"), JSON_UTF8, 3 },
		{ STR("[\"\\udc00\\ud800\"]"), JSON_UTF8, 2 },
		{ STR("[\"\\ud800\\u0041\"]"), JSON_UTF8, 2 },
		{ STR("[\"\xff\"]"), JSON_UTF8, 2 },
		{ STR("[\"\xed\xa0\x80\"]"), JSON_UTF8, 2 },
		{ STR("{\"\xc3\":1}"), JSON_UTF8, 2 },
		{ STR("[\"\xff\", \"\\u0000\"]"), JSON_UTF8, 2 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		char text[64];
		struct json_span v;
		struct str s = { text, rows[i].text.len + 5 };

		memcpy(text, " ", 1);
		memcpy(text + 1, rows[i].text.p, rows[i].text.len);
		memcpy(text + 1 + rows[i].text.len, " {} ", 4);
		assert_int_equal(json_scan(&s, &v), rows[i].fault);
		assert_int_equal(v.at, rows[i].at);
		assert_true(str_eq(v.text, rows[i].text));
		assert_int_equal(json_scan(&s, &v), JSON_OK);
		assert_true(str_is(v.text, "{}"));
		assert_int_equal(v.first, '{');
	}
}

static void
broken_text_moves_nothing(void **state)
{
	struct str s = STR(" {\"a\":tru]"), was = s;
	struct json_span v;

	(void)state;
	assert_int_equal(json_scan(&s, &v), JSON_SYNTAX);
	assert_ptr_equal(s.p, was.p);
	assert_int_equal(s.len, was.len);
	assert_int_equal(v.at, 8);
	s = STR("[\"\xff\", 1");
	assert_int_equal(json_scan(&s, &v), JSON_CUT);
	assert_int_equal(s.len, 7);
}

/* n opening brackets, with "{\"a\":" for [ where object is set. */
static void
nest(struct buf *b, size_t n, bool object)
{
	size_t i;

	buf_clear(b);
	for (i = 0; i < n; i++)
		buf_put_c(b, object ? "{\"a\":" : "[");
	buf_put_c(b, "\"}]\"");
	for (i = 0; i < n; i++)
		buf_put_char(b, object ? '}' : ']');
}

static void
depth_is_64_and_no_stack_grows(void **state)
{
	struct buf b;
	struct json_span v;
	struct str s;
	int object;

	(void)state;
	buf_init(&b, 4 << 20);
	for (object = 0; object < 2; object++) {
		nest(&b, 64, object);
		assert_int_equal(fault_of(buf_str(&b)), JSON_OK);
		nest(&b, 65, object);
		buf_put_c(&b, "7");
		s = buf_str(&b);
		assert_int_equal(json_scan(&s, &v), JSON_DEEP);
		assert_true(str_is(s, "7"));
		nest(&b, 200000, object);
		s = buf_str(&b);
		assert_int_equal(json_scan(&s, &v), JSON_DEEP);
		assert_int_equal(s.len, 0);
		s = str_sub(buf_str(&b), 0, 190000);
		assert_int_equal(json_scan(&s, &v), JSON_CUT);
	}
	buf_release(&b);
}

static bool
twice(const char *text)
{
	struct str s = str_of(text);
	struct json_span v;

	assert_int_equal(json_scan(&s, &v), JSON_OK);
	return v.twice;
}

static void
a_name_said_twice_is_found(void **state)
{
	(void)state;
	assert_true(twice("{\"a\":1,\"a\":1}"));
	assert_true(twice("{\"a\":1,\"b\":{},\"a\":1}"));
	assert_true(twice("[{\"x\":[{\"a\":1,\"c\":{\"a\":2},\"a\":1}]}]"));
	assert_true(twice("{\"\":1,\"\":2}"));
	assert_false(twice("{\"a\":{\"a\":{\"a\":1}},"
			   "\"b\":[{\"a\":1},{\"a\":1}]}"));
	assert_false(twice("{\"a\":1,\"A\":1,\"aa\":1}"));
	assert_false(twice("[\"a\",\"a\"]"));
	assert_false(twice("{\"b\":{\"a\":1},\"a\":1}"));
}

static void
an_escape_hides_no_second_name(void **state)
{
	struct buf b;
	struct str s;
	struct json_span v;
	int i;

	(void)state;
	assert_true(twice("{\"a\":1,\"\\u0061\":1}"));
	assert_true(twice("{\"\\u0061\":1,\"a\":1}"));
	assert_true(twice("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":1}"));
	assert_true(twice("{\"\\u00e4\\n\":1,\"\xc3\xa4\\u000a\":1}"));
	assert_true(twice("{\"/\":1,\"\\/\":1}"));
	assert_false(twice("{\"n\":1,\"\\n\":1}"));
	assert_false(twice("{\"\\\\u0061\":1,\"a\":1}"));
	/* around the pieces in which long names are summed */
	buf_init(&b, 4096);
	for (i = 100; i < 400; i++) {
		buf_clear(&b);
		buf_printf(&b, "{\"%0*d\":1,\"\\u0030%0*d\":2}", i, 1,
		    i - 1, 1);
		s = buf_str(&b);
		assert_int_equal(json_scan(&s, &v), JSON_OK);
		assert_true(v.twice);
	}
	buf_release(&b);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
many_names_cost_no_more_than_many_bytes(void **state)
{
	enum { N = 200000 };
	struct buf b;
	struct str s;
	struct json_span v;
	double began;
	int i;

	(void)state;
	buf_init(&b, 64 << 20);
	buf_put_c(&b, "{\"o\":{");
	for (i = 0; i < N; i++)
		buf_printf(&b, "%s\"name%d\":{\"a\":%d}", i ? "," : "", i, i);
	buf_put_c(&b, "},\"name5\":1,\"o\":0}");
	s = buf_str(&b);
	began = seconds();
	assert_int_equal(json_scan(&s, &v), JSON_OK);
	assert_true(v.twice);
	/* quadratic would take minutes */
	assert_true(seconds() - began < 5);
	buf_release(&b);
}

static void
walking_finds_each_member_and_element(void **state)
{
	struct str text = STR("{ \"a\" : 1, \"b\\u0062\":[ 1,\"],\\\"\",{}] ,"
	    "\"c\":{\"a\":\"}\"}, \"a\":-2e1}");
	struct json_walk w = json_into(text), in;
	struct str name, value, e;
	bool plain;

	(void)state;
	assert_true(json_next_member(&w, &name, &plain, &value));
	assert_true(str_is(name, "a") && plain && str_is(value, "1"));
	assert_true(json_next_member(&w, &name, &plain, &value));
	assert_true(str_is(name, "b\\u0062") && !plain);
	in = json_into(value);
	assert_true(json_next_element(&in, &e) && str_is(e, "1"));
	assert_true(json_next_element(&in, &e) && str_is(e, "\"],\\\"\""));
	assert_true(json_next_element(&in, &e) && str_is(e, "{}"));
	assert_false(json_next_element(&in, &e));
	assert_true(json_next_member(&w, &name, &plain, &value));
	assert_true(str_is(value, "{\"a\":\"}\"}"));
	assert_true(json_next_member(&w, &name, &plain, &value));
	assert_true(str_is(name, "a") && str_is(value, "-2e1"));
	assert_false(json_next_member(&w, &name, &plain, &value));
	assert_true(json_member_span(text, "a", &value));
	assert_true(str_is(value, "-2e1"));
	assert_true(json_member_span(text, "bb", &value));
	assert_int_equal(value.p[0], '[');
	assert_false(json_member_span(text, "d", &value));
	assert_false(json_member_span(STR("[1]"), "a", &value));
	w = json_into(STR("{}"));
	assert_false(json_next_member(&w, &name, &plain, &value));
}

/* Whatever the bytes: no crash, and what is called good the tree takes. */
static void
changed_bytes_do_no_harm(void **state)
{
	static const char seed[] = "{\"a\":[1,-2.5e3,"
	    "\"x\\u00e4\\ud83d\\ude00\","
	    "{\"b\":null,\"c\":true}],\"\xc3\xa4\":\"\\\"\"}";
	struct json_doc *d = json_doc_new();
	uint64_t x = 88172645463325252ULL;
	int round, k;

	(void)state;
	for (round = 0; round < 20000; round++) {
		char text[sizeof(seed)];
		struct str s = { text, sizeof(seed) - 1 }, name, value;
		struct json_span v;
		struct json_walk w;
		bool plain;

		memcpy(text, seed, sizeof(seed));
		for (k = 0; k < 1 + round % 3; k++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			text[x % s.len] = (x >> 32 & 1) != 0 ?
			    "{}[]\",:\\u0e"[x >> 40 & 7] : (char)(x >> 48);
		}
		s.len -= x >> 20 & 3;
		w = json_into(s);
		while (json_next_member(&w, &name, &plain, &value))
			assert_true(value.p + value.len <= text + s.len);
		if (json_scan(&s, &v) == JSON_OK &&
		    !str_is(v.text, "null"))
			assert_non_null(json_parse(d, v.text));
	}
	json_doc_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_grammar_is_rfc_8259),
		cmocka_unit_test(a_bad_text_is_walked_to_its_end),
		cmocka_unit_test(broken_text_moves_nothing),
		cmocka_unit_test(depth_is_64_and_no_stack_grows),
		cmocka_unit_test(a_name_said_twice_is_found),
		cmocka_unit_test(an_escape_hides_no_second_name),
		cmocka_unit_test(many_names_cost_no_more_than_many_bytes),
		cmocka_unit_test(walking_finds_each_member_and_element),
		cmocka_unit_test(changed_bytes_do_no_harm),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
