/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor - check every file of the store; exit 0 only when all is sound. That
 * a tenant's events were read with other rules than today's is told and is no
 * fault: `tra-ce rebuild` reads them again.
 */
#include "cli.h"

#include "ingest.h"
#include "packs.h"

enum { DISK_FULL = 1 << 20, LINES_MAX = 1 << 20 };

static void
lines_json(struct jw *w, const char *key, struct str lines)
{
	struct str line;

	jw_key(w, key);
	jw_array(w);
	while (str_cut(&lines, '\n', &line))
		if (line.len > 0)
			jw_str(w, line);
	jw_array_end(w);
}

static enum rc
is_due(struct cli *c, struct packs *packs, int64_t tenant, bool *due)
{
	const struct tagger *tagger = NULL;
	struct graph *g;
	enum rc rc = store_graph(c->store, tenant, &g);

	if (rc == RC_OK && packs != NULL)
		rc = packs_take(packs, c->store, tenant, &tagger);
	if (rc == RC_OK)
		rc = ingest_rebuild_due(g, tagger, due);
	if (packs != NULL)
		packs_give(packs, tagger);
	return rc;
}

/* Tenants whose events were read with other rules, each on a line. */
static void
old_rules(struct cli *c, const struct tenant *t, size_t n, struct buf *names)
{
	struct packs *packs;
	bool due;

	if (packs_open(c->conf.rules, &packs) != RC_OK)
		packs = NULL;	/* then by what the store says of itself */
	for (size_t i = 0; i < n; i++)
		if (is_due(c, packs, t[i].id, &due) == RC_OK && due)
			buf_printf(names, "%.*s\n", STR_ARG(t[i].name));
	packs_close(packs);
}

static void
rebuild_text(struct buf *out, struct str names)
{
	struct str name;

	while (str_cut(&names, '\n', &name))
		if (name.len > 0)
			buf_printf(out, "rebuild needed: the events of %.*s "
			    "were read with other rules; run tra-ce rebuild "
			    "--tenant %.*s\n", STR_ARG(name), STR_ARG(name));
}

int
cmd_doctor(struct cli *c, int argc, char **argv)
{
	struct tenant *t;
	struct buf lines, names;
	size_t n = 0;
	enum rc rc;

	(void)argv;
	if (argc != 0)
		return cli_usage("usage: tra-ce doctor");
	if (!cli_open(c, false))
		return CLI_FAILED;
	buf_init(&lines, LINES_MAX);
	buf_init(&names, LINES_MAX);
	rc = store_doctor(c->store, &lines);
	if (rc == RC_OK)
		rc = store_tenants(c->store, c->a, &t, &n);
	if (rc == RC_OK)
		old_rules(c, t, n, &names);
	if (c->json) {
		jw_object(&c->jw);
		jw_key_b(&c->jw, "ok", rc == RC_OK);
		jw_key_i(&c->jw, "tenants", (int64_t)n);
		jw_key_i(&c->jw, "disk_free", store_disk_free(c->store));
		lines_json(&c->jw, "faults", buf_str(&lines));
		lines_json(&c->jw, "rebuild_needed", buf_str(&names));
		jw_object_end(&c->jw);
	} else {
		buf_put_str(&c->out, buf_str(&lines));
		rebuild_text(&c->out, buf_str(&names));
		buf_printf(&c->out, "%s\n", rc == RC_OK ? "all is sound" :
		    store_disk_free(c->store) < DISK_FULL ? "the disk is full: "
		    "make room, then look again" : "something is wrong: restore from a backup, or run "
		    "`tra-ce rebuild` if only derived data is named");
	}
	buf_release(&lines);
	buf_release(&names);
	return rc == RC_OK ? CLI_OK : CLI_FAILED;
}
