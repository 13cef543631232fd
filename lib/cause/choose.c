/* SPDX-License-Identifier: Apache-2.0 */
/* What of a segment is shown, and what is counted (essay in segment.c). */
#include "cause/segment.h"

/* Acts worth a place of their own among what came of the seeds. */
static bool
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

/* One number for "the same subject doing the same thing again"; with `object`
 * also to the same thing. The part played counts: to make a key and to use it
 * are two things. So does being a sign: none is counted on what is none. */
static uint64_t
repeat_key(const struct node *n, bool object, bool seed)
{
	uint64_t k = 1469598103934665603ULL + object + 2 * seed;
	size_t i;
	int r;

	for (i = 0; i < n->n_refs; i++) {
		r = n->refs[i].role;
		if (r == ROLE_SUBJ || r == ROLE_SESS || r == ROLE_CRED ||
		    r == ROLE_PARENT || (object && (r == ROLE_TARGET ||
		    r == ROLE_WRITE || r == ROLE_USE || r == ROLE_END ||
		    r == ROLE_NEW || r == ROLE_FLOW)))
			k = (k ^ part_of(n->refs[i].entity, r)) *
			    1099511628211ULL;
	}
	k = (k ^ n->act) * 1099511628211ULL;
	k = (k ^ (uint64_t)n->source) * 1099511628211ULL;
	for (i = 0; i < n->n_tags; i++)
		k = (k ^ (uint64_t)n->tags[i].technique) * 1099511628211ULL;
	return k;
}

/* Shown of one kind: where what is acted upon says little (calls of an
 * interface, sign-ins) the first stands for all. */
static int64_t
most_shown(const struct node *n, bool object)
{
	if (n->act == ACT_API_CALL || n->act == ACT_SIGN_IN ||
	    n->act == ACT_OTHER)
		return 1;
	return object ? REPEATS_SHOWN : SAME_ACT_SHOWN;
}

struct counts {
	struct table first[2];	/* key -> place of the first in items */
	struct table times[2];
};

/* Is this one more of what has been shown often enough? Then counted on the
 * first of its kind. */
static bool
is_repeat(struct flow *f, struct counts *c, size_t i, const struct node *n)
{
	int64_t first, times;
	bool added, repeat = false;
	uint64_t key;
	int object;

	for (object = 1; object >= 0; object--) {
		key = repeat_key(n, object != 0, f->items[i].seed);
		first = table_add(&c->first[object], key, (int64_t)i, &added);
		times = 0;
		(void)table_get(&c->times[object], key, &times);
		if (!repeat && times >= most_shown(n, object != 0)) {
			f->items[first].count++;
			f->items[i].folded = true;
			f->items[i].on = (size_t)first;
			repeat = true;
		}
		if (!repeat || object == 1)
			table_put(&c->times[object], key, times + 1);
	}
	return repeat;
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

	for (i = 0; i < 2; i++) {
		table_init(&c.first[i]);
		table_init(&c.times[i]);
	}
	for (i = 0; i < f->n; i++) {
		n = f->b->v->node(f->b->v->ctx, f->items[i].ev);
		if (!is_candidate(&f->items[i], n) || is_repeat(f, &c, i, n))
			continue;
		if (*shown >= MEMBERS_MAX) {
			f->full = true;
			f->left_out++;
			continue;
		}
		f->items[i].shown = true;
		++*shown;
	}
	for (i = 0; i < 2; i++) {
		table_release(&c.first[i]);
		table_release(&c.times[i]);
	}
}

/* Something shown must not hang on something hidden: from the last to the
 * first, show the strongest labelled cause of whatever else had none. */
static void
show_causes(struct flow *f, size_t *shown)
{
	const struct known *k;
	int64_t at, best;
	size_t i, c;

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

/* What was shown for the sake of others may be too many: the last give way. */
static void
cap(struct flow *f, size_t *shown)
{
	size_t i;

	for (i = f->n; i-- > 0 && *shown > MEMBERS_MAX;) {
		if (!f->items[i].shown)
			continue;
		f->items[i].shown = false;
		--*shown;
		f->full = true;
		f->left_out++;
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
