/* SPDX-License-Identifier: Apache-2.0 */
/* One chain as JSON (api.md 6). */
#include "read/inner.h"

#include <stdlib.h>
#include <string.h>

#include "attack.h"
#include "base/hash.h"

enum { ENTITIES_SHOWN = 200, FOLDED_MAX = 100000 };

static void
put_raw(struct jw *w, struct reader *r, const struct told *t)
{
	jw_key_c(w, "raw_sha256", t->sha256);
	if (t->row.extra.len > 0)	/* what stood around the record */
		jw_key_s(w, "outer", t->row.extra);
	if (utf8_ok(t->e.raw))
		jw_key_s(w, "raw", t->e.raw);
	else
		jw_key_s(w, "raw_base64", base64_text(r->a, t->e.raw.p,
		    t->e.raw.len));
}

static enum rc
put_node(struct reader *r, struct jw *w, const struct member *m,
    unsigned include)
{
	const struct told *t = told_get(r, m->ev);

	if (t == NULL)
		return RC_FAIL;
	jw_object(w);
	jw_key_c(w, "event_id", t->id);
	jw_key(w, "timestamp");
	jw_time(w, t->e.time_ns);
	jw_key_s(w, "source", t->e.source);
	jw_key_s(w, "event_type", t->e.type);
	jw_key_s(w, "actor", t->e.actor);
	jw_key_s(w, "action", t->e.action);
	put_text(w, "target", t->e.target);
	put_text(w, "host", t->e.host);
	put_techniques(w, "techniques", &t->e);
	jw_key_c(w, "role", member_role_name((enum member_role)m->role));
	jw_key_i(w, "count", m->count);
	if (include & INCLUDE_RAW)
		put_raw(w, r, t);
	if (include & INCLUDE_REFS) {
		jw_key_c(w, "raw_sha256", t->sha256);
		put_entity_refs(r, w, t);
	}
	jw_object_end(w);
	return RC_OK;
}

/* ---- entities -------------------------------------------------------------- */

struct named { enum kind kind; enum role role; struct str key, name; };

static int
by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int c;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	c = str_cmp(x->key, y->key);
	return c != 0 ? c : (int)x->role - (int)y->role;
}

static struct named *
names_of(struct reader *r, const struct chain *c, size_t *n)
{
	const struct told *t;
	struct named *all = NULL;
	size_t room = 0, i, k, count = 0;

	for (i = 0; i < c->n_members; i++) {
		t = told_get(r, c->members[i].ev);
		for (k = 0; t != NULL && k < t->e.n_refs; k++) {
			all = arena_grow(r->a, all, &room, count + 1,
			    sizeof(*all));
			all[count++] = (struct named){ t->e.refs[k].kind,
				t->e.refs[k].role, t->e.refs[k].key,
				t->e.refs[k].name };
		}
	}
	if (count > 0)
		qsort(all, count, sizeof(*all), by_name);
	*n = count;
	return all;
}

static void
put_entities(struct reader *r, struct jw *w, const struct chain *c)
{
	struct named *all;
	char ref[31];
	size_t n, i, shown = 0;

	all = names_of(r, c, &n);
	jw_key(w, "entities");
	jw_array(w);
	for (i = 0; i < n && shown < ENTITIES_SHOWN; i++) {
		if (i > 0 && all[i].kind == all[i - 1].kind &&
		    str_eq(all[i].key, all[i - 1].key))
			continue;
		entity_ref_text(all[i].kind, all[i].key, ref);
		jw_object(w);
		jw_key_c(w, "kind", kind_name(all[i].kind));
		jw_key_c(w, "key", ref);
		jw_key_s(w, "name", all[i].name);
		jw_key_c(w, "role", role_name(all[i].role));
		jw_object_end(w);
		shown++;
	}
	jw_array_end(w);
}

/* ---- what stands in the row -------------------------------------------------- */

static void
put_words(struct jw *w, const char *key, struct str list)
{
	struct str word;

	jw_key(w, key);
	jw_array(w);
	while (str_cut(&list, ' ', &word))
		if (word.len > 0)
			jw_str(w, word);
	jw_array_end(w);
}

static void
put_tactics(struct jw *w, uint32_t tactics)
{
	int t;

	jw_key(w, "mitre_tactics");
	jw_array(w);
	for (t = 0; t < TACTIC__MAX; t++)
		if (tactics & 1U << t)
			jw_c(w, tactic_name((enum tactic)t));
	jw_array_end(w);
}

static void
put_event_id(struct reader *r, struct jw *w, const char *key, int64_t ev)
{
	const struct told *t = ev != 0 ? told_get(r, ev) : NULL;

	jw_key(w, key);
	jw_c(w, t != NULL ? t->id : NULL);
}

static bool
is_member(const struct chain *c, int64_t ev)
{
	size_t i;

	for (i = 0; i < c->n_members; i++)
		if (c->members[i].ev == ev)
			return true;
	return false;
}

static void
put_cut(struct reader *r, struct jw *w, const struct truncation *t)
{
	jw_key(w, "truncated");
	if (t->why == NULL) {
		jw_null(w);
		return;
	}
	jw_object(w);
	jw_key_c(w, "why", t->why);
	put_event_id(r, w, "where", t->where);
	jw_key_i(w, "frontier_edges", t->frontier_edges);
	jw_key_i(w, "events_not_explored", t->events_not_explored);
	jw_object_end(w);
}

/* Links that say "possibly related" and no more: to an event of another story,
 * or of one for which the chain had no room. */
static enum rc
put_related(struct reader *r, struct jw *w, const struct chain *c)
{
	char text[CHAIN_ID_TEXT];
	enum rc rc = RC_OK;
	uint8_t id[16];
	int64_t far;
	size_t i;

	jw_key(w, "related");
	jw_array(w);
	for (i = 0; i < c->n_related && rc == RC_OK; i++) {
		far = is_member(c, c->related[i].to) ? c->related[i].from :
		    c->related[i].to;
		jw_object(w);
		put_event_id(r, w, "event_id", far);
		jw_key(w, "chain_id");
		if (graph_chain_of_event(r->g, far, id) == RC_OK) {
			chain_id_text(id, text);
			jw_c(w, text);
		} else {
			jw_null(w);
		}
		jw_key(w, "link");
		rc = read_edge(r, w, &c->related[i]);
		jw_object_end(w);
	}
	jw_array_end(w);
	return rc;
}

static void
put_factors(struct jw *w, const struct chain *c)
{
	size_t i;

	jw_key(w, "score_factors");
	jw_array(w);
	for (i = 0; i < c->n_factors; i++) {
		jw_object(w);
		jw_key_c(w, "name", c->factors[i].name);
		jw_key_n(w, "points", c->factors[i].points);
		jw_key_c(w, "because", c->factors[i].because);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void
put_head(struct reader *r, struct jw *w, const struct chain_row *row,
    struct str requested)
{
	char id[CHAIN_ID_TEXT];

	chain_id_text(row->id, id);
	jw_key_c(w, "chain_id", id);
	if (requested.len > 0 && !str_is(requested, id))
		jw_key_s(w, "requested_id", requested);
	jw_key_i(w, "version", row->version);
	jw_key_c(w, "confidence", grade_name(row->grade));
	jw_key_n(w, "score", row->score);
	jw_key_n(w, "provable_share", row->provable_share);
	jw_key_s(w, "seeds_proven_to_root", str_printf(r->a, "%d/%d",
	    row->seeds_proven, row->seeds));
	jw_key(w, "first_seen");
	jw_time(w, row->first_ns);
	jw_key(w, "last_seen");
	jw_time(w, row->last_ns);
	jw_key_s(w, "title", row->title);
}

static void
put_judgement(struct reader *r, struct jw *w, const struct chain_row *row)
{
	jw_key_s(w, "status", row->status.len ? row->status : STR("open"));
	put_text(w, "assignee", row->assignee);
	put_text(w, "ticket", row->ticket);
	put_text(w, "disposition", row->disposition);
	/* event_id = evt_ + H(id_salt, id of the content): with it an id can be
	 * computed again from the raw bytes. */
	jw_key_s(w, "id_salt", graph_text(r->g, r->a, "id_salt"));
	jw_key_s(w, "ruleset", graph_text(r->g, r->a, "ruleset"));
}

/* The rules that hide it from triage and webhooks, or null. */
static enum rc
put_suppressed(struct reader *r, struct jw *w, const struct chain_row *row)
{
	struct suppressed d;
	enum rc rc = suppress_chain(r->suppress, row, &d);

	jw_key(w, "suppressed");
	suppress_put(w, r->suppress, &d);
	return rc;
}

/* ---- folded: what the members' processes did besides ------------------------- */

struct folding {
	struct reader *r;
	int64_t by_act[ACT__MAX];
	int n;
};

static bool
count_act(void *arg, const struct post *p)
{
	struct folding *f = arg;
	const struct view *v = graph_view(f->r->g);
	const struct node *n = v->node(v->ctx, p->ev);

	if (n != NULL && n->act < ACT__MAX)
		f->by_act[n->act]++;
	return ++f->n < FOLDED_MAX;
}

static void
put_folded_process(struct reader *r, struct jw *w, const struct told *t,
    const struct ref *ref, const struct entref *named)
{
	const struct view *v = graph_view(r->g);
	struct folding f = { .r = r };
	int a;

	v->walk(v->ctx, ref->entity, ROLE_SUBJ | SLOT_MINOR, NULL, count_act,
	    &f);
	for (a = 0; a < ACT__MAX; a++) {
		if (f.by_act[a] == 0)
			continue;
		jw_object(w);
		jw_key_c(w, "event_id", t->id);
		jw_key_s(w, "process", named->name);
		jw_key_c(w, "act", act_name((enum act)a));
		jw_key_i(w, "count", f.by_act[a]);
		jw_object_end(w);
	}
}

static void
put_folded(struct reader *r, struct jw *w, const struct chain *c)
{
	const struct told *t;
	size_t i, k;

	jw_key(w, "folded");
	jw_array(w);
	for (i = 0; i < c->n_members; i++) {
		t = told_get(r, c->members[i].ev);
		if (c->members[i].role == MEMBER_CONTEXT)
			continue;
		for (k = 0; t != NULL && k < t->row.n_refs &&
		    k < t->e.n_refs; k++)
			if (t->row.refs[k].kind == KIND_PROCESS &&
			    t->row.refs[k].role == ROLE_NEW)
				put_folded_process(r, w, t, &t->row.refs[k],
				    &t->e.refs[k]);
	}
	jw_array_end(w);
}

/* ---- the whole ------------------------------------------------------------------ */

static enum rc
put_graph(struct reader *r, struct jw *w, const struct chain *c,
    unsigned include)
{
	enum rc rc = RC_OK;
	size_t i;

	jw_key(w, "nodes");
	jw_array(w);
	for (i = 0; i < c->n_members && rc == RC_OK; i++)
		rc = put_node(r, w, &c->members[i], include);
	jw_array_end(w);
	jw_key(w, "edges");
	jw_array(w);
	for (i = 0; i < c->n_edges && rc == RC_OK; i++)
		rc = read_edge(r, w, &c->edges[i]);
	jw_array_end(w);
	return rc;
}

enum rc
read_chain(struct reader *r, struct jw *w, const struct chain_row *row,
    struct str requested_id, unsigned include)
{
	struct chain c = { 0 };
	enum rc rc;

	if (!chain_unpack(r->a, row->body, &c))
		return RC_FAIL;
	jw_object(w);
	put_head(r, w, row, requested_id);
	rc = put_graph(r, w, &c, include);
	put_words(w, "mitre_techniques", row->techniques);
	put_tactics(w, row->tactics);
	put_entities(r, w, &c);
	put_event_id(r, w, "root_cause", row->root);
	put_factors(w, &c);
	put_cut(r, w, &c.cut);
	if (rc == RC_OK)
		rc = put_related(r, w, &c);
	if (include & INCLUDE_FOLDED)
		put_folded(r, w, &c);
	put_judgement(r, w, row);
	if (rc == RC_OK)
		rc = put_suppressed(r, w, row);
	jw_object_end(w);
	return rc;
}

/* ---- in brief: a line of a list --------------------------------------------- */

enum { PLACES_SHOWN = 20 };

/* Each number once, in order of time, as many as are shown. */
static size_t
note_place(int64_t *seen, size_t n, int64_t id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (seen[i] == id)
			return n;
	if (id == 0 || n >= PLACES_SHOWN)
		return n;
	seen[n] = id;
	return n + 1;
}

/* Hosts and sources of the members, from the nodes alone: no record is read. */
static void
put_places(struct reader *r, struct jw *w, const struct chain *c)
{
	const struct view *v = graph_view(r->g);
	int64_t host[PLACES_SHOWN], source[PLACES_SHOWN];
	size_t i, hosts = 0, sources = 0;
	const struct node *n;
	struct entity e;

	for (i = 0; i < c->n_members; i++) {
		n = v->node(v->ctx, c->members[i].ev);
		if (n == NULL)
			continue;
		hosts = note_place(host, hosts, n->host);
		sources = note_place(source, sources, n->source);
	}
	jw_key(w, "hosts");
	jw_array(w);
	for (i = 0; i < hosts; i++)
		if (graph_entity_get(r->g, r->a, host[i], &e) == RC_OK)
			jw_str(w, e.name);
	jw_array_end(w);
	jw_key(w, "sources");
	jw_array(w);
	for (i = 0; i < sources; i++)
		jw_str(w, graph_word_text(r->g, r->a, source[i]));
	jw_array_end(w);
}

enum rc
read_chain_brief(struct reader *r, struct jw *w, const struct chain_row *row)
{
	struct chain c = { 0 };
	enum rc rc;

	if (!chain_unpack(r->a, row->body, &c))
		return RC_FAIL;
	jw_object(w);
	put_head(r, w, row, (struct str){ 0 });
	jw_key_i(w, "events", (int64_t)c.n_members);
	jw_key_i(w, "links", (int64_t)c.n_edges);
	put_places(r, w, &c);
	put_words(w, "mitre_techniques", row->techniques);
	put_tactics(w, row->tactics);
	put_event_id(r, w, "root_cause", row->root);
	jw_key_b(w, "truncated", c.cut.why != NULL);
	put_judgement(r, w, row);
	rc = put_suppressed(r, w, row);
	jw_object_end(w);
	return rc;
}
