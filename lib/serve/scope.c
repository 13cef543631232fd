/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes as words and bits. */
#include "serve.h"

static const struct { uint32_t bit; const char *word; } words[] = {
	{ SCOPE_INGEST, "ingest" },
	{ SCOPE_READ, "read" },
	{ SCOPE_ANALYZE, "analyze" },
	{ SCOPE_AI, "ai" },
	{ SCOPE_ADMIN, "admin" },
	{ SCOPE_ASSERT, "assert" },
	{ SCOPE_OPERATOR, "operator" },
};

static bool
word_bit(struct str word, uint32_t *bits)
{
	size_t i;

	for (i = 0; i < COUNT(words); i++) {
		if (str_is(word, words[i].word)) {
			*bits |= words[i].bit;
			return true;
		}
	}
	return false;
}

bool
scopes_parse(struct str text, uint32_t *scopes)
{
	uint32_t bits = 0;
	size_t at = 0;
	size_t from;

	while (at < text.len) {
		from = at;
		while (at < text.len && text.p[at] != ',' && text.p[at] != ' ')
			at++;
		if (at > from
		    && !word_bit(str_sub(text, from, at - from), &bits))
			return false;
		at++;
	}
	*scopes = bits;
	return true;
}

struct str
scopes_text(struct arena *a, uint32_t scopes)
{
	struct buf b;
	struct str text;
	size_t i;

	buf_init(&b, 256);
	for (i = 0; i < COUNT(words); i++) {
		if ((scopes & words[i].bit) == 0)
			continue;
		if (b.len > 0)
			buf_put_char(&b, ' ');
		buf_put_c(&b, words[i].word);
	}
	text = str_dup(a, buf_str(&b));
	buf_release(&b);
	return text;
}
