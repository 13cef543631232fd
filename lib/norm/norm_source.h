/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a normaliser is, and the few things that all of them do alike. Inside
 * norm/ only.
 *
 * A new source is one file: a table of fields, three lines that claim a
 * record, a `read` where the table does not say everything, and a line in
 * list.c. Text a reader puts into the event is borrowed from the record's tree
 * or taken from r->a; nothing is freed.
 */
#ifndef NORM_SOURCE_H
#define NORM_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "norm.h"

/* One record being read. */
struct reading {
	struct arena *a;
	const struct record *rec;
	const struct json *v;	/* the record's tree; NULL if it is no JSON */
	struct event *ev;	/* zeroed; severity -1; source, raw are set */
	struct refusal *why;
};

struct normaliser {
	const char *name;	/* canonical */
	const char *const *aliases;	/* ended by NULL; or NULL */
	uint32_t version;	/* +1 when the same bytes give another event */
	bool lines;		/* also reads records that are no JSON */
	/* For source "auto": is this record ours beyond doubt? Cheap. */
	bool (*claims)(const struct json *v);
	/* Fill r->ev; false after norm_refuse. Must set time_ns, clock, type,
	 * actor and action, or refuse; must do so for any JSON object. */
	bool (*read)(struct reading *r);
};

extern const struct normaliser norm_windows, norm_okta, norm_cloudtrail,
    norm_zeek, norm_suricata, norm_ocsf, norm_ecs, norm_generic;

/* All of them in the order in which "auto" asks, ended by NULL; the last one
 * (generic) claims whatever is left and has a time. */
extern const struct normaliser *const norm_list[];
/* By name or alias (letter case ignored); NULL: none of ours. */
const struct normaliser *norm_find(struct str name);

/* Always false. `field` is a JSON Pointer below the record. */
bool norm_refuse(struct reading *r, const char *field, const char *detail);

/*
 * norm.c does for all sources when `read` has returned true: the phase (NEW
 * when something is made, END when something ends, else USE), a failed
 * outcome takes away what only success does (NEW, READ, WRITE, EXEC, ARM,
 * END, USE, PARENT, FLOW, SSO and marks), the digest and the event id.
 */

/* ---- entities --------------------------------------------------------- */

/* What norm_ref puts into the event. Empty name: the key is shown. Empty
 * field: no proof; empty value: the name stands there. */
struct named {
	enum kind kind;
	enum role role;
	unsigned flags;
	struct str key, name, field, value;
};
/* NULL when the key is empty or the event is full. */
struct entref *norm_ref(struct reading *r, struct named n);

/* "", "-", "unknown", "null", "(empty)", "n/a": no identifier at all. */
bool norm_null(struct str text);
/* An account that every machine has (SYSTEM, root, NAME$ ...), as written:
 * its refs are REF_COMMON. */
bool norm_common_user(struct str name);
/* x, y and z one behind the other, in the arena. */
struct str norm_join(struct arena *a, struct str x, struct str y, struct str z);

/*
 * Canonical text of an IP address (IPv4-mapped IPv6 as IPv4, RFC 5952); false
 * if it is none or the unspecified one. *common: private, loopback,
 * link-local, multicast, shared (RFC 6598) or reserved.
 */
MUST_CHECK bool norm_ip(struct arena *a, struct str text, struct str *canon,
    bool *common);
/* ART refs; no ref (NULL) when the text names no such thing. */
struct entref *norm_art_ip(struct reading *r, struct str field,
    struct str text);
struct entref *norm_art_domain(struct reading *r, struct str field,
    struct str text);
/* algo "sha256", "sha1", "md5"; flags REF_COMMON or 0. */
struct entref *norm_art_hash(struct reading *r, const char *algo,
    struct str field, struct str hex, unsigned flags);
/* The host where it happened: sets ev->host as written, adds the HOST ref. */
void norm_host(struct reading *r, struct str field, struct str name);

/* The whole five-tuple (kind flow, role ROLE_FLOW) and, when `initiator` is
 * true, a:aport as ROLE_ENDPOINT. Nothing when an address or port is null.
 * Ends are sorted in the key; proofs are five fields as they stand. */
struct five_tuple {
	struct str proto, a, aport, b, bport;	/* as written; proto a word */
	struct str f_proto, f_a, f_aport, f_b, f_bport;
	bool initiator;
};
struct entref *norm_flow(struct reading *r, const struct five_tuple *t);
/* ADDRESS:PORT as the key of an endpoint; empty when either is null. */
struct str norm_endpoint_key(struct arena *a, struct str ip, struct str port);

/* ---- tables ----------------------------------------------------------- */

enum take {
	TAKE_TIME,	/* RFC 3339; refused when bad; .note is the clock */
	TAKE_ID, TAKE_TYPE, TAKE_ACTOR, TAKE_ACTION, TAKE_TARGET, TAKE_SESSION,
	TAKE_HOST,	/* norm_host, the first that is there */
	TAKE_IP,	/* norm_art_ip */
	TAKE_REF,	/* an entity; key = note + value as it is */
	TAKE_REF_LOWER,	/* the same, value in lower case */
};
/* The kind of value at one place of a record, and where it goes. Rows are
 * taken in order; a null identifier is skipped, and the event's texts are set
 * by the first row that has a value. */
struct field {
	const char *at;		/* JSON Pointer, also the proof's field */
	enum take take;
	enum kind kind;
	enum role role;
	unsigned flags;
	const char *note;	/* clock name, or prefix of the key */
};
/* Ended by a row without .at. False when a TAKE_TIME row holds no time. */
MUST_CHECK bool norm_fields(struct reading *r, const struct field *table);
/* What a pointer of ours leads to: names without / and ~, one-digit indexes;
 * NULL if nowhere. Faster than json_pointer. */
const struct json *norm_at(const struct json *v, const char *at);
/* The scalar at a pointer, empty when it is absent, null or no scalar. */
struct str norm_text(struct reading *r, const char *at);

#endif
