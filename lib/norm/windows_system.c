/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All other channels: System, PowerShell (both), TaskScheduler, WMI-Activity,
 * Defender, terminal services. An event number means something only together
 * with its channel, and in System and Application with its provider. Here the
 * account is the one in the record's header (WIN_SIGNED_ON). The pid there is
 * the logger's, which need not be who acted, and names no process on its own:
 * it links nothing.
 */
#include "norm/windows.h"

#include <string.h>

#include "base/arena.h"

#define BY_HEADER	{ ROLE_USER, WIN_SID, "", "AccountName", "Domain" }

/* ---- what no table says ----------------------------------------------- */

static void
cleared(struct win *w)
{
	win_mark(w, ROLE_CLEARED);
}

static void
boot(struct win *w)
{
	win_mark(w, ROLE_BOOT);
}

/* "file:_C:\x\y.exe; containerfile:_..." */
static void
detection(struct win *w)
{
	struct win_value v = win_get(w, "Path");
	size_t end = str_find(v.text, STR(";"), 0);
	struct str file = win_path(w, str_sub(v.text, 0, end));
	struct str level = win_get(w, "Severity Name").text;
	struct event *ev = w->r->ev;

	ev->severity = str_is_fold(level, "Severe") ? 90 :
	    str_is_fold(level, "High") ? 75 :
	    str_is_fold(level, "Moderate") ? 50 : 30;
	if (ev->target.len == 0)
		ev->target = v.text;
	if (file.len > 0)
		win_ref(w, (struct named){
			.kind = KIND_FILE, .role = ROLE_TARGET,
			.key = win_local(w, file), .name = file,
			.field = v.field, .value = v.whole,
		});
}

/* The name in quotes of CommandLineEventConsumer="x". */
static void
wmi_binding(struct win *w)
{
	struct win_value v = win_get(w, "CONSUMER");
	size_t from = str_find(v.text, STR("\""), 0), to;
	struct str name, key;

	if (from == (size_t)-1)
		return;
	to = str_find(v.text, STR("\""), from + 1);
	if (to == (size_t)-1)
		return;
	name = str_lower(w->r->a, str_sub(v.text, from + 1, to - from - 1));
	key = norm_join(w->r->a, STR("consumer:"), name, STR(""));
	win_ref(w, (struct named){
		.kind = KIND_SUBSCRIPTION, .role = ROLE_NEW,
		.key = win_local(w, key), .name = name, .field = v.field,
		.value = v.whole,
	});
}

/* ---- tables ----------------------------------------------------------- */

static const struct win_row system_rows[] = {
	{ 12, "system", "system.start", ACT_BOOT, .more = boot },
	{ 104, "log", "log.clear", ACT_LOG_CLEARED,
	  .own = WIN_SIGNED_ON, .target = "Channel",
	  .parts = { BY_HEADER }, .more = cleared },
	{ 7036, "service", "service.state", ACT_OTHER,
	  .flags = EVENT_MINOR, .target = "param1",
	  .parts = { { ROLE_TARGET, WIN_SERVICE, "param1", NULL, NULL } } },
	{ 7040, "service", "service.start_type", ACT_OTHER,
	  .own = WIN_SIGNED_ON, .target = "param1",
	  .parts = { BY_HEADER,
		{ ROLE_TARGET, WIN_SERVICE, "param4", NULL, NULL } } },
	{ 7045, "service", "service.install", ACT_SERVICE_CREATE,
	  .own = WIN_SIGNED_ON, .target = "ServiceName",
	  .parts = { BY_HEADER,
		{ ROLE_NEW, WIN_SERVICE, "ServiceName", NULL, NULL },
		{ ROLE_ARM, WIN_COMMAND, "ServiceFileName", NULL, NULL } } },
};

static const struct win_row powershell_rows[] = {
	{ 400, "script", "powershell.start", ACT_OTHER,
	  .flags = EVENT_MINOR },
	{ 403, "script", "powershell.stop", ACT_OTHER,
	  .flags = EVENT_MINOR },
	{ 600, "script", "powershell.provider", ACT_OTHER,
	  .flags = EVENT_MINOR },
	{ 800, "script", "powershell.pipeline", ACT_OTHER,
	  .flags = EVENT_MINOR },
	{ 4103, "script", "powershell.module", ACT_SCRIPT,
	  .own = WIN_SIGNED_ON, .category = "ps_module", .target = "Payload",
	  .parts = { BY_HEADER } },
	{ 4104, "script", "powershell.script", ACT_SCRIPT,
	  .own = WIN_SIGNED_ON, .category = "ps_script",
	  .target = "ScriptBlockText", .parts = { BY_HEADER,
		{ ROLE_READ, WIN_FILE, "Path", NULL, NULL } } },
	{ 4105, "script", "powershell.begin", ACT_OTHER,
	  .flags = EVENT_MINOR, .own = WIN_SIGNED_ON,
	  .parts = { BY_HEADER } },
	{ 4106, "script", "powershell.end", ACT_OTHER,
	  .flags = EVENT_MINOR, .own = WIN_SIGNED_ON,
	  .parts = { BY_HEADER } },
};

#define TASK(role)	{ role, WIN_TASK, "TaskName", NULL, NULL }
static const struct win_row task_rows[] = {
	{ 106, "task", "task.create", ACT_TASK_CREATE,
	  .actor = "UserContext", .target = "TaskName",
	  .parts = { TASK(ROLE_NEW),
		{ ROLE_USER, WIN_USER, "UserContext", NULL, NULL } } },
	{ 129, "task", "task.launch", ACT_OTHER,
	  .target = "TaskName",
	  .parts = { TASK(ROLE_USE),
		{ ROLE_EXEC, WIN_COMMAND, "Path", NULL, NULL },
		{ ROLE_TARGET, WIN_PID, "ProcessID", "Path", NULL } } },
	{ 140, "task", "task.update", ACT_TASK_CREATE,
	  .actor = "UserName", .target = "TaskName",
	  .parts = { TASK(ROLE_NEW),
		{ ROLE_USER, WIN_USER, "UserName", NULL, NULL } } },
	{ 141, "task", "task.delete", ACT_OTHER,
	  .actor = "UserName", .target = "TaskName",
	  .parts = { TASK(ROLE_END),
		{ ROLE_USER, WIN_USER, "UserName", NULL, NULL } } },
	{ 142, "task", "task.disable", ACT_OTHER,
	  .actor = "UserName", .target = "TaskName",
	  .parts = { TASK(ROLE_TARGET),
		{ ROLE_USER, WIN_USER, "UserName", NULL, NULL } } },
	{ 200, "task", "task.start", ACT_OTHER,
	  .target = "TaskName",
	  .parts = { TASK(ROLE_USE),
		{ ROLE_EXEC, WIN_COMMAND, "ActionName", NULL, NULL } } },
	{ 201, "task", "task.complete", ACT_OTHER,
	  .target = "TaskName", .parts = { TASK(ROLE_USE) } },
};

static const struct win_row wmi_rows[] = {
	{ 5857, "wmi", "wmi.provider", ACT_OTHER,
	  .flags = EVENT_MINOR, .target = "ProviderName" },
	{ 5858, "wmi", "wmi.error", ACT_OTHER,
	  .flags = EVENT_MINOR, .target = "Operation" },
	{ 5860, "wmi", "wmi.subscribe", ACT_WMI,
	  .flags = EVENT_MINOR, .target = "Query" },
	{ 5861, "wmi", "wmi.bind", ACT_WMI, .own = WIN_SIGNED_ON,
	  .target = "CONSUMER", .parts = { BY_HEADER },
	  .more = wmi_binding },
};

#define DETECTION(number, verb) \
	{ number, "alert", verb, ACT_OTHER, .flags = EVENT_ALERT, \
	  .category = "antivirus", .actor = "Detection User", \
	  .target = "Threat Name", .parts = { \
		{ ROLE_USER, WIN_USER, "Detection User", NULL, NULL } }, \
	  .more = detection }
#define SWITCHED(number, verb) \
	{ number, "sensor", verb, ACT_TAMPER, \
	  .own = WIN_SIGNED_ON, .target = "Product Name" }
static const struct win_row defender_rows[] = {
	DETECTION(1006, "malware.detect"), DETECTION(1015, "malware.suspect"),
	DETECTION(1116, "malware.detect"), DETECTION(1117, "malware.act"),
	DETECTION(1119, "malware.act_failed"),
	SWITCHED(5001, "antivirus.off"), SWITCHED(5010, "antivirus.off"),
	SWITCHED(5012, "antivirus.off"),
	{ 5007, "sensor", "antivirus.config", ACT_OTHER,
	  .own = WIN_SIGNED_ON, .target = "New Value" },
};

static const struct win_row remote_rows[] = {
	{ 1149, "authentication", "rdp.authenticate", ACT_OTHER,
	  .flags = EVENT_INTERACTIVE, .actor = "Param1", .target = "Param3",
	  .parts = { { ROLE_USER, WIN_USER, "Param1", "Param2", NULL },
		{ ROLE_ART, WIN_IP, "Param3", NULL, NULL } } },
};

/* Sessions here are terminal numbers, no LogonIds. */
#define TERMINAL(number, verb) \
	{ number, "authentication", verb, ACT_OTHER, \
	  .flags = EVENT_INTERACTIVE, .actor = "User", .target = "Address", \
	  .parts = { { ROLE_USER, WIN_USER, "User", NULL, NULL }, \
		{ ROLE_ART, WIN_IP, "Address", NULL, NULL } } }
static const struct win_row terminal_rows[] = {
	TERMINAL(21, "rdp.logon"), TERMINAL(22, "rdp.shell"),
	TERMINAL(23, "rdp.logoff"), TERMINAL(24, "rdp.disconnect"),
	TERMINAL(25, "rdp.reconnect"),
};

static const struct win_row plain = {
	0, "windows", "windows.event", ACT_OTHER,
	.own = WIN_SIGNED_ON, .parts = { BY_HEADER },
};

#define TABLE(t)	t, COUNT(t)

/* Channel, the provider its rows belong to (NULL: any), Sigma's service. */
static const struct {
	const char *channel, *provider, *service;
	const struct win_row *rows;
	size_t n;
} channels[] = {
	{ "System", "Microsoft-Windows-Kernel-General", "system",
	  system_rows, 1 },
	{ "System", "Microsoft-Windows-Eventlog", "system",
	  &system_rows[1], 1 },
	{ "System", "Service Control Manager", "system",
	  &system_rows[2], COUNT(system_rows) - 2 },
	{ "System", NULL, "system", NULL, 0 },
	{ "Application", NULL, "application", NULL, 0 },
	{ "Microsoft-Windows-PowerShell/Operational", NULL, "powershell",
	  TABLE(powershell_rows) },
	{ "PowerShellCore/Operational", NULL, "powershell",
	  TABLE(powershell_rows) },
	{ "Windows PowerShell", NULL, "powershell-classic",
	  TABLE(powershell_rows) },
	{ "Microsoft-Windows-TaskScheduler/Operational", NULL,
	  "taskscheduler", TABLE(task_rows) },
	{ "Microsoft-Windows-WMI-Activity/Operational", NULL, "wmi",
	  TABLE(wmi_rows) },
	{ "Microsoft-Windows-Windows Defender/Operational", NULL, "windefend",
	  TABLE(defender_rows) },
	{ "Microsoft-Windows-TerminalServices-RemoteConnectionManager/"
	  "Operational", NULL, "terminalservices-remoteconnectionmanager",
	  TABLE(remote_rows) },
	{ "Microsoft-Windows-TerminalServices-LocalSessionManager/"
	  "Operational", NULL, "terminalservices-localsessionmanager",
	  TABLE(terminal_rows) },
	{ "Microsoft-Windows-Bits-Client/Operational", NULL, "bits-client",
	  NULL, 0 },
	{ "Microsoft-Windows-Windows Firewall With Advanced Security/"
	  "Firewall", NULL, "firewall-as", NULL, 0 },
	{ "Microsoft-Windows-CodeIntegrity/Operational", NULL,
	  "codeintegrity-operational", NULL, 0 },
	{ "Microsoft-Windows-NTLM/Operational", NULL, "ntlm", NULL, 0 },
	{ "Microsoft-Windows-DNS-Client/Operational", NULL, "dns-client",
	  NULL, 0 },
	{ "DNS Server", NULL, "dns-server", NULL, 0 },
	{ "Microsoft-Windows-AppLocker/EXE and DLL", NULL, "applocker",
	  NULL, 0 },
	{ "Microsoft-Windows-LSA/Operational", NULL, "lsa-server", NULL, 0 },
};

const struct win_row *
win_system_row(struct win *w)
{
	size_t i, j;

	for (i = 0; i < COUNT(channels); i++) {
		if (!str_is_fold(w->channel, channels[i].channel))
			continue;
		w->r->ev->service = channels[i].service;
		if (w->provider.len > 0 && channels[i].provider &&
		    !str_is_fold(w->provider, channels[i].provider))
			continue;
		for (j = 0; j < channels[i].n; j++)
			if (channels[i].rows[j].id == w->id)
				return &channels[i].rows[j];
	}
	return &plain;
}
