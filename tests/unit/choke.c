/* SPDX-License-Identifier: Apache-2.0 */
/* What choke points, counterfactuals and cuts promise, held against trying
 * everything on small random graphs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cause.h"

enum { NODES = 9, ARCS = 20, ROUNDS = 2000 };

struct random_graph {
	struct cut_graph g;
	struct cut_arc arcs[ARCS];
	bool begins[NODES], goal[NODES];
	int cost[NODES];
};

static uint32_t
draw(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

static int
by_to(const void *a, const void *b)
{
	const struct cut_arc *x = a, *y = b;

	return x->to != y->to ? (x->to < y->to ? -1 : 1) :
	    (x->from > y->from) - (x->from < y->from);
}

static void
make(struct random_graph *r, uint32_t *seed)
{
	size_t i, from, to, n = 0;

	memset(r, 0, sizeof(*r));
	for (i = 0; i < ARCS; i++) {
		from = draw(seed, NODES - 1);
		to = from + 1 + draw(seed, (uint32_t)(NODES - 1 - from));
		r->arcs[n++] = (struct cut_arc){ from, to,
			draw(seed, 2) == 0 };
	}
	n = 6 + draw(seed, ARCS - 6);
	qsort(r->arcs, n, sizeof(r->arcs[0]), by_to);
	for (i = 0; i < NODES; i++) {
		r->begins[i] = true;
		r->goal[i] = draw(seed, 3) == 0;
		r->cost[i] = 1 + (int)draw(seed, 5);
	}
	for (i = 0; i < n; i++)
		r->begins[r->arcs[i].to] = false;
	r->g = (struct cut_graph){ NODES, r->arcs, n, r->begins, r->goal,
		r->cost };
}

/* Can `to` be reached without the nodes of the mask? By recursion. */
static bool
reaches(const struct cut_graph *g, size_t to, unsigned gone, bool proven)
{
	size_t i;

	if (gone & 1u << to)
		return false;
	if (g->begins[to])
		return true;
	for (i = 0; i < g->n_arcs; i++)
		if (g->arcs[i].to == to && (g->arcs[i].proven || !proven) &&
		    reaches(g, g->arcs[i].from, gone, proven))
			return true;
	return false;
}

static void
what_is_lost_is_what_no_other_path_reaches(void **state)
{
	struct arena *a = arena_new();
	struct random_graph r;
	uint32_t seed = 1, k;
	bool gone[NODES], lost[NODES], want;
	size_t cut, v, n, count;

	(void)state;
	for (k = 0; k < ROUNDS; k++) {
		make(&r, &seed);
		cut = draw(&seed, NODES);
		memset(gone, 0, sizeof(gone));
		gone[cut] = true;
		n = choke_lost(&r.g, a, gone, k % 2, lost);
		for (count = 0, v = 0; v < NODES; v++) {
			want = r.goal[v] && v != cut &&
			    reaches(&r.g, v, 0, k % 2) &&
			    !reaches(&r.g, v, 1u << cut, k % 2);
			assert_int_equal(lost[v], want);
			count += want;
		}
		assert_int_equal(n, count);
		arena_reset(a);
	}
	arena_free(a);
}

static void
the_last_dominator_is_on_every_path_and_none_is_nearer(void **state)
{
	struct random_graph r;
	size_t last[NODES], v, d, want;
	uint32_t seed = 2, k;

	(void)state;
	for (k = 0; k < ROUNDS; k++) {
		make(&r, &seed);
		choke_dominators(&r.g, last);
		for (v = 0; v < NODES; v++) {
			assert_true(reaches(&r.g, v, 0, false));
			for (want = NODES, d = 0; d < v; d++)
				if (!reaches(&r.g, v, 1u << d, false))
					want = d;
			assert_int_equal(last[v], want);
		}
	}
}

static int
price(const struct random_graph *r, unsigned mask)
{
	int sum = 0;
	size_t v;

	for (v = 0; v < NODES; v++)
		sum += mask & 1u << v ? r->cost[v] : 0;
	return sum;
}

static bool
parts(const struct random_graph *r, unsigned mask)
{
	size_t v;

	for (v = 0; v < NODES; v++)
		if (r->goal[v] && reaches(&r->g, v, mask, false))
			return false;
	return true;
}

static void
no_cut_is_cheaper_than_the_one_found(void **state)
{
	struct arena *a = arena_new();
	struct random_graph r;
	uint32_t seed = 3, k;
	unsigned mask, found;
	size_t *nodes, n, i;

	(void)state;
	for (k = 0; k < 60; k++) {
		make(&r, &seed);
		n = choke_cut(&r.g, a, &nodes);
		for (found = 0, i = 0; i < n; i++)
			found |= 1u << nodes[i];
		assert_true(parts(&r, found));
		for (mask = 0; mask < 1u << NODES; mask++)
			if (price(&r, mask) < price(&r, found))
				assert_false(parts(&r, mask));
		arena_reset(a);
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_lost_is_what_no_other_path_reaches),
		cmocka_unit_test(
		    the_last_dominator_is_on_every_path_and_none_is_nearer),
		cmocka_unit_test(no_cut_is_cheaper_than_the_one_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
