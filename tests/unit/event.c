/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "event.h"
#include "rc.h"

static void
every_kind_has_a_name_that_leads_back(void **state)
{
	unsigned k, r;

	(void)state;
	for (k = KIND_NONE + 1; k < KIND__MAX; k++) {
		assert_non_null(kind_name(k));
		assert_int_equal(kind_of_name(str_of(kind_name(k))), k);
	}
	assert_int_equal(kind_of_name(STR("none")), KIND_NONE);
	assert_int_equal(kind_of_name(STR("Host")), KIND_NONE);
	assert_string_equal(kind_name(KIND_USERAGENT), "useragent");
	assert_string_equal(kind_name(KIND_POD), "pod");
	for (r = 0; r < ROLE__MAX; r++)
		assert_non_null(role_name(r));
	assert_string_equal(outcome_name(OUTCOME_FAILURE), "failure");
}

static void
every_rc_has_a_status(void **state)
{
	unsigned rc;

	(void)state;
	for (rc = RC_OK; rc < RC__MAX; rc++) {
		assert_in_range(rc_status(rc), 200, 503);
		assert_non_null(rc_title(rc));
		assert_non_null(rc_slug(rc));
	}
	assert_int_equal(rc_status(RC_TOO_MANY), 429);
	assert_int_equal(rc_status(RC_BUSY), 503);
	assert_int_equal(rc_status(RC__MAX), 500);
	assert_string_equal(rc_slug(RC_ABSENT), "not-found");
}

static void
an_id_is_of_source_and_native_id_or_bytes(void **state)
{
	struct event ev = { .source = STR("okta"), .native_id = STR("u1"),
		.raw = STR("{}") };
	struct event other = ev, third;
	char text[EVENT_ID_TEXT];
	uint8_t back[16], sum[SHA256_LEN];

	(void)state;
	event_id(&ev);
	/* the recipe, by hand */
	sha256("\1\4\0\0\0\0\0\0\0oktan\2\0\0\0\0\0\0\0u1", 24, sum);
	assert_memory_equal(ev.id, sum, 16);
	other.raw_sha256[0] = 1;
	event_id(&other);
	assert_memory_equal(ev.id, other.id, 16);
	/* without one, the digest of the bytes says which event it is */
	other.native_id = STR("");
	other.raw_sha256[0] = 0;
	event_id(&other);
	sha256("\1\4\0\0\0\0\0\0\0oktar\40\0\0\0\0\0\0\0"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
	    54, sum);
	assert_memory_equal(other.id, sum, 16);
	/* a native id that spells the digest is another event */
	third = other;
	third.native_id = (struct str){ (const char *)other.raw_sha256,
		SHA256_LEN };
	event_id(&third);
	assert_memory_not_equal(third.id, other.id, 16);
	event_id_text(ev.id, text);
	assert_int_equal(strlen(text), EVENT_ID_TEXT - 1);
	assert_true(event_id_parse(str_of(text), back));
	assert_memory_equal(ev.id, back, 16);
	assert_false(event_id_parse(str_of(text + 4), back));
	assert_false(event_id_parse(STR("evt_"), back));
	assert_false(event_id_parse(STR("EVT_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
	    back));
}

static void
refs_and_proofs_stop_at_their_maximum(void **state)
{
	struct arena *a = arena_new();
	struct event ev = { 0 };
	struct entref *r;
	int i;

	(void)state;
	assert_null(event_ref(a, &ev, KIND_HOST, ROLE_HOST, STR(""),
	    STR("name")));
	for (i = 0; i < EVENT_REFS_MAX; i++) {
		r = event_ref(a, &ev, KIND_FILE, ROLE_READ, STR("key"),
		    STR(""));
		assert_non_null(r);
		assert_true(str_is(r->name, "key"));
	}
	assert_null(event_ref(a, &ev, KIND_FILE, ROLE_READ, STR("k"),
	    STR("n")));
	assert_int_equal(ev.n_refs, EVENT_REFS_MAX);
	for (i = 0; i < PROOFS_MAX + 3; i++)
		entref_proof(&ev.refs[0], STR("/f"), STR("v"));
	assert_int_equal(ev.refs[0].proofs, PROOFS_MAX);
	entref_proof(NULL, STR("/f"), STR("v"));
	arena_free(a);
}

static void
a_tagging_is_there_once(void **state)
{
	struct event ev = { 0 };
	int i;

	(void)state;
	event_tag(&ev, 1059001, NULL, NULL, 2);
	event_tag(&ev, 1059001, NULL, NULL, 2);
	event_tag(&ev, 1059001, "rule-a", "A", 3);
	event_tag(&ev, 1059001, "rule-a", "A", 3);
	event_tag(&ev, 0, "rule-a", "A", 3);
	event_tag(&ev, 0, "rule-b", "B", 3);
	assert_int_equal(ev.n_tags, 4);
	for (i = 1; i < 100; i++)
		event_tag(&ev, i * 1000, NULL, NULL, 1);
	assert_int_equal(ev.n_tags, EVENT_TECHNIQUES_MAX);
}

static void
techniques_read_and_write_alike(void **state)
{
	static const char *const bad[] = { "", "T", "1059", "T105", "T10590",
		"T1059.", "T1059.1", "T1059.0001", "T1059.00x", "T1059-001",
		"T0000", "T1059.000", "TA0001", "T105 9", " T1059" };
	char text[TECHNIQUE_TEXT];
	size_t i;

	(void)state;
	assert_int_equal(technique_parse(STR("T1059.001")), 1059001);
	assert_int_equal(technique_parse(STR("t1059.001")), 1059001);
	assert_int_equal(technique_parse(STR("T1078")), 1078000);
	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(technique_parse(str_of(bad[i])), 0);
	assert_string_equal(technique_text(1059001, text), "T1059.001");
	assert_string_equal(technique_text(1078000, text), "T1078");
	assert_string_equal(technique_text(-5, text), "T0000");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_a_name_that_leads_back),
		cmocka_unit_test(every_rc_has_a_status),
		cmocka_unit_test(an_id_is_of_source_and_native_id_or_bytes),
		cmocka_unit_test(refs_and_proofs_stop_at_their_maximum),
		cmocka_unit_test(a_tagging_is_there_once),
		cmocka_unit_test(techniques_read_and_write_alike),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
