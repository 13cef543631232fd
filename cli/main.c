/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tra-ce, the command-line tool.
 *
 *	tra-ce [--data DIR] [--json] SUBCOMMAND ...
 *
 * It works on the data folder itself, beside running responders: every change
 * is a transaction of the store that they see at once.
 */
#include "cli.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"

static const struct command {
	const char *name;
	command_run *run;
	const char *words, *help;
} commands[] = {
	{ "tenant", cmd_tenant, "add NAME [--plan standard|enterprise] "
	    "[--rate N] [--retention DAYS] |\n\t    set NAME with these | "
	    "list", "tenants and their first key" },
	{ "key", cmd_key, "add TENANT --name N --scopes a,b [--expires 90d] "
	    "[--address CIDR] |\n\t    rotate KEY_ID [--overlap 24h] | "
	    "revoke KEY_ID | list TENANT", "keys of a tenant" },
	{ "import", cmd_import, "--source S [--tenant T] [--backfill] FILE...",
	    "take in records from files (.evtx, .gz, .zst too)" },
	{ "analyze", cmd_analyze, "[--tenant T] [--raw]",
	    "what the tenant's events amount to" },
	{ "chains", cmd_chains, "[--tenant T] [--raw]",
	    "the causal chains, best first, each link with its reason" },
	{ "verify", cmd_verify, "FILE [--raw FOLDER|FILE] [--salt S]",
	    "recompute a chain's PROVABLE edges from the raw records" },
	{ "readiness", cmd_readiness, "FILE [--source S]",
	    "what the records of a file can prove, and what they lack" },
	{ "rebuild", cmd_rebuild, "[--tenant T]",
	    "read the stored records again with today's rules" },
	{ "prune", cmd_prune, "[--tenant T] [--days N]",
	    "drop events beyond the tenant's retention; what chains rest on "
	    "stays" },
	{ "investigate", cmd_investigate, "CHAIN_ID [--tenant T] "
	    "[--executive]", "a chain explained, each sentence checked" },
	{ "export", cmd_export, "[CHAIN_ID...] --format F [--out FOLDER] "
	    "[--version N] [--tenant T]",
	    "chains as STIX, Attack Flow, Navigator, OCSF, DOT, GraphML, "
	    "Markdown, HTML" },
	{ "context", cmd_context, "import FILE [--tenant T] | show [--tenant T]",
	    "what triage is to know of the tenant's things" },
	{ "owners", cmd_owners, "import FILE [--tenant T] | show [--tenant T]",
	    "who owns which host, account, resource" },
	{ "rules", cmd_rules, "list [--pack NAME] | packs |\n\t    "
	    "add NAME FILE|FOLDER... [--replace] | remove NAME |\n\t    "
	    "enable ID... | disable ID... | enable --pack NAME | "
	    "disable --pack NAME;\n\t    [--tenant T]",
	    "which Sigma rules a tenant's events are read with" },
	{ "suppress", cmd_suppress, "list | preview CONDITION... [--days N] |"
	    "\n\t    add --name N --reason R CONDITION... [--expires 30d] "
	    "[--confirm] |\n\t    enable ID | disable ID | remove ID; "
	    "[--tenant T];\n\t    CONDITION: --rule P, --technique P, "
	    "--host P, --account P, --entity P,\n\t    --source P, "
	    "--event-type P, --action P",
	    "alerts that are to come last, and what that would hide" },
	{ "admin", cmd_admin, "create [--tenant T] | reset NAME | list | "
	    "remove NAME", "who may use the panel" },
	{ "audit", cmd_audit, "list [--tenant T] [--limit N] | "
	    "verify [--seen SEQ:HASH]", "what was done by whom" },
	{ "webhook", cmd_webhook, "add URL [--event E] [--min-confidence G] "
	    "[--min-score N]\n\t    [--description D] | list |\n\t    deliveries ID [--status S] | "
	    "redeliver ID DELIVERY|dead |\n\t    rotate ID [--overlap 24h] | "
	    "remove ID; [--tenant T] |\n\t    send [--for 55s]",
	    "who is told of what, and how it went" },
	{ "backup", cmd_backup, "FOLDER",
	    "copy the store while it serves, and check the copy" },
	{ "restore", cmd_restore, "FOLDER [--overwrite]",
	    "put a backup into the data folder (server stopped)" },
	{ "migrate", cmd_migrate, "",
	    "take every file to this program's version, as opening it does" },
	{ "doctor", cmd_doctor, "", "is the store sound?" },
	{ "conf", cmd_conf, "-T", "print a sample configuration" },
};

static void
help(FILE *to)
{
	fprintf(to, "usage: tra-ce [--data DIR] [--json] SUBCOMMAND ...\n\n");
	for (size_t i = 0; i < COUNT(commands); i++)
		fprintf(to, "  %-12s%s\n\t    %s\n", commands[i].name,
		    commands[i].help, commands[i].words);
	fprintf(to, "\nexit status: 0 done, 1 failed, 2 called wrongly\n");
}

/* Options before the subcommand; returns its place in argv, 0: none, -1:
 * wrong and said so. */
static int
leading(struct cli *c, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			c->json = true;
		} else if (strncmp(argv[i], "--data=", 7) == 0) {
			c->data = argv[i] + 7;
		} else if (strcmp(argv[i], "--data") == 0 && i + 1 < argc) {
			c->data = argv[++i];
		} else if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0) {
			return 0;
		} else {
			cli_usage("%s is no option here (--data DIR, --json); "
			    "see tra-ce --help", argv[i]);
			return -1;
		}
	}
	return i < argc ? i : 0;
}

static int
run(struct cli *c, int argc, char **argv)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(c, argc - 1, argv + 1);
	return cli_usage("no subcommand %s; see tra-ce --help", argv[0]);
}

/* The answer in one go: a reader never sees half a JSON value. */
static int
print(struct cli *c, int status)
{
	if (buf_bad(&c->out))
		return cli_failed("the answer is too large to print");
	if (c->json && c->out.len > 0)
		buf_put_char(&c->out, '\n');
	if (c->out.len > 0 &&
	    fwrite(c->out.p, 1, c->out.len, stdout) != c->out.len)
		return cli_failed("cannot write the answer");
	if (fflush(stdout) != 0)
		return cli_failed("cannot write the answer");
	return status;
}

int
main(int argc, char **argv)
{
	struct cli c = { .a = arena_new() };
	char why[256];
	int at, status = CLI_USAGE;

	signal(SIGPIPE, SIG_IGN);
	hash_init();
	log_open("tra-ce", LOG_LEVEL_WARN, true);
	buf_init(&c.out, (size_t)1 << 30);
	jw_init(&c.jw, &c.out);
	at = leading(&c, argc, argv);
	if (at == 0) {
		help(argc > 1 ? stdout : stderr);
		status = argc > 1 ? CLI_OK : CLI_USAGE;
	} else if (at > 0 && !config_read(&c.conf, why, sizeof(why))) {
		status = cli_failed("configuration: %s", why);
	} else if (at > 0) {
		if (c.data == NULL)
			c.data = c.conf.data;
		status = print(&c, run(&c, argc - at, argv + at));
	}
	if (c.store != NULL)
		store_close(c.store);
	buf_release(&c.out);
	arena_free(c.a);
	return status;
}
