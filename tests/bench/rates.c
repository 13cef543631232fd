/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rates DATA RULES SOURCE=FILE... - how fast the parts are, one core, one line
 * each. DATA is a folder to work in. Records come from NDJSON files, in bodies
 * of a few MiB as a sender would post them; each figure is the whole input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "ingest.h"

enum { FILES_MAX = 16, PIECE = 1 << 20 };

struct input {
	struct str source;
	struct buf text;
};

struct bench {
	struct input file[FILES_MAX];
	size_t n;
	const char *data;
	struct tagger *tagger;
	struct json_doc *doc;
	struct arena *a;
	struct store *st;
	struct tenant t;
	struct ingest *in;
	size_t events;		/* of the last run */
};

static void
die(const char *what)
{
	fprintf(stderr, "rates: %s\n", what);
	exit(1);
}

static size_t
piece_of(struct str rest)
{
	const char *end;

	if (rest.len <= PIECE)
		return rest.len;
	end = memrchr(rest.p, '\n', PIECE);
	return end == NULL ? rest.len : (size_t)(end - rest.p) + 1;
}

static void
body(struct bench *b, struct str source, struct str text,
    const struct tagger *t, bool commit)
{
	struct body_shape shape = { .ndjson = true, .source = source,
		.record_max = 1 << 20 };
	struct ingest_batch batch = { 0 }, *list = &batch;

	arena_reset(b->a);
	if (ingest_read(b->a, b->doc, t, text, &shape, &batch) != JSON_OK)
		die("a file is no NDJSON");
	b->events += batch.n;
	if (commit && ingest_commit(b->in, b->t.id, &list, 1,
	    clock_now_ns()) != RC_OK)
		die("cannot commit");
	if (commit && (batch.rejected > 0 || batch.duplicates > 0))
		die("records are refused or not distinct");
}

/* Seconds for the whole input. */
static double
run(struct bench *b, const struct tagger *t, bool commit)
{
	int64_t from_ns = clock_mono_ns();
	struct str rest, piece;
	size_t i;

	b->events = 0;
	for (i = 0; i < b->n; i++) {
		for (rest = buf_str(&b->file[i].text); rest.len > 0;
		    rest = str_sub(rest, piece.len, rest.len)) {
			piece = str_sub(rest, 0, piece_of(rest));
			body(b, b->file[i].source, piece, t, commit);
		}
	}
	return (double)(clock_mono_ns() - from_ns) / (double)NS_PER_S;
}

static void
say(const char *what, double n, double seconds, const char *unit)
{
	printf("%-8s %12.0f %s\n", what, n / (seconds > 1e-9 ? seconds : 1e-9),
	    unit);
}

/* All in-edges of all events, as every reader of chains finds them. */
static void
edges(struct bench *b)
{
	struct edge e[EDGES_IN_MAX];
	const struct view *v;
	const struct node *n;
	int64_t from_ns, ev = 0, events = 0, found = 0;
	struct graph *g;
	double s;

	if (store_graph(b->st, b->t.id, &g) != RC_OK)
		die("no graph");
	v = graph_view(g);
	from_ns = clock_mono_ns();
	while (graph_event_next(g, ev, &ev) == RC_OK) {
		n = v->node(v->ctx, ev);
		if (n == NULL)
			die("an event is gone");
		found += (int64_t)cause_in_edges(v, n, e);
		events++;
	}
	s = (double)(clock_mono_ns() - from_ns) / (double)NS_PER_S;
	graph_view_reset(g);
	say("edges", (double)events, s, "events/s");
	printf("%-8s %12.2f edges/event\n", "", events > 0 ?
	    (double)found / (double)events : 0);
}

static void
disk(struct bench *b)
{
	char path[4096];
	struct graph *g;
	struct stat s;

	if (store_graph(b->st, b->t.id, &g) != RC_OK)
		die("no graph");
	graph_checkpoint(g);
	snprintf(path, sizeof(path), "%s/tenants/%.*s/graph.db", b->data,
	    STR_ARG(b->t.folder));
	if (stat(path, &s) != 0)
		die("no file");
	printf("%-8s %12.0f bytes/event\n", "disk",
	    (double)s.st_size / (double)b->events);
}

static void
input_read(struct bench *b, const char *word)
{
	const char *path = strchr(word, '=');
	struct input *in = &b->file[b->n];

	if (path == NULL || b->n == FILES_MAX)
		die("SOURCE=FILE, and not too many");
	in->source = (struct str){ word, (size_t)(path - word) };
	buf_init(&in->text, (size_t)1 << 31);
	if (!file_read(path + 1, &in->text))
		die("cannot read a file");
	b->n++;
}

int
main(int argc, char **argv)
{
	struct bench b = { 0 };
	double norm, tagged, whole;
	int i;

	if (argc < 4)
		die("usage: rates DATA RULES SOURCE=FILE...");
	hash_init();
	log_open("rates", LOG_LEVEL_WARN, true);
	b.data = argv[1];
	b.a = arena_new();
	b.doc = json_doc_new();
	for (i = 3; i < argc; i++)
		input_read(&b, argv[i]);
	if (tagger_open(argv[2], &b.tagger) != RC_OK ||
	    store_open(b.data, true, &b.st) != RC_OK ||
	    store_tenant_add(b.st, b.a, STR("bench"), STR("standard"), 0,
	    &b.t) != RC_OK)
		die("cannot begin");
	b.t.folder.p = mem_copy(b.t.folder.p, b.t.folder.len);
	b.in = ingest_new(b.st);
	norm = run(&b, NULL, false);
	tagged = run(&b, b.tagger, false);
	whole = run(&b, b.tagger, true);
	printf("%-8s %12zu\n", "events", b.events);
	say("norm", (double)b.events, norm, "events/s");
	say("tag", (double)b.events, tagged - norm, "events/s, alone");
	say("ingest", (double)b.events, whole, "events/s, from bytes to disk");
	edges(&b);
	disk(&b);
	ingest_free(b.in);
	store_close(b.st);
	tagger_close(b.tagger);
	json_doc_free(b.doc);
	arena_free(b.a);
	mem_free((void *)(uintptr_t)b.t.folder.p);
	for (i = 0; i < (int)b.n; i++)
		buf_release(&b.file[i].text);
	return 0;
}
