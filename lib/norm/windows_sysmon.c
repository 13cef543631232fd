/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sysmon (Windows and Linux), event by event: who acts, on what, and what of
 * it is created or ended. Meaning of the fields: the schema that `sysmon -s`
 * prints. A Sysmon process is named by its ProcessGuid alone; where that is
 * null the pid beside it names nothing.
 */
#include "norm/windows.h"

#include <string.h>

#include "base/arena.h"

#define ACTOR(role)	{ role, WIN_GUID, "ProcessGuid", "Image", "ProcessId" }
#define BY_USER		{ ROLE_USER, WIN_USER, "User", NULL, NULL }

/* ---- what no table says ----------------------------------------------- */

static const char *const five_fields[5] = {
	"Protocol", "SourceIp", "SourcePort", "DestinationIp",
	"DestinationPort",
};

/* The source is the initiator whichever end records it; only the record of
 * the initiator's own host says so of its own address. */
static void
connection(struct win *w)
{
	bool ours = str_is_fold(win_get(w, "Initiated").text, "true");
	const struct win_part far = {
		ROLE_ART, WIN_IP, ours ? "DestinationIp" : "SourceIp",
		NULL, NULL
	};
	struct str host = win_get(w, "DestinationHostname").text;
	struct str ip = win_get(w, "DestinationIp").text;
	struct str port = win_get(w, "DestinationPort").text;

	win_flow(w, five_fields, ours);
	win_part(w, &far);
	w->r->ev->target = norm_join(w->r->a, host.len > 0 ? host : ip,
	    STR(":"), port);
	if (!ours)
		w->r->ev->action = STR("network.accept");
}

/* The machine's first process, which the kernel (pid 4) makes from its own
 * folder, is recorded by the driver alone: it was there from the start on. The
 * service, which says that it started, comes seconds later. */
static void
first_process(struct win *w)
{
	struct str image = win_get(w, "Image").text;
	uint64_t parent;

	if (!w->is_unix &&
	    win_number(win_get(w, "ParentProcessId").text, &parent) &&
	    parent == 4 && win_is_system(w, win_path(w, image)) &&
	    str_ends_fold(image, "\\smss.exe"))
		win_mark(w, ROLE_SEEING);
}

static bool
is_lsass(struct str image)
{
	return str_ends_fold(image, "\\lsass.exe");
}

/* Worth a place of its own: who opens lsass, and what is opened by a program
 * that was never installed. */
static void
access(struct win *w)
{
	struct str by = win_path(w, win_get(w, "SourceImage").text);

	if (is_lsass(win_get(w, "TargetImage").text) ||
	    !(win_is_system(w, by) || win_is_installed(w, by)))
		w->r->ev->flags &= ~(unsigned)EVENT_MINOR;
}

/* A value that starts programs arms the file it names. */
static void
registry_set(struct win *w)
{
	const struct win_part arm = {
		ROLE_ARM, WIN_COMMAND, "Details", NULL, NULL
	};
	struct str key = win_registry(w, win_get(w, "TargetObject").text);

	if (!win_autostart(key))
		return;
	w->r->ev->flags &= ~(unsigned)EVENT_MINOR;
	win_part(w, &arm);
}

static void
registry_key(struct win *w)
{
	if (str_starts(win_get(w, "EventType").text, "Delete"))
		w->r->ev->action = STR("registry.delete");
}

/* Contents of a Zone.Identifier: "[ZoneTransfer]  ZoneId=3  HostUrl=...". False:
 * it has no such URL. */
static bool
mark_of_web(struct win *w, const char *name)
{
	struct win_value v = win_get(w, "Contents");
	size_t at = str_find_fold(v.text, str_of(name), 0), n;
	struct str url;

	if (at == (size_t)-1)
		return false;
	url = str_sub(v.text, at + strlen(name), v.text.len);
	for (n = 0; n < url.len && (unsigned char)url.p[n] > ' '; n++)
		;
	url.len = n;
	if (!str_starts(url, "http") && !str_starts(url, "ftp"))
		return false;
	win_ref(w, (struct named){ .kind = KIND_URL, .role = ROLE_ART,
	    .key = url, .name = url, .field = v.field, .value = v.whole });
	return true;
}

/* The file of whose data a path names one stream, "C:\a\f.exe:name"; empty:
 * it names none. No part of a path on NTFS holds a colon but the drive. */
static struct str
file_of_stream(struct str path)
{
	size_t i = path.len, colon;

	while (i > 0 && path.p[i - 1] != '\\')
		i--;
	colon = str_find(path, STR(":"), i > 2 ? i : 2);
	return str_sub(path, 0, colon == (size_t)-1 ? 0 : colon);
}

/* A named stream is a file of its own: writing the mark of the web behind a
 * download is no writing of the download, and the hash is that of the stream.
 * But where the mark names the URL, it tells of the file where it came from, as
 * the one who wrote the mark says. */
static void
stream(struct win *w)
{
	struct win_value v = win_get(w, "TargetFilename");
	struct str file = file_of_stream(v.text);
	const struct win_part hashes = {
		ROLE_ART, WIN_HASHES, "Hashes", "TargetFilename", NULL
	};

	if (file.len == 0)
		win_part(w, &hashes);
	win_ref(w, (struct named){
		.kind = KIND_FILE, .role = ROLE_WRITE,
		.key = win_local(w, win_path(w, v.text)), .name = v.text,
		.field = v.field, .value = v.whole,
	});
	if (mark_of_web(w, "HostUrl=") && file.len > 0)
		win_ref(w, (struct named){
			.kind = KIND_FILE, .role = ROLE_ORIGIN,
			.key = win_local(w, win_path(w, file)), .name = file,
			.field = v.field, .value = v.whole,
		});
	(void)mark_of_web(w, "ReferrerUrl=");
}

static void
driver(struct win *w)
{
	struct win_value v = win_get(w, "ImageLoaded");

	win_ref(w, (struct named){
		.kind = KIND_DRIVER, .role = ROLE_USE,
		.key = win_local(w, win_path(w, v.text)), .name = v.text,
		.field = v.field, .value = v.whole,
	});
}

/* The name in  "\\\\.\\root:CommandLineEventConsumer.Name=\"x\""  or  "x". */
static struct str
wmi_name(struct win *w, struct str text)
{
	size_t at = str_find(text, STR("Name="), 0);

	if (at != (size_t)-1)
		text = str_sub(text, at + 5, text.len);
	while (text.len > 0 && strchr(" \\\"", text.p[0])) {
		text.p++;
		text.len--;
	}
	while (text.len > 0 && strchr(" \\\"", text.p[text.len - 1]))
		text.len--;
	return str_lower(w->r->a, text);
}

static void
wmi_ref(struct win *w, enum role role, const char *what, const char *field)
{
	struct win_value v = win_get(w, field);
	struct str name = wmi_name(w, v.text);

	if (name.len > 0)
		win_ref(w, (struct named){
			.kind = KIND_SUBSCRIPTION, .role = role,
			.key = win_local(w, norm_join(w->r->a, str_of(what),
			    STR(":"), name)),
			.name = name, .field = v.field, .value = v.whole,
		});
}

/* 19 a filter, 20 a consumer, 21 the two bound: made, changed or deleted. */
static void
subscription(struct win *w)
{
	const struct win_part arm = {
		ROLE_ARM, WIN_COMMAND, "Destination", NULL, NULL
	};
	bool gone = str_is_fold(win_get(w, "Operation").text, "Deleted");
	enum role role = gone ? ROLE_END : ROLE_NEW;

	if (gone) {
		w->r->ev->action = STR("wmi.delete");
	}
	if (w->id == 19)
		wmi_ref(w, role, "filter", "Name");
	if (w->id == 20) {
		wmi_ref(w, role, "consumer", "Name");
		if (!gone)
			win_part(w, &arm);
	}
	if (w->id == 21) {
		wmi_ref(w, role, "binding", "Consumer");
		wmi_ref(w, ROLE_USE, "consumer", "Consumer");
		wmi_ref(w, ROLE_USE, "filter", "Filter");
	}
}

static void
query(struct win *w)
{
	uint64_t status;

	if (win_number(win_get(w, "QueryStatus").text, &status) && status > 0)
		w->r->ev->outcome = OUTCOME_FAILURE;
}

static void
state(struct win *w)
{
	struct str s = win_get(w, "State").text;

	if (str_is_fold(s, "Stopped")) {
		w->r->ev->act = ACT_TAMPER;
		w->r->ev->action = STR("sensor.stop");
		win_mark(w, ROLE_BLIND);
	} else if (str_is_fold(s, "Started")) {
		w->r->ev->action = STR("sensor.start");
		win_mark(w, ROLE_SEEING);
	}
}

/* The service loads its configuration at each start, as SYSTEM or with no
 * user said; a change by a person's own process may have blinded it. */
static void
config(struct win *w)
{
	struct str user = win_get(w, "User").text;

	if (user.len == 0 || win_is_shared_account(user))
		return;
	w->r->ev->act = ACT_TAMPER;
	win_mark(w, ROLE_BLIND);
}

static void
sensor_error(struct win *w)
{
	win_mark(w, ROLE_BLIND);
}

/* ---- the table -------------------------------------------------------- */

static const struct win_row rows[] = {
	{ 1, "process", "process.create", ACT_PROCESS_CREATE,
	  .category = "process_creation", .actor = "User",
	  .target = "CommandLine",
	  .parts = {
		{ ROLE_PARENT, WIN_GUID, "ParentProcessGuid", "ParentImage",
		  "ParentProcessId" },
		ACTOR(ROLE_NEW),
		{ ROLE_EXEC, WIN_FILE, "Image", NULL, NULL },
		{ ROLE_SESS, WIN_LUID, "LogonId", NULL, NULL },
		BY_USER,
		{ ROLE_ART, WIN_HASHES, "Hashes", "Image", NULL } },
	  .more = first_process },
	{ 2, "file", "file.timestamp", ACT_OTHER,
	  .category = "file_change", .actor = "Image",
	  .target = "TargetFilename",
	  .parts = { ACTOR(ROLE_SUBJ),
		{ ROLE_TARGET, WIN_FILE, "TargetFilename", NULL, NULL },
		BY_USER } },
	{ 3, "network", "network.connect", ACT_CONNECT,
	  .category = "network_connection", .actor = "Image",
	  .parts = { ACTOR(ROLE_SUBJ), BY_USER }, .more = connection },
	{ 4, "sensor", "sensor.state", ACT_SENSOR,
	  .category = "sysmon_status", .target = "State", .more = state },
	{ 5, "process", "process.end", ACT_PROCESS_END,
	  .flags = EVENT_MINOR, .category = "process_termination",
	  .actor = "Image", .target = "Image",
	  .parts = { ACTOR(ROLE_END), BY_USER } },
	{ 6, "driver", "driver.load", ACT_DRIVER_LOAD,
	  .category = "driver_load", .target = "ImageLoaded",
	  .parts = { { ROLE_EXEC, WIN_FILE, "ImageLoaded", NULL, NULL },
		{ ROLE_ART, WIN_HASHES, "Hashes", "ImageLoaded", NULL } },
	  .more = driver },
	{ 7, "image", "image.load", ACT_IMAGE_LOAD,
	  .flags = EVENT_MINOR, .category = "image_load", .actor = "Image",
	  .target = "ImageLoaded",
	  .parts = { ACTOR(ROLE_SUBJ),
		{ ROLE_EXEC, WIN_FILE, "ImageLoaded", NULL, NULL },
		{ ROLE_ART, WIN_HASHES, "Hashes", "ImageLoaded", NULL } } },
	{ 8, "process", "process.inject", ACT_REMOTE_THREAD,
	  .category = "create_remote_thread", .actor = "SourceImage",
	  .target = "TargetImage",
	  .parts = { { ROLE_SUBJ, WIN_GUID, "SourceProcessGuid", "SourceImage",
		  "SourceProcessId" },
		{ ROLE_TARGET, WIN_GUID, "TargetProcessGuid", "TargetImage",
		  "TargetProcessId" },
		{ ROLE_USER, WIN_USER, "SourceUser", NULL, NULL } } },
	{ 9, "disk", "disk.read", ACT_OTHER, .flags = EVENT_MINOR,
	  .category = "raw_access_thread", .actor = "Image",
	  .target = "Device", .parts = { ACTOR(ROLE_SUBJ), BY_USER } },
	{ 10, "process", "process.access", ACT_PROCESS_ACCESS,
	  .flags = EVENT_MINOR, .category = "process_access",
	  .actor = "SourceImage", .target = "TargetImage",
	  .parts = { { ROLE_SUBJ, WIN_GUID, "SourceProcessGuid", "SourceImage",
		  "SourceProcessId" },
		{ ROLE_TARGET, WIN_GUID, "TargetProcessGuid", "TargetImage",
		  "TargetProcessId" } }, .more = access },
	{ 11, "file", "file.create", ACT_FILE_CREATE,
	  .category = "file_event", .actor = "Image",
	  .target = "TargetFilename",
	  .parts = { ACTOR(ROLE_SUBJ),
		{ ROLE_WRITE, WIN_FILE, "TargetFilename", NULL, NULL },
		BY_USER } },
	{ 12, "registry", "registry.create", ACT_REGISTRY_OTHER,
	  .flags = EVENT_MINOR, .category = "registry_event",
	  .actor = "Image", .target = "TargetObject",
	  .parts = { ACTOR(ROLE_SUBJ),
		{ ROLE_TARGET, WIN_REGISTRY, "TargetObject", NULL, NULL } },
	  .more = registry_key },
	{ 13, "registry", "registry.set", ACT_REGISTRY_SET,
	  .flags = EVENT_MINOR, .category = "registry_set",
	  .actor = "Image", .target = "TargetObject",
	  .parts = { ACTOR(ROLE_SUBJ),
		{ ROLE_WRITE, WIN_REGISTRY, "TargetObject", NULL, NULL },
		BY_USER }, .more = registry_set },
	{ 14, "registry", "registry.rename", ACT_REGISTRY_OTHER,
	  .flags = EVENT_MINOR, .category = "registry_event",
	  .actor = "Image", .target = "TargetObject",
	  .parts = { ACTOR(ROLE_SUBJ),
		{ ROLE_TARGET, WIN_REGISTRY, "TargetObject", NULL, NULL } } },
	{ 15, "file", "file.stream", ACT_FILE_CREATE,
	  .category = "create_stream_hash", .actor = "Image",
	  .target = "TargetFilename",
	  .parts = { ACTOR(ROLE_SUBJ), BY_USER }, .more = stream },
	{ 16, "sensor", "sensor.config", ACT_SENSOR,
	  .category = "sysmon_status", .actor = "User",
	  .target = "Configuration", .parts = { BY_USER }, .more = config },
	{ 17, "pipe", "pipe.create", ACT_PIPE_CREATE,
	  .category = "pipe_created", .actor = "Image", .target = "PipeName",
	  .parts = { ACTOR(ROLE_SUBJ),
		{ ROLE_NEW, WIN_PIPE, "PipeName", NULL, NULL }, BY_USER } },
	{ 18, "pipe", "pipe.connect", ACT_PIPE_USE,
	  .category = "pipe_created", .actor = "Image", .target = "PipeName",
	  .parts = { ACTOR(ROLE_SUBJ),
		{ ROLE_USE, WIN_PIPE, "PipeName", NULL, NULL }, BY_USER } },
	{ 19, "wmi", "wmi.filter", ACT_WMI,
	  .category = "wmi_event", .actor = "User", .target = "Name",
	  .parts = { BY_USER }, .more = subscription },
	{ 20, "wmi", "wmi.consumer", ACT_WMI,
	  .category = "wmi_event", .actor = "User", .target = "Name",
	  .parts = { BY_USER }, .more = subscription },
	{ 21, "wmi", "wmi.bind", ACT_WMI,
	  .category = "wmi_event", .actor = "User", .target = "Consumer",
	  .parts = { BY_USER }, .more = subscription },
	{ 22, "dns", "dns.query", ACT_DNS,
	  .category = "dns_query", .actor = "Image", .target = "QueryName",
	  .parts = { ACTOR(ROLE_SUBJ), BY_USER,
		{ ROLE_ART, WIN_DOMAIN, "QueryName", NULL, NULL } },
	  .more = query },
	{ 23, "file", "file.delete", ACT_FILE_DELETE,
	  .category = "file_delete", .actor = "Image",
	  .target = "TargetFilename",
	  .parts = { ACTOR(ROLE_SUBJ),
		{ ROLE_END, WIN_FILE, "TargetFilename", NULL, NULL }, BY_USER,
		{ ROLE_ART, WIN_HASHES, "Hashes", "TargetFilename", NULL } } },
	{ 24, "clipboard", "clipboard.change", ACT_OTHER,
	  .flags = EVENT_MINOR, .category = "clipboard_capture",
	  .actor = "Image", .target = "ClientInfo",
	  .parts = { ACTOR(ROLE_SUBJ), BY_USER } },
	{ 25, "process", "process.tamper", ACT_OTHER,
	  .category = "process_tampering", .actor = "Image", .target = "Type",
	  .parts = { ACTOR(ROLE_SUBJ), BY_USER } },
	{ 26, "file", "file.delete", ACT_FILE_DELETE,
	  .category = "file_delete", .actor = "Image",
	  .target = "TargetFilename",
	  .parts = { ACTOR(ROLE_SUBJ),
		{ ROLE_END, WIN_FILE, "TargetFilename", NULL, NULL }, BY_USER,
		{ ROLE_ART, WIN_HASHES, "Hashes", "TargetFilename", NULL } } },
	{ 27, "file", "file.block", ACT_OTHER, .own = WIN_FAILS,
	  .category = "file_block_executable", .actor = "Image",
	  .target = "TargetFilename",
	  .parts = { ACTOR(ROLE_SUBJ),
		{ ROLE_TARGET, WIN_FILE, "TargetFilename", NULL, NULL },
		BY_USER,
		{ ROLE_ART, WIN_HASHES, "Hashes", "TargetFilename", NULL } } },
	{ 28, "file", "file.shred", ACT_OTHER, .own = WIN_FAILS,
	  .category = "file_block_shredding", .actor = "Image",
	  .target = "TargetFilename",
	  .parts = { ACTOR(ROLE_SUBJ),
		{ ROLE_TARGET, WIN_FILE, "TargetFilename", NULL, NULL },
		BY_USER } },
	{ 29, "file", "file.executable", ACT_FILE_CREATE,
	  .category = "file_executable_detected", .actor = "Image",
	  .target = "TargetFilename",
	  .parts = { ACTOR(ROLE_SUBJ),
		{ ROLE_WRITE, WIN_FILE, "TargetFilename", NULL, NULL },
		BY_USER,
		{ ROLE_ART, WIN_HASHES, "Hashes", "TargetFilename", NULL } } },
	{ 255, "sensor", "sensor.error", ACT_SENSOR,
	  .category = "sysmon_error", .target = "ID", .more = sensor_error },
};

static const struct win_row plain = {
	0, "sysmon", "sysmon.event", ACT_OTHER, .actor = "Image",
	.parts = { ACTOR(ROLE_SUBJ), BY_USER },
};

const struct win_row *
win_sysmon_row(uint32_t id)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].id == id)
			return &rows[i];
	return &plain;
}
