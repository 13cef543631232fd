/* SPDX-License-Identifier: Apache-2.0 */
/*
 * webhook add URL [--event E] [--min-confidence G] [--min-score N]
 *	[--description D] - told of chain.threshold, or of --event
 * webhook list
 * webhook deliveries ID [--status waiting|delivered|dead]
 * webhook redeliver ID DELIVERY|dead - again under its id; all dead letters
 * webhook rotate ID [--overlap 24h]
 * webhook remove ID
 * webhook send [--for 55s] - send what is due, of all tenants, for so long:
 *	for a host whose web server runs no responder that nobody asks (cron)
 *
 * All but the last with [--tenant T]. The running service sends; this only
 * writes what it finds there within a moment.
 */
#include "cli.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "hooks.h"

enum { LISTED_MOST = 1000, OVERLAP_MOST_S = 7 * 86400, SEND_MOST_S = 86400 };

struct words {
	const char *tenant, *event, *grade, *score, *description, *status,
	    *overlap, *span;
};

struct turn {
	struct cli *c;
	const struct words *o;
	struct tenant t;
	struct hook h;
	int64_t now_ns;
};

/* ---- answers ------------------------------------------------------------------ */

static void
print_hook(struct turn *t, bool secret)
{
	struct cli *c = t->c;

	if (c->json) {
		jw_object(&c->jw);
		hook_put(&c->jw, &t->h, t->now_ns);
		if (secret)
			jw_key_s(&c->jw, "secret", t->h.secret);
		jw_object_end(&c->jw);
		return;
	}
	if (secret)
		buf_printf(&c->out, "%.*s\n\nwebhook %.*s. This is the only "
		    "time the secret is shown.\n", STR_ARG(t->h.secret),
		    STR_ARG(t->h.id));
	else
		buf_printf(&c->out, "%.*s  %-8s %3d failures  %.*s %.*s\n",
		    STR_ARG(t->h.id), t->h.enabled ? "enabled" : "off",
		    t->h.failures, STR_ARG(t->h.url), STR_ARG(t->h.why));
}

static void
print_delivery(struct cli *c, const struct delivery *d)
{
	char at[CLOCK_TEXT];

	if (c->json) {
		hook_put_delivery(&c->jw, d);
		return;
	}
	clock_format(d->created_ns, at);
	buf_printf(&c->out, "%.*s  %-9s %s  %2d attempts  %.*s  %.*s\n",
	    STR_ARG(d->id), delivery_state_name(d->state), at, d->attempts,
	    STR_ARG(d->type), STR_ARG(d->error));
}

static int
done(struct turn *t, enum rc rc, const char *what)
{
	if (rc == RC_OK)
		rc = store_audit(t->c->store, t->now_ns, STR("tool"), t->t.id,
		    str_of(what), t->h.id);
	return rc == RC_OK ? CLI_OK : cli_rc(rc, "changing the webhook");
}

/* ---- webhooks ------------------------------------------------------------------- */

/* As a body of the API would say it: one reader, the same refusals. */
static struct json *
wish(struct turn *t, const char *url, struct json_doc *doc)
{
	const struct words *o = t->o;
	struct str score = str_of(o->score), rest = score;
	struct json_span span;
	struct json *v;
	struct buf b;
	struct jw w;

	buf_init(&b, 1 << 16);
	jw_init(&w, &b);
	jw_object(&w);
	jw_key_c(&w, "url", url);
	jw_key(&w, "events");
	jw_array(&w);
	jw_c(&w, o->event != NULL ? o->event : "chain.threshold");
	jw_array_end(&w);
	if (o->grade != NULL)
		jw_key_c(&w, "min_confidence", o->grade);
	if (o->description != NULL)
		jw_key_c(&w, "description", o->description);
	if (score.len > 0) {
		jw_key(&w, "min_score");
		if (json_scan(&rest, &span) == JSON_OK && rest.len == 0)
			jw_raw(&w, score);
		else
			jw_str(&w, score);
	}
	jw_object_end(&w);
	v = json_keep(doc, buf_str(&b));
	buf_release(&b);
	return v;
}

static struct fetch_rule
rule_of(const struct config *conf)
{
	return (struct fetch_rule){ .allow = str_of(conf->webhook_allow),
		.ports = str_of(conf->webhook_ports),
		.https_only = conf->webhook_https_only,
		.ca_file = conf->webhook_ca[0] != '\0' ? conf->webhook_ca :
		    NULL };
}

static int
add_read(struct turn *t, const struct json *v)
{
	struct fetch_rule rule = rule_of(&t->c->conf);
	struct hook_wrong w;
	struct hook *all;
	size_t n = 0;
	enum rc rc = hook_read(&t->h, v, &rule, &w);

	if (rc != RC_OK)
		return cli_failed("%s: %s", w.pointer + 1, w.detail);
	rc = store_hooks(t->c->store, t->c->a, t->t.id, &all, &n);
	if (rc == RC_OK && n >= HOOKS_A_TENANT)
		return cli_failed("a tenant has at most %d webhooks",
		    HOOKS_A_TENANT);
	if (rc == RC_OK)
		rc = hook_now(t->c->store, &t->h);
	t->h.id = hook_id_new(t->c->a);
	t->h.secret = hook_secret_new(t->c->a);
	if (rc == RC_OK)
		rc = store_hook_add(t->c->store, &t->h);
	return done(t, rc, "webhook.add");
}

static int
add(struct turn *t, const char *url)
{
	struct json_doc *doc = json_doc_new();
	struct json *v = wish(t, url, doc);
	int status;

	t->h = (struct hook){ .tenant = t->t.id, .enabled = true,
		.min_grade = GRADE_INFERRED, .created_ns = t->now_ns };
	status = add_read(t, v);
	if (status == CLI_OK)
		print_hook(t, true);
	json_put(v);
	json_doc_free(doc);
	return status;
}

static int
list(struct turn *t)
{
	struct cli *c = t->c;
	struct hook *all = NULL;
	size_t n = 0;
	enum rc rc = store_hooks(c->store, c->a, t->t.id, &all, &n);

	if (rc != RC_OK)
		return cli_rc(rc, "listing webhooks");
	if (c->json) {
		jw_object(&c->jw);
		jw_key(&c->jw, "webhooks");
		jw_array(&c->jw);
	}
	for (size_t i = 0; i < n; i++) {
		t->h = all[i];
		print_hook(t, false);
	}
	if (c->json) {
		jw_array_end(&c->jw);
		jw_object_end(&c->jw);
	}
	return CLI_OK;
}

static int
drop(struct turn *t)
{
	struct cli *c = t->c;
	enum rc rc = store_hooks_begin(c->store);
	int status;

	if (rc == RC_OK)
		rc = store_hook_drop(c->store, t->h.no);
	if (rc == RC_OK)
		rc = store_hooks_commit(c->store);
	status = done(t, rc, "webhook.delete");
	if (status == CLI_OK && c->json) {
		jw_object(&c->jw);
		jw_key_s(&c->jw, "webhook_id", t->h.id);
		jw_key_b(&c->jw, "removed", true);
		jw_object_end(&c->jw);
	} else if (status == CLI_OK) {
		buf_printf(&c->out, "webhook %.*s is removed\n",
		    STR_ARG(t->h.id));
	}
	return status;
}

static int
rotate(struct turn *t)
{
	int64_t span_s;
	int status;

	if (!clock_parse_span(str_of(t->o->overlap), &span_s) || span_s < 0
	    || span_s > OVERLAP_MOST_S)
		return cli_usage("--overlap takes a span up to 7d: 24h, 0s");
	t->h.old_secret = t->h.secret;
	t->h.old_until_ns = t->now_ns + span_s * NS_PER_S;
	t->h.secret = hook_secret_new(t->c->a);
	status = done(t, store_hook_set(t->c->store, &t->h, false),
	    "webhook.rotate");
	if (status == CLI_OK)
		print_hook(t, true);
	return status;
}

/* ---- deliveries ----------------------------------------------------------------- */

static enum rc
print_deliveries(struct turn *t, const struct delivery *all, size_t n)
{
	struct cli *c = t->c;

	if (c->json) {
		jw_object(&c->jw);
		jw_key(&c->jw, "deliveries");
		jw_array(&c->jw);
	}
	for (size_t i = 0; i < n; i++)
		print_delivery(c, &all[i]);
	if (c->json) {
		jw_array_end(&c->jw);
		jw_object_end(&c->jw);
	}
	return RC_OK;
}

static int
deliveries(struct turn *t)
{
	struct str word = str_of(t->o->status);
	struct delivery_query q = { .hook = t->h.no, .most = LISTED_MOST,
		.state = delivery_state_of(word) };
	struct delivery *all = NULL;
	size_t n = 0;
	enum rc rc;

	if (word.len > 0 && q.state == DELIVERY__MAX)
		return cli_usage("--status takes waiting, delivered or dead");
	rc = store_deliveries(t->c->store, t->c->a, &q, &all, &n);
	if (rc == RC_OK)
		rc = print_deliveries(t, all, n);
	return rc == RC_OK ? CLI_OK : cli_rc(rc, "listing deliveries");
}

/* One by its id, or the latest dead letters. */
static int
redeliver(struct turn *t, const char *id)
{
	struct cli *c = t->c;
	struct delivery_query q = { .hook = t->h.no, .most = LISTED_MOST,
		.state = DELIVERY_DEAD };
	struct delivery *all = NULL, one;
	size_t n = 0;
	enum rc rc;

	if (strcmp(id, "dead") == 0) {
		rc = store_deliveries(c->store, c->a, &q, &all, &n);
	} else {
		rc = store_delivery_get(c->store, c->a, t->h.no, str_of(id),
		    &one);
		all = &one;
		n = 1;
	}
	if (rc == RC_ABSENT)
		return cli_failed("webhook %.*s has no delivery %s",
		    STR_ARG(t->h.id), id);
	for (size_t i = 0; i < n && rc == RC_OK; i++)
		rc = hook_redeliver(c->store, &t->h, t->now_ns, &all[i]);
	if (rc == RC_OK)
		rc = print_deliveries(t, all, n);
	return done(t, rc, "webhook.redeliver");
}

/* ---- sending --------------------------------------------------------------------- */

static int
send(struct cli *c, const char *span)
{
	const struct config *conf = &c->conf;
	const struct sender_want want = { .data = c->data,
		.rule = rule_of(conf), .timeout_s = conf->webhook_timeout_s,
		.give_up_s = conf->webhook_give_up_s,
		.kept_s = conf->webhook_kept_s,
		.retries = &conf->webhook_retries,
		.at_once = conf->webhook_at_once };
	struct sender *s;
	int64_t span_s;
	int stop[2];

	if (!clock_parse_span(str_of(span), &span_s) || span_s < 1
	    || span_s > SEND_MOST_S)
		return cli_usage("--for takes a span from 1s to 24h");
	if (!cli_open(c, false))
		return CLI_FAILED;
	if (pipe(stop) != 0 || sender_start(&want, stop[0], &s) != RC_OK)
		return cli_failed("cannot start to send");
	poll(NULL, 0, (int)(span_s * 1000));
	close(stop[1]);		/* its other end polls readable */
	sender_stop(s);
	close(stop[0]);
	return CLI_OK;
}

/* ---- words ------------------------------------------------------------------------ */

static int
usage(void)
{
	return cli_usage("usage: tra-ce webhook add URL [--event E] "
	    "[--min-confidence G] [--min-score N] [--description D] | list | "
	    "deliveries ID [--status S] | redeliver ID DELIVERY|dead | "
	    "rotate ID [--overlap 24h] | remove ID, all with [--tenant T]; "
	    "send [--for 55s]");
}

static int
of_one(struct turn *t, int n, char **argv)
{
	enum rc rc = store_hook_get(t->c->store, t->c->a, t->t.id,
	    str_of(argv[1]), &t->h);

	if (rc == RC_ABSENT)
		return cli_failed("no webhook %s; `tra-ce webhook list` names "
		    "them", argv[1]);
	if (rc != RC_OK)
		return cli_rc(rc, "looking for the webhook");
	if (n == 3 && strcmp(argv[0], "redeliver") == 0)
		return redeliver(t, argv[2]);
	if (n == 2 && strcmp(argv[0], "deliveries") == 0)
		return deliveries(t);
	if (n == 2 && strcmp(argv[0], "rotate") == 0)
		return rotate(t);
	if (n == 2 && strcmp(argv[0], "remove") == 0)
		return drop(t);
	return usage();
}

int
cmd_webhook(struct cli *c, int argc, char **argv)
{
	struct words o = { .overlap = "24h", .span = "55s" };
	struct turn t = { .c = c, .o = &o, .now_ns = clock_now_ns() };
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--tenant", &o.tenant, NULL }, { "--event", &o.event, NULL },
	    { "--min-confidence", &o.grade, NULL },
	    { "--min-score", &o.score, NULL },
	    { "--description", &o.description, NULL },
	    { "--status", &o.status, NULL },
	    { "--overlap", &o.overlap, NULL },
	    { "--for", &o.span, NULL }, { 0 } });

	if (n < 0)
		return CLI_USAGE;
	if (n == 1 && strcmp(argv[0], "send") == 0)
		return send(c, o.span);
	if (n < 1 || n > 3 || (n == 1) != (strcmp(argv[0], "list") == 0))
		return usage();
	if (!cli_open(c, false) || !cli_tenant_or_only(c, o.tenant, &t.t))
		return CLI_FAILED;
	if (n == 1)
		return list(&t);
	if (n == 2 && strcmp(argv[0], "add") == 0)
		return add(&t, argv[1]);
	return of_one(&t, n, argv);
}
