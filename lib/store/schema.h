/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of db/schema.sql: its head, then one for each kind of file, which
 * are the first step of each file's migrations, then the later steps. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

extern const char schema_head[], schema_control[], schema_limits[],
    schema_graph[], schema_graph_2[], schema_graph_3[], schema_graph_4[],
    schema_control_2[], schema_limits_2[], schema_hooks[];

#endif
