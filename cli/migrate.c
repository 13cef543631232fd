/* SPDX-License-Identifier: Apache-2.0 */
/*
 * migrate - take every file of the store to the version that this program
 *	writes. Whatever opens a file does that by itself; this does it for all
 *	of them at once, so that who has installed a newer program learns there
 *	and then whether it went well, and no request has to wait for it. With
 *	nothing to do it does nothing. There is no way back: see backup.
 */
#include "cli.h"

#include "hooks.h"

/* One tenant's trouble is told and keeps nobody else's file old. */
static bool
one(struct cli *c, const struct tenant *t)
{
	struct graph *g;
	enum rc rc = store_graph(c->store, t->id, &g);

	if (rc != RC_OK)
		cli_rc(rc, str_c(c->a, t->name));
	return rc == RC_OK;
}

int
cmd_migrate(struct cli *c, int argc, char **argv)
{
	struct tenant *t = NULL;
	struct hook *hooks;
	size_t n = 0, i, many;
	bool good = true;
	enum rc rc;

	(void)argv;
	if (argc != 0)
		return cli_usage("usage: tra-ce migrate");
	if (!cli_open(c, false))	/* control.db and limits.db */
		return CLI_FAILED;
	rc = store_tenants(c->store, c->a, &t, &n);
	if (rc == RC_OK)
		rc = store_hooks(c->store, c->a, 0, &hooks, &many);
	if (rc != RC_OK)
		return cli_rc(rc, "opening the store");
	for (i = 0; i < n; i++)
		good = one(c, &t[i]) && good;
	if (c->json) {
		jw_object(&c->jw);
		jw_key_b(&c->jw, "ok", good);
		jw_key_i(&c->jw, "tenants", (int64_t)n);
		jw_object_end(&c->jw);
	} else if (good) {
		buf_printf(&c->out, "every file of %zu tenants is of this "
		    "program's version\n", n);
	}
	return good ? CLI_OK : CLI_FAILED;
}
