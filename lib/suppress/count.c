/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often a rule has covered an alert since it was made: counted when
 * somebody looks, from the event up to which it was counted before. A rule
 * counts what was stored while it held: made, enabled, not yet expired.
 */
#include "suppress/inner.h"

#include <string.h>

#include "store/sign.h"

enum { COUNT_MOST = 20000, PAGE = 1000 };

struct tally { int64_t hits, last_ns; };

static void
count_one(struct suppress *s, int64_t ev, const struct sign *sign,
    struct tally *t)
{
	struct suppressed d = { 0 };
	size_t i;

	for (i = 0; i < s->n; i++)
		s->asleep[i] = !s->rules[i].enabled ||
		    sign->ingested_ns < s->rules[i].created_ns ||
		    sign->ingested_ns >= s->rules[i].expires_ns;
	sign_covered(s, sign, &d);
	for (i = 0; i < s->n; i++) {
		if (!d.by[i] || ev <= s->rules[i].counted)
			continue;
		t[i].hits++;
		if (sign->t_ns > t[i].last_ns)
			t[i].last_ns = sign->t_ns;
	}
}

static enum rc
count_page(struct suppress *s, int64_t *after, struct tally *t, bool *more)
{
	struct sign sign;
	int64_t *evs;
	size_t n, i;
	enum rc rc = graph_signs_after(s->g, s->a, *after, PAGE, &evs, &n);

	*more = rc == RC_OK && n == PAGE;
	for (i = 0; i < n && rc == RC_OK; i++) {
		rc = sign_of_event(s, evs[i], &sign);
		if (rc == RC_OK)
			count_one(s, evs[i], &sign, t);
		*after = evs[i];
	}
	return rc;
}

/* Rules that are disabled are brought to the present as well: what comes while
 * they are is not theirs. */
static enum rc
keep(struct store *st, const struct suppress *s, const struct tally *t,
    int64_t upto)
{
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; i < s->n && rc == RC_OK; i++)
		if (upto > s->rules[i].counted)
			rc = control_suppression_count(st, &s->rules[i],
			    t[i].hits, t[i].last_ns, upto);
	return rc;
}

static int64_t
least_counted(const struct suppress *s, int64_t last)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->rules[i].counted < last)
			last = s->rules[i].counted;
	return last;
}

enum rc
suppress_count(struct store *st, struct graph *g, struct arena *a,
    int64_t tenant, bool *all)
{
	struct suppression *rules;
	struct suppress *s;
	struct tally *t;
	int64_t after, last;
	size_t n, looked = 0;
	bool more = true;
	enum rc rc = control_suppressions(st, a, tenant, &rules, &n);

	*all = true;
	if (rc == RC_OK && n > 0)
		rc = graph_event_last(g, &last);
	if (rc != RC_OK || n == 0)
		return rc;
	s = suppress_over(g, a, rules, n);
	after = least_counted(s, last);
	if (after >= last)
		return RC_OK;
	t = arena_array(a, n, sizeof(*t));
	memset(t, 0, n * sizeof(*t));
	s->a = arena_new();
	for (; more && rc == RC_OK && looked < COUNT_MOST; looked += PAGE) {
		rc = count_page(s, &after, t, &more);
		arena_reset(s->a);
	}
	arena_free(s->a);
	*all = !more;
	return rc == RC_OK ? keep(st, s, t, more || after > last ? after :
	    last) : rc;
}
