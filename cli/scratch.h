/* SPDX-License-Identifier: Apache-2.0 */
/* A store of its own in a folder that goes away again. */
#ifndef CLI_SCRATCH_H
#define CLI_SCRATCH_H

#include "cli.h"

struct scratch {
	char path[512];
	struct store *store;
	struct tenant tenant;	/* one, called "scratch" */
};

/* Made under `folder`; false: said why, and nothing is left behind. */
MUST_CHECK bool scratch_open(struct cli *c, struct scratch *s,
    const char *folder);
/* Closes the store; the files stay until scratch_remove. */
void scratch_close(struct scratch *s);
void scratch_remove(struct scratch *s);

#endif
