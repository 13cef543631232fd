/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stored event read again: its kept bytes go through the normaliser once
 * more and give the same event, with the places in the record that prove each
 * identifier. So nothing of that has to be stored.
 */
#ifndef AGAIN_H
#define AGAIN_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/json.h"
#include "event.h"
#include "norm.h"
#include "rc.h"
#include "store.h"

/* What was handed to the normaliser when this event came, from what is stored:
 * its row must have been read, text lives in `a`. */
MUST_CHECK enum rc event_record(struct graph *g, struct arena *a, int64_t ev,
    const struct event_row *row, struct record *rec);

/* All text lives in `a`; the tags are those that were stored. row may be NULL. */
MUST_CHECK enum rc event_again(struct graph *g, struct arena *a,
    struct json_doc *doc, int64_t ev, struct event *out, struct event_row *row);

#endif
