/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record that no normaliser knows. It is kept, dated and shown as well as
 * its names allow, so that nothing that was sent is lost to a search. But a
 * name that looks like a session or a process id is not known to be one: this
 * reader makes no reference that could ever prove a link. Addresses, account
 * names and domains are artifacts; the host is where it happened.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "norm/carry.h"

/* In the order of preference: when it happened before when it was handled. */
static const char *const times[] = {
	"/eventTime", "/event_time", "/EventTime", "/@timestamp",
	"/timestamp", "/Timestamp", "/TIMESTAMP", "/time", "/Time",
	"/properties/createdDateTime", "/createdDateTime",
	"/activityDateTime", "/alertCreationTime", "/published",
	"/CreationTime", "/requestReceivedTimestamp", "/protoPayload/timestamp",
	"/id/time", "/event/time", "/event/created", "/created_at",
	"/createdAt", "/CreatedAt", "/created", "/datetime", "/date",
	"/metadata/eventCreationTime", "/occurred_at", "/_time", "/ts",
};

static const struct field fields[] = {
	{ .at = "/event/category", .take = TAKE_TYPE },
	{ .at = "/event_type", .take = TAKE_TYPE },
	{ .at = "/eventType", .take = TAKE_TYPE },
	{ .at = "/class_name", .take = TAKE_TYPE },
	{ .at = "/category", .take = TAKE_TYPE },
	{ .at = "/type", .take = TAKE_TYPE },
	{ .at = "/event/action", .take = TAKE_ACTION },
	{ .at = "/action", .take = TAKE_ACTION },
	{ .at = "/operationName", .take = TAKE_ACTION },
	{ .at = "/Operation", .take = TAKE_ACTION },
	{ .at = "/protoPayload/methodName", .take = TAKE_ACTION },
	{ .at = "/activityDisplayName", .take = TAKE_ACTION },
	{ .at = "/activity_name", .take = TAKE_ACTION },
	{ .at = "/actionName", .take = TAKE_ACTION },
	{ .at = "/verb", .take = TAKE_ACTION },
	{ .at = "/eventName", .take = TAKE_ACTION },
	{ .at = "/event_name", .take = TAKE_ACTION },
	{ .at = "/event", .take = TAKE_ACTION },
	{ .at = "/title", .take = TAKE_ACTION },
	{ .at = "/events/0/name", .take = TAKE_ACTION },
	{ .at = "/properties/userPrincipalName", .take = TAKE_ACTOR },
	{ .at = "/userPrincipalName", .take = TAKE_ACTOR },
	{ .at = "/identity/claims/name", .take = TAKE_ACTOR },
	{ .at = "/caller", .take = TAKE_ACTOR },
	{ .at = "/protoPayload/authenticationInfo/principalEmail",
	    .take = TAKE_ACTOR },
	{ .at = "/UserId", .take = TAKE_ACTOR },
	{ .at = "/user/name", .take = TAKE_ACTOR },
	{ .at = "/user/username", .take = TAKE_ACTOR },
	{ .at = "/user/email", .take = TAKE_ACTOR },
	{ .at = "/actor/email", .take = TAKE_ACTOR },
	{ .at = "/actor/user/name", .take = TAKE_ACTOR },
	{ .at = "/actor/name", .take = TAKE_ACTOR },
	{ .at = "/actor", .take = TAKE_ACTOR },
	{ .at = "/user", .take = TAKE_ACTOR },
	{ .at = "/username", .take = TAKE_ACTOR },
	{ .at = "/user_name", .take = TAKE_ACTOR },
	{ .at = "/process/executable", .take = TAKE_ACTOR },
	{ .at = "/detectionSource", .take = TAKE_ACTOR },
	{ .at = "/serviceSource", .take = TAKE_ACTOR },
	{ .at = "/file/path", .take = TAKE_TARGET },
	{ .at = "/target", .take = TAKE_TARGET },
	{ .at = "/resourceId", .take = TAKE_TARGET },
	{ .at = "/protoPayload/resourceName", .take = TAKE_TARGET },
	{ .at = "/ObjectId", .take = TAKE_TARGET },
	{ .at = "/resource", .take = TAKE_TARGET },
	{ .at = "/repo", .take = TAKE_TARGET },
	{ .at = "/properties/appDisplayName", .take = TAKE_TARGET },
	{ .at = "/host/name", .take = TAKE_HOST },
	{ .at = "/host/hostname", .take = TAKE_HOST },
	{ .at = "/computerDnsName", .take = TAKE_HOST },
	{ .at = "/deviceName", .take = TAKE_HOST },
	{ .at = "/DeviceName", .take = TAKE_HOST },
	{ .at = "/hostname", .take = TAKE_HOST },
	{ .at = "/Hostname", .take = TAKE_HOST },
	{ .at = "/host", .take = TAKE_HOST },
	{ .at = "/computer", .take = TAKE_HOST },
	{ .at = "/source/ip", .take = TAKE_IP },
	{ .at = "/client/ip", .take = TAKE_IP },
	{ .at = "/destination/ip", .take = TAKE_IP },
	{ .at = "/src_endpoint/ip", .take = TAKE_IP },
	{ .at = "/dst_endpoint/ip", .take = TAKE_IP },
	{ .at = "/callerIpAddress", .take = TAKE_IP },
	{ .at = "/properties/ipAddress", .take = TAKE_IP },
	{ .at = "/ipAddress", .take = TAKE_IP },
	{ .at = "/ip_address", .take = TAKE_IP },
	{ .at = "/ClientIP", .take = TAKE_IP },
	{ .at = "/client_ip", .take = TAKE_IP },
	{ .at = "/src_ip", .take = TAKE_IP },
	{ .at = "/dest_ip", .take = TAKE_IP },
	{ .at = "/ip", .take = TAKE_IP },
	{ .at = "/protoPayload/requestMetadata/callerIp", .take = TAKE_IP },
	{ .at = NULL }
};

/* ---- time ------------------------------------------------------------- */

/* Seconds and milliseconds, and by their length micro- and nanoseconds. */
static bool
parse_number(struct str text, int64_t *ns)
{
	uint64_t n;

	if (clock_parse_epoch(text, ns))
		return true;
	if (!str_u64(text, &n) || n > INT64_MAX)
		return false;
	if (text.len == 16)
		*ns = (int64_t)n * 1000;
	else if (text.len == 19)
		*ns = (int64_t)n;
	return text.len == 16 || text.len == 19;
}

static bool
parse_time(struct reading *r, const struct json *v)
{
	struct str text;

	if (json_type(v) == JSON_BOOL)
		return false;
	text = json_scalar(r->a, v);
	return clock_parse(text, true, &r->ev->time_ns) ||
	    parse_number(text, &r->ev->time_ns);
}

/* Looking for a time under any name that speaks of one. */
struct hunt {
	struct reading *r;
	int levels;		/* of objects inside objects to go down */
	const char *clock;	/* found */
};

static bool
speaks_of_time(struct str name)
{
	static const char *const words[] = { "time", "date", "created" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (str_find_fold(name, str_of(words[i]), 0) != (size_t)-1)
			return true;
	return str_ends_fold(name, "_at");
}

static void
hunt_member(void *ctx, struct str name, const struct json *v)
{
	struct hunt *h = ctx;

	if (h->clock)
		return;
	if (json_type(v) == JSON_OBJECT && h->levels > 0) {
		h->levels--;
		json_each(v, hunt_member, h);
		h->levels++;
		return;
	}
	/* A small number is a count, a span or a day of the month. */
	if (!speaks_of_time(name) || (json_type(v) != JSON_STRING &&
	    json_double(v) < 1e9) || !parse_time(h->r, v))
		return;
	h->clock = str_c(h->r->a, name);
}

bool
generic_time(struct reading *r)
{
	struct hunt h = { .r = r };

	for (size_t i = 0; i < COUNT(times); i++) {
		const struct json *v = norm_at(r->v, times[i]);

		if (v && parse_time(r, v)) {
			r->ev->clock = times[i] + 1;
			return true;
		}
	}
	for (; h.levels < 2 && !h.clock; h.levels++)
		json_each(r->v, hunt_member, &h);
	r->ev->clock = h.clock;
	return h.clock ? true : norm_refuse(r, "",
	    "has no time that a reader of unknown records finds");
}

/* ---- what else can be said -------------------------------------------- */

static void
outcome(struct reading *r)
{
	static const char *const at[] = {
		"/event/outcome", "/auditd/result", "/outcome/result",
		"/outcome", "/resultType", "/result", "/status", "/ResultStatus"
	};
	static const struct { const char *word; enum outcome o; } words[] = {
		{ "success", OUTCOME_SUCCESS }, { "ok", OUTCOME_SUCCESS },
		{ "succeeded", OUTCOME_SUCCESS }, { "0", OUTCOME_SUCCESS },
		{ "fail", OUTCOME_FAILURE }, { "failure", OUTCOME_FAILURE },
		{ "failed", OUTCOME_FAILURE }, { "denied", OUTCOME_FAILURE },
	};

	for (size_t i = 0; i < COUNT(at); i++) {
		struct str text = norm_text(r, at[i]);

		for (size_t k = 0; text.len && k < COUNT(words); k++) {
			if (!str_is_fold(text, words[k].word))
				continue;
			r->ev->outcome = words[k].o;
			return;
		}
	}
}

enum { SENDER_LEVEL = 3 };	/* medium, as in the own form */

static void
techniques(struct reading *r)
{
	static const char *const at[] = {
		"/mitreTechniques", "/threat/technique/id", "/mitre_techniques"
	};

	for (size_t i = 0; i < COUNT(at); i++) {
		const struct json *v = norm_at(r->v, at[i]);

		for (size_t k = 0; k < json_len(v); k++) {
			technique t = technique_parse(
			    json_str(json_item(v, k)));

			if (t)
				event_tag(r->ev, t, NULL, NULL, SENDER_LEVEL);
		}
	}
}

static bool
is_alert(struct reading *r)
{
	return json_get(r->v, "alertId") || json_get(r->v, "alert_id") ||
	    str_is_fold(norm_text(r, "/event/kind"), "alert") ||
	    str_is_fold(norm_text(r, "/event_type"), "alert");
}

static void
actor_ref(struct reading *r)
{
	struct str name = r->ev->actor;
	unsigned common = norm_common_user(name) ? REF_COMMON : 0;

	/* A path or a product is no account. */
	if (!name.len || name.p[0] == '/' || is_alert(r))
		return;
	norm_ref(r, (struct named){ .kind = KIND_USER, .role = ROLE_USER,
	    .flags = REF_WEAK | REF_ACTOR | common,
	    .key = str_lower(r->a, name), .name = name });
}

static bool
claims(const struct json *v)
{
	return json_type(v) == JSON_OBJECT;
}

bool
generic_glean(struct reading *r)
{
	if (!norm_fields(r, fields))
		return false;
	if (!r->ev->type.len)
		r->ev->type = STR("event");
	outcome(r);
	techniques(r);
	if (is_alert(r))
		r->ev->flags |= EVENT_ALERT;
	actor_ref(r);
	return true;
}

static bool
read_record(struct reading *r)
{
	return generic_time(r) && generic_glean(r);
}

static const char *const aliases[] = { "json", NULL };

const struct normaliser norm_generic = {
	.name = "generic",
	.aliases = aliases,
	.version = 1,
	.claims = claims,
	.read = read_record,
};
