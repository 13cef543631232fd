/* SPDX-License-Identifier: Apache-2.0 */
/* How long to wait for a lock. */
#ifndef STORE_PATIENCE_H
#define STORE_PATIENCE_H

#include <stdint.h>

struct patience {
	int64_t most_ns;
	int64_t since_ns;	/* of the present wait */
};
/* Sleep a little; 0: long enough. times: how often in this wait before. Fit to
 * be handed to SQLite as it is; ctx is a struct patience. */
int patience_nap(void *ctx, int times);

#endif
