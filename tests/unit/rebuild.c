/* SPDX-License-Identifier: Apache-2.0 */
/* What a rebuild promises of the file itself: numbers of entities may change,
 * what cannot be read ends it, one at a time, and nobody writes into the old
 * file. The rest is kept on a running server, tests/e2e/rebuild.py. */
#include "store_kit.h"

#include "ingest.h"

#define STORED_NS INT64_C(1800000000000000000)	/* when records came */

static const char story[] =
	"{\"id\":\"a\",\"source\":\"windows\",\"raw\":{\"EventID\":1,"
	"\"Channel\":\"Microsoft-Windows-Sysmon/Operational\","
	"\"Hostname\":\"desk.yard.example\","
	"\"UtcTime\":\"2026-03-11 10:00:00.000\","
	"\"ProcessGuid\":\"{11111111-0000-0000-0000-000000000001}\","
	"\"Image\":\"C:\\\\Windows\\\\System32\\\\cmd.exe\","
	"\"CommandLine\":\"cmd\",\"User\":\"YARD\\\\ann\","
	"\"ParentProcessGuid\":\"{11111111-0000-0000-0000-00000000000f}\"}}\n"
	"{\"id\":\"b\",\"source\":\"windows\",\"labels\":[\"alert\"],"
	"\"mitre_techniques\":[\"T1105\"],\"raw\":{\"EventID\":1,"
	"\"Channel\":\"Microsoft-Windows-Sysmon/Operational\","
	"\"Hostname\":\"desk.yard.example\","
	"\"UtcTime\":\"2026-03-11 10:00:01.000\","
	"\"ProcessGuid\":\"{11111111-0000-0000-0000-000000000002}\","
	"\"Image\":\"C:\\\\Users\\\\Public\\\\x.exe\","
	"\"CommandLine\":\"x\",\"User\":\"YARD\\\\ann\","
	"\"ParentProcessGuid\":\"{11111111-0000-0000-0000-000000000001}\"}}\n";

static void
take(struct kit *k, struct store *st, const char *text)
{
	struct body_shape shape = { .ndjson = true, .record_max = 1 << 20 };
	struct ingest_batch b = { 0 }, *list = &b;
	struct json_doc *doc = json_doc_new();
	struct ingest *in = ingest_new(st);

	assert_int_equal(ingest_read(k->a, doc, NULL, str_of(text), &shape,
	    &b), JSON_OK);
	OK(ingest_commit(in, k->t.id, &list, 1, STORED_NS));
	assert_int_equal(b.rejected, 0);
	assert_true(b.accepted > 0);
	ingest_free(in);
	json_doc_free(doc);
}

static bool
first_id(void *ctx, const struct chain_row *row)
{
	memcpy(ctx, row->id, 16);
	return false;
}

/* Key of the entity that the chain's first edge goes by. */
static struct str
via_key(struct kit *k, int64_t version, int64_t *number)
{
	struct chain c = { 0 };
	struct chain_row row;
	struct entity e;
	uint8_t id[16];

	OK(graph_chains(k->g, k->a, NULL, NULL, first_id, id));
	OK(graph_chain_version(k->g, k->a, id, version, &row));
	assert_true(chain_unpack(k->a, row.body, &c));
	assert_true(c.n_edges > 0);
	*number = c.edges[0].via;
	OK(graph_entity_get(k->g, k->a, c.edges[0].via, &e));
	return e.key;
}

static void
an_entity_with_another_number_is_the_same_in_every_chain(void **state)
{
	struct kit *k = *state;
	struct rebuilt r;
	int64_t was, is;
	struct str key;

	kit_begin(k);		/* numbers that no record will ask for again */
	kit_entity(k, KIND_FILE, "nobody|one");
	kit_entity(k, KIND_FILE, "nobody|two");
	OK(graph_commit(k->g));
	take(k, k->st, story);
	key = via_key(k, 1, &was);
	OK(ingest_rebuild(k->st, k->t.id, NULL, NULL, NULL, &r));
	assert_int_equal(r.events, 2);
	assert_int_equal(r.chains, 1);
	assert_int_equal(r.changed, 0);
	OK(store_graph(k->st, k->t.id, &k->g));
	assert_true(str_eq(via_key(k, 1, &is), key));
	assert_int_not_equal(was, is);
	assert_true(str_is(graph_text(k->g, k->a, "ruleset"), r.ruleset));
}

static void
what_cannot_be_read_any_more_ends_it_and_changes_nothing(void **state)
{
	struct kit *k = *state;
	struct event_row row;
	struct rebuilt r;
	struct tenant t;

	take(k, k->st, story);
	kit_begin(k);
	row = kit_row(k, 77, 5, STR("no record at all"));
	OK(graph_event_add(k->g, &row, STR("no record at all")));
	OK(graph_commit(k->g));
	assert_int_equal(ingest_rebuild(k->st, k->t.id, NULL, NULL, NULL, &r),
	    RC_FAIL);
	assert_non_null(strstr(r.why, "evt_"));
	OK(store_tenant_get(k->st, k->a, k->t.id, &t));
	assert_true(str_eq(t.folder, k->t.folder));
	OK(store_graph(k->st, k->t.id, &k->g));
	assert_int_equal(graph_number(k->g, "events"), 3);
	/* Nothing is left of the attempt, and the next may begin. */
	OK(store_graph_anew(k->st, k->t.id, &k->g));
	store_graph_discard(k->st, k->g);
}

static void
one_at_a_time(void **state)
{
	struct kit *k = *state;
	struct graph *one, *two;
	struct store *st;

	OK(store_open(k->data, false, &st));
	OK(store_graph_anew(k->st, k->t.id, &one));
	assert_int_equal(store_graph_anew(st, k->t.id, &two), RC_BUSY);
	store_graph_discard(k->st, one);
	OK(store_graph_anew(st, k->t.id, &two));
	store_graph_discard(st, two);
	store_close(st);
}

/* A handle from before, used after: it finds the new file by itself. */
static void
who_had_the_old_file_open_writes_into_the_new_one(void **state)
{
	struct kit *k = *state;
	int64_t oldest, newest, later;
	struct graph *theirs;
	struct rebuilt r;
	struct store *st;
	bool foreign;

	take(k, k->st, story);
	OK(store_open(k->data, false, &st));
	OK(store_graph(st, k->t.id, &theirs));
	OK(graph_change_range(theirs, &oldest, &newest));
	OK(ingest_rebuild(k->st, k->t.id, NULL, NULL, NULL, &r));
	OK(graph_begin(theirs, &foreign));
	assert_true(foreign);
	OK(graph_change_add(theirs, "chain.updated", NULL, STR("{}"), 1));
	OK(graph_commit(theirs));
	store_close(st);
	OK(store_graph(k->st, k->t.id, &k->g));
	OK(graph_change_range(k->g, &oldest, &later));
	assert_int_equal(later, newest + 1);
}

static void
records_read_with_other_rules_are_remembered(void **state)
{
	struct kit *k = *state;
	struct ingest *in = ingest_new(k->st);
	struct json_doc *doc = json_doc_new();
	struct body_shape shape = { .ndjson = true, .record_max = 1 << 20 };
	struct ingest_batch b = { 0 }, *list = &b;
	struct rebuilt r;
	bool due;

	take(k, k->st, story);
	OK(ingest_rebuild_due(k->g, NULL, &due));
	assert_false(due);
	assert_int_equal(ingest_read(k->a, doc, NULL, str_of(story), &shape,
	    &b), JSON_OK);
	b.ruleset[0] = b.ruleset[0] == 'f' ? '0' : 'f';
	OK(ingest_commit(in, k->t.id, &list, 1, STORED_NS));
	OK(ingest_rebuild_due(k->g, NULL, &due));
	assert_true(due);
	OK(ingest_rebuild(k->st, k->t.id, NULL, NULL, NULL, &r));
	OK(store_graph(k->st, k->t.id, &k->g));
	OK(ingest_rebuild_due(k->g, NULL, &due));
	assert_false(due);
	ingest_free(in);
	json_doc_free(doc);
}

/* ---- retention ----------------------------------------------------------- */

struct late {
	struct kit *k;
	struct store *st;
	const char *text;
};

/* Somebody else sends this as soon as the first events have been looked at. */
static void
send_late(void *ctx, size_t done, size_t all)
{
	struct late *l = ctx;

	(void)done;
	(void)all;
	if (l->text != NULL)
		take(l->k, l->st, l->text);
	l->text = NULL;
}

static void
what_becomes_evidence_while_it_runs_comes_along(void **state)
{
	static const char quiet[] = "{\"id\":\"q\",\"event_type\":\"x\","
	    "\"source\":\"s\",\"timestamp\":\"2026-03-11T09:00:00Z\","
	    "\"actor\":\"ann\",\"action\":\"read\"}\n";
	struct kit *k = *state;
	struct late l = { .k = k, .text = strchr(story, '\n') + 1 };
	struct rebuilt r;
	int64_t ev;
	uint8_t id[16];
	struct chain c = { 0 };
	struct chain_row row;

	take(k, k->st, str_c(k->a, (struct str){ story,
	    (size_t)(l.text - story) }));	/* the first line, a */
	take(k, k->st, quiet);
	take(k, k->st, "{\"id\":\"z\",\"event_type\":\"x\",\"source\":\"s\","
	    "\"timestamp\":\"2026-03-11T09:00:01Z\",\"actor\":\"bea\","
	    "\"action\":\"read\"}\n");	/* the newest always stays */
	OK(store_open(k->data, false, &l.st));
	OK(ingest_prune(k->st, k->t.id, NULL, STORED_NS + 1, send_late, &l,
	    &r));
	assert_null(l.text);
	assert_int_equal(r.dropped, 1);		/* the quiet one alone */
	assert_int_equal(r.events, 3);
	OK(store_graph(k->st, k->t.id, &k->g));
	assert_int_equal(graph_number(k->g, "events"), 3);
	OK(graph_chains(k->g, k->a, NULL, NULL, first_id, id));
	OK(graph_chain_get(k->g, k->a, id, &row));
	assert_true(chain_unpack(k->a, row.body, &c));
	assert_int_equal(c.n_members, 2);
	OK(graph_event_next(k->g, 0, &ev));
	assert_int_equal(ev, 1);		/* under its old number */
	store_close(l.st);
	/* Nothing is old now but what is needed. */
	OK(ingest_prune(k->st, k->t.id, NULL, STORED_NS, NULL, NULL, &r));
	assert_int_equal(r.dropped, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_entity_with_another_number_is_the_same_in_every_chain),
		TEST(what_cannot_be_read_any_more_ends_it_and_changes_nothing),
		TEST(one_at_a_time),
		TEST(who_had_the_old_file_open_writes_into_the_new_one),
		TEST(records_read_with_other_rules_are_remembered),
		TEST(what_becomes_evidence_while_it_runs_comes_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
