/* SPDX-License-Identifier: Apache-2.0 */
/* What the edge rules share (essay in link.c). Inside cause/ only. */
#ifndef CAUSE_LINK_H
#define CAUSE_LINK_H

#include "cause/inner.h"

#include "base/clock.h"

struct job {			/* one event whose in-edges are wanted */
	const struct view *v;
	const struct node *n;
	struct edge found[EVENT_REFS_MAX * 2];
	size_t n_found;
	struct post cleared;		/* last clearing of the host's log, once asked */
	bool asked_cleared, was_cleared;
};

/* Keep the edge p -> j->n under the common guards; one edge a source. `strong`:
 * the rule found nothing that speaks against a proof. */
void link_add(struct job *j, struct post p, struct edge e, bool strong);
/* The first post of `entity` in `slot`, if it is before the event. */
bool link_first(const struct job *j, int64_t entity, int slot, struct post *p);
/* The last one before the event. */
bool link_last(const struct job *j, int64_t entity, int slot, struct post *p);
/* The last one that no post in `ender` follows before the event. */
bool link_last_open(const struct job *j, int64_t entity, int slot, int ender,
    struct post *p);
/* The same for what one log alone names and numbers, a pid or a handle: the
 * last made that was not ended, by the log's numbers where times are equal. */
bool link_last_alive(const struct job *j, int64_t entity, struct post *p);
/* False: the two bear one time, and no numbers tell which was first. */
bool link_order_known(const struct job *j, const struct post *p);
/* Does the event make something of this kind? */
bool link_makes(const struct node *n, enum kind kind);

/* link_process.c: one rule each, for one entity of the event. */
void link_process(struct job *j, const struct ref *r);
void link_injected(struct job *j, const struct ref *r);
/* link_session.c */
void link_session(struct job *j, const struct ref *r);
void link_credential(struct job *j, const struct ref *r);
void link_user(struct job *j, const struct ref *r);
/* link_flow.c */
void link_flow(struct job *j, const struct ref *r, enum rule rule);
void link_transaction(struct job *j, const struct ref *r);
/* link_thing.c */
void link_executed(struct job *j, const struct ref *r);
void link_marked(struct job *j, const struct ref *r);
void link_read(struct job *j, const struct ref *r);
void link_use(struct job *j, const struct ref *r);
void link_handle(struct job *j, const struct ref *r);

#endif
