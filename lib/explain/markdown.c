/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Foreign text in Markdown. It is hostile: every character that means something
 * to Markdown or HTML is escaped, so it can be no heading, no link, no picture
 * and no markup.
 */
#include "explain.h"

#include <string.h>

#include "base/shown.h"

/* Many readers make links of bare http://, and of www. as well. */
static bool
is_link(struct str s, size_t i)
{
	return (s.p[i] == ':' && i + 1 < s.len && s.p[i + 1] == '/') ||
	    (s.p[i] == '.' && i > 0 && (s.p[i - 1] | 32) == 'w');
}

static void
put_safe(struct buf *b, struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '<' || s.p[i] == '>') {
			buf_put_c(b, s.p[i] == '<' ? "&lt;" : "&gt;");
			continue;
		}
		if (strchr("\\`*_{}[]#+|~!&$@", s.p[i]) != NULL ||
		    is_link(s, i))
			buf_put_char(b, '\\');
		buf_put_char(b, s.p[i]);
	}
}

void
explain_markdown_text(struct buf *b, struct str s)
{
	char word[SHOWN_STEP];
	size_t at = 0, step;

	while (at < s.len) {		/* up to the next that is not shown */
		step = shown_step(s.p + at, s.len - at, word);
		at += step;
		if (word[0] == '\0')
			continue;
		put_safe(b, str_sub(s, 0, at - step));
		put_safe(b, str_of(word));
		s = str_sub(s, at, s.len);
		at = 0;
	}
	put_safe(b, s);
}
