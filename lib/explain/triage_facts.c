/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of an alert before anything is weighed: from the stored event,
 * or from one that came with the request. */
#include "explain/triage.h"

#include <string.h>

#include "attack.h"
#include "base/hash.h"
#include "sighting.h"

/* A rule's level as the severity that a sender would state. */
static int
stated_of_level(int level)
{
	static const int stated[] = { 0, 10, 30, 50, 75, 95 };

	return stated[level < 0 ? 0 : level > 5 ? 5 : level];
}

/* Accounts that may do everything, by the names and numbers that their systems
 * give them. */
static bool
is_privileged(struct str key)
{
	static const char *const names[] = { "root", "administrator" };
	struct str name = key;
	size_t i, at;

	if (str_starts(key, "sid:"))
		return str_ends_fold(key, "-500");
	at = str_find(name, STR("\\"), 0);
	if (at != (size_t)-1)
		name = str_sub(name, at + 1, name.len);
	at = str_find(name, STR("@"), 0);
	if (at != (size_t)-1)
		name = str_sub(name, 0, at);
	for (i = 0; i < COUNT(names); i++)
		if (str_is_fold(name, names[i]))
			return true;
	return false;
}

static bool
is_account(int kind, int role)
{
	return kind == KIND_USER && role == ROLE_USER;
}

static enum rc
privileged_of(struct graph *g, struct arena *a, const struct node *n,
    bool *out)
{
	struct entity e;
	enum rc rc;
	size_t i;

	*out = false;
	for (i = 0; i < n->n_refs && !*out; i++) {
		if (!is_account(n->refs[i].kind, n->refs[i].role))
			continue;
		rc = graph_entity_get(g, a, n->refs[i].entity, &e);
		if (rc != RC_OK)
			return rc;
		*out = is_privileged(e.key);
	}
	return RC_OK;
}

static enum rc
story_of(struct graph *g, struct plots *s, int64_t ev,
    const struct plot **out)
{
	uint8_t id[16];
	enum rc rc = graph_chain_of_event(g, ev, id);

	if (rc == RC_OK)
		rc = plots_get(s, id, out);
	return rc == RC_ABSENT ? RC_OK : rc;
}

enum rc
facts_of_event(struct graph *g, struct arena *a, struct plots *s,
    struct context *c, int64_t ev, struct facts *f)
{
	const struct view *v = graph_view(g);
	const struct node *n = v->node(v->ctx, ev);
	size_t i;
	enum rc rc;

	memset(f, 0, sizeof(*f));
	if (n == NULL)
		return RC_FAIL;
	f->known = f->stored = true;
	f->t_ns = rank_time(&n->rank);
	f->stated = n->severity;
	f->impact = (n->flags & EVENT_IMPACT) != 0;
	for (i = 0; i < n->n_tags; i++) {
		f->tactics |= attack_tactics(n->tags[i].technique);
		if (stated_of_level(n->tags[i].level) > f->stated)
			f->stated = stated_of_level(n->tags[i].level);
	}
	rc = privileged_of(g, a, n, &f->privileged);
	if (rc == RC_OK)
		rc = graph_alert_get(g, ev, &f->detector, &f->place);
	if (rc == RC_OK || rc == RC_ABSENT)
		rc = context_of_event(c, n, f->place, &f->standing);
	if (rc == RC_OK || rc == RC_ABSENT)
		rc = story_of(g, s, ev, &f->plot);
	return rc;
}

/* A word that no stored alert holds has a number that no word has. */
static int64_t
number_of(struct graph *g, struct str word)
{
	int64_t id = graph_word_find(g, word);

	return id != 0 ? id : (int64_t)(hash_table(word.p, word.len) >> 2 |
	    UINT64_C(1) << 62);
}

void
facts_of_inline(struct graph *g, struct arena *a, const struct context *c,
    const struct event *ev, struct facts *f)
{
	struct sighting s;
	size_t i;

	memset(f, 0, sizeof(*f));
	f->known = true;
	f->t_ns = ev->time_ns;
	f->stated = ev->severity;
	f->impact = (ev->flags & EVENT_IMPACT) != 0;
	for (i = 0; i < ev->n_tags; i++) {
		f->tactics |= attack_tactics(ev->tags[i].technique);
		if (stated_of_level(ev->tags[i].level) > f->stated)
			f->stated = stated_of_level(ev->tags[i].level);
	}
	for (i = 0; i < ev->n_refs; i++)
		if (is_account(ev->refs[i].kind, ev->refs[i].role) &&
		    is_privileged(ev->refs[i].key))
			f->privileged = true;
	for (i = 0; i < ev->n_refs; i++)
		context_of_name(c, ev->refs[i].kind, ev->refs[i].name.len > 0 ?
		    ev->refs[i].name : ev->refs[i].key, &f->standing);
	if (!sighting_of(a, ev, &s))
		return;
	context_of_name(c, KIND_HOST, s.place, &f->standing);
	f->detector = number_of(g, s.detector);
	f->place = number_of(g, s.place);
}
