/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper's memory and its update, for memory.c, keep.c and join.c. */
#ifndef INGEST_KEEP_H
#define INGEST_KEEP_H

#include "ingest/inner.h"

struct kchain;

struct kseg {
	int64_t seg;
	struct segment s;	/* arts and first only; memory of its own */
	size_t shown;		/* members */
	struct seg_link link;
	struct seg_link stored;	/* as its row says */
	uint64_t *deps;
	size_t n_deps;
	struct kchain *chain;	/* NULL: alone and no chain */
	bool affected, gone;
};

struct kchain {			/* a tree of segments */
	uint8_t id[16];
	bool live;		/* stored as a chain */
	struct kseg **segs;
	size_t n, room;
	bool touched;
};

/* Lists of segments by a 64-bit key (a dependency, an artifact). */
struct bag { struct kseg **seg; size_t n, room; bool popular; };
struct index {
	struct table at;
	struct bag *bags;
	size_t n, room;
};

struct keeper {
	bool loaded;
	struct table segs;	/* number -> place in all */
	struct kseg **all;
	size_t n, room;
	struct index deps, arts;
	struct memo memo;	/* for big segments alone */
	int idle;		/* updates since it was of use */
	struct json_doc *doc;
};

/* ---- memory.c ------------------------------------------------------------ */

/* The list under a key; NULL if there is none and it is not to be made. */
struct bag *bag_of(struct index *x, uint64_t key, bool make);
/* NULL: no such segment (any more). */
struct kseg *kseg_get(struct keeper *k, int64_t seg);
struct kseg *kseg_add(struct keeper *k, int64_t seg, const struct segment *s,
    const uint64_t *deps, size_t n_deps);
/* Take a segment out of every index; it is freed at the end of the update. */
void kseg_drop(struct keeper *k, struct kseg *x);
void kseg_free(struct kseg *x);
void kchain_add(struct kchain *c, struct kseg *s);
void kchain_free(struct kchain *c);
/* The first segment of the chain that this one's links lead to. */
struct kseg *top_of(struct keeper *k, struct kseg *s);
/* Read everything back from the segments' rows. */
MUST_CHECK enum rc keeper_load(struct keeper *k, struct graph *g);

/* ---- keep.c and join.c ---------------------------------------------------- */

struct update {
	struct keeper *k;
	struct graph *g;
	struct arena *a;
	const struct fresh *f;
	int64_t now_ns;
	enum rc rc;
	const struct view *v;		/* the graph's, or the memo over it */
	struct build *b;		/* not watched, for links and chains */
	int64_t *seeds;			/* to be walked back */
	size_t n_seeds, seeds_room;
	struct table in_seeds;
	struct kseg **dropped;
	size_t n_dropped, dropped_room;
	struct kseg **made;
	size_t n_made, made_room;
	struct kseg **affected;
	size_t n_affected, affected_room;
	struct kseg **offered;		/* took up a better link */
	size_t n_offered, offered_room;
	struct kchain **chains;		/* touched, to be made again */
	size_t n_chains, chains_room;
	struct rank oldest;		/* of the fresh events */
};

/* A chain that this update concerns is made again. */
void chain_touch(struct update *u, struct kchain *c);
/* A segment must choose its link again. */
void affect(struct update *u, struct kseg *s);
/* This segment is gone: those whose link led to it choose again. */
void affect_followers(struct update *u, const struct kseg *s);
/* Step 4, and the chains of step 5. */
void choose_links(struct update *u);
void make_chains(struct update *u);

#endif
