/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chain that the caller sent: read as the API writes chains, believed in
 * nothing. Nodes must stand in order and edges go from earlier to later ones.
 * What only the store knows (entities with their parts, levels) is not there,
 * so less is said of it.
 */
#include "explain/inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct named { struct str id; size_t at; };

struct giving {
	struct story *s;
	struct str *pointer;
	const char **detail;
	struct named *by_id;
};

static enum rc
wrong(struct giving *g, struct str pointer, const char *detail)
{
	*g->pointer = pointer;
	*g->detail = detail;
	return RC_INVALID;
}

static int
by_id(const void *a, const void *b)
{
	return str_cmp(((const struct named *)a)->id,
	    ((const struct named *)b)->id);
}

static enum member_role
role_of(struct str word)
{
	int r;

	for (r = MEMBER_ROOT; r <= MEMBER_CONTEXT; r++)
		if (str_is(word, member_role_name((enum member_role)r)))
			return (enum member_role)r;
	return MEMBER_STEP;
}

static struct str
text_of(struct arena *a, const struct json *v, const char *name)
{
	return str_dup(a, json_str(json_get(v, name)));
}

static void
host_of(struct arena *a, struct step *e)
{
	e->who = arena_array(a, 1, sizeof(struct who));
	if (e->host.len > 0)
		e->who[e->n_who++] = (struct who){ KIND_HOST, ROLE_HOST, 0,
			e->host };
}

static void
marks_of(struct arena *a, const struct json *v, struct step *e)
{
	const struct json *list = json_get(v, "techniques");
	size_t i, n = json_len(list);
	technique t;

	n = n > EVENT_TECHNIQUES_MAX ? EVENT_TECHNIQUES_MAX : n;
	e->marks = arena_array(a, n + 1, sizeof(struct mark));
	for (i = 0; i < n; i++) {
		t = technique_parse(json_str(json_item(list, i)));
		if (t != 0)
			e->marks[e->n_marks++] = (struct mark){ t, 2, { 0 } };
	}
}

static enum rc
take_node(struct giving *g, const struct json *v, size_t i)
{
	struct arena *a = g->s->a;
	struct step *e = &g->s->step[i];
	struct str time = json_str(json_get(v, "timestamp"));
	int64_t count = json_int(json_get(v, "count"));

	e->id = text_of(a, v, "event_id");
	if (e->id.len == 0 || e->id.len > 64)
		return wrong(g, str_printf(a, "/chain/nodes/%zu/event_id", i),
		    "must be an event id");
	if (!clock_parse(time, true, &e->time_ns))
		return wrong(g, str_printf(a, "/chain/nodes/%zu/timestamp", i),
		    "must be an RFC 3339 time");
	e->source = text_of(a, v, "source");
	e->type = text_of(a, v, "event_type");
	e->actor = text_of(a, v, "actor");
	e->action = text_of(a, v, "action");
	e->target = text_of(a, v, "target");
	e->host = text_of(a, v, "host");
	e->role = role_of(json_str(json_get(v, "role")));
	e->count = count >= 1 && count <= INT32_MAX ? (int32_t)count : 1;
	marks_of(a, v, e);
	host_of(a, e);
	g->by_id[i] = (struct named){ e->id, i };
	return RC_OK;
}

static enum rc
take_nodes(struct giving *g, const struct json *nodes)
{
	struct story *s = g->s;
	size_t i, n = json_len(nodes);
	enum rc rc = RC_OK;

	if (json_type(nodes) != JSON_ARRAY || n == 0 || n > EXPLAIN_NODES_MAX)
		return wrong(g, STR("/chain/nodes"),
		    "must be an array of 1 to 5000 nodes");
	s->step = arena_array(s->a, n + 1, sizeof(struct step));
	g->by_id = arena_array(s->a, n + 1, sizeof(struct named));
	for (i = 0; i < n && rc == RC_OK; i++)
		rc = take_node(g, json_item(nodes, i), i);
	if (rc != RC_OK)
		return rc;
	s->n = n;
	qsort(g->by_id, n, sizeof(struct named), by_id);
	for (i = 1; i < n; i++)
		if (str_eq(g->by_id[i].id, g->by_id[i - 1].id))
			return wrong(g, str_printf(s->a,
			    "/chain/nodes/%zu/event_id", g->by_id[i].at),
			    "stands there twice");
	return RC_OK;
}

static size_t
place_of(struct giving *g, struct str id)
{
	struct named key = { id, 0 }, *hit = bsearch(&key, g->by_id, g->s->n,
	    sizeof(key), by_id);

	return hit != NULL ? hit->at : SIZE_MAX;
}

static enum rule
rule_of(struct str word)
{
	int r;

	for (r = RULE_NONE + 1; r < RULE__MAX; r++)
		if (str_is(word, rule_row((enum rule)r)->id))
			return (enum rule)r;
	return RULE_NONE;
}

static enum rc
take_edge(struct giving *g, const struct json *v, size_t i)
{
	struct story *s = g->s;
	struct tie t = { .from = place_of(g, json_str(json_get(v, "from"))),
		.to = place_of(g, json_str(json_get(v, "to"))) };

	if (t.from == SIZE_MAX || t.to == SIZE_MAX)
		return wrong(g, str_printf(s->a, "/chain/edges/%zu", i),
		    "must join two of the chain's nodes");
	if (t.from >= t.to)
		return wrong(g, str_printf(s->a, "/chain/edges/%zu", i),
		    "must lead from an earlier node to a later one");
	t.rule_id = text_of(s->a, v, "rule");
	t.rule = rule_of(t.rule_id);
	t.family = t.rule == RULE_NONE ? 1 : rule_row(t.rule)->family;
	t.grade = grade_of_name(json_str(json_get(v, "grade")));
	t.grade = t.grade == 0 ? GRADE_INFERRED : t.grade;
	t.conf = json_double(json_get(v, "confidence"));
	if (!(t.conf > 0 && t.conf <= 1))
		t.conf = 0.2;
	s->tie[s->n_ties++] = t;
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

static enum rc
take_edges(struct giving *g, const struct json *edges)
{
	struct story *s = g->s;
	size_t i, n = json_len(edges);
	enum rc rc = RC_OK;

	if ((json_type(edges) != JSON_ARRAY && json_type(edges) != JSON_NULL) ||
	    n > EXPLAIN_EDGES_MAX)
		return wrong(g, STR("/chain/edges"),
		    "must be an array of at most 40000 edges");
	s->tie = arena_array(s->a, n + 1, sizeof(struct tie));
	for (i = 0; i < n && rc == RC_OK; i++)
		rc = take_edge(g, json_item(edges, i), i);
	if (s->n_ties > 0)
		qsort(s->tie, s->n_ties, sizeof(struct tie), by_end);
	return rc;
}

enum rc
explain_given(struct arena *a, const struct json *chain, struct story **out,
    struct str *pointer, const char **detail)
{
	struct story *s = arena_get(a, sizeof(*s));
	struct giving g = { .s = s, .pointer = pointer, .detail = detail };
	enum rc rc;

	s->a = a;
	s->given = true;
	if (json_type(chain) != JSON_OBJECT)
		return wrong(&g, STR("/chain"), "must be a chain as answered");
	rc = take_nodes(&g, json_get(chain, "nodes"));
	if (rc == RC_OK)
		rc = take_edges(&g, json_get(chain, "edges"));
	if (rc != RC_OK)
		return rc;
	s->grade = grade_of_name(json_str(json_get(chain, "confidence")));
	s->grade = s->grade == 0 ? GRADE_INFERRED : s->grade;
	s->score = json_double(json_get(chain, "score"));
	s->cut = text_of(a, json_get(chain, "truncated"), "why");
	s->root = place_of(&g, json_str(json_get(chain, "root_cause")));
	story_weigh(s);
	*out = s;
	return RC_OK;
}
