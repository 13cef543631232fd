/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A view that remembers what was asked of it. A segment is a function of the
 * postings it read; a new posting in one of those lists, and nothing else, can
 * change it. So what it read is written down as (entity, slot), and a new event
 * finds the segments it concerns by its own entities and roles.
 */
#include "ingest/inner.h"

#include "base/arena.h"

static void
note(struct watch *w, int64_t entity, int slot)
{
	uint64_t key = dep_key(entity, slot);
	bool added;

	table_add(&w->seen, key, 1, &added);
	if (!added)
		return;
	if (w->n == w->room) {
		w->room = w->room == 0 ? 64 : w->room * 2;
		w->keys = mem_resize(w->keys, w->room * sizeof(*w->keys));
	}
	w->keys[w->n++] = key;
}

static const struct node *
watch_node(void *ctx, int64_t ev)
{
	struct watch *w = ctx;

	return w->inner->node(w->inner->ctx, ev);
}

static bool
watch_first_after(void *ctx, int64_t entity, int slot, const struct rank *r,
    struct post *out)
{
	struct watch *w = ctx;

	note(w, entity, slot);
	return w->inner->first_after(w->inner->ctx, entity, slot, r, out);
}

static bool
watch_last_before(void *ctx, int64_t entity, int slot, const struct rank *r,
    struct post *out)
{
	struct watch *w = ctx;

	note(w, entity, slot);
	return w->inner->last_before(w->inner->ctx, entity, slot, r, out);
}

static void
watch_walk(void *ctx, int64_t entity, int slot, const struct rank *r,
    bool (*f)(void *arg, const struct post *p), void *arg)
{
	struct watch *w = ctx;

	note(w, entity, slot);
	w->inner->walk(w->inner->ctx, entity, slot, r, f, arg);
}

static int
watch_count(void *ctx, int64_t entity, int slot, int most)
{
	struct watch *w = ctx;
	int n = w->inner->count(w->inner->ctx, entity, slot, most);

	/* Postings only grow: a full count stays full. */
	if (n < most)
		note(w, entity, slot);
	return n;
}

static int
watch_carriers(void *ctx, int64_t entity, int most)
{
	struct watch *w = ctx;

	return w->inner->carriers(w->inner->ctx, entity, most);
}

static bool
watch_cut(void *ctx, int64_t a, int64_t b)
{
	struct watch *w = ctx;

	return w->inner->cut(w->inner->ctx, a, b);
}

void
watch_init(struct watch *w, const struct view *inner)
{
	*w = (struct watch){ .inner = inner, .view = { w, watch_node,
		watch_first_after, watch_last_before, watch_walk, watch_count,
		watch_carriers, watch_cut } };
	table_init(&w->seen);
}

void
watch_release(struct watch *w)
{
	table_release(&w->seen);
	mem_free(w->keys);
}

uint64_t
dep_of(const struct ref *r, unsigned flags, size_t n_tags)
{
	bool minor = (flags & EVENT_MINOR) != 0 && n_tags == 0;

	switch (r->role) {
	case ROLE_SUBJ:
	case ROLE_SESS:
	case ROLE_CRED:
	case ROLE_TARGET:
		return dep_key(r->entity, r->role | (minor ? SLOT_MINOR : 0));
	default:
		return dep_key(r->entity, r->role);
	}
}
