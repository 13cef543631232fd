/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suppression: what a tenant has seen often enough. A rule names alerts; what
 * it covers is listed with a mark, goes to the end of triage and is told to no
 * webhook. Nothing else changes: edges, grades, scores and ids of chains know
 * nothing of it, and nothing is dropped or closed.
 *
 * The worst that such a rule can do is to hide an attack, so it hides as little
 * as its words allow:
 *
 *	a rule		all of its conditions hold
 *	a detection	one rule that found something, with one technique; or
 *			what the source itself raised. Some rule covers it.
 *	an alert	each of its detections is covered: the noisy rule that
 *			is suppressed does not hide the grave one beside it
 *	a chain		each of its alerts is, also those folded into others;
 *			never one that is cut short, since the rest was not
 *			looked at, nor one that an analyst called a true positive
 *
 * All of this is computed when asked, from the stored events and the rules that
 * hold now: there is no mark to go stale, and the order in which events came
 * means nothing.
 */
#ifndef SUPPRESS_H
#define SUPPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/json.h"
#include "control.h"
#include "event.h"
#include "rc.h"
#include "store.h"

/* ---- rules ---------------------------------------------------------------- */

enum { SUPPRESS_NAME_MOST = 128, SUPPRESS_REASON_MOST = 1000,
	SUPPRESS_PATTERN_MOST = 512, SUPPRESS_DAYS = 30,
	SUPPRESS_DAYS_MOST = 365 };

const char *suppress_field_name(enum suppress_field f);	/* "event_type" */
/*
 * A text of 1 to `most` bytes of UTF-8 without control characters; NULL, or
 * what is wrong with it.
 */
const char *suppress_text_fault(struct str s, size_t most);
/*
 * Patterns: * is any text, ? any one character, ASCII case is ignored.
 * rule         id of a Sigma rule, or what a source calls its own alert:
 *              "SOURCE: ACTION"
 * technique    T1059, T1059.001, T1059.*
 * host         name or key of the host where it happened
 * account      any account that the event names
 * entity       [KIND:]PATTERN, any entity that it names
 * source, event_type, action
 *
 * NULL, or what is wrong; *field is the one it is about (SUPPRESS__MAX: all of
 * them). A rule must say in one of the first five, or in action, what it is
 * about with at least three characters that are no wildcard: one that would
 * silence a whole source, or everything, is refused.
 */
const char *suppress_match_fault(const struct str match[SUPPRESS__MAX],
    enum suppress_field *field);
struct str suppress_id_new(struct arena *a);
/* "active", "disabled", "expired". */
const char *suppress_state(const struct suppression *s, int64_t now_ns);

/* ---- what they cover --------------------------------------------------------- */

struct suppress;		/* the rules that hold for a tenant, over its graph */
/* Memory is the arena's. *s is NULL if no rule holds: nothing is covered, and
 * nothing need be asked. g may be NULL for suppress_inline alone. */
MUST_CHECK enum rc suppress_load(struct store *st, struct graph *g,
    struct arena *a, int64_t tenant, int64_t now_ns, struct suppress **s);

struct suppressed {
	bool yes;
	bool by[SUPPRESSIONS_MOST];	/* place of the rule, suppress_rule */
};
const struct suppression *suppress_rule(const struct suppress *s, size_t i);
size_t suppress_rules(const struct suppress *s);

/* s may be NULL in all of these. */
MUST_CHECK enum rc suppress_event(struct suppress *s, int64_t ev,
    struct suppressed *out);
MUST_CHECK enum rc suppress_inline(struct suppress *s, const struct event *ev,
    struct suppressed *out);
/* Of a live chain; the row's body may be left out. */
MUST_CHECK enum rc suppress_chain(struct suppress *s,
    const struct chain_row *row, struct suppressed *out);
/* {"rules":[{id, name, reason, expires_at}]}, or null. */
void suppress_put(struct jw *w, const struct suppress *s,
    const struct suppressed *d);

/* ---- for whom administers them ------------------------------------------------- */

/* Bring hits up to date with what has come since they were last counted; *all
 * is false where there is too much for one call, the rest comes with the next. */
MUST_CHECK enum rc suppress_count(struct store *st, struct graph *g,
    struct arena *a, int64_t tenant, bool *all);

enum { PREVIEW_ALERTS_MOST = 20000, PREVIEW_CHAINS_MOST = 500,
	PREVIEW_SHOWN = 20 };
struct preview {
	int64_t since_ns;	/* alerts stored since then were looked at */
	size_t looked_at;	/* newest first */
	bool truncated;		/* there are more than could be looked at */
	size_t already;		/* covered by the rules that hold already */
	size_t alerts;		/* that it would cover beside those */
	size_t chains, by_grade[GRADE_PROVABLE + 1];	/* wholly hidden */
	size_t true_alerts, true_chains;	/* covered, of chains that analysts
						   called true positives */
	struct preview_alert {
		int64_t ev, t_ns;
		uint8_t id[16];
		struct str source, type, action, host, rules;
		bool has_chain, true_positive;
		uint8_t chain[16];
	} shown[PREVIEW_SHOWN];
	size_t n_shown;
	struct preview_chain {
		uint8_t id[16];
		struct str title, disposition;
		enum grade grade;
		double score;
	} shown_chains[PREVIEW_SHOWN];
	size_t n_shown_chains;
};
/* What this rule would hide that is not hidden already. Its id and times mean
 * nothing here. */
MUST_CHECK enum rc suppress_preview(struct store *st, struct graph *g,
    struct arena *a, const struct suppression *wish, int64_t since_ns,
    int64_t now_ns, struct preview *out);
/* NULL, or why somebody should look twice before making such a rule. */
const char *suppress_doubt(struct arena *a, const struct preview *p);

/*
 * The same for the tool and for /admin, each with its line in the audit log; in
 * the transaction of control.db that is open, if one is. `who` is for that log.
 *
 * Make one: tenant, name, reason, match, expires_ns and enabled are the wish's,
 * sound by the checks above; the rest is set. Unless `sure`, RC_EXISTS and
 * *doubt where somebody should look twice. RC_TOO_MANY: enough of them.
 */
MUST_CHECK enum rc suppress_add(struct store *st, struct graph *g,
    struct arena *a, struct str who, struct suppression *wish, bool sure,
    int64_t now_ns, const char **doubt);
/* Its name, reason, expiry, enabled. Count hits before. */
MUST_CHECK enum rc suppress_change(struct store *st, struct graph *g,
    struct arena *a, struct str who, struct suppression *s, int64_t now_ns);
MUST_CHECK enum rc suppress_end(struct store *st, struct str who,
    const struct suppression *s, int64_t now_ns);

/* As JSON: a whole object each. */
void suppress_put_rule(struct jw *w, const struct suppression *s,
    int64_t now_ns);
void suppress_put_preview(struct jw *w, struct arena *a,
    const struct preview *p);

#endif
