/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Security channel, event by event. Most records name the account and the
 * session that acted (Subject*: WIN_SUBJECT) and many the process (WIN_PROCESS,
 * by pid alone and therefore weak). Here: logons, tickets, accounts and the
 * machine; processes and what they use are in windows_object.c.
 *
 * LogonGuid is a Kerberos ticket's, not a session's: 4769 and 4648 issue it,
 * the 4624 that it opens shows it.
 */
#include "norm/windows.h"

#define SUBJECT_SESSION	{ ROLE_SESS, WIN_LUID, "SubjectLogonId", NULL, NULL }
#define TARGET_USER(role) { role, WIN_SID, "TargetUserSid", \
	"TargetUserName", "TargetDomainName" }
#define TARGET_ACCOUNT(role) { role, WIN_SID, "TargetSid", \
	"TargetUserName", "TargetDomainName" }
#define REMOTE_IP	{ ROLE_ART, WIN_IP, "IpAddress", NULL, NULL }

/* ---- logons ----------------------------------------------------------- */

static void
logon_type(struct win *w)
{
	uint64_t type;

	if (!win_number(win_get(w, "LogonType").text, &type))
		return;
	if (type == 3)
		w->r->ev->flags |= EVENT_NETWORK;
	if (type == 2 || type == 7 || type == 10 || type == 11)
		w->r->ev->flags |= EVENT_INTERACTIVE;
}

static void
logon(struct win *w)
{
	const struct win_part ticket = {
		ROLE_CRED, WIN_TICKET, "LogonGuid", NULL, NULL
	};

	logon_type(w);
	w->r->ev->target = w->r->ev->host;
	win_part(w, &ticket);
	win_endpoint(w, "IpAddress", "IpPort");
}

static void
explicit_logon(struct win *w)
{
	static const struct win_part parts[] = {
		{ ROLE_CRED, WIN_TICKET, "LogonGuid", NULL, NULL },
		{ ROLE_NEW, WIN_TICKET, "TargetLogonGuid", NULL, NULL },
		{ ROLE_TARGET, WIN_USER, "TargetUserName",
		  "TargetDomainName", NULL },
	};

	for (size_t i = 0; i < COUNT(parts); i++)
		win_part(w, &parts[i]);
}

static void
ticket(struct win *w)
{
	static const struct win_part parts[] = {
		{ ROLE_NEW, WIN_TICKET, "LogonGuid", NULL, NULL },
		{ ROLE_CRED, WIN_TICKET, "LogonGuid", NULL, NULL },
	};

	for (size_t i = 0; i < COUNT(parts); i++)
		win_part(w, &parts[i]);
	win_endpoint(w, "IpAddress", "IpPort");
}

/* ---- the machine ------------------------------------------------------ */

/* 4826 is logged at every start, before the first process, whatever is
 * audited. */
static void
boot(struct win *w)
{
	win_mark(w, ROLE_BOOT);
}

/* 4608 is logged when people can log on: lsass is up, and with it the processes
 * that were started before it. */
static void
boot_is_up(struct win *w)
{
	win_mark(w, ROLE_BOOT);
	win_mark(w, ROLE_UP);
}

/* The machine applies its own policy again and again; a person changes it. */
static void
audit_policy(struct win *w)
{
	if (win_is_shared_account(win_get(w, "SubjectUserName").text))
		w->r->ev->act = ACT_OTHER;
}

static void
cleared(struct win *w)
{
	win_mark(w, ROLE_CLEARED);
}

void
win_session(struct win *w)
{
	static const struct win_part sessions[] = {
		SUBJECT_SESSION,
		{ ROLE_SESS, WIN_LUID, "TargetLogonId", NULL, NULL },
	};

	if (win_part(w, &sessions[0]) == NULL)
		win_part(w, &sessions[1]);
}

/* ---- the table -------------------------------------------------------- */

#define ACCOUNT_CHANGE(number, verb) \
	{ number, "account", verb, ACT_ACCOUNT_CHANGE, \
	  .own = WIN_SUBJECT, .target = "TargetUserName", \
	  .parts = { TARGET_ACCOUNT(ROLE_TARGET) } }
#define GROUP_CHANGE(number, verb) \
	{ number, "group", verb, ACT_ACCOUNT_CHANGE, \
	  .own = WIN_SUBJECT, .target = "TargetUserName", \
	  .parts = { { ROLE_TARGET, WIN_SID, "MemberSid", "MemberName", \
		NULL } } }

static const struct win_row rows[] = {
	{ 1102, "log", "log.clear", ACT_LOG_CLEARED,
	  .own = WIN_SUBJECT, .target = "Channel", .more = cleared },
	{ 4608, "system", "system.start", ACT_BOOT, .more = boot_is_up },
	{ 4616, "system", "system.time", ACT_OTHER,
	  .own = WIN_SUBJECT | WIN_PROCESS, .target = "NewTime" },
	{ 4624, "authentication", "logon", ACT_LOGON,
	  .own = WIN_PROCESS, .actor = "TargetUserName",
	  .parts = {
		{ ROLE_NEW, WIN_LUID, "TargetLogonId", NULL, NULL },
		TARGET_USER(ROLE_USER), SUBJECT_SESSION, REMOTE_IP },
	  .more = logon },
	{ 4625, "authentication", "logon", ACT_LOGON_FAILED,
	  .own = WIN_FAILS | WIN_PROCESS, .actor = "TargetUserName",
	  .parts = { TARGET_USER(ROLE_USER), REMOTE_IP }, .more = logon },
	{ 4627, "authentication", "logon.groups", ACT_OTHER,
	  .flags = EVENT_MINOR, .own = WIN_SUBJECT,
	  .actor = "TargetUserName", .target = "TargetUserName",
	  .parts = { { ROLE_SESS, WIN_LUID, "TargetLogonId", NULL, NULL },
		TARGET_USER(ROLE_USER) }, .more = logon_type },
	{ 4634, "authentication", "logoff", ACT_LOGOFF,
	  .flags = EVENT_MINOR, .actor = "TargetUserName",
	  .parts = { { ROLE_END, WIN_LUID, "TargetLogonId", NULL, NULL },
		TARGET_USER(ROLE_USER) }, .more = logon_type },
	{ 4647, "authentication", "logoff", ACT_LOGOFF,
	  .actor = "TargetUserName",
	  .parts = { { ROLE_END, WIN_LUID, "TargetLogonId", NULL, NULL },
		TARGET_USER(ROLE_USER) } },
	{ 4648, "authentication", "logon.explicit", ACT_LOGON,
	  .own = WIN_SUBJECT | WIN_PROCESS, .target = "TargetServerName",
	  .parts = { REMOTE_IP }, .more = explicit_logon },
	{ 4672, "authentication", "logon.privileges", ACT_OTHER,
	  .flags = EVENT_MINOR, .own = WIN_SUBJECT,
	  .target = "SubjectUserName" },
	{ 4719, "policy", "audit.change", ACT_TAMPER,
	  .own = WIN_SUBJECT, .target = "SubcategoryGuid",
	  .more = audit_policy },
	{ 4720, "account", "account.create", ACT_ACCOUNT_CREATE,
	  .own = WIN_SUBJECT, .target = "TargetUserName",
	  .parts = { TARGET_ACCOUNT(ROLE_NEW) } },
	ACCOUNT_CHANGE(4722, "account.enable"),
	ACCOUNT_CHANGE(4723, "account.password"),
	ACCOUNT_CHANGE(4724, "account.password_reset"),
	ACCOUNT_CHANGE(4725, "account.disable"),
	{ 4726, "account", "account.delete", ACT_ACCOUNT_CHANGE,
	  .own = WIN_SUBJECT, .target = "TargetUserName",
	  .parts = { TARGET_ACCOUNT(ROLE_END) } },
	GROUP_CHANGE(4728, "group.add"), GROUP_CHANGE(4729, "group.remove"),
	GROUP_CHANGE(4732, "group.add"), GROUP_CHANGE(4733, "group.remove"),
	ACCOUNT_CHANGE(4738, "account.change"),
	{ 4740, "account", "account.lockout", ACT_ACCOUNT_CHANGE,
	  .target = "TargetUserName",
	  .parts = { TARGET_ACCOUNT(ROLE_TARGET) } },
	{ 4741, "account", "account.create", ACT_ACCOUNT_CREATE,
	  .own = WIN_SUBJECT, .target = "TargetUserName",
	  .parts = { TARGET_ACCOUNT(ROLE_NEW) } },
	ACCOUNT_CHANGE(4742, "account.change"),
	{ 4743, "account", "account.delete", ACT_ACCOUNT_CHANGE,
	  .own = WIN_SUBJECT, .target = "TargetUserName",
	  .parts = { TARGET_ACCOUNT(ROLE_END) } },
	GROUP_CHANGE(4756, "group.add"), GROUP_CHANGE(4757, "group.remove"),
	ACCOUNT_CHANGE(4767, "account.unlock"),
	{ 4768, "authentication", "ticket.grant", ACT_TICKET,
	  .own = WIN_STATUS, .actor = "TargetUserName",
	  .target = "ServiceName",
	  .parts = { TARGET_ACCOUNT(ROLE_USER), REMOTE_IP },
	  .more = ticket },
	{ 4769, "authentication", "ticket.service", ACT_TICKET,
	  .own = WIN_STATUS, .actor = "TargetUserName",
	  .target = "ServiceName",
	  .parts = { { ROLE_USER, WIN_USER, "TargetUserName",
		"TargetDomainName", NULL }, REMOTE_IP }, .more = ticket },
	{ 4770, "authentication", "ticket.renew", ACT_TICKET,
	  .actor = "TargetUserName", .target = "ServiceName",
	  .parts = { { ROLE_USER, WIN_USER, "TargetUserName",
		"TargetDomainName", NULL }, REMOTE_IP } },
	{ 4771, "authentication", "ticket.refuse", ACT_LOGON_FAILED,
	  .own = WIN_FAILS, .actor = "TargetUserName", .target = "ServiceName",
	  .parts = { TARGET_ACCOUNT(ROLE_USER), REMOTE_IP } },
	{ 4776, "authentication", "logon.validate", ACT_OTHER,
	  .own = WIN_STATUS, .actor = "TargetUserName",
	  .target = "Workstation",
	  .parts = { { ROLE_USER, WIN_USER, "TargetUserName", NULL,
		NULL } } },
	{ 4778, "authentication", "session.reconnect", ACT_OTHER,
	  .flags = EVENT_INTERACTIVE, .actor = "AccountName",
	  .target = "SessionName",
	  .parts = { { ROLE_SESS, WIN_LUID, "LogonId", NULL, NULL },
		{ ROLE_USER, WIN_USER, "AccountName", "AccountDomain", NULL },
		{ ROLE_ART, WIN_IP, "ClientAddress", NULL, NULL } } },
	{ 4779, "authentication", "session.disconnect", ACT_OTHER,
	  .actor = "AccountName", .target = "SessionName",
	  .parts = { { ROLE_SESS, WIN_LUID, "LogonId", NULL, NULL },
		{ ROLE_USER, WIN_USER, "AccountName", "AccountDomain", NULL },
		{ ROLE_ART, WIN_IP, "ClientAddress", NULL, NULL } } },
	{ 4798, "account", "account.enumerate", ACT_OTHER,
	  .own = WIN_SUBJECT, .target = "TargetUserName",
	  .parts = { { ROLE_SUBJ, WIN_PID, "CallerProcessId",
		"CallerProcessName", NULL } } },
	{ 4799, "group", "group.enumerate", ACT_OTHER,
	  .own = WIN_SUBJECT, .target = "TargetUserName",
	  .parts = { { ROLE_SUBJ, WIN_PID, "CallerProcessId",
		"CallerProcessName", NULL } } },
	{ 4826, "system", "system.boot", ACT_BOOT, .own = WIN_SUBJECT,
	  .more = boot },
	{ 5379, "credential", "credential.read", ACT_OTHER,
	  .flags = EVENT_MINOR, .own = WIN_SUBJECT, .target = "TargetName",
	  .parts = { { ROLE_SUBJ, WIN_PID, "ClientProcessId", NULL,
		NULL } } },
};

static const struct win_row plain = {
	0, "security", "security.event", ACT_OTHER,
	.own = WIN_PROCESS, .target = "ObjectName",
	.parts = { { ROLE_USER, WIN_SID, "SubjectUserSid", "SubjectUserName",
		"SubjectDomainName" } },
	.more = win_session,
};

const struct win_row *
win_security_row(uint32_t id)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].id == id)
			return &rows[i];
	return win_object_row(id) ? win_object_row(id) : &plain;
}
