/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts become points: 10 points double the odds that this is an attack. What a
 * factor weighs is nobody's but ours (triage_learn.c) until a tenant has closed
 * enough chains.
 *
 *	points of a factor = 10 x weight x value / ln 2, in hundredths
 *
 * Whole hundredths are added, so that what is shown adds up to the last digit.
 * A factor worth nothing is left out, the detector's own record never.
 */
#include "explain/triage.h"

#include <math.h>
#include <string.h>

enum { PROGRESSION_MOST = 6, SEEDS_MOST = 3, NAMED_MOST = 3 };

#define BENIGN_MOST 1.5
#define PRIOR_YES 1.0
#define PRIOR_NO 4.0
#define PRIOR_LEAST .01

static void
put(const struct weighing *w, struct weighed *out, enum worth which,
    const char *name, double value, struct str because)
{
	int64_t points = llround(1000 * w->weights->w[which] * value / M_LN2);

	out->value[which] = value;
	/* One place is kept for "suppressed". */
	if ((points == 0 && out->n > 0) || out->n == TRIAGE_FACTORS_MAX - 1)
		return;
	out->factors[out->n++] = (struct triage_factor){ name, points,
		because };
	out->points += points;
}

/* ---- what analysts' words say ------------------------------------------ */

/* Logit of the mean of Beta(1 + right, 4 + wrong), but never of less than one
 * in a hundred: that a thousand were closed as false says what was usual, and
 * what else is known of the next one must still be able to outweigh it. */
static double
prior(struct said s)
{
	return fmax(log((PRIOR_YES + (double)s.yes) / (PRIOR_NO +
	    (double)s.no)), log(PRIOR_LEAST / (1 - PRIOR_LEAST)));
}

static struct said
without(const struct weighing *w, struct said s, bool of_this)
{
	if (w->leave != NULL && of_this) {
		s.yes -= w->leave->right && s.yes > 0;
		s.no -= !w->leave->right && s.no > 0;
	}
	return s;
}

/* Of a detector; the verdict on a chain that is to be learnt says nothing of
 * itself. */
static struct said
said_of(const struct weighing *w, const struct facts *f, int64_t detector)
{
	size_t i;

	for (i = 0; f->plot != NULL && i < f->plot->n_detectors &&
	    f->plot->detectors[i] != detector; i++)
		;
	return without(w, verdicts_of_detector(w->verdicts, detector),
	    f->plot != NULL && i < f->plot->n_detectors);
}

/* The other detectors of the chain that have proven better than an unknown
 * one: the best counts half, the next a quarter. */
static double
others(const struct weighing *w, const struct facts *f)
{
	double best = 0, next = 0, x;
	size_t i;

	for (i = 0; f->plot != NULL && i < f->plot->n_detectors; i++) {
		if (f->plot->detectors[i] == f->detector)
			continue;
		x = prior(said_of(w, f, f->plot->detectors[i])) -
		    prior((struct said){ 0, 0 });
		if (x > best) {
			next = best;
			best = x;
		} else if (x > next) {
			next = x;
		}
	}
	return best / 2 + next / 4;
}

static void
weigh_prior(struct weighing *w, const struct facts *f, struct weighed *out)
{
	struct said s = { 0, 0 };

	if (f->detector != 0)
		s = said_of(w, f, f->detector);
	put(w, out, FACTOR_PRIOR, "detector prior", prior(s), s.yes + s.no == 0 ?
	    STR("no chain with this detection was closed yet; one in five "
	    "is assumed to be right") :
	    str_printf(w->a, "%lld of %lld chains with this detection were "
	    "closed as true", (long long)s.yes, (long long)(s.yes + s.no)));
	put(w, out, FACTOR_OTHERS, "other detectors", others(w, f),
	    STR("other detections of the chain were right before"));
}

static void
weigh_benign(struct weighing *w, const struct facts *f, struct weighed *out)
{
	struct said s;

	if (f->plot == NULL)
		return;
	s = without(w, verdicts_of_shape(w->verdicts, f->plot->detectors,
	    f->plot->n_detectors), true);
	if (s.no <= s.yes)
		return;
	put(w, out, FACTOR_BENIGN, "benign context", -BENIGN_MOST *
	    (double)(s.no - s.yes) / ((double)(s.no + s.yes) + PRIOR_NO), str_printf(w->a, "%lld of %lld chains "
	    "of the same detections were closed as benign or false",
	    (long long)s.no, (long long)(s.no + s.yes)));
}

/* ---- what the counters say --------------------------------------------- */

static struct str
named(struct weighing *w, const int64_t *which, size_t n, const char *where)
{
	struct str list = { 0 };
	size_t i;

	for (i = 0; i < n && i < NAMED_MOST; i++)
		list = str_printf(w->a, "%.*s%s%.*s", STR_ARG(list),
		    i > 0 ? "; " : "", STR_ARG(graph_word_text(w->g, w->a,
		    which[i])));
	return str_printf(w->a, "%zu%s other rare detection%s %s within half "
	    "an hour before: %.*s%s", n, n == NEAR_MOST ? " or more" : "",
	    n == 1 ? "" : "s", where, STR_ARG(list),
	    n > NAMED_MOST ? " ..." : "");
}

static struct str
because_here(struct weighing *w, const struct counted *c)
{
	struct str act = { 0 };

	if (c->places > 1)
		act = str_printf(w->a, ", less for %lld places at once: one "
		    "act", (long long)c->places);
	return str_printf(w->a, "seen here less than once in %d hours, by %.0f "
	    "hours of watching%.*s", 1 << c->here, c->hours, STR_ARG(act));
}

static enum rc
weigh_counts(struct weighing *w, const struct facts *f, struct weighed *out,
    struct counted *c)
{
	enum rc rc;

	memset(c, 0, sizeof(*c));
	if (f->detector == 0)
		return RC_OK;
	rc = counters_look(w->counters, f->detector, f->place, f->t_ns,
	    f->stored, c);
	if (rc != RC_OK)
		return rc;
	put(w, out, FACTOR_HERE, "rarity here", c->here,
	    because_here(w, c));
	put(w, out, FACTOR_ANYWHERE, "rarity anywhere", c->anywhere,
	    c->anywhere < 0 ? str_printf(w->a, "common: seen anywhere %d "
	    "times an hour or more", 1 << -c->anywhere) : str_printf(w->a,
	    "seen anywhere less than once in %d hours", 1 << c->anywhere));
	put(w, out, FACTOR_BURST, "burst", c->burst, str_printf(w->a,
	    "%lld in this hour, %d times its mean or more", (long long)c->n,
	    1 << c->burst));
	put(w, out, FACTOR_NEAR, "neighbour progression", (double)c->near,
	    named(w, c->near_which, c->near, "here"));
	put(w, out, FACTOR_WIDE, "wider progression", (double)c->wide,
	    named(w, c->wide_which, c->wide, "elsewhere"));
	return RC_OK;
}

/* ---- what the chain says ----------------------------------------------- */

static void
weigh_story(struct weighing *w, const struct facts *f, struct weighed *out)
{
	const struct plot *s = f->plot;
	int steps = s != NULL ? s->progression : f->tactics != 0;
	int more = s != NULL ? s->seeds - 1 : 0;
	bool impact = f->impact || (s != NULL && s->impact);

	if (steps > PROGRESSION_MOST)
		steps = PROGRESSION_MOST;
	put(w, out, FACTOR_STORY, "causal progression", steps, s == NULL ?
	    STR("it shows a tactic of attackers") : str_printf(w->a,
	    "%d tactic%s in order along the chain's likely paths", steps,
	    steps == 1 ? "" : "s"));
	if (s != NULL)
		put(w, out, FACTOR_PROOF, "proof", s->provable_share *
		    (more > SEEDS_MOST ? SEEDS_MOST : more < 0 ? 0 : more),
		    str_printf(w->a, "%.0f %% of the chain's links are proven, "
		    "between %d signs", 100 * s->provable_share, s->seeds));
	if (f->privileged)
		put(w, out, FACTOR_PRIVILEGED, "stakes: account", 1,
		    STR("it concerns an account that may do everything"));
	if (impact)
		put(w, out, FACTOR_IMPACT, "stakes: impact", 1,
		    STR("what attackers are after was reached"));
}

/* What the tenant's own list says (triage_context.c). */
static void
weigh_standing(struct weighing *w, const struct facts *f, struct weighed *out)
{
	const struct standing *s = &f->standing;
	double p = s->percent / 100.0;

	if (s->critical.len > 0)
		put(w, out, FACTOR_ASSET, "stakes: asset", 1, str_printf(w->a,
		    "the context list calls %.*s critical",
		    STR_ARG(s->critical)));
	if (s->percent > 0)
		put(w, out, FACTOR_INTEL, "intel match", log(p / (1 - p)),
		    str_printf(w->a, "the context list knows %.*s from "
		    "intelligence that is right %d times in 100",
		    STR_ARG(s->intel), s->percent));
	if (s->expected.len > 0)
		put(w, out, FACTOR_EXPECTED, "expected here", -BENIGN_MOST,
		    str_printf(w->a, "the context list expects detections at "
		    "%.*s", STR_ARG(s->expected)));
}

/* Only what sender or rule says of itself; nothing said is the middle. */
static void
weigh_stated(struct weighing *w, const struct facts *f, struct weighed *out)
{
	if (f->stated < 0)
		return;
	put(w, out, FACTOR_STATED, "stated severity", (f->stated - 50) / 50.0,
	    str_printf(w->a, "sender or rule says %d of 100", f->stated));
}

/*
 * What the tenant wants to see last: as much as nothing else can make up for,
 * the same for all, so that among themselves they keep their order. It is no
 * opinion on the alert, so nothing is learnt from it and it has no weight.
 */
static void
weigh_suppressed(struct weighing *w, const struct facts *f,
    struct weighed *out)
{
	struct str names = { "", 0 };
	size_t i;

	if (!f->suppressed.yes)
		return;
	for (i = 0; i < suppress_rules(w->suppress); i++)
		if (f->suppressed.by[i])
			names = str_printf(w->a, "%.*s%s%.*s", STR_ARG(names),
			    names.len > 0 ? "; " : "",
			    STR_ARG(suppress_rule(w->suppress, i)->name));
	out->factors[out->n++] = (struct triage_factor){ "suppressed",
		SUPPRESSED_POINTS, str_printf(w->a, "put last by the tenant's "
		"suppression rule: %.*s", STR_ARG(names)) };
	out->points += SUPPRESSED_POINTS;
	out->action = "Nothing now: a suppression rule puts it last. If that "
	    "rule looks wrong, switch it off.";
}

/* ---- what to do next --------------------------------------------------- */

static const char *
action_of(const struct facts *f, const struct counted *c, int severity)
{
	const struct plot *s = f->plot;

	if (!f->known)
		return "Nothing of this id is known here: check the id.";
	if (s != NULL && s->impact && severity >= 50)
		return "Contain now: isolate the chain's hosts, end its "
		    "sessions and revoke its keys, then follow it to its root.";
	if (s != NULL && severity >= 70)
		return "Investigate the chain now; be ready to isolate its "
		    "hosts and to suspend its accounts.";
	if (s != NULL)
		return "Read the chain from its root, then close it with a "
		    "disposition or take it over.";
	if (c->near >= 2)
		return "Look at this host's last half hour: several rare "
		    "detections came together.";
	if (severity >= 50)
		return "Check by hand soon: no chain explains it, and it is "
		    "not usual here.";
	if (c->burst >= 3)
		return "Look at what set off the flurry; one look is enough "
		    "for all of its repeats.";
	if (severity >= 30)
		return "Review with the others of its kind when there is "
		    "time.";
	return "Leave for the regular review; it is common here.";
}

/* The middle at no points; 20 more double its odds against the end of the
 * scale. Not a probability, and never shown as one. */
int
triage_severity(int64_t points)
{
	return (int)lround(100 / (1 + exp2(-(double)points / 2000)));
}

enum rc
triage_weigh(struct weighing *w, const struct facts *f, struct weighed *out)
{
	struct counted c;
	enum rc rc;

	memset(out, 0, sizeof(*out));
	weigh_prior(w, f, out);
	put(w, out, FACTOR_BASE, "learnt base", 1, str_printf(w->a,
	    "what %lld dispositions here leave to say before any other "
	    "factor", (long long)w->weights->learnt));
	if (f->known)
		weigh_stated(w, f, out);
	rc = weigh_counts(w, f, out, &c);
	if (rc != RC_OK)
		return rc;
	weigh_story(w, f, out);
	weigh_standing(w, f, out);
	weigh_benign(w, f, out);
	out->action = action_of(f, &c, triage_severity(out->points));
	weigh_suppressed(w, f, out);
	return RC_OK;
}
