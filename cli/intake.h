/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of records into a tenant: read, unpacked, cut into pieces at line
 * ends, normalised, tagged, committed. Used by import, readiness and rebuild.
 */
#ifndef CLI_INTAKE_H
#define CLI_INTAKE_H

#include "cli.h"
#include "ingest.h"
#include "packs.h"

struct intake {
	struct cli *c;
	struct store *store;
	int64_t tenant;
	struct ingest *ingest;
	struct packs *packs;
	const struct tagger *tagger;	/* the tenant's */
	struct json_doc *doc;
	struct arena *a;	/* for one piece */

	struct str source;	/* ?source= of the API */
	bool backfill;		/* history: live is not told */
	bool bar;		/* a progress bar on stderr */
	size_t accepted, duplicates, rejected;	/* over all files */
	/* Called for each refused record; `index` counts records from 0. */
	void (*refused)(struct intake *in, const char *path, size_t index,
	    const struct ingest_item *it);
};

/* Opens the rules; false: said why. */
MUST_CHECK bool intake_open(struct intake *in, struct cli *c,
    struct store *store, int64_t tenant);
void intake_close(struct intake *in);
/* Take in one file (.evtx, .gz and .zst too, "-": stdin). False: said why; what was
 * committed before stays. */
MUST_CHECK bool intake_file(struct intake *in, const char *path);
/* Take in one body; *records is how many places it had. */
MUST_CHECK bool intake_body(struct intake *in, const char *path,
    struct str body, const struct body_shape *shape, size_t first,
    size_t *records);

#endif
