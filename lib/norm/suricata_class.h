/* SPDX-License-Identifier: Apache-2.0 */
/* What the class of an intrusion signature says of how far somebody has come. */
#ifndef NORM_SURICATA_CLASS_H
#define NORM_SURICATA_CLASS_H

#include "base/str.h"

/*
 * 0-100 by the class's description, as EVE's alert.category has it; -1: it says
 * nothing of that; -2: no class of the standard list. The names are those of
 * classification.config, which Suricata and Snort share:
 * https://docs.suricata.io/en/latest/rules/meta.html#classtype
 */
enum { CLASS_SAYS_NOTHING = -1, CLASS_UNKNOWN = -2 };
int suricata_class_severity(struct str category);
/* By metadata signature_severity, what the rule's author says of that very rule;
 * CLASS_UNKNOWN: nothing. */
int suricata_author_severity(struct str said);

#endif
