/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures for Prometheus (text exposition format 0.0.4), of one tenant or of
 * the whole server. The number of series is bounded: what is beyond the
 * TENANTS_SHOWN tenants and SOURCES_SHOWN sources with most events is summed
 * under "(other)". Names come from outside; as label values they are shown and
 * escaped.
 */
#ifndef METRICS_H
#define METRICS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "rc.h"
#include "store.h"

/* What is remembered between two calls: how many events are lost costs a look
 * at every row, so it is counted anew only once a hundred times its duration
 * has passed. Belongs to one thread. */
struct metrics;
struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);

struct metrics_server {
	const char *version;
	int64_t disk_free, disk_min;	/* bytes */
	int64_t waiting, queue_max;	/* requests; waiting -1: not known */
};

/* All tenants and the server itself. */
MUST_CHECK enum rc metrics_server(struct metrics *m, struct store *st,
    struct arena *a, const struct metrics_server *s, struct buf *out);
/* One tenant alone. */
MUST_CHECK enum rc metrics_tenant(struct metrics *m, struct store *st,
    struct arena *a, int64_t tenant, struct buf *out);

enum { METRICS_MOST = 4 << 20 };	/* of text; it is far less */

#endif
