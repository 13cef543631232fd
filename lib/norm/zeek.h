/* SPDX-License-Identifier: Apache-2.0 */
/* One Zeek record, JSON or a line of a TSV log, and its fields by name. */
#ifndef NORM_ZEEK_H
#define NORM_ZEEK_H

#include "norm/norm_source.h"

enum { ZEEK_COLUMNS_MAX = 128 };

struct zeek {
	struct reading *r;
	struct str path;		/* which log: "conn", "dns" ... */
	struct str *names, *values;	/* TSV; NULL when JSON */
	size_t columns;
};

/* A field's text and where it stands; empty text: unset, empty or absent. */
struct zeek_value {
	struct str text, field;
};

/* Names as Zeek's logs have them ("id.orig_h"); in JSON also found nested
 * (id{orig_h}) and with underscores (id_orig_h). */
struct zeek_value zeek_get(struct zeek *z, const char *name);
/* Item i of a set or vector; a plain value is its only item. */
struct zeek_value zeek_item(struct zeek *z, const char *name, size_t i);
/* Finds the columns of a line and the log it belongs to. */
void zeek_open(struct zeek *z);

#endif
