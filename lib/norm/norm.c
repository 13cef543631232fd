/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a record's bytes to an event: who reads it?
 *
 *	source named       record                      read by
 *	none, or a word    any                         own form
 *	of the sender's
 *	one of ours        has all five members of E   own form
 *	                   anything else               that normaliser
 *	auto               has all five members of E   own form
 *	                   anything else               the first that claims it
 *
 * An E with `raw` is taken apart first: what is in `raw` becomes the record,
 * the rest becomes `outer`. From there on it makes no difference whether a
 * record comes from a sender or is read back from the store, where the two
 * are kept apart; that is what makes reading back give the same event. So
 * each decision below depends on text, outer and source alone, and the event
 * is stored under a source that leads to the same reader again.
 */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "norm/own.h"
#include "norm/step.h"

/* ---- the end of every reading ----------------------------------------- */

/* What a failed attempt did not do. */
static bool
only_by_success(enum role r)
{
	switch (r) {
	case ROLE_NEW:
	case ROLE_END:
	case ROLE_READ:
	case ROLE_WRITE:
	case ROLE_EXEC:
	case ROLE_ARM:
	case ROLE_USE:
	case ROLE_PARENT:
	case ROLE_FLOW:
	case ROLE_SSO:
	case ROLE_BOOT:
	case ROLE_CLEARED:
	case ROLE_BLIND:
	case ROLE_SEEING:
	case ROLE_UP:
	case ROLE_ORIGIN:
		return true;
	default:
		return false;
	}
}

static void
drop_undone(struct event *ev)
{
	size_t kept = 0;

	for (size_t i = 0; i < ev->n_refs; i++)
		if (!only_by_success(ev->refs[i].role))
			ev->refs[kept++] = ev->refs[i];
	ev->n_refs = kept;
}

/* Logs of whole seconds put a connection and the logon on the far host, which
 * creates a session, at one time; the one who connected was first. */
static bool
begins_flow(const struct event *ev, const struct entref *ref)
{
	return ref->role == ROLE_ENDPOINT && ev->act == ACT_CONNECT &&
	    ev->time_ns % NS_PER_S == 0;
}

static enum phase
phase_of(const struct event *ev)
{
	enum phase phase = PHASE_USE;

	for (size_t i = 0; i < ev->n_refs; i++) {
		if (ev->refs[i].role == ROLE_BOOT ||
		    begins_flow(ev, &ev->refs[i]))
			return PHASE_BEGIN;
		if (ev->refs[i].role == ROLE_NEW)
			return PHASE_NEW;
		if (ev->refs[i].role == ROLE_END)
			phase = PHASE_END;
	}
	return phase;
}

bool
norm_finish(struct reading *r)
{
	struct event *ev = r->ev;

	if (!ev->clock)
		return norm_refuse(r, "", "has no time");
	if (!ev->type.len)
		ev->type = ev->source;
	if (!ev->action.len)
		ev->action = ev->type;
	if (!ev->actor.len)
		ev->actor = STR("unknown");
	if (ev->outcome == OUTCOME_FAILURE)
		drop_undone(ev);
	ev->phase = phase_of(ev);
	sha256(ev->raw.p, ev->raw.len, ev->raw_sha256);
	event_id(ev);
	return true;
}

/* ---- one record ------------------------------------------------------- */

void
norm_begin(struct reading *r, struct str source)
{
	memset(r->ev, 0, sizeof(*r->ev));
	r->ev->severity = -1;
	r->ev->source = source;
	r->ev->raw = r->rec->text;
	r->ev->extra = r->rec->outer;
	r->ev->record = r->ev->fields = r->v;
	if (r->rec->twice)
		r->ev->flags |= EVENT_TWICE;
}

const struct normaliser *
norm_claimant(const struct json *v)
{
	size_t i = 0;

	while (norm_list[i + 1] && !norm_list[i]->claims(v))
		i++;
	return norm_list[i];
}

/* The reader of records that are no JSON objects. */
static const struct normaliser *
line_reader(struct str source)
{
	const struct normaliser *n = norm_find(source);

	if (n)
		return n->lines ? n : NULL;
	for (size_t i = 0; norm_list[i]; i++)
		if (norm_list[i]->lines)
			return norm_list[i];
	return NULL;
}

static struct str
columns_json(struct arena *a, struct str columns)
{
	struct buf b;
	struct jw w;
	struct str text;

	buf_init(&b, 6 * columns.len + 64);
	jw_init(&w, &b);
	jw_object(&w);
	jw_key_s(&w, "columns", columns);
	jw_object_end(&w);
	text = str_dup(a, buf_str(&b));
	buf_release(&b);
	return text;
}

bool
norm_read_line(struct reading *r, struct json_doc *doc)
{
	const struct normaliser *n = line_reader(r->rec->source);
	struct record rec = *r->rec;

	if (!n)
		return norm_refuse(r, "", "is not a JSON object");
	if (rec.outer.len) {
		const struct json *v = json_parse(doc, rec.outer);

		rec.columns = str_dup(r->a, json_str(json_get(v, "columns")));
	} else {
		rec.outer = columns_json(r->a, rec.columns);
	}
	if (!rec.columns.len)
		return norm_refuse(r, "", "has no columns named before it");
	r->v = NULL;
	r->rec = &rec;
	norm_begin(r, str_of(n->name));
	return n->read(r) && norm_finish(r);
}

bool
norm_read_own(struct reading *r, const struct json *form)
{
	r->v = form;
	norm_begin(r, r->rec->source);
	return own_read(r) && norm_finish(r);
}

static bool
read_vendor(struct reading *r, const struct json *v)
{
	const struct normaliser *n = norm_find(r->rec->source);

	r->v = v;
	if (!n)
		n = norm_claimant(v);
	norm_begin(r, str_of(n->name));
	return n->read(r) && norm_finish(r);
}

bool
norm_is_object(struct str text)
{
	return str_starts(str_trim(text), "{");
}

static bool
read_bare(struct reading *r, struct json_doc *doc)
{
	const struct json *v;
	bool ours = norm_known(r->rec->source);

	if (!norm_is_object(r->rec->text)) {
		if (ours)
			return norm_read_line(r, doc);
		return norm_refuse(r, "", "is not an object");
	}
	v = json_parse(doc, r->rec->text);
	if (json_type(v) != JSON_OBJECT)
		return norm_refuse(r, "", "is not a JSON object");
	if (!ours || own_looks(v))
		return norm_read_own(r, v);
	return read_vendor(r, v);
}

bool
norm_event(struct arena *a, struct json_doc *doc, const struct record *rec,
    struct event *ev, struct refusal *why)
{
	struct reading r = { .a = a, .rec = rec, .ev = ev, .why = why };
	struct str raw;

	*why = (struct refusal){ .detail = "cannot be read" };
	if (rec->outer.len)
		return wrap_read(&r, doc);
	if (wrap_there(rec, &raw))
		return wrap_open(&r, doc, raw);
	return read_bare(&r, doc);
}
