/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import --source S [--tenant T] [--backfill] FILE... - take in records.
 *
 * The same steps as POST /events: what is accepted is on disk and linked when
 * the tool ends, and byte-identical records count once however often they are
 * imported. Refused records are listed, and harm nothing else. Exit 1 if a
 * file could not be read, or nothing in it was acceptable.
 *
 * --backfill says that the records are history: chains are made and changed as
 * ever, but live streams are not told.
 */
#include "cli.h"

#include <stdio.h>
#include <unistd.h>

#include "intake.h"

enum { TOLD_MAX = 20, LISTED_MAX = 1000 };

struct import {
	struct intake in;	/* first: the callback gets it */
	struct buf listed;	/* JSON elements */
	struct jw jw;
	size_t told;
};

static void
refused(struct intake *in, const char *path, size_t index,
    const struct ingest_item *it)
{
	struct import *im = (struct import *)in;

	if (im->told < LISTED_MAX) {
		jw_object(&im->jw);
		jw_key_c(&im->jw, "file", path);
		jw_key_i(&im->jw, "index", (int64_t)index);
		jw_key_s(&im->jw, "pointer", it->field);
		jw_key_s(&im->jw, "detail", it->detail);
		jw_object_end(&im->jw);
	}
	if (im->told++ < TOLD_MAX)
		fprintf(stderr, "%s%s: record %zu refused: %.*s %.*s\n",
		    in->bar ? "\r\033[K" : "", path, index,
		    STR_ARG(it->field), STR_ARG(it->detail));
	else if (im->told == TOLD_MAX + 1)
		fprintf(stderr, "%s: more are refused%s\n", path,
		    in->c->json ? "" : "; --json lists the first 1000");
}

static void
answer(struct cli *c, struct import *im, size_t files)
{
	struct intake *in = &im->in;

	jw_array_end(&im->jw);
	if (!c->json) {
		buf_printf(&c->out, "%zu accepted, %zu seen before, %zu "
		    "refused, from %zu file%s\n", in->accepted, in->duplicates,
		    in->rejected, files, files == 1 ? "" : "s");
		return;
	}
	jw_object(&c->jw);
	jw_key_i(&c->jw, "accepted", (int64_t)in->accepted);
	jw_key_i(&c->jw, "duplicates", (int64_t)in->duplicates);
	jw_key_i(&c->jw, "rejected", (int64_t)in->rejected);
	jw_key(&c->jw, "errors");
	jw_raw(&c->jw, buf_str(&im->listed));
	jw_object_end(&c->jw);
}

static int
run(struct cli *c, struct import *im, int n, char **files)
{
	struct intake *in = &im->in;
	int status = CLI_OK;
	size_t before, bad;

	for (int i = 0; i < n; i++) {
		before = in->accepted + in->duplicates;
		bad = in->rejected;
		if (!intake_file(in, files[i]))
			status = CLI_FAILED;
		else if (in->accepted + in->duplicates == before &&
		    in->rejected > bad)
			status = cli_failed("nothing in %s was acceptable; is "
			    "--source right?", files[i]);
	}
	answer(c, im, (size_t)n);
	return status;
}

int
cmd_import(struct cli *c, int argc, char **argv)
{
	struct import im = { .in.refused = refused };
	const char *source = NULL, *tenant = NULL;
	bool backfill = false;
	struct tenant t;
	int status = CLI_FAILED;
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--source", &source, NULL }, { "--tenant", &tenant, NULL },
	    { "--backfill", NULL, &backfill }, { 0 } });

	if (n < 0)
		return CLI_USAGE;
	if (n == 0 || source == NULL)
		return cli_usage("usage: tra-ce import --source windows|okta|"
		    "cloudtrail|zeek|suricata|auto|NAME [--tenant T] "
		    "[--backfill] FILE...");
	if (!cli_open(c, false) || !cli_tenant_or_only(c, tenant, &t))
		return CLI_FAILED;
	buf_init(&im.listed, 16 << 20);
	jw_init(&im.jw, &im.listed);
	jw_array(&im.jw);
	im.in.source = str_of(source);
	im.in.backfill = backfill;
	im.in.bar = isatty(STDERR_FILENO) == 1;
	if (intake_open(&im.in, c, c->store, t.id))
		status = run(c, &im, n, argv);
	intake_close(&im.in);
	buf_release(&im.listed);
	return status;
}
