/* SPDX-License-Identifier: Apache-2.0 */
#include "backup/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

enum { PIECE = 1 << 20, FILE_MODE = 0640 };

bool
part_name_ok(struct str name)
{
	uint8_t id[ID_LEN];

	if (str_is(name, "control.db") || str_is(name, "hooks.db"))
		return true;
	return str_starts(name, "tenants/") && name.len == 8 + ID_TEXT - 1 + 9 &&
	    base32_parse(str_sub(name, 8, ID_TEXT - 1), id) &&
	    str_is(str_sub(name, 8 + ID_TEXT - 1, name.len), "/graph.db");
}

void
path_join(char out[BACKUP_PATH], const char *folder, const char *name)
{
	if (snprintf(out, BACKUP_PATH, "%s/%s", folder, name) >= BACKUP_PATH)
		out[0] = '\0';		/* leads nowhere: ENOENT */
}

static bool
put_all(int fd, const char *p, size_t len)
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
	return true;
}

static bool
read_through(int in, int out, struct part *p)
{
	uint8_t digest[SHA256_LEN];
	struct sha256_state s;
	char *piece = mem_get(PIECE);
	ssize_t got = 1;
	bool ok = true;

	p->bytes = 0;
	sha256_begin(&s);
	while (ok && got != 0) {
		got = read(in, piece, PIECE);
		if (got < 0 && errno == EINTR)
			continue;
		ok = got >= 0;
		if (got <= 0)
			break;
		sha256_add(&s, piece, (size_t)got);
		p->bytes += got;
		ok = out < 0 || put_all(out, piece, (size_t)got);
	}
	sha256_end(&s, digest);
	hex_text(digest, sizeof(digest), p->sha256);
	mem_free(piece);
	return ok && (out < 0 || fsync(out) == 0);
}

bool
part_read(const char *path, const char *to, struct part *p)
{
	int in = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK), out = -1, was;	/* a pipe in its place holds nobody up */
	bool ok = in >= 0;

	if (ok && to != NULL) {
		out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    FILE_MODE);
		ok = out >= 0;
	}
	if (ok)
		ok = read_through(in, out, p);
	was = errno;
	if (in >= 0)
		close(in);
	if (out >= 0 && close(out) != 0)
		ok = false;
	errno = was;
	return ok;
}

bool
folder_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	if (!ok)
		log_err("cannot sync %s: %s", path, strerror(errno));
	return ok;
}

/* A WAL that still holds something is part of its file: then nothing is
 * removed. */
bool
copy_tidy(const char *folder, struct str name)
{
	static const char *const beside[] = { "-wal", "-shm", "-open" };
	char path[BACKUP_PATH], file[BACKUP_PATH];
	struct stat s;
	size_t i;

	snprintf(file, sizeof(file), "%.*s", STR_ARG(name));
	path_join(path, folder, file);
	for (i = 0; i < COUNT(beside); i++) {
		if (snprintf(file, sizeof(file), "%s%s", path, beside[i]) >=
		    BACKUP_PATH)
			return false;
		if (i == 0 && stat(file, &s) == 0 && s.st_size > 0) {
			log_err("%s is not empty", file);
			return false;
		}
		if (unlink(file) != 0 && errno != ENOENT)
			return false;
	}
	return true;
}
