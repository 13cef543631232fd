/* SPDX-License-Identifier: Apache-2.0 */
/* A Sigma rule: loaded or refused with a reason; what loads judges any record
 * without harm. The record stands behind a line "---- record". */
#include "fuzz.h"

#include "tag/rule.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hash_init();
	return 0;
}

static void
judge(struct compiler *c, const struct rule *r, struct str record)
{
	struct json_doc *doc = json_doc_new();
	struct event ev = { .product = "p" };
	struct json_span span;

	if (json_scan(&record, &span) == JSON_OK && span.first == '{') {
		ev.record = ev.fields = json_parse(doc, span.text);
		if (ev.record != NULL) {
			struct sight s;

			sight_begin(&s, c->fields, &ev);
			(void)test_holds(r->test, &s);
			sight_end(&s);
		}
	}
	json_doc_free(doc);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct arena *a = arena_new();
	struct field_list fields = { .arena = a };
	struct compiler c = { .arena = a, .fields = &fields, .id = "" };
	struct str in = input_of(a, p, len), record = STR("{}");
	size_t at = str_find(in, STR("\n---- record\n"), 0);
	struct rule *r;

	if (at != (size_t)-1) {
		record = str_sub(in, at + 13, in.len);
		in = str_sub(in, 0, at + 1);
	}
	if (utf8_ok(in) && in.len < 1 << 20) {
		r = rule_read(&c, "file.yml", str_dup(a, in));
		HOLDS(r != NULL || (c.why != NULL && c.why[0] != '\0'));
		if (r != NULL)
			judge(&c, r, record);
	}
	for (size_t i = 0; i < c.n_regexes; i++)
		regex_free(c.regexes[i]);
	arena_free(a);
	return 0;
}
