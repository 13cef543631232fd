/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Edges by things that outlive their maker: files that are run (P3) or read
 * (P4) after a write, and the mark that says where they came from (P15); what
 * was set up to run or act (P13), pipes (P7), handles (P12).
 */
#include "cause/link.h"

#include <string.h>

/* Do two records carry one content hash? */
static bool
same_hash(const struct node *a, const struct node *b)
{
	size_t i;

	for (i = 0; i < a->n_refs; i++)
		if (a->refs[i].kind == KIND_HASH &&
		    node_ref(b, a->refs[i].entity, ROLE_NONE) != NULL)
			return true;
	return false;
}

/* Did a program that starts what others set up (services, tasks, logons) start
 * the process of this event? */
static bool
hub_started(const struct node *n)
{
	size_t i;

	for (i = 0; i < n->n_refs; i++)
		if (n->refs[i].role == ROLE_PARENT &&
		    (n->refs[i].flags & REF_HUB))
			return true;
	return false;
}

/* P13. That cmd.exe was set up to run once is no reason of each cmd.exe. */
static void
armed_edges(struct job *j, const struct ref *r)
{
	struct edge e = { .rule = RULE_MADE_ACTS, .via = r->entity,
		.from_role = ROLE_ARM, .to_role = r->role };
	const struct ref *armed;
	const struct node *src;
	struct post p;

	if (!link_last(j, r->entity, ROLE_ARM, &p))
		return;
	src = j->v->node(j->v->ctx, p.ev);
	armed = src ? node_ref(src, r->entity, ROLE_ARM) : NULL;
	if (armed && (!(armed->flags & REF_COMMON) || hub_started(j->n)))
		link_add(j, p, e, false);
}

static int64_t
subject_of(const struct node *n)
{
	size_t i;

	for (i = 0; i < n->n_refs; i++)
		if (n->refs[i].role == ROLE_SUBJ)
			return n->refs[i].entity;
	return 0;
}

static bool
starts_process(const struct node *n)
{
	size_t i;

	for (i = 0; i < n->n_refs; i++)
		if (n->refs[i].kind == KIND_PROCESS &&
		    n->refs[i].role == ROLE_NEW)
			return true;
	return false;
}

/*
 * P15. The mark of the web is a stream of the file, written by who downloaded
 * it; its text is anybody's who may write there, so it tells and never proves.
 * It speaks of what was run only while nobody else has written the file since:
 *
 *	browser	 write F  mark F:Zone.Identifier
 *	anybody				write F		run F	no edge
 *
 * Only the start of a process is asked: that its image is loaded, too, is said
 * by the same run once more.
 */
static void
marked_edges(struct job *j, const struct ref *r)
{
	struct edge e = { .rule = RULE_RUN_MARKED, .via = r->entity,
		.from_role = ROLE_ORIGIN, .to_role = r->role };
	const struct node *mark, *write;
	struct post p, last;

	if (!starts_process(j->n) ||
	    !link_last_open(j, r->entity, ROLE_ORIGIN, ROLE_END, &p))
		return;
	if (link_last(j, r->entity, ROLE_WRITE, &last) &&
	    rank_cmp(&last.rank, &p.rank) > 0) {
		mark = j->v->node(j->v->ctx, p.ev);
		write = j->v->node(j->v->ctx, last.ev);
		if (mark == NULL || write == NULL || subject_of(mark) == 0 ||
		    subject_of(mark) != subject_of(write))
			return;
	}
	link_add(j, p, e, false);
}

/* P15: the mark belongs to what was written last before it. */
void
link_marked(struct job *j, const struct ref *r)
{
	struct edge e = { .rule = RULE_MARKED, .via = r->entity,
		.from_role = ROLE_WRITE, .to_role = r->role };
	struct post p;

	if (link_last_open(j, r->entity, ROLE_WRITE, ROLE_END, &p))
		link_add(j, p, e, false);
}

/* P3 run what was written, P13 run what was set up to run. */
void
link_executed(struct job *j, const struct ref *r)
{
	struct edge e = { .rule = RULE_RUN_WRITTEN, .via = r->entity,
		.from_role = ROLE_WRITE, .to_role = r->role };
	const struct node *src;
	struct post p;

	if (link_last_open(j, r->entity, ROLE_WRITE, ROLE_END, &p)) {
		src = j->v->node(j->v->ctx, p.ev);
		if (src != NULL && same_hash(src, j->n))
			e.flags |= EDGE_HASHED;
		link_add(j, p, e, (e.flags & EDGE_HASHED) != 0);
	}
	armed_edges(j, r);
	marked_edges(j, r);
}

/* P4. */
void
link_read(struct job *j, const struct ref *r)
{
	struct edge e = { .rule = RULE_READ_WRITTEN, .via = r->entity,
		.from_role = ROLE_WRITE, .to_role = r->role };
	struct post p;

	if (link_last_open(j, r->entity, ROLE_WRITE, ROLE_END, &p))
		link_add(j, p, e, false);
}

/* P7: a name may have several servers, so never more than MIXED. */
static void
pipe_edges(struct job *j, const struct ref *r)
{
	struct edge e = { .rule = RULE_PIPE, .via = r->entity,
		.from_role = ROLE_NEW, .to_role = r->role };
	const struct node *src;
	struct post p;

	if (!link_last(j, r->entity, ROLE_NEW, &p))
		return;
	src = j->v->node(j->v->ctx, p.ev);
	if (src == NULL || (subject_of(src) != 0 &&
	    subject_of(src) == subject_of(j->n)))
		return;
	e.conf = rule_row(RULE_PIPE)->weak;
	link_add(j, p, e, false);
}

/* Has the process in whose table the handle stands ended since it was opened,
 * or the machine been started? Its pid and the handle's number come back. */
static bool
handle_is_gone(const struct job *j, const struct post *open)
{
	static const int slots[] = { ROLE_NEW, ROLE_END };
	const struct ref *r;
	struct post p;
	size_t i, k;

	if (j->n->host != 0 && link_last(j, j->n->host, ROLE_BOOT, &p) &&
	    rank_cmp(&p.rank, &open->rank) > 0)
		return true;
	for (i = 0; i < j->n->n_refs; i++) {
		r = &j->n->refs[i];
		if (r->kind != KIND_PROCESS || r->role != ROLE_SUBJ)
			continue;
		for (k = 0; k < 2; k++)
			if (link_last(j, r->entity, slots[k], &p) &&
			    rank_cmp(&p.rank, &open->rank) > 0)
				return true;
	}
	return false;
}

static bool
is_object(const struct ref *r)
{
	return r->kind == KIND_FILE || r->kind == KIND_REGISTRY ||
	    r->kind == KIND_RESOURCE;
}

/* Do both records name what the handle is of, and not the same? Then this is
 * another handle of the same number: the first was closed, and the second
 * opened, without a record. */
static bool
of_another_object(const struct node *open, const struct node *use)
{
	bool named = false, here = false;
	size_t i;

	for (i = 0; i < open->n_refs; i++)
		named = named || is_object(&open->refs[i]);
	for (i = 0; named && i < use->n_refs; i++) {
		if (!is_object(&use->refs[i]))
			continue;
		if (node_ref(open, use->refs[i].entity, ROLE_NONE) != NULL)
			return false;
		here = true;
	}
	return named && here;
}

/* One that was open before the time of the event, if any: likelier what is
 * closed or used then than one opened at that very time. */
static void
prefer_earlier(const struct job *j, int64_t handle, struct post *open)
{
	struct rank moment = { { 0 } };
	struct post p, end;

	memcpy(moment.b, j->n->rank.b, 8);
	if (j->v->last_before(j->v->ctx, handle, ROLE_NEW, &moment, &p) &&
	    (!j->v->last_before(j->v->ctx, handle, ROLE_END, &moment, &end) ||
	    rank_cmp(&end.rank, &p.rank) < 0))
		*open = p;
}

/* Is it closed at the very time of the event, and no number tells whether
 * before or after? */
static bool
closed_then(const struct job *j, int64_t handle)
{
	struct post end;

	return rank_seq(&j->n->rank) == 0 && j->v->first_after(j->v->ctx,
	    handle, ROLE_END, &j->n->rank, &end) &&
	    rank_time(&end.rank) == rank_time(&j->n->rank);
}

/* P12: the use or the close of a handle belongs to its opening. */
void
link_handle(struct job *j, const struct ref *r)
{
	struct edge e = { .rule = RULE_HANDLE, .via = r->entity,
		.from_role = ROLE_NEW, .to_role = r->role };
	const struct node *open;
	struct post p;
	bool known;

	if (!link_last_alive(j, r->entity, &p))
		return;
	known = link_order_known(j, &p);
	if (!known)
		prefer_earlier(j, r->entity, &p);
	known = known && !closed_then(j, r->entity);
	open = j->v->node(j->v->ctx, p.ev);
	if (open != NULL && !handle_is_gone(j, &p) &&
	    !of_another_object(open, j->n))
		link_add(j, p, e, known);
}

/* P13 what was made is used: by an id that is given out once, else by a name,
 * which is the latest thing of that name that is not gone. */
void
link_use(struct job *j, const struct ref *r)
{
	struct edge e = { .rule = RULE_MADE_ACTS, .via = r->entity,
		.from_role = ROLE_NEW, .to_role = r->role };
	bool once = (r->kind == KIND_USER || r->kind == KIND_RESOURCE) &&
	    !(r->flags & REF_WEAK);
	struct post p;

	if (r->kind == KIND_PIPE)
		pipe_edges(j, r);
	else if (r->kind == KIND_HANDLE)
		link_handle(j, r);
	else if (once && link_first(j, r->entity, ROLE_NEW, &p))
		link_add(j, p, e, true);
	else if (!once && link_last_open(j, r->entity, ROLE_NEW, ROLE_END, &p))
		link_add(j, p, e, false);
}
