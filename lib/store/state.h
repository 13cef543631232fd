/* SPDX-License-Identifier: Apache-2.0 */
/* What a store and a graph are made of. Seen inside store/ only. */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include <sys/types.h>

#include "base/buf.h"
#include "store.h"
#include "store/cache.h"
#include "store/engine.h"

enum {
	FOLDER_MODE = 0750,
	FOLDER_TEXT = 32,
	GRAPHS_OPEN_MAX = 8,
	BLOCKS_CACHED = 8,
	RAW_BLOCK_LEN = 64 << 10,	/* a block is closed once this long */
	RAW_RECORD_MOST = 64 << 20,
};

struct store {
	char *data;
	struct db *control, *limits;
	struct db *hooks;	/* NULL: nobody has asked for it yet */
	int sending;		/* lock of the one who sends, else -1 */
	ino_t limits_inode;		/* another one: somebody made it anew */
	struct graph **graph;	/* graphs_most places */
	size_t graphs_most;
	size_t cache;		/* bytes, see store_cache */
	size_t cached;		/* sum over the graphs */
	struct graph *last;	/* that was turned to, or NULL */
	uint64_t tick;
};

/* Where a raw record lies. */
struct place {
	int64_t block, start, size;
};

struct block {			/* an unpacked block */
	int64_t block;		/* 0: free */
	uint64_t used;
	struct buf data;
};

struct raws {
	int64_t block;		/* the one being filled, 0: none */
	struct buf open, packed;
	struct block cached[BLOCKS_CACHED];
	uint64_t tick;
};

struct graph {
	struct db *db;
	int64_t tenant;
	struct store *st;	/* NULL: a rebuild's, which nobody else sees */
	char folder[FOLDER_TEXT];	/* where its file is */
	int lock;		/* of a rebuild, else -1 */
	uint64_t used;		/* for the store's LRU */
	size_t cached;		/* as counted in the store's sum */
	int64_t version;	/* of the database at the last begin */
	int64_t events_added;	/* in the open transaction */
	struct cache words, texts;	/* by text, by number */
	struct cache entities;
	struct cache carriers, counts;	/* pairs; how many an artifact has */
	struct cache nodes;
	int64_t unlinks;	/* how many, -1: not counted yet */
	struct raws raws;
	struct buf refs, tags;	/* scratch of graph_event_add */
	struct view view;
	enum rc trouble;	/* met by the view's calls */
};

/* Forget what was remembered of the dictionaries and nodes. */
void graph_forget(struct graph *g);
/* names: bytes for what is remembered of the dictionaries. */
struct graph *graph_open(struct db *db, int64_t tenant, size_t names);
void graph_close(struct graph *g);
size_t graph_cached(const struct graph *g);	/* bytes of pages and names */
void graph_shed(struct graph *g);	/* gives them back; no transaction */

/* store.c: the file of a tenant's graph in that folder. */
MUST_CHECK enum rc graph_file_open(struct store *st, const char *folder,
    struct db **db);
/* Has a rebuild put another file in this one's place? Then open that. */
enum rc graph_follow(struct graph *g, bool *moved);

size_t store_names(const struct store *st);	/* bytes for one graph's names */

/* control.c */
MUST_CHECK enum rc tenant_folder(struct store *st, int64_t tenant,
    char out[FOLDER_TEXT]);
MUST_CHECK enum rc tenant_folder_set(struct store *st, int64_t tenant,
    const char *folder);

/* raw.c */
void raws_init(struct raws *r);
void raws_release(struct raws *r);
void raws_forget(struct raws *r);	/* the open block and the cached ones */
MUST_CHECK enum rc raws_put(struct graph *g, struct str raw, struct place *at);
void raws_undo(struct graph *g, const struct place *at); /* the last put */
MUST_CHECK enum rc raws_flush(struct graph *g);	/* the open block to disk */
MUST_CHECK enum rc raws_get(struct graph *g, struct arena *a,
    const struct place *at, struct str *raw);

/* view.c */
void view_init(struct graph *g);
void view_drop(struct graph *g, int64_t ev);	/* this node has changed */

/* carrier.c */
int carriers_of(struct graph *g, int64_t entity, int most);
void carriers_none(struct graph *g, int64_t entity);	/* it is new */

/* row.c: the packed columns of an event */
void refs_pack(struct buf *b, const struct ref *refs, size_t n);
MUST_CHECK bool refs_unpack(struct arena *a, struct str s, struct ref **refs,
    size_t *n);
void tags_pack(struct buf *b, const struct event_row *row);
MUST_CHECK bool tags_unpack(struct arena *a, struct str s,
    struct event_row *row);
/* Slot of a ref's posting, or -1: it has none. */
int ref_slot(const struct ref *r, unsigned flags, size_t n_tags);
/* Entity and slot as one number: one comparison where it counts. */
enum { SLOTS = 2 * SLOT_MINOR };
static inline int64_t
part_of(int64_t entity, int slot)
{
	return entity * SLOTS + slot;
}
/* Bodies of the engine: packed with zstd where that pays. */
void body_pack(struct str body, struct buf *out);
MUST_CHECK enum rc body_unpack(struct arena *a, struct str packed,
    struct str *body);

/* A light row from the columns EVENT_LIGHT, in this order, from column 0. */
#define EVENT_LIGHT "ev, id, rank, host, source, type, act, outcome, flags," \
    " severity, ingested, sha256, action"
enum { EVENT_LIGHT_N = 13 };
void event_light(struct query *q, struct event_row *row);

/* hook.c: hooks.db, opened by the first who asks */
MUST_CHECK enum rc hooks_db(struct store *st, struct db **db);

/* limits.c */
MUST_CHECK enum rc limits_open(struct store *st);
/* Before each use of st->limits: open again what somebody has made anew. */
MUST_CHECK enum rc limits_follow(struct store *st);
int64_t limits_key_used(struct store *st, struct str key_id);

/* audit.c: lines on what is wrong with the audit log's hashes */
bool audit_check(struct store *st, struct buf *lines);

#endif
