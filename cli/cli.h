/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the subcommands of tra-ce share: where the data is, how answers and
 * faults are said, how options are read. One file a subcommand; the table of
 * them stands in main.c.
 *
 * Answers go to stdout: one JSON value with --json, text for people without.
 * Faults go to stderr and say what to do. Exit status: 0 done, 1 failed,
 * 2 called wrongly.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/json.h"
#include "rc.h"
#include "serve.h"
#include "store.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

struct cli {
	const char *data;	/* data folder */
	bool json;
	struct config conf;
	struct arena *a;	/* for the whole run */
	struct store *store;	/* after cli_open */
	struct buf out;		/* the answer; main prints it */
	struct jw jw;		/* writes into out */
};

typedef int command_run(struct cli *c, int argc, char **argv);

command_run cmd_tenant, cmd_key, cmd_import, cmd_analyze, cmd_chains,
    cmd_verify, cmd_readiness, cmd_rebuild, cmd_doctor, cmd_conf,
    cmd_owners, cmd_context, cmd_investigate, cmd_webhook, cmd_admin, cmd_audit,
    cmd_prune, cmd_export, cmd_backup, cmd_restore, cmd_migrate,
    cmd_suppress, cmd_rules;

/* Say a fault on stderr and return CLI_FAILED or CLI_USAGE. */
int cli_failed(const char *fmt, ...) PRINTF(1, 2);
int cli_usage(const char *fmt, ...) PRINTF(1, 2);
/* The words for a store's rc that nobody expected; returns CLI_FAILED. */
int cli_rc(enum rc rc, const char *doing);

/* Open the store into c->store; false: said why. */
MUST_CHECK bool cli_open(struct cli *c, bool create);
/* The tenant of that name; false: said why. */
MUST_CHECK bool cli_tenant(struct cli *c, const char *name, struct tenant *t);
/* The same, or with NULL the only tenant there is. */
MUST_CHECK bool cli_tenant_or_only(struct cli *c, const char *name,
    struct tenant *t);

/*
 * Options: "--name VALUE", "--name=VALUE" or, for flags, "--name", anywhere
 * between the other words; "--" ends them. Words are left in argv[0..] and
 * their number is returned; -1: wrong, and said so.
 */
struct option_row {
	const char *name;	/* with its dashes; NULL ends the table */
	const char **value;	/* takes a value; else */
	bool *flag;
};
MUST_CHECK int cli_options(int argc, char **argv,
    const struct option_row *rows);

#endif
