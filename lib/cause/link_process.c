/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Edges by a process: who made it (P1, P2), and who put code into it (P5). A
 * GUID has one creation for ever; a pid is the last creation's that no end and
 * no start of the machine followed.
 *
 * A start has two marks in the Security log: one before its first process, one
 * when people can log on. The second comes late:
 *
 *	4826	smss	csrss	services	lsass	4608	explorer
 *	BOOT					BOOT+UP
 *	  o-------o-------o--------o--------------o-------o---------o--->
 *
 * so that alone it would part explorer's ancestors from all they start.
 */
#include "cause/link.h"

/* P1, P2 where the creation was not recorded: the process's first event stands
 * for it. It says who, and that the process is older than the log. */
static void
process_boundary(struct job *j, const struct ref *r)
{
	static const int slots[] = { ROLE_SUBJ, ROLE_SUBJ | SLOT_MINOR,
		ROLE_PARENT };
	static const int roles[] = { ROLE_SUBJ, ROLE_SUBJ, ROLE_PARENT };
	struct edge e = { .rule = RULE_ACT, .via = r->entity,
		.to_role = r->role, .flags = EDGE_BOUNDARY };
	struct post p, least;
	size_t i;
	bool any = false;

	for (i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		if (!link_first(j, r->entity, slots[i], &p))
			continue;
		if (any && rank_cmp(&p.rank, &least.rank) >= 0)
			continue;
		least = p;
		e.from_role = (uint8_t)roles[i];
		any = true;
	}
	if (any)
		link_add(j, least, e, true);
}

enum { START_MAX_S = 600 };	/* from the first process to the first logon */

static bool
marks_up(const struct job *j, const struct post *boot)
{
	const struct node *n = j->v->node(j->v->ctx, boot->ev);

	return n != NULL && node_ref(n, j->n->host, ROLE_UP) != NULL;
}

/* Was the machine started between p and the event? A late mark (one start has
 * one, however often it was sent) says so unless its start is recorded to have
 * begun before p. */
static bool
restarted(const struct job *j, const struct post *p)
{
	struct rank before = j->n->rank;
	int64_t late_ns = 0;
	struct post boot;
	int i;

	for (i = 0; i < STEPS_BACK && j->n->host != 0; i++) {
		if (!j->v->last_before(j->v->ctx, j->n->host, ROLE_BOOT,
		    &before, &boot))
			return i > 0;
		if (i > 0 && late_ns - rank_time(&boot.rank) >
		    START_MAX_S * NS_PER_S)
			return true;
		if (!marks_up(j, &boot))
			return rank_cmp(&boot.rank, &p->rank) > 0;
		if (rank_cmp(&boot.rank, &p->rank) < 0)
			return i > 0;
		if (i > 0 && late_ns - rank_time(&boot.rank) >= NS_PER_S)
			return true;
		late_ns = rank_time(&boot.rank);
		before = boot.rank;
	}
	return i > 0;
}

/* P1 spawn, P2 act. */
void
link_process(struct job *j, const struct ref *r)
{
	struct edge e = {
		.rule = r->role == ROLE_PARENT ? RULE_SPAWN : RULE_ACT,
		.via = r->entity, .from_role = ROLE_NEW, .to_role = r->role };
	struct post p;

	if (r->flags & REF_WEAK) {
		if (link_last_alive(j, r->entity, &p) &&
		    !restarted(j, &p))
			link_add(j, p, e, false);
		return;
	}
	if (j->v->first_after(j->v->ctx, r->entity, ROLE_NEW, NULL, &p))
		link_add(j, p, e, true);
	else
		process_boundary(j, r);
}

/* P5: code was put into this process. The first events after it are likelier
 * to be the guest's than the ten-thousandth. */
struct counted { int n; const struct rank *until; };

static bool
count_until(void *arg, const struct post *p)
{
	struct counted *c = arg;

	if (rank_cmp(&p->rank, c->until) >= 0)
		return false;
	return ++c->n < 16;
}

void
link_injected(struct job *j, const struct ref *r)
{
	struct edge e = { .rule = RULE_INJECTED, .via = r->entity,
		.from_role = ROLE_TARGET, .to_role = r->role };
	struct rank before = j->n->rank;
	struct counted c = { 0, &j->n->rank };
	const struct node *src;
	struct post p;
	int i;

	for (i = 0; i < STEPS_BACK; i++) {
		if (!j->v->last_before(j->v->ctx, r->entity, ROLE_TARGET,
		    &before, &p))
			return;
		src = j->v->node(j->v->ctx, p.ev);
		if (src != NULL && src->act == ACT_REMOTE_THREAD &&
		    p.ev != j->n->ev)
			break;
		before = p.rank;
	}
	if (i == STEPS_BACK)
		return;
	j->v->walk(j->v->ctx, r->entity, ROLE_SUBJ, &p.rank, count_until, &c);
	e.conf = c.n < 16 ? rule_row(RULE_INJECTED)->strong :
	    rule_row(RULE_INJECTED)->weak;
	link_add(j, p, e, false);
}
