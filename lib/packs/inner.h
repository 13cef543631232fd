/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of packs/ share among themselves. */
#ifndef PACKS_INNER_H
#define PACKS_INNER_H

#include "packs.h"

const struct tagger *packs_server(const struct packs *p);
/* What the tenant's rows say, without taggers. */
MUST_CHECK enum rc look_rows(struct store *st, struct arena *a, int64_t tenant,
    struct packs_look *l);
/* Every file of every pack, under own:PACK/FILE. */
MUST_CHECK enum rc look_files(struct store *st, struct arena *a,
    const struct packs_look *l, struct tag_source **s, size_t *n);
/* For tag_choice: `ctx` is the look. */
bool look_off(void *look, const struct tag_rule *r);

#endif
