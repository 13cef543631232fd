/* SPDX-License-Identifier: Apache-2.0 */
#include "store/opening.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"

enum { FILE_MODE = 0640 };

/* Openers of one file come one after another: two that make it, or one that
 * makes it while another turns it to WAL, would meet half a file. The lock has
 * a file of its own, since closing any descriptor of the database would drop
 * the locks that SQLite holds on it in this process. */
int
opening_lock(const char *path)
{
	char lock[PATH_MAX];
	int fd, n = snprintf(lock, sizeof(lock), "%s-open", path);

	if (n < 0 || (size_t)n >= sizeof(lock))
		return -1;
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
		;
	return fd;
}

/* SQLite gives the WAL the mode of its file, so making the file first with
 * the right mode settles all three. A file that is there is not touched. */
enum rc
opening_make(const char *path, bool create)
{
	int fd;

	if (access(path, F_OK) == 0)
		return RC_OK;
	if (!create)
		return RC_ABSENT;
	fd = open(path, O_RDWR | O_CLOEXEC | O_CREAT, FILE_MODE);
	if (fd < 0) {
		log_err("cannot open %s: %s", path, strerror(errno));
		return errno == ENOSPC || errno == EDQUOT ? RC_BUSY : RC_FAIL;
	}
	close(fd);
	return RC_OK;
}
