/* SPDX-License-Identifier: Apache-2.0 */
#include "explain/veil.h"

#include <string.h>

#include "explain/guard.h"

#define OPEN "\xe2\x80\x9c"
#define CLOSE "\xe2\x80\x9d"

enum mask { MASK_HOST, MASK_USER, MASK_ADDRESS, MASK_PROGRAM, MASK_FILE,
	MASK_KEY, MASK_NAME, MASK__MAX };
static const char *const words[MASK__MAX] = { "HOST", "USER", "ADDRESS",
	"PROGRAM", "FILE", "KEY", "NAME" };

struct masked { struct str real; enum mask mask; size_t number; };

struct veil {
	const struct story *s;
	bool on;
	struct masked *v;
	size_t n, room, count[MASK__MAX];
};

struct veil *
veil_new(const struct story *s, bool on)
{
	struct veil *v = arena_get(s->a, sizeof(*v));

	v->s = s;
	v->on = on;
	return v;
}

/* Programs that say nothing about a house, because all have them. */
static bool
is_everywhere(struct str name)
{
	static const char *const programs = "powershell.exe cmd.exe "
	    "rundll32.exe lsass.exe svchost.exe services.exe explorer.exe "
	    "wmiprvse.exe reg.exe net.exe net1.exe nltest.exe whoami.exe "
	    "schtasks.exe certutil.exe mshta.exe wscript.exe cscript.exe "
	    "regsvr32.exe msbuild.exe winword.exe excel.exe outlook.exe "
	    "tasklist.exe systeminfo.exe ipconfig.exe bitsadmin.exe sh bash "
	    "curl wget python3 ssh sudo";
	struct str list = str_of(programs), w, bare = name;
	size_t at = str_find(name, STR(" ("), 0);

	if (at != (size_t)-1)	/* its number tells nobody anything */
		bare = str_sub(name, 0, at);
	while (str_cut(&list, ' ', &w))
		if (str_eq_fold(w, bare))
			return true;
	return false;
}

/* "process.create", "CreateAccessKey" of a source that we read ourselves. */
static bool
is_vendors_word(const struct story *s, struct str name)
{
	static const char *const sources = "windows okta cloudtrail zeek "
	    "suricata";
	struct str list, w;
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (!str_eq(s->step[i].action, name))
			continue;
		list = str_of(sources);
		while (str_cut(&list, ' ', &w))
			if (str_eq(w, s->step[i].source))
				return true;
	}
	return false;
}

static bool
of_kind(const struct story *s, enum kind kind, struct str name)
{
	size_t i, k;

	for (i = 0; i < s->n; i++)
		for (k = 0; k < s->step[i].n_who; k++)
			if (s->step[i].who[k].kind == kind &&
			    str_find(s->step[i].who[k].name, name, 0) == 0)
				return true;
	return false;
}

static enum mask
mask_of(const struct story *s, struct str name)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (hold_host(&s->step[i], name))
			return MASK_HOST;
	if (of_kind(s, KIND_USER, name))
		return MASK_USER;
	if (of_kind(s, KIND_IP, name) || of_kind(s, KIND_DOMAIN, name) ||
	    of_kind(s, KIND_URL, name) || of_kind(s, KIND_FLOW, name))
		return MASK_ADDRESS;
	if (of_kind(s, KIND_PROCESS, name))
		return MASK_PROGRAM;
	if (of_kind(s, KIND_FILE, name) || of_kind(s, KIND_REGISTRY, name))
		return MASK_FILE;
	return of_kind(s, KIND_TOKEN, name) || of_kind(s, KIND_SESSION, name) ?
	    MASK_KEY : MASK_NAME;
}

static const struct masked *
masked(struct veil *v, struct str name)
{
	enum mask m;
	size_t i;

	for (i = 0; i < v->n; i++)
		if (str_eq(v->v[i].real, name))
			return &v->v[i];
	m = mask_of(v->s, name);
	v->v = arena_grow(v->s->a, v->v, &v->room, v->n + 1, sizeof(*v->v));
	v->v[v->n] = (struct masked){ name, m, ++v->count[m] };
	return &v->v[v->n++];
}

static struct str
kept(struct arena *a, struct buf *b)
{
	struct str out = str_dup(a, buf_str(b));

	buf_release(b);
	return out;
}

struct str
veil_hide(struct veil *v, struct str text)
{
	size_t at = 0, open, close;
	const struct masked *m;
	struct str name;
	struct buf b;

	if (!v->on)
		return text;
	buf_init(&b, 2 * text.len + 4096);
	for (;;) {
		open = str_find(text, STR(OPEN), at);
		close = open == (size_t)-1 ? open :
		    str_find(text, STR(CLOSE), open);
		if (close == (size_t)-1)
			break;
		buf_put_str(&b, str_sub(text, at, open + 3 - at));
		name = str_sub(text, open + 3, close - open - 3);
		m = is_everywhere(name) || is_vendors_word(v->s, name) ? NULL :
		    masked(v, name);
		if (m == NULL)
			buf_put_str(&b, name);
		else
			buf_printf(&b, "%s-%zu", words[m->mask], m->number);
		buf_put_c(&b, CLOSE);
		at = close + 3;
	}
	buf_put_str(&b, str_sub(text, at, text.len));
	return kept(v->s->a, &b);
}

static bool
letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* The pseudonym that stands at i, and how long it is. */
static const struct masked *
mask_at(const struct veil *v, struct str text, size_t i, size_t *len)
{
	size_t m, n, k, number;

	if (i > 0 && letter_or_digit(text.p[i - 1]))
		return NULL;
	for (m = 0; m < MASK__MAX; m++) {
		n = strlen(words[m]);
		if (i + n + 1 >= text.len || text.p[i + n] != '-' ||
		    memcmp(text.p + i, words[m], n) != 0)
			continue;
		number = 0;
		for (k = i + n + 1; k < text.len && k < i + n + 8 &&
		    text.p[k] >= '0' && text.p[k] <= '9'; k++)
			number = number * 10 + (size_t)(text.p[k] - '0');
		*len = k - i;
		for (k = 0; k < v->n; k++)
			if ((size_t)v->v[k].mask == m &&
			    v->v[k].number == number)
				return &v->v[k];
	}
	return NULL;
}

/* The model may or may not have kept the quotes. */
struct str
veil_show(struct veil *v, struct str text)
{
	const struct masked *m;
	size_t i = 0, len;
	bool quoted = false;
	struct buf b;

	if (!v->on)
		return text;
	buf_init(&b, 1 << 20);
	while (i < text.len) {
		m = mask_at(v, text, i, &len);
		if (m == NULL) {
			if (i + 3 <= text.len &&
			    memcmp(text.p + i, OPEN, 3) == 0)
				quoted = true;
			else if (i + 3 <= text.len &&
			    memcmp(text.p + i, CLOSE, 3) == 0)
				quoted = false;
			buf_put_char(&b, text.p[i++]);
			continue;
		}
		buf_put_c(&b, quoted ? "" : OPEN);
		buf_put_str(&b, m->real);
		buf_put_c(&b, quoted ? "" : CLOSE);
		i += len;
	}
	if (buf_bad(&b))
		buf_clear(&b);
	return kept(v->s->a, &b);
}
