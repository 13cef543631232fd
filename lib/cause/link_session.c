/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Edges by the right to act: sessions (P9, P17), keys, tokens and tickets (P10,
 * P16), accounts (P13, P16).
 */
#include "cause/link.h"

#include "base/clock.h"

/* P9 session, P17 remote execution in it. */
void
link_session(struct job *j, const struct ref *r)
{
	struct edge e = { .rule = RULE_SESSION, .via = r->entity,
		.from_role = ROLE_NEW, .to_role = r->role };
	bool local = j->n->host != 0 && !(r->flags & (REF_ASSERTED | REF_SAID));
	const struct node *src;
	struct post p, boot;
	bool booted;

	booted = local && link_last(j, j->n->host, ROLE_BOOT, &boot);
	if (!j->v->first_after(j->v->ctx, r->entity, ROLE_NEW,
	    booted ? &boot.rank : NULL, &p))
		return;
	if (local && !booted)
		e.flags |= EDGE_BOOT_UNKNOWN;
	src = j->v->node(j->v->ctx, p.ev);
	if (src != NULL && (src->flags & EVENT_NETWORK) &&
	    (j->n->act == ACT_SERVICE_CREATE || j->n->act == ACT_TASK_CREATE ||
	    j->n->act == ACT_SHARE || j->n->act == ACT_WMI ||
	    j->n->act == ACT_PROCESS_CREATE))
		e.rule = RULE_REMOTE;
	link_add(j, p, e, !local || booted);
}

/* A logon GUID proves something between the asking for a ticket, the logon with
 * it and the explicit use of other credentials: three kinds of record. Two of
 * one kind only tell that one ticket was asked for, or shown, twice. */
static bool
one_kind(const struct node *a, const struct node *b)
{
	return a->act == b->act && link_makes(a, KIND_SESSION) ==
	    link_makes(b, KIND_SESSION);
}

/* Two accounts may each record one call; it has one number. */
static bool
one_call(const struct node *a, const struct node *b)
{
	size_t i;

	for (i = 0; i < a->n_refs; i++)
		if (a->refs[i].kind == KIND_TRANSACTION &&
		    a->refs[i].role == ROLE_TXN &&
		    node_ref(b, a->refs[i].entity, ROLE_TXN) != NULL)
			return true;
	return false;
}

static bool
is_hearsay(const struct node *n, int64_t entity)
{
	const struct ref *r = node_ref(n, entity, ROLE_NEW);

	return r != NULL && (r->flags & (REF_ASSERTED | REF_SAID));
}

enum { ISSUES_READ = 64 };

struct issue {
	struct post post;
	const struct node *node;	/* NULL: none is recorded */
	bool hearsay;		/* only a sender says so */
	bool conflict;		/* another call issued the same */
};

/* The issue of a key before the event: the first record of it, the issuer's own
 * before what a sender says. A key is issued once, so of two calls that both
 * issue it one is wrong, and nothing tells which; that counts whenever it is
 * recorded. */
static struct issue
issue_of(const struct job *j, int64_t entity)
{
	struct issue x = { .node = NULL };
	const struct node *n;
	struct rank after;
	struct post p;
	bool hearsay;
	int i;

	for (i = 0; i < ISSUES_READ && j->v->first_after(j->v->ctx, entity,
	    ROLE_NEW, i > 0 ? &after : NULL, &p); i++) {
		after = p.rank;
		n = j->v->node(j->v->ctx, p.ev);
		if (n == NULL)
			continue;
		hearsay = is_hearsay(n, entity);
		if (x.node == NULL || (x.hearsay && !hearsay)) {
			if (rank_cmp(&p.rank, &j->n->rank) >= 0)
				continue;
			x = (struct issue){ p, n, hearsay, false };
		} else if (hearsay == x.hearsay && !one_call(n, x.node)) {
			x.conflict = true;
		}
	}
	return x;
}

/* P10: keys and tokens by their issue, tickets by the record before; P16 where
 * a sign-on's ticket (an assertion id) buys a token. */
void
link_credential(struct job *j, const struct ref *r)
{
	struct edge e = { .rule = RULE_ISSUE_USE, .via = r->entity,
		.from_role = ROLE_NEW, .to_role = r->role };
	const struct node *src;
	struct issue x;
	struct post p;

	if (r->kind == KIND_TICKET) {
		e.rule = link_makes(j->n, KIND_TOKEN) ?
		    RULE_FEDERATION : RULE_TICKET;
		if (!link_last(j, r->entity, ROLE_NEW, &p))
			return;
		src = j->v->node(j->v->ctx, p.ev);
		link_add(j, p, e, src != NULL && !one_kind(src, j->n));
		return;
	}
	x = issue_of(j, r->entity);
	if (x.node == NULL)
		return;
	if (x.conflict)
		e.flags |= EDGE_ISSUER_CONFLICT;
	link_add(j, x.post, e, !x.conflict);
}

/* P16: the sign-on to another system by the same subject, minutes before. */
void
link_user(struct job *j, const struct ref *r)
{
	struct edge e = { .via = r->entity, .to_role = r->role };
	struct post p;

	if (link_makes(j->n, KIND_TOKEN) &&
	    link_last(j, r->entity, ROLE_SSO, &p) &&
	    rank_time(&j->n->rank) - rank_time(&p.rank) <= 300 * NS_PER_S) {
		e.rule = RULE_FEDERATION;
		e.from_role = ROLE_SSO;
		link_add(j, p, e, false);
	}
	if (!(r->flags & (REF_WEAK | REF_COMMON)) &&
	    link_first(j, r->entity, ROLE_NEW, &p)) {
		e.rule = RULE_MADE_ACTS;
		e.from_role = ROLE_NEW;
		link_add(j, p, e, true);
	}
}
