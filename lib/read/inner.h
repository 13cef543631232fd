/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of read/ share among themselves. */
#ifndef READ_INNER_H
#define READ_INNER_H

#include "read.h"

struct told {
	int64_t ev;
	struct event e;			/* text is the arena's */
	struct event_row row;
	char id[EVENT_ID_TEXT];
	char sha256[65];
};
/* NULL: no such event, or it no longer reads. */
const struct told *told_get(struct reader *r, int64_t ev);

/* The ref of `t` that names the entity in this role, or NULL. */
const struct entref *told_ref(const struct told *t, int64_t entity, int role);

/* Member "to_prove" of an edge, and "to_prove" and "advice" of a host's and
 * source's coverage: see to_prove.c. */
void put_to_prove(struct jw *w, const struct edge *e, const struct told *src,
    const struct told *dst);
void put_coverage_to_prove(struct jw *w, struct arena *a, struct graph *g,
    const struct coverage *c, struct str source);

const char *act_name(enum act a);		/* "image load" */
void put_text(struct jw *w, const char *key, struct str s);	/* "" is null */
void put_event(struct reader *r, struct jw *w, const struct told *t);
void put_techniques(struct jw *w, const char *key, const struct event *e);
void put_entity_refs(struct reader *r, struct jw *w, const struct told *t);
/* Entities whose name or key is this text (or ent_…), at most 64. */
MUST_CHECK enum rc entities_of_text(struct reader *r, struct str text,
    int64_t **ids, size_t *n);

#endif
