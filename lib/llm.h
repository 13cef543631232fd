/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A question to a language model: two texts in, one text out. It knows nothing
 * of what is asked about, and believes nothing of what comes back.
 *
 * Two forms, told by the end of the URL: ".../messages" is Anthropic's Messages
 * (docs.anthropic.com/en/api/messages), everything else chat completions as
 * OpenAI has them and llama.cpp, Ollama, vLLM and LiteLLM speak them too.
 *
 * One request, to the URL's host alone, at whatever address it has: the URL is
 * the operator's. It takes no longer than timeout_ms, connecting included, and
 * reads no more than LLM_ANSWER_MAX bytes. The key is read from its file for
 * each question, goes into one header and nowhere else, and only over TLS or to
 * this very machine.
 */
#ifndef LLM_H
#define LLM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/hash.h"
#include "base/str.h"

enum { LLM_ANSWER_MAX = 256 << 10, LLM_WHY = 256 };

struct llm {
	const char *url;	/* empty: there is none */
	const char *model;
	const char *key_file;	/* empty: no key is sent */
	int64_t timeout_ms;
};

enum llm_end {
	LLM_ANSWERED,
	LLM_TIMEOUT,
	LLM_UNREACHED,		/* nobody there, or not to be trusted */
	LLM_STATUS,		/* an HTTP status that is no success */
	LLM_REFUSED,		/* the model will not */
	LLM_GARBAGE,		/* no such answer as the form has */
	LLM_TOO_BIG,
	LLM_MISCONFIGURED,	/* the key cannot be read or must not be sent */
	LLM__MAX
};
const char *llm_end_name(enum llm_end e);	/* "timeout" ... */

struct llm_answer {
	enum llm_end end;
	struct str text;		/* what it said, if it answered */
	char why[LLM_WHY];		/* if it did not; holds no key */
	uint8_t prompt_sha256[SHA256_LEN];	/* of the request's body */
	bool answered;			/* anything came back at all */
	uint8_t answer_sha256[SHA256_LEN];	/* of what came */
	int64_t latency_ms;
};

/* Text lives in the arena. Returns an->end. */
enum llm_end llm_ask(struct arena *a, const struct llm *m, struct str system,
    struct str user, struct llm_answer *an);

#endif
