/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open Cybersecurity Schema Framework 1.x. As with ECS, the schema says what a
 * field means and not how good the product behind it is: records link by
 * artifacts and by who acted. Findings are alerts, with their techniques.
 *
 * https://schema.ocsf.io
 */
#include "norm/carry.h"

static const struct field fields[] = {
	{ .at = "/class_name", .take = TAKE_TYPE },
	{ .at = "/class_uid", .take = TAKE_TYPE },
	{ .at = "/activity_name", .take = TAKE_ACTION },
	{ .at = "/type_name", .take = TAKE_ACTION },
	{ .at = "/type_uid", .take = TAKE_ACTION },
	{ .at = "/actor/user/name", .take = TAKE_ACTOR },
	{ .at = "/actor/user/email_addr", .take = TAKE_ACTOR },
	{ .at = "/actor/user/uid", .take = TAKE_ACTOR },
	{ .at = "/actor/process/file/path", .take = TAKE_ACTOR },
	{ .at = "/actor/process/name", .take = TAKE_ACTOR },
	{ .at = "/process/cmd_line", .take = TAKE_TARGET },
	{ .at = "/file/path", .take = TAKE_TARGET },
	{ .at = "/reg_key/path", .take = TAKE_TARGET },
	{ .at = "/user/name", .take = TAKE_TARGET },
	{ .at = "/query/hostname", .take = TAKE_TARGET },
	{ .at = "/url/url_string", .take = TAKE_TARGET },
	{ .at = "/http_request/url/url_string", .take = TAKE_TARGET },
	{ .at = "/dst_endpoint/hostname", .take = TAKE_TARGET },
	{ .at = "/dst_endpoint/ip", .take = TAKE_TARGET },
	{ .at = "/resource/name", .take = TAKE_TARGET },
	{ .at = "/resources/0/name", .take = TAKE_TARGET },
	{ .at = "/finding_info/title", .take = TAKE_TARGET },
	{ .at = "/api/operation", .take = TAKE_TARGET },
	{ .at = "/device/hostname", .take = TAKE_HOST },
	{ .at = "/device/name", .take = TAKE_HOST },
	{ .at = NULL }
};

/* severity_id 0 unknown, 1 informational .. 5 critical, 6 fatal. */
static void
measure(struct reading *r)
{
	static const int severity[] = { -1, 10, 30, 50, 70, 90, 100 };
	int64_t id = json_int(json_get(r->v, "severity_id"));
	int64_t status = json_int(json_get(r->v, "status_id"));

	if (id > 0 && id < (int64_t)COUNT(severity))
		r->ev->severity = severity[id];
	/* In findings it is where the work stands, not an outcome. */
	if (json_int(json_get(r->v, "category_uid")) == 2) {
		r->ev->outcome = OUTCOME_UNKNOWN;
		r->ev->flags |= EVENT_ALERT;
	} else if (status == 1 || status == 2) {
		r->ev->outcome = status == 1 ? OUTCOME_SUCCESS :
		    OUTCOME_FAILURE;
	}
}

enum { ATTACKS_MOST = 32, SENDER_LEVEL = 3 };	/* medium, as in the own form */

static void
attacks(struct reading *r, const struct json *list)
{
	static const char *const names[] = { "sub_technique", "technique" };
	technique t = 0;
	size_t i, k;

	for (i = 0; i < json_len(list) && i < ATTACKS_MOST; i++) {
		t = 0;
		for (k = 0; k < COUNT(names) && t == 0; k++)
			t = technique_parse(json_str(json_at(json_item(list,
			    i), names[k], "uid", NULL)));
		if (t != 0)
			event_tag(r->ev, t, NULL, NULL, SENDER_LEVEL);
	}
}

static void
artifacts(struct reading *r)
{
	static const char *const names[] = { "/query/hostname",
		"/url/hostname", "/http_request/url/hostname" };
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		(void)norm_art_domain(r, str_of(names[i]),
		    norm_text(r, names[i]));
}

static bool
claims(const struct json *v)
{
	return json_type(json_get(v, "class_uid")) == JSON_INT &&
	    json_type(json_get(v, "category_uid")) == JSON_INT &&
	    str_starts(json_str(json_at(v, "metadata", "version", NULL)),
	        "1.");
}

static bool
read_record(struct reading *r)
{
	if (!generic_time(r) || !norm_fields(r, fields) || !generic_glean(r))
		return false;
	measure(r);
	attacks(r, json_get(r->v, "attacks"));
	attacks(r, json_at(r->v, "finding_info", "attacks", NULL));
	artifacts(r);
	return true;
}

const struct normaliser norm_ocsf = {
	.name = "ocsf",
	.version = 1,
	.claims = claims,
	.read = read_record,
};
