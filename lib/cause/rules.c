/* SPDX-License-Identifier: Apache-2.0 */
/* The edge rules as data, and the words of grades and heuristics. */
#include "cause.h"

#include <string.h>

/* Confidence is a prior: what a link of this kind is worth with its strong
 * identifier, and with anything less. */
static const struct rule_row rows[RULE__MAX] = {
	[RULE_NONE] = { "none", "", 0, GRADE_INFERRED, 0, 0, false, "" },
	[RULE_SPAWN] = { "spawn", "P1", 1, GRADE_PROVABLE, .99, .70, false,
	    "{dst} was started by {src}: the operating system reported this "
	    "parent{how}" },
	[RULE_ACT] = { "act", "P2", 1, GRADE_PROVABLE, .99, .70, false,
	    "{dst} was done by the process of {src}{how}" },
	[RULE_RUN_WRITTEN] = { "run-written", "P3", 1, GRADE_PROVABLE, .95, .75,
	    true, "{dst} ran the file last written by {src}, as far as writes "
	    "were recorded{how}" },
	[RULE_READ_WRITTEN] = { "read-written", "P4", 1, GRADE_MIXED, .95, .70,
	    false, "{dst} read what {src} was the last recorded to write{how}" },
	[RULE_INJECTED] = { "injected", "P5", 1, GRADE_MIXED, .80, .40, true,
	    "{dst} was done by a process into which {src} had put code{how}" },
	[RULE_PIPE] = { "pipe", "P7", 1, GRADE_MIXED, .90, .60, false,
	    "{dst} connected to the pipe last created by {src}{how}" },
	[RULE_FLOW] = { "flow", "P8", 1, GRADE_PROVABLE, .95, .65, true,
	    "{dst} and {src} record the same connection{how}" },
	[RULE_LOGON_FLOW] = { "logon-flow", "P8", 1, GRADE_MIXED, .65, .65,
	    true, "{dst} names the address and port from which {src} "
	    "connected{how}" },
	[RULE_SESSION] = { "session", "P9", 1, GRADE_PROVABLE, .98, .75, false,
	    "{dst} happened in the session opened by {src}{how}" },
	[RULE_ISSUE_USE] = { "issue-use", "P10", 1, GRADE_PROVABLE, .99, .70,
	    false, "{dst} used the credential issued by {src}{how}" },
	[RULE_TICKET] = { "ticket", "P10", 1, GRADE_PROVABLE, .99, .70, true,
	    "{dst} carries the logon ticket of {src}{how}" },
	[RULE_HANDLE] = { "handle", "P12", 1, GRADE_PROVABLE, .98, .70, false,
	    "{dst} used the handle opened by {src}{how}" },
	[RULE_MADE_ACTS] = { "made-acts", "P13", 1, GRADE_PROVABLE, .97, .70,
	    true, "{dst} is by or through what {src} had set up{how}" },
	[RULE_FEDERATION] = { "federation", "P16", 1, GRADE_PROVABLE, .97, .75,
	    true, "{dst} followed the single sign-on of {src}{how}" },
	[RULE_REMOTE] = { "remote", "P17", 1, GRADE_PROVABLE, .95, .65, true,
	    "{dst} was done remotely, in the network logon {src}{how}" },
	[RULE_MARKED] = { "marked", "P15", 1, GRADE_MIXED, .60, .60, true,
	    "{dst} marked a file with where it came from, and {src} was the "
	    "last recorded to write a file of that name{how}" },
	[RULE_RUN_MARKED] = { "run-marked", "P15", 1, GRADE_MIXED, .60, .60,
	    true, "{dst} ran the file of which {src} says where it came from: "
	    "that is as the mark has it, not a record of the transfer{how}" },
	[RULE_ARTIFACT] = { "artifact", "H2", 2, GRADE_MIXED, .85, .85, false,
	    "{dst} and {src} name the same {kind}: the same thing, not proof "
	    "of one cause{how}" },
	[RULE_ACCOUNT] = { "account", "H2", 2, GRADE_INFERRED, .50, .50, false,
	    "{dst} and {src} concern the same account{how}" },
};

const struct rule_row *
rule_row(enum rule r)
{
	return &rows[r < RULE__MAX ? r : RULE_NONE];
}

const char *
heuristic_name(int family)
{
	static const char *const names[] = { "none", "explicit", "artifact",
		"progression", "temporal" };

	return names[family >= 0 && family < 5 ? family : 0];
}

static const char *const grades[] = { "none", "INFERRED", "MIXED", "PROVABLE" };

const char *
grade_name(enum grade g)
{
	return grades[g <= GRADE_PROVABLE ? g : 0];
}

enum grade
grade_of_name(struct str name)
{
	unsigned g;

	for (g = GRADE_INFERRED; g <= GRADE_PROVABLE; g++)
		if (str_is(name, grades[g]))
			return (enum grade)g;
	return 0;
}

const char *
member_role_name(enum member_role r)
{
	static const char *const names[] = {
		[MEMBER_ROOT] = "root", [MEMBER_STEP] = "step",
		[MEMBER_SEED] = "seed", [MEMBER_IMPACT] = "impact",
		[MEMBER_CONTEXT] = "context",
	};

	return names[r <= MEMBER_CONTEXT ? r : MEMBER_STEP];
}
