/* SPDX-License-Identifier: Apache-2.0 */
#include "attack.h"

#include <stdlib.h>
#include <string.h>

#include "attack_table.h"

const char *
tactic_name(enum tactic t)
{
	static const char *const names[TACTIC__MAX] = {
		[TACTIC_RECONNAISSANCE] = "reconnaissance",
		[TACTIC_RESOURCE_DEVELOPMENT] = "resource-development",
		[TACTIC_INITIAL_ACCESS] = "initial-access",
		[TACTIC_EXECUTION] = "execution",
		[TACTIC_PERSISTENCE] = "persistence",
		[TACTIC_PRIVILEGE_ESCALATION] = "privilege-escalation",
		[TACTIC_DEFENSE_EVASION] = "defense-evasion",
		[TACTIC_CREDENTIAL_ACCESS] = "credential-access",
		[TACTIC_DISCOVERY] = "discovery",
		[TACTIC_LATERAL_MOVEMENT] = "lateral-movement",
		[TACTIC_COLLECTION] = "collection",
		[TACTIC_COMMAND_AND_CONTROL] = "command-and-control",
		[TACTIC_EXFILTRATION] = "exfiltration",
		[TACTIC_IMPACT] = "impact",
	};

	return (unsigned)t < TACTIC__MAX ? names[t] : "";
}

const char *
tactic_id(enum tactic t)
{
	static const char *const ids[TACTIC__MAX] = {
		[TACTIC_RECONNAISSANCE] = "TA0043",
		[TACTIC_RESOURCE_DEVELOPMENT] = "TA0042",
		[TACTIC_INITIAL_ACCESS] = "TA0001",
		[TACTIC_EXECUTION] = "TA0002",
		[TACTIC_PERSISTENCE] = "TA0003",
		[TACTIC_PRIVILEGE_ESCALATION] = "TA0004",
		[TACTIC_DEFENSE_EVASION] = "TA0005",
		[TACTIC_CREDENTIAL_ACCESS] = "TA0006",
		[TACTIC_DISCOVERY] = "TA0007",
		[TACTIC_LATERAL_MOVEMENT] = "TA0008",
		[TACTIC_COLLECTION] = "TA0009",
		[TACTIC_COMMAND_AND_CONTROL] = "TA0011",
		[TACTIC_EXFILTRATION] = "TA0010",
		[TACTIC_IMPACT] = "TA0040",
	};

	return (unsigned)t < TACTIC__MAX ? ids[t] : "";
}

const char *
attack_version(void)
{
	return ATTACK_VERSION;
}

/* Both tables begin with their id. */
static int
id_order(const void *key, const void *row)
{
	int32_t a = *(const int32_t *)key, b = *(const int32_t *)row;

	return (a > b) - (a < b);
}

static const struct row *
row_of(technique t)
{
	t = attack_current(t);
	return bsearch(&t, rows, COUNT(rows), sizeof(rows[0]), id_order);
}

const char *
attack_technique_name(technique t)
{
	const struct row *r = row_of(t);

	return r ? r->name : NULL;
}

uint32_t
attack_tactics(technique t)
{
	const struct row *r = row_of(t);

	if (!r && t > 0 && t % 1000 != 0)
		r = row_of(t - t % 1000);
	return r ? r->tactics : 0;
}

technique
attack_current(technique t)
{
	const struct move *m;

	m = bsearch(&t, moves, COUNT(moves), sizeof(moves[0]), id_order);
	/* The table's maker has seen to it that one step is enough. */
	return m ? m->to : t;
}

static const struct cure *
cure_of(technique t)
{
	return bsearch(&t, cures, COUNT(cures), sizeof(cures[0]), id_order);
}

bool
attack_cure(technique t, struct attack_cure *c)
{
	const struct cure *r = cure_of(attack_current(t));

	if (!r)
		r = cure_of(attack_current(t) / 1000 * 1000);
	if (!r)
		return false;
	*c = (struct attack_cure){ r->mitigations, r->control, r->sources };
	return true;
}

const char *
attack_mitigation_name(const char *id)
{
	size_t i;

	for (i = 0; i < COUNT(cure_names); i++)
		if (strncmp(cure_names[i].id, id, 5) == 0)
			return cure_names[i].name;
	return NULL;
}

const struct attack_next *
attack_nexts(size_t *n)
{
	*n = COUNT(nexts);
	return nexts;
}
