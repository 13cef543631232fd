/* SPDX-License-Identifier: Apache-2.0 */
#include "export.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/shown.h"

enum { LONG_NAME = 10000 };

/* Everything at once that is markup, quote, control or trick somewhere. */
static struct str
hostile(struct arena *a)
{
	static const char odd[] = "<script>x</script>\"'`&;]]>-->\\\n\r\t\x01"
	    "\x1b\x7f\xc2\x85\xe2\x80\xae" "exe.fdp\xe2\x80\xa8|[a](b){c}$%s";
	char *p = arena_get(a, LONG_NAME + sizeof(odd));

	memcpy(p, odd, sizeof(odd) - 1);
	memset(p + sizeof(odd) - 1, 'n', LONG_NAME);
	return (struct str){ p, LONG_NAME + sizeof(odd) - 1 };
}

static void
put_node(struct jw *w, const char *id, struct str bad)
{
	static const char *const names[] = { "source", "event_type", "actor",
		"action", "target", "host", "role", "raw_sha256" };
	size_t i;

	jw_object(w);
	jw_key_c(w, "event_id", id);
	jw_key_c(w, "timestamp", "2026-03-06T14:30:00.123Z");
	for (i = 0; i < COUNT(names); i++)
		jw_key_s(w, names[i], bad);
	jw_key(w, "techniques");
	jw_array(w);
	jw_c(w, "T1059.001");
	jw_c(w, "T9999");
	jw_array_end(w);
	jw_key_i(w, "count", 3);
	jw_key(w, "entities");
	jw_array(w);
	jw_object(w);
	jw_key_c(w, "kind", "user");
	jw_key_c(w, "key", "ent_x");
	jw_key_s(w, "name", bad);
	jw_key_c(w, "role", "subj");
	jw_object_end(w);
	jw_array_end(w);
	jw_object_end(w);
}

static void
put_edge(struct jw *w, struct str bad)
{
	static const char *const names[] = { "heuristic", "rule", "grade",
		"because" };
	size_t i;

	jw_object(w);
	jw_key_c(w, "from", "evt_a");
	jw_key_c(w, "to", "evt_b");
	for (i = 0; i < COUNT(names); i++)
		jw_key_s(w, names[i], bad);
	jw_key_n(w, "confidence", 0.99);
	jw_key(w, "evidence");
	jw_array(w);
	jw_object(w);
	jw_key_c(w, "event_id", "evt_a");
	jw_key_s(w, "field", bad);
	jw_key_s(w, "value", bad);
	jw_object_end(w);
	jw_array_end(w);
	jw_object_end(w);
}

/* A chain of two events; leave out the member `without` (NULL: none). */
static void
put_chain(struct buf *b, struct str bad, const char *without)
{
	static const char *const texts[] = { "title", "confidence", "status",
		"assignee", "ticket", "disposition", "ruleset" };
	struct jw w;
	size_t i;

	jw_init(&w, b);
	jw_object(&w);
	if (without == NULL || strcmp(without, "chain_id") != 0)
		jw_key_c(&w, "chain_id", "ch-a");
	jw_key_i(&w, "version", 2);
	jw_key_n(&w, "score", 81.4);
	if (without == NULL || strcmp(without, "first_seen") != 0)
		jw_key_c(&w, "first_seen", "2026-03-06T14:30:00.000Z");
	jw_key_c(&w, "last_seen", "2026-03-06T14:31:00.000Z");
	for (i = 0; i < COUNT(texts); i++)
		jw_key_s(&w, texts[i], bad);
	if (without == NULL || strcmp(without, "nodes") != 0) {
		jw_key(&w, "nodes");
		jw_array(&w);
		put_node(&w, "evt_a", bad);
		if (without == NULL || strcmp(without, "evt_b") != 0)
			put_node(&w, "evt_b", bad);
		jw_array_end(&w);
	}
	jw_key(&w, "edges");
	jw_array(&w);
	put_edge(&w, bad);
	jw_array_end(&w);
	jw_key(&w, "mitre_techniques");
	jw_array(&w);
	jw_c(&w, "T1059.001");
	jw_array_end(&w);
	jw_key_c(&w, "root_cause", "evt_a");
	jw_object_end(&w);
}

static enum rc
write_it(const struct export_format *f, struct arena *a, struct str bad,
    const char *without, struct buf *out)
{
	struct json_doc *doc = json_doc_new();
	struct export_input in = { .born_ns = NS_PER_S, .at_ns = 2 * NS_PER_S };
	struct buf text;
	enum rc rc;

	buf_init(&text, 64 << 20);
	put_chain(&text, bad, without);
	in.chain = json_parse(doc, buf_str(&text));
	assert_non_null(in.chain);
	rc = export_chain(f, a, &in, out);
	buf_release(&text);
	json_doc_free(doc);
	return rc;
}

static bool
is_json(const struct export_format *f)
{
	return str_find(str_of(f->media_type), STR("json"), 0) != (size_t)-1;
}

static void
check_json(struct str text)
{
	struct json_span v;

	assert_int_equal(json_scan(&text, &v), JSON_OK);
	assert_false(v.twice);
	assert_int_equal(str_trim(text).len, 0);
}

/* For people: nothing in it is unseen but its own line ends and tabs. */
static void
check_text(struct str text)
{
	char word[SHOWN_STEP];
	size_t step;

	assert_true(utf8_ok(text));
	while (text.len > 0) {
		step = shown_step(text.p, text.len, word);
		assert_true(word[0] == '\0' || text.p[0] == '\n' ||
		    text.p[0] == '\t');
		text = str_sub(text, step, text.len);
	}
}

/* Graphviz: every name stays between its quotes. Elsewhere < is no more. */
static void
check_markup(const struct export_format *f, struct str text)
{
	bool quoted = false;
	size_t i;

	if (strcmp(f->name, "dot") != 0) {
		assert_int_equal(str_find(text, STR("<script"), 0),
		    (size_t)-1);
		return;
	}
	for (i = 0; i < text.len; i++) {
		if (quoted && text.p[i] == '\\')
			i++;
		else if (text.p[i] == '"')
			quoted = !quoted;
		else if (!quoted)
			assert_null(strchr("<>'", text.p[i]) != NULL &&
			    text.p[i - 1] != '-' ? "outside" : NULL);
	}
	assert_false(quoted);
}

static void
hostile_names_of_ten_kilobytes_break_no_format(void **state)
{
	struct arena *a = arena_new();
	const struct export_format *f;
	struct buf out;
	size_t i, n;

	(void)state;
	f = export_formats(&n);
	for (i = 0; i < n; i++) {
		buf_init(&out, 64 << 20);
		assert_int_equal(write_it(&f[i], a, hostile(a), NULL, &out),
		    RC_OK);
		if (is_json(&f[i]))
			check_json(buf_str(&out));
		if (!is_json(&f[i])) {
			check_text(buf_str(&out));
			check_markup(&f[i], buf_str(&out));
		}
		buf_release(&out);
	}
	arena_free(a);
}

static void
empty_names_break_no_format(void **state)
{
	struct arena *a = arena_new();
	const struct export_format *f;
	struct buf out;
	size_t i, n;

	(void)state;
	f = export_formats(&n);
	for (i = 0; i < n; i++) {
		buf_init(&out, 64 << 20);
		assert_int_equal(write_it(&f[i], a, STR(""), NULL, &out),
		    RC_OK);
		assert_true(out.len > 0);
		if (is_json(&f[i]))
			check_json(buf_str(&out));
		buf_release(&out);
	}
	arena_free(a);
}

static void
what_is_no_chain_is_refused_and_writes_nothing(void **state)
{
	static const char *const without[] = { "chain_id", "first_seen",
		"nodes", "evt_b" };
	struct arena *a = arena_new();
	const struct export_format *f;
	struct buf out;
	size_t i, n;

	(void)state;
	f = export_formats(&n);
	buf_init(&out, 1 << 20);
	for (i = 0; i < COUNT(without); i++) {
		assert_int_equal(write_it(&f[i % n], a, STR("x"), without[i],
		    &out), RC_INVALID);
		assert_int_equal(out.len, 0);
	}
	buf_release(&out);
	arena_free(a);
}

static void
what_does_not_fit_is_said_to_be_too_big(void **state)
{
	struct arena *a = arena_new();
	const struct export_format *f;
	struct buf out;
	size_t i, n;

	(void)state;
	f = export_formats(&n);
	for (i = 0; i < n; i++) {
		buf_init(&out, 100);
		assert_int_equal(write_it(&f[i], a, STR("x"), NULL, &out),
		    RC_TOO_BIG);
		buf_release(&out);
	}
	arena_free(a);
}

static void
names_lead_to_formats_and_json_is_none_of_them(void **state)
{
	const struct export_format *f;
	size_t i, n;

	(void)state;
	f = export_formats(&n);
	for (i = 0; i < n; i++) {
		assert_ptr_equal(export_format(str_of(f[i].name)), &f[i]);
		assert_true(str_find(str_of(export_names()),
		    str_of(f[i].name), 0) != (size_t)-1);
	}
	assert_null(export_format(STR("json")));
	assert_null(export_format(STR("")));
}

/* RFC 9562, A.4: the DNS name space and www.example.com. */
static void
a_named_uuid_is_the_one_of_the_standard(void **state)
{
	static const uint8_t dns[UUID_LEN] = { 0x6b, 0xa7, 0xb8, 0x10, 0x9d,
		0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30,
		0xc8 };
	char out[UUID_TEXT];

	(void)state;
	uuid_named(dns, STR("www.example.com"), out);
	assert_string_equal(out, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

static void
what_cannot_be_seen_is_said_by_its_number(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_true(str_is(shown(a, STR("a\xe2\x80\xae" "b\n\xff\x7f"), 0),
	    "a<U+202E>b\xe2\x90\x8a\xef\xbf\xbd\xe2\x90\xa1"));
	assert_true(str_is(shown(a, STR("\xc3\xa4 \xf0\x9f\xa6\x8a"), 0),
	    "\xc3\xa4 \xf0\x9f\xa6\x8a"));
	assert_true(str_is(shown(a, STR("abcdef"), 3), "abc\xe2\x80\xa6"));
	assert_true(str_is(shown(a, STR("abc"), 3), "abc"));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    hostile_names_of_ten_kilobytes_break_no_format),
		cmocka_unit_test(empty_names_break_no_format),
		cmocka_unit_test(
		    what_is_no_chain_is_refused_and_writes_nothing),
		cmocka_unit_test(what_does_not_fit_is_said_to_be_too_big),
		cmocka_unit_test(
		    names_lead_to_formats_and_json_is_none_of_them),
		cmocka_unit_test(a_named_uuid_is_the_one_of_the_standard),
		cmocka_unit_test(what_cannot_be_seen_is_said_by_its_number),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
