/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pseudonyms for what leaves the house. In our own sentences every text of a
 * record stands between “ and ”; here each becomes HOST-1, USER-2, ADDRESS-3
 * and so on, always the same for the same text, and comes back as it was. What
 * stays is what every house has: the names of actions as the vendors write
 * them, and of a few programs of every system.
 */
#ifndef EXPLAIN_VEIL_H
#define EXPLAIN_VEIL_H

#include "explain/inner.h"

struct veil;
/* on = false: nothing is changed either way. */
struct veil *veil_new(const struct story *s, bool on);
/* Text of ours as it may leave. */
struct str veil_hide(struct veil *v, struct str text);
/* Text that came back: pseudonyms are “names” again; others stay. */
struct str veil_show(struct veil *v, struct str text);

#endif
