/* SPDX-License-Identifier: Apache-2.0 */
#include "tenancy.h"

#include <string.h>

#include "addr.h"
#include "base/clock.h"
#include "control.h"

static const struct plan {
	const char *name;
	int64_t rate;		/* requests a minute */
} plans[] = {
	{ "standard", 100 },
	{ "enterprise", 1000 },
};

bool
tenant_name_ok(struct str s)
{
	if (s.len == 0 || s.len > TENANT_NAME_MOST)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		    "0123456789._-", s.p[i]) == NULL || s.p[i] == '\0')
			return false;
	return true;
}

bool
plan_rate(struct str plan, int64_t *rate)
{
	for (size_t i = 0; i < COUNT(plans); i++) {
		if (str_is(plan, plans[i].name)) {
			*rate = plans[i].rate;
			return true;
		}
	}
	return false;
}

enum rc
tenant_change(struct store *st, struct arena *a, struct str who,
    struct tenant *t, struct str plan, int64_t rate, int64_t retention_days)
{
	struct str was = str_printf(a, "%.*s %lld/min %lld d", STR_ARG(t->plan),
	    (long long)t->rate, (long long)t->retention_days);
	enum rc rc;

	if (plan.len > 0 && plan_rate(plan, &t->rate))
		t->plan = plan;
	if (rate >= 0)
		t->rate = rate;
	if (retention_days > 0)
		t->retention_days = retention_days;
	rc = control_tenant_set(st, t->id, t->plan, t->rate,
	    t->retention_days);
	if (rc != RC_OK)
		return rc;
	return store_audit(st, clock_now_ns(), who, t->id, STR("tenant.set"),
	    str_printf(a, "%.*s: %.*s -> %.*s %lld/min %lld d",
	    STR_ARG(t->name), STR_ARG(was), STR_ARG(t->plan),
	    (long long)t->rate, (long long)t->retention_days));
}

bool
key_name_ok(struct str s)
{
	if (s.len == 0 || s.len > KEY_NAME_MOST || !utf8_ok(s))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

bool
addresses_ok(struct str list)
{
	struct str one, head;
	struct addr a;
	uint64_t bits;
	bool slash;

	while (str_cut(&list, ',', &one)) {
		one = str_trim(one);
		slash = str_find(one, STR("/"), 0) != (size_t)-1;
		if (!str_cut(&one, '/', &head) || !addr_parse(head, &a))
			return false;
		if (slash && (!str_u64(one, &bits) || bits >
		    (str_find(head, STR(":"), 0) == (size_t)-1 ? 32 : 128)))
			return false;
	}
	return true;
}

const char *
key_state(const struct key_row *k, int64_t now_ns)
{
	if (k->revoked_ns != 0)
		return "revoked";
	if (k->expires_ns != 0 && k->expires_ns <= now_ns)
		return "expired";
	return k->successor.len > 0 ? "rotated" : "active";
}

static enum rc
room_for_one(struct store *st, struct arena *a, int64_t tenant, int64_t now_ns)
{
	struct key_row *k;
	size_t n, i, good = 0;
	enum rc rc = store_keys(st, a, tenant, &k, &n);

	for (i = 0; rc == RC_OK && i < n; i++)
		good += k[i].revoked_ns == 0 &&
		    (k[i].expires_ns == 0 || k[i].expires_ns > now_ns);
	return rc == RC_OK && good >= KEYS_MOST ? RC_TOO_MANY : rc;
}

enum rc
key_issue(struct store *st, struct arena *a, struct str who,
    const struct key_wish *w, struct made_key *k)
{
	int64_t now_ns = clock_now_ns();
	struct key_row row = { .tenant = w->tenant, .name = w->name,
		.scopes = w->scopes, .created_ns = now_ns,
		.expires_ns = now_ns + w->expires_s * NS_PER_S,
		.addresses = w->addresses };
	enum rc rc = room_for_one(st, a, w->tenant, now_ns);

	if (rc != RC_OK)
		return rc;
	key_make(k->text, k->id);
	k->created_ns = now_ns;
	k->expires_ns = row.expires_ns;
	row.key_id = str_of(k->id);
	key_hash(str_of(k->text), row.hash);
	rc = store_key_add(st, &row);
	if (rc != RC_OK)
		return rc;
	return store_audit(st, now_ns, who, w->tenant, STR("key.add"),
	    str_printf(a, "%s %.*s", k->id, STR_ARG(w->name)));
}

enum rc
key_replace(struct store *st, struct arena *a, struct str who,
    const struct key_row *old, int64_t overlap_s, struct made_key *k)
{
	struct key_wish w = { .tenant = old->tenant, .name = old->name,
		.addresses = old->addresses, .scopes = old->scopes,
		.expires_s = KEY_EXPIRES_S };
	enum rc rc;

	if (old->revoked_ns != 0 || old->successor.len > 0)
		return RC_EXISTS;
	rc = key_issue(st, a, who, &w, k);
	if (rc == RC_OK)
		rc = store_key_rotated(st, old->key_id, str_of(k->id),
		    k->created_ns + overlap_s * NS_PER_S);
	if (rc != RC_OK)
		return rc;
	return store_audit(st, k->created_ns, who, old->tenant,
	    STR("key.rotate"), str_printf(a, "%.*s to %s",
	    STR_ARG(old->key_id), k->id));
}

enum rc
key_end(struct store *st, struct str who, const struct key_row *k)
{
	int64_t now_ns = clock_now_ns();
	enum rc rc = store_key_revoke(st, k->key_id, now_ns);

	if (rc != RC_OK)
		return rc;
	return store_audit(st, now_ns, who, k->tenant, STR("key.revoke"),
	    k->key_id);
}
