/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zeek: conn, dns, http, files, ssl and the others, as JSON or TSV.
 *
 * A sensor sees packets, not hosts: these events have no host, and who acts
 * is an address. conn records a connection whole (five-tuple, and who began
 * it) and gives it a uid; every other log names that uid, so those events are
 * a part of it. A fuid does the same for a file on its way.
 */
#include "norm/zeek.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"

struct row {
	const char *path, *type, *action;
	enum act act;
	unsigned flags;
	const char *target;		/* field shown as target */
	void (*more)(struct zeek *z);
};

/* ---- entities --------------------------------------------------------- */

static struct entref *
ref(struct zeek *z, enum kind kind, enum role role, struct str key,
    struct zeek_value v)
{
	return norm_ref(z->r, (struct named){
		.kind = kind, .role = role, .key = key, .name = v.text,
		.field = v.field, .value = v.text,
	});
}

static struct entref *
keyed(struct zeek *z, enum kind kind, enum role role, const char *prefix,
    struct zeek_value v)
{
	if (v.text.len == 0)
		return NULL;
	return ref(z, kind, role,
	    norm_join(z->r->a, str_of(prefix), v.text, STR("")), v);
}

static void
art_ip(struct zeek *z, const char *name)
{
	struct zeek_value v = zeek_get(z, name);

	norm_art_ip(z->r, v.field, v.text);
}

static void
art_domain(struct zeek *z, const char *name)
{
	struct zeek_value v = zeek_get(z, name);

	norm_art_domain(z->r, v.field, v.text);
}

/* Files of this transfer: parts of one transaction. */
static void
files_named(struct zeek *z, const char *name)
{
	size_t i;

	for (i = 0; i < 4; i++)
		keyed(z, KIND_TRANSACTION, ROLE_TXN, "zeek:",
		    zeek_item(z, name, i));
}

static void
user(struct zeek *z, struct str key, struct zeek_value v)
{
	struct entref *e;

	if (v.text.len == 0)
		return;
	e = ref(z, KIND_USER, ROLE_USER, str_lower(z->r->a, key), v);
	if (e != NULL)
		e->flags |= REF_WEAK | (str_ends_fold(key, "$") ||
		    str_find(key, STR("$@"), 0) != (size_t)-1 ?
		    REF_COMMON : 0);
}

/* ---- logs ------------------------------------------------------------- */

/* What came of it: states in which both sides spoke are a connection. */
static void
conn_state(struct zeek *z)
{
	static const char *const talked[] = {
		"SF", "S1", "S2", "S3", "RSTO", "RSTR", "OTH", "SHR"
	};
	struct str state = zeek_get(z, "conn_state").text;
	size_t i;

	z->r->ev->outcome = OUTCOME_UNKNOWN;
	for (i = 0; i < COUNT(talked); i++)
		if (str_is(state, talked[i]))
			z->r->ev->outcome = OUTCOME_SUCCESS;
}

static void
conn(struct zeek *z)
{
	struct zeek_value proto = zeek_get(z, "proto");
	struct zeek_value a = zeek_get(z, "id.orig_h");
	struct zeek_value aport = zeek_get(z, "id.orig_p");
	struct zeek_value b = zeek_get(z, "id.resp_h");
	struct zeek_value bport = zeek_get(z, "id.resp_p");

	conn_state(z);
	/* The "ports" of ICMP are its type and code. */
	if (!str_is(proto.text, "icmp"))
		norm_flow(z->r, &(struct five_tuple){
			.proto = proto.text, .a = a.text, .aport = aport.text,
			.b = b.text, .bport = bport.text,
			.f_proto = proto.field, .f_a = a.field,
			.f_aport = aport.field, .f_b = b.field,
			.f_bport = bport.field, .initiator = true,
		});
	art_ip(z, "id.orig_h");
	art_ip(z, "id.resp_h");
}

static void
dns(struct zeek *z)
{
	struct str code = zeek_get(z, "rcode_name").text;

	if (code.len > 0 && !str_is(code, "NOERROR"))
		z->r->ev->outcome = OUTCOME_FAILURE;
	art_domain(z, "query");
}

static void
http(struct zeek *z)
{
	struct zeek_value host = zeek_get(z, "host"), uri = zeek_get(z, "uri");
	struct zeek_value agent = zeek_get(z, "user_agent");
	struct zeek_value method = zeek_get(z, "method");
	struct str url = STR(""), full;
	struct entref *e;

	if (method.text.len > 0)
		z->r->ev->action = norm_join(z->r->a, STR("http."),
		    str_lower(z->r->a, method.text), STR(""));
	art_domain(z, "host");
	norm_art_ip(z->r, host.field, host.text);
	if (str_starts(uri.text, "http://") || str_starts(uri.text, "https://"))
		url = uri.text;		/* to a proxy */
	else if (host.text.len > 0 && uri.text.len > 0)
		url = norm_join(z->r->a, STR("http://"), host.text, uri.text);
	full = url.len > 0 ? url : uri.text;
	z->r->ev->target = full;
	if (url.len > 0) {
		e = ref(z, KIND_URL, ROLE_ART, url, uri);
		if (e != NULL) {
			e->name = url;
			entref_proof(e, host.field, host.text);
		}
	}
	keyed(z, KIND_USERAGENT, ROLE_ART, "", agent);
	files_named(z, "orig_fuids");
	files_named(z, "resp_fuids");
}

static void
files(struct zeek *z)
{
	static const char *const algos[] = { "sha256", "sha1", "md5" };
	struct zeek_value v;
	size_t i;

	files_named(z, "fuid");
	files_named(z, "parent_fuid");
	for (i = 0; i < 4; i++)		/* before Zeek 5: a set of uids */
		keyed(z, KIND_FLOW, ROLE_TXN, "zeek:",
		    zeek_item(z, "conn_uids", i));
	for (i = 0; i < COUNT(algos); i++) {
		v = zeek_get(z, algos[i]);
		norm_art_hash(z->r, algos[i], v.field, v.text, 0);
	}
	if (z->r->ev->target.len == 0)
		z->r->ev->target = zeek_get(z, "mime_type").text;
}

static void
ssl(struct zeek *z)
{
	static const char *const prints[] = { "ja3", "ja3s", "ja4", "ja4s" };
	char prefix[8];
	size_t i, n;

	if (str_is(zeek_get(z, "established").text, "F") ||
	    str_is(zeek_get(z, "established").text, "false"))
		z->r->ev->outcome = OUTCOME_FAILURE;
	art_domain(z, "server_name");
	for (i = 0; i < COUNT(prints); i++) {
		n = strlen(prints[i]);
		memcpy(prefix, prints[i], n);
		memcpy(prefix + n, ":", 2);
		keyed(z, KIND_TLS, ROLE_ART, prefix, zeek_get(z, prints[i]));
	}
	for (i = 0; i < 2; i++)
		keyed(z, KIND_CERTIFICATE, ROLE_ART, "",
		    zeek_item(z, "cert_chain_fps", i));
	files_named(z, "cert_chain_fuids");
}

static void
x509(struct zeek *z)
{
	keyed(z, KIND_CERTIFICATE, ROLE_ART, "", zeek_get(z, "fingerprint"));
	keyed(z, KIND_TRANSACTION, ROLE_TXN, "zeek:", zeek_get(z, "id"));
}

static void
pe(struct zeek *z)
{
	keyed(z, KIND_TRANSACTION, ROLE_TXN, "zeek:", zeek_get(z, "id"));
}

/* "ann/EXAMPLE.COM" is ann@example.com. */
static void
kerberos(struct zeek *z)
{
	struct zeek_value v = zeek_get(z, "client");
	size_t slash = str_find(v.text, STR("/"), 0);
	struct str key = v.text, ok = zeek_get(z, "success").text;

	if (slash != (size_t)-1)
		key = norm_join(z->r->a, str_sub(v.text, 0, slash), STR("@"),
		    str_sub(v.text, slash + 1, v.text.len));
	user(z, key, v);
	if (str_is(ok, "F") || str_is(ok, "false"))
		z->r->ev->outcome = OUTCOME_FAILURE;
}

static void
ntlm(struct zeek *z)
{
	struct zeek_value v = zeek_get(z, "username");
	struct str domain = zeek_get(z, "domainname").text;
	struct str ok = zeek_get(z, "success").text;

	user(z, domain.len > 0 ? norm_join(z->r->a, domain, STR("\\"),
	    v.text) : v.text, v);
	if (str_is(ok, "F") || str_is(ok, "false"))
		z->r->ev->outcome = OUTCOME_FAILURE;
}

/* Notices about the sensor's own work are no detections. */
static void
notice(struct zeek *z)
{
	static const char *const own[] = {
		"CaptureLoss::", "PacketFilter::", "Weird::", "Communication::",
	};
	struct str note = zeek_get(z, "note").text;
	size_t i;

	art_ip(z, "src");
	art_ip(z, "dst");
	files_named(z, "fuid");
	for (i = 0; i < COUNT(own); i++)
		if (str_starts(note, own[i]))
			return;
	z->r->ev->flags |= EVENT_ALERT;
}

static void
intel(struct zeek *z)
{
	files_named(z, "fuid");
	art_domain(z, "seen.indicator");
	art_ip(z, "seen.indicator");
}

static const struct row rows[] = {
	{ "conn", "network", "network.flow", ACT_FLOW, 0, NULL, conn },
	{ "dns", "dns", "dns.query", ACT_DNS, 0, "query", dns },
	{ "http", "http", "http.request", ACT_FLOW, 0, "uri", http },
	{ "files", "file", "file.transfer", ACT_FLOW, 0, "filename", files },
	{ "ssl", "tls", "tls.handshake", ACT_FLOW, 0, "server_name", ssl },
	{ "x509", "certificate", "certificate.seen", ACT_OTHER, EVENT_MINOR,
	  "certificate.subject", x509 },
	{ "pe", "file", "file.executable", ACT_OTHER, 0, "machine", pe },
	{ "smb_mapping", "share", "share.open", ACT_SHARE, 0, "path", NULL },
	{ "smb_files", "share", "share.access", ACT_SHARE, 0, "name", NULL },
	{ "dce_rpc", "rpc", "rpc.call", ACT_FLOW, 0, "operation", NULL },
	{ "kerberos", "authentication", "ticket.request", ACT_OTHER, 0,
	  "service", kerberos },
	{ "ntlm", "authentication", "logon.ntlm", ACT_OTHER, 0, "hostname",
	  ntlm },
	{ "rdp", "remote", "rdp.connect", ACT_FLOW, 0, "cookie", NULL },
	{ "ssh", "remote", "ssh.connect", ACT_FLOW, 0, "server", NULL },
	{ "notice", "alert", "notice", ACT_OTHER, 0, "msg", notice },
	{ "intel", "alert", "intel.hit", ACT_OTHER, EVENT_ALERT,
	  "seen.indicator", intel },
	{ "signatures", "alert", "signature.hit", ACT_OTHER, EVENT_ALERT,
	  "event_msg", NULL },
	{ "weird", "network", "network.weird", ACT_OTHER, EVENT_MINOR, "name",
	  NULL },
	{ "analyzer", "network", "network.analyzer", ACT_OTHER, EVENT_MINOR,
	  "failure_reason", NULL },
};

static const struct row plain = {
	NULL, "network", NULL, ACT_OTHER, EVENT_MINOR, NULL, NULL
};

/* Sigma's service is the log's name; these are the ones rules are for. */
static const char *const services[] = {
	"conn", "dns", "http", "files", "ssl", "x509", "pe", "smb_mapping",
	"smb_files", "dce_rpc", "kerberos", "ntlm", "rdp", "ssh", "notice",
	"intel", "signatures", "weird", "software", "smtp", "ftp", "tunnel",
};

static const struct row *
row_of(struct str path)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (str_is(path, rows[i].path))
			return &rows[i];
	return &plain;
}

/* ---- the record ------------------------------------------------------- */

static bool
set_time(struct zeek *z)
{
	struct zeek_value v = zeek_get(z, "ts");
	struct event *ev = z->r->ev;

	ev->clock = "ts";
	if (clock_parse_epoch(v.text, &ev->time_ns) ||
	    clock_parse(v.text, true, &ev->time_ns))
		return true;
	return norm_refuse(z->r, "/ts", v.text.len == 0 ? "is missing" :
	    "is neither epoch seconds nor a time");
}

static void
texts(struct zeek *z, const struct row *row)
{
	struct event *ev = z->r->ev;
	struct str to = zeek_get(z, "id.resp_h").text;
	struct str port = zeek_get(z, "id.resp_p").text;

	ev->type = str_of(row->type);
	ev->action = row->action ? str_of(row->action) :
	    norm_join(z->r->a, STR("zeek."), z->path, STR(""));
	ev->actor = zeek_get(z, "id.orig_h").text;
	if (ev->actor.len == 0)
		ev->actor = zeek_item(z, "tx_hosts", 0).text;
	if (ev->actor.len == 0)
		ev->actor = zeek_get(z, "src").text;
	if (ev->actor.len == 0)
		ev->actor = STR("zeek");
	if (row->target != NULL)
		ev->target = zeek_get(z, row->target).text;
	if (ev->target.len == 0 && to.len > 0)
		ev->target = norm_join(z->r->a, to, STR(":"), port);
}

static bool
read_record(struct reading *r)
{
	struct zeek z = { .r = r };
	const struct row *row;
	struct zeek_value uid;

	zeek_open(&z);
	if (!set_time(&z))
		return false;
	row = row_of(z.path);
	r->ev->product = "zeek";
	for (size_t i = 0; i < COUNT(services); i++)
		if (str_is(z.path, services[i]))
			r->ev->service = services[i];
	r->ev->act = row->act;
	r->ev->flags |= row->flags;
	r->ev->outcome = OUTCOME_SUCCESS;
	texts(&z, row);
	uid = zeek_get(&z, "uid");
	keyed(&z, KIND_FLOW, row->more == conn ? ROLE_NEW : ROLE_TXN, "zeek:",
	    uid);
	if (row->more != NULL)
		row->more(&z);
	return true;
}

/* Beyond doubt: a time in ts, and a log's name or a connection's ends. */
static bool
claims(const struct json *v)
{
	if (json_get(v, "ts") == NULL)
		return false;
	return json_get(v, "_path") != NULL ||
	    json_get(v, "id.orig_h") != NULL ||
	    json_at(v, "id", "orig_h", NULL) != NULL ||
	    json_get(v, "id_orig_h") != NULL ||
	    (json_get(v, "fuid") != NULL && json_get(v, "source") != NULL);
}

static const char *const aliases[] = { "bro", "corelight", NULL };

const struct normaliser norm_zeek = {
	.name = "zeek",
	.aliases = aliases,
	.version = 1,
	.lines = true,
	.claims = claims,
	.read = read_record,
};
