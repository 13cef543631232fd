/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signs: the events that segments begin with, as their labels have them; and
 * the place in the order of arrival that has been reached. More verbs of the
 * store; its rules (store.h) hold here.
 */
#ifndef STORE_SIGN_H
#define STORE_SIGN_H

#include "store.h"

/* Numbers of seeds of any segment, chain or not, at most `most`: those after
 * an event, ascending, or before it, descending. */
MUST_CHECK enum rc graph_signs_after(struct graph *g, struct arena *a,
    int64_t ev, size_t most, int64_t **signs, size_t *n);
MUST_CHECK enum rc graph_signs_before(struct graph *g, struct arena *a,
    int64_t ev, size_t most, int64_t **signs, size_t *n);
/* Every seed of a chain's segments, also those folded into another. */
MUST_CHECK enum rc graph_chain_signs(struct graph *g, struct arena *a,
    const uint8_t id[16], int64_t **signs, size_t *n);
/* The greatest number of an event; 0: there is none. */
MUST_CHECK enum rc graph_event_last(struct graph *g, int64_t *ev);

#endif
