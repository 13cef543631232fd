/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What analysts said of chains, turned to two questions: of this detector, how
 * often was it right, and of chains that look like this one, how were they
 * closed? A chain speaks once for each detector among its seeds, however often
 * that fired. "Looks like": its seeds are of the same set of detectors.
 */
#include "explain/triage.h"

#include "base/hash.h"

struct verdicts {
	struct arena *a;
	struct table at;	/* key -> place in said */
	struct table shapes;	/* chain -> key of its shape */
	struct said *said;
	size_t n, room;
};

/* Detectors are words, numbered from 1 up, and never have the highest bit;
 * shapes always do. */
static uint64_t
shape_key(const int64_t *detectors, size_t n)
{
	return hash_table(detectors, n * sizeof(*detectors)) |
	    UINT64_C(1) << 63;
}

static void
note(struct verdicts *v, uint64_t key, bool yes)
{
	bool added;
	int64_t at = table_add(&v->at, key, (int64_t)v->n, &added);

	if (added) {
		v->said = arena_grow(v->a, v->said, &v->room, v->n + 1,
		    sizeof(*v->said));
		v->said[v->n++] = (struct said){ 0, 0 };
	}
	if (yes)
		v->said[at].yes++;
	else
		v->said[at].no++;
}

/* Rows of one chain follow each other, its detectors in order. */
static void
gather(struct verdicts *v, const struct verdict *rows, size_t n)
{
	int64_t *shape = arena_array(v->a, n + 1, sizeof(*shape));
	size_t i, k = 0;
	bool yes;

	for (i = 0; i < n; i++) {
		yes = str_is(rows[i].disposition, "true_positive");
		shape[k++] = rows[i].detector;
		note(v, (uint64_t)rows[i].detector, yes);
		if (i + 1 < n && rows[i + 1].chain == rows[i].chain)
			continue;
		note(v, shape_key(shape, k), yes);
		table_put(&v->shapes, (uint64_t)rows[i].chain,
		    (int64_t)shape_key(shape, k));
		k = 0;
	}
}

struct verdicts *
verdicts_new(struct graph *g, struct arena *a, enum rc *rc)
{
	struct verdicts *v = arena_get(a, sizeof(*v));
	struct verdict *rows = NULL;
	size_t n = 0;

	v->a = a;
	table_init(&v->at);
	table_init(&v->shapes);
	*rc = graph_verdicts(g, a, &rows, &n);
	if (*rc == RC_OK)
		gather(v, rows, n);
	return v;
}

void
verdicts_free(struct verdicts *v)
{
	table_release(&v->at);
	table_release(&v->shapes);
}

static struct said
look(const struct verdicts *v, uint64_t key)
{
	int64_t at;

	return table_get(&v->at, key, &at) ? v->said[at] :
	    (struct said){ 0, 0 };
}

struct said
verdicts_of_detector(const struct verdicts *v, int64_t detector)
{
	return look(v, (uint64_t)detector);
}

struct said
verdicts_of_shape(const struct verdicts *v, const int64_t *detectors, size_t n)
{
	return n == 0 ? (struct said){ 0, 0 } :
	    look(v, shape_key(detectors, n));
}

uint64_t
verdicts_shape(const struct verdicts *v, int64_t chain)
{
	int64_t key;

	return table_get(&v->shapes, (uint64_t)chain, &key) ? (uint64_t)key : 0;
}
