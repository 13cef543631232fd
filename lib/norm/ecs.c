/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Elastic Common Schema: what Beats, Elastic Agent and many pipelines write.
 * The schema names fields, not who filled them: an entity_id or a session id
 * is as good as the product behind it, which nothing here vouches for. So
 * records link by artifacts (addresses, names, hashes) and by who acted; those
 * of Windows are claimed by their own normaliser before.
 *
 * https://www.elastic.co/docs/reference/ecs
 */
#include "norm/carry.h"

static const struct field fields[] = {
	{ .at = "/event/category/0", .take = TAKE_TYPE },
	{ .at = "/event/action", .take = TAKE_ACTION },
	{ .at = "/event/type/0", .take = TAKE_ACTION },
	{ .at = "/user/name", .take = TAKE_ACTOR },
	{ .at = "/user/email", .take = TAKE_ACTOR },
	{ .at = "/process/executable", .take = TAKE_ACTOR },
	{ .at = "/process/name", .take = TAKE_ACTOR },
	{ .at = "/user/target/name", .take = TAKE_TARGET },
	{ .at = "/file/path", .take = TAKE_TARGET },
	{ .at = "/registry/path", .take = TAKE_TARGET },
	{ .at = "/process/command_line", .take = TAKE_TARGET },
	{ .at = "/url/full", .take = TAKE_TARGET },
	{ .at = "/url/original", .take = TAKE_TARGET },
	{ .at = "/dns/question/name", .take = TAKE_TARGET },
	{ .at = "/destination/domain", .take = TAKE_TARGET },
	{ .at = "/destination/ip", .take = TAKE_TARGET },
	{ .at = "/server/ip", .take = TAKE_IP },
	{ .at = NULL }
};

static void
artifacts(struct reading *r)
{
	static const char *const names[] = { "/dns/question/name",
		"/url/domain", "/destination/domain" };
	static const char *const hashes[] = { "/file/hash/sha256",
		"/process/hash/sha256", "/dll/hash/sha256" };
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		(void)norm_art_domain(r, str_of(names[i]),
		    norm_text(r, names[i]));
	for (i = 0; i < COUNT(hashes); i++)
		(void)norm_art_hash(r, "sha256", str_of(hashes[i]),
		    norm_text(r, hashes[i]), 0);
}

static bool
claims(const struct json *v)
{
	return json_type(json_at(v, "ecs", "version", NULL)) == JSON_STRING &&
	    json_get(v, "@timestamp") != NULL;
}

static bool
read_record(struct reading *r)
{
	if (!generic_time(r) || !norm_fields(r, fields) || !generic_glean(r))
		return false;
	artifacts(r);
	return true;
}

const struct normaliser norm_ecs = {
	.name = "ecs",
	.version = 1,
	.claims = claims,
	.read = read_record,
};
