/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows event log records (Sysmon for Linux too), in whichever layout a
 * shipper gives them:
 *
 *	flat	NXLog and other forwarders: EventID, Channel, Hostname and the
 *		event's own fields side by side (EventData may be an object,
 *		or a text, of its own: Log Analytics)
 *	wb6	winlogbeat 6: event_id, log_name, event_data{}
 *	wb7	winlogbeat 7 and 8: winlog.event_id, winlog.event_data{}
 *	event	the XML as JSON: Event.System, Event.EventData{} (or only
 *		System and EventData)
 *	syslog	the XML itself in a SyslogMessage
 *
 * All give the same event but for the pointers of its proofs. A layout is a
 * row of pointers; what an event number means stands in windows_sysmon.c,
 * windows_security.c and windows_system.c.
 *
 * Time: Sysmon's UtcTime; else SystemTime, EventTime, @timestamp, whichever
 * comes first; ev->clock tells which. A time without zone is taken as UTC.
 */
#include "norm/windows.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"

enum { ALT = 4, DATA_FIELDS_MAX = 64 };

struct clock_at { const char *at, *name; };

struct layout {
	const char *mark;		/* member that tells the layout */
	const char *id[ALT], *channel, *provider[ALT], *host[ALT];
	const char *seq[ALT], *sid, *keywords, *data[ALT];
	struct clock_at time[5];
};

#define EVENT_LAYOUT(mark, at) { mark, \
	{ at "/System/EventID", at "/System/EventID/#text" }, \
	at "/System/Channel", \
	{ at "/System/Provider/#attributes/Name", \
	  at "/System/Provider/@Name", at "/System/Provider/Name" }, \
	{ at "/System/Computer" }, { at "/System/EventRecordID" }, \
	at "/System/Security/#attributes/UserID", at "/System/Keywords", \
	{ at "/EventData", at "/UserData" }, { \
	{ at "/System/TimeCreated/#attributes/SystemTime", "SystemTime" }, \
	{ at "/System/TimeCreated/@SystemTime", "SystemTime" }, \
	{ at "/System/TimeCreated/SystemTime", "SystemTime" } } }

static const struct layout layouts[] = {
	{ "winlog", { "/winlog/event_id" }, "/winlog/channel",
	  { "/winlog/provider_name" },
	  { "/winlog/computer_name", "/host/name" }, { "/winlog/record_id" },
	  "/winlog/user/identifier",
	  "/winlog/keywords", { "/winlog/event_data", "/winlog/user_data" },
	  { { "/winlog/time_created", "SystemTime" },
	    { "/@timestamp", "@timestamp" } } },
	EVENT_LAYOUT("Event", "/Event"),
	EVENT_LAYOUT("System", ""),
	{ "event_id", { "/event_id" }, "/log_name", { "/source_name" },
	  { "/computer_name", "/host/name", "/beat/hostname" },
	  { "/record_number" }, "/user/identifier",
	  "/keywords", { "/event_data", "/user_data" },
	  { { "/@timestamp", "@timestamp" } } },
	{ "EventID", { "/EventID" }, "/Channel",
	  { "/SourceName", "/Provider", "/EventSourceName" },
	  { "/Hostname", "/Computer", "/HostName" },
	  { "/RecordNumber", "/EventRecordID" },
	  "/UserID", "/Keywords", { "/EventData", "" },
	  { { "/SystemTime", "SystemTime" }, { "/TimeCreated", "SystemTime" },
	    { "/EventTime", "EventTime" }, { "/@timestamp", "@timestamp" },
	    { "/TimeGenerated", "TimeGenerated" } } },
};
/* Other tables of Log Analytics, among them syslog: TenantId and Type. */
static const struct layout relayed = {
	"Type", { "/EventID" }, "/Type", { "/ProcessName" },
	{ "/Computer", "/HostName" }, { NULL }, NULL, NULL, { "" },
	{ { "/EventTime", "EventTime" }, { "/TimeGenerated",
	    "TimeGenerated" } }
};

static const struct layout *
layout_of(const struct json *v)
{
	for (size_t i = 0; i < COUNT(layouts); i++)
		if (json_get(v, layouts[i].mark) != NULL)
			return &layouts[i];
	if (json_get(v, "TimeGenerated") && json_get(v, "Type"))
		return &relayed;
	return NULL;
}

static struct win_value
at(struct win *w, const char *pointer)
{
	struct win_value v = { .text = STR("") };

	if (pointer != NULL)
		v.whole = norm_text(w->r, pointer);
	v.text = str_trim(v.whole);
	if (v.text.len > 0)
		v.field = str_of(pointer);
	return v;
}

static struct win_value
first(struct win *w, const char *const pointers[ALT])
{
	struct win_value v = { .text = STR("") };

	for (size_t i = 0; i < ALT && pointers[i] && v.text.len == 0; i++)
		v = at(w, pointers[i]);
	return v;
}

/* ---- the event's own fields ------------------------------------------- */

/* EventData: { Data: [ { "@Name": x, "#text": y } ] }. */
static void
data_list(struct win *w, const struct json *list)
{
	static const char *const names[] = { "@Name", "Name" };
	struct arena *a = w->r->a;
	size_t n = json_len(list), i, j;
	struct win_pair *p;
	struct str name;

	n = n < DATA_FIELDS_MAX ? n : DATA_FIELDS_MAX;
	p = arena_array(a, n + 1, sizeof(*p));
	w->pairs = p;
	for (i = 0; i < n; i++) {
		name = STR("");
		for (j = 0; j < COUNT(names) && name.len == 0; j++)
			name = json_str(json_get(json_item(list, i),
			    names[j]));
		p->name = name;
		p->text = json_scalar(a, json_get(json_item(list, i),
		    "#text"));
		p->field = str_printf(a, "%.*s/Data/%zu/#text",
		    STR_ARG(w->at), i);
		if (name.len > 0 && p->text.len > 0) {
			p++;
			w->n_pairs++;
		}
	}
}

struct only { const struct json *v; struct str name; size_t n; };

static void
note_object(void *ctx, struct str name, const struct json *v)
{
	struct only *o = ctx;

	if (json_type(v) == JSON_OBJECT && !str_starts(name, "#")) {
		o->v = v;
		o->name = name;
		o->n++;
	}
}

/* UserData holds one element, and that the fields. */
static void
step_into_only(struct win *w)
{
	struct only o = { NULL, STR(""), 0 };

	json_each(w->data, note_object, &o);
	if (o.n != 1 || memchr(o.name.p, '/', o.name.len) ||
	    memchr(o.name.p, '~', o.name.len))
		return;
	w->data = o.v;
	w->at = norm_join(w->r->a, w->at, STR("/"), o.name);
}

/* Fields that came as one text. They stand behind what the record itself
 * says, and cannot be pointed at. */
static void
data_text(struct win *w, struct str text)
{
	struct win_pair *p = NULL;
	struct str s = str_trim(text);

	if (s.len > 0 && s.p[0] == '{')
		w->n_pairs = win_json_text(w->r->a, s, &p);
	else if (s.len > 0 && s.p[0] == '<')
		w->n_pairs = win_xml(w->r->a, s, &p);
	w->pairs = p;
}

static void
find_data(struct win *w, const struct layout *l)
{
	const struct json *v = NULL;
	struct str text = STR("");
	size_t i;

	for (i = 0; i < ALT && l->data[i]; i++) {
		v = json_pointer(w->r->v, str_of(l->data[i]));
		if (json_type(v) == JSON_STRING && text.len == 0)
			text = json_str(v);
		if (json_type(v) == JSON_OBJECT)
			break;
		v = NULL;
	}
	if (v != NULL) {
		w->data = v;
		w->at = str_of(l->data[i]);
	}
	if (w->at.len > 9 && str_ends_fold(w->at, "UserData"))
		step_into_only(w);
	if (json_type(json_get(w->data, "Data")) == JSON_ARRAY)
		data_list(w, json_get(w->data, "Data"));
	if (text.len == 0)
		text = json_str(json_get(w->r->v, "SyslogMessage"));
	if (text.len > 0 && w->n_pairs == 0)
		data_text(w, text);
}

/* ---- header ----------------------------------------------------------- */

static bool
time_value(struct str text, int64_t *ns)
{
	return clock_parse(text, true, ns) || clock_parse_epoch(text, ns);
}

/* Where to send the reader of a refusal: a time field that is there, or the
 * one that most shippers write. */
static const char *
time_wanted(struct win *w, const struct layout *l)
{
	for (size_t i = 0; i < COUNT(l->time) && l->time[i].at; i++)
		if (json_pointer(w->r->v, str_of(l->time[i].at)) != NULL)
			return l->time[i].at;
	return strcmp(l->mark, "EventID") == 0 ? "/EventTime" : l->time[0].at;
}

static bool
set_time(struct win *w, const struct layout *l)
{
	struct event *ev = w->r->ev;
	size_t i;

	ev->clock = "UtcTime";
	if (w->sysmon && time_value(win_get(w, "UtcTime").text, &ev->time_ns))
		return true;
	ev->clock = "SystemTime";
	if (w->n_pairs > 0 &&
	    time_value(win_get(w, "SystemTime").text, &ev->time_ns))
		return true;
	for (i = 0; i < COUNT(l->time) && l->time[i].at; i++) {
		ev->clock = l->time[i].name;
		if (time_value(at(w, l->time[i].at).text, &ev->time_ns))
			return true;
	}
	return norm_refuse(w->r, time_wanted(w, l),
	    "is missing or no time, and no other time field is one");
}

static void
header(struct win *w, const struct layout *l)
{
	struct win_value v = first(w, l->id), host = first(w, l->host);
	uint64_t n = 0;

	if (v.text.len == 0)
		v = win_get(w, "EventID");
	if (win_number(v.text, &n) && n <= UINT32_MAX)
		w->id = (uint32_t)n;
	w->channel = at(w, l->channel).text;
	if (l == &relayed && w->n_pairs > 0)
		w->channel = win_get(w, "Channel").text;
	w->provider = first(w, l->provider).text;
	w->sid = at(w, l->sid);
	if (win_number(first(w, l->seq).text, &n))
		w->r->ev->seq = n;
	w->is_unix = str_starts(w->channel, "Linux-Sysmon");
	w->sysmon = w->is_unix ||
	    str_starts(w->channel, "Microsoft-Windows-Sysmon") ||
	    (w->channel.len == 0 && str_find(w->provider, STR("-Sysmon"), 0) !=
	    (size_t)-1);
	w->security = str_is_fold(w->channel, "Security");
	if (norm_null(host.text))
		return;
	norm_host(w->r, host.field, host.text);
	w->host = str_lower(w->r->a, host.text);
}

/* Bit 52 of a record's keywords: Audit Failure. */
static bool
audit_failure(struct win *w, const struct layout *l)
{
	const struct json *v = l->keywords == NULL ? NULL :
	    json_pointer(w->r->v, str_of(l->keywords));
	struct str text = json_scalar(w->r->a, v);
	uint64_t bits;
	int64_t signed_bits;
	size_t i;

	if (str_is(norm_text(w->r, "/EventType"), "AUDIT_FAILURE") ||
	    (l == &layouts[0] &&
	    str_is(norm_text(w->r, "/event/outcome"), "failure")))
		return true;
	for (i = 0; i < json_len(v); i++)
		if (str_is_fold(json_str(json_item(v, i)), "Audit Failure"))
			return true;
	if (str_i64(text, &signed_bits))
		return (uint64_t)signed_bits >> 52 & 1;
	return win_number(text, &bits) && (bits >> 52 & 1);
}

static void
set_outcome(struct win *w, const struct layout *l, const struct win_row *row)
{
	uint64_t status;
	bool failed = (row->own & WIN_FAILS) ||
	    (w->security && audit_failure(w, l));

	if ((row->own & WIN_STATUS) &&
	    win_number(win_get(w, "Status").text, &status) && status != 0)
		failed = true;
	w->r->ev->outcome = failed ? OUTCOME_FAILURE : OUTCOME_SUCCESS;
}

/* ---- the event -------------------------------------------------------- */

/* Long texts (scripts, command lines) are cut for showing; never inside a
 * UTF-8 character. */
static struct str
shown(struct str s)
{
	enum { SHOWN_MAX = 1024 };

	if (s.len <= SHOWN_MAX)
		return s;
	s.len = SHOWN_MAX;
	while (s.len > 0 && ((unsigned char)s.p[s.len] & 0xc0) == 0x80)
		s.len--;
	return s;
}

/* The field the row names, else who the record says acted, else the provider
 * that wrote it. */
static struct str
actor(struct win *w, const struct win_row *row)
{
	static const char *const pairs[][2] = {
		{ "TargetUserName", "TargetDomainName" },
		{ "AccountName", "AccountDomain" },
	};
	struct str s = STR("");
	size_t i;

	for (i = 0; row->actor && i < COUNT(pairs); i++)
		if (strcmp(row->actor, pairs[i][0]) == 0)
			s = win_account(w, pairs[i][0], pairs[i][1]);
	if (s.len == 0 && row->actor)
		s = win_get(w, row->actor).text;
	if (s.len == 0)
		s = win_account(w, "SubjectUserName", "SubjectDomainName");
	if (s.len == 0 && (row->own & WIN_SIGNED_ON))
		s = win_account(w, "AccountName", "Domain");
	if (s.len == 0)
		s = win_get(w, "User").text;
	if (s.len == 0)
		s = win_get(w, "Image").text;
	if (s.len == 0 && (row->own & WIN_SIGNED_ON) && !norm_null(w->sid.text))
		s = w->sid.text;
	if (s.len == 0)
		s = w->provider;
	return s.len > 0 ? s : STR("windows");
}

static void
texts(struct win *w, const struct win_row *row)
{
	struct event *ev = w->r->ev;

	ev->type = str_of(row->type);
	ev->action = str_of(row->action);
	if (row->id == 0)	/* a number without a row of its own */
		ev->action = str_printf(w->r->a, "%s.%u",
		    w->security ? "security" : w->sysmon ? "sysmon" :
		    ev->service ? ev->service : "windows", w->id);
	ev->actor = shown(actor(w, row));
	if (row->target != NULL)
		ev->target = shown(strcmp(row->target, "Channel") == 0 ?
		    w->channel : win_get(w, row->target).text);
}

static void
entities(struct win *w, const struct win_row *row)
{
	static const struct win_part subject[] = {
		{ ROLE_USER, WIN_SID, "SubjectUserSid", "SubjectUserName",
		  "SubjectDomainName" },
		{ ROLE_SESS, WIN_LUID, "SubjectLogonId", NULL, NULL },
	};
	static const struct win_part process = {
		ROLE_SUBJ, WIN_PID, "ProcessId", "ProcessName", NULL
	};
	size_t i;

	for (i = 0; i < WIN_PARTS; i++)
		win_part(w, &row->parts[i]);
	for (i = 0; (row->own & WIN_SUBJECT) && i < COUNT(subject); i++)
		win_part(w, &subject[i]);
	if (row->own & WIN_PROCESS)
		win_part(w, &process);
	if (row->more != NULL)
		row->more(w);
}

static const struct win_row *
row_of(struct win *w)
{
	if (w->sysmon) {
		w->r->ev->service = "sysmon";
		return win_sysmon_row(w->id);
	}
	if (w->security) {
		w->r->ev->service = "security";
		return win_security_row(w->id);
	}
	return win_system_row(w);
}

static bool
read_record(struct reading *r)
{
	struct win w = { .r = r, .at = STR(""), .data = r->v };
	const struct layout *l = layout_of(r->v);
	const struct win_row *row;
	struct event *ev = r->ev;

	if (l == NULL)
		return norm_refuse(r, "/EventID",
		    "is missing: no Windows event record");
	find_data(&w, l);
	header(&w, l);
	if (!set_time(&w, l))
		return false;
	ev->product = w.is_unix ? "linux" : "windows";
	ev->fields = w.data;
	row = row_of(&w);
	ev->category = row->category;
	ev->act = row->act;
	ev->flags |= row->flags;
	set_outcome(&w, l, row);
	texts(&w, row);
	entities(&w, row);
	return true;
}

/* Beyond doubt: an event number beside a channel or provider. */
static bool
claims(const struct json *v)
{
	const struct json *winlog = json_get(v, "winlog");

	if (winlog != NULL)
		return json_get(winlog, "event_id") != NULL;
	if (json_at(v, "Event", "System", NULL) != NULL)
		return json_at(v, "Event", "System", "EventID", NULL) != NULL;
	if (json_get(v, "System") != NULL)
		return json_at(v, "System", "EventID", NULL) != NULL;
	if (json_get(v, "event_id") != NULL)
		return json_get(v, "log_name") != NULL;
	return json_get(v, "EventID") != NULL &&
	    (json_get(v, "Channel") != NULL ||
	    json_get(v, "SourceName") != NULL);
}

static const char *const aliases[] = {
	"sysmon", "wineventlog", "winlogbeat", "nxlog", "evtx", "security",
	"xmlwineventlog", "windows_event_log", NULL
};

const struct normaliser norm_windows = {
	.name = "windows",
	.aliases = aliases,
	.version = 4,
	.claims = claims,
	.read = read_record,
};
