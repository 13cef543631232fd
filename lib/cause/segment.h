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
	bool spread;			/* labels flowed on from it */
	int64_t begun;			/* the creation of its process, which bears
					   a later time; 0: none */
	bool folded;			/* counted on the item `on` */
	size_t on;
	int32_t count;
};

struct flow {
	struct build *b;
	struct item *items;
	size_t n, room;
	struct table at;		/* event -> place in items */
	struct table victims;		/* processes that signs are about */
	size_t *heap;			/* by rank */
	size_t n_heap, heap_room;
	const struct rank *after;	/* while walking */
	int64_t until_ns;		/* labels flow no further */
	const char *cap;		/* the first that cut; NULL: none */
	int64_t cut_at;			/* an event */
	int64_t left_out;
};

/* A cap left this event out. */
static inline void
flow_cut(struct flow *f, const char *why, int64_t ev)
{
	if (f->cap == NULL) {
		f->cap = why;
		f->cut_at = ev;
	}
	f->left_out++;
}

/* ---- label.c ------------------------------------------------------------- */

/* The place of an event in items; put there if it was not. */
size_t flow_item(struct flow *f, int64_t ev, const struct rank *r,
    bool *added);
/* Labels flow on from this item. */
void flow_push(struct flow *f, size_t item);
/* Until nothing is left to flow. */
void flow_spread(struct flow *f);
/* Acts of processes begun here that bear an earlier time than their creation. */
void flow_clocks(struct flow *f);

/* ---- choose.c ------------------------------------------------------------ */

/* Is this an act worth a place of its own among what came of the seeds? */
bool says_something(const struct node *n);
/* Items stand in order: mark those that are shown, count the others. */
void flow_choose(struct flow *f, size_t *shown);
/* Show an item that was hidden: it is counted nowhere else any more. */
void flow_show(struct flow *f, size_t item, size_t *shown);

/* ---- extra.c -------------------------------------------------------------- */

/* The members stand, each with what explains it: put the other links. */
void flow_extras(struct flow *f, struct segment *out);

/* ---- tie.c --------------------------------------------------------------- */

/* Show what joins the parts into which hiding has split what is shown. */
void flow_join(struct flow *f, size_t *shown);
/* Join two sets of a union-find by places; false: they were one already. */
bool tie(size_t *up, size_t a, size_t b);
/* The next process from refs[*i] on in which seeds may meet: it has a strong
 * key, is no hub, acts, starts another or begins here, and no analyst unlinked
 * the event from its creation. NULL: no more. */
const struct ref *meeting_process(struct build *b, const struct node *n,
    size_t *i);
/* The role that the event plays in a process in which it may meet others. */
int role_in_process(struct build *b, const struct node *n, int64_t process);
/* Where an event meets others of the process: a negative number, no event's. */
int64_t meeting_place(struct build *b, const struct node *n,
    const struct ref *r);

#endif
