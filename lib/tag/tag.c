/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading: every file is compiled on its own; rules are then sorted by id and
 * numbered, and each number is put into the stream of its logsource.
 *
 * Tagging: the streams that concern an event are merged by rule number, so
 * that rules are judged in the order of their ids whatever they are for. The
 * tagger is never written to; what one event needs lives in a sight on the
 * stack.
 */
#include "tag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "tag/folder.h"
#include "tag/rule.h"
#include "tag/source.h"

enum { RULE_BYTES = 1 << 20, STREAMS_MAX = 32 };

struct tagger {
	struct arena *arena;
	struct field_list fields;
	struct compiler compiler;
	struct rule **rules;
	size_t n_rules, rule_room;
	struct tag_refusal *refusals;
	size_t n_refusals, refusal_room;
	struct stream_list streams;
	uint32_t event_type;	/* a slot */
};

/* ---- loading ------------------------------------------------------------ */

static void
refuse(struct tagger *t, const char *file, const char *id, const char *why)
{
	t->refusals = arena_grow(t->arena, t->refusals, &t->refusal_room,
	    t->n_refusals + 1, sizeof(*t->refusals));
	t->refusals[t->n_refusals++] = (struct tag_refusal){ .file = file,
		.id = id, .reason = why };
}

static void
load(struct tagger *t, const char *path, const char *file)
{
	struct compiler *c = &t->compiler;
	struct rule *r = NULL;
	struct buf b;

	buf_init(&b, RULE_BYTES);
	c->why = NULL;
	c->id = "";
	if (!file_read(path, &b) || buf_bad(&b))
		compiler_refuse(c, "cannot be read, or is too big");
	else if (!utf8_ok(buf_str(&b)))
		compiler_refuse(c, "is not UTF-8");
	else
		r = rule_read(c, file, str_dup(t->arena, buf_str(&b)));
	buf_release(&b);
	if (!r) {
		refuse(t, file, c->id, c->why);
		return;
	}
	t->rules = arena_grow(t->arena, t->rules, &t->rule_room,
	    t->n_rules + 1, sizeof(struct rule *));
	t->rules[t->n_rules++] = r;
}

static int
rule_order(const void *a, const void *b)
{
	const struct rule *x = *(struct rule *const *)a;
	const struct rule *y = *(struct rule *const *)b;
	int order = strcmp(x->id, y->id);

	return order ? order : strcmp(x->file, y->file);
}

/* Sort, refuse all but the first of an id, and fill the streams. */
static void
arrange(struct tagger *t)
{
	size_t kept = 0;

	if (t->n_rules > 0)
		qsort(t->rules, t->n_rules, sizeof(struct rule *), rule_order);
	for (size_t i = 0; i < t->n_rules; i++) {
		struct rule *r = t->rules[i];

		if (kept > 0 && strcmp(t->rules[kept - 1]->id, r->id) == 0) {
			refuse(t, r->file, r->id, "has another rule's id");
			continue;
		}
		stream_add(t->arena, &t->streams, r, (uint32_t)kept);
		t->rules[kept++] = r;
	}
	t->n_rules = kept;
}

enum rc
tagger_open(const char *folder, struct tagger **out)
{
	struct tagger *t = mem_get(sizeof(*t));
	struct paths paths = { 0 };
	size_t skip = strlen(folder) + 1;

	t->arena = arena_new();
	t->fields.arena = t->arena;
	t->compiler.arena = t->arena;
	t->compiler.fields = &t->fields;
	t->event_type = field_slot(&t->fields, STR("EventType"));
	if (!folder_rules(t->arena, folder, &paths)) {
		log_err("rules cannot be read folder=%s why=%s", folder,
		    strerror(errno));
		tagger_close(t);
		return RC_FAIL;
	}
	for (size_t i = 0; i < paths.n; i++)
		load(t, paths.items[i], paths.items[i] + skip);
	arrange(t);
	*out = t;
	return RC_OK;
}

void
tagger_close(struct tagger *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->compiler.n_regexes; i++)
		regex_free(t->compiler.regexes[i]);
	arena_free(t->arena);
	mem_free(t);
}

/* ---- tagging ------------------------------------------------------------ */

/* How far the merge has come in one stream. */
struct reader {
	const uint32_t *next, *end;
};

static size_t
readers_open(const struct tagger *t, struct sight *s, struct reader *readers)
{
	size_t n = 0;

	for (size_t i = 0; i < t->streams.n && n < STREAMS_MAX; i++) {
		const struct stream *from = &t->streams.items[i];

		if (stream_concerns(from, s, t->event_type))
			readers[n++] = (struct reader){ from->rules,
				from->rules + from->n };
	}
	return n;
}

/* The lowest number that is left; NULL: none. */
static const uint32_t *
readers_next(struct reader *readers, size_t n)
{
	struct reader *low = NULL;

	for (size_t i = 0; i < n; i++)
		if (readers[i].next < readers[i].end &&
		    (!low || *readers[i].next < *low->next))
			low = &readers[i];
	return low ? low->next++ : NULL;
}

static void
put(struct event *ev, const struct rule *r)
{
	if (r->n_techniques == 0)
		event_tag(ev, 0, r->id, r->title, r->level);
	for (size_t i = 0; i < r->n_techniques; i++)
		event_tag(ev, r->techniques[i], r->id, r->title, r->level);
}

void
tag_event(const struct tagger *t, struct event *ev)
{
	struct reader readers[STREAMS_MAX];
	const uint32_t *at;
	struct sight s;
	size_t n;

	if (!ev->fields && !ev->record)
		return;
	sight_begin(&s, &t->fields, ev);
	n = readers_open(t, &s, readers);
	for (at = readers_next(readers, n); at; at = readers_next(readers, n))
		if (test_holds(t->rules[*at]->test, &s))
			put(ev, t->rules[*at]);
	sight_end(&s);
}

/* ---- telling ------------------------------------------------------------ */

size_t
tagger_loaded(const struct tagger *t)
{
	return t->n_rules;
}

struct tag_rule
tagger_rule(const struct tagger *t, size_t i)
{
	const struct rule *r = t->rules[i];

	return (struct tag_rule){ r->file, r->id, r->title, r->level,
		r->techniques, r->n_techniques };
}

size_t
tagger_refused(const struct tagger *t)
{
	return t->n_refusals;
}

struct tag_refusal
tagger_refusal(const struct tagger *t, size_t i)
{
	return t->refusals[i];
}

void
tagger_fingerprint(const struct tagger *t, uint8_t out[32])
{
	struct sha256_state s;

	sha256_begin(&s);
	for (size_t i = 0; i < t->n_rules; i++)
		sha256_add_field(&s, t->rules[i]->bytes);
	sha256_end(&s, out);
}
