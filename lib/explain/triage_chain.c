/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the chain of an alert adds to it: how far the story has come, how much
 * of it is proven, whether it reached what attackers are after.
 *
 * Progression is the longest rising sequence of tactics along paths of edges
 * that are more likely than not: events come in order, so each event's table
 * (best length that ends with tactic s) is the best of its causes', and what
 * the event itself shows puts one more on top of any lower tactic. Only one
 * tactic per event counts, or a technique that serves four would be a story.
 */
#include "explain/triage.h"

#include <stdlib.h>
#include <string.h>

#include "attack.h"
#include "base/hash.h"

#define LIKELY 0.5

struct plots {
	struct graph *g;
	struct arena *a;
	struct table at;	/* hash of id -> place in list */
	struct entry { uint8_t id[16]; struct plot *plot; } *list;
	size_t n, room;
};

struct plots *
plots_new(struct graph *g, struct arena *a)
{
	struct plots *s = arena_get(a, sizeof(*s));

	s->g = g;
	s->a = a;
	table_init(&s->at);
	return s;
}

void
plots_free(struct plots *s)
{
	table_release(&s->at);
}

/* ---- progression ------------------------------------------------------- */

struct reach_table { uint8_t best[TACTIC__MAX]; };

static void
take_over(struct reach_table *to, const struct reach_table *from)
{
	int s;

	for (s = 0; s < TACTIC__MAX; s++)
		if (from->best[s] > to->best[s])
			to->best[s] = from->best[s];
}

static void
rise(struct reach_table *t, uint32_t tactics)
{
	struct reach_table before = *t;
	uint8_t below = 0;
	int s;

	for (s = 0; s < TACTIC__MAX; s++) {
		if ((tactics & 1U << s) && below + 1 > t->best[s])
			t->best[s] = (uint8_t)(below + 1);
		if (before.best[s] > below)
			below = before.best[s];
	}
}

static uint32_t
tactics_of(const struct node *n)
{
	uint32_t bits = 0;
	size_t i;

	for (i = 0; n != NULL && i < n->n_tags; i++)
		bits |= attack_tactics(n->tags[i].technique);
	return bits;
}

/* Is this edge's turn come, whose effects are in order? False: it leads to a
 * later member. *from is the place of its cause, -1 if it does not count. */
static bool
into(const struct table *place, const struct edge *e, size_t i, int64_t *from)
{
	int64_t to;

	*from = -1;
	if (!table_get(place, (uint64_t)e->to, &to))
		return true;
	if (to > (int64_t)i)
		return false;
	if (to < (int64_t)i || e->conf < LIKELY ||
	    !table_get(place, (uint64_t)e->from, from) || *from >= to)
		*from = -1;
	return true;
}

/* Edges come in the order of their effects, members in order of rank. */
static int
progression(struct plots *s, const struct chain *c)
{
	const struct view *v = graph_view(s->g);
	struct reach_table *t = arena_array(s->a, c->n_members + 1, sizeof(*t));
	struct table place;
	int64_t from;
	int most = 0, k;
	size_t i, e;

	table_init(&place);
	for (i = 0; i < c->n_members; i++)
		table_put(&place, (uint64_t)c->members[i].ev, (int64_t)i);
	for (i = 0, e = 0; i < c->n_members; i++) {
		for (; e < c->n_edges && into(&place, &c->edges[e], i, &from);
		    e++)
			if (from >= 0)
				take_over(&t[i], &t[from]);
		rise(&t[i], tactics_of(v->node(v->ctx, c->members[i].ev)));
		for (k = 0; k < TACTIC__MAX; k++)
			if (t[i].best[k] > most)
				most = t[i].best[k];
	}
	table_release(&place);
	return most;
}

/* ---- who speaks for it ------------------------------------------------- */

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static enum rc
gather_seeds(struct plots *s, const struct chain *c, struct plot *out)
{
	const struct view *v = graph_view(s->g);
	const struct node *n;
	int64_t place;
	size_t i, k = 0;
	enum rc rc;

	out->detectors = arena_array(s->a, c->n_members + 1, sizeof(int64_t));
	for (i = 0; i < c->n_members; i++) {
		n = v->node(v->ctx, c->members[i].ev);
		if (n == NULL || !cause_is_seed(n))
			continue;
		out->impact |= (n->flags & EVENT_IMPACT) != 0;
		if (out->n_spokesmen < SPOKESMEN_MAX)
			out->spokesmen[out->n_spokesmen++] = c->members[i].ev;
		rc = graph_alert_get(s->g, c->members[i].ev,
		    &out->detectors[k], &place);
		if (rc == RC_OK)
			k++;
		else if (rc != RC_ABSENT)
			return rc;
	}
	qsort(out->detectors, k, sizeof(int64_t), by_number);
	for (i = 0; i < k; i++)
		if (i == 0 || out->detectors[i] != out->detectors[i - 1])
			out->detectors[out->n_detectors++] = out->detectors[i];
	return RC_OK;
}

static enum rc
tell(struct plots *s, const struct chain_row *row, struct plot *out)
{
	struct chain c;

	memset(&c, 0, sizeof(c));
	if (!chain_unpack(s->a, row->body, &c))
		return RC_FAIL;
	memcpy(out->id, row->id, 16);
	out->grade = row->grade;
	out->score = row->score;
	out->provable_share = row->provable_share;
	out->seeds = row->seeds;
	out->impact = (row->tactics & (1U << TACTIC_IMPACT |
	    1U << TACTIC_EXFILTRATION)) != 0;
	out->progression = progression(s, &c);
	return gather_seeds(s, &c, out);
}

/* ---- finding it -------------------------------------------------------- */

/* A former id answers with the chain that now holds its seed. */
static enum rc
row_of(struct plots *s, const uint8_t id[16], struct chain_row *row)
{
	uint8_t now[16];
	int64_t seed;
	enum rc rc = graph_chain_get(s->g, s->a, id, row);

	if (rc != RC_ABSENT && (rc != RC_OK || row->live))
		return rc;
	rc = graph_chain_seed(s->g, id, &seed);
	if (rc == RC_OK)
		rc = graph_chain_of_event(s->g, seed, now);
	return rc == RC_OK ? graph_chain_get(s->g, s->a, now, row) : rc;
}

enum rc
plots_get(struct plots *s, const uint8_t id[16], const struct plot **out)
{
	uint64_t key = hash_table(id, 16);
	struct chain_row row;
	struct plot *new;
	int64_t at;
	enum rc rc;

	if (table_get(&s->at, key, &at) &&
	    memcmp(s->list[at].id, id, 16) == 0) {
		*out = s->list[at].plot;
		return *out != NULL ? RC_OK : RC_ABSENT;
	}
	memset(&row, 0, sizeof(row));
	rc = row_of(s, id, &row);
	if (rc != RC_OK && rc != RC_ABSENT)
		return rc;
	new = rc == RC_OK ? arena_get(s->a, sizeof(*new)) : NULL;
	rc = new != NULL ? tell(s, &row, new) : RC_OK;
	if (rc != RC_OK)
		return rc;
	s->list = arena_grow(s->a, s->list, &s->room, s->n + 1,
	    sizeof(*s->list));
	memcpy(s->list[s->n].id, id, 16);
	s->list[s->n].plot = new;
	table_put(&s->at, key, (int64_t)s->n++);
	*out = new;
	return new != NULL ? RC_OK : RC_ABSENT;
}
