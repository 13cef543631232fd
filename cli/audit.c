/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit list [--tenant T] [--limit N] - newest first
 * audit verify [--seen SEQ:HASH] - recompute every line's hash; exit 1 if one
 *	was changed or taken out. It prints the last line's number and hash:
 *	noted elsewhere and given again with --seen, they show later whether
 *	lines were cut off the end or the whole log was written anew.
 */
#include "cli.h"

#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "control.h"

enum { LINES_MAX = 1 << 20, LINES_STANDARD = 100, LINES_MOST = 100000 };

static void
line_put(struct cli *c, const struct audit_line *l)
{
	char hex[SHA256_HEX], at[CLOCK_TEXT];

	hex_text(l->hash, sizeof(l->hash), hex);
	if (!c->json) {
		clock_format(l->at_ns, at);
		buf_printf(&c->out, "%6lld %s  %-16.*s %-12.*s %-20.*s %.*s\n",
		    (long long)l->seq, at, STR_ARG(l->who),
		    STR_ARG(l->tenant_name), STR_ARG(l->what),
		    STR_ARG(l->detail));
		return;
	}
	jw_object(&c->jw);
	jw_key_i(&c->jw, "seq", l->seq);
	jw_key(&c->jw, "at");
	jw_time(&c->jw, l->at_ns);
	jw_key_s(&c->jw, "who", l->who);
	jw_key_s(&c->jw, "tenant", l->tenant_name);
	jw_key_s(&c->jw, "what", l->what);
	jw_key_s(&c->jw, "detail", l->detail);
	jw_key_c(&c->jw, "hash", hex);
	jw_object_end(&c->jw);
}

static int
list(struct cli *c, const char *tenant, const char *limit)
{
	struct audit_query q = { .tenant = CONTROL_ALL, .most = LINES_STANDARD,
		.until_ns = INT64_MAX };
	struct audit_line *l;
	struct tenant t;
	uint64_t most;
	size_t n, i;
	enum rc rc;

	if (limit != NULL && (!str_u64(str_of(limit), &most) || most < 1 ||
	    most > LINES_MOST))
		return cli_usage("--limit takes a number up to %d", LINES_MOST);
	if (limit != NULL)
		q.most = (size_t)most;
	if (!cli_open(c, false) || (tenant != NULL &&
	    !cli_tenant(c, tenant, &t)))
		return CLI_FAILED;
	if (tenant != NULL)
		q.tenant = t.id;
	rc = control_audit(c->store, c->a, &q, &l, &n);
	if (rc != RC_OK)
		return cli_rc(rc, "reading the audit log");
	if (c->json) {
		jw_object(&c->jw);
		jw_key(&c->jw, "lines");
		jw_array(&c->jw);
	}
	for (i = 0; i < n; i++)
		line_put(c, &l[i]);
	if (c->json) {
		jw_array_end(&c->jw);
		jw_object_end(&c->jw);
	}
	return CLI_OK;
}

/* "SEQ:HASH" */
static bool
seen_parse(struct str text, int64_t *seq, uint8_t hash[SHA256_LEN])
{
	struct str number;
	uint64_t byte;
	size_t i;

	if (!str_cut(&text, ':', &number) || !str_i64(number, seq) ||
	    text.len != 2 * SHA256_LEN)
		return false;
	for (i = 0; i < SHA256_LEN; i++) {
		if (!str_hex_u64(str_sub(text, 2 * i, 2), &byte))
			return false;
		hash[i] = (uint8_t)byte;
	}
	return true;
}

static void
verdict_put(struct cli *c, bool ok, bool seen, const struct audit_head *h,
    struct str faults)
{
	char hex[SHA256_HEX];
	struct str line;

	hex_text(h->hash, sizeof(h->hash), hex);
	if (!c->json) {
		buf_put_str(&c->out, faults);
		if (!seen)
			buf_put_c(&c->out, "the line given with --seen is not "
			    "there: the log was cut or written anew\n");
		buf_printf(&c->out, "%s: %lld lines, last %lld:%s\n",
		    ok ? "sound" : "NOT SOUND", (long long)h->lines,
		    (long long)h->seq, hex);
		return;
	}
	jw_object(&c->jw);
	jw_key_b(&c->jw, "ok", ok);
	jw_key_b(&c->jw, "seen", seen);
	jw_key_i(&c->jw, "lines", h->lines);
	jw_key_i(&c->jw, "seq", h->seq);
	jw_key_c(&c->jw, "hash", hex);
	jw_key(&c->jw, "faults");
	jw_array(&c->jw);
	while (str_cut(&faults, '\n', &line))
		if (line.len > 0)
			jw_str(&c->jw, line);
	jw_array_end(&c->jw);
	jw_object_end(&c->jw);
}

static int
verify(struct cli *c, const char *text)
{
	uint8_t hash[SHA256_LEN];
	struct audit_head head;
	bool ok, seen = true;
	struct buf faults;
	int64_t seq = 0;
	enum rc rc = RC_OK;

	if (text != NULL && !seen_parse(str_of(text), &seq, hash))
		return cli_usage("--seen takes SEQ:HASH as verify prints it");
	if (!cli_open(c, false))
		return CLI_FAILED;
	if (text != NULL)
		rc = control_audit_seen(c->store, seq, hash, &seen);
	if (rc != RC_OK)
		return cli_rc(rc, "reading the audit log");
	buf_init(&faults, LINES_MAX);
	ok = control_audit_verify(c->store, &faults, &head) && seen;
	verdict_put(c, ok, seen, &head, buf_str(&faults));
	buf_release(&faults);
	return ok ? CLI_OK : CLI_FAILED;
}

int
cmd_audit(struct cli *c, int argc, char **argv)
{
	const char *tenant = NULL, *limit = NULL, *seen = NULL;
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--tenant", &tenant, NULL }, { "--limit", &limit, NULL },
	    { "--seen", &seen, NULL }, { 0 } });

	if (n < 0)
		return CLI_USAGE;
	if (n == 1 && strcmp(argv[0], "list") == 0)
		return list(c, tenant, limit);
	if (n == 1 && strcmp(argv[0], "verify") == 0)
		return verify(c, seen);
	return cli_usage("usage: tra-ce audit list [--tenant T] [--limit N] | "
	    "verify [--seen SEQ:HASH]");
}
