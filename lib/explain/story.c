/* SPDX-License-Identifier: Apache-2.0 */
/* A stored chain as facts: each event read again from its kept bytes. */
#include "explain/inner.h"

#include <stdlib.h>
#include <string.h>

#include "again.h"
#include "attack.h"
#include "base/hash.h"
#include "base/table.h"

static struct str
id_of(struct arena *a, const uint8_t id[16])
{
	char text[EVENT_ID_TEXT];

	event_id_text(id, text);
	return str_dup(a, str_of(text));
}

static void
step_of(struct arena *a, const struct event *e, struct step *out)
{
	size_t i;

	out->time_ns = e->time_ns;
	out->source = e->source;
	out->type = e->type;
	out->actor = e->actor;
	out->action = e->action;
	out->target = e->target;
	out->host = e->host;
	out->act = e->act;
	out->outcome = e->outcome;
	out->flags = e->flags;
	out->marks = arena_array(a, e->n_tags + 1, sizeof(struct mark));
	for (i = 0; i < e->n_tags; i++)
		out->marks[out->n_marks++] = (struct mark){
			e->tags[i].technique, e->tags[i].level,
			str_of(e->tags[i].rule) };
	out->who = arena_array(a, e->n_refs + 1, sizeof(struct who));
	for (i = 0; i < e->n_refs; i++)
		out->who[out->n_who++] = (struct who){ e->refs[i].kind,
			e->refs[i].role, e->refs[i].flags,
			e->refs[i].name.len > 0 ? e->refs[i].name :
			e->refs[i].key };
}

static enum rc
read_steps(struct graph *g, struct json_doc *doc, const struct chain *c,
    struct story *s, struct table *at)
{
	struct event_row row;
	struct event e;
	enum rc rc;
	size_t i;

	s->step = arena_array(s->a, c->n_members + 1, sizeof(struct step));
	for (i = 0; i < c->n_members; i++) {
		memset(&e, 0, sizeof(e));
		rc = event_again(g, s->a, doc, c->members[i].ev, &e, &row);
		if (rc != RC_OK)
			return rc == RC_ABSENT ? RC_FAIL : rc;
		step_of(s->a, &e, &s->step[i]);
		s->step[i].id = id_of(s->a, row.id);
		s->step[i].role = (enum member_role)c->members[i].role;
		s->step[i].count = c->members[i].count > 0 ?
		    c->members[i].count : 1;
		table_put(at, (uint64_t)c->members[i].ev, (int64_t)i);
		if (c->members[i].ev == c->root)
			s->root = i;
	}
	s->n = c->n_members;
	return RC_OK;
}

static int
by_end(const void *a, const void *b)
{
	const struct tie *x = a, *y = b;

	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (int)x->rule - (int)y->rule;
}

static void
read_ties(const struct chain *c, struct story *s, const struct table *at)
{
	const struct edge *e;
	int64_t from, to;
	size_t i;

	s->tie = arena_array(s->a, c->n_edges + 1, sizeof(struct tie));
	for (i = 0; i < c->n_edges; i++) {
		e = &c->edges[i];
		if (!table_get(at, (uint64_t)e->from, &from) ||
		    !table_get(at, (uint64_t)e->to, &to) || from >= to)
			continue;
		s->tie[s->n_ties++] = (struct tie){ (size_t)from, (size_t)to,
			e->rule, rule_row(e->rule)->family, e->grade, e->conf,
			e->flags, str_of(rule_row(e->rule)->id) };
	}
	if (s->n_ties > 0)
		qsort(s->tie, s->n_ties, sizeof(struct tie), by_end);
}

enum rc
explain_stored(struct graph *g, struct arena *a, struct json_doc *doc,
    const struct chain_row *row, struct story **out)
{
	struct story *s = arena_get(a, sizeof(*s));
	char id[CHAIN_ID_TEXT];
	struct chain c = { 0 };
	struct table at;
	enum rc rc;

	if (!chain_unpack(a, row->body, &c) || c.n_members == 0)
		return RC_FAIL;
	chain_id_text(row->id, id);
	s->a = a;
	s->chain_id = str_dup(a, str_of(id));
	s->version = row->version;
	s->grade = row->grade;
	s->score = row->score;
	s->cut = str_of(c.cut.why);
	c.root = row->root != 0 ? row->root : c.root;
	table_init(&at);
	rc = read_steps(g, doc, &c, s, &at);
	if (rc == RC_OK)
		read_ties(&c, s, &at);
	table_release(&at);
	if (rc == RC_OK)
		story_weigh(s);
	*out = s;
	return rc;
}

void
explain_surroundings(struct story *s, struct str sources, struct str owners)
{
	s->sources = sources;
	s->owners = owners;
}

static bool
has_word(struct str list, struct str word)
{
	struct str w;

	while (str_cut(&list, ' ', &w))
		if (str_eq(w, word))
			return true;
	return false;
}

enum rc
explain_tenant(struct graph *g, struct story *s)
{
	struct coverage *c;
	struct str word, list = { 0 };
	size_t n, i;
	enum rc rc = graph_coverage(g, s->a, &c, &n);

	if (rc != RC_OK)
		return rc;
	for (i = 0; i < n; i++) {
		word = graph_word_text(g, s->a, c[i].source);
		if (!has_word(list, word))
			list = str_printf(s->a, "%.*s%s%.*s", STR_ARG(list),
			    list.len > 0 ? " " : "", STR_ARG(word));
	}
	explain_surroundings(s, list, graph_text(g, s->a, "owners"));
	s->ruleset = graph_text(g, s->a, "ruleset");
	return RC_OK;
}

void
explain_digest(const struct story *s, uint8_t out[32])
{
	struct sha256_state h;

	sha256_begin(&h);
	sha256_add_field(&h, s->chain_id);
	sha256_add_field(&h, (struct str){ (const char *)&s->version,
	    sizeof(s->version) });
	sha256_add_field(&h, s->sources);
	sha256_add_field(&h, s->owners);
	sha256_add_field(&h, s->ruleset);
	sha256_add_field(&h, str_of(attack_version()));
	sha256_end(&h, out);
}
