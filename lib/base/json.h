/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON, three ways, each for what it is best at:
 *
 *  - the span scanner walks text without building anything: it checks the
 *    grammar (RFC 8259), depth (JSON_DEPTH), strict UTF-8 and that no string
 *    holds a NUL, and finds where values begin and end, so that a record can
 *    be kept byte for byte;
 *  - struct json is a parsed tree (json-c) to read values from;
 *  - struct jw writes JSON into a buf.
 *
 * This is the only file pair that knows json-c.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

enum { JSON_DEPTH = 64, JSON_NUMBER_LEN = 1000 };

/* ---- scanner ---------------------------------------------------------- */

enum json_fault {
	JSON_OK,
	JSON_SYNTAX,		/* not JSON */
	JSON_CUT,		/* ends too early */
	JSON_DEEP,		/* deeper than JSON_DEPTH */
	JSON_UTF8,		/* not strict UTF-8, or a lone surrogate escape */
	JSON_NUL,		/* \u0000 or a NUL byte inside a string */
	JSON_LONG,		/* a number longer than JSON_NUMBER_LEN */
	JSON_FAULT__MAX
};
const char *json_fault_text(enum json_fault f);	/* "is not valid JSON" ... */

struct json_span {
	struct str text;	/* the value's bytes, no blanks around */
	char first;		/* its first byte: { [ " t f n - 0..9 */
	bool twice;		/* some object inside names a member twice */
	size_t values;		/* this one and all inside: what a tree costs */
	size_t at;		/* offset of a fault from the text's start */
};

/*
 * Scan one value at the start of *s (blanks before it are skipped) and move *s
 * behind it. JSON_DEEP, JSON_UTF8, JSON_NUL and JSON_LONG are told only after the whole
 * value was walked, with *s behind it, so that one such record harms no
 * neighbour; after JSON_SYNTAX and JSON_CUT *s is not moved.
 */
enum json_fault json_scan(struct str *s, struct json_span *v);

/*
 * Walk an object's members or an array's elements, whose text was scanned
 * before and is known good. Start with json_into(span.text), then call
 * json_next_member / json_next_element until false. `name` is the raw text
 * between the quotes (escapes not undone); `name_plain` says it had none.
 */
struct json_walk { struct str rest; };
struct json_walk json_into(struct str text);
bool json_next_member(struct json_walk *w, struct str *name, bool *name_plain,
    struct str *value);
bool json_next_element(struct json_walk *w, struct str *value);
/* The value text of the (last) member `name` of object `text`; false: none. */
bool json_member_span(struct str text, const char *name, struct str *value);

/* ---- tree ------------------------------------------------------------- */

struct json;		/* a value; a borrowed pointer, valid while its doc is */
struct json_doc;	/* a parser that owns the last tree it parsed */

struct json_doc *json_doc_new(void);
void json_doc_free(struct json_doc *d);
/* Parse text that the scanner has passed. The tree lives until the next parse
 * with the same doc. NULL if json-c refuses it (or it is null). */
const struct json *json_parse(struct json_doc *d, struct str text);
/* Take the tree out of the doc, to live until json_put. */
struct json *json_keep(struct json_doc *d, struct str text);
void json_put(struct json *v);

enum json_type { JSON_NULL, JSON_BOOL, JSON_INT, JSON_DOUBLE, JSON_STRING,
	JSON_ARRAY, JSON_OBJECT };
enum json_type json_type(const struct json *v);		/* NULL is JSON_NULL */

const struct json *json_get(const struct json *obj, const char *name);
/* Through nested objects: json_at(v, "a", "b", NULL). */
const struct json *json_at(const struct json *obj, ...);
size_t json_len(const struct json *array);		/* 0 for other types */
const struct json *json_item(const struct json *array, size_t i);

struct str json_str(const struct json *v);	/* a string's bytes, else empty */
bool json_bool(const struct json *v);
int64_t json_int(const struct json *v);		/* ints and doubles; else 0 */
double json_double(const struct json *v);
/* Strings as they are, numbers and booleans as their text (numbers as the
 * source wrote them where json-c kept that, else shortest); null, arrays and
 * objects give the empty one. Text lives in `a` or in the tree. */
struct str json_scalar(struct arena *a, const struct json *v);

/* Call f for every member, in the order of the text. */
void json_each(const struct json *obj,
    void (*f)(void *ctx, struct str name, const struct json *v), void *ctx);

/* RFC 6901. NULL if it leads nowhere. "" is the value itself. */
const struct json *json_pointer(const struct json *v, struct str pointer);

/* ---- writer ----------------------------------------------------------- */

/* Writes into a buf; commas and quotes are its business. Strings are escaped
 * so that the result is UTF-8 JSON on one line; U+2028/2029 are escaped too.
 * Invalid UTF-8 becomes U+FFFD. */
struct jw {
	struct buf *b;
	uint8_t depth;
	bool comma;
};
void jw_init(struct jw *w, struct buf *b);
void jw_object(struct jw *w);
void jw_object_end(struct jw *w);
void jw_array(struct jw *w);
void jw_array_end(struct jw *w);
void jw_key(struct jw *w, const char *name);
void jw_key_str(struct jw *w, struct str name);
void jw_str(struct jw *w, struct str s);
void jw_c(struct jw *w, const char *cstr);		/* NULL writes null */
void jw_int(struct jw *w, int64_t n);
void jw_num(struct jw *w, double x);	/* up to 6 decimals, trailing 0 off */
void jw_bool(struct jw *w, bool b);
void jw_null(struct jw *w);
void jw_time(struct jw *w, int64_t ns);			/* RFC 3339 */
void jw_raw(struct jw *w, struct str json);		/* JSON text as it is */
/* Shorthands: key and value. */
void jw_key_s(struct jw *w, const char *name, struct str s);
void jw_key_c(struct jw *w, const char *name, const char *cstr);
void jw_key_i(struct jw *w, const char *name, int64_t n);
void jw_key_n(struct jw *w, const char *name, double x);
void jw_key_b(struct jw *w, const char *name, bool b);

#endif
