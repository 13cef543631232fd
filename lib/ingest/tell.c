/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has changed about a chain goes into the store (a version with its
 * reason and difference) and into the change log (the very line that live
 * puts on the wire).
 */
#include "ingest/inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "again.h"
#include "attack.h"

enum { FOUND_BY_MAX = 512, LISTED_MAX = 200 };

/* ---- what the row says ---------------------------------------------------- */

static struct str
techniques_of(struct arena *a, const struct chain *c)
{
	struct str out = { 0 };
	char text[TECHNIQUE_TEXT];
	size_t i;

	for (i = 0; i < c->n_techniques; i++)
		out = str_printf(a, "%.*s%s%s", STR_ARG(out), i ? " " : "",
		    technique_text(c->techniques[i], text));
	return out;
}

static bool
finds(const struct ref *r)
{
	return r->kind != KIND_HANDLE && r->kind != KIND_TRANSACTION &&
	    r->kind != KIND_REGISTRY;
}

/* The entities that the chain is found by. */
static int64_t *
entities_of(struct teller *t, const struct chain *c, size_t *n)
{
	const struct view *v = graph_view(t->g);
	int64_t *out = arena_array(t->a, FOUND_BY_MAX, sizeof(*out));
	const struct node *node;
	struct table seen;
	size_t i, k;
	bool added;

	*n = 0;
	table_init(&seen);
	for (i = 0; i < c->n_members && *n < FOUND_BY_MAX; i++) {
		node = v->node(v->ctx, c->members[i].ev);
		for (k = 0; k < node->n_refs && *n < FOUND_BY_MAX; k++) {
			if (!finds(&node->refs[k]))
				continue;
			table_add(&seen, (uint64_t)node->refs[k].entity, 1,
			    &added);
			if (added)
				out[(*n)++] = node->refs[k].entity;
		}
	}
	table_release(&seen);
	return out;
}

/* ---- what has changed -------------------------------------------------------- */

static void
put_event_id(struct teller *t, struct jw *w, int64_t ev)
{
	const struct view *v = graph_view(t->g);
	const struct node *n = v->node(v->ctx, ev);
	char text[EVENT_ID_TEXT];

	if (n == NULL) {
		jw_null(w);
		return;
	}
	event_id_text(n->id, text);
	jw_c(w, text);
}

static void
put_new_nodes(struct teller *t, struct jw *w, const struct chain *old,
    const struct chain *c)
{
	struct table had;
	int64_t one;
	size_t i, n = 0;

	table_init(&had);
	for (i = 0; i < old->n_members; i++)
		table_put(&had, (uint64_t)old->members[i].ev, 1);
	jw_key(w, "added_nodes");
	jw_array(w);
	for (i = 0; i < c->n_members && n < LISTED_MAX; i++) {
		if (table_get(&had, (uint64_t)c->members[i].ev, &one))
			continue;
		put_event_id(t, w, c->members[i].ev);
		n++;
	}
	jw_array_end(w);
	table_release(&had);
}

static uint64_t
edge_key(const struct edge *e)
{
	return (uint64_t)e->from * 0x9e3779b97f4a7c15ULL ^
	    (uint64_t)e->to * 31 ^ (uint64_t)e->rule ^ (uint64_t)e->grade << 8;
}

static void
put_new_edges(struct teller *t, struct jw *w, const struct chain *old,
    const struct chain *c)
{
	struct table had;
	int64_t one;
	size_t i, n = 0;

	table_init(&had);
	for (i = 0; i < old->n_edges; i++)
		table_put(&had, edge_key(&old->edges[i]), 1);
	jw_key(w, "added_edges");
	jw_array(w);
	for (i = 0; i < c->n_edges && n < LISTED_MAX; i++) {
		if (table_get(&had, edge_key(&c->edges[i]), &one))
			continue;
		jw_object(w);
		jw_key(w, "from");
		put_event_id(t, w, c->edges[i].from);
		jw_key(w, "to");
		put_event_id(t, w, c->edges[i].to);
		jw_key_c(w, "rule", rule_row(c->edges[i].rule)->id);
		jw_key_c(w, "grade", grade_name(c->edges[i].grade));
		jw_object_end(w);
		n++;
	}
	jw_array_end(w);
	table_release(&had);
}

static enum rc
log_change(struct teller *t, const char *kind, const struct chain_row *row,
    const char *change, const struct chain *old, const struct chain *c)
{
	char id[CHAIN_ID_TEXT], word[64];
	struct buf b;
	struct jw w;
	enum rc rc;

	buf_init(&b, 4 << 20);
	jw_init(&w, &b);
	chain_id_text(row->id, id);
	jw_object(&w);
	jw_key_c(&w, "chain_id", id);
	jw_key_i(&w, "version", row->version);
	jw_key_c(&w, "confidence", grade_name(row->grade));
	jw_key_n(&w, "score", row->score);
	jw_key_c(&w, "change", change);
	jw_key_s(&w, "summary", row->title);
	put_new_nodes(t, &w, old, c);
	put_new_edges(t, &w, old, c);
	jw_object_end(&w);
	snprintf(word, sizeof(word), "%s%s", t->history ? CHANGE_HISTORY : "",
	    kind);
	rc = graph_change_add(t->g, word, row->id, buf_str(&b), t->now_ns);
	buf_release(&b);
	return rc;
}

static struct str
diff_of(struct teller *t, const struct chain_row *was, const struct chain *old,
    const struct chain *c)
{
	struct buf b;
	struct jw w;
	struct str out;

	buf_init(&b, 4 << 20);
	jw_init(&w, &b);
	jw_object(&w);
	put_new_nodes(t, &w, old, c);
	put_new_edges(t, &w, old, c);
	jw_key_i(&w, "removed_nodes", old->n_members > c->n_members ?
	    (int64_t)(old->n_members - c->n_members) : 0);
	if (was->version > 0) {
		jw_key_c(&w, "grade_before", grade_name(was->grade));
		jw_key_n(&w, "score_before", was->score);
	}
	jw_object_end(&w);
	out = str_dup(t->a, buf_str(&b));
	buf_release(&b);
	return out;
}

/* ---- telling ------------------------------------------------------------------ */

static void
fill_row(struct teller *t, const struct chain *c, const struct buf *body,
    struct chain_row *row)
{
	memcpy(row->id, c->id, 16);
	row->first_seed = c->first_seed;
	row->grade = c->grade;
	row->score = c->score;
	row->provable_share = c->provable_share;
	row->seeds = c->seeds;
	row->seeds_proven = c->seeds_proven;
	row->root = c->root;
	row->first_ns = c->first_ns;
	row->last_ns = c->last_ns;
	row->tactics = c->tactics;
	row->techniques = techniques_of(t->a, c);
	row->title = chain_title(t->g, t->a, t->doc, c);
	row->body = buf_str(body);
	row->live = true;
}

static const char *
reason(const struct teller *t, const struct chain_row *was)
{
	if (was->version == 0)
		return "created";
	if (t->oldest != NULL && rank_time(t->oldest) < was->last_ns)
		return "late evidence";
	return t->why;
}

/* What is possibly related is told beside the chain: a change of it alone is
 * no news of it, and gives no version. */
static bool
same_but_related(struct teller *t, struct str was, const struct chain *c)
{
	struct chain old = { 0 }, now = *c;
	struct buf a, b;
	bool same;

	if (!chain_unpack(t->a, was, &old))
		return false;
	old.n_related = now.n_related = 0;
	buf_init(&a, 64 << 20);
	buf_init(&b, 64 << 20);
	chain_pack(&old, &a);
	chain_pack(&now, &b);
	same = !buf_bad(&a) && !buf_bad(&b) && str_eq(buf_str(&a), buf_str(&b));
	buf_release(&a);
	buf_release(&b);
	return same;
}

enum news { NEWS_NONE, NEWS_RELATED, NEWS_VERSION };

static enum news
news_of(struct teller *t, const struct chain_row *was, const struct chain *c,
    struct str body)
{
	if (was->version == 0 || !was->live || was->grade != c->grade ||
	    was->root != c->root ||
	    memcmp(&was->score, &c->score, sizeof(c->score)) != 0)
		return NEWS_VERSION;
	if (str_eq(was->body, body))
		return NEWS_NONE;
	return same_but_related(t, was->body, c) ? NEWS_RELATED : NEWS_VERSION;
}

static int64_t *
members_of(struct teller *t, const struct chain *c)
{
	int64_t *members = arena_array(t->a, c->n_members + 1,
	    sizeof(*members));
	size_t i;

	for (i = 0; i < c->n_members; i++)
		members[i] = c->members[i].ev;
	return members;
}

/* A rebuild compares its words as well: other rules may have given the same
 * links another meaning. If all is as it was, only who is in it is written. */
static enum rc
put_again(struct teller *t, const struct chain *c,
    const struct chain_row *was, const struct buf *body, bool *same)
{
	struct chain_row row = *was;
	int64_t *entities;
	size_t n;

	fill_row(t, c, body, &row);
	*same = str_eq(row.title, was->title) &&
	    str_eq(row.techniques, was->techniques) &&
	    row.tactics == was->tactics && row.seeds == was->seeds &&
	    row.seeds_proven == was->seeds_proven;
	if (!*same)
		return RC_OK;
	entities = entities_of(t, c, &n);
	return graph_chain_relist(t->g, c->id, members_of(t, c), c->n_members,
	    entities, n);
}

static enum rc
put_version(struct teller *t, const struct chain *c,
    const struct chain_row *was, const struct buf *body)
{
	const char *why = reason(t, was);
	struct chain_row row = *was;
	struct chain old = { 0 };
	int64_t *entities;
	size_t n;
	enum rc rc;

	if (was->version > 0 && was->live &&
	    !chain_unpack(t->a, was->body, &old))
		memset(&old, 0, sizeof(old));
	fill_row(t, c, body, &row);
	entities = entities_of(t, c, &n);
	rc = graph_chain_put(t->g, &row, members_of(t, c), c->n_members,
	    entities, n, str_of(why), diff_of(t, was, &old, c), t->now_ns);
	if (rc != RC_OK)
		return rc;
	return log_change(t, was->version > 0 && was->live ? "chain.updated" :
	    "chain.created", &row, why, &old, c);
}

enum rc
tell_chain(struct teller *t, const struct chain *c)
{
	struct chain_row was = { 0 };
	enum news news = NEWS_NONE;
	struct buf body;
	bool same = false;
	enum rc rc;

	buf_init(&body, 64 << 20);
	chain_pack(c, &body);
	rc = buf_bad(&body) ? RC_FAIL : graph_chain_get(t->g, t->a, c->id, &was);
	if (rc == RC_ABSENT) {
		memset(&was, 0, sizeof(was));
		rc = RC_OK;
	}
	if (rc == RC_OK)
		news = news_of(t, &was, c, buf_str(&body));
	if (rc == RC_OK && news == NEWS_RELATED)
		rc = graph_chain_body(t->g, c->id, buf_str(&body));
	if (rc == RC_OK && news != NEWS_VERSION && t->anew) {
		rc = put_again(t, c, &was, &body, &same);
		news = same ? news : NEWS_VERSION;
	}
	if (rc == RC_OK && news == NEWS_VERSION)
		rc = put_version(t, c, &was, &body);
	buf_release(&body);
	return rc;
}

enum rc
tell_gone(struct teller *t, const uint8_t id[16], const struct chain *into)
{
	struct chain none = { 0 };
	struct chain_row row;
	char text[CHAIN_ID_TEXT], change[64] = "no longer a chain";
	enum rc rc;

	rc = graph_chain_get(t->g, t->a, id, &row);
	if (rc == RC_ABSENT)
		return RC_OK;
	if (rc != RC_OK)
		return rc;
	if (into != NULL) {
		chain_id_text(into->id, text);
		snprintf(change, sizeof(change), "merged into %s", text);
	}
	rc = graph_chain_retire(t->g, id, str_of(change), STR("{}"), t->now_ns);
	if (rc != RC_OK)
		return rc;
	row.version++;
	return log_change(t, into != NULL ? "chain.merged" : "chain.retired",
	    &row, change, &none, into != NULL ? into : &none);
}
