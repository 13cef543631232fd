/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /admin/usage  200 use against limit by the hour, storage, sources with
 *                   their lag; ?tenant= &hours= (168, at most 9600)
 */
#include "panel.h"

enum { HOURS_STANDARD = 168, HOURS_MOST = USAGE_DAYS_KEPT * 24 };

static void
hours_json(struct jw *w, const struct usage *u, size_t n)
{
	size_t i;

	jw_key(w, "hours");
	jw_array(w);
	for (i = 0; i < n; i++) {
		jw_object(w);
		panel_time(w, "hour", u[i].hour * NS_PER_HOUR);
		jw_key_i(w, "requests", u[i].requests);
		jw_key_i(w, "refused", u[i].refused);
		jw_key_i(w, "peak_minute", u[i].peak);
		jw_key_i(w, "events", u[i].events);
		jw_key_i(w, "bytes", u[i].bytes);
		jw_object_end(w);
	}
	jw_array_end(w);
}

struct source { int64_t word, hosts; struct coverage sum; };

/* Rows per host and source -> one per source, in order of first sight. */
static size_t
sources_sum(struct arena *a, const struct coverage *c, size_t n,
    struct source **out)
{
	struct source *s = arena_array(a, n + 1, sizeof(*s));
	size_t many = 0, i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < many && s[k].word != c[i].source; k++)
			;
		if (k == many) {
			s[many++] = (struct source){ .word = c[i].source,
				.sum = c[i] };
			s[k].sum.events = 0;
		}
		s[k].hosts += c[i].host != 0;
		s[k].sum.events += c[i].events;
		if (c[i].first_ns < s[k].sum.first_ns)
			s[k].sum.first_ns = c[i].first_ns;
		if (c[i].last_ns > s[k].sum.last_ns)
			s[k].sum.last_ns = c[i].last_ns;
		if (c[i].lag_ms > s[k].sum.lag_ms)
			s[k].sum.lag_ms = c[i].lag_ms;
	}
	*out = s;
	return many;
}

static void
sources_json(struct jw *w, struct graph *g, struct arena *a,
    const struct source *s, size_t n)
{
	size_t i;

	jw_key(w, "sources");
	jw_array(w);
	for (i = 0; i < n; i++) {
		jw_object(w);
		jw_key_s(w, "source", graph_word_text(g, a, s[i].word));
		jw_key_i(w, "events", s[i].sum.events);
		jw_key_i(w, "hosts", s[i].hosts);
		panel_time(w, "first_at", s[i].sum.first_ns);
		panel_time(w, "last_at", s[i].sum.last_ns);
		jw_key_i(w, "lag_ms", s[i].sum.lag_ms);
		jw_object_end(w);
	}
	jw_array_end(w);
}

enum rc
usage_get(struct app *app, const struct request *rq, struct reply *rp)
{
	size_t hours = HOURS_STANDARD, n, n_cover;
	struct coverage *cover;
	struct source *sources;
	struct usage *u;
	struct graph *g;
	struct tenant t;
	struct jw w;
	enum rc rc = panel_tenant(app, rq, rp, &t);

	if (rc == RC_OK)
		rc = ask_count(rq, rp, "hours", 1, HOURS_MOST, &hours);
	if (rc == RC_OK)
		rc = control_usage(app->store, rq->mem, t.id,
		    clock_now_ns() / NS_PER_HOUR - (int64_t)hours + 1, &u, &n);
	if (rc == RC_OK)
		rc = store_graph(app->store, t.id, &g);
	if (rc == RC_OK)
		rc = graph_coverage(g, rq->mem, &cover, &n_cover);
	if (rc != RC_OK)
		return rc;
	w = reply_json(rp);
	jw_object(&w);
	jw_key_s(&w, "tenant", t.name);
	jw_key_s(&w, "plan", t.plan);
	jw_key_i(&w, "rate", t.rate);
	jw_key_i(&w, "retention_days", t.retention_days);
	jw_key_i(&w, "events", graph_number(g, "events"));
	jw_key_i(&w, "storage_bytes", control_tenant_bytes(app->store, &t));
	hours_json(&w, u, n);
	n = sources_sum(rq->mem, cover, n_cover, &sources);
	sources_json(&w, g, rq->mem, sources, n);
	jw_object_end(&w);
	return RC_OK;
}
