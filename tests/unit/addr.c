/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses a stranger may make us speak to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "addr.h"

static struct addr
of(const char *text)
{
	struct addr a;

	assert_true(addr_parse(str_of(text), &a));
	return a;
}

static void
what_is_inside_is_not_public(void **state)
{
	static const char *const inside[] = {
		"0.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.1",
		"100.100.100.200", "100.127.255.255", "127.0.0.1",
		"127.255.255.254", "169.254.169.254", "172.16.0.1",
		"172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1",
		"192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7",
		"203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1",
		"255.255.255.255", "168.63.129.16",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
		"::ffff:169.254.169.254", "::7f00:1", "64:ff9b::7f00:1",
		"64:ff9b::808:808", "64:ff9b:1::1", "100::1", "fc00::1",
		"fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
		"2001::1", "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1",
		"3fff::1", "5f00::1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(inside); i++) {
		struct addr a = of(inside[i]);

		if (addr_is_public(&a))
			fail_msg("%s is said to be public", inside[i]);
	}
}

static void
the_rest_is_public(void **state)
{
	static const char *const outside[] = {
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0",
		"100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
		"169.253.255.255", "169.255.0.0", "172.15.255.255",
		"172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0",
		"198.17.255.255", "198.20.0.0", "223.255.255.255",
		"::ffff:8.8.8.8", "2001:4860:4860::8888", "2606:4700::1111",
		"2a00:1450::1", "2001:200::1", "3ffe::1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(outside); i++) {
		struct addr a = of(outside[i]);

		if (!addr_is_public(&a))
			fail_msg("%s is said to be inside", outside[i]);
	}
}

static void
an_address_reads_back_as_it_was_written(void **state)
{
	static const char *const texts[] = { "192.0.2.1", "2001:db8::1" };
	char text[ADDR_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct addr a = of(texts[i]);

		addr_text(&a, text);
		assert_string_equal(text, texts[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_inside_is_not_public),
		cmocka_unit_test(the_rest_is_public),
		cmocka_unit_test(an_address_reads_back_as_it_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
