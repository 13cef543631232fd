/* SPDX-License-Identifier: Apache-2.0 */
#include "base/conf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum { TEXT_ROOM = 256 };

static bool
size_parse(struct str text, int64_t *n)
{
	int64_t unit = 1;

	if (text.len == 0)
		return false;
	switch (text.p[text.len - 1]) {
	case 'G':
		unit *= 1024; /* fall through */
	case 'M':
		unit *= 1024; /* fall through */
	case 'K':
		unit *= 1024;
		text.len--;
		break;
	default:
		break;
	}
	return str_i64(text, n) && *n >= 0 &&
	    !__builtin_mul_overflow(*n, unit, n);
}

static bool
text_parse(struct str text, char *into)
{
	if (text.len >= TEXT_ROOM || memchr(text.p, '\0', text.len) != NULL)
		return false;
	memcpy(into, text.p, text.len);
	into[text.len] = '\0';
	return true;
}

static bool
flag_parse(struct str text, bool *flag)
{
	if (!str_is(text, "yes") && !str_is(text, "no"))
		return false;
	*flag = str_is(text, "yes");
	return true;
}

static bool
spans_parse(struct str text, struct conf_spans *into)
{
	struct conf_spans all = { .n = 0 };
	struct str one;

	while (str_cut(&text, ' ', &one)) {
		if (one.len == 0)
			continue;
		if (all.n == CONF_SPANS_MAX
		    || !clock_parse_span(one, &all.s[all.n]))
			return false;
		all.n++;
	}
	if (all.n > 0)
		*into = all;
	return all.n > 0;
}

/* Sets the row's value; on false it keeps the one it had. */
static bool
row_set(const struct conf_row *row, void *into, struct str text)
{
	char *place = (char *)into + row->offset;
	int64_t n;
	bool ok;

	switch (row->kind) {
	case CONF_TEXT:
		return text_parse(text, place);
	case CONF_FLAG:
		return flag_parse(text, (bool *)place);
	case CONF_SPANS:
		return spans_parse(text, (struct conf_spans *)place);
	case CONF_SIZE:
		ok = size_parse(text, &n);
		break;
	case CONF_SPAN:
		ok = clock_parse_span(text, &n);
		break;
	default:
		ok = str_i64(text, &n) && n >= 0;
		break;
	}
	if (ok)
		memcpy(place, &n, sizeof(n));
	return ok;
}

static const char *
standard_of(const struct conf_row *row)
{
	return row->standard == NULL ? "" : row->standard;
}

void
conf_standard(const struct conf_row *rows, size_t n, void *into)
{
	size_t i;
	bool ok;

	for (i = 0; i < n; i++) {
		ok = row_set(&rows[i], into, str_of(standard_of(&rows[i])));
		assert(ok);
		(void)ok;
	}
}

static const struct conf_row *
row_find(const struct conf_row *rows, size_t n, struct str section,
    struct str key)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_is(section, rows[i].section) &&
		    str_is(key, rows[i].key))
			return &rows[i];
	return NULL;
}

/* What is wrong with a value, in words for whoever edits the file. */
static const char *
wanted(enum conf_kind kind)
{
	static const char *const words[] = {
		[CONF_TEXT] = "a text of at most 255 bytes",
		[CONF_SIZE] = "a size such as 32M",
		[CONF_COUNT] = "a whole number",
		[CONF_SPAN] = "a time such as 90s, 15m, 24h or 30d",
		[CONF_FLAG] = "yes or no",
		[CONF_SPANS] = "times such as 5s 30s 2m, at most 24",
	};

	return words[kind];
}

/* Keys come from a file we do not trust to be text: cut and no controls. */
static int
shown(struct str s, char out[64])
{
	size_t i;

	for (i = 0; i < s.len && i < 63; i++)
		out[i] = (unsigned char)s.p[i] < 0x20 ? '?' : s.p[i];
	out[i] = '\0';
	return (int)i;
}

static bool
line_parse(const struct conf_row *rows, size_t n, void *into,
    struct str section, struct str line, char *why, size_t len)
{
	const struct conf_row *row;
	struct str key, value = line;
	char name[64];

	if (memchr(line.p, '=', line.len) == NULL) {
		snprintf(why, len, "neither [section] nor key = value");
		return false;
	}
	if (!str_cut(&value, '=', &key))
		return false;
	key = str_trim(key);
	value = str_trim(value);
	row = row_find(rows, n, section, key);
	if (row == NULL) {
		shown(key, name);
		snprintf(why, len, "there is no key \"%s\" in [%.*s]", name,
		    STR_ARG(section));
		return false;
	}
	if (!row_set(row, into, value)) {
		snprintf(why, len, "%s must be %s", row->key,
		    wanted(row->kind));
		return false;
	}
	return true;
}

static bool
section_known(const struct conf_row *rows, size_t n, struct str section)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_is(section, rows[i].section))
			return true;
	return false;
}

/* "[name]" -> name; whether it is one, and one that has rows. */
static bool
section_parse(const struct conf_row *rows, size_t n, struct str line,
    struct str *section, char *why, size_t len)
{
	char name[64];

	if (line.p[line.len - 1] != ']') {
		snprintf(why, len, "a section's name ends in ]");
		return false;
	}
	*section = str_trim(str_sub(line, 1, line.len - 2));
	if (section_known(rows, n, *section))
		return true;
	shown(*section, name);
	snprintf(why, len, "there is no section [%s]", name);
	return false;
}

bool
conf_parse(const struct conf_row *rows, size_t n, void *into, struct str text,
    char *why, size_t len)
{
	struct str line, section = STR("");
	char reason[256] = "";
	unsigned number = 0;
	bool ok = true;

	while (ok && str_cut(&text, '\n', &line)) {
		number++;
		line = str_trim(line);
		if (line.len == 0 || line.p[0] == '#')
			continue;
		if (line.p[0] == '[')
			ok = section_parse(rows, n, line, &section, reason,
			    sizeof(reason));
		else
			ok = line_parse(rows, n, into, section, line, reason,
			    sizeof(reason));
	}
	if (!ok)
		snprintf(why, len, "line %u: %s", number, reason);
	return ok;
}

void
conf_sample(const struct conf_row *rows, size_t n, struct buf *out)
{
	const char *section = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		if (section == NULL || strcmp(section, rows[i].section) != 0) {
			section = rows[i].section;
			buf_printf(out, "%s[%s]\n", i == 0 ? "" : "\n",
			    section);
		}
		buf_printf(out, "# %s\n%s = %s\n", rows[i].help, rows[i].key,
		    standard_of(&rows[i]));
	}
}
