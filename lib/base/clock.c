/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time as text and back, without the C library's time zones: the calendar is
 * the proleptic Gregorian one, counted in days from 1970-01-01 by the method
 * of Howard Hinnant ("chrono-compatible low-level date algorithms"): the year
 * begins in March, so that the leap day is its last, and 400 years are one
 * era of 146,097 days.
 */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t
clock_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t
clock_mono_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static int64_t
days_of(int64_t y, unsigned m, unsigned d)
{
	int64_t era;
	unsigned in_era, of_year;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	in_era = (unsigned)(y - era * 400);
	of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 +
	    of_year - 719468;
}

static void
date_of(int64_t days, int64_t *y, unsigned *m, unsigned *d)
{
	int64_t era;
	unsigned in_era, year, of_year, month;

	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	in_era = (unsigned)(days - era * 146097);
	year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) /
	    365;
	of_year = in_era - (365 * year + year / 4 - year / 100);
	month = (5 * of_year + 2) / 153;
	*d = of_year - (153 * month + 2) / 5 + 1;
	*m = month < 10 ? month + 3 : month - 9;
	*y = (int64_t)year + era * 400 + (*m <= 2);
}

static unsigned
month_days(int64_t y, unsigned m)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31,
		30, 31, 30, 31 };

	if (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0))
		return 29;
	return days[m - 1];
}

/* Exactly `digits` digits off the front of *s. */
static bool
take_digits(struct str *s, size_t digits, unsigned *n)
{
	size_t i;

	if (s->len < digits)
		return false;
	*n = 0;
	for (i = 0; i < digits; i++) {
		unsigned digit = (unsigned char)s->p[i] - '0';

		if (digit > 9)
			return false;
		*n = *n * 10 + digit;
	}
	s->p += digits;
	s->len -= digits;
	return true;
}

static bool
take_char(struct str *s, char c)
{
	if (s->len == 0 || s->p[0] != c)
		return false;
	s->p++;
	s->len--;
	return true;
}

static bool
take_date(struct str *s, int64_t *days)
{
	unsigned y, m, d;

	if (!take_digits(s, 4, &y) || !take_char(s, '-') ||
	    !take_digits(s, 2, &m) || !take_char(s, '-') ||
	    !take_digits(s, 2, &d))
		return false;
	if (m < 1 || m > 12 || d < 1 || d > month_days(y, m))
		return false;
	*days = days_of(y, m, d);
	return true;
}

/* hh:mm:ss as seconds of the day; a second 60 is reported as such. */
static bool
take_time(struct str *s, int64_t *second, bool *leap)
{
	unsigned h, m, sec;

	if (!take_digits(s, 2, &h) || !take_char(s, ':') ||
	    !take_digits(s, 2, &m) || !take_char(s, ':') ||
	    !take_digits(s, 2, &sec))
		return false;
	if (h > 23 || m > 59 || sec > 60)
		return false;
	*leap = sec == 60;
	*second = h * 3600 + m * 60 + (*leap ? 59 : sec);
	return true;
}

static bool
take_fraction(struct str *s, int64_t *ns)
{
	unsigned digit;
	int64_t place = NS_PER_S / 10;

	*ns = 0;
	if (!take_char(s, '.'))
		return true;
	if (!take_digits(s, 1, &digit))
		return false;
	do {
		*ns += digit * place;
		place /= 10;
	} while (take_digits(s, 1, &digit));
	return true;
}

static bool
take_zone(struct str *s, bool may_lack, int64_t *offset_s)
{
	unsigned h, m;
	bool minus;

	*offset_s = 0;
	if (s->len == 0)
		return may_lack;
	if (take_char(s, 'Z') || take_char(s, 'z'))
		return true;
	minus = s->p[0] == '-';
	if (!take_char(s, minus ? '-' : '+') || !take_digits(s, 2, &h))
		return false;
	(void)take_char(s, ':');
	if (!take_digits(s, 2, &m) || h > 23 || m > 59)
		return false;
	*offset_s = (int64_t)(h * 3600 + m * 60) * (minus ? -1 : 1);
	return true;
}

bool
clock_parse(struct str text, bool zone_may_lack, int64_t *ns)
{
	int64_t days, second, fraction, offset_s, sum;
	bool leap;

	if (!take_date(&text, &days))
		return false;
	if (!take_char(&text, 'T') && !take_char(&text, 't') &&
	    !take_char(&text, ' '))
		return false;
	if (!take_time(&text, &second, &leap) ||
	    !take_fraction(&text, &fraction) ||
	    !take_zone(&text, zone_may_lack, &offset_s) || text.len > 0)
		return false;
	if (leap) {
		/* Leap seconds are inserted at the end of a UTC day only. */
		if ((second - offset_s + 1) % 86400 != 0)
			return false;
		fraction = NS_PER_S - 1;
	}
	second += days * 86400 - offset_s;
	if (__builtin_mul_overflow(second, NS_PER_S, &sum) ||
	    __builtin_add_overflow(sum, fraction, &sum))
		return false;
	*ns = sum;
	return true;
}

/* A decimal number without sign: digits * 10^power; of its n digits those
 * that `digits` has no room for are cut. */
struct decimal {
	int64_t digits;
	int n, power;
	bool full;
};

static void
decimal_add(struct decimal *d, unsigned digit, bool behind_point)
{
	int64_t sum;

	d->full = d->full || __builtin_mul_overflow(d->digits, 10, &sum) ||
	    __builtin_add_overflow(sum, digit, &sum);
	if (d->full) {
		d->power += !behind_point;
		return;
	}
	d->digits = sum;
	d->n += d->digits != 0;
	d->power -= behind_point;
}

static bool
take_exponent(struct str *s, int *power)
{
	bool minus;
	unsigned digit;
	int sum = 0;

	minus = take_char(s, '-');
	if (!minus)
		(void)take_char(s, '+');
	if (!take_digits(s, 1, &digit))
		return false;
	do {
		if (sum < 1000)
			sum = sum * 10 + (int)digit;
	} while (take_digits(s, 1, &digit));
	*power += minus ? -sum : sum;
	return true;
}

static bool
take_decimal(struct str *s, struct decimal *d)
{
	unsigned digit;

	*d = (struct decimal){ 0 };
	if (s->len > 64 || !take_digits(s, 1, &digit))
		return false;
	do
		decimal_add(d, digit, false);
	while (take_digits(s, 1, &digit));
	if (take_char(s, '.')) {
		if (!take_digits(s, 1, &digit))
			return false;
		do
			decimal_add(d, digit, true);
		while (take_digits(s, 1, &digit));
	}
	if (take_char(s, 'e') || take_char(s, 'E'))
		return take_exponent(s, &d->power);
	return true;
}

bool
clock_parse_epoch(struct str text, int64_t *ns)
{
	bool minus = take_char(&text, '-');
	struct decimal d;
	int whole;

	if (!take_decimal(&text, &d) || text.len > 0)
		return false;
	/* Digits before the point: 11 of them are below 1e11. */
	whole = d.n + d.power;
	if (d.digits != 0 && whole > 14)
		return false;
	d.power += whole <= 11 || minus ? 9 : 6;
	for (; d.power > 0 && d.digits != 0; d.power--)
		if (__builtin_mul_overflow(d.digits, 10, &d.digits))
			return false;
	for (; d.power < 0 && d.digits != 0; d.power++)
		d.digits /= 10;
	*ns = minus ? -d.digits : d.digits;
	return true;
}

size_t
clock_format(int64_t ns, char out[CLOCK_TEXT])
{
	int64_t second = ns / NS_PER_S, fraction = ns % NS_PER_S, days, y;
	unsigned m, d, left;
	int len, digits = 9;

	if (fraction < 0) {
		fraction += NS_PER_S;
		second--;
	}
	days = (second >= 0 ? second : second - 86399) / 86400;
	left = (unsigned)(second - days * 86400);
	date_of(days, &y, &m, &d);
	for (; digits > 3 && fraction % 1000 == 0; digits -= 3)
		fraction /= 1000;
	len = snprintf(out, CLOCK_TEXT, "%04d-%02u-%02uT%02u:%02u:%02u.%0*dZ",
	    (int)y, m, d, left / 3600, left / 60 % 60, left % 60, digits,
	    (int)fraction);
	return (size_t)len;
}

bool
clock_parse_span(struct str text, int64_t *span_s)
{
	static const struct { char c; int64_t s; } units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
	};
	int64_t n, unit = 1;
	size_t i;

	for (i = 0; i < COUNT(units) && text.len > 0; i++) {
		if (text.p[text.len - 1] == units[i].c) {
			unit = units[i].s;
			text.len--;
			break;
		}
	}
	if (!str_i64(text, &n) || n < 0 || __builtin_mul_overflow(n, unit, &n))
		return false;
	*span_s = n;
	return true;
}
