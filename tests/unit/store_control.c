/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants, keys, audit, buckets, files; and several processes at once. */
#include "store_kit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "store/engine.h"
#include "store/schema.h"

static void
the_schema_is_the_file_in_db(void **state)
{
	const char *const texts[] = { schema_head, schema_control, schema_limits,
		schema_graph, schema_graph_2, schema_graph_3, schema_graph_4,
		schema_graph_5, schema_control_2, schema_limits_2, schema_hooks,
		schema_control_3, schema_control_4 };
	struct buf file, ours;

	(void)state;
	buf_init(&file, 1 << 20);
	buf_init(&ours, 1 << 20);
	assert_true(file_read("db/schema.sql", &file));
	for (size_t i = 0; i < COUNT(texts); i++)
		buf_put_c(&ours, texts[i]);
	assert_true(str_eq(buf_str(&file), buf_str(&ours)));
	buf_release(&file);
	buf_release(&ours);
}

static int
mode_of(const char *path)
{
	struct stat s;

	assert_int_equal(stat(path, &s), 0);
	return s.st_mode & 0777;
}

static void
files_are_for_owner_and_group_only(void **state)
{
	struct kit *k = *state;
	const char *graph = kit_path(k);
	struct store *st;

	assert_int_equal(mode_of(graph), 0640);
	assert_int_equal(mode_of(str_c(k->a, str_printf(k->a, "%s-wal",
	    graph))), 0640);
	assert_int_equal(mode_of(str_c(k->a, str_printf(k->a, "%s/control.db",
	    k->data))), 0640);
	assert_int_equal(mode_of(str_c(k->a, str_printf(k->a, "%s/tenants",
	    k->data))), 0750);
	assert_int_equal(store_open("/tmp/no-such-store", false, &st),
	    RC_ABSENT);
	assert_true(store_disk_free(k->st) > 0);
}

static void
tenants_have_one_name_each(void **state)
{
	struct kit *k = *state;
	struct tenant t, *all;
	size_t n;

	assert_int_equal(store_tenant_add(k->st, k->a, STR("acme"),
	    STR("standard"), 1, &t), RC_EXISTS);
	OK(store_tenant_add(k->st, k->a, STR("beta"), STR("enterprise"), 1000,
	    &t));
	assert_true(t.rate == 1000 && str_is(t.plan, "enterprise"));
	assert_int_equal(t.folder.len, 26);
	OK(store_tenant_named(k->st, k->a, STR("acme"), &t));
	assert_int_equal(t.id, k->t.id);
	assert_int_equal(store_tenant_named(k->st, k->a, STR("x"), &t),
	    RC_ABSENT);
	OK(store_tenants(k->st, k->a, &all, &n));
	assert_int_equal(n, 2);
	assert_true(str_is(all[1].name, "beta"));
}

static void
more_tenants_than_open_files_is_fine(void **state)
{
	struct kit *k = *state;
	struct tenant t[20];
	struct graph *g;
	char name[16];
	int i;

	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "t%d", i);
		OK(store_tenant_add(k->st, k->a, str_of(name), STR("standard"),
		    0, &t[i]));
		OK(store_graph(k->st, t[i].id, &g));
		OK(graph_set_number(g, "mine", i + 1));
	}
	for (i = 0; i < 20; i++) {
		OK(store_graph(k->st, t[i].id, &g));
		assert_int_equal(graph_number(g, "mine"), i + 1);
	}
	assert_int_equal(store_graph(k->st, 12345, &g), RC_ABSENT);
}

static void
keys_are_kept_revoked_and_rotated(void **state)
{
	struct kit *k = *state;
	struct key_row row = { .key_id = STR("abcdefgh"), .tenant = k->t.id,
		.name = STR("ci"), .scopes = 5, .created_ns = 10,
		.expires_ns = 1000, .addresses = STR("10.0.0.0/8") }, got;
	struct key_row *all;
	size_t n;

	memset(row.hash, 3, sizeof(row.hash));
	OK(store_key_add(k->st, &row));
	assert_int_equal(store_key_add(k->st, &row), RC_EXISTS);
	OK(store_key_get(k->st, k->a, STR("abcdefgh"), &got));
	assert_memory_equal(got.hash, row.hash, sizeof(row.hash));
	assert_true(got.scopes == 5 && got.rate == 100);
	assert_true(str_is(got.tenant_name, "acme"));
	assert_true(str_is(got.addresses, "10.0.0.0/8"));
	assert_int_equal(got.last_used_ns, 0);
	store_key_used(k->st, row.key_id, 100 * NS_PER_S);
	store_key_used(k->st, row.key_id, 130 * NS_PER_S);
	OK(store_key_rotated(k->st, row.key_id, STR("ijklmnop"), 5000));
	OK(store_key_get(k->st, k->a, row.key_id, &got));
	assert_int_equal(got.expires_ns, 1000);	/* never later than before */
	assert_true(str_is(got.successor, "ijklmnop"));
	assert_int_equal(got.last_used_ns, 100 * NS_PER_S);
	OK(store_key_rotated(k->st, row.key_id, STR("ijklmnop"), 500));
	OK(store_key_revoke(k->st, row.key_id, 70));
	OK(store_key_revoke(k->st, row.key_id, 90));
	OK(store_keys(k->st, k->a, k->t.id, &all, &n));
	assert_int_equal(n, 1);
	assert_int_equal(all[0].expires_ns, 500);
	assert_int_equal(all[0].revoked_ns, 70);
	assert_int_equal(store_key_get(k->st, k->a, STR("zzzzzzzz"), &got),
	    RC_ABSENT);
	assert_int_equal(store_key_revoke(k->st, STR("zzzzzzzz"), 1),
	    RC_ABSENT);
}

/* ---- buckets ----------------------------------------------------------- */

static void
a_bucket_counts_down_and_fills_steadily(void **state)
{
	struct kit *k = *state;
	const int64_t now_ns = 1772807400 * NS_PER_S + 1;
	struct bucket b;
	int i;

	OK(store_bucket(k->st, STR("b"), 100, 0, now_ns, &b));
	assert_true(b.taken && b.remaining == 100 && b.full_in_s == 0);
	for (i = 99; i >= 0; i--) {
		OK(store_bucket(k->st, STR("b"), 100, 1, now_ns, &b));
		assert_true(b.taken);
		assert_int_equal(b.remaining, i);
		assert_int_equal(b.limit, 100);
	}
	assert_int_equal(b.full_in_s, 60);
	assert_int_equal(b.full_at_s, 1772807461);
	OK(store_bucket(k->st, STR("b"), 100, 1, now_ns, &b));
	assert_false(b.taken);
	assert_int_equal(b.remaining, 0);
	assert_int_equal(b.retry_s, 1);
	/* One each 0.6 s, not a nanosecond sooner, however often one asks. */
	for (i = 1; i < 600; i++) {
		OK(store_bucket(k->st, STR("b"), 100, 1,
		    now_ns + i * NS_PER_MS - (i == 599), &b));
		assert_false(b.taken);
	}
	OK(store_bucket(k->st, STR("b"), 100, 1, now_ns + 600 * NS_PER_MS - 1,
	    &b));
	assert_false(b.taken);
	OK(store_bucket(k->st, STR("b"), 100, 1, now_ns + 600 * NS_PER_MS,
	    &b));
	assert_true(b.taken);
	OK(store_bucket(k->st, STR("b"), 100, 0, now_ns + 61 * NS_PER_S, &b));
	assert_int_equal(b.remaining, 100);
	/* A clock set back neither gives nor takes. */
	OK(store_bucket(k->st, STR("b"), 100, 1, now_ns - 9 * NS_PER_S, &b));
	assert_false(b.taken);
}

static void
slow_rates_tell_how_long_to_wait(void **state)
{
	struct kit *k = *state;
	struct bucket b;

	OK(store_bucket(k->st, STR("s"), 1, 1, 5 * NS_PER_S, &b));
	assert_true(b.taken && b.remaining == 0 && b.full_in_s == 60);
	OK(store_bucket(k->st, STR("s"), 1, 1, 25 * NS_PER_S, &b));
	assert_false(b.taken);
	assert_int_equal(b.retry_s, 40);
	OK(store_bucket(k->st, STR("s"), 0, 1, 25 * NS_PER_S, &b));
	assert_true(b.taken);
	/* Rates beyond reason do not overflow. */
	OK(store_bucket(k->st, STR("m"), INT64_MAX, 1, NS_PER_S, &b));
	assert_true(b.taken && b.remaining > 1000000);
	OK(store_bucket(k->st, STR("m"), INT64_MAX, 1, 60 * NS_PER_S, &b));
	assert_true(b.taken && b.remaining > 1000000);
}

static void
a_damaged_limits_file_is_made_anew(void **state)
{
	static const char *const tails[] = { "", "-wal", "-shm" };
	struct kit *k = *state;
	struct store *other;
	struct bucket b;
	struct stat before, after;
	const char *path;
	size_t i;

	OK(store_open(k->data, false, &other));
	OK(store_bucket(k->st, STR("b"), 10, 1, NS_PER_S, &b));
	store_close(k->st);
	store_close(other);
	path = str_c(k->a, str_printf(k->a, "%s/limits.db", k->data));
	for (i = 1; i < COUNT(tails); i++)
		unlink(str_c(k->a, str_printf(k->a, "%s%s", path, tails[i])));
	assert_true(file_write(path, "this is no database, not at all......."
	    "..........................................................", 96,
	    0640));
	assert_int_equal(stat(path, &before), 0);
	OK(store_open(k->data, false, &k->st));
	OK(store_bucket(k->st, STR("b"), 10, 1, NS_PER_S, &b));
	assert_int_equal(b.remaining, 9);
	/* Another store follows when the file is replaced under it. */
	OK(store_open(k->data, false, &other));
	for (i = 0; i < COUNT(tails); i++)
		unlink(str_c(k->a, str_printf(k->a, "%s%s", path, tails[i])));
	OK(store_bucket(k->st, STR("b"), 10, 1, NS_PER_S, &b));
	OK(store_bucket(other, STR("b"), 10, 1, NS_PER_S, &b));
	assert_int_equal(b.remaining, 8);
	assert_int_equal(stat(path, &after), 0);
	store_close(other);
}

/* ---- several processes ------------------------------------------------- */

/* Run f in n processes at once; the sum of what they returned. */
static int
in_processes(struct kit *k, int n, int (*f)(struct kit *k, int no))
{
	int sum = 0, status, i;
	pid_t pid[8];

	store_close(k->st);	/* no connection may cross a fork */
	for (i = 0; i < n; i++) {
		pid[i] = fork();
		if (pid[i] != 0)
			continue;
		if (store_open(k->data, false, &k->st) != RC_OK)
			_exit(255);
		_exit(f(k, i));
	}
	for (i = 0; i < n; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_true(WIFEXITED(status));
		assert_int_not_equal(WEXITSTATUS(status), 255);
		sum += WEXITSTATUS(status);
	}
	OK(store_open(k->data, false, &k->st));
	OK(store_graph(k->st, k->t.id, &k->g));
	return sum;
}

static int
take_fifty(struct kit *k, int no)
{
	struct bucket b;
	int i, taken = 0;

	(void)no;
	for (i = 0; i < 50; i++) {
		if (store_bucket(k->st, STR("t:1"), 100, 1, NS_PER_S, &b) !=
		    RC_OK)
			return 255;
		taken += b.taken;
	}
	return taken;
}

static void
four_processes_get_a_hundred_of_two_hundred(void **state)
{
	assert_int_equal(in_processes(*state, 4, take_fifty), 100);
}

enum { WRITERS = 4, TURNS = 12, EACH = 20 };

/* Half of the ids are everybody's, and all of the entities. */
static enum rc
write_one(struct kit *k, uint32_t no, int *added)
{
	struct event_row row;
	struct ref ref = { 0, KIND_USER, ROLE_USER, 0 };
	struct str raw = str_printf(k->a, "record %u", no);
	char name[16];
	int64_t ev;
	bool is_new;
	enum rc rc;

	snprintf(name, sizeof(name), "u%u", no % 50);
	rc = graph_entity(k->g, KIND_USER, str_of(name), str_of(name),
	    &ref.entity, &is_new);
	if (rc != RC_OK)
		return rc;
	row = kit_row(k, no, no, raw);
	row.refs = &ref;
	row.n_refs = 1;
	if (graph_event_find(k->g, row.id, &ev) == RC_OK)
		return RC_OK;
	++*added;
	return graph_event_add(k->g, &row, raw);
}

static int
write_many(struct kit *k, int no)
{
	int turn, i, added = 0;
	bool foreign;

	if (store_graph(k->st, k->t.id, &k->g) != RC_OK)
		return 255;
	for (turn = 0; turn < TURNS; turn++) {
		int before = added;

		if (graph_begin(k->g, &foreign) != RC_OK)
			return 255;
		for (i = 0; i < EACH; i++) {
			uint32_t id = (uint32_t)(turn * EACH + i);

			if (i % 2 == 0)
				id += 10000u * (uint32_t)(no + 1);
			if (write_one(k, id, &added) != RC_OK)
				return 255;
		}
		if (turn % 5 == 4) {
			graph_rollback(k->g);
			added = before;
		} else if (graph_commit(k->g) != RC_OK) {
			return 255;
		}
	}
	return added;
}

static void
many_writers_make_one_graph(void **state)
{
	/* Two of the twelve turns are rolled back. */
	enum { WANT = (TURNS - 2) * EACH / 2 * (WRITERS + 1) };
	struct kit *k = *state;
	struct buf lines;

	assert_int_equal(in_processes(k, WRITERS, write_many), WANT);
	assert_int_equal(graph_number(k->g, "events"), WANT);
	buf_init(&lines, 1 << 16);
	OK(store_doctor(k->st, &lines));
	assert_int_equal(lines.len, 0);
	buf_release(&lines);
}

/* ---- the doctor -------------------------------------------------------- */

static void
harm(struct kit *k, const char *path, const char *sql)
{
	const struct schema *schema = &schemas[
	    str_ends_fold(str_of(path), "graph.db") ? SCHEMA_GRAPH :
	    SCHEMA_CONTROL];
	struct db *db;

	(void)k;
	OK(db_open(&(struct db_want){ .path = path, .steps = schema->steps,
	    .n_steps = schema->n, .cache_kib = 100 }, &db));
	OK(db_exec(db, sql));
	db_close(db);
}

static void
doctor_finds(struct kit *k, const char *word)
{
	struct buf lines;

	buf_init(&lines, 1 << 16);
	assert_int_equal(store_doctor(k->st, &lines), RC_FAIL);
	assert_true(str_find(buf_str(&lines), str_of(word), 0) != (size_t)-1);
	buf_release(&lines);
}

static void
the_doctor_finds_what_was_changed(void **state)
{
	struct kit *k = *state;
	const char *control = str_c(k->a, str_printf(k->a, "%s/control.db",
	    k->data));
	struct buf lines;
	int added = 0;
	uint32_t i;

	kit_begin(k);
	for (i = 0; i < 30; i++)
		OK(write_one(k, i, &added));
	OK(graph_commit(k->g));
	for (i = 0; i < 3; i++)
		OK(store_audit(k->st, i, STR("ann"), 1, STR("key.add"),
		    STR("detail")));
	buf_init(&lines, 1 << 16);
	OK(store_doctor(k->st, &lines));
	buf_release(&lines);
	harm(k, kit_path(k), "UPDATE event SET start = start + 1 WHERE ev = 3");
	doctor_finds(k, "event 3 is damaged");
	harm(k, kit_path(k), "UPDATE event SET start = start - 1 WHERE ev = 3");
	harm(k, kit_path(k), "DELETE FROM event WHERE ev = 30");
	doctor_finds(k, "29 events, but 30");
	doctor_finds(k, "postings lead to no event");
	harm(k, control, "UPDATE audit SET who = 'bob' WHERE seq = 2");
	doctor_finds(k, "audit line 2");
	harm(k, control, "UPDATE audit SET who = 'ann' WHERE seq = 2;"
	    "DELETE FROM audit WHERE seq = 1");
	doctor_finds(k, "audit line 2");
}

static void
damaged_rows_are_refused_not_believed(void **state)
{
	struct kit *k = *state;
	struct event_row row;
	const struct view *v;
	struct str raw;
	int added = 0;

	kit_begin(k);
	OK(write_one(k, 1, &added));
	OK(graph_commit(k->g));
	harm(k, kit_path(k), "UPDATE event SET refs = x'ffffffff'");
	v = graph_view(k->g);
	assert_null(v->node(v->ctx, 1));
	assert_int_equal(graph_view_trouble(k->g), RC_FAIL);
	assert_int_equal(graph_event_get(k->g, k->a, 1, &row), RC_FAIL);
	harm(k, kit_path(k), "UPDATE event SET size = 99999999");
	assert_int_equal(graph_event_raw(k->g, k->a, 1, &raw), RC_FAIL);
	harm(k, kit_path(k), "UPDATE block SET data = x'0102030405'");
	store_close(k->st);
	OK(store_open(k->data, false, &k->st));
	OK(store_graph(k->st, k->t.id, &k->g));
	assert_int_equal(graph_event_raw(k->g, k->a, 1, &raw), RC_FAIL);
}

/* ---- trouble on the disk ------------------------------------------------ */

static void
a_lock_held_too_long_is_busy_and_changes_nothing(void **state)
{
	struct kit *k = *state;
	struct store *other;
	struct graph *h;
	bool foreign;

	OK(store_open(k->data, false, &other));
	OK(store_graph(other, k->t.id, &h));
	kit_begin(k);
	assert_int_equal(graph_begin(h, &foreign), RC_BUSY);
	OK(graph_set_number(k->g, "n", 1));
	OK(graph_commit(k->g));
	OK(graph_begin(h, &foreign));
	graph_rollback(h);
	store_close(other);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_schema_is_the_file_in_db),
		TEST(files_are_for_owner_and_group_only),
		TEST(tenants_have_one_name_each),
		TEST(more_tenants_than_open_files_is_fine),
		TEST(keys_are_kept_revoked_and_rotated),
		TEST(a_bucket_counts_down_and_fills_steadily),
		TEST(slow_rates_tell_how_long_to_wait),
		TEST(a_damaged_limits_file_is_made_anew),
		TEST(four_processes_get_a_hundred_of_two_hundred),
		TEST(many_writers_make_one_graph),
		TEST(the_doctor_finds_what_was_changed),
		TEST(damaged_rows_are_refused_not_believed),
		TEST(a_lock_held_too_long_is_busy_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
