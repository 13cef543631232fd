/* SPDX-License-Identifier: Apache-2.0 */
/* tra-ce.conf and the environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "serve.h"
#include "base/conf.h"

static bool
read_text(const char *text, struct config *c, char why[SERVE_WHY])
{
	char path[] = "/tmp/tra-ce-conf-XXXXXX";
	int fd = mkstemp(path);
	bool ok;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	setenv("TRACE_CONFIG", path, 1);
	ok = config_read(c, why, SERVE_WHY);
	unlink(path);
	return ok;
}

static int
setup(void **state)
{
	(void)state;
	unsetenv("TRACE_DATA");
	unsetenv("TRACE_RULES");
	unsetenv("TRACE_WWW");
	return 0;
}

static void
an_empty_file_means_the_documented_caps(void **state)
{
	struct config c;
	char why[SERVE_WHY];

	(void)state;
	assert_true(read_text("", &c, why));
	assert_int_equal(c.body_max, 32 << 20);
	assert_int_equal(c.unpacked_max, 256 << 20);
	assert_int_equal(c.record_max, 1 << 20);
	assert_int_equal(c.live_max, 2000);
	assert_int_equal(c.live_heartbeat_s, 15);
	assert_int_equal(c.address_rate, 100);
	assert_int_equal(c.threads, 8);
}

static void
the_file_changes_what_it_names(void **state)
{
	struct config c;
	char why[SERVE_WHY];

	(void)state;
	assert_true(read_text("[store]\ndata = /srv/x\n[http]\n"
	    "body_max = 1M\nproxies = 10.0.0.0/8, ::1\n", &c, why));
	assert_string_equal(c.data, "/srv/x");
	assert_int_equal(c.body_max, 1 << 20);
	assert_string_equal(c.proxies, "10.0.0.0/8, ::1");
}

static void
the_environment_wins_over_the_file(void **state)
{
	struct config c;
	char why[SERVE_WHY];

	(void)state;
	setenv("TRACE_DATA", "/srv/y", 1);
	setenv("TRACE_WWW", "/srv/www", 1);
	assert_true(read_text("[store]\ndata = /srv/x\n", &c, why));
	assert_string_equal(c.data, "/srv/y");
	assert_string_equal(c.openapi, "/srv/www/openapi.json");
	/* Also when the file is wrong: the trouble is about that store. */
	assert_false(read_text("[store]\ndat = 1\n", &c, why));
	assert_string_equal(c.data, "/srv/y");
}

static void
a_bad_line_is_named(void **state)
{
	struct config c;
	char why[SERVE_WHY];

	(void)state;
	assert_false(read_text("[store]\n\nno_such_key = 1\n", &c, why));
	assert_non_null(strstr(why, "line 3"));
	assert_false(read_text("[http]\nbody_max = many\n", &c, why));
	assert_non_null(strstr(why, "line 2"));
}

static void
numbers_out_of_bounds_are_refused(void **state)
{
	struct config c;
	char why[SERVE_WHY];

	(void)state;
	assert_false(read_text("[events]\nthreads = 0\n", &c, why));
	assert_non_null(strstr(why, "threads"));
	assert_false(read_text("[http]\nbody_max = 1\n", &c, why));
}

static void
a_named_file_must_be_there(void **state)
{
	struct config c;
	char why[SERVE_WHY];

	(void)state;
	setenv("TRACE_CONFIG", "/nonexistent/tra-ce.conf", 1);
	assert_false(config_read(&c, why, sizeof(why)));
	assert_non_null(strstr(why, "/nonexistent/tra-ce.conf"));
}

static void
the_sample_file_is_read_back(void **state)
{
	struct config c, standard;
	char why[SERVE_WHY];
	struct buf b;
	size_t n;
	const struct conf_row *rows = config_rows(&n);

	(void)state;
	buf_init(&b, 1 << 20);
	conf_sample(rows, n, &b);
	buf_put_char(&b, '\0');
	assert_true(read_text("", &standard, why));
	assert_true(read_text(b.p, &c, why));
	assert_memory_equal(&c, &standard, sizeof(c));
	buf_release(&b);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		T(an_empty_file_means_the_documented_caps),
		T(the_file_changes_what_it_names),
		T(the_environment_wins_over_the_file),
		T(a_bad_line_is_named),
		T(numbers_out_of_bounds_are_refused),
		T(a_named_file_must_be_there),
		T(the_sample_file_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
