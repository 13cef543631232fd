/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a record keeps a field that rules know under another name: the name,
 * then dotted ways from the record's own fields or from its top, tried in that
 * order when the name itself leads nowhere.
 */
#ifndef TAG_ALIAS_H
#define TAG_ALIAS_H

#include "base/str.h"

enum { ALIAS_WAYS = 7, ALIAS_STEPS = 5 };

struct field_alias {
	const char *name;
	const char *ways[ALIAS_WAYS][ALIAS_STEPS];	/* ended by NULL */
};

const struct field_alias *alias_of(struct str name);	/* NULL: none */

#endif
