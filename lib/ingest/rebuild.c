/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything anew. The stored records go through today's normalisers and rules
 * into an empty graph, in the order of their numbers, which they keep; while
 * that goes on others read and write the one in use. Then its write lock is
 * taken: what came meanwhile is read too, analysts' words and the history are
 * copied, all segments and chains are built in one go, and the new file takes
 * the old one's place.
 *
 * Copied chains have no members, so a chain that is said again as it was only
 * gets them (tell.c), one that comes out otherwise gets a version more, and
 * those that have none in the end are chains no more.
 *
 * A record that can no longer be read, or would get another id, ends it: what
 * was accepted once is not dropped silently, and given ids are kept.
 */
#include "ingest/inner.h"

#include <stdio.h>
#include <string.h>

#include "again.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"

enum { CHUNK_EVENTS = 4000, CHUNK_BYTES = 8 << 20 };

struct rebuild {
	struct store *st;
	const struct tagger *tagger;
	struct graph *old, *fresh;
	struct arena *a;	/* of one chunk */
	struct json_doc *doc;
	int64_t last;		/* event that was looked at last */
	struct leave leave;	/* retention */
	size_t all;
	void (*progress)(void *ctx, size_t done, size_t all);
	void *ctx;
	struct rebuilt *out;
};

static enum rc
stuck(struct rebuild *r, const uint8_t id[16], const char *why)
{
	char text[EVENT_ID_TEXT];

	event_id_text(id, text);
	snprintf(r->out->why, sizeof(r->out->why), "event %s %s", text, why);
	return RC_FAIL;
}

/* ---- events --------------------------------------------------------------- */

struct chunk {
	struct ingest_batch b;
	struct event_row *rows;	/* as stored: what must come out again */
	size_t room, rows_room, bytes;
};

/* The stored record as an item, like one that has just come. */
static enum rc
event_read(struct rebuild *r, int64_t ev, struct chunk *c)
{
	struct ingest_item *it;
	struct refusal why;
	struct record rec;
	struct event_row *row;
	enum rc rc;

	c->b.items = arena_grow(r->a, c->b.items, &c->room, c->b.n + 1,
	    sizeof(*c->b.items));
	c->rows = arena_grow(r->a, c->rows, &c->rows_room, c->b.n + 1,
	    sizeof(*c->rows));
	it = &c->b.items[c->b.n];
	row = &c->rows[c->b.n];
	memset(it, 0, sizeof(*it));
	rc = graph_event_get(r->old, r->a, ev, row);
	if (rc == RC_OK)
		rc = event_record(r->old, r->a, ev, row, &rec);
	if (rc != RC_OK)
		return rc;
	if (!ingest_read_one(r->a, r->doc, r->tagger, &rec, it, &why))
		return stuck(r, row->id, why.detail);
	if (memcmp(it->raw_sha256, row->raw_sha256, SHA256_LEN) != 0)
		return stuck(r, row->id, "is not the record that was stored");
	it->ingested_ns = row->ingested_ns;
	it->ev_wanted = ev;
	row->ev = ev;
	c->b.n++;
	c->bytes += rec.text.len;
	return RC_OK;
}

static enum rc
same_salt(struct rebuild *r)
{
	struct str salt = graph_text(r->old, r->a, "id_salt");
	bool foreign;
	enum rc rc;

	if (salt.len == 0 ||
	    str_eq(graph_text(r->fresh, r->a, "id_salt"), salt))
		return RC_OK;
	rc = graph_begin(r->fresh, &foreign);
	if (rc != RC_OK)
		return rc;
	rc = graph_set_text(r->fresh, "id_salt", salt);
	if (rc == RC_OK)
		return graph_commit(r->fresh);
	graph_rollback(r->fresh);
	return rc;
}

static enum rc
chunk_commit(struct rebuild *r, struct chunk *c)
{
	enum rc rc;
	size_t i;

	if (c->b.n == 0)
		return RC_OK;
	memcpy(c->b.ruleset, r->out->ruleset, sizeof(c->b.ruleset));
	rc = same_salt(r);
	if (rc == RC_OK)
		rc = events_commit(r->fresh, &c->b);
	for (i = 0; i < c->b.n && rc == RC_OK; i++)
		if (memcmp(c->b.items[i].id, c->rows[i].id, 16) != 0 ||
		    c->b.items[i].ev != c->rows[i].ev)
			rc = stuck(r, c->rows[i].id, "would get another id");
	return rc;
}

/* Under the lock: chains that were made meanwhile may rest on events that were
 * left behind already. They come after all; the order of arrival is nothing. */
static enum rc
fetch_needed(struct rebuild *r)
{
	int64_t ev = 0;
	enum rc rc = leave_look(&r->leave, r->old);

	while (rc == RC_OK && leave_undone(&r->leave, &ev)) {
		struct chunk c = { 0 };

		arena_reset(r->a);
		rc = event_read(r, ev, &c);
		if (rc == RC_OK)
			rc = chunk_commit(r, &c);
		r->out->events++;
		r->out->dropped--;
	}
	return rc;
}

/* The next few thousand events; *none: all have come over. */
static enum rc
chunk_take(struct rebuild *r, bool *none)
{
	struct chunk c = { 0 };
	enum rc rc = RC_OK;
	int64_t ev, from = r->last;
	bool left = false;

	arena_reset(r->a);
	while (rc == RC_OK && c.b.n < CHUNK_EVENTS && c.bytes < CHUNK_BYTES) {
		rc = graph_event_next(r->old, r->last, &ev);
		if (rc == RC_OK)
			rc = leave_old(&r->leave, r->old, r->a, ev, &left);
		if (rc == RC_OK && left)
			r->out->dropped++;
		else if (rc == RC_OK)
			rc = event_read(r, ev, &c);
		if (rc == RC_OK)
			r->last = ev;
	}
	if (rc == RC_ABSENT)
		rc = RC_OK;
	if (rc == RC_OK)
		rc = chunk_commit(r, &c);
	*none = r->last == from;
	r->out->events += c.b.n;
	if (r->progress != NULL && rc == RC_OK)
		r->progress(r->ctx, r->out->events, r->all);
	return rc;
}

static enum rc
events_take(struct rebuild *r)
{
	bool none = false;
	enum rc rc = RC_OK;

	while (rc == RC_OK && !none)
		rc = chunk_take(r, &none);
	return rc;
}

/* Which record speaks for an id may have changed since its event came over:
 * handed in once more, the right one does, whichever came first. */
static enum rc
speakers_take(struct rebuild *r)
{
	enum rc rc = RC_OK;
	int64_t ev = 0;

	while (rc == RC_OK) {
		struct chunk c = { 0 };

		arena_reset(r->a);
		rc = graph_variant_next(r->old, ev, &ev);
		if (rc != RC_OK || leave_left(&r->leave, ev))
			continue;
		rc = event_read(r, ev, &c);
		if (rc == RC_OK)
			rc = chunk_commit(r, &c);
	}
	return rc == RC_ABSENT ? RC_OK : rc;
}

/* ---- what is told --------------------------------------------------------- */

static enum rc
all_came(struct rebuild *r, int64_t variants_left)
{
	static const char *const what[GRAPH_COUNTS] = { "events", "variants",
		"unlinks", "chains", "versions", "notes", "changes" };
	int64_t had[GRAPH_COUNTS], have[GRAPH_COUNTS];
	enum rc rc = graph_counts(r->old, had);
	int i;

	if (rc == RC_OK)
		rc = graph_counts(r->fresh, have);
	had[0] -= (int64_t)r->out->dropped;
	had[1] -= variants_left;
	for (i = 0; i < GRAPH_COUNTS && rc == RC_OK; i++) {
		if (had[i] == have[i])
			continue;
		snprintf(r->out->why, sizeof(r->out->why), "%lld %s came over "
		    "of %lld", (long long)have[i], what[i], (long long)had[i]);
		rc = RC_FAIL;
	}
	if (rc != RC_OK)
		return rc;
	r->out->variants = (size_t)have[1];
	r->out->unlinks = (size_t)have[2];
	r->out->notes = (size_t)have[5];
	return RC_OK;
}

/* Copied chains that nothing was said of again. */
static enum rc
retire_rest(struct rebuild *r, int64_t now_ns)
{
	struct teller t = { .g = r->fresh, .a = r->a, .doc = r->doc,
		.now_ns = now_ns, .why = "rebuilt" };
	struct chain_row *rows;
	struct chain into;
	size_t n, i;
	enum rc rc = graph_chains_empty(r->fresh, r->a, &rows, &n);

	for (i = 0; i < n && rc == RC_OK; i++) {
		memset(&into, 0, sizeof(into));
		rc = graph_chain_of_event(r->fresh, rows[i].first_seed,
		    into.id);
		if (rc == RC_OK)
			rc = tell_gone(&t, rows[i].id, &into);
		else if (rc == RC_ABSENT)
			rc = tell_gone(&t, rows[i].id, NULL);
	}
	return rc;
}

static bool
count(void *ctx, const struct chain_row *row)
{
	(void)row;
	++*(size_t *)ctx;
	return true;
}

static enum rc
chains_make(struct rebuild *r)
{
	struct fresh f = { .why = "rebuilt", .anew = true };
	int64_t before[GRAPH_COUNTS], after[GRAPH_COUNTS];
	int64_t now_ns = clock_now_ns();
	struct keeper *k = keeper_new();
	enum rc rc = graph_counts(r->fresh, before);

	arena_reset(r->a);
	if (rc == RC_OK)
		rc = graph_events_marked(r->fresh, r->a, &f.events, &f.n);
	if (rc == RC_OK)
		rc = keeper_update(k, r->fresh, &f, now_ns);
	keeper_free(k);
	if (rc == RC_OK)
		rc = retire_rest(r, now_ns);
	if (rc == RC_OK)
		rc = graph_counts(r->fresh, after);
	if (rc == RC_OK)
		r->out->changed = (size_t)(after[4] - before[4]);
	return rc;
}

/* The last part, with the write lock of the old one held. */
static enum rc
derive(struct rebuild *r)
{
	int64_t left;
	bool foreign;
	enum rc rc = graph_begin(r->fresh, &foreign);

	if (rc != RC_OK)
		return rc;
	rc = graph_copy(r->fresh, r->old, &left);
	if (rc == RC_OK)
		rc = all_came(r, left);
	if (rc == RC_OK)
		rc = graph_set_text(r->fresh, "ruleset",
		    str_of(r->out->ruleset));
	if (rc == RC_OK)
		rc = chains_make(r);
	if (rc == RC_OK)
		rc = graph_chains(r->fresh, r->a, NULL, NULL, count,
		    &r->out->chains);
	if (rc == RC_OK)
		return graph_commit(r->fresh);
	graph_rollback(r->fresh);
	return rc;
}

static enum rc
last_part(struct rebuild *r)
{
	bool foreign;
	enum rc rc = graph_begin(r->old, &foreign);

	if (rc != RC_OK)
		return rc;
	rc = events_take(r);
	if (rc == RC_OK)
		rc = fetch_needed(r);
	if (rc == RC_OK)
		rc = speakers_take(r);
	if (rc == RC_OK)
		rc = graph_chains(r->old, r->a, NULL, NULL, count,
		    &r->out->chains_before);
	if (rc == RC_OK)
		rc = derive(r);
	if (rc == RC_OK)
		rc = store_graph_replace(r->st, r->old, r->fresh);
	if (rc != RC_OK)
		graph_rollback(r->old);
	return rc;
}

static enum rc
anew(struct rebuild *r, int64_t tenant)
{
	enum rc rc = store_graph_anew(r->st, tenant, &r->fresh);

	if (rc != RC_OK)
		return rc;
	r->all = (size_t)graph_number(r->old, "events");
	rc = events_take(r);
	if (rc == RC_OK)
		rc = last_part(r);
	if (rc != RC_OK)
		store_graph_discard(r->st, r->fresh);
	return rc;
}

static enum rc
run(struct rebuild *r, int64_t tenant)
{
	size_t n = 0;
	enum rc rc;

	memset(r->out, 0, sizeof(*r->out));
	ruleset_text(r->tagger, r->out->ruleset);
	rc = store_graph(r->st, tenant, &r->old);
	if (rc != RC_OK)
		return rc;
	r->a = arena_new();
	r->doc = json_doc_new();
	leave_begin(&r->leave);
	if (r->leave.before_ns != 0)
		rc = leave_count(&r->leave, r->old, r->a, &n);
	if (rc == RC_OK && (r->leave.before_ns == 0 || n > 0))
		rc = anew(r, tenant);
	leave_end(&r->leave);
	json_doc_free(r->doc);
	arena_free(r->a);
	return rc;
}

enum rc
ingest_rebuild(struct store *st, int64_t tenant, const struct tagger *t,
    void (*progress)(void *ctx, size_t done, size_t all), void *ctx,
    struct rebuilt *out)
{
	return run(&(struct rebuild){ .st = st, .tagger = t,
	    .progress = progress, .ctx = ctx, .out = out }, tenant);
}

enum rc
ingest_prune(struct store *st, int64_t tenant, const struct tagger *t,
    int64_t before_ns, void (*progress)(void *ctx, size_t done, size_t all),
    void *ctx, struct rebuilt *out)
{
	return run(&(struct rebuild){ .st = st, .tagger = t,
	    .leave.before_ns = before_ns, .progress = progress, .ctx = ctx,
	    .out = out }, tenant);
}
