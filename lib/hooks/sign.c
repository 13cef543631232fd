/* SPDX-License-Identifier: Apache-2.0 */
/* Ids, secrets, signatures: https://www.standardwebhooks.com */
#include "base/clock.h"
#include "base/hash.h"
#include "hooks/inner.h"

enum { SECRET_LEN = 32 };
#define SECRET_HEAD "whsec_"

static struct str
id_new(struct arena *a, const char *head)
{
	uint8_t random[ID_LEN];
	char text[ID_TEXT];

	random_bytes(random, sizeof(random));
	base32_text(random, text);
	return str_printf(a, "%s%s", head, text);
}

struct str
hook_id_new(struct arena *a)
{
	return id_new(a, "wh_");
}

struct str
delivery_id_new(struct arena *a)
{
	return id_new(a, "msg_");
}

struct str
hook_secret_new(struct arena *a)
{
	uint8_t random[SECRET_LEN];

	random_bytes(random, sizeof(random));
	return str_printf(a, SECRET_HEAD "%.*s",
	    STR_ARG(base64_text(a, random, sizeof(random))));
}

static enum rc
sign_with(struct arena *a, struct str secret, struct str text, struct str *out)
{
	uint8_t mac[SHA256_LEN];
	struct str key;

	if (!str_starts(secret, SECRET_HEAD) || !base64_parse(a,
	    str_sub(secret, sizeof(SECRET_HEAD) - 1, secret.len), &key))
		return RC_FAIL;
	hmac_sha256(key, text, mac);
	*out = str_printf(a, "%.*s%sv1,%.*s", STR_ARG(*out),
	    out->len > 0 ? " " : "", STR_ARG(base64_text(a, mac, sizeof(mac))));
	return RC_OK;
}

enum rc
hook_sign(struct arena *a, const struct hook *h, const struct signing *s,
    struct str *signature)
{
	struct str text = str_printf(a, "%.*s.%lld.%.*s", STR_ARG(s->id),
	    (long long)(s->at_ns / NS_PER_S), STR_ARG(s->body));
	struct str all = { 0 };
	enum rc rc = sign_with(a, h->secret, text, &all);

	if (rc == RC_OK && h->old_secret.len > 0 && h->old_until_ns > s->at_ns)
		rc = sign_with(a, h->old_secret, text, &all);
	if (rc == RC_OK)
		*signature = all;
	return rc;
}
