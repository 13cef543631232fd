/* SPDX-License-Identifier: Apache-2.0 */
#include "again.h"

#include "base/log.h"
#include "norm.h"

/* Identifiers under a key with scope assert were stored with REF_SAID. */
static bool
was_asserted(const struct event_row *row)
{
	size_t i;

	for (i = 0; i < row->n_refs; i++)
		if (row->refs[i].flags & REF_SAID)
			return true;
	return false;
}

enum rc
event_again(struct graph *g, struct arena *a, struct json_doc *doc, int64_t ev,
    struct event *out, struct event_row *row)
{
	struct event_row own;
	struct record rec = { 0 };
	struct refusal why;
	char id[EVENT_ID_TEXT];
	enum rc rc;

	if (row == NULL)
		row = &own;
	rc = graph_event_get(g, a, ev, row);
	if (rc != RC_OK)
		return rc;
	rc = graph_event_raw(g, a, ev, &rec.text);
	if (rc != RC_OK)
		return rc;
	rec.outer = row->extra;
	rec.columns = row->columns;
	rec.source = graph_word_text(g, a, row->source);
	rec.twice = (row->flags & EVENT_TWICE) != 0;
	rec.may_assert = was_asserted(row);
	if (norm_event(a, doc, &rec, out, &why))
		return RC_OK;
	event_id_text(row->id, id);
	log_err("stored event %s no longer reads: %s (run tra-ce rebuild)", id,
	    why.detail);
	return RC_FAIL;
}
