/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Explaining a chain in words, without a model: what happened, why, what to do,
 * what speaks against it. Every sentence is built from facts of the chain and
 * cites the events (or edges, FROM->TO) it rests on; names stand between
 * typographic quotes as the records write them, times in full. So each can be
 * checked by machine, which explain_check does. Same story, same bytes.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/json.h"
#include "event.h"
#include "rc.h"
#include "store.h"
#include "suppress.h"

struct story;			/* a chain with all that can be said of it */
struct findings;		/* what was found out about it */

/* The stored chain of this row; its events are read again. Text lives in a. */
MUST_CHECK enum rc explain_stored(struct graph *g, struct arena *a,
    struct json_doc *doc, const struct chain_row *row, struct story **out);
/* A chain as the API answered it (api.md 6), by nobody confirmed. RC_INVALID:
 * *pointer and *detail say which member is wrong. */
enum { EXPLAIN_NODES_MAX = 5000, EXPLAIN_EDGES_MAX = 40000 };
MUST_CHECK enum rc explain_given(struct arena *a, const struct json *chain,
    struct story **out, struct str *pointer, const char **detail);
/* What the tenant has connected and who owns what: sources, owners map. */
MUST_CHECK enum rc explain_tenant(struct graph *g, struct story *s);
/* The same from texts: source names parted by blanks. */
void explain_surroundings(struct story *s, struct str sources,
    struct str owners);

enum audience { AUDIENCE_ANALYST, AUDIENCE_EXECUTIVE };
/* Of all that its words depend on: the chain's version, sources, owners map,
 * rules and ATT&CK. */
void explain_digest(const struct story *s, uint8_t out[32]);
struct findings *explain_find(struct story *s, enum audience who);

/*
 * Let a model say in short what was found: its sentences are held against what
 * they cite (explain/guard.h) and stand beside the built-in text, of which not
 * a word depends on them. Waits for the model, m->timeout_ms at most: hold no
 * transaction. anonymise: names and addresses leave as pseudonyms. affordable:
 * false, and it is not asked; the answer says so. m->url empty: does nothing.
 */
struct llm;
void explain_reword(struct findings *f, const struct llm *m, bool anonymise,
    bool affordable);

/* Why the model says nothing; NULL: it does, or there is none. */
const char *explain_fallback(const struct findings *f);

/* The answer of POST /ai/investigate. */
void explain_json(struct jw *w, const struct findings *f, double latency_ms);
/* Such an answer, read again, as a page: whole HTML without scripts or anything
 * to fetch, or Markdown. Text of records is no markup in either. */
enum page { PAGE_MARKDOWN, PAGE_HTML };
void explain_page(struct buf *b, struct arena *a, const struct json *answer,
    enum page form);
/* The Markdown page of findings. */
void explain_markdown(struct buf *b, const struct findings *f);
/* Foreign text in Markdown: nothing in it is a heading, link or markup. */
void explain_markdown_text(struct buf *b, struct str s);

/*
 * The machine check: each cite is an event or edge of the story, and the names,
 * times and numbers in each sentence stand in the events it cites; each
 * counterfactual is computed again. Returns the number of faults and writes a
 * line for each.
 */
size_t explain_check(const struct findings *f, struct buf *faults);
/*
 * The same of an answer, from the answer alone: its sentences against its own
 * timeline and links. So it follows that the words say what the listed facts
 * hold; that the facts are those of the records, the chain's own check says.
 * (size_t)-1: it is no investigation, or one cannot be made of it.
 */
size_t explain_check_answer(struct arena *a, const struct json *answer,
    struct buf *faults, size_t *sentences, size_t *cites);
/* How many sentences and cites that check looked at. */
void explain_size(const struct findings *f, size_t *sentences, size_t *cites);

/* ---- the owners map -------------------------------------------------------- */

/*
 * One line an owner: [KIND:]PATTERN OWNER, or as CSV KIND,PATTERN,OWNER; KIND
 * as in entities (host, user, resource ...), * and ? in PATTERN stand for any
 * text and any character, case is ignored, # begins a comment, and of several
 * lines that match the last one counts, as in CODEOWNERS.
 */
enum { OWNERS_MAX = 1 << 20 };
/* False: *line is wrong, *why says how. */
MUST_CHECK bool owners_sound(struct str map, size_t *line, const char **why);
size_t owners_lines(struct str map);
struct owner { struct str owner, pattern; size_t line; };
bool owners_find(struct str map, enum kind kind, struct str name,
    struct owner *o);

/* ---- triage (api.md 7; the essay is in explain/triage.c) ----------------- */

/*
 * A tenant's context list, kept as the graph's TRIAGE_CONTEXT: lines of
 * [KIND:]PATTERN critical | expected | intel 1-99, patterns as in the owners
 * map. False: *line is wrong, *why says how.
 */
#define TRIAGE_CONTEXT "triage_context"
MUST_CHECK bool triage_context_sound(struct str map, size_t *line,
    const char **why);
enum { TRIAGE_ALERTS_MAX = 10000, TRIAGE_FACTORS_MAX = 18 };

struct triage_factor {
	const char *name;
	int64_t points;		/* hundredths, so that sums are exact */
	struct str because;
};

/* One alert: what is asked (above), what is answered (below). */
struct triage_alert {
	struct str alert_id;
	struct str event_id;	/* or */
	struct str chain_id;	/* or */
	const struct event *inlined;	/* tagged; lives as long as the arena */

	int64_t points;		/* hundredths */
	int severity;		/* 0-100, grows with points */
	struct triage_factor *factors;
	size_t n_factors;
	double probability;	/* of an attack; below 0: none is claimed */
	bool known;		/* something to go by was found */
	enum { TRIAGE_OF_CHAIN, TRIAGE_OF_EVENT, TRIAGE_OF_INLINE,
		TRIAGE_OF_NOTHING } from;	/* what it was found in */
	bool has_chain;
	uint8_t chain[16];
	enum grade grade;	/* of the chain */
	double chain_score;
	const char *action;
	struct suppressed suppressed;
	size_t rank;		/* from 1; equals share one */
	/* what repeats folds */
	int64_t t_ns, detector, place;	/* detector 0: folds with nothing */
	size_t row;		/* alert that stands for its repeats */
	size_t repeats;		/* if it is that one: how many others */
};

/*
 * Score all alerts against one tenant's graph, as each stood at its own time,
 * then rank them: order[] lists them, the worst first. An alert's points do
 * not depend on which others are asked about. Ids that nobody knows are scored
 * from nothing. What `s` (NULL: nothing) covers goes behind all else, unless
 * its chain holds something that is not covered. The graph's view is used and
 * reset.
 */
MUST_CHECK enum rc triage_alerts(struct graph *g, struct arena *a,
    struct suppress *s, struct triage_alert *alerts, size_t n, size_t *order);
/*
 * Learn what factors are worth from the tenant's dispositions, once a day and
 * from 50 on. *learnt: text is to be kept as the graph's TRIAGE_WEIGHTS (in a
 * transaction of the caller's; reading and learning take none).
 */
#define TRIAGE_WEIGHTS "triage_weights"
MUST_CHECK enum rc triage_learn(struct graph *g, struct arena *a,
    int64_t now_ns, bool *learnt, struct str *text);
/* Member "learning": what the weights rest on. */
void triage_put_learning(struct jw *w, struct graph *g, struct arena *a);
const char *triage_label(int severity);
/* The members "alerts", "order" and "rows" of the answer, inside an object. */
void triage_put(struct jw *w, const struct suppress *s,
    const struct triage_alert *alerts, size_t n, const size_t *order);

#endif
