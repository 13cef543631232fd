/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STIX 2.1 objects, as far as two formats share them.
 *
 * Ids: everything that STIX calls an observable has the id that the standard
 * prescribes (UUID version 5 in its name space over the contributing
 * properties), so that other tools' observables fall together with ours. All
 * other objects have version 5 in a name space of our own, over their type and
 * what they stand for. Times are the chain's, so nothing changes by being
 * exported again.
 *
 * https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html
 */
#include "export/inner.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"

static const uint8_t our_space[UUID_LEN] = { 0x6d, 0x1f, 0x0b, 0x83, 0x5c, 0x2e,
	0x4d, 0x7a, 0x9b, 0x16, 0x2f, 0xe4, 0x91, 0x3c, 0x08, 0xd5 };

/* 2026-01-01: of what stands for no chain and never changes. */
static const int64_t fixed_ns = 1767225600 * NS_PER_S;

void
stix_id(char out[STIX_ID], const char *type, struct str name)
{
	char uuid[UUID_TEXT];
	struct buf b;

	buf_init(&b, name.len + 64);
	buf_printf(&b, "%s:", type);
	buf_put_str(&b, name);
	uuid_named(our_space, buf_str(&b), uuid);
	buf_release(&b);
	snprintf(out, STIX_ID, "%s--%s", type, uuid);
}

/* Milliseconds: STIX wants created and modified no finer. */
static void
put_stamp(struct jw *w, const char *key, int64_t ns)
{
	jw_key(w, key);
	jw_time(w, ns - ns % NS_PER_MS);
}

static void
begin(struct jw *w, const char *type, const char *id, int64_t born_ns,
    int64_t at_ns)
{
	jw_object(w);
	jw_key_c(w, "type", type);
	jw_key_c(w, "spec_version", "2.1");
	jw_key_c(w, "id", id);
	put_stamp(w, "created", born_ns);
	put_stamp(w, "modified", at_ns < born_ns ? born_ns : at_ns);
}

void
stix_begin(struct jw *w, const struct subject *s, const char *type,
    const char *id)
{
	begin(w, type, id, s->born_ns, s->at_ns);
}

void
stix_begin_fixed(struct jw *w, const char *type, const char *id)
{
	begin(w, type, id, fixed_ns, fixed_ns);
}

void
stix_bundle(struct jw *w, const struct subject *s, const char *what)
{
	char id[STIX_ID];

	stix_id(id, "bundle", str_printf(s->a, "%s %.*s %lld", what,
	    STR_ARG(s->id), (long long)s->version));
	jw_object(w);
	jw_key_c(w, "type", "bundle");
	jw_key_c(w, "id", id);
	jw_key(w, "objects");
	jw_array(w);
}

void
stix_bundle_end(struct jw *w)
{
	jw_array_end(w);
	jw_object_end(w);
}

/* ---- who says so, and in which words of its own ---------------------------- */

const char *
stix_maker_id(void)
{
	return "identity--8a6c3d0e-2b51-5f79-9c44-1e0d7b6a5f23";
}

const char *
stix_extension_id(void)
{
	return "extension-definition--3f9d27c1-6e08-5b4a-8d35-a4c2f017be96";
}

void
stix_maker(struct jw *w)
{
	stix_begin_fixed(w, "identity", stix_maker_id());
	jw_key_c(w, "name", "TRA-CE");
	jw_key_c(w, "description", "Causal chains from security events, each "
	    "link with a grade and the fields that prove it.");
	jw_key_c(w, "identity_class", "system");
	jw_object_end(w);
	stix_begin_fixed(w, "extension-definition", stix_extension_id());
	jw_key_c(w, "created_by_ref", stix_maker_id());
	jw_key_c(w, "name", "TRA-CE causal chain");
	jw_key_c(w, "description", "Grades and evidence of causal links.");
	jw_key_c(w, "schema", "On a grouping: chain_id, version, grade, score. "
	    "On an event (observed-data, attack-action): event_id, source, "
	    "event_type, actor, action, target, host, role, count, "
	    "raw_sha256, entities. On a link (relationship, and causes of an "
	    "attack-action): rule, heuristic, grade (PROVABLE: the source "
	    "itself recorded both ends under one strong identifier; MIXED: "
	    "and an assumption; INFERRED: alike), confidence from 0 to 1, "
	    "evidence: for each end event_id, field (JSON Pointer into the "
	    "raw record), value, raw_sha256 of the record.");
	jw_key_c(w, "version", "1.0.0");
	jw_key(w, "extension_types");
	jw_array(w);
	jw_c(w, "property-extension");
	jw_array_end(w);
	jw_object_end(w);
}

/* ---- techniques -------------------------------------------------------------- */

void
stix_technique_id(char out[STIX_ID], technique t)
{
	char text[TECHNIQUE_TEXT], name[48];

	snprintf(name, sizeof(name), "%s %s", technique_text(t, text),
	    attack_version());
	stix_id(out, "attack-pattern", str_of(name));
}

static void
put_phases(struct jw *w, technique t)
{
	uint32_t bits = attack_tactics(t);
	int i;

	if (bits == 0)
		return;
	jw_key(w, "kill_chain_phases");
	jw_array(w);
	for (i = 0; i < TACTIC__MAX; i++) {
		if (!(bits & 1U << i))
			continue;
		jw_object(w);
		jw_key_c(w, "kill_chain_name", "mitre-attack");
		jw_key_c(w, "phase_name", tactic_name((enum tactic)i));
		jw_object_end(w);
	}
	jw_array_end(w);
}

void
stix_technique(struct jw *w, technique t)
{
	char id[STIX_ID], text[TECHNIQUE_TEXT], url[64];
	const char *name = attack_technique_name(t);

	stix_technique_id(id, t);
	technique_text(t, text);
	if (t % 1000 != 0)
		snprintf(url, sizeof(url), "https://attack.mitre.org/"
		    "techniques/%.5s/%s", text, text + 6);
	else
		snprintf(url, sizeof(url), "https://attack.mitre.org/"
		    "techniques/%s", text);
	stix_begin_fixed(w, "attack-pattern", id);
	jw_key_c(w, "name", name != NULL ? name : text);
	put_phases(w, t);
	jw_key(w, "external_references");
	jw_array(w);
	jw_object(w);
	jw_key_c(w, "source_name", "mitre-attack");
	jw_key_c(w, "external_id", text);
	jw_key_c(w, "url", url);
	jw_object_end(w);
	jw_array_end(w);
	jw_object_end(w);
}

/* ---- what our extension carries ------------------------------------------------ */

void
stix_text(struct jw *w, const char *name, struct str text)
{
	if (text.len > 0)
		jw_key_s(w, name, text);
}

static void
put_members(struct jw *w, const struct json *v, const char *const *names)
{
	jw_object(w);
	for (; *names != NULL; names++)
		stix_text(w, *names, json_str(json_get(v, *names)));
	jw_object_end(w);
}

void
stix_evidence(struct jw *w, const struct json *evidence)
{
	static const char *const names[] = { "event_id", "field", "value",
		"raw_sha256", NULL };
	size_t i;

	if (json_len(evidence) == 0)
		return;
	jw_key(w, "evidence");
	jw_array(w);
	for (i = 0; i < json_len(evidence); i++)
		put_members(w, json_item(evidence, i), names);
	jw_array_end(w);
}

void
stix_entities(struct jw *w, const struct json *entities)
{
	static const char *const names[] = { "kind", "key", "name", "role",
		NULL };
	size_t i;

	if (json_len(entities) == 0)
		return;
	jw_key(w, "entities");
	jw_array(w);
	for (i = 0; i < json_len(entities); i++)
		put_members(w, json_item(entities, i), names);
	jw_array_end(w);
}
