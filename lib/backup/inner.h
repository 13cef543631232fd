/* SPDX-License-Identifier: Apache-2.0 */
/* What making a backup and putting it back have in common. */
#ifndef BACKUP_INNER_H
#define BACKUP_INNER_H

#include "backup.h"
#include "base/hash.h"

#define BACKUP_LIST "backup.json"

/* A file of a backup: its name inside the folder, what it must be. */
struct part {
	struct str name;
	int64_t bytes;
	char sha256[SHA256_HEX];
};
struct parts { struct part *v; size_t n, room; struct arena *a; };

/* Is it control.db, hooks.db or tenants/ID/graph.db? Nothing else is ever touched. */
bool part_name_ok(struct str name);
void path_join(char out[BACKUP_PATH], const char *folder, const char *name);

/* Length and digest of a file; with `to`, copied there on the way and forced
 * to disk. False: errno says. */
MUST_CHECK bool part_read(const char *path, const char *to, struct part *p);

/* Open the copy in this folder, check it, give every tenant's change log a
 * number at least that high (0: leave it), close it, and remove what opening
 * has put beside the files. RC_INVALID: not sound, `lines` says what. */
MUST_CHECK enum rc copy_settle(const char *folder, int64_t change_least,
    int64_t *tenants, struct buf *lines);
/* Remove the files that go along with an open database, and limits.db. */
MUST_CHECK bool copy_tidy(const char *folder, struct str name);
/* What has been renamed or made in it is on disk. */
MUST_CHECK bool folder_sync(const char *path);

#endif
