/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw records. One alone compresses badly, so the records of a transaction are
 * laid end to end into blocks of some 64 KiB, each one zstd frame; an event
 * keeps (block, start, size). A block never outlives its transaction: what is
 * committed is whole. Reading unpacks a whole block, and the few read last are
 * kept, since neighbours in time are neighbours here and are read together.
 */
#include "store/state.h"

#include <assert.h>

#include "base/log.h"
#include "base/unpack.h"

enum { PACK_LEVEL = 1 };

enum { BLOCK_LAST, BLOCK_ADD, BLOCK_GET };
static const char *const sql[] = {
	[BLOCK_LAST] = "SELECT coalesce(max(block), 0) FROM block",
	[BLOCK_ADD] = "INSERT INTO block (block, size, data) VALUES (?, ?, ?)",
	[BLOCK_GET] = "SELECT size, data FROM block WHERE block = ?",
};

void
raws_init(struct raws *r)
{
	size_t i;

	buf_init(&r->open, RAW_BLOCK_LEN + RAW_RECORD_MOST);
	buf_init(&r->packed, 2 * (size_t)RAW_RECORD_MOST);
	for (i = 0; i < BLOCKS_CACHED; i++)
		buf_init(&r->cached[i].data, RAW_BLOCK_LEN + RAW_RECORD_MOST);
}

void
raws_forget(struct raws *r)
{
	size_t i;

	r->block = 0;
	buf_clear(&r->open);
	for (i = 0; i < BLOCKS_CACHED; i++)
		r->cached[i].block = 0;
}

void
raws_release(struct raws *r)
{
	size_t i;

	buf_release(&r->open);
	buf_release(&r->packed);
	for (i = 0; i < BLOCKS_CACHED; i++)
		buf_release(&r->cached[i].data);
}

static enum rc
block_begin(struct graph *g)
{
	struct query q = query_begin(g->db, sql[BLOCK_LAST]);
	int64_t last = query_next(&q) ? query_int(&q, 0) : 0;
	enum rc rc = query_end(&q, RC_FAIL);

	if (rc == RC_OK)
		g->raws.block = last + 1;
	return rc;
}

enum rc
raws_flush(struct graph *g)
{
	struct raws *r = &g->raws;
	struct query q;
	enum rc rc;

	if (r->block == 0)
		return RC_OK;
	buf_clear(&r->packed);
	pack_zstd(buf_str(&r->open), PACK_LEVEL, &r->packed);
	if (buf_bad(&r->packed)) {
		log_err("cannot pack %zu bytes of raw records", r->open.len);
		return RC_FAIL;
	}
	q = query_begin(g->db, sql[BLOCK_ADD]);
	query_put_int(&q, r->block);
	query_put_int(&q, (int64_t)r->open.len);
	query_put_blob(&q, r->packed.p, r->packed.len);
	rc = query_run(&q);
	r->block = 0;
	buf_clear(&r->open);
	return rc;
}

enum rc
raws_put(struct graph *g, struct str raw, struct place *at)
{
	struct raws *r = &g->raws;
	enum rc rc = RC_OK;

	assert(db_writing(g->db));
	if (raw.len > RAW_RECORD_MOST)
		return RC_TOO_BIG;
	/* Closed by the next put and not by the one that fills it, so that the
	 * last put can always be undone. */
	if (r->open.len >= RAW_BLOCK_LEN)
		rc = raws_flush(g);
	if (rc == RC_OK && r->block == 0)
		rc = block_begin(g);
	if (rc != RC_OK)
		return rc;
	at->block = r->block;
	at->start = (int64_t)r->open.len;
	at->size = (int64_t)raw.len;
	buf_put_str(&r->open, raw);
	return RC_OK;
}

void
raws_undo(struct graph *g, const struct place *at)
{
	assert(g->raws.block == at->block);
	g->raws.open.len = (size_t)at->start;
	if (at->start == 0)
		g->raws.block = 0;
}

/* ---- reading ----------------------------------------------------------- */

static struct block *
block_cached(struct raws *r, int64_t block)
{
	struct block *oldest = &r->cached[0];
	size_t i;

	for (i = 0; i < BLOCKS_CACHED; i++) {
		if (r->cached[i].block == block)
			return &r->cached[i];
		if (r->cached[i].used < oldest->used)
			oldest = &r->cached[i];
	}
	oldest->block = 0;
	buf_clear(&oldest->data);
	return oldest;
}

static enum rc
block_load(struct graph *g, int64_t block, struct block *into)
{
	struct query q = query_begin(g->db, sql[BLOCK_GET]);
	bool whole = true;
	enum rc rc;

	query_put_int(&q, block);
	if (query_next(&q)) {
		int64_t size = query_int(&q, 0);

		whole = unpack_zstd(query_str(&q, 1), &into->data) ==
		    UNPACK_OK && (int64_t)into->data.len == size;
	}
	rc = query_end(&q, RC_FAIL);
	if (rc == RC_OK && whole) {
		into->block = block;
		return RC_OK;
	}
	log_err("raw block %lld is missing or damaged, tenant=%lld",
	    (long long)block, (long long)g->tenant);
	return rc == RC_OK ? RC_FAIL : rc;
}

enum rc
raws_get(struct graph *g, struct arena *a, const struct place *at,
    struct str *raw)
{
	struct raws *r = &g->raws;
	struct str whole;
	enum rc rc = RC_OK;

	if (at->block == r->block) {
		whole = buf_str(&r->open);
	} else {
		struct block *b = block_cached(r, at->block);

		if (b->block == 0)
			rc = block_load(g, at->block, b);
		b->used = ++r->tick;
		whole = buf_str(&b->data);
	}
	if (rc != RC_OK)
		return rc;
	if (at->start < 0 || at->size < 0 ||
	    (uint64_t)at->start > whole.len ||
	    (uint64_t)at->size > whole.len - (uint64_t)at->start) {
		log_err("raw record lies outside block %lld, tenant=%lld",
		    (long long)at->block, (long long)g->tenant);
		return RC_FAIL;
	}
	*raw = str_dup(a,
	    str_sub(whole, (size_t)at->start, (size_t)at->size));
	return RC_OK;
}
