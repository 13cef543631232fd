/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A graph says with which rules its events were read. Others that read some of
 * them never stop ingest, but are remembered until a rebuild: from then on the
 * graph is of one ruleset no more.
 */
#include "ingest/inner.h"

#include "base/log.h"

enum rc
ruleset_note(struct graph *g, struct arena *a, const struct ingest_batch *b)
{
	struct str own, other, now = str_of(b->ruleset);

	if (now.len == 0)
		return RC_OK;
	own = graph_text(g, a, "ruleset");
	if (str_eq(own, now))
		return RC_OK;
	if (own.len == 0 && graph_number(g, "events") == 0)
		return graph_set_text(g, "ruleset", now);
	other = graph_text(g, a, "ruleset_other");
	if (str_eq(other, now))
		return RC_OK;
	log_warn("records are read with other rules than before: run tra-ce "
	    "rebuild");
	return graph_set_text(g, "ruleset_other", now);
}

enum rc
ingest_ruleset_other(struct graph *g, const char *ruleset, bool *due)
{
	struct arena *a = arena_new();
	struct str own = graph_text(g, a, "ruleset");

	*due = graph_text(g, a, "ruleset_other").len > 0 ||
	    (ruleset != NULL && graph_number(g, "events") > 0 &&
	    !str_is(own, ruleset));
	arena_free(a);
	return RC_OK;
}

enum rc
ingest_rebuild_due(struct graph *g, const struct tagger *t, bool *due)
{
	char now[RULESET_TEXT];

	if (t == NULL)
		return ingest_ruleset_other(g, NULL, due);
	ruleset_text(t, now);
	return ingest_ruleset_other(g, now, due);
}
