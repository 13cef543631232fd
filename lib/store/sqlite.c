/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine of today: SQLite in WAL mode. The only file with sqlite3.h.
 *
 * The WAL is moved into the file by db_checkpoint, when idle. Should nobody
 * ever be idle, a commit does it once the WAL has grown to WAL_MOST. Readers
 * without a gap between them would keep it from beginning anew: at twice that
 * length a commit waits a moment for them. Only one reader that never ends can
 * still make it grow: ours read in short steps.
 */
#include "store/engine.h"

#include <assert.h>
#include <sqlite3.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/opening.h"
#include "store/patience.h"
#include "store/steps.h"

enum {
	STATEMENTS_MAX = 256,	/* cached; a power of two, more than we have */
	PAGE_LEN = 4096,
	WAL_MOST = (64 << 20) / PAGE_LEN,
	WAL_STEP = WAL_MOST / 4,	/* grown so much: try again to begin anew */
};
static const int64_t patience_ns = 5 * NS_PER_S, readers_ns = NS_PER_S / 4;

struct stmt {
	const char *sql;
	sqlite3_stmt *s;
	struct stmt *next;	/* another one of the same bucket */
	bool busy;
};

struct db {
	sqlite3 *h;
	char *path;
	struct stmt *bucket[STATEMENTS_MAX];
	struct patience patience;
	int wal_tried;		/* its length when it was last to begin anew */
	bool writing, damaged;
	enum rc broken;		/* what broke the open transaction */
};

#define PRAGMAS \
	"PRAGMA page_size = 4096;"                                          \
	"PRAGMA journal_mode = WAL;"                                        \
	"PRAGMA journal_size_limit = 67108864;"                             \
	"PRAGMA temp_store = MEMORY;"                                       \
	"PRAGMA trusted_schema = OFF;"                                      \
	"PRAGMA cell_size_check = ON;"

static const char sql_begin[] = "BEGIN IMMEDIATE", sql_commit[] = "COMMIT",
    sql_rollback[] = "ROLLBACK";

/* ---- results ---------------------------------------------------------- */

static enum rc
rc_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return RC_OK;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_FULL:
		return RC_BUSY;
	case SQLITE_CONSTRAINT:
		return code == SQLITE_CONSTRAINT_UNIQUE ||
		    code == SQLITE_CONSTRAINT_PRIMARYKEY ||
		    code == SQLITE_CONSTRAINT_ROWID ? RC_EXISTS : RC_FAIL;
	case SQLITE_IOERR:
		return code == SQLITE_IOERR_WRITE ||
		    code == SQLITE_IOERR_FSYNC ||
		    code == SQLITE_IOERR_SHMSIZE ? RC_BUSY : RC_FAIL;
	default:
		return RC_FAIL;
	}
}

/* Log what went wrong, once, and remember what it means for the rest. */
static enum rc
fault(struct db *db, int code, const char *what)
{
	enum rc rc = rc_of(code);

	if (rc == RC_OK || rc == RC_EXISTS)
		return rc;
	if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB ||
	    code == SQLITE_IOERR_SHORT_READ)
		db->damaged = true;
	if (rc == RC_BUSY)
		log_warn("store busy, file=%s code=%d: %s", db->path, code,
		    sqlite3_errmsg(db->h));
	else
		log_err("store failed, file=%s code=%d: %s, in: %.60s",
		    db->path, code, sqlite3_errmsg(db->h), what);
	if (db->writing && db->broken == RC_OK)
		db->broken = rc;
	return rc;
}

static void
checkpoint(struct db *db, int mode)
{
	int code = sqlite3_wal_checkpoint_v2(db->h, NULL, mode, NULL, NULL);

	if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY &&
	    (code & 0xff) != SQLITE_LOCKED)
		(void)fault(db, code, "checkpoint");
}

/* After each commit; the WAL has so many pages. */
static int
on_commit(void *ctx, sqlite3 *h, const char *name, int pages)
{
	struct db *db = ctx;

	(void)h, (void)name;
	if (pages < WAL_MOST)
		return SQLITE_OK;
	checkpoint(db, SQLITE_CHECKPOINT_PASSIVE);
	if (pages < 2 * WAL_MOST)
		db->wal_tried = 0;
	if (pages < 2 * WAL_MOST || pages < db->wal_tried + WAL_STEP)
		return SQLITE_OK;
	db->wal_tried = pages;
	db->patience.most_ns = readers_ns;
	checkpoint(db, SQLITE_CHECKPOINT_RESTART);
	db->patience.most_ns = patience_ns;
	return SQLITE_OK;
}

/* ---- opening ----------------------------------------------------------- */

enum rc
db_exec(struct db *db, const char *text)
{
	int code = sqlite3_exec(db->h, text, NULL, NULL, NULL);

	return code == SQLITE_OK ? RC_OK : fault(db, code, text);
}

/* Two who turn a new file to WAL at once: SQLite tells one of them "busy"
 * without asking patience, since waiting could be a deadlock. */
static enum rc
wal_begin(struct db *db)
{
	struct timespec nap = { 0, 5000000 };
	int tries, code = SQLITE_BUSY;

	for (tries = 0; tries < 1000 && (code & 0xff) == SQLITE_BUSY; tries++) {
		if (tries > 0)
			nanosleep(&nap, NULL);
		code = sqlite3_exec(db->h, PRAGMAS, NULL, NULL, NULL);
	}
	return code == SQLITE_OK ? RC_OK : fault(db, code, PRAGMAS);
}

static enum rc
tune(struct db *db, const struct db_want *want)
{
	char text[96];
	enum rc rc = wal_begin(db);

	if (rc != RC_OK)
		return rc;
	sqlite3_wal_hook(db->h, on_commit, db);
	sqlite3_snprintf(sizeof(text), text,
	    "PRAGMA synchronous = %s; PRAGMA cache_size = -%d",
	    want->durable ? "FULL" : "OFF", want->cache_kib);
	return db_exec(db, text);
}

enum rc
db_open(const struct db_want *want, struct db **out)
{
	struct db *db;
	int code, lock, keep = 1;
	enum rc rc;

	if (!want->create && access(want->path, F_OK) != 0)
		return RC_ABSENT;
	lock = opening_lock(want->path);
	rc = opening_make(want->path, want->create);
	if (rc != RC_OK) {
		close(lock);
		return rc;
	}
	db = mem_get(sizeof(*db));
	db->path = mem_copy(want->path, strlen(want->path));
	code = sqlite3_open_v2(want->path, &db->h,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	sqlite3_extended_result_codes(db->h, 1);
	db->patience.most_ns = patience_ns;
	sqlite3_busy_handler(db->h, patience_nap, &db->patience);
	sqlite3_file_control(db->h, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
	rc = code == SQLITE_OK ? tune(db, want) : fault(db, code, "open");
	if (rc == RC_OK)
		rc = steps_take(db, want->path, want->steps,
		    want->n_steps);
	close(lock);
	if (rc == RC_OK) {
		*out = db;
		return RC_OK;
	}
	if (want->damaged != NULL)
		*want->damaged = db->damaged;
	db_close(db);
	return rc;
}

void
db_close(struct db *db)
{
	struct stmt *st, *next;
	size_t i;

	if (db == NULL)
		return;
	db_rollback(db);
	for (i = 0; i < STATEMENTS_MAX; i++) {
		for (st = db->bucket[i]; st != NULL; st = next) {
			next = st->next;
			sqlite3_finalize(st->s);
			mem_free(st);
		}
	}
	sqlite3_close_v2(db->h);
	mem_free(db->path);
	mem_free(db);
}

/* ---- transactions ------------------------------------------------------ */

static enum rc
step_one(struct db *db, const char *text)
{
	struct query q = query_begin(db, text);

	return query_run(&q);
}

enum rc
db_begin(struct db *db)
{
	enum rc rc;

	assert(!db->writing);
	db->broken = RC_OK;
	rc = step_one(db, sql_begin);
	db->writing = rc == RC_OK;
	return rc;
}

enum rc
db_commit(struct db *db)
{
	enum rc rc;

	assert(db->writing);
	rc = db->broken != RC_OK ? db->broken : step_one(db, sql_commit);
	if (rc == RC_OK)
		db->writing = false;
	else
		db_rollback(db);
	return rc;
}

void
db_rollback(struct db *db)
{
	if (!db->writing)
		return;
	db->writing = false;
	db->broken = RC_OK;
	/* SQLite may have done it by itself, on a full disk for one. */
	if (!sqlite3_get_autocommit(db->h) && step_one(db, sql_rollback))
		log_err("cannot roll back, file=%s", db->path);
}

bool db_writing(const struct db *db) { return db->writing; }
bool db_damaged(const struct db *db) { return db->damaged; }

int64_t
db_last_id(const struct db *db)
{
	return sqlite3_last_insert_rowid(db->h);
}

int64_t
db_changes(const struct db *db)
{
	return sqlite3_changes64(db->h);
}

void
db_checkpoint(struct db *db)
{
	/* Waits for nobody, moves what no reader still needs. */
	if (!db->writing)
		checkpoint(db, SQLITE_CHECKPOINT_PASSIVE);
}

size_t
db_cached(const struct db *db)
{
	int now = 0, most = 0;

	(void)sqlite3_db_status(db->h, SQLITE_DBSTATUS_CACHE_USED, &now, &most,
	    0);
	return (size_t)now;
}

void
db_shed(struct db *db)
{
	(void)sqlite3_db_release_memory(db->h);
}

/* ---- queries ----------------------------------------------------------- */

/* A statement that is in use further up the stack is left alone: the list may
 * hold several of one text. */
static struct stmt *
stmt_find(struct db *db, const char *text, struct stmt ***list)
{
	uint64_t place = ((uint64_t)(uintptr_t)text >> 3) * 0x9e3779b97f4a7c15u;
	struct stmt *st;

	*list = &db->bucket[place >> 56];
	for (st = **list; st != NULL; st = st->next)
		if (st->sql == text && !st->busy)
			return st;
	return NULL;
}

static struct stmt *
stmt_get(struct db *db, const char *text, enum rc *rc)
{
	struct stmt **list, *st = stmt_find(db, text, &list);
	sqlite3_stmt *s;
	int code;

	if (st != NULL)
		return st;
	code = sqlite3_prepare_v3(db->h, text, -1, SQLITE_PREPARE_PERSISTENT,
	    &s, NULL);
	if (code != SQLITE_OK) {
		*rc = fault(db, code, text);
		return NULL;
	}
	st = mem_get(sizeof(*st));
	st->sql = text;
	st->s = s;
	st->next = *list;
	*list = st;
	return st;
}

struct query
query_begin(struct db *db, const char *text)
{
	struct query q = { .db = db };

	q.rc = db->broken;
	if (q.rc == RC_OK)
		q.st = stmt_get(db, text, &q.rc);
	if (q.st != NULL)
		q.st->busy = true;
	return q;
}

static void
put(struct query *q, int code)
{
	if (code != SQLITE_OK && q->rc == RC_OK)
		q->rc = fault(q->db, code, q->st->sql);
}

void
query_put_int(struct query *q, int64_t n)
{
	if (q->st != NULL)
		put(q, sqlite3_bind_int64(q->st->s, ++q->at, n));
}

void
query_put_num(struct query *q, double x)
{
	if (q->st != NULL)
		put(q, sqlite3_bind_double(q->st->s, ++q->at, x));
}

void
query_put_str(struct query *q, struct str s)
{
	if (q->st != NULL)
		put(q, sqlite3_bind_text64(q->st->s, ++q->at,
		    s.p != NULL ? s.p : "", s.len, SQLITE_STATIC, SQLITE_UTF8));
}

void
query_put_blob(struct query *q, const void *p, size_t len)
{
	if (q->st != NULL)
		put(q, sqlite3_bind_blob64(q->st->s, ++q->at,
		    p != NULL ? p : "", len, SQLITE_STATIC));
}

void
query_put_null(struct query *q)
{
	if (q->st != NULL)
		put(q, sqlite3_bind_null(q->st->s, ++q->at));
}

bool
query_next(struct query *q)
{
	int code;

	if (q->rc != RC_OK)
		return false;
	code = sqlite3_step(q->st->s);
	if (code == SQLITE_ROW) {
		q->row = true;
		return true;
	}
	if (code != SQLITE_DONE)
		q->rc = fault(q->db, code, q->st->sql);
	return false;
}

int64_t
query_int(const struct query *q, int col)
{
	return sqlite3_column_int64(q->st->s, col);
}

double
query_num(const struct query *q, int col)
{
	return sqlite3_column_double(q->st->s, col);
}

struct str
query_str(const struct query *q, int col)
{
	struct str s;

	/* The order matters: _blob first, then its length (SQLite manual). */
	s.p = sqlite3_column_blob(q->st->s, col);
	s.len = (size_t)sqlite3_column_bytes(q->st->s, col);
	return s;
}

void
query_bytes(struct query *q, int col, void *out, size_t len)
{
	struct str s = query_str(q, col);

	if (s.len == len) {
		memcpy(out, s.p, len);
		return;
	}
	log_err("store holds %zu bytes for %zu, file=%s", s.len, len,
	    q->db->path);
	q->rc = RC_FAIL;
	q->db->damaged = true;
}

enum rc
query_end(struct query *q, enum rc none)
{
	if (q->st != NULL) {
		sqlite3_reset(q->st->s);
		q->st->busy = false;
		q->st = NULL;
	}
	if (q->rc != RC_OK)
		return q->rc;
	return q->row ? RC_OK : none;
}

enum rc
query_run(struct query *q)
{
	while (query_next(q))
		;
	return query_end(q, RC_OK);
}
