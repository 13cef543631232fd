/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suppress list - the tenant's suppression rules, with what they have covered
 * suppress preview CONDITION... [--days N] - what such a rule would hide
 * suppress add --name N --reason R CONDITION... [--expires 30d] [--confirm]
 * suppress enable|disable|remove ID
 *
 * All with [--tenant T]. CONDITION is one or more of --rule, --technique,
 * --host, --account, --entity [KIND:]PATTERN, --source, --event-type, --action;
 * all that are given must hold (suppress.h).
 */
#include "cli.h"

#include <string.h>

#include "base/clock.h"
#include "base/shown.h"
#include "suppress.h"

enum { DAY_S = 86400 };

struct words {
	const char *tenant, *name, *reason, *expires, *days;
	const char *match[SUPPRESS__MAX];
	bool confirm;
};

struct turn {
	struct cli *c;
	const struct words *o;
	struct tenant t;
	struct graph *g;
	int64_t now_ns;
};

/* ---- answers ---------------------------------------------------------------- */

static void
put(struct cli *c, struct str s)
{
	buf_put_c(&c->out, "  ");
	buf_put_str(&c->out, shown(c->a, s, 80));
}

static void
print_rule(struct cli *c, const struct suppression *s, int64_t now_ns)
{
	char until[CLOCK_TEXT];
	int i;

	if (c->json) {
		suppress_put_rule(&c->jw, s, now_ns);
		return;
	}
	clock_format(s->expires_ns, until);
	buf_printf(&c->out, "%.*s  %-8s  until %s  %lld hit%s  %.*s\n\t",
	    STR_ARG(s->id), suppress_state(s, now_ns), until,
	    (long long)s->hits, s->hits == 1 ? "" : "s", STR_ARG(s->name));
	for (i = 0; i < SUPPRESS__MAX; i++)
		if (s->match[i].len > 0)
			buf_printf(&c->out, "%s=%.*s  ", suppress_field_name(
			    (enum suppress_field)i), STR_ARG(s->match[i]));
	buf_printf(&c->out, "\n\t%.*s (%.*s)\n", STR_ARG(s->reason),
	    STR_ARG(s->who));
}

static void
print_preview(struct cli *c, const struct preview *p)
{
	const char *doubt = suppress_doubt(c->a, p);
	char id[EVENT_ID_TEXT];
	size_t i;

	if (c->json) {
		suppress_put_preview(&c->jw, c->a, p);
		return;
	}
	buf_printf(&c->out, "would cover %zu of %zu alerts%s (%zu are covered "
	    "already) and hide %zu chain%s whole\n", p->alerts, p->looked_at,
	    p->truncated ? ", the latest" : "", p->already, p->chains,
	    p->chains == 1 ? "" : "s");
	for (i = 0; i < p->n_shown; i++) {
		event_id_text(p->shown[i].id, id);
		buf_printf(&c->out, "  %s", id);
		put(c, p->shown[i].host);
		put(c, p->shown[i].action);
		put(c, p->shown[i].rules);
		buf_printf(&c->out, "%s\n", p->shown[i].true_positive ?
		    "  TRUE POSITIVE" : "");
	}
	if (doubt != NULL)
		buf_printf(&c->out, "look twice: %s\n", doubt);
}

/* ---- what is asked for -------------------------------------------------------- */

static int
read_match(struct turn *t, struct suppression *s)
{
	enum suppress_field at;
	const char *fault;
	int i;

	s->tenant = t->t.id;
	for (i = 0; i < SUPPRESS__MAX; i++)
		s->match[i] = str_of(t->o->match[i]);
	fault = suppress_match_fault(s->match, &at);
	if (fault == NULL)
		return CLI_OK;
	return cli_usage("%s%s%s", at == SUPPRESS__MAX ? "the rule" :
	    suppress_field_name(at), " ", fault);
}

static int
read_terms(struct turn *t, struct suppression *s)
{
	int64_t span_s = SUPPRESS_DAYS * DAY_S;
	const char *fault;

	s->name = str_of(t->o->name);
	s->reason = str_of(t->o->reason);
	fault = suppress_text_fault(s->name, SUPPRESS_NAME_MOST);
	if (fault != NULL)
		return cli_usage("--name %s", fault);
	fault = suppress_text_fault(s->reason, SUPPRESS_REASON_MOST);
	if (fault != NULL)
		return cli_usage("--reason %s", fault);
	if (t->o->expires != NULL && (!clock_parse_span(str_of(t->o->expires),
	    &span_s) || span_s < 1 || span_s > SUPPRESS_DAYS_MOST * DAY_S))
		return cli_usage("--expires takes a span like 30d, at most "
		    "%d days", SUPPRESS_DAYS_MOST);
	s->expires_ns = t->now_ns + span_s * NS_PER_S;
	s->enabled = true;
	return CLI_OK;
}

/* ---- subcommands ----------------------------------------------------------------- */

static int
list(struct turn *t)
{
	struct cli *c = t->c;
	struct suppression *s;
	size_t n, i;
	bool all;
	enum rc rc = suppress_count(c->store, t->g, c->a, t->t.id, &all);

	if (rc == RC_OK)
		rc = control_suppressions(c->store, c->a, t->t.id, &s, &n);
	if (rc != RC_OK)
		return cli_rc(rc, "reading the suppression rules");
	if (c->json)
		jw_array(&c->jw);
	for (i = 0; i < n; i++)
		print_rule(c, &s[i], t->now_ns);
	if (c->json)
		jw_array_end(&c->jw);
	else if (n == 0)
		buf_put_c(&c->out, "nothing is suppressed\n");
	return CLI_OK;
}

static int
preview(struct turn *t)
{
	struct suppression s = { .enabled = true };
	uint64_t days = SUPPRESS_DAYS;
	struct preview p;
	int status = read_match(t, &s);
	enum rc rc;

	if (status != CLI_OK)
		return status;
	if (t->o->days != NULL && (!str_u64(str_of(t->o->days), &days) ||
	    days < 1 || days > SUPPRESS_DAYS_MOST))
		return cli_usage("--days takes 1 to %d", SUPPRESS_DAYS_MOST);
	rc = suppress_preview(t->c->store, t->g, t->c->a, &s, t->now_ns -
	    (int64_t)days * DAY_S * NS_PER_S, t->now_ns, &p);
	if (rc != RC_OK)
		return cli_rc(rc, "looking at the alerts");
	print_preview(t->c, &p);
	return CLI_OK;
}

static int
kept(struct turn *t, enum rc rc)
{
	if (rc == RC_OK)
		rc = control_commit(t->c->store);
	else
		control_rollback(t->c->store);
	return rc == RC_OK ? CLI_OK : cli_rc(rc,
	    "changing the suppression rules");
}

static int
add(struct turn *t)
{
	struct suppression s = { 0 };
	const char *doubt = NULL;
	int status = read_match(t, &s);
	enum rc rc;

	if (status == CLI_OK)
		status = read_terms(t, &s);
	if (status != CLI_OK)
		return status;
	rc = control_begin(t->c->store);
	if (rc == RC_OK)
		rc = suppress_add(t->c->store, t->g, t->c->a, STR("tool"), &s,
		    t->o->confirm, t->now_ns, &doubt);
	if (doubt != NULL || rc == RC_TOO_MANY) {
		control_rollback(t->c->store);
		return doubt != NULL ? cli_failed("%s; --confirm makes it "
		    "nevertheless", doubt) : cli_failed("the tenant has %d "
		    "suppression rules; remove some first", SUPPRESSIONS_MOST);
	}
	status = kept(t, rc);
	if (status == CLI_OK)
		print_rule(t->c, &s, t->now_ns);
	return status;
}

static int
change(struct turn *t, const char *what, const char *id)
{
	struct store *st = t->c->store;
	struct suppression s;
	bool all;
	int status;
	enum rc rc = control_begin(st);

	if (rc == RC_OK)
		rc = suppress_count(st, t->g, t->c->a, t->t.id, &all);
	if (rc == RC_OK)
		rc = control_suppression_get(st, t->c->a, t->t.id, str_of(id),
		    &s);
	if (rc == RC_ABSENT) {
		control_rollback(st);
		return cli_failed("there is no suppression rule %s", id);
	}
	if (rc == RC_OK && strcmp(what, "remove") == 0) {
		rc = suppress_end(st, STR("tool"), &s, t->now_ns);
	} else if (rc == RC_OK) {
		s.enabled = strcmp(what, "enable") == 0;
		rc = suppress_change(st, t->g, t->c->a, STR("tool"), &s,
		    t->now_ns);
	}
	status = kept(t, rc);
	if (status == CLI_OK)
		print_rule(t->c, &s, t->now_ns);
	return status;
}

static int
run(struct turn *t, int n, char **argv)
{
	static const char *const changes[] = { "enable", "disable", "remove" };
	size_t i;

	if (n == 1 && strcmp(argv[0], "list") == 0)
		return list(t);
	if (n == 1 && strcmp(argv[0], "preview") == 0)
		return preview(t);
	if (n == 1 && strcmp(argv[0], "add") == 0)
		return add(t);
	for (i = 0; i < COUNT(changes); i++)
		if (n == 2 && strcmp(argv[0], changes[i]) == 0)
			return change(t, argv[0], argv[1]);
	return cli_usage("usage: tra-ce suppress list | preview CONDITION... |"
	    " add --name N --reason R CONDITION... [--expires 30d] [--confirm]"
	    " | enable|disable|remove ID; [--tenant T]; see tra-ce(1)");
}

int
cmd_suppress(struct cli *c, int argc, char **argv)
{
	struct words o = { 0 };
	struct turn t = { .c = c, .o = &o, .now_ns = clock_now_ns() };
	enum rc rc;
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--tenant", &o.tenant, NULL }, { "--name", &o.name, NULL },
	    { "--reason", &o.reason, NULL }, { "--expires", &o.expires, NULL },
	    { "--days", &o.days, NULL }, { "--confirm", NULL, &o.confirm },
	    { "--rule", &o.match[SUPPRESS_RULE], NULL },
	    { "--technique", &o.match[SUPPRESS_TECHNIQUE], NULL },
	    { "--host", &o.match[SUPPRESS_HOST], NULL },
	    { "--account", &o.match[SUPPRESS_ACCOUNT], NULL },
	    { "--entity", &o.match[SUPPRESS_ENTITY], NULL },
	    { "--source", &o.match[SUPPRESS_SOURCE], NULL },
	    { "--event-type", &o.match[SUPPRESS_EVENT_TYPE], NULL },
	    { "--action", &o.match[SUPPRESS_ACTION], NULL }, { 0 } });

	if (n < 0)
		return CLI_USAGE;
	if (!cli_open(c, false) || !cli_tenant_or_only(c, o.tenant, &t.t))
		return CLI_FAILED;
	rc = store_graph(c->store, t.t.id, &t.g);
	return rc == RC_OK ? run(&t, n, argv) : cli_rc(rc,
	    "opening the tenant");
}
