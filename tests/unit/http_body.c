/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies: what is taken, what is refused, and that caps hold early. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/unpack.h"
#include "http.h"

struct world {
	struct arena *mem;
	struct reply rp;
	struct buf packed, unpacked;
};

static int
setup(void **state)
{
	static struct world w;

	w.mem = arena_new();
	reply_init(&w.rp, w.mem);
	buf_init(&w.packed, 8 << 20);
	buf_init(&w.unpacked, 1 << 20);
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	reply_release(&w->rp);
	buf_release(&w->packed);
	buf_release(&w->unpacked);
	arena_free(w->mem);
	return 0;
}

static enum rc
check(struct world *w, const char *type, const char *encoding, bool body)
{
	struct request rq = {
		.mem = w->mem,
		.content_type = str_of(type),
		.content_encoding = str_of(encoding),
		.has_body = body,
	};

	return body_check(&rq, false, &w->rp);
}

static void
json_types_pass_and_others_do_not(void **state)
{
	struct world *w = *state;

	assert_int_equal(check(w, "application/json", "", true), RC_OK);
	assert_int_equal(check(w, "application/x-ndjson", "", true), RC_OK);
	assert_int_equal(check(w, "application/cloudevents+json", "", true),
	    RC_OK);
	assert_int_equal(check(w, "", "", true), RC_OK);
	assert_int_equal(check(w, "text/csv", "", true), RC_MEDIA);
	assert_int_equal(check(w, "application/jsonx", "", true), RC_MEDIA);
	assert_true(w->rp.detail.len > 0);
}

static void
no_body_has_no_type(void **state)
{
	assert_int_equal(check(*state, "text/plain", "", false), RC_OK);
}

static void
only_known_encodings_pass(void **state)
{
	struct world *w = *state;

	assert_int_equal(check(w, "", "gzip", true), RC_OK);
	assert_int_equal(check(w, "", "zstd", true), RC_OK);
	assert_int_equal(check(w, "", "identity", true), RC_OK);
	assert_int_equal(check(w, "", "compress", true), RC_MEDIA);
	assert_int_equal(check(w, "", "gzip, gzip", true), RC_MEDIA);
}

static enum rc
unpack(struct world *w, const char *encoding, struct str bytes,
    struct request *rq)
{
	*rq = (struct request){
		.mem = w->mem,
		.content_encoding = str_of(encoding),
	};
	return body_decode(rq, bytes, &w->unpacked, &w->rp);
}

static void
a_packed_body_arrives_as_it_was(void **state)
{
	struct world *w = *state;
	struct request rq;

	pack_zstd(STR("{\"a\":1}"), 1, &w->packed);
	assert_int_equal(unpack(w, "zstd", buf_str(&w->packed), &rq), RC_OK);
	assert_true(str_is(rq.body, "{\"a\":1}"));
	assert_int_equal(unpack(w, "identity", STR("{}"), &rq), RC_OK);
	assert_true(str_is(rq.body, "{}"));
}

static void
a_bomb_is_refused_by_the_unpacked_cap(void **state)
{
	struct world *w = *state;
	struct request rq;
	struct buf zeros;

	buf_init(&zeros, 4 << 20);
	memset(buf_room(&zeros, 4 << 20), 0, 4 << 20);
	buf_wrote(&zeros, 4 << 20);
	pack_zstd(buf_str(&zeros), 1, &w->packed);
	buf_release(&zeros);
	assert_true(w->packed.len < 4096);
	assert_int_equal(unpack(w, "zstd", buf_str(&w->packed), &rq),
	    RC_TOO_BIG);
	assert_true(w->unpacked.len <= 1 << 20);
}

static void
what_is_not_packed_as_it_says_is_malformed(void **state)
{
	struct world *w = *state;
	struct request rq;

	assert_int_equal(unpack(w, "gzip", STR("not gzip at all"), &rq),
	    RC_MALFORMED);
	pack_zstd(STR("hello hello hello"), 1, &w->packed);
	assert_int_equal(unpack(w, "zstd",
	    str_sub(buf_str(&w->packed), 0, w->packed.len - 3), &rq),
	    RC_MALFORMED);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(json_types_pass_and_others_do_not),
		T(no_body_has_no_type),
		T(only_known_encodings_pass),
		T(a_packed_body_arrives_as_it_was),
		T(a_bomb_is_refused_by_the_unpacked_cap),
		T(what_is_not_packed_as_it_says_is_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
