/* SPDX-License-Identifier: Apache-2.0 */
/* What triage counts is a function of the set of records that came, whatever
 * their order, their batches and their clocks; and what the counts say does not
 * rest on the shape of one site's data. */
#include "triage_kit.h"

#include "store/engine.h"

enum { MOST = 64, COMMON_MOST_POINTS = 700 };

/* ---- told as text ------------------------------------------------------- */

/* All sums, by words: numbers of words hang on who came first. */
static struct str
sums(struct bench *b)
{
	static const char sql[] = "SELECT d.text || ' @ ' || coalesce(p.text,"
	    " '*') || ' ' || hour || ': ' || s0 || ' ' || s1 || ' ' || s2 ||"
	    " ' ' || s3 || ' ' || s4 || ' ' || s5 || char(10)"
	    " FROM sighting JOIN word AS d ON d.id = detector"
	    " LEFT JOIN word AS p ON p.id = place ORDER BY 1";
	struct str out = { 0 };
	struct query q;
	struct db *db;

	OK(db_open(&(struct db_want){ .path = bench_file(b), .steps = NULL,
	    .n_steps = 5, .cache_kib = 100 }, &db));
	for (q = query_begin(db, sql); query_next(&q);)
		out = str_printf(b->a, "%.*s%.*s", STR_ARG(out),
		    STR_ARG(query_str(&q, 0)));
	OK(query_end(&q, RC_OK));
	db_close(db);
	return out;
}

/* Points and reasons of each of these, in the order of the labels. */
static struct str
reasons(struct bench *b, const struct str *ids, size_t n)
{
	struct triage_alert al;
	struct str out = { 0 };
	size_t i, k;

	for (i = 0; i < n; i++) {
		al = scored(b, ids[i]);
		assert_adds_up(&al);
		out = str_printf(b->a, "%.*s%zu: %lld\n", STR_ARG(out), i,
		    (long long)al.points);
		for (k = 0; k < al.n_factors; k++)
			out = str_printf(b->a, "%.*s  %s %lld %.*s\n",
			    STR_ARG(out), al.factors[k].name,
			    (long long)al.factors[k].points,
			    STR_ARG(al.factors[k].because));
	}
	return out;
}

/* These lines in this order, so many at a time; ids by line. */
static struct str
told(const struct str *lines, const size_t *order, size_t n, size_t batch)
{
	struct str ids[MOST], body, text, out;
	struct bench *b;
	void *state;
	size_t i, k;

	bench_open(&state);
	b = state;
	for (i = 0; i < n; i += batch) {
		body = (struct str){ 0 };
		for (k = i; k < i + batch && k < n; k++)
			body = str_printf(b->a, "%.*s%.*s", STR_ARG(body),
			    STR_ARG(lines[order[k]]));
		take_in(b, body);
	}
	for (i = 0; i < n; i++)
		ids[order[i]] = b->ids[i];
	text = str_printf(b->a, "%.*s\n%.*s", STR_ARG(sums(b)),
	    STR_ARG(reasons(b, ids, n)));
	out.p = strdup(str_c(b->a, text));
	out.len = text.len;
	assert_non_null(out.p);
	bench_close(&state);
	return out;
}

static void
same_in_any_order(const struct str *lines, size_t n, int ways)
{
	static const size_t batches[] = { 1, 2, 5, MOST };
	uint64_t seed = 11;
	size_t order[MOST], i, j, t;
	struct str first, again;
	int w;

	for (i = 0; i < n; i++)
		order[i] = i;
	first = told(lines, order, n, n);
	for (w = 0; w < ways; w++) {
		for (i = n - 1; i > 0; i--) {
			seed = seed * 6364136223846793005ULL + 1;
			j = (size_t)(seed >> 33) % (i + 1);
			t = order[i];
			order[i] = order[j];
			order[j] = t;
		}
		again = told(lines, order, n, batches[w % 4]);
		assert_string_equal(first.p, again.p);
		free((char *)(uintptr_t)again.p);
	}
	free((char *)(uintptr_t)first.p);
}

/* ---- promises: order of arrival ----------------------------------------- */

static void
sums_do_not_hang_on_the_order_of_arrival(void **state)
{
	static const int64_t at[] = { 0, 30, 700, 3599, 3600, -1, 86400 };
	struct bench *b = *state;
	struct sighted *s;
	size_t n, i;

	for (i = 0; i < COUNT(at); i++)
		take_in(b, alert(b, NOON + at[(i * 3) % COUNT(at)], "x", "h",
		    ""));
	OK(graph_sightings(b->g, b->a,
	    graph_word_find(b->g, STR("ids: x")),
	    graph_word_find(b->g, STR("h")), INT64_MAX, &s, &n));
	assert_int_equal(n, 4);
	assert_int_equal(s[1].n[0] + s[1].n[1] + s[1].n[5], 4);
	assert_int_equal(s[1].n[0], 2);
	assert_int_equal(s[1].n[1], 1);
	assert_int_equal(s[1].n[5], 1);
	assert_int_equal(s[0].n[5], 1);

	assert_int_equal(sighted_hour(-1), -1);
	assert_int_equal(sighted_slot(-1), 5);
}


static struct str
record(struct arena *a, const char *id, int64_t t, const char *type,
    const char *action, const char *host)
{
	return str_printf(a, "{\"id\":\"%s\",\"event_type\":\"%s\","
	    "\"source\":\"ids\",\"timestamp\":%lld,\"actor\":\"a\","
	    "\"action\":\"%s\",\"host\":\"%s\"}\n", id, type,
	    (long long)t, action, host);
}

/* One id, many records: detection, place, time and whether it is an alert at
 * all are those of the record that speaks, and of no other. */
static void
records_under_one_id_count_once_whoever_came_first(void **state)
{
	struct arena *a = ((struct bench *)*state)->a;
	const struct str lines[] = {
		record(a, "one", NOON, "alert", "worm", "web"),
		record(a, "one", NOON + 700, "alert", "probe", "web"),
		record(a, "one", NOON + 30, "alert", "worm", "db"),
		record(a, "one", NOON, "login", "worm", "web"),
		record(a, "one", NOON + 5 * HOUR, "alert", "worm", "web"),
		record(a, "two", NOON + 20, "alert", "worm", "web"),
		record(a, "two", NOON - 9 * HOUR, "login", "in", "web"),
		record(a, "three", NOON + 40, "alert", "probe", "web"),
	};

	same_in_any_order(lines, COUNT(lines), 40);
}

static void
late_and_backfilled_alerts_leave_the_same_reasons(void **state)
{
	struct arena *a = ((struct bench *)*state)->a;
	struct str lines[MOST];
	char id[8], action[16], host[8];
	size_t n;

	for (n = 0; n < 48; n++) {
		snprintf(id, sizeof(id), "%zu", n);
		snprintf(action, sizeof(action), "find %zu", n * n % 11);
		snprintf(host, sizeof(host), "h%zu", n % 5);
		lines[n] = record(a, id, NOON + (int64_t)(n < 24 ? n * HOUR :
		    24 * HOUR + n * 45), "alert", action, host);
	}
	lines[n] = record(a, "long ago", NOON - 400 * 24 * HOUR, "alert",
	    "find 1", "h1");
	same_in_any_order(lines, n + 1, 12);
}

static void
older_files_get_the_same_sums(void **state)
{
	struct bench *b = *state;
	struct str was, now;
	struct db *db;

	routine(b, 9, "usual", "web");
	take_in(b, alert(b, NOON + 10, "usual", "db", ""));
	take_in(b, alert(b, NOON + 3599, "odd", "web", ""));
	take_in(b, alert(b, NOON + 3600, "odd", "web", ""));
	was = sums(b);
	OK(db_open(&(struct db_want){ .path = bench_file(b), .steps = NULL,
	    .n_steps = 5, .cache_kib = 100 }, &db));
	OK(db_exec(db, "DELETE FROM sighting; PRAGMA user_version = 4"));
	db_close(db);
	bench_reopen(b);
	now = sums(b);
	assert_true(was.len > 100);
	assert_true(str_eq(was, now));
}

/* ---- promises: sites of other shapes ------------------------------------ */

/* Points of what is asked about, in a store of these lines. */
static int64_t
rarity(struct bench *b, size_t which)
{
	struct triage_alert al = scored(b, b->ids[which]);

	assert_adds_up(&al);
	return points_of(&al, "rarity here");
}

static void
a_sensor_of_yesterday_knows_nothing_rare_yet(void **state)
{
	struct bench *b = *state;
	int64_t young, old, t = NOON + 400 * HOUR;
	int h;

	for (h = 0; h < 400; h++)	/* other logs, long kept */
		take_in(b, str_printf(b->a, "{\"event_type\":\"login\","
		    "\"source\":\"door\",\"timestamp\":%lld,\"actor\":"
		    "\"a\",\"action\":\"in\",\"host\":\"web\"}\n",
		    (long long)(NOON + h * HOUR)));
	take_in(b, alert(b, t, "odd", "web", ""));
	young = rarity(b, 400);
	take_in(b, str_printf(b->a, "{\"event_type\":\"alert\","
	    "\"source\":\"door\",\"timestamp\":%lld,\"actor\":\"a\","
	    "\"action\":\"forced\",\"host\":\"web\"}\n", (long long)t));
	old = rarity(b, 401);
	assert_int_equal(young, 0);
	assert_true(old > 2000);
}

static void
one_record_with_a_clock_of_years_ago_makes_nothing_rare(void **state)
{
	struct bench *b = *state;
	int64_t before;

	routine(b, 6, "usual", "web");
	take_in(b, alert(b, NOON + 6 * HOUR, "odd", "web", ""));
	before = rarity(b, 6);
	take_in(b, alert(b, 946684800, "odd clock", "web", ""));
	assert_int_equal(rarity(b, 6), before);
}

/* One act at forty places is new once; what is done at one of them goes first,
 * though nobody says of either what it is. */
static void
a_sweep_falls_behind_what_is_done_at_one_place(void **state)
{
	struct bench *b = *state;
	struct triage_alert sweep, deed;
	char host[16];
	int i, k;

	routine(b, 200, "usual", "h0");
	for (i = 0; i < 40; i++)
		for (k = 0; k < 3; k++) {
			snprintf(host, sizeof(host), "h%d", i);
			take_in(b, alert(b, NOON + 200 * HOUR + i, k == 0 ?
			    "port" : k == 1 ? "banner" : "login page", host,
			    ""));
		}
	take_in(b, alert(b, NOON + 200 * HOUR + 300, "overflow", "h7", ""));
	sweep = scored(b, b->ids[200 + 3 * 7]);
	deed = scored(b, b->ids[320]);
	assert_true(deed.points > sweep.points + 1000);
	assert_true(points_of(&sweep, "rarity anywhere") > 0);
	assert_int_equal(points_of(&sweep, "neighbour progression"), 361);
}

/* A wave through all machines loses by its width no more than each gained by
 * being new there. */
static void
a_wave_is_not_buried_by_its_own_width(void **state)
{
	struct bench *b = *state;
	struct triage_alert wave, usual;
	char host[16];
	int i;

	routine(b, 100, "usual", "h0");
	for (i = 0; i < 300; i++) {
		snprintf(host, sizeof(host), "h%d", i);
		take_in(b, alert(b, NOON + 100 * HOUR + i, "files encrypted",
		    host, ""));
	}
	wave = scored(b, b->ids[399]);
	usual = scored(b, b->ids[99]);
	assert_true(wave.points > usual.points);
	assert_true(points_of(&wave, "rarity here") >= 0);
	assert_true(points_of(&wave, "rarity anywhere") > 0);
}

static void
what_comes_all_the_time_everywhere_speaks_against_itself(void **state)
{
	struct bench *b = *state;
	struct triage_alert common, hourly;
	char host[16];
	int i;

	routine(b, 30, "hourly", "web");
	for (i = 0; i < 30 * 12; i++) {
		snprintf(host, sizeof(host), "h%d", i % 12);
		take_in(b, alert(b, NOON + i / 12 * HOUR, "chatter", host, ""));
	}
	common = scored(b, b->ids[389]);
	hourly = scored(b, b->ids[29]);
	assert_int_equal(points_of(&hourly, "rarity anywhere"), 0);
	assert_true(points_of(&common, "rarity anywhere") < 0);
	assert_true(points_of(&common, "rarity anywhere") >=
	    -COMMON_MOST_POINTS);
	assert_true(common.points < hourly.points);
}

/* One detection only, nothing stated: the rarer place first, and the first
 * time at a place before the hundredth. */
static void
one_detection_alone_is_told_apart_by_its_places(void **state)
{
	struct bench *b = *state;

	routine(b, 120, "only", "web");
	take_in(b, alert(b, NOON + 120 * HOUR, "only", "vault", ""));
	assert_int_equal(rarity(b, 119), 0);
	assert_true(rarity(b, 120) > 1000);
}

#define PROMISE(f) cmocka_unit_test_setup_teardown(f, bench_open, bench_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PROMISE(sums_do_not_hang_on_the_order_of_arrival),
		PROMISE(records_under_one_id_count_once_whoever_came_first),
		PROMISE(late_and_backfilled_alerts_leave_the_same_reasons),
		PROMISE(older_files_get_the_same_sums),
		PROMISE(a_sensor_of_yesterday_knows_nothing_rare_yet),
		PROMISE(one_record_with_a_clock_of_years_ago_makes_nothing_rare),
		PROMISE(a_sweep_falls_behind_what_is_done_at_one_place),
		PROMISE(a_wave_is_not_buried_by_its_own_width),
		PROMISE(what_comes_all_the_time_everywhere_speaks_against_itself),
		PROMISE(one_detection_alone_is_told_apart_by_its_places),
	};

	return cmocka_run_group_tests_name("triage_count", tests, NULL, NULL);
}
