/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The from-scratch builder: chains straight from their definition, every
 * segment against every other. Quadratic and plain; the tests hold the
 * incremental keeper against it.
 */
#include "cause/inner.h"

#include <stdlib.h>
#include <string.h>

struct whole {
	struct build *b;
	struct segment *seg;
	struct seg_link *link;		/* .seg: 1 + place of the earlier one */
	size_t n;
};

static void
build_segments(struct whole *w, const int64_t *seeds, size_t n)
{
	struct reach *all = arena_array(w->b->a, n, sizeof(*all));
	struct reach *mine = arena_array(w->b->a, n, sizeof(*mine));
	size_t *group = arena_array(w->b->a, n, sizeof(*group));
	size_t i, g, k;

	for (i = 0; i < n; i++)
		cause_reach(w->b, seeds[i], &all[i]);
	w->n = cause_group(w->b, all, n, group);
	w->seg = arena_array(w->b->a, w->n + 1, sizeof(*w->seg));
	w->link = arena_array(w->b->a, w->n + 1, sizeof(*w->link));
	for (g = 0; g < w->n; g++) {
		for (i = k = 0; i < n; i++)
			if (group[i] == g)
				mine[k++] = all[i];
		cause_segment(w->b, mine, k, &w->seg[g]);
	}
}

static int
by_first(const void *a, const void *b)
{
	return rank_cmp(&((const struct segment *)a)->first,
	    &((const struct segment *)b)->first);
}

static void
choose_links(struct whole *w)
{
	struct candidate best;
	size_t i, k;

	for (i = 0; i < w->n; i++)
		w->seg[i].seg = (int64_t)i + 1;
	for (i = 0; i < w->n; i++) {
		memset(&best, 0, sizeof(best));
		for (k = 0; k < i; k++)
			(void)cause_link(w->b, &w->seg[i], &w->seg[k], &best);
		w->link[i] = best.link;
	}
}

/* The tree that hangs on segment `top`, in the order of segments. */
static void
tree_of(struct whole *w, size_t top, struct tree *t)
{
	enum { OUT, IN, LEFT } *is = arena_array(w->b->a, w->n, sizeof(*is));
	size_t i, up = 0;

	memset(t, 0, sizeof(*t));
	for (i = top; i < w->n; i++) {
		if (i != top) {
			if (!link_joins(&w->link[i]))
				continue;
			up = (size_t)w->link[i].seg - 1;
			if (is[up] == OUT)
				continue;
		}
		is[i] = tree_add(t, &w->seg[i], &w->link[i], is[up] == IN,
		    w->seg[i].n_members) ? IN : LEFT;
	}
}

static int
by_score(const void *a, const void *b)
{
	const struct chain *x = a, *y = b;

	if (x->score < y->score || x->score > y->score)
		return x->score > y->score ? -1 : 1;
	return memcmp(x->id, y->id, 16);
}

void
cause_scratch(const struct view *v, struct arena *a, const int64_t *seeds,
    size_t n, struct chains *out)
{
	struct whole w = { .b = build_new(v, a) };
	struct tree t;
	size_t i;

	memset(out, 0, sizeof(*out));
	build_segments(&w, seeds, n);
	if (w.n > 0)
		qsort(w.seg, w.n, sizeof(*w.seg), by_first);
	choose_links(&w);
	out->c = arena_array(a, w.n + 1, sizeof(*out->c));
	for (i = 0; i < w.n; i++) {
		if (link_joins(&w.link[i]))
			continue;
		tree_of(&w, i, &t);
		if (cause_chain(w.b, &t, &out->c[out->n]))
			out->n++;
	}
	if (out->n > 0)
		qsort(out->c, out->n, sizeof(*out->c), by_score);
	build_free(w.b);
}
