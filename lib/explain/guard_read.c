/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sentence as tokens. What stands between quotes is one name. Of the rest, a
 * run of characters between blanks is a technique, a time, a number, a grade or
 * a word of the closed list; if it has the looks of a name (digits, dots,
 * slashes, capitals within a sentence) it is a name; else it is a word that we
 * do not know, and the sentence goes no further.
 */
#include "explain/guard.h"

#include <string.h>

#include "attack.h"

struct reading {
	struct arena *a;
	struct str s;
	size_t i;
	const struct guard_facts *facts;
	struct token *out;
	size_t n;
};

static const struct pair { const char *open, *close; } quotes[] = {
	{ "\xe2\x80\x9c", "\xe2\x80\x9d" }, { "\xe2\x80\x98", "\xe2\x80\x99" },
	{ "\"", "\"" }, { "`", "`" }, { "'", "'" },
};

static const struct { const char *words; enum tactic tactic; } tactics[] = {
	{ "initial access", TACTIC_INITIAL_ACCESS },
	{ "initial-access", TACTIC_INITIAL_ACCESS },
	{ "privilege escalation", TACTIC_PRIVILEGE_ESCALATION },
	{ "defense evasion", TACTIC_DEFENSE_EVASION },
	{ "defence evasion", TACTIC_DEFENSE_EVASION },
	{ "credential access", TACTIC_CREDENTIAL_ACCESS },
	{ "credential-access", TACTIC_CREDENTIAL_ACCESS },
	{ "lateral movement", TACTIC_LATERAL_MOVEMENT },
	{ "command and control", TACTIC_COMMAND_AND_CONTROL },
	{ "command-and-control", TACTIC_COMMAND_AND_CONTROL },
	{ "execution", TACTIC_EXECUTION },
	{ "persistence", TACTIC_PERSISTENCE },
	{ "persist", TACTIC_PERSISTENCE }, { "persists", TACTIC_PERSISTENCE },
	{ "discovery", TACTIC_DISCOVERY },
	{ "collection", TACTIC_COLLECTION },
	{ "exfiltration", TACTIC_EXFILTRATION },
	{ "impact", TACTIC_IMPACT },
};

static bool
blank(char c)
{
	return c == ' ';
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct token *
add(struct reading *r, enum token_kind kind, struct str text)
{
	struct token *t = &r->out[r->n++];

	*t = (struct token){ .kind = kind, .text = text };
	return t;
}

/* Does the text here begin with it, up to the border of a word? */
static bool
begins(struct str s, struct str with)
{
	char c;

	if (s.len < with.len || !str_eq_fold(str_sub(s, 0, with.len), with))
		return false;
	if (s.len == with.len)
		return true;
	c = s.p[with.len];
	return !digit(c) && !((c | 32) >= 'a' && (c | 32) <= 'z') && c != '-';
}

static bool
take_quoted(struct reading *r)
{
	struct str rest = str_sub(r->s, r->i, r->s.len);
	size_t k, open, end;

	for (k = 0; k < COUNT(quotes); k++) {
		open = strlen(quotes[k].open);
		if (!str_starts(rest, quotes[k].open))
			continue;
		end = str_find(rest, str_of(quotes[k].close), open);
		if (end == (size_t)-1 || end == open)
			return false;
		add(r, TOKEN_NAME, str_trim(str_sub(rest, open, end - open)))
		    ->quoted = true;
		r->i += end + strlen(quotes[k].close);
		return true;
	}
	return false;
}

static bool
take_phrase(struct reading *r)
{
	struct str rest = str_sub(r->s, r->i, r->s.len);
	technique t;
	size_t k, n = r->facts->technique(r->facts->ctx, rest, &t);

	if (n > 0 && begins(rest, str_sub(rest, 0, n))) {
		add(r, TOKEN_TECHNIQUE, str_sub(rest, 0, n))->n = t;
		r->i += n;
		return true;
	}
	for (k = 0; k < 2; k++)		/* "access" alone is a deed */
		if (begins(rest, str_of(k ? "access keys" : "access key"))) {
			add(r, TOKEN_WORD, str_sub(rest, 7, k ? 11 : 10))
			    ->word = (struct word){ .class = WORD_KIND,
			    .n = KIND_TOKEN };
			r->i += k ? 11 : 10;
			return true;
		}
	for (k = 0; k < COUNT(tactics); k++)
		if (begins(rest, str_of(tactics[k].words)) &&
		    !str_starts(str_sub(rest, strlen(tactics[k].words), 4),
		    " of ")) {
			add(r, TOKEN_TACTIC, rest)->n = (int)tactics[k].tactic;
			r->i += strlen(tactics[k].words);
			return true;
		}
	return false;
}

/* ---- one run between blanks ------------------------------------------------ */

/* 0: no time of day stands here; else its length (HH:MM, HH:MM:SS, .fff). */
static size_t
day_time(struct str s)
{
	size_t n = 5;

	if (s.len < 5 || !digit(s.p[0]) || !digit(s.p[1]) || s.p[2] != ':' ||
	    !digit(s.p[3]) || !digit(s.p[4]))
		return 0;
	if (s.len >= 8 && s.p[5] == ':' && digit(s.p[6]) && digit(s.p[7]))
		n = 8;
	if (n == 8 && s.len > 9 && s.p[8] == '.' && digit(s.p[9]))
		for (n = 9; n < s.len && digit(s.p[n]); n++)
			;
	return n;
}

static size_t
date(struct str s)
{
	static const char form[] = "0000-00-00";
	size_t i;

	if (s.len < sizeof(form) - 1)
		return 0;
	for (i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == '0' ? !digit(s.p[i]) : s.p[i] != form[i])
			return 0;
	return i;
}

/* A date, a time of day or both, with T or a blank between, Z behind. */
static size_t
time_at(struct str s)
{
	size_t d = date(s), t;

	if (d == 0)
		return day_time(s);
	if (s.len <= d || (s.p[d] != ' ' && s.p[d] != 'T'))
		return d;
	t = day_time(str_sub(s, d + 1, s.len));
	return t == 0 ? d : d + 1 + t;
}

static bool
take_time(struct reading *r)
{
	struct str rest = str_sub(r->s, r->i, r->s.len);
	size_t n = time_at(rest);

	if (n == 0 || (n < rest.len && strchr(" ,.;:)Z", rest.p[n]) == NULL))
		return false;
	if (n + 1 < rest.len && rest.p[n] == '.' && digit(rest.p[n + 1]))
		return false;
	add(r, TOKEN_TIME, str_sub(rest, 0, n));
	r->i += n + (n < rest.len && rest.p[n] == 'Z');
	return true;
}

static struct str
run(struct reading *r)
{
	struct str rest = str_sub(r->s, r->i, r->s.len), out;
	size_t n = 0;

	while (n < rest.len && !blank(rest.p[n]))
		n++;
	out = str_sub(rest, 0, n);
	while (out.len > 0 && strchr(",.;:!?)", out.p[out.len - 1]) != NULL)
		out.len--;
	return out;
}

/* "berth.exe's" is about berth.exe. */
static struct str
owned(struct str s)
{
	if (str_ends_fold(s, "'s"))
		return str_sub(s, 0, s.len - 2);
	if (str_ends_fold(s, "\xe2\x80\x99s"))
		return str_sub(s, 0, s.len - 4);
	return s;
}

static int64_t
number_of(struct str s)
{
	char plain[16];
	uint64_t n;
	size_t i, k = 0;

	for (i = 0; i < s.len && k < sizeof(plain); i++)
		if (s.p[i] != ',')
			plain[k++] = s.p[i];
	return str_u64((struct str){ plain, k }, &n) && n < INT32_MAX ?
	    (int64_t)n : -1;
}

static int
grade_of_word(struct str s)
{
	if (str_is_fold(s, "provable") || str_is_fold(s, "proven") ||
	    str_is_fold(s, "proved"))
		return GRADE_PROVABLE;
	if (str_is_fold(s, "mixed"))
		return GRADE_MIXED;
	return str_is_fold(s, "inferred") ? GRADE_INFERRED : 0;
}

static bool
capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
looks_like_name(struct reading *r, struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (digit(s.p[i]) || strchr(".\\/@_:$=", s.p[i]) != NULL ||
		    (capital(s.p[i]) && (i > 0 || r->n > 0)))
			return true;
	return false;
}

/* The class of the word that stands behind. */
static bool
next_is(struct reading *r, enum word_class class)
{
	struct reading ahead = *r;
	struct word w;

	while (ahead.i < ahead.s.len && blank(ahead.s.p[ahead.i]))
		ahead.i++;
	return guard_word(str_lower(r->a, run(&ahead)), &w) &&
	    w.class == class;
}

static bool
next_is_grade(struct reading *r)
{
	struct reading ahead = *r;

	while (ahead.i < ahead.s.len && blank(ahead.s.p[ahead.i]))
		ahead.i++;
	return grade_of_word(run(&ahead)) != 0;
}

/*
 * "ann", "svc-reports": a name that looks like any word. Only where nothing but
 * a name can stand, so that a thing that somebody called "harmless" does not
 * make a word of it: behind a kind or a preposition, before a verb.
 */
static bool
stands_as_name(struct reading *r, struct str s)
{
	const struct token *last = r->n > 0 ? &r->out[r->n - 1] : NULL;

	if (!r->facts->named(r->facts->ctx, s))
		return false;
	if (last != NULL && last->kind == TOKEN_WORD &&
	    (last->word.class == WORD_KIND || (last->word.class == WORD_PLACE &&
	    last->word.n != PREP_AS)))
		return true;
	return (last == NULL || last->kind == TOKEN_STOP ||
	    (last->kind == TOKEN_WORD && (last->word.class == WORD_AFTER ||
	    last->word.class == WORD_BEFORE ||
	    last->word.class == WORD_THEN))) && next_is(r, WORD_DEED);
}

/* "Administrator" within a sentence, or before a verb, is somebody's name. */
static bool
is_proper(struct reading *r, struct str s, const struct word *w)
{
	if (!capital(s.p[0]) || str_is(s, "UTC") || str_is(s, "MITRE") ||
	    str_is(s, "MFA"))
		return false;
	return r->n > 0 ? r->out[r->n - 1].kind != TOKEN_STOP ||
	    w->class == WORD_KIND : w->class == WORD_KIND &&
	    next_is(r, WORD_DEED);
}

/* Names without quotes that follow each other are one: "cmd.exe /c dir". */
static void
add_name(struct reading *r, struct str s)
{
	struct token *last = r->n > 0 ? &r->out[r->n - 1] : NULL;

	if (last != NULL && last->kind == TOKEN_NAME && !last->quoted &&
	    last->text.p + last->text.len + 1 == s.p)
		last->text.len += 1 + s.len;
	else
		add(r, TOKEN_NAME, s);
}

/* Does a command line go on here that a name began? */
static bool
goes_on(struct reading *r, struct str s)
{
	struct token *last = r->n > 0 ? &r->out[r->n - 1] : NULL;
	struct str both;

	if (last == NULL || last->kind != TOKEN_NAME || last->quoted ||
	    last->text.p + last->text.len + 1 != s.p)
		return false;
	both = (struct str){ last->text.p, last->text.len + 1 + s.len };
	if (!r->facts->told(r->facts->ctx, both))
		return false;
	last->text = both;
	return true;
}

static bool
take_word(struct reading *r, struct str s)
{
	struct str lower = str_lower(r->a, s);
	struct word w;
	bool ours = guard_word(lower, &w);

	if (goes_on(r, s))
		return true;
	if (str_is(lower, "out") && r->n > 0 &&
	    str_is(r->out[r->n - 1].text, "carried"))
		return true;			/* but not "signed out" */
	if (str_is(lower, "only") && next_is_grade(r))
		return true;			/* "is only MIXED" */
	if ((str_is(lower, "dump") || str_is(lower, "download")) && r->n > 0 &&
	    str_is(r->out[r->n - 1].text, "the"))
		w = (struct word){ .class = WORD_KIND, .n = KIND_FILE };
	if ((str_is(lower, "starting") || str_is(lower, "beginning")) &&
	    next_is(r, WORD_PLACE))
		w = (struct word){ .class = WORD_FIRST };	/* "at 10:00" */
	if (ours && !is_proper(r, s, &w)) {
		if (w.class == WORD_NUMBER)
			add(r, TOKEN_NUMBER, (struct str){ 0 })->n = w.n;
		else
			add(r, TOKEN_WORD, lower)->word = w;
		return true;
	}
	if (!looks_like_name(r, s) && !stands_as_name(r, s) &&
	    !(ours && is_proper(r, s, &w)))
		return false;
	add_name(r, s);
	return true;
}

static bool
take_run(struct reading *r)
{
	struct str s = run(r), bare = owned(s);
	technique t;

	if (bare.len == 0)
		return false;
	r->i += s.len;
	t = bare.len >= 5 && bare.len <= 9 ? technique_parse(bare) : 0;
	if (t != 0)
		add(r, TOKEN_TECHNIQUE, bare)->n = t;
	else if (digit(bare.p[0]) && number_of(bare) >= 0)
		add(r, TOKEN_NUMBER, bare)->n = number_of(bare);
	else if (grade_of_word(bare) != 0)
		add(r, TOKEN_GRADE, bare)->n = grade_of_word(bare);
	else
		return take_word(r, bare);
	return true;
}

static bool
clean(struct str s)
{
	size_t i;

	if (s.len == 0 || s.len > GUARD_TEXT_MAX || !utf8_ok(s))
		return false;
	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

enum guard_fault
guard_read(struct arena *a, struct str text, const struct guard_facts *facts,
    struct token *out, size_t *n)
{
	struct reading r = { .a = a, .s = str_trim(text), .facts = facts,
		.out = out };

	if (!clean(r.s))
		return GUARD_FORM;
	while (r.i < r.s.len) {
		if (r.n + 1 >= GUARD_TOKENS_MAX)
			return GUARD_FORM;
		if (blank(r.s.p[r.i]) || r.s.p[r.i] == '.') {
			r.i++;
		} else if (strchr(",;:()-", r.s.p[r.i]) != NULL) {
			add(&r, TOKEN_STOP, str_sub(r.s, r.i, 1));
			r.i++;
		} else if (strchr("<>*#[]{}!?%&|~^", r.s.p[r.i]) != NULL) {
			return GUARD_FORM;
		} else if (!take_quoted(&r) && !take_time(&r) &&
		    !take_phrase(&r) && !take_run(&r)) {
			return GUARD_WORD;
		}
	}
	*n = r.n;
	return GUARD_OK;
}
