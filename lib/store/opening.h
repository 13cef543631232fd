/* SPDX-License-Identifier: Apache-2.0 */
/* What has to be done to a database's file before the engine opens it. */
#ifndef STORE_OPENING_H
#define STORE_OPENING_H

#include <stdbool.h>

#include "base/attr.h"
#include "rc.h"

/* Wait until nobody else is opening this file; close() what is returned when
 * done. -1: could not lock (close() of it does no harm). */
int opening_lock(const char *path);
/* Make the file, for owner and group only. RC_ABSENT: not there and not
 * create. */
MUST_CHECK enum rc opening_make(const char *path, bool create);

#endif
