/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a rule would hide, before it does: the alerts of the last days, newest
 * first, each asked twice: of the rules that hold already, and of those with
 * this one beside them. What only the latter cover, it would hide.
 *
 * "Of the last days" goes by when an alert was stored: the numbers of events
 * follow that, so the walk ends where the days do.
 */
#include "suppress/inner.h"

#include <string.h>

#include "base/hash.h"
#include "base/table.h"
#include "store/sign.h"

enum { PAGE = 1000, DOUBT_ALERTS = 20 };

struct looking {
	struct suppress *now, *then;
	struct arena *a;	/* for the answer */
	struct table chains;	/* hash of a chain's id -> seen */
	struct preview *p;
};

/* ---- chains ------------------------------------------------------------------ */

static void
show_chain(struct looking *l, const struct chain_row *row)
{
	struct preview *p = l->p;
	struct preview_chain *c;

	if (p->n_shown_chains == PREVIEW_SHOWN)
		return;
	c = &p->shown_chains[p->n_shown_chains++];
	memcpy(c->id, row->id, 16);
	c->title = str_dup(l->a, row->title);
	c->disposition = str_dup(l->a, row->disposition);
	c->grade = row->grade;
	c->score = row->score;
}

static enum rc
look_at_chain(struct looking *l, const struct chain_row *row, bool is_true)
{
	struct suppressed d;
	bool added;
	enum rc rc;

	table_add(&l->chains, hash_table(row->id, 16), 1, &added);
	if (!added)
		return RC_OK;
	if (is_true) {
		l->p->true_chains++;
		show_chain(l, row);
		return RC_OK;
	}
	if (l->chains.n > PREVIEW_CHAINS_MOST) {
		l->p->truncated = true;
		return RC_OK;
	}
	rc = chain_covered(l->then, row, &d);
	if (rc != RC_OK || !d.yes)
		return rc;
	l->p->chains++;
	if (row->grade <= GRADE_PROVABLE)
		l->p->by_grade[row->grade]++;
	show_chain(l, row);
	return RC_OK;
}

/* ---- alerts ------------------------------------------------------------------- */

static struct str
rules_of(struct arena *a, const struct sign *sign)
{
	struct str out = STR("");
	size_t i, k;

	for (i = 0; i < sign->n_units && out.len < 500; i++) {
		for (k = 0; k < i; k++)
			if (str_eq(sign->units[k].rule, sign->units[i].rule))
				break;
		if (k == i)
			out = str_printf(a, "%.*s%s%.*s", STR_ARG(out),
			    i > 0 ? "; " : "", STR_ARG(sign->units[i].rule));
	}
	return out;
}

static void
show_alert(struct looking *l, int64_t ev, const struct sign *sign,
    const struct chain_row *row, bool is_true)
{
	struct preview *p = l->p;
	struct preview_alert *x;

	if (p->n_shown == PREVIEW_SHOWN)
		return;
	x = &p->shown[p->n_shown++];
	*x = (struct preview_alert){ .ev = ev, .t_ns = sign->t_ns,
		.source = str_dup(l->a, sign->source),
		.type = str_dup(l->a, sign->type),
		.action = str_dup(l->a, sign->action),
		.host = str_dup(l->a, sign->host),
		.rules = rules_of(l->a, sign),
		.has_chain = row != NULL, .true_positive = is_true };
	memcpy(x->id, sign->id, 16);
	if (row != NULL)
		memcpy(x->chain, row->id, 16);
}

static enum rc
row_of(struct suppress *s, int64_t ev, struct chain_row *row)
{
	uint8_t id[16];
	enum rc rc = graph_chain_of_event(s->g, ev, id);

	return rc == RC_OK ? graph_chain_get(s->g, s->a, id, row) : rc;
}

static enum rc
look_at_alert(struct looking *l, int64_t ev, const struct sign *sign)
{
	struct suppressed now = { 0 }, then = { 0 };
	struct chain_row row;
	bool is_true, chained;
	enum rc rc;

	l->p->looked_at++;
	sign_covered(l->now, sign, &now);
	l->p->already += now.yes;
	sign_covered(l->then, sign, &then);
	if (now.yes || !then.yes)
		return RC_OK;
	rc = row_of(l->now, ev, &row);
	if (rc != RC_OK && rc != RC_ABSENT)
		return rc;
	chained = rc == RC_OK;
	is_true = chained && str_is(row.disposition, "true_positive");
	l->p->alerts++;
	l->p->true_alerts += is_true;
	show_alert(l, ev, sign, chained ? &row : NULL, is_true);
	return chained ? look_at_chain(l, &row, is_true) : RC_OK;
}

static void
scratch(struct looking *l, struct arena *a)
{
	l->now->a = l->then->a = a;
}

/* One page; *more is false at the end of the days. */
static enum rc
look_at_page(struct looking *l, struct arena *a, int64_t *before,
    int64_t since_ns, bool *more)
{
	struct sign sign;
	int64_t *evs;
	size_t n, i;
	enum rc rc = graph_signs_before(l->now->g, a, *before, PAGE, &evs, &n);

	*more = rc == RC_OK && n == PAGE;
	for (i = 0; i < n && rc == RC_OK; i++) {
		*before = evs[i];
		rc = sign_of_event(l->then, evs[i], &sign);
		if (rc == RC_OK && sign.ingested_ns < since_ns) {
			*more = false;
			break;
		}
		if (rc == RC_OK)
			rc = look_at_alert(l, evs[i], &sign);
	}
	return rc;
}

static enum rc
look(struct looking *l, int64_t since_ns)
{
	struct arena *a = arena_new();
	int64_t before = INT64_MAX;
	bool more = true;
	enum rc rc = RC_OK;

	scratch(l, a);
	while (more && rc == RC_OK && l->p->looked_at < PREVIEW_ALERTS_MOST) {
		rc = look_at_page(l, a, &before, since_ns, &more);
		arena_reset(a);
	}
	l->p->truncated = l->p->truncated || (rc == RC_OK && more);
	arena_free(a);
	return rc;
}

enum rc
suppress_preview(struct store *st, struct graph *g, struct arena *a,
    const struct suppression *wish, int64_t since_ns, int64_t now_ns,
    struct preview *out)
{
	struct looking l = { .a = a, .p = out };
	struct suppress *now;
	struct suppression *all;
	size_t n;
	enum rc rc = suppress_load(st, g, a, wish->tenant, now_ns, &now);

	if (rc != RC_OK)
		return rc;
	memset(out, 0, sizeof(*out));
	out->since_ns = since_ns;
	n = suppress_rules(now);
	if (n == SUPPRESSIONS_MOST)
		return RC_TOO_MANY;
	all = arena_array(a, n + 1, sizeof(*all));
	if (n > 0)
		memcpy(all, now->rules, n * sizeof(*all));
	all[n] = *wish;
	l.now = suppress_over(g, a, all, n);
	l.then = suppress_over(g, a, all, n + 1);
	table_init(&l.chains);
	rc = look(&l, since_ns);
	table_release(&l.chains);
	return rc;
}

const char *
suppress_doubt(struct arena *a, const struct preview *p)
{
	if (p->true_alerts > 0)
		return str_c(a, str_printf(a, "it covers %zu alert%s of %zu "
		    "chain%s that analysts called true positives; those stay "
		    "shown, but the next attack of the kind would be hidden",
		    p->true_alerts, p->true_alerts == 1 ? "" : "s",
		    p->true_chains, p->true_chains == 1 ? "" : "s"));
	if (p->alerts >= DOUBT_ALERTS && p->alerts > p->looked_at / 2)
		return str_c(a, str_printf(a, "it covers %zu of the last %zu "
		    "alerts: more than half of all that is seen here",
		    p->alerts, p->looked_at));
	return NULL;
}
