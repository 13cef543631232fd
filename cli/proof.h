/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a PROVABLE edge follow from the raw records it cites? Both records are
 * hashed, named and normalised anew from their bytes alone; then the edge must
 * rest on an entity that both of them record, in the roles that its rule asks
 * for, under the very values that the evidence cites.
 */
#ifndef CLI_PROOF_H
#define CLI_PROOF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/json.h"
#include "rawset.h"

struct prover;
struct prover *prover_new(struct rawset *raw);
void prover_free(struct prover *p);

/* True: it follows. False: `why` says what does not. */
MUST_CHECK bool prove(struct prover *p, const struct json *edge, char *why,
    size_t len);

#endif
