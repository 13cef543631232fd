/* SPDX-License-Identifier: Apache-2.0 */
#include "ruleset.h"

#include "attack.h"
#include "base/hash.h"
#include "cause.h"
#include "norm.h"

/* How the rows are hashed; to be raised with any change to the engine that
 * gives other chains for the same rules (cause/). */
enum { ENGINE_VERSION = 7 };

static void
number_add(struct sha256_state *s, int64_t n)
{
	uint8_t b[8];
	int i;

	for (i = 0; i < 8; i++)
		b[i] = (uint8_t)((uint64_t)n >> (8 * i));
	sha256_add(s, b, sizeof(b));
}

/* Confidences as parts of a million: no bytes of doubles, which are a
 * machine's own. */
static void
rule_add(struct sha256_state *s, const struct rule_row *r)
{
	sha256_add_field(s, str_of(r->id));
	sha256_add_field(s, str_of(r->number));
	number_add(s, r->family);
	number_add(s, r->grade);
	number_add(s, (int64_t)(r->strong * 1e6 + .5));
	number_add(s, (int64_t)(r->weak * 1e6 + .5));
	number_add(s, r->passes_hub);
	sha256_add_field(s, str_of(r->because));
}

void
ruleset_text(const struct tagger *t, char out[RULESET_TEXT])
{
	uint8_t print[SHA256_LEN] = { 0 }, digest[SHA256_LEN];
	struct sha256_state s;
	int i;

	sha256_begin(&s);
	number_add(&s, ENGINE_VERSION);
	norm_fingerprint(print);
	sha256_add(&s, print, sizeof(print));
	if (t != NULL)
		tagger_fingerprint(t, print);
	else
		sha256("", 0, print);
	sha256_add(&s, print, sizeof(print));
	for (i = 0; i < RULE__MAX; i++)
		rule_add(&s, rule_row((enum rule)i));
	sha256_add_field(&s, str_of(attack_version()));
	sha256_end(&s, digest);
	hex_text(digest, sizeof(digest), out);
}
