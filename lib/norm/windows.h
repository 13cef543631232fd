/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Windows family inside norm/: one record as any of its layouts hands it
 * over (struct win), what its identifiers are worth (windows_value.c), which
 * part each plays (windows_ref.c), and the tables that say so for each event
 * number (windows_sysmon.c, windows_security.c, windows_object.c,
 * windows_system.c).
 */
#ifndef NORM_WINDOWS_H
#define NORM_WINDOWS_H

#include "norm/norm_source.h"

/* A field that came as text inside another text, or as a list of pairs. An
 * empty `field` cannot be pointed at, so what it names is weak. */
struct win_pair {
	struct str name, text, field;
};

/* One field: its text without blanks around, its text as it stands, and its
 * JSON Pointer. Empty text: absent or null. */
struct win_value {
	struct str text, whole, field;
};

struct win {
	struct reading *r;
	const struct json *data;	/* object with the event's own fields */
	struct str at;			/* its JSON Pointer, "" for flat ones */
	const struct win_pair *pairs;	/* beside data, or instead of it */
	size_t n_pairs;
	struct str channel, provider;
	uint32_t id;			/* event number */
	struct str host;		/* lower case: scope of local ids */
	bool is_unix;			/* Sysmon for Linux: case matters */
	bool sysmon, security;
	struct win_value sid;		/* of who logged it */
};

/* ---- windows_xml.c ---------------------------------------------------- */

/* Fields of an event given as XML text (<Data Name="X">y</Data>, or elements
 * of their own), entities undone. Also EventID, Channel, Computer,
 * SystemTime, EventRecordID when the text holds <System>. */
size_t win_xml(struct arena *a, struct str text, struct win_pair **pairs);
/* Fields of a JSON object that came as a string. */
size_t win_json_text(struct arena *a, struct str text,
    struct win_pair **pairs);
/* &lt; &gt; &amp; &quot; &apos; &#N; undone. */
struct str win_unescape(struct arena *a, struct str text);

/* ---- windows_value.c -------------------------------------------------- */

/* Text as it stands, "-" and the like included. */
struct win_value win_raw(struct win *w, const char *name);
/* The same, empty when it is a null identifier. */
struct win_value win_get(struct win *w, const char *name);

/* Decimal or 0x hex; false for anything else. */
MUST_CHECK bool win_number(struct str text, uint64_t *n);
/* 36 characters, lower case, no braces; empty unless a GUID that is not
 * null. */
struct str win_guid(struct arena *a, struct str text);
/* GUID of a logon that all services share (LUID 0x3e4, 3e5, 3e6, 3e7). */
bool win_guid_is_system(struct str guid);
bool win_luid_is_shared(uint64_t luid);
/* A path as compared: prefixes like \??\ off, %SystemRoot% put in, lower case
 * (as it is on unix); empty when it is no full path. */
struct str win_path(struct win *w, struct str text);
/* The program file that a command line starts, as compared. */
struct str win_command_path(struct win *w, struct str command);
/* HKLM\... as Sysmon writes it, lower case. */
struct str win_registry(struct win *w, struct str key);
/* Does a value of this (lower-case) registry key start programs? */
bool win_autostart(struct str key);
/* The one process of this kind that all others come from, in its own place. */
bool win_is_hub(struct win *w, struct str image);
/* A binary in the system's own folder of programs. */
bool win_is_system(struct win *w, struct str image);
/* A binary of the system or of an installed program. */
bool win_is_installed(struct win *w, struct str image);
/* SYSTEM, a service account, a machine account, a built-in group. */
bool win_is_shared_account(struct str name);

/* ---- windows_ref.c ---------------------------------------------------- */

/* How a field names an entity. */
enum win_as {
	WIN_NONE, WIN_GUID, WIN_PID, WIN_LUID, WIN_FILE, WIN_COMMAND,
	WIN_REGISTRY, WIN_PIPE, WIN_SERVICE, WIN_TASK, WIN_SID, WIN_USER,
	WIN_TICKET, WIN_HANDLE, WIN_HASHES, WIN_IP, WIN_DOMAIN, WIN_AS__MAX
};

/* One entity of an event: its part, the field with its id, and the fields
 * that are shown with it (process: image and pid; SID: name and domain;
 * handle: pid; hashes: the file they are of). */
struct win_part {
	enum role role;
	enum win_as as;
	const char *field, *with, *also;
};

enum {				/* struct win_row.own */
	WIN_SUBJECT = 1,	/* SubjectUserSid, SubjectLogonId */
	WIN_PROCESS = 2,	/* ProcessId, ProcessName (Security channel) */
	WIN_FAILS = 4,		/* such a record is a failure by its nature */
	WIN_STATUS = 8,		/* Status other than 0x0 is a failure */
	WIN_SIGNED_ON = 16,	/* the header's user is the actor */
};

enum { WIN_PARTS = 6 };

/* What an event number means. */
struct win_row {
	uint32_t id;
	const char *type, *action;
	enum act act;
	unsigned flags;		/* EVENT_* */
	unsigned own;		/* WIN_* above */
	const char *category;	/* Sigma's, or NULL */
	const char *actor;	/* field shown as actor; NULL: the user */
	const char *target;	/* field shown as target */
	struct win_part parts[WIN_PARTS];
	void (*more)(struct win *w);	/* what no table says */
};

/* Add the entity of a part; NULL when the field is absent or null. What a
 * failed event may not say is dropped behind all normalisers. */
struct entref *win_part(struct win *w, const struct win_part *p);
/* The same for an entity made by hand; the key is taken as it is. */
struct entref *win_ref(struct win *w, struct named n);
/* The program file that a command line of field `v` names. The system's own are
 * REF_COMMON: much else starts them too; hubs are armed by nobody. */
struct entref *win_armed(struct win *w, enum role role, struct str path,
    struct win_value v);
/* HOST|text as a key; empty when either is. */
struct str win_local(struct win *w, struct str text);
/* A mark on the host. */
void win_mark(struct win *w, enum role role);
/* "C:\x\y.exe (4100)". */
struct str win_process_name(struct win *w, struct str image, struct str pid);
/* DOMAIN\name of two fields, empty when the name is null. */
struct str win_account(struct win *w, const char *name, const char *domain);
/* The session that acted (SubjectLogonId), else, where that is one all services
 * share, the session acted upon (TargetLogonId). windows_security.c */
void win_session(struct win *w);
/* Five-tuple of the fields for protocol, address and port of the beginner,
 * address and port of the other end; `initiator`: this host began it. */
void win_flow(struct win *w, const char *const fields[5], bool initiator);
/* ADDRESS:PORT of the far initiator (4624, 5140 ...). */
void win_endpoint(struct win *w, const char *ip, const char *port);

/* ---- tables ----------------------------------------------------------- */

/* The row of an event number; never NULL (the channel's plain row). */
const struct win_row *win_sysmon_row(uint32_t id);
const struct win_row *win_security_row(uint32_t id);
/* Those of processes, objects, tasks and connections; NULL: none. */
const struct win_row *win_object_row(uint32_t id);
/* All other channels; also sets the Sigma service. */
const struct win_row *win_system_row(struct win *w);

#endif
