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
	RULE_THREAD, RULE_ARTIFACT, RULE_ACCOUNT, RULE__MAX
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
	EDGE_AFTER_CLEARED = 2,	/* the host's log was cleared before */
	EDGE_BLIND = 4,		/* recorded while the sensor was tampered with */
	EDGE_BOOT_UNKNOWN = 8,
	EDGE_ASSERTED = 16,	/* as asserted by the sender */
	EDGE_NO_LEASE = 32,	/* five-tuple without proof of the address's owner */
	EDGE_HASHED = 64,	/* same content hash at both ends */
	EDGE_ISSUER_CONFLICT = 128,
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

/* Chains of these seeds (and of no others), best score first, ties by id. */
struct chains { struct chain *c; size_t n; };

#endif
