/* SPDX-License-Identifier: Apache-2.0 */
/* A request body's type and encoding. */
#include "http.h"

#include "base/unpack.h"

static const char *const types[] = {
	"application/json",
	"application/x-ndjson",
	"application/cloudevents+json",
	"application/cloudevents-batch+json",
};

static bool
encoding_plain(struct str name)
{
	return name.len == 0 || str_is(name, "identity");
}

static bool
encoding_gzip(struct str name)
{
	return str_is(name, "gzip") || str_is(name, "x-gzip");
}

enum rc
body_check(const struct request *rq, bool any_type, struct reply *rp)
{
	struct str e = rq->content_encoding;
	size_t i;

	if (!encoding_plain(e) && !encoding_gzip(e) && !str_is(e, "zstd"))
		return reply_problem(rp, RC_MEDIA, "Content-Encoding must be"
		    " gzip, zstd or identity");
	if (any_type || !rq->has_body || rq->content_type.len == 0)
		return RC_OK;
	for (i = 0; i < COUNT(types); i++) {
		if (str_is(rq->content_type, types[i]))
			return RC_OK;
	}
	return reply_problem(rp, RC_MEDIA, "Content-Type must be"
	    " application/json or application/x-ndjson");
}

enum rc
body_decode(struct request *rq, struct str received, struct buf *unpacked,
    struct reply *rp)
{
	enum unpack u;

	rq->body = received;
	if (received.len == 0 || encoding_plain(rq->content_encoding))
		return RC_OK;
	if (encoding_gzip(rq->content_encoding))
		u = unpack_gzip(received, unpacked);
	else
		u = unpack_zstd(received, unpacked);
	if (u == UNPACK_TOO_BIG)
		return reply_problem(rp, RC_TOO_BIG, "the body unpacks to more"
		    " than %zu bytes", unpacked->most);
	if (u != UNPACK_OK)
		return reply_problem(rp, RC_MALFORMED, "the body is not what"
		    " Content-Encoding says");
	rq->body = buf_str(unpacked);
	return RC_OK;
}
