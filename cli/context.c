/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context import FILE [--tenant T] - replace the tenant's list of what triage
 *	is to know of its things: lines of [KIND:]PATTERN and critical, expected
 *	(detections of that host) or intel 1-99 (how often right, per cent); of
 *	several that match the last counts.
 * context show [--tenant T]
 */
#include "list.h"

#include "explain.h"

int
cmd_context(struct cli *c, int argc, char **argv)
{
	return list_command(c, &(struct list_kind){ "context", TRIAGE_CONTEXT,
	    triage_context_sound }, argc, argv);
}
