/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Markdown: the chain as tables, then what the engine says of it. For tickets
 * and wikis; nothing from a record can be markup there.
 */
#include "export/inner.h"

#include <string.h>

#include "explain.h"

enum { CELL_SHOWN = 240, VALUE_SHOWN = 400 };

static void
put_text(struct subject *s, struct str text, size_t most)
{
	explain_markdown_text(s->out, shown(s->a, text, most));
}

static void
put_fact(struct subject *s, const char *name, struct str value)
{
	buf_printf(s->out, "| %s | ", name);
	put_text(s, value, CELL_SHOWN);
	buf_put_c(s->out, " |\n");
}

static struct str
period_of(struct subject *s)
{
	struct buf b;
	struct str out;

	buf_init(&b, 128);
	put_time_text(&b, s->first_ns);
	buf_put_c(&b, " to ");
	put_time_text(&b, s->last_ns);
	out = str_dup(s->a, buf_str(&b));
	buf_release(&b);
	return out;
}

static void
put_facts(struct subject *s)
{
	const struct json *c = s->chain;
	struct str seeds = json_str(json_get(c, "seeds_proven_to_root"));

	buf_put_c(s->out, "\n| | |\n|---|---|\n");
	put_fact(s, "Chain", str_printf(s->a, "%.*s, version %lld",
	    STR_ARG(s->id), (long long)s->version));
	put_fact(s, "Confidence", s->grade);
	put_fact(s, "Score", json_scalar(s->a, json_get(c, "score")));
	put_fact(s, "Size", subject_counts(s));
	put_fact(s, "Signs proven to the root", seeds);
	put_fact(s, "Period", period_of(s));
	put_fact(s, "Status", json_str(json_get(c, "status")));
	if (json_str(json_get(c, "disposition")).len > 0)
		put_fact(s, "Disposition",
		    json_str(json_get(c, "disposition")));
	if (json_type(json_get(c, "truncated")) == JSON_OBJECT)
		put_fact(s, "Cut short by", json_str(json_at(c, "truncated",
		    "why", NULL)));
}

static void
put_techniques(struct subject *s)
{
	char text[TECHNIQUE_TEXT];
	const char *name;
	size_t i;

	buf_printf(s->out, "\n## Techniques (ATT&amp;CK %s)\n\n",
	    attack_version());
	for (i = 0; i < s->n_techniques; i++) {
		name = attack_technique_name(s->techniques[i]);
		buf_printf(s->out, "* %s %s\n", technique_text(
		    s->techniques[i], text), name != NULL ? name : "");
	}
	if (s->n_techniques == 0)
		buf_put_c(s->out, "None is marked.\n");
}

static void
put_timeline(struct subject *s)
{
	const struct point *p;
	char text[TECHNIQUE_TEXT];
	size_t i, k;

	buf_put_c(s->out, "\n## Timeline\n\n"
	    "| # | Time | Host | What | Techniques | Role | Event |\n"
	    "|---|---|---|---|---|---|---|\n");
	for (i = 0; i < s->n_points; i++) {
		p = &s->point[i];
		buf_printf(s->out, "| %zu | ", i + 1);
		put_time_text(s->out, p->time_ns);
		buf_put_c(s->out, " | ");
		put_text(s, p->host, CELL_SHOWN);
		buf_put_c(s->out, " | ");
		put_text(s, point_words(s->a, p), CELL_SHOWN);
		buf_put_c(s->out, " | ");
		for (k = 0; k < p->n_techniques; k++)
			buf_printf(s->out, "%s%s", k > 0 ? " " : "",
			    technique_text(p->techniques[k], text));
		buf_put_c(s->out, " | ");
		put_text(s, p->role, CELL_SHOWN);
		buf_put_c(s->out, " | ");
		put_text(s, p->id, CELL_SHOWN);
		buf_put_c(s->out, " |\n");
	}
}

static void
put_evidence(struct subject *s, const struct json *e)
{
	buf_put_c(s->out, "  * ");
	put_text(s, json_str(json_get(e, "event_id")), CELL_SHOWN);
	buf_put_char(s->out, ' ');
	put_text(s, json_str(json_get(e, "field")), CELL_SHOWN);
	buf_put_c(s->out, " = ");
	put_text(s, json_str(json_get(e, "value")), VALUE_SHOWN);
	buf_put_c(s->out, ", sha256 ");
	put_text(s, json_str(json_get(e, "raw_sha256")), CELL_SHOWN);
	buf_put_char(s->out, '\n');
}

/* The log that would prove a link. */
static void
put_lack(struct subject *s, const struct json *x)
{
	struct str setting = json_str(json_get(x, "setting"));

	buf_put_c(s->out, "  * Would prove it: ");
	put_text(s, json_str(json_get(x, "record")), 0);
	buf_put_c(s->out, "; missing: ");
	put_text(s, json_str(json_get(x, "missing")), 0);
	if (setting.len > 0) {
		buf_put_c(s->out, "; setting: ");
		put_text(s, setting, 0);
	}
	buf_put_char(s->out, '\n');
}

static void
put_links(struct subject *s)
{
	const struct link *l;
	size_t i, k;

	buf_put_c(s->out, "\n## Links\n\n");
	for (i = 0; i < s->n_links; i++) {
		l = &s->link[i];
		buf_printf(s->out, "* **%zu to %zu** ", l->from + 1,
		    l->to + 1);
		put_text(s, l->grade, CELL_SHOWN);
		buf_put_c(s->out, " (");
		put_text(s, l->rule, CELL_SHOWN);
		buf_put_c(s->out, "): ");
		put_text(s, l->because, 0);
		buf_put_char(s->out, '\n');
		for (k = 0; k < json_len(l->to_prove); k++)
			put_lack(s, json_item(l->to_prove, k));
		for (k = 0; k < json_len(l->evidence); k++)
			put_evidence(s, json_item(l->evidence, k));
	}
}

void
write_markdown(struct subject *s)
{
	buf_put_c(s->out, "# ");
	put_text(s, s->title, CELL_SHOWN);
	buf_put_char(s->out, '\n');
	put_facts(s);
	put_techniques(s);
	put_timeline(s);
	put_links(s);
	if (s->findings == NULL)
		return;
	buf_put_char(s->out, '\n');
	explain_markdown(s->out, s->findings);
}
