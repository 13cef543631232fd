/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of ingest/ share among themselves. */
#ifndef INGEST_INNER_H
#define INGEST_INNER_H

#include "base/table.h"
#include "ingest.h"

/* ---- read.c ---------------------------------------------------------------- */

/* One record as an item; false: *why. */
MUST_CHECK bool ingest_read_one(struct arena *a, struct json_doc *doc,
    const struct tagger *tagger, const struct record *rec,
    struct ingest_item *it, struct refusal *why);

/* ---- rules.c --------------------------------------------------------------- */

/* Remember with which rules this batch was read, in the open transaction. */
MUST_CHECK enum rc ruleset_note(struct graph *g, struct arena *a,
    const struct ingest_batch *b);

/* ---- commit.c -------------------------------------------------------------- */

/* Events and their postings alone, without segments and chains, in a
 * transaction of its own. */
MUST_CHECK enum rc events_commit(struct graph *g, struct ingest_batch *b);

/* ---- keep.c: segments and chains kept up to date ------------------------ */

struct keeper;
struct keeper *keeper_new(void);
void keeper_free(struct keeper *k);
/* Forget everything: another process has written. */
void keeper_forget(struct keeper *k);

struct fresh {			/* what a transaction brought */
	int64_t *events;	/* new ones, and those whose record changed */
	size_t n;
	int64_t *carried;	/* entities with a new carrier */
	size_t n_carried;
	const char *why;	/* "new evidence", "unlinked", "rebuilt" */
	bool arrived;		/* events are new: older ones are late evidence */
	bool history;		/* nobody is to be alerted */
	bool anew;		/* chains' rows were copied without members */
};
/* Bring segments, chains and change log up to date, in the open transaction. */
MUST_CHECK enum rc keeper_update(struct keeper *k, struct graph *g,
    const struct fresh *f, int64_t now_ns);

/* ---- watch.c: which postings a computation has read ---------------------- */

struct watch {
	const struct view *inner;
	struct view view;	/* use this one */
	struct table seen;
	uint64_t *keys;		/* dep_key of what was read, each once */
	size_t n, room;
};
void watch_init(struct watch *w, const struct view *inner);
void watch_release(struct watch *w);
static inline uint64_t
dep_key(int64_t entity, int slot)
{
	return (uint64_t)entity << 7 | (uint64_t)slot;
}

/* ---- tell.c: chains put into the store and the change log ---------------- */

struct teller {
	struct graph *g;
	struct arena *a;
	struct build *b;
	struct json_doc *doc;
	int64_t now_ns;
	const char *why;
	const struct rank *oldest;	/* of the fresh events: late evidence? */
	bool history, anew;	/* as in struct fresh */
};
/* Put the chain's version unless nothing about it has changed. */
MUST_CHECK enum rc tell_chain(struct teller *t, const struct chain *c);
/* This id is no chain any more: merged into `into`, or gone (NULL). */
MUST_CHECK enum rc tell_gone(struct teller *t, const uint8_t id[16],
    const struct chain *into);

#endif
