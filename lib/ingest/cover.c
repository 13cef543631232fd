/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a record proves, for GET /coverage. Of several records under one id only
 * the one that speaks for the event counts, while the span of time is of all
 * that came: so the sums are a function of the set, in whatever order it came.
 */
#include "ingest/inner.h"

#include "base/clock.h"

enum rc
cover(struct graph *g, const struct event_row *row, int times)
{
	struct coverage c = { .host = row->host, .source = row->source,
		.events = times, .first_ns = rank_time(&row->rank),
		.last_ns = rank_time(&row->rank) };
	const struct ref *r;
	size_t i;

	c.lag_ms = (row->ingested_ns - c.last_ns) / NS_PER_MS;
	for (i = 0; i < row->n_refs; i++) {
		r = &row->refs[i];
		if (r->kind == KIND_PROCESS && (r->flags & REF_WEAK))
			c.weak_process = times;
		else if (r->kind == KIND_PROCESS)
			c.strong_process = times;
		else if (r->kind == KIND_SESSION && !(r->flags & REF_WEAK))
			c.strong_session = times;
		else if (r->kind == KIND_TOKEN && !(r->flags & REF_WEAK))
			c.strong_token = times;
	}
	if (c.strong_process)
		c.weak_process = 0;
	return graph_coverage_add(g, &c);
}

enum rc
cover_variant(struct graph *g, const struct event_row *had,
    const struct event_row *row, bool speaks)
{
	enum rc rc;

	if (!speaks)
		return cover(g, row, 0);
	rc = cover(g, had, -1);
	return rc == RC_OK ? cover(g, row, 1) : rc;
}
