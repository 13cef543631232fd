/* SPDX-License-Identifier: Apache-2.0 */
/* Kept investigations as the API tells of them. */
#include "read/inner.h"

#include <string.h>

#include "base/hash.h"

enum { ID_TEXT_LEN = 4 + ID_TEXT };

static void
id_text(const uint8_t id[16], char out[ID_TEXT_LEN])
{
	memcpy(out, "inv_", 4);
	base32_text(id, out + 4);
}

bool
read_investigation_id(struct str text, uint8_t id[16])
{
	return str_starts(text, "inv_") &&
	    base32_parse(str_sub(text, 4, text.len), id);
}

void
read_investigation_head(struct jw *w, const struct investigation *v)
{
	char id[ID_TEXT_LEN];

	jw_key(w, "investigation_id");
	if (v == NULL) {
		jw_null(w);
		jw_key(w, "created_at");
		jw_null(w);
		return;
	}
	id_text(v->id, id);
	jw_c(w, id);
	jw_key(w, "created_at");
	jw_time(w, v->at_ns);
}

static void
put_chain(struct jw *w, const struct investigation *v)
{
	char id[CHAIN_ID_TEXT];

	chain_id_text(v->chain, id);
	jw_key_c(w, "chain_id", id);
	jw_key_i(w, "version", v->version);
	jw_key_c(w, "confidence", grade_name(v->grade));
	jw_key_n(w, "score", v->score);
}

void
read_investigation_change(struct jw *w, const struct investigation *v)
{
	char id[ID_TEXT_LEN];

	id_text(v->id, id);
	jw_object(w);
	put_chain(w, v);
	jw_key_c(w, "change", "investigated");
	jw_key_s(w, "summary", v->title);
	jw_key(w, "added_nodes");
	jw_array(w);
	jw_array_end(w);
	jw_key(w, "added_edges");
	jw_array(w);
	jw_array_end(w);
	jw_key_c(w, "investigation_id", id);
	jw_object_end(w);
}

static void
put_row(struct jw *w, const struct investigation *v)
{
	jw_object(w);
	read_investigation_head(w, v);
	put_chain(w, v);
	jw_key_s(w, "title", v->title);
	jw_key_s(w, "audience", v->audience);
	jw_key_s(w, "created_by", v->who);
	put_text(w, "model", v->model);
	put_text(w, "fallback", v->fallback);
	jw_object_end(w);
}

enum rc
read_investigations(struct graph *g, struct arena *a, struct jw *w,
    const struct investigation_filter *f)
{
	struct investigation *v;
	size_t n, i;
	enum rc rc = graph_investigation_list(g, a, f->of_chain ? f->chain :
	    NULL, f->before, f->limit + 1, &v, &n);

	if (rc != RC_OK)
		return rc;
	jw_object(w);
	jw_key(w, "investigations");
	jw_array(w);
	for (i = 0; i < n && i < f->limit; i++)
		put_row(w, &v[i]);
	jw_array_end(w);
	jw_key(w, "next_cursor");
	if (n > f->limit)
		jw_str(w, str_printf(a, "%lld",
		    (long long)v[f->limit - 1].seq));
	else
		jw_null(w);
	jw_object_end(w);
	return RC_OK;
}
