/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hangs on what: where the chain begins, what it came to, how much of it
 * each beginning explains, and how far back proof alone reaches.
 *
 * A hub shown as context (the desktop shell that starts everything) is no part
 * of the graph: what it started begins there. A beginning s explains
 * W(s) = sum over signs of severity x strength of the best path from s, with
 * the strength of a path as the engine has it: the least confidence of its
 * PROVABLE links times all others.
 */
#include "explain/inner.h"

#include <string.h>

bool
step_is_sign(const struct step *e)
{
	size_t i;

	if (e->role == MEMBER_CONTEXT)
		return false;
	if ((e->flags & EVENT_ALERT) || e->role == MEMBER_SEED ||
	    e->role == MEMBER_IMPACT)
		return true;
	for (i = 0; i < e->n_marks; i++)
		if (e->marks[i].level >= 3)
			return true;
	return false;
}

double
step_severity(const struct step *e)
{
	static const double worth[] = { 1, 1, 4, 12, 30, 60 };
	double best = e->flags & EVENT_ALERT ? 12 : 1;
	size_t i;

	for (i = 0; i < e->n_marks; i++)
		if (e->marks[i].level >= 0 && e->marks[i].level <= 5 &&
		    worth[e->marks[i].level] > best)
			best = worth[e->marks[i].level];
	return best;
}

const struct who *
step_who(const struct step *e, enum kind k, enum role r)
{
	size_t i;

	for (i = 0; i < e->n_who; i++)
		if ((k == KIND_NONE || e->who[i].kind == k) &&
		    (r == ROLE_NONE || e->who[i].role == r))
			return &e->who[i];
	return NULL;
}

struct str
step_process(const struct step *e)
{
	const struct who *w = step_who(e, KIND_PROCESS, ROLE_SUBJ);

	if (w == NULL)
		w = step_who(e, KIND_PROCESS, ROLE_PARENT);
	return w != NULL ? w->name : (struct str){ 0 };
}

int
tie_ease(const struct tie *t)
{
	switch (t->rule) {
	case RULE_ISSUE_USE: case RULE_TICKET: return 10;	/* revoke */
	case RULE_MADE_ACTS: case RULE_FEDERATION: return 9;
	case RULE_SESSION: case RULE_REMOTE: return 8;		/* end */
	case RULE_RUN_WRITTEN: case RULE_RUN_MARKED: return 7;	/* remove */
	case RULE_FLOW: case RULE_LOGON_FLOW: return 6;		/* block */
	case RULE_SPAWN: return 5;				/* kill */
	case RULE_ACT: return 4;
	default: return 2;
	}
}

/* The link that explains a step best; NULL: it begins here. */
const struct tie *
story_cause(const struct story *s, size_t to)
{
	return s->cause[to];
}

/* Does the link tell which came first? One between two acts of a process whose
 * clock was set does not: nothing begins, hangs or is lost by it. */
static bool
leads(const struct story *s, const struct tie *t)
{
	return s->step[t->from].role != MEMBER_CONTEXT &&
	    !(t->flags & EDGE_CLOCK);
}

/* Causes stand before their effects, so one pass knows both: which link
 * explains a step best, and whether it comes from a marked step or from a
 * program that was written in this chain. */
static void
find_causes(struct story *s)
{
	const struct tie *t;
	size_t i;

	s->cause = arena_array(s->a, s->n + 1, sizeof(*s->cause));
	s->suspect = arena_array(s->a, s->n + 1, sizeof(bool));
	for (i = 0; i < s->n_ties; i++) {
		t = &s->tie[i];
		if (!leads(s, t))
			continue;
		if (s->cause[t->to] == NULL || t->conf > s->cause[t->to]->conf)
			s->cause[t->to] = t;
	}
	for (i = 0; i < s->n; i++) {
		t = s->cause[i];
		s->suspect[i] = s->step[i].n_marks > 0 ||
		    (s->step[i].flags & EVENT_ALERT) || (t != NULL &&
		    (t->rule == RULE_RUN_WRITTEN || s->suspect[t->from]));
	}
}

static void
build_graph(struct story *s)
{
	struct cut_arc *arcs = arena_array(s->a, s->n_ties + 1, sizeof(*arcs));
	int *cost = arena_array(s->a, s->n + 1, sizeof(int));
	const struct tie *t;
	bool *proven;
	size_t i, n = 0;

	s->begins = arena_array(s->a, s->n + 1, sizeof(bool));
	for (i = 0; i < s->n; i++) {
		s->begins[i] = s->step[i].role != MEMBER_CONTEXT;
		cost[i] = 10;
	}
	for (i = 0; i < s->n_ties; i++) {
		t = &s->tie[i];
		if (!leads(s, t) || s->step[t->to].role == MEMBER_CONTEXT)
			continue;
		arcs[n++] = (struct cut_arc){ t->from, t->to,
			t->grade == GRADE_PROVABLE };
		s->begins[t->to] = false;
		if (11 - tie_ease(t) < cost[t->from])
			cost[t->from] = 11 - tie_ease(t);
	}
	for (i = 0; i < s->n; i++)	/* what it came to is too late to cut */
		cost[i] = s->goal[i] ? 1000 : cost[i];
	s->graph = (struct cut_graph){ s->n, arcs, n, s->begins, s->goal,
		cost };
	/* On proof alone the chain begins wherever no proven link leads. */
	proven = arena_array(s->a, s->n + 1, sizeof(bool));
	for (i = 0; i < s->n; i++)
		proven[i] = s->step[i].role != MEMBER_CONTEXT;
	for (i = 0; i < n; i++)
		if (arcs[i].proven)
			proven[arcs[i].to] = false;
	s->proven = s->graph;
	s->proven.begins = proven;
}

static void
choose_goals(struct story *s)
{
	size_t i;

	s->goal = arena_array(s->a, s->n + 1, sizeof(bool));
	for (i = 0; i < s->n; i++)
		s->has_impact |= s->step[i].role == MEMBER_IMPACT;
	for (i = 0; i < s->n; i++) {
		s->goal[i] = s->has_impact ?
		    s->step[i].role == MEMBER_IMPACT :
		    step_is_sign(&s->step[i]);
		s->n_goals += s->goal[i];
	}
	if (s->n_goals == 0 && s->n > 0) {	/* a chain somebody made up */
		s->goal[s->n - 1] = true;
		s->n_goals = 1;
	}
}

/* Strength of the best path from `from` to every node, in one pass. */
static void
strengths(const struct story *s, size_t from, double *sure, double *guess)
{
	const struct tie *t;
	double a, b;
	size_t i;

	memset(sure, 0, s->n * sizeof(*sure));
	memset(guess, 0, s->n * sizeof(*guess));
	sure[from] = guess[from] = 1;
	for (i = 0; i < s->n_ties; i++) {
		t = &s->tie[i];
		if (t->to <= from || sure[t->from] * guess[t->from] <= 0 ||
		    !leads(s, t))
			continue;
		a = sure[t->from];
		b = guess[t->from];
		if (t->grade != GRADE_PROVABLE)
			b *= t->conf;
		else if (t->conf < a)
			a = t->conf;
		if (a * b > sure[t->to] * guess[t->to]) {
			sure[t->to] = a;
			guess[t->to] = b;
		}
	}
}

static void
weigh_beginnings(struct story *s)
{
	double *sure = arena_array(s->a, s->n + 1, sizeof(double));
	double *guess = arena_array(s->a, s->n + 1, sizeof(double));
	size_t i, k;

	s->weight = arena_array(s->a, s->n + 1, sizeof(double));
	for (i = 0; i < s->n; i++) {
		if (step_is_sign(&s->step[i]))
			s->total += step_severity(&s->step[i]);
		if (!s->begins[i])
			continue;
		strengths(s, i, sure, guess);
		for (k = i; k < s->n; k++)
			if (step_is_sign(&s->step[k]))
				s->weight[i] += sure[k] * guess[k] *
				    step_severity(&s->step[k]);
	}
}

/* Forward from the root over proven links alone, to the first mark. */
static void
walk_forward(struct story *s)
{
	bool *reached = arena_array(s->a, s->n + 1, sizeof(bool));
	size_t i, t = 0;

	s->first_proven = s->n;
	for (i = s->root; i < s->n && s->first_proven == s->n; i++) {
		for (; t < s->n_ties && s->tie[t].to <= i; t++)
			if (s->tie[t].to == i && s->tie[t].grade ==
			    GRADE_PROVABLE && (reached[s->tie[t].from] ||
			    s->tie[t].from == s->root))
				reached[i] = true;
		if ((reached[i] || i == s->root) && s->step[i].n_marks > 0 &&
		    s->step[i].marks[0].technique != 0)
			s->first_proven = i;
	}
}

/* Back from the gravest of what it came to, over proven links alone, to the
 * earliest that they lead to. */
static void
walk_back(struct story *s)
{
	bool *reached = arena_array(s->a, s->n + 1, sizeof(bool));
	size_t at = s->n, i;

	for (i = 0; i < s->n; i++)
		if (s->goal[i] && (at == s->n || step_severity(&s->step[i]) >=
		    step_severity(&s->step[at])))
			at = i;
	if (at < s->n)
		reached[at] = true;
	for (i = s->n_ties; i-- > 0;)		/* in the order of `to` */
		if (reached[s->tie[i].to] &&
		    s->tie[i].grade == GRADE_PROVABLE &&
		    s->step[s->tie[i].from].role != MEMBER_CONTEXT) {
			reached[s->tie[i].from] = true;
			at = s->tie[i].from < at ? s->tie[i].from : at;
		}
	s->proven_from = at;
}

void
story_weigh(struct story *s)
{
	size_t i;

	choose_goals(s);
	find_causes(s);
	build_graph(s);
	weigh_beginnings(s);
	walk_back(s);
	if (s->root >= s->n)
		for (s->root = 0, i = 0; i < s->n; i++)
			if (s->weight[i] > s->weight[s->root])
				s->root = i;
	walk_forward(s);
}
