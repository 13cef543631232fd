/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET    /admin/keys                200 {"tenant","keys"}; ?tenant=
 * POST   /admin/keys                201 the key, shown once
 * GET    /admin/keys/{id}           200
 * POST   /admin/keys/{id}/rotate    201 its successor, shown once; 409 if it is
 *                                   revoked or has one
 * DELETE /admin/keys/{id}           204 revoked, at once and for ever
 *
 * 403 for what would make or renew a key of scope operator: only the tool does.
 * A key of another tenant is absent.
 */
#include "panel.h"

#include "tenancy.h"

/* ---- as JSON --------------------------------------------------------------- */

static void
list_json(struct jw *w, const char *name, struct str list, char by)
{
	struct str one;

	jw_key(w, name);
	jw_array(w);
	while (str_cut(&list, by, &one))
		if (str_trim(one).len > 0)
			jw_str(w, str_trim(one));
	jw_array_end(w);
}

static void
key_members(struct jw *w, struct arena *a, const struct key_row *k,
    int64_t now_ns)
{
	jw_key_s(w, "key_id", k->key_id);
	jw_key_s(w, "tenant", k->tenant_name);
	jw_key_s(w, "name", k->name);
	list_json(w, "scopes", scopes_text(a, k->scopes), ' ');
	list_json(w, "addresses", k->addresses, ',');
	jw_key_c(w, "state", key_state(k, now_ns));
	panel_time(w, "created_at", k->created_ns);
	panel_time(w, "expires_at", k->expires_ns);
	panel_time(w, "last_used_at", k->last_used_ns);
	panel_time(w, "revoked_at", k->revoked_ns);
	jw_key(w, "successor");
	if (k->successor.len > 0)
		jw_str(w, k->successor);
	else
		jw_null(w);
}

/* The answer that shows the key, and beside it what a retry gets instead. */
static enum rc
shown_once(struct app *app, const struct request *rq, struct reply *rp,
    const struct made_key *made)
{
	struct key_row k;
	struct buf b;
	struct jw w;
	enum rc rc = store_key_get(app->store, rq->mem, str_of(made->id), &k);

	if (rc != RC_OK)
		return rc;
	w = reply_json(rp);
	jw_object(&w);
	jw_key_c(&w, "key", made->text);
	key_members(&w, rq->mem, &k, made->created_ns);
	jw_object_end(&w);
	buf_init(&b, 64 << 10);
	jw_init(&w, &b);
	jw_object(&w);
	jw_key_b(&w, "secret_already_shown", true);
	key_members(&w, rq->mem, &k, made->created_ns);
	jw_object_end(&w);
	rp->secret = true;
	rp->replay = str_dup(rp->mem, buf_str(&b));
	buf_release(&b);
	panel_created(rq, rp, str_printf(rp->mem, "/admin/keys/%s", made->id));
	return RC_OK;
}

/* ---- what is asked for ------------------------------------------------------- */

/* Strings of an array, or one string of several words, parted by commas. */
static enum rc
words_read(struct reply *rp, const struct json *v, const char *name,
    struct str *out)
{
	const struct json *m = json_get(v, name);
	struct str text = { "", 0 };
	size_t i;

	if (json_type(m) == JSON_NULL)
		return RC_OK;
	if (json_type(m) == JSON_STRING)
		text = json_str(m);
	else if (json_type(m) != JSON_ARRAY || json_len(m) > 256)
		return reply_bad_field(rp, str_printf(rp->mem, "/%s", name),
		    "must be a list of at most 256 strings");
	for (i = 0; i < json_len(m); i++) {
		if (json_type(json_item(m, i)) != JSON_STRING)
			return reply_bad_field(rp, str_printf(rp->mem,
			    "/%s/%zu", name, i), "must be a string");
		text = str_printf(rp->mem, "%.*s%s%.*s", STR_ARG(text),
		    i > 0 ? "," : "", STR_ARG(json_str(json_item(m, i))));
	}
	*out = str_dup(rp->mem, text);
	return RC_OK;
}

static enum rc
scopes_read(struct reply *rp, const struct json *v, uint32_t *scopes)
{
	struct str words = { "", 0 };
	enum rc rc = words_read(rp, v, "scopes", &words);

	if (rc != RC_OK)
		return rc;
	if (!scopes_parse(words, scopes) || *scopes == 0)
		return reply_bad_field(rp, STR("/scopes"), "must name some of"
		    " ingest, read, analyze, ai, admin, assert");
	if ((*scopes & SCOPE_OPERATOR) != 0)
		return reply_problem(rp, RC_DENIED, "a key of scope operator is"
		    " made with the tool: tra-ce key add");
	return RC_OK;
}

static enum rc
wish_read(struct reply *rp, const struct json *v, struct key_wish *w)
{
	enum rc rc = ask_text(rp, v, "name", &w->name);

	if (rc == RC_OK && !key_name_ok(w->name))
		rc = reply_bad_field(rp, STR("/name"), "must be 1 to %d bytes"
		    " of UTF-8 without control characters", KEY_NAME_MOST);
	if (rc == RC_OK)
		rc = scopes_read(rp, v, &w->scopes);
	if (rc == RC_OK)
		rc = panel_span(rp, v, "expires_in", 1, KEY_EXPIRES_MOST_S,
		    &w->expires_s);
	if (rc == RC_OK)
		rc = words_read(rp, v, "addresses", &w->addresses);
	if (rc == RC_OK && !addresses_ok(w->addresses))
		rc = reply_bad_field(rp, STR("/addresses"), "must be addresses"
		    " or blocks: 10.0.0.0/8, 2001:db8::/32");
	w->name = str_dup(rp->mem, w->name);
	return rc;
}

/* The key, if it is the asker's to see. */
static enum rc
key_find(struct app *app, const struct request *rq, struct reply *rp,
    struct key_row *k)
{
	enum rc rc = RC_ABSENT;

	if (key_id_ok(rq->segment[2]))
		rc = store_key_get(app->store, rq->mem, rq->segment[2], k);
	if (rc == RC_OK && !is_operator(rq) && k->tenant != rq->tenant)
		rc = RC_ABSENT;
	if (rc == RC_ABSENT)
		return reply_problem(rp, rc, "there is no such key");
	return rc;
}

/* ---- the calls ------------------------------------------------------------------ */

enum rc
keys_get(struct app *app, const struct request *rq, struct reply *rp)
{
	int64_t now_ns = clock_now_ns();
	struct tenant t;
	struct key_row *k;
	struct jw w;
	size_t n, i;
	enum rc rc = panel_tenant(app, rq, rp, &t);

	if (rc == RC_OK)
		rc = store_keys(app->store, rq->mem, t.id, &k, &n);
	if (rc != RC_OK)
		return rc;
	w = reply_json(rp);
	jw_object(&w);
	jw_key_s(&w, "tenant", t.name);
	jw_key(&w, "keys");
	jw_array(&w);
	for (i = 0; i < n; i++) {
		jw_object(&w);
		key_members(&w, rq->mem, &k[i], now_ns);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
	return RC_OK;
}

enum rc
key_get(struct app *app, const struct request *rq, struct reply *rp)
{
	struct key_row k;
	struct jw w;
	enum rc rc = key_find(app, rq, rp, &k);

	if (rc != RC_OK)
		return rc;
	w = reply_json(rp);
	jw_object(&w);
	key_members(&w, rq->mem, &k, clock_now_ns());
	jw_object_end(&w);
	return RC_OK;
}

enum rc
keys_post(struct app *app, const struct request *rq, struct reply *rp)
{
	struct key_wish w = { .expires_s = KEY_EXPIRES_S,
		.addresses = { "", 0 } };
	struct json_doc *doc;
	const struct json *v;
	struct made_key made;
	struct tenant t;
	enum rc rc = panel_tenant(app, rq, rp, &t);

	if (rc != RC_OK)
		return rc;
	doc = json_doc_new();
	rc = ask_body(rq, rp, doc, &v);
	if (rc == RC_OK)
		rc = wish_read(rp, v, &w);
	json_doc_free(doc);
	if (rc != RC_OK)
		return rc;
	w.tenant = t.id;
	rc = key_issue(app->store, rq->mem, rq->who, &w, &made);
	if (rc == RC_TOO_MANY)
		return reply_problem(rp, RC_INVALID, "the tenant has %d good"
		    " keys; revoke some first", KEYS_MOST);
	return rc == RC_OK ? shown_once(app, rq, rp, &made) : rc;
}

enum rc
key_rotate(struct app *app, const struct request *rq, struct reply *rp)
{
	int64_t overlap_s = KEY_OVERLAP_S;
	struct json_doc *doc;
	const struct json *v;
	struct made_key made;
	struct key_row old;
	enum rc rc = key_find(app, rq, rp, &old);

	if (rc != RC_OK)
		return rc;
	doc = json_doc_new();
	rc = ask_body(rq, rp, doc, &v);
	if (rc == RC_OK)
		rc = panel_span(rp, v, "overlap", 0, KEY_OVERLAP_MOST_S,
		    &overlap_s);
	json_doc_free(doc);
	if (rc != RC_OK)
		return rc;
	if ((old.scopes & SCOPE_OPERATOR) != 0)
		return reply_problem(rp, RC_DENIED, "a key of scope operator is"
		    " renewed with the tool: tra-ce key rotate %.*s",
		    STR_ARG(old.key_id));
	rc = key_replace(app->store, rq->mem, rq->who, &old, overlap_s, &made);
	if (rc == RC_EXISTS)
		return reply_problem(rp, rc, "the key is %s; make a new one",
		    old.revoked_ns != 0 ? "revoked" : "rotated already");
	return rc == RC_OK ? shown_once(app, rq, rp, &made) : rc;
}

enum rc
key_delete(struct app *app, const struct request *rq, struct reply *rp)
{
	struct key_row k;
	enum rc rc = key_find(app, rq, rp, &k);

	if (rc != RC_OK)
		return rc;
	if ((k.scopes & SCOPE_OPERATOR) != 0 && !is_operator(rq))
		return reply_problem(rp, RC_DENIED,
		    "a key of scope operator is not a tenant's to revoke");
	rp->status = 204;
	return k.revoked_ns != 0 ? RC_OK : key_end(app->store, rq->who, &k);
}
