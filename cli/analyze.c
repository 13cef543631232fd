/* SPDX-License-Identifier: Apache-2.0 */
/*
 * analyze [--tenant T] [--raw] - what the tenant's events amount to: the answer
 *	of POST /causal/analyze, or one line a chain.
 * chains [--tenant T] [--raw] - the same chains, told step by step with the
 *	reason of every link. --raw puts the records into the JSON, so that
 *	`verify` needs nothing else.
 */
#include "cli.h"

#include "chaintext.h"
#include "base/clock.h"
#include "read.h"

enum { CHAINS_MAX = 1000 };

struct question {
	const char *tenant;
	bool raw;
	void (*tell)(struct buf *out, const struct json *chain);
};

static enum rc
read_all(struct cli *c, struct graph *g, int64_t tenant, bool raw,
    struct jw *w, bool *more)
{
	struct chain_filter f = { .limit = CHAINS_MAX,
		.include = raw ? INCLUDE_RAW : 0 };
	struct json_doc *doc = json_doc_new();
	struct reader r;
	double score;
	uint8_t id[16];
	enum rc rc;

	reader_init(&r, g, c->a, doc);
	rc = suppress_load(c->store, g, c->a, tenant, clock_now_ns(),
	    &r.suppress);
	if (rc == RC_OK)
		rc = read_chains(&r, w, &f, more, &score, id);
	reader_release(&r);
	json_doc_free(doc);
	return rc;
}

static int
tell(struct cli *c, struct str chains, const struct question *q, int64_t events)
{
	struct json_doc *doc = json_doc_new();
	const struct json *v = json_parse(doc, chains);
	size_t i;

	for (i = 0; i < json_len(v); i++)
		q->tell(&c->out, json_item(v, i));
	buf_printf(&c->out, "%zu chain%s from %lld events\n", i,
	    i == 1 ? "" : "s", (long long)events);
	json_doc_free(doc);
	return CLI_OK;
}

static int
answer(struct cli *c, const struct question *q)
{
	struct tenant t;
	struct graph *g;
	struct buf b;
	struct jw w;
	bool more = false;
	int status = CLI_OK;
	enum rc rc;

	if (!cli_open(c, false) || !cli_tenant_or_only(c, q->tenant, &t))
		return CLI_FAILED;
	buf_init(&b, (size_t)1 << 30);
	jw_init(&w, &b);
	rc = store_graph(c->store, t.id, &g);
	if (rc == RC_OK)
		rc = read_all(c, g, t.id, q->raw, &w, &more);
	if (rc != RC_OK || buf_bad(&b)) {
		status = cli_rc(rc == RC_OK ? RC_TOO_BIG : rc,
		    "reading the chains");
	} else if (c->json) {
		jw_object(&c->jw);
		jw_key(&c->jw, "chains");
		jw_raw(&c->jw, buf_str(&b));
		jw_key_i(&c->jw, "analyzed_events", graph_number(g, "events"));
		jw_key_b(&c->jw, "more", more);
		jw_object_end(&c->jw);
	} else {
		status = tell(c, buf_str(&b), q, graph_number(g, "events"));
	}
	buf_release(&b);
	return status;
}

static int
asked(struct cli *c, int argc, char **argv, struct question q)
{
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--tenant", &q.tenant, NULL }, { "--raw", NULL, &q.raw },
	    { 0 } });

	if (n == 0)
		return answer(c, &q);
	return n < 0 ? CLI_USAGE :
	    cli_usage("usage: tra-ce analyze|chains [--tenant T] [--raw]");
}

int
cmd_analyze(struct cli *c, int argc, char **argv)
{
	return asked(c, argc, argv, (struct question){ .tell = chain_line });
}

int
cmd_chains(struct cli *c, int argc, char **argv)
{
	return asked(c, argc, argv, (struct question){ .tell = chain_story });
}
