/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET    /admin/rules         200 the Sigma rules that there are for the tenant,
 *                             which are on, and those that could not be loaded
 *                             with the reason; whether its events were read with
 *                             what is on now; ?tenant=
 * PATCH  /admin/rules         200 {"enable":[id...],"disable":[id...]}
 * GET    /admin/packs         200 their packs
 * POST   /admin/packs         201 {"name","files":[{"file","yaml"}...]}: rules of
 *                             the tenant's own; 409 there is one of that name
 * GET    /admin/packs/{name}  200 with its rules and what was refused
 * PATCH  /admin/packs/{name}  200 {"enabled"}, {"files"}: other files for all
 * DELETE /admin/packs/{name}  204; 409 it is the server's
 *
 * 422 for a pack of which no rule loads, with each file's line and reason. What
 * packs are stands in packs.h. A change holds for the next body in every
 * process; what was stored before keeps its tags until `tra-ce rebuild`.
 */
#include "panel.h"

#include "ingest.h"
#include "packs.h"

/* The tenant's rules, as they are. */
struct desk {
	struct app *app;
	const struct request *rq;
	struct reply *rp;
	struct packs *packs;
	struct tenant t;
	struct packs_look look;
	int64_t now_ns;
};

/* Loaded when first asked for, and kept: app->own. */
static struct packs *
packs_of(struct app *app)
{
	struct packs **kept = app->own;

	if (*kept == NULL && packs_open(app->conf->rules, kept) != RC_OK)
		*kept = NULL;
	return *kept;
}

static enum rc
desk_open(struct desk *d, struct app *app, const struct request *rq,
    struct reply *rp)
{
	enum rc rc;

	*d = (struct desk){ .app = app, .rq = rq, .rp = rp,
		.now_ns = clock_now_ns() };
	rc = panel_tenant(app, rq, rp, &d->t);
	if (rc != RC_OK)
		return rc;
	d->packs = packs_of(app);
	return d->packs != NULL ? RC_OK : reply_problem(rp, RC_BUSY,
	    "the rules cannot be read; the log tells why");
}

static enum rc
look(struct desk *d)
{
	packs_look_end(&d->look);
	return packs_look(d->packs, d->app->store, d->rq->mem, d->t.id,
	    &d->look);
}

/* Were all events read with what is on? */
static enum rc
put_ruleset(struct desk *d, struct jw *w)
{
	struct graph *g;
	bool due = false;
	enum rc rc = store_graph(d->app->store, d->t.id, &g);

	if (rc == RC_OK)
		rc = ingest_ruleset_other(g, d->look.ruleset, &due);
	jw_key_s(w, "tenant", d->t.name);
	jw_key_c(w, "ruleset", d->look.ruleset);
	jw_key_b(w, "rebuild_needed", due);
	return rc;
}

static enum rc
with_look(struct app *app, const struct request *rq, struct reply *rp,
    enum rc (*f)(struct desk *d))
{
	struct desk d;
	enum rc rc = desk_open(&d, app, rq, rp);

	if (rc == RC_OK)
		rc = look(&d);
	if (rc == RC_OK)
		rc = f(&d);
	packs_look_end(&d.look);
	return rc;
}

static enum rc
with_body(struct app *app, const struct request *rq, struct reply *rp,
    enum rc (*f)(struct desk *d, const struct json *v))
{
	struct json_doc *doc;
	const struct json *v;
	struct desk d;
	enum rc rc = desk_open(&d, app, rq, rp);

	if (rc != RC_OK)
		return rc;
	doc = json_doc_new();
	rc = ask_body(rq, rp, doc, &v);
	if (rc == RC_OK)
		rc = look(&d);
	if (rc == RC_OK)
		rc = f(&d, v);
	packs_look_end(&d.look);
	json_doc_free(doc);
	return rc;
}

static struct pack_wish
wish_of(const struct desk *d, struct str name)
{
	return (struct pack_wish){ .tenant = d->t.id, .now_ns = d->now_ns,
		.who = d->rq->who, .name = name };
}

/* ---- rules -------------------------------------------------------------------- */

static enum rc
rules_put(struct desk *d)
{
	struct jw w = reply_json(d->rp);
	enum rc rc;

	jw_object(&w);
	rc = put_ruleset(d, &w);
	jw_key(&w, "rules");
	packs_put_rules(&w, &d->look, STR(""));
	jw_key(&w, "refused");
	packs_put_refused(&w, &d->look, STR(""));
	jw_object_end(&w);
	return rc;
}

static enum rc
ids_read(struct desk *d, const struct json *v, const char *name,
    struct str **ids, size_t *n)
{
	const struct json *m = json_get(v, name);
	size_t i;

	*n = json_len(m);
	*ids = arena_array(d->rq->mem, *n + 1, sizeof(**ids));
	if (json_type(m) == JSON_NULL)
		return RC_OK;
	if (json_type(m) != JSON_ARRAY || *n > RULES_AT_ONCE)
		return reply_bad_field(d->rp, str_printf(d->rp->mem, "/%s",
		    name), "must be a list of at most %d rule ids",
		    RULES_AT_ONCE);
	for (i = 0; i < *n; i++) {
		if (json_type(json_item(m, i)) != JSON_STRING)
			return reply_bad_field(d->rp, str_printf(d->rp->mem,
			    "/%s/%zu", name, i), "must be a string");
		(*ids)[i] = str_dup(d->rq->mem, json_str(json_item(m, i)));
	}
	return RC_OK;
}

static enum rc
rules_set(struct desk *d, const struct json *v, bool on)
{
	const char *name = on ? "enable" : "disable";
	struct pack_wish w = wish_of(d, STR(""));
	struct str *ids;
	size_t n, at = 0;
	enum rc rc = ids_read(d, v, name, &ids, &n);

	if (rc == RC_OK)
		rc = rules_switch(d->app->store, d->rq->mem, &d->look, &w, ids,
		    n, on, &at);
	if (rc == RC_ABSENT)
		return reply_bad_field(d->rp, str_printf(d->rp->mem,
		    "/%s/%zu", name, at), "is no rule's id here");
	return rc;
}

static enum rc
rules_change(struct desk *d, const struct json *v)
{
	enum rc rc = rules_set(d, v, false);

	if (rc == RC_OK)
		rc = rules_set(d, v, true);
	if (rc == RC_OK)
		rc = look(d);
	return rc == RC_OK ? rules_put(d) : rc;
}

enum rc
rules_get(struct app *app, const struct request *rq, struct reply *rp)
{
	return with_look(app, rq, rp, rules_put);
}

enum rc
rules_patch(struct app *app, const struct request *rq, struct reply *rp)
{
	return with_body(app, rq, rp, rules_change);
}

/* ---- packs --------------------------------------------------------------------- */

static enum rc
packs_put(struct desk *d)
{
	struct jw w = reply_json(d->rp);
	enum rc rc;

	jw_object(&w);
	rc = put_ruleset(d, &w);
	jw_key(&w, "packs");
	packs_put_packs(&w, &d->look);
	jw_object_end(&w);
	return rc;
}

static enum rc
no_pack(struct desk *d)
{
	return reply_problem(d->rp, RC_ABSENT, "there is no such pack");
}

static enum rc
pack_answer(struct desk *d, struct str name)
{
	const struct pack *k = packs_find(&d->look, name);
	struct jw w;

	if (k == NULL)
		return no_pack(d);
	w = reply_json(d->rp);
	packs_put_pack(&w, &d->look, k);
	return RC_OK;
}

static enum rc
pack_show(struct desk *d)
{
	return pack_answer(d, d->rq->segment[2]);
}

static enum rc
file_read_one(struct desk *d, const struct json *v, size_t i,
    struct pack_file *f)
{
	if (json_type(json_get(v, "file")) != JSON_STRING ||
	    json_type(json_get(v, "yaml")) != JSON_STRING)
		return reply_bad_field(d->rp, str_printf(d->rp->mem,
		    "/files/%zu", i), "must be an object with the strings "
		    "file and yaml");
	f->file = json_str(json_get(v, "file"));
	f->text = json_str(json_get(v, "yaml"));
	return RC_OK;
}

/* Text lives as long as the body's tree. */
static enum rc
files_read(struct desk *d, const struct json *v, struct pack_wish *w)
{
	const struct json *list = json_get(v, "files");
	struct pack_file *f;
	size_t i;
	enum rc rc = RC_OK;

	if (json_type(list) != JSON_ARRAY || json_len(list) > PACK_FILES_MOST)
		return reply_bad_field(d->rp, STR("/files"), "must be a list "
		    "of 1 to %d files", PACK_FILES_MOST);
	w->n = json_len(list);
	f = arena_array(d->rq->mem, w->n + 1, sizeof(*f));
	for (i = 0; i < w->n && rc == RC_OK; i++)
		rc = file_read_one(d, json_item(list, i), i, &f[i]);
	w->files = f;
	return rc;
}

static enum rc
refused(struct desk *d, const struct pack_fault *faults, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < PROBLEM_ERRORS_MAX; i++)
		(void)reply_bad_field(d->rp, faults[i].file == SIZE_MAX ?
		    STR("/files") : str_printf(d->rp->mem, "/files/%zu",
		    faults[i].file), "%.*s", STR_ARG(faults[i].why));
	return reply_problem(d->rp, RC_INVALID, "not one rule of it can be "
	    "loaded: nothing was kept");
}

static enum rc
packs_add(struct desk *d, const struct json *v)
{
	struct pack_wish w = wish_of(d, STR(""));
	struct pack_fault *faults;
	size_t n = 0;
	enum rc rc = ask_text(d->rp, v, "name", &w.name);

	if (rc == RC_OK && !pack_name_ok(w.name))
		rc = reply_bad_field(d->rp, STR("/name"), "must be 1 to %d of "
		    "A-Z a-z 0-9 . _ - and not begin with \"server\"",
		    PACK_NAME_MOST);
	if (rc == RC_OK)
		rc = files_read(d, v, &w);
	if (rc != RC_OK)
		return rc;
	rc = pack_add(d->packs, d->app->store, d->rq->mem, &w, &faults, &n);
	if (rc == RC_INVALID)
		return refused(d, faults, n);
	if (rc == RC_EXISTS)
		return reply_problem(d->rp, rc, "there is a pack of that name;"
		    " PATCH /admin/packs/NAME puts other files into it");
	if (rc == RC_OK)
		rc = look(d);
	if (rc != RC_OK)
		return rc;
	panel_created(d->rq, d->rp, str_printf(d->rp->mem, "/admin/packs/%.*s",
	    STR_ARG(w.name)));
	return pack_answer(d, w.name);
}

static enum rc
pack_refill(struct desk *d, const struct json *v)
{
	struct pack_wish w = wish_of(d, d->rq->segment[2]);
	const struct pack *k = packs_find(&d->look, w.name);
	struct pack_fault *faults;
	size_t n = 0;
	enum rc rc;

	if (k != NULL && k->own == NULL)
		return reply_problem(d->rp, RC_EXISTS, "the pack is the "
		    "server's: its files are not the tenant's to change");
	rc = files_read(d, v, &w);
	if (rc != RC_OK)
		return rc;
	rc = pack_replace(d->packs, d->app->store, d->rq->mem, &w, &faults,
	    &n);
	return rc == RC_INVALID ? refused(d, faults, n) : rc;
}

static enum rc
pack_change(struct desk *d, const struct json *v)
{
	struct pack_wish w = wish_of(d, d->rq->segment[2]);
	const struct json *on = json_get(v, "enabled");
	enum rc rc = packs_find(&d->look, w.name) != NULL ? RC_OK :
	    no_pack(d);

	if (rc != RC_OK)
		return rc;
	if (json_type(on) != JSON_NULL && json_type(on) != JSON_BOOL)
		return reply_bad_field(d->rp, STR("/enabled"),
		    "must be true or false");
	if (json_type(json_get(v, "files")) != JSON_NULL)
		rc = pack_refill(d, v);
	if (rc == RC_OK)
		rc = look(d);
	if (rc == RC_OK && json_type(on) == JSON_BOOL)
		rc = pack_switch(d->app->store, &d->look, &w, json_bool(on));
	if (rc == RC_OK)
		rc = look(d);
	return rc == RC_OK ? pack_answer(d, w.name) : rc;
}

static enum rc
pack_end(struct desk *d)
{
	struct pack_wish w = wish_of(d, d->rq->segment[2]);
	enum rc rc = pack_remove(d->app->store, &d->look, &w);

	if (rc == RC_ABSENT)
		return no_pack(d);
	if (rc == RC_DENIED)
		return reply_problem(d->rp, RC_EXISTS, "the pack is the "
		    "server's: it can be switched off, not removed");
	d->rp->status = 204;
	return rc;
}

enum rc
packs_get(struct app *app, const struct request *rq, struct reply *rp)
{
	return with_look(app, rq, rp, packs_put);
}

enum rc
packs_post(struct app *app, const struct request *rq, struct reply *rp)
{
	return with_body(app, rq, rp, packs_add);
}

enum rc
pack_get(struct app *app, const struct request *rq, struct reply *rp)
{
	return with_look(app, rq, rp, pack_show);
}

enum rc
pack_patch(struct app *app, const struct request *rq, struct reply *rp)
{
	return with_body(app, rq, rp, pack_change);
}

enum rc
pack_delete(struct app *app, const struct request *rq, struct reply *rp)
{
	return with_look(app, rq, rp, pack_end);
}
