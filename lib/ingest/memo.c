/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A view that remembers answers from one transaction to the next.
 *
 * A segment of four thousand seeds that takes one more is built whole again,
 * and asks for it what it asked for the last time: forty thousand questions,
 * of which the new event has changed a handful. An answer is a function of one
 * posting list, (entity, slot); so each list has an age, raised when a posting
 * comes into it or goes, and an answer holds as long as its list is of the age
 * at which it was given. Nodes hold until their record changes.
 *
 * What is asked of the carriers of artifacts and of unlinks is passed on: it
 * has no list. When another process has written, all is forgotten (keep.c).
 */
#include "ingest/inner.h"

#include <string.h>

#include "base/hash.h"

enum {
	ANSWERS_MOST = 1 << 17,
	NODES_MOST = 1 << 15,
	BYTES_MOST = 32 << 20,
	WALK_MOST = 32,		/* longer lists are read again */
};

enum question { FIRST_AFTER, LAST_BEFORE, COUNT_OF, WALK };

struct answer {
	int64_t entity;
	int slot, most;
	enum question question;
	bool from;		/* after or before a rank */
	struct rank rank;
	int64_t age;
	bool found;
	int n;			/* count, or posts of a walk */
	struct post *post;
};

struct memo_all {
	struct arena *mem;
	struct table ages;	/* dep_key -> age */
	struct table at;	/* hash of a question -> place in answers */
	struct answer **answers;
	size_t n, room;
	struct table nodes;	/* event -> place in node; -1: changed */
	struct node **node;
	size_t n_nodes, nodes_room;
};

static int64_t
age_of(const struct memo *m, int64_t entity, int slot)
{
	int64_t age = 0;

	(void)table_get(&m->all->ages, dep_key(entity, slot), &age);
	return age;
}

static uint64_t
hash_of(const struct answer *q)
{
	struct { int64_t entity; int32_t slot, question, from, most;
	    uint8_t rank[RANK_LEN + 2]; } k = { q->entity, q->slot,
		(int32_t)q->question, q->from, q->most, { 0 } };

	if (q->from)
		memcpy(k.rank, q->rank.b, RANK_LEN);
	return hash_table(&k, sizeof(k));
}

static bool
same_question(const struct answer *a, const struct answer *b)
{
	return a->entity == b->entity && a->slot == b->slot &&
	    a->question == b->question && a->most == b->most &&
	    a->from == b->from && (!a->from ||
	    memcmp(a->rank.b, b->rank.b, RANK_LEN) == 0);
}

static struct answer
question(enum question what, int64_t entity, int slot, const struct rank *r)
{
	struct answer q = { .entity = entity, .slot = slot, .question = what,
		.from = r != NULL };

	if (r != NULL)
		q.rank = *r;
	return q;
}

/* The answer that still holds; NULL: ask. */
static const struct answer *
recall(const struct memo *m, const struct answer *q)
{
	const struct answer *a;
	int64_t at;

	if (!table_get(&m->all->at, hash_of(q), &at))
		return NULL;
	a = m->all->answers[at];
	return same_question(a, q) && a->age == age_of(m, q->entity, q->slot) ?
	    a : NULL;
}

static void
keep(struct memo *m, struct answer q, const struct post *posts, size_t n)
{
	struct memo_all *all = m->all;
	int64_t at;
	bool added;

	if (all->n >= ANSWERS_MOST)
		return;
	q.age = age_of(m, q.entity, q.slot);
	q.post = arena_array(all->mem, n + 1, sizeof(*q.post));
	if (n > 0)
		memcpy(q.post, posts, n * sizeof(*posts));
	at = table_add(&all->at, hash_of(&q), (int64_t)all->n, &added);
	if (added) {
		all->answers = arena_grow(all->mem, all->answers, &all->room,
		    all->n + 1, sizeof(struct answer *));
		all->answers[all->n++] = arena_get(all->mem, sizeof(q));
	}
	*all->answers[at] = q;
}

/* ---- the view -------------------------------------------------------------- */

static const struct node *
memo_node(void *ctx, int64_t ev)
{
	struct memo *m = ctx;
	struct memo_all *all = m->all;
	const struct node *n;
	struct node *own;
	int64_t at;

	if (table_get(&all->nodes, (uint64_t)ev, &at) && at >= 0)
		return all->node[at];
	n = m->inner->node(m->inner->ctx, ev);
	if (n == NULL || all->n_nodes >= NODES_MOST)
		return n;
	own = arena_get(all->mem, sizeof(*own));
	*own = *n;
	own->refs = arena_array(all->mem, n->n_refs + 1, sizeof(*own->refs));
	if (n->n_refs > 0)
		memcpy(own->refs, n->refs, n->n_refs * sizeof(*own->refs));
	own->tags = arena_array(all->mem, n->n_tags + 1, sizeof(*own->tags));
	if (n->n_tags > 0)
		memcpy(own->tags, n->tags, n->n_tags * sizeof(*own->tags));
	all->node = arena_grow(all->mem, all->node, &all->nodes_room,
	    all->n_nodes + 1, sizeof(struct node *));
	all->node[all->n_nodes] = own;
	table_put(&all->nodes, (uint64_t)ev, (int64_t)all->n_nodes++);
	return own;
}

static bool
one_post(struct memo *m, struct answer q, struct post *out)
{
	const struct answer *a = recall(m, &q);
	struct post p = { 0 };

	if (a != NULL) {
		if (a->found)
			*out = a->post[0];
		return a->found;
	}
	q.found = q.question == FIRST_AFTER ?
	    m->inner->first_after(m->inner->ctx, q.entity, q.slot,
	    q.from ? &q.rank : NULL, &p) :
	    m->inner->last_before(m->inner->ctx, q.entity, q.slot,
	    q.from ? &q.rank : NULL, &p);
	keep(m, q, &p, 1);
	if (q.found)
		*out = p;
	return q.found;
}

static bool
memo_first_after(void *ctx, int64_t entity, int slot, const struct rank *r,
    struct post *out)
{
	return one_post(ctx, question(FIRST_AFTER, entity, slot, r), out);
}

static bool
memo_last_before(void *ctx, int64_t entity, int slot, const struct rank *r,
    struct post *out)
{
	return one_post(ctx, question(LAST_BEFORE, entity, slot, r), out);
}

struct listening {
	bool (*f)(void *arg, const struct post *p);
	void *arg;
	struct post seen[WALK_MOST];
	size_t n;
	bool broken;		/* he had heard enough, or it is too long */
};

static bool
listen(void *arg, const struct post *p)
{
	struct listening *l = arg;

	if (l->n < WALK_MOST)
		l->seen[l->n++] = *p;
	else
		l->broken = true;
	if (l->f(l->arg, p))
		return true;
	l->broken = true;
	return false;
}

static void
memo_walk(void *ctx, int64_t entity, int slot, const struct rank *r,
    bool (*f)(void *arg, const struct post *p), void *arg)
{
	struct memo *m = ctx;
	struct answer q = question(WALK, entity, slot, r);
	const struct answer *a = recall(m, &q);
	struct listening l = { .f = f, .arg = arg };
	int i;

	if (a != NULL) {
		for (i = 0; i < a->n && f(arg, &a->post[i]); i++)
			;
		return;
	}
	m->inner->walk(m->inner->ctx, entity, slot, r, listen, &l);
	if (l.broken)
		return;
	q.n = (int)l.n;
	keep(m, q, l.seen, l.n);
}

static int
memo_count(void *ctx, int64_t entity, int slot, int most)
{
	struct memo *m = ctx;
	struct answer q = question(COUNT_OF, entity, slot, NULL);
	const struct answer *a;

	q.most = most;
	a = recall(m, &q);
	if (a != NULL)
		return a->n;
	q.n = m->inner->count(m->inner->ctx, entity, slot, most);
	keep(m, q, NULL, 0);
	return q.n;
}

static int
memo_carriers(void *ctx, int64_t entity, int most)
{
	struct memo *m = ctx;

	return m->inner->carriers(m->inner->ctx, entity, most);
}

static bool
memo_cut(void *ctx, int64_t a, int64_t b)
{
	struct memo *m = ctx;

	return m->inner->cut(m->inner->ctx, a, b);
}

/* ---- its life ---------------------------------------------------------------- */

void
memo_init(struct memo *m)
{
	*m = (struct memo){ .view = { m, memo_node, memo_first_after,
		memo_last_before, memo_walk, memo_count, memo_carriers,
		memo_cut }, .all = mem_get(sizeof(*m->all)) };
	m->all->mem = arena_new();
	table_init(&m->all->ages);
	table_init(&m->all->at);
	table_init(&m->all->nodes);
}

void
memo_release(struct memo *m)
{
	arena_free(m->all->mem);
	table_release(&m->all->ages);
	table_release(&m->all->at);
	table_release(&m->all->nodes);
	mem_free(m->all);
}

void
memo_forget(struct memo *m)
{
	const struct view *inner = m->inner;

	memo_release(m);
	memo_init(m);
	m->inner = inner;
}

void
memo_list_changed(struct memo *m, uint64_t dep_key)
{
	int64_t age = 0;

	(void)table_get(&m->all->ages, dep_key, &age);
	table_put(&m->all->ages, dep_key, age + 1);
}

size_t
memo_bytes(const struct memo *m)
{
	return arena_used(m->all->mem) + table_bytes(&m->all->ages) +
	    table_bytes(&m->all->at) + table_bytes(&m->all->nodes);
}

bool
memo_is_empty(const struct memo *m)
{
	return m->all->n == 0 && m->all->n_nodes == 0;
}

void
memo_record_changed(struct memo *m, int64_t ev)
{
	table_put(&m->all->nodes, (uint64_t)ev, -1);
}

bool
memo_is_full(const struct memo *m)
{
	return m->all->n >= ANSWERS_MOST || m->all->n_nodes >= NODES_MOST ||
	    m->all->ages.n >= ANSWERS_MOST ||
	    memo_bytes(m) >= BYTES_MOST;
}
