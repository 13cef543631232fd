/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows event log files (.evtx) as records.
 *
 * libevtx reads the file and renders each record as the XML that the Event
 * Viewer shows; that XML becomes one line of JSON in the layout that other
 * readers of such files use as well ({"Event":{"System":..,"EventData":..}}):
 *
 *	<EventID>1</EventID>		"EventID":"1"
 *	<Provider Name="x"/>		"Provider":{"#attributes":{"Name":"x"}}
 *	<Data Name="Image">c</Data>	"Image":"c"
 *	<Data>a</Data><Data>b</Data>	"Data":["a","b"]
 *
 * Every value is text, as rendered. The same file gives the same lines, so
 * importing it again counts nothing twice. What XML cannot hold (control
 * characters) becomes U+FFFD. Members come in the order of the record, and a
 * name that stands there twice stands here twice.
 *
 * The file is hostile: a record that cannot be rendered, is deeper than 32
 * elements or larger than 8 MiB as XML is told as damaged and harms no other.
 * Format: [MS-EVEN6] 2.2.12 and the libevtx documentation.
 */
#ifndef EVTX_H
#define EVTX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"

struct evtx;

/* Is this how such a file begins? */
bool evtx_begins(struct str file);
/* `file` holds the whole file and outlives it. NULL: it is none, is cut short
 * or damaged beyond reading. */
MUST_CHECK struct evtx *evtx_open(struct str file);
void evtx_close(struct evtx *e);
size_t evtx_records(const struct evtx *e);
enum evtx_got { EVTX_END, EVTX_RECORD, EVTX_DAMAGED };
/* Appends the next record and a line end to `out`; DAMAGED appends nothing. */
enum evtx_got evtx_next(struct evtx *e, struct buf *out);

#endif
