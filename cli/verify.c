/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify FILE [--raw FOLDER|FILE] [--salt S] - recompute PROVABLE edges, and
 *	hold each sentence of investigations against what it cites, offline.
 *
 * FILE is a chain, an answer {"chains":[...]}, edges one a line, or what
 * POST /ai/investigate answered. The raw
 * records are taken from its nodes, from other lines of it, and from --raw. No
 * store and no network is asked: what it says follows from the files alone.
 * Exit 1 if any PROVABLE edge or any sentence does not follow.
 */
#include "cli.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "explain.h"
#include "proof.h"
#include "rawset.h"

enum { FILE_MAX = 1 << 30 };

struct job {
	struct cli *c;
	struct rawset raw;
	struct prover *prover;
	size_t edges, provable, failed;
	size_t told, faults;	/* investigations, and what is wrong in them */
};

static bool
gather(void *ctx, const struct json *v)
{
	struct job *j = ctx;
	const struct json *chains = json_get(v, "chains");
	const struct json *nodes = json_get(v, "nodes");
	size_t i;
	bool good = rawset_add(&j->raw, v);

	for (i = 0; i < json_len(chains) && good; i++)
		good = gather(ctx, json_item(chains, i));
	for (i = 0; i < json_len(nodes) && good; i++)
		good = rawset_add(&j->raw, json_item(nodes, i));
	return good;
}

static void
result(struct job *j, const struct json *edge, const char *why)
{
	struct str from = json_str(json_get(edge, "from"));
	struct str to = json_str(json_get(edge, "to"));
	struct str rule = json_str(json_get(edge, "rule"));
	struct cli *c = j->c;

	if (!c->json) {
		buf_printf(&c->out, "%-6s  %.*s -> %.*s  %.*s%s%s\n",
		    why ? "FAILED" : "ok", STR_ARG(from), STR_ARG(to),
		    STR_ARG(rule), why ? ": " : "", why ? why : "");
		return;
	}
	jw_object(&c->jw);
	jw_key_s(&c->jw, "from", from);
	jw_key_s(&c->jw, "to", to);
	jw_key_s(&c->jw, "rule", rule);
	jw_key_b(&c->jw, "ok", why == NULL);
	if (why != NULL)
		jw_key_c(&c->jw, "why", why);
	jw_object_end(&c->jw);
}

static void
check_edge(struct job *j, const struct json *edge)
{
	char why[320];
	bool good;

	j->edges++;
	if (!str_is(json_str(json_get(edge, "grade")), "PROVABLE"))
		return;
	j->provable++;
	good = prove(j->prover, edge, why, sizeof(why));
	if (!good)
		j->failed++;
	result(j, edge, good ? NULL : why);
}

static void
check_told(struct job *j, const struct json *v)
{
	size_t sentences = 0, cites = 0, n;
	struct cli *c = j->c;
	struct buf lines;

	buf_init(&lines, 16 << 20);
	n = explain_check_answer(c->a, v, &lines, &sentences, &cites);
	j->told++;
	j->faults += n == (size_t)-1 ? 1 : n;
	if (n == (size_t)-1)
		buf_put_c(&lines, "its timeline, links or cuts do not go "
		    "together\n");
	if (c->json) {
		jw_object(&c->jw);
		jw_key_i(&c->jw, "sentences", (int64_t)sentences);
		jw_key_i(&c->jw, "cites", (int64_t)cites);
		jw_key_b(&c->jw, "ok", n == 0);
		if (n != 0)
			jw_key_s(&c->jw, "why", buf_str(&lines));
		jw_object_end(&c->jw);
	} else {
		buf_printf(&c->out, "%.*s%zu sentences with %zu cites, %s\n",
		    STR_ARG(buf_str(&lines)), sentences, cites, n == 0 ?
		    "each holds what its sentence says" : "FAILED");
	}
	buf_release(&lines);
}

static bool
check(void *ctx, const struct json *v)
{
	struct job *j = ctx;
	const struct json *chains = json_get(v, "chains");
	const struct json *edges = json_get(v, "edges");
	size_t i;

	for (i = 0; i < json_len(chains); i++)
		if (!check(ctx, json_item(chains, i)))
			return false;
	for (i = 0; i < json_len(edges); i++)
		check_edge(j, json_item(edges, i));
	if (json_get(v, "from") != NULL && json_get(v, "to") != NULL)
		check_edge(j, v);
	if (json_get(v, "narrative") != NULL &&
	    json_get(v, "timeline") != NULL)
		check_told(j, v);
	return true;
}

static int
summary(struct job *j, const char *path)
{
	struct cli *c = j->c;

	if (c->json) {
		jw_array_end(&c->jw);
		jw_key_i(&c->jw, "edges", (int64_t)j->edges);
		jw_key_i(&c->jw, "provable", (int64_t)j->provable);
		jw_key_i(&c->jw, "failed", (int64_t)j->failed);
		jw_key_i(&c->jw, "investigations", (int64_t)j->told);
		jw_key_i(&c->jw, "faults", (int64_t)j->faults);
		jw_key_b(&c->jw, "ok", j->failed + j->faults == 0 &&
		    j->edges + j->told > 0);
		jw_object_end(&c->jw);
	} else if (j->edges > 0) {
		buf_printf(&c->out, "%zu of %zu PROVABLE edges follow from "
		    "their raw records; %zu other edges claim no proof\n",
		    j->provable - j->failed, j->provable,
		    j->edges - j->provable);
	}
	if (j->edges + j->told == 0)
		return cli_failed("%s holds no edges: give a chain, "
		    "{\"chains\":[...]}, edges one a line, or an "
		    "investigation", path);
	return j->failed + j->faults > 0 ? CLI_FAILED : CLI_OK;
}

static int
run(struct job *j, const char *path, struct str text)
{
	bool good;

	if (!json_values(path, text, gather, j))
		return CLI_FAILED;
	if (j->c->json) {
		jw_object(&j->c->jw);
		jw_key(&j->c->jw, "results");
		jw_array(&j->c->jw);
	}
	j->prover = prover_new(&j->raw);
	good = json_values(path, text, check, j);
	prover_free(j->prover);
	if (good)
		return summary(j, path);
	buf_clear(&j->c->out);	/* half an answer is none */
	return CLI_FAILED;
}

int
cmd_verify(struct cli *c, int argc, char **argv)
{
	struct job j = { .c = c };
	const char *raw = NULL, *salt = NULL;
	struct buf b;
	int status;
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--raw", &raw, NULL }, { "--salt", &salt, NULL }, { 0 } });

	if (n != 1)
		return n < 0 ? CLI_USAGE :
		    cli_usage("usage: tra-ce verify FILE [--raw FOLDER|FILE] "
		    "[--salt S]");
	rawset_init(&j.raw, c->a);
	rawset_salt(&j.raw, str_of(salt));
	if (raw != NULL && !rawset_load(&j.raw, raw))
		return CLI_FAILED;
	buf_init(&b, FILE_MAX);
	if (!file_read(argv[0], &b))
		status = cli_failed("cannot read %s: %s", argv[0],
		    strerror(errno));
	else
		status = run(&j, argv[0], buf_str(&b));
	buf_release(&b);
	return status;
}
