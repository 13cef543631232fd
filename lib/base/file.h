/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files and folders, with sizes capped. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/buf.h"

/* Append a file's bytes to b (whose maximum is the cap). False: errno says. */
MUST_CHECK bool file_read(const char *path, struct buf *b);
/* Replace a file whole: temp name beside it, fsync, rename, mode as given. */
MUST_CHECK bool file_write(const char *path, const void *p, size_t len,
    mode_t mode);
/* mkdir -p with this mode for what is made. */
MUST_CHECK bool file_folder(const char *path, mode_t mode);

#endif
