/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seam under the store's verbs: one open database and its statements. A
 * second engine is one more file behind these calls; today's is sqlite.c.
 *
 * Statements are the literals at the top of the file that uses them; they are
 * prepared once per database and kept, by the address of their text. A struct
 * query goes bad once and stays bad, so it is checked at its end:
 *
 *	struct query q = query_begin(db, sql[EVENT_FIND]);
 *
 *	query_put_blob(&q, id, 16);
 *	if (query_next(&q))
 *		*ev = query_int(&q, 0);
 *	return query_end(&q, RC_ABSENT);	(what to say if there was no row)
 *
 * Bytes that are put, and texts that are read, are not copied: the former must
 * live until query_end, the latter live until query_next or query_end.
 *
 * Results: RC_EXISTS for a broken uniqueness, RC_BUSY for locked too long or
 * disk full, RC_FAIL for the rest, logged here. Once a statement failed inside
 * a transaction (uniqueness aside), everything up to its end fails the same
 * way and db_commit rolls back: half an effect is never kept.
 */
#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "rc.h"

struct db;

struct db_want {
	const char *path;
	bool create;			/* make it if it is not there */
	bool durable;			/* fsync at each commit */
	const char *const *steps;	/* schema: step n leads to version n */
	size_t n_steps;
	int cache_kib;
	bool *damaged;			/* told on failure: not a sound file */
};
/* RC_ABSENT: not there and not create. */
MUST_CHECK enum rc db_open(const struct db_want *want, struct db **db);
void db_close(struct db *db);

MUST_CHECK enum rc db_begin(struct db *db);	/* takes the write lock */
MUST_CHECK enum rc db_commit(struct db *db);
void db_rollback(struct db *db);		/* harmless without db_begin */
bool db_writing(const struct db *db);		/* between begin and end */
bool db_damaged(const struct db *db);		/* some call found it unsound */

int64_t db_last_id(const struct db *db);
int64_t db_changes(const struct db *db);	/* rows of the last statement */
/* Move the WAL into the file as far as no reader needs it; waits for nobody. */
void db_checkpoint(struct db *db);
/* Statements of ours without parameters or rows, as of a schema. */
MUST_CHECK enum rc db_exec(struct db *db, const char *text);

/* Bytes of pages in memory; give back those that nobody is using. */
size_t db_cached(const struct db *db);
void db_shed(struct db *db);

struct stmt;
struct query {
	struct db *db;
	struct stmt *st;
	enum rc rc;
	int at;			/* parameters put */
	bool row;		/* some row came */
};
struct query query_begin(struct db *db, const char *sql);
void query_put_int(struct query *q, int64_t n);
void query_put_num(struct query *q, double x);
void query_put_str(struct query *q, struct str s);
void query_put_blob(struct query *q, const void *p, size_t len);
void query_put_null(struct query *q);
/* The next row; false at the end or when bad. */
bool query_next(struct query *q);
int64_t query_int(const struct query *q, int col);
double query_num(const struct query *q, int col);
struct str query_str(const struct query *q, int col);	/* also blobs */
/* Exactly `len` bytes into `out`; another length makes the query bad. */
void query_bytes(struct query *q, int col, void *out, size_t len);
/* `none`: what to say when all went well but no row came. */
MUST_CHECK enum rc query_end(struct query *q, enum rc none);
/* For statements without rows: run to the end. */
MUST_CHECK enum rc query_run(struct query *q);

#endif
