/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chain in other people's formats, one file a format, their table in
 * export/list.c. An export is a pure function of the chain's version, of what
 * analysts said of the chain and, where it explains (md, html), of the owners
 * map and the sources connected: nothing here asks what time it is, so as long
 * as those stay the bytes do.
 *
 * Text of records is hostile. Each format escapes it by its own rules, so that
 * it can be no markup, no link and no other object; where people read the
 * result (md, html, dot, graphml), control characters and those that turn the
 * direction of text are shown by their number instead.
 */
#ifndef EXPORT_H
#define EXPORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "rc.h"
#include "store.h"

struct subject;

struct export_format {
	const char *name;		/* as in ?format= */
	const char *media_type;
	const char *suffix;		/* of a file that holds it: "stix.json" */
	enum { EXPORT_FACTS, EXPORT_FOR_ANALYST, EXPORT_FOR_EXECUTIVE }
	    words;			/* does it explain, and to whom */
	void (*write)(struct subject *s);
};
/* NULL: no such format. "json" is none of them: it is the API's own. */
const struct export_format *export_format(struct str name);
const struct export_format *export_formats(size_t *n);
/* "stix, attack-flow, ..." for those who ask for another. */
const char *export_names(void);

/*
 * `chain`: as GET /chains/{id} answers it, with INCLUDE_REFS; `findings`: what
 * was found in it (NULL unless the format explains). born_ns is when the
 * chain's first version was made, at_ns when this one was.
 */
struct findings;
struct export_input {
	const struct json *chain;
	const struct findings *findings;
	int64_t born_ns, at_ns;
};
/* RC_INVALID: that is no chain. RC_TOO_BIG: `out` is full. */
MUST_CHECK enum rc export_chain(const struct export_format *f, struct arena *a,
    const struct export_input *in, struct buf *out);

/* The stored chain of this row, which may be a former version. */
MUST_CHECK enum rc export_stored(const struct export_format *f,
    struct graph *g, struct arena *a, const struct chain_row *row,
    struct buf *out);

#endif
