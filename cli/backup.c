/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backup FOLDER - copy the store there, while it serves, and check the copy.
 * restore FOLDER [--overwrite] - put it into the data folder. With the web
 *	server stopped; what is there already is kept beside.
 */
#include "backup.h"
#include "cli.h"

#include <string.h>

#include "base/clock.h"

enum { LINES_MAX = 1 << 20 };

static void
tell_lines(struct str lines)
{
	struct str line;

	while (str_cut(&lines, '\n', &line))
		if (line.len > 0)
			cli_failed("%.*s", STR_ARG(line));
}

static void
put_backup(struct jw *w, const char *folder, const struct backup *b)
{
	jw_key_c(w, "folder", folder);
	jw_key(w, "made_at");
	jw_time(w, b->made_ns);
	jw_key_i(w, "tenants", b->tenants);
	jw_key_i(w, "files", b->files);
	jw_key_i(w, "bytes", b->bytes);
	jw_key_b(w, "sound", true);
}

static int
not_made(enum rc rc, const char *folder)
{
	if (rc == RC_EXISTS)
		return cli_failed("%s is not empty: name a new folder, a "
		    "backup is never written over another", folder);
	if (rc == RC_INVALID)
		return cli_failed("the copy is not sound (lines above); it is "
		    "left in %s without backup.json, see `tra-ce doctor`",
		    folder);
	return cli_rc(rc, "backing up");
}

int
cmd_backup(struct cli *c, int argc, char **argv)
{
	struct backup b;
	struct buf lines;
	enum rc rc;
	int n = cli_options(argc, argv, (const struct option_row[]){ { 0 } });

	if (n != 1)
		return n < 0 ? CLI_USAGE :
		    cli_usage("usage: tra-ce backup FOLDER");
	if (!cli_open(c, false))
		return CLI_FAILED;
	buf_init(&lines, LINES_MAX);
	rc = backup_make(c->store, argv[0], serve_version(), clock_now_ns(),
	    &b, &lines);
	tell_lines(buf_str(&lines));
	buf_release(&lines);
	if (rc != RC_OK)
		return not_made(rc, argv[0]);
	if (c->json) {
		jw_object(&c->jw);
		put_backup(&c->jw, argv[0], &b);
		jw_object_end(&c->jw);
	} else {
		buf_printf(&c->out, "%s: %lld tenants, %lld files, %lld bytes, "
		    "checked\n", argv[0], (long long)b.tenants,
		    (long long)b.files, (long long)b.bytes);
	}
	return CLI_OK;
}

static int
not_restored(struct cli *c, enum rc rc, const char *folder, const char *kept)
{
	if (rc == RC_ABSENT)
		return cli_failed("%s holds no backup.json, so it is no whole "
		    "backup; nothing was changed", folder);
	if (rc == RC_INVALID)
		return cli_failed("the backup is damaged (lines above); "
		    "nothing was changed");
	if (rc == RC_EXISTS)
		return cli_failed("%s holds a store already; with --overwrite "
		    "it is kept beside and this one takes its place", c->data);
	if (rc == RC_BUSY)
		return cli_failed("%s is in use: stop the web server first; "
		    "nothing was changed", c->data);
	if (kept[0] != '\0')
		return cli_failed("it was cut short; what was in %s is in %s; "
		    "do it again when the cause is gone", c->data, kept);
	return cli_rc(rc, "restoring");
}

static void
tell_restored(struct cli *c, const char *folder, const struct backup *b,
    const char *kept)
{
	char time[CLOCK_TEXT];

	clock_format(b->made_ns, time);
	if (c->json) {
		jw_object(&c->jw);
		put_backup(&c->jw, folder, b);
		jw_key_c(&c->jw, "kept", kept[0] != '\0' ? kept : NULL);
		jw_object_end(&c->jw);
		return;
	}
	buf_printf(&c->out, "%s: %lld tenants of %s, checked\n", c->data,
	    (long long)b->tenants, time);
	if (kept[0] != '\0')
		buf_printf(&c->out, "what was there is in %s; remove it when "
		    "you no longer need it\n", kept);
	buf_printf(&c->out, "keys are as they were then: look through `tra-ce "
	    "key list TENANT` and revoke again what was revoked since\n");
}

int
cmd_restore(struct cli *c, int argc, char **argv)
{
	bool overwrite = false;
	char kept[BACKUP_PATH];
	struct backup b;
	struct buf lines;
	enum rc rc;
	int n = cli_options(argc, argv, (const struct option_row[]){
	    { "--overwrite", NULL, &overwrite }, { 0 } });

	if (n != 1)
		return n < 0 ? CLI_USAGE : cli_usage("usage: tra-ce restore "
		    "FOLDER [--overwrite]");
	buf_init(&lines, LINES_MAX);
	rc = backup_restore(argv[0], c->data, overwrite, clock_now_ns(), &b,
	    &lines, kept);
	tell_lines(buf_str(&lines));
	buf_release(&lines);
	if (rc != RC_OK)
		return not_restored(c, rc, argv[0], kept);
	tell_restored(c, argv[0], &b, kept);
	return CLI_OK;
}
