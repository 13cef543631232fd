/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Security channel's records of processes, handles, services, tasks, shares
 * and connections. A 4688 is a creation by the pid in ProcessId of the one in
 * NewProcessId, in the creator's session; where TargetLogonId is not null, the
 * new process runs there (runas), and the record belongs to both.
 */
#include "norm/windows.h"

#include <string.h>

#include "base/arena.h"

#define SUBJECT_SESSION	{ ROLE_SESS, WIN_LUID, "SubjectLogonId", NULL, NULL }
#define HANDLE(role)	{ role, WIN_HANDLE, "HandleId", "ProcessId", \
	"ObjectName" }
#define REMOTE_IP	{ ROLE_ART, WIN_IP, "IpAddress", NULL, NULL }

/* ---- processes -------------------------------------------------------- */

static void
created(struct win *w)
{
	static const struct win_part sessions[] = {
		{ ROLE_SESS, WIN_LUID, "TargetLogonId", NULL, NULL },
		SUBJECT_SESSION,
	};
	uint64_t luid;

	if (win_number(win_get(w, "TargetLogonId").text, &luid) && luid != 0)
		win_part(w, &sessions[0]);
	win_part(w, &sessions[1]);
	if (win_get(w, "CommandLine").text.len == 0)
		w->r->ev->target = win_get(w, "NewProcessName").text;
}

/* ---- objects and handles ---------------------------------------------- */

/* The object that a record names: a file, a key, or a thing of another type,
 * which is known by that type and its name. */
static void
object(struct win *w, enum role of_file, enum role of_key)
{
	struct str type = win_get(w, "ObjectType").text;
	struct win_value name = win_get(w, "ObjectName");
	struct win_part p = { of_file, WIN_FILE, "ObjectName", NULL, NULL };
	struct named other = {
		.kind = KIND_RESOURCE, .role = ROLE_TARGET,
		.flags = REF_COMMON, .name = name.text,
		.field = name.field, .value = name.whole,
	};

	if (str_is_fold(type, "Key")) {
		p.as = WIN_REGISTRY;
		p.role = of_key;
	}
	if ((p.as == WIN_REGISTRY || str_is_fold(type, "File")) &&
	    win_part(w, &p) != NULL)
		return;
	if (type.len == 0 || name.text.len == 0)
		return;
	other.key = win_local(w, str_lower(w->r->a, norm_join(w->r->a, type,
	    STR("|"), name.text)));
	win_ref(w, other);
}

static void
opened(struct win *w)
{
	object(w, ROLE_TARGET, ROLE_TARGET);
}

/* What a 4663 says was done, by the access rights that were used. */
static void
object_access(struct win *w)
{
	enum role file, key;
	uint64_t mask;

	if (!win_number(win_get(w, "AccessMask").text, &mask))
		mask = 0;
	/* delete; write or append data; read data or execute */
	file = mask & 0x10000 ? ROLE_END : mask & 0x6 ? ROLE_WRITE :
	    mask & 0x21 ? ROLE_READ : ROLE_TARGET;
	/* set value or create sub key; query value */
	key = mask & 0x6 ? ROLE_WRITE : mask & 0x1 ? ROLE_READ : ROLE_TARGET;
	object(w, file, key);
}

static void
registry_value(struct win *w)
{
	struct win_value key = win_get(w, "ObjectName");
	struct str value = win_get(w, "ObjectValueName").text;
	struct str path = win_registry(w, key.text);

	if (path.len == 0)
		return;
	if (value.len > 0)
		path = norm_join(w->r->a, path, STR("\\"),
		    str_lower(w->r->a, value));
	win_ref(w, (struct named){
		.kind = KIND_REGISTRY, .role = ROLE_WRITE,
		.key = win_local(w, path), .name = path,
		.field = key.field, .value = key.whole,
	});
}

static void
duplicated(struct win *w)
{
	static const struct win_part parts[] = {
		{ ROLE_USE, WIN_HANDLE, "SourceHandleId", "SourceProcessId",
		  NULL },
		{ ROLE_NEW, WIN_HANDLE, "TargetHandleId", "TargetProcessId",
		  NULL },
	};

	for (size_t i = 0; i < COUNT(parts); i++)
		win_part(w, &parts[i]);
}

/* ---- services, tasks -------------------------------------------------- */

/* The program of a task's definition: its first <Command>. Tasks by the hundred
 * start the system's own programs: there, only the task's name tells. */
static void
task(struct win *w)
{
	struct win_value v = win_get(w, "TaskContent");
	struct str xml = win_unescape(w->r->a, v.text), command;
	size_t from = str_find(xml, STR("<Command>"), 0), to;
	struct str path;

	if (from == (size_t)-1)
		return;
	to = str_find(xml, STR("</Command>"), from);
	if (to == (size_t)-1)
		return;
	command = str_sub(xml, from + 9, to - from - 9);
	path = win_command_path(w, win_unescape(w->r->a, command));
	if (!win_is_system(w, path))
		win_armed(w, ROLE_ARM, path, v);
}

/* ---- network ---------------------------------------------------------- */

static const char *const five_fields[5] = {
	"Protocol", "SourceAddress", "SourcePort", "DestAddress", "DestPort",
};

/* %%14593 is outbound, %%14592 inbound; source is the initiator in both. */
static void
filtering(struct win *w)
{
	struct str d = win_get(w, "Direction").text;
	bool ours = str_is(d, "%%14593") || str_is_fold(d, "Outbound");
	const struct win_part far = {
		ROLE_ART, WIN_IP, ours ? "DestAddress" : "SourceAddress",
		NULL, NULL
	};

	win_flow(w, five_fields, ours);
	win_part(w, &far);
	w->r->ev->target = norm_join(w->r->a,
	    win_get(w, "DestAddress").text, STR(":"),
	    win_get(w, "DestPort").text);
	if (w->id == 5156 && !ours)
		w->r->ev->action = STR("network.accept");
	/* What nobody installed speaks to is worth telling. */
	if (w->id == 5156 && ours && !win_is_installed(w,
	    win_path(w, win_get(w, "Application").text)))
		w->r->ev->flags &= ~(unsigned)EVENT_MINOR;
}

/* A pipe of IPC$ by its name; a file by the share's own path. */
static void
share(struct win *w)
{
	struct win_value rel = win_get(w, "RelativeTargetName");
	struct win_value root = win_get(w, "ShareLocalPath");
	struct str name = win_get(w, "ShareName").text, path;
	struct named n = { .role = ROLE_TARGET, .name = rel.text,
	    .field = rel.field, .value = rel.whole };

	win_endpoint(w, "IpAddress", "IpPort");
	if (rel.text.len == 0 || str_is(rel.text, "\\"))
		return;
	w->r->ev->target = norm_join(w->r->a, name, STR("\\"), rel.text);
	if (str_ends_fold(name, "\\IPC$")) {
		n.kind = KIND_PIPE;
		n.role = ROLE_USE;
		path = norm_join(w->r->a, STR("\\"), rel.text, STR(""));
		n.key = win_local(w, str_lower(w->r->a, path));
	} else {
		path = win_path(w, root.text);
		n.kind = KIND_FILE;
		if (path.len > 0 && path.p[path.len - 1] == '\\')
			path.len--;
		if (path.len > 0)
			n.key = win_local(w, norm_join(w->r->a, path,
			    STR("\\"), str_lower(w->r->a, rel.text)));
	}
	if (n.key.len > 0)
		win_ref(w, n);
}

/* ---- the table -------------------------------------------------------- */

static const struct win_row rows[] = {
	{ 4656, "object", "handle.open", ACT_HANDLE_OPEN,
	  .flags = EVENT_MINOR, .own = WIN_SUBJECT | WIN_PROCESS,
	  .target = "ObjectName", .parts = { HANDLE(ROLE_NEW) },
	  .more = opened },
	{ 4657, "registry", "registry.set", ACT_REGISTRY_SET,
	  .own = WIN_SUBJECT | WIN_PROCESS, .target = "ObjectName",
	  .parts = { HANDLE(ROLE_USE),
		{ ROLE_TARGET, WIN_REGISTRY, "ObjectName", NULL, NULL } },
	  .more = registry_value },
	{ 4658, "object", "handle.close", ACT_HANDLE_CLOSE,
	  .flags = EVENT_MINOR, .own = WIN_SUBJECT | WIN_PROCESS,
	  .parts = { HANDLE(ROLE_END) } },
	{ 4660, "object", "object.delete", ACT_HANDLE_USE,
	  .flags = EVENT_MINOR, .own = WIN_SUBJECT | WIN_PROCESS,
	  .parts = { HANDLE(ROLE_USE) } },
	{ 4661, "object", "handle.open", ACT_HANDLE_OPEN,
	  .flags = EVENT_MINOR, .own = WIN_SUBJECT | WIN_PROCESS,
	  .target = "ObjectName", .parts = { HANDLE(ROLE_NEW) },
	  .more = opened },
	{ 4662, "directory", "directory.access", ACT_OTHER,
	  .flags = EVENT_MINOR, .own = WIN_SUBJECT, .target = "ObjectName" },
	{ 4663, "object", "object.access", ACT_HANDLE_USE,
	  .flags = EVENT_MINOR, .own = WIN_SUBJECT | WIN_PROCESS,
	  .target = "ObjectName", .parts = { HANDLE(ROLE_USE) },
	  .more = object_access },
	{ 4670, "object", "object.permissions", ACT_OTHER,
	  .flags = EVENT_MINOR, .own = WIN_SUBJECT | WIN_PROCESS,
	  .target = "ObjectName" },
	{ 4673, "privilege", "privilege.use", ACT_OTHER,
	  .flags = EVENT_MINOR, .own = WIN_SUBJECT | WIN_PROCESS,
	  .target = "PrivilegeList" },
	{ 4674, "privilege", "privilege.use", ACT_OTHER,
	  .flags = EVENT_MINOR, .own = WIN_SUBJECT | WIN_PROCESS,
	  .target = "ObjectName" },
	{ 4688, "process", "process.create", ACT_PROCESS_CREATE,
	  .category = "process_creation", .target = "CommandLine",
	  .parts = { { ROLE_USER, WIN_SID, "SubjectUserSid",
		  "SubjectUserName", "SubjectDomainName" },
		{ ROLE_PARENT, WIN_PID, "ProcessId",
		  "ParentProcessName", NULL },
		{ ROLE_NEW, WIN_PID, "NewProcessId", "NewProcessName", NULL },
		{ ROLE_EXEC, WIN_FILE, "NewProcessName", NULL, NULL } },
	  .more = created },
	{ 4689, "process", "process.end", ACT_PROCESS_END,
	  .flags = EVENT_MINOR, .own = WIN_SUBJECT, .target = "ProcessName",
	  .parts = { { ROLE_END, WIN_PID, "ProcessId", "ProcessName",
		NULL } } },
	{ 4690, "object", "handle.duplicate", ACT_HANDLE_OPEN,
	  .flags = EVENT_MINOR, .own = WIN_SUBJECT, .more = duplicated },
	{ 4697, "service", "service.install", ACT_SERVICE_CREATE,
	  .own = WIN_SUBJECT, .target = "ServiceName",
	  .parts = { { ROLE_NEW, WIN_SERVICE, "ServiceName", NULL, NULL },
		{ ROLE_ARM, WIN_COMMAND, "ServiceFileName", NULL, NULL } } },
	{ 4698, "task", "task.create", ACT_TASK_CREATE,
	  .own = WIN_SUBJECT, .target = "TaskName",
	  .parts = { { ROLE_NEW, WIN_TASK, "TaskName", NULL, NULL },
		{ ROLE_SUBJ, WIN_PID, "ClientProcessId", NULL, NULL } },
	  .more = task },
	{ 4699, "task", "task.delete", ACT_OTHER,
	  .own = WIN_SUBJECT, .target = "TaskName",
	  .parts = { { ROLE_END, WIN_TASK, "TaskName", NULL, NULL } } },
	{ 4700, "task", "task.enable", ACT_OTHER,
	  .own = WIN_SUBJECT, .target = "TaskName",
	  .parts = { { ROLE_TARGET, WIN_TASK, "TaskName", NULL, NULL } } },
	{ 4701, "task", "task.disable", ACT_OTHER,
	  .own = WIN_SUBJECT, .target = "TaskName",
	  .parts = { { ROLE_TARGET, WIN_TASK, "TaskName", NULL, NULL } } },
	{ 4702, "task", "task.update", ACT_TASK_CREATE,
	  .own = WIN_SUBJECT, .target = "TaskName",
	  .parts = { { ROLE_NEW, WIN_TASK, "TaskName", NULL, NULL },
		{ ROLE_SUBJ, WIN_PID, "ClientProcessId", NULL, NULL } },
	  .more = task },
	{ 4703, "privilege", "privilege.adjust", ACT_OTHER,
	  .flags = EVENT_MINOR, .own = WIN_PROCESS,
	  .target = "EnabledPrivilegeList",
	  .parts = { { ROLE_USER, WIN_SID, "SubjectUserSid",
		"SubjectUserName", "SubjectDomainName" } },
	  .more = win_session },
	{ 5136, "directory", "directory.change", ACT_OTHER,
	  .own = WIN_SUBJECT, .target = "ObjectDN" },
	{ 5140, "share", "share.open", ACT_SHARE,
	  .own = WIN_SUBJECT, .target = "ShareName",
	  .parts = { REMOTE_IP }, .more = share },
	{ 5145, "share", "share.access", ACT_SHARE,
	  .own = WIN_SUBJECT, .target = "ShareName",
	  .parts = { REMOTE_IP }, .more = share },
	{ 5152, "network", "network.block", ACT_OTHER,
	  .flags = EVENT_MINOR, .own = WIN_FAILS | WIN_PROCESS,
	  .actor = "Application", .more = filtering },
	{ 5154, "network", "network.listen", ACT_OTHER,
	  .flags = EVENT_MINOR, .own = WIN_PROCESS, .actor = "Application",
	  .target = "SourcePort" },
	{ 5156, "network", "network.connect", ACT_CONNECT,
	  .flags = EVENT_MINOR, .own = WIN_PROCESS,
	  .actor = "Application",
	  .more = filtering },
	{ 5157, "network", "network.block", ACT_OTHER,
	  .flags = EVENT_MINOR, .own = WIN_FAILS | WIN_PROCESS,
	  .actor = "Application", .more = filtering },
	{ 5158, "network", "network.bind", ACT_OTHER,
	  .flags = EVENT_MINOR, .own = WIN_PROCESS, .actor = "Application",
	  .target = "SourcePort" },
	{ 5447, "network", "firewall.filter", ACT_OTHER,
	  .flags = EVENT_MINOR, .target = "FilterName",
	  .parts = { { ROLE_USER, WIN_SID, "UserSid", "UserName", NULL },
		{ ROLE_SUBJ, WIN_PID, "ProcessId", NULL, NULL } } },
};

const struct win_row *
win_object_row(uint32_t id)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].id == id)
			return &rows[i];
	return NULL;
}
