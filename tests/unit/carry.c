/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes of other people's senders, whole and broken. */
#include "norm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/hash.h"

static const struct { enum envelope envelope; const char *body; } bodies[] = {
	{ ENVELOPE_HEC, "{\"event\":{\"user\":\"kim\",\"ip\":\"192.0.2.9\"},"
	    "\"time\":1700000000.5,\"host\":\"h\",\"sourcetype\":\"app\","
	    "\"fields\":{\"a\":[1,\"\xc3\xa4\"]}}{\"event\":\"line \\u00e4\","
	    "\"time\":\"1700000001\"}" },
	{ ENVELOPE_LINES, "first line\r\n{\"user\":\"kim\"}\nthird \xc3\xa4\n" },
	{ ENVELOPE_CLOUDEVENTS, "[{\"specversion\":\"1.0\",\"id\":\"1\","
	    "\"source\":\"/s\",\"type\":\"t\",\"time\":"
	    "\"2026-03-01T10:00:00Z\",\"data\":{\"user\":\"kim\"}},"
	    "{\"specversion\":\"1.0\",\"id\":\"2\",\"source\":\"/s\","
	    "\"type\":\"t\",\"data\":\"text\"}]" },
	{ ENVELOPE_OTLP, "{\"resourceLogs\":[{\"resource\":{\"attributes\":"
	    "[{\"key\":\"host.name\",\"value\":{\"stringValue\":\"h\"}}]},"
	    "\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":"
	    "\"1700000000000000001\",\"body\":{\"stringValue\":\"b\"}},"
	    "{\"observedTimeUnixNano\":1700000000000000002,\"body\":"
	    "{\"stringValue\":\"{\\\"user\\\":\\\"kim\\\"}\"}}]}]}]}" },
};

struct told {
	struct arena *a;
	struct json_doc *doc;
	size_t events, refused;
	struct str raw[4];
	uint8_t id[4][16];
	int64_t time_ns[4];
};

static bool
each(void *ctx, size_t index, struct str prefix, const struct record *rec,
    const struct refusal *why)
{
	struct told *t = ctx;
	struct refusal refusal;
	struct event ev;

	assert_int_equal(index, t->events + t->refused);
	(void)prefix;
	if (why != NULL || !norm_event(t->a, t->doc, rec, &ev, &refusal)) {
		t->refused++;
		return true;
	}
	if (t->events < COUNT(t->raw)) {
		t->raw[t->events] = str_dup(t->a, ev.raw);
		memcpy(t->id[t->events], ev.id, 16);
		t->time_ns[t->events] = ev.time_ns;
	}
	t->events++;
	return true;
}

static enum json_fault
split(struct told *t, enum envelope envelope, struct str body)
{
	struct body_shape shape = { .envelope = envelope,
		.record_max = 1 << 20, .now_ns = 1700000009 * (int64_t)1e9 };

	t->events = t->refused = 0;
	return norm_split(t->a, body, &shape, each, t);
}

static void
begin(struct told *t)
{
	memset(t, 0, sizeof(*t));
	t->a = arena_new();
	t->doc = json_doc_new();
}

static void
end(struct told *t)
{
	json_doc_free(t->doc);
	arena_free(t->a);
}

static void
each_record_becomes_one_event_with_its_own_bytes(void **state)
{
	static const char *const raws[][3] = {
		{ "{\"user\":\"kim\",\"ip\":\"192.0.2.9\"}",
		    "line \xc3\xa4" },
		{ "first line", "{\"user\":\"kim\"}", "third \xc3\xa4" },
		{ "{\"user\":\"kim\"}", "text" },
		{ "{\"timeUnixNano\":\"1700000000000000001\",\"body\":"
		    "{\"stringValue\":\"b\"}}", "{\"user\":\"kim\"}" },
	};
	struct told t;
	size_t i, k;

	(void)state;
	begin(&t);
	for (i = 0; i < COUNT(bodies); i++) {
		assert_int_equal(split(&t, bodies[i].envelope,
		    str_of(bodies[i].body)), JSON_OK);
		assert_int_equal(t.refused, 0);
		for (k = 0; k < t.events; k++)
			assert_true(str_is(t.raw[k], raws[i][k]));
		assert_int_equal(t.events, i == 1 ? 3 : 2);
	}
	end(&t);
}

static void
times_are_the_envelopes_and_else_of_the_arrival(void **state)
{
	struct told t;

	(void)state;
	begin(&t);
	assert_int_equal(split(&t, ENVELOPE_HEC, str_of(bodies[0].body)),
	    JSON_OK);
	assert_int_equal(t.time_ns[0], INT64_C(1700000000500000000));
	assert_int_equal(t.time_ns[1], INT64_C(1700000001000000000));
	assert_int_equal(split(&t, ENVELOPE_OTLP, str_of(bodies[3].body)),
	    JSON_OK);
	assert_int_equal(t.time_ns[0], INT64_C(1700000000000000001));
	assert_int_equal(t.time_ns[1], INT64_C(1700000000000000002));
	assert_int_equal(split(&t, ENVELOPE_LINES, STR("x")), JSON_OK);
	assert_int_equal(t.time_ns[0], INT64_C(1700000009000000000));
	end(&t);
}

static void
equal_records_in_other_envelopes_are_other_events(void **state)
{
	struct told t;
	uint8_t first[16];

	(void)state;
	begin(&t);
	assert_int_equal(split(&t, ENVELOPE_HEC, STR("{\"event\":\"up\","
	    "\"time\":1700000000}{\"event\":\"up\",\"time\":1700000001}")),
	    JSON_OK);
	assert_memory_not_equal(t.id[0], t.id[1], 16);
	memcpy(first, t.id[0], 16);
	assert_int_equal(split(&t, ENVELOPE_HEC, STR("{\"event\":\"up\","
	    "\"time\":1700000000}")), JSON_OK);
	assert_memory_equal(t.id[0], first, 16);
	end(&t);
}

/* Cut anywhere, any byte made another: it is refused or read, never worse. */
static void
broken_bodies_do_no_harm(void **state)
{
	static const char bytes[] = "\0\"{}[],:\\0nt\xff\xc3 ";
	struct told t;
	size_t i, at, k, len;
	char *copy;

	(void)state;
	begin(&t);
	for (i = 0; i < COUNT(bodies); i++) {
		len = strlen(bodies[i].body);
		for (at = 0; at < len; at++) {
			copy = arena_copy(t.a, bodies[i].body, len);
			(void)!split(&t, bodies[i].envelope,
			    (struct str){ copy, at });
			for (k = 0; k < sizeof(bytes) - 1; k++) {
				copy[at] = bytes[k];
				(void)!split(&t, bodies[i].envelope,
				    (struct str){ copy, len });
			}
			arena_reset(t.a);
		}
	}
	end(&t);
}

static void
a_record_that_is_too_big_is_refused_alone(void **state)
{
	struct told t;
	struct buf b;

	(void)state;
	begin(&t);
	buf_init(&b, 8 << 20);
	buf_put_c(&b, "{\"event\":\"");
	for (size_t i = 0; i < (2 << 20); i++)
		buf_put_char(&b, 'x');
	buf_put_c(&b, "\"}{\"event\":\"y\"}");
	assert_int_equal(split(&t, ENVELOPE_HEC, buf_str(&b)), JSON_OK);
	assert_int_equal(t.refused, 1);
	assert_int_equal(t.events, 1);
	buf_release(&b);
	end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_record_becomes_one_event_with_its_own_bytes),
		cmocka_unit_test(
		    times_are_the_envelopes_and_else_of_the_arrival),
		cmocka_unit_test(
		    equal_records_in_other_envelopes_are_other_events),
		cmocka_unit_test(broken_bodies_do_no_harm),
		cmocka_unit_test(a_record_that_is_too_big_is_refused_alone),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
