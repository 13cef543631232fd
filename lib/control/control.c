/* SPDX-License-Identifier: Apache-2.0 */
/* The transaction, and what is kept of tenants beside their keys. */
#include "control/inner.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { TENANT_SET };
static const char *const sql[] = {
	[TENANT_SET] = "UPDATE tenant SET plan = ?, rate = ?,"
	    " retention_days = ? WHERE id = ?",
};
enum { PATH_LEN = 4096 };

enum rc
control_begin(struct store *st)
{
	return db_begin(st->control);
}

enum rc
control_commit(struct store *st)
{
	return db_commit(st->control);
}

void
control_rollback(struct store *st)
{
	db_rollback(st->control);
}

enum rc
control_tenant_set(struct store *st, int64_t tenant, struct str plan,
    int64_t rate, int64_t retention_days)
{
	struct query q = query_begin(st->control, sql[TENANT_SET]);
	enum rc rc;

	query_put_str(&q, plan);
	query_put_int(&q, rate);
	query_put_int(&q, retention_days);
	query_put_int(&q, tenant);
	rc = query_run(&q);
	if (rc != RC_OK)
		return rc;
	return db_changes(st->control) != 0 ? RC_OK : RC_ABSENT;
}

int64_t
control_tenant_bytes(struct store *st, const struct tenant *t)
{
	char path[PATH_LEN];
	struct dirent *e;
	struct stat s;
	int64_t sum = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s/tenants/%.*s", st->data,
	    STR_ARG(t->folder));
	d = opendir(path);
	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		if (fstatat(dirfd(d), e->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0
		    && S_ISREG(s.st_mode))
			sum += (int64_t)s.st_blocks * 512;
	}
	closedir(d);
	return sum;
}
