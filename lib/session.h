/* SPDX-License-Identifier: Apache-2.0 */
/*
 * People: sign-in by password, sessions by cookie, invitations by one-time
 * token.
 *
 * A session is 43 random base62 characters, of which the store has only the
 * SHA-256. It ends when it was not used for the idle time, at the latest after
 * the absolute time, with sign-out, with a new password and with the account.
 *
 * Guessing: after three failures of one client address at one name the next
 * try must wait 1 s, then 2, 4 ... up to 15 min; a try that comes too early is
 * not looked at and changes nothing. The account itself is never locked: its
 * owner signs in from any other address at once, whatever others do. Unknown
 * names cost and answer the same. At most one password is hashed at a time
 * over all processes, so sign-ins take 64 MiB in all.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "base/arena.h"
#include "rc.h"
#include "store.h"

enum { SESSION_TEXT = 44, NAME_MOST = 64, PASSWORD_LEAST = 12,
	PASSWORD_MOST = 1024 };
#define INVITATION_S (24 * 3600LL)

struct session {
	int64_t administrator, tenant;	/* tenant 0: an operator, of all */
	struct str name, tenant_name;
	int64_t created_ns, seen_ns;
};
struct session_span { int64_t idle_s, most_s; };

/* 1 to 64 bytes of UTF-8 without control characters or blanks at the ends. */
MUST_CHECK bool administrator_name_ok(struct str name);
/* Why it will not do, or NULL. */
const char *password_fault(struct str name, struct str password);

/* Whose cookie this is; counts as use. RC_UNAUTHORISED: nobody's (any more). */
MUST_CHECK enum rc session_check(struct store *st, struct arena *a,
    struct str token, struct session_span span, int64_t now_ns,
    struct session *s);
/* The name under which the store knows a session. */
void session_hash(struct str token, uint8_t hash[32]);
/* Is it still good? Asking is no use of it. RC_UNAUTHORISED: no. */
MUST_CHECK enum rc session_good(struct store *st, struct arena *a,
    const uint8_t hash[32], struct session_span span, int64_t now_ns);
/* RC_UNAUTHORISED: name or password is wrong, which of them is not told.
 * RC_TOO_MANY: *wait_s is to be waited. */
MUST_CHECK enum rc session_sign_in(struct store *st, struct arena *a,
    struct str name, struct str password, const struct addr *from,
    int64_t now_ns, char token[SESSION_TEXT], struct session *s,
    int64_t *wait_s);
/* Does this administrator's session know the password? As session_sign_in. */
MUST_CHECK enum rc session_confirm(struct store *st, struct arena *a,
    const struct session *s, struct str password, const struct addr *from,
    int64_t now_ns, int64_t *wait_s);
MUST_CHECK enum rc session_end(struct store *st, struct str token);
/* A new password; ends all sessions of that administrator. */
MUST_CHECK enum rc session_password(struct store *st, struct arena *a,
    const struct session *s, struct str password, int64_t now_ns);

/* A one-time token for an administrator to be (tenant 0: operator), or, with a
 * name, for that one's new password. Good for INVITATION_S. */
MUST_CHECK enum rc invitation_make(struct store *st, struct str name,
    int64_t tenant, int64_t now_ns, char token[SESSION_TEXT]);
/* The account it stands for, with this password. RC_ABSENT: no such token, or
 * used, or too old, or for another name; RC_EXISTS: the name is taken. The token
 * is used up only by RC_OK. */
MUST_CHECK enum rc invitation_redeem(struct store *st, struct arena *a,
    struct str token, struct str name, struct str password, int64_t now_ns);

#endif
