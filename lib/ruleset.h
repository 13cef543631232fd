/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ruleset: one hash over everything that derived data depends on beside
 * the records themselves: normalisers, the loaded Sigma rules, the edge rules,
 * the ATT&CK tables. Two stores whose ruleset and records are the same hold
 * the same chains; a store whose ruleset is not the program's has chains that
 * `tra-ce rebuild` would make otherwise.
 */
#ifndef RULESET_H
#define RULESET_H

#include "tag.h"

enum { RULESET_TEXT = 65 };		/* hex and NUL */

/* t may be NULL: without any Sigma rule. */
void ruleset_text(const struct tagger *t, char out[RULESET_TEXT]);

#endif
