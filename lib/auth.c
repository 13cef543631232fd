/* SPDX-License-Identifier: Apache-2.0 */
#include "auth.h"

#include "base/hash.h"
#include "key.h"

static bool
key_valid_at(const struct key_row *k, int64_t now_ns)
{
	if (k->revoked_ns != 0 && k->revoked_ns <= now_ns)
		return false;
	return k->expires_ns == 0 || now_ns < k->expires_ns;
}

enum rc
auth_key(struct store *st, struct arena *mem, struct str key,
    const struct addr *from, int64_t now_ns, struct key_row *k)
{
	uint8_t hash[SHA256_LEN];
	struct key_row row = { 0 };
	struct str key_id;
	enum rc rc;

	/* A checksum keeps guesses and typing errors away from the store. */
	if (!key_check(key, &key_id))
		return RC_UNAUTHORISED;
	rc = store_key_get(st, mem, key_id, &row);
	if (rc == RC_ABSENT)
		return RC_UNAUTHORISED;
	if (rc != RC_OK)
		return rc;
	key_hash(key, hash);
	if (!hash_equal(hash, row.hash, sizeof(hash))
	    || !key_valid_at(&row, now_ns))
		return RC_UNAUTHORISED;
	if (row.addresses.len > 0
	    && (from == NULL || !addr_in_list(from, row.addresses)))
		return RC_DENIED;
	*k = row;
	return RC_OK;
}
