/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks: an API key's text -> its row. The store is read on every call, so
 * a revoked key is refused by the next request, in every process.
 */
#ifndef AUTH_H
#define AUTH_H

#include "addr.h"
#include "base/arena.h"
#include "rc.h"
#include "store.h"

/*
 * RC_OK: *k is a key that may be used now, from this address (NULL: unknown,
 * which is inside no list). RC_UNAUTHORISED: no such key, wrong secret,
 * expired, revoked; which of them is not told, and how much of the secret was
 * right shows in no timing. RC_DENIED: a good key, but not from here. RC_BUSY,
 * RC_FAIL: the store.
 */
MUST_CHECK enum rc auth_key(struct store *st, struct arena *mem,
    struct str key, const struct addr *from, int64_t now_ns,
    struct key_row *k);

#endif
