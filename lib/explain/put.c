/* SPDX-License-Identifier: Apache-2.0 */
/* Findings as the answer of POST /ai/investigate. */
#include "explain/inner.h"

#include "attack.h"
#include "explain/reword.h"

static void
put_cites(struct jw *w, const struct said *s)
{
	size_t i;

	jw_key(w, "cites");
	jw_array(w);
	for (i = 0; i < s->n_cites; i++)
		jw_str(w, s->cites[i]);
	jw_array_end(w);
}

static void
put_said(struct jw *w, const struct said *s)
{
	jw_object(w);
	jw_key_s(w, "text", s->text);
	put_cites(w, s);
	jw_object_end(w);
}

static void
put_saids(struct jw *w, const char *key, const struct saids *l)
{
	size_t i;

	jw_key(w, key);
	jw_array(w);
	for (i = 0; i < l->n; i++)
		put_said(w, &l->v[i]);
	jw_array_end(w);
}

static void
put_narrative(struct jw *w, const struct findings *f)
{
	size_t i;

	jw_key(w, "narrative");
	jw_array(w);
	if (f->reworded != NULL && f->reworded->kept.n > 0) {
		jw_object(w);
		jw_key_c(w, "topic", "In short");
		jw_key_c(w, "by", "model");
		put_saids(w, "sentences", &f->reworded->kept);
		jw_object_end(w);
	}
	for (i = 0; i < f->n_paragraphs; i++) {
		jw_object(w);
		jw_key_c(w, "topic", f->paragraph[i].topic);
		jw_key_c(w, "by", "engine");
		put_saids(w, "sentences", &f->paragraph[i].s);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void
put_root(struct jw *w, const struct findings *f)
{
	const struct story *s = f->s;
	size_t i;

	jw_key(w, "root_cause");
	jw_object(w);
	jw_key_s(w, "event_id", s->step[s->root].id);
	jw_key_s(w, "explanation", f->root_said.text);
	put_cites(w, &f->root_said);
	jw_key(w, "rivals");
	jw_array(w);
	for (i = 0; i < f->n_rivals; i++) {
		jw_object(w);
		jw_key_s(w, "event_id", s->step[f->rival[i].step].id);
		jw_key_n(w, "share", f->rival[i].share);
		jw_key_s(w, "text", f->rival[i].said.text);
		put_cites(w, &f->rival[i].said);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_key_s(w, "first_proven_point", s->step[s->proven_from].id);
	jw_object_end(w);
}

static void
put_technique(struct jw *w, technique t)
{
	char text[TECHNIQUE_TEXT];

	jw_key(w, "technique");
	jw_c(w, t != 0 ? technique_text(t, text) : NULL);
}

static void
put_mitigation(struct jw *w, const struct findings *f, const char *list)
{
	struct str l = str_of(list), id;

	jw_key(w, "mitigation");
	if (list == NULL || !str_cut(&l, ' ', &id))
		jw_null(w);
	else
		jw_str(w, str_printf(f->a, "%.*s %s", STR_ARG(id),
		    attack_mitigation_name(list)));
}

static void
put_deeds(struct jw *w, const struct findings *f)
{
	const struct deed *d;
	size_t i;

	jw_key(w, "recommended_actions");
	jw_array(w);
	for (i = 0; i < f->n_deeds; i++) {
		d = &f->deed[i];
		jw_object(w);
		jw_key_i(w, "priority", (int64_t)i + 1);
		jw_key_c(w, "action", d->action);
		jw_key_s(w, "target", d->target);
		put_technique(w, d->technique);
		put_mitigation(w, f, d->mitigation);
		jw_key_s(w, "rationale", d->rationale.text);
		jw_key(w, "counterfactual");
		if (d->counter == SIZE_MAX)
			jw_null(w);
		else
			jw_int(w, (int64_t)d->counter);
		put_cites(w, &d->rationale);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void
put_why(struct jw *w, const struct findings *f)
{
	jw_key(w, "why");
	jw_object(w);
	jw_key(w, "what_failed");
	put_said(w, &f->failed);
	jw_key(w, "what_should_have_caught_it");
	put_said(w, &f->caught);
	jw_key(w, "what_to_fix");
	put_said(w, &f->fix);
	jw_key(w, "who_owns_it");
	put_said(w, &f->owner);
	jw_object_end(w);
}

static void
put_residual(struct jw *w, const struct findings *f, const struct counter *c)
{
	size_t i, n = c->n_residual < 10 ? c->n_residual : 10;

	jw_key(w, "residual_paths");
	jw_array(w);
	for (i = 0; i < n; i++) {
		jw_object(w);
		jw_key_s(w, "from", f->s->step[c->residual[i][0]].id);
		jw_key_s(w, "to", f->s->step[c->residual[i][1]].id);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_key_i(w, "residual", (int64_t)c->n_residual);
}

static void
put_counters(struct jw *w, const struct findings *f)
{
	const struct counter *c;
	size_t i, k;

	jw_key(w, "counterfactuals");
	jw_array(w);
	for (i = 0; i < f->n_counters; i++) {
		c = &f->counter[i];
		jw_object(w);
		jw_key(w, "cut");
		jw_array(w);
		for (k = 0; k < c->n_cut; k++)
			jw_str(w, f->s->step[c->cut[k]].id);
		jw_array_end(w);
		jw_key_s(w, "statement", c->said.text);
		put_cites(w, &c->said);
		jw_key_b(w, "verified", true);
		jw_key_i(w, "lost", (int64_t)c->n_lost);
		jw_key_i(w, "lost_on_proven_links", (int64_t)c->n_lost_proven);
		jw_key_i(w, "of", (int64_t)f->s->n_goals);
		put_residual(w, f, c);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void
put_unseen(struct jw *w, const struct findings *f)
{
	size_t i;

	jw_key(w, "not_observed");
	jw_array(w);
	for (i = 0; i < f->n_unseen; i++) {
		jw_object(w);
		jw_key_c(w, "what", f->unseen[i].what);
		jw_key_s(w, "text", f->unseen[i].said.text);
		jw_key_s(w, "searched", f->unseen[i].searched);
		put_cites(w, &f->unseen[i].said);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void
put_next(struct jw *w, const struct findings *f)
{
	const struct next_row *r;
	size_t i;

	jw_key(w, "next_techniques");
	jw_array(w);
	for (i = 0; i < f->n_next; i++) {
		r = &f->next[i];
		jw_object(w);
		put_technique(w, r->technique);
		jw_key_c(w, "name", attack_technique_name(r->technique));
		jw_key_n(w, "probability", r->probability);
		jw_key_n(w, "base_rate", r->base);
		jw_key_b(w, "visible_here", r->seen);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_key_c(w, "next_techniques_source", "estimates of the makers, no "
	    "statistics: they order, they do not measure");
}

static void
put_cause(struct jw *w, const struct story *s, size_t i)
{
	const struct tie *t = story_cause(s, i);

	jw_key(w, "cause");
	if (t == NULL) {
		jw_null(w);
		return;
	}
	jw_object(w);
	jw_key_s(w, "event_id", s->step[t->from].id);
	jw_key_s(w, "rule", t->rule_id);
	jw_key_c(w, "grade", grade_name(t->grade));
	jw_object_end(w);
}

/* Each technique once. */
static void
put_marks(struct jw *w, const struct step *e)
{
	char text[TECHNIQUE_TEXT];
	size_t i, k;

	jw_key(w, "techniques");
	jw_array(w);
	for (i = 0; i < e->n_marks; i++) {
		for (k = 0; k < i && e->marks[k].technique !=
		    e->marks[i].technique; k++)
			;
		if (k == i && e->marks[i].technique != 0)
			jw_c(w, technique_text(e->marks[i].technique, text));
	}
	jw_array_end(w);
}

/* What else its record names: with actor, action, target and host it is all
 * that a sentence about it may say, so that each can be checked without the
 * store. */
static void
put_names(struct jw *w, const struct step *e)
{
	size_t i;

	jw_key(w, "names");
	jw_array(w);
	for (i = 0; i < e->n_who; i++)
		if (e->who[i].name.len > 0)
			jw_str(w, e->who[i].name);
	for (i = 0; i < e->n_marks; i++)
		if (e->marks[i].rule.len > 0)
			jw_str(w, e->marks[i].rule);
	jw_array_end(w);
}

static void
put_moment(struct jw *w, const struct story *s, size_t i)
{
	const struct step *e = &s->step[i];

	jw_object(w);
	jw_key(w, "timestamp");
	jw_time(w, e->time_ns);
	jw_key_s(w, "event_id", e->id);
	jw_key_s(w, "source", e->source);
	jw_key_s(w, "actor", e->actor);
	jw_key_s(w, "action", e->action);
	jw_key_s(w, "target", e->target);
	jw_key_s(w, "host", e->host);
	jw_key_c(w, "role", member_role_name(e->role));
	jw_key_i(w, "count", e->count);
	put_marks(w, e);
	put_names(w, e);
	jw_key_b(w, "begins", s->begins[i]);
	jw_key_b(w, "goal", s->goal[i]);
	put_cause(w, s, i);
	jw_object_end(w);
}

static void
put_links(struct jw *w, const struct story *s)
{
	size_t i;

	jw_key(w, "links");
	jw_array(w);
	for (i = 0; i < s->n_ties; i++) {
		jw_object(w);
		jw_key_s(w, "from", s->step[s->tie[i].from].id);
		jw_key_s(w, "to", s->step[s->tie[i].to].id);
		jw_key_s(w, "rule", s->tie[i].rule_id);
		jw_key_c(w, "grade", grade_name(s->tie[i].grade));
		if (s->tie[i].flags & EDGE_CLOCK)
			jw_key_b(w, "order_uncertain", true);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void
put_head(struct jw *w, const struct findings *f)
{
	const struct story *s = f->s;

	jw_key(w, "chain_id");
	if (s->given)
		jw_null(w);
	else
		jw_str(w, s->chain_id);
	jw_key(w, "version");
	if (s->given)
		jw_null(w);
	else
		jw_int(w, s->version);
	jw_key_c(w, "confidence", grade_name(s->grade));
	jw_key_n(w, "score", s->score);
	jw_key_c(w, "audience", f->audience == AUDIENCE_EXECUTIVE ?
	    "executive" : "analyst");
}

static void
put_dropped(struct jw *w, const struct reworded *r)
{
	int i;

	jw_key_i(w, "sentences_kept", (int64_t)r->kept.n);
	jw_key_i(w, "sentences_dropped", (int64_t)r->n_dropped);
	jw_key(w, "dropped");
	jw_object(w);
	for (i = GUARD_OK + 1; i < GUARD__MAX; i++)
		if (r->dropped[i] > 0)
			jw_key_i(w, guard_fault_name((enum guard_fault)i),
			    (int64_t)r->dropped[i]);
	jw_object_end(w);
}

/* Who said it: all but "In short" is the engine's, whatever came of the
 * model. */
static void
put_engine(struct jw *w, const struct findings *f, double latency_ms)
{
	static const struct reworded none = { 0 };
	const struct reworded *r = f->reworded != NULL ? f->reworded : &none;

	jw_key(w, "engine");
	jw_object(w);
	jw_key_c(w, "name", "built-in");
	jw_key_c(w, "model", r->model);
	jw_key_c(w, "prompt_sha256", r->asked ? r->prompt_sha256 : NULL);
	jw_key_c(w, "answer_sha256", r->asked && r->answered ?
	    r->answer_sha256 : NULL);
	jw_key_c(w, "fallback", r->fallback);
	jw_key_c(w, "fallback_detail", r->why);
	put_dropped(w, r);
	jw_key(w, "model_latency_ms");
	if (r->asked)
		jw_int(w, r->latency_ms);
	else
		jw_null(w);
	jw_key_n(w, "latency_ms", latency_ms);
	jw_object_end(w);
}

void
explain_json(struct jw *w, const struct findings *f, double latency_ms)
{
	size_t i;

	jw_object(w);
	put_head(w, f);
	put_narrative(w, f);
	put_root(w, f);
	put_deeds(w, f);
	put_why(w, f);
	put_counters(w, f);
	put_saids(w, "evidence_against", &f->against);
	put_unseen(w, f);
	put_next(w, f);
	jw_key(w, "timeline");
	jw_array(w);
	for (i = 0; i < f->s->n; i++)
		put_moment(w, f->s, i);
	jw_array_end(w);
	put_links(w, f->s);
	put_engine(w, f, latency_ms);
	jw_object_end(w);
}
