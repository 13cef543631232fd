/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ingest: bytes -> records -> events -> tags -> links -> store. Reading a body
 * (normalise, tag) needs no store and may run in many threads; committing is
 * one transaction per tenant: events, postings, segments, chains, change log
 * and idempotency rows together, on disk before anybody is answered.
 */
#ifndef INGEST_H
#define INGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/json.h"
#include "norm.h"
#include "rc.h"
#include "ruleset.h"
#include "store.h"
#include "tag.h"

/* ---- reading a body ---------------------------------------------------- */

struct ingest_ref {
	enum kind kind;
	enum role role;
	unsigned flags;
	struct str key, name;
};

struct ingest_item {		/* one place of the input */
	size_t index;
	struct str prefix;	/* JSON Pointer of the place */
	bool refused;
	struct str field, detail;	/* when refused */

	uint8_t content_id[16];	/* of source and bytes alone, see event_id() */
	uint8_t id[16];		/* the tenant's: after commit */
	bool native;		/* the id came from sender or vendor */
	struct rank rank;
	struct str source, type, action, host;
	enum act act;
	enum outcome outcome;
	unsigned flags;
	int severity;
	uint8_t raw_sha256[32];
	struct str raw, extra, columns;
	struct ingest_ref *refs;
	size_t n_refs;
	struct tagging *tags;
	size_t n_tags;
	struct str detector, place;	/* see sighting.h; empty: not counted */

	int64_t ingested_ns;	/* when it came; 0: now */
	int64_t ev_wanted;	/* its number if it is new; 0: the next */
	int64_t ev;		/* after commit */
	bool duplicate;
};

struct ingest_batch {
	struct arena *mem;	/* of the request that waits: outlives the commit */
	struct ingest_item *items;
	size_t n;
	size_t accepted, duplicates, rejected;	/* after commit */
	bool over;		/* not all was read: see ingest_read */
	char ruleset[RULESET_TEXT];	/* what it was read with; empty: unsaid */
	/*
	 * History: the chains that it makes or changes are written, versions
	 * and change log included, but nobody is alerted. Such lines of the log
	 * are of a kind that live and webhooks pass over (CHANGE_HISTORY), also
	 * for a stream that resumes. A transaction is history only if all its
	 * batches are; the committer never mixes them.
	 */
	bool backfill;
	/* Idempotency-Key of the request; empty: none. */
	struct str idem_scope, idem_key;
	uint8_t idem_sha256[32];
	enum rc rc;		/* of this batch; RC_INVALID: key used for other body */
	bool replayed;
	struct idem answer;	/* stored answer, when replayed */
	/* Writes this batch's answer, to be kept for replays. */
	void (*render)(struct ingest_batch *b, struct arena *a, struct idem *out);
};

/* Read a body into items. Text lives in `a` or in the body, nothing of it in the
 * tagger. The doc is used
 * and reused. The fault, if not JSON_OK, makes the whole body a 400. Few bytes
 * can say much: beyond shape->records_max records, or when what is made of
 * them outgrows the body by far, out->over is set and the rest is not read. */
enum json_fault ingest_read(struct arena *a, struct json_doc *doc,
    const struct tagger *tagger, struct str body,
    const struct body_shape *shape, struct ingest_batch *out);

/* The answer of POST /events as JSON (api.md 5). */
void ingest_answer(const struct ingest_batch *b, struct buf *out);

/* ---- committing -------------------------------------------------------- */

/* Per process: what the engine remembers of each tenant between commits.
 * Belongs to the committing thread. */
struct ingest;
struct ingest *ingest_new(struct store *st);
void ingest_free(struct ingest *in);

/* All batches of one tenant in one transaction. On RC_OK every batch has its
 * rc and counts; on RC_BUSY or RC_FAIL nothing was changed. */
MUST_CHECK enum rc ingest_commit(struct ingest *in, int64_t tenant,
    struct ingest_batch **batches, size_t n, int64_t now_ns);

/* Rebuild the segments and chains touching these events (after an unlink); in
 * the caller's transaction. */
MUST_CHECK enum rc ingest_relink(struct ingest *in, struct graph *g,
    int64_t tenant, const int64_t *events, size_t n, int64_t now_ns,
    const char *why);

/* ---- everything anew --------------------------------------------------- */

struct rebuilt {
	size_t events, variants, unlinks, notes;	/* that came over */
	size_t dropped;		/* events left behind */
	size_t chains_before, chains, changed;	/* changed: got a new version */
	char ruleset[RULESET_TEXT];
	char why[256];		/* what stood in the way, unless RC_OK */
};
/*
 * Read every stored record again with today's rules, into a new graph that
 * then takes the place of the tenant's: ids, arrival times, analysts' words,
 * versions and changes stay; a chain that comes out otherwise gets a new
 * version, "rebuilt". Others may read all the time, and write until the last
 * part, which waits for nobody who writes and makes them wait (RC_BUSY). On any
 * failure nothing was changed.
 */
MUST_CHECK enum rc ingest_rebuild(struct store *st, int64_t tenant,
    const struct tagger *t, void (*progress)(void *ctx, size_t done,
    size_t all), void *ctx, struct rebuilt *out);
/*
 * The same, without the events that were stored before `before_ns` and that
 * nothing kept rests on: no version of any chain, no segment, no unlink
 * (store/needed.c). What is left is what taking in the rest alone would give.
 * With nothing to leave behind, nothing is done and out->dropped is 0.
 */
MUST_CHECK enum rc ingest_prune(struct store *st, int64_t tenant,
    const struct tagger *t, int64_t before_ns, void (*progress)(void *ctx,
    size_t done, size_t all), void *ctx, struct rebuilt *out);
/* Is a rebuild due, by what the store says (NULL), or by these rules too? */
MUST_CHECK enum rc ingest_rebuild_due(struct graph *g, const struct tagger *t,
    bool *due);
/* The same, by the text of a ruleset. */
MUST_CHECK enum rc ingest_ruleset_other(struct graph *g, const char *ruleset,
    bool *due);

/* ---- one committer for many waiting requests --------------------------- */

struct committer;
/* Starts the thread, with its own store. most: batches that may wait; cache:
 * bytes, see store_cache. */
MUST_CHECK enum rc committer_start(const char *data, size_t most, size_t cache,
    struct committer **c);
void committer_stop(struct committer *c);	/* finishes what waits */
/* Hand in and wait until it is on disk. RC_BUSY: queue full or store busy. */
MUST_CHECK enum rc committer_put(struct committer *c, int64_t tenant,
    struct ingest_batch *b);
size_t committer_waiting(struct committer *c);
/* The committer tells others how many wait in DATA/run/queue: "WAITING
 * EPOCH_S", at most once a second, and not while nothing happens. */

#endif
