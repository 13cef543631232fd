/* SPDX-License-Identifier: Apache-2.0 */
#include "again.h"

#include <string.h>

#include "base/log.h"

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

/* The event must outlive the tree it was read from. */
static void
keep_texts(struct arena *a, struct event *ev)
{
	struct str *const texts[] = { &ev->source, &ev->native_id, &ev->type,
		&ev->actor, &ev->action, &ev->target, &ev->host, &ev->session,
		&ev->metadata };
	struct entref *r;
	size_t i, k;

	for (i = 0; i < COUNT(texts); i++)
		*texts[i] = str_dup(a, *texts[i]);
	for (i = 0; i < ev->n_labels; i++)
		ev->labels[i] = str_dup(a, ev->labels[i]);
	for (i = 0; i < ev->n_refs; i++) {
		r = &ev->refs[i];
		r->key = str_dup(a, r->key);
		r->name = str_dup(a, r->name);
		for (k = 0; k < r->proofs; k++) {
			r->proof[k].field = str_dup(a, r->proof[k].field);
			r->proof[k].value = str_dup(a, r->proof[k].value);
		}
	}
	ev->fields = ev->record = NULL;
}

/* Tags are stored, not matched again: rules may have changed since. */
static void
stored_tags(struct graph *g, struct arena *a, const struct event_row *row,
    struct event *ev)
{
	size_t i;

	ev->n_tags = 0;
	for (i = 0; i < row->n_tags && i < EVENT_TECHNIQUES_MAX; i++) {
		ev->tags[ev->n_tags++] = (struct tagging){
			row->tags[i].technique,
			row->tag_rule[i] == 0 ? NULL :
			str_c(a, graph_word_text(g, a, row->tag_rule[i])),
			NULL, row->tags[i].level };
	}
}

enum rc
event_record(struct graph *g, struct arena *a, int64_t ev,
    const struct event_row *row, struct record *rec)
{
	memset(rec, 0, sizeof(*rec));
	rec->outer = row->extra;
	rec->columns = row->columns;
	rec->source = graph_word_text(g, a, row->source);
	rec->twice = (row->flags & EVENT_TWICE) != 0;
	rec->may_assert = was_asserted(row);
	return graph_event_raw(g, a, ev, &rec->text);
}

enum rc
event_again(struct graph *g, struct arena *a, struct json_doc *doc, int64_t ev,
    struct event *out, struct event_row *row)
{
	struct event_row own;
	struct record rec;
	struct refusal why;
	char id[EVENT_ID_TEXT];
	enum rc rc;

	if (row == NULL)
		row = &own;
	rc = graph_event_get(g, a, ev, row);
	if (rc != RC_OK)
		return rc;
	rc = event_record(g, a, ev, row, &rec);
	if (rc != RC_OK)
		return rc;
	if (norm_event(a, doc, &rec, out, &why)) {
		keep_texts(a, out);
		stored_tags(g, a, row, out);
		return RC_OK;
	}
	event_id_text(row->id, id);
	log_err("stored event %s no longer reads: %s (run tra-ce rebuild)", id,
	    why.detail);
	return RC_FAIL;
}
