/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Artifacts and flows: addresses, domains, hashes, five-tuples. They link
 * events that share them, so what half the world shares (private addresses,
 * an operating system's update servers) is marked REF_COMMON here.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "norm/norm_source.h"

/* RFC 1918, 6598, 3927, 5771 and friends. */
static bool
common_v4(const uint8_t b[4])
{
	return b[0] == 0 || b[0] == 10 || b[0] == 127 || b[0] >= 224 ||
	    (b[0] == 100 && (b[1] & 0xc0) == 64) ||
	    (b[0] == 169 && b[1] == 254) ||
	    (b[0] == 172 && (b[1] & 0xf0) == 16) ||
	    (b[0] == 192 && b[1] == 168);
}

static bool
common_v6(const uint8_t b[16])
{
	static const uint8_t loop[16] = { [15] = 1 };

	return memcmp(b, loop, sizeof(loop)) == 0 || b[0] == 0xff ||
	    (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
}

static bool
all_zero(const uint8_t *p, size_t len)
{
	while (len > 0 && p[len - 1] == 0)
		len--;
	return len == 0;
}

static struct str
ip_text(struct arena *a, int family, const uint8_t *b)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family, b, text, sizeof(text));
	return str_dup(a, str_of(text));
}

bool
norm_ip(struct arena *a, struct str text, struct str *canon, bool *common)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char c[INET6_ADDRSTRLEN];
	uint8_t b[16];
	size_t zone = str_find(text, STR("%"), 0);
	int family = AF_INET;
	const uint8_t *v4 = b;

	if (zone != (size_t)-1)
		text.len = zone;	/* fe80::1%eth0 */
	if (text.len < 2 || text.len >= sizeof(c))
		return false;
	memcpy(c, text.p, text.len);
	c[text.len] = '\0';
	if (inet_pton(AF_INET, c, b) != 1) {
		if (inet_pton(AF_INET6, c, b) != 1)
			return false;
		if (memcmp(b, mapped, sizeof(mapped)) == 0)
			v4 = b + 12;
		else
			family = AF_INET6;
	}
	if (family == AF_INET6 ? all_zero(b, 16) : all_zero(v4, 4))
		return false;
	*common = family == AF_INET6 ? common_v6(b) : common_v4(v4);
	*canon = ip_text(a, family, family == AF_INET6 ? b : v4);
	return true;
}

struct entref *
norm_art_ip(struct reading *r, struct str field, struct str text)
{
	struct str key;
	bool common;

	if (!norm_ip(r->a, text, &key, &common))
		return NULL;
	return norm_ref(r, (struct named){ .kind = KIND_IP, .role = ROLE_ART,
	    .flags = common ? REF_COMMON : 0, .key = key, .field = field,
	    .value = text });
}

/* ---- domains ---------------------------------------------------------- */

/* Owners of names that every desktop and server asks for all day. */
static const char *const everyday[] = {
	"microsoft.com", "windows.com", "windowsupdate.com", "live.com",
	"office.com", "office365.com", "microsoftonline.com", "msftncsi.com",
	"msftconnecttest.com", "azure.com", "msn.com",
	"bing.com", "skype.com", "outlook.com",
	"google.com", "googleapis.com", "gstatic.com", "gvt1.com",
	"google-analytics.com", "doubleclick.net", "youtube.com",
	"apple.com", "icloud.com", "mozilla.org", "mozilla.com",
	"firefox.com", "ubuntu.com", "debian.org",
	"digicert.com", "verisign.com", "letsencrypt.org", "akamai.net",
	"akamaiedge.net", "facebook.com", "adobe.com",
	"ntp.org", "arpa", "local", "lan", "internal", "localdomain",
};

/* name is the domain or below it. */
static bool
belongs_to(struct str name, const char *domain)
{
	size_t len = strlen(domain);

	if (!str_ends_fold(name, domain))
		return false;
	return name.len == len || name.p[name.len - len - 1] == '.';
}

static bool
common_domain(struct str name)
{
	for (size_t i = 0; i < COUNT(everyday); i++)
		if (belongs_to(name, everyday[i]))
			return true;
	return str_starts(name, "wpad.");
}

/* A dot inside, and letters as host names and service records use them. */
static bool
domain_like(struct str s)
{
	bool dot = false;

	if (s.len < 3 || s.len > 253 || s.p[0] == '.')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || strchr("/\\:;,\"'<>()[]{}|", c))
			return false;
		dot |= c == '.';
	}
	return dot;
}

struct entref *
norm_art_domain(struct reading *r, struct str field, struct str text)
{
	struct str name = text, canon;
	bool common;

	if (name.len && name.p[name.len - 1] == '.')
		name.len--;
	if (!domain_like(name) || norm_ip(r->a, name, &canon, &common))
		return NULL;
	name = str_lower(r->a, name);
	return norm_ref(r, (struct named){ .kind = KIND_DOMAIN,
	    .role = ROLE_ART, .flags = common_domain(name) ? REF_COMMON : 0,
	    .key = name, .field = field, .value = text });
}

/* ---- hashes ----------------------------------------------------------- */

/* Digests of nothing: every empty file has them. */
static bool
of_nothing(struct str hex)
{
	return str_starts(hex, "e3b0c44298fc1c149afbf4c8996fb924") ||
	    str_starts(hex, "da39a3ee5e6b4b0d3255bfef95601890") ||
	    str_is(hex, "d41d8cd98f00b204e9800998ecf8427e");
}

struct entref *
norm_art_hash(struct reading *r, const char *algo, struct str field,
    struct str hex, unsigned flags)
{
	struct str low = str_lower(r->a, hex);

	if (low.len < 32 || low.len > 128 || low.len % 2 ||
	    strspn(low.p, "0123456789abcdef") != low.len ||
	    strspn(low.p, "0") == low.len || of_nothing(low))
		return NULL;
	return norm_ref(r, (struct named){ .kind = KIND_HASH, .role = ROLE_ART,
	    .flags = flags, .key = norm_join(r->a, str_of(algo), STR(":"), low),
	    .field = field, .value = hex });
}

/* ---- flows ------------------------------------------------------------ */

struct str
norm_endpoint_key(struct arena *a, struct str ip, struct str port)
{
	struct str canon;
	uint64_t n;
	bool common;

	if (!str_u64(port, &n) || n == 0 || n > 65535 ||
	    !norm_ip(a, ip, &canon, &common))
		return STR("");
	return norm_join(a, canon, STR(":"), port);
}

/* Some sources write a number of the IANA registry, some a word. */
static struct str
proto_word(struct arena *a, struct str proto)
{
	if (str_is(proto, "6"))
		return STR("tcp");
	if (str_is(proto, "17"))
		return STR("udp");
	return str_lower(a, proto);
}

/* Each machine has its own 127.0.0.1: no identity across machines. */
static bool
loopback(struct str end)
{
	return str_starts(end, "127.") || str_starts(end, "::1:");
}

static void
flow_proofs(struct entref *ref, const struct five_tuple *t)
{
	entref_proof(ref, t->f_proto, t->proto);
	entref_proof(ref, t->f_a, t->a);
	entref_proof(ref, t->f_aport, t->aport);
	entref_proof(ref, t->f_b, t->b);
	entref_proof(ref, t->f_bport, t->bport);
}

struct entref *
norm_flow(struct reading *r, const struct five_tuple *t)
{
	struct str a = norm_endpoint_key(r->a, t->a, t->aport);
	struct str b = norm_endpoint_key(r->a, t->b, t->bport);
	bool turn = str_cmp(a, b) > 0;
	struct str ends, key;
	struct entref *ref;

	if (!a.len || !b.len || norm_null(t->proto) || loopback(a) ||
	    loopback(b))
		return NULL;
	ends = norm_join(r->a, turn ? b : a, STR("|"), turn ? a : b);
	key = norm_join(r->a, proto_word(r->a, t->proto), STR("|"), ends);
	ref = norm_ref(r, (struct named){ .kind = KIND_FLOW, .role = ROLE_FLOW,
	    .key = key });
	if (ref)
		flow_proofs(ref, t);
	if (t->initiator) {
		struct entref *end = norm_ref(r, (struct named){
		    .kind = KIND_FLOW, .role = ROLE_ENDPOINT, .key = a,
		    .field = t->f_a, .value = t->a });

		if (end)
			entref_proof(end, t->f_aport, t->aport);
	}
	return ref;
}
