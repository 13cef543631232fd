/* SPDX-License-Identifier: Apache-2.0 */
/*
 * investigate CHAIN_ID [--tenant T] [--executive] - a chain explained, as
 *	Markdown or, with --json, as POST /ai/investigate answers it. Every
 *	sentence is held against the events that it cites; exit 1 and a line on
 *	stderr for each that does not follow.
 */
#include "cli.h"

#include <stdio.h>

#include "base/clock.h"
#include "explain.h"
#include "read.h"

static enum rc
story_of(struct cli *c, struct graph *g, const char *id, struct story **s)
{
	struct json_doc *doc = json_doc_new();
	struct chain_row row;
	struct reader r;
	enum rc rc;

	reader_init(&r, g, c->a, doc);
	rc = read_chain_find(&r, str_of(id), &row);
	if (rc == RC_OK)
		rc = explain_stored(g, c->a, doc, &row, s);
	if (rc == RC_OK)
		rc = explain_tenant(g, *s);
	reader_release(&r);
	json_doc_free(doc);
	return rc;
}

static int
check(const struct findings *f)
{
	size_t faults, sentences, cites;
	struct buf b;

	buf_init(&b, 1 << 20);
	faults = explain_check(f, &b);
	explain_size(f, &sentences, &cites);
	fprintf(stderr, "%.*s%zu sentences with %zu cites, %zu faults\n",
	    STR_ARG(buf_str(&b)), sentences, cites, faults);
	buf_release(&b);
	return faults > 0 ? CLI_FAILED : CLI_OK;
}

int
cmd_investigate(struct cli *c, int argc, char **argv)
{
	const char *tenant = NULL;
	bool executive = false;
	int64_t begun = clock_mono_ns();
	const struct findings *f;
	struct story *s;
	struct tenant t;
	struct graph *g;
	enum rc rc;
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--tenant", &tenant, NULL }, { "--executive", NULL, &executive },
	    { 0 } });

	if (n != 1)
		return n < 0 ? CLI_USAGE : cli_usage("usage: tra-ce "
		    "investigate CHAIN_ID [--tenant T] [--executive]");
	if (!cli_open(c, false) || !cli_tenant_or_only(c, tenant, &t))
		return CLI_FAILED;
	rc = store_graph(c->store, t.id, &g);
	if (rc == RC_OK)
		rc = story_of(c, g, argv[0], &s);
	if (rc == RC_ABSENT)
		return cli_failed("no chain %s; see tra-ce chains", argv[0]);
	if (rc != RC_OK)
		return cli_rc(rc, "reading the chain");
	f = explain_find(s, executive ? AUDIENCE_EXECUTIVE : AUDIENCE_ANALYST);
	if (c->json)
		explain_json(&c->jw, f, (double)((clock_mono_ns() - begun) /
		    1000) / 1000);
	else
		explain_markdown(&c->out, f);
	return check(f);
}
