/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as the tool makes them, for `tenant add` and `key`. */
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include "cli.h"
#include "key.h"

#define KEY_EXPIRES_S (90 * 86400LL)

struct key_wish {
	int64_t tenant;
	struct str name, addresses;
	uint32_t scopes;
	int64_t expires_s;	/* from now */
};
struct made_key {
	char text[KEY_TEXT], id[KEY_ID_TEXT];
	int64_t expires_ns;
};

/* Make, store and audit a key; false: said why. */
MUST_CHECK bool key_issue(struct cli *c, const struct key_wish *w,
    struct made_key *k);
/* The answer that shows the key, this once. `tenant` may be NULL. */
void key_print(struct cli *c, const char *tenant, const struct made_key *k);

#endif
