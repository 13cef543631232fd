/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Promises of the Windows and Zeek normalisers that golden files cannot say:
 * layouts do not matter, and every proof stands where it says it stands.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "norm.h"

#define FOLDER "tests/norm"

struct run {
	struct arena *a;
	struct json_doc *doc;
	const char *source;
	void (*check)(struct run *t, const struct event *ev);
	struct event first;
	size_t events, proofs;
};

static struct str
text_of(struct arena *a, const char *path)
{
	struct buf b;
	struct str s;

	buf_init(&b, 4 << 20);
	assert_true(file_read(path, &b));
	s = str_dup(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static bool
each(void *ctx, size_t index, struct str prefix, const struct record *rec,
    const struct refusal *why)
{
	struct run *t = ctx;
	struct event ev;
	struct refusal no;

	(void)index;
	(void)prefix;
	(void)why;
	if (rec == NULL || !norm_event(t->a, t->doc, rec, &ev, &no))
		return true;
	t->events++;
	t->check(t, &ev);
	return true;
}

static void
run_body(struct run *t, struct str body, bool ndjson)
{
	struct body_shape shape = {
		.ndjson = ndjson, .source = str_of(t->source),
		.record_max = 1 << 20,
	};

	assert_int_equal(norm_split(t->a, body, &shape, each, t), JSON_OK);
}

static void
begin(struct run *t, const char *source,
    void (*check)(struct run *t, const struct event *ev))
{
	*t = (struct run){ .a = arena_new(), .doc = json_doc_new(),
	    .source = source, .check = check };
}

static void
end(struct run *t)
{
	json_doc_free(t->doc);
	arena_free(t->a);
}

/* ---- layouts ---------------------------------------------------------- */

/* The first event outlives its tree. */
static struct event
keep(struct arena *a, const struct event *ev)
{
	struct event k = *ev;

	k.actor = str_dup(a, ev->actor);
	k.target = str_dup(a, ev->target);
	k.host = str_dup(a, ev->host);
	k.session = str_dup(a, ev->session);
	k.refs = arena_array(a, ev->n_refs, sizeof(*k.refs));
	for (size_t i = 0; i < ev->n_refs; i++) {
		k.refs[i] = ev->refs[i];
		k.refs[i].key = str_dup(a, ev->refs[i].key);
		k.refs[i].name = str_dup(a, ev->refs[i].name);
	}
	return k;
}

static void
same_refs(const struct event *a, const struct event *b)
{
	assert_int_equal(a->n_refs, b->n_refs);
	for (size_t i = 0; i < a->n_refs; i++) {
		assert_int_equal(a->refs[i].kind, b->refs[i].kind);
		assert_int_equal(a->refs[i].role, b->refs[i].role);
		assert_int_equal(a->refs[i].flags, b->refs[i].flags);
		assert_int_equal(a->refs[i].proofs, b->refs[i].proofs);
		assert_true(str_eq(a->refs[i].key, b->refs[i].key));
		assert_true(str_eq(a->refs[i].name, b->refs[i].name));
	}
}

static void
same_as_first(struct run *t, const struct event *ev)
{
	const struct event *f = &t->first;

	if (t->events == 1) {
		t->first = keep(t->a, ev);
		return;
	}
	assert_true(f->time_ns == ev->time_ns);
	assert_string_equal(f->clock, ev->clock);
	assert_true(str_eq(f->actor, ev->actor));
	assert_true(str_eq(f->action, ev->action));
	assert_true(str_eq(f->target, ev->target));
	assert_true(str_eq(f->host, ev->host));
	assert_true(str_eq(f->session, ev->session));
	assert_int_equal(f->act, ev->act);
	assert_int_equal(f->flags, ev->flags);
	assert_true(f->seq == ev->seq);
	assert_string_equal(f->category, ev->category);
	same_refs(f, ev);
}

static void
all_layouts_give_the_same_event(void **state)
{
	struct run t;

	(void)state;
	begin(&t, "windows", same_as_first);
	run_body(&t, text_of(t.a, FOLDER "/windows/layouts.in.json"), false);
	assert_int_equal(t.events, 6);
	end(&t);
}

static void
auto_recognises_every_layout(void **state)
{
	struct run t;

	(void)state;
	begin(&t, "auto", same_as_first);
	run_body(&t, text_of(t.a, FOLDER "/windows/layouts.in.json"), false);
	assert_int_equal(t.events, 6);
	end(&t);
}

/* ---- proofs ----------------------------------------------------------- */

static void
proofs_stand(struct run *t, const struct event *ev)
{
	const struct entref *r;
	struct str there;
	size_t i, j;

	if (json_type(ev->record) != JSON_OBJECT)
		return;		/* TSV: field is a column's name */
	for (i = 0; i < ev->n_refs; i++) {
		r = &ev->refs[i];
		for (j = 0; j < r->proofs; j++) {
			there = json_scalar(t->a, json_pointer(ev->record,
			    r->proof[j].field));
			if (!str_eq(there, r->proof[j].value))
				fail_msg("%.*s is '%.*s', not '%.*s'",
				    STR_ARG(r->proof[j].field),
				    STR_ARG(there),
				    STR_ARG(r->proof[j].value));
			t->proofs++;
		}
	}
}

static void
each_fixture(struct run *t)
{
	char folder[64], path[512];
	struct dirent *e;
	DIR *d;

	snprintf(folder, sizeof(folder), FOLDER "/%s", t->source);
	d = opendir(folder);
	assert_non_null(d);
	for (;;) {
		e = readdir(d);
		if (e == NULL)
			break;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (strstr(e->d_name, ".in."))
			run_body(t, text_of(t->a, path),
			    strstr(e->d_name, ".json") == NULL);
	}
	closedir(d);
}

static void
proofs_point_at_their_values(void **state)
{
	static const char *const sources[] = { "windows", "zeek" };
	struct run t;

	(void)state;
	for (size_t i = 0; i < COUNT(sources); i++) {
		begin(&t, sources[i], proofs_stand);
		each_fixture(&t);
		assert_true(t.events > 10);
		assert_true(t.proofs > t.events);
		end(&t);
	}
}

/* ---- hostile ---------------------------------------------------------- */

static void
nothing(struct run *t, const struct event *ev)
{
	assert_true(ev->n_refs <= EVENT_REFS_MAX);
	assert_true(ev->clock != NULL && ev->type.len && ev->actor.len &&
	    ev->action.len);
	t->proofs++;
}

/* `form` with each ? replaced. */
static void
put_in(char *out, size_t len, const char *form, const char *value)
{
	size_t n = 0, add = strlen(value);

	for (; *form; form++) {
		assert_true(n + add + 2 < len);
		if (*form == '?')
			memcpy(out + n, value, add);
		else
			out[n] = *form;
		n += *form == '?' ? add : 1;
	}
	out[n] = '\0';
}

/* Values of every type in every place: an event or a refusal, no crash. */
static void
odd_values_do_no_harm(void **state)
{
	static const char *const odd[] = {
		"null", "{}", "[]", "[[1]]", "true", "-1", "1e400", "\"\"",
		"\"-\"", "\"{\"", "\"<\"", "\"<a\"", "\"<a>\"",
		"\"<Data Name=\"",
		"\"<Data Name='x'>&#\"", "\"{\\\"a\\\":\"", "\"\\\\\"",
		"\"%systemroot%\\\\\"", "\"\\\"\"", "\"0x\"", "\"=,=,\"",
		"\"SHA256=\"", "\"Name=\"", "{\"#text\":[]}", "\"\\u0001\"",
	};
	static const char *const forms[] = {
		"{\"EventID\":?,\"Channel\":\"Security\",\"Hostname\":\"h\","
		"\"EventTime\":\"2026-03-06 10:00:00\"}",
		"{\"EventID\":13,\"Channel\":?,\"Hostname\":\"h\","
		"\"EventTime\":\"2026-03-06 10:00:00\"}",
		"{\"EventID\":1,\"Channel\":\"Microsoft-Windows-Sysmon/O\","
		"\"Hostname\":?,\"EventTime\":\"2026-03-06 10:00:00\","
		"\"ProcessGuid\":?,\"Hashes\":?,\"LogonId\":?}",
		"{\"EventID\":20,\"Channel\":\"Microsoft-Windows-Sysmon/O\","
		"\"Hostname\":\"h\",\"EventTime\":\"2026-03-06 10:00:00\","
		"\"Name\":?,\"Destination\":?}",
		"{\"EventID\":4698,\"Channel\":\"Security\",\"Hostname\":\"h\","
		"\"EventTime\":\"2026-03-06 10:00:00\",\"TaskContent\":?}",
		"{\"EventID\":3,\"Channel\":\"Security\",\"Computer\":\"h\","
		"\"TimeGenerated\":\"2026-03-06 10:00:00\",\"EventData\":?}",
		"{\"winlog\":?}", "{\"Event\":?}", "{\"System\":?}",
		"{\"Event\":{\"System\":{\"EventID\":1,\"TimeCreated\":{"
		"\"SystemTime\":\"2026-03-06T10:00:00Z\"}},\"UserData\":?}}",
		"{\"Event\":{\"System\":{\"EventID\":1,\"TimeCreated\":{"
		"\"SystemTime\":\"2026-03-06T10:00:00Z\"}},"
		"\"EventData\":{\"Data\":[?]}}}",
		"{\"ts\":?}", "{\"ts\":1,\"_path\":?,\"id\":?}",
		"{\"ts\":1,\"_path\":\"http\",\"host\":?,\"uri\":?,"
		"\"resp_fuids\":?}",
	};
	char text[1024];
	struct run t;
	size_t i, j;

	(void)state;
	begin(&t, "", nothing);
	for (i = 0; i < COUNT(forms); i++)
		for (j = 0; j < COUNT(odd); j++) {
			put_in(text, sizeof(text), forms[i], odd[j]);
			t.source = i < COUNT(forms) - 3 ? "windows" : "zeek";
			run_body(&t, str_of(text), false);
			arena_reset(t.a);
		}
	assert_true(t.events > 100);
	end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_layouts_give_the_same_event),
		cmocka_unit_test(auto_recognises_every_layout),
		cmocka_unit_test(proofs_point_at_their_values),
		cmocka_unit_test(odd_values_do_no_harm),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
