/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "control.h"

enum { TRIES_FREE = 3, WAIT_MOST_S = 900, SEEN_EVERY_S = 60,
	AUDIT_FAILURES = TRIES_FREE };

bool
administrator_name_ok(struct str s)
{
	if (s.len == 0 || s.len > NAME_MOST || !utf8_ok(s) ||
	    str_trim(s).len != s.len)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

const char *
password_fault(struct str name, struct str password)
{
	if (password.len < PASSWORD_LEAST)
		return "must have at least 12 bytes";
	if (password.len > PASSWORD_MOST)
		return "must have at most 1024 bytes";
	if (str_eq_fold(name, password))
		return "must not be the name";
	return NULL;
}

static void
token_make(char token[SESSION_TEXT], uint8_t hash[SHA256_LEN])
{
	random_base62(token, SESSION_TEXT - 1);
	token[SESSION_TEXT - 1] = '\0';
	sha256(token, SESSION_TEXT - 1, hash);
}

/* ---- sessions ------------------------------------------------------------ */

void
session_hash(struct str token, uint8_t hash[SHA256_LEN])
{
	sha256(token.p, token.len, hash);
}

static enum rc
good(struct store *st, struct arena *a, const uint8_t hash[SHA256_LEN],
    struct session_span span, int64_t now_ns, struct session_row *row)
{
	enum rc rc = control_session_get(st, a, hash, row);

	if (rc != RC_OK)
		return rc == RC_ABSENT ? RC_UNAUTHORISED : rc;
	return now_ns - row->seen_ns > span.idle_s * NS_PER_S ||
	    now_ns - row->created_ns > span.most_s * NS_PER_S ?
	    RC_UNAUTHORISED : RC_OK;
}

enum rc
session_good(struct store *st, struct arena *a, const uint8_t hash[SHA256_LEN],
    struct session_span span, int64_t now_ns)
{
	struct session_row row;

	return good(st, a, hash, span, now_ns, &row);
}

enum rc
session_check(struct store *st, struct arena *a, struct str token,
    struct session_span span, int64_t now_ns, struct session *s)
{
	uint8_t hash[SHA256_LEN];
	struct session_row row;
	int64_t every_s = span.idle_s / 4 < SEEN_EVERY_S ? span.idle_s / 4
							  : SEEN_EVERY_S;
	enum rc rc;

	if (token.len != SESSION_TEXT - 1)
		return RC_UNAUTHORISED;
	session_hash(token, hash);
	rc = good(st, a, hash, span, now_ns, &row);
	if (rc != RC_OK)
		return rc;
	if (now_ns - row.seen_ns > every_s * NS_PER_S)
		rc = control_session_seen(st, hash, now_ns);
	if (rc != RC_OK)
		return rc;
	*s = (struct session){ row.administrator, row.tenant, row.name,
		row.tenant_name, row.created_ns, now_ns };
	return RC_OK;
}

enum rc
session_end(struct store *st, struct str token)
{
	uint8_t hash[SHA256_LEN];

	sha256(token.p, token.len, hash);
	return control_session_end(st, hash);
}

/* ---- guesses --------------------------------------------------------------- */

/* Address and name as one word of bounded length, whatever the name is. */
static struct str
pair_of(struct arena *a, const struct addr *from, struct str name)
{
	char client[ADDR_NAME] = "unknown", hex[SHA256_HEX];
	uint8_t hash[SHA256_LEN];

	if (from != NULL)
		addr_client_name(from, client);
	name = str_lower(a, name);
	sha256(name.p, name.len, hash);
	hex_text(hash, sizeof(hash), hex);
	return str_printf(a, "%s %s", client, hex);
}

static int64_t
wait_after(int64_t failures)
{
	int64_t n = failures - TRIES_FREE;

	if (n < 0)
		return 0;
	return n >= 10 ? WAIT_MOST_S : (int64_t)1 << n;
}

/* Told in the log of the server when waiting begins and each time it has
 * doubled a few times; not each guess, which a stranger could fill disks with. */
static bool
is_told(int64_t failures)
{
	return failures >= AUDIT_FAILURES && failures % AUDIT_FAILURES == 0;
}

static enum rc
failed(struct store *st, struct arena *a, struct str pair, struct sign_in *s,
    struct str name, int64_t tenant, int64_t now_ns)
{
	enum rc rc;

	s->failures++;
	s->at_ns = now_ns;
	rc = control_sign_in_put(st, pair, s);
	if (rc == RC_OK && is_told(s->failures))
		rc = store_audit(st, now_ns, STR("nobody"), tenant,
		    STR("session.failed"), str_printf(a,
		    "%lld failures from %.*s at %.*s", (long long)s->failures,
		    (int)str_find(pair, STR(" "), 0), pair.p,
		    STR_ARG(str_sub(name, 0, NAME_MOST))));
	return rc == RC_OK ? RC_UNAUTHORISED : rc;
}

/* With the lock held. An unknown name is hashed all the same, so that the time
 * does not tell it. */
static enum rc
guess(struct store *st, struct arena *a, struct str pair, struct str name,
    struct str password, int64_t now_ns, struct administrator *who,
    int64_t *wait_s)
{
	char scratch[PASSWORD_TEXT];
	struct sign_in s;
	enum rc rc = control_sign_in_get(st, pair, &s);
	int64_t left_ns;
	bool good = false;

	if (rc != RC_OK)
		return rc;
	left_ns = s.at_ns + wait_after(s.failures) * NS_PER_S - now_ns;
	*wait_s = (left_ns + NS_PER_S - 1) / NS_PER_S;
	if (left_ns > 0 && s.failures >= TRIES_FREE)
		return RC_TOO_MANY;
	rc = control_administrator_named(st, a, name, who);
	if (rc != RC_OK && rc != RC_ABSENT)
		return rc;
	if (rc == RC_OK)
		good = password_verify(password, who->password);
	else if (!password_hash(password, scratch))
		return RC_BUSY;
	if (!good)
		return failed(st, a, pair, &s, name,
		    rc == RC_OK ? who->tenant : 0, now_ns);
	s.failures = 0;
	return control_sign_in_put(st, pair, &s);
}

static enum rc
guess_locked(struct store *st, struct arena *a, const struct addr *from,
    struct str name, struct str password, int64_t now_ns,
    struct administrator *who, int64_t *wait_s)
{
	enum rc rc;
	int lock;

	*wait_s = 0;
	if (password.len > PASSWORD_MOST || name.len > NAME_MOST)
		return RC_UNAUTHORISED;
	rc = control_sign_in_lock(st, &lock);
	if (rc != RC_OK)
		return rc;
	rc = guess(st, a, pair_of(a, from, name), name, password, now_ns, who,
	    wait_s);
	control_sign_in_unlock(lock);
	return rc;
}

enum rc
session_sign_in(struct store *st, struct arena *a, struct str name,
    struct str password, const struct addr *from, int64_t now_ns,
    char token[SESSION_TEXT], struct session *s, int64_t *wait_s)
{
	uint8_t hash[SHA256_LEN];
	struct administrator who;
	enum rc rc = guess_locked(st, a, from, name, password, now_ns, &who,
	    wait_s);

	if (rc != RC_OK)
		return rc;
	token_make(token, hash);
	rc = control_session_add(st, hash, who.id, now_ns);
	if (rc == RC_OK)
		*s = (struct session){ who.id, who.tenant, who.name,
			who.tenant_name, now_ns, now_ns };
	return rc;
}

enum rc
session_confirm(struct store *st, struct arena *a, const struct session *s,
    struct str password, const struct addr *from, int64_t now_ns,
    int64_t *wait_s)
{
	struct administrator who;

	return guess_locked(st, a, from, s->name, password, now_ns, &who,
	    wait_s);
}

/* ---- invitations ------------------------------------------------------------ */

enum rc
invitation_make(struct store *st, struct str name, int64_t tenant,
    int64_t now_ns, char token[SESSION_TEXT])
{
	uint8_t hash[SHA256_LEN];

	token_make(token, hash);
	return control_invite(st, hash, &(struct invitation){ .name = name,
	    .tenant = tenant, .expires_ns = now_ns + INVITATION_S * NS_PER_S });
}

/* In control.db's transaction: what is taken comes back if this fails. */
static enum rc
redeem(struct store *st, struct arena *a, const uint8_t hash[SHA256_LEN],
    struct str name, struct str stored, int64_t now_ns)
{
	struct administrator who;
	struct invitation i;
	enum rc rc = control_invitation_take(st, a, hash, now_ns, &i);

	if (rc != RC_OK)
		return rc;
	if (i.name.len == 0)
		rc = control_administrator_add(st, name, i.tenant, stored,
		    now_ns);
	else
		rc = control_administrator_named(st, a, name, &who);
	if (rc == RC_OK && i.name.len > 0)
		rc = control_administrator_password(st, who.id, stored);
	if (rc != RC_OK)
		return rc;
	return store_audit(st, now_ns, str_printf(a, "admin:%.*s",
	    STR_ARG(name)), i.tenant, i.name.len == 0
	    ? STR("administrator.add") : STR("administrator.password"), name);
}

static enum rc
stored_make(struct store *st, struct str password, char text[PASSWORD_TEXT])
{
	bool ok;
	int lock;
	enum rc rc = control_sign_in_lock(st, &lock);

	if (rc != RC_OK)
		return rc;
	ok = password_hash(password, text);
	control_sign_in_unlock(lock);
	return ok ? RC_OK : RC_BUSY;
}

enum rc
invitation_redeem(struct store *st, struct arena *a, struct str token,
    struct str name, struct str password, int64_t now_ns)
{
	char text[PASSWORD_TEXT];
	uint8_t hash[SHA256_LEN];
	struct invitation i;
	enum rc rc;

	if (token.len != SESSION_TEXT - 1)
		return RC_ABSENT;
	sha256(token.p, token.len, hash);
	/* Looked up first: a stranger's token costs no password hash. */
	rc = control_invitation_get(st, a, hash, now_ns, &i);
	if (rc == RC_OK && i.name.len > 0 && !str_eq_fold(i.name, name))
		rc = RC_ABSENT;
	if (rc == RC_OK)
		rc = stored_make(st, password, text);
	if (rc == RC_OK)
		rc = control_begin(st);
	if (rc != RC_OK)
		return rc;
	rc = redeem(st, a, hash, name, str_of(text), now_ns);
	if (rc == RC_OK)
		return control_commit(st);
	control_rollback(st);
	return rc;
}

enum rc
session_password(struct store *st, struct arena *a, const struct session *s,
    struct str password, int64_t now_ns)
{
	char text[PASSWORD_TEXT];
	enum rc rc = stored_make(st, password, text);

	if (rc == RC_OK)
		rc = control_begin(st);
	if (rc != RC_OK)
		return rc;
	rc = control_administrator_password(st, s->administrator,
	    str_of(text));
	if (rc == RC_OK)
		rc = store_audit(st, now_ns, str_printf(a, "admin:%.*s",
		    STR_ARG(s->name)), s->tenant,
		    STR("administrator.password"), s->name);
	if (rc == RC_OK)
		return control_commit(st);
	control_rollback(st);
	return rc;
}
