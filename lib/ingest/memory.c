/* SPDX-License-Identifier: Apache-2.0 */
/* What the keeper remembers between transactions, and how it gets it back. */
#include "ingest/keep.h"

#include <string.h>

#include "base/log.h"

/* ---- who depends on what ------------------------------------------------- */

struct bag *
bag_of(const struct index *x, uint64_t key)
{
	int64_t at;

	return table_get(&x->at, key, &at) ? &x->bags[at] : NULL;
}

static struct bag *
bag_make(struct index *x, uint64_t key)
{
	bool added;
	int64_t at = table_add(&x->at, key, (int64_t)x->n, &added);

	if (!added)
		return &x->bags[at];
	if (x->n == x->room) {
		x->room = x->room == 0 ? 64 : x->room * 2;
		x->bags = mem_resize(x->bags, x->room * sizeof(*x->bags));
	}
	x->bags[x->n] = (struct bag){ .key = key };
	return &x->bags[x->n++];
}

static void
bag_add(struct bag *b, struct kseg *s)
{
	if (b->n == b->room) {
		b->room = b->room == 0 ? 1 : b->room * 2;
		b->seg = mem_resize(b->seg, b->room * sizeof(struct kseg *));
	}
	b->seg[b->n++] = s;
}

/* The last bag takes the place of one that is empty. */
static void
bag_drop(struct index *x, uint64_t key, const struct kseg *s)
{
	struct bag *b = bag_of(x, key);
	size_t i, at;

	if (b == NULL)
		return;
	/* From the end: what goes is mostly what came last. */
	for (i = b->n; i > 0 && b->seg[i - 1] != s; i--)
		;
	if (i > 0)
		memmove(b->seg + i - 1, b->seg + i,
		    (b->n-- - i) * sizeof(*b->seg));
	if (b->n > 0)
		return;
	at = (size_t)(b - x->bags);
	mem_free(b->seg);
	table_drop(&x->at, key);
	*b = x->bags[--x->n];
	if (at < x->n)
		table_put(&x->at, b->key, (int64_t)at);
}

static void
index_release(struct index *x)
{
	size_t i;

	for (i = 0; i < x->n; i++)
		mem_free(x->bags[i].seg);
	mem_free(x->bags);
	table_release(&x->at);
	memset(x, 0, sizeof(*x));
}

/* ---- segments in memory -------------------------------------------------- */

struct kseg *
kseg_get(struct keeper *k, int64_t seg)
{
	int64_t at;

	return table_get(&k->segs, (uint64_t)seg, &at) ? k->all[at] : NULL;
}

static struct kseg *
kseg_new(int64_t seg, const struct segment *s, const uint64_t *deps,
    size_t n_deps)
{
	size_t arts_len = s->n_arts * sizeof(*s->arts);
	size_t deps_len = n_deps * sizeof(*deps);
	struct kseg *x = mem_get(sizeof(*x) + arts_len + deps_len);
	char *arts = (char *)(x + 1);

	if (arts_len > 0)
		memcpy(arts, s->arts, arts_len);
	if (deps_len > 0)
		memcpy(arts + arts_len, deps, deps_len);
	x->seg = seg;
	x->first = s->first;
	x->shown = (uint32_t)s->n_members;
	x->arts = (const struct seg_art *)(const void *)arts;
	x->n_arts = (uint32_t)s->n_arts;
	x->deps = (const uint64_t *)(const void *)(arts + arts_len);
	x->n_deps = (uint32_t)n_deps;
	return x;
}

/* With its places in lanes and bags and its part of a chain, about. */
size_t
kseg_bytes(const struct kseg *x)
{
	enum { ABOUT = 128 };

	return sizeof(*x) + ABOUT + x->n_arts * (sizeof(*x->arts) +
	    sizeof(struct held) + sizeof(struct lane)) +
	    x->n_deps * (sizeof(*x->deps) + sizeof(struct bag));
}

size_t
keeper_bytes(const struct keeper *k)
{
	return k->bytes + memo_bytes(&k->memo);
}

struct kseg *
kseg_add(struct keeper *k, int64_t seg, const struct segment *s,
    const uint64_t *deps, size_t n_deps)
{
	struct kseg *x = kseg_new(seg, s, deps, n_deps);
	size_t i;

	if (k->n == k->room) {
		k->room = k->room == 0 ? 64 : k->room * 2;
		k->all = mem_resize(k->all, k->room * sizeof(struct kseg *));
	}
	table_put(&k->segs, (uint64_t)seg, (int64_t)k->n);
	k->all[k->n++] = x;
	k->bytes += kseg_bytes(x);
	for (i = 0; i < n_deps; i++)
		bag_add(bag_make(&k->deps, deps[i]), x);
	shared_add(&k->arts, x);
	return x;
}

void
kchain_free(struct kchain *c)
{
	mem_free(c->segs);
	mem_free(c);
}

void
kchain_add(struct kchain *c, struct kseg *s)
{
	if (c->n == c->room) {
		c->room = c->room == 0 ? 1 : c->room * 2;
		c->segs = mem_resize(c->segs, c->room * sizeof(struct kseg *));
	}
	c->segs[c->n++] = s;
	s->chain = c;
}

void
kseg_drop(struct keeper *k, struct kseg *x)
{
	size_t i;

	for (i = 0; i < x->n_deps; i++)
		bag_drop(&k->deps, x->deps[i], x);
	shared_drop(&k->arts, x);
	x->gone = true;
}

struct keeper *
keeper_new(void)
{
	struct keeper *k = mem_get(sizeof(*k));

	k->doc = json_doc_new();
	memo_init(&k->memo);
	return k;
}

void
keeper_forget(struct keeper *k)
{
	struct kchain *c;
	size_t i, j;

	for (i = 0; i < k->n; i++) {
		c = k->all[i]->chain;
		for (j = 0; c != NULL && j < c->n; j++)
			c->segs[j]->chain = NULL;
		if (c != NULL)
			kchain_free(c);
	}
	for (i = 0; i < k->n; i++)
		mem_free(k->all[i]);
	mem_free(k->all);
	k->all = NULL;
	k->n = k->room = k->bytes = 0;
	table_release(&k->segs);
	index_release(&k->deps);
	shared_release(&k->arts);
	if (!memo_is_empty(&k->memo))
		memo_forget(&k->memo);
	k->loaded = false;
}

void
keeper_free(struct keeper *k)
{
	keeper_forget(k);
	json_doc_free(k->doc);
	memo_release(&k->memo);
	mem_free(k);
}

/* ---- reading it back ----------------------------------------------------- */

struct loading {
	struct keeper *k;
	struct graph *g;
	struct arena *a;
	enum rc rc;
};

static size_t
unpack_deps(struct arena *a, struct str text, uint64_t **out)
{
	uint64_t *d = NULL, n;
	size_t room = 0, count = 0;

	while (text.len > 0 && str_take_varint(&text, &n)) {
		d = arena_grow(a, d, &room, count + 1, sizeof(*d));
		d[count++] = n;
	}
	*out = d;
	return count;
}

static bool
load_one(void *ctx, int64_t seg, struct str deps, int64_t updated)
{
	struct loading *l = ctx;
	struct segment_row row;
	struct seg_link link;
	struct segment s;
	struct kseg *x;
	uint64_t *d;
	size_t n;

	(void)updated;
	n = unpack_deps(l->a, deps, &d);
	l->rc = graph_segment_get(l->g, l->a, seg, &row);
	if (l->rc != RC_OK)
		return false;
	if (!segment_unpack(l->a, row.body, &s, &link)) {
		log_err("segment %lld is damaged: run tra-ce rebuild",
		    (long long)seg);
		l->rc = RC_FAIL;
		return false;
	}
	x = kseg_add(l->k, seg, &s, d, n);
	x->link = link;
	return true;
}

struct kseg *
top_of(struct keeper *k, struct kseg *s)
{
	struct kseg *up;

	while (link_joins(&s->link) &&
	    (up = kseg_get(k, s->link.seg)) != NULL && !up->gone)
		s = up;
	return s;
}

/* Segments that are linked share a chain; a lone one has it made when the
 * first transaction touches it. */
static enum rc
load_chains(struct keeper *k, struct graph *g)
{
	struct kseg *s, *top;
	struct segment_row row;
	struct seg_link link;
	struct segment body;
	struct chain_row c;
	struct arena *a = arena_new();
	const struct node *n;
	enum rc rc;
	size_t i;

	for (i = 0; i < k->n; i++) {
		s = k->all[i];
		top = top_of(k, s);
		if (top->chain == NULL)
			kchain_add(mem_get(sizeof(struct kchain)), top);
		if (s != top)
			kchain_add(top->chain, s);
		if (s != top)
			continue;
		arena_reset(a);
		rc = graph_segment_get(g, a, s->seg, &row);
		if (rc != RC_OK || !segment_unpack(a, row.body, &body, &link) ||
		    body.n_seeds == 0)
			continue;
		n = graph_view(g)->node(graph_view(g)->ctx, body.seeds[0]);
		if (n == NULL)
			continue;
		chain_id_of(n->id, s->chain->id);
		rc = graph_chain_get(g, a, s->chain->id, &c);
		s->chain->live = rc == RC_OK && c.live;
	}
	arena_free(a);
	return RC_OK;
}

enum rc
keeper_load(struct keeper *k, struct graph *g)
{
	struct loading l = { k, g, arena_new(), RC_OK };
	enum rc rc;

	table_init(&k->segs);
	rc = graph_segments(g, -1, load_one, &l);
	if (rc == RC_OK)
		rc = l.rc;
	if (rc == RC_OK)
		rc = load_chains(k, g);
	arena_free(l.a);
	k->loaded = rc == RC_OK;
	return rc;
}
