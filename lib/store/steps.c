/* SPDX-License-Identifier: Apache-2.0 */
#include "store/steps.h"

#include <stdio.h>

#include "base/log.h"

enum { VERSION_GET };
static const char *const sql[] = {
	[VERSION_GET] = "PRAGMA user_version",
};

static enum rc
version_get(struct db *db, size_t *version)
{
	struct query q = query_begin(db, sql[VERSION_GET]);

	if (query_next(&q))
		*version = (size_t)query_int(&q, 0);
	return query_end(&q, RC_FAIL);
}

/* A pragma takes no parameters; the number is ours. */
static enum rc
version_set(struct db *db, size_t version)
{
	char text[64];

	snprintf(text, sizeof(text), "PRAGMA user_version = %zu", version);
	return db_exec(db, text);
}

/* Read again under the write lock: two may open a new file at once, and only
 * one of them may make its tables. */
static enum rc
steps_locked(struct db *db, const char *const *steps, size_t n)
{
	size_t have = 0;
	enum rc rc = version_get(db, &have);

	for (; rc == RC_OK && have < n; have++)
		rc = db_exec(db, steps[have]);
	return rc == RC_OK && have == n ? version_set(db, n) : rc;
}

enum rc
steps_take(struct db *db, const char *path, const char *const *steps, size_t n)
{
	size_t have = 0;
	enum rc rc = version_get(db, &have);

	if (rc == RC_OK && have > n) {
		log_err("%s is of a newer version of this program", path);
		return RC_FAIL;
	}
	if (rc != RC_OK || have == n)
		return rc;
	rc = db_begin(db);
	if (rc != RC_OK)
		return rc;
	rc = steps_locked(db, steps, n);
	if (rc == RC_OK)
		return db_commit(db);
	db_rollback(db);
	return rc;
}
