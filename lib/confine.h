/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A responder gives up what it does not need. It reads bytes that anybody may
 * send; should one of them ever take it over, there is little left to do:
 *
 *   no new privileges    setuid programs give nothing
 *   a seccomp filter     files, threads, its own sockets; no program started,
 *                        no process made, no other network, no memory that is
 *                        both ours and code, nothing of another process
 *   limits               no core file (it would hold keys and events), a cap
 *                        on memory
 *   umask 027            nothing for others to read
 *
 * A system call outside the filter fails with EPERM and is told once, by name,
 * to syslog and stderr: a mute end of the process would tell nobody anything.
 * Sources: seccomp(2), prctl(2), seccomp_rule_add(3).
 */
#ifndef CONFINE_H
#define CONFINE_H

#include <stdbool.h>
#include <stddef.h>

/* What a responder needs beyond files and threads. */
enum {
	CONFINE_NETWORK = 1,	/* it asks others: internet sockets, DNS */
	CONFINE_JIT = 2,	/* PCRE2 writes code into memory */
};

/*
 * For this thread and all that it starts from here on; call it before the
 * first. `name` is the responder's, in the log. memory_max: bytes of data the
 * process may have, 0: no limit. Never ends the process: what could not be
 * given up is logged, and false tells of it. In a program built with
 * sanitizers, which do what the filter forbids, only umask and core are set.
 */
bool confine(const char *name, unsigned needs, size_t memory_max);

#endif
