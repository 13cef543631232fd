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

#include "base/attr.h"
#include "base/buf.h"
#include "event.h"
#include "rc.h"

struct tagger;

/* Read every *.yml under `folder` (recursively, in name order). RC_FAIL only
 * when the folder cannot be read; rules that do not load are listed. */
MUST_CHECK enum rc tagger_open(const char *folder, struct tagger **t);
void tagger_close(struct tagger *t);

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
struct tag_rule tagger_rule(const struct tagger *t, size_t i);
struct tag_refusal { const char *file, *id, *reason; };
size_t tagger_loaded(const struct tagger *t);
size_t tagger_refused(const struct tagger *t);
struct tag_refusal tagger_refusal(const struct tagger *t, size_t i);
/* A hash over the loaded rules' bytes: part of the ruleset. */
void tagger_fingerprint(const struct tagger *t, uint8_t out[32]);

#endif
