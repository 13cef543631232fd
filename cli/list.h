/* SPDX-License-Identifier: Apache-2.0 */
/* What `owners` and `context` share: a list kept as one text of the tenant. */
#ifndef CLI_LIST_H
#define CLI_LIST_H

#include "cli.h"

struct list_kind {
	const char *name, *text;	/* the subcommand; the stored text */
	/* False: *line, from 1, is not sound for the reason *why. */
	bool (*sound)(struct str text, size_t *line, const char **why);
};

/* NAME import FILE [--tenant T] | NAME show [--tenant T] */
int list_command(struct cli *c, const struct list_kind *k, int argc,
    char **argv);

#endif
