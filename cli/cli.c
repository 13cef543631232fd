/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void say(const char *fmt, va_list ap) PRINTF(1, 0);

static void
say(const char *fmt, va_list ap)
{
	fputs("tra-ce: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

int
cli_failed(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	return CLI_FAILED;
}

int
cli_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	return CLI_USAGE;
}

int
cli_rc(enum rc rc, const char *doing)
{
	if (rc == RC_BUSY)
		return cli_failed("%s: the store is busy or the disk is full; "
		    "nothing was changed, try again", doing);
	return cli_failed("%s: %s; the lines above say why, and `tra-ce "
	    "doctor` looks further", doing, rc_title(rc));
}

bool
cli_open(struct cli *c, bool create)
{
	enum rc rc = store_open(c->data, create, &c->store);

	if (rc == RC_OK)
		return true;
	c->store = NULL;
	if (rc == RC_ABSENT && access(c->data, X_OK) != 0 && errno == EACCES)
		cli_failed("cannot look into %s: Permission denied; ask as "
		    "its owner or as root", c->data);
	else if (rc == RC_ABSENT)
		cli_failed("no store in %s; name it with --data DIR, or begin "
		    "one with `tra-ce --data DIR tenant add NAME`", c->data);
	else
		cli_rc(rc, "opening the store");
	return false;
}

bool
cli_tenant(struct cli *c, const char *name, struct tenant *t)
{
	enum rc rc = store_tenant_named(c->store, c->a, str_of(name), t);

	if (rc == RC_OK)
		return true;
	if (rc == RC_ABSENT)
		cli_failed("no tenant %s; `tra-ce tenant list` names them, "
		    "`tra-ce tenant add %s` makes it", name, name);
	else
		cli_rc(rc, "looking for the tenant");
	return false;
}

bool
cli_tenant_or_only(struct cli *c, const char *name, struct tenant *t)
{
	struct tenant *all;
	size_t n;
	enum rc rc;

	if (name != NULL)
		return cli_tenant(c, name, t);
	rc = store_tenants(c->store, c->a, &all, &n);
	if (rc != RC_OK) {
		cli_rc(rc, "listing tenants");
		return false;
	}
	if (n != 1) {
		cli_failed(n == 0 ? "there is no tenant yet: `tra-ce tenant "
		    "add NAME`" : "there are several tenants: say which with "
		    "--tenant NAME");
		return false;
	}
	*t = all[0];
	return true;
}

/* Is argv[*i] this option? Takes its value. -1: it lacks one. */
static int
matches(const struct option_row *o, int argc, char **argv, int *i)
{
	size_t len = strlen(o->name);

	if (strncmp(argv[*i], o->name, len) != 0)
		return 0;
	if (argv[*i][len] == '=' && o->value != NULL) {
		*o->value = argv[*i] + len + 1;
		return 1;
	}
	if (argv[*i][len] != '\0')
		return 0;
	if (o->value == NULL) {
		*o->flag = true;
		return 1;
	}
	if (*i + 1 >= argc)
		return -1;
	*o->value = argv[++*i];
	return 1;
}

int
cli_options(int argc, char **argv, const struct option_row *rows)
{
	const struct option_row *o;
	int i, n = 0, hit;

	for (i = 0; i < argc; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '\0') {
			argv[n++] = argv[i];
			continue;
		}
		if (strcmp(argv[i], "--") == 0) {
			for (i++; i < argc; i++)
				argv[n++] = argv[i];
			break;
		}
		hit = 0;
		for (o = rows; o->name != NULL && hit == 0; o++)
			hit = matches(o, argc, argv, &i);
		if (hit == 1)
			continue;
		cli_usage(hit == 0 ? "%s is no option of this subcommand; see "
		    "tra-ce --help" : "%s lacks its value", argv[i]);
		return -1;
	}
	return n;
}
