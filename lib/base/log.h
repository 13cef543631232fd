/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line per message, key=value, lower case, no full stop. err: someone must
 * act; warn: we coped; info: one line per request; debug: off by default.
 * Never keys, bodies, prompts. Control bytes in values come out escaped.
 *
 * Goes to syslog (facility daemon) and to stderr where that is a terminal or
 * LOG_STDERR was asked for. Thread-safe.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/attr.h"

enum log_level { LOG_LEVEL_ERR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_open(const char *name, enum log_level most, bool to_stderr);
void log_err(const char *fmt, ...) PRINTF(1, 2);
void log_warn(const char *fmt, ...) PRINTF(1, 2);
void log_info(const char *fmt, ...) PRINTF(1, 2);
void log_debug(const char *fmt, ...) PRINTF(1, 2);

#endif
