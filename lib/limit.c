/* SPDX-License-Identifier: Apache-2.0 */
#include "limit.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

enum { WINDOW_S = 60, BUCKET_NAME = 64 };

void
limit_full(int64_t rate, int64_t now_ns, struct bucket *b)
{
	int64_t limit = rate > 0 && rate < LIMIT_NONE ? rate : LIMIT_NONE;

	*b = (struct bucket){
		.limit = limit,
		.remaining = limit,
		.full_at_s = now_ns / NS_PER_S,
		.taken = true,
	};
}

static void
bucket_name(const struct limit_who *who, char out[BUCKET_NAME])
{
	char client[ADDR_NAME] = "unknown";

	if (who->tenant != 0) {
		snprintf(out, BUCKET_NAME, "t:%" PRId64, who->tenant);
		return;
	}
	if (who->administrator != 0) {
		snprintf(out, BUCKET_NAME, "s:%" PRId64, who->administrator);
		return;
	}
	if (who->from != NULL)
		addr_client_name(who->from, client);
	snprintf(out, BUCKET_NAME, "a:%s", client);
}

enum rc
limit_draw(struct store *st, const struct limit_who *who, int cost,
    int64_t now_ns, struct bucket *b)
{
	char name[BUCKET_NAME];

	if (who->rate <= 0) {
		limit_full(0, now_ns, b);
		return RC_OK;
	}
	bucket_name(who, name);
	return store_bucket(st, str_of(name), who->rate, cost, now_ns, b);
}

static void
number_header(struct reply *rp, const char *name, int64_t n)
{
	reply_header(rp, name, str_printf(rp->mem, "%" PRId64, n));
}

void
limit_headers(struct reply *rp, const struct bucket *b)
{
	number_header(rp, "X-RateLimit-Limit", b->limit);
	number_header(rp, "X-RateLimit-Remaining", b->remaining);
	number_header(rp, "X-RateLimit-Reset", b->full_at_s);
	reply_header(rp, "RateLimit-Policy",
	    str_printf(rp->mem, "\"default\";q=%" PRId64 ";w=%d", b->limit,
	        WINDOW_S));
	reply_header(rp, "RateLimit",
	    str_printf(rp->mem, "\"default\";r=%" PRId64 ";t=%" PRId64,
	        b->remaining, b->full_in_s));
}
