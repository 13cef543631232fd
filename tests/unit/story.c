/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Golden stories: tests/cause/CASE.story.ndjson, records as they are sent, and
 * CASE.cause.json, what the engine must make of them and what it must not.
 *
 *	{"says": "why this story is told",
 *	 "said": {what a sender that may assert gets},
 *	 "asserted": {what any other sender gets}}
 *
 * either may be left out; each holds
 *
 *	edges	every edge: [from, to, rule, grade, confidence, marks...], and
 *		the links of chains. Repeats (label with +) are left out.
 *	never	[from, to, grade]: no edge so good or better; [from, to]: none
 *	chains	best score first: {"is": "GRADE root LABEL proven K/N share S",
 *		"members": [[label, role, "xCOUNT"]], "edges": [[from, to]]}
 *
 * A label is the record's metadata.label, or its line number. A line
 * {"times", "from", "every_ms", "record"} stands for many records: in the
 * record's text #n# is their number, #t# their time.
 *
 * Each story is told in several orders, doubled, and in batches of 1, 7 and
 * all, and must come out the same to the last byte.
 */
#include "story_kit.h"

#include <dirent.h>

#include "base/clock.h"
#include "base/file.h"

#define FOLDER "tests/cause"

static struct tagger *rules;

struct story {
	struct arena *a;
	struct json_doc *doc, *want_doc;
	const char *name;
	struct line *lines;
	size_t n, room;
	const struct json *want;
};

/* ---- reading a story ----------------------------------------------------- */

static struct str
file_text(struct arena *a, const char *path)
{
	struct buf b;
	struct str s;

	buf_init(&b, TOLD_MAX);
	if (!file_read(path, &b))
		fail_msg("%s cannot be read", path);
	s = str_dup(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static void
story_add(struct story *s, struct str text, struct str label)
{
	s->lines = arena_grow(s->a, s->lines, &s->room, s->n + 1,
	    sizeof(*s->lines));
	s->lines[s->n++] = (struct line){ text, label };
}

/* Put `by` for every `what`. */
static struct str
replaced(struct arena *a, struct str text, struct str what, struct str by)
{
	struct str out = { 0 };
	size_t at, from = 0;
	struct buf b;

	buf_init(&b, TOLD_MAX);
	while ((at = str_find(text, what, from)) != (size_t)-1) {
		buf_put_str(&b, str_sub(text, from, at - from));
		buf_put_str(&b, by);
		from = at + what.len;
	}
	buf_put_str(&b, str_sub(text, from, text.len));
	out = str_dup(a, buf_str(&b));
	buf_release(&b);
	return out;
}

static void
story_repeat(struct story *s, struct str text, struct str label)
{
	const struct json *v = json_parse(s->doc, text);
	int64_t times = json_int(json_get(v, "times")), from, i;
	int64_t every = json_int(json_get(v, "every_ms")) * NS_PER_MS;
	struct str record, one;
	char when[CLOCK_TEXT];

	assert_true(clock_parse(json_str(json_get(v, "from")), false, &from));
	assert_true(json_member_span(text, "record", &record));
	for (i = 0; i < times; i++) {
		clock_format(from + i * every, when);
		one = replaced(s->a, record, STR("#n#"), str_printf(s->a,
		    "%lld", (long long)i));
		story_add(s, replaced(s->a, one, STR("#t#"), str_of(when)),
		    i == 0 ? label : str_printf(s->a, "%.*s+%lld",
		    STR_ARG(label), (long long)i));
	}
}

static void
story_line(struct story *s, struct str text, size_t number)
{
	const struct json *v = json_parse(s->doc, text), *record;
	struct str label;
	bool many;

	if (v == NULL)
		fail_msg("%s line %zu is no JSON", s->name, number);
	many = json_get(v, "times") != NULL;
	record = many ? json_get(v, "record") : v;
	label = str_dup(s->a, json_str(json_pointer(record,
	    STR("/metadata/label"))));
	if (label.len == 0)
		label = str_printf(s->a, "%zu", number);
	if (many)
		story_repeat(s, text, label);
	else
		story_add(s, text, label);
}

static void
story_open(struct story *s, const char *name)
{
	char path[512];
	struct str text, line;
	size_t number = 1;

	memset(s, 0, sizeof(*s));
	s->a = arena_new();
	s->doc = json_doc_new();
	s->want_doc = json_doc_new();
	s->name = name;
	snprintf(path, sizeof(path), FOLDER "/%s.story.ndjson", name);
	text = file_text(s->a, path);
	for (; str_cut(&text, '\n', &line); number++)
		if (line.len > 0)
			story_line(s, line, number);
	if (text.len > 0)
		story_line(s, text, number);
	snprintf(path, sizeof(path), FOLDER "/%s.cause.json", name);
	s->want = json_parse(s->want_doc, file_text(s->a, path));
	if (s->want == NULL)
		fail_msg("%s is no JSON", path);
}

static void
story_close(struct story *s)
{
	json_doc_free(s->doc);
	json_doc_free(s->want_doc);
	arena_free(s->a);
}

/* ---- in many orders -------------------------------------------------------- */

static const struct telling {
	const char *how;
	uint64_t seed;		/* 0: in order; 1: backward; else shuffled */
	bool twice;
	size_t batch;		/* 0: all in one */
} tellings[] = {
	{ "in order", 0, false, 0 },
	{ "in order, one by one", 0, false, 1 },
	{ "backward, one by one", 1, false, 1 },
	{ "backward, in one", 1, false, 0 },
	{ "shuffled, by seven", 77, false, 7 },
	{ "shuffled, one by one", 4711, false, 1 },
	{ "shuffled, in one", 31337, false, 0 },
	{ "twice, in one", 0, true, 0 },
	{ "twice and shuffled, by seven", 99, true, 7 },
};

enum { LONG_TALE = 8 };	/* what a story of thousands is told beside in order */

static struct line *
arranged(struct story *s, const struct telling *t, size_t *n)
{
	struct line *l = arena_array(s->a, 2 * s->n, sizeof(*l));
	size_t i;

	*n = t->twice ? 2 * s->n : s->n;
	for (i = 0; i < *n; i++)
		l[i] = s->lines[i % s->n];
	if (t->seed == 1)
		for (i = 0; i < s->n; i++)
			l[i] = s->lines[s->n - 1 - i];
	else
		shuffle(l, *n, t->seed);
	return l;
}

static void
tell(struct story *s, const struct telling *t, struct world *w, bool said)
{
	size_t n, batch;
	struct line *l = arranged(s, t, &n);

	/* Stories of thousands are not told in thousands of transactions. */
	batch = t->batch == 0 || s->n > 1000 ? n : n > 200 ? n / 6 : t->batch;
	world_open(w, rules, said);
	world_take(w, l, n, batch);
}

static void
tell_again(struct story *s, const struct telling *t, struct str first,
    bool said)
{
	struct world w;
	struct str text;

	tell(s, t, &w, said);
	text = world_tell(&w);
	if (!str_eq(text, first))
		fail_msg("%s told %s:\n%.*s\nand in order:\n%.*s", s->name,
		    t->how, STR_ARG(text), STR_ARG(first));
	world_close(&w);
}

/* ---- against what was wanted ------------------------------------------------ */

struct rows { struct str *row; size_t n, room; };

static void
row_add(struct arena *a, struct rows *r, struct str text)
{
	r->row = arena_grow(a, r->row, &r->room, r->n + 1, sizeof(*r->row));
	r->row[r->n++] = str_dup(a, text);
}

static struct str
row_text(struct arena *a, struct rows *r, bool sorted)
{
	struct str out = { 0 };
	struct buf b;
	size_t i;

	if (sorted && r->n > 0)
		qsort(r->row, r->n, sizeof(*r->row), by_text);
	buf_init(&b, TOLD_MAX);
	for (i = 0; i < r->n; i++)
		buf_printf(&b, "%.*s\n", STR_ARG(r->row[i]));
	out = str_dup(a, buf_str(&b));
	buf_release(&b);
	return out;
}

/* The words of an array with `gap` between; numbers with two decimals. */
static struct str
words(struct arena *a, const struct json *list, const char *gap)
{
	struct str out = { 0 };
	const struct json *v;
	size_t i;

	for (i = 0; i < json_len(list); i++) {
		v = json_item(list, i);
		out = json_type(v) == JSON_STRING ?
		    str_printf(a, "%.*s%s%.*s", STR_ARG(out), i ? gap : "",
		    STR_ARG(json_str(v))) :
		    str_printf(a, "%.*s%s%.2f", STR_ARG(out), i ? gap : "",
		    json_double(v));
	}
	return out;
}

static bool
is_repeat(const struct world *w, int64_t ev)
{
	return str_find(w->label[ev], STR("+"), 0) != (size_t)-1;
}

static void
note_edge(struct world *w, struct rows *r, const struct edge *e)
{
	struct buf b;

	if (is_repeat(w, e->from) || is_repeat(w, e->to))
		return;
	buf_init(&b, 4096);
	tell_edge(w, &b, e, 2);
	row_add(w->a, r, buf_str(&b));
	buf_release(&b);
}

/* Every edge there is: of family 1 of any event, of others in the chains. */
static struct str
edges_found(struct world *w)
{
	struct all_events all = world_events(w);
	struct live_chains l = world_chains(w);
	const struct view *v = graph_view(w->g);
	struct edge e[EDGES_IN_MAX];
	struct rows r = { 0 };
	size_t i, k, n;

	for (i = 0; i < all.n; i++) {
		n = cause_in_edges(v, v->node(v->ctx, all.ev[i]), e);
		for (k = 0; k < n; k++)
			note_edge(w, &r, &e[k]);
	}
	for (i = 0; i < l.n; i++)
		for (k = 0; k < l.c[i].n_edges; k++)
			if (rule_row(l.c[i].edges[k].rule)->family != 1 ||
			    (l.c[i].edges[k].flags & EDGE_CLOCK))
				note_edge(w, &r, &l.c[i].edges[k]);
	return row_text(w->a, &r, true);
}

static struct str
edges_wanted(struct arena *a, const struct json *want)
{
	const struct json *list = json_get(want, "edges");
	struct rows r = { 0 };
	size_t i;

	for (i = 0; i < json_len(list); i++)
		row_add(a, &r, words(a, json_item(list, i), " "));
	return row_text(a, &r, true);
}

static struct str
chains_found(struct world *w)
{
	struct live_chains l = world_chains(w);
	struct buf b;
	struct str s;
	size_t i;

	buf_init(&b, TOLD_MAX);
	for (i = 0; i < l.n; i++)
		tell_chain_text(w, &b, &l.c[i], &l.row[i], false);
	s = str_dup(w->a, buf_str(&b));
	buf_release(&b);
	return s;
}

static void
put_list(struct arena *a, struct buf *b, const struct json *list,
    const char *gap)
{
	size_t i;

	for (i = 0; i < json_len(list); i++)
		buf_printf(b, "  %.*s\n",
		    STR_ARG(words(a, json_item(list, i), gap)));
}

static struct str
chains_wanted(struct arena *a, const struct json *want)
{
	const struct json *list = json_get(want, "chains"), *c;
	struct buf b;
	struct str s;
	size_t i;

	buf_init(&b, TOLD_MAX);
	for (i = 0; i < json_len(list); i++) {
		c = json_item(list, i);
		buf_printf(&b, "%.*s\n", STR_ARG(json_str(json_get(c, "is"))));
		put_list(a, &b, json_get(c, "members"), " ");
		put_list(a, &b, json_get(c, "edges"), " > ");
	}
	s = str_dup(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* A row "from to rule grade ..." against [from, to] or [from, to, grade]. */
static bool
is_forbidden(struct str row, const struct json *never)
{
	struct str from, to, rule, grade;
	struct str least = json_str(json_item(never, 2));

	assert_true(str_cut(&row, ' ', &from) && str_cut(&row, ' ', &to) &&
	    str_cut(&row, ' ', &rule) && str_cut(&row, ' ', &grade));
	return str_eq(from, json_str(json_item(never, 0))) &&
	    str_eq(to, json_str(json_item(never, 1))) &&
	    (least.len == 0 || grade_of_name(grade) >= grade_of_name(least));
}

static void
check_never(const struct story *s, struct world *w, const struct json *want)
{
	const struct json *list = json_get(want, "never"), *pair;
	struct str rows, row;
	size_t i;

	for (i = 0; i < json_len(list); i++) {
		pair = json_item(list, i);
		/* Of events that are there: a slip of the pen forbids nothing. */
		world_event(w, str_c(w->a, json_str(json_item(pair, 0))));
		world_event(w, str_c(w->a, json_str(json_item(pair, 1))));
		rows = edges_found(w);
		while (str_cut(&rows, '\n', &row))
			if (row.len > 0 && is_forbidden(row, pair))
				fail_msg("%s: must never be: %.*s", s->name,
				    STR_ARG(row));
	}
}

static void
same(const char *name, const char *what, struct str found, struct str wanted)
{
	if (!str_eq(found, wanted))
		fail_msg("%s, %s: found\n%.*swanted\n%.*s", name, what,
		    STR_ARG(found), STR_ARG(wanted));
}

static void
check(struct story *s, const struct json *want, bool said)
{
	struct world w;
	struct str first;
	size_t i;

	tell(s, &tellings[0], &w, said);
	check_never(s, &w, want);
	same(s->name, said ? "edges" : "edges, asserted", edges_found(&w),
	    edges_wanted(w.a, want));
	same(s->name, said ? "chains" : "chains, asserted", chains_found(&w),
	    chains_wanted(w.a, want));
	first = str_dup(s->a, world_tell(&w));
	world_close(&w);
	for (i = 1; i < sizeof(tellings) / sizeof(tellings[0]); i++)
		if (s->n < 1000 || i == LONG_TALE)
			tell_again(s, &tellings[i], first, said);
}

static void
a_story_comes_out_as_written(void **state)
{
	const struct json *said, *asserted;
	struct story s;

	story_open(&s, *state);
	said = json_get(s.want, "said");
	asserted = json_get(s.want, "asserted");
	assert_true(said != NULL || asserted != NULL);
	if (said != NULL)
		check(&s, said, true);
	if (asserted != NULL)
		check(&s, asserted, false);
	story_close(&s);
}

/* ---- one test for each file ---------------------------------------------- */

static int
is_story(const struct dirent *d)
{
	return str_ends_fold(str_of(d->d_name), ".story.ndjson");
}

int
main(int argc, char **argv)
{
	struct CMUnitTest *tests;
	struct dirent **found;
	char *name;
	int n = scandir(FOLDER, &found, is_story, alphasort), i, failed, k = 0;

	if (n <= 0 || tagger_open("db/rules", &rules) != RC_OK)
		return 1;
	tests = calloc((size_t)n, sizeof(*tests));
	for (i = 0; i < n; i++) {
		name = found[i]->d_name;
		name[strlen(name) - strlen(".story.ndjson")] = '\0';
		if (argc > 1 && strcmp(argv[1], name) != 0)
			continue;
		tests[k++] = (struct CMUnitTest){ name,
			a_story_comes_out_as_written, NULL, NULL, name };
	}
	failed = _cmocka_run_group_tests("story", tests, (size_t)k, NULL, NULL);
	tagger_close(rules);
	for (i = 0; i < n; i++)
		free(found[i]);
	free(found);
	free(tests);
	return failed;
}
