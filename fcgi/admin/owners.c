/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET  /admin/owners          200 {"tenant","owners","lines"}; ?tenant=
 * PUT  /admin/owners          200 {"owners": TEXT} replaces the map; 422 with
 *                             the line that is wrong
 * POST /admin/owners/preview  200 what that map would say: its lines, and the
 *                             owner now and then of every host seen
 *
 * The map's form is in explain.h. It lies in the tenant's own graph, so that
 * backups and rebuilds take it along.
 */
#include "panel.h"

#include "explain.h"

enum { HOSTS_MOST = 1000 };

static enum rc
map_read(const struct request *rq, struct reply *rp, struct str *map)
{
	struct json_doc *doc = json_doc_new();
	const struct json *v;
	const char *why;
	size_t line;
	enum rc rc = ask_body(rq, rp, doc, &v);

	if (rc == RC_OK && json_type(json_get(v, "owners")) != JSON_STRING)
		rc = reply_bad_field(rp, STR("/owners"),
		    "must be the map's text");
	else if (rc == RC_OK)
		*map = str_dup(rq->mem, json_str(json_get(v, "owners")));
	json_doc_free(doc);
	if (rc != RC_OK)
		return rc;
	if (map->len > OWNERS_MAX)
		return reply_bad_field(rp, STR("/owners"),
		    "has more than 1 MiB");
	if (!owners_sound(*map, &line, &why))
		return reply_bad_field(rp, STR("/owners"), "line %zu %s", line,
		    why);
	return RC_OK;
}

static enum rc
graph_of(struct app *app, const struct request *rq, struct reply *rp,
    struct tenant *t, struct graph **g)
{
	enum rc rc = panel_tenant(app, rq, rp, t);

	return rc == RC_OK ? store_graph(app->store, t->id, g) : rc;
}

static enum rc
map_answer(struct reply *rp, const struct tenant *t, struct str map)
{
	struct jw w = reply_json(rp);

	jw_object(&w);
	jw_key_s(&w, "tenant", t->name);
	jw_key_s(&w, "owners", map);
	jw_key_i(&w, "lines", (int64_t)owners_lines(map));
	jw_object_end(&w);
	return RC_OK;
}

enum rc
owners_get(struct app *app, const struct request *rq, struct reply *rp)
{
	struct tenant t;
	struct graph *g;
	enum rc rc = graph_of(app, rq, rp, &t, &g);

	if (rc != RC_OK)
		return rc;
	return map_answer(rp, &t, graph_text(g, rq->mem, "owners"));
}

static enum rc
map_put(struct graph *g, struct str map)
{
	bool foreign;
	enum rc rc = graph_begin(g, &foreign);

	if (rc != RC_OK)
		return rc;
	rc = graph_set_text(g, "owners", map);
	if (rc == RC_OK)
		return graph_commit(g);
	graph_rollback(g);
	return rc;
}

enum rc
owners_put(struct app *app, const struct request *rq, struct reply *rp)
{
	struct str map;
	struct tenant t;
	struct graph *g;
	enum rc rc = graph_of(app, rq, rp, &t, &g);

	if (rc == RC_OK)
		rc = map_read(rq, rp, &map);
	if (rc == RC_OK)
		rc = map_put(g, map);
	if (rc == RC_OK)
		rc = panel_audit(app, rq, t.id, "owners.import",
		    str_printf(rq->mem, "%zu lines", owners_lines(map)));
	return rc == RC_OK ? map_answer(rp, &t, map) : rc;
}

/* ---- preview -------------------------------------------------------------------- */

static void
owner_json(struct jw *w, const char *name, struct str map, struct str host)
{
	struct owner o;

	jw_key(w, name);
	if (owners_find(map, KIND_HOST, host, &o))
		jw_str(w, o.owner);
	else
		jw_null(w);
}

/* Coverage rows come by host and source: each host once. */
static enum rc
hosts_json(struct jw *w, struct graph *g, struct arena *a, struct str now,
    struct str then)
{
	struct coverage *c;
	struct entity e;
	int64_t last = 0;
	size_t n, i, told = 0;
	enum rc rc = graph_coverage(g, a, &c, &n);

	jw_key(w, "hosts");
	jw_array(w);
	for (i = 0; rc == RC_OK && i < n && told < HOSTS_MOST; i++) {
		if (c[i].host == 0 || c[i].host == last)
			continue;
		last = c[i].host;
		rc = graph_entity_get(g, a, last, &e);
		if (rc != RC_OK)
			break;
		told++;
		jw_object(w);
		jw_key_s(w, "host", e.name.len > 0 ? e.name : e.key);
		owner_json(w, "owner_now", now,
		    e.name.len > 0 ? e.name : e.key);
		owner_json(w, "owner_then", then,
		    e.name.len > 0 ? e.name : e.key);
		jw_object_end(w);
	}
	jw_array_end(w);
	return rc;
}

enum rc
owners_preview(struct app *app, const struct request *rq, struct reply *rp)
{
	struct str map, now;
	struct tenant t;
	struct graph *g;
	struct jw w;
	enum rc rc = graph_of(app, rq, rp, &t, &g);

	if (rc == RC_OK)
		rc = map_read(rq, rp, &map);
	if (rc != RC_OK)
		return rc;
	now = graph_text(g, rq->mem, "owners");
	w = reply_json(rp);
	jw_object(&w);
	jw_key_s(&w, "tenant", t.name);
	jw_key_i(&w, "lines", (int64_t)owners_lines(map));
	jw_key_i(&w, "lines_now", (int64_t)owners_lines(now));
	rc = hosts_json(&w, g, rq->mem, now, map);
	jw_object_end(&w);
	return rc;
}
