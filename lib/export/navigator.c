/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ATT&CK Navigator layer 4.5: the chain's techniques, coloured by how well the
 * events that show them are tied in: score 100 by a PROVABLE link, 60 by a
 * MIXED one, 30 by an INFERRED one, 10 by none.
 *
 * https://github.com/mitre-attack/attack-navigator/tree/master/layers
 */
#include "export/inner.h"

#include <string.h>

enum { COMMENT_EVENTS = 5, COMMENT_SHOWN = 300 };

static int
score_of(struct str grade)
{
	if (str_is(grade, "PROVABLE"))
		return 100;
	return str_is(grade, "MIXED") ? 60 : 30;
}

static bool
shows(const struct point *p, technique t)
{
	size_t i;

	for (i = 0; i < p->n_techniques; i++)
		if (p->techniques[i] == t)
			return true;
	return false;
}

/* The best link at either end of each event. */
static int *
scores_of(const struct subject *s)
{
	int *best = arena_array(s->a, s->n_points + 1, sizeof(int));
	size_t i;
	int score;

	for (i = 0; i < s->n_points; i++)
		best[i] = 10;
	for (i = 0; i < s->n_links; i++) {
		score = score_of(s->link[i].grade);
		if (score > best[s->link[i].from])
			best[s->link[i].from] = score;
		if (score > best[s->link[i].to])
			best[s->link[i].to] = score;
	}
	return best;
}

static void
put_note(struct jw *w, const char *name, struct str value)
{
	jw_object(w);
	jw_key_c(w, "name", name);
	jw_key_s(w, "value", value);
	jw_object_end(w);
}

static void
put_colour(struct jw *w, const char *label, const char *colour)
{
	jw_object(w);
	jw_key_c(w, "label", label);
	jw_key_c(w, "color", colour);
	jw_object_end(w);
}

/* Where the technique is shown, one line an event. */
static struct str
comment_of(struct subject *s, technique t, size_t *n)
{
	struct buf b;
	struct str out;
	size_t i;

	*n = 0;
	buf_init(&b, 64 << 10);
	for (i = 0; i < s->n_points; i++) {
		if (!shows(&s->point[i], t) || ++*n > COMMENT_EVENTS)
			continue;
		put_time_text(&b, s->point[i].time_ns);
		buf_put_c(&b, ": ");
		buf_put_str(&b, shown(s->a, point_words(s->a,
		    &s->point[i]), COMMENT_SHOWN));
		buf_put_char(&b, '\n');
	}
	if (*n > COMMENT_EVENTS)
		buf_printf(&b, "and %zu more\n", *n - COMMENT_EVENTS);
	out = str_dup(s->a, str_trim(buf_str(&b)));
	buf_release(&b);
	return out;
}

static void
put_technique(struct jw *w, struct subject *s, const int *scores, technique t)
{
	char text[TECHNIQUE_TEXT];
	size_t i, n;
	int score = 10;
	struct str comment = comment_of(s, t, &n);

	for (i = 0; i < s->n_points; i++)
		if (shows(&s->point[i], t) && scores[i] > score)
			score = scores[i];
	jw_object(w);
	jw_key_c(w, "techniqueID", technique_text(t, text));
	jw_key_i(w, "score", score);
	jw_key_s(w, "comment", comment);
	jw_key_b(w, "enabled", true);
	jw_key_b(w, "showSubtechniques", true);
	jw_key(w, "metadata");
	jw_array(w);
	put_note(w, "events", str_printf(s->a, "%zu", n));
	jw_array_end(w);
	jw_object_end(w);
}

static void
put_techniques(struct jw *w, struct subject *s)
{
	const int *scores = scores_of(s);
	size_t i;

	jw_key(w, "techniques");
	jw_array(w);
	for (i = 0; i < s->n_techniques; i++)
		put_technique(w, s, scores, s->techniques[i]);
	jw_array_end(w);
}

static void
put_look(struct jw *w)
{
	jw_key_i(w, "sorting", 3);
	jw_key(w, "layout");
	jw_object(w);
	jw_key_c(w, "layout", "side");
	jw_key_b(w, "showID", true);
	jw_key_b(w, "showName", true);
	jw_key_c(w, "expandedSubtechniques", "annotated");
	jw_object_end(w);
	jw_key_b(w, "hideDisabled", false);
	jw_key(w, "gradient");
	jw_object(w);
	jw_key(w, "colors");
	jw_array(w);
	jw_c(w, "#dfe7ee");
	jw_c(w, "#f2b872");
	jw_c(w, "#c8452f");
	jw_array_end(w);
	jw_key_i(w, "minValue", 0);
	jw_key_i(w, "maxValue", 100);
	jw_object_end(w);
	jw_key(w, "legendItems");
	jw_array(w);
	put_colour(w, "tied in by a PROVABLE link", "#c8452f");
	put_colour(w, "by a MIXED link at best", "#eaa164");
	put_colour(w, "by an INFERRED link at best", "#eacca4");
	jw_array_end(w);
}

/* The Navigator loads ATT&CK by its major version. */
static struct str
major_version(void)
{
	struct str rest = str_of(attack_version()), major = { 0 };

	return str_cut(&rest, '.', &major) ? major : rest;
}

void
write_navigator(struct subject *s)
{
	struct jw w;

	jw_init(&w, s->out);
	jw_object(&w);
	jw_key_s(&w, "name", shown(s->a, s->title, COMMENT_SHOWN));
	jw_key(&w, "versions");
	jw_object(&w);
	jw_key_s(&w, "attack", major_version());
	jw_key_c(&w, "navigator", "5.2.0");
	jw_key_c(&w, "layer", "4.5");
	jw_object_end(&w);
	jw_key_c(&w, "domain", "enterprise-attack");
	jw_key_s(&w, "description", str_printf(s->a, "Causal chain %.*s, "
	    "version %lld, %.*s: %.*s.", STR_ARG(s->id),
	    (long long)s->version, STR_ARG(s->grade),
	    STR_ARG(subject_counts(s))));
	put_look(&w);
	put_techniques(&w, s);
	jw_key(&w, "metadata");
	jw_array(&w);
	put_note(&w, "chain", s->id);
	put_note(&w, "chain version", str_printf(s->a, "%lld",
	    (long long)s->version));
	put_note(&w, "grade", s->grade);
	put_note(&w, "ATT&CK", str_of(attack_version()));
	jw_array_end(&w);
	jw_object_end(&w);
}
