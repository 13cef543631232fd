/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guard promises, measured: tests/explain/guard.tsv holds true and
 * false sentences about the chains of the sample incident and about the worked
 * example. No false one passes; at most one true one in twenty is dropped. Both
 * figures are printed. Our own sentences are no measure of a stranger's prose.
 */
#include "story_kit.h"

#include "base/file.h"
#include "explain/guard.h"
#include "read.h"

static const struct { const char *file, *source; } sample[] = {
	{ "db/sample/windows.ndjson", "windows" },
	{ "db/sample/okta.ndjson", "okta" },
	{ "db/sample/cloudtrail.ndjson", "cloudtrail" },
};

/* In the order in which the API gives the sample's chains: best score first. */
static const char *const names[] = { "berth", "toll", "keys", "push", "given" };
enum { CHAINS = COUNT(names), GIVEN = CHAINS - 1 };

static struct world w;
static struct story *chains[CHAINS];
static struct json_doc *doc;
static struct json *given;

static struct str
text_of(const char *path)
{
	struct buf b;
	struct str s;

	buf_init(&b, TOLD_MAX);
	if (!file_read(path, &b))
		fail_msg("%s cannot be read", path);
	s = str_dup(w.a, buf_str(&b));
	buf_release(&b);
	return s;
}

static void
take(const char *path, const char *source)
{
	struct body_shape shape = { .ndjson = true, .source = str_of(source),
		.record_max = 1 << 20 };
	struct ingest_batch b = { 0 }, *one = &b;

	assert_int_equal(ingest_read(w.a, doc, w.rules, text_of(path), &shape,
	    &b), JSON_OK);
	assert_int_equal(ingest_commit(w.in, w.t.id, &one, 1, w.now_ns++),
	    RC_OK);
	assert_int_equal(b.rejected, 0);
}

struct best { uint8_t id[16][16]; double score[16]; size_t n; };

static bool
note(void *ctx, const struct chain_row *row)
{
	struct best *b = ctx;
	size_t i;

	if (b->n == COUNT(b->score))
		return false;
	for (i = b->n++; i > 0 && b->score[i - 1] < row->score; i--) {
		b->score[i] = b->score[i - 1];
		memcpy(b->id[i], b->id[i - 1], 16);
	}
	b->score[i] = row->score;
	memcpy(b->id[i], row->id, 16);
	return true;
}

static void
open_chains(void)
{
	struct str pointer;
	const char *detail;
	struct best b = { 0 };
	struct chain_row row;
	char id[CHAIN_ID_TEXT];
	struct reader r;
	size_t i;

	assert_int_equal(graph_chains(w.g, w.a, NULL, NULL, note, &b), RC_OK);
	assert_int_equal(b.n, GIVEN);
	for (i = 0; i < GIVEN; i++) {
		chain_id_text(b.id[i], id);
		reader_init(&r, w.g, w.a, doc);
		assert_int_equal(read_chain_find(&r, str_of(id), &row), RC_OK);
		assert_int_equal(explain_stored(w.g, w.a, doc, &row,
		    &chains[i]), RC_OK);
		reader_release(&r);
	}
	given = json_keep(doc, text_of("tests/explain/given.json"));
	assert_int_equal(explain_given(w.a, given, &chains[GIVEN], &pointer,
	    &detail), RC_OK);
}

static int
open_all(void **state)
{
	static struct tagger *rules;
	size_t i;

	(void)state;
	assert_int_equal(tagger_open("db/rules", &rules), RC_OK);
	world_open(&w, rules, true);
	doc = json_doc_new();
	for (i = 0; i < COUNT(sample); i++)
		take(sample[i].file, sample[i].source);
	open_chains();
	return 0;
}

static int
close_all(void **state)
{
	(void)state;
	json_put(given);
	json_doc_free(doc);
	world_close(&w);
	return 0;
}

/* ---- the file's lines --------------------------------------------------------- */

/* "6", "6>7" -> the id, both ids; anything else as it stands. */
static struct str
cite(const struct story *s, struct str part)
{
	struct str from, to = part;
	uint64_t a, b;

	if (!str_cut(&to, '>', &from) || !str_u64(from, &a) || a >= s->n)
		return part;
	if (to.len == 0)
		return s->step[a].id;
	if (!str_u64(to, &b) || b >= s->n)
		return part;
	return str_printf(w.a, "%.*s->%.*s", STR_ARG(s->step[a].id),
	    STR_ARG(s->step[b].id));
}

static enum guard_fault
judge(const struct story *s, struct str cites, struct str sentence)
{
	struct guard *g = guard_new(s);
	struct str list[64], part;
	size_t n = 0;

	if (!str_is(cites, "-"))
		while (n < COUNT(list) && str_cut(&cites, '+', &part))
			list[n++] = cite(s, part);
	return guard_sentence(g, sentence, list, n);
}

struct tally { size_t said, wrong; };

static void
judge_line(struct str line, struct tally *truth, struct tally *lies)
{
	struct str chain, word, cites;
	enum guard_fault f;
	size_t i = 0;
	bool true_one;

	assert_true(str_cut(&line, '\t', &chain) && str_cut(&line, '\t', &word)
	    && str_cut(&line, '\t', &cites));
	while (i < CHAINS && !str_is(chain, names[i]))
		i++;
	assert_true(i < CHAINS);
	true_one = str_is(word, "true");
	assert_true(true_one || str_is(word, "false"));
	f = judge(chains[i], cites, line);
	(true_one ? truth : lies)->said++;
	if ((f == GUARD_OK) == true_one)
		return;
	(true_one ? truth : lies)->wrong++;
	print_message("%s (%s): %.*s [%.*s]\n", true_one ? "dropped" :
	    "FALSE, YET PASSES", guard_fault_name(f), STR_ARG(line),
	    STR_ARG(cites));
}

static void
no_false_sentence_passes_and_few_true_ones_are_dropped(void **state)
{
	struct str text = text_of("tests/explain/guard.tsv"), line;
	struct tally truth = { 0 }, lies = { 0 };

	(void)state;
	while (str_cut(&text, '\n', &line))
		if (line.len > 0 && line.p[0] != '#')
			judge_line(line, &truth, &lies);
	print_message("guard: %zu of %zu false sentences pass, %zu of %zu true "
	    "ones are dropped (%.1f %%)\n", lies.wrong, lies.said, truth.wrong,
	    truth.said, 100.0 * (double)truth.wrong / (double)truth.said);
	assert_true(truth.said >= 75 && lies.said >= 75);
	assert_int_equal(lies.wrong, 0);
	assert_true(truth.wrong * 20 <= truth.said);
}

/* ---- true sentences with one thing changed ------------------------------------ */

static const char *const actors[] = { "OUTLOOK.EXE", "WINWORD.EXE",
	"powershell.exe", "berth.exe", "cmd.exe", "rundll32.exe", "lsass.exe",
	"reg.exe", "WmiPrvSE.exe", "tollsync.exe", "msedge.exe", "adm.sund",
	"SRV-FILE", "hmsvc", "svc-reports", "mira.lund", "kai.moen",
	"Toll_Declaration_0311.pdf.exe", "cdn.berth-docs.example" };

/* Where it stands as a word of its own. */
static size_t
stands(struct str s, const char *name)
{
	struct str n = str_of(name);
	size_t at = 0;

	while ((at = str_find(s, n, at)) != (size_t)-1) {
		if ((at == 0 || s.p[at - 1] == ' ' || s.p[at - 1] == '\x9c') &&
		    (at + n.len == s.len || strchr(" ,.:\xe2",
		    s.p[at + n.len]) != NULL))
			return at;
		at++;
	}
	return at;
}

static struct str
put_at(struct str s, size_t at, size_t len, struct str by)
{
	return str_printf(w.a, "%.*s%.*s%.*s", (int)at, s.p, STR_ARG(by),
	    (int)(s.len - at - len), s.p + at + len);
}

struct changing { const struct story *s; struct str cites; size_t n, passed; };

static void
change(struct changing *c, struct str text)
{
	c->n++;
	if (judge(c->s, c->cites, text) != GUARD_OK)
		return;
	c->passed++;
	print_message("CHANGED, YET PASSES: %.*s [%.*s]\n", STR_ARG(text),
	    STR_ARG(c->cites));
}

/* Who did it and what it was done to change places. */
static void
turn_round(struct changing *c, struct str text)
{
	size_t i, k, x, y;
	struct str one;

	if (str_find(text, STR("between"), 0) != (size_t)-1 ||
	    str_find(text, STR("nvolv"), 0) != (size_t)-1 ||
	    str_find(text, STR("includes"), 0) != (size_t)-1)
		return;		/* these say nothing of a direction */
	for (i = 0; i < COUNT(actors); i++)
		for (k = 0; k < COUNT(actors); k++) {
			x = stands(text, actors[i]);
			y = stands(text, actors[k]);
			if (i == k || x == (size_t)-1 || y == (size_t)-1 ||
			    x > y)
				continue;
			one = put_at(text, y, strlen(actors[k]),
			    str_of(actors[i]));
			change(c, put_at(one, x, strlen(actors[i]),
			    str_of(actors[k])));
		}
}

static void
change_all(struct changing *c, struct str text)
{
	size_t i, at;
	char *other;

	for (i = 0; i < COUNT(actors); i++) {
		at = stands(text, actors[i]);
		if (at == (size_t)-1)
			continue;
		change(c, put_at(text, at, strlen(actors[i]),
		    STR("nobody.exe")));
	}
	for (i = 0; i + 8 <= text.len; i++) {	/* hh:mm:ss */
		if (text.p[i + 2] != ':' || text.p[i + 5] != ':')
			continue;
		other = arena_get(w.a, text.len);
		memcpy(other, text.p, text.len);
		other[i + 7] = other[i + 7] == '9' ? '0' : other[i + 7] + 1;
		change(c, (struct str){ other, text.len });
	}
	for (i = 0; i + 5 <= text.len; i++)	/* T1059 */
		if (text.p[i] == 'T' && technique_parse(str_sub(text, i, 5)) !=
		    0)
			change(c, put_at(text, i + 1, 4, STR("1200")));
	turn_round(c, text);
}

static void
a_true_sentence_with_one_thing_changed_is_dropped(void **state)
{
	struct str text = text_of("tests/explain/guard.tsv"), line, part;
	struct changing c = { 0 };
	size_t i;

	(void)state;
	while (str_cut(&text, '\n', &line)) {
		if (line.len == 0 || line.p[0] == '#' ||
		    !str_cut(&line, '\t', &part))
			continue;
		for (i = 0; i < CHAINS && !str_is(part, names[i]); i++)
			;
		c.s = chains[i];
		if (!str_cut(&line, '\t', &part) || !str_is(part, "true") ||
		    !str_cut(&line, '\t', &c.cites) ||
		    judge(c.s, c.cites, line) != GUARD_OK)
			continue;
		change_all(&c, line);
	}
	print_message("guard: %zu of %zu changed sentences pass\n", c.passed,
	    c.n);
	assert_true(c.n > 200);
	assert_int_equal(c.passed, 0);
}

/* A true sentence about one event is no sentence about any other. */
static void
a_sentence_holds_where_it_was_said_only(void **state)
{
	const struct str said = STR("powershell.exe wrote the file "
	    "C:\\Users\\Public\\berth.exe at 10:03:29.");
	const struct story *s = chains[0];
	size_t i, n = 0;

	(void)state;
	for (i = 0; i < s->n; i++)
		n += guard_sentence(guard_new(s), said, &s->step[i].id, 1) ==
		    GUARD_OK;
	assert_int_equal(n, 1);
}

/* Cut, doubled, filled with rubbish: no crash, and nothing of it passes that
 * says more than what is left. */
static void
what_is_no_sentence_is_refused(void **state)
{
	static const char *const rubbish[] = { "", " ", "\xff\xfe", "a\nb",
		"\xe2\x80\x9c", "\xe2\x80\x9c\xe2\x80\x9d", "((((((", "'", "\"",
		"T", "99999999999999999999", "::::", "10:", "2026-03-11T",
		"T1059.", ", , , ,", "\\\\\\\\", "`", "powershell.exe \x01" };
	static const char said[] = "At 10:03:29 UTC, \xe2\x80\x9cpowershell.exe"
	    "\xe2\x80\x9d wrote the file \xe2\x80\x9c" "berth.exe\xe2\x80\x9d, "
	    "which is mapped to T1105.";
	const struct story *s = chains[0];
	struct guard *g = guard_new(s);
	char huge[5000];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rubbish); i++)
		(void)!guard_sentence(g, str_of(rubbish[i]), &s->step[5].id, 1);
	for (i = 0; i < sizeof(said); i++)
		(void)!guard_sentence(g, (struct str){ said, i },
		    &s->step[5].id, 1);
	memset(huge, 'a', sizeof(huge));
	assert_int_equal(guard_sentence(g, (struct str){ huge, sizeof(huge) },
	    &s->step[5].id, 1), GUARD_FORM);
	for (i = 0; i + 1 < sizeof(huge); i += 2)
		memcpy(huge + i, "a ", 2);
	assert_int_equal(guard_sentence(g, (struct str){ huge, 990 },
	    &s->step[5].id, 1), GUARD_FORM);
	assert_int_equal(guard_sentence(g, str_of(said), &s->step[5].id, 1),
	    GUARD_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    no_false_sentence_passes_and_few_true_ones_are_dropped),
		cmocka_unit_test(
		    a_true_sentence_with_one_thing_changed_is_dropped),
		cmocka_unit_test(a_sentence_holds_where_it_was_said_only),
		cmocka_unit_test(what_is_no_sentence_is_refused),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
