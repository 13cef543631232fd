/* SPDX-License-Identifier: Apache-2.0 */
#include "norm/norm_source.h"

#include "base/hash.h"

/* The order is the order of "auto": the most particular first. */
const struct normaliser *const norm_list[] = {
	&norm_windows,
	&norm_okta,
	&norm_cloudtrail,
	&norm_zeek,
	&norm_suricata,
	&norm_ocsf,
	&norm_ecs,
	&norm_generic,
	NULL
};

static const char *const names[] = {
	"windows", "okta", "cloudtrail", "zeek", "suricata", "ocsf", "ecs", "generic",
	NULL
};

static bool
goes_by(const struct normaliser *n, struct str name)
{
	if (str_is_fold(name, n->name))
		return true;
	for (size_t i = 0; n->aliases && n->aliases[i]; i++)
		if (str_is_fold(name, n->aliases[i]))
			return true;
	return false;
}

const struct normaliser *
norm_find(struct str name)
{
	for (size_t i = 0; norm_list[i]; i++)
		if (goes_by(norm_list[i], name))
			return norm_list[i];
	return NULL;
}

bool
norm_known(struct str source)
{
	return str_is_fold(source, "auto") || norm_find(source);
}

struct str
norm_canonical(struct str source)
{
	const struct normaliser *n = norm_find(source);

	return n ? str_of(n->name) : source;
}

const char *const *
norm_names(void)
{
	return names;
}

/* Bumped when own.c or norm.c read the same bytes differently. */
enum { OWN_FORM_VERSION = 1 };

void
norm_fingerprint(uint8_t out[32])
{
	struct sha256_state s;
	uint32_t version = OWN_FORM_VERSION;

	sha256_begin(&s);
	sha256_add_field(&s, (struct str){ (char *)&version, sizeof(version) });
	for (size_t i = 0; norm_list[i]; i++) {
		version = norm_list[i]->version;
		sha256_add_field(&s, str_of(norm_list[i]->name));
		sha256_add_field(&s,
		    (struct str){ (char *)&version, sizeof(version) });
	}
	sha256_end(&s, out);
}
