/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a graph remembers of its dictionaries: entries of any form by a 64-bit
 * hash, in an arena of the cache's own. Full, in bytes, means emptied: entries are
 * never dropped one by one, so whatever cache_get gave is good until the next
 * cache_add or cache_clear. Two keys may share a hash: compare the entry.
 */
#ifndef STORE_CACHE_H
#define STORE_CACHE_H

#include "base/arena.h"
#include "base/table.h"

struct cache {
	struct arena *mem;
	struct table at;
	size_t most;		/* bytes, one entry more or less */
};

void cache_init(struct cache *c, size_t most);
void cache_release(struct cache *c);
void cache_clear(struct cache *c);
size_t cache_bytes(const struct cache *c);
void *cache_get(const struct cache *c, uint64_t hash);	/* NULL: none */
/* A new entry of len zero bytes under this hash, instead of any other. Texts
 * that it points to belong into c->mem. */
void *cache_add(struct cache *c, uint64_t hash, size_t len);

#endif
