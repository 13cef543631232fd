/* SPDX-License-Identifier: Apache-2.0 */
/*
 * investigate - a chain explained.
 *
 * POST /ai/investigate  200 what happened, why, what to do, what speaks against
 *                       it (Accept: text/markdown gives a page)
 *                       404 no such chain   422 a member is wrong
 *
 * Built from the chain's facts alone. A model, where one is configured, adds a
 * short paragraph of sentences that are held by what they cite.
 */
#include "ask.h"
#include "base/clock.h"
#include "explain.h"
#include "llm.h"
#include "read.h"
#include "serve.h"

#include <string.h>

struct turn {
	const struct request *rq;
	struct reply *rp;
	struct graph *g;
	struct json_doc *doc, *body;
	const struct json *v;
	struct story *story;
	struct app *app;
};

static enum rc
stored(struct turn *t, struct str id)
{
	struct reader r;
	struct chain_row row;
	enum rc rc;

	reader_init(&r, t->g, t->rq->mem, t->doc);
	rc = read_chain_find(&r, id, &row);
	if (rc == RC_OK)
		rc = explain_stored(t->g, t->rq->mem, t->doc, &row, &t->story);
	reader_release(&r);
	return rc;
}

/* A chain that is stored is taken from the store, whatever the object says. */
static enum rc
given(struct turn *t, const struct json *chain)
{
	struct str id = json_str(json_get(chain, "chain_id")), pointer;
	const char *detail;
	enum rc rc = RC_ABSENT;

	if (json_type(chain) != JSON_OBJECT)
		return reply_bad_field(t->rp, STR("/chain"),
		    "must be a chain as answered");
	if (id.len > 0)
		rc = stored(t, id);
	if (rc != RC_ABSENT)
		return rc;
	rc = explain_given(t->rq->mem, chain, &t->story, &pointer, &detail);
	if (rc == RC_INVALID)
		return reply_bad_field(t->rp, pointer, "%s", detail);
	return rc;
}

static enum rc
story_of(struct turn *t)
{
	const struct json *chain = json_get(t->v, "chain");
	struct str id = { 0 };
	enum rc rc = ask_text(t->rp, t->v, "chain_id", &id);

	if (rc != RC_OK)
		return rc;
	if (json_type(chain) != JSON_NULL && id.len > 0)
		return reply_bad_field(t->rp, STR("/chain"),
		    "give chain_id or chain, not both");
	if (json_type(chain) != JSON_NULL)
		return given(t, chain);
	if (id.len == 0)
		return reply_bad_field(t->rp, STR("/chain_id"),
		    "say which chain: chain_id, or chain as it was answered");
	rc = stored(t, id);
	return rc != RC_ABSENT ? rc :
	    reply_problem(t->rp, rc, "no such chain");
}

static enum rc
audience_of(struct turn *t, enum audience *who)
{
	struct str word = { 0 };
	enum rc rc = ask_text(t->rp, t->v, "audience", &word);

	if (rc != RC_OK)
		return rc;
	*who = str_is(word, "executive") ? AUDIENCE_EXECUTIVE :
	    AUDIENCE_ANALYST;
	if (word.len == 0 || str_is(word, "executive") ||
	    str_is(word, "analyst"))
		return RC_OK;
	return reply_bad_field(t->rp, STR("/audience"),
	    "must be analyst or executive");
}

/* Markdown only for who names it before JSON or anything. */
static bool
wants_markdown(struct str accept)
{
	size_t md = str_find_fold(accept, STR("text/markdown"), 0);
	size_t js = str_find_fold(accept, STR("application/json"), 0);

	return md != (size_t)-1 && md < js;
}

/* One of the minute's questions of this tenant; what cannot be counted is not
 * asked. */
static bool
affordable(struct turn *t)
{
	struct str name = str_printf(t->rq->mem, "llm:%lld",
	    (long long)t->rq->tenant);
	struct bucket b;

	return t->app->conf->llm_budget > 0 && store_bucket(t->app->store,
	    name, t->app->conf->llm_budget, 1, clock_now_ns(), &b) == RC_OK &&
	    b.taken;
}

/* No transaction is open here: all that the store knows was read before. */
static void
reword(struct turn *t, struct findings *f)
{
	const struct config *c = t->app->conf;
	const struct llm m = { c->llm_url, c->llm_model, c->llm_key_file,
		c->llm_timeout_s * 1000 };

	if (m.url[0] != '\0')
		explain_reword(f, &m, c->llm_anonymise, affordable(t));
}

static enum rc
answer(struct turn *t, int64_t begun)
{
	enum audience who;
	struct findings *f;
	struct jw w;
	enum rc rc = audience_of(t, &who);

	if (rc == RC_OK)
		rc = story_of(t);
	if (rc == RC_OK)
		rc = explain_tenant(t->g, t->story);
	if (rc != RC_OK)
		return rc;
	f = explain_find(t->story, who);
	reword(t, f);
	if (wants_markdown(t->rq->accept)) {
		t->rp->content_type = "text/markdown; charset=utf-8";
		explain_markdown(&t->rp->body, f);
		return RC_OK;
	}
	w = reply_json(t->rp);
	explain_json(&w, f, (double)((clock_mono_ns() - begun) / 1000) / 1000);
	return RC_OK;
}

static enum rc
post(struct app *app, const struct request *rq, struct reply *rp)
{
	struct turn t = { .rq = rq, .rp = rp, .app = app };
	int64_t begun = clock_mono_ns();
	enum rc rc = store_graph(app->store, rq->tenant, &t.g);

	if (rc != RC_OK)
		return rc;
	t.doc = json_doc_new();
	t.body = json_doc_new();
	rc = ask_body(rq, rp, t.body, &t.v);
	if (rc == RC_OK)
		rc = answer(&t, begun);
	json_doc_free(t.doc);
	json_doc_free(t.body);
	return rc;
}

static const struct route routes[] = {
	{ METHOD_POST, "/ai/investigate", SCOPE_AI, 0, post },
};

int
main(void)
{
	return serve_endpoint(&(struct endpoint){
		.name = "investigate",
		.routes = routes,
		.n_routes = COUNT(routes),
	});
}
