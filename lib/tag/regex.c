/* SPDX-License-Identifier: Apache-2.0 */
#include "tag/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/arena.h"

enum { MATCH_LIMIT = 200000, DEPTH_LIMIT = 2000, HEAP_LIMIT_KIB = 2048,
	PATTERN_MAX = 8192 };

struct regex {
	pcre2_code *code;
	pcre2_match_context *limits;
};

static uint32_t
options_of(unsigned flags)
{
	/* Text from logs need not be UTF-8; the engine then matches around
	 * what is not. */
	return PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C |
	    (flags & REGEX_FOLD ? PCRE2_CASELESS : 0) |
	    (flags & REGEX_LINES ? PCRE2_MULTILINE : 0) |
	    (flags & REGEX_DOT_ALL ? PCRE2_DOTALL : 0);
}

struct regex *
regex_new(struct str pattern, unsigned flags)
{
	struct regex *r;
	pcre2_code *code;
	PCRE2_SIZE at;
	int fault;

	if (pattern.len > PATTERN_MAX)
		return NULL;
	code = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.len,
	    options_of(flags), &fault, &at, NULL);
	if (!code)
		return NULL;
	/* Without JIT (or for what it cannot do) the interpreter serves. */
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	r = mem_get(sizeof(*r));
	r->code = code;
	r->limits = pcre2_match_context_create(NULL);
	if (r->limits) {
		pcre2_set_match_limit(r->limits, MATCH_LIMIT);
		pcre2_set_depth_limit(r->limits, DEPTH_LIMIT);
		pcre2_set_heap_limit(r->limits, HEAP_LIMIT_KIB);
	}
	return r;
}

void
regex_free(struct regex *r)
{
	if (!r)
		return;
	pcre2_match_context_free(r->limits);
	pcre2_code_free(r->code);
	mem_free(r);
}

bool
regex_match(const struct regex *r, struct str text)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int n;

	if (!data)
		return false;
	n = pcre2_match(r->code, (PCRE2_SPTR)(text.p ? text.p : ""), text.len,
	    0, 0, data, r->limits);
	pcre2_match_data_free(data);
	return n >= 0;
}
