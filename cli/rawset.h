/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw records by event id, as `verify` is given them: inside a chain's nodes
 * ("raw" or "raw_base64"), as lines {"event_id","raw"} of a file, or as files
 * of a folder named after the event (evt_....json holds the record itself).
 * Everything lives as long as the arena.
 */
#ifndef CLI_RAWSET_H
#define CLI_RAWSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/json.h"
#include "base/str.h"

struct raw_row {
	struct str event_id, source, raw, outer, columns;
};

/* Event ids are a tenant's own: H(salt, id of the content). Any salt that the
 * files name will do; a wrong one cannot make an id fit. */
enum { SALTS_MAX = 64 };

struct rawset {
	struct arena *a;
	struct str salt[SALTS_MAX];
	size_t salts;
	struct raw_row *row;
	size_t n, room;
	bool sorted;
};

void rawset_init(struct rawset *s, struct arena *a);
void rawset_salt(struct rawset *s, struct str salt);
/* Take what this node, event, chain or line holds (raw, id_salt). False: its
 * raw_base64 is no base64. */
MUST_CHECK bool rawset_add(struct rawset *s, const struct json *v);
/* Take a whole file of such lines, or a folder; false: said why. */
MUST_CHECK bool rawset_load(struct rawset *s, const char *path);
/* NULL: not there. */
const struct raw_row *rawset_find(struct rawset *s, struct str event_id);

/* Call f for every JSON value of a text (one document, or one a line), and for
 * every element of an array at the top. The tree is freed after f. False: the
 * text is not JSON (said, with `name`), or f said so. */
typedef bool json_value(void *ctx, const struct json *v);
MUST_CHECK bool json_values(const char *name, struct str text, json_value *f,
    void *ctx);

#endif
