/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A body with records: split, out of their envelopes, normalised, tagged. What
 * is accepted has all an event must have and reads back the same; what is
 * refused says why. First line: the number of the envelope and marks ("n" it
 * is NDJSON, "a" the key may assert), then the source.
 */
#include "fuzz.h"

#include "norm.h"
#include "tag.h"

static struct tagger *rules;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hash_init();
	return tagger_open("db/rules", &rules) == RC_OK ? 0 : 1;
}

struct run {
	struct arena *a;
	struct json_doc *doc, *again;
	bool may_assert;
};

static void
sound(const struct event *ev)
{
	const struct str texts[] = { ev->type, ev->actor, ev->action,
		ev->target, ev->host, ev->session, ev->source };
	size_t i, k;

	HOLDS(ev->type.len > 0 && ev->actor.len > 0 && ev->action.len > 0);
	HOLDS(ev->clock != NULL && ev->severity >= -1 && ev->severity <= 100);
	for (i = 0; i < COUNT(texts); i++)
		HOLDS(utf8_ok(texts[i]));
	HOLDS(ev->n_refs <= EVENT_REFS_MAX);
	for (i = 0; i < ev->n_refs; i++) {
		HOLDS(ev->refs[i].key.len > 0 && utf8_ok(ev->refs[i].key));
		HOLDS(utf8_ok(ev->refs[i].name));
		HOLDS(ev->refs[i].kind > KIND_NONE &&
		    ev->refs[i].kind < KIND__MAX);
		HOLDS(ev->refs[i].proofs <= PROOFS_MAX);
		for (k = 0; k < ev->refs[i].proofs; k++)
			HOLDS(utf8_ok(ev->refs[i].proof[k].value));
	}
	HOLDS(ev->metadata.len == 0 || is_json(ev->metadata));
	HOLDS(ev->extra.len == 0 || is_json(ev->extra));
}

static bool
each(void *ctx, size_t index, struct str prefix, const struct record *rec,
    const struct refusal *why)
{
	struct run *r = ctx;
	struct event ev, back;
	struct refusal no = { .field = "" };
	struct record stored;

	(void)index;
	HOLDS(prefix.len == 0 || prefix.p[0] == '/');
	if (rec == NULL) {
		HOLDS(why != NULL && why->detail[0] != '\0');
		return true;
	}
	if (!norm_event(r->a, r->doc, rec, &ev, &no)) {
		HOLDS(no.detail[0] != '\0');
		HOLDS(no.field[0] == '\0' || no.field[0] == '/');
		return true;
	}
	sound(&ev);
	tag_event(rules, &ev);
	stored = (struct record){ .text = ev.raw, .outer = ev.extra,
		.source = ev.source, .columns = rec->columns,
		.twice = (ev.flags & EVENT_TWICE) != 0,
		.may_assert = rec->may_assert };
	HOLDS(norm_event(r->a, r->again, &stored, &back, &no));
	HOLDS(memcmp(ev.id, back.id, sizeof(ev.id)) == 0);
	HOLDS(ev.time_ns == back.time_ns && ev.n_refs == back.n_refs);
	return true;
}

static void
shape_read(struct body_shape *shape, struct str line)
{
	struct str word = { 0 };
	size_t i;

	(void)!str_cut(&line, ' ', &word);
	for (i = 0; i < word.len; i++) {
		if (word.p[i] >= '0' && word.p[i] <= '4')
			shape->envelope = (enum envelope)(word.p[i] - '0');
		shape->ndjson |= word.p[i] == 'n';
		shape->may_assert |= word.p[i] == 'a';
	}
	shape->source = line;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct body_shape shape = { .record_max = 1 << 20,
		.now_ns = 1772807400LL * 1000000000LL };
	struct run r = { .a = arena_new(), .doc = json_doc_new(),
		.again = json_doc_new() };
	struct str in = input_of(r.a, p, len);

	shape_read(&shape, first_line(&in));
	if (utf8_ok(shape.source))
		(void)!norm_split(r.a, in, &shape, each, &r);
	json_doc_free(r.doc);
	json_doc_free(r.again);
	arena_free(r.a);
	return 0;
}
