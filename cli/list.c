/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of a tenant that the tool takes whole from a file and shows. */
#include "list.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "explain.h"

static int
put_map(struct cli *c, struct graph *g, const struct tenant *t,
    const struct list_kind *k, struct str map)
{
	bool foreign;
	enum rc rc = graph_begin(g, &foreign);

	if (rc != RC_OK)
		return cli_rc(rc, "opening the tenant");
	rc = graph_set_text(g, k->text, map);
	if (rc == RC_OK)
		rc = graph_commit(g);
	else
		graph_rollback(g);
	if (rc == RC_OK)
		rc = store_audit(c->store, clock_now_ns(), STR("tool"), t->id,
		    str_printf(c->a, "%s.import", k->name),
		    str_printf(c->a, "%zu lines", owners_lines(map)));
	return rc == RC_OK ? CLI_OK : cli_rc(rc, "keeping the list");
}

static int
import(struct cli *c, struct graph *g, const struct tenant *t,
    const struct list_kind *k, const char *path)
{
	struct buf b;
	const char *why;
	size_t line;
	int status;

	buf_init(&b, OWNERS_MAX);
	if (!file_read(path, &b))
		status = cli_failed("cannot read %s (at most 1 MiB): %s", path,
		    strerror(errno));
	else if (!k->sound(buf_str(&b), &line, &why))
		status = cli_failed("%s: line %zu %s; nothing was changed",
		    path, line, why);
	else
		status = put_map(c, g, t, k, buf_str(&b));
	if (status == CLI_OK && c->json) {
		jw_object(&c->jw);
		jw_key_s(&c->jw, "tenant", t->name);
		jw_key_i(&c->jw, "lines", (int64_t)owners_lines(buf_str(&b)));
		jw_object_end(&c->jw);
	} else if (status == CLI_OK) {
		buf_printf(&c->out, "%zu lines\n", owners_lines(buf_str(&b)));
	}
	buf_release(&b);
	return status;
}

static int
show(struct cli *c, struct graph *g, const struct tenant *t,
    const struct list_kind *k)
{
	struct str map = graph_text(g, c->a, k->text);

	if (!c->json) {
		buf_put_str(&c->out, map);
		return CLI_OK;
	}
	jw_object(&c->jw);
	jw_key_s(&c->jw, "tenant", t->name);
	jw_key_s(&c->jw, k->text, map);
	jw_object_end(&c->jw);
	return CLI_OK;
}

int
list_command(struct cli *c, const struct list_kind *k, int argc, char **argv)
{
	const char *tenant = NULL;
	struct tenant t;
	struct graph *g;
	enum rc rc;
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--tenant", &tenant, NULL }, { 0 } });

	if (n < 0)
		return CLI_USAGE;
	if (!(n == 2 && strcmp(argv[0], "import") == 0) &&
	    !(n == 1 && strcmp(argv[0], "show") == 0))
		return cli_usage("usage: tra-ce %s import FILE [--tenant T] |"
		    " %s show [--tenant T]", k->name, k->name);
	if (!cli_open(c, false) || !cli_tenant_or_only(c, tenant, &t))
		return CLI_FAILED;
	rc = store_graph(c->store, t.id, &g);
	if (rc != RC_OK)
		return cli_rc(rc, "opening the tenant");
	return n == 2 ? import(c, g, &t, k, argv[1]) :
	    show(c, g, &t, k);
}
