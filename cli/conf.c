/* SPDX-License-Identifier: Apache-2.0 */
/* conf -T - the sample configuration: every key, its default, its meaning. */
#include "cli.h"

#include "base/conf.h"

int
cmd_conf(struct cli *c, int argc, char **argv)
{
	bool sample = false;
	const struct conf_row *rows;
	size_t n_rows;
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "-T", NULL, &sample }, { 0 } });

	if (n != 0 || !sample)
		return n < 0 ? CLI_USAGE : cli_usage("usage: tra-ce conf -T");
	c->json = false;	/* a configuration file is no JSON */
	rows = config_rows(&n_rows);
	conf_sample(rows, n_rows, &c->out);
	return CLI_OK;
}
