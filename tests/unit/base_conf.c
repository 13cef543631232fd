/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/conf.h"

struct sample {
	char folder[256];
	int64_t body, rate, keep_s;
	bool demo;
};

static const struct conf_row rows[] = {
	{ "store", "folder", CONF_TEXT, offsetof(struct sample, folder),
	    "var", "where data lives" },
	{ "store", "keep", CONF_SPAN, offsetof(struct sample, keep_s), "90d",
	    "how long" },
	{ "http", "body", CONF_SIZE, offsetof(struct sample, body), "32M",
	    "largest body" },
	{ "http", "rate", CONF_COUNT, offsetof(struct sample, rate), "100",
	    "a minute" },
	{ "http", "demo", CONF_FLAG, offsetof(struct sample, demo), "no",
	    "load the sample" },
};

static void
every_row_has_its_default(void **state)
{
	struct sample s;

	(void)state;
	memset(&s, 0xff, sizeof(s));
	conf_standard(rows, COUNT(rows), &s);
	assert_string_equal(s.folder, "var");
	assert_int_equal(s.keep_s, 90 * 86400);
	assert_int_equal(s.body, 32 << 20);
	assert_int_equal(s.rate, 100);
	assert_false(s.demo);
}

static void
lines_set_rows(void **state)
{
	struct sample s;
	char why[128] = "";

	(void)state;
	conf_standard(rows, COUNT(rows), &s);
	assert_true(conf_parse(rows, COUNT(rows), &s, STR("# note\r\n\r\n"
	    "[store]\r\nfolder = /a = b # c\n keep=2h\n[http]\nbody=1G\n"
	    "demo = yes\n[store]\nkeep = 3h"), why, sizeof(why)));
	assert_string_equal(s.folder, "/a = b # c");
	assert_int_equal(s.keep_s, 3 * 3600);
	assert_true(s.body == 1LL << 30);
	assert_int_equal(s.rate, 100);
	assert_true(s.demo);
}

static void
faults_name_their_line(void **state)
{
	static const struct { const char *text, *why; } bad[] = {
		{ "[http]\nrte = 5", "line 2: there is no key \"rte\"" },
		{ "rate = 5", "line 1: there is no key \"rate\" in []" },
		{ "[store]\nrate = 5", "line 2: there is no key" },
		{ "\n\n[htp]", "line 3: there is no section [htp]" },
		{ "[http", "line 1: a section" },
		{ "[", "line 1: a section" },
		{ "[http]\nrate 5", "line 2: neither" },
		{ "[http]\nrate = -5", "line 2: rate must be" },
		{ "[http]\nrate =", "line 2: rate must be" },
		{ "[http]\nbody = 5X", "line 2: body must be" },
		{ "[http]\nbody = G", "line 2: body must be" },
		{ "[http]\nbody = 9223372036854775807K", "line 2: body" },
		{ "[http]\ndemo = true", "line 2: demo must be yes or no" },
		{ "[store]\nkeep = 1w", "line 2: keep must be" },
	};
	struct sample s;
	char why[128];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		conf_standard(rows, COUNT(rows), &s);
		assert_false(conf_parse(rows, COUNT(rows), &s,
		    str_of(bad[i].text), why, sizeof(why)));
		if (!str_starts(str_of(why), bad[i].why))
			fail_msg("%s", why);
		assert_int_equal(s.rate, 100);
	}
}

static void
a_text_too_long_is_refused(void **state)
{
	struct sample s;
	struct buf b;
	char why[128];

	(void)state;
	conf_standard(rows, COUNT(rows), &s);
	buf_init(&b, 1000);
	buf_printf(&b, "[store]\nfolder = %0255d", 7);
	assert_true(conf_parse(rows, COUNT(rows), &s, buf_str(&b), why,
	    sizeof(why)));
	assert_int_equal(strlen(s.folder), 255);
	buf_put_char(&b, '8');
	assert_false(conf_parse(rows, COUNT(rows), &s, buf_str(&b), why,
	    sizeof(why)));
	buf_release(&b);
}

static void
the_sample_says_the_defaults(void **state)
{
	struct sample s, again;
	struct buf b;
	char why[128];

	(void)state;
	memset(&s, 0, sizeof(s));
	memset(&again, 0, sizeof(again));
	conf_standard(rows, COUNT(rows), &s);
	buf_init(&b, 10000);
	conf_sample(rows, COUNT(rows), &b);
	assert_true(str_starts(buf_str(&b),
	    "[store]\n# where data lives\nfolder = var\n"));
	assert_true(conf_parse(rows, COUNT(rows), &again, buf_str(&b), why,
	    sizeof(why)));
	assert_memory_equal(&s, &again, sizeof(s));
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_has_its_default),
		cmocka_unit_test(lines_set_rows),
		cmocka_unit_test(faults_name_their_line),
		cmocka_unit_test(a_text_too_long_is_refused),
		cmocka_unit_test(the_sample_says_the_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
