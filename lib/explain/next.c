/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may come next: for the tactic that the chain came to last, the
 * techniques that are estimated likeliest to follow (db/attack/next.tsv). The
 * estimates are the makers' own and say so: counts over published incidents
 * are few, and other people's. They put techniques in an order, beside how
 * often each comes at all, and tell which of them would be seen here.
 */
#include "explain/inner.h"

#include <stdlib.h>

#include "attack.h"

enum { NEXT_SHOWN = 5 };

static bool
has_technique(const struct story *s, technique t)
{
	size_t i, k;

	for (i = 0; i < s->n; i++)
		for (k = 0; k < s->step[i].n_marks; k++)
			if (attack_current(s->step[i].marks[k].technique) ==
			    attack_current(t))
				return true;
	return false;
}

/* The tactic that is furthest along a story in the last marked step. */
static int
latest_tactic(const struct story *s)
{
	uint32_t tactics;
	size_t i, k;

	for (i = s->n; i-- > 0;) {
		tactics = 0;
		for (k = 0; k < s->step[i].n_marks; k++)
			tactics |= attack_tactics(s->step[i].marks[k].technique);
		if (tactics != 0)
			return 31 - __builtin_clz(tactics);
	}
	return -1;
}

static int
by_probability(const void *a, const void *b)
{
	const struct next_row *x = a, *y = b;

	if (x->probability < y->probability || x->probability > y->probability)
		return x->probability > y->probability ? -1 : 1;
	return x->technique < y->technique ? -1 : x->technique > y->technique;
}

static bool
visible(const struct story *s, technique t)
{
	struct str l = s->sources, w, have, x;
	struct attack_cure c;

	if (!attack_cure(t, &c))
		return false;
	while (str_cut(&l, ' ', &w)) {
		have = str_of(c.sources);
		while (str_cut(&have, ' ', &x))
			if (x.len > 0 && str_eq(x, w))
				return true;
	}
	return false;
}

void
find_next(struct findings *f)
{
	size_t n, i;
	const struct attack_next *table = attack_nexts(&n);
	int t = latest_tactic(f->s);
	struct next_row r;

	f->next = arena_array(f->a, n + 1, sizeof(struct next_row));
	for (i = 0; i < n && t >= 0; i++) {
		if (has_technique(f->s, table[i].technique))
			continue;
		r.technique = table[i].technique;
		r.base = table[i].base / 100.0;
		r.probability = table[i].after[t] / 100.0;
		r.seen = visible(f->s, r.technique);
		f->next[f->n_next++] = r;
	}
	if (f->n_next > 0)
		qsort(f->next, f->n_next, sizeof(r), by_probability);
	if (f->n_next > NEXT_SHOWN)
		f->n_next = NEXT_SHOWN;
}
