/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store copied into a folder while others use it, and put back from there.
 *
 *	FOLDER/control.db hooks.db tenants/ID/graph.db	sound files, no WAL
 *	FOLDER/backup.json				what they are
 *
 * Each file is one moment of its original; control.db is the earliest, so the
 * copy knows no tenant without a file, and hooks.db is earlier than any graph,
 * so that what it has still to tell is there. It holds the webhooks' secrets. What may be lost (limits.db) is left
 * out. backup.json is written last, when the copy has been found sound: a
 * folder without it is no backup. It names each file's length and SHA-256.
 */
#ifndef BACKUP_H
#define BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "rc.h"
#include "store.h"

struct backup {
	int64_t files, bytes, tenants;
	int64_t made_ns;
};

/* `to` must not be there or be empty (RC_EXISTS). RC_INVALID: the copy is not
 * sound, `lines` says what; it is left for a look, without backup.json. After
 * any other failure nothing is left. */
MUST_CHECK enum rc backup_make(struct store *st, const char *to,
    const char *version, int64_t now_ns, struct backup *b, struct buf *lines);

/*
 * Every file is held against backup.json before anything of DATA is touched,
 * copied beside it, looked over, and only then takes its place. RC_ABSENT: no
 * backup. RC_INVALID: it is damaged, `lines` says where. RC_EXISTS: DATA holds
 * a store, and not `overwrite`. RC_BUSY: some process has that store open.
 * What was there before is moved to *kept, a folder inside DATA (empty: there
 * was nothing). Live streams go on with higher numbers than were ever given.
 */
enum { BACKUP_PATH = 4096 };
MUST_CHECK enum rc backup_restore(const char *from, const char *data,
    bool overwrite, int64_t now_ns, struct backup *b, struct buf *lines,
    char kept[BACKUP_PATH]);

#endif
