/* SPDX-License-Identifier: Apache-2.0 */
#include "tag/encode.h"

#include <stdint.h>
#include <string.h>

#include "base/hash.h"

/* The code point at *i of text known to be UTF-8. */
static uint32_t
code_point(struct str s, size_t *i)
{
	unsigned char c = (unsigned char)s.p[(*i)++];
	uint32_t u;

	if (c < 0x80)
		return c;
	u = c >= 0xf0 ? c & 7u : c >= 0xe0 ? c & 15u : c & 31u;
	while (*i < s.len && ((unsigned char)s.p[*i] & 0xc0) == 0x80)
		u = u << 6 | ((unsigned char)s.p[(*i)++] & 63u);
	return u;
}

static char *
put_unit(char *out, uint32_t unit, bool big)
{
	out[big] = (char)(unit & 0xff);
	out[!big] = (char)(unit >> 8 & 0xff);
	return out + 2;
}

struct str
encode_wide(struct arena *a, struct str text, bool big)
{
	char *start = arena_get(a, 2 * text.len + 2), *end = start;

	for (size_t i = 0; i < text.len;) {
		uint32_t u = code_point(text, &i);

		if (u > 0xffff) {
			u -= 0x10000;
			end = put_unit(end, 0xd800 | (u >> 10 & 0x3ff), big);
			u = 0xdc00 | (u & 0x3ff);
		}
		end = put_unit(end, u, big);
	}
	return (struct str){ start, (size_t)(end - start) };
}

struct str
encode_base64_at(struct arena *a, struct str text, size_t offset)
{
	/* First and last digit that no neighbour's bits reach. */
	static const size_t skip[] = { 0, 2, 3 }, drop[] = { 0, 3, 2 };
	char *padded = arena_get(a, offset + text.len + 1);
	struct str b;
	size_t cut;

	memcpy(padded + offset, text.p, text.len);
	b = base64_text(a, padded, offset + text.len);
	cut = drop[(offset + text.len) % 3];
	if (b.len < skip[offset] + cut)
		return (struct str){ 0 };
	return str_sub(b, skip[offset], b.len - skip[offset] - cut);
}
