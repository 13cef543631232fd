/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* json-c has an enum json_type and a typedef json_bool of its own. */
#define json_type jsonc_type
#define json_bool jsonc_bool
#include <json-c/json.h>
#undef json_type
#undef json_bool

#include "base/arena.h"
#include "base/json.h"

struct json_doc {
	struct json_tokener *tokener;
	struct json_object *root;
};

/* struct json is never defined: it is json-c's object under our name. */
static struct json_object *
theirs(const struct json *v)
{
	return (struct json_object *)(uintptr_t)v;
}

static struct json *
ours(struct json_object *v)
{
	return (struct json *)(void *)v;
}

struct json_doc *
json_doc_new(void)
{
	struct json_doc *d = mem_get(sizeof(*d));

	/* The scanner minds the depth; json-c counts a level more. */
	d->tokener = json_tokener_new_ex(JSON_DEPTH + 2);
	if (d->tokener == NULL)
		abort();
	return d;
}

void
json_doc_free(struct json_doc *d)
{
	if (d == NULL)
		return;
	json_object_put(d->root);
	json_tokener_free(d->tokener);
	mem_free(d);
}

static struct json_object *
parse(struct json_doc *d, struct str text)
{
	struct json_object *v;

	if (text.len > INT32_MAX)
		return NULL;
	json_tokener_reset(d->tokener);
	v = json_tokener_parse_ex(d->tokener, text.p, (int)text.len);
	/* A number at the very end could go on: an end says it does not. */
	if (json_tokener_get_error(d->tokener) == json_tokener_continue)
		v = json_tokener_parse_ex(d->tokener, "", 1);
	if (json_tokener_get_error(d->tokener) == json_tokener_success)
		return v;
	json_object_put(v);
	return NULL;
}

const struct json *
json_parse(struct json_doc *d, struct str text)
{
	json_object_put(d->root);
	d->root = parse(d, text);
	return ours(d->root);
}

struct json *
json_keep(struct json_doc *d, struct str text)
{
	return ours(parse(d, text));
}

void
json_put(struct json *v)
{
	json_object_put(theirs(v));
}

enum json_type
json_type(const struct json *v)
{
	switch (json_object_get_type(theirs(v))) {
	case json_type_boolean:
		return JSON_BOOL;
	case json_type_int:
		return JSON_INT;
	case json_type_double:
		return JSON_DOUBLE;
	case json_type_string:
		return JSON_STRING;
	case json_type_array:
		return JSON_ARRAY;
	case json_type_object:
		return JSON_OBJECT;
	default:
		return JSON_NULL;
	}
}

const struct json *
json_get(const struct json *obj, const char *name)
{
	struct json_object *v;

	if (json_type(obj) != JSON_OBJECT ||
	    !json_object_object_get_ex(theirs(obj), name, &v))
		return NULL;
	return ours(v);
}

const struct json *
json_at(const struct json *obj, ...)
{
	const char *name;
	va_list ap;

	va_start(ap, obj);
	for (;;) {
		name = va_arg(ap, const char *);
		if (name == NULL || obj == NULL)
			break;
		obj = json_get(obj, name);
	}
	va_end(ap);
	return obj;
}

size_t
json_len(const struct json *array)
{
	if (json_type(array) != JSON_ARRAY)
		return 0;
	return json_object_array_length(theirs(array));
}

const struct json *
json_item(const struct json *array, size_t i)
{
	if (i >= json_len(array))
		return NULL;
	return ours(json_object_array_get_idx(theirs(array), i));
}

struct str
json_str(const struct json *v)
{
	struct json_object *o = theirs(v);

	if (json_type(v) != JSON_STRING)
		return STR("");
	return (struct str){ json_object_get_string(o),
		(size_t)json_object_get_string_len(o) };
}

bool
json_bool(const struct json *v)
{
	return json_type(v) == JSON_BOOL && json_object_get_boolean(theirs(v));
}

int64_t
json_int(const struct json *v)
{
	switch (json_type(v)) {
	case JSON_INT:
	case JSON_DOUBLE:
		return json_object_get_int64(theirs(v));
	default:
		return 0;
	}
}

double
json_double(const struct json *v)
{
	switch (json_type(v)) {
	case JSON_INT:
	case JSON_DOUBLE:
		return json_object_get_double(theirs(v));
	default:
		return 0;
	}
}

struct str
json_scalar(struct arena *a, const struct json *v)
{
	switch (json_type(v)) {
	case JSON_STRING:
		return json_str(v);
	case JSON_BOOL:
		return str_of(json_bool(v) ? "true" : "false");
	case JSON_INT:
	case JSON_DOUBLE:
		return str_dup(a, str_of(json_object_get_string(theirs(v))));
	default:
		return STR("");
	}
}

void
json_each(const struct json *obj,
    void (*f)(void *ctx, struct str name, const struct json *v), void *ctx)
{
	struct json_object_iter it;

	if (json_type(obj) != JSON_OBJECT)
		return;
	json_object_object_foreachC (theirs(obj), it)
		f(ctx, str_of(it.key), ours(it.val));
}

/* Does a pointer's token, with its ~0 and ~1, mean this name? */
static bool
token_is(struct str token, struct str name)
{
	size_t i, n = 0;
	char c;

	for (i = 0; i < token.len; i++) {
		c = token.p[i];
		if (c == '~' && i + 1 < token.len)
			c = token.p[++i] == '1' ? '/' : '~';
		if (n == name.len || name.p[n++] != c)
			return false;
	}
	return n == name.len;
}

struct lookup {
	struct str token;
	const struct json *found;
};

static void
compare(void *ctx, struct str name, const struct json *v)
{
	struct lookup *l = ctx;

	if (l->found == NULL && token_is(l->token, name))
		l->found = v;
}

static const struct json *
step(const struct json *v, struct str token)
{
	struct lookup l = { token, NULL };
	uint64_t i;

	if (json_type(v) == JSON_OBJECT) {
		json_each(v, compare, &l);
		return l.found;
	}
	if (!str_u64(token, &i) || (token.len > 1 && token.p[0] == '0'))
		return NULL;
	return json_item(v, (size_t)i);
}

const struct json *
json_pointer(const struct json *v, struct str pointer)
{
	struct str token;

	if (pointer.len > 0 && pointer.p[0] != '/')
		return NULL;
	while (v != NULL && pointer.len > 0) {
		const char *slash;

		pointer = str_sub(pointer, 1, pointer.len);
		slash = pointer.len == 0 ? NULL :
		    memchr(pointer.p, '/', pointer.len);
		token = slash == NULL ? pointer :
		    str_sub(pointer, 0, (size_t)(slash - pointer.p));
		pointer = str_sub(pointer, token.len, pointer.len);
		v = step(v, token);
	}
	return v;
}
