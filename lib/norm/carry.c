/* SPDX-License-Identifier: Apache-2.0 */
/* From envelopes to records: what all carriers do alike. */
#include "norm/carry.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

enum { TARGET_MOST = 1024, OUTER_MOST = 16 << 20 };

void
carry_next(struct carrying *c)
{
	arena_reset(c->a);
}

void
carry_refuse(struct carrying *c, struct str prefix, const char *field,
    const char *detail)
{
	struct refusal why;

	snprintf(why.field, sizeof(why.field), "%s", field);
	snprintf(why.detail, sizeof(why.detail), "%s", detail);
	c->enough = !c->each(c->ctx, c->index++, prefix, NULL, &why);
}

struct str
carry_text(struct carrying *c, const struct json *obj, const char *name)
{
	return str_dup(c->a, json_scalar(c->a, json_get(obj, name)));
}

/* ---- what a record that nobody knows says of itself --------------------------- */

static struct str
first_of(struct str x, struct str y, struct str z)
{
	return x.len > 0 ? x : y.len > 0 ? y : z;
}

/* Into *x, where the envelope was silent; *gleaned has its addresses. */
static void
glean(struct carrying *c, const struct json *v, struct carried *x,
    struct event *gleaned)
{
	struct refusal why;
	struct record rec = { .source = STR("generic") };
	struct reading r = { .a = c->a, .rec = &rec, .v = v, .ev = gleaned,
		.why = &why };

	norm_begin(&r, STR("generic"));
	if (!x->has_time && generic_time(&r)) {
		x->has_time = true;
		x->time_ns = gleaned->time_ns;
	}
	if (!generic_glean(&r))
		return;
	x->host = str_dup(c->a, first_of(x->host, gleaned->host, STR("")));
	x->actor = str_dup(c->a, first_of(gleaned->actor, x->actor, STR("")));
	x->target = str_dup(c->a, first_of(gleaned->target, x->target,
	    STR("")));
	x->action = str_dup(c->a, first_of(gleaned->action, x->action,
	    STR("")));
	if (!str_is(gleaned->type, "event"))
		x->type = str_dup(c->a, gleaned->type);
}

static void
put_entities(struct jw *w, const struct event *ev)
{
	const struct entref *ref;
	size_t i;

	jw_key(w, "entities");
	jw_array(w);
	for (i = 0; i < ev->n_refs; i++) {
		ref = &ev->refs[i];
		if (ref->kind != KIND_IP && ref->kind != KIND_DOMAIN)
			continue;
		jw_object(w);
		jw_key_c(w, "kind", kind_name(ref->kind));
		jw_key_s(w, "id", ref->name.len > 0 ? ref->name : ref->key);
		jw_key_c(w, "role", role_name(ref->role));
		jw_object_end(w);
	}
	jw_array_end(w);
}

/* ---- the own form around it ------------------------------------------------------ */

static struct str
id_of(struct carrying *c, const struct carried *x)
{
	uint8_t digest[SHA256_LEN];
	char text[ID_TEXT];

	if (x->id.len > 0)
		return x->id;
	sha256(x->whole.p, x->whole.len, digest);
	base32_text(digest, text);
	return str_dup(c->a, str_of(text));
}

static void
put_text(struct jw *w, const char *name, struct str text)
{
	if (text.len > 0)
		jw_key_s(w, name, text);
}

static struct str
outer_of(struct carrying *c, const struct carried *x, bool known,
    const struct event *gleaned)
{
	struct buf b;
	struct str out;
	struct jw w;

	buf_init(&b, OUTER_MOST);
	jw_init(&w, &b);
	jw_object(&w);
	if (!known)
		jw_key_s(&w, "id", id_of(c, x));
	jw_key_s(&w, "source", x->source);
	jw_key_s(&w, "event_type", first_of(x->type, x->source, STR("")));
	jw_key(&w, "timestamp");
	jw_time(&w, x->has_time ? x->time_ns : c->shape->now_ns);
	jw_key_s(&w, "actor", first_of(x->actor, x->host, STR("unknown")));
	jw_key_s(&w, "action", first_of(x->action, x->type, x->source));
	put_text(&w, "target", x->target);
	put_text(&w, "host", x->host);
	if (x->metadata.len > 0) {
		jw_key(&w, "metadata");
		jw_raw(&w, x->metadata);
	}
	if (gleaned != NULL)
		put_entities(&w, gleaned);
	jw_object_end(&w);
	out = buf_bad(&b) ? (struct str){ "", 0 } :
	    str_dup(c->a, buf_str(&b));
	buf_release(&b);
	return out;
}

/* By the envelope's word, else by what the record looks like. NULL: nobody
 * reads it but the reader of unknown ones. */
static const struct normaliser *
reader_of(const struct carried *x, const struct json *v)
{
	const struct normaliser *n = norm_find(x->source);

	if (n == NULL || n == &norm_generic)
		n = norm_claimant(v);
	return n == &norm_generic ? NULL : n;
}

static void
give(struct carrying *c, struct str prefix, const struct carried *x,
    struct str text, const struct event *gleaned, const char *known)
{
	struct record rec = { .text = text, .source = x->source,
		.may_assert = c->shape->may_assert };

	rec.outer = outer_of(c, x, known != NULL, gleaned);
	if (known != NULL)
		rec.source = str_of(known);
	if (text.len > c->shape->record_max || rec.outer.len == 0)
		carry_refuse(c, prefix, "",
		    "is larger than one record may be");
	else
		c->enough = !c->each(c->ctx, c->index++, prefix, &rec, NULL);
}

static void
give_object(struct carrying *c, struct str prefix, const struct carried *from,
    struct str text)
{
	struct carried x = *from;
	const struct json *v;
	const struct normaliser *n;
	struct json_span span;
	struct str rest = text;
	struct event *gleaned = arena_get(c->a, sizeof(*gleaned));
	enum json_fault fault = json_scan(&rest, &span);

	if (fault != JSON_OK) {
		carry_refuse(c, prefix, "", json_fault_text(fault));
		return;
	}
	v = json_parse(c->doc, text);
	n = reader_of(&x, v);
	if (n == NULL)
		glean(c, v, &x, gleaned);
	give(c, prefix, &x, text, n == NULL ? gleaned : NULL,
	    n != NULL ? n->name : NULL);
}

void
carry_give_text(struct carrying *c, struct str prefix,
    const struct carried *from, struct str text)
{
	struct carried x = *from;
	struct json_span v;
	struct str rest = text;

	if (norm_is_object(text) && json_scan(&rest, &v) == JSON_OK &&
	    str_trim(rest).len == 0) {	/* a record as text in a string */
		give_object(c, prefix, from, text);
		return;
	}
	if (memchr(text.p, '\0', text.len) != NULL || !utf8_ok(text)) {
		carry_refuse(c, prefix, "", json_fault_text(utf8_ok(text) ?
		    JSON_NUL : JSON_UTF8));
		return;
	}
	x.target = first_of(x.target, str_trim(utf8_cut(text, TARGET_MOST)),
	    STR(""));
	if (norm_find(x.source) != NULL)	/* ours, but not in this form */
		x.source = norm_join(c->a, x.source, STR(":text"), STR(""));
	give(c, prefix, &x, text, NULL, NULL);
}

void
carry_give(struct carrying *c, struct str prefix, const struct carried *x)
{
	struct str text = str_trim(x->record);

	if (text.len > 0 && text.p[0] == '{')
		give_object(c, prefix, x, text);
	else if (text.len > 0 && text.p[0] == '"')
		carry_give_text(c, prefix, x, str_dup(c->a,
		    json_str(json_parse(c->doc, text))));
	else	/* a number, a list ...: kept as it is written */
		carry_give_text(c, prefix, x, text);
}

enum json_fault
carry_whole(struct str body, struct json_span *v)
{
	enum json_fault fault = json_scan(&body, v);

	if (fault == JSON_SYNTAX || fault == JSON_CUT)
		return fault;
	return str_trim(body).len > 0 ? JSON_SYNTAX : JSON_OK;
}

bool
carry_sound(struct carrying *c, struct str prefix, struct str text)
{
	struct json_span v;
	enum json_fault fault = json_scan(&text, &v);

	if (fault == JSON_OK && v.first == '{')
		return true;
	carry_refuse(c, prefix, "", fault == JSON_OK ? "is not an object" :
	    json_fault_text(fault));
	return false;
}

enum json_fault
carry_split(struct arena *a, struct str body, const struct body_shape *shape,
    norm_each *each, void *ctx)
{
	struct carrying c = { .a = arena_new(), .body = a, .shape = shape,
		.each = each, .ctx = ctx, .doc = json_doc_new() };
	enum json_fault fault = JSON_OK;

	switch (shape->envelope) {
	case ENVELOPE_HEC:
		fault = carry_hec(&c, body);
		break;
	case ENVELOPE_CLOUDEVENTS:
		fault = carry_cloudevents(&c, body);
		break;
	case ENVELOPE_OTLP:
		fault = carry_otlp(&c, body);
		break;
	case ENVELOPE_LINES:
	case ENVELOPE_NONE:
		carry_lines(&c, body);
		break;
	}
	json_doc_free(c.doc);
	arena_free(c.a);
	return fault;
}
