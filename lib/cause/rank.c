/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order and ids. Why the tuple is (time, phase, sequence, id) and not also
 * (source, host): between two sources a tie at one nanosecond and one phase has
 * no meaning, so any rule that depends on nothing but the two records will do,
 * and the id gives that in eight bytes of a key that memcmp can compare. Within
 * one source and host the source's own sequence decides, as it should. Between
 * what makes, uses and ends a thing at one time the phase comes before it;
 * where a log numbers its records and a number of the thing (a handle, a pid)
 * comes back within that time, link.c asks for the sequence alone.
 */
#include "cause.h"

#include <string.h>

#include "base/hash.h"

static void
put_be(uint8_t *p, uint64_t n, int bytes)
{
	int i;

	for (i = bytes - 1; i >= 0; i--) {
		p[i] = (uint8_t)n;
		n >>= 8;
	}
}

void
rank_of(const struct event *ev, struct rank *r)
{
	uint64_t seq = ev->seq;

	if (seq > 0xffffffffffULL)
		seq = 0xffffffffffULL;
	put_be(r->b, (uint64_t)ev->time_ns ^ (1ULL << 63), 8);
	r->b[8] = (uint8_t)ev->phase;
	put_be(r->b + 9, seq, 5);
	memcpy(r->b + 14, ev->id, 8);
}

struct rank
rank_at(int64_t time_ns, int fill)
{
	struct rank r;

	memset(r.b, fill, RANK_LEN);
	put_be(r.b, (uint64_t)time_ns ^ (1ULL << 63), 8);
	return r;
}

int
rank_cmp(const struct rank *a, const struct rank *b)
{
	return memcmp(a->b, b->b, RANK_LEN);
}

int64_t
rank_time(const struct rank *r)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < 8; i++)
		n = n << 8 | r->b[i];
	return (int64_t)(n ^ (1ULL << 63));
}

uint64_t
rank_seq(const struct rank *r)
{
	uint64_t n = 0;
	int i;

	for (i = 9; i < 14; i++)
		n = n << 8 | r->b[i];
	return n;
}

struct rank
rank_in_phase(const struct rank *r, enum phase phase)
{
	struct rank least = *r;

	least.b[8] = (uint8_t)phase;
	memset(least.b + 14, 0, RANK_LEN - 14);
	return least;
}

void
chain_id_of(const uint8_t seed_id[16], uint8_t out[16])
{
	struct sha256_state s;
	uint8_t digest[SHA256_LEN];

	sha256_begin(&s);
	sha256_add(&s, "\001chain", 6);
	sha256_add(&s, seed_id, 16);
	sha256_end(&s, digest);
	memcpy(out, digest, 16);
}

void
chain_id_text(const uint8_t id[16], char out[CHAIN_ID_TEXT])
{
	memcpy(out, "ch-", 3);
	base32_text(id, out + 3);
}

bool
chain_id_parse(struct str text, uint8_t id[16])
{
	return str_starts(text, "ch-") &&
	    base32_parse(str_sub(text, 3, text.len), id);
}
