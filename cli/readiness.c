/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readiness FILE... [--source S] - what could be proven with such records?
 *
 * Takes the files into a store of its own, asks it the same question that
 * GET /coverage answers, and throws it away: so what it says is what the
 * product would do, not an estimate of it. The data folder is not touched.
 */
#include "cli.h"

#include <stdlib.h>
#include <unistd.h>

#include "intake.h"
#include "read.h"
#include "scratch.h"

static void
put_row(struct buf *out, const struct json *v)
{
	const struct json *advice = json_get(v, "advice");
	struct str host = json_str(json_get(v, "host"));

	buf_printf(out, "%-28.*s %-12.*s %8lld %7.0f%% %7.0f%% %7.0f%%\n",
	    STR_ARG(host.len > 0 ? host : STR("(no host)")),
	    STR_ARG(json_str(json_get(v, "source"))),
	    (long long)json_int(json_get(v, "events")),
	    100 * json_double(json_get(v, "strong_process_share")),
	    100 * json_double(json_get(v, "strong_session_share")),
	    100 * json_double(json_get(v, "strong_token_share")));
	for (size_t i = 0; i < json_len(advice); i++)
		buf_printf(out, "    %.*s\n",
		    STR_ARG(json_str(json_item(advice, i))));
}

static void
put_table(struct cli *c, struct str rows, const struct intake *in)
{
	struct json_doc *doc = json_doc_new();
	const struct json *v = json_parse(doc, rows);

	buf_printf(&c->out, "%-28s %-12s %8s %8s %8s %8s\n", "host", "source",
	    "events", "process", "session", "token");
	for (size_t i = 0; i < json_len(v); i++)
		put_row(&c->out, json_item(v, i));
	buf_printf(&c->out, "%zu records read, %zu refused. The shares are of "
	    "events with an identifier that can prove a link\n",
	    in->accepted + in->duplicates, in->rejected);
	json_doc_free(doc);
}

static int
answer(struct cli *c, struct scratch *s, const struct intake *in)
{
	struct json_doc *doc = json_doc_new();
	struct reader r;
	struct graph *g;
	struct buf b;
	struct jw w;
	enum rc rc;

	buf_init(&b, 64 << 20);
	jw_init(&w, &b);
	rc = store_graph(s->store, s->tenant.id, &g);
	if (rc == RC_OK) {
		reader_init(&r, g, c->a, doc);
		rc = read_coverage(&r, &w);
		reader_release(&r);
	}
	if (rc == RC_OK && c->json) {
		jw_object(&c->jw);
		jw_key(&c->jw, "coverage");
		jw_raw(&c->jw, buf_str(&b));
		jw_key_i(&c->jw, "events",
		    (int64_t)(in->accepted + in->duplicates));
		jw_key_i(&c->jw, "rejected", (int64_t)in->rejected);
		jw_object_end(&c->jw);
	} else if (rc == RC_OK) {
		put_table(c, buf_str(&b), in);
	}
	buf_release(&b);
	json_doc_free(doc);
	return rc == RC_OK ? CLI_OK : cli_rc(rc, "reading the coverage");
}

int
cmd_readiness(struct cli *c, int argc, char **argv)
{
	const char *source = "auto", *tmp = getenv("TMPDIR");
	struct intake in = { 0 };
	struct scratch s;
	int status = CLI_FAILED, i;
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--source", &source, NULL }, { 0 } });

	if (n < 1)
		return n < 0 ? CLI_USAGE : cli_usage("usage: tra-ce readiness "
		    "FILE... [--source S]");
	if (!scratch_open(c, &s, tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp"))
		return CLI_FAILED;
	in.source = str_of(source);
	in.bar = isatty(STDERR_FILENO) == 1;
	if (intake_open(&in, c, s.store, s.tenant.id)) {
		for (i = 0; i < n && intake_file(&in, argv[i]); i++)
			continue;
		if (i == n)
			status = answer(c, &s, &in);
	}
	intake_close(&in);
	scratch_remove(&s);
	return status;
}
