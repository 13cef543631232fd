/* SPDX-License-Identifier: Apache-2.0 */
/* Few bytes that say much: a request becomes no more in memory than it may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "ingest.h"

enum { MUCH = 1 << 20 };

struct desk {
	struct arena *a;
	struct json_doc *doc;
	struct buf body;
	struct ingest_batch b;
};

static int
setup(void **state)
{
	static struct desk d;

	hash_init();
	d.a = arena_new();
	d.doc = json_doc_new();
	buf_init(&d.body, 64 << 20);
	*state = &d;
	return 0;
}

static int
teardown(void **state)
{
	struct desk *d = *state;

	buf_release(&d->body);
	json_doc_free(d->doc);
	arena_free(d->a);
	return 0;
}

static enum json_fault
take(struct desk *d, struct body_shape shape)
{
	shape.record_max = 1 << 20;
	shape.now_ns = 1772807400LL * 1000000000LL;
	d->b = (struct ingest_batch){ 0 };
	return ingest_read(d->a, d->doc, NULL, buf_str(&d->body), &shape,
	    &d->b);
}

static void
reading_ends_at_the_records_a_request_may_hold(void **state)
{
	const struct body_shape shapes[] = { { .ndjson = true },
		{ .ndjson = true, .source = STR("zeek") },
		{ .envelope = ENVELOPE_LINES }, };
	struct desk *d = *state;
	size_t i;

	for (i = 0; i < 1000; i++)
		buf_put_c(&d->body, "1\n");
	for (i = 0; i < COUNT(shapes); i++) {
		struct body_shape s = shapes[i];

		s.records_max = 1000;
		assert_int_equal(take(d, s), JSON_OK);
		assert_false(d->b.over);
		assert_int_equal(d->b.n, 1000);
		s.records_max = 999;
		assert_int_equal(take(d, s), JSON_OK);
		assert_true(d->b.over);
		assert_int_equal(d->b.n, 999);
	}
}

static void
lists_end_there_too(void **state)
{
	static const char *const heads[] = { "[", "{\"events\":[", "[" };
	static const char *const tails[] = { "1]", "1]}", "{}]" };
	static const char *const items[] = { "1,", "{},", "{}," };
	struct desk *d = *state;
	size_t i, k;

	for (i = 0; i < COUNT(heads); i++) {
		buf_clear(&d->body);
		buf_put_c(&d->body, heads[i]);
		for (k = 0; k < 500; k++)
			buf_put_c(&d->body, items[i]);
		buf_put_c(&d->body, tails[i]);
		assert_int_equal(take(d, (struct body_shape){ .envelope =
		    i == 2 ? ENVELOPE_CLOUDEVENTS : ENVELOPE_NONE,
		    .records_max = 100 }), JSON_OK);
		assert_true(d->b.over);
		assert_int_equal(d->b.n, 100);
	}
}

/* Each log record keeps what its resource says: a megabyte, a thousand times. */
static void
an_envelope_that_each_record_would_repeat_ends_it(void **state)
{
	struct desk *d = *state;
	char *much = arena_get(d->a, MUCH);
	size_t i;

	memset(much, 'x', MUCH);
	buf_put_c(&d->body, "{\"resourceLogs\":[{\"resource\":{\"a\":\"");
	buf_put(&d->body, much, MUCH);
	buf_put_c(&d->body, "\"},\"scopeLogs\":[{\"logRecords\":[");
	for (i = 0; i < 1000; i++)
		buf_printf(&d->body, "%s{\"timeUnixNano\":\"17728074000000%05zu"
		    "\",\"body\":{\"stringValue\":\"b\"}}", i > 0 ? "," : "", i);
	buf_put_c(&d->body, "]}]}]}");
	assert_int_equal(take(d, (struct body_shape){
	    .envelope = ENVELOPE_OTLP }), JSON_OK);
	assert_true(d->b.over);
	assert_true(arena_used(d->a) < (size_t)512 << 20);
}

static void
what_one_record_needs_is_given_back(void **state)
{
	struct desk *d = *state;
	size_t i, n = 2000;

	for (i = 0; i < n; i++)
		buf_printf(&d->body, "{\"event_type\":\"a\",\"source\":\"b\","
		    "\"timestamp\":1772807400,\"actor\":\"a\",\"action\":\"b\","
		    "\"id\":\"%zu\"}\n", i);
	assert_int_equal(take(d, (struct body_shape){ .ndjson = true }),
	    JSON_OK);
	assert_int_equal(d->b.n, n);
	assert_false(d->b.items[n - 1].refused);
	assert_true(str_is(d->b.items[0].action, "b"));
	assert_true(arena_used(d->a) < n * 3000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    reading_ends_at_the_records_a_request_may_hold, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(lists_end_there_too, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    an_envelope_that_each_record_would_repeat_ends_it, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    what_one_record_needs_is_given_back, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
