/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Edges of family 1: recorded mechanism.
 *
 * An edge is never stored. It is a function of the set of events, and a small
 * one: each rule asks one question of one entity that the event names, "who
 * made this?" or "who wrote this last before me?", and the postings, which lie
 * in the order of the events, answer it for any order of arrival:
 *
 *	entity p (process)        NEW      SUBJ     SUBJ        SUBJ
 *	                           |        |        |           |
 *	order of events   ---------o--------o--------o-----------o------->
 *	                        origin <---- edge ---+           |
 *	                           +<------------- edge ---------+
 *
 * So a record that arrives late moves an origin by being there, and nothing has
 * to be mended. What a link is worth is decided here too, by one function
 * (settle): PROVABLE only if both ends carry a strong identifier that the log
 * source itself gave, MIXED for anything less.
 */
#include "cause/link.h"

#include <string.h>


const struct ref *
node_ref(const struct node *n, int64_t entity, int role)
{
	size_t i;

	for (i = 0; i < n->n_refs; i++)
		if (n->refs[i].entity == entity &&
		    (role == ROLE_NONE || n->refs[i].role == role))
			return &n->refs[i];
	return NULL;
}

/* Was a log of this host cleared between the two records? What stood between
 * them may be gone. */
static bool
cleared_between(struct job *j, const struct node *src)
{
	if (j->n->host == 0 || src->host != j->n->host)
		return false;
	if (!j->asked_cleared) {
		j->asked_cleared = true;
		j->was_cleared = link_last(j, j->n->host, ROLE_CLEARED,
		    &j->cleared);
	}
	return j->was_cleared && rank_cmp(&j->cleared.rank, &src->rank) > 0;
}

/* Was this sensor tampered with before the record was made? */
static bool
blind(const struct job *j)
{
	struct post off, on;

	if (j->n->host == 0 || !j->v->last_before(j->v->ctx, j->n->host,
	    ROLE_BLIND, &j->n->rank, &off))
		return false;
	return !j->v->last_before(j->v->ctx, j->n->host, ROLE_SEEING,
	    &j->n->rank, &on) || rank_cmp(&on.rank, &off.rank) < 0;
}

/* Put what the two records themselves say about their worth on the edge. */
static void
settle(struct job *j, const struct node *src, struct edge *e, bool strong)
{
	const struct rule_row *row = rule_row(e->rule);
	const struct ref *a = node_ref(src, e->via, e->from_role);
	const struct ref *b = node_ref(j->n, e->via, e->to_role);
	unsigned flags = (a ? a->flags : 0) | (b ? b->flags : 0);

	if (flags & (REF_WEAK | REF_CLIENT | REF_ASSERTED))
		strong = false;
	if (flags & (REF_ASSERTED | REF_SAID))
		e->flags |= EDGE_ASSERTED;
	if ((src->flags | j->n->flags) & (EVENT_TWICE | EVENT_CONFLICT))
		strong = false;
	if (b && b->kind == KIND_PROCESS && !(flags & REF_WEAK) && blind(j)) {
		e->flags |= EDGE_BLIND;
		strong = false;
	}
	if (cleared_between(j, src))
		e->flags |= EDGE_ACROSS_CLEARED;
	e->grade = strong ? row->grade : GRADE_MIXED;
	if (e->conf == 0)
		e->conf = strong ? row->strong : row->weak;
}

static bool
better(const struct edge *a, const struct edge *b)
{
	if (a->grade != b->grade)
		return a->grade > b->grade;
	if (a->conf < b->conf || a->conf > b->conf)
		return a->conf > b->conf;
	return a->rule < b->rule;
}

/* Keep the edge p -> n under the common guards; one edge a source. */
void
link_add(struct job *j, struct post p, struct edge e, bool strong)
{
	const struct node *src;
	size_t i;

	if (p.ev == j->n->ev || rank_cmp(&p.rank, &j->n->rank) >= 0)
		return;
	src = j->v->node(j->v->ctx, p.ev);
	if (src == NULL || src->outcome == OUTCOME_FAILURE ||
	    j->v->cut(j->v->ctx, p.ev, j->n->ev))
		return;
	e.from = p.ev;
	e.to = j->n->ev;
	settle(j, src, &e, strong);
	for (i = 0; i < j->n_found; i++) {
		if (j->found[i].from != e.from)
			continue;
		if (better(&e, &j->found[i]))
			j->found[i] = e;
		return;
	}
	if (j->n_found < sizeof(j->found) / sizeof(j->found[0]))
		j->found[j->n_found++] = e;
}

bool
link_first(const struct job *j, int64_t entity, int slot, struct post *p)
{
	return j->v->first_after(j->v->ctx, entity, slot, NULL, p) &&
	    rank_cmp(&p->rank, &j->n->rank) < 0;
}

bool
link_last(const struct job *j, int64_t entity, int slot, struct post *p)
{
	return j->v->last_before(j->v->ctx, entity, slot, &j->n->rank, p);
}

/* The last post in `slot` that no post in `ender` follows before the event. */
bool
link_last_open(const struct job *j, int64_t entity, int slot, int ender,
    struct post *p)
{
	struct post end;

	if (!link_last(j, entity, slot, p))
		return false;
	return !link_last(j, entity, ender, &end) ||
	    rank_cmp(&end.rank, &p->rank) < 0 || end.ev == p->ev;
}

/*
 * What names a process by its pid, and a handle in it, comes from one log, which
 * numbers its records; a busy process opens, uses and closes one handle number
 * several times within the second or millisecond in which all those records
 * stand. By phase, all openings of that time would come first:
 *
 *	number	1    2   3     4    5   6
 *		open use close open use close		all at 10:00:00
 */
static bool
last_by_number(const struct job *j, int64_t entity, int slot, enum phase phase,
    struct post *p)
{
	struct rank at = rank_in_phase(&j->n->rank, phase);

	if (rank_seq(&at) == 0)
		return link_last(j, entity, slot, p);
	return j->v->last_before(j->v->ctx, entity, slot, &at, p);
}

static int
cmp_by_number(const struct rank *a, const struct rank *b)
{
	uint64_t m = rank_seq(a), n = rank_seq(b);

	if (rank_time(a) != rank_time(b) || m == 0 || n == 0)
		return rank_cmp(a, b);
	return m < n ? -1 : m > n;
}

bool
link_last_alive(const struct job *j, int64_t entity, struct post *p)
{
	struct post end;

	if (!last_by_number(j, entity, ROLE_NEW, PHASE_NEW, p))
		return false;
	return !last_by_number(j, entity, ROLE_END, PHASE_END, &end) ||
	    cmp_by_number(&end.rank, &p->rank) < 0 || end.ev == p->ev;
}

bool
link_order_known(const struct job *j, const struct post *p)
{
	return rank_time(&p->rank) != rank_time(&j->n->rank) ||
	    (rank_seq(&p->rank) != 0 && rank_seq(&j->n->rank) != 0);
}

bool
link_makes(const struct node *n, enum kind kind)
{
	size_t i;

	for (i = 0; i < n->n_refs; i++)
		if (n->refs[i].role == ROLE_NEW && n->refs[i].kind == kind)
			return true;
	return false;
}

/* A handle's or process's end belongs to its opening. */
static void
end_edges(struct job *j, const struct ref *r)
{
	if (r->kind == KIND_PROCESS)
		link_process(j, r);
	else if (r->kind == KIND_SESSION)
		link_session(j, r);
	else if (r->kind == KIND_HANDLE)
		link_handle(j, r);
}

static void
edges_of_ref(struct job *j, const struct ref *r)
{
	switch (r->role) {
	case ROLE_PARENT:
	case ROLE_SUBJ:
		if (r->kind != KIND_PROCESS) {
			link_use(j, r);
			break;
		}
		link_process(j, r);
		if (!(r->flags & REF_WEAK))
			link_injected(j, r);
		break;
	case ROLE_SESS:
		link_session(j, r);
		break;
	case ROLE_CRED:
		link_credential(j, r);
		break;
	case ROLE_EXEC:
		link_executed(j, r);
		break;
	case ROLE_READ:
		link_read(j, r);
		break;
	case ROLE_ORIGIN:
		link_marked(j, r);
		break;
	case ROLE_USE:
		link_use(j, r);
		break;
	case ROLE_END:
		end_edges(j, r);
		break;
	case ROLE_FLOW:
		link_flow(j, r, RULE_FLOW);
		break;
	case ROLE_ENDPOINT:
		if (j->n->act == ACT_LOGON)
			link_flow(j, r, RULE_LOGON_FLOW);
		break;
	case ROLE_TXN:
		link_transaction(j, r);
		break;
	case ROLE_USER:
		link_user(j, r);
		break;
	default:
		break;
	}
}

size_t
cause_in_edges(const struct view *v, const struct node *n,
    struct edge out[EDGES_IN_MAX])
{
	struct job j = { .v = v, .n = n };
	struct edge t;
	size_t i, k;

	for (i = 0; i < n->n_refs; i++)
		edges_of_ref(&j, &n->refs[i]);
	for (i = 1; i < j.n_found; i++) {
		t = j.found[i];
		for (k = i; k > 0 && better(&t, &j.found[k - 1]); k--)
			j.found[k] = j.found[k - 1];
		j.found[k] = t;
	}
	if (j.n_found > EDGES_IN_MAX)
		j.n_found = EDGES_IN_MAX;
	memcpy(out, j.found, j.n_found * sizeof(*out));
	return j.n_found;
}
