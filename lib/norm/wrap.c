/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An E with a record in its `raw`. Under a source of ours the inner record is
 * read by its normaliser and the outer members add to it. Else, or where the
 * inner record is not what its source says, the outer form is the event and
 * must be complete; `raw` is then only kept.
 *
 * A vendor's record may have a member called `raw` too. So under ?source= of
 * ours an object is an E only if it says so: by all five required members, by
 * naming one of our sources, or by having no member that an E has not.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "norm/own.h"
#include "norm/step.h"

/* What the outer form says of an event that the inner record gives. */
struct around {
	struct event said;
	bool whole;		/* the outer form could stand alone */
	bool object;		/* the inner record is a JSON object */
};

/* Read before the inner record: the doc holds one tree at a time. */
static bool
read_around(struct reading *r, struct json_doc *doc, struct around *o)
{
	struct event *ev = r->ev;
	bool ok;

	r->v = json_parse(doc, r->rec->outer);
	if (json_type(r->v) != JSON_OBJECT)
		return norm_refuse(r, "", "is not an object");
	o->whole = own_looks(r->v);
	r->ev = &o->said;
	norm_begin(r, norm_canonical(r->rec->source));
	ok = own_read_around(r);
	r->ev = ev;
	return ok;
}

static void
add_refs(struct reading *r, const struct event *from)
{
	for (size_t i = 0; i < from->n_refs; i++) {
		const struct entref *x = &from->refs[i];
		struct entref *ref = event_ref(r->a, r->ev, x->kind, x->role,
		    x->key, x->name);

		if (!ref)
			return;
		ref->flags |= x->flags;
		for (size_t k = 0; k < x->proofs; k++)
			entref_proof(ref, x->proof[k].field, x->proof[k].value);
	}
}

/* The sender's word about the event goes before the record's own. */
static void
put_around(struct reading *r, const struct event *said)
{
	struct event *ev = r->ev;

	if (said->native_id.len)
		ev->native_id = said->native_id;
	if (said->outcome != OUTCOME_UNKNOWN)
		ev->outcome = said->outcome;
	if (said->severity >= 0)
		ev->severity = said->severity;
	if (said->metadata.len)
		ev->metadata = said->metadata;
	if (said->n_labels) {
		ev->labels = said->labels;
		ev->n_labels = said->n_labels;
	}
	ev->flags |= said->flags & (EVENT_ALERT | EVENT_TWICE);
	for (size_t i = 0; i < said->n_tags; i++)
		event_tag(ev, said->tags[i].technique, NULL, NULL,
		    said->tags[i].level);
	add_refs(r, said);
}

/* An inner record comes unchecked when it stood in a string. */
static bool
sound(struct str text, bool *twice)
{
	struct json_span v;

	if (json_scan(&text, &v) != JSON_OK || v.first != '{')
		return false;
	*twice |= v.twice;
	return str_trim(text).len == 0;
}

/* Pointers of the inner record begin at the outer one. */
static bool
refuse_inner(struct reading *r)
{
	struct str at = str_dup(r->a, str_of(r->why->field));

	snprintf(r->why->field, sizeof(r->why->field), "/raw%.*s",
	    (int)sizeof(r->why->field) - 6, at.p);
	return false;
}

static bool
read_inner(struct reading *r, struct json_doc *doc, const struct around *o)
{
	const struct normaliser *n = norm_find(r->rec->source);

	if (n == &norm_generic && o->whole)
		return false;	/* the outer form knows better */
	r->v = json_parse(doc, r->rec->text);
	norm_begin(r, str_of(n->name));
	if (json_type(r->v) != JSON_OBJECT || !n->read(r))
		return refuse_inner(r);
	put_around(r, &o->said);
	return norm_finish(r);
}

/* Under a source of ours. */
static bool
read_known(struct reading *r, struct json_doc *doc, struct record *rec,
    struct around *o)
{
	if (!o->object && !norm_is_object(rec->text))
		return norm_read_line(r, doc) ? true : refuse_inner(r);
	if (!o->object)
		return norm_refuse(r, "/raw", "is not a JSON object");
	if (!norm_find(rec->source)) {	/* auto */
		const struct json *v = json_parse(doc, rec->text);

		rec->source = str_of(norm_claimant(v)->name);
	}
	return read_around(r, doc, o) && read_inner(r, doc, o);
}

bool
wrap_read(struct reading *r, struct json_doc *doc)
{
	struct record rec = *r->rec;
	struct around o = { .whole = false };
	bool twice = false;

	/* Counted here, whatever the caller saw: he may hold both parts, or
	 * the record alone. */
	rec.twice = false;
	if (!sound(rec.outer, &twice))
		return norm_refuse(r, "", "is not an object");
	o.object = sound(rec.text, &rec.twice);
	rec.twice |= twice;
	r->rec = &rec;
	if (norm_known(rec.source)) {
		if (read_known(r, doc, &rec, &o))
			return true;
		if (!own_looks(json_parse(doc, rec.outer)))
			return false;
	}
	return norm_read_own(r, json_parse(doc, rec.outer));
}

/* ---- taking E apart --------------------------------------------------- */

/* The object without its member `raw`, each other member as it stood. */
static struct str
without_raw(struct arena *a, struct str text, size_t *raws)
{
	struct json_walk w = json_into(text);
	char *p = arena_get(a, text.len + 1), *to = p;
	struct str name, value;
	bool plain;

	*raws = 0;
	*to++ = '{';
	while (json_next_member(&w, &name, &plain, &value)) {
		if (str_is(name, "raw")) {
			++*raws;
			continue;
		}
		if (to > p + 1)
			*to++ = ',';
		*to++ = '"';
		memcpy(to, name.p, name.len);
		to += name.len;
		*to++ = '"';
		*to++ = ':';
		memcpy(to, value.p, value.len);
		to += value.len;
	}
	*to++ = '}';
	return (struct str){ p, (size_t)(to - p) };
}

static bool
is_one_of(struct str name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(name, list[i]))
			return true;
	return false;
}

struct members {
	struct str raw, source;
	int required;		/* of the five */
	bool foreign;		/* one that E does not have */
};

static void
look(struct str text, struct members *m)
{
	static const char *const must[] = {
		"event_type", "source", "timestamp", "actor", "action"
	};
	static const char *const may[] = {
		"raw", "id", "target", "metadata", "host", "outcome",
		"severity", "session", "process", "entities", "labels",
		"mitre_techniques"
	};
	struct json_walk w = json_into(text);
	struct str name, value;
	bool plain;

	while (json_next_member(&w, &name, &plain, &value)) {
		if (is_one_of(name, must, COUNT(must)))
			m->required++;
		else if (!is_one_of(name, may, COUNT(may)))
			m->foreign = true;
		if (str_is(name, "raw"))
			m->raw = value;
		else if (str_is(name, "source"))
			m->source = value;
	}
}

bool
wrap_there(const struct record *rec, struct str *raw)
{
	struct members m = { .required = 0 };
	char first;

	if (!norm_is_object(rec->text) ||
	    str_find(rec->text, STR("\"raw\""), 0) == (size_t)-1)
		return false;
	look(str_trim(rec->text), &m);
	first = m.raw.len ? m.raw.p[0] : '\0';
	if (first != '{' && first != '"')
		return false;
	*raw = m.raw;
	if (!norm_known(rec->source) || m.required == 5)
		return true;
	if (m.source.len)
		return norm_known(str_sub(m.source, 1, m.source.len - 2));
	return first == '{' && !m.foreign;
}

bool
wrap_open(struct reading *r, struct json_doc *doc, struct str raw)
{
	struct record rec = *r->rec;
	const struct json *v;
	size_t raws;

	rec.outer = without_raw(r->a, rec.text, &raws);
	if (raws > 1)
		return norm_refuse(r, "/raw", "is named twice");
	v = json_parse(doc, rec.outer);
	if (json_get(v, "source")) {
		rec.source = str_dup(r->a, json_str(json_get(v, "source")));
		if (!rec.source.len)
			return norm_refuse(r, "/source",
			    "must be a string, and not the empty one");
	}
	rec.text = raw;
	if (raw.p[0] == '"')
		rec.text = str_dup(r->a, json_str(json_parse(doc, raw)));
	r->rec = &rec;
	return wrap_read(r, doc);
}

