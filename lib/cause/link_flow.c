/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Edges by a connection (P8): two records of one flow, and a logon that names
 * the address and port it came from.
 */
#include "cause/link.h"

#include "base/clock.h"

enum {
	SAME_FLOW_S = 120,	/* two records of one connection, at most */
	PORT_BACK_S = 86400,	/* by then the port is another connection's */
};

/* May src be the other record of the connection that the event names? */
static bool
other_record(const struct job *j, const struct node *src, enum rule rule)
{
	if (src->host == j->n->host && src->source == j->n->source)
		return false;
	return rule == RULE_FLOW || src->act != ACT_LOGON;
}

/* Does the event name who acts by an identifier that lasts? Only from there
 * does a proven way lead on. */
static bool
knows_subject(const struct node *n)
{
	size_t i;

	for (i = 0; i < n->n_refs; i++)
		if (n->refs[i].role == ROLE_SUBJ &&
		    !(n->refs[i].flags & REF_WEAK))
			return true;
	return false;
}

static int64_t
seconds_between(const struct rank *early, const struct rank *late)
{
	return (rank_time(late) - rank_time(early)) / NS_PER_S;
}

/* The latest other record of the connection; of several that one host made of
 * it (Sysmon's and the firewall's), the one that knows who connected. */
static const struct node *
other_end(const struct job *j, const struct ref *r, enum rule rule,
    struct post *found)
{
	struct rank before = j->n->rank;
	const struct node *src, *best = NULL;
	struct post p;
	int i;

	for (i = 0; i < STEPS_BACK && j->v->last_before(j->v->ctx, r->entity,
	    r->role, &before, &p); i++) {
		before = p.rank;
		if (seconds_between(&p.rank, &j->n->rank) > PORT_BACK_S ||
		    (best && seconds_between(&p.rank, &best->rank) >
		    SAME_FLOW_S))
			break;
		src = j->v->node(j->v->ctx, p.ev);
		if (src == NULL || !other_record(j, src, rule) ||
		    (best && (src->host != best->host || !knows_subject(src))))
			continue;
		best = src;
		*found = p;
		if (knows_subject(src))
			break;
	}
	return best;
}

/*
 * P8: another host's or source's record of the same connection, or (for a
 * logon, which names only one end) of a connection from the same address and
 * port. Never PROVABLE without a lease that says whose the addresses were.
 * Ports come back, so a record a day away is none; minutes away is worth less.
 */
void
link_flow(struct job *j, const struct ref *r, enum rule rule)
{
	struct edge e = { .rule = rule, .via = r->entity,
		.from_role = r->role, .to_role = r->role,
		.flags = EDGE_NO_LEASE };
	struct post p;

	if (other_end(j, r, rule, &p) == NULL)
		return;
	e.conf = seconds_between(&p.rank, &j->n->rank) <= SAME_FLOW_S ?
	    rule_row(rule)->weak : .40;
	link_add(j, p, e, false);
}

/* Records that one sensor filed under one flow of its own numbering. */
void
link_transaction(struct job *j, const struct ref *r)
{
	struct edge e = { .rule = RULE_FLOW, .via = r->entity,
		.from_role = ROLE_NEW, .to_role = r->role };
	struct post p;

	if (r->kind == KIND_FLOW && link_first(j, r->entity, ROLE_NEW, &p))
		link_add(j, p, e, true);
}
