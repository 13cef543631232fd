/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of kinds. With a name ("the host x", "x is the host") the name must be
 * of that kind in an event that holds the clause. Without one, what stands
 * where something was acted on must have been acted on there or be in the
 * action's own name ("an account was created" is not CreateAccessKey), and what
 * stands where somebody acts must be able to act.
 */
#include "explain/guard.h"

#include <string.h>

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

/* Is there a form of "to be" before the verb? */
static bool
is_passive_form(const struct checks *k, const struct clause *c)
{
	size_t i;

	for (i = c->from; i < c->deed; i++)
		if (is_word(&k->t[i], WORD_BE))
			return true;
	return false;
}

/* "created an account", "an account was created": is the kind named as what
 * was acted on? */
static bool
is_object(const struct checks *k, const struct clause *c, size_t i)
{
	size_t b = i, e;

	if (c->deed == SIZE_MAX)
		return false;
	while (b > c->from && is_word(&k->t[b - 1], WORD_PLAIN))
		b--;
	if (i > c->deed)
		return b == c->deed + 1;
	if (b > c->from && is_word(&k->t[b - 1], WORD_PLACE))
		return false;
	for (e = i; e < c->deed; e++)
		if (is_word(&k->t[e], WORD_BE))
			return true;
	return false;
}

/* "the user created": who can act at all, and did here? A role and a payload
 * are judged elsewhere. */
static bool
subject_right(const struct checks *k, const struct clause *c, size_t i)
{
	size_t e, h;
	bool process, any = c->n_held == 0;

	for (e = i + 1; c->deed != SIZE_MAX && e < c->deed; e++)
		if (!is_word(&k->t[e], WORD_PLAIN))
			return true;
	if (c->deed == SIZE_MAX || i > c->deed || is_passive_form(k, c) ||
	    k->t[i].word.n == KIND_ROLE || k->t[i].word.n == KIND_ANY ||
	    k->t[i].word.n == KIND_PAYLOAD)
		return true;
	for (h = 0; h < c->n_held; h++) {
		process = step_process(held(k, c, h)).len > 0;
		any |= k->t[i].word.n == KIND_PROGRAM ? process :
		    k->t[i].word.n == KIND_USER &&
		    held(k, c, h)->actor.len > 0;
	}
	return any;
}

static bool
object_right(const struct checks *k, const struct clause *c, size_t i)
{
	static const unsigned loose = DEED_ANY | DEED_MARK | DEED_BEGIN |
	    DEED_END | DEED_SEEN;
	int kind = k->t[i].word.n == KIND_PROGRAM ? KIND_PROCESS :
	    k->t[i].word.n;
	const struct step *e;
	size_t h;

	if (!is_object(k, c, i))
		return subject_right(k, c, i);
	if (k->t[i].word.n == KIND_ANY ||
	    (k->t[c->deed].word.deed->how & loose) || (i + 1 < c->to &&
	    is_word(&k->t[i + 1], WORD_KIND)))
		return true;
	for (h = 0; h < c->n_held; h++) {
		e = held(k, c, h);
		if (hold_noun(e, k->t[i].text))
			return !(k->t[c->deed].word.deed->how & DEED_ITSELF) ||
			    !guard_names(e->action, STR("assume"));
		if (hold_who(e, kind, true))
			return true;
	}
	return false;
}

/* "user account", "domain account", "file name": one thing. */
static bool
is_compound(const struct token *a, const struct token *b)
{
	return b->word.n == KIND_ANY || (b->word.n == KIND_USER &&
	    (a->word.n == KIND_SERVICE || a->word.n == KIND_DOMAIN ||
	    a->word.n == KIND_HOST));
}

/* "the host “x”", "“x” is the host", "the “x” account". */
bool
guard_kind(const struct checks *k, const struct clause *c, size_t i)
{
	size_t at = SIZE_MAX, b = i, h, f = i + 1;

	while (f < c->to && (is_word(&k->t[f], WORD_KIND) ||
	    (k->t[f].kind == TOKEN_WORD && str_is(k->t[f].text, "named")))) {
		if (f == i + 1 && is_word(&k->t[f], WORD_KIND) &&
		    is_compound(&k->t[i], &k->t[f]))
			return true;
		f++;
	}
	if (f < c->to && k->t[f].kind == TOKEN_NAME) {
		at = f;
	} else {
		while (b > c->from && (is_word(&k->t[b - 1], WORD_PLAIN) ||
		    is_word(&k->t[b - 1], WORD_MARKED) ||
		    is_word(&k->t[b - 1], WORD_KIND) ||
		    is_word(&k->t[b - 1], WORD_BE) ||
		    is_word(&k->t[b - 1], WORD_FIRST)))
			b--;
		if (b > c->from && k->t[b - 1].kind == TOKEN_NAME &&
		    (b == i || is_word(&k->t[b], WORD_BE)))
			at = b - 1;
	}
	if (at == SIZE_MAX && k->t[i].word.n != KIND_PAYLOAD)
		return object_right(k, c, i);
	for (h = 0; h < c->n_held; h++)
		if (hold_kind(k->s, held(k, c, h), k->t[i].word.n,
		    at == SIZE_MAX ? (struct str){ 0 } : k->t[at].text))
			return true;
	return false;
}
