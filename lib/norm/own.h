/* SPDX-License-Identifier: Apache-2.0 */
/* The product's own form, E of the API: inside norm/ only. */
#ifndef NORM_OWN_H
#define NORM_OWN_H

#include "norm/norm_source.h"

/* Has all five members that every E must have; no vendor's record does. */
bool own_looks(const struct json *v);

/* Read r->v as E. r->ev->source is the source to take when E names none. Its
 * text is r->rec->outer when that is set (the record then stood in `raw`),
 * else r->rec->text. */
bool own_read(struct reading *r);

/*
 * What E may say about a vendor's record in its `raw`: id, outcome, severity,
 * labels, techniques, metadata and entities. Copied to the arena, as another
 * tree takes the place of r->v afterwards.
 */
bool own_read_around(struct reading *r);

/* In own_entity.c: the members session, process and entities become refs. */
bool own_entities(struct reading *r);

#endif
