/* SPDX-License-Identifier: Apache-2.0 */
/* The few compiler attributes this program uses, under plain names. */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define NORETURN __attribute__((noreturn))

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
