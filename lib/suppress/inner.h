/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of suppress/ share among themselves. */
#ifndef SUPPRESS_INNER_H
#define SUPPRESS_INNER_H

#include "suppress.h"

/* An alert as rules see it. */
struct sign {
	struct str source, type, action, host, host_key;
	struct unit {		/* a detection */
		struct str rule;
		technique technique;
	} units[EVENT_TECHNIQUES_MAX + 1];
	size_t n_units;
	struct thing { enum kind kind; struct str name, key; } *things;
	size_t n_things;
	int64_t t_ns, ingested_ns;
	uint8_t id[16];
};

struct suppress {
	struct graph *g;
	struct arena *a;	/* for the length of one question */
	struct suppression *rules;
	size_t n;
	bool *asleep;		/* rules[i] is not to be asked */
	bool asks_things;	/* some rule names accounts or entities */
};

/* ---- sign.c ------------------------------------------------------------------ */

/* RC_ABSENT: no such event. */
MUST_CHECK enum rc sign_of_event(struct suppress *s, int64_t ev,
    struct sign *out);
void sign_of_inline(struct arena *a, const struct event *ev, struct sign *out);

/* ---- match.c ------------------------------------------------------------------- */

/* Adds to out->by the rules that took part; sets out->yes. */
void sign_covered(const struct suppress *s, const struct sign *sign,
    struct suppressed *out);

/* ---- suppress.c ------------------------------------------------------------------ */

/* Over these rules, whatever their times. */
struct suppress *suppress_over(struct graph *g, struct arena *a,
    struct suppression *rules, size_t n);
/* Also of a chain that was called a true positive. */
MUST_CHECK enum rc chain_covered(struct suppress *s,
    const struct chain_row *row, struct suppressed *out);

#endif
