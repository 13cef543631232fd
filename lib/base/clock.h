/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time: int64 nanoseconds since 1970-01-01T00:00:00Z, UTC (years 1678-2262),
 * and its RFC 3339 text.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

#define NS_PER_HOUR 3600000000000LL
#define NS_PER_S  1000000000LL
#define NS_PER_MS 1000000LL

int64_t clock_now_ns(void);		/* wall clock */
int64_t clock_mono_ns(void);		/* for spans */

/*
 * RFC 3339 with any offset (its colon may lack); 'T', 't' or one space between
 * date and time, 'Z' or 'z', 0 to 9 (more are cut) digits of a second; a leap
 * second (at the end of a UTC day) reads as :59.999999999. `zone_may_lack`: text without zone is taken as UTC (Windows
 * and Sysmon write it so); then "YYYY-MM-DD hh:mm:ss" is enough. A date alone,
 * a 30 February, an hour 25, an offset beyond 23:59 are refused.
 */
MUST_CHECK bool clock_parse(struct str text, bool zone_may_lack, int64_t *ns);

/* An epoch number's text ("1772807400", "1772807400.5", "1.7e9", ms): below
 * 1e11 seconds, below 1e14 milliseconds, else refused; negative is seconds. */
MUST_CHECK bool clock_parse_epoch(struct str text, int64_t *ns);

/* "2026-03-06T14:30:00.123Z": 3, 6 or 9 digits, as few as hold it exactly, at
 * least 3. `out` holds CLOCK_TEXT bytes; returns its length. */
enum { CLOCK_TEXT = 36 };
size_t clock_format(int64_t ns, char out[CLOCK_TEXT]);

/* "90d", "24h", "15m", "2s" or plain seconds -> seconds. */
MUST_CHECK bool clock_parse_span(struct str text, int64_t *span_s);

#endif
