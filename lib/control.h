/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the administration keeps, in control.db: administrators, invitations,
 * sessions, answers for retries, the audit log as read; and in limits.db, which
 * may be lost: failed sign-ins and use by the hour. Tenants and keys themselves
 * are the store's.
 *
 * Secrets come here as digests only. Between control_begin and control_commit
 * all verbs on control.db, the store's own included, are one transaction.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rc.h"
#include "store.h"

MUST_CHECK enum rc control_begin(struct store *st);
MUST_CHECK enum rc control_commit(struct store *st);	/* on disk on RC_OK */
void control_rollback(struct store *st);		/* harmless without begin */

/* ---- tenants ----------------------------------------------------------- */

MUST_CHECK enum rc control_tenant_set(struct store *st, int64_t tenant,
    struct str plan, int64_t rate, int64_t retention_days);
/* Bytes of the tenant's files on disk; 0 if it has none yet. */
int64_t control_tenant_bytes(struct store *st, const struct tenant *t);

/* ---- administrators ---------------------------------------------------- */

struct administrator {
	int64_t id;
	struct str name;
	int64_t tenant;			/* 0: an operator, of all tenants */
	struct str tenant_name;		/* empty for an operator */
	struct str password;		/* password_hash's text */
	int64_t created_ns;
};
enum { CONTROL_ALL = -1 };		/* every tenant, and the server itself */
/* Names are one whatever the case of their ASCII letters. */
MUST_CHECK enum rc control_administrator_named(struct store *st,
    struct arena *a, struct str name, struct administrator *who);
/* By name; of one tenant, 0 for operators, or CONTROL_ALL. */
MUST_CHECK enum rc control_administrators(struct store *st, struct arena *a,
    int64_t tenant, struct administrator **who, size_t *n);
/* RC_EXISTS: the name is taken. */
MUST_CHECK enum rc control_administrator_add(struct store *st, struct str name,
    int64_t tenant, struct str password, int64_t now_ns);
/* Both end all sessions of the administrator. */
MUST_CHECK enum rc control_administrator_password(struct store *st, int64_t id,
    struct str password);
MUST_CHECK enum rc control_administrator_remove(struct store *st, int64_t id);

/* ---- invitations: one-time tokens -------------------------------------- */

struct invitation {
	struct str name;		/* empty: the invited choose their own */
	int64_t tenant, expires_ns;
};
MUST_CHECK enum rc control_invite(struct store *st, const uint8_t hash[32],
    const struct invitation *i);
/* RC_ABSENT: no such, or expired. */
MUST_CHECK enum rc control_invitation_get(struct store *st, struct arena *a,
    const uint8_t hash[32], int64_t now_ns, struct invitation *i);
/* The same, and it is gone afterwards. */
MUST_CHECK enum rc control_invitation_take(struct store *st, struct arena *a,
    const uint8_t hash[32], int64_t now_ns, struct invitation *i);

/* ---- sessions ---------------------------------------------------------- */

struct session_row {
	int64_t administrator, tenant;
	struct str name, tenant_name;
	int64_t created_ns, seen_ns;
};
MUST_CHECK enum rc control_session_add(struct store *st,
    const uint8_t hash[32], int64_t administrator, int64_t now_ns);
MUST_CHECK enum rc control_session_get(struct store *st, struct arena *a,
    const uint8_t hash[32], struct session_row *s);
MUST_CHECK enum rc control_session_seen(struct store *st,
    const uint8_t hash[32], int64_t now_ns);
MUST_CHECK enum rc control_session_end(struct store *st,
    const uint8_t hash[32]);
/* Those not seen since the one or begun before the other. */
MUST_CHECK enum rc control_sessions_prune(struct store *st,
    int64_t seen_before_ns, int64_t created_before_ns);

/* ---- suppression rules (what they mean: suppress.h) ----------------------- */

enum suppress_field { SUPPRESS_RULE, SUPPRESS_TECHNIQUE, SUPPRESS_HOST,
	SUPPRESS_ACCOUNT, SUPPRESS_ENTITY, SUPPRESS_SOURCE, SUPPRESS_EVENT_TYPE,
	SUPPRESS_ACTION, SUPPRESS__MAX };
enum { SUPPRESSIONS_MOST = 200 };	/* of one tenant */
struct suppression {
	int64_t no, tenant;
	struct str id, name, reason, who;
	struct str match[SUPPRESS__MAX];	/* patterns; empty: any */
	int64_t created_ns, expires_ns;
	bool enabled;
	int64_t hits, last_hit_ns;
	int64_t counted;		/* event up to which hits are counted */
};
/* In the order they were made. */
MUST_CHECK enum rc control_suppressions(struct store *st, struct arena *a,
    int64_t tenant, struct suppression **s, size_t *n);
MUST_CHECK enum rc control_suppression_get(struct store *st, struct arena *a,
    int64_t tenant, struct str id, struct suppression *s);
/* RC_TOO_MANY: the tenant has SUPPRESSIONS_MOST. */
MUST_CHECK enum rc control_suppression_add(struct store *st,
    const struct suppression *s);
/* Its name, reason, expiry, enabled and counted; never what it matches. */
MUST_CHECK enum rc control_suppression_set(struct store *st,
    const struct suppression *s);
MUST_CHECK enum rc control_suppression_remove(struct store *st,
    const struct suppression *s);
/* `more` hits up to event `upto`; nothing if somebody else has counted since
 * *s was read. */
MUST_CHECK enum rc control_suppression_count(struct store *st,
    const struct suppression *s, int64_t more, int64_t last_ns, int64_t upto);

/* ---- a tenant's choice of rules (what it means: packs.h) ------------------- */

/* Grows with every change of the choice; 0: there never was one. */
MUST_CHECK enum rc control_rules_version(struct store *st, int64_t tenant,
    int64_t *version);
struct rule_off { bool pack; struct str id; };	/* in order */
MUST_CHECK enum rc control_rules_off(struct store *st, struct arena *a,
    int64_t tenant, struct rule_off **off, size_t *n);
/* Off, or on again. */
MUST_CHECK enum rc control_rule_set(struct store *st, int64_t tenant,
    const struct rule_off *which, bool off, struct str who, int64_t now_ns);
struct pack_row {
	int64_t no, tenant, created_ns, updated_ns;
	struct str name, who;
	bool enabled;
	int64_t files, bytes;
};
struct pack_file { struct str file, text; };
/* By name. */
MUST_CHECK enum rc control_packs(struct store *st, struct arena *a,
    int64_t tenant, struct pack_row **p, size_t *n);
MUST_CHECK enum rc control_pack_get(struct store *st, struct arena *a,
    int64_t tenant, struct str name, struct pack_row *p);
/* By name of file. */
MUST_CHECK enum rc control_pack_files(struct store *st, struct arena *a,
    const struct pack_row *p, struct pack_file **f, size_t *n);
/* RC_EXISTS: the tenant has a pack of that name. p->no is set. */
MUST_CHECK enum rc control_pack_add(struct store *st, struct pack_row *p);
MUST_CHECK enum rc control_pack_set(struct store *st,
    const struct pack_row *p);
/* Its files, whole; those before are gone. RC_EXISTS: two of one name. */
MUST_CHECK enum rc control_pack_fill(struct store *st,
    const struct pack_row *p, const struct pack_file *f, size_t n);
MUST_CHECK enum rc control_pack_remove(struct store *st,
    const struct pack_row *p);

/* ---- answers kept for retries, 24 h, by who asked ----------------------- */

MUST_CHECK enum rc control_answer_get(struct store *st, struct arena *a,
    struct str who, struct str scope, struct str key, int64_t now_ns,
    struct idem *i);
/* RC_EXISTS: there is one already, nothing was changed. */
MUST_CHECK enum rc control_answer_put(struct store *st, struct str who,
    struct str scope, struct str key, int64_t now_ns, const struct idem *i);

/* ---- the audit log ------------------------------------------------------ */

struct audit_line {
	int64_t seq, at_ns, tenant;
	struct str tenant_name, who, what, detail;
	uint8_t hash[32];
};
struct audit_query {
	int64_t tenant;			/* or CONTROL_ALL */
	struct str who, what;		/* empty: any; what: or its beginning
					   up to a dot, "key" for "key.add" */
	int64_t since_ns, until_ns;	/* since <= t <= until */
	int64_t before;			/* lines with seq below it; 0: all */
	size_t most;
};
/* Newest first. */
MUST_CHECK enum rc control_audit(struct store *st, struct arena *a,
    const struct audit_query *q, struct audit_line **lines, size_t *n);
struct audit_head { int64_t lines, seq; uint8_t hash[32]; };
/* Recompute every hash; false: `lines` names what was changed. */
MUST_CHECK bool control_audit_verify(struct store *st, struct buf *lines,
    struct audit_head *head);
/* Was there such a line: the number and hash that somebody noted before. */
MUST_CHECK enum rc control_audit_seen(struct store *st, int64_t seq,
    const uint8_t hash[32], bool *seen);

/* ---- sign-ins that failed (may be lost) --------------------------------- */

/* One at a time over all processes: the memory of one password hash, and no
 * two guesses that are counted as one. Returns a descriptor for unlock. */
MUST_CHECK enum rc control_sign_in_lock(struct store *st, int *fd);
void control_sign_in_unlock(int fd);

struct sign_in { int64_t failures, at_ns; };
/* RC_OK with zeros if none is known. */
MUST_CHECK enum rc control_sign_in_get(struct store *st, struct str who,
    struct sign_in *s);
/* failures 0: forget it. Also forgets all that are older than a day. */
MUST_CHECK enum rc control_sign_in_put(struct store *st, struct str who,
    const struct sign_in *s);

/* ---- use by the hour (may be lost) --------------------------------------- */

struct usage {
	int64_t hour;			/* hours since 1970 */
	int64_t requests, refused, events, bytes;
	int64_t peak;			/* most requests in one minute of it */
};
enum { USAGE_DAYS_KEPT = 400 };
/* Add to the hour of now; a failure is logged and no reason to refuse. */
void control_usage_add(struct store *st, int64_t tenant, int64_t now_ns,
    const struct usage *more);
/* Hours that saw any, in order. */
MUST_CHECK enum rc control_usage(struct store *st, struct arena *a,
    int64_t tenant, int64_t since_hour, struct usage **u, size_t *n);

#endif
