/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table from 64-bit numbers to 64-bit numbers, in memory of its own. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table {
	uint64_t *key;
	int64_t *value;
	uint8_t *used;
	size_t room, n;
};

void table_init(struct table *t);
void table_release(struct table *t);
size_t table_bytes(const struct table *t);
bool table_grows(const struct table *t);	/* with the next new key */
void table_clear(struct table *t);		/* empty, memory kept */
void table_put(struct table *t, uint64_t key, int64_t value);
/* Forget the key; nothing happens if it is not there. */
void table_drop(struct table *t, uint64_t key);
bool table_get(const struct table *t, uint64_t key, int64_t *value);
/* The value of key, put as `value` first if it was not there; *added tells. */
int64_t table_add(struct table *t, uint64_t key, int64_t value, bool *added);

#endif
