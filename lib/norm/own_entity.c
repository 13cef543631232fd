/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entities that a sender of the own form names: the actor, the host, the
 * session, the process and the list `entities`. An identifier counts within
 * its issuer (the source, unless the sender says another): two products that
 * both number their sessions from 1 share none. What is one thing in the
 * whole world (addresses, domains, hashes, urls, AWS access keys, host names)
 * goes by its own text, so that it meets the vendors' records.
 *
 * All text is copied: see own_read_around.
 */
#include <stdio.h>

#include "base/arena.h"
#include "norm/own.h"

enum { ENTITIES_MAX = 16 };	/* with the others they fit EVENT_REFS_MAX */

static unsigned
said(const struct reading *r)
{
	return r->rec->may_assert ? REF_SAID : REF_ASSERTED;
}

static struct str
copy_of(struct reading *r, const struct json *v)
{
	return str_dup(r->a, json_scalar(r->a, v));
}

static struct str
scoped(struct reading *r, struct str issuer, struct str id)
{
	return norm_join(r->a, issuer, STR("|"), id);
}

/* ---- actor, host, session, metadata ----------------------------------- */

static void
actor_ref(struct reading *r)
{
	struct str name = r->ev->actor;
	unsigned common = norm_common_user(name) ? REF_COMMON : 0;
	struct entref *ip;

	if (norm_null(name))
		return;
	ip = norm_art_ip(r, STR("/actor"), name);
	if (ip) {
		ip->flags |= REF_ACTOR | said(r);
		return;
	}
	norm_ref(r, (struct named){ .kind = KIND_USER, .role = ROLE_USER,
	    .flags = REF_WEAK | REF_ACTOR | common | said(r),
	    .key = str_lower(r->a, name), .name = name,
	    .field = STR("/actor") });
}

static void
session_ref(struct reading *r)
{
	struct str id = copy_of(r, json_get(r->v, "session"));
	bool opens = r->ev->act == ACT_SIGN_IN;
	bool closes = r->ev->act == ACT_LOGOFF;

	if (norm_null(id))
		return;
	norm_ref(r, (struct named){ .kind = KIND_SESSION,
	    .role = opens ? ROLE_NEW : closes ? ROLE_END : ROLE_SESS,
	    .flags = said(r), .key = scoped(r, r->ev->source, id), .name = id,
	    .field = STR("/session") });
}

static void
metadata_refs(struct reading *r)
{
	static const char *const at[] = {
		"/metadata/ip", "/metadata/src_ip", "/metadata/source_ip",
		"/metadata/client_ip", "/metadata/ip_address",
		"/metadata/remote_ip", "/metadata/dst_ip",
	};

	for (size_t i = 0; i < COUNT(at); i++) {
		const struct json *v = norm_at(r->v, at[i]);
		struct entref *ip;

		if (json_type(v) != JSON_STRING)
			continue;
		ip = norm_art_ip(r, str_of(at[i]), copy_of(r, v));
		if (ip)
			ip->flags |= said(r);
	}
}

/* ---- process ---------------------------------------------------------- */

/* HOST|guid as in the vendors' records, else ISSUER|guid. */
static struct str
guid_key(struct reading *r, struct str scope, struct str guid)
{
	if (guid.len > 2 && guid.p[0] == '{' && guid.p[guid.len - 1] == '}')
		guid = str_sub(guid, 1, guid.len - 2);
	for (size_t i = 0; i < guid.len; i++)
		if (guid.p[i] != '0' && guid.p[i] != '-')
			return scoped(r, scope, str_lower(r->a, guid));
	return STR("");		/* all zero */
}

/* HOST|pid:N is weak; with its start time it names one process. */
static struct str
pid_key(struct reading *r, struct str scope, struct str pid, struct str start)
{
	uint64_t n;
	bool hex = str_starts(pid, "0x") || str_starts(pid, "0X");

	if (!(hex ? str_hex_u64(pid, &n) : str_u64(pid, &n)) || n == 0)
		return STR("");
	return str_printf(r->a, "%.*s|pid:%llu%s%.*s", STR_ARG(scope),
	    (unsigned long long)n, start.len ? "@" : "", STR_ARG(start));
}

static enum role
process_role(const struct reading *r, bool has_parent)
{
	switch (r->ev->act) {
	case ACT_PROCESS_CREATE:
		return ROLE_NEW;
	case ACT_PROCESS_END:
		return ROLE_END;
	case ACT_OTHER:
		/* Nothing else is said, and who made it is. */
		return has_parent ? ROLE_NEW : ROLE_SUBJ;
	default:
		return ROLE_SUBJ;
	}
}

static bool
process_refs(struct reading *r)
{
	const struct json *p = json_get(r->v, "process");
	struct str host = str_lower(r->a, json_str(json_get(r->v, "host")));
	struct str scope = host.len ? host : r->ev->source;
	struct str guid = copy_of(r, json_get(p, "guid"));
	struct str pid = copy_of(r, json_get(p, "pid"));
	struct str start = copy_of(r, json_get(p, "start"));
	struct str parent = copy_of(r, json_get(p, "parent_guid"));
	struct named me = { .kind = KIND_PROCESS, .flags = said(r) };

	if (json_type(p) == JSON_NULL)
		return true;
	if (json_type(p) != JSON_OBJECT)
		return norm_refuse(r, "/process", "must be an object");
	me.role = process_role(r, !norm_null(parent));
	if (!norm_null(guid)) {
		me.key = guid_key(r, scope, guid);
		me.name = guid;
		me.field = STR("/process/guid");
	} else if (!norm_null(pid)) {
		me.key = pid_key(r, scope, pid, start);
		me.name = norm_join(r->a, STR("pid "), pid, STR(""));
		me.field = STR("/process/pid");
		me.value = pid;
		me.flags |= start.len ? 0 : REF_WEAK;
	}
	norm_ref(r, me);
	if (me.role == ROLE_NEW && !norm_null(parent))
		norm_ref(r, (struct named){ .kind = KIND_PROCESS,
		    .role = ROLE_PARENT, .flags = said(r),
		    .key = guid_key(r, scope, parent), .name = parent,
		    .field = STR("/process/parent_guid") });
	return true;
}

/* ---- the list --------------------------------------------------------- */

/* Other words for roles, beside role_name(). */
static const struct role_word {
	const char *word;
	enum role role;
} role_words[] = {
	{ "subject", ROLE_SUBJ }, { "parent", ROLE_PARENT },
	{ "new", ROLE_NEW }, { "created", ROLE_NEW },
	{ "ended", ROLE_END }, { "read", ROLE_READ },
	{ "written", ROLE_WRITE }, { "executed", ROLE_EXEC },
	{ "armed", ROLE_ARM }, { "target", ROLE_TARGET },
	{ "used", ROLE_USE }, { "session", ROLE_SESS },
	{ "credential", ROLE_CRED }, { "transaction", ROLE_TXN },
	{ "user", ROLE_USER }, { "artifact", ROLE_ART },
	{ "host", ROLE_HOST },
};

/* ROLE_NONE: no such role. A sender does not put marks on a host: whether a
 * sensor was blind is for the sensor's own records to say. */
static enum role
role_of(struct str word)
{
	for (size_t i = 0; i < COUNT(role_words); i++)
		if (str_is_fold(word, role_words[i].word))
			return role_words[i].role;
	for (enum role x = ROLE_NONE + 1; x < ROLE_BOOT; x++)
		if (str_is_fold(word, role_name(x)))
			return x;
	return ROLE_NONE;
}

/* What is meant where the role is left out. */
static enum role
usual_role(enum kind k)
{
	switch (k) {
	case KIND_HOST: return ROLE_HOST;
	case KIND_USER: return ROLE_USER;
	case KIND_PROCESS: return ROLE_SUBJ;
	case KIND_SESSION: return ROLE_SESS;
	case KIND_TOKEN:
	case KIND_TICKET: return ROLE_CRED;
	case KIND_TRANSACTION: return ROLE_TXN;
	case KIND_FLOW: return ROLE_FLOW;
	case KIND_HASH:
	case KIND_DOMAIN:
	case KIND_IP:
	case KIND_URL:
	case KIND_TLS:
	case KIND_CERTIFICATE:
	case KIND_DEVICE:
	case KIND_USERAGENT: return ROLE_ART;
	default: return ROLE_TARGET;
	}
}

/* AKIA/ASIA and 16 more: the form of AWS access keys. */
static bool
aws_key(struct str id)
{
	if (id.len != 20 || !(str_starts(id, "AKIA") || str_starts(id, "ASIA")))
		return false;
	for (size_t i = 4; i < id.len; i++)
		if (!((id.p[i] >= 'A' && id.p[i] <= 'Z') ||
		    (id.p[i] >= '0' && id.p[i] <= '9')))
			return false;
	return true;
}

static struct entref *
hash_ref(struct reading *r, struct str field, struct str id)
{
	size_t colon = str_find(id, STR(":"), 0);
	struct str hex = id;

	if (colon != (size_t)-1)
		hex = str_sub(id, colon + 1, id.len);
	switch (hex.len) {
	case 32: return norm_art_hash(r, "md5", field, hex, 0);
	case 40: return norm_art_hash(r, "sha1", field, hex, 0);
	case 64: return norm_art_hash(r, "sha256", field, hex, 0);
	case 128: return norm_art_hash(r, "sha512", field, hex, 0);
	default: return NULL;
	}
}

static struct entref *
plain_ref(struct reading *r, struct named n, struct str issuer)
{
	switch (n.kind) {
	case KIND_HOST:
		n.key = str_lower(r->a, n.name);
		break;
	case KIND_URL:
		n.key = n.name;
		break;
	case KIND_TOKEN:
		n.key = aws_key(n.name) ? n.name : scoped(r, issuer, n.name);
		break;
	default:
		n.key = scoped(r, issuer, n.name);
		break;
	}
	return norm_ref(r, n);
}

static bool
bad_entity(struct reading *r, size_t i, const char *member, const char *detail)
{
	char at[48];

	snprintf(at, sizeof(at), "/entities/%zu%s", i, member);
	return norm_refuse(r, at, detail);
}

static bool
entity_ref(struct reading *r, size_t i, const struct json *e)
{
	struct str word = json_str(json_get(e, "role"));
	struct str issuer = copy_of(r, json_get(e, "issuer"));
	struct named n = { .flags = said(r),
	    .kind = kind_of_name(json_str(json_get(e, "kind"))),
	    .name = copy_of(r, json_get(e, "id")),
	    .field = str_printf(r->a, "/entities/%zu/id", i) };
	struct entref *ref;

	if (json_type(e) != JSON_OBJECT)
		return bad_entity(r, i, "", "must be an object");
	if (n.kind == KIND_NONE)
		return bad_entity(r, i, "/kind", "is no kind of entity");
	if (!n.name.len)
		return bad_entity(r, i, "/id", "is required");
	n.role = json_get(e, "role") ? role_of(word) : usual_role(n.kind);
	if (n.role == ROLE_NONE)
		return bad_entity(r, i, "/role", "is no role of an entity");
	if (norm_null(n.name))
		return true;
	if (n.kind == KIND_IP)
		ref = norm_art_ip(r, n.field, n.name);
	else if (n.kind == KIND_DOMAIN)
		ref = norm_art_domain(r, n.field, n.name);
	else if (n.kind == KIND_HASH)
		ref = hash_ref(r, n.field, n.name);
	else
		ref = plain_ref(r, n, issuer.len ? issuer : r->ev->source);
	if (!ref)
		return bad_entity(r, i, "/id", "is no such thing");
	ref->role = n.role;
	ref->flags |= n.flags;
	return true;
}

static bool
entity_list(struct reading *r)
{
	const struct json *list = json_get(r->v, "entities");
	size_t n = json_len(list);

	if (json_type(list) == JSON_NULL)
		return true;
	if (json_type(list) != JSON_ARRAY)
		return norm_refuse(r, "/entities", "must be an array");
	if (n > ENTITIES_MAX)
		return norm_refuse(r, "/entities", "names more than 16");
	for (size_t i = 0; i < n; i++)
		if (!entity_ref(r, i, json_item(list, i)))
			return false;
	return true;
}

bool
own_entities(struct reading *r)
{
	struct str host = r->ev->host;

	if (!entity_list(r))
		return false;
	if (host.len)
		norm_host(r, STR("/host"), host);
	actor_ref(r);
	session_ref(r);
	if (!process_refs(r))
		return false;
	metadata_refs(r);
	return true;
}
