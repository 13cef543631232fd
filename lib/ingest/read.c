/* SPDX-License-Identifier: Apache-2.0 */
/* A body becomes items: split, normalise, tag; nothing here touches a store. */
#include "ingest/inner.h"

#include <string.h>

#include "base/hash.h"
#include "sighting.h"

/* What a body of any size may become in memory, and how much more for each of
 * its bytes. A record of a hundred bytes becomes about a thousand. */
enum { ROOM = 256 << 20, ROOM_A_BYTE = 8 };

struct reading {
	struct arena *a;
	struct arena *one;	/* for what one record needs while it is read */
	size_t room_a, most;
	struct json_doc *doc;
	const struct tagger *tagger;
	struct ingest_batch *out;
	size_t room;
};

static void
keep_refs(struct arena *a, const struct event *ev, struct ingest_item *it)
{
	size_t i;

	it->refs = arena_array(a, ev->n_refs + 1, sizeof(*it->refs));
	it->n_refs = ev->n_refs;
	for (i = 0; i < ev->n_refs; i++) {
		it->refs[i].kind = ev->refs[i].kind;
		it->refs[i].role = ev->refs[i].role;
		it->refs[i].flags = ev->refs[i].flags;
		it->refs[i].key = str_dup(a, ev->refs[i].key);
		it->refs[i].name = str_dup(a, ev->refs[i].name);
	}
}

/* Calls of an interface that no rule found worth a tag are counted in chains,
 * not shown one by one; a busy key makes a hundred thousand of them. */
static unsigned
flags_of(const struct event *ev)
{
	unsigned flags = ev->flags;

	if (ev->act == ACT_API_CALL && ev->n_tags == 0 &&
	    !(ev->flags & EVENT_IMPACT))
		flags |= EVENT_MINOR;
	return flags;
}

/* Words of rules too: the tagger may be gone before the commit. */
static void
keep_tags(struct arena *a, const struct event *ev, struct ingest_item *it)
{
	size_t i;

	it->n_tags = ev->n_tags;
	it->tags = arena_array(a, ev->n_tags + 1, sizeof(*it->tags));
	for (i = 0; i < ev->n_tags; i++) {
		it->tags[i] = ev->tags[i];
		if (ev->tags[i].rule != NULL)
			it->tags[i].rule = str_c(a, str_of(ev->tags[i].rule));
		if (ev->tags[i].title != NULL)
			it->tags[i].title = str_c(a,
			    str_of(ev->tags[i].title));
	}
}

static void
keep_sighting(struct arena *a, const struct event *ev, struct ingest_item *it)
{
	struct sighting s;

	if (!sighting_of(a, ev, &s))
		return;
	it->detector = s.detector;
	it->place = s.place;
}

static void
keep_event(struct arena *a, const struct record *rec, const struct event *ev,
    struct ingest_item *it)
{
	memcpy(it->content_id, ev->id, 16);
	memcpy(it->raw_sha256, ev->raw_sha256, 32);
	it->native = ev->native_id.len > 0;
	rank_of(ev, &it->rank);
	it->source = str_dup(a, ev->source);
	it->type = str_dup(a, ev->type);
	it->action = str_dup(a, ev->action);
	it->host = str_dup(a, ev->host);
	it->act = ev->act;
	it->outcome = ev->outcome;
	it->flags = flags_of(ev);
	it->severity = ev->severity;
	it->raw = str_dup(a, ev->raw);
	it->extra = str_dup(a, ev->extra);
	it->columns = rec->columns;
	keep_tags(a, ev, it);
	keep_refs(a, ev, it);
	keep_sighting(a, ev, it);
}

bool
ingest_read_one(struct arena *a, struct json_doc *doc, const struct tagger *tagger,
    const struct record *rec, struct ingest_item *it, struct refusal *why)
{
	struct event ev;

	if (!norm_event(a, doc, rec, &ev, why))
		return false;
	if (tagger != NULL)
		tag_event(tagger, &ev);
	keep_event(a, rec, &ev, it);
	return true;
}

static bool
read_kept(struct reading *r, const struct record *rec, struct ingest_item *it,
    struct refusal *why)
{
	struct event ev;
	bool good = norm_event(r->one, r->doc, rec, &ev, why);

	if (good && r->tagger != NULL)
		tag_event(r->tagger, &ev);
	if (good)
		keep_event(r->a, rec, &ev, it);
	arena_reset(r->one);
	return good;
}

static bool
one(void *ctx, size_t index, struct str prefix, const struct record *rec,
    const struct refusal *why)
{
	struct reading *r = ctx;
	struct ingest_batch *b = r->out;
	struct ingest_item *it;
	struct refusal refusal;

	b->over = (r->most > 0 && b->n == r->most) ||
	    arena_used(r->a) > r->room_a;
	if (b->over)
		return false;
	b->items = arena_grow(r->a, b->items, &r->room, b->n + 1,
	    sizeof(*b->items));
	it = &b->items[b->n++];
	memset(it, 0, sizeof(*it));
	it->index = index;
	it->prefix = str_dup(r->a, prefix);
	if (why == NULL) {
		if (read_kept(r, rec, it, &refusal))
			return true;
		why = &refusal;
	}
	it->refused = true;
	it->field = str_dup(r->a, str_of(why->field));
	it->detail = str_dup(r->a, str_of(why->detail));
	return true;
}

enum json_fault
ingest_read(struct arena *a, struct json_doc *doc, const struct tagger *tagger,
    struct str body, const struct body_shape *shape, struct ingest_batch *out)
{
	struct reading r = { .a = a, .one = arena_new(), .most = shape->records_max,
		.room_a = arena_used(a) + ROOM + ROOM_A_BYTE * body.len,
		.doc = doc, .tagger = tagger, .out = out };
	enum json_fault fault;

	out->mem = a;
	out->items = NULL;
	out->n = 0;
	out->over = false;
	ruleset_text(tagger, out->ruleset);
	fault = norm_split(a, body, shape, one, &r);
	arena_free(r.one);
	return fault;
}
