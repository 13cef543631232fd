/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tagging: Sigma rules put ATT&CK techniques on events.
 *
 * A rule set is loaded once from a folder of YAML files (libyaml), compiled,
 * and never changes afterwards: tag_event may be called from many threads.
 * A rule that needs what the loader does not have is listed with its reason
 * and not loaded; it never half-works.
 */
#ifndef TAG_H
#define TAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "event.h"
#include "rc.h"

struct tagger;

/* Read every *.yml under `folder` (recursively, in name order). RC_FAIL only
 * when the folder cannot be read; rules that do not load are listed. */
MUST_CHECK enum rc tagger_open(const char *folder, struct tagger **t);
void tagger_close(struct tagger *t);

/*
 * The rules of a folder's tagger as somebody wants them: without some, and with
 * rules of their own, which are asked behind those. `base` (NULL: none) must
 * outlive it. A rule of their own is refused like any other; also for having
 * the id of one of the base, and for a regular expression above the number
 * that they may have, since what it costs everybody pays.
 */
struct tag_rule;
struct tag_source { const char *file; struct str text; };
struct tag_choice {
	bool (*off)(void *ctx, const struct tag_rule *r);	/* NULL: none is */
	void *ctx;
	const struct tag_source *own;
	size_t n_own;
};
enum { OWN_REGEXES_MOST = 200 };
struct tagger *tagger_over(const struct tagger *base,
    const struct tag_choice *c);
/* The text of a rule file, or of all in a folder, as tagger_open reads them,
 * under their names in it; in the arena. At most `most` files of `len` bytes;
 * RC_TOO_BIG above that, RC_FAIL: errno says. */
MUST_CHECK enum rc tag_files(struct arena *a, const char *path, size_t most,
    size_t len, struct tag_source **s, size_t *n);

/* Put the techniques (and rules without technique) of all matching rules on
 * the event. Deterministic: rules match in the order of their ids. */
void tag_event(const struct tagger *t, struct event *ev);

/* A loaded rule; its level is 1 (informational) to 5 (critical). */
struct tag_rule {
	const char *file, *id, *title;
	int level;
	const technique *techniques;
	size_t n_techniques;
};
/* Of those that it asks: an overlay's base's first. */
struct tag_rule tagger_rule(const struct tagger *t, size_t i);
struct tag_refusal {
	const char *file, *id, *reason;
	size_t line;		/* of the file; 0: of the whole of it */
};
size_t tagger_loaded(const struct tagger *t);
size_t tagger_refused(const struct tagger *t);
struct tag_refusal tagger_refusal(const struct tagger *t, size_t i);
/* A hash over the bytes of the rules that it asks: part of the ruleset. Two that
 * ask the same rules in the same order have the same one. */
void tagger_fingerprint(const struct tagger *t, uint8_t out[32]);

#endif
