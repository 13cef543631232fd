/* SPDX-License-Identifier: Apache-2.0 */
/* A tenant's rules with what is on and what is off, for people to look at. */
#include "packs/inner.h"

#include <stdlib.h>
#include <string.h>

#define SERVER "server"
#define OWN "own:"

/* ---- whose is it, and is it on? --------------------------------------------- */

static bool
is_own(const char *file)
{
	return str_starts(str_of(file), OWN);
}

static struct str
first_part(const char *file)
{
	struct str rest = str_of(file), head;

	return str_cut(&rest, '/', &head) && rest.len > 0 ? head : STR("");
}

/* "server" or "server." and the folder, cut where it would be too long. */
static struct str
server_pack(struct arena *a, const char *file)
{
	struct str folder = str_sub(first_part(file), 0, PACK_NAME_MOST);

	return folder.len == 0 ? STR(SERVER) :
	    str_printf(a, SERVER ".%.*s", STR_ARG(folder));
}

static bool
is_server_pack(struct str name, const char *file)
{
	struct str folder = str_sub(first_part(file), 0, PACK_NAME_MOST);

	if (folder.len == 0)
		return str_is(name, SERVER);
	return str_starts(name, SERVER ".") &&
	    str_eq(str_sub(name, strlen(SERVER "."), name.len), folder);
}

static const struct pack_row *
row_of(const struct packs_look *l, struct str name)
{
	size_t i;

	for (i = 0; i < l->n_rows; i++)
		if (str_eq(l->rows[i].name, name))
			return &l->rows[i];
	return NULL;
}

static bool
said_off(const struct packs_look *l, bool pack, struct str id)
{
	size_t low = 0, high = l->n_off, mid;

	while (low < high) {
		int order;

		mid = low + (high - low) / 2;
		order = l->off[mid].pack != pack ? l->off[mid].pack - pack :
		    str_cmp(l->off[mid].id, id);
		if (order == 0)
			return true;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

static bool
server_off(const struct packs_look *l, const char *file)
{
	size_t i;

	for (i = l->n_off; i > 0 && l->off[i - 1].pack; i--)
		if (is_server_pack(l->off[i - 1].id, file))
			return true;
	return false;
}

bool
look_off(void *look, const struct tag_rule *r)
{
	const struct packs_look *l = look;
	const struct pack_row *own = is_own(r->file) ?
	    row_of(l, first_part(r->file + strlen(OWN))) : NULL;

	if (said_off(l, false, str_of(r->id)))
		return true;
	return own != NULL ? !own->enabled : server_off(l, r->file);
}

/* ---- reading it ---------------------------------------------------------------- */

enum rc
look_rows(struct store *st, struct arena *a, int64_t tenant,
    struct packs_look *l)
{
	enum rc rc = control_rules_off(st, a, tenant, &l->off, &l->n_off);

	return rc == RC_OK ? control_packs(st, a, tenant, &l->rows,
	    &l->n_rows) : rc;
}

enum rc
look_files(struct store *st, struct arena *a, const struct packs_look *l,
    struct tag_source **out, size_t *n)
{
	struct tag_source *s = NULL;
	struct pack_file *f;
	size_t room = 0, many = 0, i, k, files;
	enum rc rc;

	for (i = 0; i < l->n_rows; i++) {
		rc = control_pack_files(st, a, &l->rows[i], &f, &files);
		if (rc != RC_OK)
			return rc;
		s = arena_grow(a, s, &room, many + files + 1, sizeof(*s));
		for (k = 0; k < files; k++) {
			s[many].file = str_c(a, str_printf(a, OWN "%.*s/%.*s",
			    STR_ARG(l->rows[i].name), STR_ARG(f[k].file)));
			s[many++].text = f[k].text;
		}
	}
	*out = s;
	*n = many;
	return RC_OK;
}

static struct pack *
pack_of(struct packs_look *l, struct arena *a, struct str name, size_t *room)
{
	struct pack *k;
	size_t i;

	for (i = 0; i < l->n_packs; i++)
		if (str_eq(l->packs[i].name, name))
			return &l->packs[i];
	l->packs = arena_grow(a, l->packs, room, l->n_packs + 1,
	    sizeof(*l->packs));
	k = &l->packs[l->n_packs++];
	*k = (struct pack){ .name = name, .own = row_of(l, name) };
	k->enabled = k->own != NULL ? k->own->enabled :
	    !said_off(l, true, name);
	return k;
}

static int
pack_order(const void *x, const void *y)
{
	const struct pack *a = x, *b = y;

	if ((a->own != NULL) != (b->own != NULL))
		return a->own != NULL ? 1 : -1;
	return str_cmp(a->name, b->name);
}

static struct str
pack_of_file(struct arena *a, const char *file)
{
	return is_own(file) ? first_part(file + strlen(OWN)) :
	    server_pack(a, file);
}

static void
count(struct packs_look *l, const struct tagger *server, struct arena *a)
{
	size_t room = 0, i;
	struct pack *k;

	for (i = 0; i < tagger_loaded(l->all); i++) {
		k = pack_of(l, a, pack_of_file(a, tagger_rule(l->all,
		    i).file), &room);
		k->rules++;
		k->on += packs_rule_on(l, i);
	}
	for (i = 0; i < tagger_refused(l->all); i++)
		pack_of(l, a, pack_of_file(a, tagger_refusal(l->all, i).file),
		    &room)->refused++;
	for (i = 0; i < tagger_refused(server); i++)
		pack_of(l, a, pack_of_file(a, tagger_refusal(server, i).file),
		    &room)->refused++;
	for (i = 0; i < l->n_rows; i++)
		pack_of(l, a, l->rows[i].name, &room);
	if (l->n_packs > 0)
		qsort(l->packs, l->n_packs, sizeof(*l->packs), pack_order);
}

static void
ruleset(struct packs_look *l, const struct tagger *server,
    const struct tag_source *own, size_t n)
{
	struct tagger *on = tagger_over(server, &(struct tag_choice){
	    .off = look_off, .ctx = l, .own = own, .n_own = n });

	ruleset_text(on, l->ruleset);
	tagger_close(on);
}

enum rc
packs_look(struct packs *p, struct store *st, struct arena *a,
    int64_t tenant, struct packs_look *l)
{
	struct tag_choice c = { 0 };
	struct tag_source *own;
	enum rc rc;

	*l = (struct packs_look){ 0 };
	rc = look_rows(st, a, tenant, l);
	if (rc == RC_OK)
		rc = look_files(st, a, l, &own, &c.n_own);
	if (rc != RC_OK)
		return rc;
	c.own = own;
	l->server = packs_server(p);
	l->n_server = tagger_loaded(l->server);
	l->all = tagger_over(l->server, &c);
	count(l, l->server, a);
	ruleset(l, l->server, own, c.n_own);
	return RC_OK;
}

void
packs_look_end(struct packs_look *l)
{
	tagger_close(l->all);
	l->all = NULL;
}

const struct pack *
packs_find(const struct packs_look *l, struct str name)
{
	size_t i;

	for (i = 0; i < l->n_packs; i++)
		if (str_eq(l->packs[i].name, name))
			return &l->packs[i];
	return NULL;
}

bool
packs_rule_on(const struct packs_look *l, size_t i)
{
	struct tag_rule r = tagger_rule(l->all, i);

	return !look_off((void *)(uintptr_t)l, &r);
}

/* ---- as JSON ------------------------------------------------------------------- */

/* A file as its owner knows it. */
static const char *
shown_file(const char *file)
{
	return is_own(file) ? strchr(file, '/') + 1 : file;
}

static bool
is_of(struct str pack, const char *file)
{
	if (pack.len == 0)
		return true;
	return is_own(file) ? str_eq(first_part(file + strlen(OWN)),
	    pack) : is_server_pack(pack, file);
}

static void
put_pack_name(struct jw *w, const char *file)
{
	struct arena *a = arena_new();

	jw_key_s(w, "pack", pack_of_file(a, file));
	arena_free(a);
}

static const char *
level_name(int level)
{
	static const char *const names[] = { "informational", "low", "medium",
		"high", "critical" };

	return level >= 1 && (size_t)level <= COUNT(names)
	    ? names[level - 1] : names[0];
}

static void
put_rule(struct jw *w, const struct tag_rule *r, bool on)
{
	char text[TECHNIQUE_TEXT];
	size_t i;

	jw_object(w);
	jw_key_c(w, "id", r->id);
	jw_key_c(w, "title", r->title);
	jw_key_c(w, "level", level_name(r->level));
	jw_key(w, "mitre_techniques");
	jw_array(w);
	for (i = 0; i < r->n_techniques; i++)
		jw_c(w, technique_text(r->techniques[i], text));
	jw_array_end(w);
	jw_key_c(w, "file", shown_file(r->file));
	put_pack_name(w, r->file);
	jw_key_b(w, "enabled", on);
	jw_object_end(w);
}

void
packs_put_rules(struct jw *w, const struct packs_look *l, struct str pack)
{
	struct tag_rule r;
	size_t i;

	jw_array(w);
	for (i = 0; i < tagger_loaded(l->all); i++) {
		r = tagger_rule(l->all, i);
		if (is_of(pack, r.file))
			put_rule(w, &r, packs_rule_on(l, i));
	}
	jw_array_end(w);
}

static void
put_refusals(struct jw *w, const struct tagger *t, struct str pack)
{
	struct tag_refusal no;
	size_t i;

	for (i = 0; i < tagger_refused(t); i++) {
		no = tagger_refusal(t, i);
		if (!is_of(pack, no.file))
			continue;
		jw_object(w);
		jw_key_c(w, "file", shown_file(no.file));
		put_pack_name(w, no.file);
		jw_key(w, "line");
		if (no.line > 0)
			jw_int(w, (int64_t)no.line);
		else
			jw_null(w);
		jw_key_c(w, "reason", no.reason);
		jw_object_end(w);
	}
}

void
packs_put_refused(struct jw *w, const struct packs_look *l, struct str pack)
{
	jw_array(w);
	put_refusals(w, l->server, pack);
	put_refusals(w, l->all, pack);
	jw_array_end(w);
}

static void
put_time(struct jw *w, const char *name, int64_t ns)
{
	jw_key(w, name);
	if (ns == 0)
		jw_null(w);
	else
		jw_time(w, ns);
}

static void
put_head(struct jw *w, const struct pack *k)
{
	const struct pack_row *own = k->own;

	jw_key_s(w, "name", k->name);
	jw_key_c(w, "origin", own != NULL ? "tenant" : "server");
	jw_key_b(w, "enabled", k->enabled);
	jw_key_i(w, "rules", (int64_t)k->rules);
	jw_key_i(w, "rules_enabled", (int64_t)k->on);
	jw_key_i(w, "refused", (int64_t)k->refused);
	jw_key(w, "bytes");
	if (own != NULL)
		jw_int(w, own->bytes);
	else
		jw_null(w);
	put_time(w, "created_at", own != NULL ? own->created_ns : 0);
	put_time(w, "updated_at", own != NULL ? own->updated_ns : 0);
	jw_key(w, "created_by");
	if (own != NULL)
		jw_str(w, own->who);
	else
		jw_null(w);
}

void
packs_put_packs(struct jw *w, const struct packs_look *l)
{
	size_t i;

	jw_array(w);
	for (i = 0; i < l->n_packs; i++) {
		jw_object(w);
		put_head(w, &l->packs[i]);
		jw_object_end(w);
	}
	jw_array_end(w);
}

void
packs_put_pack(struct jw *w, const struct packs_look *l, const struct pack *k)
{
	jw_object(w);
	put_head(w, k);
	jw_key_c(w, "ruleset", l->ruleset);
	jw_key(w, "rule_list");
	packs_put_rules(w, l, k->name);
	jw_key(w, "refused_list");
	packs_put_refused(w, l, k->name);
	jw_object_end(w);
}
