/* SPDX-License-Identifier: Apache-2.0 */
/* One event as JSON (api.md 5). */
#include "read/inner.h"

#include "base/hash.h"

enum { EDGES_SHOWN = 200, CANDIDATES_MAX = 2000 };

enum rc
read_event_find(struct reader *r, struct str id, int64_t *ev)
{
	uint8_t bytes[16];

	if (!event_id_parse(id, bytes))
		return RC_ABSENT;
	return graph_event_find(r->g, bytes, ev);
}

void
put_entity_refs(struct reader *r, struct jw *w, const struct told *t)
{
	const struct entref *ref;
	char text[31];
	size_t i;

	(void)r;
	jw_key(w, "entities");
	jw_array(w);
	for (i = 0; i < t->e.n_refs; i++) {
		ref = &t->e.refs[i];
		entity_ref_text(ref->kind, ref->key, text);
		jw_object(w);
		jw_key_c(w, "kind", kind_name(ref->kind));
		jw_key_c(w, "key", text);
		jw_key_s(w, "name", ref->name);
		jw_key_s(w, "id", ref->key);
		jw_key_c(w, "role", role_name(ref->role));
		jw_key_b(w, "strong", !(ref->flags & (REF_WEAK | REF_CLIENT |
		    REF_ASSERTED)));
		jw_object_end(w);
	}
	jw_array_end(w);
}

/* ---- edges ------------------------------------------------------------------- */

static enum rc
put_in_edges(struct reader *r, struct jw *w, const struct node *n)
{
	struct edge e[EDGES_IN_MAX];
	size_t i, count = cause_in_edges(graph_view(r->g), n, e);
	enum rc rc = RC_OK;

	jw_key(w, "in_edges");
	jw_array(w);
	for (i = 0; i < count && rc == RC_OK; i++)
		rc = read_edge(r, w, &e[i]);
	jw_array_end(w);
	return rc;
}

struct outward {
	struct reader *r;
	struct jw *w;
	int64_t from;
	struct table seen;
	size_t shown, looked;
	enum rc rc;
};

static bool
look(void *arg, const struct post *p)
{
	struct outward *o = arg;
	const struct view *v = graph_view(o->r->g);
	struct edge e[EDGES_IN_MAX];
	const struct node *n;
	size_t i, count;
	bool added;

	table_add(&o->seen, (uint64_t)p->ev, 1, &added);
	n = added ? v->node(v->ctx, p->ev) : NULL;
	count = n != NULL ? cause_in_edges(v, n, e) : 0;
	for (i = 0; i < count && o->rc == RC_OK; i++) {
		if (e[i].from != o->from)
			continue;
		o->rc = read_edge(o->r, o->w, &e[i]);
		o->shown++;
	}
	return o->rc == RC_OK && o->shown < EDGES_SHOWN &&
	    ++o->looked < CANDIDATES_MAX;
}

/* Whoever may have this event as a cause names what it made, wrote, opened. */
static enum rc
put_out_edges(struct reader *r, struct jw *w, const struct node *n)
{
	static const int slots[] = { ROLE_SUBJ, ROLE_PARENT, ROLE_SESS,
		ROLE_CRED, ROLE_USE, ROLE_EXEC, ROLE_READ, ROLE_FLOW,
		ROLE_ENDPOINT, ROLE_TXN, ROLE_USER, ROLE_END,
		ROLE_SUBJ | SLOT_MINOR, ROLE_SESS | SLOT_MINOR,
		ROLE_CRED | SLOT_MINOR };
	const struct view *v = graph_view(r->g);
	struct outward o = { .r = r, .w = w, .from = n->ev, .rc = RC_OK };
	size_t i, k;

	table_init(&o.seen);
	jw_key(w, "out_edges");
	jw_array(w);
	for (i = 0; i < n->n_refs; i++)
		for (k = 0; k < COUNT(slots) && o.rc == RC_OK &&
		    o.shown < EDGES_SHOWN && o.looked < CANDIDATES_MAX; k++)
			if (n->refs[i].role != ROLE_HOST)
				v->walk(v->ctx, n->refs[i].entity, slots[k],
				    &n->rank, look, &o);
	jw_array_end(w);
	table_release(&o.seen);
	return o.rc;
}

/* ---- the event itself ------------------------------------------------------------ */

static void
put_labels(struct jw *w, const struct event *e)
{
	size_t i;

	jw_key(w, "labels");
	jw_array(w);
	for (i = 0; i < e->n_labels; i++)
		jw_str(w, e->labels[i]);
	jw_array_end(w);
}

static void
put_tags(struct jw *w, const struct event *e)
{
	char text[TECHNIQUE_TEXT];
	size_t i;

	jw_key(w, "tags");
	jw_array(w);
	for (i = 0; i < e->n_tags; i++) {
		jw_object(w);
		jw_key(w, "technique");
		jw_c(w, e->tags[i].technique == 0 ? NULL :
		    technique_text(e->tags[i].technique, text));
		jw_key(w, "rule");
		jw_c(w, e->tags[i].rule);
		jw_key_c(w, "by", e->tags[i].rule != NULL ? "rule" : "sender");
		jw_object_end(w);
	}
	jw_array_end(w);
}

/* What lists and the single view have in common. */
void
put_event(struct reader *r, struct jw *w, const struct told *t)
{
	jw_key_c(w, "event_id", t->id);
	jw_key(w, "timestamp");
	jw_time(w, t->e.time_ns);
	jw_key_s(w, "source", t->e.source);
	jw_key_s(w, "event_type", t->e.type);
	jw_key_s(w, "actor", t->e.actor);
	jw_key_s(w, "action", t->e.action);
	put_text(w, "target", t->e.target);
	put_text(w, "host", t->e.host);
	put_text(w, "session", t->e.session);
	jw_key_c(w, "outcome", outcome_name(t->e.outcome));
	jw_key(w, "severity");
	if (t->e.severity < 0)
		jw_null(w);
	else
		jw_int(w, t->e.severity);
	put_labels(w, &t->e);
	put_techniques(w, "mitre_techniques", &t->e);
	jw_key(w, "metadata");
	jw_raw(w, t->e.metadata.len ? t->e.metadata : STR("{}"));
	jw_key(w, "ingested_at");
	jw_time(w, t->row.ingested_ns);
	(void)r;
}

static void
put_raw(struct reader *r, struct jw *w, const struct told *t)
{
	jw_key_c(w, "raw_sha256", t->sha256);
	if (utf8_ok(t->e.raw)) {
		jw_key_s(w, "raw", t->e.raw);
		return;
	}
	jw_key(w, "raw");
	jw_null(w);
	jw_key_s(w, "raw_base64", base64_text(r->a, t->e.raw.p, t->e.raw.len));
}

static void
put_chain_id(struct reader *r, struct jw *w, int64_t ev)
{
	char text[CHAIN_ID_TEXT];
	uint8_t id[16];

	jw_key(w, "chain_id");
	if (graph_chain_of_event(r->g, ev, id) != RC_OK) {
		jw_null(w);
		return;
	}
	chain_id_text(id, text);
	jw_c(w, text);
}

enum rc
read_event_whole(struct reader *r, struct jw *w, int64_t ev)
{
	const struct view *v = graph_view(r->g);
	const struct told *t = told_get(r, ev);
	const struct node *n = v->node(v->ctx, ev);
	enum rc rc;

	if (t == NULL || n == NULL)
		return RC_FAIL;
	jw_object(w);
	put_event(r, w, t);
	jw_key_c(w, "clock", t->e.clock);
	jw_key_b(w, "id_conflict", (t->row.flags & EVENT_CONFLICT) != 0);
	put_chain_id(r, w, ev);
	put_tags(w, &t->e);
	put_entity_refs(r, w, t);
	jw_key(w, "enrichment");
	jw_object(w);
	jw_object_end(w);
	rc = put_in_edges(r, w, n);
	if (rc == RC_OK)
		rc = put_out_edges(r, w, n);
	put_raw(r, w, t);
	jw_object_end(w);
	return rc;
}
