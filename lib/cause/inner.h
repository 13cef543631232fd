/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of cause/ share among themselves. */
#ifndef CAUSE_INNER_H
#define CAUSE_INNER_H

#include <math.h>

#include "base/table.h"
#include "cause.h"

enum {
	HUB_CHILDREN = 64,	/* a process with more children explains nothing */
	HUB_USES = 64,		/* likewise a session or key nobody suspects */
	POP_MAX = 512,		/* events looked at per seed */
	MEMBERS_MAX = 5000,	/* of a segment, and of a chain */
	LABELS_MAX = 4 * MEMBERS_MAX,	/* events looked at forward */
	HOSTS_MAX = 64,		/* likewise */
	DAYS_MAX = 30,		/* from a sign back, and from the last one on */
	SEEDS_MAX = 5000,
	REPEATS_SHOWN = 8,	/* same process, same act, same thing: then folded */
	SAME_ACT_SHOWN = 64,	/* same process, same act */
	STEPS_BACK = 8,		/* tries for a predecessor with a property */
};
#define REACH_FLOOR 0.20
#define LABEL_FLOOR 0.25
#define HOP 0.98
#define DAY_NS (86400 * 1000000000LL)

struct known {			/* in-edges of one event, computed once */
	struct edge edge[EDGES_IN_MAX];
	size_t n;
};

struct build {
	const struct view *v;
	struct arena *a;
	struct table at;	/* event -> place in known */
	struct known **known;
	size_t n_known, room;
	double idf[DF_MAX + 1];	/* by carriers, as far as asked for */
	bool idf_known[DF_MAX + 1];
};

const struct known *build_in(struct build *b, int64_t ev);

/* The strength of a path, kept in parts (engine essay in reach.c). */
struct path {
	double sure, guessed;
	int hops;
};
struct path path_start(void);
struct path path_add(struct path p, const struct edge *e);
double path_strength(struct path p);

/* Does this event, reached over `e` (whose `from` it is), stand for a hub that
 * must not be passed? */
bool is_hub(struct build *b, const struct node *n, const struct edge *e);

/* Four decimals: log() may differ in the last bit between machines. */
static inline double
rounded(double x)
{
	return floor(x * 10000 + .5) / 10000;
}

const struct ref *node_ref(const struct node *n, int64_t entity, int role);

/* The hosts of a story, in the order of events. */
struct hosts { int64_t host[HOSTS_MAX]; size_t n; };
/* Is this host one of the story, or is there room for it? (choose.c) */
bool hosts_take(struct hosts *h, int64_t host);

/* Score and factors; false: not enough for a chain (score.c). */
bool chain_score(struct build *b, struct chain *c);

#endif
