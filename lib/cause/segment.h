/* SPDX-License-Identifier: Apache-2.0 */
/* A segment in the making, for label.c, choose.c and segment.c. */
#ifndef CAUSE_SEGMENT_H
#define CAUSE_SEGMENT_H

#include "cause/inner.h"

struct item {
	int64_t ev;
	struct rank rank;
	double strength;
	bool backward, seed, shown;
	int32_t count;
};

struct flow {
	struct build *b;
	struct item *items;
	size_t n, room;
	struct table at;		/* event -> place in items */
	size_t *heap;			/* by rank */
	size_t n_heap, heap_room;
	const struct rank *after;	/* while walking */
	bool full;
	int64_t left_out;
};

/* ---- label.c ------------------------------------------------------------- */

/* The place of an event in items; put there if it was not. */
size_t flow_item(struct flow *f, int64_t ev, const struct rank *r,
    bool *added);
/* Labels flow on from this item. */
void flow_push(struct flow *f, size_t item);
/* Until nothing is left to flow. */
void flow_spread(struct flow *f);

/* ---- choose.c ------------------------------------------------------------ */

/* Items stand in order: mark those that are shown, count the others. */
void flow_choose(struct flow *f, size_t *shown);

#endif
