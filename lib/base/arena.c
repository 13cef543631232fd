/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks in a list, newest first; a bump pointer in the newest. A request
 * mostly fits the first block, which the reset keeps, so the usual cost of an
 * allocation is an addition and a memset. What is bigger than a quarter of a
 * block gets a block of its own, put behind the newest, so that it does not
 * waste the rest of the one in use.
 *
 * Under AddressSanitizer every byte that is not handed out is marked, with a
 * gap behind each piece: reading past a piece's end or after the reset is then
 * found as it is for malloc.
 */
#include "base/arena.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#endif
#ifdef WATCHED
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, len) ((void)(p), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(p, len) ((void)(p), (void)(len))
#endif

enum { BLOCK = 64 * 1024, ALIGN = _Alignof(max_align_t),
#ifdef WATCHED
	GAP = ALIGN
#else
	GAP = 0
#endif
};

struct block {
	struct block *next;
	size_t room, used;
	_Alignas(max_align_t) char bytes[];
};

struct arena {
	struct block *top;
	size_t used;
};

static void
out_of_memory(void)
{
	fputs("out of memory\n", stderr);
	abort();
}

void *
mem_get(size_t len)
{
	void *p = calloc(1, len == 0 ? 1 : len);

	if (p == NULL)
		out_of_memory();
	return p;
}

void *
mem_resize(void *p, size_t len)
{
	void *q = realloc(p, len == 0 ? 1 : len);

	if (q == NULL)
		out_of_memory();
	return q;
}

char *
mem_copy(const void *p, size_t len)
{
	char *q;

	if (len == SIZE_MAX)
		out_of_memory();
	q = mem_get(len + 1);
	if (len > 0)
		memcpy(q, p, len);
	return q;
}

void
mem_free(void *p)
{
	free(p);
}

/* glibc keeps a heap for each thread and learns to keep ever more of what a
 * thread has freed, so that eight which have each met one big body hold eight
 * times as much for good. Fixed thresholds switch the learning off. */
enum { HEAPS_MOST = 4, KEPT_MOST = 1 << 20 };

void
mem_lean(void)
{
	(void)mallopt(M_ARENA_MAX, HEAPS_MOST);
	(void)mallopt(M_MMAP_THRESHOLD, KEPT_MOST);
	(void)mallopt(M_TRIM_THRESHOLD, KEPT_MOST);
}

void
mem_trim(void)
{
	malloc_trim(0);
}

/* Not mem_get: arena_get clears what it hands out. */
static struct block *
block_new(size_t room)
{
	struct block *b;

	if (room > SIZE_MAX - sizeof(*b))
		out_of_memory();
	b = mem_resize(NULL, sizeof(*b) + room);
	b->next = NULL;
	b->room = room;
	b->used = 0;
	ASAN_POISON_MEMORY_REGION(b->bytes, room);
	return b;
}

struct arena *
arena_new(void)
{
	struct arena *a = mem_get(sizeof(*a));

	a->top = block_new(BLOCK);
	return a;
}

static void
blocks_free(struct block *b)
{
	struct block *next;

	for (; b != NULL; b = next) {
		next = b->next;
		ASAN_UNPOISON_MEMORY_REGION(b->bytes, b->room);
		free(b);
	}
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	blocks_free(a->top);
	free(a);
}

void
arena_reset(struct arena *a)
{
	/* The top is always a block of the usual size. */
	blocks_free(a->top->next);
	a->top->next = NULL;
	a->top->used = 0;
	a->used = 0;
	ASAN_POISON_MEMORY_REGION(a->top->bytes, a->top->room);
}

/* `len` of the `whole` bytes that are taken are for the asker. */
static void *
block_take(struct block *b, size_t whole, size_t len)
{
	void *p = b->bytes + b->used;

	b->used += whole;
	ASAN_UNPOISON_MEMORY_REGION(p, len);
	memset(p, 0, len);
	return p;
}

void *
arena_get(struct arena *a, size_t len)
{
	struct block *b;
	size_t whole;

	if (len > SIZE_MAX - ALIGN - GAP)
		out_of_memory();
	whole = len == 0 ? ALIGN : (len + ALIGN - 1) & ~((size_t)ALIGN - 1);
	whole += GAP;
	a->used += whole;
	if (whole <= a->top->room - a->top->used)
		return block_take(a->top, whole, len);
	if (whole > BLOCK / 4) {
		b = block_new(whole);
		b->next = a->top->next;
		a->top->next = b;
		return block_take(b, whole, len);
	}
	b = block_new(BLOCK);
	b->next = a->top;
	a->top = b;
	return block_take(b, whole, len);
}

void *
arena_array(struct arena *a, size_t n, size_t len)
{
	size_t all;

	if (__builtin_mul_overflow(n, len, &all))
		out_of_memory();
	return arena_get(a, all);
}

char *
arena_copy(struct arena *a, const void *p, size_t len)
{
	char *q;

	if (len == SIZE_MAX)
		out_of_memory();
	q = arena_get(a, len + 1);
	if (len > 0)
		memcpy(q, p, len);
	return q;
}

size_t
arena_used(const struct arena *a)
{
	return a->used;
}

void *
arena_grow(struct arena *a, void *items, size_t *room, size_t need, size_t len)
{
	size_t more = *room == 0 ? 8 : *room;
	void *p;

	if (need <= *room)
		return items;
	while (more < need) {
		if (more > SIZE_MAX / 2)
			out_of_memory();
		more *= 2;
	}
	p = arena_array(a, more, len);
	if (*room > 0)
		memcpy(p, items, *room * len);
	*room = more;
	return p;
}
