/* SPDX-License-Identifier: Apache-2.0 */
/* doctor - check every file of the store; exit 0 only when all is sound. */
#include "cli.h"

enum { LINES_MAX = 1 << 20 };

static void
faults_json(struct jw *w, struct str lines)
{
	struct str line;

	jw_key(w, "faults");
	jw_array(w);
	while (str_cut(&lines, '\n', &line))
		if (line.len > 0)
			jw_str(w, line);
	jw_array_end(w);
}

int
cmd_doctor(struct cli *c, int argc, char **argv)
{
	struct tenant *t;
	struct buf lines;
	size_t n = 0;
	enum rc rc;

	(void)argv;
	if (argc != 0)
		return cli_usage("usage: tra-ce doctor");
	if (!cli_open(c, false))
		return CLI_FAILED;
	buf_init(&lines, LINES_MAX);
	rc = store_doctor(c->store, &lines);
	if (rc == RC_OK)
		rc = store_tenants(c->store, c->a, &t, &n);
	if (c->json) {
		jw_object(&c->jw);
		jw_key_b(&c->jw, "ok", rc == RC_OK);
		jw_key_i(&c->jw, "tenants", (int64_t)n);
		jw_key_i(&c->jw, "disk_free", store_disk_free(c->store));
		faults_json(&c->jw, buf_str(&lines));
		jw_object_end(&c->jw);
	} else {
		buf_put_str(&c->out, buf_str(&lines));
		buf_printf(&c->out, "%s\n", rc == RC_OK ? "all is sound" :
		    "something is wrong: restore from a backup, or run "
		    "`tra-ce rebuild` if only derived data is named");
	}
	buf_release(&lines);
	return rc == RC_OK ? CLI_OK : CLI_FAILED;
}
