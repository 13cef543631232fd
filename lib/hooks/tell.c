/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a line of the change log to a delivery. The line's own figures decide,
 * not the chain's of now: reading the log again, after a crash, decides the
 * same.
 */
#include "hooks/inner.h"

#include "attack.h"
#include "base/log.h"
#include "suppress.h"

enum { BODY_MOST = 256 << 10 };

/* What the log says of a chain. */
struct said {
	struct str chain, summary;
	int64_t version;
	enum grade grade;		/* 0: nothing */
	double score;
	bool has_score;
};

unsigned
hook_event_of(struct str name)
{
	if (str_is(name, "chain.threshold"))
		return HOOK_CHAIN_THRESHOLD;
	return str_is(name, "investigation.completed") ? HOOK_INVESTIGATION : 0;
}

static bool
read_said(struct telling *t, const struct change *c, struct said *s)
{
	const struct json *v = json_parse(t->doc, c->data);
	const struct json *score = json_get(v, "score");

	if (json_type(v) != JSON_OBJECT)
		return false;
	*s = (struct said){
		.chain = str_dup(t->a, json_str(json_get(v, "chain_id"))),
		.summary = str_dup(t->a, json_str(json_get(v, "summary"))),
		.version = json_int(json_get(v, "version")),
		.grade = grade_of_name(json_str(json_get(v, "confidence"))),
		.score = json_double(score),
		.has_score = json_type(score) != JSON_NULL,
	};
	return true;
}

/* ---- what is sent --------------------------------------------------------- */

static void
put_techniques(struct jw *w, struct str list)
{
	struct str one;

	jw_key(w, "mitre_techniques");
	jw_array(w);
	while (str_cut(&list, ' ', &one))
		jw_str(w, one);
	jw_array_end(w);
}

static void
put_tactics(struct jw *w, uint32_t tactics)
{
	jw_key(w, "mitre_tactics");
	jw_array(w);
	for (int i = 0; i < TACTIC__MAX; i++)
		if ((tactics & 1U << i) != 0)
			jw_c(w, tactic_name((enum tactic)i));
	jw_array_end(w);
}

/* The facts of that very version; without them the rest still tells enough. */
static void
put_facts(struct telling *t, struct jw *w, const struct said *s)
{
	struct chain_row row;
	uint8_t id[16];

	if (!chain_id_parse(s->chain, id) || graph_chain_version(t->g, t->a, id,
	    s->version, &row) != RC_OK)
		return;
	jw_key(w, "first_seen");
	jw_time(w, row.first_ns);
	jw_key(w, "last_seen");
	jw_time(w, row.last_ns);
	jw_key_n(w, "provable_share", row.provable_share);
	jw_key_s(w, "seeds_proven_to_root", str_printf(t->a, "%d/%d",
	    row.seeds_proven, row.seeds));
	put_techniques(w, row.techniques);
	put_tactics(w, row.tactics);
}

static void
put_threshold(struct telling *t, struct jw *w, const struct said *s,
    enum grade before)
{
	jw_object(w);
	jw_key_s(w, "chain_id", s->chain);
	jw_key_i(w, "version", s->version);
	jw_key_c(w, "confidence", grade_name(s->grade));
	jw_key_n(w, "score", s->score);
	jw_key_s(w, "title", s->summary);
	jw_key_c(w, "because", before == 0 ? "reached" : "grade_rose");
	jw_key_c(w, "confidence_before", before == 0 ? NULL :
	    grade_name(before));
	put_facts(t, w, s);
	jw_key_s(w, "path", str_printf(t->a, "/api/v1/chains/%.*s",
	    STR_ARG(s->chain)));
	jw_object_end(w);
}

enum rc
delivery_add(struct store *st, struct arena *a, const struct hook *h,
    struct delivery *d)
{
	d->id = delivery_id_new(a);
	d->hook = h->no;
	d->begun_ns = d->next_ns = d->created_ns;
	return store_delivery_add(st, d);
}

/* The envelope around `data`, which is one JSON value. */
static enum rc
send(struct telling *t, const struct hook *h, const struct change *c,
    struct str type, struct str data)
{
	struct delivery d = { .change = c->seq, .type = type,
		.created_ns = t->now_ns };
	struct buf b;
	struct jw w;
	enum rc rc;

	buf_init(&b, BODY_MOST);
	jw_init(&w, &b);
	jw_object(&w);
	jw_key_s(&w, "type", type);
	jw_key(&w, "timestamp");
	jw_time(&w, t->now_ns);
	jw_key(&w, "data");
	jw_raw(&w, data);
	jw_object_end(&w);
	d.body = buf_str(&b);
	if (buf_bad(&b)) {
		log_warn("webhook=%.*s change=%lld is too big to be sent",
		    STR_ARG(h->id), (long long)c->seq);
		rc = RC_OK;
	} else {
		rc = delivery_add(t->st, t->a, h, &d);
		t->told += rc == RC_OK;
	}
	buf_release(&b);
	return rc == RC_EXISTS ? RC_OK : rc;
}

/* ---- what each kind of change means ---------------------------------------- */

static bool
is_enough(const struct hook *h, const struct said *s)
{
	return (s->grade == 0 || s->grade >= h->min_grade)
	    && (!s->has_score || s->score >= h->min_score);
}

/* As things are now: who reads the log again later may find another answer,
 * and tells then what was not told. */
static enum rc
is_suppressed(struct telling *t, const struct hook *h, const struct said *s,
    bool *yes)
{
	struct suppressed d = { 0 };
	struct suppress *rules;
	struct chain_row row;
	uint8_t id[16];
	enum rc rc = suppress_load(t->st, t->g, t->a, h->tenant, t->now_ns,
	    &rules);

	*yes = false;
	if (rc != RC_OK || rules == NULL || !chain_id_parse(s->chain, id))
		return rc;
	rc = graph_chain_get(t->g, t->a, id, &row);
	if (rc == RC_OK)
		rc = suppress_chain(rules, &row, &d);
	*yes = d.yes;
	return rc == RC_ABSENT ? RC_OK : rc;
}

static enum rc
tell_threshold(struct telling *t, const struct hook *h, const struct change *c)
{
	struct said s;
	enum grade before = 0;
	bool suppressed;
	struct buf b;
	struct jw w;
	enum rc rc;

	if (!read_said(t, c, &s) || s.grade == 0 || !is_enough(h, &s))
		return RC_OK;
	rc = store_told_get(t->st, h->no, s.chain, &before);
	if (rc != RC_OK || before >= s.grade)
		return rc;
	rc = is_suppressed(t, h, &s, &suppressed);
	if (rc != RC_OK || suppressed)
		return rc;
	buf_init(&b, BODY_MOST);
	jw_init(&w, &b);
	put_threshold(t, &w, &s, before);
	rc = buf_bad(&b) ? RC_FAIL :
	    send(t, h, c, STR("chain.threshold"), buf_str(&b));
	buf_release(&b);
	return rc == RC_OK ? store_told_put(t->st, h->no, s.chain, s.grade) :
	    rc;
}

enum rc
tell_change(struct telling *t, const struct hook *h, const struct change *c)
{
	struct said s;

	if ((h->events & HOOK_CHAIN_THRESHOLD) != 0
	    && (str_is(c->kind, "chain.created")
	    || str_is(c->kind, "chain.updated")))
		return tell_threshold(t, h, c);
	if ((h->events & HOOK_INVESTIGATION) == 0
	    || !str_is(c->kind, "investigation.completed")
	    || !read_said(t, c, &s) || !is_enough(h, &s))
		return RC_OK;
	return send(t, h, c, STR("investigation.completed"), c->data);
}
