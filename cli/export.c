/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export [CHAIN_ID...] --format F [--out FOLDER] [--version N] [--tenant T] -
 *	chains in other people's formats. One chain goes to stdout; with --out
 *	each becomes FOLDER/CHAIN_ID.SUFFIX, and without ids all chains do.
 */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "export.h"
#include "read.h"

enum { EXPORT_MAX = 512 << 20, PATH_LEN = 4096 };

struct job {
	struct cli *c;
	struct graph *g;
	const struct export_format *f;
	const char *out, *version;
	struct str *written;
	size_t n, room;
};

static enum rc
row_of(struct job *j, const char *id, struct chain_row *row)
{
	struct json_doc *doc = json_doc_new();
	struct reader r;
	uint64_t version;
	enum rc rc;

	reader_init(&r, j->g, j->c->a, doc);
	rc = read_chain_find(&r, str_of(id), row);
	if (rc == RC_OK && j->version != NULL) {
		if (!str_u64(str_of(j->version), &version) ||
		    version > INT64_MAX)
			rc = RC_ABSENT;
		else
			rc = graph_chain_version(j->g, j->c->a, row->id,
			    (int64_t)version, row);
	}
	reader_release(&r);
	json_doc_free(doc);
	return rc;
}

static bool
save(struct job *j, const char *id, struct str bytes)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s/%s.%s", j->out, id, j->f->suffix);
	if (!file_write(path, bytes.p, bytes.len, 0640)) {
		cli_failed("cannot write %s: %s", path, strerror(errno));
		return false;
	}
	j->written = arena_grow(j->c->a, j->written, &j->room, j->n + 1,
	    sizeof(struct str));
	j->written[j->n++] = str_dup(j->c->a, str_of(path));
	return true;
}

static int
export_row(struct job *j, const struct chain_row *row)
{
	struct arena *a = arena_new();
	char id[CHAIN_ID_TEXT];
	struct buf b;
	int status = CLI_OK;
	enum rc rc;

	chain_id_text(row->id, id);
	buf_init(&b, EXPORT_MAX);
	rc = export_stored(j->f, j->g, a, row, &b);
	if (rc != RC_OK)
		status = cli_rc(rc, "exporting the chain");
	else if (j->out == NULL)
		buf_put_str(&j->c->out, buf_str(&b));
	else if (!save(j, id, buf_str(&b)))
		status = CLI_FAILED;
	buf_release(&b);
	arena_free(a);
	return status;
}

static int
export_named(struct job *j, char **ids, int n)
{
	struct chain_row row;
	int i, status = CLI_OK;
	enum rc rc;

	for (i = 0; i < n && status == CLI_OK; i++) {
		rc = row_of(j, ids[i], &row);
		if (rc == RC_ABSENT)
			return cli_failed("no chain %s%s%s; see tra-ce chains",
			    ids[i], j->version ? " of version " : "",
			    j->version ? j->version : "");
		if (rc != RC_OK)
			return cli_rc(rc, "reading the chain");
		status = export_row(j, &row);
	}
	return status;
}

struct id_list { struct arena *a; uint8_t (*id)[16]; size_t n, room; };

static bool
take_id(void *ctx, const struct chain_row *row)
{
	struct id_list *l = ctx;

	l->id = arena_grow(l->a, l->id, &l->room, l->n + 1, 16);
	memcpy(l->id[l->n++], row->id, 16);
	return true;
}

static int
export_all(struct job *j)
{
	struct id_list l = { .a = j->c->a };
	struct chain_row row;
	size_t i;
	int status = CLI_OK;
	enum rc rc = graph_chains(j->g, j->c->a, NULL, NULL, take_id, &l);

	for (i = 0; i < l.n && rc == RC_OK && status == CLI_OK; i++) {
		rc = graph_chain_get(j->g, j->c->a, l.id[i], &row);
		if (rc == RC_OK)
			status = export_row(j, &row);
	}
	return rc == RC_OK ? status : cli_rc(rc, "reading the chains");
}

static void
tell(struct job *j)
{
	size_t i;

	if (j->out == NULL)
		return;
	if (j->c->json) {
		jw_object(&j->c->jw);
		jw_key_c(&j->c->jw, "format", j->f->name);
		jw_key(&j->c->jw, "files");
		jw_array(&j->c->jw);
		for (i = 0; i < j->n; i++)
			jw_str(&j->c->jw, j->written[i]);
		jw_array_end(&j->c->jw);
		jw_object_end(&j->c->jw);
		return;
	}
	for (i = 0; i < j->n; i++)
		buf_printf(&j->c->out, "%.*s\n", STR_ARG(j->written[i]));
}

static int
wrong_words(const struct job *j, const char *format, int n)
{
	if (format == NULL || j->f == NULL)
		return cli_usage("say --format with one of %s",
		    strchr(export_names(), ' ') + 1);
	if (n != 1 && j->out == NULL)
		return cli_usage(n == 0 ? "say which chain, or --out FOLDER "
		    "for all of them" : "several chains need --out FOLDER");
	if (j->version != NULL && n != 1)
		return cli_usage("--version is of one chain");
	return CLI_OK;
}

int
cmd_export(struct cli *c, int argc, char **argv)
{
	struct job j = { .c = c };
	const char *tenant = NULL, *format = NULL;
	struct tenant t;
	int status, n = cli_options(argc, argv, (const struct option_row[]){
	    { "--tenant", &tenant, NULL }, { "--format", &format, NULL },
	    { "--out", &j.out, NULL }, { "--version", &j.version, NULL },
	    { 0 } });
	enum rc rc;

	if (n < 0)
		return CLI_USAGE;
	j.f = format != NULL ? export_format(str_of(format)) : NULL;
	status = wrong_words(&j, format, n);
	if (status != CLI_OK)
		return status;
	if (!cli_open(c, false) || !cli_tenant_or_only(c, tenant, &t))
		return CLI_FAILED;
	if (j.out != NULL && !file_folder(j.out, 0750))
		return cli_failed("cannot make %s: %s", j.out,
		    strerror(errno));
	rc = store_graph(c->store, t.id, &j.g);
	if (rc != RC_OK)
		return cli_rc(rc, "opening the tenant");
	status = n > 0 ? export_named(&j, argv, n) : export_all(&j);
	tell(&j);
	return status;
}
