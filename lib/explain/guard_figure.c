/* SPDX-License-Identifier: Apache-2.0 */
/* What a clause says beside who did what: each figure and each word of order,
 * of failure or of judgement must be true of an event that holds the clause. */
#include "explain/guard.h"

#include <string.h>

#include "attack.h"
#include "base/clock.h"

static bool
is_word(const struct token *t, enum word_class class)
{
	return t->kind == TOKEN_WORD && t->word.class == class;
}

static const struct step *
held(const struct checks *k, const struct clause *c, size_t i)
{
	return &k->s->step[c->held[i]];
}

/* ---- what one event holds ------------------------------------------------- */

static bool
word_part(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
	    (unsigned char)c >= 0x80;
}

bool
hold_technique(const struct step *e, technique t)
{
	size_t i;

	for (i = 0; i < e->n_marks; i++)
		if (e->marks[i].technique == t || (t % 1000 == 0 &&
		    e->marks[i].technique / 1000 == t / 1000))
			return true;
	return false;
}

bool
hold_tactic(const struct step *e, int tactic)
{
	size_t i;

	for (i = 0; i < e->n_marks; i++)
		if (attack_tactics(e->marks[i].technique) & 1U << tactic)
			return true;
	return false;
}

/* As far as it is told: a day, a minute, a second, a part of one. */
bool
hold_time(const struct step *e, struct str time)
{
	char full[CLOCK_TEXT];
	size_t from = time.len > 4 && time.p[4] == '-' ? 0 : 11, i;
	size_t len = clock_format(e->time_ns, full);

	if (time.len > len - 1 - from)	/* more digits than there are */
		return false;
	for (i = 0; i < time.len; i++)
		if (full[from + i] != time.p[i] &&
		    !(from + i == 10 && (time.p[i] == ' ' || time.p[i] == 'T')))
			return false;
	return true;
}

bool
hold_number(const struct step *e, struct str digits)
{
	const struct str texts[] = { e->actor, e->target, e->host };
	size_t i, at;

	for (i = 0; i < COUNT(texts); i++)
		for (at = str_find(texts[i], digits, 0); at != (size_t)-1;
		    at = str_find(texts[i], digits, at + 1))
			if ((at == 0 || !word_part(texts[i].p[at - 1])) &&
			    (at + digits.len == texts[i].len ||
			    !word_part(texts[i].p[at + digits.len])))
				return true;
	return false;
}

/* ---- times -------------------------------------------------------------------- */

/* "first at T", "the last at T": earliest, latest of what holds the clause. */
static bool
time_right(const struct checks *k, const struct clause *c, size_t i)
{
	size_t h, from = 0, to = c->n_held, b = i;

	while (b > c->from && b + 3 > i && k->t[b - 1].kind == TOKEN_WORD) {
		b--;
		if (is_word(&k->t[b], WORD_FIRST))
			to = c->n_held > 0 ? 1 : 0;
		else if (is_word(&k->t[b], WORD_LAST))
			from = c->n_held > 0 ? c->n_held - 1 : 0;
		else if (is_word(&k->t[b], WORD_AFTER) ||
		    is_word(&k->t[b], WORD_BEFORE))
			return false;
	}
	for (h = from; h < to; h++)
		if (hold_time(held(k, c, h), k->t[i].text))
			return true;
	return false;
}

/* ---- numbers ------------------------------------------------------------------ */

/* How many of that kind: with a deed, of what was acted on. */
static size_t
distinct(const struct checks *k, int kind, const size_t *at, size_t n,
    bool acted_on)
{
	struct arena *a = k->s->a;
	struct str *seen = arena_array(a, n * 8 + 1, sizeof(*seen)), name;
	size_t i, j, m, count = 0;

	for (i = 0; i < n; i++) {
		const struct step *e = &k->s->step[at[i]];

		for (j = 0; j <= e->n_who; j++) {
			name = j < e->n_who ? e->who[j].name : e->host;
			if (j < e->n_who ? (int)e->who[j].kind != kind ||
			    (acted_on && !hold_acted_on(e->who[j].role)) :
			    kind != KIND_HOST)
				continue;
			for (m = 0; m < count; m++)
				if (str_eq_fold(seen[m], name))
					break;
			if (m == count && name.len > 0 && count < n * 8)
				seen[count++] = name;
		}
	}
	return count;
}

static int64_t
sum(const struct checks *k, const size_t *at, size_t n)
{
	int64_t total = 0;
	size_t i;

	for (i = 0; i < n; i++)
		total += k->s->step[at[i]].count;
	return total;
}

static bool
counts_links(const struct checks *k, int64_t n, int grade)
{
	int64_t have = 0;
	size_t i;

	for (i = 0; i < k->n_ties; i++)
		have += grade == 0 || (int)k->ties[i]->grade == grade;
	return n == have;
}

/* The span between two of the events, in whole units, cut or rounded. */
static bool
spans(const struct checks *k, const struct clause *c, const struct clause *d,
    int64_t n, int unit)
{
	int64_t ns, u = (int64_t)unit * NS_PER_S;
	size_t i, j;

	for (i = 0; i < c->n_held; i++)
		for (j = 0; j < d->n_held; j++) {
			ns = held(k, d, j)->time_ns - held(k, c, i)->time_ns;
			ns = ns < 0 ? -ns : ns;
			if (ns / u == n || (ns + u / 2) / u == n)
				return true;
		}
	return false;
}

static bool
number_right(const struct checks *k, size_t ci, size_t i)
{
	const struct clause *c = &k->c[ci];
	int64_t n = k->t[i].n;
	int grade = 0;
	size_t w = i + 1, h;

	for (; w < c->to && w < i + 4; w++) {
		if (k->t[w].kind == TOKEN_GRADE)
			grade = (int)k->t[w].n;
		if (is_word(&k->t[w], WORD_LINK))
			return counts_links(k, n, grade);
		if (is_word(&k->t[w], WORD_UNIT) && ci == 0 && i < c->deed &&
		    k->n_clauses > 1)		/* "one second after it ..." */
			return spans(k, c, c + 1, n, k->t[w].word.n);
		if (is_word(&k->t[w], WORD_UNIT))
			return ci + 1 < k->n_clauses && w + 1 == c->to ?
			    spans(k, c, c + 1, n, k->t[w].word.n) :
			    spans(k, ci > 0 ? c - 1 : c, c, n,
			    k->t[w].word.n);
		if (is_word(&k->t[w], WORD_COUNT))
			return n == sum(k, c->held, c->n_held) ||
			    n == (int64_t)c->n_held || (k->t[w].word.n == 1 &&
			    c->deed == SIZE_MAX && (n == (int64_t)k->n_cited ||
			    n == sum(k, k->cited, k->n_cited)));
		if (is_word(&k->t[w], WORD_KIND) &&
		    k->t[w].word.n < KIND_PROGRAM)
			return n == (int64_t)distinct(k, k->t[w].word.n,
			    c->held, c->n_held, c->deed != SIZE_MAX &&
			    k->t[w].word.n != KIND_HOST &&
			    k->t[w].word.n != KIND_USER);
		if (!is_word(&k->t[w], WORD_PLAIN) &&
		    !is_word(&k->t[w], WORD_MARKED) &&
		    k->t[w].kind != TOKEN_GRADE)
			break;
	}
	if (grade != 0)
		return counts_links(k, n, grade);
	if (n == 1 && k->t[i].text.len == 0 && (i + 1 == c->to ||
	    k->t[i + 1].kind == TOKEN_STOP ||
	    is_word(&k->t[i + 1], WORD_PLACE)))
		return true;		/* "and activated one" */
	for (h = 0; k->t[i].text.len > 0 && h < c->n_held; h++)
		if (hold_number(held(k, c, h), k->t[i].text))
			return true;
	return false;
}

/* ---- grades, techniques, judgement -------------------------------------------------- */

static bool
grade_right(const struct checks *k, size_t i)
{
	size_t e;

	if (i > 0 && k->t[i - 1].kind == TOKEN_NUMBER)
		return true;		/* counted as such */
	for (e = 0; e < k->n_ties; e++)
		if ((int)k->ties[e]->grade != k->t[i].n)
			return false;
	if (k->n_ties > 0)
		return true;
	for (e = 0; e < k->n; e++)
		if (k->t[e].kind == TOKEN_WORD && str_is(k->t[e].text, "chain"))
			return (int)k->s->grade == k->t[i].n;
	return false;
}

/* T1003.001 (LSASS Memory): the name must be that one's. */
static bool
technique_right(const struct checks *k, const struct clause *c, size_t i)
{
	technique t = (technique)k->t[i].n;
	size_t h;

	if (i + 2 < k->n && k->t[i + 1].kind == TOKEN_STOP &&
	    k->t[i + 1].text.p[0] == '(') {
		if (k->t[i + 2].kind == TOKEN_TECHNIQUE ?
		    k->t[i + 2].n / 1000 != t / 1000 ||
		    (k->t[i + 2].n % 1000 != 0 && k->t[i + 2].n != t) :
		    k->t[i + 2].kind != TOKEN_NAME || !str_eq_fold(
		    k->t[i + 2].text, str_of(attack_technique_name(t))))
			return false;
	}
	for (h = 0; h < c->n_held; h++)
		if (hold_technique(held(k, c, h), t))
			return true;
	return false;
}

static bool
tactic_right(const struct checks *k, const struct clause *c, size_t i)
{
	size_t h;

	for (h = 0; h < c->n_held; h++)
		if (hold_tactic(held(k, c, h), (int)k->t[i].n))
			return true;
	return false;
}

static bool
judged_right(const struct checks *k, const struct clause *c)
{
	size_t h;

	for (h = 0; h < c->n_held; h++)
		if (k->s->suspect[c->held[h]] || step_is_sign(held(k, c, h)))
			return true;
	return false;
}

/* "the attacker “ann”", "ann is malicious": what a record shows is an account
 * used, not by whom. */
static bool
blames(const struct checks *k, const struct clause *c, size_t i)
{
	size_t at = i + 1, h;

	while (at < c->to && at < i + 3 && k->t[at].kind == TOKEN_WORD)
		at++;
	if (at >= c->to || k->t[at].kind != TOKEN_NAME) {
		for (at = i; at > c->from && k->t[at - 1].kind == TOKEN_WORD;
		    at--)
			;
		if (at == c->from || k->t[at - 1].kind != TOKEN_NAME)
			return false;
		at--;
	}
	for (h = 0; h < c->n_held; h++)
		if (hold_user(held(k, c, h), k->t[at].text))
			return true;
	return false;
}

/* "again": the same was done by the same before. */
static bool
repeated(const struct checks *k, const struct clause *c)
{
	const struct step *e, *f;
	size_t h, i;

	for (h = 0; h < c->n_held; h++)
		for (e = held(k, c, h), i = 0; i < c->held[h]; i++) {
			f = &k->s->step[i];
			if (f->act == e->act && str_eq(f->action, e->action) &&
			    str_eq(f->actor, e->actor) &&
			    str_eq(f->target, e->target))
				return true;
		}
	return false;
}

static bool
echoed(const struct checks *k, const struct clause *c, struct str noun)
{
	size_t h;

	for (h = 0; h < c->n_held; h++)
		if (hold_noun(held(k, c, h), noun))
			return true;
	return false;
}

static bool
holds_place(const struct clause *c, size_t at)
{
	size_t h;

	for (h = 0; h < c->n_held; h++)
		if (c->held[h] == at)
			return true;
	return false;
}

static enum guard_fault
word_right(const struct checks *k, const struct clause *c, size_t i)
{
	size_t j = i + 1;

	while (j < c->to && j < i + 3 && k->t[j].kind == TOKEN_WORD)
		j++;
	switch (k->t[i].word.class) {
	case WORD_KIND:
		return guard_kind(k, c, i) ? GUARD_OK : GUARD_NAME;
	case WORD_MARKED:
		if (k->t[i].word.n == 1 && blames(k, c, i))
			return GUARD_NAME;
		return judged_right(k, c) ? GUARD_OK : GUARD_DEED;
	case WORD_AGAIN:
		return repeated(k, c) ? GUARD_OK : GUARD_NUMBER;
	case WORD_ALL:
		return i + 2 < k->n && k->t[i + 1].kind == TOKEN_NUMBER &&
		    (is_word(&k->t[i + 2], WORD_LINK) ||
		    (i + 3 < k->n && is_word(&k->t[i + 3], WORD_LINK))) ?
		    GUARD_OK : GUARD_NUMBER;
	case WORD_ECHO:
		return echoed(k, c, k->t[i].text) ? GUARD_OK : GUARD_DEED;
	case WORD_ROOT:
		return holds_place(c, k->s->root) ? GUARD_OK : GUARD_DEED;
	case WORD_FIRST:
	case WORD_LAST:
		if (j < c->to && k->t[j].kind == TOKEN_TIME)
			return GUARD_OK;	/* seen to with the time */
		return holds_place(c, k->t[i].word.class == WORD_FIRST ?
		    k->cited[0] : k->cited[k->n_cited - 1]) ? GUARD_OK :
		    GUARD_ORDER;
	default:
		return GUARD_OK;
	}
}

/* ---- order ---------------------------------------------------------------------- */

static bool
earlier(const struct clause *a, const struct clause *b)
{
	return a->n_held > 0 && b->n_held > 0 &&
	    a->held[0] < b->held[b->n_held - 1];
}

static bool
order_right(const struct checks *k, size_t i)
{
	const struct clause *c = &k->c[i];

	if (i == 0) {
		if (c->joint == WORD_AFTER)
			return k->n_clauses > 1 && earlier(c, c + 1);
		if (c->joint == WORD_BEFORE)
			return k->n_clauses > 1 && earlier(c + 1, c);
		return c->joint != WORD_THEN || k->n_clauses == 1;
	}
	if (c->joint == WORD_AFTER)
		return earlier(c, c - 1);
	if (c->joint == WORD_THEN || c->joint == WORD_BEFORE)
		return earlier(c - 1, c);
	return true;
}

static enum guard_fault
token_right(const struct checks *k, size_t ci, size_t i)
{
	const struct clause *c = &k->c[ci];

	switch (k->t[i].kind) {
	case TOKEN_TIME:
		return time_right(k, c, i) ? GUARD_OK : GUARD_TIME;
	case TOKEN_NUMBER:
		return number_right(k, ci, i) ? GUARD_OK : GUARD_NUMBER;
	case TOKEN_GRADE:
		return grade_right(k, i) ? GUARD_OK : GUARD_GRADE;
	case TOKEN_TECHNIQUE:
		return technique_right(k, c, i) ? GUARD_OK : GUARD_TECHNIQUE;
	case TOKEN_TACTIC:
		return tactic_right(k, c, i) ? GUARD_OK : GUARD_TECHNIQUE;
	case TOKEN_WORD:
		return word_right(k, c, i);
	default:
		return GUARD_OK;
	}
}

enum guard_fault
guard_figures(const struct checks *k)
{
	enum guard_fault f = GUARD_OK;
	size_t c, i;

	for (c = 0; c < k->n_clauses && f == GUARD_OK; c++) {
		for (i = k->c[c].from; i < k->c[c].to && f == GUARD_OK; i++)
			f = token_right(k, c, i);
		if (f == GUARD_OK && !order_right(k, c))
			f = GUARD_ORDER;
	}
	return f;
}
