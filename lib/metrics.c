/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts are gathered tenant by tenant and written family by family, since all
 * samples of a family must stand together.
 *
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#include "metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/shown.h"
#include "control.h"
#include "tenancy.h"

enum { TENANTS_SHOWN = 100, SOURCES_SHOWN = 20, LABEL_SHOWN = 64,
	COUNTED_MOST = 1024 };

/* ---- events lost, counted seldom ------------------------------------------ */

struct counted { int64_t tenant, next_ns, lost; };
struct metrics { struct counted row[COUNTED_MOST]; size_t n; };

struct metrics *
metrics_new(void)
{
	return mem_get(sizeof(struct metrics));
}

void
metrics_free(struct metrics *m)
{
	mem_free(m);
}

/* The first whose turn it is anyway gives way when all places are taken. */
static struct counted *
counted_of(struct metrics *m, int64_t tenant)
{
	struct counted *oldest = &m->row[0];
	size_t i;

	for (i = 0; i < m->n; i++) {
		if (m->row[i].tenant == tenant)
			return &m->row[i];
		if (m->row[i].next_ns < oldest->next_ns)
			oldest = &m->row[i];
	}
	if (m->n < COUNTED_MOST)
		oldest = &m->row[m->n++];
	*oldest = (struct counted){ .tenant = tenant };
	return oldest;
}

static enum rc
lost_of(struct metrics *m, struct graph *g, int64_t tenant, int64_t *lost)
{
	struct counted *c = counted_of(m, tenant);
	int64_t begun_ns = clock_mono_ns(), done_ns;
	enum rc rc = RC_OK;

	if (begun_ns >= c->next_ns) {
		rc = graph_events_lost(g, &c->lost);
		done_ns = clock_mono_ns();
		c->next_ns = done_ns + 100 * (done_ns - begun_ns);
	}
	if (rc == RC_OK)
		*lost = c->lost;
	return rc;
}

/* ---- facts ------------------------------------------------------------------ */

struct source {
	struct str name;
	int64_t events, lag_ms, last_ns;
};

enum { KEY_STATES = 4 };
static const char *const key_states[KEY_STATES] = { "active", "rotated",
	"expired", "revoked" };

struct facts {			/* of one tenant, or of several summed */
	struct str tenant;
	int64_t readable;	/* 0: its file cannot be read, nothing follows */
	int64_t events, lost, bytes, requests, refused;
	int64_t chains[GRADE_PROVABLE + 1];
	int64_t keys[KEY_STATES];
	struct source *sources;
	size_t n_sources;
};

static int
by_events(const void *a, const void *b)
{
	const struct source *x = a, *y = b;

	if (x->events != y->events)
		return x->events > y->events ? -1 : 1;
	return str_cmp(x->name, y->name);
}

static void
source_add(struct source *to, const struct source *s)
{
	to->events += s->events;
	to->lag_ms = s->lag_ms > to->lag_ms ? s->lag_ms : to->lag_ms;
	to->last_ns = s->last_ns > to->last_ns ? s->last_ns : to->last_ns;
}

/* Those with fewest events become one. */
static void
sources_bound(struct facts *f)
{
	size_t i;

	if (f->n_sources > 0)
		qsort(f->sources, f->n_sources, sizeof(struct source),
		    by_events);
	if (f->n_sources <= SOURCES_SHOWN)
		return;
	for (i = SOURCES_SHOWN + 1; i < f->n_sources; i++)
		source_add(&f->sources[SOURCES_SHOWN], &f->sources[i]);
	f->sources[SOURCES_SHOWN].name = STR("(other)");
	f->n_sources = SOURCES_SHOWN + 1;
}

static enum rc
sources_of(struct graph *g, struct arena *a, struct facts *f)
{
	struct coverage *c;
	int64_t *word;
	size_t i, k, n;
	enum rc rc = graph_coverage(g, a, &c, &n);

	if (rc != RC_OK)
		return rc;
	f->sources = arena_array(a, n + 1, sizeof(struct source));
	word = arena_array(a, n + 1, sizeof(int64_t));
	for (i = 0; i < n; i++) {
		for (k = 0; k < f->n_sources && word[k] != c[i].source; k++)
			;
		if (k == f->n_sources) {
			word[f->n_sources++] = c[i].source;
			f->sources[k].name = graph_word_text(g, a,
			    c[i].source);
		}
		source_add(&f->sources[k], &(struct source){
		    .events = c[i].events, .lag_ms = c[i].lag_ms,
		    .last_ns = c[i].last_ns });
	}
	sources_bound(f);
	return RC_OK;
}

static enum rc
keys_of(struct store *st, struct arena *a, int64_t tenant, struct facts *f)
{
	struct key_row *k;
	size_t i, s, n;
	enum rc rc = store_keys(st, a, tenant, &k, &n);

	for (i = 0; rc == RC_OK && i < n; i++)
		for (s = 0; s < KEY_STATES; s++)
			f->keys[s] += strcmp(key_states[s], key_state(&k[i],
			    clock_now_ns())) == 0;
	return rc;
}

static enum rc
facts_of(struct metrics *m, struct store *st, struct arena *a,
    const struct tenant *t, struct facts *f)
{
	int64_t hour = clock_now_ns() / NS_PER_HOUR;
	struct usage *u;
	struct graph *g;
	size_t i, n;
	enum rc rc = store_graph(st, t->id, &g);

	*f = (struct facts){ .tenant = t->name };
	if (rc == RC_OK)
		rc = lost_of(m, g, t->id, &f->lost);
	if (rc == RC_OK)
		rc = graph_chains_by_grade(g, f->chains);
	if (rc == RC_OK)
		rc = sources_of(g, a, f);
	if (rc == RC_OK)
		rc = keys_of(st, a, t->id, f);
	if (rc == RC_OK)
		rc = control_usage(st, a, t->id, hour, &u, &n);
	if (rc != RC_OK)
		return rc;
	for (i = 0; i < n; i++) {
		f->requests += u[i].requests;
		f->refused += u[i].refused;
	}
	f->events = graph_number(g, "events");
	f->bytes = control_tenant_bytes(st, t);
	f->readable = 1;
	return RC_OK;
}

static int
by_size(const void *a, const void *b)
{
	const struct facts *x = a, *y = b;

	if (x->events != y->events)
		return x->events > y->events ? -1 : 1;
	return str_cmp(x->tenant, y->tenant);
}

/* Sums only: their sources are not told apart. */
static void
facts_add(struct facts *to, const struct facts *f)
{
	size_t i;

	to->readable = to->readable && f->readable;
	to->events += f->events;
	to->lost += f->lost;
	to->bytes += f->bytes;
	to->requests += f->requests;
	to->refused += f->refused;
	for (i = 0; i < COUNT(to->chains); i++)
		to->chains[i] += f->chains[i];
	for (i = 0; i < KEY_STATES; i++)
		to->keys[i] += f->keys[i];
}

static size_t
tenants_bound(struct facts *f, size_t n)
{
	size_t i;

	if (n > 0)
		qsort(f, n, sizeof(*f), by_size);
	if (n <= TENANTS_SHOWN)
		return n;
	for (i = TENANTS_SHOWN + 1; i < n; i++)
		facts_add(&f[TENANTS_SHOWN], &f[i]);
	f[TENANTS_SHOWN].tenant = STR("(other)");
	f[TENANTS_SHOWN].n_sources = 0;
	return TENANTS_SHOWN + 1;
}

/* ---- text --------------------------------------------------------------------- */

struct page {
	struct buf *out;
	struct arena *a;
	const struct facts *f;
	size_t n;
};

static void
family(struct page *p, const char *name, const char *type, const char *help)
{
	buf_printf(p->out, "# HELP trace_%s %s\n# TYPE trace_%s %s\n", name,
	    help, name, type);
}

static void
put_label(struct page *p, const char *name, struct str value, bool first)
{
	struct str text = shown(p->a, value, LABEL_SHOWN);
	size_t i;

	buf_printf(p->out, "%c%s=\"", first ? '{' : ',', name);
	for (i = 0; i < text.len; i++) {	/* no line ends: it is shown */
		if (text.p[i] == '"' || text.p[i] == '\\')
			buf_put_char(p->out, '\\');
		buf_put_char(p->out, text.p[i]);
	}
	buf_put_char(p->out, '"');
}

/* A sample's name with its tenant; `label` NULL: no other label. */
static void
sample(struct page *p, const char *name, struct str tenant, const char *label,
    struct str value)
{
	buf_printf(p->out, "trace_%s", name);
	put_label(p, "tenant", tenant, true);
	if (label != NULL)
		put_label(p, label, value, false);
	buf_put_c(p->out, "} ");
}

static void
put_seconds(struct page *p, double seconds)
{
	struct jw w;

	jw_init(&w, p->out);		/* a point in it, whatever the locale */
	jw_num(&w, seconds);
	buf_put_char(p->out, '\n');
}

static void
put_plain(struct page *p)
{
	static const struct { const char *name, *type, *help; size_t at; }
	row[] = {
		{ "tenant_readable", "gauge", "0: the tenant's file cannot be "
		    "read, see `tra-ce doctor`.",
		    offsetof(struct facts, readable) },
		{ "events_total", "counter", "Events taken and kept.",
		    offsetof(struct facts, events) },
		{ "events_lost_total", "counter", "Events that were taken and "
		    "are not there any more; anything but 0 is damage.",
		    offsetof(struct facts, lost) },
		{ "storage_bytes", "gauge", "Bytes of the tenant's files.",
		    offsetof(struct facts, bytes) },
		{ "hour_requests", "gauge", "Requests since the full hour "
		    "(UTC).", offsetof(struct facts, requests) },
		{ "hour_refused", "gauge", "Of those, refused for the rate.",
		    offsetof(struct facts, refused) },
	};
	size_t i, k;
	int64_t n;

	for (i = 0; i < COUNT(row); i++) {
		family(p, row[i].name, row[i].type, row[i].help);
		for (k = 0; k < p->n; k++) {
			memcpy(&n, (const char *)&p->f[k] + row[i].at,
			    sizeof(n));
			sample(p, row[i].name, p->f[k].tenant, NULL, STR(""));
			buf_printf(p->out, "%" PRId64 "\n", n);
		}
	}
}

static void
put_chains(struct page *p)
{
	size_t i;
	int grade;

	family(p, "chains", "gauge", "Causal chains that stand.");
	for (i = 0; i < p->n; i++)
		for (grade = GRADE_INFERRED; grade <= GRADE_PROVABLE;
		    grade++) {
			sample(p, "chains", p->f[i].tenant, "grade",
			    str_of(grade_name((enum grade)grade)));
			buf_printf(p->out, "%" PRId64 "\n",
			    p->f[i].chains[grade]);
		}
	family(p, "keys", "gauge", "API keys by state.");
	for (i = 0; i < p->n; i++)
		for (grade = 0; grade < KEY_STATES; grade++) {
			sample(p, "keys", p->f[i].tenant, "state",
			    str_of(key_states[grade]));
			buf_printf(p->out, "%" PRId64 "\n",
			    p->f[i].keys[grade]);
		}
}

static void
put_sources(struct page *p)
{
	enum { EVENTS, LAG, LAST, N };
	static const struct { const char *name, *type, *help; } row[N] = {
		[EVENTS] = { "source_events_total", "counter",
		    "Events taken, by source." },
		[LAG] = { "source_lag_max_seconds", "gauge", "The longest "
		    "time between an event's own time and its arrival." },
		[LAST] = { "source_last_event_timestamp_seconds", "gauge",
		    "Time of the latest event, as it says itself." },
	};
	const struct source *s;
	size_t i, k, m;

	for (i = 0; i < N; i++) {
		family(p, row[i].name, row[i].type, row[i].help);
		for (k = 0; k < p->n; k++)
			for (m = 0; m < p->f[k].n_sources; m++) {
				s = &p->f[k].sources[m];
				sample(p, row[i].name, p->f[k].tenant,
				    "source", s->name);
				put_seconds(p, i == EVENTS ?
				    (double)s->events : i == LAG ?
				    (double)s->lag_ms / 1000 :
				    (double)(s->last_ns / NS_PER_MS) / 1000);
			}
	}
}

static void
put_facts(struct page *p)
{
	put_plain(p);
	put_chains(p);
	put_sources(p);
}

static void
put_number(struct page *p, const char *name, const char *help, int64_t n)
{
	family(p, name, "gauge", help);
	buf_printf(p->out, "trace_%s %" PRId64 "\n", name, n);
}

static void
put_server(struct page *p, const struct metrics_server *s, size_t tenants)
{
	family(p, "info", "gauge", "The program.");
	buf_put_c(p->out, "trace_info");
	put_label(p, "version", str_of(s->version), true);
	buf_put_c(p->out, "} 1\n");
	put_number(p, "tenants", "Tenants of this server.", (int64_t)tenants);
	put_number(p, "disk_free_bytes", "Free bytes on the data's disk.",
	    s->disk_free);
	put_number(p, "disk_min_bytes", "Free bytes below which no events are "
	    "taken.", s->disk_min);
	if (s->waiting >= 0)
		put_number(p, "queue_waiting", "Posts that wait to be "
		    "committed.", s->waiting);
	put_number(p, "queue_max", "Posts that may wait; beyond it 503.",
	    s->queue_max);
}

/* ---- both ---------------------------------------------------------------------- */

enum rc
metrics_server(struct metrics *m, struct store *st, struct arena *a,
    const struct metrics_server *s, struct buf *out)
{
	struct page p = { .out = out, .a = a };
	struct tenant *t;
	struct facts *f;
	size_t i, n;
	enum rc rc = store_tenants(st, a, &t, &n);

	if (rc != RC_OK)
		return rc;
	f = arena_array(a, n + 1, sizeof(*f));
	for (i = 0; i < n; i++)		/* one that is damaged hides no other */
		if (facts_of(m, st, a, &t[i], &f[i]) != RC_OK)
			f[i] = (struct facts){ .tenant = t[i].name };
	p.f = f;
	p.n = tenants_bound(f, n);
	put_server(&p, s, n);
	put_facts(&p);
	return buf_bad(out) ? RC_TOO_BIG : RC_OK;
}

enum rc
metrics_tenant(struct metrics *m, struct store *st, struct arena *a,
    int64_t tenant, struct buf *out)
{
	struct page p = { .out = out, .a = a, .n = 1 };
	struct tenant t;
	struct facts f;
	enum rc rc = store_tenant_get(st, a, tenant, &t);

	if (rc == RC_OK)
		rc = facts_of(m, st, a, &t, &f);
	if (rc != RC_OK)
		return rc;
	p.f = &f;
	put_facts(&p);
	return buf_bad(out) ? RC_TOO_BIG : RC_OK;
}
