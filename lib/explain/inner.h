/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of explain/ share among themselves. */
#ifndef EXPLAIN_INNER_H
#define EXPLAIN_INNER_H

#include "cause.h"
#include "explain.h"

/* ---- the story: facts --------------------------------------------------- */

struct who {			/* an entity named by a step */
	enum kind kind;
	enum role role;
	unsigned flags;
	struct str name;
};

struct mark {			/* an ATT&CK technique on a step */
	technique technique;
	int level;
	struct str rule;	/* its id; empty: said by the sender */
};

struct step {			/* an event of the chain */
	struct str id;
	int64_t time_ns;
	struct str source, type, actor, action, target, host;
	enum act act;
	enum outcome outcome;
	unsigned flags;
	enum member_role role;
	int32_t count;		/* with its repeats */
	struct mark *marks;
	size_t n_marks;
	struct who *who;
	size_t n_who;
};

struct tie {			/* an edge of the chain, by places of steps */
	size_t from, to;
	enum rule rule;
	int family;
	enum grade grade;
	double conf;
	unsigned flags;
	struct str rule_id;
};

struct story {
	struct arena *a;
	struct str chain_id;
	int64_t version;
	enum grade grade;
	double score;
	struct step *step;
	size_t n;
	struct tie *tie;	/* in the order of `to` */
	size_t n_ties;
	size_t root;
	struct str cut;		/* why the chain is not whole; empty: it is */
	bool given;		/* told by the caller, not by the store */
	struct str sources;	/* connected ones, parted by blanks */
	struct str owners;	/* map */
	struct str ruleset;	/* of the graph */
	/* made by story_weigh */
	struct cut_graph graph, proven;	/* proven: with beginnings of its own */
	bool *goal;		/* impacts, or all signs where there is none */
	size_t n_goals;
	bool has_impact;
	bool *begins;
	const struct tie **cause;	/* of each step; NULL: it begins there */
	bool *suspect;		/* done by what was marked or had been dropped */
	double *weight;		/* of a beginning: what it explains */
	double total;
	size_t proven_from;	/* first proven point of what it came to */
	size_t first_proven;	/* first mark that proven links reach from the
				 * root; n: they reach none */
};
void story_weigh(struct story *s);
bool step_is_sign(const struct step *e);
double step_severity(const struct step *e);
const struct who *step_who(const struct step *e, enum kind k, enum role r);
/* The process that acts here, as it is best called; empty: none is named. */
struct str step_process(const struct step *e);
const struct tie *story_cause(const struct story *s, size_t to);
int tie_ease(const struct tie *t);	/* 1 hardest .. 10 to interrupt */

/* ---- sentences ------------------------------------------------------------- */

struct said { struct str text; struct str *cites; size_t n_cites, room; };
struct saids { struct said *v; size_t n, room; };

struct pen {
	const struct story *s;
	struct buf b;
	struct said now;
};
void pen_take(struct pen *p, const struct story *s);
void pen_lay(struct pen *p);
void pen_put(struct pen *p, const char *fmt, ...) PRINTF(2, 3);
void pen_name(struct pen *p, struct str name);	/* quoted, one line, clipped */
void pen_owner(struct pen *p, struct str text);	/* from the owners map */
void pen_time(struct pen *p, int64_t ns);
void pen_span(struct pen *p, int64_t ns);
void pen_technique(struct pen *p, technique t);
void pen_cite(struct pen *p, size_t step);
void pen_cite_tie(struct pen *p, const struct tie *t);
struct said pen_end(struct pen *p);
void saids_add(struct arena *a, struct saids *l, struct said s);
/* One line of text, quotes made plain, at most `most` bytes; *whole: nothing
 * was left out. */
struct str text_plain(struct arena *a, struct str s, size_t most, bool *whole);
void text_time(int64_t ns, char out[32]);
void text_span(int64_t ns, char out[48]);
struct str base_name(struct str path);
enum { NAME_SHOWN = 180 };

/* "“x” started “y”": actor, verb, what, without time and marks. */
void pen_step(struct pen *p, const struct step *e);
/* "the start of “y (12)”": the step within a sentence about others. */
void pen_short(struct pen *p, const struct step *e);
void pen_marks(struct pen *p, const struct step *e);

/* ---- findings --------------------------------------------------------------- */

struct paragraph { const char *topic; struct saids s; };

struct counter {
	size_t *cut, n_cut;
	bool *lost;
	size_t n_lost, n_lost_proven;
	struct said said;
	size_t (*residual)[2];		/* goal, and the beginning it hangs on */
	size_t n_residual;
};

struct deed {
	const char *action;
	struct str target;
	size_t anchor;			/* the step that it answers */
	size_t *steps, n_steps, room;	/* all it answers, anchor among them */
	technique technique;
	const char *mitigation;		/* "M1032" */
	int urgency;			/* smaller is first */
	size_t counter;			/* SIZE_MAX: cuts nothing off */
	struct said rationale;
};

struct rival { size_t step; double share; struct said said; };
struct unseen { const char *what; struct said said; struct str searched; };
struct next_row { technique technique; double probability, base; bool seen; };

struct findings {
	struct arena *a;
	struct story *s;
	enum audience audience;
	struct paragraph *paragraph;
	size_t n_paragraphs, paragraphs_room;
	struct said root_said;
	struct rival *rival; size_t n_rivals;
	struct deed *deed; size_t n_deeds, deeds_room;
	struct counter *counter; size_t n_counters, counters_room;
	struct said failed, caught, fix, owner;
	struct saids against;
	struct unseen *unseen; size_t n_unseen, unseen_room;
	struct next_row *next; size_t n_next;
	struct reworded *reworded;	/* NULL: no model was thought of */
};

void find_root(struct findings *f);
void find_counters(struct findings *f);
/* The counterfactual of taking this step out; SIZE_MAX: nothing is lost. */
size_t find_counter(struct findings *f, const size_t *cut, size_t n);
bool *counter_gone(const struct story *s, const struct counter *c);
void find_deeds(struct findings *f);
void find_why(struct findings *f);
void find_against(struct findings *f);
void find_unseen(struct findings *f);
void find_next(struct findings *f);
void narrate(struct findings *f);
void narrate_brief(struct findings *f);
void narrate_reach(struct findings *f, struct saids *to);
struct paragraph *narrate_paragraph(struct findings *f, const char *topic);
/* The host on which, else the source by which it was recorded. */
struct str step_place(const struct step *e);
/* Calls f for every sentence. */
void findings_each(const struct findings *f,
    void (*fn)(void *ctx, const char *where, const struct said *s), void *ctx);

#endif
