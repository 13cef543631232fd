/* SPDX-License-Identifier: Apache-2.0 */
/* Making, changing and ending rules, with a line in the audit log each. */
#include "suppress/inner.h"

#include "base/clock.h"
#include "store/sign.h"

/* What it hides, whose idea, how long: all that an audit asks. */
static struct str
in_words(struct arena *a, const struct suppression *s)
{
	char until[CLOCK_TEXT];
	struct str out = str_printf(a, "%.*s %.*s:", STR_ARG(s->id),
	    STR_ARG(s->name));
	int i;

	for (i = 0; i < SUPPRESS__MAX; i++)
		if (s->match[i].len > 0)
			out = str_printf(a, "%.*s %s=%.*s", STR_ARG(out),
			    suppress_field_name((enum suppress_field)i),
			    STR_ARG(s->match[i]));
	clock_format(s->expires_ns, until);
	return str_printf(a, "%.*s; until %s; %s; %.*s", STR_ARG(out), until,
	    s->enabled ? "enabled" : "disabled", STR_ARG(s->reason));
}

enum rc
suppress_add(struct store *st, struct graph *g, struct arena *a,
    struct str who, struct suppression *wish, bool sure, int64_t now_ns,
    const char **doubt)
{
	struct preview p;
	enum rc rc = RC_OK;

	wish->id = suppress_id_new(a);
	wish->who = who;
	wish->created_ns = now_ns;
	*doubt = NULL;
	if (!sure) {
		rc = suppress_preview(st, g, a, wish, now_ns -
		    SUPPRESS_DAYS * 86400 * NS_PER_S, now_ns, &p);
		if (rc == RC_OK)
			*doubt = suppress_doubt(a, &p);
		if (*doubt != NULL)
			return RC_EXISTS;
	}
	if (rc == RC_OK)
		rc = graph_event_last(g, &wish->counted);
	if (rc == RC_OK)
		rc = control_suppression_add(st, wish);
	return rc == RC_OK ? store_audit(st, now_ns, who, wish->tenant,
	    STR("suppression.add"), in_words(a, wish)) : rc;
}

enum rc
suppress_change(struct store *st, struct graph *g, struct arena *a,
    struct str who, struct suppression *s, int64_t now_ns)
{
	struct suppression was;
	int64_t last = 0;
	enum rc rc = control_suppression_get(st, a, s->tenant, s->id, &was);

	if (rc == RC_OK)
		rc = graph_event_last(g, &last);
	/* What comes while it is off is not its. */
	if (rc == RC_OK && was.enabled != s->enabled && last > s->counted)
		s->counted = last;
	if (rc == RC_OK)
		rc = control_suppression_set(st, s);
	return rc == RC_OK ? store_audit(st, now_ns, who, s->tenant,
	    STR("suppression.change"), in_words(a, s)) : rc;
}

enum rc
suppress_end(struct store *st, struct str who, const struct suppression *s,
    int64_t now_ns)
{
	struct arena *a = arena_new();
	enum rc rc = control_suppression_remove(st, s);

	if (rc == RC_OK)
		rc = store_audit(st, now_ns, who, s->tenant,
		    STR("suppression.remove"), in_words(a, s));
	arena_free(a);
	return rc;
}
