/* SPDX-License-Identifier: Apache-2.0 */
/* What learning from dispositions promises: it finds what is there, keeps its
 * hands off what is not, is the same each time, and claims no probability
 * before scores mean one. Examples are drawn with known truth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "explain/triage.h"

enum { N = 2000 };

static double x[N][FACTOR__MAX];
static bool y[N];
static struct arena *a;

static double
chance(uint64_t *s)
{
	*s = *s * 6364136223846793005ULL + 1442695040888963407ULL;
	return (double)(*s >> 11) / 9007199254740992.0;
}

/* Attacks by these true weights; values as real ones may be. */
static void
draw(size_t n, const double truth[FACTOR__MAX], uint64_t seed)
{
	double z;
	size_t i;
	int k;

	for (i = 0; i < n; i++) {
		z = 0;
		for (k = 0; k < FACTOR__MAX; k++) {
			x[i][k] = k == FACTOR_BASE ? 1 : k == FACTOR_PRIOR ?
			    -1.4 : k == FACTOR_BENIGN ? -chance(&seed) :
			    floor(4 * chance(&seed));
			z += truth[k] * x[i][k];
		}
		y[i] = chance(&seed) < 1 / (1 + exp(-z));
	}
}

static struct weights
learnt(size_t n)
{
	struct weights w;

	weights_learn((const double (*)[FACTOR__MAX])x, y, n, a, &w);
	return w;
}

static void
what_tells_gains_and_what_does_not_loses(void **state)
{
	double truth[FACTOR__MAX] = { [FACTOR_HERE] = 1.5,
		[FACTOR_STORY] = 0, [FACTOR_BASE] = -2 };
	struct weights s, w;
	int k;

	(void)state;
	weights_start(&s);
	draw(N, truth, 1);
	w = learnt(N);
	assert_true(w.w[FACTOR_HERE] > 2 * s.w[FACTOR_HERE]);
	assert_true(w.w[FACTOR_STORY] < .5 * s.w[FACTOR_STORY]);
	for (k = 0; k < FACTOR_BASE; k++)
		assert_true(w.w[k] >= 0);
	assert_int_equal(w.learnt, N);
}

static void
few_dispositions_move_little(void **state)
{
	double truth[FACTOR__MAX] = { [FACTOR_HERE] = 1.5, [FACTOR_BASE] = -2 };
	struct weights s, few, many;

	(void)state;
	weights_start(&s);
	draw(N, truth, 2);
	few = learnt(50);
	many = learnt(N);
	assert_true(fabs(few.w[FACTOR_HERE] - s.w[FACTOR_HERE]) <
	    fabs(many.w[FACTOR_HERE] - s.w[FACTOR_HERE]));
	assert_true(fabs(few.w[FACTOR_STATED] - s.w[FACTOR_STATED]) < 1);
}

/* What is said against a factor can silence it, never turn it round. */
static void
no_weight_turns_round(void **state)
{
	double truth[FACTOR__MAX] = { [FACTOR_NEAR] = -3, [FACTOR_WIDE] = -3,
		[FACTOR_BASE] = 4 };
	struct weights w;

	(void)state;
	draw(N, truth, 3);
	w = learnt(N);
	assert_true(w.w[FACTOR_NEAR] < .01 && w.w[FACTOR_NEAR] >= 0);
	assert_true(w.w[FACTOR_WIDE] < .01 && w.w[FACTOR_WIDE] >= 0);
}

static void
the_same_examples_give_the_same_weights(void **state)
{
	double truth[FACTOR__MAX] = { [FACTOR_HERE] = .7, [FACTOR_BASE] = -1 };
	struct weights one, two;

	(void)state;
	draw(500, truth, 4);
	one = learnt(500);
	two = learnt(500);
	assert_memory_equal(one.w, two.w, sizeof(one.w));
	assert_true(one.a == two.a && one.b == two.b && one.ece == two.ece);
}

static void
probabilities_only_from_enough_and_only_when_they_come_true(void **state)
{
	double truth[FACTOR__MAX] = { [FACTOR_HERE] = .9, [FACTOR_NEAR] = .6,
		[FACTOR_BASE] = -2 };
	double z, p, came = 0, said = 0;
	struct weights w;
	size_t i, n = 0;
	int k;

	(void)state;
	draw(N, truth, 5);
	assert_false(learnt(CALIBRATE_LEAST - 1).calibrated);
	w = learnt(1000);
	assert_true(w.calibrated && w.ece <= .10);
	for (i = 1000; i < N; i++) {		/* never seen */
		for (z = 0, k = 0; k < FACTOR__MAX; k++)
			z += w.w[k] * x[i][k];
		p = 1 / (1 + exp(-(w.a * z + w.b)));
		if (p < .6)
			continue;
		said += p;
		came += y[i];
		n++;
	}
	assert_true(n > 50);
	assert_true(fabs(said - came) / (double)n < .10);
}

/* All of one kind, all alike, nothing but zeroes: numbers, never NaN. */
static void
odd_dispositions_do_no_harm(void **state)
{
	struct weights w;
	int way, k;

	(void)state;
	for (way = 0; way < 4; way++) {
		memset(x, 0, sizeof(x));
		memset(y, way & 1, sizeof(y));
		for (k = 0; way & 2 && k < N; k++)
			x[k][FACTOR_HERE] = 1e6;
		w = learnt(300);
		for (k = 0; k < FACTOR__MAX; k++)
			assert_true(isfinite(w.w[k]));
		assert_true(isfinite(w.a) && isfinite(w.b) && isfinite(w.ece));
	}
}

static int
begin(void **state)
{
	(void)state;
	hash_init();
	a = arena_new();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_tells_gains_and_what_does_not_loses),
		cmocka_unit_test(few_dispositions_move_little),
		cmocka_unit_test(no_weight_turns_round),
		cmocka_unit_test(the_same_examples_give_the_same_weights),
		cmocka_unit_test(
		    probabilities_only_from_enough_and_only_when_they_come_true),
		cmocka_unit_test(odd_dispositions_do_no_harm),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
