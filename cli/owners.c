/* SPDX-License-Identifier: Apache-2.0 */
/*
 * owners import FILE [--tenant T] - replace the tenant's map of who owns which
 *	host, account or resource (lines of [KIND:]PATTERN OWNER, or CSV
 *	KIND,PATTERN,OWNER; of several that match the last counts).
 * owners show [--tenant T]
 */
#include "list.h"

#include "explain.h"

int
cmd_owners(struct cli *c, int argc, char **argv)
{
	return list_command(c, &(struct list_kind){ "owners", "owners",
	    owners_sound }, argc, argv);
}
