/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suricata: EVE JSON, one object an event.
 * https://docs.suricata.io/en/latest/output/eve/eve-json-format.html
 *
 * A sensor sees packets, not hosts: these events have no host, who acts is an
 * address, and what is acted on is one. flow_id ties the events of one flow,
 * but a sensor numbers its flows anew after each start and two sensors may
 * number alike, so it is a weak identity; a flow event also records the whole
 * five-tuple and who began it. An alert's ends are those of the packet that
 * set it off, which may go either way.
 */
#include <string.h>

#include "base/arena.h"
#include "norm/norm_source.h"
#include "norm/suricata_class.h"

static const struct field fields[] = {
	{ .at = "/timestamp", .take = TAKE_TIME, .note = "timestamp" },
	{ .at = "/src_ip", .take = TAKE_ACTOR },
	{ .at = "/flow_id", .take = TAKE_REF, .kind = KIND_FLOW,
	    .role = ROLE_TXN, .flags = REF_WEAK, .note = "suricata:" },
	{ .at = "/src_ip", .take = TAKE_IP },
	{ .at = "/dest_ip", .take = TAKE_IP },
	{ .at = "/http/http_user_agent", .take = TAKE_REF,
	    .kind = KIND_USERAGENT, .role = ROLE_ART },
	{ .at = "/tls/ja3/hash", .take = TAKE_REF, .kind = KIND_TLS,
	    .role = ROLE_ART, .note = "ja3:" },
	{ .at = "/tls/ja3s/hash", .take = TAKE_REF, .kind = KIND_TLS,
	    .role = ROLE_ART, .note = "ja3s:" },
	{ .at = "/tls/ja4", .take = TAKE_REF, .kind = KIND_TLS,
	    .role = ROLE_ART, .note = "ja4:" },
	{ .at = "/tls/fingerprint", .take = TAKE_REF_LOWER,
	    .kind = KIND_CERTIFICATE, .role = ROLE_ART },
	{ .at = NULL }
};

/* ---- parts --------------------------------------------------------------- */

static void
domain(struct reading *r, const char *at)
{
	norm_art_domain(r, str_of(at), norm_text(r, at));
}

/* A signature's author may name techniques; their place has several forms. */
static void
techniques(struct reading *r)
{
	const struct json *v = norm_at(r->v, "/alert/metadata/"
	    "mitre_technique_id");
	size_t i, n = json_type(v) == JSON_ARRAY ? json_len(v) : 1;
	struct str text;
	technique t;

	for (i = 0; i < n && i < EVENT_TECHNIQUES_MAX; i++) {
		text = json_scalar(r->a, json_type(v) == JSON_ARRAY ?
		    json_item(v, i) : v);
		t = technique_parse(text);
		if (t != 0)
			event_tag(r->ev, t, NULL, NULL, 3);
	}
}

/* The rule's author is heard first, then its class, and the sensor's number
 * only where the class is none we know: priorities go from 1, the gravest; a
 * ruleset may use more than three. */
static int
severity_of(struct reading *r)
{
	static const int worth[] = { -1, 80, 50, 20 };
	int64_t priority = json_int(norm_at(r->v, "/alert/severity"));
	int said = suricata_author_severity(norm_text(r,
	    "/alert/metadata/signature_severity/0"));

	if (said == CLASS_UNKNOWN)
		said = suricata_class_severity(norm_text(r, "/alert/category"));
	if (said != CLASS_UNKNOWN)
		return said;
	return priority >= 1 && priority <= 3 ? worth[priority] :
	    priority > 3 ? 10 : -1;
}

static void
alert(struct reading *r)
{
	struct event *ev = r->ev;
	struct str said = norm_text(r, "/alert/signature");

	if (!norm_null(said))
		ev->action = said;
	else
		ev->action = norm_join(r->a, STR("signature "), norm_text(r,
		    "/alert/signature_id"), STR(""));
	ev->severity = severity_of(r);
	if (str_is(norm_text(r, "/alert/action"), "blocked"))
		ev->outcome = OUTCOME_FAILURE;
	techniques(r);
}

static void
flow(struct reading *r)
{
	struct event *ev = r->ev;
	struct five_tuple t = {
		.proto = norm_text(r, "/proto"), .f_proto = STR("/proto"),
		.a = norm_text(r, "/src_ip"), .f_a = STR("/src_ip"),
		.aport = norm_text(r, "/src_port"),
		.f_aport = STR("/src_port"),
		.b = norm_text(r, "/dest_ip"), .f_b = STR("/dest_ip"),
		.bport = norm_text(r, "/dest_port"),
		.f_bport = STR("/dest_port"), .initiator = true,
	};

	if (json_int(norm_at(r->v, "/flow/pkts_toclient")) > 0)
		ev->outcome = OUTCOME_SUCCESS;
	if (str_is_fold(t.proto, "TCP") || str_is_fold(t.proto, "UDP"))
		norm_flow(r, &t);
}

/* Before version 3 of the form the question stands in dns itself. */
static void
dns(struct reading *r)
{
	struct str code = norm_text(r, "/dns/rcode");

	r->ev->target = norm_text(r, "/dns/rrname");
	domain(r, "/dns/rrname");
	if (r->ev->target.len == 0) {
		r->ev->target = norm_text(r, "/dns/queries/0/rrname");
		domain(r, "/dns/queries/0/rrname");
	}
	if (code.len > 0 && !str_is(code, "NOERROR"))
		r->ev->outcome = OUTCOME_FAILURE;
}

static void
http(struct reading *r)
{
	struct str host = norm_text(r, "/http/hostname");
	struct str path = norm_text(r, "/http/url"), url = path;
	struct str method = norm_text(r, "/http/http_method");
	struct entref *e;

	if (method.len > 0)
		r->ev->action = norm_join(r->a, STR("http."),
		    str_lower(r->a, method), STR(""));
	domain(r, "/http/hostname");
	if (host.len > 0 && path.len > 0 && path.p[0] == '/') {
		url = norm_join(r->a, STR("http://"), host, path);
		e = norm_ref(r, (struct named){ .kind = KIND_URL,
		    .role = ROLE_ART, .key = url, .name = url,
		    .field = STR("/http/url"), .value = path });
		if (e != NULL)
			entref_proof(e, STR("/http/hostname"), host);
	}
	r->ev->target = url;
}

static void
tls(struct reading *r)
{
	r->ev->target = norm_text(r, "/tls/sni");
	domain(r, "/tls/sni");
}

static void
file(struct reading *r)
{
	static const struct { const char *algo, *at; } sums[] = {
		{ "sha256", "/fileinfo/sha256" }, { "sha1", "/fileinfo/sha1" },
		{ "md5", "/fileinfo/md5" },
	};
	size_t i;

	r->ev->target = norm_text(r, "/fileinfo/filename");
	for (i = 0; i < COUNT(sums); i++)
		norm_art_hash(r, sums[i].algo, str_of(sums[i].at),
		    norm_text(r, sums[i].at), 0);
}

/* ---- which event ------------------------------------------------------------ */

static const struct row {
	const char *event, *type, *action;
	enum act act;
	unsigned flags;
	void (*more)(struct reading *r);
} rows[] = {
	{ "alert", "alert", "alert", ACT_OTHER, EVENT_ALERT, alert },
	{ "flow", "network", "network.flow", ACT_FLOW, 0, flow },
	{ "dns", "dns", "dns.query", ACT_DNS, 0, dns },
	{ "http", "http", "http.request", ACT_FLOW, 0, http },
	{ "tls", "tls", "tls.handshake", ACT_FLOW, 0, tls },
	{ "fileinfo", "file", "file.transfer", ACT_FLOW, 0, file },
	{ "smb", "share", "share.access", ACT_SHARE, 0, NULL },
	{ "ssh", "remote", "ssh.connect", ACT_FLOW, 0, NULL },
	{ "rdp", "remote", "rdp.connect", ACT_FLOW, 0, NULL },
	{ NULL, "network", NULL, ACT_OTHER, EVENT_MINOR, NULL },
};

static void
target(struct reading *r)
{
	struct str to = norm_text(r, "/dest_ip");
	struct str port = norm_text(r, "/dest_port");

	if (r->ev->target.len > 0 || norm_null(to))
		return;
	/* An alert is counted by where it hits, whatever the port. */
	r->ev->target = r->ev->flags & EVENT_ALERT || port.len == 0 ? to :
	    norm_join(r->a, to, STR(":"), port);
}

static bool
read_record(struct reading *r)
{
	struct str event = norm_text(r, "/event_type");
	const struct row *row = rows;
	struct event *ev = r->ev;

	if (!norm_fields(r, fields))
		return false;
	if (!ev->clock)
		return norm_refuse(r, "/timestamp", "is required");
	while (row->event != NULL && !str_is(event, row->event))
		row++;
	ev->type = str_of(row->type);
	ev->action = row->action != NULL ? str_of(row->action) :
	    norm_join(r->a, STR("suricata."), event, STR(""));
	ev->act = row->act;
	ev->flags |= row->flags;
	ev->product = "suricata";
	if (ev->actor.len == 0)
		ev->actor = STR("suricata");
	if (row->more != NULL)
		row->more(r);
	target(r);
	return true;
}

/* Beyond doubt: a kind of event, and a flow's number or an alert's. */
static bool
claims(const struct json *v)
{
	return json_type(json_get(v, "timestamp")) == JSON_STRING &&
	    json_type(json_get(v, "event_type")) == JSON_STRING &&
	    (json_get(v, "flow_id") != NULL || json_at(v, "alert",
	    "signature_id", NULL) != NULL) && json_get(v, "src_ip") != NULL;
}

static const char *const aliases[] = { "eve", "suricata:eve", NULL };

const struct normaliser norm_suricata = {
	.name = "suricata",
	.aliases = aliases,
	.version = 2,
	.claims = claims,
	.read = read_record,
};
