/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of norm_event that norm.c and wrap.c share: inside norm/ only. */
#ifndef NORM_STEP_H
#define NORM_STEP_H

#include "norm/norm_source.h"

/* An empty event for r->rec, read from the tree r->v. */
void norm_begin(struct reading *r, struct str source);
/* What is done alike after every reader: norm_source.h lists it. */
bool norm_finish(struct reading *r);

bool norm_is_object(struct str text);
/* For "auto": the first that claims it; the last in the list takes all. */
const struct normaliser *norm_claimant(const struct json *v);
/* The own form stands in *form; the record's bytes may be another's. */
bool norm_read_own(struct reading *r, const struct json *form);
/* A line whose columns are named elsewhere: they are kept in ev->extra, as the
 * line alone could not be read back. */
bool norm_read_line(struct reading *r, struct json_doc *doc);

/* wrap.c: does the record hold another in `raw` (whose text is *raw)? */
bool wrap_there(const struct record *rec, struct str *raw);
/* Take it apart, then wrap_read. */
bool wrap_open(struct reading *r, struct json_doc *doc, struct str raw);
/* Read r->rec->text and what stood around it, r->rec->outer. */
bool wrap_read(struct reading *r, struct json_doc *doc);

#endif
