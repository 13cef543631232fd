/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The causal engine: pure functions from a set of events to edges, segments
 * and chains. It reads the set through struct view (postings in order, nodes
 * by number), so the same code runs over SQLite (ingest) and over plain arrays
 * (the from-scratch builder of the tests). The essay is in cause/link.c
 * (edges) and cause/chain.c (segments, chains).
 */
#ifndef CAUSE_H
#define CAUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "event.h"

/*
 * The order tuple as 22 bytes that memcmp compares: time (8, big endian, sign
 * flipped), phase (1), the source's own sequence number (5, saturating), first
 * 8 bytes of the event id. Nothing of it depends on arrival.
 */
enum { RANK_LEN = 22 };
struct rank { uint8_t b[RANK_LEN]; };
void rank_of(const struct event *ev, struct rank *r);
int rank_cmp(const struct rank *a, const struct rank *b);
int64_t rank_time(const struct rank *r);
/* The first (fill 0) or last (fill 0xff) rank there can be at this time. */
struct rank rank_at(int64_t time_ns, int fill);
/* The source's own sequence number, 0: it gives none. */
uint64_t rank_seq(const struct rank *r);
/* The least rank of the same time and number in this phase. */
struct rank rank_in_phase(const struct rank *r, enum phase phase);

/* A posting slot: the role, with SLOT_MINOR for SUBJ, SESS, CRED and TARGET of
 * EVENT_MINOR events that carry no tag, so that walking what a process did
 * need not pass its ten thousand registry reads. */
enum { SLOT_MINOR = 64 };

struct ref {			/* a stored entref */
	int64_t entity;
	uint8_t kind, role;
	uint8_t flags;		/* REF_* */
};

struct node {			/* a stored event, as the rules need it */
	int64_t ev;
	struct rank rank;
	uint8_t id[16];
	uint8_t act, outcome;
	unsigned flags;		/* EVENT_* */
	int severity;
	int64_t source, host;	/* dictionary number; entity of the host or 0 */
	int64_t type, action;	/* dictionary numbers */
	struct ref *refs;
	size_t n_refs;
	struct node_tag { technique technique; uint8_t level; } *tags;
	size_t n_tags;
};

struct post { int64_t ev; struct rank rank; };

struct view {
	void *ctx;
	/* The node, or NULL if there is none; valid until the view is closed. */
	const struct node *(*node)(void *ctx, int64_t ev);
	/* Smallest rank in (entity, slot) that is after *r (NULL: any). */
	bool (*first_after)(void *ctx, int64_t entity, int slot,
	    const struct rank *r, struct post *out);
	/* Greatest rank in (entity, slot) that is before *r (NULL: any). */
	bool (*last_before)(void *ctx, int64_t entity, int slot,
	    const struct rank *r, struct post *out);
	/* All of (entity, slot) after *r in order, until f says false. */
	void (*walk)(void *ctx, int64_t entity, int slot, const struct rank *r,
	    bool (*f)(void *arg, const struct post *p), void *arg);
	/* How many postings in (entity, slot), but no more than `most`. */
	int (*count)(void *ctx, int64_t entity, int slot, int most);
	/* Distinct carriers (host, source or principal) of an artifact or
	 * account, but no more than `most`. */
	int (*carriers)(void *ctx, int64_t entity, int most);
	/* Did an analyst unlink these two (either order)? */
	bool (*cut)(void *ctx, int64_t a, int64_t b);
};

/* ---- edges ------------------------------------------------------------ */

enum grade { GRADE_INFERRED = 1, GRADE_MIXED, GRADE_PROVABLE };
const char *grade_name(enum grade g);
enum grade grade_of_name(struct str name);	/* 0: no such grade */

enum rule {
	RULE_NONE, RULE_SPAWN, RULE_ACT, RULE_RUN_WRITTEN, RULE_READ_WRITTEN,
	RULE_PIPE, RULE_FLOW, RULE_LOGON_FLOW, RULE_SESSION, RULE_ISSUE_USE,
	RULE_TICKET, RULE_HANDLE, RULE_MADE_ACTS, RULE_FEDERATION, RULE_REMOTE,
	RULE_INJECTED, RULE_ARTIFACT, RULE_ACCOUNT, RULE_MARKED,
	RULE_RUN_MARKED, RULE__MAX
};
/* What rules.tsv says of a rule. */
struct rule_row {
	const char *id;		/* "spawn" */
	const char *number;	/* "P1" */
	int family;		/* 1..4 */
	enum grade grade;	/* the best it can be */
	double strong, weak;	/* confidence as PROVABLE, as anything less */
	bool passes_hub;
	const char *because;	/* sentence, {src} {dst} {id} {how} */
};
const struct rule_row *rule_row(enum rule r);
const char *heuristic_name(int family);	/* explicit artifact progression temporal */

enum {
	EDGE_BOUNDARY = 1,	/* the creation was not seen: first event instead */
	EDGE_ACROSS_CLEARED = 2, /* a log of the host was cleared in between */
	EDGE_BLIND = 4,		/* recorded while the sensor was tampered with */
	EDGE_BOOT_UNKNOWN = 8,
	EDGE_ASSERTED = 16,	/* as asserted by the sender */
	EDGE_NO_LEASE = 32,	/* five-tuple without proof of the address's owner */
	EDGE_HASHED = 64,	/* same content hash at both ends */
	EDGE_ISSUER_CONFLICT = 128, /* two calls issued one credential */
	EDGE_CLOCK = 256,	/* one process, but its creation bears a later
				   time: in chains alone, of no event's in-edges */
};

struct edge {
	int64_t from, to;
	enum rule rule;
	enum grade grade;
	double conf;
	int64_t via;		/* the entity both ends name */
	uint8_t from_role, to_role;	/* its roles there */
	unsigned flags;		/* EDGE_* */
};
enum { EDGES_IN_MAX = 8 };

/* All family-1 in-edges of one event, best of each source, strongest first,
 * at most EDGES_IN_MAX. A pure function of the set. Returns their number. */
size_t cause_in_edges(const struct view *v, const struct node *n,
    struct edge out[EDGES_IN_MAX]);

/* ---- the whole set, from scratch -------------------------------------- */

struct member {
	int64_t ev;
	uint8_t role;		/* enum member_role */
	float strength;
	int32_t count;		/* this event and its repeats, folded into it */
};
enum member_role { MEMBER_ROOT, MEMBER_STEP, MEMBER_SEED, MEMBER_IMPACT,
	MEMBER_CONTEXT };
const char *member_role_name(enum member_role r);

struct factor { const char *name; double points; char because[96]; };
enum { FACTORS_MAX = 8 };

struct truncation { const char *why; int64_t where; int64_t frontier_edges,
	events_not_explored; };

struct chain {
	int64_t first_seed;	/* names the chain */
	uint8_t id[16];
	enum grade grade;
	double score;
	double provable_share;
	int seeds_proven, seeds;
	int64_t root;		/* event */
	int64_t first_ns, last_ns;
	struct member *members;	/* in order of rank */
	size_t n_members;
	struct edge *edges;	/* in order of (to, from, rule) rank */
	size_t n_edges;
	struct edge *related;	/* possibly related: .20 to .35 */
	size_t n_related;
	technique *techniques;	/* sorted */
	size_t n_techniques;
	uint32_t tactics;
	struct factor factors[FACTORS_MAX];
	size_t n_factors;
	struct truncation cut;	/* why NULL: nothing was cut */
};

/* ---- segments: what hangs together by recorded mechanism ---------------- */

/* Is this event a seed: an alert, or tagged at level medium or above? */
bool cause_is_seed(const struct node *n);

/* A work space for one build: in-edges are computed once per event. */
struct build;
struct build *build_new(const struct view *v, struct arena *a);
void build_free(struct build *b);

struct reached {
	int64_t ev;		/* negative: not an event, a process where seeds meet */
	struct rank rank;
	double strength;
	bool context;		/* a hub: shown as the way in, never passed */
	bool upstream;		/* reached through something written or sent: who
				   else used it is not part of the story */
	struct edge edge;	/* towards the seed; rule NONE at the seed itself */
};
struct reach {
	int64_t seed;
	struct reached *at;	/* in order of visit: strongest first */
	size_t n;
	int64_t frontier;	/* edges not followed for lack of budget */
	int64_t older;		/* not followed because they lead too far back */
};
/* Everything that led to the seed by recorded mechanism, strongest first. */
void cause_reach(struct build *b, int64_t seed, struct reach *out);

/* Two reaches belong to one segment when they meet, both at this strength. */
#define MEET_STRENGTH 0.30

/* Number the groups that these reaches form: group[i] of reach i, from 0 up in
 * the order of their first seeds. Returns how many. */
size_t cause_group(struct build *b, const struct reach *r, size_t n,
    size_t *group);

struct seg_art {		/* an artifact or account named by a member */
	int64_t entity;
	uint8_t kind;
	int64_t ev;
	struct rank rank;
	int64_t host, source, principal;
};

/* Between an event of a segment and an earlier one of another segment: with
 * confidence LINK_JOINS or more they are one chain, with less they are possibly
 * related. */
struct seg_link {
	int64_t seg;		/* the earlier one's number; 0: none */
	struct edge edge;
};
#define LINK_JOINS 0.35
#define LINK_SAID 0.20
static inline bool
link_joins(const struct seg_link *l)
{
	return l->seg != 0 && l->edge.conf >= LINK_JOINS;
}

struct segment {
	int64_t seg;		/* number given by the keeper; 0 in the builder */
	int64_t *seeds;		/* in order */
	size_t n_seeds;
	struct rank first;	/* rank of the first seed */
	struct labelled { int64_t ev; double strength; } *labels;
	size_t n_labels;	/* seeds and what led to them, hubs left out */
	struct seg_member {
		int64_t ev;
		struct rank rank;
		uint8_t role;
		float strength;
		int32_t count;	/* this and its repeats */
		struct edge edge;	/* its strongest in-edge inside; rule NONE: none */
	} *members;		/* shown, in order */
	size_t n_members;
	struct edge *extras;	/* beside those: of members tied by no other */
	size_t n_extras;
	struct seg_art *arts;	/* by entity, then rank */
	size_t n_arts;
	struct truncation cut;
};
/* Build one segment from the reaches of its seeds. */
void cause_segment(struct build *b, const struct reach *r, size_t n,
    struct segment *out);

/* The best link of a segment that has been found so far. */
struct candidate {
	struct seg_link link;
	struct rank from;	/* of the event it comes from */
	struct rank first;	/* of the segment it leads to */
};
/* Is there a better link of `to` over shared artifacts towards `from`, which
 * must begin earlier? Then it is put in the place of the best. Whatever order
 * the others are asked in, the best is the same. */
bool cause_link(struct build *b, const struct segment *to,
    const struct segment *from, struct candidate *best);
/* The same over one artifact that both name, `from` being of the segment `seg`
 * whose first seed has the rank `first`. LINK_HOPELESS: nor can anything earlier
 * that names it be better. */
enum link_try { LINK_TAKEN, LINK_PASSED, LINK_HOPELESS };
enum link_try cause_link_over(struct build *b, const struct seg_art *to,
    const struct seg_art *from, int64_t seg, const struct rank *first,
    struct candidate *best);
/* Can an artifact of this kind with so many carriers still link segments? Once
 * no, always no: carriers only grow. */
bool cause_may_link(int kind, int carriers);
enum { DF_MAX = 501 };
enum { CHAIN_SEGMENTS_MAX = 32, RELATED_MAX = 32 };

/* The tree of segments that hang on the first by links that join. */
struct tree {
	const struct segment *segs[CHAIN_SEGMENTS_MAX];
	struct seg_link links[CHAIN_SEGMENTS_MAX];
	size_t n;
	struct edge related[RELATED_MAX];	/* said, and no more */
	size_t n_related;
	int64_t left_links, left_events;	/* of segments without room */
};
/* Put the next segment, in the order of their first seeds: `hangs` tells that
 * the one its link leads to is in the tree, `shown` is its number of members.
 * False: no room, or what it hangs on had none; then its link is told among
 * the related. The first segment is always taken. */
bool tree_add(struct tree *t, const struct segment *s,
    const struct seg_link *link, bool hangs, size_t shown);

/* Make a chain of a tree of segments. False: not enough for a chain (one
 * event, or one weak sign alone). */
bool cause_chain(struct build *b, const struct tree *t, struct chain *out);

/* The id of the chain whose earliest seed has this event id. */
void chain_id_of(const uint8_t seed_id[16], uint8_t out[16]);
enum { CHAIN_ID_TEXT = 30 };
void chain_id_text(const uint8_t id[16], char out[CHAIN_ID_TEXT]);
MUST_CHECK bool chain_id_parse(struct str text, uint8_t id[16]);

/* Stored forms. Unpacked memory lives in the arena; false: cut short. */
void chain_pack(const struct chain *c, struct buf *out);
MUST_CHECK bool chain_unpack(struct arena *a, struct str body,
    struct chain *out);
void segment_pack(const struct segment *s, const struct seg_link *link,
    struct buf *out);
MUST_CHECK bool segment_unpack(struct arena *a, struct str body,
    struct segment *out, struct seg_link *link);

/* Chains, best score first, ties by id. */
struct chains { struct chain *c; size_t n; };

/*
 * The from-scratch builder: all chains of a set, straight from its definition.
 * `seeds` are all seeds of the set, in any order. Slow and plain on purpose;
 * the incremental keeper (ingest/keep.c) is held against it by the tests.
 */
void cause_scratch(const struct view *v, struct arena *a, const int64_t *seeds,
    size_t n, struct chains *out);

/* ---- choke points (cause/choke.c) --------------------------------------- */

/*
 * A chain as a graph to cut: nodes by number, every arc from a smaller number
 * to a greater one (so there are no circles), arcs in the order of their `to`.
 * Beginnings are where it comes in, goals what it came to.
 */
struct cut_graph {
	size_t n;
	const struct cut_arc { size_t from, to; bool proven; } *arcs;
	size_t n_arcs;
	const bool *begins, *goal;
	const int *cost;	/* of taking a node out, 1 or more */
};
/* The node that every recorded way to each node passes last before it; n
 * itself: the ways share nothing; SIZE_MAX: there is no way. */
void choke_dominators(const struct cut_graph *g, size_t *last);
/* Which nodes can be reached from the beginnings when those marked in `gone`
 * (NULL: none) are taken out; over proven arcs alone, if asked. */
void choke_reach(const struct cut_graph *g, const bool *gone, bool proven,
    bool *reached);
/* Goals that can be reached, but not with `gone` taken out; those taken out
 * themselves do not count. lost[i] tells which (NULL: nobody asks). */
size_t choke_lost(const struct cut_graph *g, struct arena *a, const bool *gone,
    bool proven, bool *lost);
/* The cheapest nodes that part all goals from the beginnings, ascending, in
 * the arena; a goal that is itself a beginning or directly taken out counts as
 * parted. */
size_t choke_cut(const struct cut_graph *g, struct arena *a, size_t **nodes);

#endif
