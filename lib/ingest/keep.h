/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper's memory and its update, for memory.c, keep.c and join.c. */
#ifndef INGEST_KEEP_H
#define INGEST_KEEP_H

#include "ingest/inner.h"

struct kchain;

/* One malloc with its artifacts and dependencies behind it: there may be
 * hundreds of thousands. */
struct kseg {
	int64_t seg;
	struct kchain *chain;	/* NULL: alone and no chain */
	struct seg_link link;
	const struct seg_art *arts;	/* by entity, then rank */
	const uint64_t *deps;
	uint32_t n_arts, n_deps;
	uint32_t shown;		/* members */
	struct rank first;	/* of its first seed */
	bool affected, gone;
	bool unsaved;		/* its row says another link */
};

struct kchain {			/* a tree of segments */
	uint8_t id[16];
	bool live;		/* stored as a chain */
	struct kseg **segs;
	size_t n, room;
	bool touched;
};

/* Segments by a posting list that they have read (dep_key). */
struct bag { uint64_t key; struct kseg **seg; size_t n, room; };
struct index {
	struct table at;
	struct bag *bags;
	size_t n, room;
};

/* Segments by an artifact that they name: share.c. */
struct held { struct kseg *seg; const struct seg_art *art; };
struct lane {			/* those that saw it in one place */
	int64_t host, source, principal;
	struct held *at;	/* in order of rank */
	size_t n, room;
};
struct holders {
	int64_t entity;
	struct lane *lanes;
	size_t n, room;
	size_t segs;		/* that name it */
	bool popular;		/* links nobody any more, has no lanes */
};
struct shared {
	struct table at;	/* entity -> place in all */
	struct holders *all;
	size_t n, room;
};

struct keeper {
	bool loaded;
	struct table segs;	/* number -> place in all */
	struct kseg **all;
	size_t n, room;
	struct index deps;
	struct shared arts;
	struct memo memo;	/* for big segments alone */
	int idle;		/* updates since it was of use */
	size_t bytes;		/* of segments, about */
	struct json_doc *doc;
};

/* ---- memory.c ------------------------------------------------------------ */

/* Who depends on this list; NULL: nobody. Good until a segment comes or goes. */
struct bag *bag_of(const struct index *x, uint64_t key);
/* NULL: no such segment (any more). */
struct kseg *kseg_get(struct keeper *k, int64_t seg);
struct kseg *kseg_add(struct keeper *k, int64_t seg, const struct segment *s,
    const uint64_t *deps, size_t n_deps);
size_t kseg_bytes(const struct kseg *x);
/* Take a segment out of every index; it is freed at the end of the update. */
void kseg_drop(struct keeper *k, struct kseg *x);
void kchain_add(struct kchain *c, struct kseg *s);
void kchain_free(struct kchain *c);
/* The first segment of the chain that this one's links lead to. */
struct kseg *top_of(struct keeper *k, struct kseg *s);
/* Read everything back from the segments' rows. */
MUST_CHECK enum rc keeper_load(struct keeper *k, struct graph *g);

/* ---- share.c -------------------------------------------------------------- */

/* Who names this; NULL: nobody. Good until a segment comes or goes. */
struct holders *holders_of(struct shared *s, int64_t entity);
/* It links nobody any more. */
void holders_give_up(struct holders *h);
bool lane_is_of(const struct lane *l, const struct seg_art *art);
/* How many of the lane are before this rank; the first that is after it. */
size_t lane_before(const struct lane *l, const struct rank *r);
size_t lane_after(const struct lane *l, const struct rank *r);
void shared_add(struct shared *s, struct kseg *seg);
void shared_drop(struct shared *s, const struct kseg *seg);
void shared_release(struct shared *s);

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
/* This thing has a new carrier, so links over it are worth less: they are
 * chosen again. Who holds to another thing had the better one already. */
void affect_linked_by(struct update *u, int64_t entity);
/* Step 4, and the chains of step 5. */
void choose_links(struct update *u);
void make_chains(struct update *u);

#endif
