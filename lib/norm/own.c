/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The product's own form:
 *
 *	event_type source timestamp actor action	required
 *	target metadata{} id host outcome severity session
 *	process{guid,pid,start,parent_guid}
 *	entities[{kind,id,role,issuer}] labels[] mitre_techniques[]
 *
 * Whatever identifiers it carries are the sender's word. They link, but never
 * prove (REF_ASSERTED), unless the key that sent them may assert (REF_SAID).
 * Members we do not know stay in the raw record.
 *
 * Every member that is there must be of its type: a sender learns of a slip
 * at once, by pointer, rather than from a chain that is missing later.
 */
#include "norm/own.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"

static const char *const required[] = {
	"event_type", "source", "timestamp", "actor", "action"
};

bool
own_looks(const struct json *v)
{
	for (size_t i = 0; i < COUNT(required); i++)
		if (!json_get(v, required[i]))
			return false;
	return true;
}

/* ---- members of a type ------------------------------------------------ */

/* A string, and not the empty one. */
static bool
need_string(struct reading *r, const char *at, struct str *out)
{
	const struct json *v = json_get(r->v, at + 1);

	if (json_type(v) == JSON_NULL)
		return norm_refuse(r, at, "is required");
	if (json_type(v) != JSON_STRING)
		return norm_refuse(r, at, "must be a string");
	*out = json_str(v);
	return out->len ? true : norm_refuse(r, at, "must not be empty");
}

/* A string or a number; null and absent leave *out as it is. */
static bool
take_plain(struct reading *r, const char *at, struct str *out)
{
	const struct json *v = json_get(r->v, at + 1);
	enum json_type t = json_type(v);

	if (t == JSON_NULL)
		return true;
	if (t != JSON_STRING && t != JSON_INT && t != JSON_DOUBLE)
		return norm_refuse(r, at, "must be a string or a number");
	*out = json_scalar(r->a, v);
	return true;
}

static bool
need_plain(struct reading *r, const char *at, struct str *out)
{
	if (!take_plain(r, at, out))
		return false;
	if (json_type(json_get(r->v, at + 1)) == JSON_NULL)
		return norm_refuse(r, at, "is required");
	return out->len ? true : norm_refuse(r, at, "must not be empty");
}

static bool
take_time(struct reading *r)
{
	const struct json *v = json_get(r->v, "timestamp");
	struct str text = json_scalar(r->a, v);

	r->ev->clock = "timestamp";
	switch (json_type(v)) {
	case JSON_NULL:
		return norm_refuse(r, "/timestamp", "is required");
	case JSON_STRING:
		if (clock_parse(text, false, &r->ev->time_ns))
			return true;
		break;
	case JSON_INT:
	case JSON_DOUBLE:
		if (clock_parse_epoch(text, &r->ev->time_ns))
			return true;
		break;
	default:
		break;
	}
	return norm_refuse(r, "/timestamp",
	    "must be an RFC 3339 time or an epoch number in s or ms");
}

static bool
take_source(struct reading *r)
{
	if (json_get(r->v, "source") || !r->ev->source.len ||
	    str_is_fold(r->ev->source, "auto"))
		return need_string(r, "/source", &r->ev->source);
	return true;
}

static bool
take_severity(struct reading *r)
{
	const struct json *v = json_get(r->v, "severity");
	enum json_type t = json_type(v);
	double x;

	if (t == JSON_NULL)
		return true;
	x = json_double(v);
	if ((t != JSON_INT && t != JSON_DOUBLE) || !(x >= 0 && x <= 100))
		return norm_refuse(r, "/severity", "must be 0 to 100");
	r->ev->severity = (int)(x + 0.5);
	return true;
}

static bool
take_outcome(struct reading *r)
{
	const struct json *v = json_get(r->v, "outcome");
	struct str s = json_str(v);

	if (json_type(v) == JSON_NULL)
		return true;
	for (enum outcome o = OUTCOME_UNKNOWN; o <= OUTCOME_FAILURE; o++) {
		if (!str_is_fold(s, outcome_name(o)))
			continue;
		r->ev->outcome = o;
		return true;
	}
	return norm_refuse(r, "/outcome",
	    "must be success, failure or unknown");
}

/* ---- lists and metadata ----------------------------------------------- */

/* An array of strings (or nothing); *n is its length. */
static bool
check_strings(struct reading *r, const char *name, const struct json **list,
    size_t *n)
{
	char at[64];

	*list = json_get(r->v, name);
	*n = json_len(*list);
	snprintf(at, sizeof(at), "/%s", name);
	if (json_type(*list) == JSON_NULL)
		return true;
	if (json_type(*list) != JSON_ARRAY)
		return norm_refuse(r, at, "must be an array of strings");
	for (size_t i = 0; i < *n; i++) {
		if (json_type(json_item(*list, i)) == JSON_STRING)
			continue;
		snprintf(at, sizeof(at), "/%s/%zu", name, i);
		return norm_refuse(r, at, "must be a string");
	}
	return true;
}

static bool
take_labels(struct reading *r)
{
	const struct json *list;
	size_t n;

	if (!check_strings(r, "labels", &list, &n))
		return false;
	if (!n)
		return true;
	r->ev->labels = arena_array(r->a, n, sizeof(struct str));
	r->ev->n_labels = n;
	for (size_t i = 0; i < n; i++) {
		r->ev->labels[i] = str_dup(r->a, json_str(json_item(list, i)));
		if (str_is_fold(r->ev->labels[i], "alert"))
			r->ev->flags |= EVENT_ALERT;
	}
	return true;
}

/* The level of a technique that a sender names without saying how sure it is:
 * medium, so that it may seed a chain. */
enum { SENDER_LEVEL = 3 };

static bool
take_techniques(struct reading *r)
{
	const struct json *list;
	size_t n;

	if (!check_strings(r, "mitre_techniques", &list, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		technique t = technique_parse(json_str(json_item(list, i)));

		if (t)	/* tactics and others' words stay in raw */
			event_tag(r->ev, t, NULL, NULL, SENDER_LEVEL);
	}
	return true;
}

static bool
take_metadata(struct reading *r)
{
	const struct json *v = json_get(r->v, "metadata");
	struct str whole = r->rec->outer.len ? r->rec->outer : r->rec->text;

	if (json_type(v) == JSON_NULL)
		return true;
	if (json_type(v) != JSON_OBJECT)
		return norm_refuse(r, "/metadata", "must be an object");
	if (!json_member_span(str_trim(whole), "metadata", &r->ev->metadata))
		r->ev->metadata = STR("");
	return true;
}

/* ---- what it means ---------------------------------------------------- */

/* The first row whose words are in event_type and action. */
static const struct meaning {
	const char *type, *action;	/* NULL: any */
	enum act act;
} meanings[] = {
	{ "process", "inject", ACT_REMOTE_THREAD },
	{ "process", "access", ACT_PROCESS_ACCESS },
	{ "process", "end", ACT_PROCESS_END },
	{ "process", "exit", ACT_PROCESS_END },
	{ "process", "terminat", ACT_PROCESS_END },
	{ "process", "start", ACT_PROCESS_CREATE },
	{ "process", "create", ACT_PROCESS_CREATE },
	{ "process", "exec", ACT_PROCESS_CREATE },
	{ "process", "spawn", ACT_PROCESS_CREATE },
	{ "file", "delete", ACT_FILE_DELETE },
	{ "file", "read", ACT_FILE_READ },
	{ "file", "create", ACT_FILE_CREATE },
	{ "file", "writ", ACT_FILE_CREATE },
	{ "registry", "set", ACT_REGISTRY_SET },
	{ "registry", NULL, ACT_REGISTRY_OTHER },
	{ "dns", NULL, ACT_DNS },
	{ "network", NULL, ACT_CONNECT },
	{ "connection", NULL, ACT_CONNECT },
	{ "flow", NULL, ACT_FLOW },
	{ NULL, "sso", ACT_SSO },
	{ NULL, "logoff", ACT_LOGOFF },
	{ NULL, "logout", ACT_LOGOFF },
	{ NULL, "session.end", ACT_LOGOFF },
	{ NULL, "session.start", ACT_SIGN_IN },
	{ NULL, "login", ACT_SIGN_IN },
	{ NULL, "logon", ACT_SIGN_IN },
	{ NULL, "signin", ACT_SIGN_IN },
	{ NULL, "sign_in", ACT_SIGN_IN },
	{ "token", "issue", ACT_TOKEN_ISSUE },
	{ "token", "create", ACT_TOKEN_ISSUE },
	{ "account", "create", ACT_ACCOUNT_CREATE },
	{ "account", NULL, ACT_ACCOUNT_CHANGE },
	{ "api", NULL, ACT_API_CALL },
};

static bool
has_word(struct str text, const char *word)
{
	return !word || str_find_fold(text, str_of(word), 0) != (size_t)-1;
}

static enum act
act_of(const struct event *ev)
{
	for (size_t i = 0; i < COUNT(meanings); i++)
		if (has_word(ev->type, meanings[i].type) &&
		    has_word(ev->action, meanings[i].action))
			return meanings[i].act;
	return ACT_OTHER;
}

/* "login.failed" says how it ended, where `outcome` does not. */
static bool
says_failed(struct str action)
{
	static const char *const ends[] = {
		"failed", "failure", "denied", "blocked", "rejected"
	};

	for (size_t i = 0; i < COUNT(ends); i++)
		if (str_ends_fold(action, ends[i]))
			return true;
	return false;
}

static void
settle(struct reading *r)
{
	struct event *ev = r->ev;

	if (ev->outcome == OUTCOME_UNKNOWN && !json_get(r->v, "outcome") &&
	    says_failed(ev->action))
		ev->outcome = OUTCOME_FAILURE;
	ev->act = act_of(ev);
	if (ev->act == ACT_SIGN_IN && ev->outcome == OUTCOME_FAILURE)
		ev->act = ACT_LOGON_FAILED;
	if (str_is_fold(ev->type, "alert"))
		ev->flags |= EVENT_ALERT;
	ev->fields = r->v;
	ev->record = r->v;
}

static bool
take_lists(struct reading *r)
{
	return take_severity(r) && take_outcome(r) && take_labels(r) &&
	    take_techniques(r) && take_metadata(r);
}

bool
own_read(struct reading *r)
{
	struct event *ev = r->ev;

	if (!need_string(r, "/event_type", &ev->type) || !take_source(r) ||
	    !take_time(r) || !need_plain(r, "/actor", &ev->actor) ||
	    !need_plain(r, "/action", &ev->action) ||
	    !take_plain(r, "/target", &ev->target) ||
	    !take_plain(r, "/id", &ev->native_id) ||
	    !take_plain(r, "/host", &ev->host) ||
	    !take_plain(r, "/session", &ev->session) || !take_lists(r))
		return false;
	settle(r);
	return own_entities(r);
}

bool
own_read_around(struct reading *r)
{
	struct event *ev = r->ev;

	if (!take_plain(r, "/id", &ev->native_id) || !take_lists(r) ||
	    !own_entities(r))
		return false;
	ev->native_id = str_dup(r->a, ev->native_id);
	return true;
}
