/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all normalisers share: refusing, tables of fields, and the keys under
 * which artifacts are compared. A key is the identity of a thing, so each is
 * made in exactly one place: two sources that name the same address, domain
 * or hash must arrive at the same bytes.
 */
#include "norm/norm_source.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"

bool
norm_refuse(struct reading *r, const char *field, const char *detail)
{
	struct str f = str_sub(str_of(field), 0, sizeof(r->why->field) - 1);
	struct str d = str_sub(str_of(detail), 0, sizeof(r->why->detail) - 1);

	memcpy(r->why->field, f.p, f.len);
	r->why->field[f.len] = '\0';
	memcpy(r->why->detail, d.p, d.len);
	r->why->detail[d.len] = '\0';
	return false;
}

bool
norm_null(struct str text)
{
	static const char *const words[] = {
		"-", "unknown", "null", "(empty)", "n/a", "unset", "none"
	};

	if (text.len == 0)
		return true;
	if (text.len > 7)
		return false;
	for (size_t i = 0; i < COUNT(words); i++)
		if (str_is_fold(text, words[i]))
			return true;
	return false;
}

bool
norm_common_user(struct str name)
{
	static const char *const names[] = {
		"system", "root", "local service", "network service",
		"anonymous logon", "localsystem", "iusr"
	};
	size_t slash = str_find(name, STR("\\"), 0);

	if (name.len && name.p[name.len - 1] == '$')
		return true;	/* a machine's own account */
	if (slash != (size_t)-1)
		name = str_sub(name, slash + 1, name.len);
	for (size_t i = 0; i < COUNT(names); i++)
		if (str_is_fold(name, names[i]))
			return true;
	return str_starts(name, "DWM-") || str_starts(name, "UMFD-");
}

struct str
norm_join(struct arena *a, struct str x, struct str y, struct str z)
{
	size_t len = x.len + y.len + z.len;
	char *p = arena_get(a, len + 1);
	char *to = p;

	if (x.len)
		memcpy(to, x.p, x.len);
	to += x.len;
	if (y.len)
		memcpy(to, y.p, y.len);
	to += y.len;
	if (z.len)
		memcpy(to, z.p, z.len);
	return (struct str){ p, len };
}

struct entref *
norm_ref(struct reading *r, struct named n)
{
	struct entref *ref;

	if (!n.name.len)
		n.name = n.key;
	ref = event_ref(r->a, r->ev, n.kind, n.role, n.key, n.name);
	if (!ref)
		return NULL;
	ref->flags |= n.flags;
	if (n.field.len)
		entref_proof(ref, n.field, n.value.len ? n.value : n.name);
	return ref;
}

void
norm_host(struct reading *r, struct str field, struct str name)
{
	if (norm_null(name))
		return;
	if (!r->ev->host.len)
		r->ev->host = name;
	norm_ref(r, (struct named){ .kind = KIND_HOST, .role = ROLE_HOST,
	    .key = str_lower(r->a, name), .name = name, .field = field });
}

/* json_pointer compares every name on its way, as a pointer may be anything;
 * ours are written in this program, and json-c has a hash of the names. */
const struct json *
norm_at(const struct json *v, const char *at)
{
	char name[64];

	while (*at == '/' && v) {
		size_t len = strcspn(++at, "/");

		if (len >= sizeof(name))
			return NULL;
		memcpy(name, at, len);
		name[len] = '\0';
		at += len;
		if (json_type(v) == JSON_ARRAY)
			v = json_item(v, (size_t)(name[0] - '0'));
		else
			v = json_get(v, name);
	}
	return v;
}

struct str
norm_text(struct reading *r, const char *at)
{
	return json_scalar(r->a, norm_at(r->v, at));
}

/* ---- tables ----------------------------------------------------------- */

static bool
take_time(struct reading *r, const struct field *f, const struct json *v)
{
	enum json_type t = json_type(v);
	struct str text = json_scalar(r->a, v);
	int64_t ns;
	bool ok;

	if (r->ev->clock)
		return true;
	if (t == JSON_STRING)
		ok = clock_parse(text, true, &ns);
	else
		ok = (t == JSON_INT || t == JSON_DOUBLE) &&
		    clock_parse_epoch(text, &ns);
	if (!ok)
		return norm_refuse(r, f->at, "is no time");
	r->ev->time_ns = ns;
	r->ev->clock = f->note ? f->note : f->at + 1;
	return true;
}

static void
set_once(struct str *to, struct str text)
{
	if (!to->len)
		*to = text;
}

static void
take_ref(struct reading *r, const struct field *f, struct str text)
{
	struct str key = text;

	if (f->take == TAKE_REF_LOWER)
		key = str_lower(r->a, key);
	if (f->note)
		key = norm_join(r->a, str_of(f->note), key, STR(""));
	norm_ref(r, (struct named){ .kind = f->kind, .role = f->role,
	    .flags = f->flags, .key = key, .name = text,
	    .field = str_of(f->at) });
}

static void
take_text(struct reading *r, const struct field *f, struct str text)
{
	struct event *ev = r->ev;

	switch (f->take) {
	case TAKE_ID: set_once(&ev->native_id, text); break;
	case TAKE_TYPE: set_once(&ev->type, text); break;
	case TAKE_ACTOR: set_once(&ev->actor, text); break;
	case TAKE_ACTION: set_once(&ev->action, text); break;
	case TAKE_TARGET: set_once(&ev->target, text); break;
	case TAKE_SESSION: set_once(&ev->session, text); break;
	case TAKE_HOST:
		if (!ev->host.len)
			norm_host(r, str_of(f->at), text);
		break;
	case TAKE_IP: norm_art_ip(r, str_of(f->at), text); break;
	case TAKE_REF:
	case TAKE_REF_LOWER: take_ref(r, f, text); break;
	case TAKE_TIME: break;
	}
}

bool
norm_fields(struct reading *r, const struct field *table)
{
	for (const struct field *f = table; f->at; f++) {
		const struct json *v = norm_at(r->v, f->at);
		struct str text;

		if (json_type(v) == JSON_NULL)
			continue;
		if (f->take == TAKE_TIME) {
			if (!take_time(r, f, v))
				return false;
			continue;
		}
		text = json_scalar(r->a, v);
		if (!norm_null(text))
			take_text(r, f, text);
	}
	return true;
}
