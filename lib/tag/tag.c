/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading: every file is compiled on its own; rules are then sorted by id and
 * numbered, and each number is put into the stream of its logsource. A tagger
 * over another one has its own rules in the same way, and of the other's a mark
 * for each that is not to be asked.
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
	const struct tagger *base;	/* whose rules are asked first, or NULL */
	bool *off;		/* base's rule i is not */
	uint32_t *on;		/* numbers of those that are */
	size_t n_on;
	uint8_t print[SHA256_LEN];
};

/* ---- loading ------------------------------------------------------------ */

static void
refuse(struct tagger *t, const char *file, const char *id, const char *why,
    size_t line)
{
	t->refusals = arena_grow(t->arena, t->refusals, &t->refusal_room,
	    t->n_refusals + 1, sizeof(*t->refusals));
	t->refusals[t->n_refusals++] = (struct tag_refusal){ .file = file,
		.id = id, .reason = why, .line = line };
}

/* `why`: what stood in the way of its text, or NULL. */
static void
load(struct tagger *t, const char *file, struct str text, const char *why)
{
	struct compiler *c = &t->compiler;
	struct rule *r = NULL;

	c->why = NULL;
	c->id = "";
	c->line = 0;
	if (why)
		compiler_refuse(c, "%s", why);
	else if (!utf8_ok(text))
		compiler_refuse(c, "is not UTF-8");
	else
		r = rule_read(c, file, text);
	if (!r) {
		refuse(t, file, c->id, c->why, c->line);
		return;
	}
	t->rules = arena_grow(t->arena, t->rules, &t->rule_room,
	    t->n_rules + 1, sizeof(struct rule *));
	t->rules[t->n_rules++] = r;
}

static void
load_file(struct tagger *t, const char *path, const char *file)
{
	struct str text = { 0 };
	const char *why = NULL;
	struct buf b;

	buf_init(&b, RULE_BYTES);
	if (!file_read(path, &b) || buf_bad(&b))
		why = "cannot be read, or is too big";
	else
		text = str_dup(t->arena, buf_str(&b));
	buf_release(&b);
	load(t, file, text, why);
}

static int
rule_order(const void *a, const void *b)
{
	const struct rule *x = *(struct rule *const *)a;
	const struct rule *y = *(struct rule *const *)b;
	int order = strcmp(x->id, y->id);

	return order ? order : strcmp(x->file, y->file);
}

/* Sort, and refuse all but the first of an id. */
static void
sort(struct tagger *t)
{
	size_t kept = 0;

	if (t->n_rules > 0)
		qsort(t->rules, t->n_rules, sizeof(struct rule *), rule_order);
	for (size_t i = 0; i < t->n_rules; i++) {
		struct rule *r = t->rules[i];

		if (kept > 0 && strcmp(t->rules[kept - 1]->id, r->id) == 0)
			refuse(t, r->file, r->id, "has another rule's id", 0);
		else
			t->rules[kept++] = r;
	}
	t->n_rules = kept;
}

static void
number(struct tagger *t)
{
	for (size_t i = 0; i < t->n_rules; i++)
		stream_add(t->arena, &t->streams, t->rules[i], (uint32_t)i);
}

/* What it asks, in the order in which it does. */
static void
print_make(struct tagger *t)
{
	struct sha256_state s;

	sha256_begin(&s);
	for (size_t i = 0; i < t->n_on; i++)
		sha256_add_field(&s, t->base->rules[t->on[i]]->bytes);
	for (size_t i = 0; i < t->n_rules; i++)
		sha256_add_field(&s, t->rules[i]->bytes);
	sha256_end(&s, t->print);
}

static struct tagger *
tagger_new(void)
{
	struct tagger *t = mem_get(sizeof(*t));

	t->arena = arena_new();
	t->fields.arena = t->arena;
	t->compiler.arena = t->arena;
	t->compiler.fields = &t->fields;
	t->event_type = field_slot(&t->fields, STR("EventType"));
	return t;
}

enum rc
tagger_open(const char *folder, struct tagger **out)
{
	struct tagger *t = tagger_new();
	struct paths paths = { 0 };
	size_t skip = strlen(folder) + 1;

	if (!folder_rules(t->arena, folder, &paths)) {
		log_err("rules cannot be read folder=%s why=%s", folder,
		    strerror(errno));
		tagger_close(t);
		return RC_FAIL;
	}
	for (size_t i = 0; i < paths.n; i++)
		load_file(t, paths.items[i], paths.items[i] + skip);
	sort(t);
	number(t);
	print_make(t);
	*out = t;
	return RC_OK;
}

/* ---- over another one ----------------------------------------------------- */

static bool
is_off(const struct tag_choice *c, const struct rule *r)
{
	return c->off && c->off(c->ctx, &(struct tag_rule){ r->file, r->id,
	    r->title, r->level, r->techniques, r->n_techniques });
}

static void
base_choose(struct tagger *t, const struct tag_choice *c)
{
	size_t n = t->base->n_rules;

	t->off = arena_array(t->arena, n + 1, sizeof(*t->off));
	t->on = arena_array(t->arena, n + 1, sizeof(*t->on));
	for (size_t i = 0; i < n; i++) {
		t->off[i] = is_off(c, t->base->rules[i]);
		if (!t->off[i])
			t->on[t->n_on++] = (uint32_t)i;
	}
}

static bool
base_has(const struct tagger *base, const char *id)
{
	size_t low = 0, high = base ? base->n_rules : 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(base->rules[mid]->id, id);

		if (order == 0)
			return true;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* Those that the base does not have and that are not off. What is refused does
 * not depend on what is off. */
static void
own_choose(struct tagger *t, const struct tag_choice *c)
{
	size_t kept = 0;

	sort(t);
	for (size_t i = 0; i < t->n_rules; i++) {
		struct rule *r = t->rules[i];

		if (base_has(t->base, r->id))
			refuse(t, r->file, r->id, "has the id of one of the "
			    "server's rules", 0);
		else if (!is_off(c, r))
			t->rules[kept++] = r;
	}
	t->n_rules = kept;
}

struct tagger *
tagger_over(const struct tagger *base, const struct tag_choice *c)
{
	struct tagger *t = tagger_new();

	t->base = base;
	t->compiler.regex_most = OWN_REGEXES_MOST;
	if (base)
		base_choose(t, c);
	for (size_t i = 0; i < c->n_own; i++)
		load(t, str_c(t->arena, str_of(c->own[i].file)),
		    str_dup(t->arena, c->own[i].text), NULL);
	own_choose(t, c);
	number(t);
	print_make(t);
	return t;
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

/* off: rules of t that are not to be asked, NULL: each is. */
static void
ask(const struct tagger *t, const bool *off, struct event *ev)
{
	struct reader readers[STREAMS_MAX];
	const uint32_t *at;
	struct sight s;
	size_t n;

	if (t->n_rules == 0)
		return;
	sight_begin(&s, &t->fields, ev);
	n = readers_open(t, &s, readers);
	for (at = readers_next(readers, n); at; at = readers_next(readers, n))
		if ((!off || !off[*at]) && test_holds(t->rules[*at]->test, &s))
			put(ev, t->rules[*at]);
	sight_end(&s);
}

void
tag_event(const struct tagger *t, struct event *ev)
{
	if (!ev->fields && !ev->record)
		return;
	if (t->base)
		ask(t->base, t->off, ev);
	ask(t, NULL, ev);
}

/* ---- telling ------------------------------------------------------------ */

size_t
tagger_loaded(const struct tagger *t)
{
	return t->n_on + t->n_rules;
}

struct tag_rule
tagger_rule(const struct tagger *t, size_t i)
{
	const struct rule *r = i < t->n_on ? t->base->rules[t->on[i]] :
	    t->rules[i - t->n_on];

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
	memcpy(out, t->print, sizeof(t->print));
}
