/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of export/ share among themselves. */
#ifndef EXPORT_INNER_H
#define EXPORT_INNER_H

#include "attack.h"
#include "base/shown.h"
#include "base/table.h"
#include "export.h"

struct point {			/* an event of the chain */
	struct str id, source, type, actor, action, target, host, role, sha256;
	int64_t time_ns, count;
	technique *techniques;
	size_t n_techniques;
	const struct json *entities;
};

struct link {			/* an edge of the chain, by places of points */
	size_t from, to;
	struct str rule, heuristic, grade, because;
	double confidence;
	const struct json *evidence, *to_prove;
};

struct subject {
	struct arena *a;
	struct buf *out;
	const struct json *chain;
	const struct findings *findings;
	int64_t born_ns, at_ns;
	struct str id, title, grade;
	int64_t version, first_ns, last_ns;
	double score;
	struct point *point;
	size_t n_points;
	struct link *link;		/* in the order of `to` */
	size_t n_links;
	technique *techniques;		/* of the whole chain, ascending */
	size_t n_techniques;
	size_t root;			/* SIZE_MAX: not said */
};
/* Fills all but a, out, findings and the two times. */
MUST_CHECK enum rc subject_read(struct subject *s);
/* "35 events, 34 links (32 proven), 3 hosts" */
struct str subject_counts(struct subject *s);
size_t subject_proven(const struct subject *s);
/* Hosts in the order in which they come. */
size_t subject_hosts(struct subject *s, struct str **hosts);
/* "mira.lund process.create x.exe", whole. */
struct str point_words(struct arena *a, const struct point *p);
/* The first technique's tactic that the chain's order allows; TACTIC__MAX. */
enum tactic point_tactic(const struct point *p);

/* & < > " ' as XML and HTML want them, in text and attributes alike. */
void put_xml(struct buf *b, struct str s);
void put_time_text(struct buf *b, int64_t ns);	/* 2026-03-11 07:31:52 UTC */

/* ---- STIX objects, for stix.c and attack_flow.c ------------------------- */

enum { STIX_ID = 96 };
/* "TYPE--UUID": the same for the same name of the same type. */
void stix_id(char out[STIX_ID], const char *type, struct str name);
/* The object's first members; close it with jw_object_end. */
void stix_begin(struct jw *w, const struct subject *s, const char *type,
    const char *id);
/* The same with times that never change. */
void stix_begin_fixed(struct jw *w, const char *type, const char *id);
/* RFC 3339 as STIX wants it. */
void stix_bundle(struct jw *w, const struct subject *s, const char *what);
void stix_bundle_end(struct jw *w);
/* Who we are, what our extension is, and its id. */
void stix_maker(struct jw *w);
const char *stix_maker_id(void);
const char *stix_extension_id(void);
/* An ATT&CK technique; the id it has there. */
void stix_technique(struct jw *w, technique t);
void stix_technique_id(char out[STIX_ID], technique t);
/* The member, unless it is empty: STIX has no empty texts and lists. */
void stix_text(struct jw *w, const char *name, struct str text);
/* Member "evidence": what proves a link, as the API gives it. */
void stix_evidence(struct jw *w, const struct json *evidence);
/* Member "entities" of an event. */
void stix_entities(struct jw *w, const struct json *entities);

/* The observable that an entity is, written unless `seen` has it; false: STIX
 * has none of that kind. */
struct stix_seen { struct arena *a; struct table ids; };
MUST_CHECK bool stix_observable(struct jw *w, struct stix_seen *seen,
    const struct json *entity, char id[STIX_ID]);
/* A file of our own: the record that was received. */
void stix_record(struct jw *w, const struct point *p, char id[STIX_ID]);

/* ---- formats -------------------------------------------------------------- */

void write_stix(struct subject *s);
void write_attack_flow(struct subject *s);
void write_navigator(struct subject *s);
void write_ocsf(struct subject *s);
void write_dot(struct subject *s);
void write_graphml(struct subject *s);
void write_markdown(struct subject *s);
void write_html(struct subject *s);

#endif
