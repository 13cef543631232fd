/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Golden tests of all normalisers. In tests/norm/SOURCE/:
 *
 *	CASE.in.json	a body, as ?source=SOURCE sends it ("own": without);
 *			also .in.ndjson and .in.tsv
 *	CASE.out.json	what its records become, in order
 *	CASE.refused.json
 *			[{"at": POINTER, "record": ...}]: each must be refused,
 *			there
 *
 * Every event is then read back from what would be stored (raw, extra and
 * source) and must come out the same.
 *
 * NORM_UPDATE=SOURCE writes its .out.json anew: read the difference before
 * you commit it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "norm.h"

#define FOLDER "tests/norm"
enum { FILE_MAX = 4 << 20 };

static const char *const acts[ACT__MAX] = {
	"other", "process_create", "process_end", "process_access",
	"remote_thread", "image_load", "driver_load", "file_create",
	"file_delete", "file_read", "registry_set", "registry_other",
	"connect", "flow", "dns", "pipe_create", "pipe_use", "logon",
	"logon_failed", "logoff", "ticket", "handle_open", "handle_use",
	"handle_close", "service_create", "task_create", "account_create",
	"account_change", "token_issue", "api_call", "sign_in", "sso",
	"script", "share", "wmi", "log_cleared", "boot", "sensor", "tamper",
};
static const char *const phases[] = { "begin", "new", "use", "end" };
static const struct { unsigned bit; const char *name; } ref_flags[] = {
	{ REF_WEAK, "weak" }, { REF_ASSERTED, "asserted" },
	{ REF_CLIENT, "client" }, { REF_COMMON, "common" },
	{ REF_HUB, "hub" }, { REF_ACTOR, "actor" }, { REF_SAID, "said" },
}, event_flags[] = {
	{ EVENT_ALERT, "alert" }, { EVENT_MINOR, "minor" },
	{ EVENT_TWICE, "twice" }, { EVENT_CONFLICT, "conflict" },
	{ EVENT_INTERACTIVE, "interactive" }, { EVENT_NETWORK, "network" },
	{ EVENT_IMPACT, "impact" },
};

/* ---- an event as text ------------------------------------------------- */

static void
put_text(struct jw *w, const char *name, struct str s)
{
	if (s.len)
		jw_key_s(w, name, s);
}

static void
put_ref(struct jw *w, const struct entref *ref)
{
	buf_put_c(w->b, "\n  ");
	jw_object(w);
	jw_key_c(w, "kind", kind_name(ref->kind));
	jw_key_c(w, "role", role_name(ref->role));
	if (ref->flags) {
		jw_key(w, "flags");
		jw_array(w);
		for (size_t i = 0; i < COUNT(ref_flags); i++)
			if (ref->flags & ref_flags[i].bit)
				jw_c(w, ref_flags[i].name);
		jw_array_end(w);
	}
	jw_key_s(w, "key", ref->key);
	if (!str_eq(ref->key, ref->name))
		jw_key_s(w, "name", ref->name);
	for (size_t i = 0; i < ref->proofs; i++) {
		if (i == 0) {
			jw_key(w, "proof");
			jw_object(w);
		}
		jw_key_str(w, ref->proof[i].field);
		jw_str(w, ref->proof[i].value);
		if (i + 1 == ref->proofs)
			jw_object_end(w);
	}
	jw_object_end(w);
}

static void
put_lists(struct jw *w, const struct event *ev)
{
	char text[TECHNIQUE_TEXT];

	jw_key(w, "flags");
	jw_array(w);
	for (size_t i = 0; i < COUNT(event_flags); i++)
		if (ev->flags & event_flags[i].bit)
			jw_c(w, event_flags[i].name);
	jw_array_end(w);
	jw_key(w, "labels");
	jw_array(w);
	for (size_t i = 0; i < ev->n_labels; i++)
		jw_str(w, ev->labels[i]);
	jw_array_end(w);
	jw_key(w, "techniques");
	jw_array(w);
	for (size_t i = 0; i < ev->n_tags; i++)
		jw_c(w, technique_text(ev->tags[i].technique, text));
	jw_array_end(w);
}

static void
put_event(struct jw *w, const struct event *ev)
{
	jw_object(w);
	put_text(w, "source", ev->source);
	put_text(w, "native_id", ev->native_id);
	jw_key(w, "time");
	jw_time(w, ev->time_ns);
	jw_key_c(w, "clock", ev->clock);
	put_text(w, "type", ev->type);
	put_text(w, "actor", ev->actor);
	put_text(w, "action", ev->action);
	put_text(w, "target", ev->target);
	put_text(w, "host", ev->host);
	put_text(w, "session", ev->session);
	jw_key_c(w, "outcome", outcome_name(ev->outcome));
	jw_key_c(w, "act", acts[ev->act]);
	jw_key_c(w, "phase", phases[ev->phase]);
	jw_key_i(w, "severity", ev->severity);
	if (ev->seq)
		jw_key_i(w, "seq", (int64_t)ev->seq);
	put_lists(w, ev);
	put_text(w, "metadata", ev->metadata);
	put_text(w, "extra", ev->extra);
	jw_key_c(w, "product", ev->product);
	jw_key_c(w, "category", ev->category);
	jw_key_c(w, "service", ev->service);
	jw_key(w, "refs");
	jw_array(w);
	for (size_t i = 0; i < ev->n_refs; i++)
		put_ref(w, &ev->refs[i]);
	jw_array_end(w);
	jw_object_end(w);
}

/* ---- one case --------------------------------------------------------- */

struct run {
	struct arena *a;
	struct json_doc *doc;
	struct buf *out;
	struct str prefix;	/* of the last record */
	bool first, accepted;
	struct refusal why;
};

static struct str
event_text(struct run *t, const struct event *ev)
{
	struct buf b;
	struct jw w;
	struct str text;

	buf_init(&b, FILE_MAX);
	jw_init(&w, &b);
	put_event(&w, ev);
	assert_false(buf_bad(&b));
	text = str_dup(t->a, buf_str(&b));
	buf_release(&b);
	return text;
}

/* As the store would hand it out again. */
static void
read_back(struct run *t, const struct event *ev, struct str text,
    bool may_assert)
{
	struct record again = {
		.text = str_dup(t->a, ev->raw),
		.outer = str_dup(t->a, ev->extra),
		.source = str_dup(t->a, ev->source),
		.twice = ev->flags & EVENT_TWICE,
		.may_assert = may_assert,
	};
	uint8_t id[16];
	struct event ev2;
	struct refusal why;
	struct str text2;

	memcpy(id, ev->id, sizeof(id));
	if (!norm_event(t->a, t->doc, &again, &ev2, &why))
		fail_msg("cannot be read back: %s %s\n%.*s", why.field,
		    why.detail, STR_ARG(text));
	text2 = event_text(t, &ev2);
	if (!str_eq(text, text2))
		fail_msg("read back as another event:\n%.*s\n%.*s",
		    STR_ARG(text), STR_ARG(text2));
	assert_memory_equal(id, ev2.id, sizeof(id));
}

static bool
each(void *ctx, size_t index, struct str prefix, const struct record *rec,
    const struct refusal *why)
{
	struct run *t = ctx;
	struct event ev;
	struct str text;

	(void)index;
	t->prefix = prefix;
	t->accepted = rec && norm_event(t->a, t->doc, rec, &ev, &t->why);
	if (!rec)
		t->why = *why;
	if (!t->out)
		return true;
	buf_put_c(t->out, t->first ? "" : ",\n");
	t->first = false;
	if (!t->accepted) {
		buf_printf(t->out, "{\"refused\":\"%.*s%s\"}",
		    STR_ARG(prefix), t->why.field);
		return true;
	}
	text = event_text(t, &ev);
	buf_put_str(t->out, text);
	read_back(t, &ev, text, rec->may_assert);
	return true;
}

static void
split_one(struct run *t, const char *source, struct str body, bool ndjson)
{
	struct body_shape shape = {
		.ndjson = ndjson,
		.source = str_of(strcmp(source, "own") ? source : ""),
		.record_max = 1 << 20,
	};

	t->first = true;
	assert_int_equal(norm_split(t->a, body, &shape, each, t), JSON_OK);
}

/* Blanks outside of strings off. */
static struct str
squeeze(struct arena *a, struct str s)
{
	char *p = arena_get(a, s.len + 1);
	size_t n = 0;
	bool in = false;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (in && c == '\\' && i + 1 < s.len) {
			p[n++] = c;
			p[n++] = s.p[++i];
			continue;
		}
		if (c == '"')
			in = !in;
		if (in || !strchr(" \t\r\n", c))
			p[n++] = c;
	}
	return (struct str){ p, n };
}

static struct str
file_text(struct arena *a, const char *path)
{
	struct buf b;
	struct str s;

	buf_init(&b, FILE_MAX);
	if (!file_read(path, &b))
		fail_msg("%s cannot be read", path);
	s = str_dup(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static void
golden(struct run *t, const char *source, const char *path, size_t stem)
{
	struct buf out;
	char want[512];
	struct str is, should;

	buf_init(&out, FILE_MAX);
	t->out = &out;
	buf_put_c(&out, "[\n");
	split_one(t, source, file_text(t->a, path), strstr(path, ".in.json") ==
	    NULL);
	buf_put_c(&out, "\n]\n");
	t->out = NULL;
	snprintf(want, sizeof(want), "%.*s.out.json", (int)stem, path);
	is = buf_str(&out);
	if (getenv("NORM_UPDATE") && !strcmp(getenv("NORM_UPDATE"), source))
		assert_true(file_write(want, is.p, is.len, 0644));
	should = squeeze(t->a, file_text(t->a, want));
	is = squeeze(t->a, is);
	if (!str_eq(is, should))
		fail_msg("%s: is\n%.*s\nshould be\n%.*s", path, STR_ARG(is),
		    STR_ARG(should));
	buf_release(&out);
}

static void
refused(struct run *t, const char *source, const char *path)
{
	struct json_walk w = json_into(str_trim(file_text(t->a, path)));
	struct str one, at, record;

	while (json_next_element(&w, &one)) {
		struct str got;

		assert_true(json_member_span(one, "at", &at));
		assert_true(json_member_span(one, "record", &record));
		t->accepted = true;
		split_one(t, source, record, false);
		if (t->accepted)
			fail_msg("%s: accepted: %.*s", path, STR_ARG(record));
		assert_true(t->why.detail[0]);
		got = str_printf(t->a, "\"%.*s%s\"", STR_ARG(t->prefix),
		    t->why.field);
		if (!str_eq(got, at))
			fail_msg("%s: %.*s: refused at %.*s (%s)", path,
			    STR_ARG(record), STR_ARG(got), t->why.detail);
	}
}

static int
run_file(struct run *t, const char *source, const char *name)
{
	char path[512];
	const char *in = strstr(name, ".in.");

	snprintf(path, sizeof(path), FOLDER "/%s/%s", source, name);
	if (in)
		golden(t, source, path, strlen(path) - strlen(in));
	else if (strstr(name, ".refused.json"))
		refused(t, source, path);
	else
		return 0;
	arena_reset(t->a);
	return 1;
}

static int
run_source(struct run *t, const char *source)
{
	char path[512];
	struct dirent **list;
	int n, ran = 0;

	snprintf(path, sizeof(path), FOLDER "/%s", source);
	n = scandir(path, &list, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		ran += run_file(t, source, list[i]->d_name);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return ran;
}

static void
run_named(const char *source)
{
	struct run t = { .a = arena_new(), .doc = json_doc_new() };

	assert_true(run_source(&t, source) > 0);
	json_doc_free(t.doc);
	arena_free(t.a);
}

static void
own_form_as_promised(void **state)
{
	(void)state;
	run_named("own");
}

static void
okta_as_promised(void **state)
{
	(void)state;
	run_named("okta");
}

static void
cloudtrail_as_promised(void **state)
{
	(void)state;
	run_named("cloudtrail");
}

static void
windows_as_promised(void **state)
{
	(void)state;
	run_named("windows");
}

static void
zeek_as_promised(void **state)
{
	(void)state;
	run_named("zeek");
}

static void
ecs_as_promised(void **state)
{
	(void)state;
	run_named("ecs");
}

static void
ocsf_as_promised(void **state)
{
	(void)state;
	run_named("ocsf");
}

static void
suricata_as_promised(void **state)
{
	(void)state;
	run_named("suricata");
}

static void
auto_finds_the_reader(void **state)
{
	(void)state;
	run_named("auto");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_form_as_promised),
		cmocka_unit_test(okta_as_promised),
		cmocka_unit_test(cloudtrail_as_promised),
		cmocka_unit_test(windows_as_promised),
		cmocka_unit_test(zeek_as_promised),
		cmocka_unit_test(ecs_as_promised),
		cmocka_unit_test(ocsf_as_promised),
		cmocka_unit_test(suricata_as_promised),
		cmocka_unit_test(auto_finds_the_reader),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
