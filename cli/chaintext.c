/* SPDX-License-Identifier: Apache-2.0 */
#include "chaintext.h"

#include "base/str.h"

/* Text from records may hold anything; a terminal obeys control bytes. */
static void
put_safe(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char ch = (unsigned char)s.p[i];

		if (ch < 0x20 || ch == 0x7f)
			buf_printf(out, "\\x%02x", ch);
		else if (ch == 0xc2 && i + 1 < s.len &&
		    (unsigned char)s.p[i + 1] < 0xa0)
			buf_printf(out, "\\x%02x", (unsigned char)s.p[++i]);
		else
			buf_put_char(out, s.p[i]);
	}
}

static struct str
text(const struct json *v, const char *name)
{
	return json_str(json_get(v, name));
}

static void
put_words(struct buf *out, const struct json *list)
{
	for (size_t i = 0; i < json_len(list); i++) {
		buf_put_char(out, ' ');
		put_safe(out, json_str(json_item(list, i)));
	}
}

void
chain_line(struct buf *out, const struct json *c)
{
	buf_printf(out, "%-8.*s %6.1f  %.*s  ", STR_ARG(text(c, "confidence")),
	    json_double(json_get(c, "score")), STR_ARG(text(c, "chain_id")));
	put_safe(out, text(c, "title"));
	if (json_type(json_get(c, "suppressed")) == JSON_OBJECT)
		buf_put_c(out, "  (suppressed)");
	buf_put_char(out, '\n');
}

/* What would have proven it. */
static void
put_lacks(struct buf *out, const struct json *list)
{
	for (size_t i = 0; i < json_len(list); i++) {
		const struct json *one = json_item(list, i);

		buf_put_c(out, json_bool(json_get(one, "provable")) ?
		    "         to prove it: " : "         not provable: ");
		put_safe(out, text(one, "record"));
		buf_put_c(out, " (");
		put_safe(out, text(one, "missing"));
		buf_put_c(out, ")\n");
	}
}

/* The link that led here, in the words of the engine. */
static void
put_cause(struct buf *out, const struct json *e)
{
	buf_printf(out, "      <- %.*s %.*s %.2f: ", STR_ARG(text(e, "grade")),
	    STR_ARG(text(e, "rule")), json_double(json_get(e, "confidence")));
	put_safe(out, text(e, "because"));
	buf_put_char(out, '\n');
	put_lacks(out, json_get(e, "to_prove"));
}

/* Beside the story, not in it. */
static void
put_related(struct buf *out, const struct json *list)
{
	for (size_t i = 0; i < json_len(list); i++) {
		const struct json *one = json_item(list, i);
		struct str chain = text(one, "chain_id");

		buf_printf(out, "      possibly related, %.2f: ",
		    json_double(json_get(json_get(one, "link"),
		    "confidence")));
		put_safe(out, text(json_get(one, "link"), "because"));
		if (chain.len > 0)
			buf_printf(out, " (%.*s)", STR_ARG(chain));
		buf_put_char(out, '\n');
	}
}

static void
put_node(struct buf *out, const struct json *n, const struct json *edges)
{
	struct str id = text(n, "event_id"), target = text(n, "target");
	int64_t count = json_int(json_get(n, "count"));

	buf_printf(out, "  %.*s  %-7.*s %-10.*s ",
	    STR_ARG(str_sub(text(n, "timestamp"), 11, 8)),
	    STR_ARG(text(n, "role")), STR_ARG(text(n, "source")));
	put_safe(out, text(n, "action"));
	buf_put_c(out, target.len > 0 ? "  " : "");
	put_safe(out, str_sub(target, 0, 120));
	if (count > 1)
		buf_printf(out, "  (%lld times)", (long long)count);
	put_words(out, json_get(n, "techniques"));
	buf_put_char(out, '\n');
	for (size_t i = 0; i < json_len(edges); i++)
		if (str_eq(text(json_item(edges, i), "to"), id))
			put_cause(out, json_item(edges, i));
}

void
chain_story(struct buf *out, const struct json *c)
{
	const struct json *nodes = json_get(c, "nodes");
	const struct json *cut = json_get(c, "truncated");

	chain_line(out, c);
	buf_printf(out, "  %.*s to %.*s; seeds proven to root %.*s; provable "
	    "share %.2f;", STR_ARG(text(c, "first_seen")),
	    STR_ARG(text(c, "last_seen")),
	    STR_ARG(text(c, "seeds_proven_to_root")),
	    json_double(json_get(c, "provable_share")));
	put_words(out, json_get(c, "mitre_techniques"));
	buf_put_char(out, '\n');
	if (json_type(cut) == JSON_OBJECT) {
		buf_put_c(out, "  cut short: ");
		put_safe(out, text(cut, "why"));
		buf_put_char(out, '\n');
	}
	for (size_t i = 0; i < json_len(nodes); i++)
		put_node(out, json_item(nodes, i), json_get(c, "edges"));
	put_related(out, json_get(c, "related"));
	buf_put_char(out, '\n');
}
