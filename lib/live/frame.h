/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FastCGI records as bytes (FastCGI specification 1.0, 3.3), made once and
 * shared by all streams they go to. Not thread-safe: they live in one thread.
 */
#ifndef LIVE_FRAME_H
#define LIVE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct frame {
	unsigned holders;
	uint16_t request;	/* the request id in its records */
	size_t len;
	char bytes[];
};

/* Text as FCGI_STDOUT records, as many as it takes; held once. */
struct frame *frame_text(uint16_t request, struct str text);
/* End of the output, then FCGI_END_REQUEST; held once. */
struct frame *frame_end(uint16_t request);
/* The same records for another request: f itself, held once more, if its id
 * fits already (as it does behind servers that never share a connection). */
struct frame *frame_for(struct frame *f, uint16_t request);
/* One holder fewer; the last one frees it. */
void frame_drop(struct frame *f);

#endif
