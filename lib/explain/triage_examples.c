/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is learnt from: the chains that analysts have closed, each as the values
 * of its worst spokesman, its own verdict left out.
 *
 * A thousand chains of the same detections that were closed alike are one
 * experience, not a thousand: the record of those detections holds it already
 * (triage_verdict.c). So of one set of detections, at most 25 of one verdict are
 * learnt from, the latest, whoever closed how many: clearing a queue of one
 * noisy rule teaches nothing of all others, and does not crowd out what was
 * learnt from them.
 */
#include "explain/triage.h"

#include <string.h>

#include "base/hash.h"

enum { JUDGED_MOST = 10000, LEARN_MOST = 500, SPOKESMEN_LEARNT = 4 };

struct learning {
	struct graph *g;
	struct arena *a;
	struct plots *plots;
	struct context *context;
	struct weighing w;
	struct table taken;	/* shape and verdict -> how many */
	double (*x)[FACTOR__MAX];
	bool *y;
	size_t n;
};

/* False: the chain is there no more. */
static enum rc
example(struct learning *t, const struct judged *j, double x[FACTOR__MAX])
{
	const struct plot *s;
	struct weighed r;
	struct facts f;
	int64_t best = INT64_MIN;
	size_t i;
	enum rc rc = plots_get(t->plots, j->id, &s);

	t->w.leave = j;
	for (i = 0; rc == RC_OK && i < s->n_spokesmen &&
	    i < SPOKESMEN_LEARNT; i++) {
		rc = facts_of_event(t->g, t->a, t->plots, t->context,
		    s->spokesmen[i], &f);
		if (rc == RC_OK)
			rc = triage_weigh(&t->w, &f, &r);
		if (rc == RC_OK && r.points > best) {
			best = r.points;
			memcpy(x, r.value, sizeof(r.value));
		}
	}
	return rc == RC_OK && best == INT64_MIN ? RC_ABSENT : rc;
}

/* One more of its kind; false: there are enough of them. */
static bool
is_wanted(struct learning *t, const struct judged *j)
{
	uint64_t shape = verdicts_shape(t->w.verdicts, j->chain);
	const uint64_t kind[2] = { shape, j->right };
	uint64_t key = hash_table(kind, sizeof(kind));
	int64_t n = 0;

	if (table_get(&t->taken, key, &n) && n >= SHAPE_MOST)
		return false;
	table_put(&t->taken, key, n + 1);
	return true;
}

static enum rc
gather(struct learning *t, const struct judged *j, size_t n)
{
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; i < n && t->n < LEARN_MOST; i++) {
		if (!is_wanted(t, &j[i]))
			continue;
		rc = example(t, &j[i], t->x[t->n]);
		t->y[t->n] = j[i].right;
		if (rc == RC_OK)
			t->n++;
		else if (rc != RC_ABSENT)
			return rc;
	}
	return RC_OK;
}

static enum rc
examples(struct learning *t, const struct judged *j, size_t n)
{
	struct weights start;
	enum rc rc = graph_look(t->g), looked;

	if (rc != RC_OK)
		return rc;
	graph_view_reset(t->g);
	weights_start(&start);
	table_init(&t->taken);
	t->x = arena_array(t->a, LEARN_MOST, sizeof(*t->x));
	t->y = arena_array(t->a, LEARN_MOST, sizeof(*t->y));
	t->plots = plots_new(t->g, t->a);
	t->context = context_new(t->g, t->a);
	t->w.counters = counters_new(t->g, t->a);
	t->w.verdicts = verdicts_new(t->g, t->a, &rc);
	t->w.weights = &start;
	if (rc == RC_OK)
		rc = gather(t, j, n);
	plots_free(t->plots);
	context_free(t->context);
	counters_free(t->w.counters);
	verdicts_free(t->w.verdicts);
	table_release(&t->taken);
	graph_view_reset(t->g);
	looked = graph_look_end(t->g);
	return rc != RC_OK ? rc : looked;
}

enum rc
triage_learn(struct graph *g, struct arena *a, int64_t now_ns, bool *learnt,
    struct str *text)
{
	struct learning t = { .g = g, .a = a, .w.g = g, .w.a = a };
	struct weights w;
	struct judged *j;
	size_t n;
	enum rc rc;

	*learnt = false;
	weights_get(g, a, &w);
	if (w.learnt > 0 && now_ns - w.at_ns < 24 * NS_PER_HOUR)
		return RC_OK;
	rc = graph_judged(g, a, JUDGED_MOST, &j, &n);
	if (rc != RC_OK || n < TRIAGE_LEARN_LEAST)
		return rc;
	rc = examples(&t, j, n);
	if (rc != RC_OK || t.n < TRIAGE_LEARN_LEAST)
		return rc;
	weights_learn((const double (*)[FACTOR__MAX])t.x, t.y, t.n, a, &w);
	w.learnt = (int64_t)n;
	w.at_ns = now_ns;
	*text = weights_text(a, &w);
	*learnt = true;
	return RC_OK;
}
