/* SPDX-License-Identifier: Apache-2.0 */
/* What triage counts, and what it learns from (counter.c). */
#ifndef STORE_COUNTS_H
#define STORE_COUNTS_H

#include "base/clock.h"
#include "store.h"

/*
 * Sums over fixed buckets (detector, place, hour, slot of ten minutes), so that
 * they do not depend on the order of arrival; decay is applied by who reads
 * them. Place 0 is anywhere: there a slot counts the places that saw any.
 */
enum { HOUR_SLOTS = 6 };
int64_t sighted_hour(int64_t t_ns);		/* hours since 1970, rounded down */
int sighted_slot(int64_t t_ns);		/* 0 to HOUR_SLOTS - 1 */

/* This event is one more sighting of the detector (a word) at the place (a
 * word). RC_EXISTS: it was counted before. */
MUST_CHECK enum rc graph_alert_add(struct graph *g, int64_t ev,
    int64_t detector, int64_t place, int64_t t_ns);
/* It is none any more: another record speaks for the event. t_ns: as when it
 * was counted. Harmless if it was not. */
MUST_CHECK enum rc graph_alert_drop(struct graph *g, int64_t ev, int64_t t_ns);
/* As what it was counted; RC_ABSENT: it was not. */
MUST_CHECK enum rc graph_alert_get(struct graph *g, int64_t ev,
    int64_t *detector, int64_t *place);
struct sighted { int64_t detector, hour, n[HOUR_SLOTS]; };
/* Of one detector at one place (0: anywhere), hours up to `until`, in order. */
MUST_CHECK enum rc graph_sightings(struct graph *g, struct arena *a,
    int64_t detector, int64_t place, int64_t until, struct sighted **s,
    size_t *n);
/* Of all detectors at one place (0: anywhere) in these hours, both included,
 * by detector, then hour. */
MUST_CHECK enum rc graph_sightings_near(struct graph *g, struct arena *a,
    int64_t place, int64_t since, int64_t until, struct sighted **s, size_t *n);
/* Which of the n hours from `since` on hold any event. */
MUST_CHECK enum rc graph_hours_watched(struct graph *g, int64_t since,
    size_t n, bool watched[]);
/* Hour of a source's (a word's) first event; RC_ABSENT: there is none. */
MUST_CHECK enum rc graph_source_first(struct graph *g, int64_t source,
    int64_t *hour);
/* Chains closed with a disposition, latest made first; right: true_positive. */
struct judged { uint8_t id[16]; int64_t chain; bool right; };
MUST_CHECK enum rc graph_judged(struct graph *g, struct arena *a, size_t most,
    struct judged **j, size_t *n);
/* What analysts said of chains, for each detector among their seeds, by chain,
 * then detector. */
struct verdict { int64_t chain, detector; struct str disposition; };
MUST_CHECK enum rc graph_verdicts(struct graph *g, struct arena *a,
    struct verdict **v, size_t *n);

#endif
