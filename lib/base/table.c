/* SPDX-License-Identifier: Apache-2.0 */
#include "base/table.h"

#include <string.h>

#include "base/arena.h"

/* Open addressing, linear probing, at most 2/3 full. Keys are mixed by the
 * finaliser of MurmurHash3 (Appleby, public domain), since ours are dense. */
static size_t
place(const struct table *t, uint64_t key)
{
	uint64_t h = key;

	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdULL;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53ULL;
	h ^= h >> 33;
	return (size_t)h & (t->room - 1);
}

static size_t
seek(const struct table *t, uint64_t key)
{
	size_t i = place(t, key);

	while (t->used[i] != 0 && t->key[i] != key)
		i = (i + 1) & (t->room - 1);
	return i;
}

static void
grow(struct table *t)
{
	struct table old = *t;
	size_t i, at;

	t->room = old.room == 0 ? 64 : old.room * 2;
	t->key = mem_get(t->room * sizeof(*t->key));
	t->value = mem_get(t->room * sizeof(*t->value));
	t->used = mem_get(t->room);
	for (i = 0; i < old.room; i++) {
		if (old.used[i] == 0)
			continue;
		at = seek(t, old.key[i]);
		t->used[at] = 1;
		t->key[at] = old.key[i];
		t->value[at] = old.value[i];
	}
	mem_free(old.key);
	mem_free(old.value);
	mem_free(old.used);
}

size_t
table_bytes(const struct table *t)
{
	return t->room * (sizeof(*t->key) + sizeof(*t->value) +
	    sizeof(*t->used));
}

bool
table_grows(const struct table *t)
{
	return (t->n + 1) * 3 > t->room * 2;
}

void
table_init(struct table *t)
{
	memset(t, 0, sizeof(*t));
}

void
table_release(struct table *t)
{
	mem_free(t->key);
	mem_free(t->value);
	mem_free(t->used);
	memset(t, 0, sizeof(*t));
}

void
table_clear(struct table *t)
{
	if (t->room != 0)
		memset(t->used, 0, t->room);
	t->n = 0;
}

int64_t
table_add(struct table *t, uint64_t key, int64_t value, bool *added)
{
	size_t i;

	if (table_grows(t))
		grow(t);
	i = seek(t, key);
	*added = t->used[i] == 0;
	if (!*added)
		return t->value[i];
	t->used[i] = 1;
	t->key[i] = key;
	t->value[i] = value;
	t->n++;
	return value;
}

void
table_put(struct table *t, uint64_t key, int64_t value)
{
	bool added;

	table_add(t, key, value, &added);
	if (!added)
		t->value[seek(t, key)] = value;
}

bool
table_get(const struct table *t, uint64_t key, int64_t *value)
{
	size_t i;

	if (t->n == 0)
		return false;
	i = seek(t, key);
	if (t->used[i] == 0)
		return false;
	*value = t->value[i];
	return true;
}

/* No tombstones: whoever was pushed past the place that falls free moves up
 * (Knuth, The Art of Computer Programming 3, algorithm 6.4 R). */
void
table_drop(struct table *t, uint64_t key)
{
	size_t free, i, home, mask = t->room - 1;

	if (t->n == 0)
		return;
	free = seek(t, key);
	if (t->used[free] == 0)
		return;
	for (i = (free + 1) & mask; t->used[i] != 0; i = (i + 1) & mask) {
		home = place(t, t->key[i]);
		if (((i - home) & mask) < ((i - free) & mask))
			continue;
		t->key[free] = t->key[i];
		t->value[free] = t->value[i];
		free = i;
	}
	t->used[free] = 0;
	t->n--;
}
