/* SPDX-License-Identifier: Apache-2.0 */
/* Routes, scopes and client addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "addr.h"
#include "http/request.h"
#include "serve/inner.h"

static enum rc
handle(struct app *app, const struct request *rq, struct reply *rp)
{
	(void)app;
	(void)rq;
	(void)rp;
	return RC_OK;
}

static const struct route routes[] = {
	{ METHOD_GET, "/events", SCOPE_READ, 0, handle },
	{ METHOD_POST, "/events", SCOPE_INGEST, 0, handle },
	{ METHOD_GET, "/events/{id}", SCOPE_READ, 0, handle },
	{ METHOD_GET, "/health", 0, ROUTE_OPEN | ROUTE_FREE, handle },
	{ METHOD_GET, "/causal/entities/{kind}/{key}", 0, 0, handle },
	{ METHOD_POST, "/events/preview", SCOPE_READ, 0, handle },
};
static const struct endpoint ep = { .name = "test", .routes = routes,
	.n_routes = COUNT(routes) };

static struct match
find(struct arena *a, enum method m, const char *path)
{
	struct request rq = { .mem = a, .uri = str_of(path), .method = m };
	struct match found;

	assert_true(uri_split(&rq));
	route_find(&ep, &rq, &found);
	return found;
}

static int
setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static void
path_and_method_find_their_route(void **state)
{
	assert_ptr_equal(find(*state, METHOD_GET, "/v1/events").route,
	    &routes[0]);
	assert_ptr_equal(find(*state, METHOD_POST, "/api/v1/events").route,
	    &routes[1]);
	assert_ptr_equal(find(*state, METHOD_GET, "/v1/events/evt_1").route,
	    &routes[2]);
	assert_ptr_equal(find(*state, METHOD_GET,
	    "/v1/causal/entities/host/ent_1").route, &routes[4]);
}

static void
head_is_served_as_get(void **state)
{
	assert_ptr_equal(find(*state, METHOD_HEAD, "/v1/events").route,
	    &routes[0]);
}

static void
longer_shorter_and_empty_paths_are_others(void **state)
{
	static const char *const none[] = {
		"/v1/eventsX", "/v1/events/", "/v1/events/a/b", "/v1/",
		"/v1", "/events", "/v1/a/b/c/d/e/f/g", "/v1/causal/entities",
	};
	size_t i;

	for (i = 0; i < COUNT(none); i++)
		assert_false(find(*state, METHOD_GET, none[i]).path_known);
}

static void
a_path_written_out_stands_before_one_with_parts(void **state)
{
	struct match m = find(*state, METHOD_POST, "/v1/events/preview");

	assert_ptr_equal(m.route, &routes[5]);
	m = find(*state, METHOD_GET, "/v1/events/preview");
	assert_true(m.path_known);
	assert_null(m.route);
	assert_string_equal(m.allow, "POST, OPTIONS");
}

static void
allow_lists_what_the_path_takes(void **state)
{
	struct match m = find(*state, METHOD_DELETE, "/v1/events");

	assert_true(m.path_known);
	assert_null(m.route);
	assert_false(m.open);
	assert_string_equal(m.allow, "GET, HEAD, POST, OPTIONS");
	m = find(*state, METHOD_POST, "/v1/health");
	assert_string_equal(m.allow, "GET, HEAD, OPTIONS");
	assert_true(m.open);
}

static void
scopes_are_read_and_written_alike(void **state)
{
	uint32_t bits = 0;

	assert_true(scopes_parse(STR("ingest, read,analyze ai"), &bits));
	assert_int_equal(bits,
	    SCOPE_INGEST | SCOPE_READ | SCOPE_ANALYZE | SCOPE_AI);
	assert_true(str_is(scopes_text(*state, bits),
	    "ingest read analyze ai"));
	assert_false(scopes_parse(STR("read,write"), &bits));
	assert_false(scopes_parse(STR("Read"), &bits));
	assert_true(scopes_parse(STR(""), &bits));
	assert_int_equal(bits, 0);
}

static bool
inside(const char *addr, const char *list)
{
	struct addr a;

	assert_true(addr_parse(str_of(addr), &a));
	return addr_in_list(&a, str_of(list));
}

static void
blocks_hold_what_they_say(void **state)
{
	(void)state;
	assert_true(inside("192.0.2.77", "10.0.0.0/8, 192.0.2.64/26"));
	assert_false(inside("192.0.2.128", "192.0.2.64/26"));
	assert_true(inside("::ffff:192.0.2.1", "192.0.2.1"));
	assert_true(inside("2001:db8::5", "2001:db8::/33"));
	assert_false(inside("2001:db8:8000::5", "2001:db8::/33"));
	assert_true(inside("203.0.113.9", "0.0.0.0/0"));
	assert_false(inside("2001:db8::1", "0.0.0.0/0"));
	assert_true(inside("fe80::1%eth0", "fe80::/10"));
}

static void
a_block_that_cannot_be_read_holds_nothing(void **state)
{
	static const char *const bad[] = {
		"", "192.0.2.1/33", "192.0.2.1/", "192.0.2.1/-1",
		"192.0.2/24", "x", "::/129", "192.0.2.1/8x", ",,",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		assert_false(inside("192.0.2.1", bad[i]));
}

static void
clients_are_counted_by_address_or_64(void **state)
{
	struct addr a, b;
	char x[ADDR_NAME], y[ADDR_NAME];

	(void)state;
	assert_true(addr_parse(STR("2001:db8:1:2:aaaa::1"), &a));
	assert_true(addr_parse(STR("2001:db8:1:2:bbbb::2"), &b));
	addr_client_name(&a, x);
	addr_client_name(&b, y);
	assert_string_equal(x, "2001:db8:1:2::/64");
	assert_string_equal(x, y);
	assert_true(addr_parse(STR("::ffff:192.0.2.1"), &a));
	addr_client_name(&a, x);
	assert_string_equal(x, "192.0.2.1");
}

static const char *
client(struct arena *a, const char *peer, const char *said,
    const char *proxies)
{
	struct request rq = { .mem = a, .remote_addr = str_of(peer),
		.forwarded_for = str_of(said) };

	client_find(&rq, str_of(proxies));
	return str_c(a, rq.remote_addr);
}

static void
forwarded_for_counts_only_from_our_proxies(void **state)
{
	struct arena *a = *state;

	assert_string_equal(client(a, "192.0.2.1", "203.0.113.9", ""),
	    "192.0.2.1");
	assert_string_equal(client(a, "10.0.0.1", "203.0.113.9", "10.0.0.0/8"),
	    "203.0.113.9");
	/* What the client itself wrote stands further left. */
	assert_string_equal(client(a, "10.0.0.1",
	    "1.1.1.1, 203.0.113.9, 10.0.0.2", "10.0.0.0/8"), "203.0.113.9");
	assert_string_equal(client(a, "10.0.0.1", "junk", "10.0.0.0/8"),
	    "10.0.0.1");
	assert_string_equal(client(a, "10.0.0.1", "10.0.0.2, 10.0.0.3",
	    "10.0.0.0/8"), "10.0.0.2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_and_method_find_their_route),
		cmocka_unit_test(head_is_served_as_get),
		cmocka_unit_test(longer_shorter_and_empty_paths_are_others),
		cmocka_unit_test(
		    a_path_written_out_stands_before_one_with_parts),
		cmocka_unit_test(allow_lists_what_the_path_takes),
		cmocka_unit_test(scopes_are_read_and_written_alike),
		cmocka_unit_test(blocks_hold_what_they_say),
		cmocka_unit_test(a_block_that_cannot_be_read_holds_nothing),
		cmocka_unit_test(clients_are_counted_by_address_or_64),
		cmocka_unit_test(forwarded_for_counts_only_from_our_proxies),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
