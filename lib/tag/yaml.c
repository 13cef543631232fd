/* SPDX-License-Identifier: Apache-2.0 */
#include "tag/yaml.h"

#include <yaml.h>

enum { DEPTH_MAX = 16, NODES_MAX = 65536 };

/* libyaml hands out events; `why` is set once and ends everything. */
struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	struct arena *arena;
	const char *why;
	size_t nodes;
};

static bool
reader_next(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (!yaml_parser_parse(&r->parser, &r->event)) {
		r->why = "is not YAML";
		return false;
	}
	return true;
}

static struct str
scalar_text(struct reader *r)
{
	return (struct str){
		arena_copy(r->arena, r->event.data.scalar.value,
		    r->event.data.scalar.length),
		r->event.data.scalar.length,
	};
}

static bool
anchored(const yaml_event_t *e)
{
	return e->type == YAML_ALIAS_EVENT ||
	    (e->type == YAML_SCALAR_EVENT && e->data.scalar.anchor) ||
	    (e->type == YAML_SEQUENCE_START_EVENT &&
	    e->data.sequence_start.anchor) ||
	    (e->type == YAML_MAPPING_START_EVENT &&
	    e->data.mapping_start.anchor);
}

static struct node *read_node(struct reader *r, int depth);

/* The event that opened it is current; leaves with the one that closes it. */
static bool
read_children(struct reader *r, struct node *n, yaml_event_type_t end,
    int depth)
{
	struct node **tail = &n->first;
	struct str key = { 0 };

	for (;;) {
		if (!reader_next(r))
			return false;
		if (r->event.type == end)
			return true;
		if (n->kind == NODE_MAP) {
			if (r->event.type != YAML_SCALAR_EVENT ||
			    anchored(&r->event)) {
				r->why = "has a key that is no plain word";
				return false;
			}
			key = scalar_text(r);
			if (!reader_next(r))
				return false;
		}
		*tail = read_node(r, depth + 1);
		if (!*tail)
			return false;
		(*tail)->key = key;
		tail = &(*tail)->next;
		n->n++;
	}
}

/* Read the node whose first event is current. */
static struct node *
read_node(struct reader *r, int depth)
{
	struct node *n;

	if (depth > DEPTH_MAX || ++r->nodes > NODES_MAX) {
		r->why = "is too deep or too long";
		return NULL;
	}
	if (anchored(&r->event)) {
		r->why = "uses anchors or aliases";
		return NULL;
	}
	n = arena_get(r->arena, sizeof(*n));
	n->line = r->event.start_mark.line + 1;
	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		n->kind = NODE_SCALAR;
		n->text = scalar_text(r);
		n->plain = r->event.data.scalar.style ==
		    YAML_PLAIN_SCALAR_STYLE;
		return n;
	case YAML_SEQUENCE_START_EVENT:
		n->kind = NODE_LIST;
		return read_children(r, n, YAML_SEQUENCE_END_EVENT, depth) ?
		    n : NULL;
	case YAML_MAPPING_START_EVENT:
		n->kind = NODE_MAP;
		return read_children(r, n, YAML_MAPPING_END_EVENT, depth) ?
		    n : NULL;
	default:
		r->why = "is not YAML";
		return NULL;
	}
}

/* Stream start, document start, node, document end, stream end. */
static const struct node *
read_stream(struct reader *r)
{
	const struct node *n;

	if (!reader_next(r) || !reader_next(r))
		return NULL;
	if (r->event.type != YAML_DOCUMENT_START_EVENT) {
		r->why = "is empty";
		return NULL;
	}
	if (!reader_next(r))
		return NULL;
	n = read_node(r, 0);
	if (!n || !reader_next(r) || !reader_next(r))
		return NULL;
	if (r->event.type != YAML_STREAM_END_EVENT) {
		r->why = "holds several documents";
		return NULL;
	}
	return n;
}

/* The parser's own word on what is no YAML, else the last thing read. */
static size_t
fault_line(const struct reader *r)
{
	if (r->parser.error != YAML_NO_ERROR)
		return r->parser.problem_mark.line + 1;
	return r->event.type != YAML_NO_EVENT ?
	    r->event.start_mark.line + 1 : 0;
}

const struct node *
yaml_read(struct arena *a, struct str text, const char **why, size_t *line)
{
	struct reader r = { .arena = a };
	const struct node *n;

	if (!yaml_parser_initialize(&r.parser)) {
		*why = "could not be read";
		*line = 0;
		return NULL;
	}
	yaml_parser_set_input_string(&r.parser,
	    (const unsigned char *)text.p, text.len);
	n = read_stream(&r);
	*line = n ? 0 : fault_line(&r);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	*why = n ? NULL : r.why;
	return n;
}

const struct node *
yaml_get(const struct node *map, const char *name)
{
	if (!map || map->kind != NODE_MAP)
		return NULL;
	for (const struct node *n = map->first; n; n = n->next)
		if (str_is(n->key, name))
			return n;
	return NULL;
}

struct str
yaml_text(const struct node *map, const char *name)
{
	const struct node *n = yaml_get(map, name);

	return n && n->kind == NODE_SCALAR ? n->text : (struct str){ 0 };
}

bool
yaml_null(const struct node *n)
{
	return n->kind == NODE_SCALAR && n->plain && (n->text.len == 0 ||
	    str_is(n->text, "~") || str_is_fold(n->text, "null"));
}
