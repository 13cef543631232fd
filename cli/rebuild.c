/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rebuild [--tenant T] - read every stored record again with today's
 * normalisers and rules, and derive everything from them anew.
 *
 * It goes into a new file beside the one in use and takes its place in one
 * step; until then, and if anything fails, all is as it was. Responders go on:
 * readers see the former state to the end; writers are told 503 while the last
 * part goes on (analysts' words, chains).
 *
 * Kept as they are: records and their ids, arrival times, unlinks, statuses,
 * assignees, tickets, dispositions, notes, every chain id that was ever given
 * out, every version of every chain, the change log and its numbers, answers
 * kept for retries. Made anew: entities, techniques, links, segments, chains,
 * counts for triage, coverage, the ruleset. A chain that comes out otherwise
 * gets a version more, with the reason "rebuilt", told to live like any other.
 */
#include "cli.h"

#include <stdio.h>
#include <unistd.h>

#include "ingest.h"
#include "packs.h"

enum { BAR = 30 };

static void
draw(void *ctx, size_t done, size_t all)
{
	int full = all == 0 || done >= all ? BAR : (int)(done * BAR / all);

	(void)ctx;
	fputs("\rrebuild [", stderr);
	for (int i = 0; i < BAR; i++)
		fputc(i < full ? '#' : '.', stderr);
	fprintf(stderr, "] %zu of %zu events ", done, all > done ? all : done);
	fflush(stderr);
}

static int
failed(enum rc rc, const struct rebuilt *r)
{
	if (r->why[0] != '\0')
		return cli_failed("%s: nothing was changed", r->why);
	if (rc == RC_BUSY)
		return cli_failed("another rebuild is under way, the store is "
		    "busy or the disk is full: nothing was changed");
	return cli_rc(rc, "rebuilding");
}

static void
answer(struct cli *c, struct str tenant, const struct rebuilt *r)
{
	if (!c->json) {
		buf_printf(&c->out, "%zu events, %zu chains before, %zu now, "
		    "%zu of them otherwise\nruleset %s\n", r->events,
		    r->chains_before, r->chains, r->changed, r->ruleset);
		return;
	}
	jw_object(&c->jw);
	jw_key_s(&c->jw, "tenant", tenant);
	jw_key_i(&c->jw, "events", (int64_t)r->events);
	jw_key_i(&c->jw, "variants", (int64_t)r->variants);
	jw_key_i(&c->jw, "unlinks", (int64_t)r->unlinks);
	jw_key_i(&c->jw, "notes", (int64_t)r->notes);
	jw_key_i(&c->jw, "chains_before", (int64_t)r->chains_before);
	jw_key_i(&c->jw, "chains", (int64_t)r->chains);
	jw_key_i(&c->jw, "changed", (int64_t)r->changed);
	jw_key_c(&c->jw, "ruleset", r->ruleset);
	jw_object_end(&c->jw);
}

int
cmd_rebuild(struct cli *c, int argc, char **argv)
{
	const char *name = NULL;
	bool bar = isatty(STDERR_FILENO) == 1;
	const struct tagger *tagger;
	struct packs *packs;
	struct rebuilt r;
	struct tenant t;
	enum rc rc;
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--tenant", &name, NULL }, { 0 } });

	if (n != 0)
		return n < 0 ? CLI_USAGE :
		    cli_usage("usage: tra-ce rebuild [--tenant T]");
	if (!cli_open(c, false) || !cli_tenant_or_only(c, name, &t))
		return CLI_FAILED;
	if (packs_open(c->conf.rules, &packs) != RC_OK)
		return cli_failed("cannot read the rules in %s; name their "
		    "folder in the configuration or with TRACE_RULES",
		    c->conf.rules);
	rc = packs_take(packs, c->store, t.id, &tagger);
	if (rc != RC_OK) {
		packs_close(packs);
		return cli_rc(rc, "reading the tenant's rules");
	}
	rc = ingest_rebuild(c->store, t.id, tagger, bar ? draw : NULL, NULL,
	    &r);
	packs_give(packs, tagger);
	packs_close(packs);
	if (bar)
		fputc('\n', stderr);
	if (rc != RC_OK)
		return failed(rc, &r);
	answer(c, t.name, &r);
	return CLI_OK;
}
