/* SPDX-License-Identifier: Apache-2.0 */
/* What of a segment is shown, and what is counted (essay in segment.c). */
#include "cause/segment.h"

bool
says_something(const struct node *n)
{
	if (n->flags & EVENT_IMPACT)
		return n->outcome != OUTCOME_FAILURE;
	if (n->flags & EVENT_MINOR)
		return false;
	switch (n->act) {
	case ACT_OTHER:
	case ACT_API_CALL:
	case ACT_PROCESS_END:
	case ACT_LOGOFF:
	case ACT_HANDLE_OPEN:
	case ACT_HANDLE_USE:
	case ACT_HANDLE_CLOSE:
		return false;
	default:
		return n->outcome != OUTCOME_FAILURE;
	}
}

static uint64_t
part_of(int64_t entity, int role)
{
	return (uint64_t)entity << 7 | (uint64_t)role;
}

/*
 * Repeats. Something is one more of what has been shown when the same subject
 * did the same: the same kind of act, of the same name, with the same outcome,
 * in the same source, on the same host, under the same techniques. There are
 * three ways to say "the same", each a key with a number of places; what finds
 * no place in one of them is counted on the first of its kind:
 *
 *	THING	the same act, on the same thing
 *	NAME	the same act by name, on whatever thing
 *	ACT	the same kind of act, by whatever name
 *
 * The part played counts: to make a key and to use it are two things. So does
 * being a sign: none is counted on what is none. And so does success: fifty
 * failed sign-ons do not hide the one that did not fail.
 */
enum sameness { SAME_THING, SAME_NAME, SAME_ACT, SAMENESS__MAX };

static uint64_t
mixed(uint64_t k, uint64_t more)
{
	return (k ^ more) * 1099511628211ULL;
}

static uint64_t
repeat_key(const struct node *n, enum sameness same, bool seed)
{
	uint64_t k = 1469598103934665603ULL + 2 * (uint64_t)same + seed;
	size_t i;
	int r;

	for (i = 0; i < n->n_refs; i++) {
		r = n->refs[i].role;
		if (r == ROLE_SUBJ || r == ROLE_SESS || r == ROLE_CRED ||
		    r == ROLE_PARENT || (same == SAME_THING &&
		    (r == ROLE_TARGET || r == ROLE_WRITE || r == ROLE_USE ||
		    r == ROLE_END || r == ROLE_NEW || r == ROLE_FLOW)))
			k = mixed(k, part_of(n->refs[i].entity, r));
	}
	k = mixed(k, n->act);
	k = mixed(k, n->outcome);
	k = mixed(k, (uint64_t)n->source);
	k = mixed(k, (uint64_t)n->host);
	if (same != SAME_ACT) {
		k = mixed(k, (uint64_t)n->type);
		k = mixed(k, (uint64_t)n->action);
	}
	for (i = 0; i < n->n_tags; i++)
		k = mixed(k, (uint64_t)n->tags[i].technique);
	return k;
}

/* Does the event act on a process that a sign of this segment is about too?
 * Whoever opened the one into which code was put, or whose memory was read,
 * prepared it: that is a step, while the hundred processes opened in passing
 * are one thing done a hundred times. */
static bool
touches_victim(const struct flow *f, const struct node *n)
{
	int64_t any;
	size_t i;

	for (i = 0; i < n->n_refs; i++)
		if (n->refs[i].role == ROLE_TARGET &&
		    n->refs[i].kind == KIND_PROCESS &&
		    table_get(&f->victims, (uint64_t)n->refs[i].entity, &any))
			return true;
	return false;
}

/* Places of one key. Where what is acted upon says little (calls of an
 * interface, sign-ons) the first stands for all of that name. */
static int64_t
most_shown(const struct flow *f, const struct node *n, enum sameness same)
{
	bool one = n->act == ACT_API_CALL || n->act == ACT_SIGN_IN ||
	    n->act == ACT_OTHER;

	if (same == SAME_ACT)
		return SAME_ACT_SHOWN;
	if (one)
		return 1;
	if (same == SAME_NAME && (n->act != ACT_PROCESS_ACCESS ||
	    touches_victim(f, n)))
		return SAME_ACT_SHOWN;
	return REPEATS_SHOWN;
}

struct counts {
	struct table first[SAMENESS__MAX];	/* key -> first place in items */
	struct table times[SAMENESS__MAX];
};

/* Is this one more of what has been shown often enough? Then counted on the
 * first of its kind. */
static bool
is_repeat(struct flow *f, struct counts *c, size_t i, const struct node *n)
{
	uint64_t key[SAMENESS__MAX];
	int64_t first, times[SAMENESS__MAX];
	bool added;
	int s;

	for (s = 0; s < SAMENESS__MAX; s++) {
		key[s] = repeat_key(n, (enum sameness)s, f->items[i].seed);
		times[s] = 0;
		(void)table_get(&c->times[s], key[s], &times[s]);
		if (times[s] < most_shown(f, n, (enum sameness)s))
			continue;
		if (!table_get(&c->first[s], key[s], &first))
			continue;
		f->items[first].count++;
		f->items[i].folded = true;
		f->items[i].on = (size_t)first;
		return true;
	}
	for (s = 0; s < SAMENESS__MAX; s++) {
		table_add(&c->first[s], key[s], (int64_t)i, &added);
		table_put(&c->times[s], key[s], times[s] + 1);
	}
	return false;
}

/* The processes that signs are about. */
static void
find_victims(struct flow *f)
{
	const struct node *n;
	size_t i, k;

	for (i = 0; i < f->n; i++) {
		if (!f->items[i].seed)
			continue;
		n = f->b->v->node(f->b->v->ctx, f->items[i].ev);
		for (k = 0; n != NULL && k < n->n_refs; k++)
			if (n->refs[k].role == ROLE_TARGET &&
			    n->refs[k].kind == KIND_PROCESS)
				table_put(&f->victims,
				    (uint64_t)n->refs[k].entity, 1);
	}
}

static bool
is_candidate(const struct item *it, const struct node *n)
{
	if (n == NULL || it->strength <= 0)
		return false;
	return it->backward || it->seed ||
	    (says_something(n) && !cause_is_seed(n));
}

/*
 * Choose what is shown, in order: repeats are counted on the first of their
 * kind.
 */
static void
choose(struct flow *f, size_t *shown)
{
	struct counts c;
	const struct node *n;
	size_t i;

	find_victims(f);
	for (i = 0; i < SAMENESS__MAX; i++) {
		table_init(&c.first[i]);
		table_init(&c.times[i]);
	}
	for (i = 0; i < f->n; i++) {
		n = f->b->v->node(f->b->v->ctx, f->items[i].ev);
		if (!is_candidate(&f->items[i], n) || is_repeat(f, &c, i, n))
			continue;
		f->items[i].shown = true;
		++*shown;
	}
	for (i = 0; i < SAMENESS__MAX; i++) {
		table_release(&c.first[i]);
		table_release(&c.times[i]);
	}
}

/* Something shown must not hang on something hidden: from the last to the
 * first, show the strongest labelled cause of whatever else had none. (That
 * which only by its clock is before its cause stands before it here.) */
static void
show_causes(struct flow *f, size_t *shown)
{
	const struct known *k;
	int64_t at, best;
	size_t i, c;

	for (i = 0; i < f->n; i++)
		if (f->items[i].shown && f->items[i].begun != 0 &&
		    table_get(&f->at, (uint64_t)f->items[i].begun, &at) &&
		    !f->items[at].shown)
			flow_show(f, (size_t)at, shown);
	for (i = f->n; i-- > 0;) {
		if (!f->items[i].shown)
			continue;
		k = build_in(f->b, f->items[i].ev);
		best = -1;
		for (c = 0; c < k->n; c++) {
			if (!table_get(&f->at, (uint64_t)k->edge[c].from, &at) ||
			    f->items[at].strength <= 0)
				continue;
			if (f->items[at].shown) {
				best = -1;
				break;
			}
			if (best < 0)
				best = at;
		}
		if (best >= 0)
			flow_show(f, (size_t)best, shown);
	}
}

void
flow_show(struct flow *f, size_t item, size_t *shown)
{
	struct item *it = &f->items[item];

	it->shown = true;
	++*shown;
	if (it->folded)
		f->items[it->on].count--;
	it->folded = false;
}

bool
hosts_take(struct hosts *h, int64_t host)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (h->host[i] == host)
			return true;
	if (host == 0)
		return true;
	if (h->n == HOSTS_MAX)
		return false;
	h->host[h->n++] = host;
	return true;
}

/* Caps, in the order of events: what comes after the last place gives way. */
static void
cap(struct flow *f, size_t *shown)
{
	struct hosts hosts = { .n = 0 };
	const struct node *n;
	const char *why;
	int64_t begun;
	size_t i;

	*shown = 0;
	for (i = 0; i < f->n; i++) {
		if (!f->items[i].shown)
			continue;
		n = f->b->v->node(f->b->v->ctx, f->items[i].ev);
		why = *shown >= MEMBERS_MAX ? "members" :
		    !hosts_take(&hosts, n->host) ? "hosts" : NULL;
		if (why == NULL) {
			++*shown;
			continue;
		}
		f->items[i].shown = false;
		flow_cut(f, why, f->items[i].ev);
	}
	for (i = 0; i < f->n; i++) {
		if (!f->items[i].shown || f->items[i].begun == 0 ||
		    (table_get(&f->at, (uint64_t)f->items[i].begun, &begun) &&
		    f->items[begun].shown))
			continue;
		f->items[i].shown = false;
		flow_cut(f, "members", f->items[i].ev);
		--*shown;
	}
}

void
flow_choose(struct flow *f, size_t *shown)
{
	choose(f, shown);
	show_causes(f, shown);
	flow_join(f, shown);
	cap(f, shown);
}
