/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
scratch_open(struct cli *c, struct scratch *s, const char *folder)
{
	enum rc rc;
	int n = snprintf(s->path, sizeof(s->path), "%s/tra-ce-XXXXXX", folder);

	s->store = NULL;
	if (n < 0 || (size_t)n >= sizeof(s->path) || mkdtemp(s->path) == NULL) {
		cli_failed("cannot make a folder in %s: %s", folder,
		    strerror(errno));
		s->path[0] = '\0';
		return false;
	}
	rc = store_open(s->path, true, &s->store);
	if (rc == RC_OK)
		rc = store_tenant_add(s->store, c->a, STR("scratch"),
		    STR("standard"), 0, &s->tenant);
	if (rc == RC_OK)
		return true;
	cli_rc(rc, "making a store to work in");
	scratch_remove(s);
	return false;
}

void
scratch_close(struct scratch *s)
{
	if (s->store != NULL)
		store_close(s->store);
	s->store = NULL;
}

static int
drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void
scratch_remove(struct scratch *s)
{
	scratch_close(s);
	if (s->path[0] != '\0' && nftw(s->path, drop, 16,
	    FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0)
		cli_failed("cannot remove %s: %s; remove it by hand", s->path,
		    strerror(errno));
	s->path[0] = '\0';
}
