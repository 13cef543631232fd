/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, in words, for counts of folded events. */
#include "read/inner.h"

static const char *const names[ACT__MAX] = {
	[ACT_OTHER] = "other", [ACT_PROCESS_CREATE] = "process create",
	[ACT_PROCESS_END] = "process end",
	[ACT_PROCESS_ACCESS] = "process access",
	[ACT_REMOTE_THREAD] = "remote thread", [ACT_IMAGE_LOAD] = "image load",
	[ACT_DRIVER_LOAD] = "driver load", [ACT_FILE_CREATE] = "file create",
	[ACT_FILE_DELETE] = "file delete", [ACT_FILE_READ] = "file read",
	[ACT_REGISTRY_SET] = "registry set",
	[ACT_REGISTRY_OTHER] = "registry access", [ACT_CONNECT] = "connection",
	[ACT_FLOW] = "flow", [ACT_DNS] = "dns query",
	[ACT_PIPE_CREATE] = "pipe create", [ACT_PIPE_USE] = "pipe use",
	[ACT_LOGON] = "logon", [ACT_LOGON_FAILED] = "failed logon",
	[ACT_LOGOFF] = "logoff", [ACT_TICKET] = "ticket",
	[ACT_HANDLE_OPEN] = "handle open", [ACT_HANDLE_USE] = "handle use",
	[ACT_HANDLE_CLOSE] = "handle close",
	[ACT_SERVICE_CREATE] = "service create",
	[ACT_TASK_CREATE] = "task create",
	[ACT_ACCOUNT_CREATE] = "account create",
	[ACT_ACCOUNT_CHANGE] = "account change",
	[ACT_TOKEN_ISSUE] = "token issue", [ACT_API_CALL] = "api call",
	[ACT_SIGN_IN] = "sign-in", [ACT_SSO] = "single sign-on",
	[ACT_SCRIPT] = "script", [ACT_SHARE] = "share access",
	[ACT_WMI] = "wmi", [ACT_LOG_CLEARED] = "log cleared",
	[ACT_BOOT] = "boot", [ACT_SENSOR] = "sensor", [ACT_TAMPER] = "tamper",
};

const char *
act_name(enum act a)
{
	return a < ACT__MAX && names[a] != NULL ? names[a] : "other";
}
