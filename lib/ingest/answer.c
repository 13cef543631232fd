/* SPDX-License-Identifier: Apache-2.0 */
/* What POST /events says (api.md 5). */
#include "ingest.h"

#include <stdio.h>

static void
put_errors(struct jw *w, const struct ingest_batch *b)
{
	char pointer[256];
	size_t i;

	jw_key(w, "errors");
	jw_array(w);
	for (i = 0; i < b->n; i++) {
		if (!b->items[i].refused)
			continue;
		snprintf(pointer, sizeof(pointer), "%.*s%.*s",
		    STR_ARG(b->items[i].prefix), STR_ARG(b->items[i].field));
		jw_object(w);
		jw_key_i(w, "index", (int64_t)b->items[i].index);
		jw_key_c(w, "pointer", pointer);
		jw_key_s(w, "detail", b->items[i].detail);
		jw_object_end(w);
	}
	jw_array_end(w);
}

void
ingest_answer(const struct ingest_batch *b, struct buf *out)
{
	char text[EVENT_ID_TEXT];
	struct jw w;
	size_t i;

	jw_init(&w, out);
	jw_object(&w);
	jw_key_i(&w, "accepted", (int64_t)b->accepted);
	jw_key_i(&w, "duplicates", (int64_t)b->duplicates);
	jw_key_i(&w, "rejected", (int64_t)b->rejected);
	jw_key(&w, "event_ids");
	jw_array(&w);
	for (i = 0; i < b->n; i++) {
		if (b->items[i].refused) {
			jw_null(&w);
			continue;
		}
		event_id_text(b->items[i].id, text);
		jw_c(&w, text);
	}
	jw_array_end(&w);
	put_errors(&w, b);
	jw_object_end(&w);
}
