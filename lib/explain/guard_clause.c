/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sentence as clauses, each about one deed. Between two deeds the border is
 * the last comma, "and", "which" or "then"; where there is none, the second
 * deed itself ("started X to download Y"). Before an active verb stands who
 * acted, behind it what was acted on; "was ... by" turns that round; a
 * preposition says which part a name plays. A clause that names nobody is about
 * the subject of the one before, after "which" about its object.
 */
#include "explain/guard.h"

#include <string.h>

struct splitting {
	const struct token *t;
	size_t n;
	struct clause *c;
	size_t n_clauses;
};

static bool
is_word(const struct token *t, enum word_class class)
{
	return t->kind == TOKEN_WORD && t->word.class == class;
}

static bool
is_border(const struct token *t)
{
	return t->kind == TOKEN_STOP || is_word(t, WORD_JOIN) ||
	    is_word(t, WORD_BREAK) || is_word(t, WORD_THEN) ||
	    is_word(t, WORD_AFTER) || is_word(t, WORD_BEFORE);
}

static bool
is_filler(const struct token *t)
{
	return t->kind == TOKEN_WORD && (t->word.class == WORD_PLAIN ||
	    t->word.class == WORD_KIND || t->word.class == WORD_MARKED ||
	    t->word.class == WORD_FIRST || t->word.class == WORD_LAST ||
	    t->word.class == WORD_THEN);
}

static bool
has_border(const struct splitting *s, size_t from, size_t to)
{
	size_t i;

	for (i = from; i < to; i++)
		if (is_border(&s->t[i]))
			return true;
	return false;
}

/* Where the clause of the deed at `to` begins. */
static size_t
border(const struct splitting *s, size_t from, size_t to)
{
	size_t i = to;

	if (i > from + 2 && is_word(&s->t[i - 1], WORD_THEN) &&
	    s->t[i - 2].kind == TOKEN_NAME && has_border(s, from + 1, i - 2))
		i--;		/* "; X then did" */
	while (i > from + 1 && !is_border(&s->t[i - 1]))
		i--;
	if (i == from + 1)
		return to > from + 1 && is_word(&s->t[to - 1], WORD_PLACE) ?
		    to - 1 : to;
	while (i > from + 1 && is_border(&s->t[i - 1]))
		i--;
	return i;
}

static bool
split(struct splitting *s)
{
	size_t i, last = SIZE_MAX;
	struct clause *c = NULL;

	for (i = 0; i < s->n; i++) {
		if (!is_word(&s->t[i], WORD_DEED))
			continue;
		if (s->n_clauses == GUARD_CLAUSES_MAX)
			return false;
		if (c != NULL)
			c->to = border(s, last, i);
		s->c[s->n_clauses] = (struct clause){ .deed = i,
			.from = c != NULL ? c->to : 0, .to = s->n };
		c = &s->c[s->n_clauses++];
		last = i;
	}
	if (s->n_clauses == 0)
		s->c[s->n_clauses++] = (struct clause){ .deed = SIZE_MAX,
			.to = s->n };
	return true;
}

/* "by" that says who: with the deed in front of it in the same clause. */
static bool
has_by(const struct splitting *s, const struct clause *c)
{
	size_t i;

	for (i = c->deed + 1; i < c->to && !is_border(&s->t[i]); i++)
		if (is_word(&s->t[i], WORD_PLACE) &&
		    s->t[i].word.n == PREP_BY)
			return true;
	return false;
}

static bool
is_passive(const struct splitting *s, const struct clause *c)
{
	size_t i = c->deed;

	if (str_ends_fold(s->t[i].text, "ing"))
		return false;
	while (i > c->from && is_filler(&s->t[i - 1]))
		i--;
	return (i > c->from && is_word(&s->t[i - 1], WORD_BE) &&
	    !str_is(s->t[i - 1].text, "had") &&
	    !str_is(s->t[i - 1].text, "has") &&
	    !str_is(s->t[i - 1].text, "have")) || has_by(s, c);
}

static enum part
part_of_preposition(int prep)
{
	switch (prep) {
	case PREP_BY: return PART_AGENT;
	case PREP_FROM: return PART_FROM;
	case PREP_TO: return PART_TO;
	case PREP_ON: return PART_ON;
	case PREP_AS: return PART_USER;
	case PREP_OF: return PART_OF;
	default: return PART_ANY;
	}
}

/* The preposition before a name, articles and kinds between them passed over;
 * after "and" or a comma that of the name before. -1: none. */
static int
preposition(const struct splitting *s, const struct clause *c, size_t i)
{
	size_t k = i;

	while (k > c->from && is_filler(&s->t[k - 1]))
		k--;
	if (k == c->from)
		return -1;
	if (is_word(&s->t[k - 1], WORD_PLACE))
		return s->t[k - 1].word.n;
	if (s->t[k - 1].kind == TOKEN_STOP && s->t[k - 1].text.p[0] == '(')
		return PREP_ANY;
	if (i > c->deed && c->deed != SIZE_MAX && k > c->deed + 1 &&
	    (is_word(&s->t[k - 1], WORD_JOIN) ||
	    s->t[k - 1].kind == TOKEN_STOP) &&
	    s->t[k - 2].kind == TOKEN_NAME)
		return preposition(s, c, k - 2);
	return -1;
}

/* "by the registry value": no one who acts. */
static bool
by_means(const struct splitting *s, const struct clause *c, size_t i)
{
	int kind;

	if (i == c->from || !is_word(&s->t[i - 1], WORD_KIND))
		return false;
	kind = s->t[i - 1].word.n;
	return kind == KIND_REGISTRY || kind == KIND_FILE ||
	    kind == KIND_SERVICE || kind == KIND_TASK;
}

static enum part
part_of(const struct splitting *s, const struct clause *c, size_t i,
    bool passive)
{
	int prep = preposition(s, c, i);
	unsigned how = c->deed == SIZE_MAX ? DEED_SEEN :
	    s->t[c->deed].word.deed->how;

	if (prep == PREP_BY && by_means(s, c, i))
		return PART_ANY;
	if (prep == PREP_FOR && (how & (DEED_ITSELF | DEED_ISSUE)))
		return PART_TO;		/* "a key was created for ann" */
	if (prep >= 0 && !(how & DEED_MARK))
		return part_of_preposition(prep);
	if (how & (DEED_MARK | DEED_SEEN | DEED_BEGIN | DEED_END))
		return PART_ANY;
	if (how & DEED_ANY)
		return i < c->deed && !passive ? PART_AGENT : PART_ANY;
	return (i < c->deed) != passive ? PART_AGENT : PART_PATIENT;
}

/* The part of the grammatical subject. */
static enum part
slot_of(const struct splitting *s, const struct clause *c, bool passive)
{
	unsigned how = s->t[c->deed].word.deed->how;

	if (how & (DEED_MARK | DEED_SEEN | DEED_BEGIN | DEED_END))
		return PART_ANY;
	if (how & DEED_ANY)
		return passive ? PART_ANY : PART_AGENT;
	return passive ? PART_PATIENT : PART_AGENT;
}

static bool
add_name(struct clause *c, struct str name, enum part part)
{
	if (c->n_names == GUARD_NAMES_MAX)
		return false;
	c->name[c->n_names++] = (struct named_part){ name, part };
	return true;
}

/* "a key was created": of no one named before. */
static bool
another(const struct splitting *s, const struct clause *c)
{
	size_t i;

	for (i = c->from; i < c->deed && i < c->to; i++)
		if (s->t[i].kind == TOKEN_WORD && (str_is(s->t[i].text, "a") ||
		    str_is(s->t[i].text, "an")))
			return true;
	return false;
}

/* Nobody is named before the verb: it is about what came before. */
static bool
inherit(struct clause *c, const struct clause *before, enum part part,
    bool means)
{
	struct str who = before->subject;

	if ((c->joint == WORD_BREAK || (c->joint == WORD_PLAIN &&
	    (part != PART_AGENT || means))) && before->object.len > 0)
		who = before->object;
	if (who.len == 0)
		return true;
	c->subject = who;
	return add_name(c, who, part);
}

/* "x.exe ran as SYSTEM": where nothing else was started, x was. */
static void
stand_alone(const struct splitting *s, struct clause *c)
{
	size_t i;

	for (i = 0; i < c->n_names; i++)
		if (c->name[i].part == PART_PATIENT)
			return;
	for (i = c->deed + 1; i < c->to && !is_word(&s->t[i], WORD_PLACE); i++)
		if (is_word(&s->t[i], WORD_KIND))
			return;		/* "started the payload" */
	for (i = 0; i < c->n_names; i++)
		if (c->name[i].part == PART_AGENT &&
		    str_eq(c->name[i].name, c->subject))
			c->name[i].part = PART_PATIENT;
}

static bool
take_names(const struct splitting *s, struct clause *c,
    const struct clause *before)
{
	bool passive = c->deed != SIZE_MAX && is_passive(s, c);
	enum part slot = PART_ANY, part;
	size_t i;

	if (c->deed != SIZE_MAX)
		slot = slot_of(s, c, passive);
	for (i = c->from; i < c->to; i++) {
		if (s->t[i].kind != TOKEN_NAME)
			continue;
		part = part_of(s, c, i, passive);
		if (!add_name(c, s->t[i].text, part))
			return false;
		c->n_bare += preposition(s, c, i) < 0;
		if (i < c->deed && preposition(s, c, i) < 0)
			c->subject = s->t[i].text;
		else if (i > c->deed)
			c->object = s->t[i].text;
	}
	if (c->subject.len == 0 && before != NULL && !another(s, c) && !inherit(c, before, slot,
	    before->deed != SIZE_MAX && (s->t[before->deed].word.deed->how &
	    DEED_MEANS)))
		return false;
	if (c->deed != SIZE_MAX && !passive && (s->t[c->deed].word.deed->how &
	    DEED_ALONE))
		stand_alone(s, c);
	return true;
}

/* By which word it hangs on the one before; WORD_PLAIN: by none. */
static void
take_joint(const struct splitting *s, struct clause *c)
{
	size_t i, end = c->deed == SIZE_MAX ? c->to : c->deed;

	c->joint = c->from == 0 ? WORD_LIST : WORD_PLAIN;
	for (i = c->from; i < c->to; i++) {
		if (i < end && (is_word(&s->t[i], WORD_THEN) ||
		    is_word(&s->t[i], WORD_AFTER) ||
		    is_word(&s->t[i], WORD_BEFORE) ||
		    ((c->joint == WORD_PLAIN || c->joint == WORD_LIST) &&
		    (is_word(&s->t[i], WORD_BREAK) ||
		    is_word(&s->t[i], WORD_JOIN)))))
			c->joint = s->t[i].word.class;
		if (is_word(&s->t[i], WORD_FAILED))
			c->failed = true;
	}
}

bool
guard_clauses(const struct token *t, size_t n, struct clause *c,
    size_t *n_clauses)
{
	struct splitting s = { .t = t, .n = n, .c = c };
	size_t i;

	if (!split(&s))
		return false;
	for (i = 0; i < s.n_clauses; i++) {
		take_joint(&s, &c[i]);
		if (!take_names(&s, &c[i], i > 0 ? &c[i - 1] : NULL))
			return false;
	}
	*n_clauses = s.n_clauses;
	return true;
}
