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

size_t
cache_bytes(const struct cache *c)
{
	return arena_used(c->mem) + table_bytes(&c->at);
}

/* With the table's memory, which a growing one doubles. */
static bool
is_full(const struct cache *c, size_t len)
{
	size_t table = table_bytes(&c->at);

	if (table_grows(&c->at))
		table *= 2;
	return c->at.n > 0 && arena_used(c->mem) + table + len > c->most;
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

	if (is_full(c, len)) {
		table_release(&c->at);
		arena_reset(c->mem);
	}
	p = arena_get(c->mem, len);
	table_put(&c->at, hash, (int64_t)(intptr_t)p);
	return p;
}
