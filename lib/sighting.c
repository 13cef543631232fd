/* SPDX-License-Identifier: Apache-2.0 */
#include "sighting.h"

#include "base/arena.h"

/* Cut at a character's end, so that it stays text. */
static struct str
capped(struct str s)
{
	size_t len = SIGHTING_MOST;

	if (s.len <= len)
		return s;
	while (len > 0 && ((unsigned char)s.p[len] & 0xc0) == 0x80)
		len--;
	return str_sub(s, 0, len);
}

/* Our own rule that says most of it; the first of equals. */
static const char *
strongest_rule(const struct event *ev)
{
	const char *rule = NULL;
	int level = 0;
	size_t i;

	for (i = 0; i < ev->n_tags; i++) {
		if (ev->tags[i].rule == NULL || ev->tags[i].level <= level)
			continue;
		rule = ev->tags[i].rule;
		level = ev->tags[i].level;
	}
	return rule;
}

/* What a source itself raises goes by the source's name for it; what we found
 * in a plain record goes by the rule that found it. */
static struct str
detector_of(struct arena *a, const struct event *ev)
{
	const char *rule = strongest_rule(ev);

	if (!(ev->flags & EVENT_ALERT) && rule != NULL)
		return str_printf(a, "rule %s", rule);
	if (rule != NULL)
		return str_printf(a, "%.*s: %.*s (rule %s)",
		    STR_ARG(ev->source), STR_ARG(capped(ev->action)), rule);
	return str_printf(a, "%.*s: %.*s", STR_ARG(ev->source),
	    STR_ARG(capped(ev->action)));
}

bool
sighting_of(struct arena *a, const struct event *ev, struct sighting *s)
{
	struct str place = ev->host;

	if (!(ev->flags & EVENT_ALERT) && ev->n_tags == 0)
		return false;
	if (place.len == 0)
		place = ev->target;
	if (place.len == 0)
		place = ev->actor;
	s->place = str_lower(a, capped(place));
	s->detector = capped(detector_of(a, ev));
	return true;
}
