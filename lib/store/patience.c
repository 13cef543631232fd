/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite's own busy_timeout backs off to 100 ms, which starves whoever came
 * last (p99 over a second with eight writers). Sleeping 0.2-0.8 ms at random
 * costs some CPU and keeps the worst wait near 40 ms.
 */
#include "store/patience.h"

#include <time.h>

#include "base/clock.h"
#include "base/hash.h"

int
patience_nap(void *ctx, int times)
{
	struct patience *p = ctx;
	struct timespec nap = { 0, 200000 + (long)(random_u64() % 600000) };
	int64_t now_ns = clock_mono_ns();

	if (times == 0)
		p->since_ns = now_ns;
	if (now_ns - p->since_ns > p->most_ns)
		return 0;
	nanosleep(&nap, NULL);
	return 1;
}
