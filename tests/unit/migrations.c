/* SPDX-License-Identifier: Apache-2.0 */
/* Files of every version that there ever was, taken to the newest: what is in
 * them stays, and they are then made as a new file is. Stores that old programs
 * made are tests/e2e/old_stores.py's. */
#include "store_kit.h"

#include "store/engine.h"
#include "store/schema.h"

enum { KIB = 1000, MADE_MOST = 8 };

/* SHA-256 of each step as it was shipped. A line is added with a step; one that
 * is there stays as it is, since stores out there have taken that step. */
static const char *const shipped[SCHEMA__MAX][MADE_MOST] = {
	[SCHEMA_CONTROL] = {
		"d448c9236013d836eab19158590dc70d"
		"bf72c5ef43e9f699759cbce4db6c99d5",
		"27cb7b84e88bad4559b5c6406f855e73"
		"46aa87422a2c1281f9342f95094e1df2",
		"ecb8354a1a9ffcceadd4ab021b191acb"
		"d2309951d5ece779c2becd99095da3d2",
		"0329618bc09781211733f4a0d2d3b004"
		"bfc905ae34b010f42cb930f9f379692b",
	},
	[SCHEMA_LIMITS] = {
		"10667764f2b0c433cea72a134de7221b"
		"5f10df9ddac0bd17c1c5f164dcdcdf43",
		"663d63719beb95ecb5f6a7425b86eeca"
		"61e7b60312a340f669667a5583ac6ae1",
	},
	[SCHEMA_GRAPH] = {
		"f7a096b9eda8fddcb411853801f045d5"
		"c9b2a93b63bfc7436e4fe8c409d4666c",
		"e6ee39f84dd0580e56fece3cc1a99ea3"
		"bc615f0656043f0bb6d7e805c51e5a89",
		"5c1c660ef068b6d8c9308dae0ee4c2ce"
		"f9c5ce12924417ae789a9a4c500b3dff",
		"6d7690df1ef32b1ec9be5906c86ebad1"
		"0c09bf76b73be16adb32042447cc8231",
		"acddbd91e860366aa86cbe1858b95bcd"
		"92e602c700117bd55fff59d7698d0fca",
	},
	[SCHEMA_HOOKS] = {
		"ba682c86fcb388bafdcb575175a1fbc0"
		"de908532f8fcfe53d88623d34f258f80",
	},
};

struct world {
	char folder[64], path[128];
	struct arena *a;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	hash_init();
	snprintf(w->folder, sizeof(w->folder), "/tmp/tra-migrations-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	w->a = arena_new();
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	arena_free(w->a);
	kit_remove(w->folder);
	free(w);
	return 0;
}

/* The file of that kind in the folder, taken to version n; each in a file of
 * its own. */
static struct db *
at(struct world *w, const struct schema *s, const char *file, size_t n)
{
	struct db *db = NULL;

	snprintf(w->path, sizeof(w->path), "%s/%s-%s", w->folder, file,
	    s->name);
	OK(db_open(&(struct db_want){ .path = w->path, .create = true,
	    .steps = s->steps, .n_steps = n, .cache_kib = KIB }, &db));
	return db;
}

/* All rows of a query of one column, one a line. Statements are kept by their
 * address, so each has its own. */
static struct str
told(struct world *w, struct db *db, struct str sql)
{
	struct query q = query_begin(db, str_c(w->a, sql));
	struct buf b;
	struct str out;

	buf_init(&b, 1 << 20);
	while (query_next(&q)) {
		buf_put_str(&b, query_str(&q, 0));
		buf_put_char(&b, '\n');
	}
	OK(query_end(&q, RC_OK));
	out = str_printf(w->a, "%.*s", STR_ARG(buf_str(&b)));
	buf_release(&b);
	return out;
}

static struct str
tables(struct world *w, struct db *db)
{
	return told(w, db, STR("SELECT name FROM sqlite_master WHERE type ="
	    " 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"));
}

/* One list over a table's columns: of their names, of values of their types. */
static struct str
columns(struct world *w, struct db *db, struct str table, const char *each)
{
	struct str list = told(w, db, str_printf(w->a, "SELECT group_concat("
	    "%s, ', ') FROM pragma_table_info('%.*s')", each,
	    STR_ARG(table)));

	assert_true(list.len > 1);
	return (struct str){ list.p, list.len - 1 };
}

/* A row in every table. */
static void
fill(struct world *w, struct db *db)
{
	static const char value[] = "CASE type WHEN 'INTEGER' THEN '7' WHEN"
	    " 'REAL' THEN '0.5' WHEN 'TEXT' THEN '''kept''' ELSE"
	    " 'x''00010203''' END";
	struct str rest = tables(w, db), table;

	while (str_cut(&rest, '\n', &table))
		if (table.len > 0)
			OK(db_exec(db, str_c(w->a, str_printf(w->a,
			    "INSERT INTO \"%.*s\" VALUES (%.*s)",
			    STR_ARG(table),
			    STR_ARG(columns(w, db, table, value))))));
}

/* What lies in the columns that `like` has, of all its tables. Not of the sums
 * of sightings: step 5 makes them anew from the alerts (triage_count.c). */
static struct str
rows(struct world *w, struct db *db, struct db *like)
{
	struct str rest = tables(w, like), table;
	struct buf b;
	struct str out;

	buf_init(&b, 1 << 20);
	while (str_cut(&rest, '\n', &table)) {
		if (table.len == 0 || str_is(table, "sighting"))
			continue;
		buf_printf(&b, "%.*s: ", STR_ARG(table));
		buf_put_str(&b, told(w, db, str_printf(w->a,
		    "SELECT json_array(%.*s) FROM \"%.*s\"",
		    STR_ARG(columns(w, like, table,
		    "'quote(\"' || name || '\")'")), STR_ARG(table))));
	}
	out = str_printf(w->a, "%.*s", STR_ARG(buf_str(&b)));
	buf_release(&b);
	return out;
}

static struct str
made_of(struct world *w, struct db *db)
{
	return told(w, db, STR("SELECT type || ' ' || name || ' ' || tbl_name"
	    " || ' ' || coalesce(sql, '') FROM sqlite_master ORDER BY 1"));
}

static void
same(struct str a, struct str b)
{
	assert_true(a.len > 0);
	if (!str_eq(a, b))
		fail_msg("these differ:\n%.*s\nand\n%.*s", STR_ARG(a),
		    STR_ARG(b));
}

static void
one_version(struct world *w, const struct schema *s, size_t version)
{
	char file[32];
	struct db *db, *fresh = at(w, s, "fresh", s->n), *old;
	struct str before;

	snprintf(file, sizeof(file), "old-%zu", version);
	db = at(w, s, file, version);
	fill(w, db);
	before = rows(w, db, db);
	db_close(db);
	snprintf(file, sizeof(file), "like-%zu", version);
	old = at(w, s, file, version);
	snprintf(file, sizeof(file), "old-%zu", version);
	db = at(w, s, file, s->n);
	same(rows(w, db, old), before);
	same(made_of(w, db), made_of(w, fresh));
	same(told(w, db, STR("PRAGMA user_version")),
	    str_printf(w->a, "%zu\n", s->n));
	same(told(w, db, STR("PRAGMA integrity_check")), STR("ok\n"));
	db_close(db);
	db_close(old);
	db_close(fresh);
}

static void
every_version_becomes_the_newest_and_keeps_its_rows(void **state)
{
	for (size_t i = 0; i < SCHEMA__MAX; i++)
		for (size_t v = 1; v <= schemas[i].n; v++)
			one_version(*state, &schemas[i], v);
}

static void
no_step_that_was_shipped_has_changed(void **state)
{
	uint8_t sum[SHA256_LEN];
	char hex[SHA256_HEX];

	(void)state;
	for (size_t i = 0; i < SCHEMA__MAX; i++) {
		const struct schema *s = &schemas[i];

		assert_in_range(s->n, 1, MADE_MOST);
		for (size_t k = 0; k < s->n; k++) {
			sha256(s->steps[k], strlen(s->steps[k]), sum);
			hex_text(sum, sizeof(sum), hex);
			if (shipped[i][k] == NULL ||
			    strcmp(shipped[i][k], hex) != 0)
				fail_msg("%s: step %zu is %s here; a new step "
				    "is added to the table above, a shipped "
				    "one never changed", s->name, k + 1, hex);
		}
		assert_true(s->n == MADE_MOST || shipped[i][s->n] == NULL);
	}
}

static void
a_step_that_fails_leaves_the_file_as_it_was(void **state)
{
	struct world *w = *state;
	const struct schema *s = &schemas[SCHEMA_GRAPH];
	const char *const broken[] = { s->steps[0], s->steps[1], "not SQL" };
	struct db *db = at(w, s, "halfway", 1), *other = NULL;
	struct str rows_then, made_then;

	fill(w, db);
	rows_then = rows(w, db, db);
	made_then = made_of(w, db);
	db_close(db);
	assert_int_equal(db_open(&(struct db_want){ .path = w->path,
	    .steps = broken, .n_steps = COUNT(broken), .cache_kib = KIB },
	    &other), RC_FAIL);
	db = at(w, s, "halfway", 1);
	same(rows(w, db, db), rows_then);
	same(made_of(w, db), made_then);
	db_close(db);
	db = at(w, s, "halfway", s->n);
	db_close(db);
}

static void
a_file_of_a_newer_program_is_refused_and_not_touched(void **state)
{
	struct world *w = *state;
	const struct schema *s = &schemas[SCHEMA_CONTROL];
	struct db *db = at(w, s, "newer", s->n), *other = NULL;

	fill(w, db);
	db_close(db);
	assert_int_equal(db_open(&(struct db_want){ .path = w->path,
	    .steps = s->steps, .n_steps = s->n - 1, .cache_kib = KIB },
	    &other), RC_FAIL);
	db = at(w, s, "newer", s->n);
	same(told(w, db, STR("SELECT name FROM tenant")), STR("kept\n"));
	db_close(db);
}

/* As responders do after an upgrade: all at once. */
static void
many_that_open_an_old_file_at_once_all_find_the_newest(void **state)
{
	enum { MANY = 8 };
	struct world *w = *state;
	const struct schema *s = &schemas[SCHEMA_GRAPH];
	struct db *db = at(w, s, "many", 1);
	int status, good = 0;

	fill(w, db);
	db_close(db);
	for (int i = 0; i < MANY; i++)
		if (fork() == 0) {
			struct db *mine = NULL;

			_exit(db_open(&(struct db_want){ .path = w->path,
			    .steps = s->steps, .n_steps = s->n,
			    .cache_kib = KIB }, &mine) == RC_OK ? 0 : 1);
		}
	for (int i = 0; i < MANY; i++)
		good += wait(&status) > 0 && status == 0;
	assert_int_equal(good, MANY);
	db = at(w, s, "many", s->n);
	same(told(w, db, STR("SELECT name FROM meta")), STR("kept\n"));
	db_close(db);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_version_becomes_the_newest_and_keeps_its_rows),
		TEST(no_step_that_was_shipped_has_changed),
		TEST(a_step_that_fails_leaves_the_file_as_it_was),
		TEST(a_file_of_a_newer_program_is_refused_and_not_touched),
		TEST(many_that_open_an_old_file_at_once_all_find_the_newest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
