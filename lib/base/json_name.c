/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_name.h"

#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

bool
json_hex4(const char *p, unsigned *n)
{
	uint64_t got;

	/* str_hex_u64 would take 0x for the first two */
	if (p[1] == 'x' || p[1] == 'X' ||
	    !str_hex_u64((struct str){ p, 4 }, &got))
		return false;
	*n = (unsigned)got;
	return true;
}

/* A reader of a name's bytes with the escapes undone. */
struct reader {
	const char *p, *end;
	unsigned char ready[4];	/* the UTF-8 bytes of one \u escape */
	unsigned at, n;
};

static void
ready_put(struct reader *r, unsigned c)
{
	unsigned char *b = r->ready;

	r->at = 0;
	r->n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	switch (r->n) {
	case 1:
		b[0] = (unsigned char)c;
		return;
	case 2:
		b[0] = (unsigned char)(0xc0 | c >> 6);
		break;
	case 3:
		b[0] = (unsigned char)(0xe0 | c >> 12);
		b[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
		break;
	default:
		b[0] = (unsigned char)(0xf0 | c >> 18);
		b[1] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
		b[2] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
		break;
	}
	b[r->n - 1] = (unsigned char)(0x80 | (c & 0x3f));
}

/* Behind "\u": its code point, with its low surrogate where one follows. */
static void
read_unicode(struct reader *r)
{
	unsigned c = 0, low;

	if (r->end - r->p < 4 || !json_hex4(r->p, &c)) {
		r->p = r->end;
		ready_put(r, 0xfffd);
		return;
	}
	r->p += 4;
	if (c >> 10 == 0x36 && r->end - r->p >= 6 && r->p[0] == '\\' &&
	    r->p[1] == 'u' && json_hex4(r->p + 2, &low) && low >> 10 == 0x37) {
		c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
		r->p += 6;
	}
	ready_put(r, c);
}

/* The next byte, or -1 at the end. */
static int
read_byte(struct reader *r)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *hit;
	char c;

	if (r->at < r->n)
		return r->ready[r->at++];
	if (r->p == r->end)
		return -1;
	c = *r->p++;
	if (c != '\\' || r->p == r->end)
		return (unsigned char)c;
	c = *r->p++;
	if (c == 'u') {
		read_unicode(r);
		return r->ready[r->at++];
	}
	hit = memchr(from, c, sizeof(from) - 1);
	return (unsigned char)(hit == NULL ? c : to[hit - from]);
}

bool
json_name_eq(struct str a, bool a_plain, struct str b, bool b_plain)
{
	struct reader x = { .p = a.p, .end = a.p + a.len };
	struct reader y = { .p = b.p, .end = b.p + b.len };
	int c;

	if (a_plain && b_plain)
		return str_eq(a, b);
	do {
		c = read_byte(&x);
		if (c != read_byte(&y))
			return false;
	} while (c >= 0);
	return true;
}

/* In pieces chained by their sums, so that a name with escapes comes to the
 * same sum as the plain one without needing memory for all of it. */
uint64_t
json_name_hash(struct str name, bool plain)
{
	enum { PIECE = 120 };
	struct reader r = { .p = name.p, .end = name.p + name.len };
	uint64_t sum = 0;
	char piece[sizeof(sum) + PIECE];
	size_t n;
	int c;

	if (plain && name.len < PIECE)
		return hash_table(name.p, name.len);
	do {
		n = 0;
		c = -1;
		while (n < PIECE && (c = read_byte(&r)) >= 0)
			piece[n++] = (char)c;
		if (sum == 0 && n < PIECE)
			return hash_table(piece, n);
		memcpy(piece + n, &sum, sizeof(sum));
		sum = hash_table(piece, n + sizeof(sum)) | 1;
	} while (c >= 0);
	return sum;
}

void
json_names_init(struct json_names *t)
{
	t->entry = t->entry_here;
	t->slot = t->slot_here;
	t->n = 0;
	t->room = NAMES_HERE;
	t->slots = SLOTS_HERE;
	memset(t->slot_here, 0, sizeof(t->slot_here));
}

void
json_names_release(struct json_names *t)
{
	if (t->entry == t->entry_here)
		return;
	mem_free(t->entry);
	mem_free(t->slot);
}

/* Twice the room. Entries go back in the order they came, which keeps the
 * promise that the newest may be taken out without a trace. */
static void
names_grow(struct json_names *t)
{
	struct json_name *entry = mem_get(2 * t->room * sizeof(*entry));
	uint32_t *slot = mem_get(2 * t->slots * sizeof(*slot)), i, at;

	memcpy(entry, t->entry, t->n * sizeof(*entry));
	json_names_release(t);
	t->entry = entry;
	t->slot = slot;
	t->room *= 2;
	t->slots *= 2;
	for (i = 0; i < t->n; i++) {
		at = (uint32_t)entry[i].hash & (t->slots - 1);
		while (slot[at] != 0)
			at = (at + 1) & (t->slots - 1);
		slot[at] = i + 1;
		entry[i].slot = at;
	}
}

bool
json_names_add(struct json_names *t, unsigned depth, struct str name,
    bool plain)
{
	uint64_t hash = json_name_hash(name, plain) +
	    depth * 0x9e3779b97f4a7c15ULL;
	struct json_name *e;
	uint32_t at;

	if (t->n == t->room)
		names_grow(t);
	at = (uint32_t)hash & (t->slots - 1);
	for (; t->slot[at] != 0; at = (at + 1) & (t->slots - 1)) {
		e = &t->entry[t->slot[at] - 1];
		if (e->hash == hash && e->depth == depth && json_name_eq(
			(struct str){ e->p, e->len }, e->plain, name, plain))
			return true;
	}
	t->entry[t->n] = (struct json_name){ name.p, hash,
		(uint32_t)name.len, at, (uint8_t)depth, plain };
	t->slot[at] = ++t->n;
	return false;
}

void
json_names_drop(struct json_names *t, unsigned depth)
{
	while (t->n > 0 && t->entry[t->n - 1].depth == depth)
		t->slot[t->entry[--t->n].slot] = 0;
}
