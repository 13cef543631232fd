/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum { LINE = 2048, NAME = 32 };

/* Set once by log_open, before any thread. */
static struct {
	char name[NAME];
	enum log_level most;
	bool to_stderr;
} out = { "tra-ce", LOG_LEVEL_INFO, true };

void
log_open(const char *name, enum log_level most, bool to_stderr)
{
	snprintf(out.name, sizeof(out.name), "%s", name);
	out.most = most;
	out.to_stderr = to_stderr || isatty(STDERR_FILENO) == 1;
	openlog(out.name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

/* Control bytes out: one message is one line, whatever a sender put in. */
static size_t
clean(const char *from, char *to, size_t room)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (; *from != '\0' && n + 5 < room; from++) {
		unsigned char c = (unsigned char)*from;

		if (c >= 0x20 && c != 0x7f) {
			to[n++] = *from;
			continue;
		}
		to[n++] = '\\';
		to[n++] = 'x';
		to[n++] = hex[c >> 4];
		to[n++] = hex[c & 15];
	}
	to[n] = '\0';
	return n;
}

/* One write, so that lines of several processes do not mix. */
static void
say_stderr(const char *level, const char *text)
{
	char line[LINE + NAME + 32];
	int len = snprintf(line, sizeof(line), "%s[%ld]: %s: %s\n", out.name,
	    (long)getpid(), level, text);

	if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
		return; /* nobody left to tell */
}

static void PRINTF(2, 0)
say(enum log_level level, const char *fmt, va_list ap)
{
	static const struct { int priority; const char *name; } levels[] = {
		[LOG_LEVEL_ERR] = { LOG_ERR, "err" },
		[LOG_LEVEL_WARN] = { LOG_WARNING, "warn" },
		[LOG_LEVEL_INFO] = { LOG_INFO, "info" },
		[LOG_LEVEL_DEBUG] = { LOG_DEBUG, "debug" },
	};
	char text[LINE], line[LINE];

	if (level > out.most)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	clean(text, line, sizeof(line));
	syslog(levels[level].priority, "%s", line);
	if (out.to_stderr)
		say_stderr(levels[level].name, line);
}

void
log_err(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_LEVEL_ERR, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_LEVEL_WARN, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_LEVEL_INFO, fmt, ap);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_LEVEL_DEBUG, fmt, ap);
	va_end(ap);
}
