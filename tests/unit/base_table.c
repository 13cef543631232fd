/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/table.h"

enum { KEYS = 500, ROUNDS = 200000 };

static uint64_t seed = 42;

static unsigned
dice(unsigned n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(seed >> 33) % n;
}

/* Against an array that cannot be wrong. */
static void
what_was_put_is_there_and_what_was_dropped_is_not(void **state)
{
	int64_t want[KEYS] = { 0 }, got;	/* 0: not there */
	struct table t;
	size_t i, n = 0;
	unsigned key;
	bool added;

	(void)state;
	table_init(&t);
	table_drop(&t, 1);
	for (i = 0; i < ROUNDS; i++) {
		key = dice(KEYS);
		switch (dice(4)) {
		case 0:
			n += want[key] == 0;
			want[key] = 1 + (int64_t)i;
			table_put(&t, key, want[key]);
			break;
		case 1:
			got = table_add(&t, key, 1 + (int64_t)i, &added);
			assert_int_equal(added, want[key] == 0);
			n += added;
			if (added)
				want[key] = 1 + (int64_t)i;
			assert_int_equal(got, want[key]);
			break;
		default:
			n -= want[key] != 0;
			want[key] = 0;
			table_drop(&t, key);
			break;
		}
		assert_int_equal(t.n, n);
		key = dice(KEYS);
		assert_int_equal(table_get(&t, key, &got), want[key] != 0);
		if (want[key] != 0)
			assert_int_equal(got, want[key]);
	}
	table_release(&t);
}

static void
a_table_that_is_emptied_again_and_again_does_not_grow(void **state)
{
	struct table t;
	uint64_t key;
	size_t room;

	(void)state;
	table_init(&t);
	for (key = 0; key < 40; key++)
		table_put(&t, key, 1);
	room = t.room;
	for (; key < 1000000; key++) {
		table_drop(&t, key - 40);
		table_put(&t, key, 1);
	}
	assert_int_equal(t.n, 40);
	assert_int_equal(t.room, room);
	table_release(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_was_put_is_there_and_what_was_dropped_is_not),
		cmocka_unit_test(
		    a_table_that_is_emptied_again_and_again_does_not_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
