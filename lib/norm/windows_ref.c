/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a field of a Windows record to an entity: one function for each way in
 * which a field can name one. Each folds the value into the form that is
 * compared, drops null identifiers, and notes where the value stands.
 *
 * What the records promise: a ProcessGuid is unique for ever, a pid only while
 * its process lives (weak); a LogonId is unique on its host until the next
 * start; a SID is an account's own, a name is only a name (weak).
 */
#include "norm/windows.h"

#include <string.h>

#include "base/arena.h"

struct str
win_local(struct win *w, struct str text)
{
	if (w->host.len == 0 || text.len == 0)
		return STR("");
	return norm_join(w->r->a, w->host, STR("|"), text);
}

struct entref *
win_ref(struct win *w, struct named n)
{
	if (n.field.len == 0)
		n.flags |= REF_WEAK;
	return norm_ref(w->r, n);
}

void
win_mark(struct win *w, enum role role)
{
	if (w->host.len > 0)
		norm_ref(w->r, (struct named){ .kind = KIND_HOST,
		    .role = role, .key = w->host, .name = w->r->ev->host });
}

static void
also(struct entref *e, struct win_value v)
{
	if (e != NULL && v.field.len > 0)
		entref_proof(e, v.field, v.whole);
}

/* ---- processes -------------------------------------------------------- */

struct str
win_process_name(struct win *w, struct str image, struct str pid)
{
	uint64_t n;

	if (!win_number(pid, &n))
		return image;
	if (image.len == 0)
		return str_printf(w->r->a, "process %llu",
		    (unsigned long long)n);
	return str_printf(w->r->a, "%.*s (%llu)", STR_ARG(image),
	    (unsigned long long)n);
}

static struct win_value
maybe(struct win *w, const char *name)
{
	return name ? win_get(w, name) :
	    (struct win_value){ .text = STR("") };
}

static struct entref *
by_guid(struct win *w, const struct win_part *p)
{
	struct win_value v = win_get(w, p->field), image = maybe(w, p->with);
	struct str guid = win_guid(w->r->a, v.text);

	if (guid.len == 0)
		return NULL;
	return win_ref(w, (struct named){
		.kind = KIND_PROCESS, .role = p->role,
		.flags = win_is_hub(w, image.text) ? REF_HUB : 0,
		.key = win_local(w, guid),
		.name = win_process_name(w, image.text,
		    maybe(w, p->also).text),
		.field = v.field, .value = v.whole,
	});
}

static struct str
pid_key(struct win *w, struct str text)
{
	uint64_t pid;

	if (!win_number(text, &pid) || pid == 0 ||
	    (pid == 4 && !w->is_unix) || pid > UINT32_MAX)
		return STR("");
	return str_printf(w->r->a, "pid:%llu", (unsigned long long)pid);
}

static struct entref *
by_pid(struct win *w, const struct win_part *p)
{
	struct win_value pid = win_get(w, p->field);
	struct str image = maybe(w, p->with).text;
	struct str key = pid_key(w, pid.text);

	if (key.len == 0)
		return NULL;
	return win_ref(w, (struct named){
		.kind = KIND_PROCESS, .role = p->role,
		.flags = REF_WEAK | (win_is_hub(w, image) ? REF_HUB : 0),
		.key = win_local(w, key),
		.name = win_process_name(w, image, pid.text),
		.field = pid.field, .value = pid.whole,
	});
}

/* ---- sessions, tickets, accounts -------------------------------------- */

static struct entref *
by_luid(struct win *w, const struct win_part *p)
{
	struct win_value v = win_get(w, p->field);
	struct str key;
	uint64_t luid;

	if (!win_number(v.text, &luid) || win_luid_is_shared(luid))
		return NULL;
	key = str_printf(w->r->a, "luid:0x%llx", (unsigned long long)luid);
	if (w->r->ev->session.len == 0 || p->role == ROLE_NEW)
		w->r->ev->session = v.text;
	return win_ref(w, (struct named){
		.kind = KIND_SESSION, .role = p->role,
		.key = win_local(w, key), .name = v.text,
		.field = v.field, .value = v.whole,
	});
}

static struct entref *
by_ticket(struct win *w, const struct win_part *p)
{
	struct win_value v = win_get(w, p->field);
	struct str guid = win_guid(w->r->a, v.text);

	if (guid.len == 0 || win_guid_is_system(guid))
		return NULL;
	return win_ref(w, (struct named){
		.kind = KIND_TICKET, .role = p->role, .key = guid,
		.name = v.text, .field = v.field, .value = v.whole,
	});
}

struct str
win_account(struct win *w, const char *name, const char *domain)
{
	struct win_value n = maybe(w, name), d = maybe(w, domain);

	if (n.text.len == 0 || d.text.len == 0 ||
	    memchr(n.text.p, '@', n.text.len) ||
	    memchr(n.text.p, '\\', n.text.len))
		return n.text;
	return norm_join(w->r->a, d.text, STR("\\"), n.text);
}

static struct entref *
account(struct win *w, enum role role, struct win_value sid,
    struct win_value name)
{
	bool strong = str_starts(sid.text, "S-1-") &&
	    !str_is(sid.text, "S-1-0-0");
	struct win_value v = strong ? sid : name;
	struct named n = {
		.kind = KIND_USER, .role = role,
		.name = name.text.len > 0 ? name.text : v.text,
		.field = v.field, .value = v.whole,
	};

	if (v.text.len == 0)
		return NULL;
	if (win_is_shared_account(name.text) ||
	    win_is_shared_account(v.text))
		n.flags |= REF_COMMON;
	if (strong) {
		n.key = norm_join(w->r->a, STR("sid:"), v.text, STR(""));
	} else {
		n.key = str_lower(w->r->a, name.text);
		n.flags |= REF_WEAK;
	}
	if (str_eq(w->r->ev->actor, n.name))
		n.flags |= REF_ACTOR;
	return win_ref(w, n);
}

/* SID with name and domain beside it; without a field, the header's. */
static struct entref *
by_sid(struct win *w, const struct win_part *p)
{
	struct win_value sid = p->field[0] ? win_get(w, p->field) : w->sid;
	struct win_value name = maybe(w, p->with);

	name.text = win_account(w, p->with, p->also);
	return account(w, p->role, sid, name);
}

static struct entref *
by_user(struct win *w, const struct win_part *p)
{
	struct win_value none = { .text = STR("") };
	struct win_value name = win_get(w, p->field);

	name.text = win_account(w, p->field, p->with);
	return account(w, p->role, none, name);
}

/* ---- things on a host ------------------------------------------------- */

static struct entref *
thing(struct win *w, enum kind kind, const struct win_part *p, struct str key,
    struct win_value v)
{
	return win_ref(w, (struct named){
		.kind = kind, .role = p->role, .key = win_local(w, key),
		.name = v.text, .field = v.field, .value = v.whole,
	});
}

static struct entref *
by_file(struct win *w, const struct win_part *p)
{
	struct win_value v = win_get(w, p->field);

	return thing(w, KIND_FILE, p, win_path(w, v.text), v);
}

struct entref *
win_armed(struct win *w, enum role role, struct str path, struct win_value v)
{
	struct named n = {
		.kind = KIND_FILE, .role = role,
		.flags = role == ROLE_ARM && win_is_system(w, path) ?
		    REF_COMMON : 0,
		.key = win_local(w, path), .name = path,
		.field = v.field, .value = v.whole,
	};

	if (path.len == 0 || (role == ROLE_ARM && win_is_hub(w, path)))
		return NULL;
	return win_ref(w, n);
}

static struct entref *
by_command(struct win *w, const struct win_part *p)
{
	struct win_value v = win_get(w, p->field);

	return win_armed(w, p->role, win_command_path(w, v.text), v);
}

static struct entref *
by_registry(struct win *w, const struct win_part *p)
{
	struct win_value v = win_get(w, p->field);

	return thing(w, KIND_REGISTRY, p, win_registry(w, v.text), v);
}

static struct entref *
by_pipe(struct win *w, const struct win_part *p)
{
	struct win_value v = win_get(w, p->field);

	return thing(w, KIND_PIPE, p, str_lower(w->r->a, v.text), v);
}

static struct entref *
by_service(struct win *w, const struct win_part *p)
{
	struct win_value v = win_get(w, p->field);

	return thing(w, KIND_SERVICE, p, str_lower(w->r->a, v.text), v);
}

static struct entref *
by_task(struct win *w, const struct win_part *p)
{
	struct win_value v = win_get(w, p->field);

	return thing(w, KIND_TASK, p, str_lower(w->r->a, v.text), v);
}

/* A handle is a number within one process: `with` is the pid's field, `also`
 * is shown (the object). */
static struct entref *
by_handle(struct win *w, const struct win_part *p)
{
	struct win_value v = win_get(w, p->field), pid = maybe(w, p->with);
	struct win_value object = maybe(w, p->also);
	struct str process = pid_key(w, pid.text), name = v.text;
	struct entref *e;
	uint64_t n;

	if (process.len == 0 || !win_number(v.text, &n) || n == 0)
		return NULL;
	if (object.text.len > 0)
		name = norm_join(w->r->a, object.text, STR(" "), v.text);
	e = win_ref(w, (struct named){
		.kind = KIND_HANDLE, .role = p->role,
		.key = win_local(w, str_printf(w->r->a, "%.*s|0x%llx",
		    STR_ARG(process), (unsigned long long)n)),
		.name = name, .field = v.field, .value = v.whole,
	});
	also(e, pid);
	return e;
}

/* ---- artifacts -------------------------------------------------------- */

static struct str
hash_of(struct str all, const char *algo)
{
	struct str part, rest = all;
	size_t len = strlen(algo);

	while (str_cut(&rest, ',', &part)) {
		part = str_trim(part);
		if (part.len <= len + 1 || part.p[len] != '=' ||
		    !str_is_fold(str_sub(part, 0, len), algo))
			continue;
		return str_sub(part, len + 1, part.len);
	}
	return STR("");
}

/* "SHA1=..,MD5=..,SHA256=..": the strongest one; all three where the file is
 * none of the system's, since other sources record only the weaker ones. */
static struct entref *
by_hashes(struct win *w, const struct win_part *p)
{
	static const char *const algos[] = { "sha256", "sha1", "md5" };
	struct win_value v = win_get(w, p->field), of = maybe(w, p->with);
	bool common = win_is_installed(w, of.text);
	struct entref *e = NULL, *last;
	struct str hex;
	size_t i;

	for (i = 0; i < COUNT(algos); i++) {
		hex = hash_of(v.text, algos[i]);
		if (hex.len == 0)
			continue;
		last = norm_art_hash(w->r, algos[i], v.field, hex,
		    common ? REF_COMMON : 0);
		if (last != NULL && v.field.len > 0) {
			last->proofs = 0;
			entref_proof(last, v.field, v.whole);
		}
		e = e ? e : last;
		if (e && (common || (w->r->ev->flags & EVENT_MINOR)))
			break;
	}
	return e;
}

/* Artifacts keep the text they were made from: with blanks around it, that is
 * not what stands there. */
static struct str
exact(struct win_value v)
{
	return v.text.len == v.whole.len ? v.field : STR("");
}

static struct entref *
by_ip(struct win *w, const struct win_part *p)
{
	struct win_value v = win_get(w, p->field);

	return norm_art_ip(w->r, exact(v), v.text);
}

static struct entref *
by_domain(struct win *w, const struct win_part *p)
{
	struct win_value v = win_get(w, p->field);

	return norm_art_domain(w->r, exact(v), v.text);
}

/* ---- flows ------------------------------------------------------------ */

/* What came as text within a text cannot be pointed at, and proves nothing. */
static void
without_proof(struct event *ev, size_t from)
{
	for (; from < ev->n_refs; from++) {
		ev->refs[from].flags |= REF_WEAK;
		ev->refs[from].proofs = 0;
	}
}

void
win_flow(struct win *w, const char *const fields[5], bool initiator)
{
	size_t i, before = w->r->ev->n_refs;
	struct win_value v[5];
	bool shown = true;

	for (i = 0; i < 5; i++) {
		v[i] = win_get(w, fields[i]);
		shown = shown && exact(v[i]).len > 0;
	}
	norm_flow(w->r, &(struct five_tuple){
		.proto = v[0].text, .a = v[1].text, .aport = v[2].text,
		.b = v[3].text, .bport = v[4].text, .f_proto = v[0].field,
		.f_a = v[1].field, .f_aport = v[2].field, .f_b = v[3].field,
		.f_bport = v[4].field, .initiator = initiator,
	});
	if (!shown)
		without_proof(w->r->ev, before);
}

/* 127.0.0.1 is another place on every host. */
static bool
loopback(struct str ip)
{
	return str_starts(ip, "127.") || str_is(ip, "::1") ||
	    str_is(ip, "0:0:0:0:0:0:0:1") || str_starts(ip, "::ffff:127.");
}

void
win_endpoint(struct win *w, const char *ip, const char *port)
{
	struct win_value address = win_get(w, ip), number = win_get(w, port);
	struct str key;

	if (loopback(address.text))
		return;
	key = norm_endpoint_key(w->r->a, address.text, number.text);
	if (key.len > 0)
		also(norm_ref(w->r, (struct named){
			.kind = KIND_FLOW, .role = ROLE_ENDPOINT, .key = key,
			.field = address.field, .value = address.whole,
		}), number);
}

/* ---- the table -------------------------------------------------------- */

static struct entref *(*const makers[WIN_AS__MAX])(struct win *,
    const struct win_part *) = {
	[WIN_GUID] = by_guid, [WIN_PID] = by_pid, [WIN_LUID] = by_luid,
	[WIN_FILE] = by_file, [WIN_COMMAND] = by_command,
	[WIN_REGISTRY] = by_registry, [WIN_PIPE] = by_pipe,
	[WIN_SERVICE] = by_service, [WIN_TASK] = by_task, [WIN_SID] = by_sid,
	[WIN_USER] = by_user, [WIN_TICKET] = by_ticket,
	[WIN_HANDLE] = by_handle, [WIN_HASHES] = by_hashes, [WIN_IP] = by_ip,
	[WIN_DOMAIN] = by_domain,
};

struct entref *
win_part(struct win *w, const struct win_part *p)
{
	return p->as == WIN_NONE ? NULL : makers[p->as](w, p);
}
