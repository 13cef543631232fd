/* SPDX-License-Identifier: Apache-2.0 */
/* A tenant's choice over the server's rules: what is asked, what is refused,
 * what a ruleset is, and many threads that take while it changes. */
#include "store_kit.h"

#include <pthread.h>

#include "base/file.h"
#include "packs.h"

#define RULE(id, what) "title: T\nid: " id "\nlevel: high\n" \
	"logsource: {product: p}\n" \
	"detection:\n  a: {What: " what "}\n  condition: a\n"

struct desk {
	struct kit *kit;
	char folder[64];
	struct packs *packs;
	struct json_doc *doc;
};

static void
rule_file(struct desk *d, const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", d->folder, name);
	assert_true(file_write(path, text, strlen(text), 0600));
}

static int
setup(void **state)
{
	struct desk *d = calloc(1, sizeof(*d));
	char deep[96];

	kit_setup((void **)&d->kit);
	snprintf(d->folder, sizeof(d->folder), "/tmp/tra-packs-XXXXXX");
	assert_non_null(mkdtemp(d->folder));
	snprintf(deep, sizeof(deep), "%s/deep", d->folder);
	assert_true(file_folder(deep, 0700));
	rule_file(d, "one.yml", RULE("one", "x"));
	rule_file(d, "two.yml", RULE("two", "x"));
	rule_file(d, "deep/three.yml", RULE("three", "x"));
	OK(packs_open(d->folder, &d->packs));
	d->doc = json_doc_new();
	*state = d;
	return 0;
}

static int
teardown(void **state)
{
	struct desk *d = *state;

	packs_close(d->packs);
	json_doc_free(d->doc);
	kit_remove(d->folder);
	kit_teardown((void **)&d->kit);
	free(d);
	return 0;
}

/* Ids of the rules that meet {"What":"x"} now, parted by blanks. */
static const char *
met(struct desk *d)
{
	struct event ev = { .product = "p", .category = "c", .service = "s" };
	const struct tagger *t;
	struct str out = STR("");
	size_t i;

	ev.record = ev.fields = json_parse(d->doc, STR("{\"What\":\"x\"}"));
	OK(packs_take(d->packs, d->kit->st, d->kit->t.id, &t));
	tag_event(t, &ev);
	for (i = 0; i < ev.n_tags; i++)
		out = str_printf(d->kit->a, "%.*s%s%s", STR_ARG(out),
		    i > 0 ? " " : "", ev.tags[i].rule);
	packs_give(d->packs, t);
	return str_c(d->kit->a, out);
}

static void
ruleset_now(struct desk *d, char text[RULESET_TEXT])
{
	const struct tagger *t;

	OK(packs_take(d->packs, d->kit->st, d->kit->t.id, &t));
	ruleset_text(t, text);
	packs_give(d->packs, t);
}

static void
rule_is(struct desk *d, const char *id, bool pack, bool off)
{
	OK(control_rule_set(d->kit->st, d->kit->t.id, &(struct rule_off){ pack,
	    str_of(id) }, off, STR("w"), 1));
}

static struct pack_wish
wish(struct desk *d, const char *name, struct pack_file *f)
{
	return (struct pack_wish){ .tenant = d->kit->t.id, .now_ns = 1,
		.who = STR("w"), .name = str_of(name), .files = f, .n = 1 };
}

static void
own(struct desk *d, const char *name, const char *file, const char *text)
{
	struct pack_file f = { str_of(file), str_of(text) };
	struct pack_wish w = wish(d, name, &f);
	struct pack_fault *faults;
	size_t n;

	OK(control_begin(d->kit->st));
	OK(pack_add(d->packs, d->kit->st, d->kit->a, &w, &faults, &n));
	OK(control_commit(d->kit->st));
}

static void
what_is_off_is_not_asked_and_own_rules_come_last(void **state)
{
	struct desk *d = *state;

	assert_string_equal(met(d), "one three two");
	rule_is(d, "three", false, true);
	assert_string_equal(met(d), "one two");
	own(d, "mine", "a.yml", RULE("aaa", "x"));
	assert_string_equal(met(d), "one two aaa");
	rule_is(d, "server", true, true);	/* those at the top */
	assert_string_equal(met(d), "aaa");
	rule_is(d, "three", false, false);
	assert_string_equal(met(d), "three aaa");
	rule_is(d, "server.deep", true, true);
	rule_is(d, "server", true, false);
	assert_string_equal(met(d), "one two aaa");
}

static void
the_ruleset_is_that_of_what_is_asked(void **state)
{
	char before[RULESET_TEXT], now[RULESET_TEXT], look[RULESET_TEXT];
	struct desk *d = *state;
	struct packs_look l;

	ruleset_now(d, before);
	rule_is(d, "one", false, true);
	ruleset_now(d, now);
	assert_string_not_equal(before, now);
	OK(packs_look(d->packs, d->kit->st, d->kit->a, d->kit->t.id, &l));
	memcpy(look, l.ruleset, sizeof(look));
	packs_look_end(&l);
	assert_string_equal(look, now);
	rule_is(d, "one", false, false);
	ruleset_now(d, now);
	assert_string_equal(before, now);
	own(d, "mine", "a.yml", RULE("aaa", "x"));
	ruleset_now(d, now);
	assert_string_not_equal(before, now);
	rule_is(d, "aaa", false, true);
	ruleset_now(d, now);
	assert_string_equal(before, now);
}

static void
an_id_is_one_rules_alone_whatever_is_off(void **state)
{
	struct desk *d = *state;
	struct pack_file f = { STR("a.yml"), STR(RULE("one", "y")) };
	struct pack_wish w = wish(d, "mine", &f);
	struct pack_fault *faults;
	struct packs_look l;
	size_t n;

	rule_is(d, "one", false, true);
	OK(control_begin(d->kit->st));
	assert_int_equal(pack_add(d->packs, d->kit->st, d->kit->a, &w,
	    &faults, &n), RC_INVALID);
	control_rollback(d->kit->st);
	assert_int_equal(n, 1);
	assert_int_equal(faults[0].file, 0);
	own(d, "first", "a.yml", RULE("same", "x"));
	own(d, "second", "a.yml", RULE("same", "x"));
	rule_is(d, "same", false, true);
	OK(packs_look(d->packs, d->kit->st, d->kit->a, d->kit->t.id, &l));
	assert_int_equal(packs_find(&l, STR("first"))->rules, 1);
	assert_int_equal(packs_find(&l, STR("second"))->rules, 0);
	assert_int_equal(packs_find(&l, STR("second"))->refused, 1);
	assert_null(packs_find(&l, STR("third")));
	packs_look_end(&l);
}

static void
names_lead_nowhere(void **state)
{
	static const char *const bad[] = { "", "server", "server.x", "servers",
		".", "..", "a/b", "a b", "a\n", "\xc3\xa4" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		assert_false(pack_name_ok(str_of(bad[i])));
	assert_true(pack_name_ok(STR("Cranes_2.x-y")));
}

struct taker { struct desk *d; bool bad; };

static void *
take_often(void *arg)
{
	struct taker *k = arg;
	struct event ev = { .product = "p" };
	struct json_doc *doc = json_doc_new();
	const struct tagger *t;
	struct store *st;
	int i;

	k->bad = store_open(k->d->kit->data, false, &st) != RC_OK;
	for (i = 0; i < 300 && !k->bad; i++) {
		ev.record = ev.fields = json_parse(doc,
		    STR("{\"What\":\"x\"}"));
		ev.n_tags = 0;
		k->bad = packs_take(k->d->packs, st, k->d->kit->t.id, &t)
		    != RC_OK;
		if (k->bad)
			break;
		tag_event(t, &ev);
		k->bad = ev.n_tags < 2 || ev.n_tags > 3;
		packs_give(k->d->packs, t);
	}
	store_close(st);
	json_doc_free(doc);
	return NULL;
}

static void
many_take_while_it_changes(void **state)
{
	struct desk *d = *state;
	struct taker k[4];
	pthread_t thread[4];
	size_t i;

	for (i = 0; i < COUNT(k); i++) {
		k[i] = (struct taker){ d, false };
		assert_int_equal(pthread_create(&thread[i], NULL, take_often,
		    &k[i]), 0);
	}
	for (i = 0; i < 40; i++)
		rule_is(d, "two", false, i % 2 == 0);
	for (i = 0; i < COUNT(k); i++) {
		pthread_join(thread[i], NULL);
		assert_false(k[i].bad);
	}
	assert_string_equal(met(d), "one three two");
}

int
main(void)
{
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		EACH(what_is_off_is_not_asked_and_own_rules_come_last),
		EACH(the_ruleset_is_that_of_what_is_asked),
		EACH(an_id_is_one_rules_alone_whatever_is_off),
		EACH(names_lead_nowhere),
		EACH(many_take_while_it_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
