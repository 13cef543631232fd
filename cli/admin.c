/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin create [--tenant T] - a one-time token with which somebody chooses name
 *	and password in the panel: an operator, or an administrator of tenant T
 * admin reset NAME - a one-time token for that one's new password
 * admin list
 * admin remove NAME - the account and its sessions
 */
#include "cli.h"

#include <string.h>

#include "base/clock.h"
#include "control.h"
#include "session.h"

static int
token_print(struct cli *c, const char *token, int64_t now_ns)
{
	if (c->json) {
		jw_object(&c->jw);
		jw_key_c(&c->jw, "token", token);
		jw_key(&c->jw, "expires_at");
		jw_time(&c->jw, now_ns + INVITATION_S * NS_PER_S);
		jw_key_c(&c->jw, "page", "/admin/");
		jw_object_end(&c->jw);
	} else {
		buf_printf(&c->out, "%s\n\nOpen /admin/#token=%s on this server"
		    " within a day; it works once.\n", token, token);
	}
	return CLI_OK;
}

static int
invite(struct cli *c, struct str name, int64_t tenant)
{
	char token[SESSION_TEXT];
	int64_t now_ns = clock_now_ns();
	enum rc rc = invitation_make(c->store, name, tenant, now_ns, token);

	if (rc == RC_OK)
		rc = store_audit(c->store, now_ns, STR("tool"), tenant,
		    STR("administrator.invite"), name.len > 0 ? name
		    : tenant == 0 ? STR("an operator")
		    : STR("an administrator of the tenant"));
	if (rc != RC_OK)
		return cli_rc(rc, "making the token");
	return token_print(c, token, now_ns);
}

static int
create(struct cli *c, const char *tenant)
{
	struct tenant t = { 0 };

	if (!cli_open(c, true))
		return CLI_FAILED;
	if (tenant != NULL && !cli_tenant(c, tenant, &t))
		return CLI_FAILED;
	return invite(c, STR(""), t.id);
}

static bool
find(struct cli *c, const char *name, struct administrator *who)
{
	enum rc rc;

	if (!cli_open(c, false))
		return false;
	rc = control_administrator_named(c->store, c->a, str_of(name), who);
	if (rc == RC_ABSENT)
		cli_failed("no administrator %s; `tra-ce admin list` names "
		    "them", name);
	else if (rc != RC_OK)
		cli_rc(rc, "looking for the administrator");
	return rc == RC_OK;
}

static int
removal(struct cli *c, const char *name)
{
	struct administrator who;
	enum rc rc;

	if (!find(c, name, &who))
		return CLI_FAILED;
	rc = control_begin(c->store);
	if (rc == RC_OK)
		rc = control_administrator_remove(c->store, who.id);
	if (rc == RC_OK)
		rc = store_audit(c->store, clock_now_ns(), STR("tool"),
		    who.tenant, STR("administrator.remove"), who.name);
	if (rc == RC_OK)
		rc = control_commit(c->store);
	else
		control_rollback(c->store);
	if (rc != RC_OK)
		return cli_rc(rc, "removing the administrator");
	if (c->json) {
		jw_object(&c->jw);
		jw_key_s(&c->jw, "name", who.name);
		jw_key_b(&c->jw, "removed", true);
		jw_object_end(&c->jw);
	} else {
		buf_printf(&c->out, "%.*s is removed\n", STR_ARG(who.name));
	}
	return CLI_OK;
}

static int
list(struct cli *c)
{
	struct administrator *p;
	size_t n, i;
	enum rc rc;

	if (!cli_open(c, false))
		return CLI_FAILED;
	rc = control_administrators(c->store, c->a, CONTROL_ALL, &p, &n);
	if (rc != RC_OK)
		return cli_rc(rc, "listing administrators");
	for (i = 0; i < n && !c->json; i++)
		buf_printf(&c->out, "%-24.*s %s%.*s\n", STR_ARG(p[i].name),
		    p[i].tenant == 0 ? "operator" : "admin of ",
		    STR_ARG(p[i].tenant_name));
	if (!c->json)
		return CLI_OK;
	jw_object(&c->jw);
	jw_key(&c->jw, "administrators");
	jw_array(&c->jw);
	for (i = 0; i < n; i++) {
		jw_object(&c->jw);
		jw_key_s(&c->jw, "name", p[i].name);
		jw_key_c(&c->jw, "role", p[i].tenant == 0 ? "operator"
		    : "admin");
		jw_key(&c->jw, "tenant");
		if (p[i].tenant == 0)
			jw_null(&c->jw);
		else
			jw_str(&c->jw, p[i].tenant_name);
		jw_key(&c->jw, "created_at");
		jw_time(&c->jw, p[i].created_ns);
		jw_object_end(&c->jw);
	}
	jw_array_end(&c->jw);
	jw_object_end(&c->jw);
	return CLI_OK;
}

int
cmd_admin(struct cli *c, int argc, char **argv)
{
	const char *tenant = NULL;
	struct administrator who;
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--tenant", &tenant, NULL }, { 0 } });

	if (n < 0)
		return CLI_USAGE;
	if (n == 1 && strcmp(argv[0], "create") == 0)
		return create(c, tenant);
	if (n == 2 && strcmp(argv[0], "reset") == 0)
		return find(c, argv[1], &who) ? invite(c, who.name, who.tenant)
					      : CLI_FAILED;
	if (n == 2 && strcmp(argv[0], "remove") == 0)
		return removal(c, argv[1]);
	if (n == 1 && strcmp(argv[0], "list") == 0)
		return list(c);
	return cli_usage("usage: tra-ce admin create [--tenant T] | reset NAME "
	    "| list | remove NAME");
}
