/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call made, used or touched. The answer (responseElements) names what
 * was made, the question (requestParameters) what was meant; `resources` is
 * AWS's own list. An id is compared under the text that both sides of its life
 * use: instance and snapshot ids as they are, the rest by ARN. An id is given
 * out once; an ARN is made of a name, which may be given again when the first of
 * that name is gone, and so proves nothing (weak).
 */
#include "base/arena.h"
#include "norm/cloudtrail.h"

#define ASK "/requestParameters"
#define GOT "/responseElements"

static const struct place {
	const char *event;	/* NULL: any */
	const char *at;
	enum kind kind;
	enum role role;
	const char *prefix;
} places[] = {
	/* issued */
	{ NULL, GOT "/credentials/accessKeyId", KIND_TOKEN, ROLE_NEW, "" },
	{ NULL, GOT "/accessKey/accessKeyId", KIND_TOKEN, ROLE_NEW, "" },
	{ NULL, ASK "/sAMLAssertionID", KIND_TICKET, ROLE_CRED, "saml:" },
	{ "UpdateAccessKey", ASK "/accessKeyId", KIND_TOKEN, ROLE_TARGET, "" },
	{ "DeleteAccessKey", ASK "/accessKeyId", KIND_TOKEN, ROLE_END, "" },
	/* made */
	{ "CreateUser", GOT "/user/userId", KIND_USER, ROLE_NEW, "aws:" },
	{ "CreateRole", GOT "/role/roleId", KIND_USER, ROLE_NEW, "aws:" },
	{ "CreatePolicy", GOT "/policy/arn", KIND_RESOURCE, ROLE_NEW, "" },
	{ "CreateFunction20150331", GOT "/functionArn", KIND_RESOURCE,
	    ROLE_NEW, "" },
	{ "CreateBucket", ASK "/bucketName", KIND_RESOURCE, ROLE_NEW,
	    "arn:aws:s3:::" },
	{ "CreateSnapshot", GOT "/snapshotId", KIND_RESOURCE, ROLE_NEW,
	    "aws:" },
	{ "CreateImage", GOT "/imageId", KIND_RESOURCE, ROLE_NEW, "aws:" },
	{ "CreateVolume", GOT "/volumeId", KIND_RESOURCE, ROLE_NEW, "aws:" },
	{ "CreateSecurityGroup", GOT "/groupId", KIND_RESOURCE, ROLE_NEW,
	    "aws:" },
	{ "CreateDBSnapshot", GOT "/dBSnapshotArn", KIND_RESOURCE, ROLE_NEW,
	    "" },
	/* gone */
	{ "DeletePolicy", ASK "/policyArn", KIND_RESOURCE, ROLE_END, "" },
	{ "DeleteBucket", ASK "/bucketName", KIND_RESOURCE, ROLE_END,
	    "arn:aws:s3:::" },
	/* used after it was made */
	{ NULL, ASK "/policyArn", KIND_RESOURCE, ROLE_USE, "" },
	{ NULL, ASK "/snapshotId", KIND_RESOURCE, ROLE_USE, "aws:" },
	{ NULL, ASK "/imageId", KIND_RESOURCE, ROLE_USE, "aws:" },
	{ NULL, ASK "/volumeId", KIND_RESOURCE, ROLE_USE, "aws:" },
	{ NULL, ASK "/groupId", KIND_RESOURCE, ROLE_USE, "aws:" },
	{ NULL, ASK "/instanceId", KIND_RESOURCE, ROLE_USE, "aws:" },
	{ "GetPasswordData", ASK "/instanceId", KIND_RESOURCE, ROLE_TARGET,
	    "aws:" },
};

static void
place_ref(struct reading *r, const struct place *p)
{
	struct str id = norm_text(r, p->at);
	bool named = p->kind == KIND_RESOURCE &&
	    !str_is(str_of(p->prefix), "aws:");

	if (norm_null(id))
		return;
	norm_ref(r, (struct named){ .kind = p->kind, .role = p->role,
	    .flags = named ? REF_WEAK : 0,
	    .key = norm_join(r->a, str_of(p->prefix), id, STR("")), .name = id,
	    .field = str_of(p->at) });
}

/* RunInstances and its like name many at once. */
enum { INSTANCES_MAX = 4 };

static void
instances(struct reading *r)
{
	bool run = str_is(r->ev->action, "RunInstances");
	const char *at = run ? GOT "/instancesSet/items" :
	    ASK "/instancesSet/items";
	const struct json *list = norm_at(r->v, at);
	enum role role = run ? ROLE_NEW : ROLE_USE;

	if (str_is(r->ev->action, "TerminateInstances"))
		role = ROLE_END;
	for (size_t i = 0; i < json_len(list) && i < INSTANCES_MAX; i++) {
		struct str id = json_str(json_get(json_item(list, i),
		    "instanceId"));

		if (norm_null(id))
			continue;
		norm_ref(r, (struct named){ .kind = KIND_RESOURCE,
		    .role = role, .name = id,
		    .key = norm_join(r->a, STR("aws:"), id, STR("")),
		    .field = str_printf(r->a, "%s/%zu/instanceId", at, i) });
	}
}

/* The role that was assumed, by its unique id. */
static void
assumed_role(struct reading *r)
{
	static const char at[] = GOT "/assumedRoleUser/assumedRoleId";
	struct str whole = norm_text(r, at);
	size_t colon = str_find(whole, STR(":"), 0);
	struct str id = str_sub(whole, 0, colon);

	if (!norm_null(id))
		norm_ref(r, (struct named){ .kind = KIND_USER,
		    .role = ROLE_TARGET, .name = whole, .field = str_of(at),
		    .key = norm_join(r->a, STR("aws:"), id, STR("")) });
}

enum { RESOURCES_MAX = 4 };

static void
listed(struct reading *r)
{
	const struct json *list = json_get(r->v, "resources");

	for (size_t i = 0; i < json_len(list) && i < RESOURCES_MAX; i++) {
		const struct json *v = json_item(list, i);
		const char *name = json_get(v, "ARN") ? "ARN" : "arn";
		struct str arn = json_str(json_get(v, name));

		if (norm_null(arn))
			continue;
		norm_ref(r, (struct named){ .kind = KIND_RESOURCE,
		    .role = ROLE_TARGET, .key = arn,
		    .field = str_printf(r->a, "/resources/%zu/%s", i, name) });
	}
}

/* ---- the text an analyst reads ---------------------------------------- */

static struct str
object_text(struct reading *r)
{
	struct str bucket = norm_text(r, ASK "/bucketName");
	struct str key = norm_text(r, ASK "/key");

	if (!bucket.len || !key.len)
		return bucket;
	return norm_join(r->a, bucket, STR("/"), key);
}

static void
target_text(struct reading *r)
{
	static const char *const at[] = {
		ASK "/roleArn", ASK "/userName", ASK "/roleName",
		ASK "/policyArn", ASK "/instanceId", ASK "/functionName",
		ASK "/secretId", ASK "/name", ASK "/snapshotId",
		ASK "/instancesSet/items/0/instanceId",
		GOT "/instancesSet/items/0/instanceId",
		GOT "/user/arn", "/resources/0/ARN", "/resources/0/arn",
		"/eventSource",
	};
	struct str text = object_text(r);

	for (size_t i = 0; !text.len && i < COUNT(at); i++)
		text = norm_text(r, at[i]);
	r->ev->target = text;
}

void
cloudtrail_resources(struct reading *r)
{
	for (size_t i = 0; i < COUNT(places); i++)
		if (!places[i].event ||
		    str_is(r->ev->action, places[i].event))
			place_ref(r, &places[i]);
	instances(r);
	assumed_role(r);
	listed(r);
	target_text(r);
}
