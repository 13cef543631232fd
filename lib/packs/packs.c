/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's rules, and beside them a tagger for each tenant that wants it
 * otherwise, made when it is first asked for and again when the tenant's number
 * of changes has grown. Who took an old one goes on with it; the last to give
 * it back ends it.
 */
#include "packs/inner.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

enum { HELD_MOST = 64 };

struct held {
	int64_t tenant, version;
	struct tagger *t;
	size_t takers;
	bool old;
	uint64_t used;
	struct held *next;
};

struct packs {
	struct tagger *server;
	pthread_mutex_t lock;	/* over the rest */
	struct held *first;
	size_t n;
	uint64_t turn;
};

enum rc
packs_open(const char *folder, struct packs **out)
{
	struct packs *p = mem_get(sizeof(*p));
	enum rc rc = tagger_open(folder, &p->server);

	if (rc != RC_OK) {
		mem_free(p);
		return rc;
	}
	pthread_mutex_init(&p->lock, NULL);
	*out = p;
	return RC_OK;
}

const struct tagger *
packs_server(const struct packs *p)
{
	return p->server;
}

static void
held_end(struct packs *p, struct held **at)
{
	struct held *h = *at;

	*at = h->next;
	tagger_close(h->t);
	mem_free(h);
	p->n--;
}

void
packs_close(struct packs *p)
{
	if (p == NULL)
		return;
	while (p->first != NULL) {
		assert(p->first->takers == 0);
		held_end(p, &p->first);
	}
	tagger_close(p->server);
	pthread_mutex_destroy(&p->lock);
	mem_free(p);
}

/* ---- taking and giving ------------------------------------------------------ */

static enum rc
make(struct packs *p, struct store *st, int64_t tenant, struct tagger **t)
{
	struct arena *a = arena_new();
	struct packs_look l = { 0 };
	struct tag_choice c = { .off = look_off, .ctx = &l };
	struct tag_source *own;
	enum rc rc = look_rows(st, a, tenant, &l);

	if (rc == RC_OK)
		rc = look_files(st, a, &l, &own, &c.n_own);
	if (rc == RC_OK) {
		c.own = own;
		*t = tagger_over(p->server, &c);
	}
	arena_free(a);
	return rc;
}

/* That which nobody has and nobody asked for longest makes room. */
static void
make_room(struct packs *p)
{
	struct held **at, **oldest = NULL;

	for (at = &p->first; *at != NULL; at = &(*at)->next)
		if ((*at)->takers == 0 && (oldest == NULL ||
		    (*at)->used < (*oldest)->used))
			oldest = at;
	if (p->n >= HELD_MOST && oldest != NULL)
		held_end(p, oldest);
}

static enum rc
held_add(struct packs *p, struct store *st, int64_t tenant, int64_t version,
    struct held **out)
{
	struct tagger *t;
	struct held *h;
	enum rc rc = make(p, st, tenant, &t);

	if (rc != RC_OK)
		return rc;
	make_room(p);
	h = mem_get(sizeof(*h));
	h->tenant = tenant;
	h->version = version;
	h->t = t;
	h->next = p->first;
	p->first = h;
	p->n++;
	*out = h;
	return RC_OK;
}

/* The one of this version; others of the tenant are old. */
static struct held *
find(struct packs *p, int64_t tenant, int64_t version)
{
	struct held **at = &p->first, *found = NULL;

	while (*at != NULL) {
		struct held *h = *at;

		if (h->tenant == tenant && h->version == version) {
			found = h;
		} else if (h->tenant == tenant) {
			h->old = true;
			if (h->takers == 0) {
				held_end(p, at);
				continue;
			}
		}
		at = &(*at)->next;
	}
	return found;
}

/* The number is read before the rows: what changes in between is read anew by
 * the next who takes. */
enum rc
packs_take(struct packs *p, struct store *st, int64_t tenant,
    const struct tagger **t)
{
	struct held *h;
	int64_t version;
	enum rc rc = control_rules_version(st, tenant, &version);

	if (rc != RC_OK)
		return rc;
	if (version == 0) {
		*t = p->server;
		return RC_OK;
	}
	pthread_mutex_lock(&p->lock);
	h = find(p, tenant, version);
	if (h == NULL)
		rc = held_add(p, st, tenant, version, &h);
	if (rc == RC_OK) {
		h->takers++;
		h->used = ++p->turn;
		*t = h->t;
	}
	pthread_mutex_unlock(&p->lock);
	return rc;
}

void
packs_give(struct packs *p, const struct tagger *t)
{
	struct held **at;

	if (t == NULL || t == p->server)
		return;
	pthread_mutex_lock(&p->lock);
	for (at = &p->first; *at != NULL && (*at)->t != t; at = &(*at)->next)
		;
	assert(*at != NULL && (*at)->takers > 0);
	(*at)->takers--;
	if ((*at)->takers == 0 && (*at)->old)
		held_end(p, at);
	pthread_mutex_unlock(&p->lock);
}
