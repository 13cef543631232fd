/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Member names as they stand in JSON text, compared by what they mean: "a"
 * and "\u0061" are one name. Inner face of the JSON files, for nobody else.
 */
#ifndef BASE_JSON_NAME_H
#define BASE_JSON_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* `plain` names hold no escape. Both texts have passed the scanner. */
bool json_name_eq(struct str a, bool a_plain, struct str b, bool b_plain);
uint64_t json_name_hash(struct str name, bool plain);
/* Four hex digits at p; false if one is none. */
bool json_hex4(const char *p, unsigned *n);

/*
 * The names of all objects that are open just now, for finding one that an
 * object names twice. A hash table by open addressing, whose entries also form
 * a stack, since objects close in the reverse order of opening: taking the
 * newest entry out of a linear-probing table needs no tombstone, its slot just
 * becomes empty again. Small records live in the struct itself; big ones move
 * to memory of their own, so nothing is quadratic.
 */
enum { NAMES_HERE = 96, SLOTS_HERE = 256 };

struct json_name {
	const char *p;
	uint64_t hash;
	uint32_t len, slot;
	uint8_t depth;
	bool plain;
};

struct json_names {
	struct json_name *entry;
	uint32_t *slot;		/* entry number + 1; 0 is empty */
	uint32_t n, room, slots;
	struct json_name entry_here[NAMES_HERE];
	uint32_t slot_here[SLOTS_HERE];
};

void json_names_init(struct json_names *t);
void json_names_release(struct json_names *t);
/* True if the object at this depth had the name already. */
bool json_names_add(struct json_names *t, unsigned depth, struct str name,
    bool plain);
/* The object at this depth closes: forget its names. */
void json_names_drop(struct json_names *t, unsigned depth);

#endif
