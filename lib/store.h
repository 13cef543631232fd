/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: one control.db, one limits.db and one graph.db per tenant, all
 * SQLite in WAL mode, behind domain verbs. No SQL, no sqlite3 type and no
 * transaction detail leaks out of store/.
 *
 * Rules: a struct store (and what hangs on it) belongs to one thread. Reads
 * are short and autocommit unless a transaction is open. RC_BUSY means locked
 * for longer than the patience (5 s) or disk full: nothing was changed. Text
 * and blobs that come out live in the arena given.
 */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"
#include "cause.h"
#include "event.h"
#include "rc.h"

struct store;
struct graph;

/* Open DATA (made with mode 0750 when `create`). As root, first take on the
 * folder's owner. RC_ABSENT: no store there and not create. */
MUST_CHECK enum rc store_open(const char *data, bool create, struct store **st);
void store_close(struct store *st);
/* Bytes that the graphs opened from now on may cache in all (64 MiB unless
 * said). What is found never depends on it. */
void store_cache(struct store *st, size_t bytes);
size_t store_cache_most(const struct store *st);
/* As root, become the owner of DATA if it is there, before anything is made in
 * it that the responders must be able to open. */
MUST_CHECK enum rc store_owner(const char *data);
/* Free bytes on the disk that holds DATA. */
int64_t store_disk_free(struct store *st);
/* Integrity of all files: RC_OK, or RC_FAIL with lines of what is wrong. */
MUST_CHECK enum rc store_doctor(struct store *st, struct buf *lines);

/* ---- tenants, keys ---------------------------------------------------- */

struct tenant {
	int64_t id;
	struct str name, folder, plan;
	int64_t rate;			/* requests a minute, 0 = unlimited */
	int64_t retention_days, created_ns;
};
MUST_CHECK enum rc store_tenant_add(struct store *st, struct arena *a,
    struct str name, struct str plan, int64_t rate, struct tenant *t);
MUST_CHECK enum rc store_tenant_named(struct store *st, struct arena *a,
    struct str name, struct tenant *t);
MUST_CHECK enum rc store_tenant_get(struct store *st, struct arena *a,
    int64_t id, struct tenant *t);
MUST_CHECK enum rc store_tenants(struct store *st, struct arena *a,
    struct tenant **t, size_t *n);

struct key_row {
	struct str key_id;		/* 8 characters */
	int64_t tenant;
	struct str name;
	uint32_t scopes;
	uint8_t hash[32];		/* SHA-256 of the whole key text */
	int64_t created_ns, expires_ns, last_used_ns;	/* 0: never */
	int64_t revoked_ns;
	struct str addresses;		/* CIDRs, comma-separated; empty: all */
	struct str successor;		/* key id */
	int64_t rate;			/* of the tenant */
	struct str tenant_name;
};
MUST_CHECK enum rc store_key_add(struct store *st, const struct key_row *k);
MUST_CHECK enum rc store_key_get(struct store *st, struct arena *a,
    struct str key_id, struct key_row *k);
MUST_CHECK enum rc store_keys(struct store *st, struct arena *a, int64_t tenant,
    struct key_row **k, size_t *n);
MUST_CHECK enum rc store_key_revoke(struct store *st, struct str key_id,
    int64_t now_ns);
/* Names the successor and ends the old key at `expires_ns` (never later than
 * it would have). */
MUST_CHECK enum rc store_key_rotated(struct store *st, struct str key_id,
    struct str successor, int64_t expires_ns);
/* Remember the use, at most once a minute per key (kept in limits.db). */
void store_key_used(struct store *st, struct str key_id, int64_t now_ns);

/* One line of the hash-chained audit log. */
MUST_CHECK enum rc store_audit(struct store *st, int64_t now_ns, struct str who,
    int64_t tenant, struct str what, struct str detail);

/* ---- rate buckets ----------------------------------------------------- */

struct bucket {
	int64_t limit;			/* capacity = rate a minute */
	int64_t remaining;		/* whole requests left */
	int64_t full_at_s;		/* epoch second at which it is full again */
	int64_t full_in_s;		/* the same as seconds left, rounded up */
	int64_t retry_s;		/* when taken is false: whole seconds >= 1 */
	bool taken;
};
/* Take `cost` (0 or 1) from the bucket `name` of `rate` a minute that refills
 * steadily; exact over all processes. Damaged limits.db is made anew. */
MUST_CHECK enum rc store_bucket(struct store *st, struct str name, int64_t rate,
    int cost, int64_t now_ns, struct bucket *b);

/* ---- one tenant's graph ------------------------------------------------ */

/* From the store's small LRU of open files; made with its schema if absent. */
MUST_CHECK enum rc store_graph(struct store *st, int64_t tenant,
    struct graph **g);

/* BEGIN IMMEDIATE. *foreign: another connection has written since this one's
 * last transaction, so caches over this graph must be dropped. */
MUST_CHECK enum rc graph_begin(struct graph *g, bool *foreign);
MUST_CHECK enum rc graph_commit(struct graph *g);	/* on disk on RC_OK */
void graph_rollback(struct graph *g);
/* Between these all that is read is of one moment, whatever others write, and
 * reading row by row costs less. Not within graph_begin; nothing is written. */
MUST_CHECK enum rc graph_look(struct graph *g);
MUST_CHECK enum rc graph_look_end(struct graph *g);
/* Move the WAL into the file, when idle: never on a request's time. */
void graph_checkpoint(struct graph *g);
/* Changes whenever another connection commits (PRAGMA data_version). */
int64_t graph_data_version(struct graph *g);

/* Small facts: "events" (how many; kept here by graph_event_add, never set it),
 * "ruleset" (of the rules that its events were read with), "ruleset_other" (of
 * others that read some of them since) ... 0 / empty if unset. */
int64_t graph_number(struct graph *g, const char *name);
MUST_CHECK enum rc graph_set_number(struct graph *g, const char *name,
    int64_t n);
struct str graph_text(struct graph *g, struct arena *a, const char *name);
MUST_CHECK enum rc graph_set_text(struct graph *g, const char *name,
    struct str text);

/* Dictionary of words that repeat (sources, event types, actions, clocks). */
MUST_CHECK enum rc graph_word(struct graph *g, struct str word, int64_t *id);
struct str graph_word_text(struct graph *g, struct arena *a, int64_t id);
int64_t graph_word_find(struct graph *g, struct str word);	/* 0: none */

/* ---- events ----------------------------------------------------------- */

/* Entities are interned by (kind, key); *added tells a new one. Of all names
 * ever given the smallest in byte order is kept, so arrival does not matter. */
MUST_CHECK enum rc graph_entity(struct graph *g, enum kind kind, struct str key,
    struct str name, int64_t *id, bool *added);
struct entity {
	int64_t id;
	enum kind kind;
	struct str key, name;
	char ref[31];	/* "ent_" + 26 base32 of the first 16 bytes of SHA-256(kind, key) */
};
MUST_CHECK enum rc graph_entity_get(struct graph *g, struct arena *a,
    int64_t id, struct entity *e);
/* By `ent_…` reference. */
MUST_CHECK enum rc graph_entity_by_ref(struct graph *g, struct arena *a,
    struct str ref, struct entity *e);
void entity_ref_text(enum kind kind, struct str key, char out[31]);
/* Entities whose name (the key, if they have none) equals text, ASCII case
 * ignored, or, with `prefix`, begins with it; and those whose key is text as it
 * is or in lower case. At most `most`, by id. */
MUST_CHECK enum rc graph_entities_named(struct graph *g, struct arena *a,
    struct str text, bool prefix, size_t most, struct entity **e, size_t *n);

/* RC_OK and its number, or RC_ABSENT. */
MUST_CHECK enum rc graph_event_find(struct graph *g, const uint8_t id[16],
    int64_t *ev);

/* What is stored of an event beside its raw bytes. */
struct event_row {
	int64_t ev;
	uint8_t id[16];
	struct rank rank;
	int64_t source, type, action, host;	/* words; host: entity or 0 */
	uint8_t act, outcome;
	unsigned flags;
	int severity;
	uint8_t raw_sha256[32];
	int64_t ingested_ns;
	struct ref *refs; size_t n_refs;
	struct node_tag *tags; size_t n_tags;
	int64_t tag_rule[EVENT_TECHNIQUES_MAX];	/* word of the rule id, 0: sender's */
	struct str extra;		/* outer members, JSON */
	struct str columns;		/* Zeek TSV column line */
};
/* Adds row, raw bytes and postings; row->ev is set if it was 0. Raw bytes of one
 * transaction are packed together into compressed blocks. */
MUST_CHECK enum rc graph_event_add(struct graph *g, struct event_row *row,
    struct str raw);
/* Another record under the same sender's id: kept as a variant. Returns with
 * *speaks telling whether its digest is now the smallest; then the event's
 * row, postings and raw are replaced by those of `row`. */
MUST_CHECK enum rc graph_event_variant(struct graph *g, int64_t ev,
    struct event_row *row, struct str raw, bool *speaks);
MUST_CHECK enum rc graph_event_get(struct graph *g, struct arena *a, int64_t ev,
    struct event_row *row);
MUST_CHECK enum rc graph_event_raw(struct graph *g, struct arena *a, int64_t ev,
    struct str *raw);

/* A carrier of an artifact: one of host, source, principal. Returns whether it
 * is a new pair in *added. Stops counting beyond 500 (then never added). */
enum carrier { CARRIER_HOST = 1, CARRIER_SOURCE, CARRIER_PRINCIPAL };
MUST_CHECK enum rc graph_carrier(struct graph *g, int64_t entity,
    enum carrier kind, int64_t carrier, bool *added);

/*
 * Events, newest first (rank descending), one driving index chosen by what is
 * given: entity (postings), technique (tags) or time. Starts after `cursor`
 * (a rank) if given. Gives light rows (no refs, no tags) until f says false
 * (that row counts as taken) or `scan_max` rows (0: no bound) were looked at;
 * *last is the rank of the last row looked at (the cursor if none was), *done
 * whether the index came to its end.
 */
struct event_query {
	const int64_t *entity; size_t n_entity;	/* any of these */
	technique technique;			/* exact; 0: any */
	int64_t source, type, host;		/* words; host: entity; 0: any */
	bool has_since, has_until;
	int64_t since_ns, until_ns;		/* since <= t <= until */
	const struct rank *cursor;
	size_t scan_max;
	bool oldest_first;
};
MUST_CHECK enum rc graph_events(struct graph *g, const struct event_query *q,
    bool (*f)(void *ctx, const struct event_row *row), void *ctx,
    struct rank *last, bool *done);

/* The view that cause reads through. Nodes are cached until graph_view_reset
 * (call it when the set changed or at the end of a request). */
const struct view *graph_view(struct graph *g);
void graph_view_reset(struct graph *g);
/* RC_OK, or what a call of the view failed with since the last reset (it then
 * answered "nothing"). In a transaction graph_commit fails as well. */
MUST_CHECK enum rc graph_view_trouble(struct graph *g);

/* ---- analysts' words --------------------------------------------------- */

MUST_CHECK enum rc graph_unlink_add(struct graph *g, int64_t a, int64_t b,
    struct str who, int64_t now_ns);

/* ---- segments (see cause/chain.c): opaque bodies kept for the engine ---- */

struct segment_row {
	int64_t seg;		/* 0: to be given; numbers are never reused */
	struct str body;	/* the engine's */
	struct str deps;	/* (entity, slot) pairs, the engine's */
	int64_t updated;	/* change counter, given by graph_segment_put */
};
MUST_CHECK enum rc graph_segment_put(struct graph *g, struct segment_row *s);
MUST_CHECK enum rc graph_segment_get(struct graph *g, struct arena *a,
    int64_t seg, struct segment_row *s);
/* With its artifacts, not its labels (graph_labels_drop). */
MUST_CHECK enum rc graph_segment_drop(struct graph *g, int64_t seg);
/* Every segment in order of number: number and deps only. */
MUST_CHECK enum rc graph_segments(struct graph *g, int64_t updated_after,
    bool (*f)(void *ctx, int64_t seg, struct str deps, int64_t updated),
    void *ctx);
/* Which segment an event is labelled with, as what. */
MUST_CHECK enum rc graph_label_put(struct graph *g, int64_t ev, int64_t seg,
    bool seed, double strength);
MUST_CHECK enum rc graph_label_get(struct graph *g, int64_t ev, int64_t *seg,
    bool *seed, double *strength);
MUST_CHECK enum rc graph_labels_drop(struct graph *g, int64_t seg);

/* ---- chains ------------------------------------------------------------ */

struct chain_row {
	uint8_t id[16];
	int64_t first_seed;		/* event */
	int64_t version;		/* 0 before the first put */
	enum grade grade;
	double score, provable_share;
	int seeds, seeds_proven;
	int64_t root, first_ns, last_ns;
	uint32_t tactics;
	struct str title;
	struct str techniques;		/* "T1003.001 T1059.001" */
	struct str body;		/* packed members and edges, the engine's */
	struct str status, assignee, ticket;	/* of analysts */
	struct str disposition;
	int64_t updated_ns;
	bool live;			/* false: retired or merged away */
};
/* Put the chain's next version: members is the list of its events, entities
 * the entities it is found by. Former rows of the chain are replaced, the old
 * version goes to the history with `change` ("created", "late evidence") and
 * `diff` (JSON). row->version is set. */
MUST_CHECK enum rc graph_chain_put(struct graph *g, struct chain_row *row,
    const int64_t *members, size_t n_members, const int64_t *entities,
    size_t n_entities, struct str change, struct str diff, int64_t now_ns);
/* No longer a chain of its own. */
MUST_CHECK enum rc graph_chain_retire(struct graph *g, const uint8_t id[16],
    struct str change, struct str diff, int64_t now_ns);
MUST_CHECK enum rc graph_chain_get(struct graph *g, struct arena *a,
    const uint8_t id[16], struct chain_row *row);
/* A former version: body, grade, score, title and times are of then. */
MUST_CHECK enum rc graph_chain_version(struct graph *g, struct arena *a,
    const uint8_t id[16], int64_t version, struct chain_row *row);
struct chain_change {
	int64_t version, at_ns;
	struct str change, diff;
	enum grade grade;
	double score;
};
MUST_CHECK enum rc graph_chain_history(struct graph *g, struct arena *a,
    const uint8_t id[16], struct chain_change **c, size_t *n);
/* The live chain that holds this event, RC_ABSENT if none. */
MUST_CHECK enum rc graph_chain_of_event(struct graph *g, int64_t ev,
    uint8_t id[16]);
MUST_CHECK enum rc graph_chains_of_entity(struct graph *g, struct arena *a,
    int64_t entity, uint8_t (**ids)[16], size_t *n);
/* The seed that a chain id was ever derived from: any id once given out. */
MUST_CHECK enum rc graph_chain_seed(struct graph *g, const uint8_t id[16],
    int64_t *seed);
/* Live chains, best score first, then by id, after (score, id) if given;
 * rows without body. */
MUST_CHECK enum rc graph_chains(struct graph *g, struct arena *a,
    const double *after_score, const uint8_t *after_id,
    bool (*f)(void *ctx, const struct chain_row *row), void *ctx);

struct chain_note { int64_t at_ns; struct str who, what, text; };
/* what = status, assignee, ticket, note or disposition, else RC_INVALID. */
MUST_CHECK enum rc graph_chain_say(struct graph *g, const uint8_t id[16],
    struct str who, struct str what, struct str text, int64_t now_ns);
MUST_CHECK enum rc graph_chain_notes(struct graph *g, struct arena *a,
    const uint8_t id[16], struct chain_note **notes, size_t *n);

/* ---- the change log, which live and webhooks read ---------------------- */

/* `data` is the whole one-line JSON that goes on the wire. */
MUST_CHECK enum rc graph_change_add(struct graph *g, const char *kind,
    const uint8_t chain_id[16], struct str data, int64_t now_ns);
struct change { int64_t seq; struct str kind, data; };
/* A kind that begins so is told to nobody: history that was brought later. It
 * stands in the log, and has its number, for those who look for it there. */
#define CHANGE_HISTORY "history."
static inline bool
change_is_history(const struct change *c)
{
	return str_starts(c->kind, CHANGE_HISTORY);
}
/* Changes with seq > after, in order, at most `most`. */
MUST_CHECK enum rc graph_changes(struct graph *g, struct arena *a,
    int64_t after, size_t most, struct change **c, size_t *n);
/* The next number given out is greater than this: numbers of a store that was
 * put back must not be those that were given out after it had been copied. */
MUST_CHECK enum rc graph_change_skip(struct graph *g, int64_t seq);
/* Oldest still kept and newest given out; both 0 if none ever. Sequence
 * numbers are never given twice: the first is the clock's, in milliseconds. */
MUST_CHECK enum rc graph_change_range(struct graph *g, int64_t *oldest,
    int64_t *newest);

/* ---- idempotency ------------------------------------------------------- */

struct idem {
	uint8_t body_sha256[32];
	int status;
	struct str content_type, body;
};
/* RC_ABSENT: never seen within 24 h of now. `scope` is method and path. */
MUST_CHECK enum rc graph_idem_get(struct graph *g, struct arena *a,
    struct str scope, struct str key, int64_t now_ns, struct idem *i);
/* RC_EXISTS: a live answer is there already, nothing was changed. */
MUST_CHECK enum rc graph_idem_put(struct graph *g, struct str scope,
    struct str key, int64_t now_ns, const struct idem *i);

/* ---- investigations ----------------------------------------------------- */
struct investigation {			/* one as it was answered */
	uint8_t id[16], chain[16];
	int64_t version, at_ns, seq;
	struct str who, audience, title, model, fallback, body;
	enum grade grade;
	double score;		/* body: JSON, empty in lists */
};
enum { INVESTIGATION_MAX = 64 << 20 };	/* bytes of a body */
/* In the open transaction. RC_EXISTS: it is there. */
MUST_CHECK enum rc graph_investigation_add(struct graph *g, const struct investigation *t);
MUST_CHECK enum rc graph_investigation_get(struct graph *g, struct arena *a,
    const uint8_t id[16], struct investigation *t);
/* Newest first, of one chain (NULL: all), seq below `before` (0: any). */
MUST_CHECK enum rc graph_investigation_list(struct graph *g, struct arena *a,
    const uint8_t *chain, int64_t before, size_t most, struct investigation **t,
    size_t *n);

/* ---- coverage ---------------------------------------------------------- */

/* Per host and source: events, and of them with strong process, session,
 * token ids; first and last time, longest lag. Kept at ingest as sums. */
struct coverage {
	int64_t host, source;
	int64_t events, strong_process, strong_session, strong_token,
	    weak_process, first_ns, last_ns, lag_ms;
};
MUST_CHECK enum rc graph_coverage_add(struct graph *g,
    const struct coverage *delta);
MUST_CHECK enum rc graph_coverage(struct graph *g, struct arena *a,
    struct coverage **c, size_t *n);

/* ---- figures for monitors ------------------------------------------------ */

/* Events that were counted when they were taken and are not there any more.
 * Counts every row, so it takes a second for ten million. */
MUST_CHECK enum rc graph_events_lost(struct graph *g, int64_t *lost);
/* Live chains of each grade; [0] is nothing's. */
MUST_CHECK enum rc graph_chains_by_grade(struct graph *g,
    int64_t by_grade[GRADE_PROVABLE + 1]);

/* ---- a graph made anew (store/anew.c, store/copy.c, for rebuild) -------- */

/*
 * An empty graph for the tenant, in a folder of its own that nobody else knows.
 * What a rebuild that never ended has left is removed. RC_BUSY: another one is
 * under way. Ends in store_graph_replace or store_graph_discard.
 */
MUST_CHECK enum rc store_graph_anew(struct store *st, int64_t tenant,
    struct graph **fresh);
void store_graph_discard(struct store *st, struct graph *fresh);
/*
 * Put it in the place of `old`, whose write transaction must be open: whoever
 * waits for that lock then finds the new file by himself (graph_begin), and
 * who reads does so with his next store_graph. All or nothing; `fresh` must be
 * committed. Afterwards `old` is the new file, and `fresh` is gone.
 */
MUST_CHECK enum rc store_graph_replace(struct store *st, struct graph *old,
    struct graph *fresh);

/* The first event with a greater number; RC_ABSENT: there is none. */
MUST_CHECK enum rc graph_event_next(struct graph *g, int64_t after,
    int64_t *ev);
/* Of those, the first that has variants. */
MUST_CHECK enum rc graph_variant_next(struct graph *g, int64_t after,
    int64_t *ev);
/* Every event that may be a seed: tagged, an alert, or of some severity. */
MUST_CHECK enum rc graph_events_marked(struct graph *g, struct arena *a,
    int64_t **ev, size_t *n);
/* What is no function of the events: unlinks, variants, chains with all that was
 * said of them, changes, kept answers, small facts that `to` has not. In both
 * graphs' open transactions; events have the same numbers. Variants of events
 * that `to` does not hold are left. Not who is in a chain: graph_chain_body. */
MUST_CHECK enum rc graph_copy(struct graph *to, struct graph *from,
    int64_t *left);
struct table;	/* gets every event that something kept rests on (needed.c) */
MUST_CHECK enum rc graph_events_needed(struct graph *g, struct table *keep);
/* Without a new version: its body, and who is in it. */
MUST_CHECK enum rc graph_chain_body(struct graph *g, const uint8_t id[16],
    struct str body);
MUST_CHECK enum rc graph_chain_relist(struct graph *g, const uint8_t id[16],
    const int64_t *members, size_t n_members, const int64_t *entities,
    size_t n_entities);
/* Live chains without members, after graph_copy: those that nothing has said
 * anything of since. */
MUST_CHECK enum rc graph_chains_empty(struct graph *g, struct arena *a,
    struct chain_row **rows, size_t *n);
/* Rows of what must come over whole, in one order: events, variants, unlinks,
 * chains, versions, notes, changes. */
enum { GRAPH_COUNTS = 7 };
MUST_CHECK enum rc graph_counts(struct graph *g, int64_t out[GRAPH_COUNTS]);

#endif
