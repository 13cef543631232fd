/* SPDX-License-Identifier: Apache-2.0 */
/* What the text of a key promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "key.h"

static void
a_key_made_is_a_key_and_names_its_id(void **state)
{
	char text[KEY_TEXT], id[KEY_ID_TEXT];
	struct str inside;

	(void)state;
	for (int i = 0; i < 200; i++) {
		key_make(text, id);
		assert_int_equal(strlen(text), 51);
		assert_true(key_check(str_of(text), &inside));
		assert_true(str_is(inside, id));
		assert_true(key_id_ok(str_of(id)));
		assert_memory_equal(text, "tra_", 4);
		assert_int_equal(text[12], '_');
	}
}

static void
two_keys_are_never_the_same(void **state)
{
	char a[KEY_TEXT], b[KEY_TEXT], ia[KEY_ID_TEXT], ib[KEY_ID_TEXT];

	(void)state;
	key_make(a, ia);
	key_make(b, ib);
	assert_string_not_equal(a, b);
	assert_string_not_equal(ia, ib);
}

static void
one_changed_character_anywhere_is_noticed(void **state)
{
	char text[KEY_TEXT], id[KEY_ID_TEXT];
	struct str inside;

	(void)state;
	key_make(text, id);
	for (int i = 0; i < KEY_TEXT - 1; i++) {
		char was = text[i];

		text[i] = was == 'x' ? 'y' : 'x';
		assert_false(key_check(str_of(text), &inside));
		text[i] = was;
	}
	assert_true(key_check(str_of(text), &inside));
}

static void
cut_longer_empty_and_foreign_texts_are_no_keys(void **state)
{
	char text[KEY_TEXT], id[KEY_ID_TEXT];
	static const char nul[51] = "tra_";
	struct str inside;

	(void)state;
	key_make(text, id);
	for (size_t n = 0; n < KEY_TEXT - 1; n++)
		assert_false(key_check((struct str){ text, n }, &inside));
	assert_false(key_check((struct str){ text, KEY_TEXT }, &inside));
	assert_false(key_check((struct str){ NULL, 0 }, &inside));
	assert_false(key_check((struct str){ nul, sizeof(nul) }, &inside));
	assert_false(key_check(STR("ghp_00000000_00000000000000000000000000000000"
	    "000000"), &inside));
}

/* Computed by another program, so that a changed CRC or alphabet shows. */
static void
the_checksum_is_crc32_in_base62(void **state)
{
	struct str inside;

	(void)state;
	assert_true(key_check(STR("tra_00000000_"
	    "00000000000000000000000000000000" "2hpo91"), &inside));
	assert_true(str_is(inside, "00000000"));
}

static void
an_id_is_eight_base62_characters(void **state)
{
	(void)state;
	assert_true(key_id_ok(STR("aZ09aZ09")));
	assert_false(key_id_ok(STR("aZ09aZ0")));
	assert_false(key_id_ok(STR("aZ09aZ099")));
	assert_false(key_id_ok(STR("aZ09aZ0_")));
	assert_false(key_id_ok(STR("")));
}

static void
the_hash_is_sha256_of_the_whole_text(void **state)
{
	static const uint8_t abc[4] = { 0xba, 0x78, 0x16, 0xbf };
	uint8_t hash[SHA256_LEN];

	(void)state;
	key_hash(STR("abc"), hash);
	assert_memory_equal(hash, abc, sizeof(abc));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_made_is_a_key_and_names_its_id),
		cmocka_unit_test(two_keys_are_never_the_same),
		cmocka_unit_test(one_changed_character_anywhere_is_noticed),
		cmocka_unit_test(cut_longer_empty_and_foreign_texts_are_no_keys),
		cmocka_unit_test(the_checksum_is_crc32_in_base62),
		cmocka_unit_test(an_id_is_eight_base62_characters),
		cmocka_unit_test(the_hash_is_sha256_of_the_whole_text),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
