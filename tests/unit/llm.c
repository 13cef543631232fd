/* SPDX-License-Identifier: Apache-2.0 */
/* Where a question may go, and the key with it. Nobody listens there: how it
 * ends says how far it came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "llm.h"

static char key_file[] = "/tmp/tra-ce-llm-XXXXXX";

static enum llm_end
ask(struct arena *a, const char *url, struct llm_answer *an)
{
	const struct llm m = { .url = url, .model = "m", .key_file = key_file,
		.timeout_ms = 3000 };

	return llm_ask(a, &m, STR("s"), STR("u"), an);
}

static void
without_tls_the_key_goes_to_this_machine_alone(void **state)
{
	static const char *const here[] = { "http://127.0.0.1:1/v1",
		"http://127.9.9.9:1/v1", "http://localhost:1/v1" };
	static const char *const elsewhere[] = {
		"http://127.model.example:1/v1",
		"http://127.0.0.1.model.example:1/v1",
		"http://model.example:1/v1", "http://[::2]:1/v1" };
	struct arena *a = arena_new();
	struct llm_answer an;

	(void)state;
	for (size_t i = 0; i < COUNT(here); i++) {
		assert_int_equal(ask(a, here[i], &an), LLM_UNREACHED);
		assert_null(strstr(an.why, "https"));
	}
	for (size_t i = 0; i < COUNT(elsewhere); i++) {
		assert_int_equal(ask(a, elsewhere[i], &an), LLM_UNREACHED);
		assert_non_null(strstr(an.why, "must begin with https"));
	}
	arena_free(a);
}

static void
an_ipv6_address_is_a_host_like_others(void **state)
{
	struct arena *a = arena_new();
	struct llm_answer an;

	(void)state;
	assert_int_equal(ask(a, "http://[::1]:1/v1", &an), LLM_UNREACHED);
	assert_null(strstr(an.why, "may be asked"));
	assert_null(strstr(an.why, "https"));
	arena_free(a);
}

static int
key_make_file(void **state)
{
	int fd = mkstemp(key_file);

	(void)state;
	hash_init();
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "key", 3), 3);
	return close(fd);
}

static int
key_drop(void **state)
{
	(void)state;
	return unlink(key_file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    without_tls_the_key_goes_to_this_machine_alone),
		cmocka_unit_test(an_ipv6_address_is_a_host_like_others),
	};

	return cmocka_run_group_tests(tests, key_make_file, key_drop);
}
