/* SPDX-License-Identifier: Apache-2.0 */
/*
 * investigate - a chain explained.
 *
 * POST /ai/investigate        200 what happened, why, what to do, what speaks
 *                             against it   404 no such chain
 *                             422 a member is wrong
 * GET  /investigations        200 those kept, newest first; ?chain_id= ?limit=
 *                             ?cursor=
 * GET  /investigations/{id}   200 as it was answered   404
 *
 * Accept: text/markdown and text/html give pages. What was said of one version
 * of a stored chain is kept, and said again word for word.
 *
 * Built from the chain's facts alone. A model, where one is configured, adds a
 * short paragraph of sentences that are held by what they cite.
 */
#include "ask.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "confine.h"
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
	bool stored;			/* the chain is; this is its row */
	struct chain_row row;
};

static enum rc
stored(struct turn *t, struct str id)
{
	struct reader r;
	enum rc rc;

	reader_init(&r, t->g, t->rq->mem, t->doc);
	rc = read_chain_find(&r, id, &t->row);
	if (rc == RC_OK)
		rc = explain_stored(t->g, t->rq->mem, t->doc, &t->row,
		    &t->story);
	reader_release(&r);
	t->stored = rc == RC_OK;
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

/* ---- the answer ------------------------------------------------------------- */

enum form { FORM_JSON, FORM_MARKDOWN, FORM_HTML };

/* A page only for who names it before JSON or anything. */
static enum form
form_of(struct str accept)
{
	size_t md = str_find_fold(accept, STR("text/markdown"), 0);
	size_t html = str_find_fold(accept, STR("text/html"), 0);
	size_t js = str_find_fold(accept, STR("application/json"), 0);

	if (md < html && md < js)
		return FORM_MARKDOWN;
	return html < md && html < js ? FORM_HTML : FORM_JSON;
}

/* `body` is the investigation's JSON; its id and time come first, if it was
 * kept. */
static enum rc
give(struct turn *t, struct str body, const struct investigation *kept)
{
	enum form form = form_of(t->rq->accept);
	struct str rest = str_sub(body, 1, body.len);
	struct jw w;

	if (form != FORM_JSON) {
		t->rp->content_type = form == FORM_HTML ?
		    "text/html; charset=utf-8" : "text/markdown; charset=utf-8";
		explain_page(&t->rp->body, t->rq->mem, json_parse(t->doc, body),
		    form == FORM_HTML ? PAGE_HTML : PAGE_MARKDOWN);
		return RC_OK;
	}
	w = reply_json(t->rp);
	jw_object(&w);
	read_investigation_head(&w, kept);
	buf_put_char(&t->rp->body, ',');
	buf_put_str(&t->rp->body, rest);
	return RC_OK;
}

/* ---- the model ----------------------------------------------------------------- */

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

/* ---- what is kept ---------------------------------------------------------------- */

/* All that an investigation's words depend on; `end` tells apart those that
 * the model failed, which are tried again. */
static void
name_of(struct turn *t, enum audience who, const char *end, uint8_t id[16])
{
	const struct config *c = t->app->conf;
	uint8_t digest[SHA256_LEN];
	struct sha256_state s;

	explain_digest(t->story, digest);
	sha256_begin(&s);
	sha256_add_field(&s, (struct str){ (const char *)digest,
	    sizeof(digest) });
	sha256_add_field(&s, str_of(serve_version()));
	sha256_add_field(&s, str_of(who == AUDIENCE_EXECUTIVE ? "executive" :
	    "analyst"));
	sha256_add_field(&s, str_of(c->llm_url));
	sha256_add_field(&s, str_of(c->llm_model));
	sha256_add_field(&s, str_of(c->llm_anonymise ? "yes" : "no"));
	sha256_add_field(&s, str_of(end));
	sha256_end(&s, digest);
	memcpy(id, digest, 16);
}

static enum rc
add(struct turn *t, const struct investigation *v)
{
	bool foreign;
	struct buf data;
	struct jw w;
	enum rc rc = graph_begin(t->g, &foreign);

	if (rc != RC_OK)
		return rc;
	rc = graph_investigation_add(t->g, v);
	buf_init(&data, 64 << 10);
	jw_init(&w, &data);
	read_investigation_change(&w, v);
	if (rc == RC_OK)
		rc = graph_change_add(t->g, "investigation.completed",
		    v->chain, buf_str(&data), v->at_ns);
	buf_release(&data);
	if (rc == RC_OK)
		return graph_commit(t->g);
	graph_rollback(t->g);
	return rc;
}

/* What cannot be kept, because the store is busy or full, is answered all the
 * same: somebody waits for it. */
static enum rc
keep_and_give(struct turn *t, struct investigation *v, const char *fallback,
    enum audience who)
{
	enum rc rc;

	name_of(t, who, fallback != NULL ? fallback : "", v->id);
	memcpy(v->chain, t->row.id, sizeof(v->chain));
	v->version = t->row.version;
	v->at_ns = clock_now_ns();
	v->who = t->rq->author;
	v->audience = str_of(who == AUDIENCE_EXECUTIVE ? "executive" :
	    "analyst");
	v->grade = t->row.grade;
	v->score = t->row.score;
	v->title = t->row.title;
	v->model = str_of(t->app->conf->llm_url[0] != '\0' ?
	    t->app->conf->llm_model : "");
	v->fallback = str_of(fallback);
	rc = add(t, v);
	if (rc == RC_EXISTS)
		rc = graph_investigation_get(t->g, t->rq->mem, v->id, v);
	if (rc != RC_OK)
		log_warn("id=%s investigation is not kept", t->rq->id);
	return give(t, v->body, rc == RC_OK ? v : NULL);
}

static enum rc
tell(struct turn *t, enum audience who, int64_t begun)
{
	struct findings *f = explain_find(t->story, who);
	struct investigation v = { 0 };
	struct buf body;
	struct jw w;

	reword(t, f);
	buf_init(&body, INVESTIGATION_MAX);
	jw_init(&w, &body);
	explain_json(&w, f, (double)((clock_mono_ns() - begun) / 1000) / 1000);
	v.body = buf_bad(&body) ? v.body : str_dup(t->rq->mem, buf_str(&body));
	buf_release(&body);
	if (v.body.len == 0)
		return RC_FAIL;
	return t->stored ? keep_and_give(t, &v, explain_fallback(f), who) :
	    give(t, v.body, NULL);
}

static enum rc
answer(struct turn *t, int64_t begun)
{
	struct investigation v;
	enum audience who;
	enum rc rc = audience_of(t, &who);

	if (rc == RC_OK)
		rc = story_of(t);
	if (rc == RC_OK)
		rc = explain_tenant(t->g, t->story);
	if (rc != RC_OK)
		return rc;
	if (t->stored) {
		name_of(t, who, "", v.id);
		rc = graph_investigation_get(t->g, t->rq->mem, v.id, &v);
		if (rc == RC_OK)
			return give(t, v.body, &v);
		if (rc != RC_ABSENT)
			return rc;
	}
	return tell(t, who, begun);
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

/* ---- reading again ----------------------------------------------------------------- */

static enum rc
get(struct app *app, const struct request *rq, struct reply *rp)
{
	struct turn t = { .rq = rq, .rp = rp, .app = app };
	struct investigation v;
	uint8_t id[16];
	enum rc rc = store_graph(app->store, rq->tenant, &t.g);

	if (rc == RC_OK)
		rc = read_investigation_id(rq->segment[1], id) ?
		    graph_investigation_get(t.g, rq->mem, id, &v) : RC_ABSENT;
	if (rc == RC_ABSENT)
		return reply_problem(rp, rc, "no such investigation");
	if (rc != RC_OK)
		return rc;
	t.doc = json_doc_new();
	rc = give(&t, v.body, &v);
	json_doc_free(t.doc);
	return rc;
}

static enum rc
list(struct app *app, const struct request *rq, struct reply *rp)
{
	struct investigation_filter f = { .limit = 100 };
	struct str chain = request_param(rq, "chain_id");
	struct str cursor = request_param(rq, "cursor");
	struct graph *g;
	struct jw w;
	enum rc rc = store_graph(app->store, rq->tenant, &g);

	if (rc == RC_OK)
		rc = ask_count(rq, rp, "limit", 1, 1000, &f.limit);
	if (rc != RC_OK)
		return rc;
	f.of_chain = chain.len > 0;
	if (f.of_chain && !chain_id_parse(chain, f.chain))
		return reply_bad_field(rp, STR("/chain_id"),
		    "is no chain id");
	if (cursor.len > 0 && (!str_i64(cursor, &f.before) || f.before < 1))
		return reply_bad_field(rp, STR("/cursor"),
		    "is not a cursor of this list");
	w = reply_json(rp);
	return read_investigations(g, rq->mem, &w, &f);
}

static const struct route routes[] = {
	{ METHOD_POST, "/ai/investigate", SCOPE_AI, ROUTE_CONSOLE | ROUTE_BIG,
	    post },
	{ METHOD_GET, "/investigations", SCOPE_READ | SCOPE_AI, ROUTE_CONSOLE,
	    list },
	{ METHOD_GET, "/investigations/{id}", SCOPE_READ | SCOPE_AI, ROUTE_CONSOLE,
	    get },
};

int
main(void)
{
	return serve_endpoint(&(struct endpoint){
		.name = "investigate",
		.routes = routes,
		.n_routes = COUNT(routes),
		.needs = CONFINE_NETWORK,
	});
}
