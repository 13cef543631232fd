/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tenant add NAME [--plan standard|enterprise] [--rate N] [--retention DAYS] -
 *	a tenant and its first key, with the scopes ingest read analyze ai.
 * tenant set NAME with the same options - what is left out stays
 * tenant list
 */
#include "cli.h"

#include <string.h>

#include "base/clock.h"
#include "keys.h"

/* The plan's rate, or the one asked for. A plan must be one in any case. */
static bool
rate_of(const char *plan, const char *rate, int64_t *n)
{
	bool known = plan == NULL || plan_rate(str_of(plan), n);

	if (known && rate != NULL) {
		if (str_i64(str_of(rate), n) && *n >= 0 && *n <= TENANT_RATE_MOST)
			return true;
		cli_usage("--rate takes requests a minute, 0 for unlimited");
		return false;
	}
	if (known)
		return true;
	cli_usage("no plan %s: standard (100 a minute) or enterprise (1,000)",
	    plan);
	return false;
}

/* 0: nothing was asked for. */
static bool
days_of(const char *text, int64_t *days)
{
	*days = 0;
	if (text == NULL || (str_i64(str_of(text), days) && *days >= 1 &&
	    *days <= RETENTION_DAYS_MOST))
		return true;
	cli_usage("--retention takes days, 1 to %d", RETENTION_DAYS_MOST);
	return false;
}

static int
set(struct cli *c, const char *name, const char *plan, const char *rate,
    const char *retention)
{
	int64_t n = -1, days;
	struct tenant t;
	enum rc rc;

	if (!days_of(retention, &days) || ((plan != NULL || rate != NULL) &&
	    !rate_of(plan, rate, &n)))
		return CLI_USAGE;
	if (!cli_open(c, false) || !cli_tenant(c, name, &t))
		return CLI_FAILED;
	rc = tenant_change(c->store, c->a, STR("tool"), &t, str_of(plan), n,
	    days);
	if (rc != RC_OK)
		return cli_rc(rc, "changing the tenant");
	if (c->json) {
		jw_object(&c->jw);
		jw_key_s(&c->jw, "tenant", t.name);
		jw_key_s(&c->jw, "plan", t.plan);
		jw_key_i(&c->jw, "rate", t.rate);
		jw_key_i(&c->jw, "retention_days", t.retention_days);
		jw_object_end(&c->jw);
	} else {
		buf_printf(&c->out, "%.*s: %.*s, %lld a minute, kept for %lld "
		    "days\n", STR_ARG(t.name), STR_ARG(t.plan),
		    (long long)t.rate, (long long)t.retention_days);
	}
	return CLI_OK;
}

static int
add(struct cli *c, const char *name, const char *plan, const char *rate,
    const char *retention)
{
	struct made_key key;
	struct tenant t;
	int64_t n, days;
	enum rc rc;

	if (!tenant_name_ok(str_of(name)))
		return cli_usage("a tenant's name is 1 to %d of A-Z a-z 0-9 . _ -",
		    TENANT_NAME_MOST);
	if (!rate_of(plan, rate, &n) || !days_of(retention, &days))
		return CLI_USAGE;
	if (!cli_open(c, true))
		return CLI_FAILED;
	rc = store_tenant_add(c->store, c->a, str_of(name), str_of(plan), n, &t);
	if (rc == RC_EXISTS)
		return cli_failed("there is a tenant %s already; `tra-ce key "
		    "add %s --name N --scopes ...` makes another key", name,
		    name);
	if (rc != RC_OK)
		return cli_rc(rc, "adding the tenant");
	rc = store_audit(c->store, clock_now_ns(), STR("tool"), t.id,
	    STR("tenant.add"), t.name);
	if (rc == RC_OK && days > 0)
		rc = tenant_change(c->store, c->a, STR("tool"), &t, STR(""),
		    -1, days);
	if (rc != RC_OK)
		return cli_rc(rc, "writing the audit log");
	if (!key_new(c, &(struct key_wish){ .tenant = t.id,
	    .name = STR("first"), .expires_s = KEY_EXPIRES_S,
	    .scopes = SCOPE_INGEST | SCOPE_READ | SCOPE_ANALYZE | SCOPE_AI },
	    &key))
		return CLI_FAILED;
	key_print(c, name, &key);
	return CLI_OK;
}

static int
list(struct cli *c)
{
	struct tenant *t;
	size_t n, i;
	enum rc rc;

	if (!cli_open(c, false))
		return CLI_FAILED;
	rc = store_tenants(c->store, c->a, &t, &n);
	if (rc != RC_OK)
		return cli_rc(rc, "listing tenants");
	if (!c->json) {
		for (i = 0; i < n; i++)
			buf_printf(&c->out, "%-24.*s %-12.*s %lld a minute%s\n",
			    STR_ARG(t[i].name), STR_ARG(t[i].plan),
			    (long long)t[i].rate,
			    t[i].rate == 0 ? " (unlimited)" : "");
		return CLI_OK;
	}
	jw_object(&c->jw);
	jw_key(&c->jw, "tenants");
	jw_array(&c->jw);
	for (i = 0; i < n; i++) {
		jw_object(&c->jw);
		jw_key_s(&c->jw, "tenant", t[i].name);
		jw_key_s(&c->jw, "plan", t[i].plan);
		jw_key_i(&c->jw, "rate", t[i].rate);
		jw_key_i(&c->jw, "retention_days", t[i].retention_days);
		jw_key(&c->jw, "created_at");
		jw_time(&c->jw, t[i].created_ns);
		jw_object_end(&c->jw);
	}
	jw_array_end(&c->jw);
	jw_object_end(&c->jw);
	return CLI_OK;
}

int
cmd_tenant(struct cli *c, int argc, char **argv)
{
	const char *plan = NULL, *rate = NULL, *days = NULL;
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--plan", &plan, NULL }, { "--rate", &rate, NULL },
	    { "--retention", &days, NULL }, { 0 } });

	if (n < 0)
		return CLI_USAGE;
	if (n == 2 && strcmp(argv[0], "add") == 0)
		return add(c, argv[1], plan != NULL ? plan : "standard", rate,
		    days);
	if (n == 2 && strcmp(argv[0], "set") == 0 &&
	    (plan != NULL || rate != NULL || days != NULL))
		return set(c, argv[1], plan, rate, days);
	if (n == 1 && strcmp(argv[0], "list") == 0)
		return list(c);
	return cli_usage("usage: tra-ce tenant add NAME [--plan P] [--rate N] "
	    "[--retention DAYS] | tenant set NAME with these | tenant list");
}
