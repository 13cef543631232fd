/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies into records, and what the list of normalisers promises. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "norm/norm_source.h"

#define E "{\"event_type\":\"t\",\"source\":\"s\",\"timestamp\":1," \
    "\"actor\":\"a\",\"action\":\"b\"}"
#define OPEN "[[[[[[[[[[[[[[[["
#define SHUT "]]]]]]]]]]]]]]]]"
#define DEEP OPEN OPEN OPEN OPEN "[1]" SHUT SHUT SHUT SHUT

/* What came out, as one line: "prefix=bytes" or "prefix!detail", each ended by
 * a newline. */
struct out {
	struct arena *a;
	struct buf b;
	size_t next;
	bool twice;
	struct str columns;
};

static bool
each(void *ctx, size_t index, struct str prefix, const struct record *rec,
    const struct refusal *why)
{
	struct out *o = ctx;

	assert_int_equal(index, o->next++);
	buf_put_str(&o->b, prefix);
	if (rec) {
		buf_put_char(&o->b, '=');
		buf_put_str(&o->b, rec->text);
		o->twice = rec->twice;
		o->columns = rec->columns;
	} else {
		assert_true(why->detail[0]);
		buf_put_char(&o->b, '!');
	}
	buf_put_char(&o->b, '\n');
	return true;
}

static struct out out;

static enum json_fault
split(const char *source, bool ndjson, struct str body)
{
	struct body_shape shape = { .source = str_of(source),
	    .ndjson = ndjson, .record_max = 200 };

	buf_clear(&out.b);
	out.next = 0;
	return norm_split(out.a, body, &shape, each, &out);
}

static void
becomes(const char *source, bool ndjson, const char *body, const char *want)
{
	assert_int_equal(split(source, ndjson, str_of(body)), JSON_OK);
	buf_put_char(&out.b, '\0');
	assert_string_equal(buf_str(&out.b).p, want);
}

static void
records_keep_their_bytes(void **state)
{
	(void)state;
	becomes("", false, "{\"events\": [ {\"a\" : 1} ,\n{}]}",
	    "/events/0={\"a\" : 1}\n/events/1={}\n");
	becomes("", false, " [ {\"a\":1.0}] ", "/0={\"a\":1.0}\n");
	becomes("", false, "{ \"a\":1 }", "={ \"a\":1 }\n");
	becomes("", true, "{\"a\":1}\r\n\r\n {\"b\":2} \n{\"c\":3}",
	    "={\"a\":1}\n= {\"b\":2} \n={\"c\":3}\n");
	becomes("", false, "\xef\xbb\xbf{}", "={}\n");
	becomes("", false, "[]", "");
	becomes("", false, "{\"events\":[]}", "");
	becomes("", true, "\n\n", "");
}

static void
one_bad_record_harms_no_neighbour(void **state)
{
	(void)state;
	becomes("", false, "[{},5,null,[],\"x\",{}]",
	    "/0={}\n/1!\n/2!\n/3!\n/4!\n/5={}\n");
	becomes("", false, "[{},{\"a\":\"\\u0000\"},{\"a\":\"\\ud800\"},{}]",
	    "/0={}\n/1!\n/2!\n/3={}\n");
	becomes("", false, "[{\"a\":\"\xff\"},{\"a\":" DEEP "},{}]",
	    "/0!\n/1!\n/2={}\n");
	becomes("", true, "{}\n{\"a\":\n}}}\n{} {}\n5\n{}",
	    "={}\n!\n!\n!\n!\n={}\n");
}

static void
a_body_that_is_none_is_refused_whole(void **state)
{
	static const char *const bad[] = {
		"", " ", "{", "[{}", "{} {}", "5", "\"x\"", "null", "[{},]",
		"nonsense", "{\"events\":[}", "[[[[[[[["
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_not_equal(split("", false, str_of(bad[i])), JSON_OK);
		assert_int_equal(out.next, 0);
	}
}

static void
envelopes_are_opened_for_vendors_only(void **state)
{
	(void)state;
	becomes("", false, "{\"Records\":[{}]}", "={\"Records\":[{}]}\n");
	becomes("mine", false, "{\"value\":[{}]}", "={\"value\":[{}]}\n");
	becomes("auto", false, "{\"Records\":[{\"a\":1},7]}",
	    "/Records/0={\"a\":1}\n/Records/1!\n");
	becomes("okta", false, "{\"@odata.context\":\"x\",\"value\":[{}]}",
	    "/value/0={}\n");
	becomes("aws", false, "[{\"Records\":[{}]},{\"Records\":[{}]}]",
	    "/0/Records/0={}\n/1/Records/0={}\n");
	becomes("auto", false, "{\"id\":{},\"events\":[{}]}",
	    "={\"id\":{},\"events\":[{}]}\n");
	becomes("auto", false, "{\"detail-type\":\"x\",\"detail\":{ }}",
	    "/detail={ }\n");
	becomes("auto", false, "{\"detail\":{}}", "={\"detail\":{}}\n");
	becomes("aws", false, "{\"CloudTrailEvent\":\"{\\\"a\\\": \\u00e9}\"}",
	    "/CloudTrailEvent!\n");
	becomes("aws", false, "{\"CloudTrailEvent\":\"{\\\"a\\\": 1}\"}",
	    "/CloudTrailEvent={\"a\": 1}\n");
	becomes("aws", false, "{\"Records\":[{\"Records\":[{\"Records\":["
	    "{\"Records\":[{}]}]}]}]}",
	    "/Records/0/Records/0/Records/0={\"Records\":[{}]}\n");
}

static void
too_large_a_record_is_refused_alone(void **state)
{
	char body[300];

	(void)state;
	memset(body, ' ', sizeof(body));
	memcpy(body, "[{},{", 5);
	memcpy(body + sizeof(body) - 3, "}]", 3);
	becomes("", false, body, "/0={}\n/1!\n");
}

static void
a_name_said_twice_is_told_of_its_record(void **state)
{
	(void)state;
	becomes("", false, "[{\"a\":1,\"a\":2},{\"a\":1}]",
	    "/0={\"a\":1,\"a\":2}\n/1={\"a\":1}\n");
	assert_false(out.twice);
	becomes("", false, "[{\"a\":1},{\"b\":{\"a\":1,\"a\":2}}]",
	    "/0={\"a\":1}\n/1={\"b\":{\"a\":1,\"a\":2}}\n");
	assert_true(out.twice);
	becomes("", true, "{\"a\":1,\"a\":2}\n{}", "={\"a\":1,\"a\":2}\n={}\n");
	assert_false(out.twice);
}

static void
zeek_lines_carry_their_columns(void **state)
{
	(void)state;
	becomes("zeek", false, "#separator \\x09\n#path\tconn\n#fields\tts\tuid"
	    "\n#types\ttime\tstring\n1.5\tC1\n#close\tx\n", "=1.5\tC1\n");
	assert_true(str_is(out.columns, "conn\tts\tuid"));
	becomes("zeek", true, "#path\tdns\n1\t2\n{}\n#fields\ta\n3\n",
	    "!\n={}\n=3\n");
	assert_true(str_is(out.columns, ""
	    "dns\ta"));
	becomes("zeek", false, "#path\tx\n#fields\ta\n\xff\n", "!\n");
	becomes("", true, "#fields\ta\n1\n", "!\n!\n");
}

static void
cut_bodies_break_nothing(void **state)
{
	static const char body[] = "{\"Records\":[" E ",{\"CloudTrailEvent\":"
	    "\"{\\\"a\\\":1}\"},{\"raw\":{\"x\":[1,{\"y\":\"\\u00e9\"}]}}]}";

	(void)state;
	for (size_t n = 0; n < sizeof(body); n++) {
		struct str cut = { body, n };

		(void)!split("auto", false, cut);
		(void)!split("auto", true, cut);
		(void)!split("", false, cut);
	}
}

/* ---- the list --------------------------------------------------------- */

static void
names_are_those_of_the_list(void **state)
{
	const char *const *names = norm_names();
	size_t i = 0;

	(void)state;
	for (; norm_list[i]; i++)
		assert_string_equal(names[i], norm_list[i]->name);
	assert_null(names[i]);
	assert_ptr_equal(norm_list[i - 1], &norm_generic);
}

static void
aliases_lead_to_one_name(void **state)
{
	(void)state;
	assert_true(str_is(norm_canonical(STR("AWS:CloudTrail")),
	    "cloudtrail"));
	assert_true(str_is(norm_canonical(STR("sysmon")), "windows"));
	assert_true(str_is(norm_canonical(STR("mine")), "mine"));
	assert_true(norm_known(STR("auto")));
	assert_true(norm_known(STR("Okta")));
	assert_false(norm_known(STR("")));
	assert_false(norm_known(STR("okt")));
}

/* ---- keys ------------------------------------------------------------- */

static void
addresses_have_one_spelling(void **state)
{
	static const struct { const char *in, *out; bool common; } rows[] = {
		{ "203.0.113.9", "203.0.113.9", false },
		{ "::ffff:203.0.113.9", "203.0.113.9", false },
		{ "::FFFF:10.0.0.1", "10.0.0.1", true },
		{ "2001:DB8:0:0::1", "2001:db8::1", false },
		{ "fe80::1%eth0", "fe80::1", true },
		{ "127.0.0.1", "127.0.0.1", true },
		{ "100.64.0.1", "100.64.0.1", true },
		{ "100.128.0.1", "100.128.0.1", false },
		{ "172.32.0.1", "172.32.0.1", false },
		{ "::1", "::1", true }, { "0.0.0.0", NULL, false },
		{ "::", NULL, false }, { "-", NULL, false },
		{ "1.2.3", NULL, false }, { "1.2.3.4.5", NULL, false },
		{ "host.example.test", NULL, false }, { "", NULL, false },
	};
	struct str canon;
	bool common;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool is = norm_ip(out.a, str_of(rows[i].in), &canon, &common);

		assert_int_equal(is, rows[i].out != NULL);
		if (!is)
			continue;
		assert_true(str_is(canon, rows[i].out));
		assert_int_equal(common, rows[i].common);
	}
}

/* ---- scope assert ----------------------------------------------------- */

static void
a_key_that_may_assert_is_told_apart(void **state)
{
	struct record rec = { .text = STR("{\"event_type\":\"t\",\"source\":"
	    "\"s\",\"timestamp\":1,\"actor\":\"a\",\"action\":\"b\","
	    "\"session\":\"x\"}"), .may_assert = true };
	struct json_doc *doc = json_doc_new();
	struct event ev;
	struct refusal why;

	(void)state;
	assert_true(norm_event(out.a, doc, &rec, &ev, &why));
	for (size_t i = 0; i < ev.n_refs; i++)
		assert_int_equal(ev.refs[i].flags & (REF_SAID | REF_ASSERTED),
		    REF_SAID);
	assert_true(ev.n_refs >= 2);
	rec.may_assert = false;
	assert_true(norm_event(out.a, doc, &rec, &ev, &why));
	for (size_t i = 0; i < ev.n_refs; i++)
		assert_int_equal(ev.refs[i].flags & (REF_SAID | REF_ASSERTED),
		    REF_ASSERTED);
	json_doc_free(doc);
}

/* Each event keeps its columns, and is read back by them. */
static void
columns_that_could_not_be_kept_are_refused_with_their_lines(void **state)
{
	static const char nul[] = "#fields\tts\tu\0d\n1\t2\n";
	static const char bad[] = "#path\tc\xff\n#fields\tts\tuid\n1\t2\n";
	struct str bodies[3] = { STR(nul), STR(bad) };
	char *wide = arena_get(out.a, 20000);

	(void)state;
	memset(wide, 'x', 20000);
	bodies[2] = str_printf(out.a, "#fields\tts\t%.*s\n1\t2\n", 20000,
	    wide);
	for (size_t i = 0; i < COUNT(bodies); i++) {
		assert_int_equal(split("zeek", true, bodies[i]), JSON_OK);
		buf_put_char(&out.b, '\0');
		assert_string_equal(out.b.p, "!\n");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_keep_their_bytes),
		cmocka_unit_test(one_bad_record_harms_no_neighbour),
		cmocka_unit_test(a_body_that_is_none_is_refused_whole),
		cmocka_unit_test(envelopes_are_opened_for_vendors_only),
		cmocka_unit_test(too_large_a_record_is_refused_alone),
		cmocka_unit_test(a_name_said_twice_is_told_of_its_record),
		cmocka_unit_test(zeek_lines_carry_their_columns),
		cmocka_unit_test(cut_bodies_break_nothing),
		cmocka_unit_test(names_are_those_of_the_list),
		cmocka_unit_test(aliases_lead_to_one_name),
		cmocka_unit_test(addresses_have_one_spelling),
		cmocka_unit_test(a_key_that_may_assert_is_told_apart),
		cmocka_unit_test(
		    columns_that_could_not_be_kept_are_refused_with_their_lines),
	};
	int failed;

	hash_init();
	out.a = arena_new();
	buf_init(&out.b, 1 << 20);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	buf_release(&out.b);
	arena_free(out.a);
	return failed;
}
