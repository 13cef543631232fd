/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entities as STIX 2.1 observables: file, directory, process, user-account,
 * addresses, domain-name, url, windows-registry-key. What STIX has no word for
 * (sessions, tokens, hosts, pipes ...) stays in our extension of the event.
 */
#include "export/inner.h"

#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "base/hash.h"

/* The standard's own name space for observables. */
static const uint8_t sco_space[UUID_LEN] = { 0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42,
	0x46, 0x6c, 0x9c, 0x23, 0xfe, 0xd2, 0x30, 0x77, 0xe7, 0xaa };

/* Over the canonical JSON (RFC 8785) of the contributing properties, which the
 * caller writes in the order of their names. */
static void
sco_id(char out[STIX_ID], const char *type, const struct buf *properties)
{
	char uuid[UUID_TEXT];

	uuid_named(sco_space, buf_str(properties), uuid);
	snprintf(out, STIX_ID, "%s--%s", type, uuid);
}

/* By the first 16 digits of the UUID; should two ever have those in common,
 * one of them would lack its object and nothing else. */
static bool
seen_before(struct stix_seen *seen, const char *id)
{
	const char *uuid = strstr(id, "--") + 2;
	char digits[17];
	uint64_t key = 0;
	bool added;

	snprintf(digits, sizeof(digits), "%.8s%.4s%.4s", uuid, uuid + 9,
	    uuid + 14);
	if (!str_hex_u64(str_of(digits), &key))
		return false;
	(void)table_add(&seen->ids, key, 1, &added);
	return !added;
}

static void
sco_begin(struct jw *w, const char *type, const char *id)
{
	jw_object(w);
	jw_key_c(w, "type", type);
	jw_key_c(w, "spec_version", "2.1");
	jw_key_c(w, "id", id);
}

struct property { const char *name; struct str value; };

/* An observable of plain texts, all of which make its id. */
static void
put_plain(struct jw *w, struct stix_seen *seen,
    const char *type, const struct property *p, size_t n, char id[STIX_ID])
{
	struct buf b;
	struct jw k;
	size_t i;

	buf_init(&b, 8 << 20);
	jw_init(&k, &b);
	jw_object(&k);
	for (i = 0; i < n; i++)
		jw_key_s(&k, p[i].name, p[i].value);
	jw_object_end(&k);
	sco_id(id, type, &b);
	buf_release(&b);
	if (seen_before(seen, id))
		return;
	sco_begin(w, type, id);
	for (i = 0; i < n; i++)
		jw_key_s(w, p[i].name, p[i].value);
	jw_object_end(w);
}

/* ---- kinds ------------------------------------------------------------------ */

typedef bool observable(struct jw *w, struct stix_seen *seen, struct str name,
    char id[STIX_ID]);

static bool
put_address(struct jw *w, struct stix_seen *seen, struct str name,
    char id[STIX_ID])
{
	struct addr a;

	if (!addr_parse(name, &a))
		return false;
	put_plain(w, seen, str_find(name, STR(":"), 0) == (size_t)-1 ?
	    "ipv4-addr" : "ipv6-addr", &(struct property){ "value", name }, 1,
	    id);
	return true;
}

static bool
put_domain(struct jw *w, struct stix_seen *seen, struct str name,
    char id[STIX_ID])
{
	put_plain(w, seen, "domain-name",
	    &(struct property){ "value", name }, 1, id);
	return true;
}

static bool
put_url(struct jw *w, struct stix_seen *seen, struct str name,
    char id[STIX_ID])
{
	size_t i;

	for (i = 0; i < name.len; i++)		/* a URI has only these */
		if (name.p[i] <= ' ' || name.p[i] > '~' ||
		    strchr("\"<>\\^`{|}", name.p[i]) != NULL)
			return false;
	if (str_find(name, STR("://"), 0) == (size_t)-1)
		return false;
	put_plain(w, seen, "url", &(struct property){ "value", name }, 1,
	    id);
	return true;
}

static bool
put_user(struct jw *w, struct stix_seen *seen, struct str name,
    char id[STIX_ID])
{
	put_plain(w, seen, "user-account",
	    &(struct property){ "account_login", name }, 1, id);
	return true;
}

/* STIX wants hives by their full names and, in the schema of its authors, no
 * short name anywhere else. Without a hive it is no key. */
static bool
put_registry(struct jw *w, struct stix_seen *seen, struct str name,
    char id[STIX_ID])
{
	static const struct { const char *brief, *full; } hive[] = {
		{ "HKLM", "HKEY_LOCAL_MACHINE" }, { "HKU", "HKEY_USERS" },
		{ "HKCU", "HKEY_CURRENT_USER" },
		{ "HKCR", "HKEY_CLASSES_ROOT" },
		{ "HKCC", "HKEY_CURRENT_CONFIG" },
	};
	struct str rest = name, first;
	size_t i;

	if (!str_cut(&rest, '\\', &first))
		return false;
	for (i = 0; i < COUNT(hive); i++) {
		if (str_is_fold(first, hive[i].brief))
			name = str_printf(seen->a, "%s\\%.*s", hive[i].full,
			    STR_ARG(rest));
		if (str_find_fold(rest, str_of(hive[i].brief), 0) !=
		    (size_t)-1)
			return false;
	}
	if (!str_starts(name, "HKEY_"))
		return false;
	put_plain(w, seen, "windows-registry-key",
	    &(struct property){ "key", name }, 1, id);
	return true;
}

/* Folder and name apart, as STIX keeps them. */
static bool
put_file(struct jw *w, struct stix_seen *seen, struct str path,
    char id[STIX_ID])
{
	struct property p[2] = { { "name", path } };
	char folder[STIX_ID];
	size_t i = path.len, n = 1;

	while (i > 0 && path.p[i - 1] != '\\' && path.p[i - 1] != '/')
		i--;
	if (i > 1 && i < path.len) {
		put_plain(w, seen, "directory", &(struct property){ "path",
		    str_sub(path, 0, i - 1) }, 1, folder);
		p[0].value = str_sub(path, i, path.len);
		p[1] = (struct property){ "parent_directory_ref",
			str_of(folder) };
		n = 2;
	}
	put_plain(w, seen, "file", p, n, id);
	return path.len > 0;
}

/* "C:\x.exe (4711)": a process is known by its image and number. Alone among
 * observables its id must have the form of version 4. */
static bool
put_process(struct jw *w, struct stix_seen *seen, const struct json *entity,
    char id[STIX_ID])
{
	struct str name = json_str(json_get(entity, "name")), pid = { 0 };
	char image[STIX_ID];
	uint64_t number = 0;
	size_t i = name.len;

	while (i > 0 && name.p[i - 1] != '(')
		i--;
	if (i > 2 && name.len > i && name.p[name.len - 1] == ')' &&
	    name.p[i - 2] == ' ')
		pid = str_sub(name, i, name.len - i - 1);
	if (pid.len > 0 && str_u64(pid, &number) && number <= UINT32_MAX)
		name = str_sub(name, 0, i - 2);
	else
		pid.len = 0;
	stix_id(id, "process", json_str(json_get(entity, "key")));
	id[sizeof("process--xxxxxxxx-xxxx-") - 1] = '4';
	if (name.len == 0 || seen_before(seen, id))
		return name.len > 0;
	if (!put_file(w, seen, name, image))
		return false;
	sco_begin(w, "process", id);
	if (pid.len > 0)
		jw_key_i(w, "pid", (int64_t)number);
	jw_key_c(w, "image_ref", image);
	jw_object_end(w);
	return true;
}

bool
stix_observable(struct jw *w, struct stix_seen *seen,
    const struct json *entity, char id[STIX_ID])
{
	static const struct { const char *kind; observable *put; } row[] = {
		{ "ip", put_address }, { "domain", put_domain },
		{ "url", put_url }, { "user", put_user },
		{ "file", put_file }, { "registry", put_registry },
	};
	struct str kind = json_str(json_get(entity, "kind"));
	struct str name = json_str(json_get(entity, "name"));
	size_t i;

	if (str_is(kind, "process"))
		return put_process(w, seen, entity, id);
	for (i = 0; i < COUNT(row) && name.len > 0; i++)
		if (str_is(kind, row[i].kind))
			return row[i].put(w, seen, name, id);
	return false;
}

void
stix_record(struct jw *w, const struct point *p, char id[STIX_ID])
{
	struct buf b;
	struct jw k;

	buf_init(&b, 4096);
	jw_init(&k, &b);
	jw_object(&k);
	jw_key(&k, "hashes");
	jw_object(&k);
	jw_key_s(&k, "SHA-256", p->sha256);
	jw_object_end(&k);
	jw_key_s(&k, "name", p->id);
	jw_object_end(&k);
	sco_id(id, "file", &b);
	buf_release(&b);
	sco_begin(w, "file", id);
	jw_key(w, "hashes");
	jw_object(w);
	jw_key_s(w, "SHA-256", p->sha256);
	jw_object_end(w);
	jw_key_s(w, "name", p->id);
	jw_object_end(w);
}
