/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packed columns. An event names some eight entities; a row for each would
 * cost more than the event. So refs are one blob: their number, then for each
 * role, kind and flags as a byte and the entity as a varint. Tags likewise:
 * their number, then technique, level and rule as varints. Every reader checks
 * lengths: a damaged file must not harm the process.
 */
#include "store/state.h"

#include <string.h>

#include "base/unpack.h"

enum {
	PACK_PAYS = 256,		/* shorter bodies stay as they are */
	PACK_LEVEL = 1,
	BODY_MOST = 256 << 20,
};
enum { AS_IS = 0, ZSTD = 1 };		/* first byte of a packed body */

void
refs_pack(struct buf *b, const struct ref *refs, size_t n)
{
	size_t i;

	buf_clear(b);
	buf_put_varint(b, n);
	for (i = 0; i < n; i++) {
		char head[3] = { (char)refs[i].role, (char)refs[i].kind,
			(char)refs[i].flags };

		buf_put(b, head, sizeof(head));
		buf_put_varint(b, (uint64_t)refs[i].entity);
	}
}

bool
refs_unpack(struct arena *a, struct str s, struct ref **refs, size_t *n)
{
	uint64_t many, entity;
	size_t i;

	if (!str_take_varint(&s, &many) || many > s.len / 4)
		return false;
	*refs = arena_array(a, (size_t)many, sizeof(**refs));
	for (i = 0; i < many; i++) {
		struct ref *r = &(*refs)[i];

		if (s.len < 3)
			return false;
		r->role = (uint8_t)s.p[0];
		r->kind = (uint8_t)s.p[1];
		r->flags = (uint8_t)s.p[2];
		s = str_sub(s, 3, s.len - 3);
		if (!str_take_varint(&s, &entity))
			return false;
		r->entity = (int64_t)entity;
	}
	*n = (size_t)many;
	return true;
}

void
tags_pack(struct buf *b, const struct event_row *row)
{
	size_t i;

	buf_clear(b);
	buf_put_varint(b, row->n_tags);
	for (i = 0; i < row->n_tags; i++) {
		buf_put_varint(b, (uint32_t)row->tags[i].technique);
		buf_put_varint(b, row->tags[i].level);
		buf_put_varint(b, (uint64_t)row->tag_rule[i]);
	}
}

bool
tags_unpack(struct arena *a, struct str s, struct event_row *row)
{
	uint64_t many, technique_no, level, rule;
	size_t i;

	row->tags = NULL;
	row->n_tags = 0;
	if (s.len == 0)
		return true;
	if (!str_take_varint(&s, &many) || many > EVENT_TECHNIQUES_MAX)
		return false;
	row->tags = arena_array(a, (size_t)many, sizeof(*row->tags));
	for (i = 0; i < many; i++) {
		if (!str_take_varint(&s, &technique_no) ||
		    !str_take_varint(&s, &level) || !str_take_varint(&s, &rule))
			return false;
		row->tags[i].technique = (technique)technique_no;
		row->tags[i].level = (uint8_t)level;
		row->tag_rule[i] = (int64_t)rule;
	}
	row->n_tags = (size_t)many;
	return true;
}

int
ref_slot(const struct ref *r, unsigned flags, size_t n_tags)
{
	bool minor = (flags & EVENT_MINOR) != 0 && n_tags == 0;

	if (r->entity == 0 || r->role == ROLE_NONE || r->role == ROLE_HOST)
		return -1;
	switch (r->role) {
	case ROLE_SUBJ:
	case ROLE_SESS:
	case ROLE_CRED:
	case ROLE_TARGET:
		return minor ? r->role | SLOT_MINOR : r->role;
	default:
		return r->role;
	}
}

void
event_light(struct query *q, struct event_row *row)
{
	row->ev = query_int(q, 0);
	query_bytes(q, 1, row->id, sizeof(row->id));
	query_bytes(q, 2, row->rank.b, RANK_LEN);
	row->host = query_int(q, 3);
	row->source = query_int(q, 4);
	row->type = query_int(q, 5);
	row->act = (uint8_t)query_int(q, 6);
	row->outcome = (uint8_t)query_int(q, 7);
	row->flags = (unsigned)query_int(q, 8);
	row->severity = (int)query_int(q, 9);
	row->ingested_ns = query_int(q, 10);
	query_bytes(q, 11, row->raw_sha256, sizeof(row->raw_sha256));
	row->action = query_int(q, 12);
}

void
body_pack(struct str body, struct buf *out)
{
	bool pays = body.len >= PACK_PAYS;

	buf_clear(out);
	buf_put_char(out, pays ? ZSTD : AS_IS);
	if (pays)
		pack_zstd(body, PACK_LEVEL, out);
	else
		buf_put_str(out, body);
}

enum rc
body_unpack(struct arena *a, struct str packed, struct str *body)
{
	struct str rest;
	struct buf b;
	enum rc rc = RC_FAIL;

	if (packed.len == 0)
		return RC_FAIL;
	rest = str_sub(packed, 1, packed.len - 1);
	if (packed.p[0] == AS_IS) {
		*body = str_dup(a, rest);
		return RC_OK;
	}
	buf_init(&b, BODY_MOST);
	if (packed.p[0] == ZSTD && unpack_zstd(rest, &b) == UNPACK_OK) {
		*body = str_dup(a, buf_str(&b));
		rc = RC_OK;
	}
	buf_release(&b);
	return rc;
}
