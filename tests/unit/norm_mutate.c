/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The golden records with their values swapped and replaced, under every
 * source: whatever is accepted must come out the same when it is read back
 * from what is stored, and whatever is refused must say why. The generator is
 * seeded, so a failure repeats.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/hash.h"
#include "norm.h"

enum { ROUNDS = 4000, BODY_MAX = 1 << 20 };

static const char *const bodies[] = {
	"tests/norm/own/basic.in.json", "tests/norm/own/entities.in.json",
	"tests/norm/own/raw.in.json", "tests/norm/okta/session.in.json",
	"tests/norm/okta/failed.in.json",
	"tests/norm/cloudtrail/issue_and_use.in.json",
	"tests/norm/cloudtrail/callers.in.json",
	"tests/norm/auto/mixed.in.json",
};
static const char *const sources[] = {
	"", "auto", "okta", "cloudtrail", "windows", "zeek", "generic", "mine"
};
static const char *const values[] = {
	"null", "true", "0", "-1", "1e400", "1772807400", "\"\"", "\"-\"",
	"\"auto\"", "\"aws\"", "\"mine\"", "\"okta\"", "{}", "[]",
	"[[{}]]", "{\"a\":{}}", "\"\\u0000\"", "\"AIDAEXAMPLE\"",
	"\"::ffff:1.2.3.4\"", "\"{\\\"a\\\":1}\"", "\"a\\tb\"",
	"{\"event_type\":1,\"event_type\":2}", "\"2026-03-06T14:30:00Z\"",
};

struct play {
	struct arena *a;
	struct json_doc *doc;
	uint64_t seed;
	size_t accepted, refused, broken;
};

/* xorshift64*: small, and the same everywhere. */
static size_t
pick(struct play *t, size_t n)
{
	t->seed ^= t->seed >> 12;
	t->seed ^= t->seed << 25;
	t->seed ^= t->seed >> 27;
	return (size_t)((t->seed * 0x2545f4914f6cdd1dULL) >> 33) % n;
}

/* Some value of the body: where it starts and how long it is; nothing at its
 * start where earlier changes have left none. */
static struct str
some_value(struct play *t, struct str body)
{
	for (int tries = 0; tries < 64; tries++) {
		struct str rest = str_sub(body, pick(t, body.len), body.len);
		size_t colon = str_find(rest, STR(":"), 0);
		struct json_span v;

		if (colon == (size_t)-1)
			continue;
		rest = str_sub(rest, colon + 1, rest.len);
		if (json_scan(&rest, &v) == JSON_OK)
			return v.text;
	}
	return str_sub(body, 0, 0);
}

static struct str
mutate(struct play *t, struct str body)
{
	struct str out = some_value(t, body);
	struct str in = str_of(values[pick(t, COUNT(values))]);
	size_t at = (size_t)(out.p - body.p);

	if (pick(t, 3) == 0)
		in = some_value(t, body);
	return str_printf(t->a, "%.*s%.*s%.*s", (int)at, body.p, STR_ARG(in),
	    (int)(body.len - at - out.len), out.p + out.len);
}

static void
same_refs(const struct event *x, const struct event *y)
{
	assert_int_equal(x->n_refs, y->n_refs);
	for (size_t i = 0; i < x->n_refs; i++) {
		const struct entref *a = &x->refs[i], *b = &y->refs[i];

		assert_true(str_eq(a->key, b->key) && str_eq(a->name, b->name));
		assert_true(a->kind == b->kind && a->role == b->role &&
		    a->flags == b->flags && a->proofs == b->proofs);
		for (size_t k = 0; k < a->proofs; k++)
			assert_true(str_eq(a->proof[k].field,
			    b->proof[k].field) && str_eq(a->proof[k].value,
			    b->proof[k].value));
	}
}

static void
same(const struct event *x, const struct event *y)
{
	assert_memory_equal(x->id, y->id, sizeof(x->id));
	assert_memory_equal(x->raw_sha256, y->raw_sha256, 32);
	assert_true(x->time_ns == y->time_ns && x->phase == y->phase);
	assert_string_equal(x->clock, y->clock);
	assert_true(str_eq(x->type, y->type) && str_eq(x->actor, y->actor));
	assert_true(str_eq(x->action, y->action));
	assert_true(str_eq(x->target, y->target) && str_eq(x->host, y->host));
	assert_true(str_eq(x->session, y->session));
	assert_true(str_eq(x->source, y->source) && str_eq(x->extra, y->extra));
	assert_true(str_eq(x->metadata, y->metadata));
	assert_true(x->act == y->act && x->outcome == y->outcome);
	assert_true(x->flags == y->flags && x->severity == y->severity);
	assert_true(x->n_labels == y->n_labels && x->n_tags == y->n_tags);
	same_refs(x, y);
}

static bool
each(void *ctx, size_t index, struct str prefix, const struct record *rec,
    const struct refusal *why)
{
	struct play *t = ctx;
	struct event ev, back;
	struct refusal no = { .field = "" };
	struct record again = { .twice = false };
	struct json_doc *doc;

	(void)index;
	(void)prefix;
	if (!rec || !norm_event(t->a, t->doc, rec, &ev, &no)) {
		assert_true(why ? why->detail[0] : no.detail[0]);
		assert_true(no.field[0] == '\0' || no.field[0] == '/');
		t->refused++;
		return true;
	}
	t->accepted++;
	assert_true(ev.type.len && ev.actor.len && ev.action.len && ev.clock);
	again.text = ev.raw;
	again.outer = ev.extra;
	again.source = ev.source;
	again.twice = ev.flags & EVENT_TWICE;
	doc = json_doc_new();
	if (!norm_event(t->a, doc, &again, &back, &no))
		fail_msg("not read back: %s %s: %.*s", no.field, no.detail,
		    STR_ARG(rec->text));
	same(&ev, &back);
	json_doc_free(doc);
	return true;
}

static void
one_body(struct play *t, struct str body)
{
	for (size_t i = 0; i < ROUNDS / COUNT(bodies); i++) {
		struct body_shape shape = { .record_max = BODY_MAX,
		    .source = str_of(sources[pick(t, COUNT(sources))]) };
		struct str b = body;

		for (size_t k = 0; k <= pick(t, 4); k++)
			b = mutate(t, b);
		/* A colon inside a string: no JSON any more, and nothing
		 * was given out. */
		if (norm_split(t->a, b, &shape, each, t) != JSON_OK)
			t->broken++;
		arena_reset(t->a);
	}
}

static void
what_is_accepted_reads_back_the_same(void **state)
{
	struct play t = { .a = arena_new(), .doc = json_doc_new(),
	    .seed = 20260306 };
	struct buf b;

	(void)state;
	buf_init(&b, BODY_MAX);
	for (size_t i = 0; i < COUNT(bodies); i++) {
		buf_clear(&b);
		assert_true(file_read(bodies[i], &b));
		one_body(&t, buf_str(&b));
	}
	assert_true(t.accepted > ROUNDS && t.refused > ROUNDS / 4);
	assert_true(t.broken < ROUNDS / 2);
	buf_release(&b);
	json_doc_free(t.doc);
	arena_free(t.a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_accepted_reads_back_the_same),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
