/* SPDX-License-Identifier: Apache-2.0 */
/* From the store: the chain as the API tells it, and what is found in it. */
#include "export/inner.h"

#include "explain.h"
#include "read.h"

enum { CHAIN_TEXT_MAX = 256 << 20 };

static enum rc
chain_text(struct graph *g, struct arena *a, const struct chain_row *row,
    struct buf *text)
{
	struct json_doc *doc = json_doc_new();
	struct reader r;
	struct jw w;
	enum rc rc;

	jw_init(&w, text);
	reader_init(&r, g, a, doc);
	rc = read_chain(&r, &w, row, (struct str){ 0 },
	    INCLUDE_FOLDED | INCLUDE_REFS);
	reader_release(&r);
	json_doc_free(doc);
	return rc == RC_OK && buf_bad(text) ? RC_TOO_BIG : rc;
}

static enum rc
findings_of(const struct export_format *f, struct graph *g, struct arena *a,
    const struct chain_row *row, struct export_input *in)
{
	struct json_doc *doc = json_doc_new();
	struct story *story;
	enum rc rc = explain_stored(g, a, doc, row, &story);

	if (rc == RC_OK)
		rc = explain_tenant(g, story);
	if (rc == RC_OK)
		in->findings = explain_find(story, f->words ==
		    EXPORT_FOR_EXECUTIVE ? AUDIENCE_EXECUTIVE :
		    AUDIENCE_ANALYST);
	json_doc_free(doc);
	graph_view_reset(g);
	return rc;
}

/* When the chain's first version was made and when this one was. */
static enum rc
times_of(struct graph *g, struct arena *a, const struct chain_row *row,
    struct export_input *in)
{
	struct chain_change *c;
	size_t i, n;
	enum rc rc = graph_chain_history(g, a, row->id, &c, &n);

	for (i = 0; rc == RC_OK && i < n; i++) {
		if (in->born_ns == 0 || c[i].at_ns < in->born_ns)
			in->born_ns = c[i].at_ns;
		if (c[i].version == row->version)
			in->at_ns = c[i].at_ns;
	}
	return rc;
}

enum rc
export_stored(const struct export_format *f, struct graph *g, struct arena *a,
    const struct chain_row *row, struct buf *out)
{
	struct json_doc *doc = json_doc_new();
	struct export_input in = { 0 };
	struct buf text;
	enum rc rc;

	buf_init(&text, CHAIN_TEXT_MAX);
	rc = times_of(g, a, row, &in);
	if (rc == RC_OK)
		rc = chain_text(g, a, row, &text);
	if (rc == RC_OK && f->words != EXPORT_FACTS)
		rc = findings_of(f, g, a, row, &in);
	if (rc == RC_OK) {
		in.chain = json_parse(doc, buf_str(&text));
		rc = export_chain(f, a, &in, out);
		rc = rc == RC_INVALID ? RC_FAIL : rc;
	}
	buf_release(&text);
	json_doc_free(doc);
	return rc;
}
