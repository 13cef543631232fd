/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

/* Keep errno over a close that may set it. */
static void
close_quietly(int fd)
{
	int was = errno;

	close(fd);
	errno = was;
}

static bool
read_all(int fd, struct buf *b)
{
	enum { PIECE = 64 * 1024 };
	char spare, *to;
	size_t room;
	ssize_t got;

	for (;;) {
		room = b->most - b->len < PIECE ? b->most - b->len : PIECE;
		to = room > 0 ? buf_room(b, room) : &spare;
		if (to == NULL)
			break;
		got = read(fd, to, room > 0 ? room : 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0;
		if (room == 0)
			break; /* more than the cap */
		buf_wrote(b, (size_t)got);
	}
	b->bad = true;
	errno = EFBIG;
	return false;
}

bool
file_read(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return false;
	ok = read_all(fd, b);
	close_quietly(fd);
	return ok;
}

static bool
write_all(int fd, const char *p, size_t len)
{
	ssize_t put;

	while (len > 0) {
		put = write(fd, p, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		p += put;
		len -= (size_t)put;
	}
	return fsync(fd) == 0;
}

/* A rename is on disk only once its folder is. */
static bool
sync_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd, len = slash == NULL ? 1 : slash == path ? 1 :
	    (int)(slash - path);
	bool ok;

	snprintf(folder, sizeof(folder), "%.*s", len,
	    slash == NULL ? "." : path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = fsync(fd) == 0;
	close_quietly(fd);
	return ok;
}

bool
file_write(const char *path, const void *p, size_t len, mode_t mode)
{
	char temp[PATH_MAX];
	int fd, n, was;
	bool ok;

	n = snprintf(temp, sizeof(temp), "%s.%016llx.tmp", path,
	    (unsigned long long)random_u64());
	if (n < 0 || (size_t)n >= sizeof(temp)) {
		errno = ENAMETOOLONG;
		return false;
	}
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return false;
	/* fchmod: the mode as given, whatever the umask */
	ok = fchmod(fd, mode) == 0 && write_all(fd, p, len);
	close_quietly(fd);
	if (ok && rename(temp, path) == 0)
		return sync_folder(path);
	was = errno;
	unlink(temp);
	errno = was;
	return false;
}

static bool
make_one(const char *path, mode_t mode)
{
	struct stat st;
	int why;

	if (mkdir(path, mode) == 0)
		return true;
	why = errno;
	if (why != EEXIST && why != EACCES && why != EROFS)
		return false;
	if (stat(path, &st) != 0) {
		errno = why;	/* that it is not there is not why */
		return false;
	}
	if (S_ISDIR(st.st_mode))
		return true;
	errno = ENOTDIR;
	return false;
}

bool
file_folder(const char *path, mode_t mode)
{
	char here[PATH_MAX];
	size_t len = strlen(path), i;

	if (len == 0 || len >= sizeof(here)) {
		errno = len == 0 ? ENOENT : ENAMETOOLONG;
		return false;
	}
	memcpy(here, path, len + 1);
	for (i = 1; i < len; i++) {
		if (here[i] != '/' || here[i - 1] == '/')
			continue;
		here[i] = '\0';
		if (!make_one(here, mode))
			return false;
		here[i] = '/';
	}
	return make_one(here, mode);
}
