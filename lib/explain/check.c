/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine check of sentences. It knows nothing of how they were built: it
 * reads the finished text and asks of each “name” whether an event that the
 * sentence cites holds it, of each time whether one of them has it, of each
 * technique whether one is marked with it, of a grade whether the cited link
 * has it, and of each number whether it counts what is cited or stands for the
 * whole chain. Text between ‘ and ’ is the operator's own. Counterfactuals are
 * computed again instead.
 */
#include "explain/inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPEN "\xe2\x80\x9c"
#define CLOSE "\xe2\x80\x9d"
#define OWN "\xe2\x80\x98"
#define OWN_END "\xe2\x80\x99"
#define DOTS "\xe2\x80\xa6"

struct named { struct str id; size_t at; };

struct checking {
	const struct findings *f;
	struct buf *faults;
	size_t n_faults;
	struct named *by_id;
	size_t *cited, n_cited;		/* steps, each once */
	const struct tie **ties;
	size_t n_ties;
	bool *marked;
	const char *where;
	struct str text;
};

static void
fault(struct checking *c, const char *what, struct str detail)
{
	c->n_faults++;
	buf_printf(c->faults, "%s: %s: ", c->where, what);
	buf_put_str(c->faults, detail);
	buf_put_c(c->faults, ": ");
	buf_put_str(c->faults, str_sub(c->text, 0, 300));
	buf_put_char(c->faults, '\n');
}

static int
by_id(const void *a, const void *b)
{
	return str_cmp(((const struct named *)a)->id,
	    ((const struct named *)b)->id);
}

static size_t
place_of(struct checking *c, struct str id)
{
	struct named key = { id, 0 }, *hit = bsearch(&key, c->by_id,
	    c->f->s->n, sizeof(key), by_id);

	return hit != NULL ? hit->at : SIZE_MAX;
}

/* ---- cites ------------------------------------------------------------------ */

static void
cite_step(struct checking *c, size_t at)
{
	if (!c->marked[at])
		c->cited[c->n_cited++] = at;
	c->marked[at] = true;
}

static bool
cite_tie(struct checking *c, size_t from, size_t to)
{
	const struct story *s = c->f->s;
	size_t lo = 0, hi = s->n_ties, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->tie[mid].to < to || (s->tie[mid].to == to &&
		    s->tie[mid].from < from))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == s->n_ties || s->tie[lo].to != to || s->tie[lo].from != from)
		return false;
	c->ties[c->n_ties++] = &s->tie[lo];
	return true;
}

static void
take_cite(struct checking *c, struct str cite)
{
	size_t arrow = str_find(cite, STR("->"), 0), from, to;

	if (arrow == (size_t)-1) {
		from = place_of(c, cite);
		if (from == SIZE_MAX)
			fault(c, "cites what is not in the chain", cite);
		else
			cite_step(c, from);
		return;
	}
	from = place_of(c, str_sub(cite, 0, arrow));
	to = place_of(c, str_sub(cite, arrow + 2, cite.len));
	if (from == SIZE_MAX || to == SIZE_MAX || !cite_tie(c, from, to))
		fault(c, "cites a link that is not in the chain", cite);
}

static void
take_cites(struct checking *c, const struct said *s)
{
	struct arena *a = c->f->a;
	size_t i;

	for (i = 0; i < c->n_cited; i++)
		c->marked[c->cited[i]] = false;
	c->n_cited = c->n_ties = 0;
	c->ties = arena_array(a, s->n_cites + 1, sizeof(*c->ties));
	if (s->n_cites == 0)
		fault(c, "cites nothing", STR("-"));
	for (i = 0; i < s->n_cites; i++)
		take_cite(c, s->cites[i]);
}

/* ---- what cited events hold --------------------------------------------------- */

static bool
holds(struct checking *c, struct str text, struct str part)
{
	bool whole;

	if (text.len < part.len)
		return false;
	return str_find(text, part, 0) != (size_t)-1 ||
	    str_find(text_plain(c->f->a, text, text.len + 1, &whole), part, 0)
	    != (size_t)-1;
}

static bool
step_holds(struct checking *c, const struct step *e, struct str part)
{
	const struct str texts[] = { e->actor, e->action, e->target, e->host,
		e->source };
	size_t i;

	for (i = 0; i < COUNT(texts); i++)
		if (holds(c, texts[i], part))
			return true;
	for (i = 0; i < e->n_who; i++)
		if (holds(c, e->who[i].name, part))
			return true;
	for (i = 0; i < e->n_marks; i++)
		if (str_eq(e->marks[i].rule, part))
			return true;
	return false;
}

static void
check_name(struct checking *c, struct str name)
{
	size_t i;

	if (name.len >= 3 && memcmp(name.p + name.len - 3, DOTS, 3) == 0)
		name.len -= 3;
	for (i = 0; i < c->n_cited; i++)
		if (step_holds(c, &c->f->s->step[c->cited[i]], name))
			return;
	fault(c, "no cited event holds the name", name);
}

static void
check_time(struct checking *c, struct str time)
{
	char t[32];
	size_t i;

	for (i = 0; i < c->n_cited; i++) {
		text_time(c->f->s->step[c->cited[i]].time_ns, t);
		if (str_is(time, t))
			return;
	}
	fault(c, "no cited event has the time", time);
}

static void
check_technique(struct checking *c, struct str id)
{
	technique t = technique_parse(id);
	const struct step *e;
	size_t i, k;

	for (i = 0; i < c->n_cited; i++) {
		e = &c->f->s->step[c->cited[i]];
		for (k = 0; k < e->n_marks; k++)
			if (e->marks[k].technique == t)
				return;
	}
	fault(c, "no cited event is marked with the technique", id);
}

static bool
counts(struct checking *c, uint64_t n)
{
	const struct story *s = c->f->s;
	uint64_t total = 0, grade[GRADE_PROVABLE + 1] = { 0 };
	size_t i;

	for (i = 0; i < c->n_cited; i++)
		total += (uint64_t)s->step[c->cited[i]].count;
	for (i = 0; i < s->n_ties; i++)
		grade[s->tie[i].grade]++;
	/* one less: the subject of the sentence is cited beside what it counts */
	return n == c->n_cited || n + 1 == c->n_cited || n == total ||
	    n == c->n_ties || n == s->n || n == s->n_ties ||
	    n == s->n_goals || (c->n_ties == s->n_ties &&
	    (n == grade[1] || n == grade[2] || n == grade[3]));
}

static void
check_number(struct checking *c, struct str digits)
{
	uint64_t n;

	if (!str_u64(digits, &n) || !counts(c, n))
		fault(c, "counts nothing that is cited", digits);
}

static void
check_grade(struct checking *c)
{
	int g;

	if (c->n_ties != 1)
		return;
	for (g = GRADE_INFERRED; g <= GRADE_PROVABLE; g++)
		if ((int)c->ties[0]->grade != g && str_find(c->text,
		    str_printf(c->f->a, " is %s:", grade_name((enum grade)g)),
		    0) != (size_t)-1)
			fault(c, "the cited link has another grade",
			    str_of(grade_name((enum grade)g)));
}

/* ---- the finished text ---------------------------------------------------------- */

static bool
digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

static bool
at_word(struct str s, size_t i)
{
	char b;

	if (i == 0)
		return true;
	b = s.p[i - 1];
	return !digit(b) && !((b | 32) >= 'a' && (b | 32) <= 'z') && b != '.' &&
	    b != '_';
}

/* Between two marks of 3 bytes: what stands there; *i moves behind. */
static struct str
between(struct str s, size_t *i, const char *end)
{
	size_t stop = str_find(s, str_of(end), *i + 3);
	struct str out;

	stop = stop == (size_t)-1 ? s.len : stop;
	out = str_sub(s, *i + 3, stop - *i - 3);
	*i = stop + 3;
	return out;
}

static bool
is_time(struct str s)
{
	static const char form[] = "0000-00-00 00:00:00 UTC";
	size_t i;

	if (s.len < sizeof(form) - 1)
		return false;
	for (i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == '0' ? !digit(s.p[i]) : s.p[i] != form[i])
			return false;
	return true;
}

static size_t
run_of_digits(struct str s)
{
	size_t n = 0;

	while (n < s.len && digit(s.p[n]))
		n++;
	return n;
}

/* T1059.001 or M1032 at the start of s; 0: neither. */
static size_t
is_attack_id(struct str s)
{
	if (s.len < 5 || (s.p[0] != 'T' && s.p[0] != 'M') ||
	    run_of_digits(str_sub(s, 1, 4)) != 4)
		return 0;
	if (s.p[0] == 'T' && s.len >= 9 && s.p[5] == '.' &&
	    run_of_digits(str_sub(s, 6, 3)) == 3)
		return 9;
	return 5;
}

static size_t
check_word(struct checking *c, size_t i)
{
	struct str rest = str_sub(c->text, i, c->text.len);
	size_t n;

	if (is_time(rest)) {
		check_time(c, str_sub(rest, 0, 23));
		return i + 23;
	}
	n = is_attack_id(rest);
	if (n > 0) {
		if (rest.p[0] == 'T')
			check_technique(c, str_sub(rest, 0, n));
		i += n;			/* and its name behind it */
		if (i + 1 < c->text.len && c->text.p[i + 1] == '(')
			while (i < c->text.len && c->text.p[i] != ')')
				i++;
		return i;
	}
	n = run_of_digits(rest);
	if (n > 0)
		check_number(c, str_sub(rest, 0, n));
	return n > 0 ? i + n : i + 1;
}

static void
check_text(struct checking *c)
{
	struct str s = c->text;
	size_t i = 0;

	while (i < s.len) {
		if (i + 3 <= s.len && memcmp(s.p + i, OPEN, 3) == 0)
			check_name(c, between(s, &i, CLOSE));
		else if (i + 3 <= s.len && memcmp(s.p + i, OWN, 3) == 0)
			(void)between(s, &i, OWN_END);
		else if (at_word(s, i))
			i = check_word(c, i);
		else
			i++;
	}
	check_grade(c);
}

static void
check_said(void *ctx, const char *where, const struct said *s)
{
	struct checking *c = ctx;

	c->where = where;
	c->text = s->text;
	take_cites(c, s);
	if (strcmp(where, "counterfactuals") != 0)
		check_text(c);
}

/* Lost: from every beginning, step by step forward, without the cut. Another
 * way to compute it than the one that it was found by. */
static void
check_counter(struct checking *c, const struct counter *k)
{
	const struct story *s = c->f->s;
	bool *at = arena_array(s->a, s->n + 1, sizeof(bool));
	bool *gone = counter_gone(s, k);
	char want[64];
	size_t i, lost = 0;

	c->where = "counterfactuals";
	c->text = k->said.text;
	for (i = 0; i < s->n; i++)
		at[i] = s->begins[i] && !gone[i];
	for (i = 0; i < s->n_ties; i++)
		if (at[s->tie[i].from] && !gone[s->tie[i].to] &&
		    !(s->tie[i].flags & EDGE_CLOCK) &&
		    s->step[s->tie[i].to].role != MEMBER_CONTEXT)
			at[s->tie[i].to] = true;
	for (i = 0; i < s->n; i++)
		lost += s->goal[i] && !gone[i] && !at[i];
	snprintf(want, sizeof(want), ", %zu of %zu recorded ", lost,
	    s->n_goals);
	if (lost != k->n_lost || str_find(c->text, str_of(want), 0) ==
	    (size_t)-1)
		fault(c, "computed again, another number is lost",
		    str_of(want));
}

size_t
explain_check(const struct findings *f, struct buf *faults)
{
	struct checking c = { .f = f, .faults = faults };
	size_t i, n = f->s->n;

	c.by_id = arena_array(f->a, n + 1, sizeof(struct named));
	c.cited = arena_array(f->a, n + 1, sizeof(size_t));
	c.marked = arena_array(f->a, n + 1, sizeof(bool));
	for (i = 0; i < n; i++)
		c.by_id[i] = (struct named){ f->s->step[i].id, i };
	qsort(c.by_id, n, sizeof(struct named), by_id);
	findings_each(f, check_said, &c);
	for (i = 0; i < f->n_counters; i++)
		check_counter(&c, &f->counter[i]);
	return c.n_faults;
}
