/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a store that somebody else has written: chains and segments are
 * unpacked or found to be cut short, and packed again are the same. First byte:
 * which. */
#include "fuzz.h"

#include "cause.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hash_init();
	return 0;
}

static void
chain(struct arena *a, struct str in)
{
	struct buf one, two;
	struct chain c, back;

	if (!chain_unpack(a, in, &c))
		return;
	buf_init(&one, 64 << 20);
	buf_init(&two, 64 << 20);
	chain_pack(&c, &one);
	HOLDS(chain_unpack(a, buf_str(&one), &back));
	chain_pack(&back, &two);
	HOLDS(str_eq(buf_str(&one), buf_str(&two)));
	buf_release(&one);
	buf_release(&two);
}

static void
segment(struct arena *a, struct str in)
{
	struct seg_link link, same;
	struct segment s, back;
	struct buf one, two;

	if (!segment_unpack(a, in, &s, &link))
		return;
	buf_init(&one, 64 << 20);
	buf_init(&two, 64 << 20);
	segment_pack(&s, &link, &one);
	HOLDS(segment_unpack(a, buf_str(&one), &back, &same));
	segment_pack(&back, &same, &two);
	HOLDS(str_eq(buf_str(&one), buf_str(&two)));
	buf_release(&one);
	buf_release(&two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct arena *a = arena_new();
	struct str in = input_of(a, p, len);

	if (in.len > 0 && in.p[0] == 's')
		segment(a, str_sub(in, 1, in.len));
	else if (in.len > 0)
		chain(a, str_sub(in, 1, in.len));
	arena_free(a);
	return 0;
}
