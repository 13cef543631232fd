/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scanner: one pass over the text, no recursion, no tree.
 *
 * What may come next depends only on the last token and on whether the
 * innermost container is an object; that is a loop over "a value is wanted"
 * and "a value has ended", with one bit per level in a 64-bit word:
 *
 *	value ──{──> name : value ...      ended ──,──> value (or name : value)
 *	      ──[──> value ...                   ──}]─> ended, one level up
 *	      ──other──> ended                   ──top level──> done
 *
 * Beyond JSON_DEPTH there are no bits left. There, only strings are read as
 * such and brackets outside them counted, until we are back: enough to find
 * where the record ends, so that its neighbours live.
 *
 * Faults of content (depth, UTF-8, NUL) are noted, the first one wins, and the
 * walk goes on; faults of grammar end it.
 *
 * Grammar: RFC 8259. UTF-8: RFC 3629.
 */
#include "base/json.h"

#include <string.h>

#include "base/json_name.h"

struct scan {
	const char *p, *end;
	enum json_fault fault;	/* the first one */
	const char *fault_at;
	uint64_t objects;	/* bit n: level n is an object */
	unsigned depth;
	bool twice;
	size_t values;
	struct json_names names;
};

const char *
json_fault_text(enum json_fault f)
{
	static const char *const texts[JSON_FAULT__MAX] = {
		[JSON_OK] = "is valid JSON",
		[JSON_SYNTAX] = "is not valid JSON",
		[JSON_CUT] = "ends too early to be JSON",
		[JSON_DEEP] = "is nested deeper than 64 levels",
		[JSON_UTF8] = "holds text that is not UTF-8",
		[JSON_NUL] = "holds a NUL character",
		[JSON_LONG] = "holds a number of more than 1,000 characters",
	};

	return (unsigned)f < JSON_FAULT__MAX ? texts[f] : texts[JSON_SYNTAX];
}

static void
note(struct scan *s, enum json_fault fault, const char *at)
{
	if (s->fault != JSON_OK)
		return;
	s->fault = fault;
	s->fault_at = at;
}

/* A fault of grammar counts whatever was noted before. Always false. */
static bool
stop(struct scan *s, enum json_fault fault)
{
	s->fault = fault;
	s->fault_at = s->p;
	return false;
}

/* At the place where something else was wanted. */
static bool
stop_here(struct scan *s)
{
	return stop(s, s->p == s->end ? JSON_CUT : JSON_SYNTAX);
}

static void
blanks(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' ||
	    *s->p == '\r' || *s->p == '\t'))
		s->p++;
}

/* Is it a plain byte of a string: not " \ control or beyond ASCII? */
static bool
is_plain(char c)
{
	return c >= 0x20 && c != '"' && c != '\\' && (signed char)c > 0;
}

/* Eight at a time: each test sets the top bit of the bytes it finds (Mycroft's
 * "is there a zero byte"; wrong only above a byte that is found anyway). */
static const char *
skip_plain(const char *p, const char *end)
{
	const uint64_t ones = 0x0101010101010101ULL, tops = ones << 7;
	uint64_t w, quote, slash;

	while (end - p >= 8) {
		memcpy(&w, p, 8);
		quote = w ^ ones * '"';
		slash = w ^ ones * '\\';
		if (((w | (w - ones * 0x20) | (quote - ones) |
		    (slash - ones)) & tops) != 0)
			break;
		p += 8;
	}
	while (p < end && is_plain(*p))
		p++;
	return p;
}

/* At "\u" whose digits follow; a surrogate must come as a pair. */
static bool
unicode_escape(struct scan *s)
{
	const char *at = s->p;
	unsigned c, low;

	if (s->end - s->p < 6) {
		s->p = s->end;
		return stop(s, JSON_CUT);
	}
	if (!json_hex4(s->p + 2, &c))
		return stop(s, JSON_SYNTAX);
	s->p += 6;
	if (c == 0)
		note(s, JSON_NUL, at);
	if (c >> 11 != 0x1b)
		return true;
	if (c < 0xdc00 && s->end - s->p >= 6 && s->p[0] == '\\' &&
	    s->p[1] == 'u' && json_hex4(s->p + 2, &low) && low >> 10 == 0x37)
		s->p += 6;
	else
		note(s, JSON_UTF8, at);
	return true;
}

static bool
escape(struct scan *s)
{
	if (s->end - s->p < 2) {
		s->p = s->end;
		return stop(s, JSON_CUT);
	}
	if (s->p[1] == 'u')
		return unicode_escape(s);
	if (s->p[1] == '\0' || strchr("\"\\/bfnrt", s->p[1]) == NULL)
		return stop(s, JSON_SYNTAX);
	s->p += 2;
	return true;
}

/* A byte that is neither plain nor quote nor escape. */
static bool
odd_byte(struct scan *s)
{
	size_t n;

	if (*s->p == '\0') {
		note(s, JSON_NUL, s->p);
		s->p++;
		return true;
	}
	if ((unsigned char)*s->p < 0x20)
		return stop(s, JSON_SYNTAX);
	n = utf8_step(s->p, (size_t)(s->end - s->p));
	if (n == 0)
		note(s, JSON_UTF8, s->p);
	s->p += n == 0 ? 1 : n;
	return true;
}

/* From the opening quote to behind the closing one. */
static bool
string(struct scan *s, struct str *inside, bool *plain)
{
	const char *start = ++s->p;

	*plain = true;
	for (;;) {
		s->p = skip_plain(s->p, s->end);
		if (s->p == s->end)
			return stop(s, JSON_CUT);
		if (*s->p == '"')
			break;
		if (*s->p == '\\') {
			*plain = false;
			if (!escape(s))
				return false;
		} else if (!odd_byte(s)) {
			return false;
		}
	}
	*inside = (struct str){ start, (size_t)(s->p - start) };
	s->p++;
	return true;
}

static bool
digits(struct scan *s)
{
	if (s->p == s->end || *s->p < '0' || *s->p > '9')
		return stop_here(s);
	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return true;
}

/* Longer ones are noted: readers that fold numbers into integers choke on them
 * (Python stops at 4,300 digits), and nothing measured has so many. */
static bool
number(struct scan *s)
{
	const char *at = s->p;

	if (*s->p == '-')
		s->p++;
	if (s->p < s->end && *s->p == '0')
		s->p++;
	else if (!digits(s))
		return false;
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (!digits(s))
			return false;
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		if (!digits(s))
			return false;
	}
	if (s->p - at > JSON_NUMBER_LEN)
		note(s, JSON_LONG, at);
	return true;
}

static bool
word(struct scan *s, const char *w)
{
	for (; *w != '\0'; w++, s->p++)
		if (s->p == s->end || *s->p != *w)
			return stop_here(s);
	return true;
}

static bool
scalar(struct scan *s)
{
	struct str inside;
	bool plain;

	switch (*s->p) {
	case '"':
		return string(s, &inside, &plain);
	case 't':
		return word(s, "true");
	case 'f':
		return word(s, "false");
	case 'n':
		return word(s, "null");
	case '-':
	case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return number(s);
	default:
		return stop(s, JSON_SYNTAX);
	}
}

/* At the bracket that is one too deep: to behind the one that closes it. */
static bool
abyss(struct scan *s)
{
	size_t below = 0;
	struct str inside;
	bool plain;

	note(s, JSON_DEEP, s->p);
	for (;;) {
		if (s->p == s->end)
			return stop(s, JSON_CUT);
		if (*s->p == '"') {
			if (!string(s, &inside, &plain))
				return false;
			continue;
		}
		if (*s->p == '{' || *s->p == '[')
			below++;
		else if ((*s->p == '}' || *s->p == ']') && --below == 0)
			break;
		else if (*s->p == '\0')
			return stop(s, JSON_SYNTAX);
		s->p++;
	}
	s->p++;
	return true;
}

static bool
in_object(const struct scan *s)
{
	return s->depth > 0 && (s->objects >> (s->depth - 1) & 1) != 0;
}

/* "name" : in an object, up to where its value must begin. */
static bool
member(struct scan *s)
{
	struct str name;
	bool plain;

	if (s->p == s->end || *s->p != '"')
		return stop_here(s);
	if (!string(s, &name, &plain))
		return false;
	if (json_names_add(&s->names, s->depth, name, plain))
		s->twice = true;
	blanks(s);
	if (s->p == s->end || *s->p != ':')
		return stop_here(s);
	s->p++;
	blanks(s);
	return true;
}

/* At a bracket. *empty: nothing stands in it, and it is closed again. */
static bool
enter(struct scan *s, bool *empty)
{
	bool object = *s->p == '{';
	uint64_t bit = (uint64_t)1 << s->depth;

	s->p++;
	blanks(s);
	*empty = s->p < s->end && *s->p == (object ? '}' : ']');
	if (*empty) {
		s->p++;
		return true;
	}
	s->objects = object ? s->objects | bit : s->objects & ~bit;
	s->depth++;
	return !object || member(s);
}

/* Behind a value: closing brackets and the comma before the next one. *more:
 * at the next value; else the whole is done. */
static bool
ended(struct scan *s, bool *more)
{
	*more = false;
	while (s->depth > 0) {
		bool object = in_object(s);

		blanks(s);
		if (s->p < s->end && *s->p == ',') {
			s->p++;
			blanks(s);
			*more = true;
			return !object || member(s);
		}
		if (s->p == s->end || *s->p != (object ? '}' : ']'))
			return stop_here(s);
		s->p++;
		if (object)
			json_names_drop(&s->names, s->depth);
		s->depth--;
	}
	return true;
}

static bool
whole(struct scan *s)
{
	bool more = true, opened;

	while (more) {
		if (s->p == s->end)
			return stop(s, JSON_CUT);
		s->values++;
		opened = false;
		if (*s->p != '{' && *s->p != '[') {
			if (!scalar(s))
				return false;
		} else if (s->depth == JSON_DEPTH) {
			if (!abyss(s))
				return false;
		} else {
			bool empty;

			if (!enter(s, &empty))
				return false;
			opened = !empty;
		}
		if (!opened && !ended(s, &more))
			return false;
	}
	return true;
}

enum json_fault
json_scan(struct str *s, struct json_span *v)
{
	struct scan scan = { .p = s->p, .end = s->p + s->len };
	const char *start;
	bool walked;

	json_names_init(&scan.names);
	blanks(&scan);
	start = scan.p;
	walked = whole(&scan);
	*v = (struct json_span){
		.text = { start, (size_t)(scan.p - start) },
		.first = start < scan.end ? *start : '\0',
		.twice = scan.twice,
		.values = scan.values,
		.at = scan.fault == JSON_OK ? 0 :
		    (size_t)(scan.fault_at - start),
	};
	if (walked)
		*s = (struct str){ scan.p, (size_t)(scan.end - scan.p) };
	json_names_release(&scan.names);
	return scan.fault;
}
