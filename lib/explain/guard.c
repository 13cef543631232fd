/* SPDX-License-Identifier: Apache-2.0 */
/* Whether what is cited holds a sentence: see guard.h. */
#include "explain/guard.h"

#include <stdlib.h>
#include <string.h>

#include "attack.h"
#include "base/clock.h"

struct named { struct str id; size_t at; };

const char *
guard_fault_name(enum guard_fault f)
{
	static const char *const names[GUARD__MAX] = {
		[GUARD_OK] = "ok", [GUARD_NO_CITE] = "no-cite",
		[GUARD_CITE_ELSEWHERE] = "cite-elsewhere",
		[GUARD_FORM] = "form", [GUARD_WORD] = "word",
		[GUARD_NAME] = "name", [GUARD_TIME] = "time",
		[GUARD_NUMBER] = "number", [GUARD_GRADE] = "grade",
		[GUARD_TECHNIQUE] = "technique", [GUARD_DEED] = "deed",
		[GUARD_ORDER] = "order",
	};

	return f < GUARD__MAX ? names[f] : "?";
}

static int
by_id(const void *a, const void *b)
{
	return str_cmp(((const struct named *)a)->id,
	    ((const struct named *)b)->id);
}

struct guard *
guard_new(const struct story *s)
{
	struct guard *g = arena_get(s->a, sizeof(*g));
	size_t i;

	g->s = s;
	g->by_id = arena_array(s->a, s->n + 1, sizeof(struct named));
	g->cited = arena_array(s->a, s->n + 1, sizeof(size_t));
	g->ties = arena_array(s->a, s->n_ties + 1, sizeof(*g->ties));
	for (i = 0; i < s->n; i++)
		g->by_id[i] = (struct named){ s->step[i].id, i };
	qsort(g->by_id, s->n, sizeof(struct named), by_id);
	return g;
}

/* ---- cites ------------------------------------------------------------------ */

static bool
add_cited(struct guard *g, struct str id, size_t *at)
{
	struct named key = { id, 0 }, *hit = bsearch(&key, g->by_id, g->s->n,
	    sizeof(key), by_id);
	size_t i, k;

	if (hit == NULL)
		return false;
	*at = hit->at;
	for (i = 0; i < g->n_cited && g->cited[i] < hit->at; i++)
		;
	if (i < g->n_cited && g->cited[i] == hit->at)
		return true;
	for (k = g->n_cited++; k > i; k--)
		g->cited[k] = g->cited[k - 1];
	g->cited[i] = hit->at;
	return true;
}

static bool
add_cite(struct guard *g, struct str cite)
{
	size_t arrow = str_find(cite, STR("->"), 0), from, to, i;

	if (arrow == (size_t)-1)
		return add_cited(g, cite, &from);
	if (!add_cited(g, str_sub(cite, 0, arrow), &from) ||
	    !add_cited(g, str_sub(cite, arrow + 2, cite.len), &to))
		return false;
	for (i = 0; i < g->s->n_ties; i++)
		if (g->s->tie[i].from == from && g->s->tie[i].to == to &&
		    g->n_ties < g->s->n_ties) {
			g->ties[g->n_ties++] = &g->s->tie[i];
			return true;
		}
	return false;
}

static const struct step *
cited(const struct guard *g, size_t i)
{
	return &g->s->step[g->cited[i]];
}

/* The longest name of a technique marked on what is cited that stands here. */
static size_t
technique_here(void *ctx, struct str s, technique *t)
{
	struct guard *g = ctx;
	const struct step *e;
	struct str name;
	size_t i, k, best = 0;
	int up;

	for (i = 0; i < g->n_cited; i++) {
		e = cited(g, i);
		for (k = 0; k < 2 * e->n_marks; k++) {
			up = k % 2 ? 1000 : 1;
			name = str_of(attack_technique_name(
			    e->marks[k / 2].technique / up * up));
			if (name.len > best && str_find(name, STR(" "), 0) !=
			    (size_t)-1 && s.len >= name.len &&
			    str_eq_fold(str_sub(s, 0, name.len), name)) {
				best = name.len;
				*t = e->marks[k / 2].technique / up * up;
			}
		}
	}
	return best;
}

static bool
is_name_here(void *ctx, struct str word)
{
	const struct guard *g = ctx;
	size_t i;

	for (i = 0; i < g->n_cited; i++)
		if (hold_agent(cited(g, i), word) ||
		    hold_patient(cited(g, i), word))
			return true;
	return false;
}

static bool
is_told_here(void *ctx, struct str text)
{
	const struct guard *g = ctx;
	size_t i;

	for (i = 0; i < g->n_cited; i++)
		if (str_find_fold(cited(g, i)->target, text, 0) != (size_t)-1)
			return true;
	return false;
}

/* ---- which events hold a clause ----------------------------------------------- */

static bool
plays(const struct step *e, struct str name, enum part part)
{
	switch (part) {
	case PART_AGENT:
		return hold_agent(e, name);
	case PART_PATIENT:
		return hold_patient(e, name);
	case PART_FROM:
		if (hold_agent(e, name))
			return true;
		return e->act != ACT_CONNECT && e->act != ACT_FLOW &&
		    e->act != ACT_DNS && e->act != ACT_PROCESS_CREATE &&
		    e->act != ACT_PROCESS_ACCESS && e->act != ACT_FILE_CREATE &&
		    hold_any(e, name);
	case PART_OF:
		return hold_agent(e, name) || hold_patient(e, name);
	case PART_TO:
		return hold_patient(e, name) || hold_folder(e, name) || (e->act != ACT_CONNECT &&
		    e->act != ACT_FLOW && hold_host(e, name)) ||
		    ((e->act == ACT_SIGN_IN || e->act == ACT_SSO) &&
		    str_eq_fold(e->source, name));
	case PART_ON:
		return hold_host(e, name) || str_eq_fold(e->source, name) ||
		    hold_patient(e, name) || hold_folder(e, name);
	case PART_USER:		/* "persists as ..." */
		return hold_user(e, name) || (e->act == ACT_REGISTRY_SET &&
		    hold_patient(e, name));
	default:
		return hold_any(e, name);
	}
}

static bool
has_text(const struct guard *g, const char *word)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (g->t[i].kind == TOKEN_WORD && str_is(g->t[i].text, word))
			return true;
	return false;
}

static bool
failed(const struct step *e)
{
	return e->outcome == OUTCOME_FAILURE || e->act == ACT_LOGON_FAILED;
}

static bool
about_program(const struct guard *g, const struct clause *c)
{
	size_t i;

	for (i = c->from; i < c->to; i++)
		if (g->t[i].kind == TOKEN_WORD &&
		    g->t[i].word.class == WORD_KIND &&
		    g->t[i].word.n == KIND_PROGRAM)
			return true;
	return false;
}

static bool
deed_done(const struct guard *g, const struct clause *c, size_t at)
{
	const struct step *e = &g->s->step[at];
	const struct deed_row *d;

	if (c->deed == SIZE_MAX)
		return true;
	d = g->t[c->deed].word.deed;
	if (!guard_deed(d, e))
		return false;
	if ((d->how & DEED_ITSELF) && e->act == ACT_PROCESS_CREATE &&
	    !about_program(g, c))
		return false;	/* "created x.exe" is said of files */
	if (d->how & DEED_BEGIN)
		return at == g->s->root || at == 0;
	if (d->how & DEED_END)	/* an attack's end is in no record */
		return e->act == ACT_PROCESS_END || (at == g->s->n - 1 &&
		    has_text(g, "chain"));
	if (d->how & (DEED_MARK | DEED_SEEN))
		return !c->failed || failed(e);
	return (d->how & DEED_REFUSED) || c->failed == failed(e);
}

static bool
acted_on(const struct guard *g, const struct clause *c, const struct step *e,
    struct str name)
{
	unsigned how = c->deed == SIZE_MAX ? 0 : g->t[c->deed].word.deed->how;

	if (e->act == ACT_PROCESS_CREATE && ((how & DEED_OPEN) ||
	    (c->deed != SIZE_MAX &&
	    guard_marked(g->t[c->deed].word.deed, e))))
		return hold_argument(e, name);
	if (str_eq_fold(e->action, name) && !(how & DEED_ANY))
		return false;
	return hold_patient(e, name) && (!(how & DEED_ITSELF) ||
	    hold_itself(e, name));
}

/* All but the list of what was acted on, of which one member is enough. */
static bool
holds(const struct guard *g, const struct clause *c, size_t at,
    const struct named_part *member)
{
	const struct step *e = &g->s->step[at];
	size_t i;

	if (!deed_done(g, c, at))
		return false;
	for (i = 0; i < c->n_names; i++)
		if (c->name[i].part == PART_PATIENT ? &c->name[i] == member &&
		    !acted_on(g, c, e, c->name[i].name) :
		    !plays(e, c->name[i].name, c->name[i].part))
			return false;
	return true;
}

static void
hold(struct clause *c, size_t at)
{
	size_t i;

	for (i = 0; i < c->n_held; i++)
		if (c->held[i] == at)
			return;
	c->held[c->n_held++] = at;
}

static int
by_place(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

static bool
hold_member(struct guard *g, struct clause *c, const struct named_part *member)
{
	bool any = false;
	size_t i;

	for (i = 0; i < g->n_cited; i++)
		if (holds(g, c, g->cited[i], member)) {
			hold(c, g->cited[i]);
			any = true;
		}
	return any;
}

/* Does any cited event do that, whoever it was? */
static bool
deed_known(struct guard *g, const struct clause *c)
{
	size_t i;

	for (i = 0; i < g->n_cited; i++)
		if (deed_done(g, c, g->cited[i]))
			return true;
	return false;
}

static enum guard_fault
hold_clause(struct guard *g, struct clause *c)
{
	size_t i, members = 0;

	c->held = arena_array(g->s->a, g->n_cited + 1, sizeof(size_t));
	if (!deed_known(g, c))
		return GUARD_DEED;
	if (c->deed == SIZE_MAX && c->n_bare > 1)
		return GUARD_NAME;	/* "x is y" */
	for (i = 0; i < c->n_names; i++) {
		if (c->name[i].part != PART_PATIENT)
			continue;
		members++;
		if (!hold_member(g, c, &c->name[i]))
			return GUARD_NAME;
	}
	if (members == 0 && !hold_member(g, c, NULL))
		return GUARD_NAME;
	qsort(c->held, c->n_held, sizeof(size_t), by_place);
	return GUARD_OK;
}

static bool
has_class(const struct guard *g, enum word_class class)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (g->t[i].kind == TOKEN_WORD && g->t[i].word.class == class)
			return true;
	return false;
}

/* A clause that tells one time is about what happened then. */
static enum guard_fault
narrow_by_time(struct guard *g, struct clause *c)
{
	size_t i, at = SIZE_MAX, n = 0;

	for (i = c->from; i < c->to; i++) {
		if (g->t[i].kind == TOKEN_TIME && at != SIZE_MAX)
			return GUARD_OK;
		if (g->t[i].kind == TOKEN_TIME)
			at = i;
		else if (g->t[i].kind == TOKEN_WORD &&
		    (g->t[i].word.class == WORD_FIRST ||
		    g->t[i].word.class == WORD_LAST ||
		    g->t[i].word.class == WORD_COUNT))
			return GUARD_OK;
	}
	if (at == SIZE_MAX)
		return GUARD_OK;
	for (i = 0; i < c->n_held; i++)
		if (hold_time(&g->s->step[c->held[i]], g->t[at].text))
			c->held[n++] = c->held[i];
	c->n_held = n;
	return n > 0 ? GUARD_OK : GUARD_TIME;
}

/* "..., marked as ..." is about the very event of the clause before. */
static enum guard_fault
narrow_by_mark(struct guard *g, const struct clause *before, struct clause *c)
{
	size_t i, k, n = 0;

	if (!(g->t[c->deed].word.deed->how & DEED_MARK) ||
	    c->joint == WORD_JOIN || c->joint == WORD_THEN)
		return GUARD_OK;
	for (i = 0; i < c->n_held; i++) {
		for (k = 0; k < before->n_held &&
		    before->held[k] != c->held[i]; k++)
			;
		if (k < before->n_held)
			c->held[n++] = c->held[i];
	}
	c->n_held = n;
	return n > 0 ? GUARD_OK : GUARD_DEED;
}

static enum guard_fault
hold_all(struct guard *g)
{
	enum guard_fault f = GUARD_OK;
	size_t i;

	if (g->c[0].deed == SIZE_MAX && has_class(g, WORD_LINK))
		return guard_link(g, &g->c[0]);
	if (g->c[0].deed == SIZE_MAX && has_class(g, WORD_LIST))
		return guard_list(g, &g->c[0]);
	for (i = 0; i < g->n_clauses && f == GUARD_OK; i++)
		f = hold_clause(g, &g->c[i]);
	for (i = 0; i < g->n_clauses && f == GUARD_OK; i++)
		f = narrow_by_time(g, &g->c[i]);
	for (i = 1; i < g->n_clauses && f == GUARD_OK; i++)
		f = narrow_by_mark(g, &g->c[i - 1], &g->c[i]);
	return f;
}

/* "The link from the logon to ...": what it joins, no clause of its own. */
static void
deeds_are_names(struct guard *g)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (g->t[i].kind == TOKEN_WORD &&
		    g->t[i].word.class == WORD_DEED)
			g->t[i].kind = TOKEN_NAME;
}

static bool
take_cites(struct guard *g, const struct str *cites, size_t n)
{
	size_t i;

	g->n_cited = g->n_ties = 0;
	for (i = 0; i < n; i++)
		if (!add_cite(g, cites[i]))
			return false;
	return true;
}

enum guard_fault
guard_sentence(struct guard *g, struct str text, const struct str *cites,
    size_t n_cites)
{
	enum guard_fault f;
	const struct guard_facts facts = { g, technique_here, is_name_here,
		is_told_here };
	struct checks k;

	if (n_cites == 0)
		return GUARD_NO_CITE;
	if (!take_cites(g, cites, n_cites))
		return GUARD_CITE_ELSEWHERE;
	f = guard_read(g->s->a, text, &facts, g->t, &g->n);
	if (f != GUARD_OK)
		return f;
	if (has_class(g, WORD_LINK))
		deeds_are_names(g);
	if (!guard_clauses(g->t, g->n, g->c, &g->n_clauses))
		return GUARD_FORM;
	f = hold_all(g);
	k = (struct checks){ g->s, g->t, g->n, g->c, g->n_clauses, g->cited,
		g->n_cited, g->ties, g->n_ties };
	return f != GUARD_OK ? f : guard_figures(&k);
}
