/* SPDX-License-Identifier: Apache-2.0 */
/* What signing in promises, with the clock in our hand. */
#include "store_kit.h"

#include "base/clock.h"
#include "control.h"
#include "session.h"

static const char password[] = "a quay of nine piers";
#define NOW_NS (INT64_C(1800000000) * NS_PER_S)
static const struct session_span span = { 1800, 12 * 3600 };

static struct addr
address(const char *text)
{
	struct addr a;

	assert_true(addr_parse(str_of(text), &a));
	return a;
}

static void
person(struct kit *k, const char *name)
{
	char token[SESSION_TEXT];

	OK(invitation_make(k->st, STR(""), 0, NOW_NS, token));
	OK(invitation_redeem(k->st, k->a, str_of(token), str_of(name),
	    str_of(password), NOW_NS));
}

static enum rc
try(struct kit *k, const char *name, const char *word, const char *from,
    int64_t at_s, int64_t *wait_s)
{
	struct addr a = address(from);
	char token[SESSION_TEXT];
	struct session s;

	return session_sign_in(k->st, k->a, str_of(name), str_of(word), &a,
	    NOW_NS + at_s * NS_PER_S, token, &s, wait_s);
}

/* 3 free, then 1 s, 2 s, 4 s ... 15 min, each told as what is left of it. */
static void
each_failure_doubles_the_wait_of_that_address_and_name(void **state)
{
	static const int64_t waits[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512,
		900, 900 };
	struct kit *k = *state;
	int64_t at_s = 0, wait_s;
	size_t i;

	person(k, "kim");
	for (i = 0; i < 3; i++)
		assert_int_equal(try(k, "kim", "wrong", "192.0.2.1", 0,
		    &wait_s), RC_UNAUTHORISED);
	for (i = 0; i < COUNT(waits); i++) {
		assert_int_equal(try(k, "kim", password, "192.0.2.1", at_s,
		    &wait_s), RC_TOO_MANY);
		assert_int_equal(wait_s, waits[i]);
		/* Coming too early has changed nothing. */
		assert_int_equal(try(k, "KIM", password, "192.0.2.1",
		    at_s + waits[i] - 1, &wait_s), RC_TOO_MANY);
		assert_int_equal(wait_s, 1);
		at_s += waits[i];
		if (i + 1 < COUNT(waits))
			assert_int_equal(try(k, "kim", "wrong", "192.0.2.1",
			    at_s, &wait_s), RC_UNAUTHORISED);
	}
	OK(try(k, "kim", password, "192.0.2.1", at_s, &wait_s));
	/* With the right one all is forgotten. */
	assert_int_equal(try(k, "kim", "wrong", "192.0.2.1", at_s, &wait_s),
	    RC_UNAUTHORISED);
	OK(try(k, "kim", password, "192.0.2.1", at_s, &wait_s));
}

static void
others_are_not_made_to_wait(void **state)
{
	struct kit *k = *state;
	int64_t wait_s;
	int i;

	person(k, "kim");
	person(k, "lee");
	for (i = 0; i < 3; i++)
		assert_int_equal(try(k, "kim", "wrong", "2001:db8:0:1::1", 0,
		    &wait_s), RC_UNAUTHORISED);
	assert_int_equal(try(k, "kim", password, "2001:db8:0:1::1", 0, &wait_s),
	    RC_TOO_MANY);
	/* Another address of the same /64 is the same guesser. */
	assert_int_equal(try(k, "kim", password, "2001:db8:0:1:f::9", 0,
	    &wait_s), RC_TOO_MANY);
	OK(try(k, "kim", password, "2001:db8:0:2::1", 0, &wait_s));
	OK(try(k, "lee", password, "2001:db8:0:1::1", 0, &wait_s));
}

static void
a_session_ends_idle_and_at_last(void **state)
{
	struct kit *k = *state;
	struct addr from = address("192.0.2.1");
	char token[SESSION_TEXT];
	struct session s;
	int64_t at_s, wait_s;

	person(k, "kim");
	OK(session_sign_in(k->st, k->a, STR("kim"), str_of(password), &from,
	    NOW_NS, token, &s, &wait_s));
	for (at_s = 0; at_s <= span.most_s; at_s += span.idle_s - 1)
		OK(session_check(k->st, k->a, str_of(token), span,
		    NOW_NS + at_s * NS_PER_S, &s));
	assert_int_equal(session_check(k->st, k->a, str_of(token), span,
	    NOW_NS + (span.most_s + 1) * NS_PER_S, &s), RC_UNAUTHORISED);
	OK(session_sign_in(k->st, k->a, STR("kim"), str_of(password), &from,
	    NOW_NS, token, &s, &wait_s));
	assert_int_equal(session_check(k->st, k->a, str_of(token), span,
	    NOW_NS + (span.idle_s + 1) * NS_PER_S, &s), RC_UNAUTHORISED);
	token[5] ^= 1;
	assert_int_equal(session_check(k->st, k->a, str_of(token), span, NOW_NS,
	    &s), RC_UNAUTHORISED);
	assert_int_equal(session_check(k->st, k->a, STR(""), span, NOW_NS, &s),
	    RC_UNAUTHORISED);
}

static void
an_invitation_is_good_once_for_a_day_and_for_its_name(void **state)
{
	struct kit *k = *state;
	char token[SESSION_TEXT];
	int64_t late_ns = NOW_NS + INVITATION_S * NS_PER_S, wait_s;

	OK(invitation_make(k->st, STR(""), 0, NOW_NS, token));
	assert_int_equal(invitation_redeem(k->st, k->a, str_of(token),
	    STR("kim"), str_of(password), late_ns), RC_ABSENT);
	OK(invitation_redeem(k->st, k->a, str_of(token), STR("kim"),
	    str_of(password), late_ns - 1));
	assert_int_equal(invitation_redeem(k->st, k->a, str_of(token),
	    STR("lee"), str_of(password), NOW_NS), RC_ABSENT);
	/* A name that is taken does not use the token up. */
	OK(invitation_make(k->st, STR(""), 0, NOW_NS, token));
	assert_int_equal(invitation_redeem(k->st, k->a, str_of(token),
	    STR("Kim"), str_of(password), NOW_NS), RC_EXISTS);
	OK(invitation_redeem(k->st, k->a, str_of(token), STR("lee"),
	    str_of(password), NOW_NS));
	/* One for a new password is for that name alone. */
	OK(invitation_make(k->st, STR("kim"), 0, NOW_NS, token));
	assert_int_equal(invitation_redeem(k->st, k->a, str_of(token),
	    STR("lee"), STR("another password"), NOW_NS), RC_ABSENT);
	OK(invitation_redeem(k->st, k->a, str_of(token), STR("kim"),
	    STR("another password"), NOW_NS));
	OK(try(k, "kim", "another password", "192.0.2.1", 0, &wait_s));
	OK(try(k, "lee", password, "192.0.2.1", 0, &wait_s));
}

/* Who can write control.db must not be able to make us take all memory. */
static void
a_stored_password_of_other_parameters_is_not_tried(void **state)
{
	static const char greedy[] = "$argon2id$v=19$m=4194304,t=9,p=1$"
	    "AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	char text[PASSWORD_TEXT];

	(void)state;
	assert_true(password_hash(str_of(password), text));
	assert_true(password_verify(str_of(password), str_of(text)));
	assert_false(password_verify(STR("another"), str_of(text)));
	assert_false(password_verify(str_of(password), str_of(greedy)));
	assert_false(password_verify(str_of(password), STR("")));
	assert_false(password_verify(str_of(password), STR("$argon2id$")));
}

static void
names_and_passwords_have_bounds(void **state)
{
	char long_one[PASSWORD_MOST + 1];

	(void)state;
	memset(long_one, 'x', sizeof(long_one));
	assert_true(administrator_name_ok(STR("Ren\xc3\xa9 <b>")));
	assert_false(administrator_name_ok(STR("")));
	assert_false(administrator_name_ok(STR(" x")));
	assert_false(administrator_name_ok(STR("a\nb")));
	assert_false(administrator_name_ok(STR("\xff\xfe")));
	assert_false(administrator_name_ok((struct str){ long_one,
	    NAME_MOST + 1 }));
	assert_null(password_fault(STR("kim"), str_of(password)));
	assert_non_null(password_fault(STR("kim"), STR("elevenchars")));
	assert_non_null(password_fault(STR("kim of harbour"),
	    STR("Kim of Harbour")));
	assert_non_null(password_fault(STR("kim"), (struct str){ long_one,
	    sizeof(long_one) }));
}

static void
use_is_summed_by_the_hour_with_its_busiest_minute(void **state)
{
	static const struct usage one = { .requests = 1, .bytes = 10 };
	struct kit *k = *state;
	int64_t hour_ns = clock_now_ns() / NS_PER_HOUR * NS_PER_HOUR;
	struct usage *u;
	size_t n, i;

	for (i = 0; i < 5; i++)
		control_usage_add(k->st, k->t.id, hour_ns, &one);
	for (i = 0; i < 3; i++)
		control_usage_add(k->st, k->t.id, hour_ns + 61 * NS_PER_S,
		    &one);
	control_usage_add(k->st, k->t.id, hour_ns - NS_PER_HOUR,
	    &(struct usage){ .refused = 1, .events = 7 });
	control_usage_add(k->st, k->t.id + 1, hour_ns, &one);
	OK(control_usage(k->st, k->a, k->t.id, 0, &u, &n));
	assert_int_equal(n, 2);
	assert_int_equal(u[0].refused, 1);
	assert_int_equal(u[0].events, 7);
	assert_int_equal(u[1].requests, 8);
	assert_int_equal(u[1].bytes, 80);
	assert_int_equal(u[1].peak, 5);
	OK(control_usage(k->st, k->a, k->t.id, u[1].hour, &u, &n));
	assert_int_equal(n, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_failure_doubles_the_wait_of_that_address_and_name),
		TEST(others_are_not_made_to_wait),
		TEST(a_session_ends_idle_and_at_last),
		TEST(an_invitation_is_good_once_for_a_day_and_for_its_name),
		TEST(a_stored_password_of_other_parameters_is_not_tried),
		TEST(names_and_passwords_have_bounds),
		TEST(use_is_summed_by_the_hour_with_its_busiest_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
