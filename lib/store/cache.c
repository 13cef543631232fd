/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache.h"

void
cache_init(struct cache *c, size_t most)
{
	c->mem = arena_new();
	table_init(&c->at);
	c->most = most;
}

void
cache_release(struct cache *c)
{
	arena_free(c->mem);
	table_release(&c->at);
}

void
cache_clear(struct cache *c)
{
	if (c->at.n == 0)
		return;
	table_clear(&c->at);
	arena_reset(c->mem);
}

void *
cache_get(const struct cache *c, uint64_t hash)
{
	int64_t at = 0;

	return table_get(&c->at, hash, &at) ? (void *)(intptr_t)at : NULL;
}

void *
cache_add(struct cache *c, uint64_t hash, size_t len)
{
	void *p;

	if (c->at.n >= c->most)
		cache_clear(c);
	p = arena_get(c->mem, len);
	table_put(&c->at, hash, (int64_t)(intptr_t)p);
	return p;
}
