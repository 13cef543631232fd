/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chains - the chains found, their history, and what analysts say of them.
 *
 * GET   /chains                    200 {"chains","next_cursor"}
 * GET   /chains/{id}               200 the chain; any id it ever had; ?version=,
 *				    ?format= (lib/export.h)
 * PATCH /chains/{id}               200; status, assignee, ticket, note
 * GET   /chains/{id}/history       200 {"chain_id","versions","notes"}
 * POST  /chains/{id}/disposition   200; 422 another word
 * POST  /chains/{id}/unlink        200; 404 the chain has no such edge
 */
#include "ask.h"
#include "base/clock.h"
#include "export.h"
#include "ingest.h"
#include "read.h"
#include "serve.h"

#include <string.h>

/* What every handler here needs: the tenant's graph and a reader over it. */
struct turn {
	struct app *app;
	const struct request *rq;
	struct reply *rp;
	struct graph *g;
	struct json_doc *doc, *body;
	struct reader r;
	struct chain_row row;		/* of /chains/{id} */
	const struct json *v;		/* the body */
};

typedef enum rc step(struct turn *t);

static enum rc
take_turn(struct app *app, const struct request *rq, struct reply *rp,
    step *handle)
{
	struct turn t = { .app = app, .rq = rq, .rp = rp };
	enum rc rc = store_graph(app->store, rq->tenant, &t.g);

	if (rc != RC_OK)
		return rc;
	t.doc = json_doc_new();
	t.body = json_doc_new();
	reader_init(&t.r, t.g, rq->mem, t.doc);
	rc = suppress_load(app->store, t.g, rq->mem, rq->tenant,
	    clock_now_ns(), &t.r.suppress);
	if (rc == RC_OK && rq->segments > 1) {
		rc = read_chain_find(&t.r, rq->segment[1], &t.row);
		if (rc == RC_ABSENT)
			rc = reply_problem(rp, rc, "no such chain");
	}
	if (rc == RC_OK)
		rc = ask_body(rq, rp, t.body, &t.v);
	if (rc == RC_OK)
		rc = handle(&t);
	reader_release(&t.r);
	json_doc_free(t.doc);
	json_doc_free(t.body);
	return rc;
}

/* ---- list ------------------------------------------------------------------ */

static enum rc
suppressed_of(struct turn *t, struct chain_filter *f)
{
	struct str s = request_param(t->rq, "suppressed");

	if (str_is(s, "true"))
		f->suppressed = SUPPRESSED_ONLY;
	else if (str_is(s, "false"))
		f->suppressed = SUPPRESSED_NOT;
	else if (request_has_param(t->rq, "suppressed"))
		return reply_bad_field(t->rp, STR("/suppressed"),
		    "must be true or false");
	return RC_OK;
}

static enum rc
filter_of(struct turn *t, struct chain_filter *f)
{
	const struct request *rq = t->rq;
	struct str event = request_param(rq, "event_id");
	enum rc rc;

	f->entity = request_param(rq, "entity");
	f->host = request_param(rq, "host");
	f->status = request_param(rq, "status");
	f->assignee = request_param(rq, "assignee");
	rc = suppressed_of(t, f);
	if (rc != RC_OK)
		return rc;
	f->brief = str_is(request_param(rq, "brief"), "1");
	if (request_has_param(rq, "brief") && !f->brief &&
	    !str_is(request_param(rq, "brief"), "0"))
		return reply_bad_field(t->rp, STR("/brief"), "must be 1 or 0");
	f->limit = 100;
	rc = ask_count(rq, t->rp, "limit", 1, 1000, &f->limit);
	if (rc == RC_OK)
		rc = ask_time(rq, t->rp, "since", &f->has_since, &f->since_ns);
	if (rc == RC_OK)
		rc = ask_time(rq, t->rp, "until", &f->has_until, &f->until_ns);
	if (rc == RC_OK)
		rc = ask_grade(rq, t->rp, "min_confidence", &f->grade);
	if (rc == RC_OK)
		rc = ask_technique(rq, t->rp, "technique", &f->technique);
	if (rc == RC_OK)
		rc = ask_number(rq, t->rp, "min_score", &f->min_score);
	if (rc == RC_OK && event.len > 0) {
		f->has_events = true;
		f->events = arena_array(rq->mem, 1, sizeof(int64_t));
		rc = read_event_find(&t->r, event, f->events);
		f->n_events = rc == RC_OK;
		rc = rc == RC_ABSENT ? RC_OK : rc;
	}
	if (rc != RC_OK || !request_has_param(rq, "cursor"))
		return rc;
	f->has_cursor = ask_cursor_parse(request_param(rq, "cursor"),
	    &f->after_score, f->after_id);
	return f->has_cursor ? RC_OK : reply_bad_field(t->rp,
	    STR("/cursor"), "is not a cursor of this list");
}

static enum rc
list_step(struct turn *t)
{
	struct chain_filter f = { 0 };
	uint8_t id[16];
	double score = 0;
	struct jw w;
	bool more = false;
	enum rc rc = filter_of(t, &f);

	if (rc != RC_OK)
		return rc;
	w = reply_json(t->rp);
	jw_object(&w);
	jw_key(&w, "chains");
	rc = read_chains(&t->r, &w, &f, &more, &score, id);
	jw_key(&w, "next_cursor");
	if (more)
		jw_str(&w, ask_cursor_text(t->rq->mem, score, id));
	else
		jw_null(&w);
	jw_object_end(&w);
	return rc;
}

/* ---- one -------------------------------------------------------------------- */

/* *f is NULL for our own JSON. */
static enum rc
wanted_format(struct turn *t, const struct export_format **f)
{
	struct str name = request_param(t->rq, "format");

	*f = export_format(name);
	if (*f != NULL || name.len == 0 || str_is(name, "json"))
		return RC_OK;
	return reply_bad_field(t->rp, STR("/format"), "must be one of %s",
	    export_names());
}

static enum rc
wanted_version(struct turn *t, struct chain_row *row)
{
	uint64_t version = 0;
	enum rc rc;

	if (!request_has_param(t->rq, "version"))
		return RC_OK;
	if (!str_u64(request_param(t->rq, "version"), &version))
		return reply_bad_field(t->rp, STR("/version"),
		    "must be a whole number");
	rc = version > INT64_MAX ? RC_ABSENT : graph_chain_version(t->g,
	    t->rq->mem, t->row.id, (int64_t)version, row);
	if (rc == RC_ABSENT)
		return reply_problem(t->rp, rc, "no such version");
	return rc;
}

/* A browser shows HTML from here as a page of ours: it may run and fetch
 * nothing, whatever it holds, and has no origin. */
static enum rc
show_export(struct turn *t, const struct export_format *f,
    const struct chain_row *row)
{
	char id[CHAIN_ID_TEXT];

	chain_id_text(row->id, id);
	t->rp->content_type = f->media_type;
	reply_header(t->rp, "Content-Disposition", str_printf(t->rq->mem,
	    "inline; filename=\"%s.%s\"", id, f->suffix));
	reply_header(t->rp, "Content-Security-Policy", STR("default-src "
	    "'none'; style-src 'unsafe-inline'; sandbox"));
	return export_stored(f, t->g, t->rq->mem, row, &t->rp->body);
}

static enum rc
show_step(struct turn *t)
{
	struct chain_row row = t->row;
	const struct export_format *f;
	struct jw w;
	enum rc rc = wanted_format(t, &f);

	if (rc == RC_OK)
		rc = wanted_version(t, &row);
	if (rc == RC_OK && f != NULL)
		return show_export(t, f, &row);
	if (rc != RC_OK)
		return rc;
	w = reply_json(t->rp);
	return read_chain(&t->r, &w, &row, t->rq->segment[1], INCLUDE_FOLDED);
}

static void
put_versions(struct jw *w, const struct chain_change *c, size_t n)
{
	size_t i;

	jw_key(w, "versions");
	jw_array(w);
	for (i = 0; i < n; i++) {
		jw_object(w);
		jw_key_i(w, "version", c[i].version);
		jw_key(w, "at");
		jw_time(w, c[i].at_ns);
		jw_key_s(w, "change", c[i].change);
		jw_key_c(w, "confidence", grade_name(c[i].grade));
		jw_key_n(w, "score", c[i].score);
		jw_key(w, "diff");
		jw_raw(w, c[i].diff.len > 0 ? c[i].diff : STR("{}"));
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void
put_notes(struct jw *w, const struct chain_note *notes, size_t n)
{
	size_t i;

	jw_key(w, "notes");
	jw_array(w);
	for (i = 0; i < n; i++) {
		jw_object(w);
		jw_key(w, "at");
		jw_time(w, notes[i].at_ns);
		jw_key_s(w, "who", notes[i].who);
		jw_key_s(w, "what", notes[i].what);
		jw_key_s(w, "text", notes[i].text);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static enum rc
history_step(struct turn *t)
{
	struct chain_change *c;
	struct chain_note *notes;
	char id[CHAIN_ID_TEXT];
	size_t n, n_notes;
	struct jw w;
	enum rc rc;

	rc = graph_chain_history(t->g, t->rq->mem, t->row.id, &c, &n);
	if (rc == RC_OK)
		rc = graph_chain_notes(t->g, t->rq->mem, t->row.id, &notes,
		    &n_notes);
	if (rc != RC_OK)
		return rc;
	chain_id_text(t->row.id, id);
	w = reply_json(t->rp);
	jw_object(&w);
	jw_key_c(&w, "chain_id", id);
	put_versions(&w, c, n);
	put_notes(&w, notes, n_notes);
	jw_object_end(&w);
	return RC_OK;
}

/* ---- what analysts say ---------------------------------------------------------- */

static bool
is_one_of(struct str s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (str_is(s, *words))
			return true;
	return false;
}

static enum rc
say(struct turn *t, const char *what, struct str text)
{
	if (text.len == 0)
		return RC_OK;
	return graph_chain_say(t->g, t->row.id, t->rq->author, str_of(what),
	    text, clock_now_ns());
}

static enum rc
show_again(struct turn *t)
{
	struct jw w;
	enum rc rc = graph_chain_get(t->g, t->rq->mem, t->row.id, &t->row);

	if (rc != RC_OK)
		return rc;
	w = reply_json(t->rp);
	return read_chain(&t->r, &w, &t->row, t->rq->segment[1], 0);
}

static enum rc
patch_step(struct turn *t)
{
	static const char *const statuses[] = { "open", "in_progress",
		"contained", "closed", NULL };
	struct str status = { 0 }, assignee = { 0 }, ticket = { 0 },
		note = { 0 };
	enum rc rc = ask_text(t->rp, t->v, "status", &status);

	if (rc == RC_OK)
		rc = ask_text(t->rp, t->v, "assignee", &assignee);
	if (rc == RC_OK)
		rc = ask_text(t->rp, t->v, "ticket", &ticket);
	if (rc == RC_OK)
		rc = ask_text(t->rp, t->v, "note", &note);
	if (rc == RC_OK && status.len > 0 && !is_one_of(status, statuses))
		rc = reply_bad_field(t->rp, STR("/status"), "must be open, "
		    "in_progress, contained or closed");
	if (rc == RC_OK && status.len + assignee.len + ticket.len +
	    note.len == 0)
		rc = reply_bad_field(t->rp, STR(""), "say at least one of "
		    "status, assignee, ticket, note");
	if (rc == RC_OK)
		rc = say(t, "status", status);
	if (rc == RC_OK)
		rc = say(t, "assignee", assignee);
	if (rc == RC_OK)
		rc = say(t, "ticket", ticket);
	if (rc == RC_OK)
		rc = say(t, "note", note);
	return rc == RC_OK ? show_again(t) : rc;
}

static enum rc
disposition_step(struct turn *t)
{
	static const char *const words[] = { "true_positive", "false_positive",
		"benign", NULL };
	struct str word = { 0 }, note = { 0 };
	enum rc rc = ask_text(t->rp, t->v, "disposition", &word);

	if (rc == RC_OK)
		rc = ask_text(t->rp, t->v, "note", &note);
	if (rc == RC_OK && !is_one_of(word, words))
		rc = reply_bad_field(t->rp, STR("/disposition"), "must be "
		    "true_positive, false_positive or benign");
	if (rc == RC_OK)
		rc = say(t, "disposition", word);
	if (rc == RC_OK)
		rc = say(t, "note", note);
	return rc == RC_OK ? show_again(t) : rc;
}

static bool
has_edge(struct turn *t, int64_t from, int64_t to)
{
	struct chain c = { 0 };
	size_t i;

	if (!chain_unpack(t->rq->mem, t->row.body, &c))
		return false;
	for (i = 0; i < c.n_edges; i++)
		if (c.edges[i].from == from && c.edges[i].to == to)
			return true;
	return false;
}

static enum rc
cut_edge(struct turn *t, int64_t from, int64_t to)
{
	const int64_t ends[] = { from, to };
	struct ingest *in;
	enum rc rc;

	rc = graph_unlink_add(t->g, from, to, t->rq->author, clock_now_ns());
	if (rc != RC_OK)
		return rc;
	graph_view_reset(t->g);
	in = ingest_new(t->app->store);
	rc = ingest_relink(in, t->g, t->rq->tenant, ends, 2, clock_now_ns(),
	    "unlinked");
	ingest_free(in);
	return rc;
}

static enum rc
unlink_step(struct turn *t)
{
	struct str from = { 0 }, to = { 0 };
	int64_t a = 0, b = 0;
	struct jw w;
	enum rc rc = ask_text(t->rp, t->v, "from", &from);

	if (rc == RC_OK)
		rc = ask_text(t->rp, t->v, "to", &to);
	if (rc == RC_OK && (from.len == 0 || to.len == 0))
		rc = reply_bad_field(t->rp, from.len == 0 ? STR("/from") :
		    STR("/to"), "must be the event id at one end of the edge");
	if (rc != RC_OK)
		return rc;
	if (read_event_find(&t->r, from, &a) != RC_OK ||
	    read_event_find(&t->r, to, &b) != RC_OK || !has_edge(t, a, b))
		return reply_problem(t->rp, RC_ABSENT,
		    "the chain has no such edge");
	rc = cut_edge(t, a, b);
	if (rc != RC_OK)
		return rc;
	w = reply_json(t->rp);
	jw_object(&w);
	jw_key_b(&w, "unlinked", true);
	jw_key_s(&w, "from", from);
	jw_key_s(&w, "to", to);
	jw_object_end(&w);
	return RC_OK;
}

/* ---- routes --------------------------------------------------------------------- */

static enum rc
list(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, list_step);
}

static enum rc
show(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, show_step);
}

static enum rc
history(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, history_step);
}

static enum rc
patch(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, patch_step);
}

static enum rc
disposition(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, disposition_step);
}

static enum rc
unlink_edge(struct app *app, const struct request *rq, struct reply *rp)
{
	return take_turn(app, rq, rp, unlink_step);
}

#define CHANGES (ROUTE_CONSOLE | ROUTE_WRITES)

static const struct route routes[] = {
	{ METHOD_GET, "/chains", SCOPE_READ, ROUTE_CONSOLE, list },
	{ METHOD_GET, "/chains/{id}", SCOPE_READ, ROUTE_CONSOLE, show },
	{ METHOD_PATCH, "/chains/{id}", SCOPE_ANALYZE, CHANGES, patch },
	{ METHOD_GET, "/chains/{id}/history", SCOPE_READ, ROUTE_CONSOLE,
	    history },
	{ METHOD_POST, "/chains/{id}/disposition", SCOPE_ANALYZE, CHANGES,
	    disposition },
	{ METHOD_POST, "/chains/{id}/unlink", SCOPE_ANALYZE, CHANGES,
	    unlink_edge },
};

int
main(void)
{
	return serve_endpoint(&(struct endpoint){
		.name = "chains",
		.routes = routes,
		.n_routes = COUNT(routes),
	});
}
