/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Okta System Log: one JSON object an event.
 * https://developer.okta.com/docs/reference/api/system-log/
 *
 * Identity: `uuid` names the event. A session is externalSessionId, begun by
 * user.session.start; a child session also names its root. Where there is no
 * session Okta writes "unknown", "-" or nothing at all: those are no ids.
 * People are known by the id of their Okta user, and by their login name,
 * which is what other sources know them by.
 */
#include "base/arena.h"
#include "norm/norm_source.h"

static const struct field fields[] = {
	{ .at = "/published", .take = TAKE_TIME, .note = "published" },
	{ .at = "/uuid", .take = TAKE_ID },
	{ .at = "/eventType", .take = TAKE_ACTION },
	{ .at = "/actor/alternateId", .take = TAKE_ACTOR },
	{ .at = "/actor/displayName", .take = TAKE_ACTOR },
	{ .at = "/actor/id", .take = TAKE_ACTOR },
	{ .at = "/authenticationContext/externalSessionId",
	    .take = TAKE_SESSION },
	{ .at = "/client/ipAddress", .take = TAKE_IP },
	{ .at = "/client/userAgent/rawUserAgent", .take = TAKE_REF,
	    .kind = KIND_USERAGENT, .role = ROLE_ART, .flags = REF_CLIENT },
	{ .at = "/device/id", .take = TAKE_REF, .kind = KIND_DEVICE,
	    .role = ROLE_ART, .note = "okta:" },
	{ .at = "/debugContext/debugData/deviceFingerprint", .take = TAKE_REF,
	    .kind = KIND_DEVICE, .role = ROLE_ART, .flags = REF_CLIENT,
	    .note = "okta:" },
	{ .at = "/transaction/id", .take = TAKE_REF, .kind = KIND_TRANSACTION,
	    .role = ROLE_TXN, .note = "okta:" },
	{ .at = "/transaction/detail/requestApiTokenId", .take = TAKE_REF,
	    .kind = KIND_TOKEN, .role = ROLE_CRED, .note = "okta:" },
	{ .at = NULL }
};

/* What an event type is; the first row whose words it begins with. */
static const struct sort {
	const char *starts, *type;
	enum act act;
	unsigned flags;
} sorts[] = {
	{ "user.session.start", "authentication", ACT_SIGN_IN, 0 },
	{ "user.session.end", "authentication", ACT_LOGOFF, 0 },
	{ "user.session.", "authentication", ACT_OTHER, 0 },
	{ "user.authentication.sso", "authentication", ACT_SSO, 0 },
	{ "user.authentication.", "authentication", ACT_SIGN_IN, 0 },
	{ "user.lifecycle.create", "account", ACT_ACCOUNT_CREATE, 0 },
	{ "user.account.report_suspicious", "alert", ACT_OTHER, EVENT_ALERT },
	{ "user.mfa.factor.suspend", "account", ACT_ACCOUNT_CHANGE, 0 },
	{ "user.risk.detect", "alert", ACT_OTHER, EVENT_ALERT },
	{ "user.", "account", ACT_ACCOUNT_CHANGE, 0 },
	{ "group.", "account", ACT_ACCOUNT_CHANGE, 0 },
	{ "system.api_token.create", "credential", ACT_TOKEN_ISSUE, 0 },
	{ "system.api_token.", "credential", ACT_OTHER, 0 },
	{ "app.oauth2.", "credential", ACT_TOKEN_ISSUE, 0 },
	{ "application.", "application", ACT_OTHER, 0 },
	{ "app.", "application", ACT_OTHER, 0 },
	{ "policy.", "policy", ACT_OTHER, 0 },
	{ "zone.", "policy", ACT_OTHER, 0 },
	{ "security.threat.detected", "alert", ACT_OTHER, EVENT_ALERT },
	{ "security.attack.start", "alert", ACT_OTHER, EVENT_ALERT },
	{ "security.", "policy", ACT_OTHER, 0 },
	{ "", "system", ACT_OTHER, 0 },
};

static const struct word {
	const char *word;
	int value;
} outcomes[] = {
	{ "SUCCESS", OUTCOME_SUCCESS }, { "ALLOW", OUTCOME_SUCCESS },
	{ "FAILURE", OUTCOME_FAILURE }, { "DENY", OUTCOME_FAILURE },
	{ "ABANDONED", OUTCOME_FAILURE }, { NULL, OUTCOME_UNKNOWN },
}, severities[] = {
	{ "DEBUG", 0 }, { "INFO", 10 }, { "WARN", 30 }, { "ERROR", 40 },
	{ NULL, -1 },
};

static int
value_of(const struct word *w, struct str text)
{
	while (w->word && !str_is_fold(text, w->word))
		w++;
	return w->value;
}

static void
sort_out(struct reading *r)
{
	struct event *ev = r->ev;
	const struct sort *s = sorts;

	while (!str_starts(ev->action, s->starts))
		s++;
	ev->type = str_of(s->type);
	ev->act = s->act;
	ev->flags |= s->flags;
	ev->outcome = (enum outcome)value_of(outcomes,
	    norm_text(r, "/outcome/result"));
	ev->severity = value_of(severities, norm_text(r, "/severity"));
	if (ev->act == ACT_SIGN_IN && ev->outcome == OUTCOME_FAILURE)
		ev->act = ACT_LOGON_FAILED;
	ev->product = "okta";
	ev->service = "okta";
}

/* ---- sessions --------------------------------------------------------- */

static void
session_ref(struct reading *r, const char *at, enum role role)
{
	struct str id = norm_text(r, at);

	if (norm_null(id))
		return;
	norm_ref(r, (struct named){ .kind = KIND_SESSION, .role = role,
	    .key = norm_join(r->a, STR("okta:"), id, STR("")), .name = id,
	    .field = str_of(at) });
}

static void
sessions(struct reading *r)
{
	static const char own[] = "/authenticationContext/externalSessionId";
	static const char root[] = "/authenticationContext/rootSessionId";
	struct event *ev = r->ev;
	enum role role = ROLE_SESS;

	if (ev->act == ACT_SIGN_IN && ev->outcome == OUTCOME_SUCCESS &&
	    str_is(ev->action, "user.session.start"))
		role = ROLE_NEW;
	else if (ev->act == ACT_LOGOFF)
		role = ROLE_END;
	session_ref(r, own, role);
	if (!str_eq(norm_text(r, own), norm_text(r, root)))
		session_ref(r, root, ROLE_SESS);
}

/* ---- people and things ------------------------------------------------ */

/* One user under both names: the id proves, the login name meets others. */
static void
user_refs(struct reading *r, struct str at, const struct json *v,
    enum role role, unsigned flags)
{
	struct str id = json_scalar(r->a, json_get(v, "id"));
	struct str login = json_scalar(r->a, json_get(v, "alternateId"));

	if (!norm_null(id))
		norm_ref(r, (struct named){ .kind = KIND_USER, .role = role,
		    .key = norm_join(r->a, STR("okta:"), id, STR("")),
		    .name = norm_null(login) ? id : login, .value = id,
		    .field = norm_join(r->a, at, STR("/id"), STR("")) });
	if (!norm_null(login))
		norm_ref(r, (struct named){ .kind = KIND_USER, .role = role,
		    .flags = REF_WEAK | flags |
		    (str_starts(login, "system@") ? REF_COMMON : 0),
		    .key = str_lower(r->a, login), .name = login,
		    .field = norm_join(r->a, at, STR("/alternateId"),
		    STR("")) });
}

static void
thing_ref(struct reading *r, struct str at, const struct json *v,
    enum kind kind, enum role role)
{
	struct str id = json_scalar(r->a, json_get(v, "id"));
	struct str name = json_scalar(r->a, json_get(v, "displayName"));

	if (norm_null(id))
		return;
	norm_ref(r, (struct named){ .kind = kind, .role = role,
	    .key = norm_join(r->a, STR("okta:"), id, STR("")),
	    .name = norm_null(name) ? id : name, .value = id,
	    .field = norm_join(r->a, at, STR("/id"), STR("")) });
}

static void
target_ref(struct reading *r, struct str at, const struct json *v)
{
	struct str type = json_str(json_get(v, "type"));
	enum act act = r->ev->act;

	if (str_is_fold(type, "User") || str_is_fold(type, "AppUser"))
		user_refs(r, at, v,
		    act == ACT_ACCOUNT_CREATE ? ROLE_NEW : ROLE_TARGET, 0);
	else if (str_is_fold(type, "Token") ||
	    str_is_fold(type, "access_token"))
		thing_ref(r, at, v, KIND_TOKEN,
		    act == ACT_TOKEN_ISSUE ? ROLE_NEW : ROLE_TARGET);
	else
		thing_ref(r, at, v, KIND_RESOURCE, ROLE_TARGET);
}

/* A name that a reader knows: what was acted upon, else where to. */
static void
target_text(struct reading *r, const struct json *v)
{
	struct str text = json_scalar(r->a, json_get(v, "alternateId"));

	if (r->ev->target.len)
		return;
	if (norm_null(text) ||
	    !str_is_fold(json_str(json_get(v, "type")), "User"))
		text = json_scalar(r->a, json_get(v, "displayName"));
	if (!norm_null(text))
		r->ev->target = text;
}

enum { TARGETS_MAX = 5 };	/* an import may list hundreds */

static void
targets(struct reading *r)
{
	const struct json *list = json_get(r->v, "target");
	size_t n = json_len(list);

	for (size_t i = 0; i < n && i < TARGETS_MAX; i++) {
		const struct json *v = json_item(list, i);

		target_text(r, v);
		target_ref(r, str_printf(r->a, "/target/%zu", i), v);
	}
}

static void
actor(struct reading *r)
{
	const struct json *v = json_get(r->v, "actor");
	struct str type = json_str(json_get(v, "type"));

	if (str_is_fold(type, "SystemPrincipal"))
		return;		/* Okta itself: no account of anybody's */
	user_refs(r, STR("/actor"), v, ROLE_USER, REF_ACTOR);
	if (r->ev->act == ACT_SSO) {
		struct str login = json_str(json_get(v, "alternateId"));

		norm_ref(r, (struct named){ .kind = KIND_USER,
		    .role = ROLE_SSO, .flags = REF_WEAK,
		    .key = str_lower(r->a, login), .name = login,
		    .field = STR("/actor/alternateId") });
	}
}

/* ---- the record ------------------------------------------------------- */

static bool
claims(const struct json *v)
{
	return json_type(json_get(v, "published")) == JSON_STRING &&
	    json_type(json_get(v, "eventType")) == JSON_STRING &&
	    json_type(json_get(v, "actor")) == JSON_OBJECT;
}

static bool
read_record(struct reading *r)
{
	if (!norm_fields(r, fields))
		return false;
	if (!r->ev->clock)
		return norm_refuse(r, "/published", "is required");
	if (!r->ev->action.len)
		return norm_refuse(r, "/eventType", "is required");
	sort_out(r);
	actor(r);
	sessions(r);
	targets(r);
	return true;
}

static const char *const aliases[] = {
	"okta:system_log", "okta_system_log", "okta.systemlog", "oktaim2:log",
	NULL
};

const struct normaliser norm_okta = {
	.name = "okta",
	.aliases = aliases,
	.version = 1,
	.claims = claims,
	.read = read_record,
};
