/* SPDX-License-Identifier: Apache-2.0 */
/* Entities, their carriers, small facts; what a second connection sees. */
#include "store_kit.h"

static void
an_entity_is_found_by_key_name_and_reference(void **state)
{
	struct kit *k = *state;
	struct entity e, *list;
	char ref[31];
	int64_t id, id2;
	size_t n;
	bool added;

	kit_begin(k);
	OK(graph_entity(k->g, KIND_PROCESS, STR("ws|{1}"),
	    STR("PowerShell.exe"), &id, &added));
	assert_true(added);
	OK(graph_entity(k->g, KIND_FILE, STR("ws|{1}"), STR(""), &id2,
	    &added));
	assert_true(added);	/* another kind is another entity */
	OK(graph_commit(k->g));
	entity_ref_text(KIND_PROCESS, STR("ws|{1}"), ref);
	assert_int_equal(strlen(ref), 30);
	OK(graph_entity_by_ref(k->g, k->a, str_of(ref), &e));
	assert_int_equal(e.id, id);
	assert_true(str_is(e.name, "PowerShell.exe"));
	assert_string_equal(e.ref, ref);
	assert_int_equal(graph_entity_by_ref(k->g, k->a, STR("ent_xx"), &e),
	    RC_ABSENT);
	OK(graph_entity_get(k->g, k->a, id2, &e));
	assert_true(str_is(e.name, "ws|{1}"));
	OK(graph_entities_named(k->g, k->a, STR("POWERSHELL.EXE"), false, 9,
	    &list, &n));
	assert_int_equal(n, 1);
	assert_int_equal(list[0].id, id);
	OK(graph_entities_named(k->g, k->a, STR("power"), true, 9, &list, &n));
	assert_int_equal(n, 1);
	OK(graph_entities_named(k->g, k->a, STR("power"), false, 9, &list,
	    &n));
	assert_int_equal(n, 0);
	OK(graph_entities_named(k->g, k->a, STR("WS|{1}"), false, 9, &list,
	    &n));
	assert_int_equal(n, 2);
	assert_true(list[0].id < list[1].id);
	OK(graph_entities_named(k->g, k->a, STR("ws|{1}"), true, 1, &list,
	    &n));
	assert_int_equal(n, 1);
}

static void
a_name_does_not_depend_on_who_came_first(void **state)
{
	static const char *const names[] = { "", "b", "k", "a", "c" };
	struct kit *k = *state;
	struct entity e;
	size_t turn, i;
	int64_t id = 0;
	bool added;

	for (turn = 0; turn < COUNT(names); turn++) {
		char key[2] = "k";

		kit_begin(k);
		for (i = 0; i < COUNT(names); i++)
			OK(graph_entity(k->g, KIND_USER, str_of(key),
			    str_of(names[(i + turn) % COUNT(names)]), &id,
			    &added));
		OK(graph_entity_get(k->g, k->a, id, &e));
		assert_true(str_is(e.name, "a"));
		graph_rollback(k->g);
	}
}

static void
two_connections_agree(void **state)
{
	struct kit *k = *state;
	struct store *other;
	struct graph *h;
	int64_t id, id2, version;
	bool foreign, added;

	OK(store_open(k->data, false, &other));
	OK(store_graph(other, k->t.id, &h));
	kit_begin(k);
	id = kit_entity(k, KIND_USER, "ann");
	OK(graph_commit(k->g));
	OK(graph_begin(k->g, &foreign));
	assert_false(foreign);	/* nobody else has written */
	OK(graph_commit(k->g));
	version = graph_data_version(k->g);
	OK(graph_begin(h, &foreign));
	assert_true(foreign);
	OK(graph_entity(h, KIND_USER, STR("ann"), STR(""), &id2, &added));
	assert_false(added);
	assert_int_equal(id2, id);
	OK(graph_entity(h, KIND_USER, STR("bob"), STR(""), &id2, &added));
	OK(graph_commit(h));
	assert_int_not_equal(graph_data_version(k->g), version);
	OK(graph_begin(k->g, &foreign));
	assert_true(foreign);
	assert_int_equal(kit_entity(k, KIND_USER, "bob"), id2);
	OK(graph_commit(k->g));
	store_close(other);
}

static void
small_facts_are_kept(void **state)
{
	struct kit *k = *state;

	assert_int_equal(graph_number(k->g, "nothing"), 0);
	assert_int_equal(graph_text(k->g, k->a, "nothing").len, 0);
	OK(graph_set_number(k->g, "n", -3));
	OK(graph_set_text(k->g, "t", STR("abc")));
	OK(graph_set_text(k->g, "t", STR("abcd")));
	assert_int_equal(graph_number(k->g, "n"), -3);
	assert_true(str_is(graph_text(k->g, k->a, "t"), "abcd"));
}

static void
carriers_are_counted_up_to_five_hundred(void **state)
{
	struct kit *k = *state;
	const struct view *v = graph_view(k->g);
	int64_t ip;
	bool added;
	int i;

	kit_begin(k);
	ip = kit_entity(k, KIND_IP, "203.0.113.9");
	for (i = 1; i <= 600; i++) {
		OK(graph_carrier(k->g, ip, CARRIER_HOST, i, &added));
		assert_int_equal(added, i <= 500);
		OK(graph_carrier(k->g, ip, CARRIER_HOST, i, &added));
		assert_false(added);
	}
	assert_int_equal(v->carriers(v->ctx, ip, 1000), 500);
	assert_int_equal(v->carriers(v->ctx, ip, 20), 20);
	OK(graph_commit(k->g));
	assert_int_equal(v->carriers(v->ctx, ip, 1000), 500);
	/* Kinds are told apart. */
	kit_begin(k);
	ip = kit_entity(k, KIND_IP, "203.0.113.10");
	OK(graph_carrier(k->g, ip, CARRIER_HOST, 1, &added));
	OK(graph_carrier(k->g, ip, CARRIER_SOURCE, 1, &added));
	assert_true(added);
	assert_int_equal(v->carriers(v->ctx, ip, 9), 2);
	OK(graph_commit(k->g));
}

static void
unlinked_is_unlinked_in_either_order(void **state)
{
	struct kit *k = *state;
	const struct view *v = graph_view(k->g);

	assert_false(v->cut(v->ctx, 4, 9));
	kit_begin(k);
	OK(graph_unlink_add(k->g, 9, 4, STR("ann"), 1));
	OK(graph_unlink_add(k->g, 4, 9, STR("ann"), 1));
	OK(graph_commit(k->g));
	assert_true(v->cut(v->ctx, 4, 9));
	assert_true(v->cut(v->ctx, 9, 4));
	assert_false(v->cut(v->ctx, 9, 5));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_entity_is_found_by_key_name_and_reference),
		TEST(a_name_does_not_depend_on_who_came_first),
		TEST(two_connections_agree),
		TEST(small_facts_are_kept),
		TEST(carriers_are_counted_up_to_five_hundred),
		TEST(unlinked_is_unlinked_in_either_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
