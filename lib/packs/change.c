/* SPDX-License-Identifier: Apache-2.0 */
/* Making, filling, switching and ending packs, and switching rules. */
#include "packs/inner.h"

#include <string.h>

#include "base/clock.h"

bool
pack_name_ok(struct str name)
{
	size_t i;

	if (name.len == 0 || name.len > PACK_NAME_MOST ||
	    str_starts(name, "server") || name.p[0] == '.')
		return false;
	for (i = 0; i < name.len; i++)
		if (memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		    "0123456789._-", name.p[i], 65) == NULL)
			return false;
	return true;
}

static enum rc
told(struct store *st, const struct pack_wish *w, const char *what,
    struct str detail)
{
	return store_audit(st, w->now_ns, w->who, w->tenant, str_of(what),
	    detail);
}

/* ---- is it good? --------------------------------------------------------------- */

struct judging {
	struct arena *a;
	struct pack_fault *faults;
	size_t n, room;
};

static enum rc
fault(struct judging *j, size_t file, struct str why)
{
	j->faults = arena_grow(j->a, j->faults, &j->room, j->n + 1,
	    sizeof(*j->faults));
	j->faults[j->n++] = (struct pack_fault){ file, why };
	return RC_INVALID;
}

static bool
file_name_ok(struct str s)
{
	size_t i;

	if (s.len == 0 || s.len > PACK_FILE_NAME_MOST || !utf8_ok(s))
		return false;
	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

/* The bytes of all packs but this one. */
static enum rc
bytes_beside(struct store *st, struct arena *a, const struct pack_wish *w,
    int64_t *bytes, size_t *packs)
{
	struct pack_row *p;
	size_t n, i;
	enum rc rc = control_packs(st, a, w->tenant, &p, &n);

	*bytes = 0;
	*packs = 0;
	for (i = 0; rc == RC_OK && i < n; i++) {
		if (str_eq(p[i].name, w->name))
			continue;
		*bytes += p[i].bytes;
		++*packs;
	}
	return rc;
}

static enum rc
judge_sizes(struct judging *j, struct store *st, const struct pack_wish *w)
{
	int64_t bytes;
	size_t i, k, packs;
	enum rc rc = bytes_beside(st, j->a, w, &bytes, &packs);

	if (rc != RC_OK)
		return rc;
	if (packs >= PACKS_MOST)
		return fault(j, SIZE_MAX, str_printf(j->a, "the tenant has %d "
		    "packs; remove some first", PACKS_MOST));
	if (w->n == 0 || w->n > PACK_FILES_MOST)
		return fault(j, SIZE_MAX, str_printf(j->a, "must hold 1 to %d "
		    "files", PACK_FILES_MOST));
	for (i = 0; i < w->n; i++) {
		if (!file_name_ok(w->files[i].file))
			return fault(j, i, str_printf(j->a, "must have a name "
			    "of 1 to %d bytes", PACK_FILE_NAME_MOST));
		for (k = 0; k < i; k++)
			if (str_eq(w->files[k].file, w->files[i].file))
				return fault(j, i, STR("has the name of "
				    "another"));
		if (w->files[i].text.len > PACK_FILE_MOST)
			return fault(j, i, str_printf(j->a, "has more than "
			    "%d bytes", PACK_FILE_MOST));
		bytes += (int64_t)w->files[i].text.len;
	}
	return bytes <= PACK_BYTES_MOST ? RC_OK : fault(j, SIZE_MAX,
	    str_printf(j->a, "all packs together may have %d bytes",
	    PACK_BYTES_MOST));
}

static size_t
index_of(const struct pack_wish *w, const char *file)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (str_is(w->files[i].file, file))
			return i;
	return SIZE_MAX;
}

/* Some of it must load; what does not is told, and listed with the pack. */
static enum rc
judge_rules(struct judging *j, struct packs *p, const struct pack_wish *w,
    size_t *loaded)
{
	struct tag_source *s = arena_array(j->a, w->n + 1, sizeof(*s));
	struct tag_refusal no;
	struct tagger *t;
	size_t i;

	for (i = 0; i < w->n; i++) {
		s[i].file = str_c(j->a, w->files[i].file);
		s[i].text = w->files[i].text;
	}
	t = tagger_over(packs_server(p), &(struct tag_choice){ .own = s,
	    .n_own = w->n });
	*loaded = tagger_loaded(t) - tagger_loaded(packs_server(p));
	for (i = 0; *loaded == 0 && i < tagger_refused(t); i++) {
		no = tagger_refusal(t, i);
		(void)fault(j, index_of(w, no.file), no.line > 0 ?
		    str_printf(j->a, "line %zu: %s", no.line, no.reason) :
		    str_printf(j->a, "%s", no.reason));
	}
	tagger_close(t);
	return *loaded > 0 ? RC_OK : RC_INVALID;
}

static enum rc
judge(struct packs *p, struct store *st, struct arena *a,
    const struct pack_wish *w, struct judging *j, size_t *loaded)
{
	enum rc rc;

	*j = (struct judging){ .a = a };
	rc = judge_sizes(j, st, w);
	return rc == RC_OK ? judge_rules(j, p, w, loaded) : rc;
}

/* ---- packs --------------------------------------------------------------------- */

static struct str
in_words(struct arena *a, const struct pack_wish *w, size_t loaded)
{
	return str_printf(a, "%.*s: %zu of %zu files are rules that load",
	    STR_ARG(w->name), loaded, w->n);
}

enum rc
pack_add(struct packs *p, struct store *st, struct arena *a,
    const struct pack_wish *w, struct pack_fault **faults, size_t *n)
{
	struct pack_row row = { .tenant = w->tenant, .name = w->name,
		.who = w->who, .enabled = true, .created_ns = w->now_ns,
		.updated_ns = w->now_ns };
	struct judging j;
	size_t loaded;
	enum rc rc = judge(p, st, a, w, &j, &loaded);

	*faults = j.faults;
	*n = j.n;
	if (rc == RC_OK)
		rc = control_pack_add(st, &row);
	if (rc == RC_OK)
		rc = control_pack_fill(st, &row, w->files, w->n);
	return rc == RC_OK ? told(st, w, "pack.add", in_words(a, w, loaded)) :
	    rc;
}

enum rc
pack_replace(struct packs *p, struct store *st, struct arena *a,
    const struct pack_wish *w, struct pack_fault **faults, size_t *n)
{
	struct pack_row row;
	struct judging j;
	size_t loaded;
	enum rc rc = control_pack_get(st, a, w->tenant, w->name, &row);

	*n = 0;
	if (rc != RC_OK)
		return rc;
	rc = judge(p, st, a, w, &j, &loaded);
	*faults = j.faults;
	*n = j.n;
	row.updated_ns = w->now_ns;
	if (rc == RC_OK)
		rc = control_pack_fill(st, &row, w->files, w->n);
	if (rc == RC_OK)
		rc = control_pack_set(st, &row);
	return rc == RC_OK ? told(st, w, "pack.replace",
	    in_words(a, w, loaded)) : rc;
}

enum rc
pack_switch(struct store *st, const struct packs_look *l,
    const struct pack_wish *w, bool on)
{
	const struct pack *k = packs_find(l, w->name);
	struct pack_row row;
	enum rc rc;

	if (k == NULL)
		return RC_ABSENT;
	if (k->own != NULL) {
		row = *k->own;
		row.enabled = on;
		row.updated_ns = w->now_ns;
		rc = control_pack_set(st, &row);
	} else {
		rc = control_rule_set(st, w->tenant, &(struct rule_off){ true,
		    k->name }, !on, w->who, w->now_ns);
	}
	return rc == RC_OK ? told(st, w, on ? "pack.enable" : "pack.disable",
	    k->name) : rc;
}

enum rc
pack_remove(struct store *st, const struct packs_look *l,
    const struct pack_wish *w)
{
	const struct pack *k = packs_find(l, w->name);
	enum rc rc;

	if (k == NULL)
		return RC_ABSENT;
	if (k->own == NULL)
		return RC_DENIED;
	rc = control_pack_remove(st, k->own);
	return rc == RC_OK ? told(st, w, "pack.remove", k->name) : rc;
}

/* ---- rules ---------------------------------------------------------------------- */

static bool
is_known(const struct packs_look *l, struct str id)
{
	size_t i;

	for (i = 0; i < tagger_loaded(l->all); i++)
		if (str_is(id, tagger_rule(l->all, i).id))
			return true;
	/* One that is gone may still be said to be off: let that be undone. */
	for (i = 0; i < l->n_off; i++)
		if (!l->off[i].pack && str_eq(l->off[i].id, id))
			return true;
	return false;
}

enum rc
rules_switch(struct store *st, struct arena *a, const struct packs_look *l,
    const struct pack_wish *w, const struct str *ids, size_t n, bool on,
    size_t *unknown)
{
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; i < n; i++) {
		if (is_known(l, ids[i]))
			continue;
		*unknown = i;
		return RC_ABSENT;
	}
	for (i = 0; i < n && rc == RC_OK; i++) {
		rc = control_rule_set(st, w->tenant, &(struct rule_off){ false,
		    ids[i] }, !on, w->who, w->now_ns);
		if (rc == RC_OK)
			rc = told(st, w, on ? "rule.enable" : "rule.disable",
			    str_printf(a, "%.*s", STR_ARG(ids[i])));
	}
	return rc;
}
