/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scanner against json-c: what the scanner passes json-c reads, with as
 * many members in as many places, and what is written from it is JSON again.
 */
#include "fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hash_init();
	return 0;
}

static void
count(void *ctx, struct str name, const struct json *v)
{
	size_t *n = ctx;

	(void)v;
	HOLDS(utf8_ok(name));
	(*n)++;
}

/* The same tree both ways: spans by the walk, values by json-c. */
static void
compare(struct arena *a, struct str text, const struct json *v)
{
	struct json_walk w = json_into(text);
	struct str name, value;
	size_t n = 0, want = 0;
	bool plain;

	if (text.p[0] == '[') {
		HOLDS(json_type(v) == JSON_ARRAY);
		while (json_next_element(&w, &value)) {
			HOLDS(value.p >= text.p &&
			    value.p + value.len <= text.p + text.len);
			compare(a, value, json_item(v, n++));
		}
		HOLDS(n == json_len(v));
	} else if (text.p[0] == '{') {
		HOLDS(json_type(v) == JSON_OBJECT);
		json_each(v, count, &want);
		while (json_next_member(&w, &name, &plain, &value)) {
			n++;
			if (plain && memchr(name.p, '\0', name.len) == NULL)
				compare(a, value, json_get(v,
				    str_c(a, name)));
		}
		HOLDS(n == want);
	} else if (text.p[0] == '"') {
		HOLDS(json_type(v) == JSON_STRING && utf8_ok(json_str(v)));
	} else {
		(void)json_int(v);
		(void)json_double(v);
		(void)json_scalar(a, v);
	}
}

static void
write_again(struct str s)
{
	struct buf b;
	struct jw w;

	buf_init(&b, 64 << 20);
	jw_init(&w, &b);
	jw_array(&w);
	jw_str(&w, s);
	jw_array_end(&w);
	/* a NUL is written as JSON writes it, and not read: no record has one */
	HOLDS(memchr(s.p, '\0', s.len) != NULL || is_json(buf_str(&b)));
	HOLDS(utf8_ok(buf_str(&b)));
	buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct arena *a = arena_new();
	struct json_doc *doc = json_doc_new();
	struct str in = input_of(a, p, len), rest = in;
	struct json_span span;
	const struct json *v;

	write_again(in);
	if (json_scan(&rest, &span) == JSON_OK) {
		HOLDS(span.text.p >= in.p &&
		    span.text.p + span.text.len == rest.p);
		HOLDS(utf8_ok(span.text));
		v = json_parse(doc, span.text);
		HOLDS(v != NULL || str_is(span.text, "null"));
		if (!span.twice)
			compare(a, span.text, v);
		(void)json_pointer(v, STR("/a/0/b~1c~0d"));
	}
	json_doc_free(doc);
	arena_free(a);
	return 0;
}
