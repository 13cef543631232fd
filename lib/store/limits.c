/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rate buckets and the last use of keys: limits.db, which no commit waits for
 * the disk with and which may be lost. Whoever finds it damaged makes it anew;
 * everybody else sees that the path leads to another file and follows.
 *
 * A bucket of `rate` a minute holds at most `rate` tokens and gains one each
 * 60/rate seconds. Levels are kept in units of 1/60e9 token, so that one
 * nanosecond is worth exactly `rate` units and nothing is ever rounded away.
 */
#include "store/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "store/schema.h"

enum { BUCKET_GET, BUCKET_PUT, BUCKET_PRUNE, USED_GET, USED_PUT };
static const char *const sql[] = {
	[BUCKET_GET] = "SELECT level, updated FROM bucket WHERE name = ?",
	[BUCKET_PUT] = "INSERT INTO bucket (name, level, updated)"
	    " VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
	    " level = excluded.level, updated = excluded.updated",
	[BUCKET_PRUNE] = "DELETE FROM bucket WHERE updated < ?",
	[USED_GET] = "SELECT at FROM key_used WHERE id = ?",
	[USED_PUT] = ("INSERT INTO key_used (id, at) VALUES (?, ?)"
	    " ON CONFLICT (id) DO UPDATE SET at = max(at, excluded.at)"),
};

enum { CACHE_KIB = 4096, PRUNE_EACH = 4096, RATE_MOST = 100000000 };
static const int64_t minute_ns = 60 * NS_PER_S;
#define TOKEN minute_ns		/* units in one token */

/* ---- the file ---------------------------------------------------------- */

static void
path_of(const struct store *st, const char *tail, char path[4096])
{
	snprintf(path, 4096, "%s/limits.db%s", st->data, tail);
}

static ino_t
inode_of(const struct store *st)
{
	char path[4096];
	struct stat s;

	path_of(st, "", path);
	return stat(path, &s) == 0 ? s.st_ino : 0;
}

static enum rc
open_once(struct store *st, bool *damaged)
{
	const struct schema *schema = &schemas[SCHEMA_LIMITS];
	char path[4096];

	path_of(st, "", path);
	return db_open(&(struct db_want){ .path = path, .create = true,
	    .steps = schema->steps, .n_steps = schema->n, .cache_kib = CACHE_KIB,
	    .damaged = damaged }, &st->limits);
}

/* Away with the file, unless somebody has replaced it already. The lock on the
 * folder makes it one at a time. */
static void
discard(struct store *st, ino_t inode)
{
	static const char *const tails[] = { "", "-wal", "-shm" };
	char path[4096];
	size_t i;
	int fd = open(st->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX) == 0 && inode_of(st) == inode) {
		log_warn("limits.db is damaged and made anew");
		for (i = 0; i < COUNT(tails); i++) {
			path_of(st, tails[i], path);
			unlink(path);
		}
	}
	close(fd);
}

enum rc
limits_open(struct store *st)
{
	bool damaged = false;
	ino_t inode = inode_of(st);
	enum rc rc;

	db_close(st->limits);
	st->limits = NULL;
	rc = open_once(st, &damaged);
	if (rc != RC_OK && damaged) {
		discard(st, inode);
		rc = open_once(st, &damaged);
	}
	st->limits_inode = inode_of(st);
	return rc;
}

/* Make sure that the file open is the one that is there. */
enum rc
limits_follow(struct store *st)
{
	if (st->limits != NULL && inode_of(st) == st->limits_inode)
		return RC_OK;
	return limits_open(st);
}

static enum rc
renew(struct store *st)
{
	discard(st, st->limits_inode);
	return limits_open(st);
}

/* ---- buckets ----------------------------------------------------------- */

struct level {
	int64_t units, at_ns;
};

static enum rc
level_get(struct store *st, struct str name, struct level *l)
{
	struct query q = query_begin(st->limits, sql[BUCKET_GET]);

	query_put_str(&q, name);
	if (query_next(&q)) {
		l->units = query_int(&q, 0);
		l->at_ns = query_int(&q, 1);
	}
	return query_end(&q, RC_ABSENT);
}

static enum rc
level_put(struct store *st, struct str name, const struct level *l)
{
	struct query q = query_begin(st->limits, sql[BUCKET_PUT]);

	query_put_str(&q, name);
	query_put_int(&q, l->units);
	query_put_int(&q, l->at_ns);
	return query_run(&q);
}

/* Buckets untouched for a minute are full: their rows say nothing. */
static enum rc
prune(struct store *st, int64_t now_ns)
{
	struct query q;

	if (random_u64() % PRUNE_EACH != 0)
		return RC_OK;
	q = query_begin(st->limits, sql[BUCKET_PRUNE]);
	query_put_int(&q, now_ns - 2 * minute_ns);
	return query_run(&q);
}

/* Bring the level to now. A clock that went back refills nothing. */
static void
refill(struct level *l, int64_t rate, int64_t now_ns)
{
	int64_t full = rate * TOKEN, gone_ns = now_ns - l->at_ns;

	if (l->units > full || gone_ns >= minute_ns)
		l->units = full;
	else if (gone_ns > 0 && gone_ns * rate >= full - l->units)
		l->units = full;
	else if (gone_ns > 0)
		l->units += gone_ns * rate;
	if (gone_ns > 0)
		l->at_ns = now_ns;
}

static int64_t
ceil_div(int64_t n, int64_t by)
{
	return n / by + (n % by > 0);
}

static void
tell(struct bucket *b, const struct level *l, int64_t rate, int64_t now_ns)
{
	int64_t lack = rate * TOKEN - l->units;
	int64_t full_ns = ceil_div(lack, rate);

	b->limit = rate;
	b->remaining = l->units / TOKEN;
	b->full_at_s = ceil_div(now_ns + full_ns, NS_PER_S);
	b->full_in_s = ceil_div(full_ns, NS_PER_S);
	b->retry_s = 0;
	if (!b->taken) {
		b->retry_s = l->units >= TOKEN ? 0 :
		    ceil_div(ceil_div(TOKEN - l->units, rate), NS_PER_S);
		b->retry_s = b->retry_s < 1 ? 1 : b->retry_s;
	}
}

static enum rc
take(struct store *st, struct str name, int64_t rate, int cost,
    int64_t now_ns, struct bucket *b)
{
	struct level l = { rate * TOKEN, now_ns };
	enum rc rc = level_get(st, name, &l);

	if (rc != RC_OK && rc != RC_ABSENT)
		return rc;
	refill(&l, rate, now_ns);
	b->taken = l.units >= cost * TOKEN;
	if (b->taken)
		l.units -= cost * TOKEN;
	tell(b, &l, rate, now_ns);
	if (cost == 0)
		return RC_OK;
	rc = level_put(st, name, &l);
	return rc == RC_OK ? prune(st, now_ns) : rc;
}

static enum rc
take_locked(struct store *st, struct str name, int64_t rate, int cost,
    int64_t now_ns, struct bucket *b)
{
	enum rc rc;

	if (cost == 0)
		return take(st, name, rate, 0, now_ns, b);
	rc = db_begin(st->limits);
	if (rc != RC_OK)
		return rc;
	rc = take(st, name, rate, cost, now_ns, b);
	if (rc == RC_OK)
		return db_commit(st->limits);
	db_rollback(st->limits);
	return rc;
}

enum rc
store_bucket(struct store *st, struct str name, int64_t rate, int cost,
    int64_t now_ns, struct bucket *b)
{
	struct bucket r = { .limit = INT32_MAX, .remaining = INT32_MAX,
		.full_at_s = ceil_div(now_ns, NS_PER_S), .taken = true };
	enum rc rc;

	if (rate <= 0) {
		*b = r;
		return RC_OK;
	}
	if (rate > RATE_MOST)
		rate = RATE_MOST;
	rc = limits_follow(st);
	if (rc == RC_OK)
		rc = take_locked(st, name, rate, cost, now_ns, &r);
	if (rc != RC_OK && st->limits != NULL && db_damaged(st->limits)) {
		rc = renew(st);
		if (rc == RC_OK)
			rc = take_locked(st, name, rate, cost, now_ns, &r);
	}
	if (rc == RC_OK)
		*b = r;
	return rc;
}

/* ---- last use of keys -------------------------------------------------- */

int64_t
limits_key_used(struct store *st, struct str key_id)
{
	struct query q;
	int64_t at = 0;

	if (limits_follow(st) != RC_OK)
		return 0;
	q = query_begin(st->limits, sql[USED_GET]);
	query_put_str(&q, key_id);
	if (query_next(&q))
		at = query_int(&q, 0);
	return query_end(&q, RC_OK) == RC_OK ? at : 0;
}

void
store_key_used(struct store *st, struct str key_id, int64_t now_ns)
{
	struct query q;

	if (now_ns - limits_key_used(st, key_id) < minute_ns ||
	    st->limits == NULL)
		return;
	q = query_begin(st->limits, sql[USED_PUT]);
	query_put_str(&q, key_id);
	query_put_int(&q, now_ns);
	if (query_run(&q) != RC_OK)
		log_warn("last use of key %.*s was not kept",
		    STR_ARG(key_id));
}
