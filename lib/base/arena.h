/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena: memory that lives as long as one request (or one batch) and is
 * given back all at once. Nothing taken from it is ever freed alone.
 *
 * Rules for all calls: memory comes zeroed and aligned for any type; running
 * out of memory aborts the process, so no call returns NULL. That is why every
 * size that comes from outside must have been capped before it gets here.
 * An arena belongs to one thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena;

/* A new, empty arena; end it with arena_free. */
struct arena *arena_new(void);
void arena_free(struct arena *a);

/* Give everything back; keeps at most one block for the next round. */
void arena_reset(struct arena *a);

void *arena_get(struct arena *a, size_t len);
/* n items of size len each; aborts if the product overflows. */
void *arena_array(struct arena *a, size_t n, size_t len);
/* A copy of len bytes with a NUL behind it. */
char *arena_copy(struct arena *a, const void *p, size_t len);
/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *a);

/*
 * Grow an array held in the arena to room for at least `need` items (doubling;
 * the old items are copied, the old memory stays until the reset).
 * `*room` is its capacity in items and is updated.
 */
void *arena_grow(struct arena *a, void *items, size_t *room, size_t need,
    size_t len);

/* malloc and friends that abort instead of failing; for process-lifetime
 * objects, which pair with free(). The only malloc of the program. */
void *mem_get(size_t len);		/* zeroed */
void *mem_resize(void *p, size_t len);
char *mem_copy(const void *p, size_t len);	/* NUL behind it */
void mem_free(void *p);
/* Once, before the first thread: freed memory goes back to the system soon,
 * and threads share their heaps. */
void mem_lean(void);
/* Give the system back what was freed; takes milliseconds, so when idle. */
void mem_trim(void);

#endif
