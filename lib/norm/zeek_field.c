/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where Zeek's fields stand. The JSON writer makes flat names with dots; what
 * ships the logs may nest them or, where dots are not allowed, write
 * underscores. The ASCII writer separates columns by tabs and items of a set
 * by commas, and escapes both in values as \xHH; "-" is unset.
 */
#include "norm/zeek.h"

#include <string.h>

#include "base/arena.h"

/* ---- TSV -------------------------------------------------------------- */

static void
split_columns(struct zeek *z)
{
	struct arena *a = z->r->a;
	struct str names = z->r->rec->columns, values = z->r->rec->text;

	z->names = arena_array(a, ZEEK_COLUMNS_MAX, sizeof(*z->names));
	z->values = arena_array(a, ZEEK_COLUMNS_MAX, sizeof(*z->values));
	if (!str_cut(&names, '\t', &z->path))
		return;
	while (values.len > 0 && (values.p[values.len - 1] == '\r' ||
	    values.p[values.len - 1] == '\n'))
		values.len--;
	while (z->columns < ZEEK_COLUMNS_MAX &&
	    str_cut(&names, '\t', &z->names[z->columns]) &&
	    str_cut(&values, '\t', &z->values[z->columns]))
		z->columns++;
}

static struct zeek_value
column(struct zeek *z, const char *name)
{
	for (size_t i = 0; i < z->columns; i++)
		if (str_is(z->names[i], name))
			return (struct zeek_value){ z->values[i],
			    norm_join(z->r->a, STR("/"), z->names[i],
			    STR("")) };
	return (struct zeek_value){ STR(""), STR("") };
}

/* ---- JSON ------------------------------------------------------------- */

/* The name with its dots turned into `with`. */
static const char *
dots(char *out, size_t len, const char *name, char with)
{
	size_t i;

	for (i = 0; name[i] && i + 1 < len; i++)
		out[i] = name[i] == '.' ? with : name[i];
	out[i] = '\0';
	return out;
}

static const struct json *
member(struct zeek *z, const char *name, struct str *field)
{
	const struct json *v = json_get(z->r->v, name);
	char path[64];

	*field = STR("");
	if (v == NULL && strchr(name, '.') != NULL) {
		v = json_get(z->r->v, dots(path, sizeof(path), name, '_'));
		if (v == NULL) {
			path[0] = '/';
			dots(path + 1, sizeof(path) - 1, name, '/');
			*field = str_dup(z->r->a, str_of(path));
			return json_pointer(z->r->v, *field);
		}
		name = path;
	}
	if (v != NULL)
		*field = norm_join(z->r->a, STR("/"), str_of(name), STR(""));
	return v;
}

/* ---- both ------------------------------------------------------------- */

static struct zeek_value
nothing_is_nothing(struct zeek_value v)
{
	if (v.text.len == 0 || str_is(v.text, "-") ||
	    str_is(v.text, "(empty)"))
		return (struct zeek_value){ STR(""), STR("") };
	return v;
}

struct zeek_value
zeek_get(struct zeek *z, const char *name)
{
	struct zeek_value v;
	const struct json *at;

	if (z->names != NULL)
		return nothing_is_nothing(column(z, name));
	at = member(z, name, &v.field);
	if (json_type(at) == JSON_ARRAY)
		return zeek_item(z, name, 0);
	v.text = json_scalar(z->r->a, at);
	return nothing_is_nothing(v);
}

static struct zeek_value
item_of_column(struct zeek *z, const char *name, size_t i)
{
	struct zeek_value v = nothing_is_nothing(column(z, name));
	struct zeek_value none = { STR(""), STR("") };
	struct str rest = v.text, part;

	while (str_cut(&rest, ',', &part)) {
		if (i-- > 0)
			continue;
		/* One of several is not what stands in the column. */
		if (part.len != v.text.len)
			v.field = STR("");
		v.text = part;
		return nothing_is_nothing(v);
	}
	return none;
}

struct zeek_value
zeek_item(struct zeek *z, const char *name, size_t i)
{
	struct zeek_value v;
	const struct json *at;

	if (z->names != NULL)
		return item_of_column(z, name, i);
	at = member(z, name, &v.field);
	if (json_type(at) == JSON_ARRAY) {
		at = json_item(at, i);
		v.field = str_printf(z->r->a, "%.*s/%zu", STR_ARG(v.field), i);
	} else if (i > 0) {
		at = NULL;
	}
	v.text = json_scalar(z->r->a, at);
	return nothing_is_nothing(v);
}

/* ---- which log is it? ------------------------------------------------- */

/* Fields that only one log has, for records that do not name theirs. */
static const struct { const char *path, *has, *and; } marks[] = {
	{ "conn", "conn_state", NULL }, { "dns", "query", "id.orig_h" },
	{ "dns", "trans_id", "qtype" }, { "http", "trans_depth", NULL },
	{ "http", "status_code", "uri" }, { "http", "user_agent", "uri" },
	{ "files", "fuid", "seen_bytes" }, { "files", "fuid", "analyzers" },
	{ "ssl", "cipher", "version" }, { "ssl", "server_name", "uid" },
	{ "x509", "certificate.subject", NULL },
	{ "smb_mapping", "share_type", NULL },
	{ "dce_rpc", "endpoint", "operation" },
	{ "kerberos", "client", "service" },
	{ "ntlm", "domainname", NULL }, { "ntlm", "server_nb_computer_name",
	    NULL },
	{ "notice", "note", "msg" }, { "weird", "name", "notice" },
	{ "smb_files", "action", "times.modified" },
	{ "intel", "seen.indicator", NULL },
};

static struct str
guess(struct zeek *z)
{
	size_t i;

	for (i = 0; i < COUNT(marks); i++)
		if (zeek_get(z, marks[i].has).text.len > 0 && (!marks[i].and ||
		    zeek_get(z, marks[i].and).text.len > 0))
			return str_of(marks[i].path);
	return STR("zeek");
}

void
zeek_open(struct zeek *z)
{
	size_t dash;

	if (z->r->v == NULL)
		split_columns(z);
	else
		z->path = json_str(json_get(z->r->v, "_path"));
	/* "conn_20200914" or "conn-summary" are shippers' file names. */
	if (str_ends_fold(z->path, ".log"))
		z->path.len -= 4;
	dash = str_find(z->path, STR("-"), 0);
	if (dash != (size_t)-1)
		z->path.len = dash;
	if (norm_null(z->path))
		z->path = guess(z);
}
