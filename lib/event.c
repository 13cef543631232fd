/* SPDX-License-Identifier: Apache-2.0 */
#include "event.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

static const char *const kinds[KIND__MAX] = {
	[KIND_NONE] = "none",
	[KIND_HOST] = "host",
	[KIND_BOOT] = "boot",
	[KIND_PROCESS] = "process",
	[KIND_HANDLE] = "handle",
	[KIND_FILE] = "file",
	[KIND_REGISTRY] = "registry",
	[KIND_PIPE] = "pipe",
	[KIND_TASK] = "task",
	[KIND_SERVICE] = "service",
	[KIND_DRIVER] = "driver",
	[KIND_SUBSCRIPTION] = "subscription",
	[KIND_USER] = "user",
	[KIND_SESSION] = "session",
	[KIND_TICKET] = "ticket",
	[KIND_TOKEN] = "token",
	[KIND_CONSOLE] = "console",
	[KIND_TRANSACTION] = "transaction",
	[KIND_FLOW] = "flow",
	[KIND_HASH] = "hash",
	[KIND_DOMAIN] = "domain",
	[KIND_IP] = "ip",
	[KIND_URL] = "url",
	[KIND_TLS] = "tls",
	[KIND_CERTIFICATE] = "certificate",
	[KIND_DEVICE] = "device",
	[KIND_USERAGENT] = "useragent",
	[KIND_RESOURCE] = "resource",
	[KIND_CONTAINER] = "container",
	[KIND_POD] = "pod",
};

static const char *const roles[ROLE__MAX] = {
	[ROLE_NONE] = "none",
	[ROLE_SUBJ] = "subj",
	[ROLE_PARENT] = "parent",
	[ROLE_NEW] = "new",
	[ROLE_END] = "end",
	[ROLE_READ] = "read",
	[ROLE_WRITE] = "write",
	[ROLE_EXEC] = "exec",
	[ROLE_ARM] = "arm",
	[ROLE_TARGET] = "target",
	[ROLE_USE] = "use",
	[ROLE_SESS] = "sess",
	[ROLE_CRED] = "cred",
	[ROLE_TXN] = "txn",
	[ROLE_FLOW] = "flow",
	[ROLE_ENDPOINT] = "endpoint",
	[ROLE_SSO] = "sso",
	[ROLE_USER] = "user",
	[ROLE_ART] = "art",
	[ROLE_HOST] = "host",
	[ROLE_BOOT] = "boot",
	[ROLE_CLEARED] = "cleared",
	[ROLE_BLIND] = "blind",
	[ROLE_SEEING] = "seeing",
	[ROLE_UP] = "up",
	[ROLE_ORIGIN] = "origin",
};

const char *
kind_name(enum kind k)
{
	return kinds[(unsigned)k < KIND__MAX ? k : KIND_NONE];
}

enum kind
kind_of_name(struct str name)
{
	unsigned k;

	for (k = KIND_NONE + 1; k < KIND__MAX; k++)
		if (str_is(name, kinds[k]))
			return (enum kind)k;
	return KIND_NONE;
}

const char *
role_name(enum role r)
{
	return roles[(unsigned)r < ROLE__MAX ? r : ROLE_NONE];
}

const char *
outcome_name(enum outcome o)
{
	switch (o) {
	case OUTCOME_SUCCESS:
		return "success";
	case OUTCOME_FAILURE:
		return "failure";
	default:
		return "unknown";
	}
}

void
event_id(struct event *ev)
{
	static const uint8_t version = 1;
	uint8_t digest[SHA256_LEN];
	struct sha256_state s;
	bool native = ev->native_id.len > 0;
	struct str digest_of_raw = { (const char *)ev->raw_sha256, SHA256_LEN };

	sha256_begin(&s);
	sha256_add(&s, &version, 1);
	sha256_add_field(&s, ev->source);
	sha256_add(&s, native ? "n" : "r", 1);
	sha256_add_field(&s, native ? ev->native_id : digest_of_raw);
	sha256_end(&s, digest);
	memcpy(ev->id, digest, sizeof(ev->id));
}

void
event_id_of_tenant(struct str salt, const uint8_t content_id[16],
    uint8_t id[16])
{
	struct sha256_state s;
	uint8_t digest[SHA256_LEN];

	sha256_begin(&s);
	sha256_add_field(&s, salt);
	sha256_add(&s, content_id, 16);
	sha256_end(&s, digest);
	memcpy(id, digest, 16);
}

void
event_id_text(const uint8_t id[16], char out[EVENT_ID_TEXT])
{
	memcpy(out, "evt_", 4);
	base32_text(id, out + 4);
}

bool
event_id_parse(struct str text, uint8_t id[16])
{
	return str_starts(text, "evt_") &&
	    base32_parse(str_sub(text, 4, text.len), id);
}

struct entref *
event_ref(struct arena *a, struct event *ev, enum kind kind, enum role role,
    struct str key, struct str name)
{
	struct entref *r;

	if (key.len == 0 || ev->n_refs == EVENT_REFS_MAX)
		return NULL;
	if (ev->refs == NULL)
		ev->refs = arena_array(a, EVENT_REFS_MAX, sizeof(*ev->refs));
	r = &ev->refs[ev->n_refs++];
	*r = (struct entref){ .kind = kind, .role = role, .key = key,
		.name = name.len > 0 ? name : key };
	return r;
}

void
entref_proof(struct entref *r, struct str field, struct str value)
{
	if (r == NULL || r->proofs == PROOFS_MAX)
		return;
	r->proof[r->proofs++] = (struct proof){ field, value };
}

static bool
same_rule(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The same technique by two rules is two taggings: each is a reason. */
void
event_tag(struct event *ev, technique t, const char *rule, const char *title,
    int level)
{
	size_t i;

	for (i = 0; i < ev->n_tags; i++)
		if (ev->tags[i].technique == t &&
		    same_rule(ev->tags[i].rule, rule))
			return;
	if (ev->n_tags == EVENT_TECHNIQUES_MAX)
		return;
	ev->tags[ev->n_tags++] = (struct tagging){ t, rule, title, level };
}

technique
technique_parse(struct str text)
{
	uint64_t whole, sub = 0;

	if ((text.len != 5 && text.len != 9) ||
	    (text.p[0] != 'T' && text.p[0] != 't') ||
	    !str_u64(str_sub(text, 1, 4), &whole) || whole == 0)
		return 0;
	if (text.len == 9 && (text.p[5] != '.' ||
	    !str_u64(str_sub(text, 6, 3), &sub) || sub == 0))
		return 0;
	return (technique)(whole * 1000 + sub);
}

const char *
technique_text(technique t, char out[TECHNIQUE_TEXT])
{
	unsigned n = t < 0 || t > 9999999 ? 0 : (unsigned)t;

	if (n % 1000 == 0)
		snprintf(out, TECHNIQUE_TEXT, "T%04u", n / 1000);
	else
		snprintf(out, TECHNIQUE_TEXT, "T%04u.%03u", n / 1000, n % 1000);
	return out;
}
