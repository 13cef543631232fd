/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AWS CloudTrail: one JSON object an API call.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/
 *     cloudtrail-event-reference-record-contents.html
 *
 * What identifies what:
 *
 *	eventID		the event
 *	accessKeyId	the credential that signed the call; the answer to
 *			AssumeRole, CreateAccessKey, GetSessionToken ... names
 *			the one that was issued
 *	principalId	AIDA.. a user; AROA..:NAME a role's session, whose NAME
 *			the caller chose: shown, never compared
 *	creationDate	with the principal: a console session, under which
 *			several keys are used (weak)
 *	requestID	the call itself, also where another service records it
 *	sharedEventID	the same call, as two accounts see it
 *
 * A call with an errorCode changed nothing and issued nothing.
 */
#include "norm/cloudtrail.h"

#include "base/arena.h"

static const struct field fields[] = {
	{ .at = "/eventTime", .take = TAKE_TIME, .note = "eventTime" },
	/* Pipelines that move the time where their store wants it. */
	{ .at = "/@timestamp", .take = TAKE_TIME, .note = "@timestamp" },
	{ .at = "/eventID", .take = TAKE_ID },
	{ .at = "/eventName", .take = TAKE_ACTION },
	{ .at = "/userIdentity/accessKeyId", .take = TAKE_SESSION },
	{ .at = "/userIdentity/accessKeyId", .take = TAKE_REF,
	    .kind = KIND_TOKEN, .role = ROLE_CRED },
	{ .at = "/requestID", .take = TAKE_REF, .kind = KIND_TRANSACTION,
	    .role = ROLE_TXN, .note = "aws:" },
	{ .at = "/sharedEventID", .take = TAKE_REF, .kind = KIND_TRANSACTION,
	    .role = ROLE_TXN, .note = "aws:shared:" },
	{ .at = "/sourceIPAddress", .take = TAKE_IP },
	{ .at = "/userAgent", .take = TAKE_REF, .kind = KIND_USERAGENT,
	    .role = ROLE_ART, .flags = REF_CLIENT },
	{ .at = NULL }
};

/* ---- what kind of call ------------------------------------------------ */

/* The first row that fits; a trailing * stands for any rest. */
static const struct sort {
	const char *service;	/* NULL: any */
	const char *name;
	const char *type;
	enum act act;
	unsigned flags;
} sorts[] = {
	{ "signin", "ConsoleLogin", "authentication", ACT_SIGN_IN, 0 },
	{ "signin", "*", "authentication", ACT_OTHER, 0 },
	{ "sts", "AssumeRole*", "credential", ACT_TOKEN_ISSUE, 0 },
	{ "sts", "AssumeRoot", "credential", ACT_TOKEN_ISSUE, 0 },
	{ "sts", "GetSessionToken", "credential", ACT_TOKEN_ISSUE, 0 },
	{ "sts", "GetFederationToken", "credential", ACT_TOKEN_ISSUE, 0 },
	{ "iam", "CreateAccessKey", "credential", ACT_TOKEN_ISSUE, 0 },
	{ "iam", "CreateUser", "identity", ACT_ACCOUNT_CREATE, 0 },
	{ "iam", "CreateRole", "identity", ACT_ACCOUNT_CREATE, 0 },
	{ "iam", "List*", "identity", ACT_API_CALL, EVENT_MINOR },
	{ "iam", "Get*", "identity", ACT_API_CALL, EVENT_MINOR },
	{ "iam", "Simulate*", "identity", ACT_API_CALL, EVENT_MINOR },
	{ "iam", "*", "identity", ACT_ACCOUNT_CHANGE, 0 },
	{ "s3", "GetObject", "cloud_api", ACT_API_CALL, EVENT_IMPACT },
	{ "s3", "DeleteObject*", "cloud_api", ACT_API_CALL, EVENT_IMPACT },
	{ "s3", "DeleteBucket", "cloud_api", ACT_API_CALL, EVENT_IMPACT },
	{ "rds", "Delete*", "cloud_api", ACT_API_CALL, EVENT_IMPACT },
	{ "kms", "ScheduleKeyDeletion", "cloud_api", ACT_API_CALL,
	    EVENT_IMPACT },
	{ NULL, "GetSecretValue", "cloud_api", ACT_API_CALL, 0 },
	{ NULL, "BatchGetSecretValue", "cloud_api", ACT_API_CALL, 0 },
	{ NULL, "GetParameter*", "cloud_api", ACT_API_CALL, 0 },
	{ NULL, "GetPasswordData", "cloud_api", ACT_API_CALL, 0 },
	{ NULL, "Describe*", "cloud_api", ACT_API_CALL, EVENT_MINOR },
	{ NULL, "List*", "cloud_api", ACT_API_CALL, EVENT_MINOR },
	{ NULL, "Get*", "cloud_api", ACT_API_CALL, EVENT_MINOR },
	{ NULL, "Head*", "cloud_api", ACT_API_CALL, EVENT_MINOR },
	{ NULL, "Lookup*", "cloud_api", ACT_API_CALL, EVENT_MINOR },
	{ NULL, "*", "cloud_api", ACT_API_CALL, 0 },
};

static bool
fits(struct str text, const char *pattern)
{
	struct str p = str_of(pattern);

	if (!p.len || p.p[p.len - 1] != '*')
		return str_eq(text, p);
	p.len--;
	return text.len >= p.len && str_eq(str_sub(text, 0, p.len), p);
}

/* "ec2.amazonaws.com" -> "ec2" */
static struct str
service_of(struct reading *r)
{
	struct str source = norm_text(r, "/eventSource");
	size_t dot = str_find(source, STR("."), 0);

	return dot == (size_t)-1 ? source : str_sub(source, 0, dot);
}

/* A snapshot or image given to other accounts or to everybody. */
static bool
shares_out(struct reading *r)
{
	static const char *const at[] = {
		"/requestParameters/createVolumePermission/add",
		"/requestParameters/launchPermission/add",
		"/requestParameters/valuesToAdd",
	};

	for (size_t i = 0; i < COUNT(at); i++)
		if (norm_at(r->v, at[i]))
			return true;
	return false;
}

static void
sort_out(struct reading *r)
{
	struct event *ev = r->ev;
	struct str service = service_of(r);
	const struct sort *s = sorts;

	while ((s->service && !str_is(service, s->service)) ||
	    !fits(ev->action, s->name))
		s++;
	ev->type = str_of(s->type);
	ev->act = s->act;
	ev->flags |= s->flags;
	if (shares_out(r))
		ev->flags |= EVENT_IMPACT;
	ev->product = "aws";
	ev->service = "cloudtrail";
}

static void
outcome(struct reading *r)
{
	struct event *ev = r->ev;
	struct str login = norm_text(r, "/responseElements/ConsoleLogin");

	ev->outcome = OUTCOME_SUCCESS;
	if (norm_text(r, "/errorCode").len ||
	    norm_text(r, "/errorMessage").len || str_is_fold(login, "Failure"))
		ev->outcome = OUTCOME_FAILURE;
	if (ev->outcome != OUTCOME_FAILURE)
		return;
	ev->flags &= ~(unsigned)EVENT_IMPACT;
	if (ev->act == ACT_SIGN_IN)
		ev->act = ACT_LOGON_FAILED;
}

/* ---- the record ------------------------------------------------------- */

static bool
claims(const struct json *v)
{
	return json_type(json_get(v, "eventSource")) == JSON_STRING &&
	    json_type(json_get(v, "eventName")) == JSON_STRING &&
	    (json_get(v, "userIdentity") || json_get(v, "eventVersion"));
}

static bool
read_record(struct reading *r)
{
	if (!norm_fields(r, fields))
		return false;
	if (!r->ev->clock)
		return norm_refuse(r, "/eventTime", "is required");
	if (!r->ev->action.len)
		return norm_refuse(r, "/eventName", "is required");
	sort_out(r);
	outcome(r);
	cloudtrail_identity(r);
	cloudtrail_resources(r);
	return true;
}

static const char *const aliases[] = {
	"aws:cloudtrail", "aws", "aws_cloudtrail", "aws.cloudtrail", NULL
};

const struct normaliser norm_cloudtrail = {
	.name = "cloudtrail",
	.aliases = aliases,
	.version = 2,
	.claims = claims,
	.read = read_record,
};
