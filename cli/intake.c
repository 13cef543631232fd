/* SPDX-License-Identifier: Apache-2.0 */
#include "intake.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/unpack.h"
#include "evtx.h"

/* A piece is one transaction: large enough that its fsync does not count,
 * small enough that memory stays flat and the bar moves. */
enum { PIECE = 4 << 20, BUSY_TURNS = 10, BAR = 30 };
static const size_t FILE_MOST = (size_t)8 << 30;

bool
intake_open(struct intake *in, struct cli *c, struct store *store,
    int64_t tenant)
{
	enum rc rc;

	in->c = c;
	in->store = store;
	in->tenant = tenant;
	rc = packs_open(c->conf.rules, &in->packs);
	if (rc != RC_OK) {
		cli_failed("cannot read the rules in %s; name their folder in "
		    "the configuration or with TRACE_RULES", c->conf.rules);
		return false;
	}
	rc = packs_take(in->packs, store, tenant, &in->tagger);
	if (rc != RC_OK) {
		packs_close(in->packs);
		cli_rc(rc, "reading the tenant's rules");
		return false;
	}
	in->ingest = ingest_new(store);
	in->doc = json_doc_new();
	in->a = arena_new();
	return true;
}

void
intake_close(struct intake *in)
{
	if (in->ingest == NULL)
		return;
	ingest_free(in->ingest);
	packs_give(in->packs, in->tagger);
	packs_close(in->packs);
	json_doc_free(in->doc);
	arena_free(in->a);
	in->ingest = NULL;
}

/* A responder may be writing: wait for it rather than fail. */
static enum rc
commit(struct intake *in, struct ingest_batch *b)
{
	enum rc rc = RC_BUSY;

	for (int i = 0; i < BUSY_TURNS && rc == RC_BUSY; i++)
		rc = ingest_commit(in->ingest, in->tenant, &b, 1,
		    clock_now_ns());
	return rc;
}

bool
intake_body(struct intake *in, const char *path, struct str body,
    const struct body_shape *shape, size_t first, size_t *records)
{
	struct ingest_batch b = { 0 };
	enum json_fault fault;
	enum rc rc;

	arena_reset(in->a);
	fault = ingest_read(in->a, in->doc, in->tagger, body, shape, &b);
	if (fault != JSON_OK) {
		cli_failed("%s, from record %zu on: %s", path, first,
		    json_fault_text(fault));
		return false;
	}
	if (b.over) {
		cli_failed("%s repeats too much to be held in memory at once: "
		    "cut it into several files", path);
		return false;
	}
	b.backfill = in->backfill;
	rc = commit(in, &b);
	if (rc != RC_OK || b.rc != RC_OK) {
		cli_rc(rc != RC_OK ? rc : b.rc, path);
		return false;
	}
	in->accepted += b.accepted;
	in->duplicates += b.duplicates;
	in->rejected += b.rejected;
	for (size_t i = 0; i < b.n && in->refused != NULL; i++)
		if (b.items[i].refused)
			in->refused(in, path, first + b.items[i].index,
			    &b.items[i]);
	*records = b.n;
	return true;
}

/* Lines of JSON can be cut anywhere between two of them. A document cannot,
 * nor can TSV, whose first lines name the columns. */
static bool
is_lines(struct str text)
{
	struct json_span span;

	text = str_trim(text);
	if (text.len == 0 || text.p[0] != '{')
		return false;
	return json_scan(&text, &span) != JSON_OK || str_trim(text).len > 0;
}

static size_t
piece_of(struct str rest)
{
	const char *end;

	if (rest.len <= PIECE)
		return rest.len;
	end = memrchr(rest.p, '\n', PIECE);
	if (end == NULL)		/* one line longer than a piece */
		end = memchr(rest.p + PIECE, '\n', rest.len - PIECE);
	return end == NULL ? rest.len : (size_t)(end - rest.p) + 1;
}

static void
draw(const struct intake *in, const char *path, size_t done, size_t all,
    int64_t begun_ns)
{
	double s = (double)(clock_mono_ns() - begun_ns) / (double)NS_PER_S;
	size_t n = in->accepted + in->duplicates + in->rejected;
	int full = all == 0 ? BAR : (int)(done * BAR / all);
	const char *slash = strrchr(path, '/');

	if (!in->bar)
		return;
	fprintf(stderr, "\r%-24.24s [", slash ? slash + 1 : path);
	for (int i = 0; i < BAR; i++)
		fputc(i < full ? '#' : '.', stderr);
	fprintf(stderr, "] %3d%% %zu records, %.0f/s ", full * 100 / BAR, n,
	    s > 0 ? (double)n / s : 0);
	if (done == all)
		fputc('\n', stderr);
	fflush(stderr);
}

static bool
take(struct intake *in, const char *path, struct str text)
{
	struct body_shape shape = { .ndjson = is_lines(text),
		.source = in->source,
		.record_max = (size_t)in->c->conf.record_max };
	struct str piece, rest = text;
	int64_t begun = clock_mono_ns();
	size_t records, first = 0;

	while (rest.len > 0) {
		piece = str_sub(rest, 0,
		    shape.ndjson ? piece_of(rest) : rest.len);
		if (str_trim(piece).len > 0) {
			if (!intake_body(in, path, piece, &shape, first,
			    &records))
				return false;
			first += records;
		}
		rest = str_sub(rest, piece.len, rest.len);
		draw(in, path, text.len - rest.len, text.len, begun);
	}
	return true;
}

/* The next piece of lines; *done counts the records behind us. */
static bool
fill(struct evtx *e, struct buf *lines, size_t *done, size_t *damaged)
{
	enum evtx_got got = EVTX_RECORD;

	buf_clear(lines);
	while (lines->len < PIECE && (got = evtx_next(e, lines)) != EVTX_END) {
		++*done;
		*damaged += got == EVTX_DAMAGED;
	}
	return lines->len > 0;
}

static bool
take_records(struct intake *in, const char *path, struct evtx *e)
{
	struct body_shape shape = { .ndjson = true, .source = STR("windows"),
		.record_max = (size_t)in->c->conf.record_max };
	size_t done = 0, first = 0, records, damaged = 0;
	int64_t begun = clock_mono_ns();
	struct buf lines;
	bool good = true;

	buf_init(&lines, FILE_MOST);
	while (good && fill(e, &lines, &done, &damaged)) {
		good = intake_body(in, path, buf_str(&lines), &shape, first,
		    &records);
		first += good ? records : 0;
		draw(in, path, done, evtx_records(e), begun);
	}
	buf_release(&lines);
	in->rejected += damaged;
	if (damaged > 0)
		fprintf(stderr, "%s: %zu of its %zu records are damaged and "
		    "were left out\n", path, damaged, evtx_records(e));
	return good;
}

static bool
take_evtx(struct intake *in, const char *path, struct str file)
{
	struct evtx *e;
	bool good;

	if (!str_is(in->source, "windows") && !str_is(in->source, "auto")) {
		cli_failed("%s is a Windows event log file: --source windows",
		    path);
		return false;
	}
	e = evtx_open(file);
	if (e == NULL) {
		cli_failed("%s begins like an event log file, but is cut short "
		    "or damaged", path);
		return false;
	}
	good = take_records(in, path, e);
	evtx_close(e);
	return good;
}

static bool
unpacked(const char *path, struct str text, struct buf *out)
{
	enum unpack u = UNPACK_OK;
	bool gzip = text.len > 2 && memcmp(text.p, "\x1f\x8b", 2) == 0;
	bool zstd = text.len > 4 && memcmp(text.p, "\x28\xb5\x2f\xfd", 4) == 0;

	if (gzip)
		u = unpack_gzip(text, out);
	else if (zstd)
		u = unpack_zstd(text, out);
	if (u == UNPACK_OK)
		return gzip || zstd;
	cli_failed("%s is %s", path, u == UNPACK_TOO_BIG ?
	    "too large when unpacked" : "damaged: it cannot be unpacked");
	buf_clear(out);
	out->bad = true;
	return false;
}

static bool
read_all(const char *path, struct buf *b)
{
	if (file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, b))
		return true;
	cli_failed("cannot read %s: %s", path, strerror(errno));
	return false;
}

bool
intake_file(struct intake *in, const char *path)
{
	struct buf packed, plain;
	struct str text;
	bool good = false;

	buf_init(&packed, FILE_MOST);
	buf_init(&plain, FILE_MOST);
	if (!read_all(path, &packed))
		goto out;
	text = buf_str(&packed);
	if (unpacked(path, text, &plain))
		text = buf_str(&plain);
	if (buf_bad(&plain))
		goto out;
	if (evtx_begins(text))
		good = take_evtx(in, path, text);
	else
		good = take(in, path, text);
out:
	buf_release(&packed);
	buf_release(&plain);
	return good;
}
