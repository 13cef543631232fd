/* SPDX-License-Identifier: Apache-2.0 */
/* What a webhook's owner asks for, by the API or the tool. */
#include "hooks/inner.h"

enum { TEST_MOST = 4096 };

enum rc
hook_now(struct store *st, struct hook *h)
{
	struct graph *g;
	int64_t oldest;
	enum rc rc = store_graph(st, h->tenant, &g);

	if (rc == RC_OK)
		rc = graph_change_range(g, &oldest, &h->position);
	h->failures = 0;
	h->retry_ns = 0;
	return rc;
}

enum rc
hook_redeliver(struct store *st, struct hook *h, int64_t now_ns,
    struct delivery *d)
{
	enum rc rc;

	if (d->state != DELIVERY_WAITING)
		d->attempts = 0;
	d->state = DELIVERY_WAITING;
	d->begun_ns = d->next_ns = now_ns;
	rc = store_delivery_set(st, d);
	h->retry_ns = 0;
	return rc == RC_OK ? store_hook_went(st, h) : rc;
}

enum rc
hook_test(struct store *st, struct arena *a, const struct hook *h,
    int64_t now_ns, struct delivery *d)
{
	struct buf b;
	struct jw w;

	*d = (struct delivery){ .type = STR("webhook.test"),
		.created_ns = now_ns };
	buf_init(&b, TEST_MOST);
	jw_init(&w, &b);
	jw_object(&w);
	jw_key_s(&w, "type", d->type);
	jw_key(&w, "timestamp");
	jw_time(&w, now_ns);
	jw_key(&w, "data");
	jw_object(&w);
	jw_key_s(&w, "webhook_id", h->id);
	jw_key_c(&w, "message", "A test that its owner asked for.");
	jw_object_end(&w);
	jw_object_end(&w);
	d->body = str_dup(a, buf_str(&b));
	buf_release(&b);
	return delivery_add(st, a, h, d);
}
