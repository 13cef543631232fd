/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies as they come, by Content-Encoding: unpacked within their maximum or
 * refused. First line: the encoding. What we pack ourselves comes back. */
#include "fuzz.h"

#include "base/unpack.h"
#include "http.h"

enum { CAP = 1 << 20 };

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hash_init();
	return 0;
}

static void
there_and_back(struct str in)
{
	struct buf packed, back;

	buf_init(&packed, CAP);
	buf_init(&back, in.len + 1);
	pack_zstd(in, 1, &packed);
	HOLDS(unpack_zstd(buf_str(&packed), &back) == UNPACK_OK);
	HOLDS(str_eq(buf_str(&back), in));
	buf_release(&packed);
	buf_release(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct arena *a = arena_new();
	struct str in = input_of(a, p, len);
	struct request rq = { .mem = a, .content_length = -1 };
	struct reply rp;
	struct buf out;
	enum rc rc;

	reply_init(&rp, a);
	buf_init(&out, CAP);
	rq.content_encoding = first_line(&in);
	rq.content_type = STR("application/json");
	rq.has_body = true;
	rc = body_check(&rq, false, &rp);
	if (rc == RC_OK)
		rc = body_decode(&rq, in, &out, &rp);
	HOLDS(rc == RC_OK || rc == RC_MEDIA || rc == RC_TOO_BIG ||
	    rc == RC_MALFORMED || rc == RC_INVALID);
	HOLDS(out.len <= CAP);
	if (len < 4096)
		there_and_back(in);
	buf_release(&out);
	reply_release(&rp);
	arena_free(a);
	return 0;
}
