/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"

/* Each test works in a folder of its own, emptied behind it. */
static int
enter_folder(void **state)
{
	char name[] = "/tmp/base_file.XXXXXX";

	*state = mkdtemp(name) == NULL ? NULL : strdup(name);
	return *state == NULL || chdir(*state) != 0 ? -1 : 0;
}

static int
leave_folder(void **state)
{
	static const char *const made[] = { "a/b/c", "a/b", "a", "file",
		"out" };
	int failed;
	size_t i;

	for (i = 0; i < COUNT(made); i++)
		(void)remove(made[i]);
	failed = chdir("/") != 0 || rmdir(*state) != 0;
	free(*state);
	return failed ? -1 : 0;
}

static void
a_file_is_replaced_whole(void **state)
{
	struct buf b;
	struct stat st;

	(void)state;
	umask(077);
	assert_true(file_write("file", "one", 3, 0640));
	assert_true(file_write("./file", "second", 6, 0644));
	assert_int_equal(stat("file", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	buf_init(&b, 100);
	buf_put_char(&b, '>');
	assert_true(file_read("file", &b));
	assert_true(str_is(buf_str(&b), ">second"));
	buf_release(&b);
	/* leave_folder fails if a temporary file is left */
}

static void
a_file_over_the_cap_is_refused(void **state)
{
	struct buf b;

	(void)state;
	assert_true(file_write("file", "123456", 6, 0600));
	buf_init(&b, 6);
	assert_true(file_read("file", &b));
	buf_release(&b);
	buf_init(&b, 5);
	assert_false(file_read("file", &b));
	assert_int_equal(errno, EFBIG);
	assert_true(buf_bad(&b));
	buf_release(&b);
	buf_init(&b, 5);
	assert_false(file_read("nothing", &b));
	assert_int_equal(errno, ENOENT);
	assert_false(file_write("no/file", "x", 1, 0600));
	assert_int_equal(errno, ENOENT);
	buf_release(&b);
}

static void
folders_are_made_on_the_way(void **state)
{
	(void)state;
	assert_true(file_folder("a//b/c/", 0700));
	assert_true(file_folder("a/b/c", 0700));
	assert_int_equal(access("a/b/c", F_OK), 0);
	assert_true(file_write("file", "", 0, 0600));
	assert_false(file_folder("file/x", 0700));
	assert_int_equal(errno, ENOTDIR);
	assert_false(file_folder("", 0700));
}

/* Root may make all folders: the test becomes nobody for a moment. */
static void
why_a_folder_cannot_be_made_is_told(void **state)
{
	bool root = geteuid() == 0;

	(void)state;
	assert_int_equal(mkdir("a", 0555), 0);
	if (root)
		assert_int_equal(chmod(".", 0755) + seteuid(65534), 0);
	assert_false(file_folder("a/b/c", 0700));
	assert_int_equal(errno, EACCES);
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod("a", 0700), 0);
}

static void
a_message_is_one_line(void **state)
{
	struct buf b;
	struct str s, line, rest;
	int was = dup(STDERR_FILENO);
	int fd = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);

	(void)state;
	assert_true(was >= 0 && fd >= 0);
	dup2(fd, STDERR_FILENO);
	log_open("unit", LOG_LEVEL_WARN, true);
	log_warn("asked name=%s", "a\nerr: forged\x1b[0m");
	log_info("%s", "not shown");
	dup2(was, STDERR_FILENO);
	close(was);
	close(fd);
	buf_init(&b, 1000);
	assert_true(file_read("out", &b));
	s = buf_str(&b);
	assert_true(str_cut(&s, '\n', &line));
	assert_false(str_cut(&s, '\n', &rest));
	assert_true(str_find(line, STR("warn: asked name=a\\x0aerr"), 0) !=
	    (size_t)-1);
	assert_true(str_ends_fold(line, "forged\\x1b[0m"));
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_replaced_whole,
		    enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(a_file_over_the_cap_is_refused,
		    enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(folders_are_made_on_the_way,
		    enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(
		    why_a_folder_cannot_be_made_is_told, enter_folder,
		    leave_folder),
		cmocka_unit_test_setup_teardown(a_message_is_one_line,
		    enter_folder, leave_folder),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
