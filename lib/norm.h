/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Normalisers: a vendor's record becomes a struct event with entities, roles
 * and proofs. Pure: no I/O, no clock, no globals that change; the same bytes
 * and the same `source` always give the same event, which is why events are
 * read back by normalising their stored bytes again.
 *
 * One small file a source in norm/, one line each in norm/list.c.
 */
#ifndef NORM_H
#define NORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/json.h"
#include "base/str.h"
#include "event.h"

struct arena;

/* What a record was rejected for. `field` is a JSON Pointer below the record
 * ("/timestamp"; "" for the record itself). */
struct refusal {
	char field[64];
	char detail[160];
};

/* One record as it came: its own bytes, and what stood around it. */
struct record {
	struct str text;	/* the record's bytes (JSON text or a TSV line) */
	bool twice;		/* scanner: some member is named twice */
	struct str outer;	/* own-form members around "raw", or empty */
	struct str source;	/* from ?source= or the outer form; may be "auto" */
	struct str columns;	/* Zeek TSV: the #fields line's names, tab-separated,
				   with "#path" word first; else empty */
	bool may_assert;	/* the key has scope assert */
};

/*
 * Read one record. Text lives in `a`, in the record or in `doc`'s tree: all
 * are valid until the next norm_event with the same doc, or the arena's reset.
 * False: *why says what is wrong.
 *
 * source "" or a sender's own word with no normaliser of that name: the
 * product's own form (api.md 5). "auto": the first normaliser that claims it,
 * then the own form if it looks like one. Canonical names and aliases are the
 * normaliser's business (windows, sysmon, wineventlog -> windows;
 * aws:cloudtrail, aws -> cloudtrail ...), but a record in the own form keeps
 * the source word of its sender.
 */
MUST_CHECK bool norm_event(struct arena *a, struct json_doc *doc,
    const struct record *rec, struct event *ev, struct refusal *why);

/* Does this name (or alias) mean a normaliser of ours (or "auto")? */
bool norm_known(struct str source);
/* Canonical name, or the given one. */
struct str norm_canonical(struct str source);
/* Names of all normalisers, ended by NULL. */
const char *const *norm_names(void);
/* A hash over version numbers of all normalisers: part of the ruleset. */
void norm_fingerprint(uint8_t out[32]);

/*
 * Split a body into records, unwrapping vendors' envelopes: {"events":[..]},
 * [..], one bare object, NDJSON, Zeek TSV with its #-lines, and for a vendor
 * source {"Records":[..]}, {"value":[..]}, EventBridge {"detail":{..}},
 * CloudTrailEvent strings. `each` is called in order with the record (or with
 * a refusal for a place that holds no record); index counts places from 0 and
 * `prefix` is the JSON Pointer of that place ("/events/3", "/3", "" for NDJSON
 * lines and a bare object, where pointers begin at the record).
 * Returns JSON_OK, or the fault that makes the whole body no body (400); for
 * NDJSON a bad line is a refusal of that line alone. `each` may keep nothing
 * that it is given beyond the call but what lies in the body or, without an
 * envelope, in `a`; when it returns false, the rest is not looked at.
 */
/* Envelopes of other people's senders; see norm/carry.h. */
enum envelope { ENVELOPE_NONE, ENVELOPE_HEC, ENVELOPE_LINES,
	ENVELOPE_CLOUDEVENTS, ENVELOPE_OTLP };
struct body_shape {
	enum envelope envelope;		/* NONE: as told above */
	struct str host;		/* LINES: where they come from, or empty */
	int64_t now_ns;			/* for what says no time at all */
	bool ndjson;			/* by media type */
	struct str source;		/* ?source=, or empty */
	bool may_assert;
	size_t record_max;		/* bytes; over it: refused record */
	size_t records_max;		/* for ingest_read; 0: any number */
};
typedef bool norm_each(void *ctx, size_t index, struct str prefix,
    const struct record *rec, const struct refusal *why);
MUST_CHECK enum json_fault norm_split(struct arena *a, struct str body,
    const struct body_shape *shape, norm_each *each, void *ctx);

#endif
