/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One transaction per tenant: events and their postings, carriers, coverage,
 * segments, chains, change log, and each request's idempotency row. Either all
 * of it is on disk or nothing is.
 */
#include "ingest/inner.h"

#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "store/counts.h"

enum { KEEPERS_MAX = 64 };

struct ingest {
	struct store *st;
	struct { int64_t tenant; struct keeper *k; int64_t used; }
	    keeper[KEEPERS_MAX];
	int64_t turn;
};

struct ingest *
ingest_new(struct store *st)
{
	struct ingest *in = mem_get(sizeof(*in));

	in->st = st;
	return in;
}

void
ingest_free(struct ingest *in)
{
	size_t i;

	for (i = 0; i < KEEPERS_MAX; i++)
		if (in->keeper[i].k != NULL)
			keeper_free(in->keeper[i].k);
	mem_free(in);
}

/* The tenant's keeper; the one unused for longest makes room. */
static struct keeper *
keeper_of(struct ingest *in, int64_t tenant)
{
	size_t i, oldest = 0;

	for (i = 0; i < KEEPERS_MAX; i++) {
		if (in->keeper[i].k != NULL && in->keeper[i].tenant == tenant) {
			in->keeper[i].used = ++in->turn;
			return in->keeper[i].k;
		}
		if (in->keeper[i].used < in->keeper[oldest].used)
			oldest = i;
	}
	if (in->keeper[oldest].k != NULL)
		keeper_free(in->keeper[oldest].k);
	in->keeper[oldest].k = keeper_new();
	in->keeper[oldest].tenant = tenant;
	in->keeper[oldest].used = ++in->turn;
	return in->keeper[oldest].k;
}

/* All together keep to the store's figure. Those used longest ago forget what
 * they hold, never the one in use: it is read back from the segments' rows. */
static void
keepers_trim(struct ingest *in, const struct keeper *in_use)
{
	size_t i, oldest, sum = 0;

	for (;;) {
		oldest = KEEPERS_MAX;
		for (i = 0, sum = 0; i < KEEPERS_MAX; i++) {
			if (in->keeper[i].k == NULL)
				continue;
			sum += keeper_bytes(in->keeper[i].k);
			if (in->keeper[i].k != in_use &&
			    (oldest == KEEPERS_MAX || in->keeper[i].used <
			    in->keeper[oldest].used))
				oldest = i;
		}
		if (sum <= store_cache_most(in->st) || oldest == KEEPERS_MAX)
			return;
		keeper_free(in->keeper[oldest].k);
		in->keeper[oldest].k = NULL;
		in->keeper[oldest].used = 0;
	}
}

struct work {
	struct graph *g;
	struct arena *a;
	int64_t now_ns;
	struct fresh fresh;
	size_t events_room, carried_room, left_room;
	struct str salt;
};

static void
note_event(struct work *w, int64_t ev)
{
	w->fresh.events = arena_grow(w->a, w->fresh.events, &w->events_room,
	    w->fresh.n + 1, sizeof(int64_t));
	w->fresh.events[w->fresh.n++] = ev;
}

/* The record that spoke for an event does no longer: its postings are gone. */
static void
note_left(struct work *w, const struct event_row *had)
{
	size_t i;

	w->fresh.left = arena_grow(w->a, w->fresh.left, &w->left_room,
	    w->fresh.n_left + had->n_refs, sizeof(uint64_t));
	for (i = 0; i < had->n_refs; i++)
		w->fresh.left[w->fresh.n_left++] = dep_of(&had->refs[i],
		    had->flags, had->n_tags);
}

static enum rc
carry(struct work *w, int64_t entity, enum carrier kind, int64_t by)
{
	bool added = false;
	enum rc rc;

	/* Sources are words and not entities: equal numbers mean nothing. */
	if (by == 0 || (kind != CARRIER_SOURCE && by == entity))
		return RC_OK;
	rc = graph_carrier(w->g, entity, kind, by, &added);
	if (rc != RC_OK || !added)
		return rc;
	w->fresh.carried = arena_grow(w->a, w->fresh.carried, &w->carried_room,
	    w->fresh.n_carried + 1, sizeof(int64_t));
	w->fresh.carried[w->fresh.n_carried++] = entity;
	return RC_OK;
}

static bool
is_carried(const struct ref *r)
{
	return !(r->flags & REF_COMMON) && (r->role == ROLE_ART ||
	    (r->role == ROLE_USER && r->kind == KIND_USER));
}

/* Who carries the artifacts and accounts of this event. */
static enum rc
carry_all(struct work *w, const struct event_row *row)
{
	int64_t principal = 0;
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; i < row->n_refs && principal == 0; i++)
		if (row->refs[i].role == ROLE_USER)
			principal = row->refs[i].entity;
	for (i = 0; i < row->n_refs && rc == RC_OK; i++) {
		if (!is_carried(&row->refs[i]))
			continue;
		rc = carry(w, row->refs[i].entity, CARRIER_HOST, row->host);
		if (rc == RC_OK)
			rc = carry(w, row->refs[i].entity, CARRIER_SOURCE,
			    row->source);
		if (rc == RC_OK)
			rc = carry(w, row->refs[i].entity, CARRIER_PRINCIPAL,
			    principal);
	}
	return rc;
}

static enum rc
intern_refs(struct work *w, const struct ingest_item *it, struct event_row *row)
{
	const struct ingest_ref *r;
	enum rc rc;
	int64_t id;
	bool added;
	size_t i;

	row->refs = arena_array(w->a, it->n_refs + 1, sizeof(*row->refs));
	for (i = 0; i < it->n_refs; i++) {
		r = &it->refs[i];
		rc = graph_entity(w->g, r->kind, r->key, r->name, &id, &added);
		if (rc != RC_OK)
			return rc;
		if (r->role == ROLE_HOST)
			row->host = id;
		row->refs[row->n_refs++] = (struct ref){ id, (uint8_t)r->kind,
			(uint8_t)r->role, (uint8_t)r->flags };
	}
	return RC_OK;
}

static enum rc
intern_tags(struct work *w, const struct ingest_item *it, struct event_row *row)
{
	enum rc rc;
	size_t i;

	row->tags = arena_array(w->a, it->n_tags + 1, sizeof(*row->tags));
	row->n_tags = it->n_tags;
	for (i = 0; i < it->n_tags; i++) {
		row->tags[i].technique = it->tags[i].technique;
		row->tags[i].level = (uint8_t)it->tags[i].level;
		row->tag_rule[i] = 0;
		if (it->tags[i].rule == NULL)
			continue;
		rc = graph_word(w->g, str_of(it->tags[i].rule),
		    &row->tag_rule[i]);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

static enum rc
row_of(struct work *w, const struct ingest_item *it, struct event_row *row)
{
	enum rc rc;

	memset(row, 0, sizeof(*row));
	memcpy(row->id, it->id, 16);
	memcpy(row->raw_sha256, it->raw_sha256, 32);
	row->rank = it->rank;
	row->act = (uint8_t)it->act;
	row->outcome = (uint8_t)it->outcome;
	row->flags = it->flags;
	row->severity = it->severity;
	row->ingested_ns = it->ingested_ns != 0 ? it->ingested_ns : w->now_ns;
	row->extra = it->extra;
	row->columns = it->columns;
	rc = graph_word(w->g, it->source, &row->source);
	if (rc == RC_OK)
		rc = graph_word(w->g, it->type, &row->type);
	if (rc == RC_OK)
		rc = graph_word(w->g, it->action, &row->action);
	if (rc == RC_OK)
		rc = intern_refs(w, it, row);
	if (rc == RC_OK)
		rc = intern_tags(w, it, row);
	return rc;
}

/* What triage will want to know: how often this was seen, where and when. */
static enum rc
count(struct work *w, const struct ingest_item *it, const struct event_row *row)
{
	int64_t detector, place;
	enum rc rc;

	if (it->detector.len == 0)
		return RC_OK;
	rc = graph_word(w->g, it->detector, &detector);
	if (rc == RC_OK)
		rc = graph_word(w->g, it->place, &place);
	return rc == RC_OK ? graph_alert_add(w->g, row->ev, detector, place,
	    rank_time(&row->rank)) : rc;
}

/* An id that is there already: the same record again, or another one under the
 * same sender's id. */
static enum rc
known_event(struct work *w, struct ingest_item *it)
{
	struct event_row have, row;
	bool speaks = false;
	enum rc rc;

	it->duplicate = true;
	if (!it->native)
		return RC_OK;
	rc = graph_event_get(w->g, w->a, it->ev, &have);
	if (rc != RC_OK || memcmp(have.raw_sha256, it->raw_sha256, 32) == 0)
		return rc;
	rc = row_of(w, it, &row);
	if (rc != RC_OK)
		return rc;
	row.flags |= EVENT_CONFLICT;
	rc = graph_event_variant(w->g, it->ev, &row, it->raw, &speaks);
	if (rc == RC_OK)
		note_event(w, it->ev);
	if (rc == RC_OK && speaks) {
		note_left(w, &have);
		rc = graph_alert_drop(w->g, it->ev, rank_time(&have.rank));
		if (rc == RC_OK)
			rc = count(w, it, &row);
	}
	if (rc == RC_OK)
		rc = carry_all(w, &row);
	return rc == RC_OK ? cover_variant(w->g, &have, &row, speaks) : rc;
}

/* Ids are the tenant's own: one that is the same in two tenants would tell each
 * what the other holds. The order of events keeps to the content's id, so that
 * chains are the same in any tenant. */
static enum rc
find_salt(struct work *w)
{
	uint8_t bytes[16];
	char hex[33];

	w->salt = graph_text(w->g, w->a, "id_salt");
	if (w->salt.len > 0)
		return RC_OK;
	random_bytes(bytes, sizeof(bytes));
	hex_text(bytes, sizeof(bytes), hex);
	w->salt = str_dup(w->a, str_of(hex));
	return graph_set_text(w->g, "id_salt", w->salt);
}

static enum rc
put_item(struct work *w, struct ingest_item *it)
{
	struct event_row row;
	enum rc rc;

	event_id_of_tenant(w->salt, it->content_id, it->id);
	rc = graph_event_find(w->g, it->id, &it->ev);
	if (rc == RC_OK)
		return known_event(w, it);
	if (rc != RC_ABSENT)
		return rc;
	rc = row_of(w, it, &row);
	row.ev = it->ev_wanted;
	if (rc == RC_OK)
		rc = graph_event_add(w->g, &row, it->raw);
	if (rc == RC_OK)
		rc = carry_all(w, &row);
	if (rc == RC_OK)
		rc = cover(w->g, &row, 1);
	if (rc == RC_OK)
		rc = count(w, it, &row);
	if (rc != RC_OK)
		return rc;
	it->ev = row.ev;
	it->duplicate = false;
	note_event(w, row.ev);
	return RC_OK;
}

/* Has this request been answered before? */
static enum rc
look_up(struct work *w, struct ingest_batch *b, bool *done)
{
	enum rc rc;

	*done = false;
	b->rc = RC_OK;
	b->replayed = false;
	if (b->idem_key.len == 0)
		return RC_OK;
	/* What is replayed is read after this transaction's memory is gone. */
	rc = graph_idem_get(w->g, b->mem, b->idem_scope, b->idem_key, w->now_ns,
	    &b->answer);
	if (rc == RC_ABSENT)
		return RC_OK;
	if (rc != RC_OK)
		return rc;
	*done = true;
	if (!hash_equal(b->answer.body_sha256, b->idem_sha256, SHA256_LEN)) {
		b->rc = RC_INVALID;
		return RC_OK;
	}
	b->replayed = true;
	return RC_OK;
}

static enum rc
put_batch(struct work *w, struct ingest_batch *b)
{
	enum rc rc = RC_OK;
	size_t i;

	b->accepted = b->duplicates = b->rejected = 0;
	for (i = 0; i < b->n && rc == RC_OK; i++) {
		if (b->items[i].refused) {
			b->rejected++;
			continue;
		}
		rc = put_item(w, &b->items[i]);
		if (b->items[i].duplicate)
			b->duplicates++;
		else
			b->accepted++;
	}
	return rc;
}

static enum rc
keep_answer(struct work *w, struct ingest_batch *b)
{
	struct idem answer = { .status = 200 };

	if (b->idem_key.len == 0 || b->rc != RC_OK || b->replayed ||
	    b->render == NULL)
		return RC_OK;
	b->render(b, w->a, &answer);
	memcpy(answer.body_sha256, b->idem_sha256, SHA256_LEN);
	return graph_idem_put(w->g, b->idem_scope, b->idem_key, w->now_ns,
	    &answer);
}

static enum rc
put_all(struct work *w, struct ingest_batch **b, size_t n, struct keeper *k)
{
	enum rc rc = find_salt(w);
	bool done;
	size_t i;

	for (i = 0; i < n && rc == RC_OK; i++) {
		rc = look_up(w, b[i], &done);
		if (rc == RC_OK && !done)
			rc = ruleset_note(w->g, w->a, b[i]);
		if (rc == RC_OK && !done)
			rc = put_batch(w, b[i]);
		if (rc == RC_OK && !done)
			rc = keep_answer(w, b[i]);
	}
	if (rc == RC_OK && w->fresh.n > 0 && k != NULL)
		rc = keeper_update(k, w->g, &w->fresh, w->now_ns);
	return rc;
}

enum rc
ingest_commit(struct ingest *in, int64_t tenant, struct ingest_batch **batches,
    size_t n, int64_t now_ns)
{
	struct keeper *k = keeper_of(in, tenant);
	struct work w = { .now_ns = now_ns, .fresh.why = "new evidence",
		.fresh.arrived = true, .fresh.history = n > 0 };
	bool foreign;
	enum rc rc;
	size_t i;

	for (i = 0; i < n; i++)
		w.fresh.history = w.fresh.history && batches[i]->backfill;

	rc = store_graph(in->st, tenant, &w.g);
	if (rc == RC_OK)
		rc = graph_begin(w.g, &foreign);
	if (rc != RC_OK)
		return rc;
	if (foreign)
		keeper_forget(k);
	w.a = arena_new();
	rc = put_all(&w, batches, n, k);
	if (rc == RC_OK)
		rc = graph_commit(w.g);
	else
		graph_rollback(w.g);
	if (rc != RC_OK)
		keeper_forget(k);
	keepers_trim(in, k);
	arena_free(w.a);
	return rc;
}

enum rc
events_commit(struct graph *g, struct ingest_batch *b)
{
	struct work w = { .g = g, .now_ns = clock_now_ns() };
	bool foreign;
	enum rc rc = graph_begin(g, &foreign);

	if (rc != RC_OK)
		return rc;
	w.a = arena_new();
	rc = put_all(&w, &b, 1, NULL);
	if (rc == RC_OK)
		rc = graph_commit(g);
	else
		graph_rollback(g);
	arena_free(w.a);
	return rc;
}

enum rc
ingest_relink(struct ingest *in, struct graph *g, int64_t tenant,
    const int64_t *events, size_t n, int64_t now_ns, const char *why)
{
	struct keeper *k = keeper_of(in, tenant);
	struct fresh f = { .events = (int64_t *)(uintptr_t)events, .n = n,
		.why = why };

	keeper_forget(k);
	return keeper_update(k, g, &f, now_ns);
}
