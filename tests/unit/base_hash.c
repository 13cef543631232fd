/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

/* FIPS 180-2, appendix B. */
static void
sha256_is_sha256(void **state)
{
	static const char abc[] = "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad";
	uint8_t sum[SHA256_LEN], again[SHA256_LEN];
	char text[SHA256_HEX];
	struct sha256_state s;

	(void)state;
	sha256("abc", 3, sum);
	hex_text(sum, sizeof(sum), text);
	assert_string_equal(text, abc);
	sha256_begin(&s);
	sha256_add(&s, "a", 1);
	sha256_add(&s, NULL, 0);
	sha256_add(&s, "bc", 2);
	sha256_end(&s, again);
	assert_true(hash_equal(sum, again, sizeof(sum)));
	again[31] ^= 1;
	assert_false(hash_equal(sum, again, sizeof(sum)));
}

static void
fields_do_not_run_into_each_other(void **state)
{
	uint8_t one[SHA256_LEN], two[SHA256_LEN], plain[SHA256_LEN];
	struct sha256_state s;

	(void)state;
	sha256_begin(&s);
	sha256_add_field(&s, STR("ab"));
	sha256_add_field(&s, STR("c"));
	sha256_end(&s, one);
	sha256_begin(&s);
	sha256_add_field(&s, STR("a"));
	sha256_add_field(&s, STR("bc"));
	sha256_end(&s, two);
	assert_memory_not_equal(one, two, sizeof(one));
	sha256("\2\0\0\0\0\0\0\0ab\1\0\0\0\0\0\0\0" "c", 19, plain);
	assert_memory_equal(one, plain, sizeof(one));
}

static void
base32_goes_there_and_back(void **state)
{
	uint8_t id[ID_LEN], back[ID_LEN];
	char text[ID_TEXT];
	int i;

	(void)state;
	base32_text((const uint8_t *)"foobarfoobarfoob", text);
	assert_string_equal(text, "mzxw6ytbojtg633cmfzgm33pmi");
	for (i = 0; i < 200; i++) {
		random_bytes(id, sizeof(id));
		base32_text(id, text);
		assert_true(base32_parse(str_of(text), back));
		assert_memory_equal(id, back, sizeof(id));
	}
	memset(id, 0xff, sizeof(id));
	base32_text(id, text);
	assert_string_equal(text, "77777777777777777777777774");
	assert_false(base32_parse(STR("77777777777777777777777775"), back));
	assert_false(base32_parse(STR("77777777777777777777777777"), back));
	assert_false(base32_parse(STR("7777777777777777777777777"), back));
	assert_false(base32_parse(STR("777777777777777777777777744"), back));
	assert_false(base32_parse(STR("A7777777777777777777777774"), back));
	assert_false(base32_parse(STR("17777777777777777777777774"), back));
	assert_false(base32_parse(STR("8777777777777777777777777a"), back));
}

static void
base64_goes_there_and_back(void **state)
{
	static const char *const bad[] = { "Zg", "Zg=", "Zg===", "Z===",
		"Zh==", "Zm9v\n", "Zm-v", "=", "Zg==Zg==" };
	struct arena *a = arena_new();
	struct str out;
	size_t i;

	(void)state;
	assert_true(str_is(base64_text(a, "foob", 4), "Zm9vYg=="));
	assert_true(str_is(base64_text(a, "", 0), ""));
	assert_true(base64_parse(a, STR("Zm9vYg=="), &out));
	assert_true(str_is(out, "foob"));
	assert_true(base64_parse(a, STR(""), &out));
	assert_int_equal(out.len, 0);
	for (i = 0; i < COUNT(bad); i++)
		assert_false(base64_parse(a, str_of(bad[i]), &out));
	arena_free(a);
}

static void
base62_counts(void **state)
{
	char text[12] = "...........";
	size_t i;

	(void)state;
	base62_text(61 + 62 * 10, 6, text);
	assert_string_equal(text, "0000Az.....");
	base62_text(UINT64_MAX, 11, text);
	assert_string_equal(text, "LygHa16AHYF");
	random_base62(text, 11);
	for (i = 0; i < 11; i++)
		assert_true((text[i] >= '0' && text[i] <= '9') ||
		    (text[i] >= 'A' && text[i] <= 'Z') ||
		    (text[i] >= 'a' && text[i] <= 'z'));
}

static void
crc32_is_that_of_ieee(void **state)
{
	(void)state;
	assert_int_equal(crc32_of("123456789", 9), 0xcbf43926u);
	assert_int_equal(crc32_of("", 0), 0);
}

static void
tables_hash_alike_within_a_process(void **state)
{
	uint64_t h = hash_table("name", 4);

	(void)state;
	assert_true(hash_table("name", 4) == h);
	assert_true(hash_table("namf", 4) != h);
	hash_init();
	assert_true(hash_table("name", 4) != h);
	assert_true(random_u64() != random_u64());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_is_sha256),
		cmocka_unit_test(fields_do_not_run_into_each_other),
		cmocka_unit_test(base32_goes_there_and_back),
		cmocka_unit_test(base64_goes_there_and_back),
		cmocka_unit_test(base62_counts),
		cmocka_unit_test(crc32_is_that_of_ieee),
		cmocka_unit_test(tables_hash_alike_within_a_process),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
