/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key add TENANT --name N --scopes a,b [--expires 90d] [--address CIDR]
 * key rotate KEY_ID [--overlap 24h] - a successor with the same rights; the
 *	old key lives on for the overlap, so that senders can be changed over
 * key revoke KEY_ID - at once
 * key list TENANT - never shows a secret: only hashes are stored
 */
#include "keys.h"

#include <string.h>

#include "base/clock.h"
#include "control.h"

bool
key_new(struct cli *c, const struct key_wish *w, struct made_key *k)
{
	enum rc rc = key_issue(c->store, c->a, STR("tool"), w, k);

	if (rc == RC_TOO_MANY)
		cli_failed("the tenant has %d good keys; revoke some first",
		    KEYS_MOST);
	else if (rc != RC_OK)
		cli_rc(rc, "adding the key");
	return rc == RC_OK;
}

void
key_print(struct cli *c, const char *tenant, const struct made_key *k)
{
	char at[CLOCK_TEXT];

	if (c->json) {
		jw_object(&c->jw);
		if (tenant != NULL)
			jw_key_c(&c->jw, "tenant", tenant);
		jw_key_c(&c->jw, "key", k->text);
		jw_key_c(&c->jw, "key_id", k->id);
		jw_key(&c->jw, "expires_at");
		jw_time(&c->jw, k->expires_ns);
		jw_object_end(&c->jw);
		return;
	}
	buf_put_c(&c->out, k->text);
	clock_format(k->expires_ns, at);
	buf_printf(&c->out, "\n\nkey id %s, good until %s. This is the only "
	    "time the key is shown.\n", k->id, at);
}

struct add_words { const char *tenant, *name, *scopes, *expires, *address; };

static int
add(struct cli *c, const struct add_words *o)
{
	struct key_wish w = { .expires_s = KEY_EXPIRES_S };
	struct made_key k;
	struct tenant t;

	if (o->name == NULL || o->scopes == NULL)
		return cli_usage("key add needs --name N and --scopes a,b");
	w.name = str_of(o->name);
	w.addresses = str_of(o->address);
	if (!key_name_ok(w.name))
		return cli_usage("--name takes 1 to %d bytes of UTF-8 without "
		    "control characters", KEY_NAME_MOST);
	if (!scopes_parse(str_of(o->scopes), &w.scopes) || w.scopes == 0)
		return cli_usage("--scopes takes a list of ingest, read, "
		    "analyze, ai, admin, assert, operator");
	if (o->expires != NULL &&
	    (!clock_parse_span(str_of(o->expires), &w.expires_s) ||
	    w.expires_s <= 0 || w.expires_s > KEY_EXPIRES_MOST_S))
		return cli_usage("--expires takes a span: 90d, 12h, 30m, 2s");
	if (!addresses_ok(w.addresses))
		return cli_usage("--address takes addresses or CIDRs: "
		    "10.0.0.0/8,2001:db8::/32");
	if (!cli_open(c, false) || !cli_tenant(c, o->tenant, &t))
		return CLI_FAILED;
	w.tenant = t.id;
	if (!key_new(c, &w, &k))
		return CLI_FAILED;
	key_print(c, o->tenant, &k);
	return CLI_OK;
}

static bool
find(struct cli *c, const char *id, struct key_row *k)
{
	enum rc rc;

	if (!key_id_ok(str_of(id))) {
		cli_usage("%s is no key id: the 8 characters after tra_", id);
		return false;
	}
	if (!cli_open(c, false))
		return false;
	rc = store_key_get(c->store, c->a, str_of(id), k);
	if (rc == RC_ABSENT)
		cli_failed("no key %s; `tra-ce key list TENANT` names them",
		    id);
	else if (rc != RC_OK)
		cli_rc(rc, "looking for the key");
	return rc == RC_OK;
}

static int
rotate(struct cli *c, const char *id, const char *overlap)
{
	struct key_row old;
	struct made_key k;
	int64_t span_s;
	enum rc rc;

	if (!clock_parse_span(str_of(overlap), &span_s) || span_s < 0 ||
	    span_s > KEY_OVERLAP_MOST_S)
		return cli_usage("--overlap takes a span: 24h, 30m, 0s");
	if (!find(c, id, &old))
		return CLI_FAILED;
	rc = control_begin(c->store);
	if (rc == RC_OK)
		rc = key_replace(c->store, c->a, STR("tool"), &old, span_s, &k);
	if (rc == RC_OK)
		rc = control_commit(c->store);
	else
		control_rollback(c->store);
	if (rc == RC_EXISTS)
		return cli_failed("key %s is %s; make a new one with `tra-ce "
		    "key add`", id, old.revoked_ns ? "revoked" :
		    "rotated already");
	if (rc != RC_OK)
		return cli_rc(rc, "replacing the key");
	key_print(c, NULL, &k);
	return CLI_OK;
}

static int
revoke(struct cli *c, const char *id)
{
	struct key_row k;
	enum rc rc;

	if (!find(c, id, &k))
		return CLI_FAILED;
	rc = key_end(c->store, STR("tool"), &k);
	if (rc != RC_OK)
		return cli_rc(rc, "revoking the key");
	if (c->json) {
		jw_object(&c->jw);
		jw_key_c(&c->jw, "key_id", id);
		jw_key_b(&c->jw, "revoked", true);
		jw_object_end(&c->jw);
	} else {
		buf_printf(&c->out, "key %s is revoked\n", id);
	}
	return CLI_OK;
}

static void
time_or_null(struct jw *w, const char *name, int64_t ns)
{
	jw_key(w, name);
	if (ns == 0)
		jw_null(w);
	else
		jw_time(w, ns);
}

static void
key_json(struct cli *c, const struct key_row *k, int64_t now)
{
	struct jw *w = &c->jw;

	jw_object(w);
	jw_key_s(w, "key_id", k->key_id);
	jw_key_s(w, "name", k->name);
	jw_key_s(w, "scopes", scopes_text(c->a, k->scopes));
	jw_key_c(w, "state", key_state(k, now));
	time_or_null(w, "created_at", k->created_ns);
	time_or_null(w, "expires_at", k->expires_ns);
	time_or_null(w, "last_used_at", k->last_used_ns);
	time_or_null(w, "revoked_at", k->revoked_ns);
	jw_key_s(w, "addresses", k->addresses);
	jw_key(w, "successor");
	if (k->successor.len > 0)
		jw_str(w, k->successor);
	else
		jw_null(w);
	jw_object_end(w);
}

static int
list(struct cli *c, const char *tenant)
{
	int64_t now = clock_now_ns();
	struct key_row *k;
	struct tenant t;
	size_t n, i;
	enum rc rc;

	if (!cli_open(c, false) || !cli_tenant(c, tenant, &t))
		return CLI_FAILED;
	rc = store_keys(c->store, c->a, t.id, &k, &n);
	if (rc != RC_OK)
		return cli_rc(rc, "listing keys");
	if (c->json) {
		jw_object(&c->jw);
		jw_key_c(&c->jw, "tenant", tenant);
		jw_key(&c->jw, "keys");
		jw_array(&c->jw);
	}
	for (i = 0; i < n; i++) {
		if (c->json)
			key_json(c, &k[i], now);
		else
			buf_printf(&c->out, "%.*s  %-8s %-20.*s %.*s\n",
			    STR_ARG(k[i].key_id), key_state(&k[i], now),
			    STR_ARG(k[i].name),
			    STR_ARG(scopes_text(c->a, k[i].scopes)));
	}
	if (c->json) {
		jw_array_end(&c->jw);
		jw_object_end(&c->jw);
	}
	return CLI_OK;
}

int
cmd_key(struct cli *c, int argc, char **argv)
{
	struct add_words o = { 0 };
	const char *overlap = "24h";
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--name", &o.name, NULL }, { "--scopes", &o.scopes, NULL },
	    { "--expires", &o.expires, NULL },
	    { "--address", &o.address, NULL },
	    { "--overlap", &overlap, NULL }, { 0 } });

	if (n < 0)
		return CLI_USAGE;
	if (n == 2 && strcmp(argv[0], "add") == 0) {
		o.tenant = argv[1];
		return add(c, &o);
	}
	if (n == 2 && strcmp(argv[0], "rotate") == 0)
		return rotate(c, argv[1], overlap);
	if (n == 2 && strcmp(argv[0], "revoke") == 0)
		return revoke(c, argv[1]);
	if (n == 2 && strcmp(argv[0], "list") == 0)
		return list(c, argv[1]);
	return cli_usage("usage: tra-ce key add TENANT --name N --scopes a,b "
	    "| rotate KEY_ID | revoke KEY_ID | list TENANT");
}
