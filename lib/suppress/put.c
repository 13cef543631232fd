/* SPDX-License-Identifier: Apache-2.0 */
/* Rules and previews as JSON. */
#include "suppress/inner.h"

#include "base/clock.h"

static void
put_time(struct jw *w, const char *name, int64_t ns)
{
	jw_key(w, name);
	if (ns == 0)
		jw_null(w);
	else
		jw_time(w, ns);
}

void
suppress_put_rule(struct jw *w, const struct suppression *s, int64_t now_ns)
{
	int i;

	jw_object(w);
	jw_key_s(w, "suppression_id", s->id);
	jw_key_s(w, "name", s->name);
	jw_key_s(w, "reason", s->reason);
	jw_key(w, "match");
	jw_object(w);
	for (i = 0; i < SUPPRESS__MAX; i++)
		if (s->match[i].len > 0)
			jw_key_s(w, suppress_field_name((enum suppress_field)
			    i), s->match[i]);
	jw_object_end(w);
	jw_key_b(w, "enabled", s->enabled);
	jw_key_c(w, "state", suppress_state(s, now_ns));
	put_time(w, "created_at", s->created_ns);
	jw_key_s(w, "created_by", s->who);
	put_time(w, "expires_at", s->expires_ns);
	jw_key_i(w, "hits", s->hits);
	put_time(w, "last_hit_at", s->last_hit_ns);
	jw_object_end(w);
}

static void
put_text(struct jw *w, const char *name, struct str s)
{
	jw_key(w, name);
	if (s.len == 0)
		jw_null(w);
	else
		jw_str(w, s);
}

static void
put_alert(struct jw *w, const struct preview_alert *x)
{
	char text[EVENT_ID_TEXT], chain[CHAIN_ID_TEXT];

	event_id_text(x->id, text);
	if (x->has_chain)
		chain_id_text(x->chain, chain);
	jw_object(w);
	jw_key_c(w, "event_id", text);
	put_time(w, "timestamp", x->t_ns);
	jw_key_s(w, "source", x->source);
	jw_key_s(w, "event_type", x->type);
	jw_key_s(w, "action", x->action);
	put_text(w, "host", x->host);
	jw_key_s(w, "rules", x->rules);
	jw_key_c(w, "chain_id", x->has_chain ? chain : NULL);
	jw_key_b(w, "true_positive", x->true_positive);
	jw_object_end(w);
}

static void
put_chain(struct jw *w, const struct preview_chain *c)
{
	char text[CHAIN_ID_TEXT];

	chain_id_text(c->id, text);
	jw_object(w);
	jw_key_c(w, "chain_id", text);
	jw_key_s(w, "title", c->title);
	jw_key_c(w, "confidence", grade_name(c->grade));
	jw_key_n(w, "score", c->score);
	put_text(w, "disposition", c->disposition);
	jw_object_end(w);
}

void
suppress_put_preview(struct jw *w, struct arena *a, const struct preview *p)
{
	const char *doubt = suppress_doubt(a, p);
	size_t i;
	int g;

	jw_object(w);
	put_time(w, "since", p->since_ns);
	jw_key_i(w, "alerts_looked_at", (int64_t)p->looked_at);
	jw_key_b(w, "truncated", p->truncated);
	jw_key_i(w, "already_suppressed", (int64_t)p->already);
	jw_key_i(w, "alerts", (int64_t)p->alerts);
	jw_key_i(w, "chains", (int64_t)p->chains);
	jw_key(w, "chains_by_confidence");
	jw_object(w);
	for (g = GRADE_INFERRED; g <= GRADE_PROVABLE; g++)
		jw_key_i(w, grade_name((enum grade)g), (int64_t)p->by_grade[g]);
	jw_object_end(w);
	jw_key_i(w, "true_positive_alerts", (int64_t)p->true_alerts);
	jw_key_i(w, "true_positive_chains", (int64_t)p->true_chains);
	jw_key_c(w, "warning", doubt);
	jw_key(w, "examples");
	jw_array(w);
	for (i = 0; i < p->n_shown; i++)
		put_alert(w, &p->shown[i]);
	jw_array_end(w);
	jw_key(w, "example_chains");
	jw_array(w);
	for (i = 0; i < p->n_shown_chains; i++)
		put_chain(w, &p->shown_chains[i]);
	jw_array_end(w);
	jw_object_end(w);
}
