/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one event that every vendor's record becomes, the entities it names and
 * the part each of them plays. Shared words of norm, tag, ingest, cause and
 * store; no I/O, no state. Text in these structs belongs to an arena or to the
 * record's own bytes.
 */
#ifndef EVENT_H
#define EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/json.h"
#include "base/str.h"

/* Kinds of entities; names as in answers: kind_name(). Stored as numbers:
 * append only. */
enum kind {
	KIND_NONE, KIND_HOST, KIND_BOOT, KIND_PROCESS, KIND_HANDLE, KIND_FILE,
	KIND_REGISTRY, KIND_PIPE, KIND_TASK, KIND_SERVICE, KIND_DRIVER,
	KIND_SUBSCRIPTION, KIND_USER, KIND_SESSION, KIND_TICKET, KIND_TOKEN,
	KIND_CONSOLE, KIND_TRANSACTION, KIND_FLOW, KIND_HASH, KIND_DOMAIN,
	KIND_IP, KIND_URL, KIND_TLS, KIND_CERTIFICATE, KIND_DEVICE,
	KIND_USERAGENT, KIND_RESOURCE, KIND_CONTAINER, KIND_POD, KIND__MAX
};
const char *kind_name(enum kind k);
enum kind kind_of_name(struct str name);	/* KIND_NONE: no such kind */

/*
 * The part an entity plays in an event. A property of (source, event type),
 * fixed in the normaliser's table. Stored as numbers: append only.
 */
enum role {
	ROLE_NONE,
	ROLE_SUBJ,	/* the process (or principal) that acts */
	ROLE_PARENT,	/* the process that creates the NEW process: SUBJ of a creation */
	ROLE_NEW,	/* what this event creates, opens or issues */
	ROLE_END,	/* what it ends, deletes, closes */
	ROLE_READ, ROLE_WRITE,
	ROLE_EXEC,	/* the file that is run or loaded */
	ROLE_ARM,	/* the file that a service, task or run key was told to run */
	ROLE_TARGET,	/* acted upon, without being made or ended */
	ROLE_USE,	/* a pipe, service, task, resource made earlier is used */
	ROLE_SESS,	/* the session this happens in */
	ROLE_CRED,	/* the key, token or ticket under which this happens */
	ROLE_TXN,	/* the transaction this is a part of */
	ROLE_FLOW,	/* the whole five-tuple this records */
	ROLE_ENDPOINT,	/* address and port of the flow's initiator (kind flow) */
	ROLE_SSO,	/* the user signed on to another system here */
	ROLE_USER,	/* the account concerned */
	ROLE_ART,	/* an artifact: hash, domain, public ip, url, device, agent */
	ROLE_HOST,	/* where it happened */
	/* marks on a host, by events that say so */
	ROLE_BOOT,	/* it started */
	ROLE_CLEARED,	/* its log was cleared */
	ROLE_BLIND,	/* its sensor was stopped, changed or failed */
	ROLE_SEEING,	/* its sensor started (again) */
	ROLE_UP,	/* beside BOOT: the start began before this mark */
	ROLE_ORIGIN,	/* the file of which this tells where it came from */
	ROLE__MAX
};
const char *role_name(enum role r);

enum {
	REF_WEAK = 1,		/* pid without start time, name instead of id */
	REF_ASSERTED = 2,	/* the sender says so (api.md 5): never PROVABLE */
	REF_CLIENT = 4,		/* set by the client of the recorded system */
	REF_COMMON = 8,		/* too common to correlate: system binary's hash ... */
	REF_HUB = 16,		/* this process is a hub (services, explorer, ...) */
	REF_ACTOR = 32,		/* the text of this entity is the event's actor */
	REF_SAID = 64,		/* asserted under a key with scope assert: may prove,
				   worded "as asserted by the sender" */
};

/* Where in the raw record an identifier stands, and how it is written there.
 * `field` is a JSON Pointer (or / + column name in records that are no JSON);
 * `value` the text of that value (a JSON string's characters, a number as
 * written). */
struct proof {
	struct str field, value;
};
enum { PROOFS_MAX = 5 };

struct entref {
	enum kind kind;
	enum role role;
	unsigned flags;
	struct str key;		/* compared: folded where case means nothing,
				   scoped with the host where the id is local */
	struct str name;	/* shown: as written */
	struct proof proof[PROOFS_MAX];
	size_t proofs;
};

/* What happened, as far as edge rules and folding care. Append only. */
enum act {
	ACT_OTHER, ACT_PROCESS_CREATE, ACT_PROCESS_END, ACT_PROCESS_ACCESS,
	ACT_REMOTE_THREAD, ACT_IMAGE_LOAD, ACT_DRIVER_LOAD, ACT_FILE_CREATE,
	ACT_FILE_DELETE, ACT_FILE_READ, ACT_REGISTRY_SET, ACT_REGISTRY_OTHER,
	ACT_CONNECT, ACT_FLOW, ACT_DNS, ACT_PIPE_CREATE, ACT_PIPE_USE,
	ACT_LOGON, ACT_LOGON_FAILED, ACT_LOGOFF, ACT_TICKET, ACT_HANDLE_OPEN,
	ACT_HANDLE_USE, ACT_HANDLE_CLOSE, ACT_SERVICE_CREATE, ACT_TASK_CREATE,
	ACT_ACCOUNT_CREATE, ACT_ACCOUNT_CHANGE, ACT_TOKEN_ISSUE, ACT_API_CALL,
	ACT_SIGN_IN, ACT_SSO, ACT_SCRIPT, ACT_SHARE, ACT_WMI, ACT_LOG_CLEARED,
	ACT_BOOT, ACT_SENSOR, ACT_TAMPER, ACT__MAX
};

enum outcome { OUTCOME_UNKNOWN, OUTCOME_SUCCESS, OUTCOME_FAILURE };
const char *outcome_name(enum outcome o);

/* Phase in the order tuple: begins a connection, where the clock tells whole
 * seconds only (what it brings about elsewhere bears the same time), or is the
 * start of a machine; creates an entity, uses, ends. */
enum phase { PHASE_BEGIN, PHASE_NEW, PHASE_USE, PHASE_END };

enum {
	EVENT_ALERT = 1,	/* a detection by the source itself (or label "alert") */
	EVENT_MINOR = 2,	/* folded in chains unless tagged: image loads, registry
				   reads, routine process access ... */
	EVENT_TWICE = 4,	/* the record names a member twice: no evidence */
	EVENT_CONFLICT = 8,	/* same sender's id, other bytes were seen too */
	EVENT_INTERACTIVE = 16,	/* logon types 2, 7, 10, 11 */
	EVENT_NETWORK = 32,	/* logon type 3 */
	EVENT_IMPACT = 64,	/* what attackers are after: theft, encryption */
};

enum { EVENT_ID_TEXT = 31, EVENT_REFS_MAX = 24, EVENT_TECHNIQUES_MAX = 32 };

/* A technique on an event: T1059.001 is 1059001, T1078 is 1078000. */
typedef int32_t technique;	/* a number with a meaning, not a pointer */

struct tagging {
	technique technique;	/* 0: a rule without ATT&CK technique */
	const char *rule;	/* our rule's id; NULL: given by the sender */
	const char *title;	/* of the rule; NULL for the sender's */
	int level;		/* 1 informational 2 low 3 medium 4 high 5 critical */
};

struct event {
	/* who says so */
	struct str source;	/* canonical: windows, okta, cloudtrail, zeek, or the
				   sender's own word */
	struct str native_id;	/* globally unique id of vendor or sender; may be empty */
	uint8_t id[16];		/* the event id, see event_id() */
	struct str raw;		/* the record's bytes */
	uint8_t raw_sha256[32];
	struct str extra;	/* outer members beside `raw` as JSON, or empty */

	/* when */
	int64_t time_ns;
	const char *clock;	/* "UtcTime", "EventTime", "timestamp": which field */
	enum phase phase;
	uint64_t seq;		/* the source's own sequence number, or 0 */

	/* what */
	struct str type, actor, action, target, host, session;
	enum act act;
	enum outcome outcome;
	int severity;		/* 0-100, -1: not said */
	unsigned flags;
	struct str metadata;	/* JSON text of the sender's metadata, or empty */
	struct str *labels;
	size_t n_labels;
	struct tagging tags[EVENT_TECHNIQUES_MAX];
	size_t n_tags;

	struct entref *refs;	/* at most EVENT_REFS_MAX */
	size_t n_refs;

	/* for the tagger: the fields of the record under the names that rules
	 * use, and where such a record belongs (Sigma logsource) */
	const struct json *fields;	/* object with the event's own fields */
	const struct json *record;	/* the whole record */
	const char *product, *category, *service;	/* NULL: any/none */
};

/*
 * Event id: first 16 bytes of SHA-256 over version byte 1, then source and
 * (native id if any, with tag 'n', else raw_sha256, which must be set, with tag
 * 'r'), each with its length before it (sha256_add_field). Text: evt_ + 26 base32 characters.
 */
void event_id(struct event *ev);
/* The id under which a tenant knows what event_id() gave: an id that is the same
 * in two tenants would tell each what the other holds. */
void event_id_of_tenant(struct str salt, const uint8_t content_id[16],
    uint8_t id[16]);
void event_id_text(const uint8_t id[16], char out[EVENT_ID_TEXT]);
MUST_CHECK bool event_id_parse(struct str text, uint8_t id[16]);

/* Append a ref; returns it so that proofs can be added; NULL when full (the
 * ref is dropped) or when key is empty. */
struct entref *event_ref(struct arena *a, struct event *ev, enum kind kind,
    enum role role, struct str key, struct str name);
void entref_proof(struct entref *r, struct str field, struct str value);

/* Add a technique unless it is there; NULL rule = sender's. */
void event_tag(struct event *ev, technique t, const char *rule,
    const char *title, int level);
/* "T1059.001" or "t1059.001" -> 1059001; 0: not of that form. */
technique technique_parse(struct str text);
/* Writes T1059.001 or T1078. */
enum { TECHNIQUE_TEXT = 12 };
const char *technique_text(technique t, char out[TECHNIQUE_TEXT]);

#endif
