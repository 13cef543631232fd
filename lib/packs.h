/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rules a tenant's events are read with: the server's, which are files,
 * without those that the tenant has switched off, and with those of its own
 * packs, which lie in control.db. Every process reads the tenant's number of
 * changes with each body, so a change holds for the next one everywhere.
 *
 * A pack of the server's is "server" (files at the top of the folder) or
 * "server.FOLDER"; the tenant's own have names of its choosing, and a rule of
 * theirs without an id goes by "own:PACK/FILE". A rule that cannot be loaded is listed with its reason
 * and does not harm its neighbours. What is refused does not depend on what is
 * switched off.
 */
#ifndef PACKS_H
#define PACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/json.h"
#include "control.h"
#include "rc.h"
#include "ruleset.h"
#include "store.h"
#include "tag.h"

/* ---- reading with them ------------------------------------------------------ */

struct packs;			/* any number of threads may use one */
/* RC_FAIL: the folder cannot be read. */
MUST_CHECK enum rc packs_open(const char *folder, struct packs **p);
void packs_close(struct packs *p);		/* after the last give */
/* The tenant's, as it is now; good until packs_give. */
MUST_CHECK enum rc packs_take(struct packs *p, struct store *st,
    int64_t tenant, const struct tagger **t);
void packs_give(struct packs *p, const struct tagger *t);

/* ---- looking at them --------------------------------------------------------- */

enum { PACK_NAME_MOST = 64, PACKS_MOST = 20, PACK_FILES_MOST = 500,
	PACK_FILE_NAME_MOST = 200, PACK_FILE_MOST = 64 << 10,
	PACK_BYTES_MOST = 4 << 20,	/* of all packs of a tenant */
	RULES_AT_ONCE = 1000 };

struct pack {
	struct str name;
	const struct pack_row *own;	/* NULL: the server's */
	bool enabled;
	size_t rules, on, refused;
};
struct packs_look {
	const struct tagger *server;
	struct tagger *all;		/* over the server's, nothing off */
	size_t n_server;		/* of its rules are the server's */
	struct rule_off *off;
	size_t n_off;
	struct pack_row *rows;
	size_t n_rows;
	struct pack *packs;		/* the server's first, by name */
	size_t n_packs;
	char ruleset[RULESET_TEXT];	/* of what is on */
};
/* Memory is the arena's but for the tagger: packs_look_end. */
MUST_CHECK enum rc packs_look(struct packs *p, struct store *st,
    struct arena *a, int64_t tenant, struct packs_look *l);
void packs_look_end(struct packs_look *l);
/* NULL: there is none. */
const struct pack *packs_find(const struct packs_look *l, struct str name);
/* Is rule i of l->all asked? */
bool packs_rule_on(const struct packs_look *l, size_t i);

/* As JSON: arrays of what belongs to that pack (empty: all of them). */
void packs_put_rules(struct jw *w, const struct packs_look *l, struct str pack);
void packs_put_refused(struct jw *w, const struct packs_look *l,
    struct str pack);
void packs_put_packs(struct jw *w, const struct packs_look *l);
/* One as an object, with its rules and what was refused. */
void packs_put_pack(struct jw *w, const struct packs_look *l,
    const struct pack *k);

/* ---- changing them ------------------------------------------------------------ */

/* 1 to 64 of A-Z a-z 0-9 . _ -, and not beginning with "server". */
MUST_CHECK bool pack_name_ok(struct str name);
struct pack_fault {
	size_t file;		/* index; (size_t)-1: of the whole */
	struct str why;
};
/*
 * The same for the tool and for /admin, in the open transaction of control.db,
 * each with its line in the audit log.
 *
 * Make a pack, or put other files in the place of all that it has. RC_INVALID:
 * too much, or not one rule of it can be loaded; faults (the arena's) say where.
 * RC_EXISTS: there is a pack of that name.
 */
struct pack_wish {
	int64_t tenant, now_ns;
	struct str who, name;
	const struct pack_file *files;
	size_t n;
};
MUST_CHECK enum rc pack_add(struct packs *p, struct store *st,
    struct arena *a, const struct pack_wish *w, struct pack_fault **faults,
    size_t *n);
MUST_CHECK enum rc pack_replace(struct packs *p, struct store *st,
    struct arena *a, const struct pack_wish *w, struct pack_fault **faults,
    size_t *n);
/* By name, the server's too. RC_ABSENT: there is none. */
MUST_CHECK enum rc pack_switch(struct store *st, const struct packs_look *l,
    const struct pack_wish *w, bool on);
/* RC_DENIED: it is the server's. */
MUST_CHECK enum rc pack_remove(struct store *st, const struct packs_look *l,
    const struct pack_wish *w);
/* RC_ABSENT: *unknown is the first id that no rule has. */
MUST_CHECK enum rc rules_switch(struct store *st, struct arena *a,
    const struct packs_look *l, const struct pack_wish *w,
    const struct str *ids, size_t n, bool on, size_t *unknown);

#endif
