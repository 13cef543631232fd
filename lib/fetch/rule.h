/* SPDX-License-Identifier: Apache-2.0 */
/* Whom and what a request may be: the plain questions, without libcurl. */
#ifndef FETCH_RULE_H
#define FETCH_RULE_H

#include "addr.h"
#include "fetch.h"

/* The parts of a URL that rules speak of. */
struct place { struct str scheme, host; uint64_t port; };

bool rule_address(const struct fetch_rule *rule, const struct addr *a);
/* False: `why` says what is wrong. A host that is a name is not looked up. */
MUST_CHECK bool rule_place(const struct fetch_rule *rule,
    const struct place *p, char why[FETCH_WHY]);
bool rule_header_clean(struct str value);

#endif
