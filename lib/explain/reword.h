/* SPDX-License-Identifier: Apache-2.0 */
/* A model's short summary beside the built-in text: see reword.c. */
#ifndef EXPLAIN_REWORD_H
#define EXPLAIN_REWORD_H

#include "explain/guard.h"
#include "llm.h"

enum { REWORD_SENTENCES_MAX = 20 };

struct reworded {
	const char *model;		/* its name; NULL: none was asked */
	const char *fallback;		/* why it says nothing; NULL: it does */
	const char *why;		/* the same in words */
	bool asked, answered;		/* a prompt left; bytes came back */
	char prompt_sha256[SHA256_HEX], answer_sha256[SHA256_HEX];
	int64_t latency_ms;
	struct saids kept;
	size_t dropped[GUARD__MAX];	/* by reason */
	size_t n_dropped;
};

#endif
