/* SPDX-License-Identifier: Apache-2.0 */
/* A file that somebody gave us to verify: chains, edges, raw records, an
 * investigation. Whatever it holds, it is judged without harm. */
#include "fuzz.h"

#include "../../cli/verify.c"
#include "../../cli/proof.c"
#include "../../cli/rawset.c"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hash_init();
	return 0;
}

/* As in cli.c, without the terminal. */
int
cli_failed(const char *fmt, ...)
{
	HOLDS(fmt[0] != '\0');
	return CLI_FAILED;
}

int
cli_usage(const char *fmt, ...)
{
	HOLDS(fmt[0] != '\0');
	return CLI_USAGE;
}

int
cli_options(int argc, char **argv, const struct option_row *rows)
{
	(void)argv;
	(void)rows;
	return argc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct cli c = { .a = arena_new(), .json = len % 2 == 0 };
	struct job j = { .c = &c };
	struct str in = input_of(c.a, p, len);
	int status;

	buf_init(&c.out, 64 << 20);
	jw_init(&c.jw, &c.out);
	rawset_init(&j.raw, c.a);
	status = run(&j, "input", in);
	HOLDS(status == CLI_OK || status == CLI_FAILED);
	if (status == CLI_OK)
		HOLDS(j.failed == 0 && j.faults == 0);
	if (c.json && c.out.len > 0)
		HOLDS(is_json(buf_str(&c.out)));
	buf_release(&c.out);
	arena_free(c.a);
	return 0;
}
