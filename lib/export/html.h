/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the HTML report share. */
#ifndef EXPORT_HTML_H
#define EXPORT_HTML_H

#include <stddef.h>

#include "base/json.h"
#include "base/str.h"

struct subject;

/* A class of the style sheet, whatever the word is. */
const char *html_grade(struct str grade);
const char *html_role(struct str role);
extern const char html_style[];
void html_picture(struct subject *s);

/* What the findings say, section by section, and the reader over them. */
struct words {
	struct subject *s;
	const struct json *found;	/* as POST /ai/investigate answers */
	struct str *ids;		/* of the points, sorted ... */
	size_t *at;			/* ... and their places */
};
void html_short(struct words *w);	/* what happened, how far it went */
void html_actions(struct words *w);
void html_reasons(struct words *w);	/* root cause, why it was possible */
void html_doubts(struct words *w);
/* Shown text, escaped, at most so many bytes (0: whole). */
void html_text(struct subject *s, struct str text, size_t most);

#endif
