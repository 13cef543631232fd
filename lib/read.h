/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading: what is stored, told as the JSON of the API (api.md 5 and 6).
 * Nothing here writes to the store. A reader belongs to one thread; its memory
 * is the arena's.
 */
#ifndef READ_H
#define READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/json.h"
#include "base/table.h"
#include "rc.h"
#include "store.h"
#include "suppress.h"

struct told;			/* an event read again, kept */

struct reader {
	struct graph *g;
	struct arena *a;
	struct json_doc *doc;
	struct table known;	/* event -> place in told */
	struct told **told;
	size_t n, room;
	struct suppress *suppress;	/* set by who wants chains marked by it */
};
void reader_init(struct reader *r, struct graph *g, struct arena *a,
    struct json_doc *doc);
void reader_release(struct reader *r);

/* ---- events ------------------------------------------------------------ */

/* By its id's text. RC_ABSENT: no such event, or no id at all. */
MUST_CHECK enum rc read_event_find(struct reader *r, struct str id,
    int64_t *ev);
/* As GET /events/{id} answers it: with raw, entities and edges. */
MUST_CHECK enum rc read_event_whole(struct reader *r, struct jw *w, int64_t ev);

struct event_filter {
	struct str source, type, actor, entity, q;
	struct str native_id;		/* the sender's or vendor's own id; with
					   it nothing else filters */
	technique technique;
	enum grade grade;		/* 0: any */
	bool has_since, has_until;
	int64_t since_ns, until_ns;
	size_t limit;
	bool has_cursor;
	struct rank cursor;
};
/* Writes the array of events; *next is set when there is more. */
MUST_CHECK enum rc read_events(struct reader *r, struct jw *w,
    const struct event_filter *f, struct rank *next, bool *more);
void rank_text(const struct rank *r, char out[2 * RANK_LEN + 1]);
MUST_CHECK bool rank_parse(struct str text, struct rank *r);

/* ---- edges, chains ------------------------------------------------------- */

MUST_CHECK enum rc read_edge(struct reader *r, struct jw *w,
    const struct edge *e);

/* Every edge of the tenant as NDJSON, in the order of the effects: family 1
 * from the postings, links between segments from the chains. */
struct edge_filter {
	bool has_since, has_until;
	int64_t since_ns, until_ns;
	struct str entity, source;
	enum grade grade;		/* least; 0: any */
	size_t limit;			/* 0: all */
};
MUST_CHECK enum rc read_edges(struct reader *r, struct buf *out,
    const struct edge_filter *f);

/* INCLUDE_REFS: each node with its record's digest and its entities, for those
 * who write it in another form; the API does not give it. */
enum { INCLUDE_RAW = 1, INCLUDE_FOLDED = 2, INCLUDE_REFS = 4 };
MUST_CHECK enum rc read_chain(struct reader *r, struct jw *w,
    const struct chain_row *row, struct str requested_id, unsigned include);

/* A line of a list: what stands in the row, how many events and links, where. */
MUST_CHECK enum rc read_chain_brief(struct reader *r, struct jw *w,
    const struct chain_row *row);

struct chain_filter {
	bool has_since, has_until;
	int64_t since_ns, until_ns;
	struct str entity, host, status, assignee;
	technique technique;
	enum grade grade;		/* least */
	double min_score;
	bool has_events;		/* only chains that hold one of these */
	int64_t *events;
	size_t n_events;
	size_t limit;
	bool has_cursor;
	double after_score;
	uint8_t after_id[16];
	enum { SUPPRESSED_ANY, SUPPRESSED_ONLY, SUPPRESSED_NOT } suppressed;
	unsigned include;
	bool brief;			/* each as by read_chain_brief */
};
/* Writes the array of chains, best score first. */
MUST_CHECK enum rc read_chains(struct reader *r, struct jw *w,
    const struct chain_filter *f, bool *more, double *last_score,
    uint8_t last_id[16]);
/* The chain that this id names or ever named. */
MUST_CHECK enum rc read_chain_find(struct reader *r, struct str id,
    struct chain_row *row);

/* ---- entities, coverage --------------------------------------------------- */

MUST_CHECK enum rc read_entities(struct reader *r, struct jw *w, struct str q,
    size_t limit);
/* RC_ABSENT: no entity of that kind and key. */
MUST_CHECK enum rc read_entity(struct reader *r, struct jw *w, struct str kind,
    struct str key);
MUST_CHECK enum rc read_coverage(struct reader *r, struct jw *w);

/* ---- investigations -------------------------------------------------------- */

bool read_investigation_id(struct str text, uint8_t id[16]);	/* "inv_..." */
/* Members "investigation_id" and "created_at"; null for NULL: not kept. */
void read_investigation_head(struct jw *w, const struct investigation *v);
/* The change log's line: an object as of a chain's change, and the id. */
void read_investigation_change(struct jw *w, const struct investigation *v);
struct investigation_filter {
	bool of_chain;
	uint8_t chain[16];
	int64_t before;			/* 0: from the newest */
	size_t limit;
};
/* {"investigations","next_cursor"} */
MUST_CHECK enum rc read_investigations(struct graph *g, struct arena *a,
    struct jw *w, const struct investigation_filter *f);

#endif
