/* SPDX-License-Identifier: Apache-2.0 */
/* One step in words: who did what to what, from the parts its record names. */
#include "explain/inner.h"

#include <string.h>

static const struct verb {
	const char *does, *happens;	/* with an actor; without one */
} verbs[ACT__MAX] = {
	[ACT_PROCESS_CREATE] = { "started", "there was started" },
	[ACT_PROCESS_END] = { "ended", "there ended" },
	[ACT_PROCESS_ACCESS] = { "opened the process",
	    "there was opened the process" },
	[ACT_REMOTE_THREAD] = { "started a thread inside",
	    "a thread was started inside" },
	[ACT_IMAGE_LOAD] = { "loaded", "there was loaded" },
	[ACT_DRIVER_LOAD] = { "loaded the driver", "there was loaded" },
	[ACT_FILE_CREATE] = { "wrote the file", "there was written" },
	[ACT_FILE_DELETE] = { "deleted the file", "there was deleted" },
	[ACT_FILE_READ] = { "read the file", "there was read" },
	[ACT_REGISTRY_SET] = { "set the registry value",
	    "there was set the registry value" },
	[ACT_REGISTRY_OTHER] = { "used the registry key",
	    "there was used the registry key" },
	[ACT_CONNECT] = { "connected to", "there was a connection to" },
	[ACT_FLOW] = { "exchanged traffic with", "there was traffic with" },
	[ACT_DNS] = { "asked for the name", "there was asked for the name" },
	[ACT_PIPE_CREATE] = { "created the pipe", "there was created the pipe" },
	[ACT_PIPE_USE] = { "connected to the pipe",
	    "there was a connection to the pipe" },
	[ACT_LOGON] = { "logged on to", "there was a logon to" },
	[ACT_LOGON_FAILED] = { "tried to log on to",
	    "there was a failed logon to" },
	[ACT_LOGOFF] = { "logged off from", "there was a logoff from" },
	[ACT_TICKET] = { "was given a ticket for", "a ticket was given for" },
	[ACT_SERVICE_CREATE] = { "installed the service",
	    "there was installed the service" },
	[ACT_TASK_CREATE] = { "registered the task",
	    "there was registered the task" },
	[ACT_ACCOUNT_CREATE] = { "created", "there was created" },
	[ACT_LOG_CLEARED] = { "cleared the log of", "the log was cleared of" },
};

/* The acting process by its file's name, else the actor as recorded. */
static struct str
doer(const struct step *e)
{
	struct str process = step_process(e);

	if (e->act == ACT_PROCESS_CREATE || process.len > 0)
		return base_name(process);
	return e->actor;
}

static struct str
thing(const struct step *e)
{
	const struct who *w;

	if (e->target.len > 0)
		return e->target;
	w = step_who(e, KIND_NONE, ROLE_NEW);
	if (w == NULL)
		w = step_who(e, KIND_NONE, ROLE_TARGET);
	return w != NULL ? w->name : (struct str){ 0 };
}

static bool
holds(struct str whole, struct str part)
{
	return part.len == 0 || str_find_fold(whole, part, 0) != (size_t)-1;
}

/* The mark of the web names the URL of the file first, then that of the page
 * that led to it; one or both. Others name what they got. */
static const char *
url_word(const struct step *e, size_t urls_before)
{
	if (urls_before == 0 && step_who(e, KIND_FILE, ROLE_ORIGIN) != NULL)
		return ", which says that the file came from ";
	return e->act == ACT_FILE_CREATE ? ", linked from " : ", got from ";
}

/* What the record adds that neither actor nor target say. */
static void
put_more(struct pen *p, const struct step *e)
{
	const struct who *w;
	size_t i, urls = 0;

	for (i = 0; i < e->n_who; i++) {
		w = &e->who[i];
		if (w->flags & REF_COMMON || w->name.len == 0 ||
		    holds(e->target, w->name))
			continue;
		if (w->kind == KIND_IP && w->role == ROLE_ART)
			pen_put(p, e->act == ACT_CONNECT ? ", address " :
			    " from address ");
		else if (w->kind == KIND_TOKEN && w->role == ROLE_NEW)
			pen_put(p, ", which issued the key ");
		else if (w->kind == KIND_TOKEN && w->role == ROLE_CRED)
			pen_put(p, " with the key ");
		else if (w->kind == KIND_URL && w->role == ROLE_ART)
			pen_put(p, "%s", url_word(e, urls++));
		else if (w->kind == KIND_FILE && w->role == ROLE_ARM)
			pen_put(p, " that runs ");
		else
			continue;
		pen_name(p, w->name);
	}
}

static void
put_user(struct pen *p, const struct step *e)
{
	const struct who *w = step_who(e, KIND_USER, ROLE_USER);

	if (w == NULL || w->name.len == 0 || str_eq(w->name, doer(e)) ||
	    e->role == MEMBER_CONTEXT)
		return;
	pen_put(p, " as ");
	pen_name(p, w->name);
}

static void
put_plain(struct pen *p, const struct step *e)
{
	struct str what = thing(e);

	if (doer(e).len > 0)
		pen_name(p, doer(e));
	else
		pen_name(p, e->source);
	pen_put(p, e->act == ACT_SIGN_IN ? " signed in by " :
	    str_is(e->source, "cloudtrail") ? " called " : " did ");
	pen_name(p, e->action);
	if (what.len > 0) {
		pen_put(p, " on ");
		pen_name(p, what);
	}
}

static void
put_image(struct pen *p, const struct step *e)
{
	const struct who *w = step_who(e, KIND_FILE, ROLE_EXEC);

	if (e->act != ACT_PROCESS_CREATE || w == NULL ||
	    holds(str_sub(e->target, 0, NAME_SHOWN / 2), w->name))
		return;
	pen_put(p, " (program ");
	pen_name(p, w->name);
	pen_put(p, ")");
}

void
pen_step(struct pen *p, const struct step *e)
{
	const struct verb *v = &verbs[e->act < ACT__MAX ? e->act : 0];
	struct str what = thing(e);

	if (str_is(e->action, "network.accept") && doer(e).len > 0 &&
	    what.len > 0) {
		pen_name(p, doer(e));
		pen_put(p, " accepted a connection on ");
		pen_name(p, what);
	} else if (v->does == NULL || what.len == 0 ||
	    str_is(e->action, "network.accept")) {
		put_plain(p, e);
	} else if (doer(e).len > 0) {
		pen_name(p, doer(e));
		pen_put(p, " %s ", v->does);
		pen_name(p, what);
	} else {
		pen_put(p, "%s ", v->happens);
		pen_name(p, what);
	}
	put_image(p, e);
	if (e->act == ACT_PROCESS_CREATE || e->act == ACT_SERVICE_CREATE ||
	    e->act == ACT_TASK_CREATE)
		put_user(p, e);
	put_more(p, e);
	if (e->outcome == OUTCOME_FAILURE)
		pen_put(p, ", which failed");
}

/* "the start of “x (12)”": a step named within a sentence about others. */
static const struct phrase { const char *of; enum kind kind; enum role role; }
phrases[ACT__MAX] = {
	[ACT_PROCESS_CREATE] = { "the start of ", KIND_PROCESS, ROLE_NEW },
	[ACT_PROCESS_ACCESS] = { "the opening of ", KIND_PROCESS, ROLE_TARGET },
	[ACT_FILE_CREATE] = { "the writing of ", KIND_FILE, ROLE_WRITE },
	[ACT_CONNECT] = { "the connection to ", KIND_NONE, ROLE_NONE },
	[ACT_DNS] = { "the query for ", KIND_NONE, ROLE_NONE },
	[ACT_LOGON] = { "the logon of ", KIND_USER, ROLE_USER },
	[ACT_SIGN_IN] = { "the sign-in of ", KIND_USER, ROLE_USER },
	[ACT_SERVICE_CREATE] = { "the installation of the service ",
	    KIND_SERVICE, ROLE_NEW },
	[ACT_TASK_CREATE] = { "the registration of the task ", KIND_TASK,
	    ROLE_NEW },
	[ACT_REGISTRY_SET] = { "the setting of the registry value ",
	    KIND_REGISTRY, ROLE_WRITE },
};

void
pen_short(struct pen *p, const struct step *e)
{
	const struct phrase *of = &phrases[e->act < ACT__MAX ? e->act : 0];
	const struct who *w = of->kind != KIND_NONE ?
	    step_who(e, of->kind, of->role) : NULL;
	struct str name = w != NULL ? base_name(w->name) :
	    of->kind == KIND_NONE ? e->target : (struct str){ 0 };

	if (of->of != NULL && name.len > 0 &&
	    !str_is(e->action, "network.accept")) {
		pen_put(p, "%s", of->of);
		pen_name(p, name);
		return;
	}
	pen_name(p, e->action);
	name = e->target.len > 0 ? e->target : e->actor;
	if (name.len > 0) {
		pen_put(p, e->target.len > 0 ? " of " : " by ");
		pen_name(p, base_name(name));
	}
}

/* Each technique once, whatever number of rules say it. */
void
pen_marks(struct pen *p, const struct step *e)
{
	size_t i, k, n = 0;

	for (i = 0; i < e->n_marks; i++) {
		for (k = 0; k < i; k++)
			if (e->marks[k].technique == e->marks[i].technique)
				break;
		if (k < i || e->marks[i].technique == 0)
			continue;
		pen_put(p, n++ == 0 ? ", marked as " : ", ");
		pen_technique(p, e->marks[i].technique);
	}
	if (n == 0 && (e->flags & EVENT_ALERT))
		pen_put(p, ", on which the source itself raised an alert");
}
