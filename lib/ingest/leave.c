/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention: which events a rebuild leaves behind.
 *
 * Those stored before a time, unless something kept rests on them: a version
 * of a chain, a segment, an unlink (store/needed.c). A rebuild without them
 * gives what taking in the rest alone would give, so counts, rarities and links
 * fit what is there, and later evidence meets a graph that knows nothing of
 * what was dropped. Nothing in the file in use is ever deleted.
 */
#include "ingest/inner.h"

void
leave_begin(struct leave *l)
{
	table_init(&l->needed);
	table_init(&l->left);
}

void
leave_end(struct leave *l)
{
	table_release(&l->left);
	table_release(&l->needed);
}

enum rc
leave_look(struct leave *l, struct graph *g)
{
	return l->before_ns == 0 ? RC_OK : graph_events_needed(g, &l->needed);
}

bool
leave_left(const struct leave *l, int64_t ev)
{
	int64_t yes;

	return table_get(&l->left, (uint64_t)ev, &yes) && yes != 0;
}

enum rc
leave_old(struct leave *l, struct graph *g, struct arena *a, int64_t ev,
    bool *left)
{
	struct event_row row;
	int64_t yes;
	enum rc rc;

	*left = false;
	if (l->before_ns == 0 || table_get(&l->needed, (uint64_t)ev, &yes))
		return RC_OK;
	rc = graph_event_get(g, a, ev, &row);
	if (rc != RC_OK || row.ingested_ns >= l->before_ns)
		return rc;
	table_put(&l->left, (uint64_t)ev, 1);
	*left = true;
	return RC_OK;
}

bool
leave_undone(struct leave *l, int64_t *ev)
{
	for (; l->at < l->needed.room; l->at++) {
		if (l->needed.used[l->at] == 0 ||
		    !leave_left(l, (int64_t)l->needed.key[l->at]))
			continue;
		*ev = (int64_t)l->needed.key[l->at++];
		table_put(&l->left, (uint64_t)*ev, 0);
		return true;
	}
	return false;
}

enum rc
leave_count(struct leave *l, struct graph *g, struct arena *a, size_t *n)
{
	int64_t ev = 0;
	bool left;
	enum rc rc = leave_look(l, g);

	*n = 0;
	while (rc == RC_OK) {
		arena_reset(a);
		rc = graph_event_next(g, ev, &ev);
		if (rc == RC_OK)
			rc = leave_old(l, g, a, ev, &left);
		*n += rc == RC_OK && left;
	}
	table_clear(&l->left);
	return rc == RC_ABSENT ? RC_OK : rc;
}
