/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of events under the names that rules use.
 *
 * All rules of a tagger share one list of names; a rule knows a field by its
 * slot there. While one event is judged, a sight remembers what each slot held,
 * so that a field is looked up and lower-cased once however many rules ask.
 * A sight lives on its thread's stack and borrows the event.
 */
#ifndef TAG_FIELD_H
#define TAG_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "event.h"

struct field {
	const char *name;
	const char *const *steps;	/* name cut at its dots */
	size_t n_steps;
	const struct field_alias *alias;	/* NULL: none */
	const char *spaced;	/* ThreatName as Threat Name */
};

struct field_list {
	struct arena *arena;
	struct field *items;
	size_t n, room;
};

/* The slot of that name, which is added if it is new. */
uint32_t field_slot(struct field_list *l, struct str name);

struct text { struct str as_is, low; };

struct value {
	const struct text *texts;
	size_t n;		/* 0: absent, null, or an object */
	bool present;		/* there, and not null */
	struct text one;
};

enum { SIGHT_SLOTS = 256, SIGHT_ROOM = 16384 };

struct sight {
	const struct event *ev;
	const struct field_list *fields;
	bool *known;		/* by slot */
	struct value *values;
	struct value all;	/* every string of the record, for keywords */
	bool all_known;
	struct arena *more;	/* made when the room below is used up */
	size_t used;
	bool known_room[SIGHT_SLOTS];
	struct value value_room[SIGHT_SLOTS];
	char room[SIGHT_ROOM];
};

void sight_begin(struct sight *s, const struct field_list *l,
    const struct event *ev);
void sight_end(struct sight *s);
const struct value *sight_value(struct sight *s, uint32_t slot);
const struct value *sight_strings(struct sight *s);

#endif
