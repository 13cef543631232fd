/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "base/clock.h"

#define S(n) ((n) * NS_PER_S)

static void
rfc_3339_reads_to_the_nanosecond(void **state)
{
	static const struct { const char *text; int64_t ns; } good[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-05-04T03:02:01Z", S(1777863721) },
		{ "2026-05-04t03:02:01z", S(1777863721) },
		{ "2026-05-04 03:02:01Z", S(1777863721) },
		{ "2026-05-04T05:02:01+02:00", S(1777863721) },
		{ "2026-05-03T21:32:01-05:30", S(1777863721) },
		{ "2026-05-04T05:02:01+0200", S(1777863721) },
		{ "2026-05-04T03:02:01-00:00", S(1777863721) },
		{ "2026-05-04T03:02:01.5Z", S(1777863721) + 500000000 },
		{ "2026-05-04T03:02:01.000000001Z", S(1777863721) + 1 },
		{ "2026-05-04T03:02:01.1234567899999Z",
		    S(1777863721) + 123456789 },
		{ "2000-02-29T00:00:00Z", S(951782400) },
		{ "1969-12-31T23:59:59.9Z", -100000000 },
		{ "1990-12-31T23:59:60Z", S(662688000) - 1 },
		{ "1990-12-31T15:59:60-08:00", S(662688000) - 1 },
		{ "1678-01-01T00:00:00Z", S(-9214560000) },
		{ "2262-01-01T00:00:00Z", S(9214646400) },
	};
	int64_t ns;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		assert_true(clock_parse(str_of(good[i].text), false, &ns));
		if (ns != good[i].ns)
			fail_msg("%s -> %lld", good[i].text, (long long)ns);
	}
}

static void
what_is_no_time_is_refused(void **state)
{
	static const char *const bad[] = { "", "2026-05-04", "NaN",
		"2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
		"2026-02-30T00:00:00Z", "2100-02-29T00:00:00Z",
		"2026-05-04T24:00:00Z", "2026-05-04T23:60:00Z",
		"2026-05-04T23:59:61Z", "2026-05-04T12:00:60Z",
		"2026-05-04T03:02:01", "2026-05-04T03:02:01.Z",
		"2026-05-04T03:02:01+24:00", "2026-05-04T03:02:01+99:99",
		"2026-05-04T03:02:01+02", "2026-05-04T03:02:01Z ",
		"2026-05-04  03:02:01Z", "2026-05-04T3:02:01Z",
		"+026-05-04T03:02:01Z", "9999-12-31T23:59:59Z",
		"0001-01-01T00:00:00Z", "2026-05-04T03:02Z",
		"2026-05-04T03:02:01,5Z" };
	int64_t ns;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		assert_false(clock_parse(str_of(bad[i]), false, &ns));
	assert_true(clock_parse(STR("2026-05-04 03:02:01.5"), true, &ns));
	assert_true(ns == S(1777863721) + 500000000);
	assert_false(clock_parse(STR("2026-05-04"), true, &ns));
}

static void
epochs_are_seconds_or_milliseconds_by_size(void **state)
{
	static const struct { const char *text; int64_t ns; } good[] = {
		{ "0", 0 }, { "-1", -NS_PER_S }, { "-0.5", -500000000 },
		{ "1777863721", S(1777863721) },
		{ "1777863721.5", S(1777863721) + 500000000 },
		{ "1777863721.123456789", S(1777863721) + 123456789 },
		{ "1.7e9", S(1700000000) }, { "17E+8", S(1700000000) },
		{ "17000000000e-1", S(1700000000) },
		{ "1777863721250", S(1777863721) + 250000000 },
		{ "1777863721250.5", S(1777863721) + 250500000 },
		{ "0e999999999999", 0 }, { "1e-999999", 0 },
	};
	static const char *const bad[] = { "", "-", "+1", "1.", ".5", "1e",
		"NaN", "inf", "0x10", "1e18", "-1e18", "1e308", "1 ",
		"100000000000000", "99999999999", "9300000000",
		"25340230080000000" };
	int64_t ns;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		assert_true(clock_parse_epoch(str_of(good[i].text), &ns));
		if (ns != good[i].ns)
			fail_msg("%s -> %lld", good[i].text, (long long)ns);
	}
	for (i = 0; i < COUNT(bad); i++)
		assert_false(clock_parse_epoch(str_of(bad[i]), &ns));
}

static void
written_times_are_as_short_as_exact(void **state)
{
	char text[CLOCK_TEXT];

	(void)state;
	assert_int_equal(clock_format(0, text), 24);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
	clock_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999999999Z");
	clock_format(S(1777863721) + 123456000, text);
	assert_string_equal(text, "2026-05-04T03:02:01.123456Z");
	clock_format(INT64_MAX, text);
	assert_string_equal(text, "2262-04-11T23:47:16.854775807Z");
	clock_format(INT64_MIN, text);
	assert_string_equal(text, "1677-09-21T00:12:43.145224192Z");
}

/* The C library knows the calendar, too. */
static void
every_day_agrees_with_gmtime(void **state)
{
	char text[CLOCK_TEXT], want[CLOCK_TEXT];
	int64_t s, ns;

	(void)state;
	for (s = -9214560000; s < 9214646400; s += 86400 * 3 + 7919) {
		time_t t = (time_t)s;
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.000Z", &tm);
		clock_format(S(s), text);
		assert_string_equal(text, want);
		assert_true(clock_parse(str_of(text), false, &ns));
		assert_true(ns == S(s));
	}
}

static void
spans_have_units(void **state)
{
	int64_t s;

	(void)state;
	assert_true(clock_parse_span(STR("90d"), &s) && s == 7776000);
	assert_true(clock_parse_span(STR("24h"), &s) && s == 86400);
	assert_true(clock_parse_span(STR("15m"), &s) && s == 900);
	assert_true(clock_parse_span(STR("2s"), &s) && s == 2);
	assert_true(clock_parse_span(STR("7"), &s) && s == 7);
	assert_false(clock_parse_span(STR(""), &s));
	assert_false(clock_parse_span(STR("d"), &s));
	assert_false(clock_parse_span(STR("-1d"), &s));
	assert_false(clock_parse_span(STR("1w"), &s));
	assert_false(clock_parse_span(STR("9223372036854775807d"), &s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_3339_reads_to_the_nanosecond),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(epochs_are_seconds_or_milliseconds_by_size),
		cmocka_unit_test(written_times_are_as_short_as_exact),
		cmocka_unit_test(every_day_agrees_with_gmtime),
		cmocka_unit_test(spans_have_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
