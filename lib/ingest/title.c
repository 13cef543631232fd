/* SPDX-License-Identifier: Apache-2.0 */
/* A chain in one line: the gravest of what it came to, and how it began. */
#include "ingest/inner.h"

#include <string.h>

#include "again.h"
#include "attack.h"

/* What is said first of a chain: what it came to, the gravest before the rest. */
static const enum tactic headline[] = { TACTIC_IMPACT, TACTIC_EXFILTRATION,
	TACTIC_COLLECTION, TACTIC_CREDENTIAL_ACCESS, TACTIC_LATERAL_MOVEMENT,
	TACTIC_COMMAND_AND_CONTROL, TACTIC_PERSISTENCE,
	TACTIC_PRIVILEGE_ESCALATION, TACTIC_EXECUTION, TACTIC_DISCOVERY };

/* "credential-access" -> "Credential access" */
static struct str
tactic_title(struct arena *a, uint32_t tactics)
{
	char *p;
	size_t i;
	int t;

	if (tactics == 0)
		return STR("Suspicious activity");
	for (t = TACTIC__MAX - 1; t > 0 && !(tactics & 1U << t); t--)
		;
	for (i = 0; i < COUNT(headline); i++)
		if (tactics & 1U << headline[i]) {
			t = (int)headline[i];
			break;
		}
	p = arena_copy(a, tactic_name((enum tactic)t),
	    strlen(tactic_name((enum tactic)t)));
	p[0] = (char)(p[0] - 'a' + 'A');
	for (i = 0; p[i] != '\0'; i++)
		if (p[i] == '-')
			p[i] = ' ';
	return str_of(p);
}

static struct str
file_part(struct str path)
{
	size_t i = path.len;

	while (i > 0 && path.p[i - 1] != '\\' && path.p[i - 1] != '/')
		i--;
	return utf8_cut(i < path.len ? str_sub(path, i, path.len) : path, 80);
}

static struct str
named(const struct event *ev, enum kind kind, enum role role)
{
	size_t i;

	for (i = 0; i < ev->n_refs; i++)
		if (ev->refs[i].kind == kind && ev->refs[i].role == role)
			return ev->refs[i].name;
	return (struct str){ 0 };
}

/* "WINWORD.EXE was started", "ann signed in": what the chain begins with. */
static struct str
beginning(struct arena *a, const struct event *ev)
{
	struct str who = file_part(ev->actor), what;
	const char *form = NULL;

	switch (ev->act) {
	case ACT_PROCESS_CREATE:
		what = file_part(named(ev, KIND_FILE, ROLE_EXEC));
		form = "was started";
		break;
	case ACT_FILE_CREATE:
		what = file_part(named(ev, KIND_FILE, ROLE_WRITE));
		form = "was written";
		break;
	case ACT_SIGN_IN:
		what = who;
		form = "signed in";
		break;
	case ACT_LOGON:
		what = who;
		form = "logged on";
		break;
	default:
		what = (struct str){ 0 };
	}
	if (form != NULL && what.len > 0 && ev->outcome != OUTCOME_FAILURE)
		return str_printf(a, "%.*s %s", STR_ARG(what), form);
	return str_printf(a, "%.*s by %.*s", STR_ARG(utf8_cut(ev->action, 80)),
	    STR_ARG(utf8_cut(ev->actor, 120)));
}

struct str
chain_title(struct graph *g, struct arena *a, struct json_doc *doc,
    const struct chain *c)
{
	struct event ev;

	if (event_again(g, a, doc, c->root, &ev, NULL) != RC_OK)
		return tactic_title(a, c->tactics);
	return str_printf(a, "%.*s after %.*s%s%.*s",
	    STR_ARG(tactic_title(a, c->tactics)),
	    STR_ARG(beginning(a, &ev)), ev.host.len ? " on " : "",
	    STR_ARG(utf8_cut(ev.host, 120)));
}
