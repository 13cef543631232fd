/* SPDX-License-Identifier: Apache-2.0 */
#include "evtx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <expat.h>
#include <libbfio.h>
#include <libevtx.h>

#include "base/arena.h"
#include "base/json.h"

enum { DEPTH_MAX = 32, XML_MAX = 8 << 20, ELEMENTS_MAX = 20000,
	ATTRIBUTES_MAX = 16 };

struct element {
	struct str name;
	struct str attribute[ATTRIBUTES_MAX][2];
	size_t n_attributes;
	struct buf text;
	struct element *first, *last, *next;
};

struct evtx {
	libbfio_handle_t *io;
	libevtx_file_t *file;
	int at, n;
	struct arena *a;
};

/* One record's XML on its way into elements. */
struct reading {
	struct arena *a;
	struct element *open[DEPTH_MAX], *root;
	size_t depth, elements;
	bool bad;
	XML_Parser parser;
};

bool
evtx_begins(struct str file)
{
	return file.len >= 8 && memcmp(file.p, "ElfFile", 8) == 0;
}

struct evtx *
evtx_open(struct str file)
{
	struct evtx *e = mem_get(sizeof(*e));

	/* libbfio takes a pointer to change, and changes nothing when reading */
	if (file.len > 0 && libbfio_memory_range_initialize(&e->io, NULL) == 1 &&
	    libbfio_memory_range_set(e->io, (uint8_t *)(uintptr_t)file.p,
	    file.len, NULL) == 1 &&
	    libevtx_file_initialize(&e->file, NULL) == 1 &&
	    libevtx_file_open_file_io_handle(e->file, e->io,
	    libevtx_get_access_flags_read(), NULL) == 1 &&
	    libevtx_file_get_number_of_records(e->file, &e->n, NULL) == 1) {
		e->a = arena_new();
		return e;
	}
	evtx_close(e);
	return NULL;
}

void
evtx_close(struct evtx *e)
{
	if (e == NULL)
		return;
	libevtx_file_free(&e->file, NULL);
	libbfio_handle_free(&e->io, NULL);
	if (e->a != NULL)
		arena_free(e->a);
	mem_free(e);
}

size_t
evtx_records(const struct evtx *e)
{
	return e->n > 0 ? (size_t)e->n : 0;
}

/* ---- XML -> elements ------------------------------------------------------ */

static void
fail(struct reading *r)
{
	r->bad = true;
	XML_StopParser(r->parser, XML_FALSE);
}

static void XMLCALL
on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
	struct reading *r = ctx;
	struct element *e, *in;
	size_t i;

	if (r->depth == DEPTH_MAX || ++r->elements > ELEMENTS_MAX) {
		fail(r);
		return;
	}
	e = arena_get(r->a, sizeof(*e));
	memset(e, 0, sizeof(*e));
	e->name = str_dup(r->a, str_of(name));
	buf_init(&e->text, XML_MAX);
	for (i = 0; attributes[2 * i] != NULL; i++) {
		if (i == ATTRIBUTES_MAX) {
			fail(r);
			return;
		}
		e->attribute[i][0] = str_dup(r->a, str_of(attributes[2 * i]));
		e->attribute[i][1] = str_dup(r->a,
		    str_of(attributes[2 * i + 1]));
		e->n_attributes++;
	}
	if (r->depth == 0) {
		r->root = e;
	} else {
		in = r->open[r->depth - 1];
		*(in->first == NULL ? &in->first : &in->last->next) = e;
		in->last = e;
	}
	r->open[r->depth++] = e;
}

static void XMLCALL
on_end(void *ctx, const XML_Char *name)
{
	struct reading *r = ctx;

	(void)name;
	if (r->depth > 0)
		r->depth--;
}

static void XMLCALL
on_text(void *ctx, const XML_Char *text, int len)
{
	struct reading *r = ctx;

	if (r->depth > 0)
		buf_put(&r->open[r->depth - 1]->text, text, (size_t)len);
}

/* What libevtx renders has none; it is the way in of every attack by XML. */
static void XMLCALL
on_doctype(void *ctx, const XML_Char *name, const XML_Char *system_id,
    const XML_Char *public_id, int internal)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)internal;
	fail(ctx);
}

static void
release(struct element *e)
{
	struct element *k;

	if (e == NULL)
		return;
	for (k = e->first; k != NULL; k = k->next)
		release(k);		/* as deep as DEPTH_MAX */
	buf_release(&e->text);
}

static bool
parse(struct reading *r, const char *xml, size_t len)
{
	bool good;

	r->parser = XML_ParserCreate("UTF-8");
	if (r->parser == NULL)
		abort();
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_start, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	good = XML_Parse(r->parser, xml, (int)len, XML_TRUE) ==
	    XML_STATUS_OK && !r->bad && r->root != NULL;
	XML_ParserFree(r->parser);
	return good;
}

/* ---- elements -> JSON ------------------------------------------------------ */

static struct str
attribute(const struct element *e, const char *name)
{
	size_t i;

	for (i = 0; i < e->n_attributes; i++)
		if (str_is(e->attribute[i][0], name))
			return e->attribute[i][1];
	return (struct str){ 0 };
}

static bool
is_data(const struct element *e)
{
	return str_is(e->name, "Data");
}

static void put_value(struct jw *w, const struct element *e);

/* <Data> without a name: all of them are one list, where the first stands. */
static void
put_unnamed(struct jw *w, const struct element *first)
{
	const struct element *k;

	jw_key(w, "Data");
	jw_array(w);
	for (k = first; k != NULL; k = k->next)
		if (is_data(k) && attribute(k, "Name").len == 0)
			jw_str(w, buf_str(&k->text));
	jw_array_end(w);
}

static void
put_children(struct jw *w, const struct element *e)
{
	const struct element *k;
	bool listed = false;

	for (k = e->first; k != NULL; k = k->next) {
		if (!is_data(k)) {
			jw_key_str(w, k->name);
			put_value(w, k);
		} else if (attribute(k, "Name").len > 0) {
			jw_key_str(w, attribute(k, "Name"));
			jw_str(w, buf_str(&k->text));
		} else if (!listed) {
			put_unnamed(w, k);
			listed = true;
		}
	}
}

static void
put_value(struct jw *w, const struct element *e)
{
	size_t i;

	if (e->n_attributes == 0 && e->first == NULL) {
		jw_str(w, buf_str(&e->text));
		return;
	}
	jw_object(w);
	if (e->n_attributes > 0) {
		jw_key(w, "#attributes");
		jw_object(w);
		for (i = 0; i < e->n_attributes; i++) {
			jw_key_str(w, e->attribute[i][0]);
			jw_str(w, e->attribute[i][1]);
		}
		jw_object_end(w);
	}
	if (e->first != NULL)
		put_children(w, e);
	else if (e->text.len > 0)
		jw_key_s(w, "#text", buf_str(&e->text));
	jw_object_end(w);
}

static void
put_line(struct buf *out, const struct element *root)
{
	struct jw w;

	jw_init(&w, out);
	jw_object(&w);
	jw_key_str(&w, root->name);
	put_value(&w, root);
	jw_object_end(&w);
	buf_put_char(out, '\n');
}

/* ---- records --------------------------------------------------------------- */

/*
 * libevtx 20181227 (Debian 12) takes a surrogate pair apart with DFFF where
 * DC00 belongs: each character beyond U+FFFF comes out 3FF too low. True up to
 * U+103FE, which come out as what stands below U+10000: Linear B, unmended.
 */
static size_t
put_mended(const char *xml, char *out)
{
	static const uint32_t low_by = 0x3ff;
	const unsigned char *b = (const unsigned char *)xml;
	uint32_t c = (uint32_t)(b[0] & 7) << 18 | (uint32_t)(b[1] & 63) << 12 |
	    (uint32_t)(b[2] & 63) << 6 | (b[3] & 63);

	if (strcmp(libevtx_get_version(), "20181227") == 0 &&
	    c + low_by <= 0x10ffff)
		c += low_by;
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 63));
	out[2] = (char)(0x80 | (c >> 6 & 63));
	out[3] = (char)(0x80 | (c & 63));
	return 4;
}

/* XML has no way to write control characters; a command line may hold them. */
static size_t
without_controls(struct arena *a, const char *xml, size_t len, char **out)
{
	size_t i, n = 0;

	*out = arena_get(a, 3 * len + 1);
	for (i = 0; i < len; i++)
		if ((unsigned char)xml[i] >= 0xf0 && utf8_step(xml + i,
		    len - i) == 4) {
			n += put_mended(xml + i, *out + n);
			i += 3;
		} else if ((unsigned char)xml[i] >= ' ' ||
		    strchr("\t\r\n", xml[i]) != NULL) {
			(*out)[n++] = xml[i];
		} else {
			memcpy(*out + n, "\xef\xbf\xbd", 3);
			n += 3;
		}
	return n;
}

static bool
take(struct evtx *e, libevtx_record_t *record, struct buf *out)
{
	struct reading r = { .a = e->a };
	char *xml, *clean;
	size_t size, len;
	bool good;

	if (libevtx_record_get_utf8_xml_string_size(record, &size, NULL) != 1 ||
	    size < 2 || size > XML_MAX)
		return false;
	xml = arena_get(e->a, size);
	if (libevtx_record_get_utf8_xml_string(record, (uint8_t *)xml, size,
	    NULL) != 1)
		return false;
	len = without_controls(e->a, xml, strnlen(xml, size - 1), &clean);
	good = parse(&r, clean, len);
	if (good)
		put_line(out, r.root);
	release(r.root);
	return good;
}

enum evtx_got
evtx_next(struct evtx *e, struct buf *out)
{
	libevtx_record_t *record = NULL;
	bool good;

	if (e->at >= e->n)
		return EVTX_END;
	arena_reset(e->a);
	good = libevtx_file_get_record_by_index(e->file, e->at++, &record,
	    NULL) == 1 && take(e, record, out);
	libevtx_record_free(&record, NULL);
	return good ? EVTX_RECORD : EVTX_DAMAGED;
}
