/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of db/schema.sql: its head, then one for each kind of file, which
 * are the first step of each file's migrations, then the later steps.
 *
 * What a file is made of is its steps in order. Stores out there have taken
 * them: a step is never changed, another one is added (and its digest to
 * tests/unit/migrations.c, which takes every version to the newest).
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include <stddef.h>

extern const char schema_head[], schema_control[], schema_limits[],
    schema_graph[], schema_graph_2[], schema_graph_3[], schema_graph_4[],
    schema_graph_5[], schema_control_2[], schema_limits_2[], schema_hooks[],
    schema_control_3[], schema_control_4[];

enum schema_file {
	SCHEMA_CONTROL,
	SCHEMA_LIMITS,
	SCHEMA_GRAPH,
	SCHEMA_HOOKS,
	SCHEMA__MAX
};
struct schema {
	const char *name;	/* of the file */
	const char *const *steps;
	size_t n;
};
extern const struct schema schemas[SCHEMA__MAX];

#endif
