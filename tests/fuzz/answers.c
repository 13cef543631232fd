/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a model's server answers, from its bytes to the guard. First line:
 * "messages" or not; the rest is the body. If that is no such answer, it is
 * tried as what the model said, and as one sentence that cites the chain's
 * first steps.
 */
#include "fuzz.h"

#include "../../lib/llm.c"
/* both files have one of that name */
#define take_answer take_said
#include "../../lib/explain/reword.c"
#undef take_answer

#include "base/file.h"

static struct buf chain;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hash_init();
	buf_init(&chain, 1 << 20);
	return file_read("tests/explain/given.json", &chain) ? 0 : 1;
}

static void
kept_is_sound(const struct reworded *r)
{
	size_t i, k;

	HOLDS(r->kept.n <= REWORD_SENTENCES_MAX);
	for (i = 0; i < r->kept.n; i++) {
		HOLDS(utf8_ok(r->kept.v[i].text) && r->kept.v[i].n_cites > 0);
		HOLDS(r->kept.v[i].text.len <= GUARD_TEXT_MAX);
		for (k = 0; k < r->kept.v[i].text.len; k++)
			HOLDS((unsigned char)r->kept.v[i].text.p[k] >= ' ');
	}
}

static void
try_text(struct rewording *w, struct str text)
{
	const struct story *s = w->f->s;
	struct str cites[3];
	size_t n;

	(void)!take_text(w, text);
	for (n = 0; n < COUNT(cites) && n < s->n; n++)
		cites[n] = s->step[n].id;
	(void)!guard_sentence(w->guard, text, cites, n);
	kept_is_sound(w->r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct llm m = { .url = "http://127.0.0.1/v1/chat/completions" };
	struct arena *a = arena_new();
	struct json_doc *doc = json_doc_new();
	struct llm_answer an = { .text = STR("") };
	struct str in = input_of(a, p, len), pointer;
	struct reworded r = { .model = "x" };
	struct rewording w = { .r = &r };
	const char *detail;
	struct story *s;

	if (str_is(first_line(&in), "messages"))
		m.url = "http://127.0.0.1/v1/messages";
	HOLDS(explain_given(a, json_parse(doc, buf_str(&chain)), &s, &pointer,
	    &detail) == RC_OK);
	w.f = explain_find(s, AUDIENCE_ANALYST);
	w.veil = veil_new(s, len % 2 == 0);
	w.guard = guard_new(s);
	if (take_answer(a, &m, in, &an) == LLM_ANSWERED)
		try_text(&w, an.text);
	if (utf8_ok(in))
		try_text(&w, in);
	json_doc_free(doc);
	arena_free(a);
	return 0;
}
