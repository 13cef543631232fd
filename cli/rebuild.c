/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rebuild [--tenant T] - derive segments and chains anew from the stored
 * events, in one transaction: until it is committed readers see the former
 * state, and writers wait or are told 503. Statuses, notes, dispositions and
 * unlinks are analysts' words, not derived, and stay.
 *
 * Links themselves are never stored (cause/link.c), so nothing of them is to
 * be rebuilt. Entities and tags stay as they were read at ingest.
 */
#include "cli.h"

#include "base/clock.h"
#include "ingest.h"

enum { SCAN = 100000 };

struct events {
	struct arena *a;
	int64_t *ev;
	size_t n, room;
};

static bool
note(void *ctx, const struct event_row *row)
{
	struct events *e = ctx;

	e->ev = arena_grow(e->a, e->ev, &e->room, e->n + 1, sizeof(*e->ev));
	e->ev[e->n++] = row->ev;
	return true;
}

static enum rc
all_events(struct graph *g, struct events *e)
{
	struct event_query q = { .scan_max = SCAN, .oldest_first = true };
	struct rank last, from;
	bool done = false;
	enum rc rc = RC_OK;

	while (rc == RC_OK && !done) {
		rc = graph_events(g, &q, note, e, &last, &done);
		from = last;
		q.cursor = &from;
	}
	return rc;
}

static bool
count(void *ctx, const struct chain_row *row)
{
	(void)row;
	++*(size_t *)ctx;
	return true;
}

static enum rc
chains_now(struct cli *c, struct graph *g, size_t *n)
{
	*n = 0;
	return graph_chains(g, c->a, NULL, NULL, count, n);
}

static enum rc
rebuild(struct cli *c, struct graph *g, int64_t tenant, struct events *e)
{
	struct ingest *in = ingest_new(c->store);
	bool foreign;
	enum rc rc = graph_begin(g, &foreign);

	if (rc != RC_OK)
		goto out;
	rc = all_events(g, e);
	if (rc == RC_OK)
		rc = ingest_relink(in, g, tenant, e->ev, e->n, clock_now_ns(),
		    "rebuilt");
	if (rc == RC_OK)
		rc = graph_commit(g);
	else
		graph_rollback(g);
out:
	ingest_free(in);
	return rc;
}

int
cmd_rebuild(struct cli *c, int argc, char **argv)
{
	struct events e = { .a = c->a };
	const char *name = NULL;
	struct tenant t;
	struct graph *g;
	size_t before, after;
	enum rc rc;
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--tenant", &name, NULL }, { 0 } });

	if (n != 0)
		return n < 0 ? CLI_USAGE :
		    cli_usage("usage: tra-ce rebuild [--tenant T]");
	if (!cli_open(c, false) || !cli_tenant_or_only(c, name, &t))
		return CLI_FAILED;
	rc = store_graph(c->store, t.id, &g);
	if (rc == RC_OK)
		rc = chains_now(c, g, &before);
	if (rc == RC_OK)
		rc = rebuild(c, g, t.id, &e);
	if (rc == RC_OK)
		rc = chains_now(c, g, &after);
	if (rc != RC_OK)
		return cli_rc(rc, "rebuilding");
	if (c->json) {
		jw_object(&c->jw);
		jw_key_s(&c->jw, "tenant", t.name);
		jw_key_i(&c->jw, "events", (int64_t)e.n);
		jw_key_i(&c->jw, "chains_before", (int64_t)before);
		jw_key_i(&c->jw, "chains", (int64_t)after);
		jw_object_end(&c->jw);
	} else {
		buf_printf(&c->out, "%zu events, %zu chains before, %zu now\n",
		    e.n, before, after);
	}
	return CLI_OK;
}
