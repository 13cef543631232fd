/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chain that the caller sent (POST /ai/investigate) or a store made of
 * hostile names: explained, put on pages, exported in every format. What we
 * write is sound by our own check, JSON where it says so, and holds no markup
 * of the records.
 */
#include "fuzz.h"

#include "explain.h"
#include "export.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hash_init();
	return 0;
}

static void
say(struct buf *faults)
{
	fprintf(stderr, "%.*s\n", STR_ARG(buf_str(faults)));
}

static void
pages(struct arena *a, struct story *s, enum audience who)
{
	const struct findings *f = explain_find(s, who);
	struct json_doc *doc = json_doc_new();
	struct buf out, page, faults;
	size_t n = 0, cites = 0, bad;
	struct jw w;

	buf_init(&out, 256 << 20);
	buf_init(&page, 256 << 20);
	buf_init(&faults, 16 << 20);
	bad = explain_check(f, &faults);
	if (bad > 0)
		say(&faults);
	HOLDS(bad == 0);
	jw_init(&w, &out);
	explain_json(&w, f, 0.5);
	HOLDS(is_json(buf_str(&out)));
	explain_page(&page, a, json_parse(doc, buf_str(&out)), PAGE_HTML);
	HOLDS(utf8_ok(buf_str(&page)));
	HOLDS(str_find_fold(buf_str(&page), STR("<script"), 0) == (size_t)-1);
	buf_clear(&page);
	explain_page(&page, a, json_parse(doc, buf_str(&out)), PAGE_MARKDOWN);
	buf_clear(&faults);
	bad = explain_check_answer(a, json_parse(doc, buf_str(&out)), &faults,
	    &n, &cites);
	if (bad > 0)
		say(&faults);
	HOLDS(bad == 0);
	buf_release(&out);
	buf_release(&page);
	buf_release(&faults);
	json_doc_free(doc);
}

static void
exports(struct arena *a, const struct json *chain, const struct findings *f)
{
	size_t n, i;
	const struct export_format *x = export_formats(&n);
	struct export_input in = { .chain = chain, .findings = f };
	struct buf out;

	for (i = 0; i < n; i++) {
		enum rc rc;

		buf_init(&out, 64 << 20);
		in.findings = x[i].words == EXPORT_FACTS ? NULL : f;
		rc = x[i].words != EXPORT_FACTS && f == NULL ? RC_INVALID :
		    export_chain(&x[i], a, &in, &out);
		HOLDS(rc == RC_OK || rc == RC_INVALID || rc == RC_TOO_BIG);
		if (rc == RC_OK && str_find(str_of(x[i].media_type),
		    STR("json"), 0) != (size_t)-1)
			HOLDS(is_json(buf_str(&out)));
		if (rc == RC_OK)
			HOLDS(utf8_ok(buf_str(&out)));
		buf_release(&out);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct arena *a = arena_new();
	struct json_doc *doc = json_doc_new();
	struct str in = input_of(a, p, len), pointer = { 0 };
	const struct findings *f = NULL;
	const struct json *v = NULL;
	const char *detail = NULL;
	struct json_span span;
	struct story *s;

	if (json_scan(&in, &span) == JSON_OK && span.first == '{')
		v = json_parse(doc, span.text);
	if (v != NULL) {
		if (explain_given(a, v, &s, &pointer, &detail) == RC_OK) {
			pages(a, s, AUDIENCE_ANALYST);
			pages(a, s, AUDIENCE_EXECUTIVE);
			f = explain_find(s, AUDIENCE_ANALYST);
		} else {
			HOLDS(detail != NULL && pointer.len > 0);
		}
		exports(a, v, f);
	}
	json_doc_free(doc);
	arena_free(a);
	return 0;
}
