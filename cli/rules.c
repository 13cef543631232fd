/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules list [--pack NAME] - the Sigma rules that there are, and which are on
 * rules packs
 * rules add NAME FILE|FOLDER... [--replace] - rules of the tenant's own
 * rules remove NAME
 * rules enable|disable ID... | --pack NAME
 *
 * All with [--tenant T]. A running service reads the next body with what is
 * on then; what was stored before keeps its tags until `tra-ce rebuild`.
 */
#include "cli.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/shown.h"
#include "packs.h"

struct turn {
	struct cli *c;
	struct packs *packs;
	struct packs_look look;
	struct pack_wish w;
	const char *pack;
	bool replace;
};

/* ---- answers ---------------------------------------------------------------- */

/* In a column of that width, with what stands behind it. */
static void
put(struct cli *c, const struct json *v, const char *name, int width,
    const char *behind)
{
	struct str s = shown(c->a, json_scalar(c->a, json_get(v, name)), 120);

	buf_printf(&c->out, "%-*.*s%s", width, STR_ARG(s), behind);
}

static void
put_state(struct cli *c, const struct json *v)
{
	buf_put_c(&c->out, json_bool(json_get(v, "enabled")) ? "on   " :
	    "off  ");
}

static void
print_rule(struct cli *c, const struct json *r)
{
	put_state(c, r);
	put(c, r, "level", 14, " ");
	put(c, r, "id", 0, "  ");
	put(c, r, "title", 0, "  (");
	put(c, r, "pack", 0, ")\n");
}

static void
print_refused(struct cli *c, const struct json *r)
{
	buf_put_c(&c->out, "refused: ");
	put(c, r, "pack", 0, " ");
	put(c, r, "file", 0, " ");
	if (json_type(json_get(r, "line")) == JSON_INT) {
		buf_put_c(&c->out, "line ");
		put(c, r, "line", 0, " ");
	}
	put(c, r, "reason", 0, "\n");
}

static void
print_pack(struct cli *c, const struct json *k)
{
	put_state(c, k);
	put(c, k, "name", 24, " ");
	put(c, k, "rules_enabled", 0, " of ");
	put(c, k, "rules", 0, " rules on, ");
	put(c, k, "refused", 0, " refused, of the ");
	put(c, k, "origin", 0, "\n");
}

/* What is written as JSON is what people get told: one line each. */
static void
print_each(struct cli *c, struct str text,
    void (*f)(struct cli *c, const struct json *v))
{
	struct json_doc *doc = json_doc_new();
	const struct json *v = json_parse(doc, text);
	size_t i;

	for (i = 0; i < json_len(v); i++)
		f(c, json_item(v, i));
	json_doc_free(doc);
}

static void
tell(struct turn *t, bool packs)
{
	struct cli *c = t->c;
	struct str of = str_of(t->pack);
	struct buf list, refused;
	struct jw w;

	buf_init(&list, (size_t)64 << 20);
	buf_init(&refused, (size_t)64 << 20);
	jw_init(&w, &list);
	if (packs)
		packs_put_packs(&w, &t->look);
	else
		packs_put_rules(&w, &t->look, of);
	jw_init(&w, &refused);
	packs_put_refused(&w, &t->look, of);
	if (c->json) {
		jw_object(&c->jw);
		jw_key_c(&c->jw, "ruleset", t->look.ruleset);
		jw_key(&c->jw, packs ? "packs" : "rules");
		jw_raw(&c->jw, buf_str(&list));
		jw_key(&c->jw, "refused");
		jw_raw(&c->jw, buf_str(&refused));
		jw_object_end(&c->jw);
	} else {
		print_each(c, buf_str(&list), packs ? print_pack : print_rule);
		print_each(c, buf_str(&refused), print_refused);
	}
	buf_release(&list);
	buf_release(&refused);
}

/* ---- changes ------------------------------------------------------------------- */

static enum rc
look(struct turn *t)
{
	packs_look_end(&t->look);
	return packs_look(t->packs, t->c->store, t->c->a, t->w.tenant,
	    &t->look);
}

static int
kept(struct turn *t, enum rc rc, const char *what)
{
	struct store *st = t->c->store;

	if (rc == RC_OK)
		rc = control_commit(st);
	else
		control_rollback(st);
	if (rc == RC_ABSENT)
		return cli_failed("there is no %s", what);
	if (rc == RC_OK)
		rc = look(t);
	if (rc != RC_OK)
		return cli_rc(rc, "changing the rules");
	tell(t, true);
	return CLI_OK;
}

static int
read_files(struct turn *t, char **paths, int n)
{
	struct arena *a = t->c->a;
	struct pack_file *f = NULL;
	struct tag_source *s;
	size_t room = 0, many = 0, k, i;
	enum rc rc;
	int at;

	for (at = 0; at < n; at++) {
		rc = tag_files(a, paths[at], PACK_FILES_MOST, PACK_FILE_MOST,
		    &s, &k);
		if (rc == RC_TOO_BIG)
			return cli_failed("%s: at most %d files of %d bytes",
			    paths[at], PACK_FILES_MOST, PACK_FILE_MOST);
		if (rc != RC_OK)
			return cli_failed("cannot read %s: %s", paths[at],
			    strerror(errno));
		f = arena_grow(a, f, &room, many + k + 1, sizeof(*f));
		for (i = 0; i < k; i++) {
			f[many].file = str_of(s[i].file);
			f[many++].text = s[i].text;
		}
	}
	t->w.files = f;
	t->w.n = many;
	return CLI_OK;
}

static int
add(struct turn *t, char **paths, int n)
{
	struct store *st = t->c->store;
	struct pack_fault *faults;
	size_t many = 0, i;
	int status = read_files(t, paths, n);
	enum rc rc;

	if (status != CLI_OK)
		return status;
	if (!pack_name_ok(t->w.name))
		return cli_usage("a pack's name is 1 to %d of A-Z a-z 0-9 . _ "
		    "- and does not begin with \"server\"", PACK_NAME_MOST);
	rc = control_begin(st);
	if (rc == RC_OK && t->replace)
		rc = pack_replace(t->packs, st, t->c->a, &t->w, &faults,
		    &many);
	else if (rc == RC_OK)
		rc = pack_add(t->packs, st, t->c->a, &t->w, &faults, &many);
	for (i = 0; rc == RC_INVALID && i < many; i++)
		(void)cli_failed("%.*s%s%.*s", faults[i].file < t->w.n ?
		    (int)t->w.files[faults[i].file].file.len : 0,
		    faults[i].file < t->w.n ?
		    t->w.files[faults[i].file].file.p : "",
		    faults[i].file < t->w.n ? ": " : "",
		    STR_ARG(faults[i].why));
	if (rc == RC_INVALID || rc == RC_EXISTS) {
		control_rollback(st);
		return rc == RC_EXISTS ? cli_failed("there is a pack of that "
		    "name; --replace puts these files in the place of its "
		    "own") : cli_failed("nothing was kept");
	}
	return kept(t, rc, "pack of that name");
}

static int
drop(struct turn *t)
{
	struct store *st = t->c->store;
	enum rc rc = control_begin(st);

	if (rc == RC_OK)
		rc = pack_remove(st, &t->look, &t->w);
	if (rc == RC_DENIED) {
		control_rollback(st);
		return cli_failed("the pack is the server's: it can be "
		    "disabled, not removed");
	}
	return kept(t, rc, "pack of that name");
}

static int
turn_packs(struct turn *t, bool on)
{
	enum rc rc = control_begin(t->c->store);

	t->w.name = str_of(t->pack);
	t->pack = NULL;
	if (rc == RC_OK)
		rc = pack_switch(t->c->store, &t->look, &t->w, on);
	return kept(t, rc, "pack of that name");
}

static int
turn_rules(struct turn *t, char **argv, int n, bool on)
{
	struct str *ids = arena_array(t->c->a, (size_t)n, sizeof(*ids));
	size_t unknown = 0;
	enum rc rc = control_begin(t->c->store);
	int i;

	for (i = 0; i < n; i++)
		ids[i] = str_of(argv[i]);
	if (rc == RC_OK)
		rc = rules_switch(t->c->store, t->c->a, &t->look, &t->w, ids,
		    (size_t)n, on, &unknown);
	return kept(t, rc, str_c(t->c->a, str_printf(t->c->a, "rule %s",
	    argv[unknown])));
}

/* ---- the command ------------------------------------------------------------------ */

static int
run(struct turn *t, int n, char **argv)
{
	const char *what = n > 0 ? argv[0] : "";
	bool on = strcmp(what, "enable") == 0;

	if (n > 1)
		t->w.name = str_of(argv[1]);
	if (n == 1 && (strcmp(what, "list") == 0 ||
	    strcmp(what, "packs") == 0)) {
		tell(t, what[0] == 'p');
		return CLI_OK;
	}
	if (n > 2 && strcmp(what, "add") == 0)
		return add(t, argv + 2, n - 2);
	if (n == 2 && strcmp(what, "remove") == 0)
		return drop(t);
	if ((on || strcmp(what, "disable") == 0) &&
	    (n > 1) != (t->pack != NULL))
		return n > 1 ? turn_rules(t, argv + 1, n - 1, on) :
		    turn_packs(t, on);
	return cli_usage("usage: tra-ce rules list [--pack NAME] | packs | "
	    "add NAME FILE|FOLDER... [--replace] | remove NAME | "
	    "enable|disable ID... | enable|disable --pack NAME; [--tenant T]");
}

int
cmd_rules(struct cli *c, int argc, char **argv)
{
	struct turn t = { .c = c };
	const char *tenant = NULL;
	struct tenant of;
	int status;
	enum rc rc;
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--tenant", &tenant, NULL }, { "--pack", &t.pack, NULL },
	    { "--replace", NULL, &t.replace }, { 0 } });

	if (n < 0)
		return CLI_USAGE;
	if (!cli_open(c, false) || !cli_tenant_or_only(c, tenant, &of))
		return CLI_FAILED;
	if (packs_open(c->conf.rules, &t.packs) != RC_OK)
		return cli_failed("cannot read the rules in %s; name their "
		    "folder in the configuration or with TRACE_RULES",
		    c->conf.rules);
	t.w = (struct pack_wish){ .tenant = of.id, .now_ns = clock_now_ns(),
		.who = STR("tool") };
	rc = look(&t);
	status = rc == RC_OK ? run(&t, n, argv) : cli_rc(rc,
	    "reading the rules");
	packs_look_end(&t.look);
	packs_close(t.packs);
	return status;
}
