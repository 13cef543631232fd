/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /admin/rules  200 the loaded Sigma rules, those that could not be loaded
 *                   with the reason, and whether the tenant's events were read
 *                   with them; ?tenant=
 *
 * Rules are the server's and the same for all tenants: files in the folder that
 * the configuration names, loaded when a responder starts.
 */
#include "panel.h"

#include "event.h"
#include "ingest.h"
#include "ruleset.h"
#include "tag.h"

static const char *
level_name(int level)
{
	static const char *const names[] = { "informational", "low", "medium",
		"high", "critical" };

	return level >= 1 && (size_t)level <= COUNT(names)
	    ? names[level - 1] : names[0];
}

static void
rule_json(struct jw *w, const struct tag_rule *r)
{
	char text[TECHNIQUE_TEXT];
	size_t i;

	jw_object(w);
	jw_key_c(w, "id", r->id);
	jw_key_c(w, "title", r->title);
	jw_key_c(w, "level", level_name(r->level));
	jw_key(w, "mitre_techniques");
	jw_array(w);
	for (i = 0; i < r->n_techniques; i++)
		jw_c(w, technique_text(r->techniques[i], text));
	jw_array_end(w);
	jw_key_c(w, "file", r->file);
	jw_object_end(w);
}

static void
rules_json(struct jw *w, const struct tagger *t)
{
	struct tag_refusal no;
	struct tag_rule r;
	size_t i;

	jw_key(w, "rules");
	jw_array(w);
	for (i = 0; i < tagger_loaded(t); i++) {
		r = tagger_rule(t, i);
		rule_json(w, &r);
	}
	jw_array_end(w);
	jw_key(w, "refused");
	jw_array(w);
	for (i = 0; i < tagger_refused(t); i++) {
		no = tagger_refusal(t, i);
		jw_object(w);
		jw_key_c(w, "file", no.file);
		jw_key_c(w, "reason", no.reason);
		jw_object_end(w);
	}
	jw_array_end(w);
}

/* Loaded when first asked for, and kept: app->own. */
static const struct tagger *
tagger_of(struct app *app)
{
	struct tagger **kept = app->own;

	if (*kept == NULL && tagger_open(app->conf->rules, kept) != RC_OK)
		*kept = NULL;
	return *kept;
}

enum rc
rules_get(struct app *app, const struct request *rq, struct reply *rp)
{
	const struct tagger *tagger;
	char text[RULESET_TEXT];
	struct tenant t;
	struct graph *g;
	bool due;
	struct jw w;
	enum rc rc = panel_tenant(app, rq, rp, &t);

	if (rc != RC_OK)
		return rc;
	tagger = tagger_of(app);
	if (tagger == NULL)
		return reply_problem(rp, RC_BUSY,
		    "the rules cannot be read; the log tells why");
	rc = store_graph(app->store, t.id, &g);
	if (rc == RC_OK)
		rc = ingest_rebuild_due(g, tagger, &due);
	if (rc != RC_OK)
		return rc;
	ruleset_text(tagger, text);
	w = reply_json(rp);
	jw_object(&w);
	jw_key_s(&w, "tenant", t.name);
	jw_key_c(&w, "ruleset", text);
	jw_key_b(&w, "rebuild_needed", due);
	rules_json(&w, tagger);
	jw_object_end(&w);
	return RC_OK;
}
