/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An edge in words and with its evidence: from both ends, which field of the
 * raw record holds which value, under which digest. Everything a customer needs
 * to compute it again.
 */
#include "read/inner.h"

#include <string.h>

static void
put_proofs(struct jw *w, const struct told *t, const struct entref *r)
{
	size_t i;

	for (i = 0; r != NULL && i < r->proofs; i++) {
		jw_object(w);
		jw_key_c(w, "event_id", t->id);
		jw_key_s(w, "field", r->proof[i].field);
		jw_key_s(w, "value", r->proof[i].value);
		jw_key_c(w, "raw_sha256", t->sha256);
		jw_object_end(w);
	}
}

static const struct entref *
host_of(const struct told *t)
{
	size_t i;

	for (i = 0; i < t->e.n_refs; i++)
		if (t->e.refs[i].role == ROLE_HOST)
			return &t->e.refs[i];
	return NULL;
}

/* The content hashes that both records carry. */
static void
put_hashes(struct jw *w, const struct told *a, const struct told *b)
{
	size_t i, k;

	for (i = 0; i < a->row.n_refs && i < a->e.n_refs; i++) {
		if (a->row.refs[i].kind != KIND_HASH)
			continue;
		for (k = 0; k < b->row.n_refs && k < b->e.n_refs; k++) {
			if (b->row.refs[k].entity != a->row.refs[i].entity)
				continue;
			put_proofs(w, a, &a->e.refs[i]);
			put_proofs(w, b, &b->e.refs[k]);
			return;
		}
	}
}

/* Identifiers that mean something on one host only need the host beside them. */
static bool
local(const struct entref *r)
{
	return r != NULL && (r->kind == KIND_SESSION || r->kind == KIND_HANDLE ||
	    r->kind == KIND_FILE || r->kind == KIND_PIPE ||
	    (r->kind == KIND_PROCESS && (r->flags & REF_WEAK)));
}

static void
put_evidence(struct jw *w, const struct edge *e, const struct told *src,
    const struct told *dst)
{
	const struct entref *a = told_ref(src, e->via, e->from_role);
	const struct entref *b = told_ref(dst, e->via, e->to_role);

	jw_key(w, "evidence");
	jw_array(w);
	put_proofs(w, src, a);
	put_proofs(w, dst, b);
	if (e->flags & EDGE_HASHED)
		put_hashes(w, src, dst);
	if (local(a) && local(b) && host_of(src) != NULL &&
	    host_of(dst) != NULL) {
		put_proofs(w, src, host_of(src));
		put_proofs(w, dst, host_of(dst));
	}
	jw_array_end(w);
}

/* ---- words ------------------------------------------------------------------ */

static struct str
words_of(struct arena *a, const struct told *t)
{
	struct str what = t->e.target.len > 0 ? t->e.target : t->e.actor;

	return str_printf(a, "%.*s (%.*s)", STR_ARG(t->e.action),
	    STR_ARG(utf8_cut(what, 160)));
}

static struct str
how_of(struct arena *a, const struct edge *e, const struct told *src,
    const struct told *dst)
{
	const struct entref *r = told_ref(dst, e->via, e->to_role);
	struct str s = { 0 };

	(void)src;
	if (e->flags & EDGE_BOUNDARY)
		s = str_printf(a, "%.*s; its creation was not recorded, this is "
		    "its first event", STR_ARG(s));
	if (e->flags & EDGE_CLOCK)
		s = str_printf(a, "%.*s; both concern one process, whose "
		    "creation bears a later time: its clock was set, so which "
		    "came first is not certain", STR_ARG(s));
	if (e->flags & EDGE_HASHED)
		s = str_printf(a, "%.*s; both records carry the same content "
		    "hash", STR_ARG(s));
	if (e->flags & EDGE_BOOT_UNKNOWN)
		s = str_printf(a, "%.*s; no start of the host is recorded, so "
		    "the number may be another session's", STR_ARG(s));
	if (r != NULL && (r->flags & REF_WEAK) && r->kind == KIND_PROCESS)
		s = str_printf(a, "%.*s; by process id alone, which is used "
		    "again", STR_ARG(s));
	if (e->flags & EDGE_NO_LEASE)
		s = str_printf(a, "%.*s; nothing recorded says whose the "
		    "addresses were then", STR_ARG(s));
	if (e->flags & EDGE_BLIND)
		s = str_printf(a, "%.*s; recorded after the sensor had been "
		    "tampered with", STR_ARG(s));
	if (e->flags & EDGE_ACROSS_CLEARED)
		s = str_printf(a, "%.*s; a log of this host was cleared in "
		    "between, so that records may be missing", STR_ARG(s));
	if (e->flags & EDGE_ISSUER_CONFLICT)
		s = str_printf(a, "%.*s; another call is recorded to have "
		    "issued the same credential", STR_ARG(s));
	if (e->flags & EDGE_ASSERTED)
		s = str_printf(a, "%.*s; as asserted by the sender", STR_ARG(s));
	return s;
}

struct fill { const char *name; struct str text; };

static struct str
fill_in(struct arena *a, const char *form, const struct fill *f, size_t n)
{
	struct buf b;
	struct str out;
	size_t i, len;

	buf_init(&b, 64 << 10);
	while (*form != '\0') {
		for (i = 0; i < n; i++) {
			len = strlen(f[i].name);
			if (strncmp(form, f[i].name, len) == 0)
				break;
		}
		if (i < n) {
			buf_put_str(&b, f[i].text);
			form += strlen(f[i].name);
		} else {
			buf_put_char(&b, *form++);
		}
	}
	out = str_dup(a, buf_str(&b));
	buf_release(&b);
	return out;
}

static void
put_because(struct reader *r, struct jw *w, const struct edge *e,
    const struct told *src, const struct told *dst)
{
	const struct entref *ref = told_ref(dst, e->via, e->to_role);
	const struct fill f[] = {
		{ "{src}", words_of(r->a, src) },
		{ "{dst}", words_of(r->a, dst) },
		{ "{how}", how_of(r->a, e, src, dst) },
		{ "{kind}", str_of(ref ? kind_name(ref->kind) : "thing") },
	};

	jw_key_s(w, "because", fill_in(r->a, rule_row(e->rule)->because, f,
	    COUNT(f)));
}

enum rc
read_edge(struct reader *r, struct jw *w, const struct edge *e)
{
	const struct told *src = told_get(r, e->from);
	const struct told *dst = told_get(r, e->to);
	const struct rule_row *row = rule_row(e->rule);

	if (src == NULL || dst == NULL)
		return RC_FAIL;
	jw_object(w);
	jw_key_c(w, "from", src->id);
	jw_key_c(w, "to", dst->id);
	jw_key_c(w, "heuristic", heuristic_name(row->family));
	jw_key_c(w, "rule", row->id);
	jw_key_c(w, "grade", grade_name(e->grade));
	jw_key_n(w, "confidence", e->conf);
	put_because(r, w, e, src, dst);
	put_evidence(w, e, src, dst);
	put_to_prove(w, e, src, dst);
	jw_object_end(w);
	return RC_OK;
}
