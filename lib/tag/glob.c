/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nearly every pattern in rules is a literal with an optional star at either
 * end: those are compared or searched with memcmp and memmem. What remains is
 * matched with the classic two-pointer walk: on a mismatch go back to the last
 * star and let it eat one byte more. That is O(text x pattern) at worst, never
 * exponential, and needs no stack.
 */
#include "tag/glob.h"

#include <string.h>

static bool
word_byte(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '_';
}

static int
lower_byte(int c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* A dash or slash that introduces an option: no word before, one behind. */
static bool
option_dash(struct str p, size_t i)
{
	return (p.p[i] == '-' || p.p[i] == '/') &&
	    (i == 0 || !word_byte((unsigned char)p.p[i - 1])) &&
	    i + 1 < p.len && word_byte((unsigned char)p.p[i + 1]);
}

/* The token at *i, which moves on. */
static uint16_t
token_at(struct str p, size_t *i, unsigned how)
{
	int c = (unsigned char)p.p[*i];
	size_t at = (*i)++;

	if ((how & GLOB_DASHES) && option_dash(p, at))
		return GLOB_DASH;
	if (!(how & GLOB_PLAIN)) {
		if (c == '*')
			return GLOB_STAR;
		if (c == '?')
			return GLOB_ANY;
		if (c == '\\' && *i < p.len && strchr("*?\\", p.p[*i]) &&
		    p.p[*i] != '\0')
			return (uint8_t)p.p[(*i)++];
	}
	return (uint16_t)(how & GLOB_LOWER ? lower_byte(c) : c);
}

/* The simple shape of tokens [from, to), if they are all bytes. */
static bool
simplify(struct arena *a, struct glob *g, size_t from, size_t to)
{
	char *text = arena_get(a, to - from + 1);

	for (size_t i = from; i < to; i++) {
		if (g->tokens[i] > 255)
			return false;
		text[i - from] = (char)g->tokens[i];
	}
	g->text = (struct str){ text, to - from };
	return true;
}

struct glob
glob_compile(struct arena *a, struct str p, unsigned how)
{
	uint16_t *tokens = arena_array(a, p.len + 2, sizeof(*tokens));
	struct glob g = { .shape = GLOB_TOKENS, .tokens = tokens };
	bool open_start, open_end;

	if (how & GLOB_OPEN_START)
		tokens[g.n++] = GLOB_STAR;
	for (size_t i = 0; i < p.len;) {
		uint16_t t = token_at(p, &i, how);

		if (t != GLOB_STAR || g.n == 0 || tokens[g.n - 1] != GLOB_STAR)
			tokens[g.n++] = t;
	}
	if ((how & GLOB_OPEN_END) && (g.n == 0 || tokens[g.n - 1] != GLOB_STAR))
		tokens[g.n++] = GLOB_STAR;
	open_start = g.n > 0 && tokens[0] == GLOB_STAR;
	open_end = g.n > open_start && tokens[g.n - 1] == GLOB_STAR;
	if (simplify(a, &g, open_start, g.n - open_end)) {
		if (open_start && g.n == 1)
			open_end = true;	/* a lone star */
		g.shape = open_start ?
		    (open_end ? GLOB_CONTAINS : GLOB_ENDS) :
		    (open_end ? GLOB_STARTS : GLOB_EQUALS);
	}
	return g;
}

/* Bytes of the character that begins here. */
static size_t
char_len(struct str s, size_t at)
{
	size_t n = 1;

	while (at + n < s.len && ((unsigned char)s.p[at + n] & 0xc0) == 0x80)
		n++;
	return n;
}

static size_t
dash_len(struct str s, size_t at)
{
	if (s.p[at] == '-' || s.p[at] == '/')
		return 1;
	if (s.len - at >= 3 && memcmp(s.p + at, "\xe2\x80", 2) == 0 &&
	    strchr("\x93\x94\x95", s.p[at + 2]) && s.p[at + 2])
		return 3;
	return 0;
}

/* How many bytes of the text this token takes; 0: it does not fit. */
static size_t
token_len(uint16_t token, struct str s, size_t at)
{
	if (token == GLOB_ANY)
		return char_len(s, at);
	if (token == GLOB_DASH)
		return dash_len(s, at);
	return token == (unsigned char)s.p[at];
}

static bool
tokens_match(const struct glob *g, struct str s)
{
	size_t i = 0, t = 0, star = SIZE_MAX, resume = 0, len;

	while (i < s.len) {
		if (t < g->n && g->tokens[t] == GLOB_STAR) {
			star = t++;
			resume = i;
			continue;
		}
		len = t < g->n ? token_len(g->tokens[t], s, i) : 0;
		if (len > 0) {
			i += len;
			t++;
			continue;
		}
		if (star == SIZE_MAX)
			return false;
		t = star + 1;
		i = ++resume;
	}
	while (t < g->n && g->tokens[t] == GLOB_STAR)
		t++;
	return t == g->n;
}

bool
glob_match(const struct glob *g, struct str s)
{
	size_t n = g->text.len;

	if (g->shape == GLOB_TOKENS)
		return tokens_match(g, s);
	if (s.len < n || (g->shape == GLOB_EQUALS && s.len != n))
		return false;
	if (n == 0)
		return true;
	if (g->shape == GLOB_CONTAINS)
		return memmem(s.p, s.len, g->text.p, n) != NULL;
	return memcmp(g->shape == GLOB_ENDS ? s.p + s.len - n : s.p,
	    g->text.p, n) == 0;
}
