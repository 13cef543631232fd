/* SPDX-License-Identifier: Apache-2.0 */
#include "base/shown.h"

#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"

static uint32_t
code_of(const char *p, size_t len)
{
	static const uint8_t first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (uint8_t)p[0] & first[len];
	size_t i;

	for (i = 1; i < len; i++)
		c = c << 6 | ((uint8_t)p[i] & 0x3f);
	return c;
}

/* Characters that cannot be seen or that move others: C1 controls, soft
 * hyphen, marks and overrides of direction, joiners, line ends, fillers, tags. */
static bool
unseen(uint32_t c)
{
	static const struct { uint32_t from, to; } row[] = {
		{ 0x80, 0x9f }, { 0xad, 0xad }, { 0x34f, 0x34f },
		{ 0x61c, 0x61c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
		{ 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x2028, 0x202e },
		{ 0x2060, 0x206f }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f },
		{ 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb },
		{ 0xfffe, 0xffff }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff },
	};
	size_t i;

	for (i = 0; i < COUNT(row); i++)
		if (c >= row[i].from && c <= row[i].to)
			return true;
	return false;
}

size_t
shown_step(const char *p, size_t len, char out[SHOWN_STEP])
{
	size_t step = utf8_step(p, len);
	uint32_t c;

	out[0] = '\0';
	if (step == 0) {
		snprintf(out, SHOWN_STEP, "\xef\xbf\xbd");
		return 1;
	}
	c = code_of(p, step);
	if (c < 0x20)			/* U+2400 on are their pictures */
		snprintf(out, SHOWN_STEP, "\xe2\x90%c", (char)(0x80 + c));
	else if (c == 0x7f)
		snprintf(out, SHOWN_STEP, "\xe2\x90\xa1");
	else if (unseen(c))
		snprintf(out, SHOWN_STEP, "<U+%04X>", c);
	return step;
}

struct str
shown(struct arena *a, struct str s, size_t most)
{
	char word[SHOWN_STEP];
	struct buf b;
	struct str out;
	size_t step;

	buf_init(&b, 10 * s.len + 16);
	while (s.len > 0 && (most == 0 || b.len < most)) {
		step = shown_step(s.p, s.len, word);
		if (word[0] != '\0')
			buf_put_c(&b, word);
		else
			buf_put(&b, s.p, step);
		s = str_sub(s, step, s.len);
	}
	if (s.len > 0)
		buf_put_c(&b, "\xe2\x80\xa6");
	out = str_dup(a, buf_str(&b));
	buf_release(&b);
	return out;
}
