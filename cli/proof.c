/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps, each of which a changed byte can fail:
 *
 *	evidence item ---> raw record        raw_sha256 is the digest of it
 *	                       |             event_id follows from it
 *	                       v
 *	field (pointer) ---> value           equal to the value cited
 *
 *	cause's record --> entity <-- effect's record
 *	                  the same kind and key, strong, in the rule's roles,
 *	                  and made of the values cited on either side
 *
 *	order: the cause's tuple is less than the effect's (a handle's records
 *	of one time: the cause's number)
 */
#include "proof.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "cause.h"
#include "event.h"
#include "norm.h"

#define BIT(role) (1ULL << (role))

/* What a PROVABLE edge of this rule must share. A rule that is not here never
 * proves anything. */
static const struct need {
	enum rule rule;
	enum kind kind;		/* KIND_NONE: any */
	uint64_t from, to;	/* roles */
	bool hashed;		/* and one content hash */
} needs[] = {
	{ RULE_SPAWN, KIND_PROCESS, BIT(ROLE_NEW) | BIT(ROLE_SUBJ) |
	    BIT(ROLE_PARENT), BIT(ROLE_PARENT), false },
	{ RULE_ACT, KIND_PROCESS, BIT(ROLE_NEW) | BIT(ROLE_SUBJ) |
	    BIT(ROLE_PARENT), BIT(ROLE_SUBJ) | BIT(ROLE_END) |
	    BIT(ROLE_PARENT), false },
	{ RULE_SESSION, KIND_SESSION, BIT(ROLE_NEW),
	    BIT(ROLE_SESS) | BIT(ROLE_END), false },
	{ RULE_REMOTE, KIND_SESSION, BIT(ROLE_NEW), BIT(ROLE_SESS), false },
	{ RULE_ISSUE_USE, KIND_NONE, BIT(ROLE_NEW), BIT(ROLE_CRED), false },
	{ RULE_TICKET, KIND_TICKET, BIT(ROLE_NEW), BIT(ROLE_CRED), false },
	{ RULE_FEDERATION, KIND_TICKET, BIT(ROLE_NEW), BIT(ROLE_CRED), false },
	{ RULE_HANDLE, KIND_HANDLE, BIT(ROLE_NEW),
	    BIT(ROLE_USE) | BIT(ROLE_END), false },
	{ RULE_FLOW, KIND_FLOW, BIT(ROLE_NEW), BIT(ROLE_TXN), false },
	{ RULE_RUN_WRITTEN, KIND_FILE, BIT(ROLE_WRITE), BIT(ROLE_EXEC), true },
	{ RULE_MADE_ACTS, KIND_NONE, BIT(ROLE_NEW), BIT(ROLE_USER) |
	    BIT(ROLE_USE) | BIT(ROLE_SUBJ), false },
};

struct end {			/* one record, read anew */
	struct json_doc *doc;
	struct event ev;
	struct str id;		/* as cited */
};

struct prover {
	struct rawset *raw;
	struct arena *a;	/* for one edge */
	struct end from, to, other;
	char *why;
	size_t len;
};

struct prover *
prover_new(struct rawset *raw)
{
	struct prover *p = mem_get(sizeof(*p));

	p->raw = raw;
	p->a = arena_new();
	p->from.doc = json_doc_new();
	p->to.doc = json_doc_new();
	p->other.doc = json_doc_new();
	return p;
}

void
prover_free(struct prover *p)
{
	json_doc_free(p->from.doc);
	json_doc_free(p->to.doc);
	json_doc_free(p->other.doc);
	arena_free(p->a);
	mem_free(p);
}

static bool no(struct prover *p, const char *fmt, ...) PRINTF(2, 3);

static bool
no(struct prover *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->why, p->len, fmt, ap);
	va_end(ap);
	return false;
}

/* The id of the content as this salt's tenant writes it. */
static void
salted(const struct event *ev, struct str salt, char out[EVENT_ID_TEXT])
{
	struct sha256_state s;
	uint8_t digest[SHA256_LEN];

	sha256_begin(&s);
	sha256_add_field(&s, salt);
	sha256_add(&s, ev->id, sizeof(ev->id));
	sha256_end(&s, digest);
	event_id_text(digest, out);
}

static bool
id_follows(const struct prover *p, const struct end *e)
{
	char text[EVENT_ID_TEXT];
	size_t i;

	for (i = 0; i < p->raw->salts; i++) {
		salted(&e->ev, p->raw->salt[i], text);
		if (str_is(e->id, text))
			return true;
	}
	event_id_text(e->ev.id, text);
	return str_is(e->id, text);
}

/* Read the record of an end from its bytes; its id must follow from them. */
static bool
read_end(struct prover *p, struct end *e, struct str id)
{
	const struct raw_row *row = rawset_find(p->raw, id);
	struct record rec = { 0 };
	struct refusal why;

	e->id = id;
	if (row == NULL)
		return no(p, "the raw record of %.*s is missing: analyze with "
		    "\"include\":[\"raw\"], or give --raw", STR_ARG(id));
	rec.text = row->raw;
	rec.outer = row->outer;
	rec.columns = row->columns;
	rec.source = row->source.len > 0 ? row->source : STR("auto");
	rec.may_assert = true;
	if (!norm_event(p->a, e->doc, &rec, &e->ev, &why))
		return no(p, "the raw record of %.*s cannot be read: %s %s",
		    STR_ARG(id), why.field, why.detail);
	event_id(&e->ev);
	if (!id_follows(p, e))
		return no(p, p->raw->salts > 0 ? "%.*s does not follow from "
		    "the raw record given for it" : "%.*s cannot be computed "
		    "without the tenant's id_salt: it stands in chains, or "
		    "give --salt", STR_ARG(id));
	return true;
}

/* The value at the pointer, in JSON; in other records what the normaliser
 * found under that column. */
static bool
value_at(struct prover *p, const struct end *e, struct str field,
    struct str *value)
{
	const struct json *v;
	size_t i, k;

	if (e->ev.record != NULL) {
		v = json_pointer(e->ev.record, field);
		if (v == NULL || json_type(v) == JSON_NULL)
			return false;
		*value = json_scalar(p->a, v);
		return value->len > 0;
	}
	for (i = 0; i < e->ev.n_refs; i++) {
		for (k = 0; k < e->ev.refs[i].proofs; k++) {
			if (str_eq(e->ev.refs[i].proof[k].field, field)) {
				*value = e->ev.refs[i].proof[k].value;
				return true;
			}
		}
	}
	return false;
}

static bool
digest_ok(struct prover *p, struct str id, struct str cited)
{
	const struct raw_row *row = rawset_find(p->raw, id);
	uint8_t sum[SHA256_LEN];
	char hex[SHA256_HEX];

	sha256(row->raw.p, row->raw.len, sum);
	hex_text(sum, sizeof(sum), hex);
	if (str_is_fold(cited, hex))
		return true;
	return no(p, "raw_sha256 of %.*s is %.12s..., the record's is %.12s...",
	    STR_ARG(id), cited.len >= 12 ? cited.p : "(none)      ", hex);
}

/* One evidence item: digest, pointer and value. */
static bool
item_ok(struct prover *p, const struct json *item)
{
	struct str id = json_str(json_get(item, "event_id"));
	struct str field = json_str(json_get(item, "field"));
	struct str cited = json_str(json_get(item, "value")), value;
	struct end *e = &p->other;

	if (str_eq(id, p->from.id))
		e = &p->from;
	else if (str_eq(id, p->to.id))
		e = &p->to;
	else if (!read_end(p, e, id))
		return false;
	if (!digest_ok(p, id, json_str(json_get(item, "raw_sha256"))))
		return false;
	if (!value_at(p, e, field, &value))
		return no(p, "%.*s has nothing at %.*s", STR_ARG(id),
		    STR_ARG(field));
	if (!str_eq(value, cited))
		return no(p, "%.*s says \"%.*s\" at %.*s, not \"%.*s\"",
		    STR_ARG(id), STR_ARG(str_sub(value, 0, 60)),
		    STR_ARG(field), STR_ARG(str_sub(cited, 0, 60)));
	return true;
}

/* Is this entity of the record what the evidence cites of it? */
static bool
cites(const struct json *evidence, struct str id, const struct entref *r)
{
	const struct json *item;
	size_t i, k;

	for (i = 0; i < json_len(evidence); i++) {
		item = json_item(evidence, i);
		if (!str_eq(json_str(json_get(item, "event_id")), id))
			continue;
		for (k = 0; k < r->proofs; k++)
			if (str_eq(r->proof[k].field,
			    json_str(json_get(item, "field"))) &&
			    str_eq(r->proof[k].value,
			    json_str(json_get(item, "value"))))
				return true;
	}
	return false;
}

static bool
strong(const struct entref *r)
{
	return (r->flags & (REF_WEAK | REF_CLIENT | REF_ASSERTED)) == 0;
}

static bool
same(const struct entref *a, const struct entref *b)
{
	return a->kind == b->kind && str_eq(a->key, b->key);
}

static bool
share_hash(const struct event *a, const struct event *b)
{
	size_t i, k;

	for (i = 0; i < a->n_refs; i++)
		for (k = 0; k < b->n_refs; k++)
			if (a->refs[i].kind == KIND_HASH &&
			    same(&a->refs[i], &b->refs[k]))
				return true;
	return false;
}

static const struct need *
need_of(struct str rule)
{
	size_t i;

	for (i = 0; i < COUNT(needs); i++)
		if (str_is(rule, rule_row(needs[i].rule)->id))
			return &needs[i];
	return NULL;
}

static bool
shared_entity(struct prover *p, const struct need *need,
    const struct json *evidence)
{
	const struct event *a = &p->from.ev, *b = &p->to.ev;
	const struct entref *x, *y;
	size_t i, k;

	for (i = 0; i < a->n_refs; i++) {
		x = &a->refs[i];
		if (!(need->from & BIT(x->role)) || !strong(x) ||
		    (need->kind != KIND_NONE && x->kind != need->kind) ||
		    !cites(evidence, p->from.id, x))
			continue;
		for (k = 0; k < b->n_refs; k++) {
			y = &b->refs[k];
			if ((need->to & BIT(y->role)) && strong(y) &&
			    same(x, y) && cites(evidence, p->to.id, y))
				return true;
		}
	}
	return no(p, "the two records do not share the %s that this rule "
	    "needs, under the values cited", need->kind == KIND_NONE ?
	    "identifier" : kind_name(need->kind));
}

/* A handle's number comes back within the second its records bear: there the
 * log's own numbers must put the opening first. */
static bool
order_ok(struct prover *p, const struct need *need)
{
	struct rank a, b;

	if (p->from.ev.outcome == OUTCOME_FAILURE)
		return no(p, "what is given as the cause failed");
	if (p->from.ev.time_ns > p->to.ev.time_ns)
		return no(p, "the cause is later than the effect");
	rank_of(&p->from.ev, &a);
	rank_of(&p->to.ev, &b);
	if (rank_cmp(&a, &b) >= 0)
		return no(p, "the cause does not come before the effect");
	if (need->kind == KIND_HANDLE &&
	    rank_time(&a) == rank_time(&b) &&
	    (rank_seq(&a) == 0 || rank_seq(&a) >= rank_seq(&b)))
		return no(p, "both bear one time, and the log's numbers do not "
		    "put the cause first");
	return true;
}

static bool
both_cited(struct prover *p, const struct json *evidence)
{
	bool from = false, to = false;
	struct str id;
	size_t i;

	for (i = 0; i < json_len(evidence); i++) {
		id = json_str(json_get(json_item(evidence, i), "event_id"));
		from |= str_eq(id, p->from.id);
		to |= str_eq(id, p->to.id);
	}
	if (from && to)
		return true;
	return no(p, "no evidence from the %s's record",
	    from ? "effect" : "cause");
}

bool
prove(struct prover *p, const struct json *edge, char *why, size_t len)
{
	const struct json *evidence = json_get(edge, "evidence");
	const struct need *need = need_of(json_str(json_get(edge, "rule")));
	size_t i;

	p->why = why;
	p->len = len;
	arena_reset(p->a);
	if (need == NULL)
		return no(p, "links of this rule are never PROVABLE");
	if (!read_end(p, &p->from, json_str(json_get(edge, "from"))) ||
	    !read_end(p, &p->to, json_str(json_get(edge, "to"))) ||
	    !both_cited(p, evidence))
		return false;
	for (i = 0; i < json_len(evidence); i++)
		if (!item_ok(p, json_item(evidence, i)))
			return false;
	if (!shared_entity(p, need, evidence))
		return false;
	if (need->hashed && !share_hash(&p->from.ev, &p->to.ev))
		return no(p, "the two records do not carry one content hash");
	return order_ok(p, need);
}
