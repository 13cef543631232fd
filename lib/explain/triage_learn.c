/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What factors are worth. To start with, the weights below; once a tenant's
 * analysts have closed fifty chains, a logistic regression on what they said,
 * drawn towards those by a Gaussian prior:
 *
 *	minimise  sum log(1 + exp(-y z)) + sum (w - w0)^2 / (2 SIGMA^2),
 *	z = w . x,  y = +1 attack, -1 none
 *
 * by Newton's method, which has one answer and always the same. No weight may
 * fall below 0: what speaks for an attack may come to say nothing, but never to
 * speak against it, or a reader would not understand the row. Few dispositions
 * move the weights little: each counts against the prior.
 *
 * What it learns from is chosen in triage_examples.c.
 *
 * Whether a score means a probability is tried on chains that the weights were
 * not learnt from (five folds, by place in the list): a line through the
 * logits (Platt), and the mean distance between what it says and what came
 * (expected calibration error, ten bins). Only with 200 such chains, twenty of
 * either verdict (a line through one kind alone is right by saying nothing), and
 * an error of at most .10 is a probability shown. The line's two numbers are fitted
 * to the same held-out scores, so the error is a little flattered.
 */
#include "explain/triage.h"

#include <math.h>
#include <string.h>

#define SIGMA .5
#define SIGMA_BASE 1.0
#define ECE_MOST .10
enum { D = FACTOR__MAX, ROUNDS = 30, FOLDS = 5, BINS = 10 };

static const double start[D] = {
	[FACTOR_PRIOR] = 1.0, [FACTOR_OTHERS] = 1.0, [FACTOR_STATED] = 1.0,
	[FACTOR_HERE] = .25, [FACTOR_ANYWHERE] = .12, [FACTOR_BURST] = .12,
	[FACTOR_NEAR] = .25, [FACTOR_WIDE] = .12, [FACTOR_STORY] = .60,
	[FACTOR_PROOF] = .40, [FACTOR_PRIVILEGED] = .40,
	[FACTOR_IMPACT] = .80, [FACTOR_BENIGN] = 1.0, [FACTOR_ASSET] = .30,
	[FACTOR_INTEL] = 1.0, [FACTOR_EXPECTED] = 1.0, [FACTOR_BASE] = 0,
};
static const char *const names[D] = {
	[FACTOR_PRIOR] = "prior", [FACTOR_OTHERS] = "others",
	[FACTOR_STATED] = "stated", [FACTOR_HERE] = "here",
	[FACTOR_ANYWHERE] = "anywhere", [FACTOR_BURST] = "burst",
	[FACTOR_NEAR] = "near", [FACTOR_WIDE] = "wide",
	[FACTOR_STORY] = "story", [FACTOR_PROOF] = "proof",
	[FACTOR_PRIVILEGED] = "privileged", [FACTOR_IMPACT] = "impact",
	[FACTOR_BENIGN] = "benign", [FACTOR_ASSET] = "asset",
	[FACTOR_INTEL] = "intel", [FACTOR_EXPECTED] = "expected",
	[FACTOR_BASE] = "base",
};

void
weights_start(struct weights *w)
{
	memset(w, 0, sizeof(*w));
	memcpy(w->w, start, sizeof(start));
}

/* ---- regression -------------------------------------------------------------- */

struct examples {
	const double (*x)[D];
	const bool *y;
	size_t n, without;	/* this fold is left out; FOLDS: none */
};

static double
sigmoid(double z)
{
	return 1 / (1 + exp(-z));
}

static double
logit(const double w[D], const double x[D])
{
	double z = 0;
	int k;

	for (k = 0; k < D; k++)
		z += w[k] * x[k];
	return z;
}

static double
stiffness(int k)
{
	return k == FACTOR_BASE ? 1 / (SIGMA_BASE * SIGMA_BASE) :
	    1 / (SIGMA * SIGMA);
}

/* Solves h d = g for a symmetric, positive definite h (Cholesky, in place). */
static void
solve(double h[D][D], double g[D], double d[D])
{
	double s;
	int i, j, k;

	for (i = 0; i < D; i++)
		for (j = 0; j <= i; j++) {
			s = h[i][j];
			for (k = 0; k < j; k++)
				s -= h[i][k] * h[j][k];
			h[i][j] = i == j ? sqrt(s) : s / h[j][j];
		}
	for (i = 0; i < D; i++) {
		s = g[i];
		for (k = 0; k < i; k++)
			s -= h[i][k] * d[k];
		d[i] = s / h[i][i];
	}
	for (i = D - 1; i >= 0; i--) {
		s = d[i];
		for (k = i + 1; k < D; k++)
			s -= h[k][i] * d[k];
		d[i] = s / h[i][i];
	}
}

static void
slope(const struct examples *e, const double w[D], double h[D][D],
    double g[D])
{
	double p;
	size_t i;
	int j, k;

	memset(h, 0, sizeof(double[D][D]));
	for (k = 0; k < D; k++) {
		g[k] = stiffness(k) * (w[k] - start[k]);
		h[k][k] = stiffness(k);
	}
	for (i = 0; i < e->n; i++) {
		if (i % FOLDS == e->without)
			continue;
		p = sigmoid(logit(w, e->x[i]));
		for (j = 0; j < D; j++) {
			g[j] += (p - e->y[i]) * e->x[i][j];
			for (k = 0; k <= j; k++)
				h[j][k] += p * (1 - p) * e->x[i][j] *
				    e->x[i][k];
		}
	}
}

static void
regress(const struct examples *e, double w[D])
{
	double h[D][D], g[D], d[D], most;
	int round, k;

	memcpy(w, start, sizeof(start));
	for (round = 0; round < ROUNDS; round++) {
		slope(e, w, h, g);
		solve(h, g, d);
		most = 0;
		for (k = 0; k < D; k++) {
			d[k] = fmax(-1, fmin(1, d[k]));
			w[k] -= d[k];
			if (w[k] < 0 && k != FACTOR_BASE)
				w[k] = 0;
			most = fmax(most, fabs(d[k]));
		}
		if (most < 1e-9)
			break;
	}
}

/* ---- calibration ---------------------------------------------------------------- */

/* P = sigmoid(a z + b), to softened targets as Platt has them. */
static void
line(const double *z, const bool *y, size_t n, double *a, double *b)
{
	double yes = 0, hi, lo, p, t, ga, gb, haa, hab, hbb, det;
	int round;
	size_t i;

	for (i = 0; i < n; i++)
		yes += y[i];
	hi = (yes + 1) / (yes + 2);
	lo = 1 / ((double)n - yes + 2);
	*a = 1;
	*b = 0;
	for (round = 0; round < ROUNDS; round++) {
		ga = gb = hab = 0;
		haa = hbb = 1e-6;
		for (i = 0; i < n; i++) {
			p = sigmoid(*a * z[i] + *b);
			t = y[i] ? hi : lo;
			ga += (p - t) * z[i];
			gb += p - t;
			haa += p * (1 - p) * z[i] * z[i];
			hab += p * (1 - p) * z[i];
			hbb += p * (1 - p);
		}
		det = haa * hbb - hab * hab;
		*a -= fmax(-1, fmin(1, (hbb * ga - hab * gb) / det));
		*b -= fmax(-1, fmin(1, (haa * gb - hab * ga) / det));
	}
}

static double
error_of(const double *z, const bool *y, size_t n, double a, double b)
{
	double said[BINS] = { 0 }, came[BINS] = { 0 }, sum = 0, p;
	size_t i;
	int k;

	for (i = 0; i < n; i++) {
		p = sigmoid(a * z[i] + b);
		k = (int)(p * BINS);
		k = k < BINS ? k : BINS - 1;
		said[k] += p;
		came[k] += y[i];
	}
	for (k = 0; k < BINS; k++)
		sum += fabs(said[k] - came[k]);
	return n > 0 ? sum / (double)n : 1;
}

void
weights_learn(const double (*x)[FACTOR__MAX], const bool *y, size_t n,
    struct arena *a, struct weights *w)
{
	struct examples e = { x, y, n, FOLDS };
	double *z = arena_array(a, n + 1, sizeof(*z)), held[D];
	size_t i, right = 0;

	memset(w, 0, sizeof(*w));
	for (e.without = 0; e.without < FOLDS; e.without++) {
		regress(&e, held);
		for (i = e.without; i < n; i += FOLDS)
			z[i] = logit(held, x[i]);
	}
	line(z, y, n, &w->a, &w->b);
	w->ece = error_of(z, y, n, w->a, w->b);
	regress(&e, w->w);	/* without == FOLDS: from all */
	for (i = 0; i < n; i++)
		right += y[i];
	w->learnt = (int64_t)n;
	w->examples = n;
	w->calibrated = n >= CALIBRATE_LEAST && right >= CALIBRATE_EACH &&
	    n - right >= CALIBRATE_EACH && w->ece <= ECE_MOST && w->a > 0;
}

/* ---- kept in the graph ------------------------------------------------------------- */

struct str
weights_text(struct arena *a, const struct weights *w)
{
	struct str out;
	struct buf b;
	struct jw jw;
	int k;

	buf_init(&b, 8 << 10);
	jw_init(&jw, &b);
	jw_object(&jw);
	for (k = 0; k < D; k++)
		jw_key_n(&jw, names[k], w->w[k]);
	jw_key_i(&jw, "learnt", w->learnt);
	jw_key_i(&jw, "examples", (int64_t)w->examples);
	jw_key_i(&jw, "at", w->at_ns);
	jw_key_b(&jw, "calibrated", w->calibrated);
	jw_key_n(&jw, "a", w->a);
	jw_key_n(&jw, "b", w->b);
	jw_key_n(&jw, "ece", w->ece);
	jw_object_end(&jw);
	out = str_dup(a, buf_str(&b));
	buf_release(&b);
	return out;
}

void
weights_get(struct graph *g, struct arena *a, struct weights *w)
{
	struct str text = graph_text(g, a, TRIAGE_WEIGHTS);
	struct json_doc *doc;
	const struct json *v;
	int k;

	weights_start(w);
	if (text.len == 0)
		return;
	doc = json_doc_new();
	v = json_parse(doc, text);
	for (k = 0; k < D && v != NULL; k++)
		if (json_get(v, names[k]) != NULL)
			w->w[k] = json_double(json_get(v, names[k]));
	w->learnt = json_int(json_get(v, "learnt"));
	w->examples = (size_t)json_int(json_get(v, "examples"));
	w->at_ns = json_int(json_get(v, "at"));
	w->calibrated = json_bool(json_get(v, "calibrated"));
	w->a = json_double(json_get(v, "a"));
	w->b = json_double(json_get(v, "b"));
	w->ece = json_double(json_get(v, "ece"));
	json_doc_free(doc);
	if (w->learnt <= 0)
		weights_start(w);
}

void
triage_put_learning(struct jw *jw, struct graph *g, struct arena *a)
{
	struct weights w;
	int k;

	weights_get(g, a, &w);
	jw_key(jw, "learning");
	jw_object(jw);
	jw_key_i(jw, "dispositions", w.learnt);
	jw_key_i(jw, "examples", (int64_t)w.examples);
	jw_key(jw, "learnt_at");
	if (w.learnt > 0)
		jw_time(jw, w.at_ns);
	else
		jw_null(jw);
	jw_key(jw, "calibration_error");
	if (w.learnt > 0)
		jw_num(jw, w.ece);
	else
		jw_null(jw);
	jw_key_b(jw, "probabilities", w.calibrated);
	jw_key(jw, "weights");
	jw_object(jw);
	for (k = 0; k < D; k++)
		jw_key_n(jw, names[k], w.w[k]);
	jw_object_end(jw);
	jw_object_end(jw);
}
