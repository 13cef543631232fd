/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a part of an event may be called: a program by its path, its file's name
 * or that without extension, with its number or without; an account with or
 * without its domain; a host by its first label. Who acted and what was acted
 * on are told by whole names; only the rest of a record may be quoted in part,
 * from one border of a word to another.
 */
#include "explain/guard.h"

#include <string.h>


enum { PART_LEAST = 3, CLIP_LEAST = 8 };

static const struct str dots = { "\xe2\x80\xa6", 3 };

static bool
word_byte(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
	    (unsigned char)c >= 0x80;
}

static bool
clipped(struct str *name)
{
	if (name->len < CLIP_LEAST ||
	    memcmp(name->p + name->len - 3, dots.p, 3) != 0)
		return false;
	name->len -= 3;
	return true;
}

/* The text as our own sentences and the model's facts show it. */
static bool
same(struct str have, struct str name)
{
	if (have.len == 0 || name.len == 0)
		return false;
	if (clipped(&name))
		return have.len > name.len &&
		    str_eq_fold(str_sub(have, 0, name.len), name);
	return str_eq_fold(have, name);
}

/* What stands before the last such character, if anything does. */
static struct str
before_last(struct str s, char c)
{
	size_t i = s.len;

	while (i > 0 && s.p[i - 1] != c)
		i--;
	return i > 1 ? str_sub(s, 0, i - 1) : s;
}

static struct str
without_number(struct str s)
{
	size_t at = str_find(s, STR(" ("), 0);

	return at != (size_t)-1 && at > 0 && s.p[s.len - 1] == ')' ?
	    str_sub(s, 0, at) : s;
}

static bool
file_called(struct str path, struct str name)
{
	struct str base = base_name(path);

	return same(path, name) || same(base, name) ||
	    same(before_last(base, '.'), name);
}

/* "powershell.exe (10460)", its path, its file's name. */
static bool
program_called(struct str have, struct str name)
{
	return same(have, name) || same(base_name(have), name) ||
	    file_called(without_number(have), name);
}

static bool
account_called(struct str have, struct str name)
{
	struct str head;

	if (program_called(have, name) || same(base_name(have), name))
		return true;
	have = base_name(have);
	return str_find(have, STR("@"), 0) != (size_t)-1 &&
	    str_cut(&have, '@', &head) && same(head, name);
}

/* The program that a command line begins with. */
static struct str
program_of(struct str line)
{
	struct str head = line;

	line = str_trim(line);
	if (line.len > 1 && line.p[0] == '"') {
		line = str_sub(line, 1, line.len - 1);
		return str_cut(&line, '"', &head) ? head : line;
	}
	return str_cut(&line, ' ', &head) ? head : line;
}

/* The command from its program's name on, as far as it is told. */
static bool
command_called(struct str line, struct str name)
{
	struct str program = program_of(line);
	size_t at = program.len > 0 ? (size_t)(base_name(program).p - line.p) :
	    0;
	struct str rest = str_sub(line, at, line.len);

	return name.len > program.len / 8 && rest.len >= name.len &&
	    str_eq_fold(str_sub(rest, 0, name.len), name) &&
	    (rest.len == name.len || rest.p[name.len] == ' ');
}

static bool
address_called(struct str have, struct str name)
{
	size_t colon = str_find(have, STR(":"), 0);
	struct str host = have, label;

	if (same(have, name))
		return true;
	if (colon != (size_t)-1 &&
	    str_find(have, STR(":"), colon + 1) == (size_t)-1)
		host = str_sub(have, 0, colon);
	if (same(host, name))
		return true;
	/* a first label, not the first number of an address */
	return str_cut(&host, '.', &label) && label.len > 0 &&
	    !(label.p[0] >= '0' && label.p[0] <= '9') && same(label, name);
}

bool
hold_host(const struct step *e, struct str name)
{
	struct str rest = e->host, label;
	size_t i;

	if (same(e->host, name) || (str_cut(&rest, '.', &label) &&
	    same(label, name)))
		return true;
	for (i = 0; i < e->n_who; i++)
		if (e->who[i].kind == KIND_HOST && same(e->who[i].name, name))
			return true;
	return false;
}

bool
hold_user(const struct step *e, struct str name)
{
	size_t i;

	for (i = 0; i < e->n_who; i++)
		if (e->who[i].kind == KIND_USER &&
		    account_called(e->who[i].name, name))
			return true;
	return account_called(e->actor, name);
}

bool
hold_agent(const struct step *e, struct str name)
{
	size_t i;

	for (i = 0; i < e->n_who; i++)
		if ((e->who[i].role == ROLE_SUBJ ||
		    e->who[i].role == ROLE_PARENT ||
		    e->who[i].role == ROLE_USER) &&
		    account_called(e->who[i].name, name))
			return true;
	return account_called(e->actor, name) || hold_host(e, name);
}

bool
hold_acted_on(enum role r)
{
	switch (r) {
	case ROLE_NEW: case ROLE_END: case ROLE_READ: case ROLE_WRITE:
	case ROLE_EXEC: case ROLE_ARM: case ROLE_TARGET: case ROLE_USE:
	case ROLE_ART:
		return true;
	default:
		return false;
	}
}

/* From border to border of words. */
static bool
part_of(struct str have, struct str name)
{
	size_t at = 0;

	(void)clipped(&name);
	if (same(have, name))
		return true;
	if (name.len < PART_LEAST)
		return false;
	for (;;) {
		at = str_find_fold(have, name, at);
		if (at == (size_t)-1)
			return false;
		if ((at == 0 || !word_byte(have.p[at - 1]) ||
		    !word_byte(name.p[0])) && (at + name.len == have.len ||
		    !word_byte(have.p[at + name.len]) ||
		    !word_byte(name.p[name.len - 1])))
			return true;
		at++;
	}
}

/* "198.51.100.23:443" of a record that tells them apart. */
static bool
place_called(const struct step *e, struct str name)
{
	size_t colon = str_find(name, STR(":"), 0), i;
	struct str port = str_sub(name, colon + 1, name.len);

	if (colon == (size_t)-1 || colon == 0 || port.len == 0 ||
	    !hold_number(e, port))
		return false;
	name.len = colon;
	for (i = 0; i < e->n_who; i++)
		if (hold_acted_on(e->who[i].role) &&
		    e->who[i].kind == KIND_IP && same(e->who[i].name, name))
			return true;
	return false;
}

bool
hold_patient(const struct step *e, struct str name)
{
	size_t i;

	for (i = 0; i < e->n_who; i++)
		if (hold_acted_on(e->who[i].role) &&
		    (program_called(e->who[i].name, name) ||
		    address_called(e->who[i].name, name)))
			return true;
	return same(e->target, name) || address_called(e->target, name) ||
	    place_called(e, name) ||
	    file_called(program_of(e->target), name) ||
	    command_called(e->target, name) ||
	    (e->act == ACT_SHARE && part_of(e->target, name)) ||
	    same(e->action, name) || (e->act != ACT_PROCESS_CREATE &&
	    (account_called(e->target, name)));
}

/* The folder that what was acted on lies in. */
bool
hold_folder(const struct step *e, struct str name)
{
	struct str path = program_of(e->target), base = base_name(path);

	return name.len > 2 && name.len < (size_t)(base.p - path.p) &&
	    str_eq_fold(str_sub(path, 0, name.len), name) &&
	    (path.p[name.len] == '\\' || path.p[name.len] == '/');
}

bool
hold_any(const struct step *e, struct str name)
{
	const struct str texts[] = { e->actor, e->action, e->target, e->host,
		e->source };
	size_t i;

	if (hold_agent(e, name) || hold_patient(e, name))
		return true;
	for (i = 0; i < COUNT(texts); i++)
		if (part_of(texts[i], name))
			return true;
	for (i = 0; i < e->n_who; i++)
		if (part_of(e->who[i].name, name))
			return true;
	for (i = 0; i < e->n_marks; i++)
		if (same(e->marks[i].rule, name))
			return true;
	return false;
}

/* ---- kinds --------------------------------------------------------------- */

static bool
letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* Written in this chain, or by rule the cause of what it did. */
static bool
brought(const struct story *s, struct str name)
{
	const struct step *e;
	size_t i, k;

	for (i = 0; i < s->n; i++) {
		e = &s->step[i];
		for (k = 0; k < e->n_who; k++)
			if (e->who[k].role == ROLE_WRITE &&
			    e->who[k].kind == KIND_FILE && s->suspect[i] &&
			    file_called(e->who[k].name, name))
				return true;
	}
	return false;
}

bool
hold_who(const struct step *e, int kind, bool acted_on)
{
	size_t i;

	for (i = 0; i < e->n_who; i++)
		if ((int)e->who[i].kind == kind &&
		    (!acted_on || hold_acted_on(e->who[i].role)))
			return true;
	return false;
}

static bool
who_is(const struct step *e, enum kind kind, struct str name)
{
	size_t i;

	for (i = 0; i < e->n_who; i++)
		if (e->who[i].kind == kind &&
		    (program_called(e->who[i].name, name) ||
		    account_called(e->who[i].name, name) ||
		    address_called(e->who[i].name, name)))
			return true;
	return false;
}

/* "CreateAccessKey" on an account makes a key of it, not the account. */
bool
hold_itself(const struct step *e, struct str name)
{
	static const char *const parts[] = { "key", "login", "profile",
		"policy", "factor", "mfa", "session", "token", "membership",
		"member", "credential", "certificate", "grant", "tag",
		"device", "password", "secret" };
	size_t i;

	if (guard_names(e->action, STR("assume")))
		return false;
	if (!who_is(e, KIND_USER, name) && !who_is(e, KIND_HOST, name) &&
	    !account_called(e->target, name))
		return true;
	for (i = 0; i < COUNT(parts); i++)
		if (guard_names(e->action, str_of(parts[i])))
			return false;
	return true;
}

bool
hold_noun(const struct step *e, struct str noun)
{
	if (str_ends_fold(noun, "ies"))
		noun.len -= 3;
	else if (noun.len > 4 && noun.p[noun.len - 1] == 's')
		noun.len--;
	return guard_names(e->action, noun) || guard_names(e->target, noun);
}

/* "AKIA2": a chain that was handed in does not say what a name is. */
static bool
is_key_id(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (!(s.p[i] >= 'A' && s.p[i] <= 'Z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9'))
			return false;
	return s.len > 4;
}

static bool
about_account(const struct step *e)
{
	return guard_names(e->action, STR("user")) ||
	    guard_names(e->action, STR("account")) ||
	    guard_names(e->action, STR("key")) ||
	    guard_names(e->action, STR("login"));
}

/* A file that the command line names whole. */
bool
hold_argument(const struct step *e, struct str name)
{
	struct str program = base_name(program_of(e->target));

	return e->act == ACT_PROCESS_CREATE &&
	    str_find(name, STR("."), 0) != (size_t)-1 &&
	    part_of(e->target, name) &&
	    str_find_fold(program, name, 0) == (size_t)-1 &&
	    (program.len == 0 ||
	    str_find_fold(name, program, 0) == (size_t)-1);
}

bool
hold_kind(const struct story *s, const struct step *e, int kind,
    struct str name)
{
	switch (kind) {
	case KIND_ANY:
		return hold_any(e, name);
	case KIND_ACTION:
		return same(e->action, name);
	case KIND_HOST:
		return hold_host(e, name) || ((e->act == ACT_CONNECT ||
		    e->act == ACT_FLOW || e->act == ACT_LOGON) &&
		    address_called(e->target, name));
	case KIND_DOMAIN:
		return who_is(e, KIND_DOMAIN, name) || (name.len > 0 &&
		    letter(name.p[name.len - 1]) && (e->act == ACT_CONNECT ||
		    e->act == ACT_FLOW) && address_called(e->target, name));
	case KIND_ROLE:
		return part_of(e->target, str_printf(s->a, "role/%.*s",
		    STR_ARG(name))) || (guard_names(e->action, STR("role")) &&
		    hold_patient(e, name));
	case KIND_BUCKET:
		return (str_find_fold(e->action, STR("object"), 0) !=
		    (size_t)-1 || str_find_fold(e->action, STR("bucket"), 0)
		    != (size_t)-1) && part_of(e->target, name);
	case KIND_USER:
		return who_is(e, KIND_USER, name) ||
		    (step_process(e).len == 0 &&
		    (account_called(e->actor, name) ||
		    (about_account(e) && account_called(e->target, name))));
	case KIND_FILE:
		return who_is(e, KIND_FILE, name) || hold_argument(e, name);
	case KIND_PROGRAM:
		return who_is(e, KIND_PROCESS, name) ||
		    (step_who(e, KIND_FILE, ROLE_EXEC) != NULL && file_called(
		    step_who(e, KIND_FILE, ROLE_EXEC)->name, name));
	case KIND_PAYLOAD:
		return name.len > 0 ? brought(s, name) && hold_any(e, name) :
		    brought(s, program_of(e->target));
	default:
		return who_is(e, (enum kind)kind, name) ||
		    (s->given && kind == KIND_TOKEN && is_key_id(name) &&
		    hold_agent(e, name));
	}
}
