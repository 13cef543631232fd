/* SPDX-License-Identifier: Apache-2.0 */
#include "key.h"

#include <string.h>

/* Where the parts of "tra_IIIIIIII_<32><6>" begin. */
enum { AT_ID = 4, ID_DIGITS = 8, AT_SECRET = 13, SECRET_DIGITS = 32,
	AT_SUM = AT_SECRET + SECRET_DIGITS, SUM_DIGITS = 6 };

_Static_assert(AT_SUM + SUM_DIGITS + 1 == KEY_TEXT, "parts make the key");

static bool
is_base62(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= 'a' && c <= 'z'))
			return false;
	}
	return true;
}

void
key_make(char out[KEY_TEXT], char key_id[KEY_ID_TEXT])
{
	memcpy(out, "tra_", AT_ID);
	random_base62(out + AT_ID, ID_DIGITS);
	out[AT_SECRET - 1] = '_';
	random_base62(out + AT_SECRET, SECRET_DIGITS);
	base62_text(crc32_of(out, AT_SUM), SUM_DIGITS, out + AT_SUM);
	out[KEY_TEXT - 1] = '\0';
	memcpy(key_id, out + AT_ID, ID_DIGITS);
	key_id[ID_DIGITS] = '\0';
}

bool
key_check(struct str text, struct str *key_id)
{
	char sum[SUM_DIGITS];

	if (text.len != KEY_TEXT - 1 || !str_starts(text, "tra_") ||
	    text.p[AT_SECRET - 1] != '_' ||
	    !is_base62(str_sub(text, AT_ID, ID_DIGITS)) ||
	    !is_base62(str_sub(text, AT_SECRET, SECRET_DIGITS + SUM_DIGITS)))
		return false;
	base62_text(crc32_of(text.p, AT_SUM), SUM_DIGITS, sum);
	if (memcmp(sum, text.p + AT_SUM, SUM_DIGITS) != 0)
		return false;
	*key_id = str_sub(text, AT_ID, ID_DIGITS);
	return true;
}

bool
key_id_ok(struct str key_id)
{
	return key_id.len == ID_DIGITS && is_base62(key_id);
}

void
key_hash(struct str text, uint8_t out[SHA256_LEN])
{
	sha256(text.p, text.len, out);
}
