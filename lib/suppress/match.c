/* SPDX-License-Identifier: Apache-2.0 */
/* Does a rule hold of an alert, and what may a rule say? */
#include "suppress/inner.h"

#include <string.h>

enum { LITERALS_LEAST = 3 };

static const char *const names[SUPPRESS__MAX] = {
	[SUPPRESS_RULE] = "rule", [SUPPRESS_TECHNIQUE] = "technique",
	[SUPPRESS_HOST] = "host", [SUPPRESS_ACCOUNT] = "account",
	[SUPPRESS_ENTITY] = "entity", [SUPPRESS_SOURCE] = "source",
	[SUPPRESS_EVENT_TYPE] = "event_type", [SUPPRESS_ACTION] = "action",
};

const char *
suppress_field_name(enum suppress_field f)
{
	return names[f];
}

/* ---- what a rule may say -------------------------------------------------- */

const char *
suppress_text_fault(struct str s, size_t most)
{
	size_t i;

	if (str_trim(s).len == 0)
		return "must not be empty";
	if (s.len > most)
		return "is too long";
	if (!utf8_ok(s))
		return "must be UTF-8";
	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return "must not hold control characters";
	return NULL;
}

/* "user:bob*" -> KIND_USER and "bob*"; a colon behind any other word is part of
 * the name. */
static struct str
entity_pattern(struct str text, enum kind *kind)
{
	struct str rest = text, head;

	*kind = KIND_NONE;
	if (str_cut(&rest, ':', &head) && rest.len > 0)
		*kind = kind_of_name(head);
	return *kind != KIND_NONE ? rest : text;
}

static size_t
literals(struct str pattern)
{
	size_t i, n = 0;

	for (i = 0; i < pattern.len; i++)
		n += pattern.p[i] != '*' && pattern.p[i] != '?';
	return n;
}

static bool
is_technique(struct str s)
{
	size_t i;

	if (s.len < 5 || (s.p[0] != 'T' && s.p[0] != 't'))
		return false;
	for (i = 1; i < s.len; i++)
		if ((s.p[i] < '0' || s.p[i] > '9') && (i < 5 ||
		    (s.p[i] != '.' && s.p[i] != '*' && s.p[i] != '?')))
			return false;
	return true;
}

/* Does this condition alone say what the rule is about? */
static bool
is_subject(enum suppress_field f, struct str pattern)
{
	enum kind kind;

	if (pattern.len == 0 || f == SUPPRESS_SOURCE ||
	    f == SUPPRESS_EVENT_TYPE)
		return false;
	if (f == SUPPRESS_ENTITY)
		pattern = entity_pattern(pattern, &kind);
	return literals(pattern) >= LITERALS_LEAST;
}

const char *
suppress_match_fault(const struct str match[SUPPRESS__MAX],
    enum suppress_field *field)
{
	const char *fault;
	bool subject = false;
	int i;

	for (i = 0; i < SUPPRESS__MAX; i++) {
		*field = (enum suppress_field)i;
		if (match[i].len == 0)
			continue;
		fault = suppress_text_fault(match[i], SUPPRESS_PATTERN_MOST);
		if (fault != NULL)
			return fault;
		if (i == SUPPRESS_TECHNIQUE && !is_technique(match[i]))
			return "must be a technique like T1059, T1059.001 or "
			    "T1059.*";
		subject = subject || is_subject(*field, match[i]);
	}
	*field = SUPPRESS__MAX;
	return subject ? NULL : "must name a rule, technique, host, account, "
	    "entity or action, with at least three characters that are no "
	    "wildcard: anything wider would hide attacks";
}

/* ---- does it hold? ---------------------------------------------------------- */

static bool
fits(struct str pattern, struct str text)
{
	return pattern.len == 0 || str_like(pattern, text);
}

static bool
fits_place(struct str pattern, const struct sign *s)
{
	return fits(pattern, s->host) || (s->host_key.len > 0 &&
	    str_like(pattern, s->host_key));
}

/* Some thing of the kind (KIND_NONE: of any) that is called so. */
static bool
fits_thing(struct str pattern, enum kind kind, const struct sign *s)
{
	size_t i;

	if (pattern.len == 0)
		return true;
	for (i = 0; i < s->n_things; i++)
		if ((kind == KIND_NONE || s->things[i].kind == kind) &&
		    (str_like(pattern, s->things[i].name) ||
		    str_like(pattern, s->things[i].key)))
			return true;
	return false;
}

static bool
holds_of_sign(const struct suppression *r, const struct sign *s)
{
	enum kind kind;
	struct str entity = entity_pattern(r->match[SUPPRESS_ENTITY], &kind);

	return fits(r->match[SUPPRESS_SOURCE], s->source) &&
	    fits(r->match[SUPPRESS_EVENT_TYPE], s->type) &&
	    fits(r->match[SUPPRESS_ACTION], s->action) &&
	    fits_place(r->match[SUPPRESS_HOST], s) &&
	    fits_thing(r->match[SUPPRESS_ACCOUNT], KIND_USER, s) &&
	    fits_thing(entity, kind, s);
}

static bool
holds_of_unit(const struct suppression *r, const struct unit *u)
{
	char text[TECHNIQUE_TEXT] = "";

	if (u->technique != 0)
		technique_text(u->technique, text);
	return fits(r->match[SUPPRESS_RULE], u->rule) &&
	    fits(r->match[SUPPRESS_TECHNIQUE], str_of(text));
}

void
sign_covered(const struct suppress *s, const struct sign *sign,
    struct suppressed *out)
{
	bool holds[SUPPRESSIONS_MOST], by[SUPPRESSIONS_MOST] = { false };
	size_t i, u;

	out->yes = false;
	for (i = 0; i < s->n; i++)
		holds[i] = !s->asleep[i] && holds_of_sign(&s->rules[i], sign);
	for (u = 0; u < sign->n_units; u++) {
		bool covered = false;

		for (i = 0; i < s->n; i++)
			if (holds[i] && holds_of_unit(&s->rules[i],
			    &sign->units[u]))
				covered = by[i] = true;
		if (!covered)
			return;
	}
	for (i = 0; i < s->n; i++)
		out->by[i] = out->by[i] || by[i];
	out->yes = true;
}
