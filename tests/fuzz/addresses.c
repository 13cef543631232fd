/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, blocks and URLs: read as inet_pton reads them; what is public
 * stays so however it is written; no URL that may be asked names a user. First
 * line: an address or URL; second: blocks. */
#include "fuzz.h"

#include <arpa/inet.h>

#include "addr.h"
#include "fetch.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hash_init();
	return 0;
}

/* What inet_pton takes we take, and as the same bytes. */
static void
compare(struct arena *a, struct str text)
{
	struct in6_addr v6;
	struct in_addr v4;
	struct addr got, want;
	bool good = addr_parse(text, &got);

	if (memchr(text.p != NULL ? text.p : "", '\0', text.len) != NULL)
		return;
	if (inet_pton(AF_INET, str_c(a, text), &v4) == 1) {
		addr_from_v4(&v4, &want);
		HOLDS(good && memcmp(&got, &want, sizeof(got)) == 0);
	} else if (inet_pton(AF_INET6, str_c(a, text), &v6) == 1) {
		HOLDS(good && memcmp(&got, &v6, sizeof(v6)) == 0);
	}
}

static void
write_again(const struct addr *x)
{
	char text[ADDR_TEXT], name[ADDR_NAME];
	struct addr back;

	addr_text(x, text);
	HOLDS(addr_parse(str_of(text), &back));
	HOLDS(memcmp(x, &back, sizeof(back)) == 0);
	HOLDS(addr_in_list(x, str_of(text)));
	addr_client_name(x, name);
	HOLDS(name[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fetch_rule open = { .https_only = false };
	struct arena *a = arena_new();
	struct str in = input_of(a, p, len), text;
	char why[FETCH_WHY] = "";
	struct addr x;

	text = first_line(&in);
	compare(a, text);
	if (addr_parse(text, &x)) {
		write_again(&x);
		(void)addr_in_list(&x, in);
		(void)addr_in_block(&x, first_line(&in));
	}
	if (fetch_may(&open, text, why))
		HOLDS(text.len <= FETCH_URL_MAX);
	else
		HOLDS(why[0] != '\0');
	arena_free(a);
	return 0;
}
