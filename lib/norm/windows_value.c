/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the values in Windows records are worth: which of them identify
 * anything, and in which form they are compared. Everything here is a fact of
 * the operating system, none of it of a particular estate.
 */
#include "norm/windows.h"

#include <string.h>

#include "base/arena.h"

/* The same field under the names of other versions of the event. */
static const struct { const char *name, *other; } aliases[] = {
	{ "SourceProcessGuid", "SourceProcessGUID" },
	{ "TargetProcessGuid", "TargetProcessGUID" },
	{ "ProcessId", "ProcessID" },
	{ "Hashes", "Hash" },
	{ "TaskContent", "TaskContentNew" },
	{ "ServiceFileName", "ImagePath" },
	{ "LogonId", "LogonID" },
	{ "ProcessName", "Application" },
};

static struct str
pair_text(struct win *w, const char *name, struct str *field)
{
	for (size_t i = 0; i < w->n_pairs; i++)
		if (str_is(w->pairs[i].name, name)) {
			*field = w->pairs[i].field;
			return w->pairs[i].text;
		}
	return STR("");
}

static struct win_value
look(struct win *w, const char *name)
{
	struct win_value v = { .text = STR("") };
	const struct json *at = json_get(w->data, name);

	if (at != NULL) {
		v.whole = json_scalar(w->r->a, at);
		if (v.whole.len > 0)
			v.field = norm_join(w->r->a, w->at, STR("/"),
			    str_of(name));
	} else if (w->n_pairs > 0) {
		v.whole = pair_text(w, name, &v.field);
	}
	v.text = str_trim(v.whole);
	return v;
}

struct win_value
win_raw(struct win *w, const char *name)
{
	struct win_value v = look(w, name);
	size_t i;

	for (i = 0; v.text.len == 0 && i < COUNT(aliases); i++)
		if (strcmp(aliases[i].name, name) == 0)
			v = look(w, aliases[i].other);
	return v;
}

static bool
nothing(struct str s)
{
	return s.len == 0 || norm_null(s) ||
	    str_is_fold(s, "<Anonymous Pipe>") ||
	    str_is_fold(s, "&lt;Anonymous Pipe&gt;") ||
	    str_is_fold(s, "<unknown process>") || str_is(s, "%%1793");
}

struct win_value
win_get(struct win *w, const char *name)
{
	struct win_value v = win_raw(w, name);

	if (nothing(v.text))
		v = (struct win_value){ .text = STR("") };
	return v;
}

bool
win_number(struct str text, uint64_t *n)
{
	if (str_starts(text, "0x") || str_starts(text, "0X"))
		return text.len > 2 && str_hex_u64(text, n);
	return str_u64(text, n);
}

struct str
win_guid(struct arena *a, struct str text)
{
	size_t i, digits = 0;
	bool zero = true, dash;

	if (text.len == 38 && text.p[0] == '{' && text.p[37] == '}')
		text = str_sub(text, 1, 36);
	if (text.len != 36)
		return STR("");
	for (i = 0; i < 36; i++) {
		dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash != (text.p[i] == '-'))
			return STR("");
		if (dash)
			continue;
		digits += strchr("0123456789abcdefABCDEF", text.p[i]) != NULL;
		zero = zero && text.p[i] == '0';
	}
	return digits == 32 && !zero ? str_lower(a, text) : STR("");
}

bool
win_luid_is_shared(uint64_t luid)
{
	return luid == 0 || (luid >= 0x3e4 && luid <= 0x3e7);
}

/* Sysmon builds a LogonGuid as machine, time of logon, LUID (little end
 * first): ...-e703-000000000000 is 0x3e7 again. */
bool
win_guid_is_system(struct str guid)
{
	struct str tail = str_sub(guid, 19, 17);

	return str_is(tail, "e703-000000000000") ||
	    str_is(tail, "e603-000000000000") ||
	    str_is(tail, "e503-000000000000") ||
	    str_is(tail, "e403-000000000000");
}

/* Variables that mean the same place on nearly every installation. */
static const struct { const char *prefix, *path; } places[] = {
	{ "%systemroot%\\", "c:\\windows\\" },
	{ "%windir%\\", "c:\\windows\\" },
	{ "\\systemroot\\", "c:\\windows\\" },
	{ "system32\\", "c:\\windows\\system32\\" },
	{ "%systemdrive%\\", "c:\\" },
	{ "%programfiles%\\", "c:\\program files\\" },
	{ "%programfiles(x86)%\\", "c:\\program files (x86)\\" },
	{ "%programdata%\\", "c:\\programdata\\" },
	{ "\\??\\", "" }, { "\\\\?\\", "" }, { "file:_", "" },
};

static struct str
put_in_place(struct arena *a, struct str low)
{
	for (size_t i = 0; i < COUNT(places); i++)
		if (str_starts(low, places[i].prefix))
			return norm_join(a, str_of(places[i].path),
			    str_sub(low, strlen(places[i].prefix), low.len),
			    STR(""));
	return low;
}

struct str
win_path(struct win *w, struct str text)
{
	struct str s = str_trim(text);

	if (w->is_unix)
		return s.len > 0 && s.p[0] == '/' ? s : STR("");
	s = put_in_place(w->r->a, str_lower(w->r->a, s));
	if (s.len < 4 || memchr(s.p, '%', s.len) != NULL)
		return STR("");
	if ((s.p[1] == ':' && s.p[2] == '\\') || s.p[0] == '\\')
		return s;
	return STR("");
}

static const char *const program_ends[] = {
	".exe", ".dll", ".sys", ".bat", ".cmd", ".ps1", ".vbs", ".js", ".com",
	".scr", ".cpl", ".hta", ".msi",
};

/* Behind the first suffix of a program that ends a word, or 0. So paths with
 * blanks stay whole and arguments go. */
static size_t
program_len(struct str s)
{
	size_t best = s.len + 1, at, end, i;

	for (i = 0; i < COUNT(program_ends); i++) {
		at = str_find_fold(s, str_of(program_ends[i]), 0);
		if (at == (size_t)-1)
			continue;
		end = at + strlen(program_ends[i]);
		if ((end == s.len || strchr(" ,;\"\t", s.p[end])) && end < best)
			best = end;
	}
	return best <= s.len ? best : 0;
}

struct str
win_command_path(struct win *w, struct str command)
{
	struct str s = str_trim(command);
	bool quoted = s.len > 1 && s.p[0] == '"';
	size_t end;

	if (quoted)
		s = str_sub(s, 1, s.len);
	end = str_find(s, quoted ? STR("\"") : STR(" "), 0);
	if (quoted || w->is_unix)
		s = str_sub(s, 0, end);
	if (!w->is_unix && program_len(s) > 0)
		end = program_len(s);
	return win_path(w, str_sub(s, 0, end));
}

struct str
win_registry(struct win *w, struct str key)
{
	struct str low = str_lower(w->r->a, str_trim(key));
	size_t i;
	static const struct { const char *kernel, *sysmon; } roots[] = {
		{ "\\registry\\machine\\", "hklm\\" },
		{ "\\registry\\user\\", "hku\\" },
		{ "hkey_local_machine\\", "hklm\\" },
		{ "hkey_users\\", "hku\\" },
	};

	for (i = 0; i < COUNT(roots); i++)
		if (str_starts(low, roots[i].kernel))
			return norm_join(w->r->a, str_of(roots[i].sysmon),
			    str_sub(low, strlen(roots[i].kernel), low.len),
			    STR(""));
	return low;
}

static bool
has(struct str s, const char *part)
{
	return str_find(s, str_of(part), 0) != (size_t)-1;
}

/* Autostart places: what the key holds, and how the value's name ends. */
static const struct { const char *holds, *ends; } autostarts[] = {
	{ "\\currentversion\\run\\", "" },
	{ "\\currentversion\\runonce\\", "" },
	{ "\\currentversion\\runonceex\\", "" },
	{ "\\currentversion\\runservices\\", "" },
	{ "\\policies\\explorer\\run\\", "" },
	{ "\\services\\", "\\imagepath" },
	{ "\\services\\", "\\servicedll" },
	{ "\\image file execution options\\", "\\debugger" },
	{ "\\silentprocessexit\\", "\\monitorprocess" },
	{ "\\currentversion\\winlogon\\", "\\shell" },
	{ "\\currentversion\\winlogon\\", "\\userinit" },
	{ "\\currentversion\\winlogon\\", "\\notify" },
	{ "\\currentversion\\windows\\", "\\appinit_dlls" },
	{ "\\currentversion\\windows\\", "\\load" },
	{ "\\currentversion\\windows\\", "\\run" },
	{ "\\active setup\\installed components\\", "\\stubpath" },
	{ "\\control\\lsa\\", " packages" },
	{ "\\control\\session manager\\", "\\bootexecute" },
	{ "\\control\\session manager\\appcertdlls\\", "" },
	{ "\\control\\print\\monitors\\", "\\driver" },
	{ "\\environment\\", "\\userinitmprlogonscript" },
	{ "\\control panel\\desktop\\", "\\scrnsave.exe" },
	{ "\\shell\\open\\command\\", "" },
	{ "\\command processor\\", "\\autorun" },
};

bool
win_autostart(struct str key)
{
	for (size_t i = 0; i < COUNT(autostarts); i++)
		if (has(key, autostarts[i].holds) &&
		    str_ends_fold(key, autostarts[i].ends))
			return true;
	/* A user's own class shadows the machine's (COM hijack). */
	return str_starts(key, "hku\\") && has(key, "\\inprocserver32\\");
}

/* What stands behind the drive: "\windows\system32\x.exe". */
static struct str
behind_drive(struct str low)
{
	size_t at;

	if (low.len > 2 && low.p[1] == ':')
		return str_sub(low, 2, low.len);
	if (str_starts(low, "\\device\\harddiskvolume")) {
		at = str_find(low, STR("\\"), 22);
		return at == (size_t)-1 ? STR("") : str_sub(low, at, low.len);
	}
	return STR("");
}

static const char *const hubs[] = {
	"\\windows\\explorer.exe", "\\windows\\system32\\services.exe",
	"\\windows\\system32\\svchost.exe", "\\windows\\system32\\winlogon.exe",
	"\\windows\\system32\\lsass.exe", "\\windows\\system32\\wininit.exe",
	"\\windows\\system32\\csrss.exe", "\\windows\\system32\\smss.exe",
	"\\windows\\system32\\userinit.exe", "\\windows\\syswow64\\svchost.exe",
	"\\windows\\syswow64\\explorer.exe",
};

/* Programs that run for days and take in what many senders send: what came in
 * need not cause what goes out. Only where an administrator installs them; a
 * copy in a place that users may write to is not the same program. */
static const struct { const char *folder, *program; } readers[] = {
	{ "google\\chrome\\application\\", "\\chrome.exe" },
	{ "microsoft\\edge\\application\\", "\\msedge.exe" },
	{ "mozilla firefox\\", "\\firefox.exe" },
	{ "internet explorer\\", "\\iexplore.exe" },
	{ "opera\\", "\\opera.exe" },
	{ "bravesoftware\\brave-browser\\application\\", "\\brave.exe" },
	{ "microsoft office\\", "\\outlook.exe" },
	{ "mozilla thunderbird\\", "\\thunderbird.exe" },
};

static bool
is_reader(struct str path)
{
	static const char *const roots[] = {
		"\\program files\\", "\\program files (x86)\\",
	};
	struct str rest = STR("");
	size_t i;

	for (i = 0; i < COUNT(roots) && rest.len == 0; i++)
		if (str_starts(path, roots[i]))
			rest = str_sub(path, strlen(roots[i]), path.len);
	for (i = 0; i < COUNT(readers); i++)
		if (str_starts(rest, readers[i].folder) &&
		    str_ends_fold(rest, readers[i].program))
			return true;
	return false;
}

static const char *const unix_hubs[] = {
	"/sbin/init", "/usr/sbin/init", "/lib/systemd/systemd",
	"/usr/lib/systemd/systemd", "/usr/sbin/sshd",
};

bool
win_is_hub(struct win *w, struct str image)
{
	struct str path;
	size_t i;

	if (w->is_unix) {
		for (i = 0; i < COUNT(unix_hubs); i++)
			if (str_is(image, unix_hubs[i]))
				return true;
		return false;
	}
	if (str_is_fold(image, "System"))
		return true;
	path = behind_drive(str_lower(w->r->a, str_sub(image, 0, 260)));
	for (i = 0; i < COUNT(hubs); i++)
		if (str_is(path, hubs[i]))
			return true;
	return is_reader(path);
}

static const char *const installed[] = {
	"\\windows\\", "\\program files\\", "\\program files (x86)\\",
	"\\programdata\\microsoft\\windows defender\\",
};
/* Places below them where any user may write. */
static const char *const writable[] = {
	"\\windows\\temp\\", "\\windows\\tasks\\", "\\windows\\tracing\\",
	"\\windows\\debug\\", "\\windows\\system32\\tasks\\",
	"\\windows\\system32\\spool\\drivers\\color\\",
	"\\windows\\system32\\spool\\printers\\", "\\windows\\ccmcache\\",
};
static const char *const unix_installed[] = {
	"/usr/bin/", "/usr/sbin/", "/usr/lib/", "/usr/libexec/", "/bin/",
	"/sbin/", "/lib/", "/lib64/", "/opt/microsoft/", "/snap/",
};

static bool
begins(struct str s, const char *const *with, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_starts(s, with[i]))
			return true;
	return false;
}

bool
win_is_system(struct win *w, struct str image)
{
	static const char *const folders[] = {
		"\\windows\\system32\\", "\\windows\\syswow64\\",
	};
	struct str path;

	if (w->is_unix)
		return begins(image, unix_installed, COUNT(unix_installed));
	path = behind_drive(str_lower(w->r->a, image));
	return begins(path, folders, COUNT(folders)) &&
	    !begins(path, writable, COUNT(writable));
}

bool
win_is_installed(struct win *w, struct str image)
{
	struct str path;

	if (w->is_unix)
		return begins(image, unix_installed, COUNT(unix_installed));
	path = behind_drive(str_lower(w->r->a, image));
	return begins(path, installed, COUNT(installed)) &&
	    !begins(path, writable, COUNT(writable));
}

static const char *const shared_accounts[] = {
	"system", "local service", "network service", "anonymous logon",
	"localsystem", "s-1-5-7", "s-1-5-18", "s-1-5-19", "s-1-5-20",
	"s-1-0-0", "iusr", "s-1-5-17", "root", "krbtgt",
};
static const char *const shared_prefixes[] = {
	"dwm-", "umfd-", "s-1-5-90-", "s-1-5-96-", "s-1-5-32-", "s-1-5-80-",
	"s-1-5-83-", "nt authority\\", "nt service\\", "window manager\\",
	"font driver host\\", "iis apppool\\",
};

bool
win_is_shared_account(struct str name)
{
	size_t i, at = str_find(name, STR("\\"), 0);
	struct str bare = at == (size_t)-1 ? name :
	    str_sub(name, at + 1, name.len);

	for (i = 0; i < COUNT(shared_accounts); i++)
		if (str_is_fold(bare, shared_accounts[i]))
			return true;
	for (i = 0; i < COUNT(shared_prefixes); i++)
		if (str_find_fold(str_sub(name, 0, 24),
		    str_of(shared_prefixes[i]), 0) == 0 ||
		    str_find_fold(str_sub(bare, 0, 24),
		    str_of(shared_prefixes[i]), 0) == 0)
			return true;
	return bare.len > 0 && bare.p[bare.len - 1] == '$';
}
