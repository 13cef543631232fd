/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who made the call. userIdentity comes in many types; two things matter: the
 * principal's unique id, which AWS gives out once and for ever, and the name
 * an analyst knows. A role session's name is what its caller wrote into
 * AssumeRole and so only shown. The exception is IAM Identity Center, which
 * writes the person's login there itself.
 */
#include <string.h>

#include "base/arena.h"
#include "norm/cloudtrail.h"

#define ID "/userIdentity"

/* "AROAEXAMPLE:deploy" -> "AROAEXAMPLE" */
static struct str
before_colon(struct str s)
{
	size_t colon = str_find(s, STR(":"), 0);

	return colon == (size_t)-1 ? s : str_sub(s, 0, colon);
}

/* "arn:aws:sts::1111:assumed-role/ops/deploy" -> "ops/deploy" */
static struct str
arn_tail(struct str arn)
{
	size_t slash = str_find(arn, STR("/"), 0);

	return slash == (size_t)-1 ? STR("") : str_sub(arn, slash + 1, arn.len);
}

static struct str
after_slash(struct str s)
{
	size_t at = 0, next;

	while ((next = str_find(s, STR("/"), at)) != (size_t)-1)
		at = next + 1;
	return str_sub(s, at, s.len);
}

/* ---- the name an analyst knows ---------------------------------------- */

static struct str
first_of(struct reading *r, const char *const *at)
{
	for (; *at; at++) {
		struct str text = norm_text(r, *at);

		if (!norm_null(text))
			return text;
	}
	return STR("");
}

static struct str
actor_name(struct reading *r, struct str type)
{
	static const char *const names[] = {
		ID "/userName", ID "/invokedBy", ID "/arn", ID "/principalId",
		ID "/accountId", "/sourceIPAddress", NULL
	};
	struct str tail = arn_tail(norm_text(r, ID "/arn"));

	if (str_is(type, "Root"))
		return STR("root");
	if ((str_is(type, "AssumedRole") || str_is(type, "FederatedUser")) &&
	    tail.len)
		return tail;
	return first_of(r, names);
}

/* ---- principals ------------------------------------------------------- */

/* The unique id of a user or role. Root is known by its account; services and
 * federated callers have no id of their own. */
static void
principal_ref(struct reading *r, struct str type)
{
	struct str whole = norm_text(r, ID "/principalId");
	struct str id = before_colon(whole);

	if (!str_starts(id, "AIDA") && !str_starts(id, "AROA"))
		id = STR("");
	if (str_is(type, "Root"))
		id = whole = norm_text(r, ID "/accountId");
	if (!id.len)
		return;
	norm_ref(r, (struct named){ .kind = KIND_USER, .role = ROLE_USER,
	    .flags = REF_ACTOR, .name = r->ev->actor, .value = whole,
	    .key = norm_join(r->a, STR("aws:"), id, STR("")),
	    .field = str_is(type, "Root") ? STR(ID "/accountId") :
	    STR(ID "/principalId") });
}

/* A name is known to other sources too, but is only a name. */
static void
name_ref(struct reading *r, const char *field, struct str name)
{
	if (norm_null(name))
		return;
	norm_ref(r, (struct named){ .kind = KIND_USER, .role = ROLE_USER,
	    .flags = REF_WEAK, .key = str_lower(r->a, name), .name = name,
	    .field = str_of(field), .value = norm_text(r, field) });
}

static void
names(struct reading *r, struct str type)
{
	static const char *const subjects[] = {
		"/responseElements/subject",
		"/responseElements/subjectFromWebIdentityToken",
	};
	struct str tail = arn_tail(norm_text(r, ID "/arn"));

	if (str_is(type, "AssumedRole")) {
		if (str_starts(tail, "AWSReservedSSO_"))
			name_ref(r, ID "/arn", after_slash(tail));
	} else if (!str_is(type, "Root")) {
		name_ref(r, ID "/userName", norm_text(r, ID "/userName"));
	}
	for (size_t i = 0; i < COUNT(subjects); i++) {
		struct str subject = norm_text(r, subjects[i]);

		if (!str_eq_fold(subject, norm_text(r, ID "/userName")))
			name_ref(r, subjects[i], subject);
	}
}

/* ---- sessions --------------------------------------------------------- */

/* Only the console hands out several keys for one session, and only there
 * does a creation time say more than the key. */
static bool
from_console(struct reading *r, struct str type)
{
	if (str_is(norm_text(r, "/sessionCredentialFromConsole"), "true") ||
	    str_starts(norm_text(r, "/eventType"), "AwsConsole"))
		return true;
	return !str_is(type, "AssumedRole") &&
	    str_starts(norm_text(r, ID "/accessKeyId"), "ASIA");
}

static void
console_ref(struct reading *r, struct str type)
{
	static const char made[] =
	    ID "/sessionContext/attributes/creationDate";
	struct str who = norm_text(r, ID "/principalId");
	struct str when = norm_text(r, made);
	struct str field = str_of(made);
	enum role role = ROLE_SESS;
	struct entref *ref;

	if (r->ev->act == ACT_SIGN_IN) {
		role = ROLE_NEW;
		if (!when.len) {
			when = norm_text(r, "/eventTime");
			field = STR("/eventTime");
		}
	}
	if (norm_null(who) || !when.len || !from_console(r, type))
		return;
	ref = norm_ref(r, (struct named){ .kind = KIND_CONSOLE, .role = role,
	    .flags = REF_WEAK, .key = norm_join(r->a, who, STR("|"), when),
	    .field = STR(ID "/principalId"), .value = who });
	if (ref)
		entref_proof(ref, field, when);
}

/* An instance's own credentials: EC2 itself says so, and names the instance
 * where other callers put a name of their choice. */
static void
instance_ref(struct reading *r)
{
	struct str whole = norm_text(r, ID "/principalId");
	struct str id = str_sub(whole, before_colon(whole).len + 1, whole.len);

	if (!norm_text(r, ID "/sessionContext/ec2RoleDelivery").len ||
	    !str_starts(id, "i-"))
		return;
	norm_ref(r, (struct named){ .kind = KIND_RESOURCE, .role = ROLE_USE,
	    .key = norm_join(r->a, STR("aws:"), id, STR("")), .name = id,
	    .field = STR(ID "/principalId"), .value = whole });
}

void
cloudtrail_identity(struct reading *r)
{
	struct str type = norm_text(r, ID "/type");

	r->ev->actor = actor_name(r, type);
	principal_ref(r, type);
	names(r, type);
	console_ref(r, type);
	instance_ref(r);
}
