/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As what an alert is counted: which detection fired, and where. Triage tells
 * rare from common by these two words alone, so both come from fields that a
 * sender declares for that purpose (source, action, host), never from free
 * text beside them. Pure: the same event always has the same sighting.
 */
#ifndef SIGHTING_H
#define SIGHTING_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/str.h"
#include "event.h"

struct arena;

enum { SIGHTING_MOST = 200 };	/* bytes of either word */

struct sighting {
	struct str detector;	/* "wazuh: sshd: brute force", "rule win_x" */
	struct str place;	/* host, else target, else actor; lower case */
};

/* False: this event is no detection (neither an alert nor tagged), so there is
 * nothing to count. Text lives in the arena. */
MUST_CHECK bool sighting_of(struct arena *a, const struct event *ev,
    struct sighting *s);

#endif
