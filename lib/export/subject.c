/* SPDX-License-Identifier: Apache-2.0 */
/* The chain's JSON read into points and links, once for all formats. */
#include "export/inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static struct str
text_of(const struct json *v, const char *name)
{
	return json_str(json_get(v, name));
}

static int
by_number(const void *a, const void *b)
{
	technique x = *(const technique *)a, y = *(const technique *)b;

	return (x > y) - (x < y);
}

static technique *
techniques_of(struct arena *a, const struct json *list, size_t *n)
{
	size_t i, count = json_len(list);
	technique *t = arena_array(a, count + 1, sizeof(technique));

	*n = 0;
	for (i = 0; i < count; i++) {
		t[*n] = technique_parse(json_str(json_item(list, i)));
		*n += t[*n] != 0;
	}
	return t;
}

static bool
read_point(struct subject *s, const struct json *v, struct point *p)
{
	p->id = text_of(v, "event_id");
	p->source = text_of(v, "source");
	p->type = text_of(v, "event_type");
	p->actor = text_of(v, "actor");
	p->action = text_of(v, "action");
	p->target = text_of(v, "target");
	p->host = text_of(v, "host");
	p->role = text_of(v, "role");
	p->sha256 = text_of(v, "raw_sha256");
	p->count = json_int(json_get(v, "count"));
	p->count = p->count < 1 ? 1 : p->count;
	p->techniques = techniques_of(s->a, json_get(v, "techniques"),
	    &p->n_techniques);
	p->entities = json_get(v, "entities");
	return p->id.len > 0 &&
	    clock_parse(text_of(v, "timestamp"), true, &p->time_ns);
}

struct place { struct str id; size_t at; };

static int
by_id(const void *a, const void *b)
{
	return str_cmp(((const struct place *)a)->id,
	    ((const struct place *)b)->id);
}

static size_t
place_of(const struct place *places, size_t n, struct str id)
{
	struct place key = { id, 0 };
	const struct place *hit = bsearch(&key, places, n, sizeof(key), by_id);

	return hit != NULL ? hit->at : SIZE_MAX;
}

static bool
read_link(const struct place *places, size_t n, const struct json *v,
    struct link *l)
{
	l->from = place_of(places, n, text_of(v, "from"));
	l->to = place_of(places, n, text_of(v, "to"));
	l->rule = text_of(v, "rule");
	l->heuristic = text_of(v, "heuristic");
	l->grade = text_of(v, "grade");
	l->because = text_of(v, "because");
	l->confidence = json_double(json_get(v, "confidence"));
	l->evidence = json_get(v, "evidence");
	l->to_prove = json_get(v, "to_prove");
	return l->from != SIZE_MAX && l->to != SIZE_MAX;
}

static bool
read_graph(struct subject *s)
{
	const struct json *nodes = json_get(s->chain, "nodes");
	const struct json *edges = json_get(s->chain, "edges");
	struct place *places;
	size_t i;

	s->n_points = json_len(nodes);
	s->n_links = json_len(edges);
	s->point = arena_array(s->a, s->n_points + 1, sizeof(struct point));
	s->link = arena_array(s->a, s->n_links + 1, sizeof(struct link));
	places = arena_array(s->a, s->n_points + 1, sizeof(*places));
	for (i = 0; i < s->n_points; i++) {
		if (!read_point(s, json_item(nodes, i), &s->point[i]))
			return false;
		places[i] = (struct place){ s->point[i].id, i };
	}
	if (s->n_points > 0)
		qsort(places, s->n_points, sizeof(*places), by_id);
	for (i = 0; i < s->n_links; i++)
		if (!read_link(places, s->n_points, json_item(edges, i),
		    &s->link[i]))
			return false;
	s->root = place_of(places, s->n_points,
	    text_of(s->chain, "root_cause"));
	return s->n_points > 0;
}

enum rc
subject_read(struct subject *s)
{
	if (json_type(s->chain) != JSON_OBJECT)
		return RC_INVALID;
	s->id = text_of(s->chain, "chain_id");
	s->title = text_of(s->chain, "title");
	s->grade = text_of(s->chain, "confidence");
	s->version = json_int(json_get(s->chain, "version"));
	s->score = json_double(json_get(s->chain, "score"));
	s->techniques = techniques_of(s->a,
	    json_get(s->chain, "mitre_techniques"), &s->n_techniques);
	if (s->n_techniques > 0)
		qsort(s->techniques, s->n_techniques, sizeof(technique),
		    by_number);
	if (s->id.len == 0 || !clock_parse(text_of(s->chain, "first_seen"),
	    true, &s->first_ns) || !clock_parse(text_of(s->chain, "last_seen"),
	    true, &s->last_ns) || !read_graph(s))
		return RC_INVALID;
	return RC_OK;
}

size_t
subject_proven(const struct subject *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->n_links; i++)
		n += str_is(s->link[i].grade, "PROVABLE");
	return n;
}

size_t
subject_hosts(struct subject *s, struct str **hosts)
{
	size_t i, k, n = 0, room = 0;

	*hosts = NULL;
	for (i = 0; i < s->n_points; i++) {
		for (k = 0; k < n; k++)
			if (str_eq((*hosts)[k], s->point[i].host))
				break;
		if (k < n || s->point[i].host.len == 0)
			continue;
		*hosts = arena_grow(s->a, *hosts, &room, n + 1,
		    sizeof(struct str));
		(*hosts)[n++] = s->point[i].host;
	}
	return n;
}

struct str
subject_counts(struct subject *s)
{
	struct str *hosts;
	size_t n = subject_hosts(s, &hosts);

	return str_printf(s->a, "%zu events, %zu links (%zu proven), %zu "
	    "host%s", s->n_points, s->n_links, subject_proven(s), n,
	    n == 1 ? "" : "s");
}

struct str
point_words(struct arena *a, const struct point *p)
{
	return str_printf(a, "%.*s %.*s%s%.*s", STR_ARG(p->actor),
	    STR_ARG(p->action), p->target.len > 0 ? " " : "",
	    STR_ARG(p->target));
}

enum tactic
point_tactic(const struct point *p)
{
	uint32_t bits = p->n_techniques > 0 ?
	    attack_tactics(p->techniques[0]) : 0;
	int t;

	for (t = 0; t < TACTIC__MAX; t++)
		if (bits & 1U << t)
			return (enum tactic)t;
	return TACTIC__MAX;
}
