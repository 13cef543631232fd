/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chain's score: points that add up, each with its reason, from facts inside
 * the chain and static tables alone (the tenant's own past counts in triage
 * only). So unrelated events never change it, and an analyst can check it by
 * hand.
 *
 * It also says whether this is a chain at all: at least two events (the hub it
 * came through is none), and either
 * one strong sign (an alert, or a rule of level high) or two different ones. A
 * single sign of medium level hangs on its process's ancestors on every busy
 * host; it is an alert to triage, not a story.
 */
#include "cause/inner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attack.h"

struct sign { technique technique; int level; };

struct signs {
	struct sign s[64];
	size_t n;
	bool alert, impact;
	int64_t hosts[8];
	size_t n_hosts;
};

static void
sign_add(struct signs *g, technique t, int level)
{
	size_t i;

	for (i = 0; i < g->n; i++) {
		if (g->s[i].technique == t) {
			if (level > g->s[i].level)
				g->s[i].level = level;
			return;
		}
	}
	if (g->n < sizeof(g->s) / sizeof(g->s[0]))
		g->s[g->n++] = (struct sign){ t, level };
}

static void
host_add(struct signs *g, int64_t host)
{
	size_t i;

	for (i = 0; i < g->n_hosts; i++)
		if (g->hosts[i] == host)
			return;
	if (host != 0 && g->n_hosts < sizeof(g->hosts) / sizeof(g->hosts[0]))
		g->hosts[g->n_hosts++] = host;
}

static void
gather(struct build *b, const struct chain *c, struct signs *g)
{
	const struct node *n;
	size_t i, k;

	memset(g, 0, sizeof(*g));
	for (i = 0; i < c->n_members; i++) {
		if (c->members[i].role == MEMBER_CONTEXT)
			continue;
		n = b->v->node(b->v->ctx, c->members[i].ev);
		host_add(g, n->host);
		if (n->flags & EVENT_ALERT)
			g->alert = true;
		if ((n->flags & EVENT_IMPACT) && cause_is_seed(n))
			g->impact = true;
		if (n->severity >= 50)
			sign_add(g, 0, n->severity >= 75 ? 4 : 3);
		for (k = 0; k < n->n_tags; k++)
			sign_add(g, n->tags[k].technique, n->tags[k].level);
	}
}

static int
by_level(const void *a, const void *b)
{
	return ((const struct sign *)b)->level - ((const struct sign *)a)->level;
}

static struct factor *
factor(struct chain *c, const char *name, double points)
{
	struct factor *f;

	if (points <= 0 || c->n_factors == FACTORS_MAX)
		return NULL;
	f = &c->factors[c->n_factors++];
	f->name = name;
	f->points = floor(points * 10 + .5) / 10;
	c->score += f->points;
	return f;
}

#define BECAUSE(f, ...) do { struct factor *f_ = (f); if (f_ != NULL) \
	snprintf(f_->because, sizeof(f_->because), __VA_ARGS__); } while (0)

static void
score_signs(struct chain *c, struct signs *g)
{
	static const double worth[] = { 0, .5, 2, 8, 15, 25 };
	double points = 0, share = 1;
	size_t i;

	qsort(g->s, g->n, sizeof(g->s[0]), by_level);
	for (i = 0; i < g->n; i++) {
		points += worth[g->s[i].level <= 5 ? g->s[i].level : 5] * share;
		share *= .7;
	}
	BECAUSE(factor(c, "detections", points > 45 ? 45 : points),
	    "%zu different techniques or rules, the strongest counts most", g->n);
	if (g->alert)
		BECAUSE(factor(c, "alert", 6), "the source itself raised an alert");
}

bool
chain_score(struct build *b, struct chain *c)
{
	struct signs g;
	int tactics = __builtin_popcount(c->tactics);
	int distinct = 0, strongest = 0;
	size_t i, events = 0;

	gather(b, c, &g);
	score_signs(c, &g);
	BECAUSE(factor(c, "progression", 4.0 * (tactics > 6 ? 6 : tactics)),
	    "%d tactics along the chain", tactics);
	BECAUSE(factor(c, "proof", 5 * c->provable_share *
	    (c->seeds > 3 ? 3 : c->seeds - 1)),
	    "%.0f %% of %zu links are proven, %d signs",
	    100 * c->provable_share, c->n_edges, c->seeds);
	if (g.n_hosts > 1)
		BECAUSE(factor(c, "spread", 4), "reaches %zu hosts", g.n_hosts);
	if (g.impact || (c->tactics & (1U << TACTIC_IMPACT |
	    1U << TACTIC_EXFILTRATION)))
		BECAUSE(factor(c, "impact", 6), "data or systems were affected");
	c->score = floor(c->score * 10 + .5) / 10;
	for (i = 0; i < g.n; i++) {
		distinct += g.s[i].level >= 3;
		if (g.s[i].level > strongest)
			strongest = g.s[i].level;
	}
	for (i = 0; i < c->n_members; i++)
		events += c->members[i].role != MEMBER_CONTEXT;
	/* An alert of the source's own and how it came in is worth showing. */
	if (g.alert && c->n_members >= 2)
		return true;
	return events >= 2 && (g.alert || strongest >= 4 || distinct >= 2);
}
