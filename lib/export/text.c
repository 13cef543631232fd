/* SPDX-License-Identifier: Apache-2.0 */
/* Text and times in formats that several files write. */
#include "export/inner.h"

#include "base/clock.h"

void
put_xml(struct buf *b, struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		switch (s.p[i]) {
		case '&':
			buf_put_c(b, "&amp;");
			break;
		case '<':
			buf_put_c(b, "&lt;");
			break;
		case '>':
			buf_put_c(b, "&gt;");
			break;
		case '"':
			buf_put_c(b, "&quot;");
			break;
		case '\'':
			buf_put_c(b, "&#39;");
			break;
		default:
			buf_put_char(b, s.p[i]);
		}
	}
}

void
put_time_text(struct buf *b, int64_t ns)
{
	char t[CLOCK_TEXT];

	clock_format(ns, t);
	buf_printf(b, "%.10s %.8s UTC", t, t + 11);
}
