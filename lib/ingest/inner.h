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

/* ---- cover.c ---------------------------------------------------------------- */

/* Count what a record proves once; with times -1 take it back, with 0 its time
 * alone. */
MUST_CHECK enum rc cover(struct graph *g, const struct event_row *row,
    int times);
/* The same of another record under an id that is taken by `had`. */
MUST_CHECK enum rc cover_variant(struct graph *g, const struct event_row *had,
    const struct event_row *row, bool speaks);

/* ---- keep.c: segments and chains kept up to date ------------------------ */

struct keeper;
struct keeper *keeper_new(void);
void keeper_free(struct keeper *k);
/* Forget everything: another process has written. */
void keeper_forget(struct keeper *k);
size_t keeper_bytes(const struct keeper *k);	/* in memory, about */

struct fresh {			/* what a transaction brought */
	int64_t *events;	/* new ones, and those whose record changed */
	size_t n;
	int64_t *carried;	/* entities with a new carrier */
	size_t n_carried;
	uint64_t *left;		/* lists (dep_key) that lost a posting */
	size_t n_left;
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
/* The list in which an event with these flags and so many tags stands by this
 * ref; the store's postings are laid out so. */
uint64_t dep_of(const struct ref *r, unsigned flags, size_t n_tags);
void watch_init(struct watch *w, const struct view *inner);
void watch_release(struct watch *w);
static inline uint64_t
dep_key(int64_t entity, int slot)
{
	return (uint64_t)entity << 7 | (uint64_t)slot;
}

/* ---- memo.c: answers remembered from one transaction to the next ---------- */

struct memo_all;
struct memo {
	const struct view *inner;	/* to be set before each use */
	struct view view;		/* use this one */
	struct memo_all *all;
};
void memo_init(struct memo *m);
void memo_release(struct memo *m);
void memo_forget(struct memo *m);
/* A posting has come into this list, or gone from it. */
void memo_list_changed(struct memo *m, uint64_t dep_key);
/* This event's record is another one now. */
void memo_record_changed(struct memo *m, int64_t ev);
size_t memo_bytes(const struct memo *m);
bool memo_is_empty(const struct memo *m);
/* It takes in no more: time to forget all. */
bool memo_is_full(const struct memo *m);

/* ---- leave.c: what retention leaves behind ---------------------------------- */

struct leave {
	int64_t before_ns;	/* 0: nothing is left */
	struct table needed;	/* events that something kept rests on */
	struct table left;
	size_t at;		/* of leave_undone */
};
void leave_begin(struct leave *l);
void leave_end(struct leave *l);
/* What is needed, as things are now. */
MUST_CHECK enum rc leave_look(struct leave *l, struct graph *g);
/* Is this event left behind? From then on leave_left says so. */
MUST_CHECK enum rc leave_old(struct leave *l, struct graph *g, struct arena *a,
    int64_t ev, bool *left);
bool leave_left(const struct leave *l, int64_t ev);
/* The next that was left and is needed after all; it is left no more. */
bool leave_undone(struct leave *l, int64_t *ev);
/* How many there would be. */
MUST_CHECK enum rc leave_count(struct leave *l, struct graph *g,
    struct arena *a, size_t *n);

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

/* ---- title.c: a chain in one line ---------------------------------------- */

/* A function of the chain alone, in any order of arrival. */
struct str chain_title(struct graph *g, struct arena *a, struct json_doc *doc,
    const struct chain *c);

#endif
