/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a chain could have been cut, and what would then have been out of
 * reach, as far as the record goes.
 *
 * Dominators: node d dominates v if every way from the beginnings to v passes
 * d. All arcs go from smaller to greater numbers, so one pass in that order is
 * enough: the last dominator of v is where the last dominators of all that
 * leads to v meet (Cooper, Harvey, Kennedy, "A Simple, Fast Dominance
 * Algorithm", without its iteration). A virtual node n stands before all
 * beginnings.
 *
 * Where no single node dominates enough, the cheapest set that parts beginnings
 * and goals is a minimum vertex cut: every node is split into an entry and an
 * exit joined by an arc as wide as the node is dear, and by the theorem of Ford
 * and Fulkerson the narrow places of a greatest flow are the cut. Ways are
 * found by breadth first search (Edmonds and Karp), without recursion.
 */
#include "cause.h"

#include <limits.h>
#include <string.h>

static size_t
meet(const size_t *last, size_t n, size_t a, size_t b)
{
	while (a != b) {
		/* n, the virtual beginning, stands before everything. */
		if (a == n || b == n)
			return n;
		if (a > b)
			a = last[a];
		else
			b = last[b];
	}
	return a;
}

void
choke_dominators(const struct cut_graph *g, size_t *last)
{
	size_t v, e = 0, from;

	for (v = 0; v < g->n; v++) {
		last[v] = g->begins[v] ? g->n : SIZE_MAX;
		for (; e < g->n_arcs && g->arcs[e].to == v; e++) {
			from = g->arcs[e].from;
			if (last[from] == SIZE_MAX)
				continue;
			last[v] = last[v] == SIZE_MAX ? from :
			    meet(last, g->n, last[v], from);
		}
	}
}

void
choke_reach(const struct cut_graph *g, const bool *gone, bool proven,
    bool *reached)
{
	size_t v, e = 0;

	for (v = 0; v < g->n; v++) {
		reached[v] = g->begins[v];
		for (; e < g->n_arcs && g->arcs[e].to == v; e++)
			if (reached[g->arcs[e].from] &&
			    (g->arcs[e].proven || !proven))
				reached[v] = true;
		if (gone != NULL && gone[v])
			reached[v] = false;
	}
}

size_t
choke_lost(const struct cut_graph *g, struct arena *a, const bool *gone,
    bool proven, bool *lost)
{
	bool *before = arena_array(a, g->n + 1, sizeof(bool));
	bool *after = arena_array(a, g->n + 1, sizeof(bool));
	size_t v, n = 0;
	bool is;

	choke_reach(g, NULL, proven, before);
	choke_reach(g, gone, proven, after);
	for (v = 0; v < g->n; v++) {
		is = g->goal[v] && before[v] && !after[v] && !gone[v];
		if (lost != NULL)
			lost[v] = is;
		n += is;
	}
	return n;
}

/* ---- minimum vertex cut --------------------------------------------------- */

/* Node v enters at 2v and leaves at 2v+1; 2n is the spring, 2n+1 the sea. */
struct pipe { size_t to; int room; size_t back, next; };

struct net {
	struct pipe *pipe;
	size_t n_pipes, *first, *via, *queue;
	size_t nodes;
};

static void
join(struct net *t, size_t from, size_t to, int room)
{
	t->pipe[t->n_pipes] = (struct pipe){ to, room, t->n_pipes + 1,
		t->first[from] };
	t->first[from] = t->n_pipes++;
	t->pipe[t->n_pipes] = (struct pipe){ from, 0, t->n_pipes - 1,
		t->first[to] };
	t->first[to] = t->n_pipes++;
}

static void
lay(const struct cut_graph *g, struct arena *a, struct net *t)
{
	size_t v, most = 2 * (3 * g->n + g->n_arcs) + 2;

	t->nodes = 2 * g->n + 2;
	t->pipe = arena_array(a, most, sizeof(struct pipe));
	t->first = arena_array(a, t->nodes, sizeof(size_t));
	t->via = arena_array(a, t->nodes, sizeof(size_t));
	t->queue = arena_array(a, t->nodes, sizeof(size_t));
	for (v = 0; v < t->nodes; v++)
		t->first[v] = SIZE_MAX;
	for (v = 0; v < g->n; v++) {
		join(t, 2 * v, 2 * v + 1, g->cost[v]);
		if (g->begins[v])
			join(t, 2 * g->n, 2 * v, INT_MAX);
		if (g->goal[v])
			join(t, 2 * v + 1, 2 * g->n + 1, INT_MAX);
	}
	for (v = 0; v < g->n_arcs; v++)
		join(t, 2 * g->arcs[v].from + 1, 2 * g->arcs[v].to, INT_MAX);
}

/* Marks what the spring still reaches in via; true if that is the sea. */
static bool
flood(struct net *t)
{
	size_t head = 0, tail = 0, v, p;

	for (v = 0; v < t->nodes; v++)
		t->via[v] = SIZE_MAX;
	t->queue[tail++] = t->nodes - 2;
	t->via[t->nodes - 2] = t->n_pipes;	/* no pipe: the spring */
	while (head < tail) {
		v = t->queue[head++];
		for (p = t->first[v]; p != SIZE_MAX; p = t->pipe[p].next) {
			if (t->pipe[p].room == 0 ||
			    t->via[t->pipe[p].to] != SIZE_MAX)
				continue;
			t->via[t->pipe[p].to] = p;
			if (t->pipe[p].to == t->nodes - 1)
				return true;
			t->queue[tail++] = t->pipe[p].to;
		}
	}
	return false;
}

static void
pour(struct net *t)
{
	size_t v, p;
	int least = INT_MAX;

	for (v = t->nodes - 1; v != t->nodes - 2;
	    v = t->pipe[t->pipe[p].back].to) {
		p = t->via[v];
		if (t->pipe[p].room < least)
			least = t->pipe[p].room;
	}
	for (v = t->nodes - 1; v != t->nodes - 2;
	    v = t->pipe[t->pipe[p].back].to) {
		p = t->via[v];
		if (t->pipe[p].room != INT_MAX)
			t->pipe[p].room -= least;
		if (t->pipe[t->pipe[p].back].room < INT_MAX - least)
			t->pipe[t->pipe[p].back].room += least;
	}
}

size_t
choke_cut(const struct cut_graph *g, struct arena *a, size_t **nodes)
{
	struct net t = { 0 };
	size_t v, n = 0;

	lay(g, a, &t);
	while (flood(&t))
		pour(&t);
	*nodes = arena_array(a, g->n + 1, sizeof(size_t));
	for (v = 0; v < g->n; v++)
		if (t.via[2 * v] != SIZE_MAX && t.via[2 * v + 1] == SIZE_MAX)
			(*nodes)[n++] = v;
	return n;
}
