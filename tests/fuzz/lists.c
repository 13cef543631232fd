/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists that people write: the owners map, the context list, a configuration,
 * what a backup says of itself. First line: which, and a name to look up.
 */
#include "fuzz.h"

#include "../../lib/backup/restore.c"
#include "base/conf.h"
#include "explain.h"
#include "serve.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hash_init();
	return 0;
}

static void
owners(struct str map, struct str name)
{
	const char *why = NULL;
	struct owner o;
	size_t line = 0;

	if (map.len > OWNERS_MAX)
		return;
	if (!owners_sound(map, &line, &why))
		HOLDS(line > 0 && why != NULL);
	else if (owners_find(map, KIND_HOST, name, &o))
		HOLDS(o.owner.len > 0 && o.line > 0);
	(void)owners_lines(map);
	if (!triage_context_sound(map, &line, &why))
		HOLDS(line > 0 && why != NULL);
}

static void
configuration(struct str text)
{
	struct config conf = { 0 };
	const struct conf_row *rows;
	char why[256] = "";
	size_t n;

	rows = config_rows(&n);
	conf_standard(rows, n, &conf);
	if (!conf_parse(rows, n, &conf, text, why, sizeof(why)))
		HOLDS(why[0] != '\0');
}

static void
manifest(struct arena *a, struct str text)
{
	struct json_doc *doc = json_doc_new();
	struct parts parts = { .a = a };
	struct backup b = { 0 };
	struct json_span span;
	struct buf lines;
	size_t i;
	enum rc rc;

	buf_init(&lines, 1 << 20);
	if (json_scan(&text, &span) == JSON_OK) {
		rc = list_take(json_parse(doc, span.text), &parts, &b, &lines);
		HOLDS(rc == RC_OK || (rc == RC_INVALID && lines.len > 0));
		for (i = 0; i < parts.n; i++)
			HOLDS(str_find(parts.v[i].name, STR(".."), 0) ==
			    (size_t)-1 && parts.v[i].name.p[0] != '/');
	}
	buf_release(&lines);
	json_doc_free(doc);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct arena *a = arena_new();
	struct str in = input_of(a, p, len), line = first_line(&in), word;

	if (!str_cut(&line, ' ', &word) || str_is(word, "owners"))
		owners(in, line);
	else if (str_is(word, "conf"))
		configuration(in);
	else
		manifest(a, in);
	arena_free(a);
	return 0;
}
