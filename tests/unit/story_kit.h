/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of stories and of the engine's promises share: a store of its
 * own into which lines are taken, and the whole result told as text in the
 * labels of the lines, so that two runs can be compared byte by byte although
 * each tenant numbers its events and salts its ids for itself.
 */
#ifndef STORY_KIT_H
#define STORY_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attack.h"
#include "base/hash.h"
#include "ingest.h"

enum { TOLD_MAX = 64 << 20 };

struct line {
	struct str text, label;
};

struct world {
	char data[64];
	struct store *st;
	struct tenant t;
	struct arena *a;
	struct ingest *in;
	struct graph *g;
	const struct tagger *rules;
	bool may_assert;
	int64_t now_ns;
	int64_t zero_ns;	/* told times count from here */
	struct str *label;	/* by event number */
	size_t labels_room, n_labels;
};

/* Where there is memory that looks like a disk, a commit costs nothing. */
static inline void
world_open(struct world *w, const struct tagger *rules, bool may_assert)
{
	const char *in = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	memset(w, 0, sizeof(*w));
	hash_init();
	snprintf(w->data, sizeof(w->data), "%s/tra-ce-story-XXXXXX", in);
	assert_non_null(mkdtemp(w->data));
	w->a = arena_new();
	w->rules = rules;
	w->may_assert = may_assert;
	w->now_ns = 1772900000000000000;
	assert_int_equal(store_open(w->data, true, &w->st), RC_OK);
	assert_int_equal(store_tenant_add(w->st, w->a, STR("t"),
	    STR("standard"), 0, &w->t), RC_OK);
	w->in = ingest_new(w->st);
	assert_int_equal(store_graph(w->st, w->t.id, &w->g), RC_OK);
}

static inline int
world_unlink(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	(void)st;
	(void)kind;
	(void)f;
	return remove(path);
}

static inline void
world_close(struct world *w)
{
	ingest_free(w->in);
	store_close(w->st);
	arena_free(w->a);
	nftw(w->data, world_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void
world_label(struct world *w, int64_t ev, struct str label)
{
	while (w->n_labels <= (size_t)ev) {
		w->label = arena_grow(w->a, w->label, &w->labels_room,
		    w->n_labels + 1, sizeof(*w->label));
		w->label[w->n_labels++] = (struct str){ 0 };
	}
	if (w->label[ev].p == NULL)
		w->label[ev] = str_dup(w->a, label);
}

/* The number of the event with this label. */
static inline int64_t
world_event(const struct world *w, const char *label)
{
	size_t i;

	for (i = 0; i < w->n_labels; i++)
		if (str_is(w->label[i], label))
			return (int64_t)i;
	fail_msg("no event %s", label);
	return 0;
}

/* One request with these lines, into this tenant of the world. */
static inline void
world_take_as(struct world *w, int64_t tenant, const struct line *lines,
    size_t n)
{
	struct body_shape shape = { .ndjson = true,
		.may_assert = w->may_assert, .record_max = 1 << 20 };
	struct ingest_batch batch = { 0 }, *one = &batch;
	struct json_doc *doc = json_doc_new();
	struct arena *a = arena_new();
	struct buf body;
	size_t i;

	buf_init(&body, TOLD_MAX);
	for (i = 0; i < n; i++) {
		buf_put_str(&body, lines[i].text);
		buf_put_char(&body, '\n');
	}
	assert_int_equal(ingest_read(a, doc, w->rules, buf_str(&body), &shape,
	    &batch), JSON_OK);
	assert_int_equal(batch.n, n);
	for (i = 0; i < n; i++)
		if (batch.items[i].refused)
			fail_msg("%.*s: %.*s in %.*s",
			    STR_ARG(batch.items[i].field),
			    STR_ARG(batch.items[i].detail),
			    STR_ARG(lines[i].text));
	assert_int_equal(ingest_commit(w->in, tenant, &one, 1, w->now_ns++),
	    RC_OK);
	assert_int_equal(batch.accepted + batch.duplicates, n);
	for (i = 0; i < n && tenant == w->t.id; i++)
		world_label(w, batch.items[i].ev, lines[i].label);
	buf_release(&body);
	json_doc_free(doc);
	arena_free(a);
}

static inline void
world_take(struct world *w, const struct line *lines, size_t n, size_t batch)
{
	size_t i;

	for (i = 0; i < n; i += batch)
		world_take_as(w, w->t.id, lines + i,
		    i + batch < n ? batch : n - i);
}

/* ---- orders ------------------------------------------------------------ */

static inline unsigned
dice(uint64_t *state, unsigned n)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(*state >> 33) % n;
}

/* 0 leaves the order as it is. */
static inline void
shuffle(struct line *lines, size_t n, uint64_t seed)
{
	struct line t;
	size_t i, k;

	for (i = n; seed != 0 && i > 1; i--) {
		k = dice(&seed, (unsigned)i);
		t = lines[i - 1];
		lines[i - 1] = lines[k];
		lines[k] = t;
	}
}

/* ---- telling ------------------------------------------------------------ */

static inline void
tell_flags(struct buf *out, unsigned flags)
{
	static const char *const words[] = { "boundary", "across-cleared",
		"blind", "boot-unknown", "asserted", "no-lease", "hashed",
		"issuer-conflict", "clock" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (flags & 1U << i)
			buf_printf(out, " %s", words[i]);
}

static inline void
tell_edge(const struct world *w, struct buf *out, const struct edge *e,
    int digits)
{
	buf_printf(out, "%.*s %.*s %s %s %.*f", STR_ARG(w->label[e->from]),
	    STR_ARG(w->label[e->to]), rule_row(e->rule)->id,
	    grade_name(e->grade), digits, e->conf);
	tell_flags(out, e->flags);
}

struct all_events {
	struct arena *a;
	int64_t *ev;
	size_t n, room;
};

static inline bool
note_event(void *ctx, const struct event_row *row)
{
	struct all_events *all = ctx;

	all->ev = arena_grow(all->a, all->ev, &all->room, all->n + 1,
	    sizeof(*all->ev));
	all->ev[all->n++] = row->ev;
	return true;
}

/* Every event of the tenant, in order. */
static inline struct all_events
world_events(struct world *w)
{
	struct event_query q = { .oldest_first = true };
	struct all_events all = { .a = w->a };
	struct rank last;
	bool done;

	assert_int_equal(graph_events(w->g, &q, note_event, &all, &last, &done),
	    RC_OK);
	assert_true(done);
	return all;
}

struct live_chains {
	struct world *w;
	struct chain *c;
	struct chain_row *row;
	size_t n, room, rows_room;
};

static inline bool
note_chain(void *ctx, const struct chain_row *head)
{
	struct live_chains *l = ctx;

	l->c = arena_grow(l->w->a, l->c, &l->room, l->n + 1, sizeof(*l->c));
	l->row = arena_grow(l->w->a, l->row, &l->rows_room, l->n + 1,
	    sizeof(*l->row));
	assert_int_equal(graph_chain_get(l->w->g, l->w->a, head->id,
	    &l->row[l->n]), RC_OK);
	assert_true(chain_unpack(l->w->a, l->row[l->n].body, &l->c[l->n]));
	l->n++;
	return true;
}

/* The live chains as stored, best score first. */
static inline struct live_chains
world_chains(struct world *w)
{
	struct live_chains l = { .w = w };

	assert_int_equal(graph_chains(w->g, w->a, NULL, NULL, note_chain, &l),
	    RC_OK);
	return l;
}

static inline void
tell_members(const struct world *w, struct buf *out, const struct chain *c,
    bool whole)
{
	size_t i;

	for (i = 0; i < c->n_members; i++) {
		buf_printf(out, "  %.*s %s",
		    STR_ARG(w->label[c->members[i].ev]),
		    member_role_name(c->members[i].role));
		if (c->members[i].count > 1)
			buf_printf(out, " x%d", c->members[i].count);
		if (whole)
			buf_printf(out, " %.9f",
			    (double)c->members[i].strength);
		buf_put_char(out, '\n');
	}
}

static inline void
tell_factors(struct buf *out, const struct chain *c)
{
	char text[TECHNIQUE_TEXT];
	size_t i;

	for (i = 0; i < c->n_factors; i++)
		buf_printf(out, "  %s %.3f %s\n", c->factors[i].name,
		    c->factors[i].points, c->factors[i].because);
	for (i = 0; i < c->n_techniques; i++)
		buf_printf(out, "  %s %x\n",
		    technique_text(c->techniques[i], text), c->tactics);
}

/* One chain in labels; whole: with every number that is in it. */
static inline void
tell_chain_text(const struct world *w, struct buf *out, const struct chain *c,
    const struct chain_row *row, bool whole)
{
	size_t i;

	buf_printf(out, "%s root %.*s proven %d/%d share %.2f%s%s\n",
	    grade_name(row->grade), STR_ARG(w->label[row->root]),
	    row->seeds_proven, row->seeds, row->provable_share,
	    c->cut.why ? " cut " : "", c->cut.why ? c->cut.why : "");
	if (whole)
		buf_printf(out, "  first %.*s score %.3f from %lld to %lld "
		    "frontier %lld left %lld title %.*s\n",
		    STR_ARG(w->label[row->first_seed]), row->score,
		    (long long)(row->first_ns - w->zero_ns),
		    (long long)(row->last_ns - w->zero_ns),
		    (long long)c->cut.frontier_edges,
		    (long long)c->cut.events_not_explored, STR_ARG(row->title));
	tell_members(w, out, c, whole);
	for (i = 0; i < c->n_edges; i++) {
		buf_put_c(out, "  ");
		if (whole)
			tell_edge(w, out, &c->edges[i], 9);
		else
			buf_printf(out, "%.*s > %.*s",
			    STR_ARG(w->label[c->edges[i].from]),
			    STR_ARG(w->label[c->edges[i].to]));
		buf_put_char(out, '\n');
	}
	if (whole)
		tell_factors(out, c);
}

/* Chains of one score come in the order of their ids, which are salted: to
 * compare across tenants they are ordered by text. */
static inline int
by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Does the label begin with this letter? 0: any does. */
static inline bool
is_of(const struct world *w, int64_t ev, char letter)
{
	return letter == 0 || w->label[ev].p[0] == letter;
}

static inline void
tell_edges(struct world *w, struct buf *out, char letter)
{
	struct all_events all = world_events(w);
	const struct view *v = graph_view(w->g);
	struct edge e[EDGES_IN_MAX];
	size_t i, k, n;

	graph_view_reset(w->g);
	for (i = 0; i < all.n; i++) {
		if (!is_of(w, all.ev[i], letter))
			continue;
		n = cause_in_edges(v, v->node(v->ctx, all.ev[i]), e);
		for (k = 0; k < n; k++) {
			tell_edge(w, out, &e[k], 9);
			buf_put_char(out, '\n');
		}
	}
}

static inline void
tell_chains(struct world *w, struct buf *out, char letter)
{
	struct live_chains l = world_chains(w);
	struct str *part = arena_array(w->a, l.n + 1, sizeof(*part));
	size_t i, from, n = 0;

	for (i = 0; i < l.n; i++) {
		if (!is_of(w, l.row[i].first_seed, letter))
			continue;
		from = out->len;
		tell_chain_text(w, out, &l.c[i], &l.row[i], true);
		part[n++] = str_dup(w->a, str_sub(buf_str(out), from,
		    out->len));
		out->len = from;
	}
	if (n > 0)
		qsort(part, n, sizeof(*part), by_text);
	for (i = 0; i < n; i++)
		buf_put_str(out, part[i]);
}

/* What the engine says of the set: its edges, its chains; of events and chains
 * whose label begins with the letter, or of all. */
static inline struct str
world_tell_of(struct world *w, char letter, bool edges, bool chains)
{
	struct buf out;
	struct str told;

	buf_init(&out, TOLD_MAX);
	if (edges)
		tell_edges(w, &out, letter);
	if (chains)
		tell_chains(w, &out, letter);
	assert_false(buf_bad(&out));
	told = str_dup(w->a, buf_str(&out));
	buf_release(&out);
	return told;
}

static inline struct str
world_tell(struct world *w)
{
	return world_tell_of(w, 0, true, true);
}

#endif
