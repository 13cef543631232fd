/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML text as a tree. Only what rule files need: one document, no anchors, no
 * aliases, no tags with a meaning; depth and number of nodes are capped. Nodes
 * live in the arena.
 */
#ifndef TAG_YAML_H
#define TAG_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	bool plain;		/* a scalar without quotes: may mean null */
	struct str key;		/* its name, where it is a map's child */
	struct str text;	/* a scalar's */
	struct node *first;	/* children of lists and maps */
	struct node *next;
	size_t n;		/* children */
	size_t line;		/* from 1 */
};

/* NULL: *why says what is wrong, in words that outlive the call, and *line (0:
 * unknown) where. */
const struct node *yaml_read(struct arena *a, struct str text,
    const char **why, size_t *line);
/* The child of that name; NULL if `map` is none or has none. */
const struct node *yaml_get(const struct node *map, const char *name);
/* A scalar child's text, else the empty one. */
struct str yaml_text(const struct node *map, const char *name);
/* null, ~ or nothing at all, without quotes. */
bool yaml_null(const struct node *scalar);

#endif
