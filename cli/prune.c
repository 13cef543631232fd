/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prune [--tenant T] [--days N] - retention: of every tenant, or of T, the
 *	events that were stored longer ago than the tenant's retention (or N
 *	days) are dropped, with their raw records. What a chain, a segment or
 *	an unlink rests on stays, for as long as that does; so do all chains.
 *
 * It is a rebuild without those events (see rebuild): into a new file that takes
 * the place of the one in use in one step, while responders go on. Meant to be
 * run once a day; with nothing to drop it does nothing.
 */
#include "cli.h"

#include "base/clock.h"
#include "ingest.h"
#include "packs.h"

#define NS_PER_DAY (86400 * NS_PER_S)
enum { DAYS_MOST = 100000 };

static void
told(struct cli *c, const struct tenant *t, int64_t days,
    const struct rebuilt *r)
{
	if (!c->json) {
		buf_printf(&c->out, "%.*s: %zu events dropped that were older "
		    "than %lld days\n", STR_ARG(t->name), r->dropped,
		    (long long)days);
		return;
	}
	jw_object(&c->jw);
	jw_key_s(&c->jw, "tenant", t->name);
	jw_key_i(&c->jw, "days", days);
	jw_key_i(&c->jw, "dropped", (int64_t)r->dropped);
	jw_object_end(&c->jw);
}

/* One tenant's trouble is told and keeps nobody else's events. */
static bool
one(struct cli *c, struct packs *packs, const struct tenant *t,
    int64_t days)
{
	struct rebuilt r;
	const struct tagger *tagger;
	enum rc rc = packs_take(packs, c->store, t->id, &tagger);

	r.why[0] = '\0';
	if (rc == RC_OK) {
		rc = ingest_prune(c->store, t->id, tagger, clock_now_ns() -
		    days * NS_PER_DAY, NULL, NULL, &r);
		packs_give(packs, tagger);
	}
	if (rc == RC_OK && r.dropped > 0)
		rc = store_audit(c->store, clock_now_ns(), STR("tool"), t->id,
		    STR("tenant.prune"), str_printf(c->a,
		    "%zu events older than %lld days", r.dropped,
		    (long long)days));
	if (rc == RC_OK) {
		told(c, t, days, &r);
		return true;
	}
	if (r.why[0] != '\0')
		cli_failed("%.*s: %s: nothing was changed", STR_ARG(t->name),
		    r.why);
	else
		cli_rc(rc, str_c(c->a, t->name));
	return false;
}

static int
all(struct cli *c, struct packs *packs, const struct tenant *t,
    size_t n, int64_t days)
{
	bool good = true;
	size_t i;

	if (c->json) {
		jw_object(&c->jw);
		jw_key(&c->jw, "tenants");
		jw_array(&c->jw);
	}
	for (i = 0; i < n; i++)
		good = one(c, packs, &t[i],
		    days >= 0 ? days : t[i].retention_days) && good;
	if (c->json) {
		jw_array_end(&c->jw);
		jw_object_end(&c->jw);
	}
	return good ? CLI_OK : CLI_FAILED;
}

int
cmd_prune(struct cli *c, int argc, char **argv)
{
	const char *name = NULL, *text = NULL;
	int64_t days = -1;
	struct packs *packs;
	struct tenant *t, chosen;
	size_t many = 1;
	enum rc rc = RC_OK;
	int status;
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--tenant", &name, NULL }, { "--days", &text, NULL }, { 0 } });

	if (n != 0)
		return n < 0 ? CLI_USAGE : cli_usage("usage: tra-ce prune "
		    "[--tenant T] [--days N]");
	if (text != NULL && (!str_i64(str_of(text), &days) || days < 0 ||
	    days > DAYS_MOST))
		return cli_usage("--days takes a number");
	if (!cli_open(c, false))
		return CLI_FAILED;
	t = &chosen;
	if (name != NULL && !cli_tenant(c, name, &chosen))
		return CLI_FAILED;
	if (name == NULL)
		rc = store_tenants(c->store, c->a, &t, &many);
	if (rc != RC_OK)
		return cli_rc(rc, "listing tenants");
	if (packs_open(c->conf.rules, &packs) != RC_OK)
		return cli_failed("cannot read the rules in %s; name their "
		    "folder in the configuration or with TRACE_RULES",
		    c->conf.rules);
	status = all(c, packs, t, many, days);
	packs_close(packs);
	return status;
}
