/* SPDX-License-Identifier: Apache-2.0 */
/* The rule files of a folder. */
#ifndef TAG_FOLDER_H
#define TAG_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"

struct paths {
	const char **items;
	size_t n, room;
};

/* All *.yml and *.yaml under the folder, sorted; hidden ones are left out, and
 * folders that are symbolic links. False: a folder cannot be read. */
MUST_CHECK bool folder_rules(struct arena *a, const char *folder,
    struct paths *p);

#endif
