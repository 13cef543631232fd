/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/rule.h"

#include <stdio.h>

static bool
port_in(struct str ports, uint64_t port)
{
	struct str one, low;
	uint64_t from, to;

	if (ports.len == 0)
		return true;
	while (str_cut(&ports, ' ', &one)) {
		if (!str_cut(&one, '-', &low) || !str_u64(low, &from))
			continue;
		if (one.len == 0)
			to = from;
		else if (!str_u64(one, &to))
			continue;
		if (port >= from && port <= to)
			return true;
	}
	return false;
}

bool
rule_address(const struct fetch_rule *rule, const struct addr *a)
{
	return rule->host.len > 0 || addr_is_public(a)
	    || addr_in_list(a, rule->allow);
}

/* RFC 6761: every resolver leads these to loopback, or should. */
static bool
is_localhost(struct str host)
{
	return str_is_fold(host, "localhost")
	    || str_is_fold(host, "localhost.")
	    || str_ends_fold(host, ".localhost");
}

/* A URL writes an IPv6 address in brackets. */
static struct str
bare(struct str host)
{
	return host.len > 2 && host.p[0] == '[' ?
	    str_sub(host, 1, host.len - 2) : host;
}

static bool
host_address(struct str host, struct addr *a)
{
	return addr_parse(is_localhost(host) ? STR("127.0.0.1") : host, a);
}

bool
rule_place(const struct fetch_rule *rule, const struct place *p,
    char why[FETCH_WHY])
{
	struct addr a;

	if (!str_is(p->scheme, "https")
	    && (rule->https_only || !str_is(p->scheme, "http")))
		snprintf(why, FETCH_WHY, "the URL must begin with https://%s",
		    rule->https_only ? "" : " or http://");
	else if (!port_in(rule->ports, p->port))
		snprintf(why, FETCH_WHY, "port %u is not among those allowed "
		    "(%.*s)", (unsigned)p->port, STR_ARG(rule->ports));
	else if (rule->host.len > 0
	    && !str_eq_fold(bare(rule->host), bare(p->host)))
		snprintf(why, FETCH_WHY, "only %.*s may be asked",
		    STR_ARG(rule->host));
	else if (host_address(p->host, &a) && !rule_address(rule, &a))
		snprintf(why, FETCH_WHY, "the address %.*s is not a public one",
		    STR_ARG(p->host));
	else
		return true;
	return false;
}

bool
rule_header_clean(struct str value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}
