/* SPDX-License-Identifier: Apache-2.0 */
/* What a confined process can still do, and what it cannot. */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

enum { TEXT = 4096 };

/* What `act` answers in a confined child, whose stderr goes to `said`. */
static int
in_child(unsigned needs, int (*act)(void), char said[TEXT])
{
	int out[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(out[1], STDERR_FILENO);
		close(out[0]);
		close(out[1]);
		_exit(confine("test", needs, (size_t)1 << 30) ? act() : 99);
	}
	close(out[1]);
	while (n < TEXT - 1 &&
	    (got = read(out[0], said + n, TEXT - 1 - n)) > 0)
		n += (size_t)got;
	said[n] = '\0';
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
program_started(void)
{
	char *const argv[] = { (char *)"true", NULL };

	execve("/bin/true", argv, argv);
	return errno == EPERM ? 1 : 2;
}

static int
process_made(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid == -1 && errno == EPERM ? 1 : 2;
}

static int
internet_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0
	    : errno == EPERM ? 1 : 2;
}

static int
code_written(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED ? 0 : errno == EPERM ? 1 : 2;
}

static int
others_traced(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == -1
	    && errno == EPERM ? 1 : 2;
}

static int
limit_raised(void)
{
	const struct rlimit more = { 1 << 20, 1 << 20 };

	return setrlimit(RLIMIT_NOFILE, &more) == -1 && errno == EPERM ? 1 : 2;
}

/* What every forbidden call is to its caller, and what the log says of it. */
static void
forbids(unsigned needs, int (*act)(void), const char *name)
{
	char said[TEXT], *line;

	assert_int_equal(in_child(needs, act, said), 1);
	line = strstr(said, "forbidden system call ");
	assert_non_null(line);
	assert_non_null(strstr(line, name));
	assert_non_null(strstr(said, "test["));
}

static void
what_is_forbidden_fails_and_is_named(void **state)
{
	(void)state;
#ifdef SANITIZED
	skip();
#endif
	forbids(0, program_started, "execve");
	forbids(0, process_made, "clone");
	forbids(0, internet_socket, "socket");
	forbids(0, code_written, "mmap");
	forbids(0, others_traced, "ptrace");
	forbids(0, limit_raised, "prlimit64");
	forbids(CONFINE_NETWORK | CONFINE_JIT, program_started, "execve");
	forbids(CONFINE_JIT, internet_socket, "socket");
}

static void
what_was_asked_for_is_allowed(void **state)
{
	char said[TEXT];

	(void)state;
	assert_int_equal(in_child(CONFINE_NETWORK, internet_socket, said), 0);
	assert_int_equal(in_child(CONFINE_JIT, code_written, said), 0);
	assert_string_equal(said, "");
}

static int
told_twice(void)
{
	(void)program_started();
	(void)internet_socket();
	(void)program_started();
	return 0;
}

static void
a_call_is_told_once(void **state)
{
	char said[TEXT], *first;

	(void)state;
#ifdef SANITIZED
	skip();
#endif
	assert_int_equal(in_child(0, told_twice, said), 0);
	first = strstr(said, "execve");
	assert_non_null(first);
	assert_non_null(strstr(said, "socket"));
	assert_null(strstr(first + 1, "execve"));
}

static void *
thread(void *arg)
{
	return arg;
}

static int
ordinary_work(void)
{
	char name[] = "/tmp/tra-ce-confine-XXXXXX";
	int fd = mkstemp(name);
	struct stat s;
	pthread_t t;
	void *back = NULL;

	if (fd < 0 || fstat(fd, &s) != 0 || write(fd, "x", 1) != 1 ||
	    fdatasync(fd) != 0 || unlink(name) != 0 || close(fd) != 0)
		return 1;
	if (pthread_create(&t, NULL, thread, name) != 0 ||
	    pthread_join(t, &back) != 0 || back != name)
		return 2;
	fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0666);
	if (fd < 0 || fstat(fd, &s) != 0 || (s.st_mode & 0777) != 0640 ||
	    unlink(name) != 0)
		return 3;
	free(malloc((size_t)64 << 20));
	return socket(AF_UNIX, SOCK_DGRAM, 0) >= 0 ? 0 : 4;
}

static void
files_threads_and_local_sockets_stay(void **state)
{
	char said[TEXT];

	(void)state;
	assert_int_equal(in_child(0, ordinary_work, said), 0);
	assert_string_equal(said, "");
}

static int
limits_hold(void)
{
	/* volatile: else it may be optimised away */
	void *volatile much = malloc((size_t)2 << 30);
	struct rlimit core;

	if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
		return 1;
#ifdef SANITIZED
	free(much);
#else
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 2;
	if (much != NULL)
		return 3;
#endif
	return 0;
}

static void
no_core_no_privileges_no_endless_memory(void **state)
{
	char said[TEXT];

	(void)state;
	assert_int_equal(in_child(0, limits_hold, said), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_forbidden_fails_and_is_named),
		cmocka_unit_test(what_was_asked_for_is_allowed),
		cmocka_unit_test(a_call_is_told_once),
		cmocka_unit_test(files_threads_and_local_sockets_stay),
		cmocka_unit_test(no_core_no_privileges_no_endless_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
