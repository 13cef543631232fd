/* SPDX-License-Identifier: Apache-2.0 */
/* Server-Sent Events (WHATWG HTML, 9.2): messages, and where to go on. */
#include "live.h"

#include <inttypes.h>

struct live_point
live_resume(int64_t last, int64_t oldest, int64_t newest)
{
	/* Where nothing was ever told, nothing was missed. */
	if (newest == 0)
		return (struct live_point){ 0, false };
	/* Whoever saw the one before the oldest has missed nothing. */
	if (last < 0 || last > newest || last < oldest - 1)
		return (struct live_point){ newest, true };
	return (struct live_point){ last, false };
}

/* A line end would end the field; in JSON it can only be white space. */
static void
one_line(struct buf *out, struct str text)
{
	size_t i, from = 0;

	for (i = 0; i < text.len; i++) {
		if (text.p[i] != '\n' && text.p[i] != '\r')
			continue;
		buf_put(out, text.p + from, i - from);
		buf_put_char(out, ' ');
		from = i + 1;
	}
	buf_put(out, text.p + from, text.len - from);
}

void
live_message_text(struct buf *out, const struct change *c)
{
	buf_printf(out, "id: %" PRId64 "\nevent: ", c->seq);
	one_line(out, c->kind);
	buf_put_c(out, "\ndata: ");
	one_line(out, c->data);
	buf_put_c(out, "\n\n");
}

void
live_gap_text(struct buf *out, int64_t oldest, int64_t newest)
{
	buf_printf(out, "id: %" PRId64 "\nevent: gap\ndata: {\"oldest\":%" PRId64
	    ",\"newest\":%" PRId64 "}\n\n", newest, oldest, newest);
}
