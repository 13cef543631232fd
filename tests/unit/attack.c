/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attack.h"

static void
known_techniques_have_names_and_tactics(void **state)
{
	(void)state;
	assert_string_equal(attack_technique_name(1003001), "LSASS Memory");
	assert_string_equal(attack_technique_name(1059001), "PowerShell");
	assert_int_equal(attack_tactics(1003001), 1u << TACTIC_CREDENTIAL_ACCESS);
	assert_int_equal(attack_tactics(1078000), 1u << TACTIC_INITIAL_ACCESS |
	    1u << TACTIC_PERSISTENCE | 1u << TACTIC_PRIVILEGE_ESCALATION |
	    1u << TACTIC_DEFENSE_EVASION);
}

static void
unknown_techniques_have_none(void **state)
{
	(void)state;
	assert_null(attack_technique_name(0));
	assert_null(attack_technique_name(-1));
	assert_null(attack_technique_name(9999000));
	assert_int_equal(attack_tactics(9999000), 0);
	assert_int_equal(attack_tactics(9999001), 0);
	assert_int_equal(attack_current(9999001), 9999001);
}

static void
an_unknown_sub_technique_has_its_parents_tactics(void **state)
{
	(void)state;
	assert_null(attack_technique_name(1059999));
	assert_int_equal(attack_tactics(1059999), attack_tactics(1059000));
	assert_int_equal(attack_tactics(1685999), attack_tactics(1562001));
}

static void
ids_of_today_stay_as_they_are(void **state)
{
	static const technique same[] = { 1110003, 1059001, 1003001, 1562001,
		1070001, 1078000 };

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++)
		assert_int_equal(attack_current(same[i]), same[i]);
}

static void
revoked_and_later_ids_lead_to_those_of_today(void **state)
{
	(void)state;
	assert_int_equal(attack_current(1143000), 1564003);
	assert_int_equal(attack_current(1086000), 1059001);
	assert_int_equal(attack_current(1685000), 1562001);
	assert_int_equal(attack_current(1685005), 1070001);
	assert_string_equal(attack_technique_name(1086000), "PowerShell");
	assert_int_equal(attack_tactics(1686003),
	    1u << TACTIC_DEFENSE_EVASION);
}

static void
tactics_have_the_names_of_attack(void **state)
{
	(void)state;
	assert_string_equal(attack_version(), "18.1");
	assert_string_equal(tactic_name(TACTIC_INITIAL_ACCESS), "initial-access");
	assert_string_equal(tactic_name(TACTIC_IMPACT), "impact");
	for (int t = 0; t < TACTIC__MAX; t++)
		assert_true(tactic_name((enum tactic)t)[0] != '\0');
	assert_string_equal(tactic_name(TACTIC__MAX), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_techniques_have_names_and_tactics),
		cmocka_unit_test(unknown_techniques_have_none),
		cmocka_unit_test(an_unknown_sub_technique_has_its_parents_tactics),
		cmocka_unit_test(ids_of_today_stay_as_they_are),
		cmocka_unit_test(revoked_and_later_ids_lead_to_those_of_today),
		cmocka_unit_test(tactics_have_the_names_of_attack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
