/* SPDX-License-Identifier: Apache-2.0 */
/* Migrations: forward only. Step n (from 0) leads from version n to n + 1; the
 * version stands in the file. A newer file than we know is RC_FAIL. */
#ifndef STORE_STEPS_H
#define STORE_STEPS_H

#include "store/engine.h"

MUST_CHECK enum rc steps_take(struct db *db, const char *path,
    const char *const *steps, size_t n);

#endif
