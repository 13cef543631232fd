/* SPDX-License-Identifier: Apache-2.0 */
/* CGI parameters become a request, whatever they hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "http/request.h"

static int
setup(void **state)
{
	hash_init();
	*state = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static struct request
uri_request(struct arena *a, const char *uri)
{
	char *text = arena_copy(a, uri, strlen(uri));
	char **envp = arena_array(a, 3, sizeof(*envp));
	struct request rq;

	envp[0] = arena_copy(a, "REQUEST_METHOD=GET", 18);
	envp[1] = (char *)str_c(a, str_printf(a, "REQUEST_URI=%s", text));
	request_read(&rq, a, envp);
	return rq;
}

static void
assert_str(struct str s, const char *want)
{
	assert_int_equal(s.len, strlen(want));
	assert_memory_equal(s.p, want, s.len);
}

static void
both_bases_lead_to_the_same_path(void **state)
{
	struct request a = uri_request(*state, "/api/v1/events/evt_x?limit=3");
	struct request b = uri_request(*state, "/v1/events/evt_x");

	assert_str(a.base, "/api/v1");
	assert_str(b.base, "/v1");
	assert_str(a.path, "/events/evt_x");
	assert_str(b.path, "/events/evt_x");
	assert_int_equal(a.segments, 2);
	assert_str(a.segment[1], "evt_x");
	assert_str(request_param(&a, "limit"), "3");
}

static void
a_base_is_a_whole_segment(void **state)
{
	struct request rq = uri_request(*state, "/v1events");

	assert_int_equal(rq.segments, 0);
	assert_int_equal(rq.base.len, 0);
	rq = uri_request(*state, "/api/v10/events");
	assert_int_equal(rq.base.len, 0);
}

static void
a_folder_or_a_host_may_stand_before_the_base(void **state)
{
	struct request rq = uri_request(*state, "/shop/api/v1/chains");

	assert_str(rq.path, "/chains");
	rq = uri_request(*state, "http://h.example/api/v1/chains?a");
	assert_str(rq.path, "/chains");
	assert_true(request_has_param(&rq, "a"));
}

static void
an_encoded_slash_stays_in_its_segment(void **state)
{
	struct request rq =
	    uri_request(*state, "/api/v1/chains/..%2f..%2Fetc/x");

	assert_int_equal(rq.segments, 3);
	assert_str(rq.segment[1], "../../etc");
	assert_str(rq.segment[2], "x");
}

static void
a_nul_byte_cuts_nothing_off(void **state)
{
	struct request rq = uri_request(*state, "/v1/events/a%00b");

	assert_int_equal(rq.segment[1].len, 3);
	assert_int_equal(rq.fault, RC_OK);
}

static void
broken_escapes_are_malformed(void **state)
{
	static const char *const bad[] = {
		"/v1/events/%", "/v1/events/%2", "/v1/events/%zz",
		"/v1/events?q=%e", "/v1/events?q=%ff", "/v1/events?%",
	};
	size_t i;

	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(uri_request(*state, bad[i]).fault,
		    RC_MALFORMED);
}

static void
query_values_are_decoded_and_the_first_counts(void **state)
{
	struct request rq = uri_request(*state,
	    "/v1/events?q=a+b%2Bc&actor=%C3%A9&q=2&empty=&flag&=x");

	assert_int_equal(rq.fault, RC_OK);
	assert_str(request_param(&rq, "q"), "a b+c");
	assert_str(request_param(&rq, "actor"), "\xc3\xa9");
	assert_true(request_has_param(&rq, "flag"));
	assert_true(request_has_param(&rq, "empty"));
	assert_false(request_has_param(&rq, "none"));
	assert_int_equal(rq.n_query, 6);
}

static void
too_many_parameters_are_refused_not_dropped(void **state)
{
	struct str uri = STR("/v1/events?");
	size_t i;

	for (i = 0; i < PARAMS_MAX; i++)
		uri = str_printf(*state, "%.*sa=1&", STR_ARG(uri));
	assert_int_equal(uri_request(*state, uri.p).fault, RC_OK);
	uri = str_printf(*state, "%.*sa=1", STR_ARG(uri));
	assert_int_equal(uri_request(*state, uri.p).fault, RC_MALFORMED);
}

static void
deep_paths_keep_their_count(void **state)
{
	struct request rq = uri_request(*state, "/v1/a/b/c/d/e/f/g/h");

	assert_int_equal(rq.segments, 8);
	assert_str(rq.segment[5], "f");
}

static struct request
header_request(struct arena *a, char *one, char *two)
{
	char *envp[] = { one, two, NULL };
	struct request rq;

	request_read(&rq, a, envp);
	return rq;
}

static void
the_key_comes_in_either_header(void **state)
{
	struct request rq;

	rq = header_request(*state, "HTTP_X_API_KEY= tra_1 ", NULL);
	assert_str(rq.api_key, "tra_1");
	rq = header_request(*state, "HTTP_AUTHORIZATION=beARER  tra_2", NULL);
	assert_str(rq.api_key, "tra_2");
	rq = header_request(*state, "HTTP_AUTHORIZATION=Basic tra_3", NULL);
	assert_int_equal(rq.api_key.len, 0);
	rq = header_request(*state, "HTTP_AUTHORIZATION=Bearer", NULL);
	assert_int_equal(rq.api_key.len, 0);
}

static void
a_sane_request_id_is_kept_and_any_other_replaced(void **state)
{
	static char *const odd[] = {
		"HTTP_X_REQUEST_ID=", "HTTP_X_REQUEST_ID=a b",
		"HTTP_X_REQUEST_ID=a\"b<script>", "HTTP_X_REQUEST_ID=\xc3\xa9",
	};
	struct request rq;
	char last[129];
	size_t i;

	rq = header_request(*state, "HTTP_X_REQUEST_ID=a-B_9.z", NULL);
	assert_string_equal(rq.id, "a-B_9.z");
	snprintf(last, sizeof(last), "%s", rq.id);
	for (i = 0; i < COUNT(odd); i++) {
		rq = header_request(*state, odd[i], NULL);
		assert_memory_equal(rq.id, "req_", 4);
		assert_int_equal(strlen(rq.id), 26);
		assert_string_not_equal(rq.id, last);
		snprintf(last, sizeof(last), "%s", rq.id);
	}
}

static void
a_request_id_longer_than_128_is_replaced(void **state)
{
	char text[160] = "HTTP_X_REQUEST_ID=";
	size_t head = strlen(text);
	struct request rq;

	memset(text + head, 'x', 128);
	rq = header_request(*state, text, NULL);
	assert_int_equal(strlen(rq.id), 128);
	text[head + 128] = 'x';
	rq = header_request(*state, text, NULL);
	assert_memory_equal(rq.id, "req_", 4);
}

static void
a_header_in_two_spellings_is_not_believed(void **state)
{
	struct request rq;

	rq = header_request(*state, "HTTP_X_FORWARDED_FOR=192.0.2.1",
	    "HTTP_X_FORWARDED_FOR=198.51.100.7");
	assert_int_equal(rq.forwarded_for.len, 0);
	rq = header_request(*state, "HTTP_X_FORWARDED_FOR=192.0.2.1", NULL);
	assert_str(rq.forwarded_for, "192.0.2.1");
}

static void
types_lose_parameters_and_case(void **state)
{
	struct request rq = header_request(*state,
	    "CONTENT_TYPE=Application/JSON ; charset=utf-8",
	    "HTTP_CONTENT_ENCODING=GZip");

	assert_str(rq.content_type, "application/json");
	assert_str(rq.content_encoding, "gzip");
}

static void
a_length_is_a_plain_number_or_unknown(void **state)
{
	assert_int_equal(header_request(*state, "CONTENT_LENGTH=12", NULL)
	    .content_length, 12);
	assert_int_equal(header_request(*state, "CONTENT_LENGTH=-5", NULL)
	    .content_length, -1);
	assert_int_equal(header_request(*state, "CONTENT_LENGTH=", NULL)
	    .content_length, -1);
	assert_int_equal(header_request(*state, "X=1", NULL).content_length,
	    -1);
}

static void
unknown_methods_have_a_name_too(void **state)
{
	struct request rq =
	    header_request(*state, "REQUEST_METHOD=PROPFIND", NULL);

	assert_int_equal(rq.method, METHOD_OTHER);
	assert_string_equal(method_name(rq.method), "OTHER");
	rq = header_request(*state, "REQUEST_METHOD=get", NULL);
	assert_int_equal(rq.method, METHOD_OTHER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_bases_lead_to_the_same_path),
		cmocka_unit_test(a_base_is_a_whole_segment),
		cmocka_unit_test(a_folder_or_a_host_may_stand_before_the_base),
		cmocka_unit_test(an_encoded_slash_stays_in_its_segment),
		cmocka_unit_test(a_nul_byte_cuts_nothing_off),
		cmocka_unit_test(broken_escapes_are_malformed),
		cmocka_unit_test(query_values_are_decoded_and_the_first_counts),
		cmocka_unit_test(too_many_parameters_are_refused_not_dropped),
		cmocka_unit_test(deep_paths_keep_their_count),
		cmocka_unit_test(the_key_comes_in_either_header),
		cmocka_unit_test(
		    a_sane_request_id_is_kept_and_any_other_replaced),
		cmocka_unit_test(a_request_id_longer_than_128_is_replaced),
		cmocka_unit_test(a_header_in_two_spellings_is_not_believed),
		cmocka_unit_test(types_lose_parameters_and_case),
		cmocka_unit_test(a_length_is_a_plain_number_or_unknown),
		cmocka_unit_test(unknown_methods_have_a_name_too),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
