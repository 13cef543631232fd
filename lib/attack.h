/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ATT&CK: techniques, tactics, renumberings. Tables are read-only data built
 * in from db/attack/ TSV files (MITRE ATT&CK, see db/attack/LICENSE.txt).
 */
#ifndef ATTACK_H
#define ATTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

/* Tactics in the order of a story; short names as ATT&CK writes them. */
enum tactic {
	TACTIC_RECONNAISSANCE, TACTIC_RESOURCE_DEVELOPMENT,
	TACTIC_INITIAL_ACCESS,
	TACTIC_EXECUTION, TACTIC_PERSISTENCE, TACTIC_PRIVILEGE_ESCALATION,
	TACTIC_DEFENSE_EVASION, TACTIC_CREDENTIAL_ACCESS, TACTIC_DISCOVERY,
	TACTIC_LATERAL_MOVEMENT, TACTIC_COLLECTION, TACTIC_COMMAND_AND_CONTROL,
	TACTIC_EXFILTRATION, TACTIC_IMPACT, TACTIC__MAX
};
const char *tactic_name(enum tactic t);		/* "initial-access" */
const char *tactic_id(enum tactic t);		/* "TA0001" */

const char *attack_version(void);		/* "18.1" */
/* NULL if unknown. */
const char *attack_technique_name(technique t);
/* Bits (1 << enum tactic); 0 if unknown. A sub-technique that is not in the
 * table has its parent's. */
uint32_t attack_tactics(technique t);
/* The technique's id of today: revoked and renumbered ones are followed. */
technique attack_current(technique t);

/* ---- what answers a technique, what follows it --------------------------- */

/* Mitigations ("M1043 M1025", likeliest first), the control that was passed
 * when it went through, and the sources in whose records our rules see it
 * ("windows zeek"). Of a sub-technique that is not in the table its parent's;
 * false: nothing is known. */
struct attack_cure { const char *mitigations, *control, *sources; };
bool attack_cure(technique t, struct attack_cure *c);
/* "M1043" (more may follow) -> "Credential Access Protection"; NULL. */
const char *attack_mitigation_name(const char *id);

/* How often a technique comes in an intrusion, in per cent: our own estimates
 * (db/attack/next.tsv), no statistics. */
struct attack_next {
	technique technique;
	int base;			/* at all */
	int after[TACTIC__MAX];		/* once the story came to a tactic */
};
const struct attack_next *attack_nexts(size_t *n);

#endif
