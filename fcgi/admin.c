/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin - tenants, keys, people, use, owners, rules and the audit log: what the
 * panel shows and does, and the same for keys of scope admin or operator. The
 * contract of each call is in its file under fcgi/admin/.
 *
 * One process with one thread: sign-ins hash one password at a time.
 */
#include "admin/panel.h"
#include "confine.h"
#include "packs.h"

#define EITHER (SCOPE_ADMIN | SCOPE_OPERATOR)
#define READS ROUTE_SESSION
#define CHANGES (ROUTE_SESSION | ROUTE_CONTROL)

static const struct route routes[] = {
	{ METHOD_GET, "/admin/session", 0, ROUTE_OPEN, session_get },
	{ METHOD_POST, "/admin/session", 0, ROUTE_OPEN, session_post },
	{ METHOD_PATCH, "/admin/session", 0, ROUTE_OPEN, session_patch },
	{ METHOD_DELETE, "/admin/session", 0, ROUTE_OPEN, session_delete },
	{ METHOD_POST, "/admin/claim", 0, ROUTE_OPEN, claim_post },
	{ METHOD_GET, "/admin/administrators", EITHER, READS,
	    administrators_get },
	{ METHOD_POST, "/admin/administrators", EITHER, CHANGES,
	    administrators_post },
	{ METHOD_DELETE, "/admin/administrators/{name}", EITHER, CHANGES,
	    administrator_delete },
	{ METHOD_GET, "/admin/tenants", SCOPE_OPERATOR, READS, tenants_get },
	{ METHOD_POST, "/admin/tenants", SCOPE_OPERATOR, CHANGES,
	    tenants_post },
	{ METHOD_GET, "/admin/tenants/{name}", EITHER, READS, tenant_get },
	{ METHOD_PATCH, "/admin/tenants/{name}", SCOPE_OPERATOR, CHANGES,
	    tenant_patch },
	{ METHOD_GET, "/admin/keys", EITHER, READS, keys_get },
	{ METHOD_POST, "/admin/keys", EITHER, CHANGES, keys_post },
	{ METHOD_GET, "/admin/keys/{key_id}", EITHER, READS, key_get },
	{ METHOD_POST, "/admin/keys/{key_id}/rotate", EITHER, CHANGES,
	    key_rotate },
	{ METHOD_DELETE, "/admin/keys/{key_id}", EITHER, CHANGES, key_delete },
	{ METHOD_GET, "/admin/usage", EITHER, READS, usage_get },
	{ METHOD_GET, "/admin/audit", EITHER, READS, audit_get },
	{ METHOD_GET, "/admin/audit/verify", SCOPE_OPERATOR, READS,
	    audit_verify_get },
	{ METHOD_GET, "/admin/owners", EITHER, READS, owners_get },
	{ METHOD_PUT, "/admin/owners", EITHER, READS, owners_put },
	{ METHOD_POST, "/admin/owners/preview", EITHER,
	    READS | ROUTE_IDEMPOTENT_SELF, owners_preview },
	{ METHOD_GET, "/admin/rules", EITHER, READS, rules_get },
	{ METHOD_PATCH, "/admin/rules", EITHER, CHANGES, rules_patch },
	{ METHOD_GET, "/admin/packs", EITHER, READS, packs_get },
	{ METHOD_POST, "/admin/packs", EITHER, CHANGES, packs_post },
	{ METHOD_GET, "/admin/packs/{name}", EITHER, READS, pack_get },
	{ METHOD_PATCH, "/admin/packs/{name}", EITHER, CHANGES, pack_patch },
	{ METHOD_DELETE, "/admin/packs/{name}", EITHER, CHANGES, pack_delete },
	{ METHOD_GET, "/admin/suppressions", EITHER, READS, suppressions_get },
	{ METHOD_POST, "/admin/suppressions", EITHER, CHANGES,
	    suppressions_post },
	{ METHOD_POST, "/admin/suppressions/preview", EITHER,
	    READS | ROUTE_IDEMPOTENT_SELF, suppressions_preview },
	{ METHOD_GET, "/admin/suppressions/{id}", EITHER, READS,
	    suppression_get },
	{ METHOD_PATCH, "/admin/suppressions/{id}", EITHER, CHANGES,
	    suppression_patch },
	{ METHOD_DELETE, "/admin/suppressions/{id}", EITHER, CHANGES,
	    suppression_delete },
};

/* Room for the rules, which are loaded when first asked for. */
static enum rc
start(struct app *app)
{
	app->own = mem_get(sizeof(struct packs *));
	return RC_OK;
}

static void
stop(struct app *app)
{
	struct packs **rules = app->own;

	packs_close(*rules);
	mem_free(rules);
}

int
main(void)
{
	return serve_endpoint(&(struct endpoint){
		.name = "admin",
		.routes = routes,
		.n_routes = COUNT(routes),
		.start = start,
		.stop = stop,
		.needs = CONFINE_JIT,	/* the rules' regular expressions */
	});
}
