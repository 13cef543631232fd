/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as the tool makes them, for `tenant add` and `key`. */
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include "cli.h"
#include "tenancy.h"

/* Make, store and audit a key; false: said why. */
MUST_CHECK bool key_new(struct cli *c, const struct key_wish *w,
    struct made_key *k);
/* The answer that shows the key, this once. `tenant` may be NULL. */
void key_print(struct cli *c, const char *tenant, const struct made_key *k);

#endif
