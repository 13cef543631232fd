/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"

static void
memory_is_zero_and_aligned_after_any_use(void **state)
{
	struct arena *a = arena_new();
	size_t round, i, k;

	(void)state;
	for (round = 0; round < 3; round++) {
		for (i = 1; i < 40000; i = i * 3 / 2 + 1) {
			char *p = arena_get(a, i);

			assert_int_equal((uintptr_t)p % _Alignof(max_align_t),
			    0);
			for (k = 0; k < i; k++)
				assert_int_equal(p[k], 0);
			memset(p, 0xff, i);
		}
		arena_reset(a);
		assert_int_equal(arena_used(a), 0);
	}
	arena_free(a);
}

static void
pieces_do_not_overlap(void **state)
{
	enum { N = 3000 };
	struct arena *a = arena_new();
	uint32_t **p = arena_array(a, N, sizeof(*p));
	uint32_t i, len;

	(void)state;
	for (i = 0; i < N; i++) {
		len = i % 97 == 0 ? 30000 : 4 + i % 50;
		p[i] = arena_get(a, len);
		memset(p[i], 0xff, len);
		*p[i] = i;
	}
	for (i = 0; i < N; i++)
		assert_int_equal(*p[i], i);
	assert_true(arena_used(a) > N * 4);
	arena_free(a);
}

static void
a_copy_ends_in_nul(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(arena_copy(a, "abcdef", 3), "abc");
	assert_string_equal(arena_copy(a, NULL, 0), "");
	arena_free(a);
}

static void
growing_keeps_the_items(void **state)
{
	struct arena *a = arena_new();
	size_t room = 0, i;
	int *items = NULL;

	(void)state;
	for (i = 0; i < 5000; i++) {
		items = arena_grow(a, items, &room, i + 1, sizeof(*items));
		assert_true(room > i);
		items[i] = (int)i * 7;
	}
	for (i = 0; i < 5000; i++)
		assert_int_equal(items[i], (int)i * 7);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zero_and_aligned_after_any_use),
		cmocka_unit_test(pieces_do_not_overlap),
		cmocka_unit_test(a_copy_ends_in_nul),
		cmocka_unit_test(growing_keeps_the_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
