/* SPDX-License-Identifier: Apache-2.0 */
/* A tenant's rules, asked of events and chains; the essay is in suppress.h. */
#include "suppress/inner.h"

#include <string.h>

#include "base/hash.h"
#include "store/sign.h"

struct str
suppress_id_new(struct arena *a)
{
	uint8_t random[ID_LEN];
	char text[ID_TEXT];

	random_bytes(random, sizeof(random));
	base32_text(random, text);
	return str_printf(a, "sup_%s", text);
}

const char *
suppress_state(const struct suppression *s, int64_t now_ns)
{
	if (s->expires_ns <= now_ns)
		return "expired";
	return s->enabled ? "active" : "disabled";
}

struct suppress *
suppress_over(struct graph *g, struct arena *a, struct suppression *rules,
    size_t n)
{
	struct suppress *s = arena_get(a, sizeof(*s));
	size_t i;

	s->g = g;
	s->a = a;
	s->rules = rules;
	s->n = n < SUPPRESSIONS_MOST ? n : SUPPRESSIONS_MOST;
	s->asleep = arena_array(a, s->n + 1, sizeof(bool));
	for (i = 0; i < s->n; i++) {
		s->asleep[i] = false;
		s->asks_things = s->asks_things ||
		    rules[i].match[SUPPRESS_ACCOUNT].len > 0 ||
		    rules[i].match[SUPPRESS_ENTITY].len > 0;
	}
	return s;
}

enum rc
suppress_load(struct store *st, struct graph *g, struct arena *a,
    int64_t tenant, int64_t now_ns, struct suppress **out)
{
	struct suppression *rules;
	size_t n, i, kept = 0;
	enum rc rc = control_suppressions(st, a, tenant, &rules, &n);

	if (rc != RC_OK)
		return rc;
	for (i = 0; i < n; i++)
		if (rules[i].enabled && rules[i].expires_ns > now_ns)
			rules[kept++] = rules[i];
	*out = kept > 0 ? suppress_over(g, a, rules, kept) : NULL;
	return RC_OK;
}

const struct suppression *
suppress_rule(const struct suppress *s, size_t i)
{
	return &s->rules[i];
}

size_t
suppress_rules(const struct suppress *s)
{
	return s != NULL ? s->n : 0;
}

/* ---- events ----------------------------------------------------------------- */

enum rc
suppress_event(struct suppress *s, int64_t ev, struct suppressed *out)
{
	struct sign sign;
	enum rc rc;

	memset(out, 0, sizeof(*out));
	if (s == NULL)
		return RC_OK;
	rc = sign_of_event(s, ev, &sign);
	if (rc == RC_OK)
		sign_covered(s, &sign, out);
	return rc;
}

enum rc
suppress_inline(struct suppress *s, const struct event *ev,
    struct suppressed *out)
{
	struct sign sign;

	memset(out, 0, sizeof(*out));
	if (s == NULL)
		return RC_OK;
	sign_of_inline(s->a, ev, &sign);
	sign_covered(s, &sign, out);
	return RC_OK;
}

/* ---- chains ------------------------------------------------------------------- */

/* Was the whole of it looked at when it was made? */
static enum rc
is_whole(struct suppress *s, const struct chain_row *row, bool *whole)
{
	struct chain_row full = *row;
	struct chain c = { 0 };
	enum rc rc = RC_OK;

	if (full.body.len == 0)
		rc = graph_chain_get(s->g, s->a, row->id, &full);
	if (rc == RC_OK && !chain_unpack(s->a, full.body, &c))
		rc = RC_FAIL;
	if (rc == RC_OK)
		*whole = c.cut.why == NULL;
	return rc;
}

enum rc
chain_covered(struct suppress *s, const struct chain_row *row,
    struct suppressed *out)
{
	struct suppressed one;
	int64_t *signs;
	size_t n, i, k;
	enum rc rc;

	memset(out, 0, sizeof(*out));
	rc = graph_chain_signs(s->g, s->a, row->id, &signs, &n);
	for (i = 0; i < n && rc == RC_OK; i++) {
		rc = suppress_event(s, signs[i], &one);
		if (rc != RC_OK || !one.yes)
			return rc;
		for (k = 0; k < s->n; k++)
			out->by[k] = out->by[k] || one.by[k];
	}
	if (rc == RC_OK && n > 0)
		rc = is_whole(s, row, &out->yes);
	return rc;
}

enum rc
suppress_chain(struct suppress *s, const struct chain_row *row,
    struct suppressed *out)
{
	memset(out, 0, sizeof(*out));
	if (s == NULL || !row->live || str_is(row->disposition,
	    "true_positive"))
		return RC_OK;
	return chain_covered(s, row, out);
}

void
suppress_put(struct jw *w, const struct suppress *s,
    const struct suppressed *d)
{
	size_t i;

	if (s == NULL || !d->yes) {
		jw_null(w);
		return;
	}
	jw_object(w);
	jw_key(w, "rules");
	jw_array(w);
	for (i = 0; i < s->n; i++) {
		if (!d->by[i])
			continue;
		jw_object(w);
		jw_key_s(w, "suppression_id", s->rules[i].id);
		jw_key_s(w, "name", s->rules[i].name);
		jw_key_s(w, "reason", s->rules[i].reason);
		jw_key(w, "expires_at");
		jw_time(w, s->rules[i].expires_ns);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object_end(w);
}
