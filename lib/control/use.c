/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failed sign-ins and use by the hour: limits.db, which no commit waits for the
 * disk with. Who finds it damaged asks limits.c to make it anew, with the next
 * request's bucket; what was counted is lost then, and nothing else.
 */
#include "control/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { SIGN_IN_GET, SIGN_IN_PUT, SIGN_IN_END, SIGN_IN_OLD, USE_ADD, USE_OLD,
	USE_LIST };
static const char *const sql[] = {
	[SIGN_IN_GET] = "SELECT failures, at FROM sign_in WHERE who = ?",
	[SIGN_IN_PUT] = "INSERT INTO sign_in (who, failures, at)"
	    " VALUES (?, ?, ?) ON CONFLICT (who) DO UPDATE SET"
	    " failures = excluded.failures, at = excluded.at",
	[SIGN_IN_END] = "DELETE FROM sign_in WHERE who = ?",
	[SIGN_IN_OLD] = "DELETE FROM sign_in WHERE at < ?",
	/* ?7 is the minute; a peak is told from the run within one minute. */
	[USE_ADD] = ("INSERT INTO usage (tenant, hour, requests, refused,"
	    " events, bytes, minute, in_minute, peak)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?3, ?3)"
	    " ON CONFLICT (tenant, hour) DO UPDATE SET"
	    " requests = requests + ?3, refused = refused + ?4,"
	    " events = events + ?5, bytes = bytes + ?6,"
	    " in_minute = CASE WHEN minute = ?7 THEN in_minute + ?3"
	    " ELSE ?3 END,"
	    " peak = max(peak, CASE WHEN minute = ?7 THEN in_minute + ?3"
	    " ELSE ?3 END), minute = ?7"),
	[USE_OLD] = "DELETE FROM usage WHERE tenant = ? AND hour < ?",
	[USE_LIST] = "SELECT hour, requests, refused, events, bytes, peak"
	    " FROM usage WHERE tenant = ? AND hour >= ? ORDER BY hour",
};
static const int64_t day_ns = 24 * 3600 * NS_PER_S;

enum { LOCK_PATIENCE_MS = 5000, LOCK_STEP_MS = 20, PATH_LEN = 4096 };

enum rc
control_sign_in_lock(struct store *st, int *fd)
{
	char path[PATH_LEN];
	int waited, f;

	snprintf(path, sizeof(path), "%s/sign-in.lock", st->data);
	f = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (f < 0) {
		log_err("cannot open %s: %s", path, strerror(errno));
		return errno == ENOSPC ? RC_BUSY : RC_FAIL;
	}
	for (waited = 0; flock(f, LOCK_EX | LOCK_NB) != 0;
	    waited += LOCK_STEP_MS) {
		if (waited >= LOCK_PATIENCE_MS) {
			close(f);
			return RC_BUSY;
		}
		usleep(LOCK_STEP_MS * 1000);
	}
	*fd = f;
	return RC_OK;
}

void
control_sign_in_unlock(int fd)
{
	close(fd);
}

enum rc
control_sign_in_get(struct store *st, struct str who, struct sign_in *s)
{
	struct sign_in found = { 0 };
	struct query q;
	enum rc rc = limits_follow(st);

	if (rc != RC_OK)
		return rc;
	q = query_begin(st->limits, sql[SIGN_IN_GET]);
	query_put_str(&q, who);
	if (query_next(&q)) {
		found.failures = query_int(&q, 0);
		found.at_ns = query_int(&q, 1);
	}
	rc = query_end(&q, RC_OK);
	if (rc == RC_OK)
		*s = found;
	return rc;
}

enum rc
control_sign_in_put(struct store *st, struct str who, const struct sign_in *s)
{
	enum rc rc = limits_follow(st);
	struct query q;

	if (rc != RC_OK)
		return rc;
	q = query_begin(st->limits, sql[SIGN_IN_OLD]);
	query_put_int(&q, clock_now_ns() - day_ns);
	rc = query_run(&q);
	if (rc != RC_OK)
		return rc;
	q = query_begin(st->limits,
	    sql[s->failures == 0 ? SIGN_IN_END : SIGN_IN_PUT]);
	query_put_str(&q, who);
	if (s->failures != 0) {
		query_put_int(&q, s->failures);
		query_put_int(&q, s->at_ns);
	}
	return query_run(&q);
}

/* ---- use ------------------------------------------------------------------ */

void
control_usage_add(struct store *st, int64_t tenant, int64_t now_ns,
    const struct usage *more)
{
	struct query q;

	if (limits_follow(st) != RC_OK)
		return;
	q = query_begin(st->limits, sql[USE_ADD]);
	query_put_int(&q, tenant);
	query_put_int(&q, now_ns / NS_PER_HOUR);
	query_put_int(&q, more->requests);
	query_put_int(&q, more->refused);
	query_put_int(&q, more->events);
	query_put_int(&q, more->bytes);
	query_put_int(&q, now_ns / (60 * NS_PER_S));
	if (query_run(&q) != RC_OK)
		log_warn("use of tenant %lld was not counted",
		    (long long)tenant);
}

static enum rc
use_prune(struct store *st, int64_t tenant)
{
	struct query q = query_begin(st->limits, sql[USE_OLD]);

	query_put_int(&q, tenant);
	query_put_int(&q, clock_now_ns() / NS_PER_HOUR - USAGE_DAYS_KEPT * 24);
	return query_run(&q);
}

enum rc
control_usage(struct store *st, struct arena *a, int64_t tenant,
    int64_t since_hour, struct usage **u, size_t *n)
{
	struct usage *list = NULL;
	size_t room = 0, many = 0;
	struct query q;
	enum rc rc = limits_follow(st);

	if (rc == RC_OK)
		rc = use_prune(st, tenant);
	if (rc != RC_OK)
		return rc;
	q = query_begin(st->limits, sql[USE_LIST]);
	query_put_int(&q, tenant);
	query_put_int(&q, since_hour);
	while (query_next(&q)) {
		list = arena_grow(a, list, &room, many + 1, sizeof(*list));
		list[many++] = (struct usage){ query_int(&q, 0),
			query_int(&q, 1), query_int(&q, 2), query_int(&q, 3),
			query_int(&q, 4), query_int(&q, 5) };
	}
	rc = query_end(&q, RC_OK);
	if (rc != RC_OK)
		return rc;
	*u = list;
	*n = many;
	return RC_OK;
}
