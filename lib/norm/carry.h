/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records inside envelopes of other people's senders: Splunk HEC, CloudEvents,
 * OTLP. Inside norm/ only.
 *
 * What the envelope carries is the record: its bytes are kept, and if a
 * normaliser of ours knows it, that reads it, whoever carried it here; it is
 * then the same event as if it had come by itself. A record that nobody knows
 * becomes an event in the own form, made of what the envelope says (time,
 * host, source) and what the reader of unknown records finds in it; such an
 * event is named after its whole envelope, so that equal lines at different
 * times are different events, and one that is sent again is one.
 *
 * An envelope proves nothing: identifiers come from records alone.
 */
#ifndef NORM_CARRY_H
#define NORM_CARRY_H

#include "norm/step.h"

struct carrying {
	struct arena *a;		/* for one record; see carry_next */
	struct arena *body;		/* for all of them */
	bool enough;			/* the caller wants no more */
	const struct body_shape *shape;
	norm_each *each;
	void *ctx;
	size_t index;
	struct json_doc *doc;
};

/* What an envelope says of the record in it; empty: nothing. */
struct carried {
	struct str whole;	/* the envelope's bytes */
	struct str record;	/* JSON text of the record: an object or a string */
	struct str id;		/* the envelope's own */
	struct str source, host, type, actor, action, target;
	struct str metadata;	/* JSON object */
	bool has_time;
	int64_t time_ns;
};
void carry_give(struct carrying *c, struct str prefix, const struct carried *x);
/* The same with a record that is plain text. */
void carry_give_text(struct carrying *c, struct str prefix,
    const struct carried *x, struct str text);
/* Before each record: nothing is kept of the one before. */
void carry_next(struct carrying *c);
void carry_refuse(struct carrying *c, struct str prefix, const char *field,
    const char *detail);

enum json_fault carry_split(struct arena *a, struct str body,
    const struct body_shape *shape, norm_each *each, void *ctx);

/* Each walks a body, or one value of it. */
enum json_fault carry_hec(struct carrying *c, struct str body);
void carry_lines(struct carrying *c, struct str body);
enum json_fault carry_cloudevents(struct carrying *c, struct str body);
enum json_fault carry_otlp(struct carrying *c, struct str body);

/* The whole body is one value, *v. Faults inside a value (depth, UTF-8, NUL)
 * are told by carry_sound, of that envelope alone. */
enum json_fault carry_whole(struct str body, struct json_span *v);
/* False: refused. */
MUST_CHECK bool carry_sound(struct carrying *c, struct str prefix,
    struct str text);
/* A copy that outlives the tree it comes from; empty unless a string or a
 * number. */
struct str carry_text(struct carrying *c, const struct json *obj,
    const char *name);

/* generic.c: when it happened; what else can be said. */
bool generic_time(struct reading *r);
bool generic_glean(struct reading *r);

#endif
