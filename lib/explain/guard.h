/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard: whether a sentence that we did not write ourselves may stand
 * beside the facts that it cites. It is strict on purpose: a true sentence
 * that it does not understand is dropped, a false one must not pass.
 *
 * A sentence is a row of clauses, each about one deed: who did what to what,
 * when, where. The guard knows a closed list of words; every other word must
 * be a name, a time, a number, a technique or a grade. Each clause must be held
 * by one cited event (or, of a list, each by one of its own): its deed by what
 * that event records, the name before the verb by who acted there, the name
 * behind it by what was acted on, the rest by any part of that event, times to
 * the figure. "Not", "may", "harmless", orders to the reader and all else that
 * no record can hold are no words of the list. Words of event texts never
 * become words of ours: they pass as names only.
 */
#ifndef EXPLAIN_GUARD_H
#define EXPLAIN_GUARD_H

#include "explain/inner.h"

enum guard_fault {
	GUARD_OK,
	GUARD_NO_CITE,		/* cites nothing */
	GUARD_CITE_ELSEWHERE,	/* cites what is not in the chain */
	GUARD_FORM,		/* too long, control characters, markup */
	GUARD_WORD,		/* a word that is neither ours nor a name */
	GUARD_NAME,		/* a name that the cited facts do not hold so */
	GUARD_TIME, GUARD_NUMBER, GUARD_GRADE, GUARD_TECHNIQUE,
	GUARD_DEED,		/* no cited event records that */
	GUARD_ORDER,		/* it was the other way round */
	GUARD__MAX
};
const char *guard_fault_name(enum guard_fault f);	/* "no-cite" ... */

struct guard;
/* Lives in the story's arena; looks at the story only. */
struct guard *guard_new(const struct story *s);
/* GUARD_OK or the first reason why it is dropped. */
MUST_CHECK enum guard_fault guard_sentence(struct guard *g, struct str text,
    const struct str *cites, size_t n_cites);

/* ---- guard_words.c: the closed list ------------------------------------- */

enum word_class {
	WORD_PLAIN, WORD_DEED, WORD_KIND, WORD_BE, WORD_JOIN, WORD_BREAK,
	WORD_PLACE,		/* prepositions */
	WORD_THEN, WORD_AFTER, WORD_BEFORE, WORD_FIRST, WORD_LAST, WORD_ROOT,
	WORD_MARKED, WORD_FAILED, WORD_UNIT, WORD_LINK, WORD_LIST, WORD_COUNT,
	WORD_NUMBER,
	WORD_AGAIN,
	WORD_ALL,		/* of the links that are cited only */
	WORD_ECHO		/* a noun that the record itself must say */
};

enum preposition { PREP_ANY, PREP_BY, PREP_FROM, PREP_TO, PREP_ON, PREP_AS,
	PREP_WITH, PREP_AT, PREP_OF, PREP_FOR };

struct deed_row;
struct word {
	enum word_class class;
	int n;			/* kind, preposition, seconds, value */
	const struct deed_row *deed;
};
/* False: no word of ours. `lower` in lower case. */
MUST_CHECK bool guard_word(struct str lower, struct word *w);

enum { KIND_PROGRAM = KIND__MAX, KIND_PAYLOAD, KIND_ACTION, KIND_ROLE,
	KIND_BUCKET, KIND_ANY };

struct deed_row {
	const char *forms;	/* of the verb, parted by blanks */
	uint64_t acts;		/* bits of enum act; 0: by the rest alone */
	const char *actions;	/* parts of the action's name that say it too */
	uint32_t tactics;	/* or a mark of one of these */
	const char *techniques;	/* or of one of these */
	unsigned how;
};
enum { DEED_ANY = 1,		/* every event does it */
	DEED_MARK = 2,		/* what is marked, by nobody */
	DEED_BEGIN = 4, DEED_END = 8,
	DEED_SEEN = 16,		/* by whom or of whom: any part holds it */
	DEED_MEANS = 32,	/* "used X to do": X does it */
	DEED_ALONE = 64,	/* without an object it tells of its subject:
				 * "x.exe ran as SYSTEM" */
	DEED_ITSELF = 128,	/* done to the thing, not to a part of it */
	DEED_OPEN = 256,	/* with a program: "ann opened plan.docm" */
	DEED_ISSUE = 1024,	/* for somebody */
	DEED_REFUSED = 512 };	/* whoever denies may make it a failure */
bool guard_deed(const struct deed_row *d, const struct step *e);
/* Is it so by the mark of a rule alone? */
bool guard_marked(const struct deed_row *d, const struct step *e);
/* Does the action's name hold this word, from its beginning on? */
bool guard_names(struct str action, struct str word);

/* ---- guard_read.c: a sentence as tokens -------------------------------- */

enum token_kind {
	TOKEN_WORD,		/* of ours */
	TOKEN_NAME, TOKEN_TIME, TOKEN_NUMBER, TOKEN_TECHNIQUE, TOKEN_GRADE,
	TOKEN_TACTIC,
	TOKEN_STOP,		/* , ; : ( ) - */
};

enum { GUARD_TEXT_MAX = 1000, GUARD_TOKENS_MAX = 240 };

struct token {
	enum token_kind kind;
	struct str text;	/* words in lower case */
	bool quoted;
	int64_t n;		/* number, technique, grade or tactic */
	struct word word;
};

/* What reading asks of the facts that are cited. */
struct guard_facts {
	void *ctx;
	/* The technique that stands at the start of s by its name: its length,
	 * 0 for none. */
	size_t (*technique)(void *ctx, struct str s, technique *t);
	/* Is this word the whole name of something? */
	bool (*named)(void *ctx, struct str word);
	/* Does it stand so in something that was acted on? */
	bool (*told)(void *ctx, struct str text);
};
MUST_CHECK enum guard_fault guard_read(struct arena *a, struct str text,
    const struct guard_facts *facts, struct token *out, size_t *n);

/* ---- guard_clause.c: who did what to what -------------------------------- */

enum part { PART_AGENT, PART_PATIENT, PART_ANY, PART_FROM, PART_TO, PART_ON,
	PART_USER, PART_OF };

struct named_part { struct str name; enum part part; };

enum { GUARD_NAMES_MAX = 24, GUARD_CLAUSES_MAX = 16 };

struct clause {
	size_t from, to;		/* its tokens */
	size_t deed;			/* SIZE_MAX: none in the sentence */
	enum word_class joint;		/* by what it hangs on the one before */
	bool failed;			/* told as having failed */
	struct named_part name[GUARD_NAMES_MAX];
	size_t n_names, n_bare;		/* bare: without a preposition */
	struct str subject, object;	/* for the next one; may be empty */
	size_t *held, n_held;		/* cited steps that hold all of it */
};
/* False: too many clauses or names. */
MUST_CHECK bool guard_clauses(const struct token *t, size_t n,
    struct clause *c, size_t *n_clauses);

/* ---- guard_link.c: sentences without a deed ------------------------------ */

struct guard {
	const struct story *s;
	struct named *by_id;
	size_t *cited, n_cited;		/* steps in order; ends of links too */
	const struct tie **ties;
	size_t n_ties;
	struct token t[GUARD_TOKENS_MAX];
	size_t n;
	struct clause c[GUARD_CLAUSES_MAX];
	size_t n_clauses;
};
/* "The link from x to y", "the chain involves x and y". Leaves the links that
 * are meant in g->ties. */
enum guard_fault guard_link(struct guard *g, struct clause *c);
enum guard_fault guard_list(struct guard *g, struct clause *c);

/* ---- guard_figure.c: times, numbers, grades, techniques, order ----------- */

struct checks {
	const struct story *s;
	const struct token *t;
	size_t n;
	const struct clause *c;
	size_t n_clauses;
	const size_t *cited;
	size_t n_cited;
	const struct tie *const *ties;
	size_t n_ties;
};
MUST_CHECK enum guard_fault guard_figures(const struct checks *k);

/* What one event holds of those. */
bool hold_technique(const struct step *e, technique t);
bool hold_tactic(const struct step *e, int tactic);
bool hold_time(const struct step *e, struct str time);
bool hold_number(const struct step *e, struct str digits);

/* ---- guard_kind.c: "the host x", "an account was created" ---------------- */

/* Is the word of a kind at token i right of what holds the clause? */
MUST_CHECK bool guard_kind(const struct checks *k, const struct clause *c,
    size_t i);

/* ---- guard_hold.c: what parts of an event are called -------------------- */

bool hold_agent(const struct step *e, struct str name);
bool hold_patient(const struct step *e, struct str name);
bool hold_host(const struct step *e, struct str name);
bool hold_user(const struct step *e, struct str name);
bool hold_any(const struct step *e, struct str name);
bool hold_acted_on(enum role r);
/* Is there anything of that kind, or that was acted on? */
bool hold_who(const struct step *e, int kind, bool acted_on);
/* A file that the command line of the process that was started names, other
 * than its program. */
bool hold_argument(const struct step *e, struct str name);
bool hold_folder(const struct step *e, struct str name);
/* Was that made or removed itself, and no key, policy or factor of it? */
bool hold_itself(const struct step *e, struct str name);
/* Does the record's action or target say this noun? */
bool hold_noun(const struct step *e, struct str noun);
/* Is the name one of this kind here? */
bool hold_kind(const struct story *s, const struct step *e, int kind,
    struct str name);

#endif
