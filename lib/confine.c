/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only file that knows libseccomp.
 *
 * The filter is a list of what is allowed. It has to be, for what is
 * forbidden grows with each kernel; and it can be, for the program is one loop
 * over libfcgi, SQLite and libc. What such a list forgets shows up as EPERM in
 * some rare corner, so the forbidden call must name itself: it raises SIGSYS,
 * whose handler writes one line and makes the call return -EPERM.
 */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <ucontext.h>
#include <unistd.h>

#include <seccomp.h>

#include "base/attr.h"
#include "base/log.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

enum { CALLS_MOST = 512, LINE = 160, NAME = 32 };

/* Written by confine() before any other thread, read by the handler. */
static struct {
	char name[NAME];
	const char *call[CALLS_MOST];	/* its name, NULL: none */
	int syslog_fd;
} here = { .syslog_fd = -1 };
static atomic_bool told[CALLS_MOST];

#define CALL(name) SCMP_SYS(name)

static const int files[] = {
	CALL(read), CALL(readv), CALL(pread64), CALL(preadv), CALL(write),
	CALL(writev), CALL(pwrite64), CALL(pwritev), CALL(open), CALL(openat),
	CALL(close), CALL(lseek), CALL(stat), CALL(lstat), CALL(fstat),
	CALL(newfstatat), CALL(statx), CALL(access), CALL(faccessat),
	CALL(faccessat2), CALL(getcwd), CALL(readlink), CALL(readlinkat),
	CALL(fcntl), CALL(flock), CALL(ftruncate), CALL(fallocate),
	CALL(fsync), CALL(fdatasync), CALL(unlink), CALL(unlinkat),
	CALL(rename), CALL(renameat), CALL(renameat2), CALL(link),
	CALL(linkat), CALL(mkdir), CALL(mkdirat), CALL(rmdir),
	CALL(getdents64), CALL(chmod), CALL(fchmod), CALL(fchmodat),
	CALL(fchown), CALL(umask), CALL(statfs), CALL(fstatfs),
	CALL(utimensat), CALL(copy_file_range), CALL(sendfile), CALL(dup),
	CALL(dup2), CALL(dup3), CALL(fadvise64),
};

static const int process[] = {
	CALL(brk), CALL(munmap), CALL(mremap), CALL(madvise), CALL(futex),
	CALL(set_robust_list), CALL(rseq), CALL(sched_yield),
	CALL(sched_getaffinity), CALL(set_tid_address), CALL(membarrier),
	CALL(getcpu), CALL(exit), CALL(exit_group), CALL(rt_sigaction),
	CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(rt_sigtimedwait),
	CALL(sigaltstack), CALL(tgkill), CALL(restart_syscall), CALL(prctl),
	CALL(gettid), CALL(getpid), CALL(getppid), CALL(getuid),
	CALL(geteuid), CALL(getgid), CALL(getegid), CALL(getresuid),
	CALL(getresgid), CALL(getgroups), CALL(getrandom), CALL(uname),
	CALL(sysinfo), CALL(getrusage), CALL(getrlimit), CALL(times),
	CALL(time), CALL(gettimeofday), CALL(clock_gettime),
	CALL(clock_getres), CALL(clock_nanosleep), CALL(nanosleep),
};

static const int connections[] = {
	CALL(poll), CALL(ppoll), CALL(select), CALL(pselect6),
	CALL(epoll_create1), CALL(epoll_ctl), CALL(epoll_wait),
	CALL(epoll_pwait), CALL(eventfd2), CALL(pipe2), CALL(timerfd_create),
	CALL(timerfd_settime), CALL(accept), CALL(accept4), CALL(connect),
	CALL(recvfrom), CALL(recvmsg), CALL(sendto), CALL(sendmsg),
	CALL(shutdown), CALL(getsockname), CALL(getpeername),
	CALL(setsockopt), CALL(getsockopt),
};

/* The store takes the data folder's owner when root started us. */
static const int of_root[] = {
	CALL(setresuid), CALL(setresgid), CALL(setgroups), CALL(setuid),
	CALL(setgid), CALL(setreuid), CALL(setregid),
};

/* DNS and TCP by libcurl and glibc's resolver. */
static const int network[] = {
	CALL(socketpair), CALL(bind), CALL(sendmmsg), CALL(recvmmsg),
	CALL(pipe), CALL(alarm),
};

static bool
allow(scmp_filter_ctx f, const int *calls, size_t n)
{
	size_t i;
	int rc;

	for (i = 0; i < n; i++) {
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
		/* A call that this machine's kind does not have. */
		if (rc != 0 && rc != -EDOM && rc != -EFAULT)
			return false;
	}
	return true;
}

static bool
allow_if(scmp_filter_ctx f, int call, struct scmp_arg_cmp what)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, call, 1, what) == 0;
}

static struct scmp_arg_cmp
equals(unsigned argument, uint64_t value)
{
	return (struct scmp_arg_cmp){ argument, SCMP_CMP_EQ, value, 0 };
}

static bool
allow_sockets(scmp_filter_ctx f, unsigned needs)
{
	if (!allow_if(f, CALL(socket), equals(0, AF_UNIX)))
		return false;
	if ((needs & CONFINE_NETWORK) == 0)
		return true;
	return allow_if(f, CALL(socket), equals(0, AF_INET))
	    && allow_if(f, CALL(socket), equals(0, AF_INET6))
	    && allow_if(f, CALL(socket), equals(0, AF_NETLINK))
	    && allow_if(f, CALL(ioctl), equals(1, FIONREAD))
	    && allow_if(f, CALL(ioctl), equals(1, FIONBIO))
	    && allow(f, network, COUNT(network));
}

/* Code comes from files that were mapped before, from PCRE2, or from a module
 * of the name service that getaddrinfo loads. */
static bool
allow_memory(scmp_filter_ctx f, unsigned needs)
{
	static const int all[] = { CALL(mmap), CALL(mprotect) };

	if (needs != 0)
		return allow(f, all, COUNT(all));
	return allow_if(f, CALL(mmap),
		   SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0))
	    && allow_if(f, CALL(mprotect),
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

/* Threads, not processes. clone3 keeps its flags in memory, where no filter
 * can look; without it libc takes clone. */
static bool
allow_threads(scmp_filter_ctx f)
{
	return allow_if(f, CALL(clone), SCMP_A0(SCMP_CMP_MASKED_EQ,
		   CLONE_THREAD, CLONE_THREAD))
	    && seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), CALL(clone3), 0)
	    == 0
	    && allow_if(f, CALL(ioctl), equals(1, TCGETS))
	    /* Reading a limit is harmless, setting one is not. */
	    && allow_if(f, CALL(prlimit64), equals(2, 0));
}

static bool
filter_load(unsigned needs)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_TRAP);
	bool good;

	if (f == NULL)
		return false;
	(void)seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	good = allow(f, files, COUNT(files))
	    && allow(f, process, COUNT(process))
	    && allow(f, connections, COUNT(connections))
	    && allow_memory(f, needs) && allow_threads(f)
	    && allow_sockets(f, needs)
	    && (geteuid() != 0 || allow(f, of_root, COUNT(of_root)))
	    && seccomp_load(f) == 0;
	seccomp_release(f);
	return good;
}

/* ---- the handler: only what signal-safety(7) lists ---------------------- */

static size_t
text_add(char *line, size_t at, const char *text)
{
	while (*text != '\0' && at < LINE - 1)
		line[at++] = *text++;
	return at;
}

static size_t
number_add(char *line, size_t at, unsigned n)
{
	char digits[12];
	size_t i = sizeof(digits);

	digits[--i] = '\0';
	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	return text_add(line, at, digits + i);
}

static void
tell(unsigned call)
{
	char line[LINE];
	size_t at, text;

	at = text_add(line, 0, "<");
	at = number_add(line, at, LOG_DAEMON | LOG_ERR);
	text = at = text_add(line, at, ">");
	at = text_add(line, at, here.name);
	at = text_add(line, at, "[");
	at = number_add(line, at, (unsigned)getpid());
	at = text_add(line, at, "]: err: forbidden system call ");
	if (call < CALLS_MOST && here.call[call] != NULL)
		at = text_add(line, at, here.call[call]);
	at = text_add(line, at, " number=");
	at = number_add(line, at, call);
	at = text_add(line, at, " it failed with EPERM");
	if (here.syslog_fd >= 0)
		(void)send(here.syslog_fd, line, at,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	line[at++] = '\n';
	if (write(STDERR_FILENO, line + text, at - text) < 0)
		return;		/* nobody left to tell */
}

/* What the call returns to its caller. */
static void
result_set(ucontext_t *u, long value)
{
#if defined(__x86_64__)
	u->uc_mcontext.gregs[REG_RAX] = value;
#elif defined(__aarch64__)
	u->uc_mcontext.regs[0] = (unsigned long)value;
#elif defined(__riscv)
	u->uc_mcontext.__gregs[REG_A0] = (unsigned long)value;
#else
	/* The register is left as it was: for most calls a failure too. */
	(void)u;
	(void)value;
#endif
}

static void
forbidden(int sig, siginfo_t *info, void *context)
{
	unsigned call = (unsigned)info->si_syscall;
	int kept = errno;

	(void)sig;
	if (call >= CALLS_MOST || !atomic_exchange(&told[call], true))
		tell(call);
	result_set(context, -EPERM);
	errno = kept;
}

/* ------------------------------------------------------------------------ */

static void
syslog_find(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX,
		.sun_path = "/dev/log" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		close(fd);
		fd = -1;
	}
	here.syslog_fd = fd;
}

static bool
handler_set(const char *name)
{
	struct sigaction act = { .sa_sigaction = forbidden,
		.sa_flags = SA_SIGINFO | SA_NODEFER };
	int i;

	snprintf(here.name, sizeof(here.name), "%s", name);
	for (i = 0; i < CALLS_MOST; i++)
		here.call[i] = seccomp_syscall_resolve_num_arch(
		    SCMP_ARCH_NATIVE, i);
	syslog_find();
	sigemptyset(&act.sa_mask);
	return sigaction(SIGSYS, &act, NULL) == 0;
}

static bool
limit(int what, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(what, &now) != 0)
		return false;
	if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most)
		most = now.rlim_max;
	return setrlimit(what, &(struct rlimit){ most, most }) == 0;
}

bool
confine(const char *name, unsigned needs, size_t memory_max)
{
	bool good;

	umask(027);
	good = limit(RLIMIT_CORE, 0);
#ifndef SANITIZED
	if (memory_max > 0)
		good = limit(RLIMIT_DATA, memory_max) && good;
	good = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
	    && handler_set(name) && filter_load(needs) && good;
#else
	(void)memory_max;
	(void)needs;
	(void)name;
	(void)handler_set;
	(void)filter_load;
#endif
	if (!good)
		log_warn("not everything could be given up errno=%d", errno);
	return good;
}
