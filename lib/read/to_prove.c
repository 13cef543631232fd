/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What would have made a link PROVABLE: for each thing that it lacks, the record
 * that says it, of which source, switched on by which setting, on which hosts.
 *
 * The lacks are those that settle() in cause/link.c and the rules look at, read
 * off the same flags: with all of them mended (and `provable` on each) the link
 * is PROVABLE. Where nothing that this version reads could do that, it is said
 * instead of advice that would not help, with what narrows the question down.
 */
#include "read/inner.h"

enum lack {
	LACK_TWICE, LACK_CONFLICT, LACK_CLIENT, LACK_ASSERTED, LACK_PID,
	LACK_PID_OWN, LACK_NAME, LACK_BLIND, LACK_BOOT, LACK_ISSUER, LACK_CLOCK,
	LACK_NUMBER, LACK_HASH, LACK_TICKET, LACK_SSO, LACK_SSO_ID, LACK_SET_UP,
	LACK_NAMED, LACK_LEASE, LACK_LEASE_LOGON, LACK_READ, LACK_INJECTED,
	LACK_PIPE, LACK_THING, LACK_SESSION, LACK_SESSION_OWN, LACK_OTHER,
	LACK_LOGONS, LACK_KEYS, LACK_MARK,
	LACK__MAX
};

struct lack_row {
	const char *missing;	/* what neither record says */
	const char *record;	/* which does */
	const char *setting;	/* how to get it; NULL: it only has to arrive */
	const char *source;	/* as in /events?source=; NULL: that of the event */
	bool provable;		/* would it have been PROVABLE with it? */
};

static const struct lack_row rows[LACK__MAX] = {
	[LACK_TWICE] = { "one of the records names a member twice, so that no "
	    "value of it is certain", "the record as its source wrote it",
	    "send vendors' records byte for byte; look at what rewrites them "
	    "on the way", NULL, true },
	[LACK_CONFLICT] = { "two different records came under one id, and "
	    "nothing tells which is right", "each record under an id of its "
	    "own", "give every record its own id, and send a record again "
	    "unchanged", NULL, true },
	[LACK_CLIENT] = { "the value was set by the client that is recorded, "
	    "who may say anything", "an identifier that the service itself "
	    "gives out", NULL, NULL, false },
	[LACK_ASSERTED] = { "only the sender says it", "the vendor's own "
	    "record in `raw`, or this one under a key with scope assert",
	    "tra-ce key add TENANT --scopes ingest,assert, where the sender is "
	    "the system that gives the identifier", NULL, true },
	[LACK_PID] = { "a process is named by its process id alone, which is "
	    "used again", "Sysmon 1 with ProcessGuid and ParentProcessGuid, "
	    "and the Sysmon events of what the process does", "install Sysmon; "
	    "its ProcessCreate rules must let this program through", "windows",
	    true },
	[LACK_PID_OWN] = { "a process is named by its process id alone, which "
	    "is used again", "the same event with process.guid (and "
	    "parent_guid), under a key with scope assert", "have the agent send "
	    "its unique process id", NULL, true },
	[LACK_NAME] = { "what links them is a name, which may be given to "
	    "another thing", "the same event with an identifier that is given "
	    "out once (a SID, a resource id)", NULL, NULL, true },
	[LACK_BLIND] = { "the sensor of this host had been tampered with "
	    "before", "nothing of this host any more, until the sensor is "
	    "started anew (Sysmon 4, Started); a network sensor or a domain "
	    "controller saw it from outside", "protect the sensor's service "
	    "and configuration", NULL, false },
	[LACK_BOOT] = { "no start of the host is recorded, so the logon id may "
	    "be of another start", "Security 4608 or 4826, or Kernel-General "
	    "12 of the System log, of the start before", "auditpol /set "
	    "/subcategory:\"Security State Change\" /success:enable; forward "
	    "the System log", "windows", true },
	[LACK_ISSUER] = { "two calls are recorded to have issued one "
	    "credential, and one of them is wrong", "the issuer's own log of "
	    "both calls", NULL, NULL, false },
	[LACK_CLOCK] = { "a clock was set between, so which came first is not "
	    "certain", "both records by one clock", "synchronise the host's "
	    "time before it logs (NTP)", NULL, true },
	[LACK_NUMBER] = { "both records bear one time, and no number tells "
	    "which came first", "the log's own record number (EventRecordID)",
	    "have the shipper keep EventRecordID or RecordNumber", "windows",
	    true },
	[LACK_HASH] = { "nothing shows that what ran is what was written",
	    "Sysmon 29 or 15 (the write with its hash) and Sysmon 1 (the start "
	    "with its hash)", "<HashAlgorithms> with one algorithm for all, "
	    "FileExecutableDetected and FileCreateStreamHash on", "windows",
	    true },
	[LACK_TICKET] = { "the two records are of one kind: one ticket was "
	    "asked for, or shown, twice", "the asking for the ticket (Security "
	    "4769) beside the logon with it (4624), with one LogonGuid",
	    "auditpol /set /subcategory:\"Kerberos Service Ticket Operations\" "
	    "/success:enable on the domain controllers", "windows", true },
	[LACK_SSO] = { "the two are matched by account and time",
	    "the sign-on's and the token's record with one assertion or "
	    "session id at both ends", NULL, NULL, true },
	[LACK_SSO_ID] = { "the assertion's record is not of the kind that "
	    "proves", "the sign-on's record with the id of the assertion",
	    NULL, NULL, true },
	[LACK_SET_UP] = { "that it ran is no proof of what started it",
	    "nothing that this version reads; Task Scheduler 129 and Sysmon 1 "
	    "narrow it down", NULL, "windows", false },
	[LACK_NAMED] = { "what was made is named by a name that may be given "
	    "again", "nothing that this version reads: services, tasks and "
	    "shares have no identifier that lasts", NULL, NULL, false },
	[LACK_LEASE] = { "nothing says whose the addresses were then",
	    "nothing that this version reads: look up the lease (DHCP, VPN, "
	    "NAT) of that time", NULL, NULL, false },
	[LACK_LEASE_LOGON] = { "a logon names an address and a port, not the "
	    "connection", "nothing that this version reads: look up the lease "
	    "(DHCP, VPN, NAT) of that time", NULL, NULL, false },
	[LACK_READ] = { "that the one read what the other wrote is recorded "
	    "nowhere", "nothing that this version reads; Security 4663 and "
	    "Sysmon 11 narrow down who touched the file", NULL, "windows",
	    false },
	[LACK_INJECTED] = { "whether the process's own code or the code put "
	    "into it did this is recorded nowhere", "nothing that this version "
	    "reads; Sysmon 8, 10 and 25 narrow it down", NULL, "windows",
	    false },
	[LACK_PIPE] = { "a pipe's name may have several servers", "nothing "
	    "that this version reads; Sysmon 17 and 18 narrow it down", NULL,
	    "windows", false },
	[LACK_MARK] = { "the mark of the web is its writer's word, and a name "
	    "ties it to the file", "nothing that this version reads; the log "
	    "of a proxy or sensor that names the transfer with the file's hash "
	    "narrows it down", NULL, NULL, false },
	[LACK_THING] = { "the same thing at both ends is no proof of one "
	    "cause", "what made and what used it, by process or session: "
	    "Sysmon 1, 3, 11 and 22, or the service's log with session ids",
	    NULL, NULL, false },
	[LACK_SESSION] = { "an account is shared by all its sessions",
	    "Security 4624 and the events of that session with their LogonId",
	    "auditpol /set /subcategory:\"Logon\" /success:enable", "windows",
	    false },
	[LACK_SESSION_OWN] = { "an account is shared by all its sessions",
	    "the same events with the session id that the provider gives out",
	    NULL, NULL, false },
	/* of a whole host and source */
	[LACK_LOGONS] = { "no logon session is named", "Security 4624 and 4634 "
	    "with their LogonId", "auditpol /set /subcategory:\"Logon\" "
	    "/success:enable, and Logoff", "windows", true },
	[LACK_KEYS] = { "no access key is named", "management events of sts "
	    "and iam, which issue the keys", "a trail with management events, "
	    "in all regions", "cloudtrail", true },
	[LACK_OTHER] = { "the two records share no identifier that is given "
	    "out once", "records that name one at both ends", NULL, NULL,
	    false },
};

/* ---- what an edge lacks ------------------------------------------------------ */

struct lacks { enum lack of[LACK__MAX]; size_t n; };

static void
lacks(struct lacks *l, bool is, enum lack x)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->of[i] == x)
			return;
	if (is)
		l->of[l->n++] = x;
}

static bool
windows(const struct told *t)
{
	return str_is(t->e.source, "windows");
}

/* Where the rule itself proves nothing, mending anything else would not help. */
static enum lack
never(const struct edge *e, const struct told *dst)
{
	switch (e->rule) {
	case RULE_READ_WRITTEN:
		return LACK_READ;
	case RULE_INJECTED:
		return LACK_INJECTED;
	case RULE_PIPE:
		return LACK_PIPE;
	case RULE_LOGON_FLOW:
		return LACK_LEASE_LOGON;
	case RULE_MARKED:
	case RULE_RUN_MARKED:
		return LACK_MARK;
	case RULE_ARTIFACT:
		return LACK_THING;
	case RULE_ACCOUNT:
		return windows(dst) ? LACK_SESSION : LACK_SESSION_OWN;
	default:
		return LACK_OTHER;
	}
}

/* What the rule asked for and did not find, if nothing common was wrong. */
static enum lack
of_rule(const struct edge *e)
{
	switch (e->rule) {
	case RULE_RUN_WRITTEN:
		return LACK_HASH;
	case RULE_TICKET:
		return LACK_TICKET;
	case RULE_FEDERATION:
		return e->from_role == ROLE_SSO ? LACK_SSO : LACK_SSO_ID;
	case RULE_MADE_ACTS:
		return e->from_role == ROLE_ARM ? LACK_SET_UP : LACK_NAMED;
	case RULE_HANDLE:
		return LACK_NUMBER;
	default:
		return LACK_OTHER;
	}
}

static void
common(struct lacks *l, const struct edge *e, const struct told *src,
    const struct told *dst)
{
	const struct entref *a = told_ref(src, e->via, e->from_role);
	const struct entref *b = told_ref(dst, e->via, e->to_role);
	unsigned flags = (a ? a->flags : 0) | (b ? b->flags : 0);
	unsigned events = src->row.flags | dst->row.flags;
	bool process = b != NULL && b->kind == KIND_PROCESS;
	bool sensor = windows(src) && windows(dst);

	lacks(l, (events & EVENT_TWICE) != 0, LACK_TWICE);
	lacks(l, (events & EVENT_CONFLICT) != 0, LACK_CONFLICT);
	lacks(l, (flags & REF_CLIENT) != 0, LACK_CLIENT);
	lacks(l, (flags & REF_ASSERTED) != 0, LACK_ASSERTED);
	lacks(l, (flags & REF_WEAK) && process, sensor ? LACK_PID :
	    LACK_PID_OWN);
	lacks(l, (flags & REF_WEAK) && !process && e->rule != RULE_MADE_ACTS &&
	    e->from_role != ROLE_SSO,
	    LACK_NAME);
	lacks(l, (e->flags & EDGE_BLIND) != 0, LACK_BLIND);
	lacks(l, (e->flags & EDGE_BOOT_UNKNOWN) != 0, LACK_BOOT);
	lacks(l, (e->flags & EDGE_ISSUER_CONFLICT) != 0, LACK_ISSUER);
	lacks(l, (e->flags & EDGE_CLOCK) != 0, LACK_CLOCK);
	lacks(l, (e->flags & EDGE_NO_LEASE) != 0, LACK_LEASE);
}

static void
find(struct lacks *l, const struct edge *e, const struct told *src,
    const struct told *dst)
{
	if (rule_row(e->rule)->grade != GRADE_PROVABLE) {
		lacks(l, true, never(e, dst));
		return;
	}
	common(l, e, src, dst);
	lacks(l, e->rule == RULE_RUN_WRITTEN && !(e->flags & EDGE_HASHED),
	    LACK_HASH);
	lacks(l, e->rule == RULE_MADE_ACTS && e->from_role == ROLE_ARM,
	    LACK_SET_UP);
	lacks(l, e->rule == RULE_FEDERATION && e->from_role == ROLE_SSO,
	    LACK_SSO);
	lacks(l, l->n == 0, of_rule(e));
}

/* ---- told -------------------------------------------------------------------- */

static void
put_hosts(struct jw *w, const struct told *src, const struct told *dst)
{
	jw_key(w, "hosts");
	jw_array(w);
	if (src->e.host.len > 0)
		jw_str(w, src->e.host);
	if (dst->e.host.len > 0 && !str_eq(src->e.host, dst->e.host))
		jw_str(w, dst->e.host);
	jw_array_end(w);
}

static void
put_lack(struct jw *w, const struct lack_row *row, const struct told *src,
    const struct told *dst)
{
	jw_object(w);
	jw_key_c(w, "missing", row->missing);
	jw_key_b(w, "provable", row->provable);
	jw_key_c(w, "record", row->record);
	put_text(w, "setting", str_of(row->setting ? row->setting : ""));
	jw_key_s(w, "source", row->source ? str_of(row->source) :
	    dst->e.source);
	put_hosts(w, src, dst);
	jw_object_end(w);
}

void
put_to_prove(struct jw *w, const struct edge *e, const struct told *src,
    const struct told *dst)
{
	struct lacks l = { .n = 0 };
	size_t i;

	jw_key(w, "to_prove");
	jw_array(w);
	if (e->grade != GRADE_PROVABLE)
		find(&l, e, src, dst);
	for (i = 0; i < l.n; i++)
		put_lack(w, &rows[l.of[i]], src, dst);
	jw_array_end(w);
}

/* ---- by host and source -------------------------------------------------------- */

enum { FEW = 100 };		/* less than one event in that many is no gap */

struct due { enum lack lack; int64_t events; };

static size_t
due_find(struct graph *g, const struct coverage *c, struct str source,
    struct due out[4])
{
	const struct view *v = graph_view(g);
	bool from_windows = str_is(source, "windows");
	struct post boot;
	size_t n = 0;

	if (c->weak_process * FEW > c->events)
		out[n++] = (struct due){ from_windows ? LACK_PID :
		    LACK_PID_OWN, c->weak_process };
	if (from_windows && c->strong_session == 0)
		out[n++] = (struct due){ LACK_LOGONS, c->events };
	else if (from_windows && c->host != 0 && !v->first_after(v->ctx,
	    c->host, ROLE_BOOT, NULL, &boot))
		out[n++] = (struct due){ LACK_BOOT, c->strong_session };
	if (str_is(source, "cloudtrail") && c->strong_token == 0)
		out[n++] = (struct due){ LACK_KEYS, c->events };
	return n;
}

void
put_coverage_to_prove(struct jw *w, struct arena *a, struct graph *g,
    const struct coverage *c, struct str source)
{
	const struct lack_row *row;
	struct due due[4];
	size_t n = due_find(g, c, source, due), i;

	jw_key(w, "advice");
	jw_array(w);
	for (i = 0; i < n; i++) {
		row = &rows[due[i].lack];
		jw_str(w, str_printf(a, "%lld events: %s. What proves: %s%s%s",
		    (long long)due[i].events, row->missing, row->record,
		    row->setting ? "; " : "", row->setting ? row->setting :
		    ""));
	}
	jw_array_end(w);
	jw_key(w, "to_prove");
	jw_array(w);
	for (i = 0; i < n; i++) {
		row = &rows[due[i].lack];
		jw_object(w);
		jw_key_i(w, "events", due[i].events);
		jw_key_c(w, "missing", row->missing);
		jw_key_c(w, "record", row->record);
		put_text(w, "setting", str_of(row->setting ? row->setting :
		    ""));
		jw_object_end(w);
	}
	jw_array_end(w);
}
