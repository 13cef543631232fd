/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of triage share among themselves. */
#ifndef EXPLAIN_TRIAGE_H
#define EXPLAIN_TRIAGE_H

#include "base/table.h"
#include "explain.h"
#include "store/counts.h"

enum {
	TRIAGE_LEARN_LEAST = 50,	/* closed chains */
	SHAPE_MOST = TRIAGE_LEARN_LEAST / 2,	/* learnt from, of one kind */
	CALIBRATE_LEAST = 200, CALIBRATE_EACH = 20,
};
enum { SUPPRESSED_POINTS = -100000 };	/* hundredths */

/* ---- triage_past.c: what was seen, how long was it watched ------------- */

struct past {			/* of one detector at one place, or at any */
	double groups;		/* slots that saw it, faded */
	double alerts;		/* or, at any place, rows: places x slots */
	int64_t n[HOUR_SLOTS];	/* in the hour itself, not faded */
};
struct pasts;
struct pasts *pasts_new(struct graph *g, struct arena *a);
void pasts_free(struct pasts *p);
enum rc pasts_trouble(const struct pasts *p);	/* met by what follows */
/* Up to the end of the hour; place 0: any. */
void pasts_get(struct pasts *p, int64_t detector, int64_t place, int64_t hour,
    struct past *out);
/* Hours of watching for what sends this detection, faded; at least 1. */
double pasts_hours(struct pasts *p, int64_t detector, int64_t hour);

/* ---- triage_count.c: how often, where, beside what --------------------- */

enum { NEAR_MOST = 5 };

struct counted {
	int here, anywhere;	/* bits of rarity; anywhere < 0: common */
	int64_t places;		/* where it fires in the same ten minutes */
	int burst;		/* doublings above its mean */
	int64_t n;		/* in this hour at this place */
	double hours;		/* of watching, faded */
	size_t near, wide;	/* other rare types: at the place, elsewhere */
	int64_t near_which[NEAR_MOST], wide_which[NEAR_MOST];
};

struct counters;
struct counters *counters_new(struct graph *g, struct arena *a);
void counters_free(struct counters *c);
/* As of t_ns; `stored` says whether this very alert is in the sums. */
MUST_CHECK enum rc counters_look(struct counters *c, int64_t detector,
    int64_t place, int64_t t_ns, bool stored, struct counted *out);

/* ---- triage_verdict.c: what analysts said ------------------------------ */

struct verdicts;
struct verdicts *verdicts_new(struct graph *g, struct arena *a, enum rc *rc);
void verdicts_free(struct verdicts *v);
struct said { int64_t yes, no; };	/* true positives; false ones, benign */
struct said verdicts_of_detector(const struct verdicts *v, int64_t detector);
/* Of chains whose seeds are of exactly these detectors (sorted, no repeats). */
struct said verdicts_of_shape(const struct verdicts *v,
    const int64_t *detectors, size_t n);
/* Equal for closed chains of the same set; 0: it has no detector. */
uint64_t verdicts_shape(const struct verdicts *v, int64_t chain);

/* ---- triage_chain.c: what a chain adds --------------------------------- */

enum { SPOKESMEN_MAX = 32 };

struct plot {
	uint8_t id[16];
	enum grade grade;
	double score, provable_share;
	int seeds;
	int progression;	/* distinct tactics in order, likely paths */
	bool impact;
	int64_t spokesmen[SPOKESMEN_MAX];	/* its first seeds */
	size_t n_spokesmen;
	int64_t *detectors;	/* of its seeds, sorted, no repeats */
	size_t n_detectors;
};

struct plots;
struct plots *plots_new(struct graph *g, struct arena *a);
void plots_free(struct plots *s);
/* The chain of this id, former ids included. RC_ABSENT: no such chain. */
MUST_CHECK enum rc plots_get(struct plots *s, const uint8_t id[16],
    const struct plot **out);

/* ---- triage_context.c: what a tenant says of its own things ------------ */

struct standing {		/* names on the list; empty: on none */
	struct str critical, expected, intel;
	int percent;		/* how often that intelligence is right */
};
struct context;
struct context *context_new(struct graph *g, struct arena *a);
void context_free(struct context *c);
void context_of_name(const struct context *c, enum kind kind, struct str name,
    struct standing *to);
MUST_CHECK enum rc context_of_event(struct context *c, const struct node *n,
    int64_t place, struct standing *to);

/* ---- triage_weigh.c: facts of one alert become factors ----------------- */

struct facts {		/* what is known of one alert */
	struct standing standing;
	bool known;
	bool stored;		/* the alert is in the sums */
	int64_t t_ns, detector, place;	/* detector 0: not counted */
	int stated;		/* by sender or rule: 0-100, -1: not said */
	uint32_t tactics;
	bool privileged, impact;
	const struct plot *plot;	/* NULL: in no chain */
	struct suppressed suppressed;	/* not where its chain is not */
};

enum worth { FACTOR_PRIOR, FACTOR_OTHERS, FACTOR_STATED, FACTOR_HERE,
	FACTOR_ANYWHERE, FACTOR_BURST, FACTOR_NEAR, FACTOR_WIDE, FACTOR_STORY,
	FACTOR_PROOF, FACTOR_PRIVILEGED, FACTOR_IMPACT, FACTOR_BENIGN,
	FACTOR_ASSET, FACTOR_INTEL, FACTOR_EXPECTED,
	FACTOR_BASE,		/* 1 always: what is left to say before any */
	FACTOR__MAX };

/* What each factor is worth, and what scores have turned out to mean. */
struct weights {
	double w[FACTOR__MAX];
	int64_t learnt;		/* dispositions; 0: the weights to start from */
	size_t examples;	/* chains that were learnt from, of those */
	int64_t at_ns;
	bool calibrated;	/* a and b may be believed */
	double a, b;		/* P = 1 / (1 + exp(-(a x logit + b))) */
	double ece;		/* expected calibration error, out of fold */
};

struct weighing {
	struct graph *g;
	struct arena *a;
	struct counters *counters;
	struct verdicts *verdicts;
	const struct weights *weights;
	const struct suppress *suppress;	/* NULL: nothing is */
	const struct judged *leave;	/* a chain whose own verdict does not
					   count: it is what is to be learnt */
};

struct weighed {
	double value[FACTOR__MAX];	/* before it is weighed */
	int64_t points;
	struct triage_factor factors[TRIAGE_FACTORS_MAX];
	size_t n;
	const char *action;
};
MUST_CHECK enum rc triage_weigh(struct weighing *w, const struct facts *f,
    struct weighed *out);
int triage_severity(int64_t points);

/* ---- triage_learn.c: weights from dispositions ------------------------- */

void weights_start(struct weights *w);
/* Those kept in the graph, else those to start from. */
void weights_get(struct graph *g, struct arena *a, struct weights *w);
struct str weights_text(struct arena *a, const struct weights *w);
/* From n examples: values of factors, and whether it was an attack. */
void weights_learn(const double (*x)[FACTOR__MAX], const bool *y, size_t n,
    struct arena *a, struct weights *w);

/* ---- triage_facts.c: what is known of an alert ------------------------- */

MUST_CHECK enum rc facts_of_event(struct graph *g, struct arena *a,
    struct plots *s, struct context *c, int64_t ev, struct facts *f);
/* Of an event that is not stored: it has no chain. */
void facts_of_inline(struct graph *g, struct arena *a, const struct context *c,
    const struct event *ev, struct facts *f);

#endif
